//! ISO base media files: HEIC and AVIF pictures, MP4 and MOV videos. Boxes in boxes; what they say about the file stands
//! in `meta`, `udta` and `uuid`.

use std::collections::BTreeMap;

use crate::{
    bytes::{Bytes, Order, Walk},
    places::{Reads, Space, reads},
    report::{Container, Way},
    sink::Sink,
    text::Text,
};

/// Boxes in boxes: true files have seven.
const MAX_DEPTH: usize = 12;
/// Items of a picture file. True ones have some hundred tiles.
const MAX_ITEMS: u32 = 65_536;
/// Pieces of one item. True ones have one.
const MAX_PIECES: usize = 1024;
/// Brands of pictures.
const PICTURES: [&[u8; 4]; 9] = [b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1", b"avif", b"avis"];
/// 1904-01-01, from which QuickTime counts, in Unix seconds.
const EPOCH: i64 = -2_082_844_800;

/// A box: its type, its contents, and where the next one is.
struct Inner<'a> {
    kind: [u8; 4],
    inner: Bytes<'a>,
    next: u64,
}

fn next<'a>(bytes: &Bytes<'a>, at: u64) -> Walk<Inner<'a>> {
    bytes.step()?;
    let (length, kind) = (bytes.u32(at, Order::Big)?, bytes.array(at + 4)?);
    let (head, length) = match length {
        0 => (8, bytes.length() - at),
        1 => (16, bytes.u64(at + 8, Order::Big)?),
        length => (8, length.into()),
    };
    let inner = length.checked_sub(head).ok_or_else(|| bytes.broken(at))?;
    Ok(Inner { kind, inner: bytes.part(at + head, inner)?, next: at + length })
}

/// A type as text: `©` is one byte there.
fn name(kind: [u8; 4]) -> String {
    kind.iter().map(|byte| char::from(*byte)).map(|c| if c.is_control() { '?' } else { c }).collect()
}

