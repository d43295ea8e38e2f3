//! Bytes that are being written, in which each marked value knows where it stands; fixtures, and what must be found in
//! them.

use std::{io, ops::Range};

use evidence::source::ReadAt;
use inspect::{
    bytes::Place,
    places::Space,
    report::{About, Container, Declares, Fact, Found, Kind, Label, Note, Sign, Way},
};

use crate::payload::Payload;

/// Bytes, and the places of the values in them by number.
#[derive(Clone, Default)]
pub struct Part {
    pub bytes: Vec<u8>,
    pub marks: Vec<(usize, Range<usize>)>,
}

impl<T: AsRef<[u8]>> From<T> for Part {
    fn from(bytes: T) -> Self {
        Self { bytes: bytes.as_ref().to_vec(), marks: Vec::new() }
    }
}

impl ReadAt for Part {
    fn length(&self) -> io::Result<u64> {
        self.bytes[..].length()
    }

    fn read_exact_at(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        self.bytes[..].read_exact_at(buffer, at)
    }
}

/// Parts one behind the other.
macro_rules! cat {
    ($($part:expr),* $(,)?) => {{
        let mut all = $crate::part::Part::default();
        $(all = all.and($part);)*
        all
    }};
}
pub(crate) use cat;

/// A value that something is wanted of.
pub fn mark(number: usize, value: impl Into<Part>) -> Part {
    let mut part = value.into();
    part.marks.push((number, 0..part.len()));
    part
}

impl Part {
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    pub fn and(mut self, other: impl Into<Self>) -> Self {
        let (other, at) = (other.into(), self.len());
        self.bytes.extend(other.bytes);
        self.marks.extend(other.marks.into_iter().map(|(number, m)| (number, at + m.start..at + m.end)));
        self
    }

    /// Two pieces. A value that goes over the cut stands where its first piece does.
    pub fn cut(self, at: usize) -> (Self, Self) {
        let (left, right) = self.bytes.split_at(at);
        let (mut left, mut right) = (Self::from(left), Self::from(right));
        for (number, m) in self.marks {
            if m.start < at {
                left.marks.push((number, m.start..m.end.min(at)));
            } else {
                right.marks.push((number, m.start - at..m.end - at));
            }
        }
        (left, right)
    }

    pub fn pieces(self, size: usize) -> Vec<Self> {
        let mut pieces = Vec::new();
        let mut rest = self;
        while rest.len() > size {
            let (piece, behind) = rest.cut(size);
            pieces.push(piece);
            rest = behind;
        }
        pieces.push(rest);
        pieces
    }

    /// Stored otherwise: what was inside stands as a whole where this does.
    pub fn stored(self, bytes: impl Into<Vec<u8>>) -> Self {
        let bytes = bytes.into();
        Self { marks: self.marks.into_iter().map(|(number, _)| (number, 0..bytes.len())).collect(), bytes }
    }

    pub fn zlib(self) -> Self {
        let packed = miniz_oxide::deflate::compress_to_vec_zlib(&self.bytes, 9);
        self.stored(packed)
    }

    pub fn utf16(self, little: bool) -> Self {
        let coded = |bytes: &[u8]| -> Vec<u8> {
            let units = str::from_utf8(bytes).unwrap().encode_utf16();
            units.flat_map(|unit| if little { unit.to_le_bytes() } else { unit.to_be_bytes() }).collect()
        };
        let at = |at: usize| coded(&self.bytes[..at]).len();
        let marks = self.marks.iter().map(|(number, m)| (*number, at(m.start)..at(m.end))).collect();
        Self { bytes: coded(&self.bytes), marks }
    }
}

impl FromIterator<Part> for Part {
    fn from_iter<I: IntoIterator<Item = Part>>(parts: I) -> Self {
        parts.into_iter().fold(Self::default(), Part::and)
    }
}

pub fn be16(n: usize) -> [u8; 2] {
    u16::try_from(n).unwrap().to_be_bytes()
}

pub fn be32(n: usize) -> [u8; 4] {
    u32::try_from(n).unwrap().to_be_bytes()
}

pub fn be64(n: usize) -> [u8; 8] {
    (n as u64).to_be_bytes()
}

pub fn le32(n: usize) -> [u8; 4] {
    u32::try_from(n).unwrap().to_le_bytes()
}

/// What must be found; the value of it is the one with this one's number in the list.
#[derive(Debug, Clone)]
pub enum What {
    Label(Kind, Declares, Vec<Note>),
    Fact(About),
    Sign(Way),
}

