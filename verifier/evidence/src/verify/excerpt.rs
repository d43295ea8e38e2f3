//! Cuts an excerpt out of a clip (FORMAT.md, rule X): every statement, and the pictures of one run of GOPs, byte for byte.
//! Anybody can: it needs no key.

use std::io::{self, Write};

use sha2::{Digest, Sha256};

use super::{
    layout::{Layout, Next, Stop},
    replay::{Read, ReplayError, walk},
};
use crate::{bmff::StatementBox, source::ReadAt, value::Hash, verdict::Ticks};

/// Bytes that are copied at once.
const CHUNK: usize = 64 * 1024;

/// Why there is no excerpt. What was written before is none.
#[derive(Debug, thiserror::Error)]
pub enum ExcerptError {
    /// The clip cannot be read again, or is not what it was; or nothing can be written.
    #[error(transparent)]
    Replay(#[from] ReplayError),
    /// The clip has no END: nothing could say that the rest exists.
    #[error("the clip has no END")]
    NoEnd,
    /// The span does not lie in the clip, which is so many ticks long.
    #[error("the clip is {0} ticks long")]
    Outside(u64),
    /// There are no pictures in the span.
    #[error("there are no pictures there")]
    Nothing,
    /// The clip is an excerpt itself and does not show all of the span.
    #[error("pictures were withheld there already")]
    Withheld,
    /// Nothing would be withheld.
    #[error("that is the whole clip")]
    Whole,
}

/// Writes the excerpt that shows these ticks: whole GOPs, so it begins and ends up to one of them further out. What it
/// shows. `last` is the one of a report on the same clip; the excerpt's own verification is the caller's.
///
/// # Errors
/// See [`ExcerptError`].
pub fn excerpt<S: ReadAt + ?Sized>(
    source: &S,
    last: Hash,
    span: Ticks,
    out: &mut dyn Write,
) -> Result<Ticks, ExcerptError> {
    let layout = Layout::new(source).map_err(ReplayError::Read)?;
    let init = layout.init().map_err(ReplayError::from)?;
    let mut shown: Option<Ticks> = None;
    let (mut withheld, mut length) = (false, None);
    let behind = walk(&layout, init.len() as u64, last, &mut |unit, _, read| {
        match read {
            Read::Start(start) if start.init == Hash::of(&init) => write(out, &init)?,
            Read::Start(_) => return Err(ReplayError::Changed.into()),
            Read::Link(link) => {
                let wanted = link.length > 0 && link.ticks.1 > span.0 && link.ticks.0 < span.1;
                withheld |= link.length > 0 && !wanted;
                if wanted {
                    let media = unit.media.ok_or(ExcerptError::Withheld)?;
                    copy(source, media, link.fragment, out)?;
                    shown = Some((shown.map_or(link.ticks.0, |shown| shown.0), link.ticks.1));
                }
            }
            Read::End(end) => length = Some(end.ticks),
        }
        write(out, &unit.kind.wrap(&unit.note))
    })?;
    let length = length.ok_or(ExcerptError::NoEnd)?;
    if span.0 >= span.1 || span.1 > length {
        return Err(ExcerptError::Outside(length));
    }
    // It is about the clip, and as true of the excerpt.
    match layout.next(behind).map_err(ReplayError::from)? {
        Next::Nothing => {}
        Next::Unit(proof) if proof.kind == StatementBox::Proof => write(out, &proof.kind.wrap(&proof.note))?,
        Next::Unit(_) | Next::Cut => return Err(ReplayError::Changed.into()),
    }
    let shown = shown.ok_or(ExcerptError::Nothing)?;
    if withheld { Ok(shown) } else { Err(ExcerptError::Whole) }
}

fn write(out: &mut dyn Write, bytes: &[u8]) -> Result<(), ExcerptError> {
    Ok(out.write_all(bytes).map_err(ReplayError::Give)?)
}

/// Copies a fragment of this hash.
fn copy<S: ReadAt + ?Sized>(
    source: &S,
    media: std::ops::Range<u64>,
    hash: Option<Hash>,
    out: &mut dyn Write,
) -> Result<(), ExcerptError> {
    let (mut digest, mut at) = (Sha256::new(), media.start);
    let mut buffer = vec![0; CHUNK];
    while at < media.end {
        let left = usize::try_from(media.end - at).map_err(|e| ReplayError::Read(io::Error::other(e)))?;
        let part = &mut buffer[..left.min(CHUNK)];
        source.read_exact_at(part, at).map_err(|e| ReplayError::from(Stop::from(e)))?;
        digest.update(&*part);
        write(out, part)?;
        at += part.len() as u64;
    }
    if Some(Hash(digest.finalize().into())) == hash { Ok(()) } else { Err(ReplayError::Changed.into()) }
}
