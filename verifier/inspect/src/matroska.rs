//! Matroska and WebM: EBML elements; what is said about the file, and its tags.

use crate::{
    bytes::{Bytes, Order, Walk},
    places::Space,
    report::Container,
    sink::Sink,
    text::Text,
};

/// Tags in tags: true files have two.
const MAX_DEPTH: usize = 8;

const EBML: u32 = 0x1A45_DFA3;
const SEGMENT: u32 = 0x1853_8067;
const INFO: u32 = 0x1549_A966;
const TAGS: u32 = 0x1254_C367;
const TAG: u32 = 0x7373;
const SIMPLE_TAG: u32 = 0x67C8;
const TAG_NAME: u32 = 0x45A3;
const TAG_STRING: u32 = 0x4487;
const TAG_BINARY: u32 = 0x4485;
const TITLE: u32 = 0x7BA9;
const MUXING_APP: u32 = 0x4D80;
const WRITING_APP: u32 = 0x5741;
const DATE: u32 = 0x4461;
const CLUSTER: u32 = 0x1F43_B675;
/// Elements of a segment: at one of them, another one of unknown length has ended.
const LEVEL_1: [u32; 8] = [0x114D_9B74, INFO, CLUSTER, 0x1654_AE6B, 0x1C53_BB6B, 0x1941_A469, 0x1043_A770, TAGS];
/// 2001-01-01, from which dates are counted, in Unix seconds.
const EPOCH: i64 = 978_307_200;

/// An element: what it is, where its contents begin, and how long they are if that is known.
fn element(bytes: &Bytes<'_>, at: u64) -> Walk<(u32, u64, Option<u64>)> {
    let first = bytes.u8(at)?;
    let width = u64::from(first.leading_zeros()) + 1;
    if width > 4 {
        return Err(bytes.broken(at));
    }
    let mut id = 0;
    for turn in 0..width {
        id = id << 8 | u32::from(bytes.u8(at + turn)?);
    }
    let at = at + width;
    let first = bytes.u8(at)?;
    let width = u64::from(first.leading_zeros()) + 1;
    if width > 8 {
        return Err(bytes.broken(at));
    }
    let mut length = u64::from(first) & ((1 << (8 - width)) - 1);
    for turn in 1..width {
        length = length << 8 | u64::from(bytes.u8(at + turn)?);
    }
    let unknown = length == (1 << (7 * width)) - 1;
    Ok((id, at + width, (!unknown).then_some(length)))
}

/// Reads a file.
///
/// # Errors
/// Where the walk ended.
pub fn walk(sink: &mut Sink, bytes: &Bytes<'_>) -> Walk {
    sink.container(Container::Matroska);
    let mut at = 0;
    while at < bytes.length() {
        bytes.step()?;
        let (id, contents, length) = element(bytes, at)?;
        let length = length.unwrap_or(bytes.length() - contents);
        match id {
            EBML | 0xEC => {}
            SEGMENT => segment(sink, &bytes.part(contents, length.min(bytes.length() - contents))?)?,
            _ if at == 0 => return Err(bytes.broken(at)),
            _ => {}
        }
        bytes.part(contents, length)?;
        at = contents + length;
    }
    Ok(())
}

fn segment(sink: &mut Sink, bytes: &Bytes<'_>) -> Walk {
    let mut at = 0;
    while at < bytes.length() {
        bytes.step()?;
        let (id, contents, length) = element(bytes, at)?;
        let Some(length) = length else {
            // Only a cluster may be of unknown length: its blocks are passed one by one.
            at = if id == CLUSTER { blocks(bytes, contents)? } else { return Err(bytes.broken(at)) };
            continue;
        };
        let inner = bytes.part(contents, length)?;
        let walk = match id {
            INFO => info(sink, &inner),
            TAGS => tags(sink, &inner, 0),
            _ => Ok(()),
        };
        sink.inner(walk)?;
        at = contents + length;
    }
    Ok(())
}

/// Where a cluster of unknown length ends.
fn blocks(bytes: &Bytes<'_>, start: u64) -> Walk<u64> {
    let mut at = start;
    while at < bytes.length() {
        bytes.step()?;
        let (id, contents, length) = element(bytes, at)?;
        if LEVEL_1.contains(&id) {
            break;
        }
        at = contents + length.ok_or_else(|| bytes.broken(at))?;
    }
    Ok(at)
}

fn info(sink: &mut Sink, bytes: &Bytes<'_>) -> Walk {
    let mut at = 0;
    while at < bytes.length() {
        bytes.step()?;
        let (id, contents, length) = element(bytes, at)?;
        let inner = bytes.part(contents, length.ok_or_else(|| bytes.broken(at))?)?;
        let name = match id {
            TITLE => "Title",
            MUXING_APP => "MuxingApp",
            WRITING_APP => "WritingApp",
            DATE => "DateUTC",
            _ => "",
        };
        let path = format!("matroska Info {name}");
        match id {
            DATE if inner.length() == 8 => {
                let second = inner.u64(0, Order::Big)? as i64 / 1_000_000_000 + EPOCH;
                let text = Text::at(crate::moment(second), inner.place(0, 8));
                sink.text(Space::Matroska, name, &path, &text);
            }
            TITLE | MUXING_APP | WRITING_APP => sink.field(Space::Matroska, name, &path, &inner)?,
            _ => {}
        }
        at = contents + inner.length();
    }
    Ok(())
}

/// `Tags`, a `Tag`, or a `SimpleTag`, of which name and text may come in any order.
fn tags(sink: &mut Sink, bytes: &Bytes<'_>, depth: usize) -> Walk {
    if depth == MAX_DEPTH {
        return Err(bytes.broken(0));
    }
    let (mut at, mut name, mut values) = (0, String::new(), Vec::new());
    while at < bytes.length() {
        bytes.step()?;
        let (id, contents, length) = element(bytes, at)?;
        let inner = bytes.part(contents, length.ok_or_else(|| bytes.broken(at))?)?;
        at = contents + inner.length();
        match id {
            TAG | SIMPLE_TAG => {
                let walk = tags(sink, &inner, depth + 1);
                sink.inner(walk)?;
            }
            TAG_NAME => name = Text::name(&inner)?,
            TAG_STRING | TAG_BINARY => values.push(inner.remembered()?),
            _ => {}
        }
    }
    values.iter().try_for_each(|value| sink.field(Space::Matroska, &name, &format!("matroska tag {name}"), value))
}