/// Whether a file begins like one.
///
/// # Errors
/// The file system's.
pub fn begins(bytes: &Bytes<'_>) -> Walk<bool> {
    for kind in [b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip", b"pnot"] {
        if bytes.is(4, kind)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Where in the bytes behind a picture a video begins. It is at the start, but for what some phones put before it.
///
/// # Errors
/// The file system's.
pub fn inside(bytes: &Bytes<'_>) -> Walk<Option<u64>> {
    let mut head = vec![0; bytes.length().min(4096) as usize];
    bytes.fill(0, &mut head)?;
    let found = memchr::memmem::find(&head, b"ftyp").and_then(|at| at.checked_sub(4));
    Ok(found.filter(|at| head[*at..*at + 3] == [0, 0, 0]).map(|at| at as u64))
}

/// Reads a file.
///
/// # Errors
/// Where the walk ended.
pub fn walk(sink: &mut Sink, outer: &str, bytes: &Bytes<'_>) -> Walk {
    let mut path = "mp4".to_owned();
    let mut at = 0;
    let mut kind = Container::Mp4;
    if bytes.is(4, b"ftyp")? {
        let brands = next(bytes, 0)?.inner;
        if is_picture(&brands)? {
            (kind, path) = (Container::Heif, "heif".to_owned());
        }
    }
    sink.container(kind);
    if !outer.is_empty() {
        path = outer.to_owned();
    }
    while at < bytes.length() {
        let Inner { kind, inner, next } = next(bytes, at)?;
        match &kind {
            b"mdat" | b"free" | b"skip" | b"wide" => {}
            b"meta" => {
                let walk = meta(sink, &path, &inner, Some(bytes));
                sink.inner(walk)?;
            }
            b"moov" | b"uuid" | b"udta" => {
                let walk = boxed(sink, &path, kind, &inner, 0);
                sink.inner(walk)?;
            }
            // WhatsApp writes one of its own.
            b"beam" => sink.sign(Way::WhatsApp, &format!("{path} beam"), ""),
            _ => {}
        }
        at = next;
    }
    Ok(())
}

fn is_picture(brands: &Bytes<'_>) -> Walk<bool> {
    let mut at = 0;
    while at + 4 <= brands.length().min(256) {
        // The version between the first brand and the others is none.
        if at != 4 && PICTURES.contains(&&brands.array(at)?) {
            return Ok(true);
        }
        at += 4;
    }
    Ok(false)
}

fn boxed(sink: &mut Sink, path: &str, kind: [u8; 4], inner: &Bytes<'_>, depth: usize) -> Walk {
    if depth == MAX_DEPTH {
        return Err(inner.broken(0));
    }
    let path = format!("{path} {}", name(kind));
    match &kind {
        b"moov" | b"trak" | b"mdia" | b"minf" => {
            let mut at = 0;
            while at < inner.length() {
                let Inner { kind, inner, next } = next(inner, at)?;
                let walk = boxed(sink, &path, kind, &inner, depth + 1);
                sink.inner(walk)?;
                at = next;
            }
            Ok(())
        }
        b"meta" => meta(sink, &path, inner, None),
        b"udta" => user_data(sink, &path, inner),
        b"uuid" => {
            let id: [u8; 16] = inner.array(0)?;
            let id: String = id.iter().map(|byte| format!("{byte:02X}")).collect();
            sink.field(Space::Uuid, &id, &path, &inner.rest(16)?)
        }
        b"mvhd" => {
            let version = inner.u8(0)?;
            let since = if version == 1 { inner.u64(4, Order::Big)? } else { inner.u32(4, Order::Big)?.into() };
            let width = if version == 1 { 8 } else { 4 };
            match i64::try_from(since) {
                Ok(since) if since > 0 => {
                    let text = Text::at(crate::moment(since.saturating_add(EPOCH)), inner.place(4, width));
                    sink.text(Space::Udta, "mvhd", &path, &text);
                }
                _ => {}
            }
            Ok(())
        }
        _ => Ok(()),
    }
}

/// `udta`: boxes with text, as QuickTime has it, and `meta`.
fn user_data(sink: &mut Sink, path: &str, bytes: &Bytes<'_>) -> Walk {
    let mut at = 0;
    // QuickTime ends the list with four zeros.
    while at + 8 <= bytes.length() {
        let Inner { kind, inner, next } = next(bytes, at)?;
        at = next;
        let name = name(kind);
        let walk = match &kind {
            b"meta" => meta(sink, &format!("{path} meta"), &inner, None),
            _ if reads(Space::Udta, &name).is_empty() => Ok(()),
            _ => {
                // International text: its length and language stand before it.
                let text = match kind[0] {
                    0xA9 => inner.u16(0, Order::Big).and_then(|length| inner.part(4, length.into())),
                    _ => Ok(inner.clone()),
                };
                text.and_then(|text| sink.field(Space::Udta, &name, &format!("{path} {name}"), &text))
            }
        };
        sink.inner(walk)?;
    }
    Ok(())
}

/// An item of a picture file.
#[derive(Default)]
struct Item<'a> {
    kind: String,
    packed: bool,
    pieces: Vec<Bytes<'a>>,
}

/// `meta`: items of a picture, or keys and values. `file` is what items stand in.
fn meta(sink: &mut Sink, path: &str, bytes: &Bytes<'_>, file: Option<&Bytes<'_>>) -> Walk {
    // QuickTime's has neither version nor flags before its boxes.
    let bare = bytes.is(4, b"hdlr")? && !bytes.is(8, b"hdlr")?;
    let bytes = if bare { bytes.clone() } else { bytes.rest(4)? };
    let (mut keys, mut lists) = (Vec::new(), Vec::new());
    let (mut names, mut places, mut held) = (None, None, None);
    let mut at = 0;
    while at < bytes.length() {
        let Inner { kind, inner, next } = next(&bytes, at)?;
        match &kind {
            b"keys" => keys = self::keys(&inner)?,
            b"ilst" => lists.push(inner.remembered()?),
            b"iinf" => names = Some(inner),
            b"iloc" => places = Some(inner),
            b"idat" => held = Some(inner),
            b"uuid" => {
                let walk = boxed(sink, path, kind, &inner, 0);
                sink.inner(walk)?;
            }
            _ => {}
        }
        at = next;
    }
    for list in lists {
        let walk = self::list(sink, path, &list, &keys);
        sink.inner(walk)?;
    }
    if let (Some(names), Some(places)) = (names, places) {
        let mut items = BTreeMap::new();
        self::names(&names, &mut items)?;
        if !items.is_empty() {
            self::places(&places, file.unwrap_or(&bytes), held.as_ref(), &mut items)?;
        }
        for (number, item) in items {
            let walk = self::item(sink, &format!("{path} item {number} {}", item.kind), &bytes, &item);
            sink.inner(walk)?;
        }
    }
    Ok(())
}

fn item<'a>(sink: &mut Sink, path: &str, bytes: &Bytes<'a>, item: &Item<'a>) -> Walk {
    if item.packed {
        return Err(bytes.broken(0));
    }
    let value = match &*item.pieces {
        [piece] => piece.clone(),
        pieces => bytes.gather(pieces)?,
    };
    if item.kind == "Exif" {
        // How far behind this number the block begins.
        let skipped = u64::from(value.u32(0, Order::Big)?);
        return sink.read(Reads::Exif, path, &value.rest(4 + skipped)?);
    }
    sink.field(Space::Item, &item.kind, path, &value)
}

