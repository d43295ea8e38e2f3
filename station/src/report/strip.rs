//! The time line of a clip as marks that differ in form, so that they can be told apart in black and white.

use evidence::{
    statement::EventKind,
    verdict::{Facts, Ticks},
    words::{Lang, seconds},
};

use super::texts::Text;

/// Width of the drawing, mm: that of the text on paper.
pub const WIDTH: f32 = 170.0;
/// Height of the drawing without its legend, mm.
pub const HEIGHT: f32 = 18.0;
/// Upper edge of the bar and its height, mm.
const BAR: (f32, f32) = (7.0, 5.0);
/// Half a mark's width, mm.
const HALF: f32 = 1.3;

/// A filled or framed polygon, in mm.
pub struct Shape {
    /// Its corners.
    pub points: Vec<(f32, f32)>,
    /// Its inside: 0 black, 255 white.
    pub grey: u8,
    /// Whether it has a thin black edge.
    pub is_framed: bool,
}

/// A drawn time line.
pub struct Strip {
    /// In the order they are drawn.
    pub shapes: Vec<Shape>,
    /// Texts below the bar: the middle of each, in mm, and what it says.
    pub times: Vec<(f32, String)>,
    /// What a mark means; only of marks that are there. The mark stands in a square of 4 mm.
    pub legend: Vec<(Vec<Shape>, String)>,
}

/// What a mark stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Frames are there.
    Frames,
    /// Frames exist and are not shown.
    Withheld,
    /// Nothing was recorded.
    Gap,
    /// Frames were lost.
    Lost,
    /// A code was scanned or given.
    Scan,
    /// The order was read from the picture.
    Label,
    /// A weight.
    Weight,
    /// A control code or an operator.
    Control,
    /// Something was wrong.
    Trouble,
    /// Things move or not.
    Motion,
}

impl Mark {
    const ALL: [Self; 10] = [
        Self::Frames,
        Self::Withheld,
        Self::Gap,
        Self::Lost,
        Self::Scan,
        Self::Label,
        Self::Weight,
        Self::Control,
        Self::Trouble,
        Self::Motion,
    ];

    /// Of an event.
    pub fn of(kind: &EventKind) -> Self {
        use EventKind::*;
        match kind {
            OrderScan(_) | OrderApi(_) | NextScan | OtherCode(..) => Self::Scan,
            LabelRead(..) => Self::Label,
            Weight(..) => Self::Weight,
            Control(_) | Operator(_) | OperatorOff => Self::Control,
            Still | Moving => Self::Motion,
            LabelConflict(..) | Frozen | Unfrozen | Dark | Lit | CameraLost | CameraStalled | CameraBack
            | CaptureRestarted | ClockStep(_) => Self::Trouble,
        }
    }

    /// What it means.
    pub fn text(self) -> Text {
        match self {
            Self::Frames => Text::MarkFrames,
            Self::Withheld => Text::MarkWithheld,
            Self::Gap => Text::MarkGap,
            Self::Lost => Text::MarkLost,
            Self::Scan => Text::MarkScan,
            Self::Label => Text::MarkLabel,
            Self::Weight => Text::MarkWeight,
            Self::Control => Text::MarkControl,
            Self::Trouble => Text::MarkTrouble,
            Self::Motion => Text::MarkMotion,
        }
    }

