//! Puts a source's timestamps onto one strictly increasing time line, and waits for a frame's time.

use std::thread;
use std::time::Duration;

use crate::capture::clock::monotonic_us;
use crate::capture::control::Control;

/// A step back by more, or ahead by more than [`JUMP_AHEAD_US`], is a new time line, which is put behind the old one.
const JUMP_BACK_US: i64 = 1_000_000;
const JUMP_AHEAD_US: i64 = 60_000_000;
/// A network camera's clock is believed while its frames seem to have been under way for at most this long.
/// What pass-through holds while it judges is under way too.
const UNDER_WAY_US: i64 = 4_000_000;

/// A strictly increasing time line that begins at 0.
#[derive(Debug, Clone, Copy)]
pub(crate) struct TimeLine {
    frame_us: i64,
    /// What is added to a timestamp; unknown before the first one.
    offset_us: Option<i64>,
    last_us: Option<i64>,
}

impl TimeLine {
    /// Frames come about every `frame_us`.
    pub(crate) fn new(frame_us: i64) -> Self {
        TimeLine { frame_us, offset_us: None, last_us: None }
    }

    /// Says that other timestamps begin: the next frame comes one nominal frame after the last one.
    pub(crate) fn again(&mut self) {
        self.offset_us = None;
    }

    /// Says that the frame of this timestamp will be the next.
    pub(crate) fn begin(&mut self, stamp_us: i64) {
        self.offset_us = Some(self.expected().saturating_sub(stamp_us));
    }

    /// Time a frame of this timestamp would get next.
    pub(crate) fn peek(mut self, stamp_us: i64) -> i64 {
        self.place(Some(stamp_us))
    }

    fn expected(&self) -> i64 {
        self.last_us.map_or(0, |last| last + self.frame_us)
    }

    /// Time of the next frame, which carries this timestamp or none.
    pub(crate) fn place(&mut self, stamp_us: Option<i64>) -> i64 {
        let expected = self.expected();
        let mut time = match (stamp_us, self.offset_us) {
            (Some(stamp), Some(offset)) => stamp.saturating_add(offset),
            (Some(stamp), None) => {
                self.offset_us = Some(expected.saturating_sub(stamp));
                expected
            }
            (None, _) => expected,
        };
        if let Some(last) = self.last_us {
            if time < last - JUMP_BACK_US || time > last + JUMP_AHEAD_US {
                self.offset_us = stamp_us.map(|stamp| expected.saturating_sub(stamp));
                time = expected;
            }
            // One stamp twice, or a little early: between its neighbours.
            if time <= last {
                time = last + (self.frame_us / 2).max(1);
            }
        }
        self.last_us = Some(time);
        time
    }
}

/// When frames are released, and what their times are counted from.
#[derive(Debug)]
pub(crate) enum Pace {
    /// As fast as they can be taken; times count from this one.
    Unpaced {
        /// That time.
        begin_us: i64,
    },
    /// When their time comes; times count from the monotonic time of the first one.
    RealTime {
        /// That time.
        start_us: Option<i64>,
    },
    /// When they arrive. Their own timestamps, which do not jitter as arrival does, are set against our clock.
    Arrival {
        /// Our clock at the zero of theirs.
        zero_us: Option<i64>,
    },
}

impl Pace {
    /// For a setup's `fast` and `begin_us`.
    pub(crate) fn new(fast: bool, begin_us: i64) -> Self {
        if fast { Pace::Unpaced { begin_us } } else { Pace::RealTime { start_us: None } }
    }

    /// Waits until the frame at `offset_us` after the first is due. Gives its time; `None` if the sealer asked to
    /// stop before.
    pub(crate) fn wait(&mut self, offset_us: i64, control: &Control) -> Option<i64> {
        match self {
            Pace::Unpaced { begin_us } => Some(begin_us.saturating_add(offset_us)),
            Pace::RealTime { start_us } => {
                let due = *start_us.get_or_insert_with(monotonic_us) + offset_us;
                while let Some(rest) = u64::try_from(due - monotonic_us()).ok().filter(|&rest| rest > 0) {
                    if control.stopped() {
                        return None;
                    }
                    // In pieces, so that stopping is not kept waiting by a gap in a file.
                    thread::sleep(Duration::from_micros(rest.min(100_000)));
                }
                Some(due)
            }
            Pace::Arrival { zero_us } => Some(arrived(zero_us, offset_us, monotonic_us())),
        }
    }
}

/// The time of a frame that arrives now. A frame is never later than its arrival: where it would be, the camera's
/// clock runs fast, or earlier frames were held up on their way, and its zero is set anew.
fn arrived(zero_us: &mut Option<i64>, offset_us: i64, now_us: i64) -> i64 {
    let time = zero_us.map_or(now_us, |zero| zero + offset_us);
    let believed = (now_us - UNDER_WAY_US..=now_us).contains(&time);
    let time = if believed { time } else { now_us };
    *zero_us = Some(time - offset_us);
    time
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places(stamps: &[Option<i64>]) -> Vec<i64> {
        let mut line = TimeLine::new(100_000);
        stamps.iter().map(|&stamp| line.place(stamp)).collect()
    }

    #[test]
    fn a_regular_line_is_kept_from_zero_on() {
        assert_eq!(places(&[Some(700_000), Some(800_000), Some(901_000)]), [0, 100_000, 201_000]);
    }

    #[test]
    fn missing_stamps_are_filled_in() {
        assert_eq!(places(&[None, Some(50), None, Some(200_050)]), [0, 100_000, 200_000, 300_000]);
    }

    #[test]
    fn a_stamp_that_comes_twice_or_early_is_put_between() {
        assert_eq!(places(&[Some(0), Some(0), Some(200_000)]), [0, 50_000, 200_000]);
        assert_eq!(places(&[Some(0), Some(100_000), Some(90_000), Some(200_000)]), [0, 100_000, 150_000, 200_000]);
    }

    #[test]
    fn a_new_time_line_follows_the_old_one() {
        let hour = 3_600_000_000;
        assert_eq!(places(&[Some(hour), Some(hour + 100_000), Some(0), Some(100_000)]), [0, 100_000, 200_000, 300_000]);
        assert_eq!(places(&[Some(0), Some(hour), Some(hour + 100_000)]), [0, 100_000, 200_000]);
    }

    #[test]
    fn a_network_frame_keeps_its_own_time_until_that_cannot_be() {
        let mut zero = None;
        let times = [(0, 5_000), (100, 5_130), (200, 5_190), (300, 5_310), (400, 10_000)];
        let times = times.map(|(stamp, now)| arrived(&mut zero, stamp * 1000, now * 1000) / 1000);
        // The third frame shows that the ones before were held up; the last one that the clocks have parted.
        assert_eq!(times, [5_000, 5_100, 5_190, 5_290, 10_000]);
    }

    #[test]
    fn whatever_the_stamps_time_goes_on() {
        let mut line = TimeLine::new(33_333);
        let mut last = -1;
        let mut seed = 1_u64;
        for _ in 0..10_000 {
            seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let stamp = [None, Some((seed >> 40) as i64), Some(i64::MAX), Some(i64::MIN)][(seed >> 33) as usize % 4];
            let time = line.place(stamp);
            assert!(time > last, "{time} after {last}");
            last = time;
        }
    }
}
