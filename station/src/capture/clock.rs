//! The two clocks of this process, in µs.

use rustix::time::{ClockId, clock_gettime};

/// Monotonic time, the time line of every real-time source.
pub(crate) fn monotonic_us() -> i64 {
    read(ClockId::Monotonic)
}

/// Wall clock, µs since 1970; for the overlay and the pattern only.
pub(crate) fn wall_us() -> i64 {
    read(ClockId::Realtime)
}

fn read(clock: ClockId) -> i64 {
    let now = clock_gettime(clock);
    now.tv_sec * 1_000_000 + now.tv_nsec / 1000
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
            Wall::System => wall_us() - (monotonic_us() - time_us),
        }
    }
}
