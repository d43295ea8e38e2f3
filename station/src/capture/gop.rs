//! Cutting frames into GOPs, and putting the encoder's packets together to GOPs again.

use std::collections::VecDeque;

use super::protocol::{Gop, Noticed, Sample};

/// Longest time from one frame to the next within a GOP, and from a GOP's last frame to its end.
pub(crate) const LONGEST_SAMPLE_US: i64 = 1_000_000;

/// Nominal frame rate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Rate {
    /// Frames …
    pub(crate) frames: u32,
    /// … in this many seconds.
    pub(crate) seconds: u32,
}

impl Rate {
    /// Frames a second.
    pub(crate) fn per_second(self) -> f64 {
        f64::from(self.frames) / f64::from(self.seconds)
    }

    /// Time of one frame.
    pub(crate) fn frame_us(self) -> i64 {
        i64::from(self.seconds) * 1_000_000 / i64::from(self.frames)
    }

    /// Frames of a full GOP: about one second.
    pub(crate) fn gop_frames(self) -> u32 {
        (self.frames / self.seconds).max(1)
    }
}

/// A frame on its way through the encoder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Taken {
    /// When.
    pub(crate) time_us: i64,
    /// Its number, counted by the camera.
    pub(crate) number: u64,
}

/// A GOP with all its samples.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Finished {
    /// Its description.
    pub(crate) gop: Gop,
    /// Its samples, one after the other.
    pub(crate) payload: Vec<u8>,
}

/// A GOP of which frames are in the encoder.
#[derive(Debug)]
struct Building {
    gop: Gop,
    payload: Vec<u8>,
    first_us: i64,
    last: Taken,
    frames: usize,
    closed: bool,
}

/// Whether so many frames within this time are more than a sealed GOP may have.
pub(crate) fn dense(frames: usize, span_us: i64, frame_us: i64) -> bool {
    frames > 2 && (frames as i64 - 2) * frame_us > 2 * span_us
}

/// Decides which frame begins a GOP, and collects the samples of each.
#[derive(Debug)]
pub(crate) struct Assembly {
    rate: Rate,
    building: VecDeque<Building>,
    /// Number of the frame after the last one of the newest closed GOP.
    next_number: u64,
    /// End of the newest closed GOP.
    end_us: Option<i64>,
}

impl Assembly {
    /// Nothing in hand.
    pub(crate) fn new(rate: Rate) -> Self {
        Assembly { rate, building: VecDeque::new(), next_number: 0, end_us: None }
    }

    /// Whether this frame is one too many: a sealed GOP has at most two frames more than twice the nominal rate gives. A
    /// film of changing rate may have them. A frame that is not taken leaves its number out, and counts as lost.
    pub(crate) fn is_too_dense(&mut self, time_us: i64) -> bool {
        let frame_us = self.rate.frame_us();
        let Some(open) = self.open_gop() else { return false };
        dense(open.frames + 1, time_us - open.first_us, frame_us)
    }

    /// Takes in the next frame. Gives its time, which is put right where it lies before the end of the frames before
    /// it, and whether it begins a GOP.
    pub(crate) fn frame(&mut self, mut taken: Taken) -> (i64, bool) {
        let (frame_us, unit) = (self.rate.frame_us(), self.rate.gop_frames() as usize);
        if let Some(open) = self.open_gop() {
            // A clock that stands or steps back would give two pictures one time.
            taken.time_us = taken.time_us.max(open.last.time_us + frame_us.min(1000));
            let full = open.frames >= unit
                || taken.time_us - open.first_us >= 1_000_000 - frame_us / 2
                || taken.time_us - open.last.time_us > LONGEST_SAMPLE_US;
            if !full {
                open.frames += 1;
                open.last = taken;
                return (taken.time_us, false);
            }
            self.close(Some(taken.time_us), None);
        }
        taken.time_us = taken.time_us.max(self.end_us.unwrap_or(i64::MIN));
        let gop = Gop { first_frame: taken.number, lost: 0, end_us: 0, samples: Vec::new(), events: Vec::new() };
        self.building.push_back(Building {
            gop,
            payload: Vec::new(),
            first_us: taken.time_us,
            last: taken,
            frames: 1,
            closed: false,
        });
        (taken.time_us, true)
    }

