//! RIFF: WebP pictures and AVI videos, chunks in chunks.

use crate::{
    bytes::{Bytes, Order, Walk},
    places::Space,
    report::Container,
    sink::Sink,
};

/// Lists in lists: true files have three.
const MAX_DEPTH: usize = 8;

/// Reads a file: one RIFF form, or the several of a large AVI.
///
/// # Errors
/// Where the walk ended.
pub fn walk(sink: &mut Sink, bytes: &Bytes<'_>) -> Walk {
    let webp = bytes.is(8, b"WEBP")?;
    sink.container(if webp { Container::WebP } else { Container::Avi });
    let path = if webp { "webp" } else { "avi" };
    let mut at = 0;
    while at < bytes.length() {
        bytes.step()?;
        // What stands behind the last form is no chunk of it.
        if !bytes.is(at, b"RIFF")? {
            break;
        }
        let length = u64::from(bytes.u32(at + 4, Order::Little)?);
        // One that was never closed goes to the end.
        let length = if length == 0 { bytes.length() - at - 8 } else { length };
        let form = bytes.part(at + 8, length.min(bytes.length() - at - 8))?;
        chunks(sink, path, &form, 4, 0)?;
        if form.length() < length {
            return Err(bytes.broken(bytes.length()));
        }
        at += 8 + length + (length & 1);
    }
    Ok(())
}

fn chunks(sink: &mut Sink, path: &str, bytes: &Bytes<'_>, start: u64, depth: usize) -> Walk {
    let mut at = start;
    while at < bytes.length() {
        bytes.step()?;
        let (name, length) = (bytes.array::<4>(at)?, u64::from(bytes.u32(at + 4, Order::Little)?));
        let chunk = bytes.part(at + 8, length)?;
        at += 8 + length + (length & 1);
        let name = String::from_utf8_lossy(&name).into_owned();
        if name != "LIST" {
            sink.field(Space::Chunk, &name, &format!("{path} {}", name.trim_end()), &chunk)?;
            // The time of a recording stands beside the streams' headers.
            if name == "IDIT" {
                sink.field(Space::Info, &name, &format!("{path} {name}"), &chunk)?;
            }
            continue;
        }
        let kind = String::from_utf8_lossy(&chunk.array::<4>(0)?).into_owned();
        let path = format!("{path} {kind}");
        let walk = match &*kind {
            "INFO" => info(sink, &path, &chunk),
            // Pictures and sound.
            "movi" => Ok(()),
            _ if depth == MAX_DEPTH => Err(chunk.broken(0)),
            _ => chunks(sink, &path, &chunk, 4, depth + 1),
        };
        sink.inner(walk)?;
    }
    Ok(())
}

fn info(sink: &mut Sink, path: &str, bytes: &Bytes<'_>) -> Walk {
    let mut at = 4;
    while at < bytes.length() {
        bytes.step()?;
        let (name, length) = (bytes.array::<4>(at)?, u64::from(bytes.u32(at + 4, Order::Little)?));
        let name = String::from_utf8_lossy(&name).into_owned();
        sink.field(Space::Info, &name, &format!("{path} {name}"), &bytes.part(at + 8, length)?)?;
        at += 8 + length + (length & 1);
    }
    Ok(())
}
