//! Which seconds of a clip are shown: the share copy's span, the moments of the stills, the pictures of the sheet.

use evidence::{
    note::Note,
    statement::{EventKind, Link, Statement},
};

/// Ticks of a second.
const S: u64 = 90_000;
/// Pictures on a contact sheet at most.
const SHEET: usize = 20;
/// Before the scan that ends the clip, or its end: the parcel is closed, and the next one is not there.
const BEFORE_CLOSE: u64 = S;

/// The clip's own time line, from its statements.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// GOPs that have pictures: index of the LINK, first tick and the one behind the last.
    pub gops: Vec<(u64, (u64, u64))>,
    /// When its order was scanned or given.
    pub scan: Option<u64>,
    /// When its label was read from the picture.
    pub label: Option<u64>,
    /// When the next order was scanned.
    pub next: Option<u64>,
}

/// A still's moment, and what is seen then: also its file's name.
pub type Moment = (&'static str, u64);

impl Line {
    /// Reads the notes of a clip that was verified, START to END.
    pub fn of<'a>(notes: impl Iterator<Item = &'a [u8]>) -> Self {
        let mut line = Self::default();
        for note in notes {
            let Some(link) = Note::parse(note).ok().and_then(|note| Link::parse(&note.text).ok()) else { continue };
            if link.length > 0 {
                line.gops.push((link.index, link.ticks));
            }
            for event in &link.events.0 {
                let tick = link.ticks.0 + event.offset * 9 / 100;
                let first = match event.kind {
                    EventKind::OrderScan(_) | EventKind::OrderApi(_) => &mut line.scan,
                    EventKind::LabelRead(..) => &mut line.label,
                    EventKind::NextScan => &mut line.next,
                    _ => continue,
                };
                first.get_or_insert(tick);
            }
        }
        line
    }

    fn end(&self) -> u64 {
        self.gops.last().map_or(0, |(_, ticks)| ticks.1)
    }

    /// The last moment at or before this one that has a picture.
    fn seen(&self, tick: u64) -> u64 {
        let before = self.gops.iter().rev().find(|(_, ticks)| ticks.0 <= tick);
        before.or(self.gops.first()).map_or(0, |(_, (from, to))| tick.clamp(*from, to - 1))
    }

    /// One continuous span of at most `seconds`, of whole GOPs: from this second on, or the last of them, in which the
    /// parcel is closed. Its LINKs (the first, and the one behind the last) and ticks.
    pub fn span(&self, seconds: u64, from: Option<u64>) -> Option<((u64, u64), (u64, u64))> {
        let most = seconds * S;
        let begin = from.map_or(self.end().saturating_sub(most), |from| from * S);
        // From a given second on: with the GOP that holds it.
        let mut rest =
            self.gops.iter().filter(|(_, ticks)| if from.is_some() { ticks.1 > begin } else { ticks.0 >= begin });
        let (first, (start, mut end)) = *rest.next()?;
        let mut last = first;
        for (index, ticks) in rest {
            if ticks.1 - start > most {
                break;
            }
            (last, end) = (*index, ticks.1);
        }
        Some(((first, last + 1), (start, end)))
    }

    /// The moments of the stills, the most telling first.
    pub fn moments(&self) -> Vec<Moment> {
        if self.gops.is_empty() {
            return Vec::new();
        }
        let begin = self.seen(self.scan.unwrap_or(0));
        let close = self.next.unwrap_or(self.end()).saturating_sub(BEFORE_CLOSE).max(begin);
        let between = |part: u64| begin + (close - begin) * part / 6;
        let all = [
            self.label.map(|label| ("label", label)),
            Some(("closed", close)),
            Some(("items-2", between(3))),
            Some(("opened", begin)),
            Some(("items-1", between(1))),
            Some(("items-3", between(5))),
        ];
        let mut moments: Vec<Moment> = Vec::new();
        for (name, tick) in all.into_iter().flatten() {
            let tick = self.seen(tick);
            if moments.iter().all(|(_, other)| *other != tick) {
                moments.push((name, tick));
            }
        }
        moments
    }

    /// First ticks of the GOPs on the contact sheet.
    pub fn sheet(&self) -> Vec<u64> {
        let (all, shown) = (self.gops.len(), self.gops.len().min(SHEET));
        (0..shown).map(|i| self.gops[if shown < 2 { 0 } else { i * (all - 1) / (shown - 1) }].1.0).collect()
    }

    /// LINKs that hold these ticks: the first, and the one behind the last.
    pub fn links(&self, (from, to): (u64, u64)) -> Option<(u64, u64)> {
        let holds = |tick: u64| self.gops.iter().rev().find(|(_, ticks)| ticks.0 <= tick);
        Some((holds(from)?.0, holds(to)?.0 + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// GOPs of one second each at these seconds.
    fn line(seconds: impl IntoIterator<Item = u64>) -> Line {
        let gops = seconds.into_iter().map(|s| (s, (s * S, (s + 1) * S))).collect();
        Line { gops, ..Line::default() }
    }

    #[test]
    fn a_short_clip_is_shown_whole() {
        assert_eq!(line(0..60).span(60, None), Some(((0, 60), (0, 60 * S))));
        assert_eq!(line([]).span(60, None), None);
    }

    #[test]
    fn of_a_long_clip_the_end_is_shown_and_never_too_much() {
        assert_eq!(line(0..180).span(60, None), Some(((120, 180), (120 * S, 180 * S))));
        assert_eq!(line(0..180).span(60, Some(10)), Some(((10, 70), (10 * S, 70 * S))));
        assert_eq!(line(0..180).span(60, Some(170)), Some(((170, 180), (170 * S, 180 * S))));
        assert_eq!(line(0..180).span(60, Some(180)), None);
        // GOPs that do not fall on full seconds.
        let odd = Line { gops: (0..100).map(|i| (i, (i * 100_000, (i + 1) * 100_000))).collect(), ..Line::default() };
        let (_, (from, to)) = odd.span(60, None).unwrap();
        assert!(to == 10_000_000 && to - from <= 60 * S && to - from > 58 * S, "{from} {to}");
        // A gap within is in the span.
        let gap = line((0..10).chain(40..100));
        assert_eq!(gap.span(70, Some(5)), Some(((5, 75), (5 * S, 75 * S))));
    }

    #[test]
    fn stills_are_of_moments_that_have_pictures() {
        let mut line = line((0..10).chain(20..30));
        line.scan = Some(3 * S);
        line.next = Some(29 * S);
        line.label = Some(15 * S);
        let moments = line.moments();
        assert_eq!(moments[..2], [("label", 10 * S - 1), ("closed", 28 * S)]);
        assert!(moments.contains(&("opened", 3 * S)));
        for (name, tick) in &moments {
            assert!(line.gops.iter().any(|(_, ticks)| (ticks.0..ticks.1).contains(tick)), "{name}");
        }
        assert_eq!(line.links((10 * S - 1, 10 * S - 1)), Some((9, 10)));
        let one = Line { gops: vec![(0, (0, S))], ..Line::default() };
        assert_eq!(one.moments().len(), 1);
        assert_eq!(one.sheet(), [0]);
    }

    #[test]
    fn the_sheet_has_the_first_and_the_last() {
        assert_eq!(line(0..100).sheet().len(), SHEET);
        assert_eq!((line(0..100).sheet()[0], line(0..100).sheet()[SHEET - 1]), (0, 99 * S));
        assert_eq!(line(0..3).sheet(), [0, S, 2 * S]);
        assert!(line([]).sheet().is_empty());
    }
}
