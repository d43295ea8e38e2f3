//! Where the parts of a clip stand in its file, and the events that are signed in them.
#![allow(dead_code)]

use std::{fs, path::Path};

use evidence::{
    bmff::StatementBox,
    note::Note,
    statement::{EventKind, Link, Statement},
};

/// What a part is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// `ftyp` or `moov`.
    Header,
    Start,
    /// `moof` or `mdat`.
    Fragment,
    Link,
    End,
    Proof,
}

/// A whole top-level box.
#[derive(Debug, Clone, Copy)]
pub struct Part {
    pub kind: Kind,
    pub begin: usize,
    pub end: usize,
}

/// The parts from the first to the last whole statement; bytes behind it are not told.
pub fn parts(clip: &[u8]) -> Vec<Part> {
    let mut parts = Vec::new();
    let mut begin = 0;
    while let Some(header) = clip.get(begin..begin + 8) {
        let end = begin + u32::from_be_bytes(header[..4].try_into().unwrap()) as usize;
        let Some(whole) = clip.get(begin..end) else { break };
        let kind = match (&header[4..], whole.get(8..24).and_then(StatementBox::of)) {
            (b"ftyp" | b"moov", _) => Kind::Header,
            (b"moof" | b"mdat", _) => Kind::Fragment,
            (_, Some(StatementBox::Start)) => Kind::Start,
            (_, Some(StatementBox::Link)) => Kind::Link,
            (_, Some(StatementBox::End)) => Kind::End,
            (_, Some(StatementBox::Proof)) => Kind::Proof,
            other => panic!("{other:?} at {begin}"),
        };
        parts.push(Part { kind, begin, end });
        begin = end;
    }
    while parts.last().is_some_and(|part| matches!(part.kind, Kind::Header | Kind::Fragment)) {
        parts.pop();
    }
    parts
}

/// The signed events of a clip, with their times in µs since its first frame.
pub fn events(clip: &Path) -> Vec<(u64, EventKind)> {
    let bytes = fs::read(clip).unwrap();
    let links = parts(&bytes).into_iter().filter(|part| part.kind == Kind::Link);
    let links: Vec<Link> =
        links.map(|part| Link::parse(&Note::parse(&bytes[part.begin + 24..part.end]).unwrap().text).unwrap()).collect();
    let zero = links[0].monotonic.0;
    let each = |link: Link| link.events.0.into_iter().map(move |e| (link.monotonic.0 + e.offset - zero, e.kind));
    links.into_iter().flat_map(each).collect()
}
