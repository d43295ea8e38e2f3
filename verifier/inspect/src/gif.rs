//! GIF: blocks, and their extensions.

use crate::{
    bytes::{Bytes, Walk},
    places::{Space, begins},
    report::Container,
    sink::Sink,
};

/// Bytes of an application's name and code.
const APPLICATION: u64 = 11;
/// What follows a packet of XMP, which is stored as it is: 1, then 255 down to 0, then 0. A reader of blocks gets out there.
const TRAILER: u64 = 258;

/// Reads a file.
///
/// # Errors
/// Where the walk ended.
pub fn walk(sink: &mut Sink, bytes: &Bytes<'_>) -> Walk {
    sink.container(Container::Gif);
    let mut at = 13 + colours(bytes.u8(10)?);
    loop {
        let block = bytes.u8(at)?;
        match block {
            0x3B => return Ok(()),
            // A picture: its place, colours, and data.
            0x2C => at = blocks(bytes, at + 10 + colours(bytes.u8(at + 9)?) + 1)?,
            0x21 => {
                bytes.step()?;
                at = extension(sink, bytes, at)?;
            }
            _ => return Err(bytes.broken(at)),
        }
    }
}

/// Bytes of a table of colours.
fn colours(flags: u8) -> u64 {
    if flags & 0x80 == 0 { 0 } else { 3 << ((flags & 7) + 1) }
}

/// Where a row of blocks ends.
fn blocks(bytes: &Bytes<'_>, start: u64) -> Walk<u64> {
    let mut at = start;
    loop {
        let length = u64::from(bytes.u8(at)?);
        at += 1 + length;
        if length == 0 {
            return Ok(at);
        }
    }
}

/// The blocks of a row put together.
fn gathered<'a>(bytes: &Bytes<'a>, start: u64) -> Walk<Bytes<'a>> {
    let mut pieces = Vec::new();
    let mut at = start;
    loop {
        bytes.step()?;
        let length = u64::from(bytes.u8(at)?);
        if length == 0 {
            return bytes.gather(&pieces);
        }
        pieces.push(bytes.part(at + 1, length)?.remembered()?);
        at += 1 + length;
    }
}

/// An extension: where it ends.
fn extension(sink: &mut Sink, bytes: &Bytes<'_>, at: u64) -> Walk<u64> {
    let kind = bytes.u8(at + 1)?;
    let end = blocks(bytes, at + 2)?;
    match kind {
        0xFE => {
            let walk = gathered(bytes, at + 2).and_then(|text| sink.field(Space::Comment, "", "gif comment", &text));
            sink.inner(walk)?;
        }
        0xFF if u64::from(bytes.u8(at + 2)?) == APPLICATION => {
            let name = bytes.array::<{ APPLICATION as usize }>(at + 3)?;
            if let Some(row) = begins(Space::Extension, &name) {
                let data = at + 3 + APPLICATION;
                let xmp = row.1.starts_with("XMP");
                let stored = if xmp { packet(bytes, data, end) } else { gathered(bytes, data) };
                let walk = stored.and_then(|value| {
                    row.2.iter().try_for_each(|how| sink.read(*how, &format!("gif {}", row.1), &value))
                });
                sink.inner(walk)?;
            }
        }
        _ => {}
    }
    Ok(end)
}

/// A packet of XMP: as it is, or in blocks as other data.
fn packet<'a>(bytes: &Bytes<'a>, at: u64, end: u64) -> Walk<Bytes<'a>> {
    let as_it_is = matches!(bytes.u8(at)?, b'<' | 0xEF | 0xFE | 0xFF);
    match (end - at).checked_sub(TRAILER) {
        Some(length) if as_it_is && bytes.u8(at + length)? == 1 => bytes.part(at, length),
        _ => gathered(bytes, at),
    }
}
