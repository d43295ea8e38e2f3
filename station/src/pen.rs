//! Drawing on a page in millimetres from its upper left corner. Text is one line at a time, left to right and
//! unshaped: enough for Latin letters and Chinese.

use std::borrow::Cow;

use evidence::value::Time;
use krilla::{
    color::{Color, luma, rgb},
    geom::{Path, PathBuilder, Point, Rect, Size as Extent, Transform},
    image::Image,
    metadata::DateTime,
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

/// A moment as PDF writes it.
pub fn date(time: Time) -> DateTime {
    let utc = jiff::Timestamp::from_microsecond(time.0).unwrap_or_default().to_zoned(jiff::tz::TimeZone::UTC);
    let part = |number: i8| number.unsigned_abs();
    DateTime::new(utc.year().unsigned_abs())
        .month(part(utc.month()))
        .day(part(utc.day()))
        .hour(part(utc.hour()))
        .minute(part(utc.minute()))
        .second(part(utc.second()))
        .utc_offset_hour(0)
}

/// What lines and surfaces are drawn with.
#[derive(Clone, Copy)]
pub enum Ink {
    /// 0 black, 255 white.
    Grey(u8),
    /// The one colour; dark, so that it is near black on a printer without colours.
    Accent,
}

impl From<u8> for Ink {
    fn from(grey: u8) -> Self {
        Self::Grey(grey)
    }
}

impl From<Ink> for Color {
    fn from(ink: Ink) -> Self {
        match ink {
            Ink::Grey(grey) => luma::Color::new(grey).into(),
            Ink::Accent => rgb::Color::new(0x1f, 0x4e, 0x79).into(),
        }
    }
}

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

    /// A line with letters that the font does not have by their numbers, which every reader can look up.
    pub fn spelled<'a>(&self, line: &'a str) -> Cow<'a, str> {
        let map = self.letters.charmap();
        let has = |letter: char| map.map(letter).is_some_and(|id| id.to_u32() != 0);
        if line.chars().all(has) {
            return Cow::Borrowed(line);
        }
        let spell = |letter: char| if has(letter) { letter.to_string() } else { format!("<U+{:04X}>", letter as u32) };
        Cow::Owned(line.chars().map(spell).collect())
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

/// All of them.
pub struct Fonts {
    /// For reading.
    pub regular: Face,
    /// For finding.
    pub bold: Face,
    /// ASCII and the dash of signatures, all of one width.
    pub mono: Face,
}

impl Fonts {
    /// Reads them. `None` does not happen: a test does the same.
    pub fn new() -> Option<Self> {
        Some(Self {
            regular: Face::new(include_bytes!("../fonts/regular.otf"))?,
            bold: Face::new(include_bytes!("../fonts/bold.otf"))?,
            mono: Face::new(include_bytes!("../fonts/mono.otf"))?,
        })
    }
}

/// What draws on one page. All measures are mm.
pub struct Pen<'a> {
    /// Of the page, which is done when this is dropped.
    pub surface: Surface<'a>,
}

impl Pen<'_> {
    /// Writes a line from the left end of its base line.
    pub fn line(&mut self, face: &Face, (x, y): (f32, f32), size: f32, ink: impl Into<Ink>, line: &str) {
        self.fill(ink.into());
        let at = Point::from_xy(x * MM, y * MM);
        self.surface.draw_glyphs(at, &face.glyphs(line), face.font.clone(), line, size * MM, false);
    }

    /// Fills a rectangle with a light grey.
    pub fn band(&mut self, (x, y): (f32, f32), (width, height): (f32, f32)) {
        let Some(path) = path([(x, y, width, height)]) else { return };
        self.fill(Ink::Grey(235));
        self.surface.draw_path(&path);
    }

    /// Fills a polygon.
    pub fn polygon(&mut self, points: &[(f32, f32)], ink: impl Into<Ink>) {
        let Some(path) = polygon(points) else { return };
        self.fill(ink.into());
        self.surface.draw_path(&path);
    }

    /// Draws the edge of a polygon, so many mm wide.
    pub fn edge(&mut self, points: &[(f32, f32)], width: f32, ink: impl Into<Ink>) {
        let Some(path) = polygon(points) else { return };
        self.surface.set_fill(None);
        let paint = Color::from(ink.into()).into();
        self.surface.set_stroke(Some(Stroke { paint, width: width * MM, ..Stroke::default() }));
        self.surface.draw_path(&path);
    }

    /// Draws a picture.
    pub fn image(&mut self, image: Image, (x, y): (f32, f32), (width, height): (f32, f32)) {
        let Some(extent) = Extent::from_wh(width * MM, height * MM) else { return };
        self.surface.push_transform(&Transform::from_translate(x * MM, y * MM));
        self.surface.draw_image(image, extent);
        self.surface.pop();
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
        self.fill(Ink::Grey(0));
        self.surface.draw_path(&path);
    }

    fn fill(&mut self, ink: Ink) {
        self.surface.set_stroke(None);
        self.surface.set_fill(Some(Fill { paint: Color::from(ink).into(), ..Fill::default() }));
    }
}

fn polygon(points: &[(f32, f32)]) -> Option<Path> {
    let ((x, y), rest) = points.split_first()?;
    let mut path = PathBuilder::new();
    path.move_to(x * MM, y * MM);
    for (x, y) in rest {
        path.line_to(x * MM, y * MM);
    }
    path.close();
    path.finish()
}

/// Rectangles: left, top, width, height.
fn path(rectangles: impl IntoIterator<Item = (f32, f32, f32, f32)>) -> Option<Path> {
    let mut path = PathBuilder::new();
    for (x, y, width, height) in rectangles {
        path.push_rect(Rect::from_xywh(x * MM, y * MM, width * MM, height * MM)?);
    }
    path.finish()
}
