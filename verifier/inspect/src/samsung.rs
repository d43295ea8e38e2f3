//! What Samsung's phones put behind a picture: blocks, then a directory `SEFH`, its length, and `SEFT` at the very end.

use crate::{
    bytes::{Bytes, Order, Walk},
    sink::Sink,
    text::Text,
};

/// The block in which the editor tells what it did.
const EDITED: &[u8] = b"PhotoEditor_Re_Edit_Data";
/// Blocks of a directory.
const MAX_BLOCKS: u32 = 256;

/// Reads the directory, if there is one: where its blocks and itself begin.
///
/// # Errors
/// Where it is broken.
pub fn walk(sink: &mut Sink, path: &str, bytes: &Bytes<'_>) -> Walk<Vec<u64>> {
    let Some(end) = bytes.length().checked_sub(8) else { return Ok(Vec::new()) };
    if !bytes.is(end + 4, b"SEFT")? {
        return Ok(Vec::new());
    }
    let start = end.checked_sub(bytes.u32(end, Order::Little)?.into()).ok_or_else(|| bytes.broken(end))?;
    let directory = bytes.part(start, end - start)?;
    if !directory.is(0, b"SEFH")? {
        return Err(directory.broken(0));
    }
    let mut begin = vec![start];
    for block in 0..directory.u32(8, Order::Little)?.min(MAX_BLOCKS) {
        // Two unknown bytes, the type, how far before the directory it stands, and its length.
        let entry = 12 + 12 * u64::from(block);
        let (back, length) = (directory.u32(entry + 4, Order::Little)?, directory.u32(entry + 8, Order::Little)?);
        let at = start.checked_sub(back.into()).ok_or_else(|| directory.broken(entry))?;
        let block = bytes.part(at, length.into())?;
        begin.push(at);
        // Type again, length of the name, name, data.
        if block.is(8, EDITED)? {
            sink.samsung(
                &format!("{path} PhotoEditor_Re_Edit_Data"),
                &Text::new(&block.rest(8 + EDITED.len() as u64)?)?,
            );
        }
    }
    Ok(begin)
}
