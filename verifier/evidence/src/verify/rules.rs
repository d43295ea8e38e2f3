//! What must hold between the statements of a clip (FORMAT.md, section 4), checked LINK by LINK.

use crate::{
    finding::Code,
    statement::{End, Event, EventKind, Link, Reason, Start},
    value::{Hash, Order, Rate, Time},
    verdict::{Facts, Ticks},
};

/// Largest difference of media time and monotonic time, µs.
pub const MEDIA_TOLERANCE: u64 = 10_000;
/// Largest difference of wall clock and monotonic time, µs, less the signed clock steps.
pub const WALL_TOLERANCE: u64 = 100_000;
/// Longest time between opening and first frame, and between last frame and closing, µs.
pub const EDGE: i64 = 60_000_000;
/// Most LINKs.
pub const MAX_LINKS: u64 = 100_000;
/// Most gaps, and most spans with lost frames, that are listed.
const MAX_GAPS: usize = 100;
/// Most events that are listed.
const MAX_EVENTS: usize = 1_000;

/// The first half of rule T4: more frames in a LINK of so many ticks than this rate can give.
pub fn too_many_frames(rate: Rate, frames: u64, ticks: u64) -> bool {
    let most = 2 * u128::from(rate.num) * u128::from(ticks);
    u128::from(frames.saturating_sub(2)) * u128::from(rate.den) * 90_000 > most
}

/// The second half of rule T4: fewer frames, lost ones included, in so many recorded ticks than this rate gives.
pub fn too_few_frames(rate: Rate, frames: u64, ticks: u64) -> bool {
    let least = u128::from(rate.num) * u128::from(ticks);
    8 * (u128::from(frames) + 2) * u128::from(rate.den) * 90_000 < least
}

/// What of an excerpt was seen so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Before,
    Within,
    After,
}

/// The rules of one clip, and what its LINKs amount to so far.
#[derive(Debug)]
pub(super) struct Rules {
    start: Start,
    /// START's statement hash.
    pub(super) start_hash: Hash,
    /// Of constant size, however long the clip is.
    pub(super) so_far: SoFar,
    /// Events with the number of their LINK and their tick. They may be of LINKs behind `so_far`, which is kept once for
    /// each LINK under way and so has no room for them.
    events: Vec<(u64, u64, EventKind)>,
}

/// What the LINKs up to some place amount to.
#[derive(Debug, Clone)]
pub(super) struct SoFar {
    /// Statement hash of the last statement.
    pub(super) last: Hash,
    /// LINKs.
    pub(super) links: u64,
    /// End of the last span, in ticks.
    pub(super) ticks: u64,
    first: Option<(u64, Time)>,
    next_frame: Option<u64>,
    monotonic: u64,
    time: Time,
    steps: i64,
    pub(super) stepped: bool,
    frames: u64,
    lost: u64,
    event_count: u64,
    /// Ticks of spans with frames.
    recorded: u64,
    bound: Option<Order>,
    label_frames: u64,
    pub(super) label_conflict: bool,
    gaps: Vec<Ticks>,
    gap_count: u64,
    losses: Vec<(Ticks, u64)>,
    run: Run,
    withheld: bool,
    shown: Option<Ticks>,
}

impl Rules {
    pub(super) fn new(start: Start, hash: Hash) -> Self {
        let so_far = SoFar {
            last: hash,
            links: 0,
            ticks: 0,
            first: None,
            next_frame: None,
            monotonic: 0,
            time: start.first_frame_time,
            steps: 0,
            stepped: false,
            frames: 0,
            lost: 0,
            event_count: 0,
            recorded: 0,
            bound: start.order.clone(),
            label_frames: 0,
            label_conflict: false,
            gaps: Vec::new(),
            gap_count: 0,
            losses: Vec::new(),
            run: Run::Before,
            withheld: false,
            shown: None,
        };
        Self { start, start_hash: hash, so_far, events: Vec::new() }
    }

