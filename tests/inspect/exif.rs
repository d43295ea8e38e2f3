//! TIFF directories in both byte orders and sizes, and every tag that is read.

use inspect::{
    places::Space,
    report::{About, Way},
};

use crate::{
    part::{Fixture, Part, Row, cat, mark},
    payload::{all, one},
    traces::{GRAPH, SETTINGS},
};

/// An entry: tag, type, number of values, and the values.
pub type Entry = (u16, u16, usize, Part);

/// A block with its directories.
#[derive(Clone, Default)]
pub struct Block {
    pub little: bool,
    pub big: bool,
    pub ifd0: Vec<Entry>,
    /// Directories that IFD0 points to, by the tag of the pointer.
    pub subs: Vec<(u16, Vec<Entry>)>,
    pub ifd1: Vec<Entry>,
}

pub const EXIF: u16 = 0x8769;
pub const GPS: u16 = 0x8825;
pub const SUB: u16 = 0x014A;

/// Text, as type 2 has it: with a zero behind it, which is no part of it.
pub fn ascii(tag: u16, text: impl Into<Part>) -> Entry {
    let value = cat!(text, [0]);
    (tag, 2, value.len(), value)
}

/// Bytes of any kind.
pub fn undefined(tag: u16, value: impl Into<Part>) -> Entry {
    let value = value.into();
    (tag, 7, value.len(), value)
}

impl Block {
    fn short(&self, n: usize) -> Part {
        let n = u16::try_from(n).unwrap();
        if self.little { n.to_le_bytes().into() } else { n.to_be_bytes().into() }
    }

    fn long(&self, n: usize) -> Part {
        let n = u32::try_from(n).unwrap();
        if self.little { n.to_le_bytes().into() } else { n.to_be_bytes().into() }
    }

    /// An offset or a count.
    fn wide(&self, n: usize) -> Part {
        match (self.big, self.little) {
            (false, _) => self.long(n),
            (true, true) => (n as u64).to_le_bytes().into(),
            (true, false) => (n as u64).to_be_bytes().into(),
        }
    }

    fn size(&self, entries: &[Entry]) -> usize {
        let (count, entry, next) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let held = next;
        let values = entries.iter().map(|(.., value)| value.len()).filter(|length| *length > held);
        count + entry * entries.len() + next + values.map(|length| length.next_multiple_of(2)).sum::<usize>()
    }

    fn directory(&self, at: usize, entries: &[Entry], next: usize) -> Part {
        let (count, entry, held) = if self.big { (8, 20, 8) } else { (2, 12, 4) };
        let mut free = at + count + entry * entries.len() + held;
        let mut part = if self.big { self.wide(entries.len()) } else { self.short(entries.len()) };
        let mut values = Part::default();
        for (tag, kind, number, value) in entries {
            part = cat!(part, self.short((*tag).into()), self.short((*kind).into()), self.wide(*number));
            if value.len() <= held {
                let rest = vec![0; held - value.len()];
                part = cat!(part, value.clone(), rest);
            } else {
                part = part.and(self.wide(free));
                values = cat!(values, value.clone(), vec![0; value.len() % 2]);
                free += value.len().next_multiple_of(2);
            }
        }
        cat!(part, self.wide(next), values)
    }

    pub fn part(&self) -> Part {
        let head = match (self.little, self.big) {
            (true, false) => cat!("II*\0", self.long(8)),
            (false, false) => cat!("MM\0*", self.long(8)),
            (true, true) => cat!("II+\0\x08\0\0\0", self.wide(16)),
            (false, true) => cat!("MM\0+\0\x08\0\0", self.wide(16)),
        };
        let mut first = self.ifd0.clone();
        first.extend(self.subs.iter().map(|(tag, _)| (*tag, 4, 1, self.long(0))));
        let mut at = head.len() + self.size(&first);
        let mut behind = Vec::new();
        for (tag, entries) in &self.subs {
            first.iter_mut().find(|entry| entry.0 == *tag).unwrap().3 = self.long(at);
            behind.push(self.directory(at, entries, 0));
            at += self.size(entries);
        }
        let next = if self.ifd1.is_empty() { 0 } else { at };
        if next != 0 {
            behind.push(self.directory(at, &self.ifd1, 0));
        }
        first.sort_by_key(|entry| entry.0);
        let directory = self.directory(head.len(), &first, next);
        behind.into_iter().fold(head.and(directory), Part::and)
    }

