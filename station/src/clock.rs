//! The station's clocks: monotonic, wall, and what is known of the wall clock's quality.

use evidence::{
    statement::{ClockKind, ClockState},
    value::{Time, Token, Value},
};
use rustix::time::{ClockId, clock_gettime};

fn micros(id: ClockId) -> i64 {
    let now = clock_gettime(id);
    now.tv_sec * 1_000_000 + now.tv_nsec / 1_000
}

/// µs of the monotonic clock, the one that cameras stamp their frames with.
pub fn monotonic() -> i64 {
    micros(ClockId::Monotonic)
}

/// The wall clock.
pub fn wall() -> Time {
    Time(micros(ClockId::Realtime).max(0))
}

/// Which clock a recording's times are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Clock {
    /// The system's.
    System,
    /// The frames' own time line from 0, which is this moment of the wall clock.
    Simulated {
        /// Wall clock at 0.
        zero: Time,
    },
}

impl Clock {
    /// Wall clock less monotonic clock, µs.
    pub fn offset(self) -> i64 {
        match self {
            Self::System => wall().0 - monotonic(),
            Self::Simulated { zero } => zero.0,
        }
    }

    /// As START says it.
    pub fn kind(self) -> ClockKind {
        match self {
            Self::System => ClockKind::Real,
            Self::Simulated { .. } => ClockKind::Simulated,
        }
    }
}

/// What is known of the wall clock's quality.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Quality {
    /// Disciplined or not.
    pub state: ClockState,
    /// Estimated offset, µs.
    pub offset: Option<i64>,
    /// Estimated error, µs.
    pub uncertainty: Option<u64>,
    /// Who disciplines it.
    pub source: Option<Token>,
}

/// What the kernel says of the wall clock (`adjtimex`), as a time daemon has told it.
pub fn quality(clock: Clock) -> Quality {
    let state = |state| Quality { state, offset: None, uncertainty: None, source: None };
    if clock != Clock::System {
        return state(ClockState::Simulated);
    }
    // SAFETY: timex is a plain C structure for which all zeros is a valid value; `modes` 0 asks the kernel only to
    // fill it in, and it outlives the call.
    let (time, answer) = unsafe {
        let mut time: libc::timex = std::mem::zeroed();
        let answer = libc::adjtimex(&raw mut time);
        (time, answer)
    };
    if answer < 0 {
        return state(ClockState::Unknown);
    }
    if answer == libc::TIME_ERROR || time.status & libc::STA_UNSYNC != 0 {
        return state(ClockState::Unsynchronised);
    }
    let nanoseconds = time.status & libc::STA_NANO != 0;
    Quality {
        state: ClockState::Synchronised,
        offset: Some(if nanoseconds { time.offset / 1000 } else { time.offset }),
        uncertainty: u64::try_from(time.esterror).ok(),
        source: Token::parse("kernel-ntp"),
    }
}