    /// Takes the next LINK. Where it is refused, what there is so far holds a part of it.
    pub(super) fn link(&mut self, link: &Link, hash: Hash, has_media: bool) -> Result<(), Code> {
        if self.so_far.links == MAX_LINKS {
            return Err(Code::ContainerLimits);
        }
        if link.clip != self.start.clip || link.index != self.so_far.links || link.previous != self.so_far.last {
            return Err(Code::LinkChain);
        }
        let (first_monotonic, first_time) = *self.so_far.first.get_or_insert((link.monotonic.0, link.time.0));
        if first_time != self.start.first_frame_time {
            return Err(Code::TimeEdges);
        }
        let monotonic = if self.so_far.links == 0 { first_monotonic } else { self.so_far.monotonic };
        let continues = link.ticks.0 == self.so_far.ticks
            && link.monotonic.0 == monotonic
            && link.time.0 == self.so_far.time
            && self.so_far.next_frame.is_none_or(|n| n == link.first_frame);
        if !continues {
            return Err(Code::LinkContinuity);
        }
        self.events(link)?;
        self.check_times(link, first_monotonic, first_time)?;
        self.excerpt(link, has_media)?;
        if link.length == 0 {
            self.so_far.gap_count += 1;
            if self.so_far.gaps.len() < MAX_GAPS {
                self.so_far.gaps.push(link.ticks);
            }
        } else {
            self.so_far.recorded += link.ticks.1 - link.ticks.0;
        }
        if link.lost > 0 && self.so_far.losses.len() < MAX_GAPS {
            self.so_far.losses.push((link.ticks, link.lost));
        }
        self.so_far.last = hash;
        self.so_far.links += 1;
        self.so_far.ticks = link.ticks.1;
        self.so_far.monotonic = link.monotonic.1;
        self.so_far.time = link.time.1;
        self.so_far.frames += link.frames;
        self.so_far.lost = self.so_far.lost.saturating_add(link.lost);
        self.so_far.next_frame = Some(link.first_frame.saturating_add(link.frames).saturating_add(link.lost));
        Ok(())
    }

    /// Rule O, and what the events add up to.
    fn events(&mut self, link: &Link) -> Result<(), Code> {
        let so_many = link.events.0.len() as u64;
        self.so_far.event_count = self.so_far.event_count.saturating_add(so_many).saturating_add(link.events_dropped);
        for event in &link.events.0 {
            self.list(link, event);
            let named = match &event.kind {
                EventKind::LabelRead(order, frames) => {
                    self.so_far.label_frames = self.so_far.label_frames.saturating_add(*frames);
                    Some(order)
                }
                EventKind::LabelConflict(..) => {
                    self.so_far.label_conflict = true;
                    None
                }
                EventKind::ClockStep(us) => {
                    self.so_far.steps = self.so_far.steps.saturating_add(*us);
                    self.so_far.stepped = true;
                    None
                }
                kind => kind.binds(),
            };
            if let Some(order) = named {
                let bound = self.so_far.bound.get_or_insert_with(|| order.clone());
                if bound != order {
                    return Err(Code::OrderBinding);
                }
            }
        }
        Ok(())
    }

    fn list(&mut self, link: &Link, event: &Event) {
        if self.events.len() < MAX_EVENTS {
            // µs in ticks; the two clocks of a span may differ by a little.
            let tick = link.ticks.0.saturating_add(event.offset.saturating_mul(9) / 100).min(link.ticks.1);
            self.events.push((link.index, tick, event.kind.clone()));
        }
    }

    /// Rules T1, T2 and the first half of T4.
    fn check_times(&self, link: &Link, first_monotonic: u64, first_time: Time) -> Result<(), Code> {
        let monotonic = link.monotonic.1 - first_monotonic;
        if (link.ticks.1 * 100 / 9).abs_diff(monotonic) > MEDIA_TOLERANCE {
            return Err(Code::TimeMedia);
        }
        let wall = (link.time.1.0 - first_time.0).saturating_sub(self.so_far.steps);
        if wall.abs_diff(monotonic as i64) > WALL_TOLERANCE {
            return Err(Code::TimeWall);
        }
        let dense = too_many_frames(self.start.frame_rate, link.frames, link.ticks.1 - link.ticks.0);
        if dense { Err(Code::TimeFrames) } else { Ok(()) }
    }