    pub fn of(entries: Vec<Entry>) -> Part {
        Self { ifd0: entries, ..Self::default() }.part()
    }

    pub fn in_exif(entries: Vec<Entry>) -> Part {
        Self { subs: vec![(EXIF, entries)], ..Self::default() }.part()
    }
}

/// What blocks are stored in.
pub struct Home<'a> {
    pub name: &'a str,
    pub file: &'a dyn Fn(&str, Part) -> Fixture,
    pub path: &'a str,
    pub row: Option<Row>,
}

impl Home<'_> {
    fn rows(&self, tag: &'static str) -> Vec<Row> {
        self.row.into_iter().chain([(Space::Exif, tag)]).collect()
    }

    fn fixture(&self, what: &str, part: Part) -> Fixture {
        (self.file)(&format!("{}-{what}", self.name), part)
    }
}

/// How a comment may be encoded: a name, and the bytes.
fn comments(text: &Part) -> Vec<(&'static str, bool, Part)> {
    let text = || text.clone();
    let mut all = vec![
        ("ascii", false, cat!("ASCII\0\0\0", text())),
        ("jis", false, cat!("JIS\0\0\0\0\0", text())),
        ("undefined", false, cat!("\0\0\0\0\0\0\0\0", text())),
        ("no-code", false, text()),
        ("unicode-utf8", false, cat!("UNICODE\0", text())),
    ];
    for (name, little, block) in [
        ("unicode-big-in-big", false, false),
        ("unicode-little-in-little", true, true),
        ("unicode-little-in-big", true, false),
        ("unicode-big-in-little", false, true),
    ] {
        all.push((name, block, cat!("UNICODE\0", text().utf16(little))));
    }
    for (name, little, order) in
        [("unicode-big-mark", false, [0xFE, 0xFF]), ("unicode-little-mark", true, [0xFF, 0xFE])]
    {
        all.push((name, little, cat!("UNICODE\0", order, text().utf16(little))));
    }
    all
}

/// Every way of UserComment, and every payload in one.
pub fn user_comments(home: &Home<'_>) -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    for (code, little, comment) in comments(&one().part(0)) {
        for (name, block) in [
            (
                "ExifIFD",
                Block { little, subs: vec![(EXIF, vec![undefined(0x9286, comment.clone())])], ..Block::default() },
            ),
            ("IFD0", Block { little, ifd0: vec![undefined(0x9286, comment.clone())], ..Block::default() }),
        ] {
            let fixture = home.fixture(&format!("comment-{code}-{name}"), block.part());
            fixtures.push(fixture.aigc(&one(), &format!("{} {name} 9286", home.path), &home.rows("9286")));
        }
    }
    for payload in all().into_iter().filter(|payload| payload.anywhere) {
        let part = Block::in_exif(vec![undefined(0x9286, cat!("ASCII\0\0\0", payload.part(0)))]);
        let fixture = home.fixture(&format!("comment-{}", payload.name), part);
        fixtures.push(fixture.aigc(&payload, &format!("{} ExifIFD 9286", home.path), &home.rows("9286")));
    }
    let path = format!("{} ExifIFD 9286", home.path);
    for (what, text) in [("settings", SETTINGS), ("graph", GRAPH)] {
        let coded = cat!("UNICODE\0", mark(0, text).utf16(false));
        let fixture = home.fixture(&format!("comment-{what}"), Block::in_exif(vec![undefined(0x9286, coded)]));
        fixtures.push(fixture.trace(&path, text, &home.rows("9286")));
    }
    let screen = Block::in_exif(vec![undefined(0x9286, "ASCII\0\0\0Screenshot")]);
    let fixture = home.fixture("comment-screenshot", screen);
    fixtures.push(fixture.sign(Way::Screenshot, &path, "Screenshot", &home.rows("9286")));
    fixtures
}

/// Labels in the tags of text, in every layout of the block.
pub fn layouts(home: &Home<'_>) -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    for (little, big) in [(false, false), (true, false), (false, true), (true, true)] {
        let name = format!("{}{}", if little { "little" } else { "big" }, if big { "-BigTIFF" } else { "" });
        let block = || Block { little, big, ..Block::default() };
        let description = || vec![ascii(0x010E, one().part(0))];
        for (directory, part) in [
            ("IFD0", Block { ifd0: description(), ..block() }.part()),
            ("IFD1", Block { ifd1: description(), ..block() }.part()),
            ("SubIFD", Block { subs: vec![(SUB, description())], ..block() }.part()),
            ("ExifIFD", Block { subs: vec![(EXIF, description())], ..block() }.part()),
        ] {
            let fixture = home.fixture(&format!("description-{name}-{directory}"), part);
            let path = format!("{} {directory} 010E", home.path);
            fixtures.push(fixture.aigc(&one(), &path, &home.rows("010E")));
        }
    }
    fixtures
}

