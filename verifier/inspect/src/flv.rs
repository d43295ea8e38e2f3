//! FLV: tags, of which those with script data are read (AMF 0).

use crate::{
    bytes::{Bytes, Order, Walk},
    places::Space,
    report::Container,
    sink::Sink,
    text::Text,
};

/// Objects in objects: true ones have two.
const MAX_DEPTH: usize = 8;
/// Type of a tag with script data.
const SCRIPT: u8 = 18;

/// Reads a file.
///
/// # Errors
/// Where the walk ended.
pub fn walk(sink: &mut Sink, bytes: &Bytes<'_>) -> Walk {
    sink.container(Container::Flv);
    // Each tag stands behind the length of the one before.
    let mut at = u64::from(bytes.u32(5, Order::Big)?) + 4;
    while at < bytes.length() {
        bytes.step()?;
        let length = u64::from(bytes.u32(at, Order::Big)? & 0x00FF_FFFF);
        let kind = bytes.u8(at)? & 0x1F;
        let data = bytes.part(at + 11, length)?;
        if kind == SCRIPT {
            let walk = script(sink, &data);
            sink.inner(walk)?;
        }
        at += 11 + length + 4;
    }
    Ok(())
}

/// A name, and its value.
fn script(sink: &mut Sink, data: &Bytes<'_>) -> Walk {
    if data.u8(0)? != 2 {
        return Ok(());
    }
    let length = u64::from(data.u16(1, Order::Big)?);
    let name = Text::name(&data.part(3, length)?)?;
    value(sink, data, 3 + length, "", &format!("flv {name}"), 0)?;
    Ok(())
}

/// A value of AMF 0: where it ends.
fn value(sink: &mut Sink, data: &Bytes<'_>, at: u64, name: &str, path: &str, depth: usize) -> Walk<u64> {
    data.step()?;
    if depth == MAX_DEPTH {
        return Err(data.broken(at));
    }
    let field = |sink: &mut Sink, value: &Bytes<'_>| sink.field(Space::Script, name, path, value);
    Ok(match data.u8(at)? {
        // Number, flag, text.
        0 => at + 9,
        1 => at + 2,
        2 => {
            let length = u64::from(data.u16(at + 1, Order::Big)?);
            field(sink, &data.part(at + 3, length)?)?;
            at + 3 + length
        }
        // Object, and one whose number of fields is told before.
        3 => fields(sink, data, at + 1, path, depth)?,
        8 => fields(sink, data, at + 5, path, depth)?,
        // Nothing, undefined.
        5 | 6 => at + 1,
        7 => at + 3,
        10 => {
            let count = data.u32(at + 1, Order::Big)?;
            let mut at = at + 5;
            for _ in 0..count {
                at = value(sink, data, at, name, path, depth + 1)?;
            }
            at
        }
        // A date, and its zone.
        11 => at + 11,
        // Long text, XML.
        12 | 15 => {
            let length = u64::from(data.u32(at + 1, Order::Big)?);
            field(sink, &data.part(at + 5, length)?)?;
            at + 5 + length
        }
        _ => return Err(data.broken(at)),
    })
}

fn fields(sink: &mut Sink, data: &Bytes<'_>, start: u64, path: &str, depth: usize) -> Walk<u64> {
    let mut at = start;
    loop {
        let length = u64::from(data.u16(at, Order::Big)?);
        if length == 0 && data.u8(at + 2)? == 9 {
            return Ok(at + 3);
        }
        let name = Text::name(&data.part(at + 2, length)?)?;
        at = value(sink, data, at + 2 + length, &name, &format!("{path} {name}"), depth + 1)?;
        // Some writers leave the end of the last object away.
        if at == data.length() {
            return Ok(at);
        }
    }
}
