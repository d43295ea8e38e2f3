//! C2PA manifest stores: JUMBF boxes (ISO 19566-5). Here it is only said that there is one, what it is called, and which
//! digital source types its assertions name; whether it holds is another question.

use crate::{
    bytes::{Bytes, Halt, Order, Walk},
    report::{Declares, Kind, Label},
    sink::Sink,
    text::Text,
    traces,
};

/// Type of the superbox that is a manifest store.
const STORE: [u8; 16] = *b"c2pa\x00\x11\x00\x10\x80\x00\x00\xAA\x00\x38\x9B\x71";
/// What a digital source type begins with, in assertions too.
const SOURCE_TYPE: &[u8] = b"http://cv.iptc.org/newscodes/digitalsourcetype/";
/// Bytes that are searched at once, and those of the next that a source type may reach into.
const PIECE: u64 = 1 << 20;
const OVERLAP: u64 = 256;
/// Manifests that are named.
const MAX_MANIFESTS: u64 = 1000;

/// A box's type, and its contents.
type Inner<'a> = ([u8; 4], Bytes<'a>);

/// The box at a place, and where the next one is.
fn next<'a>(bytes: &Bytes<'a>, at: u64) -> Walk<(Inner<'a>, u64)> {
    let (length, kind) = (bytes.u32(at, Order::Big)?, bytes.array(at + 4)?);
    let (head, length) = match length {
        0 => (8, bytes.length() - at),
        1 => (16, bytes.u64(at + 8, Order::Big)?),
        length => (8, length.into()),
    };
    let inner = length.checked_sub(head).ok_or_else(|| bytes.broken(at))?;
    Ok(((kind, bytes.part(at + head, inner)?), at + length))
}

/// Type and label of a superbox, and where its other boxes begin.
fn description(superbox: &Bytes<'_>) -> Walk<Option<([u8; 16], String, u64)>> {
    let ((kind, description), after) = next(superbox, 0)?;
    if kind != *b"jumd" {
        return Ok(None);
    }
    let toggles = description.u8(16)?;
    let label = if toggles & 2 == 0 { String::new() } else { Text::new(&name(&description, 17)?)?.text };
    Ok(Some((description.array(0)?, label, after)))
}

/// Bytes up to a zero.
fn name<'a>(bytes: &Bytes<'a>, at: u64) -> Walk<Bytes<'a>> {
    let most = bytes.length().saturating_sub(at).min(256);
    for length in 0..most {
        if bytes.u8(at + length)? == 0 {
            return bytes.part(at, length);
        }
    }
    Err(bytes.broken(at))
}

/// Reads boxes; one that is no manifest store is left alone.
///
/// # Errors
/// Where it is broken.
pub fn walk(sink: &mut Sink, path: &str, bytes: &Bytes<'_>) -> Walk {
    let ((kind, store), _) = next(bytes, 0)?;
    if kind != *b"jumb" {
        return Ok(());
    }
    let Some((STORE, _, mut at)) = description(&store)? else { return Ok(()) };
    let path = format!("{path} C2PA");
    let mut active = String::new();
    let mut manifests = 0;
    while at < store.length() && manifests < MAX_MANIFESTS {
        store.step()?;
        let ((kind, manifest), after) = next(&store, at)?;
        if kind == *b"jumb"
            && let Some((_, label, _)) = description(&manifest)?
        {
            // The last one is the one that counts.
            active = label;
            manifests += 1;
        }
        at = after;
    }
    sink.label(Label {
        kind: Kind::C2pa,
        path: path.clone(),
        place: bytes.place(0, bytes.length()),
        value: active,
        declares: Declares::Credentials,
        notes: Vec::new(),
    });
    source_types(sink, &path, &store)
}

/// Digital source types in assertions: CBOR and JSON keep text as it is. A store has pictures in it and is read in pieces.
fn source_types(sink: &mut Sink, path: &str, store: &Bytes<'_>) -> Walk {
    let mut start = 0;
    while start < store.length() {
        let piece = store.part(start, (PIECE + OVERLAP).min(store.length() - start))?;
        let value = piece.value()?;
        for at in memchr::memmem::find_iter(&value, SOURCE_TYPE).filter(|at| (*at as u64) < PIECE) {
            store.step()?;
            let name = &value[at + SOURCE_TYPE.len()..];
            let length = SOURCE_TYPE.len() + name.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            let text = String::from_utf8_lossy(&value[at..at + length]).into_owned();
            if let Some(declares) = traces::source_type(&text) {
                sink.label(Label {
                    kind: Kind::DigitalSourceType,
                    path: path.to_owned(),
                    place: piece.place(at as u64, length as u64),
                    value: text,
                    declares,
                    notes: Vec::new(),
                });
            }
        }
        start += PIECE;
    }
    Ok(())
}

/// The `uuid` box of ISO base media files: version and flags, what it is for, an offset, then the boxes.
///
/// # Errors
/// Where it is broken.
pub fn boxed(sink: &mut Sink, path: &str, bytes: &Bytes<'_>) -> Walk {
    let purpose = name(bytes, 4)?;
    match purpose.value()?.as_slice() {
        b"manifest" | b"original" | b"update" => walk(sink, path, &bytes.rest(4 + purpose.length() + 1 + 8)?),
        // Hashes of pieces: they belong to a manifest that is elsewhere in the file.
        b"merkle" => Ok(()),
        _ => Err(Halt::Broken(purpose.place(0, 0).offset)),
    }
}
