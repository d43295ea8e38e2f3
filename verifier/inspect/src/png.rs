//! PNG: chunks before, between and behind the picture's data.

use miniz_oxide::inflate::decompress_to_vec_zlib_with_limit;

use crate::{
    bytes::{Bytes, Halt, MAX_VALUE, Order, Walk},
    jpeg::packet,
    places::{Space, reads},
    report::Container,
    sink::Sink,
};

/// What every file begins with.
pub const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";
/// Longest keyword of a text chunk (PNG 11.3.3).
const MAX_KEYWORD: u64 = 79;

/// Reads a file.
///
/// # Errors
/// Where the walk ended.
pub fn walk(sink: &mut Sink, bytes: &Bytes<'_>) -> Walk {
    sink.container(Container::Png);
    let mut at = SIGNATURE.len() as u64;
    loop {
        bytes.step()?;
        let (length, name) = (u64::from(bytes.u32(at, Order::Big)?), bytes.array::<4>(at + 4)?);
        let chunk = bytes.part(at + 8, length)?;
        // The checksum is there, and is not looked at: a label in a damaged chunk is one all the same.
        bytes.part(at + 8 + length, 4)?;
        at += 12 + length;
        let walk = match &name {
            b"tEXt" | b"zTXt" | b"iTXt" => text(sink, &name, &chunk),
            b"IEND" => break,
            b"IDAT" => Ok(()),
            name => {
                let name = String::from_utf8_lossy(name);
                sink.field(Space::Chunk, &name, &format!("png {name}"), &chunk)
            }
        };
        sink.inner(walk)?;
    }
    packet(sink, "png trailer", &bytes.rest(at)?)
}

fn text(sink: &mut Sink, kind: &[u8; 4], chunk: &Bytes<'_>) -> Walk {
    let (keyword, at) = word(chunk, 0, MAX_KEYWORD)?;
    let path = format!("png {} {keyword}", String::from_utf8_lossy(kind));
    // Nothing is unpacked that nobody reads.
    if reads(Space::PngText, &keyword).is_empty() {
        return Ok(());
    }
    let value = match kind {
        b"tEXt" => chunk.rest(at)?,
        b"zTXt" if chunk.u8(at)? == 0 => unpacked(&chunk.rest(at + 1)?)?,
        b"iTXt" => {
            let packed = chunk.array::<2>(at)?;
            let (_, at) = word(chunk, at + 2, chunk.length())?;
            let (_, at) = word(chunk, at, chunk.length())?;
            match packed {
                [0, _] => chunk.rest(at)?,
                [1, 0] => unpacked(&chunk.rest(at)?)?,
                _ => return Err(chunk.broken(at)),
            }
        }
        _ => return Err(chunk.broken(at)),
    };
    sink.field(Space::PngText, &keyword, &path, &value)
}

/// Text up to a zero, and where the next begins.
fn word(chunk: &Bytes<'_>, start: u64, most: u64) -> Walk<(String, u64)> {
    let most = most.min(chunk.length().saturating_sub(start).saturating_sub(1)).min(4096);
    let mut word = Vec::new();
    for at in start..=start + most {
        match chunk.u8(at)? {
            0 => return Ok((word.into_iter().map(char::from).collect(), at + 1)),
            byte => word.push(byte),
        }
    }
    Err(chunk.broken(start))
}

fn unpacked<'a>(packed: &Bytes<'a>) -> Walk<Bytes<'a>> {
    use miniz_oxide::inflate::TINFLStatus::HasMoreOutput;
    match decompress_to_vec_zlib_with_limit(&packed.value()?, MAX_VALUE as usize) {
        Ok(bytes) => packed.unpacked(bytes),
        Err(error) => {
            // What came out of it was work all the same: thousands of these may be in a file.
            packed.work(error.output.len() as u64)?;
            let full = error.status == HasMoreOutput;
            Err(if full { Halt::Limit(packed.place(0, 0).offset) } else { packed.broken(0) })
        }
    }
}