/// A row of the table of places.
pub type Row = (Space, &'static str);

#[derive(Debug, Clone)]
pub struct Want {
    pub what: What,
    pub path: String,
    pub value: String,
    /// Rows of the table that it goes through.
    pub rows: Vec<Row>,
}

/// A file, and all that must be found in it.
#[derive(Clone)]
pub struct Fixture {
    /// Its name, which begins with the place that it is for.
    pub name: String,
    pub container: Container,
    pub file: Part,
    pub wants: Vec<Want>,
    /// Something of it cannot be read, on purpose.
    pub broken: bool,
    /// Written by another program, which says more in it than is wanted here.
    pub foreign: bool,
}

impl Fixture {
    pub fn new(name: impl Into<String>, container: Container, file: impl Into<Part>) -> Self {
        let (name, file) = (name.into(), file.into());
        Self { name, container, file, wants: Vec::new(), broken: false, foreign: false }
    }

    fn want(mut self, what: What, path: &str, value: &str, rows: &[Row]) -> Self {
        self.wants.push(Want { what, path: path.to_owned(), value: value.to_owned(), rows: rows.to_vec() });
        self
    }

    pub fn label(self, kind: Kind, declares: Declares, path: &str, value: &str, rows: &[Row]) -> Self {
        self.want(What::Label(kind, declares, Vec::new()), path, value, rows)
    }

    pub fn aigc(self, payload: &Payload, path: &str, rows: &[Row]) -> Self {
        let what = What::Label(Kind::Aigc, payload.declares, payload.notes.clone());
        self.want(what, path, &payload.object, rows)
    }

    pub fn trace(self, path: &str, value: &str, rows: &[Row]) -> Self {
        self.label(Kind::GeneratorTrace, Declares::Program, path, value, rows)
    }

    pub fn fact(self, about: About, path: &str, value: &str, rows: &[Row]) -> Self {
        self.want(What::Fact(about), path, value, rows)
    }

    pub fn sign(self, way: Way, path: &str, value: &str, rows: &[Row]) -> Self {
        self.want(What::Sign(way), path, value, rows)
    }

    pub fn noted(mut self, notes: &[Note]) -> Self {
        if let Some(Want { what: What::Label(_, _, there), .. }) = self.wants.last_mut() {
            *there = notes.to_vec();
        }
        self
    }

    pub fn broken(mut self) -> Self {
        self.broken = true;
        self
    }

    /// Where the value of a want stands.
    fn place(&self, number: usize) -> Place {
        let found = self.file.marks.iter().find(|(n, _)| *n == number);
        let (_, m) = found.unwrap_or_else(|| panic!("{}: nothing is marked {number}", self.name));
        Place { offset: m.start as u64, length: m.len() as u64 }
    }

    pub fn inspected(&self) -> Found {
        inspect::inspect(&self.file, &self.name).unwrap()
    }

    /// What is otherwise than it should be.
    pub fn faults(&self) -> Vec<String> {
        let found = self.inspected();
        let mut wanted = Found { container: Some(self.container), ..Found::default() };
        for (number, want) in self.wants.iter().enumerate() {
            let (path, value) = (want.path.clone(), want.value.clone());
            match &want.what {
                What::Label(kind, declares, notes) => wanted.labels.push(Label {
                    kind: *kind,
                    path,
                    place: self.place(number),
                    value,
                    declares: *declares,
                    notes: notes.clone(),
                }),
                What::Fact(about) => {
                    wanted.facts.push(Fact { about: *about, path, place: self.place(number), value });
                }
                What::Sign(way) => wanted.signs.push(Sign { way: *way, path, value }),
            }
        }
        let mut faults = Vec::new();
        let mut say = |what: String| faults.push(format!("{}: {what}", self.name));
        if found.container != wanted.container {
            say(format!("is taken for {:?}", found.container));
        }
        if found.unread.is_empty() == self.broken {
            say(format!("unread: {:?}", found.unread));
        }
        differences(&wanted.labels, &found.labels, false, &mut say);
        differences(&wanted.facts, &found.facts, self.foreign, &mut say);
        differences(&wanted.signs, &found.signs, self.foreign, &mut say);
        faults
    }
}

/// What is missing, and what is too much, in any order.
fn differences<T: PartialEq + std::fmt::Debug>(wanted: &[T], found: &[T], more: bool, say: &mut impl FnMut(String)) {
    let count = |all: &[T], one: &T| all.iter().filter(|other| *other == one).count();
    for one in wanted.iter().filter(|one| count(wanted, one) != count(found, one)) {
        say(format!("not found: {one:?}"));
    }
    for one in found.iter().filter(|one| !more && count(wanted, one) == 0) {
        say(format!("not wanted: {one:?}"));
    }
}