    /// A span of the bar from `a` to `b`, or a mark whose middle is at `a`.
    fn draw(self, (a, b): (f32, f32), top: f32) -> Vec<Shape> {
        let (low, h) = (top + BAR.1, HALF);
        let bar = |grey| Shape { points: rectangle((a, b), (top, low)), grey, is_framed: true };
        let mark = |grey, points: &[(f32, f32)]| {
            let middle = top - 2.6;
            let points = points.iter().map(|(x, y)| (a + x * h, middle + y * h)).collect();
            // A stem from the mark to its place on the bar.
            let stem = Shape { points: rectangle((a - 0.1, a + 0.1), (middle, top)), grey: 0, is_framed: false };
            vec![stem, Shape { points, grey, is_framed: true }]
        };
        match self {
            Self::Frames => vec![bar(170)],
            Self::Gap => vec![bar(255)],
            Self::Withheld => {
                let lines = ((b - a) / 2.0).max(1.0) as usize;
                let line = |i: usize| {
                    let x = a + (i as f32 + 0.5) * (b - a) / lines as f32;
                    Shape { points: rectangle((x - 0.15, x + 0.15), (top, low)), grey: 0, is_framed: false }
                };
                std::iter::once(bar(255)).chain((0..lines).map(line)).collect()
            }
            Self::Lost => {
                let points = vec![(a - h, low + 2.0 * h), (a + h, low + 2.0 * h), (a, low)];
                vec![Shape { points, grey: 0, is_framed: false }]
            }
            Self::Scan => mark(0, &[(-1.0, -1.0), (1.0, -1.0), (0.0, 1.0)]),
            Self::Label => {
                let turn = |i: u8| f32::from(i) * std::f32::consts::TAU / 16.0;
                let points: Vec<_> = (0..16).map(|i| (turn(i).cos(), turn(i).sin())).collect();
                mark(0, &points)
            }
            Self::Weight => mark(255, &rectangle((-1.0, 1.0), (-1.0, 1.0))),
            Self::Control => mark(255, &[(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)]),
            Self::Trouble => {
                let (o, i) = (1.2, 0.35);
                let star = [(-o, -o), (0.0, -i), (o, -o), (i, 0.0), (o, o), (0.0, i), (-o, o), (-i, 0.0)];
                mark(0, &star)
            }
            Self::Motion => {
                vec![Shape { points: rectangle((a - 0.15, a + 0.15), (top - 2.0, top)), grey: 0, is_framed: false }]
            }
        }
    }
}

fn rectangle((left, right): (f32, f32), (top, low): (f32, f32)) -> Vec<(f32, f32)> {
    vec![(left, top), (right, top), (right, low), (left, low)]
}

impl Strip {
    /// Of a clip whose statements are all proven.
    pub fn of(facts: &Facts, lang: Lang) -> Self {
        let all = facts.ticks.max(1) as f32;
        // Marks at both ends keep within the drawing.
        let x = |tick: u64| 2.0 + (tick as f32 / all).min(1.0) * (WIDTH - 4.0);
        let span = |(from, to): Ticks| (x(from), x(to).max(x(from) + 0.3));
        let mut marks = Vec::new();
        match facts.shown {
            Some(shown) => marks.extend([(Mark::Withheld, span((0, facts.ticks))), (Mark::Frames, span(shown))]),
            None if facts.frames > 0 => marks.push((Mark::Frames, span((0, facts.ticks)))),
            None => {}
        }
        marks.extend(facts.gaps.iter().map(|gap| (Mark::Gap, span(*gap))));
        marks.extend(facts.losses.iter().map(|((from, to), _)| (Mark::Lost, (x(from / 2 + to / 2), 0.0))));
        let mut events: Vec<_> = facts.events.iter().map(|(tick, kind)| (Mark::of(kind), (x(*tick), 0.0))).collect();
        // What matters more is drawn over what matters less.
        events.sort_by_key(|(mark, _)| std::cmp::Reverse(*mark));
        marks.extend(events);
        let legend = Mark::ALL.into_iter().filter(|mark| marks.iter().any(|(there, _)| there == mark)).map(|mark| {
            let place = match mark {
                Mark::Frames | Mark::Gap | Mark::Withheld => ((0.0, 4.0), -0.5),
                Mark::Lost => ((2.0, 2.0), -4.3),
                _ => ((2.0, 2.0), 4.6),
            };
            (mark.draw(place.0, place.1), mark.text().of(lang).to_owned())
        });
        Self {
            legend: legend.collect(),
            shapes: marks.iter().flat_map(|(mark, place)| mark.draw(*place, BAR.0)).collect(),
            times: [0, facts.ticks / 4, facts.ticks / 2, facts.ticks / 4 * 3, facts.ticks]
                .map(|tick| (x(tick), format!("{} s", seconds(tick))))
                .to_vec(),
        }
    }
}
