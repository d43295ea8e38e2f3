//! What Samsung's phones put behind a picture: blocks, then a directory `SEFH`, its length, and `SEFT` at the very end.

use crate::{
    bmff,
    bytes::{Bytes, Order, Walk},
    sink::Sink,
    text::Text,
};

/// The block in which the editor tells what it did.
const EDITED: &[u8] = b"PhotoEditor_Re_Edit_Data";
/// The block in which a short video is.
const MOTION: &[u8] = b"MotionPhoto_Data";
/// Blocks of a directory.
const MAX_BLOCKS: u32 = 256;

/// Reads the directory, if there is one, which is what it says.
///
/// # Errors
/// Where it is broken.
pub fn walk(sink: &mut Sink, path: &str, bytes: &Bytes<'_>) -> Walk<bool> {
    let Some(end) = bytes.length().checked_sub(8) else { return Ok(false) };
    if !bytes.is(end + 4, b"SEFT")? {
        return Ok(false);
    }
    let start = end.checked_sub(bytes.u32(end, Order::Little)?.into()).ok_or_else(|| bytes.broken(end))?;
    let directory = bytes.part(start, end - start)?;
    if !directory.is(0, b"SEFH")? {
        return Err(directory.broken(0));
    }
    for block in 0..directory.u32(8, Order::Little)?.min(MAX_BLOCKS) {
        // Two unknown bytes, the type, how far before the directory it stands, and its length.
        let entry = 12 + 12 * u64::from(block);
        let (back, length) = (directory.u32(entry + 4, Order::Little)?, directory.u32(entry + 8, Order::Little)?);
        let at = start.checked_sub(back.into()).ok_or_else(|| directory.broken(entry))?;
        let block = bytes.part(at, length.into())?;
        // Type again, length of the name, name, data.
        if block.is(8, EDITED)? {
            sink.samsung(
                &format!("{path} PhotoEditor_Re_Edit_Data"),
                &Text::new(&block.rest(8 + EDITED.len() as u64)?)?,
            );
        } else if block.is(8, MOTION)? {
            let walk = bmff::walk(sink, "jpeg video", &block.rest(8 + MOTION.len() as u64)?);
            sink.inner(walk)?;
        }
    }
    Ok(true)
}
