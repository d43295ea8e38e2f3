//! Text and drawings one below the other, page after page, in mm.

use krilla::image::Image;

use super::{super::wrap, MARGIN, WIDTH};
use crate::pen::{Face, Fonts, Ink};

/// A4.
pub const PAPER: (f32, f32) = (210.0, 297.0);
/// Above the text.
const TOP: f32 = 20.0;
/// Where the text ends.
const LOW: f32 = PAPER.1 - 20.0;

#[derive(Debug, Clone, Copy)]
enum Weight {
    Regular,
    Bold,
    Mono,
}

/// A face in a size.
#[derive(Debug, Clone, Copy)]
pub struct Type {
    weight: Weight,
    /// Of its letters.
    pub size: f32,
    /// From line to line: Chinese wants more room than digests.
    leading: f32,
}

impl Type {
    /// For reading.
    pub fn regular(size: f32) -> Self {
        Self { weight: Weight::Regular, size, leading: size * 1.55 }
    }

    /// For finding.
    pub fn bold(size: f32) -> Self {
        Self { weight: Weight::Bold, size, leading: size * 1.55 }
    }

    /// For digests.
    pub fn mono(size: f32) -> Self {
        Self { weight: Weight::Mono, size, leading: size * 1.4 }
    }

    /// The same, as far from line to line as another.
    pub fn beside(self, other: Self) -> Self {
        Self { leading: other.leading, ..self }
    }

    /// Its letters.
    pub fn face<'a>(&self, fonts: &'a Fonts) -> &'a Face {
        match self.weight {
            Weight::Regular => &fonts.regular,
            Weight::Bold => &fonts.bold,
            Weight::Mono => &fonts.mono,
        }
    }
}

/// Something that is drawn.
pub enum Op {
    /// From the left end of its base line.
    Line {
        /// Its letters.
        kind: Type,
        /// Where.
        at: (f32, f32),
        /// In this.
        ink: Ink,
        /// What.
        text: String,
    },
    /// A polygon.
    Fill {
        /// Its corners.
        points: Vec<(f32, f32)>,
        /// In this.
        ink: Ink,
    },
    /// A polygon's edge.
    Edge {
        /// Its corners.
        points: Vec<(f32, f32)>,
        /// Of the line.
        width: f32,
        /// In this.
        ink: Ink,
    },
    /// A picture.
    Image {
        /// It.
        image: Image,
        /// Its upper left corner.
        at: (f32, f32),
        /// Width and height.
        size: (f32, f32),
    },
}

/// Pages that fill.
pub struct Flow<'a> {
    fonts: &'a Fonts,
    /// What is on them.
    pub pages: Vec<Vec<Op>>,
    /// Where the next thing begins, on the last page.
    pub y: f32,
}

impl<'a> Flow<'a> {
    /// An empty page.
    pub fn new(fonts: &'a Fonts) -> Self {
        Self { fonts, pages: vec![Vec::new()], y: TOP }
    }

    fn push(&mut self, op: Op) {
        if let Some(page) = self.pages.last_mut() {
            page.push(op);
        }
    }

    /// Begins a page, unless nothing is on this one.
    pub fn page(&mut self) {
        if !self.is_at_top() {
            self.pages.push(Vec::new());
            self.y = TOP;
        }
    }

    /// Whether nothing is above.
    pub fn is_at_top(&self) -> bool {
        self.y <= TOP
    }

    /// Whether this height is left.
    pub fn has_room(&self, height: f32) -> bool {
        self.y + height <= LOW
    }

    /// Begins a page where less than this height is left; not for what no page can hold.
    pub fn need(&mut self, height: f32) {
        if !self.has_room(height) && height <= LOW - TOP {
            self.page();
        }
    }

    /// Leaves some white.
    pub fn skip(&mut self, height: f32) {
        self.y += height;
    }

    /// Of one line.
    pub fn width(&self, kind: Type, text: &str) -> f32 {
        let face = kind.face(self.fonts);
        face.width(kind.size, &face.spelled(text))
    }

    fn lines(&self, width: f32, kind: Type, text: &str) -> Vec<String> {
        let face = kind.face(self.fonts);
        // Before it is spelled: a line feed is no letter.
        let text: Vec<_> = text.split('\n').map(|line| face.spelled(line)).collect();
        wrap::lines(&text.join("\n"), width, |line| face.width(kind.size, line))
    }

    /// Of a text in this width.
    pub fn height(&self, width: f32, kind: Type, text: &str) -> f32 {
        self.lines(width, kind, text).len() as f32 * kind.leading
    }

    /// A text in a column (left, width), on more pages where it takes them.
    pub fn text(&mut self, (x, width): (f32, f32), kind: Type, ink: impl Into<Ink>, text: &str) {
        let ink = ink.into();
        for line in self.lines(width, kind, text) {
            self.need(kind.leading);
            // The base line lies so that letters stand in the middle of their line.
            let at = (x, self.y + kind.leading / 2.0 + kind.size * 0.35);
            self.push(Op::Line { kind, at, ink, text: line });
            self.y += kind.leading;
        }
    }

    /// A single line from the left end of its base line.
    pub fn line(&mut self, at: (f32, f32), kind: Type, ink: impl Into<Ink>, text: &str) {
        let text = kind.face(self.fonts).spelled(text).into_owned();
        self.push(Op::Line { kind, at, ink: ink.into(), text });
    }

    /// A polygon.
    pub fn fill(&mut self, points: &[(f32, f32)], ink: Ink) {
        self.push(Op::Fill { points: points.to_vec(), ink });
    }

    /// Its edge.
    pub fn edge(&mut self, points: &[(f32, f32)], width: f32, ink: Ink) {
        self.push(Op::Edge { points: points.to_vec(), width, ink });
    }

    /// A picture.
    pub fn image(&mut self, image: Image, at: (f32, f32), size: (f32, f32)) {
        self.push(Op::Image { image, at, size });
    }

    /// A line across the text.
    pub fn rule(&mut self, width: f32, ink: Ink) {
        self.edge(&[(MARGIN, self.y), (MARGIN + WIDTH, self.y)], width, ink);
    }

    /// A frame around what follows.
    pub fn frame(&mut self, height: f32, width: f32, ink: Ink) {
        self.need(height);
        let (top, right) = (self.y, MARGIN + WIDTH);
        let low = top + height;
        self.edge(&[(MARGIN, top), (right, top), (right, low), (MARGIN, low)], width, ink);
    }
}
