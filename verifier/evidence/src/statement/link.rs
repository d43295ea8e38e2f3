//! LINK: one span of the clip, bound to the statement before it.

use super::{Events, statement};
use crate::bmff;
use crate::value::{Hash, Id, Time};

/// Longest span in which nothing was recorded, µs.
const MAX_GAP: u64 = 3_600_000_000;

statement!(
    /// One GOP, or one span in which nothing was recorded.
    Link = "packseal/link/v1",
    rule: |l| {
        let empty = l.length == 0;
        let span = l.monotonic.1.checked_sub(l.monotonic.0);
        // Media may be withheld, so what a fragment can be is said of the statement, too.
        let possible = |frames: usize| {
            (1..=bmff::MAX_SAMPLES).contains(&frames)
                && (bmff::fragment_header_length(frames) + 1..=bmff::MAX_FRAGMENT).contains(&l.length)
                && l.ticks.1.saturating_sub(l.ticks.0) <= bmff::MAX_SPAN
        };
        empty == (l.frames == 0)
            && empty == l.fragment.is_none()
            && (empty || usize::try_from(l.frames).is_ok_and(possible))
            && l.ticks.0 < l.ticks.1
            && span.is_some_and(|span| {
                0 < span && (!empty || span <= MAX_GAP) && l.events.0.last().is_none_or(|e| e.offset <= span)
            })
            && (l.events_dropped == 0 || l.events.0.len() == super::event::MAX_EVENTS)
    },
    {
        /// That of START.
        "clip" clip: Id,
        /// From 0.
        "index" index: u64,
        /// Statement hash of the LINK before, or of START.
        "previous" previous: Hash,
        /// Bytes of `moof` and `mdat`; 0: nothing was recorded.
        "length" length: u64,
        /// SHA-256 of them.
        "fragment" fragment: Option<Hash>,
        /// Samples.
        "frames" frames: u64,
        /// Number of the first frame.
        "first-frame" first_frame: u64,
        /// Frames the camera took and that are not here.
        "lost" lost: u64,
        /// The span on the clip's time line, 1/90,000 s.
        "ticks" ticks: (u64, u64),
        /// The span on the station's monotonic clock, µs.
        "monotonic" monotonic: (u64, u64),
        /// The span on the station's wall clock.
        "time" time: (Time, Time),
        /// What happened.
        "events" events: Events,
        /// Events beyond the most.
        "events-dropped" events_dropped: u64,
    }
);