    /// Closes the open GOP: at the time of the next frame if that follows closely, else one nominal frame after the
    /// last one. `after`: the number the next frame will have, if frames were lost and none will follow.
    pub(crate) fn close(&mut self, next_us: Option<i64>, after: Option<u64>) {
        let (frame_us, next_number) = (self.rate.frame_us(), self.next_number);
        let Some(open) = self.open_gop() else { return };
        let last_us = open.last.time_us;
        let end_us = next_us.filter(|next| next - last_us <= LONGEST_SAMPLE_US).unwrap_or(last_us + frame_us);
        let after = after.unwrap_or(open.last.number + 1);
        open.closed = true;
        open.gop.end_us = end_us;
        open.gop.lost = (after - next_number).saturating_sub(open.frames as u64);
        self.next_number = after;
        self.end_us = Some(end_us);
    }

    /// Adds what was noticed at the newest frame.
    pub(crate) fn notice(&mut self, noticed: Noticed) {
        if let Some(open) = self.open_gop() {
            open.gop.events.push(noticed);
        }
    }

    /// Adds a picture that came out of the encoder, in decoding order. Gives the GOP if it was the last one of it.
    pub(crate) fn sample(&mut self, time_us: i64, write: impl FnOnce(&mut Vec<u8>)) -> Option<Finished> {
        // Every GOP is closed, in both senses: no picture of the next one comes before the last one of this.
        let oldest = self.building.iter_mut().find(|b| b.gop.samples.len() < b.frames)?;
        let before = oldest.payload.len();
        write(&mut oldest.payload);
        let size = (oldest.payload.len() - before) as u32;
        oldest.gop.samples.push(Sample { time_us, size });
        self.finished()
    }

    /// The oldest GOP, if nothing of it is missing any more.
    pub(crate) fn finished(&mut self) -> Option<Finished> {
        let oldest = self.building.front()?;
        if !oldest.closed || oldest.gop.samples.len() < oldest.frames {
            return None;
        }
        self.building.pop_front().map(|b| Finished { gop: b.gop, payload: b.payload })
    }

    /// Time from the first to the last frame of the open GOP, and its frames.
    pub(crate) fn open_span(&mut self) -> Option<(i64, usize)> {
        self.open_gop().map(|open| (open.last.time_us - open.first_us, open.frames))
    }

    /// Counts a GOP that was not encoded here.
    pub(crate) fn passed(&mut self, gop: &mut Gop) {
        gop.lost = gop.first_frame.saturating_sub(self.next_number);
        self.next_number = gop.first_frame + gop.samples.len() as u64;
        self.end_us = Some(gop.end_us);
    }