/// Names of the items that are read.
fn names<'a>(bytes: &Bytes<'a>, items: &mut BTreeMap<u32, Item<'a>>) -> Walk {
    let (count, mut at) = match bytes.u8(0)? {
        0 => (bytes.u16(4, Order::Big)?.into(), 6),
        _ => (bytes.u32(4, Order::Big)?, 8),
    };
    for _ in 0..count.min(MAX_ITEMS) {
        let Inner { kind, inner, next } = next(bytes, at)?;
        at = next;
        let version = inner.u8(0)?;
        if kind != *b"infe" || version < 2 {
            continue;
        }
        let (number, at) = match version {
            2 => (inner.u16(4, Order::Big)?.into(), 6),
            _ => (inner.u32(4, Order::Big)?, 8),
        };
        let kind: [u8; 4] = inner.array(at + 2)?;
        let (_, after) = word(&inner, at + 6)?;
        let (kind, packed) = match &kind {
            b"mime" => {
                let (mime, after) = word(&inner, after)?;
                let packed = after < inner.length() && word(&inner, after).is_ok_and(|(how, _)| !how.is_empty());
                (mime, packed)
            }
            kind => (name(*kind), false),
        };
        if !reads(Space::Item, &kind).is_empty() {
            items.insert(number, Item { kind, packed, pieces: Vec::new() });
        }
    }
    Ok(())
}

/// Text up to a zero or the end, and what follows.
fn word(bytes: &Bytes<'_>, start: u64) -> Walk<(String, u64)> {
    let mut word = String::new();
    for at in start..bytes.length().min(start + 1024) {
        match bytes.u8(at)? {
            0 => return Ok((word, at + 1)),
            byte => word.push(char::from(byte)),
        }
    }
    if start + 1024 < bytes.length() { Err(bytes.broken(start)) } else { Ok((word, bytes.length())) }
}

/// Numbers of 0, 4 or 8 bytes, one behind the other.
struct Numbers<'a, 'b> {
    bytes: &'b Bytes<'a>,
    at: u64,
}

impl Numbers<'_, '_> {
    fn take(&mut self, width: u8) -> Walk<u64> {
        let (bytes, at) = (self.bytes, self.at);
        self.at += u64::from(width);
        match width {
            0 => Ok(0),
            2 => Ok(bytes.u16(at, Order::Big)?.into()),
            4 => Ok(bytes.u32(at, Order::Big)?.into()),
            8 => bytes.u64(at, Order::Big),
            _ => Err(bytes.broken(at)),
        }
    }
}

