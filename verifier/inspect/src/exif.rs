//! TIFF directories: EXIF blocks, and TIFF files themselves. Tags are read in whatever directory they stand.

use crate::{
    bytes::{Bytes, Order, Walk},
    places::{Reads, Space, reads},
    sink::Sink,
    text::Text,
};

/// Directories of one block. True ones have a few; pages of a TIFF file are one each.
const MAX_DIRECTORIES: usize = 512;
/// Bytes of a value of each type, from type 1 on (TIFF 6.0, BigTIFF, and UTF-8 of EXIF 3.0 as 129).
const SIZES: [u64; 18] = [1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4, 0, 0, 8, 8, 8];
/// Directories inside of others: EXIF, GPS, pages in pages.
const EXIF: u16 = 0x8769;
const GPS: u16 = 0x8825;
const SUB: u16 = 0x014A;
/// Bytes of what says how a comment is encoded.
const CODE: u64 = 8;

/// How the numbers of a block are written.
#[derive(Clone, Copy)]
struct Layout {
    order: Order,
    /// BigTIFF: 8 bytes for each offset and count.
    big: bool,
}

impl Layout {
    fn offset(self, bytes: &Bytes<'_>, at: u64) -> Walk<u64> {
        if self.big { bytes.u64(at, self.order) } else { Ok(bytes.u32(at, self.order)?.into()) }
    }
}

/// Whether a TIFF block begins here.
///
/// # Errors
/// The file system's.
pub fn begins(bytes: &Bytes<'_>) -> Walk<bool> {
    for head in [b"II*\0", b"MM\0*", b"II+\0", b"MM\0+"] {
        if bytes.is(0, head)? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Reads a block with all its directories. WebP and PNG have some that begin like JPEG's segment: that is left out.
///
/// # Errors
/// As [`Bytes::value`].
pub fn walk(sink: &mut Sink, path: &str, bytes: &Bytes<'_>) -> Walk {
    let bytes = if bytes.is(0, b"Exif\0\0")? { bytes.rest(6)? } else { bytes.clone() };
    if !begins(&bytes)? {
        return Err(bytes.broken(0));
    }
    let order = if bytes.u8(0)? == b'M' { Order::Big } else { Order::Little };
    let layout = Layout { order, big: bytes.u16(2, order)? == 43 };
    let first = layout.offset(&bytes, if layout.big { 8 } else { 4 })?;
    let mut next = vec![(first, "IFD0")];
    let mut seen = Vec::new();
    while let Some((at, name)) = next.pop() {
        if at == 0 || seen.contains(&at) {
            continue;
        }
        if seen.len() == MAX_DIRECTORIES {
            return Err(crate::bytes::Halt::Limit(bytes.place(0, 0).offset));
        }
        seen.push(at);
        let walk = directory(sink, path, &bytes, layout, (at, name), &mut next);
        sink.inner(walk)?;
    }
    Ok(())
}

type Next = Vec<(u64, &'static str)>;

fn directory(
    sink: &mut Sink,
    path: &str,
    bytes: &Bytes<'_>,
    layout: Layout,
    (at, name): (u64, &'static str),
    next: &mut Next,
) -> Walk {
    let Layout { order, big } = layout;
    let (count, mut entry) =
        if big { (bytes.u64(at, order)?, at + 8) } else { (u64::from(bytes.u16(at, order)?), at + 2) };
    let size = if big { 20 } else { 12 };
    for _ in 0..count {
        bytes.step()?;
        let tag = bytes.u16(entry, order)?;
        let kind = bytes.u16(entry + 2, order)?;
        let values = layout.offset(bytes, entry + 4)?;
        let each = match kind {
            129 => 1,
            _ => SIZES.get(usize::from(kind).wrapping_sub(1)).copied().unwrap_or(0),
        };
        let length = values.saturating_mul(each);
        let held = entry + if big { 12 } else { 8 };
        let place = if length <= if big { 8 } else { 4 } { Ok(held) } else { layout.offset(bytes, held) };
        let (held, here) = (place?, tag);
        match here {
            EXIF | GPS | SUB => {
                let name = match here {
                    EXIF => "ExifIFD",
                    GPS => "GPS",
                    _ => "SubIFD",
                };
                // One offset each; several of them stand elsewhere.
                for turn in 0..values.min(16) {
                    let wide = big && kind != 4 && kind != 13;
                    let at = held.saturating_add(turn * if wide { 8 } else { 4 });
                    let offset = if wide { bytes.u64(at, order) } else { bytes.u32(at, order).map(u64::from) };
                    if next.len() < MAX_DIRECTORIES {
                        next.push((offset?, name));
                    }
                }
            }
            _ => {
                let key = if name == "GPS" { format!("GPS:{tag:04X}") } else { format!("{tag:04X}") };
                if !reads(Space::Exif, &key).is_empty() {
                    let value = bytes.part(held, length);
                    let walk = value
                        .and_then(|value| sink.field(Space::Exif, &key, &format!("{path} {name} {tag:04X}"), &value));
                    sink.inner(walk)?;
                }
            }
        }
        entry += size;
    }
    // Some writers end the block with the last entry of the last directory.
    if entry < bytes.length() {
        let follows = layout.offset(bytes, entry)?;
        next.push((follows, if name == "IFD0" { "IFD1" } else { name }));
    }
    Ok(())
}

/// UserComment: eight bytes say how the rest is encoded; some writers leave them out.
///
/// # Errors
/// As [`Bytes::value`].
pub fn user_comment(sink: &mut Sink, path: &str, value: &Bytes<'_>) -> Walk {
    let code: Option<[u8; CODE as usize]> = value.array(0).ok();
    let text = match code.as_ref().map(|code| code.as_slice()) {
        Some(b"UNICODE\0") => unicode(&value.rest(CODE)?)?,
        // JIS X 0208 has ASCII's characters where they are, and nothing else is looked for.
        Some(b"ASCII\0\0\0" | b"JIS\0\0\0\0\0" | b"\0\0\0\0\0\0\0\0") => Text::new(&value.rest(CODE)?)?,
        _ => Text::new(value)?,
    };
    // Their place is known now; the table's rows for text are asked.
    for how in [Reads::AnyText, Reads::Parameters, Reads::Graph, Reads::Screenshot] {
        sink.read_text(how, path, &text);
    }
    Ok(())
}

/// Writers take the block's byte order or their own: the one in which more of it is ASCII.
fn unicode<'a>(bytes: &Bytes<'a>) -> Walk<Text<'a>> {
    if bytes.is(0, b"\xFE\xFF")? || bytes.is(0, b"\xFF\xFE")? {
        return Text::new(bytes);
    }
    let [big, little] = [Order::Big, Order::Little].map(|order| Text::utf16(bytes, order));
    let (big, little) = (big?, little?);
    let ascii = |text: &Text<'_>| text.text.bytes().filter(u8::is_ascii).count();
    let (count, other) = (ascii(&big), ascii(&little));
    // UTF-8 behind the wrong code is seen as well.
    if count.max(other) == 0 {
        return Text::new(bytes);
    }
    Ok(if count > other { big } else { little })
}