    fn open_gop(&mut self) -> Option<&mut Building> {
        self.building.back_mut().filter(|b| !b.closed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEN: Rate = Rate { frames: 10, seconds: 1 };

    /// Cuts frames taken at these ms, none of which is lost, and lets every one come out at once: the GOPs.
    fn cut(rate: Rate, times_ms: &[i64]) -> Vec<Gop> {
        let mut assembly = Assembly::new(rate);
        let mut gops = Vec::new();
        for (number, time) in times_ms.iter().enumerate() {
            let (time_us, _) = assembly.frame(Taken { time_us: time * 1000, number: number as u64 });
            // The sample before this belongs to the GOP before, which may be finished now.
            gops.extend(assembly.finished());
            gops.extend(assembly.sample(time_us, |to| to.push(0)));
        }
        assembly.close(None, None);
        gops.extend(assembly.finished());
        gops.into_iter().map(|finished| finished.gop).collect()
    }

    /// First time, end and number of frames, in ms.
    fn spans(gops: &[Gop]) -> Vec<(i64, i64, usize)> {
        gops.iter().map(|g| (g.samples[0].time_us / 1000, g.end_us / 1000, g.samples.len())).collect()
    }

    #[test]
    fn a_regular_camera_gives_a_gop_a_second() {
        let times: Vec<i64> = (0..25).map(|n| n * 100).collect();
        assert_eq!(spans(&cut(TEN, &times)), [(0, 1000, 10), (1000, 2000, 10), (2000, 2500, 5)]);
        let ntsc: Vec<i64> = (0..60).map(|n| n * 1001 / 30).collect();
        assert_eq!(cut(Rate { frames: 30_000, seconds: 1001 }, &ntsc)[0].samples.len(), 29);
    }

    #[test]
    fn a_camera_slower_than_it_said_still_gives_short_gops() {
        let times: Vec<i64> = (0..8).map(|n| n * 400).collect();
        assert_eq!(spans(&cut(TEN, &times)), [(0, 1200, 3), (1200, 2400, 3), (2400, 2900, 2)]);
    }

    #[test]
    fn a_gap_ends_the_gop_and_is_part_of_none() {
        assert_eq!(spans(&cut(TEN, &[0, 100, 1100, 2101, 2201])), [(0, 1100, 2), (1100, 1200, 1), (2101, 2301, 2)]);
    }

    #[test]
    fn frames_beyond_twice_the_rate_count_as_lost() {
        let mut assembly = Assembly::new(TEN);
        let mut finished = Vec::new();
        // Forty frames a second for two seconds, of a camera of ten.
        for number in 0..80 {
            let time_us = number as i64 * 25_000;
            if !assembly.is_too_dense(time_us) {
                let (time_us, _) = assembly.frame(Taken { time_us, number });
                finished.extend(assembly.sample(time_us, |_| ()));
            }
        }
        assembly.close(None, Some(80));
        finished.extend(std::iter::from_fn(|| assembly.finished()));
        let (mut frames, mut lost) = (0, 0);
        for Finished { gop, .. } in finished {
            let span_us = gop.end_us - gop.samples[0].time_us;
            assert!(gop.samples.len() as i64 <= 2 * span_us / 100_000 + 2, "{gop:?}");
            (frames, lost) = (frames + gop.samples.len() as u64, lost + gop.lost);
        }
        assert!(frames + lost == 80 && (40..50).contains(&frames), "{frames}, {lost} lost");
    }

    #[test]
    fn whatever_the_times_the_rules_hold() {
        let mut seed = 7_u64;
        let mut time = 0;
        let times: Vec<i64> = (0..5000)
            .map(|_| {
                seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
                // Standing still, back, regular, late, a gap.
                time += [0, -50, 100, 100, 130, 950, 1500][(seed >> 33) as usize % 7];
                time
            })
            .collect();
        let gops = cut(TEN, &times);
        assert_eq!(gops.iter().map(|g| g.samples.len()).sum::<usize>(), times.len());
        let mut before = i64::MIN;
        for gop in gops {
            let times: Vec<i64> = gop.samples.iter().map(|s| s.time_us).chain([gop.end_us]).collect();
            assert!(times[0] >= before);
            assert!(times.is_sorted_by(|a, b| a < b && b - a <= LONGEST_SAMPLE_US), "{times:?}");
            assert!(gop.end_us - times[0] <= 2_000_000, "{times:?}");
            before = gop.end_us;
        }
    }

    #[test]
    fn lost_frames_are_counted_where_they_are_missing() {
        let mut assembly = Assembly::new(TEN);
        let mut lost = Vec::new();
        // 2 before the first, 1 within the first GOP, 3 between the GOPs, 4 after the last frame.
        let numbers = [2, 3, 5, 6, 7, 8, 9, 10, 11, 12, 16];
        for (place, number) in numbers.into_iter().enumerate() {
            assembly.frame(Taken { time_us: place as i64 * 100_000, number });
            let finished = assembly.sample(0, |_| ());
            lost.extend(finished.map(|finished| (finished.gop.first_frame, finished.gop.lost)));
        }
        assembly.close(None, Some(21));
        while let Some(finished) = assembly.finished() {
            lost.push((finished.gop.first_frame, finished.gop.lost));
        }
        assert_eq!(lost, [(2, 3), (16, 7)]);
    }
}
