//! Drawing on a page in millimetres from its upper left corner. Text is one line at a time, left to right and
//! unshaped: enough for Latin letters and Chinese.

use krilla::{
    color::luma,
    geom::{Path, PathBuilder, Point, Rect},
    paint::{Fill, Stroke},
    surface::Surface,
    text::{Font, GlyphId, KrillaGlyph},
};
use skrifa::{
    FontRef, MetadataProvider,
    instance::{LocationRef, Size},
};

/// Points of a millimetre.
pub const MM: f32 = 72.0 / 25.4;

/// A font that stands in the program; see `station/fonts`.
pub struct Face {
    font: Font,
    letters: FontRef<'static>,
}

impl Face {
    fn new(bytes: &'static [u8]) -> Option<Self> {
        Some(Self { font: Font::new(bytes.into(), 0)?, letters: FontRef::new(bytes).ok()? })
    }

    /// The glyphs of a line. A letter that the font does not have is glyph 0, which no PDF/A takes.
    fn glyphs(&self, line: &str) -> Vec<KrillaGlyph> {
        let metrics = self.letters.glyph_metrics(Size::new(1.0), LocationRef::default());
        let glyph = |(at, letter): (usize, char)| {
            let id = self.letters.charmap().map(letter).unwrap_or_default();
            let advance = metrics.advance_width(id).unwrap_or_default();
            KrillaGlyph::new(GlyphId::new(id.to_u32()), advance, 0.0, 0.0, 0.0, at..at + letter.len_utf8(), None)
        };
        line.char_indices().map(glyph).collect()
    }

    /// Width of a line whose letters are `size` high, in the same unit.
    pub fn width(&self, size: f32, line: &str) -> f32 {
        self.glyphs(line).iter().map(|glyph| glyph.x_advance).sum::<f32>() * size
    }

    /// Whether it has every letter of a line.
    #[cfg(test)]
    pub fn has(&self, line: &str) -> bool {
        line.chars().all(|letter| self.letters.charmap().map(letter).is_some_and(|id| id.to_u32() != 0))
    }
}

/// Both weights.
pub struct Fonts {
    /// For reading.
    pub regular: Face,
    /// For finding.
    pub bold: Face,
}

impl Fonts {
    /// Reads them. `None` does not happen: a test does the same.
    pub fn new() -> Option<Self> {
        Some(Self {
            regular: Face::new(include_bytes!("../../fonts/sheet-regular.otf"))?,
            bold: Face::new(include_bytes!("../../fonts/sheet-bold.otf"))?,
        })
    }
}

/// What draws on one page. All measures are mm.
pub struct Pen<'a> {
    /// Of the page, which is done when this is dropped.
    pub surface: Surface<'a>,
}

impl Pen<'_> {
    /// Writes a line of this grey (0 black, 255 white) from the left end of its base line.
    pub fn line(&mut self, face: &Face, (x, y): (f32, f32), size: f32, grey: u8, line: &str) {
        self.fill(grey);
        let at = Point::from_xy(x * MM, y * MM);
        self.surface.draw_glyphs(at, &face.glyphs(line), face.font.clone(), line, size * MM, false);
    }

    /// Fills a rectangle with a light grey.
    pub fn band(&mut self, (x, y): (f32, f32), (width, height): (f32, f32)) {
        let Some(path) = path([(x, y, width, height)]) else { return };
        self.fill(235);
        self.surface.draw_path(&path);
    }

    /// Draws a thin frame.
    pub fn frame(&mut self, (x, y): (f32, f32), (width, height): (f32, f32)) {
        let Some(path) = path([(x, y, width, height)]) else { return };
        self.surface.set_fill(None);
        let paint = luma::Color::new(170).into();
        self.surface.set_stroke(Some(Stroke { paint, width: 0.2 * MM, ..Stroke::default() }));
        self.surface.draw_path(&path);
    }

    /// Draws a bar code: a byte of `modules` each, 1 for black.
    pub fn bars(&mut self, (x, y): (f32, f32), module: f32, height: f32, modules: &[u8]) {
        let mut at = 0;
        let runs = modules.chunk_by(|a, b| a == b).filter_map(|run| {
            let begin = at;
            at += run.len();
            (run.first() == Some(&1)).then_some((x + begin as f32 * module, y, run.len() as f32 * module, height))
        });
        let Some(path) = path(runs) else { return };
        self.fill(0);
        self.surface.draw_path(&path);
    }

    fn fill(&mut self, grey: u8) {
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(Fill { paint: luma::Color::new(grey).into(), ..Fill::default() }));
    }
}

/// Rectangles: left, top, width, height.
fn path(rectangles: impl IntoIterator<Item = (f32, f32, f32, f32)>) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (x, y, width, height) in rectangles {
        path.push_rect(Rect::from_xywh(x * MM, y * MM, width * MM, height * MM)?);
    }
    path.finish()
}