/// Every other tag.
pub fn tags(home: &Home<'_>) -> Vec<Fixture> {
    let mut fixtures = Vec::new();
    let path = |tag: &str| format!("{} IFD0 {tag}", home.path);
    let xp = undefined(0x9C9C, cat!(one().part(0).utf16(true), "\0\0"));
    let xp = home.fixture("XPComment", Block { little: true, ifd0: vec![xp], ..Block::default() }.part());
    fixtures.push(xp.aigc(&one(), &path("9C9C"), &home.rows("9C9C")));
    let utf8 = Block::of(vec![(0x010E, 129, one().object.len(), one().part(0))]);
    fixtures.push(home.fixture("description-utf8-type", utf8).aigc(&one(), &path("010E"), &home.rows("010E")));
    let packet = Block::of(vec![undefined(0x02BC, crate::xmp::labelled())]);
    let rows = [&home.rows("02BC")[..], &[(Space::Xmp, crate::xmp::NAME)]].concat();
    fixtures.push(home.fixture("xmp", packet).aigc(&one(), &format!("{} XMP TC260:AIGC", path("02BC")), &rows));
    let settings = Block::of(vec![ascii(0x010E, mark(0, SETTINGS))]);
    fixtures.push(home.fixture("description-settings", settings).trace(&path("010E"), SETTINGS, &home.rows("010E")));
    // ComfyUI's own way to keep graphs where there is no text chunk.
    for (tag, row, lead) in [(0x010F, "010F", "prompt:"), (0x0110, "0110", "workflow:")] {
        let graph = format!("{lead}{GRAPH}");
        let value = Block::of(vec![ascii(tag, mark(0, mark(1, &graph)))]);
        fixtures.push(home.fixture(&format!("graph-{row}"), value).trace(&path(row), &graph, &home.rows(row)));
    }
    let signature = format!("Signature: {}==", "QUJD".repeat(20));
    let artist = "01234567-89ab-cdef-0123-456789abcdef";
    let both = |apart: bool| {
        let (description, artist) = (ascii(0x010E, mark(0, &signature)), ascii(0x013B, artist));
        let (mut ifd0, mut ifd1) = (vec![description], Vec::new());
        if apart {
            ifd1.push(artist)
        } else {
            ifd0.push(artist)
        }
        Block { ifd0, ifd1, ..Block::default() }.part()
    };
    for (name, apart) in [("grok", false), ("grok-artist-apart", true)] {
        let rows = [home.rows("010E"), home.rows("013B")].concat();
        fixtures.push(home.fixture(name, both(apart)).trace(&path("010E"), &signature, &rows));
    }
    let facts = [
        (0x010F, "010F", About::Make, "ExampleMake"),
        (0x0110, "0110", About::Model, "ExampleModel X"),
        (0x0131, "0131", About::Software, "Example Firmware 1.2"),
        (0x0132, "0132", About::Time, "2026:01:02 03:04:05"),
    ];
    let entries = facts.iter().enumerate().map(|(n, (tag, _, _, value))| ascii(*tag, mark(n, value))).collect();
    let latitude = (0x0002, 5, 3, mark(5, [0, 0, 0, 31, 0, 0, 0, 1].repeat(3)));
    let time = ascii(0x9003, mark(4, "2026:01:02 03:04:04"));
    let block = Block { ifd0: entries, subs: vec![(EXIF, vec![time]), (GPS, vec![latitude])], ..Block::default() };
    let mut capture = home.fixture("capture", block.part());
    for (_, row, about, value) in facts {
        capture = capture.fact(about, &path(row), value, &home.rows(row));
    }
    let time = (format!("{} ExifIFD 9003", home.path), "2026:01:02 03:04:04");
    let capture = capture.fact(About::Time, &time.0, time.1, &home.rows("9003"));
    let position = (About::Position, format!("{} GPS GPS:0002", home.path));
    let position = (position.0, position.1.replace("GPS GPS:", "GPS "));
    fixtures.push(capture.fact(position.0, &position.1, "", &home.rows("GPS:0002")));
    fixtures
}
