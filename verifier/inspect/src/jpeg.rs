//! JPEG: segments before, between and behind the scans, and what stands behind the picture.

use std::collections::BTreeMap;

use memchr::memchr;

use crate::{
    bmff,
    bytes::{Bytes, Order, Walk},
    places::{Reads, Space, XMP_EXTENSION, begins},
    report::Container,
    samsung,
    sink::Sink,
};

/// Bytes that are looked through at once for the end of a scan: few at first, there may be thousands of scans.
const PIECES: [u64; 2] = [1 << 10, 1 << 16];
/// Pictures one behind the other in a file.
const MAX_PICTURES: usize = 32;
/// Longest name that the table has for a segment.
const HEAD: u64 = 40;

const SOI: u8 = 0xD8;
const EOI: u8 = 0xD9;
const SOS: u8 = 0xDA;
const COM: u8 = 0xFE;

/// Reads a file: one picture, or several behind each other, and what follows.
///
/// # Errors
/// Where the walk ended.
pub fn walk(sink: &mut Sink, bytes: &Bytes<'_>) -> Walk {
    sink.container(Container::Jpeg);
    let mut at = 0;
    for picture in 0..MAX_PICTURES {
        let path = if picture == 0 { "jpeg".to_owned() } else { format!("jpeg picture {}", picture + 1) };
        at = self::picture(sink, &path, bytes, at)?;
        let next = at + zeros(&bytes.rest(at)?)?;
        if !bytes.is(next, &[0xFF, SOI, 0xFF])? {
            break;
        }
        at = next;
    }
    behind(sink, &bytes.rest(at)?)
}

/// What several segments make up together.
#[derive(Default)]
struct Divided<'a> {
    /// XMP that did not fit, by its identifier: offset, and bytes.
    xmp: BTreeMap<[u8; 32], Vec<(u32, Bytes<'a>)>>,
    /// JUMBF boxes by their number: sequence number, and bytes.
    jumbf: BTreeMap<u16, Vec<(u32, Bytes<'a>)>>,
}

/// Reads one picture: where it ends.
fn picture<'a>(sink: &mut Sink, path: &str, bytes: &Bytes<'a>, start: u64) -> Walk<u64> {
    let mut divided = Divided::default();
    let ends = segments(sink, path, bytes, start, &mut divided);
    for (_, mut pieces) in divided.xmp {
        pieces.sort_by_key(|(offset, _)| *offset);
        let pieces: Vec<_> = pieces.into_iter().map(|(_, piece)| piece).collect();
        let walk = bytes.gather(&pieces).and_then(|all| sink.read(Reads::Xmp, &format!("{path} APP1 extension"), &all));
        sink.inner(walk)?;
    }
    for (_, mut pieces) in divided.jumbf {
        pieces.sort_by_key(|(turn, _)| *turn);
        let pieces: Vec<_> = pieces.into_iter().map(|(_, piece)| piece).collect();
        let walk = bytes.gather(&pieces).and_then(|all| sink.read(Reads::Jumbf, &format!("{path} APP11"), &all));
        sink.inner(walk)?;
    }
    ends
}

fn segments<'a>(sink: &mut Sink, path: &str, bytes: &Bytes<'a>, start: u64, divided: &mut Divided<'a>) -> Walk<u64> {
    let mut at = start + 2;
    loop {
        bytes.step()?;
        // Some cameras leave bytes between segments; readers of pictures pass them over.
        if bytes.u8(at)? != 0xFF {
            at = scan(bytes, at)?;
        }
        let marker = bytes.u8(at + 1)?;
        match marker {
            // Fill bytes.
            0xFF => at += 1,
            EOI => return Ok(at + 2),
            0x01 | 0xD0..=0xD7 => at += 2,
            0x00 | SOI => return Err(bytes.broken(at)),
            _ => {
                let length = u64::from(bytes.u16(at + 2, Order::Big)?);
                let length = length.checked_sub(2).ok_or_else(|| bytes.broken(at))?;
                let segment = bytes.part(at + 4, length)?;
                at += 4 + length;
                match marker {
                    SOS => at = scan(bytes, at)?,
                    COM => sink.field(Space::Comment, "", &format!("{path} COM"), &segment)?,
                    0xE0..=0xEF => app(sink, &format!("{path} APP{}", marker - 0xE0), marker, &segment, divided)?,
                    _ => {}
                }
            }
        }
    }
}