/// `iloc`: where the items are.
fn places<'a>(
    bytes: &Bytes<'a>,
    file: &Bytes<'a>,
    held: Option<&Bytes<'a>>,
    items: &mut BTreeMap<u32, Item<'a>>,
) -> Walk {
    let version = bytes.u8(0)?;
    let [first, second] = bytes.array(4)?;
    let (offset, length, base) = (first >> 4, first & 15, second >> 4);
    let index = if version == 0 { 0 } else { second & 15 };
    let wide = if version < 2 { 2 } else { 4 };
    let mut numbers = Numbers { bytes, at: 6 };
    let count = numbers.take(wide)?;
    for _ in 0..count.min(MAX_ITEMS.into()) {
        bytes.step()?;
        let number = numbers.take(wide)? as u32;
        let method = if version == 0 { 0 } else { numbers.take(2)? & 15 };
        numbers.take(2)?;
        let base = numbers.take(base)?;
        let extents = numbers.take(2)?;
        for _ in 0..extents {
            bytes.step()?;
            numbers.take(index)?;
            let (offset, length) = (numbers.take(offset)?, numbers.take(length)?);
            let Some(item) = items.get_mut(&number) else { continue };
            let from = match method {
                0 => file,
                1 => held.ok_or_else(|| bytes.broken(numbers.at))?,
                _ => return Err(bytes.broken(numbers.at)),
            };
            if item.pieces.len() == MAX_PIECES {
                return Err(bytes.broken(numbers.at));
            }
            let at = base.checked_add(offset).ok_or_else(|| bytes.broken(numbers.at))?;
            let piece = if length == 0 { from.rest(at)? } else { from.part(at, length)? };
            item.pieces.push(piece.remembered()?);
        }
    }
    Ok(())
}

/// `keys`: names of the values, counted from 1.
fn keys(bytes: &Bytes<'_>) -> Walk<Vec<String>> {
    let count = bytes.u32(4, Order::Big)?;
    let mut keys = Vec::new();
    let mut at = 8;
    for _ in 0..count.min(MAX_ITEMS) {
        let Inner { inner, next, .. } = next(bytes, at)?;
        keys.push(Text::name(&inner)?);
        at = next;
    }
    Ok(keys)
}

/// `ilst`: values, each in `data`, by the number of their key or by a name of their own.
fn list(sink: &mut Sink, path: &str, bytes: &Bytes<'_>, keys: &[String]) -> Walk {
    let mut at = 0;
    while at < bytes.length() {
        let Inner { kind, inner, next } = next(bytes, at)?;
        at = next;
        let key = (u32::from_be_bytes(kind) as usize).checked_sub(1).and_then(|number| keys.get(number));
        let walk = match key {
            Some(key) => value(sink, Space::Mdta, key, &format!("{path} keys {key}"), &inner),
            None => value(sink, Space::Ilst, &name(kind), &format!("{path} ilst"), &inner),
        };
        sink.inner(walk)?;
    }
    Ok(())
}

/// An entry: `data`, and for a free one its `name` before it.
fn value(sink: &mut Sink, space: Space, key: &str, path: &str, bytes: &Bytes<'_>) -> Walk {
    let mut key = key.to_owned();
    let mut at = 0;
    while at < bytes.length() {
        let Inner { kind, inner, next } = next(bytes, at)?;
        at = next;
        match &kind {
            b"name" => key = Text::name(&inner.rest(4)?)?,
            b"data" => {
                // Type and language before the value.
                let path = if space == Space::Mdta { path.to_owned() } else { format!("{path} {key}") };
                sink.field(space, &key, &path, &inner.rest(8)?)?;
            }
            _ => {}
        }
    }
    Ok(())
}