    /// Rule X.
    fn excerpt(&mut self, link: &Link, has_media: bool) -> Result<(), Code> {
        match (link.length > 0, has_media) {
            (false, false) => return Ok(()),
            (false, true) => return Err(Code::FragmentLength),
            (true, _) => {}
        }
        self.so_far.withheld |= !has_media;
        self.so_far.run = match (self.so_far.run, has_media) {
            (Run::Before | Run::Within, true) => Run::Within,
            (Run::After, true) => return Err(Code::ExcerptRun),
            (Run::Before, false) => Run::Before,
            (Run::Within | Run::After, false) => Run::After,
        };
        if has_media {
            self.so_far.shown = Some((self.so_far.shown.map_or(link.ticks.0, |s| s.0), link.ticks.1));
        }
        Ok(())
    }

    /// Takes END.
    pub(super) fn end(&mut self, end: &End, hash: Hash) -> Result<(), Code> {
        if end.clip != self.start.clip || end.previous != self.so_far.last {
            return Err(Code::LinkChain);
        }
        let totals = (end.links, end.frames, end.lost, end.ticks)
            == (self.so_far.links, self.so_far.frames, self.so_far.lost, self.so_far.ticks);
        if !totals {
            return Err(Code::EndTotals);
        }
        if end.order != self.so_far.bound {
            return Err(Code::OrderBinding);
        }
        let after = end.time.0 - self.so_far.time.0;
        let recovered = end.reason == Reason::Recovered;
        let closes = if recovered {
            after == 0 && end.last_frame_time == Some(self.so_far.time)
        } else {
            (0..=EDGE).contains(&after)
        };
        let opened = self.start.opened_time.0;
        // What interrupted the clip may have taken the frames of its opening: only those before it are proven then.
        let latest = if recovered { end.time.0 + EDGE } else { end.time.0 };
        let opens = self.start.first_frame_time.0 - opened <= EDGE && opened <= latest;
        if !closes || !(opens || self.so_far.stepped) {
            return Err(Code::TimeEdges);
        }
        self.check_frames()?;
        if self.so_far.withheld && self.so_far.shown.is_none() {
            return Err(Code::ExcerptRun);
        }
        self.so_far.last = hash;
        Ok(())
    }

    /// The clip has no END.
    pub(super) fn no_end(&self) -> Result<(), Code> {
        if self.so_far.withheld {
            return Err(Code::ExcerptRun);
        }
        self.check_frames()
    }

    /// The second half of rule T4.
    fn check_frames(&self) -> Result<(), Code> {
        let SoFar { frames, lost, recorded, .. } = self.so_far;
        let sparse = too_few_frames(self.start.frame_rate, frames.saturating_add(lost), recorded);
        if sparse { Err(Code::TimeFrames) } else { Ok(()) }
    }

    /// The order that START or an event names.
    pub(super) fn bound(&self) -> Option<&Order> {
        self.so_far.bound.as_ref()
    }

    /// The clip's START.
    pub(super) fn start(&self) -> &Start {
        &self.start
    }

    /// Whether GOPs are withheld.
    pub(super) fn is_excerpt(&self) -> bool {
        self.so_far.withheld
    }

    /// Whether there are spans in which nothing was recorded.
    pub(super) fn has_gaps(&self) -> bool {
        self.so_far.gap_count > 0
    }

    /// Whether frames were lost.
    pub(super) fn has_losses(&self) -> bool {
        self.so_far.lost > 0
    }

    /// What is proven.
    pub(super) fn facts(self, end: Option<End>, tail: u64, proof: u64) -> Facts {
        let Self { start, so_far, events, .. } = self;
        let checked = events.into_iter().filter(|(link, ..)| *link < so_far.links);
        Facts {
            end,
            links: so_far.links,
            frames: so_far.frames,
            lost: so_far.lost,
            ticks: so_far.ticks,
            last_time: so_far.time,
            shown: so_far.shown.filter(|_| so_far.withheld),
            gaps: so_far.gaps,
            losses: so_far.losses,
            events: checked.map(|(_, tick, kind)| (tick, kind)).collect(),
            event_count: so_far.event_count,
            gap_count: so_far.gap_count,
            label_frames: so_far.label_frames,
            tail,
            proof,
            start,
        }
    }
}