/// An APP segment, by what it begins with.
fn app<'a>(sink: &mut Sink, path: &str, marker: u8, segment: &Bytes<'a>, divided: &mut Divided<'a>) -> Walk {
    let mut head = vec![0; segment.length().min(HEAD) as usize];
    segment.fill(0, &mut head)?;
    if head.starts_with(XMP_EXTENSION.as_bytes()) {
        // Identifier, length of the whole, offset of this.
        let at = XMP_EXTENSION.len() as u64;
        let (id, offset) = (segment.array(at), segment.u32(at + 36, Order::Big));
        let piece = segment.rest(at + 40);
        let (Ok(id), Ok(offset), Ok(piece)) = (id, offset, piece) else {
            return sink.inner(Err(segment.broken(0)));
        };
        match piece.remembered() {
            Ok(piece) => divided.xmp.entry(id).or_default().push((offset, piece)),
            Err(halt) => return sink.inner(Err(halt)),
        }
    } else if marker == 0xEB && head.starts_with(b"JP") {
        // Box number, sequence number; each segment repeats the head of the box.
        let (Ok(number), Ok(turn)) = (segment.u16(2, Order::Big), segment.u32(4, Order::Big)) else {
            return sink.inner(Err(segment.broken(0)));
        };
        let pieces = divided.jumbf.entry(number).or_default();
        let repeated = match segment.u32(8, Order::Big) {
            _ if turn <= 1 => 0,
            Ok(1) => 16,
            _ => 8,
        };
        match segment.rest(8 + repeated).and_then(Bytes::remembered) {
            Ok(piece) => pieces.push((turn, piece)),
            Err(halt) => return sink.inner(Err(halt)),
        }
    } else if let Some(row) = begins(Space::App, &head) {
        // The object's name is read with it; other things may begin so.
        let name = if row.1 == "AIGC" { 0 } else { row.1.len() as u64 };
        let object = |head: &[u8]| head.iter().find(|byte| !b" \t\r\n:=\0".contains(byte)) == Some(&b'{');
        if name == 0 && !object(&head[row.1.len()..]) {
            return Ok(());
        }
        let walk = segment.rest(name).and_then(|value| row.2.iter().try_for_each(|how| sink.read(*how, path, &value)));
        sink.inner(walk)?;
    }
    Ok(())
}

/// Where entropy-coded data ends: at a marker that is none of its own.
fn scan(bytes: &Bytes<'_>, start: u64) -> Walk<u64> {
    let mut at = start;
    let [mut most, large] = PIECES;
    let mut piece = Vec::new();
    loop {
        let length = most.min(bytes.length().saturating_sub(at));
        if length < 2 {
            return Err(bytes.broken(at));
        }
        piece.resize(length as usize, 0);
        bytes.fill(at, &mut piece)?;
        let mut from = 0;
        // The last byte is looked at with what follows it.
        while let Some(found) = memchr(0xFF, &piece[from..piece.len() - 1]) {
            let found = from + found;
            if !matches!(piece[found + 1], 0x00 | 0x01 | 0xD0..=0xD7 | 0xFF) {
                return Ok(at + found as u64);
            }
            from = found + 1;
        }
        at += length - 1;
        most = large;
    }
}

/// How many zeros stand before another picture.
fn zeros(bytes: &Bytes<'_>) -> Walk<u64> {
    let mut head = vec![0; bytes.length().min(PIECES[1]) as usize];
    bytes.fill(0, &mut head)?;
    Ok(head.iter().take_while(|byte| **byte == 0).count() as u64)
}

/// Behind the last picture: a short video, Samsung's records, or a packet.
fn behind(sink: &mut Sink, bytes: &Bytes<'_>) -> Walk {
    // Where they have a directory, it knows where a video ends.
    let samsung = samsung::walk(sink, "jpeg trailer", bytes);
    let has_directory = *samsung.as_ref().unwrap_or(&false);
    sink.inner(samsung.map(drop))?;
    if !has_directory && let Some(at) = bmff::inside(bytes)? {
        let walk = bmff::walk(sink, "jpeg video", &bytes.rest(at)?);
        sink.inner(walk)?;
    }
    packet(sink, "jpeg trailer", bytes)
}

/// A packet of XMP that was put behind the file's end.
///
/// # Errors
/// The file system's.
pub fn packet(sink: &mut Sink, path: &str, bytes: &Bytes<'_>) -> Walk {
    for head in ["<?xpacket", "<x:xmpmeta", "<?xml", "<rdf:RDF"] {
        if bytes.is(0, head.as_bytes())? {
            let walk = sink.read(Reads::Xmp, path, bytes);
            return sink.inner(walk);
        }
    }
    Ok(())
}
