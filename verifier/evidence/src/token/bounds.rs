//! Bounds that the decoder does not have: it puts each SET in order by insertion, which takes seconds for a token of
//! nothing but one SET.

use der::{Decode, Header, Reader, SliceReader, Tag};

use super::TokenError;

/// Most elements of a SET, and of what a context-specific tag may make one.
const MAX_ELEMENTS: usize = 64;

/// Deepest nesting. A token of a real authority has about 20 levels, and may carry another among its unsigned
/// attributes.
const MAX_DEPTH: usize = 64;

/// Whether these bytes, values in DER one after the other, may be decoded.
pub(crate) fn check(bytes: &[u8]) -> Result<(), TokenError> {
    walk(bytes, 0).map(|_| ())
}

/// How many values these are.
fn walk(bytes: &[u8], depth: usize) -> Result<usize, TokenError> {
    if depth > MAX_DEPTH {
        return Err(TokenError::Limits);
    }
    let mut reader = SliceReader::new(bytes)?;
    let mut values = 0;
    while !reader.is_finished() {
        let header = Header::decode(&mut reader)?;
        let content = reader.read_slice(header.length)?;
        if header.tag.is_constructed() {
            let elements = walk(content, depth + 1)?;
            if header.tag != Tag::Sequence && elements > MAX_ELEMENTS {
                return Err(TokenError::Limits);
            }
        }
        values += 1;
    }
    Ok(values)
}
