//! The clocks as the capture process reads them, in µs.

use crate::clock;

/// Monotonic time, the time line of every real-time source.
pub(crate) fn monotonic_us() -> i64 {
    clock::monotonic()
}

/// Turns the time of a frame into wall-clock time.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Wall {
    /// A simulated clock: this wall clock at time zero.
    AtZero(i64),
    /// The system's clock, read anew for each frame so that a step of it shows.
    System,
}

impl Wall {
    /// Wall clock, µs since 1970, when a frame of this time was taken.
    pub(crate) fn of(self, time_us: i64) -> i64 {
        match self {
            Wall::AtZero(zero) => zero.saturating_add(time_us),
            Wall::System => clock::wall().0 - (clock::monotonic() - time_us),
        }
    }
}
