//! What stands behind the last whole statement of a clip without END (FORMAT.md, section 4, Tail).

use super::{fragment, layout::Layout, layout::Stop, rules::Rules};
use crate::{
    bmff::{self, StatementBox, UUID_HEADER},
    finding::Code,
    h264::ParameterSets,
    key::Signer,
    note,
    source::ReadAt,
    statement::{End, Link, Statement},
    value::Hash,
};

/// Checks that the bytes from `at` to the end of the file can be the recording going on, cut off.
pub(super) fn check<S: ReadAt + ?Sized>(
    layout: &Layout<'_, S>,
    at: u64,
    sets: &ParameterSets,
    rules: &Rules,
    signer: &Signer,
) -> Result<(), Stop> {
    // `Layout::next` found it cut, so it is shorter than a fragment and a statement.
    let bytes = layout.read(at..layout.length)?;
    let form = |holds: bool| if holds { Ok(()) } else { Err(Stop::Refused(Code::TailForm)) };
    match bytes.get(4..8) {
        Some(b"moof") => {}
        Some(b"uuid") => return form(is_statement(&bytes, None, rules, signer)),
        // Not even a whole header: of a `moof`, or of a statement.
        _ => {
            let kind = bytes.get(4..).unwrap_or_default();
            let moof = b"moof".starts_with(kind) && is_size(&bytes, |size| bmff::samples_of(size).is_ok());
            return form(moof || is_statement(&bytes, None, rules, signer));
        }
    }
    let moof = u64::from(u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]));
    let mdat = usize::try_from(moof).ok().and_then(|m| bytes.get(m..m + 4));
    let media = mdat.map(|s| moof + u64::from(u32::from_be_bytes([s[0], s[1], s[2], s[3]])));
    let (media, statement) = match media.and_then(|m| usize::try_from(m).ok()).and_then(|m| bytes.split_at_checked(m)) {
        Some((media, statement)) => (media, Some(statement)),
        None => (&bytes[..], None),
    };
    fragment::check_cut_fragment(sets, rules.so_far.links, rules.so_far.ticks, media)?;
    match statement {
        Some(statement) => form(is_statement(statement, Some(media), rules, signer)),
        None => Ok(()),
    }
}

/// Whether these bytes can be the beginning of the box of the LINK of this media, or of a LINK without, or of END.
fn is_statement(bytes: &[u8], media: Option<&[u8]>, rules: &Rules, signer: &Signer) -> bool {
    let kind_of = |kind: StatementBox, known: &str, is_prefix: fn(&str) -> bool| {
        let header = [&b"uuid"[..], &kind.user_type()].concat();
        // The file was cut off in this box, so it is longer than what there is of it.
        let least = UUID_HEADER.max(bytes.len() as u64) + 1;
        let sized = is_size(bytes, |size| (least..=UUID_HEADER + note::MAX_LENGTH as u64).contains(&size));
        let (head, note) = bytes.split_at(bytes.len().min(UUID_HEADER as usize));
        sized && header.starts_with(head.get(4..).unwrap_or_default()) && is_note(note, known, is_prefix, signer)
    };
    let start = rules.start();
    let link = |rest: String| {
        format!(
            "packseal/link/v1\nclip {}\nindex {}\nprevious {}\n{rest}",
            start.clip, rules.so_far.links, rules.so_far.last
        )
    };
    match media {
        Some(media) => {
            let size = media.first_chunk::<4>().map_or(0, |size| u32::from_be_bytes(*size).into());
            let Ok(n) = bmff::samples_of(size) else { return false };
            let known = link(format!("length {}\nfragment {}\nframes {n}\n", media.len(), Hash::of(media)));
            kind_of(StatementBox::Link, &known, Link::is_prefix)
        }
        None => {
            let gap = link("length 0\nfragment -\nframes 0\n".to_owned());
            let end = format!(
                "packseal/end/v1\nclip {}\nlinks {}\nprevious {}\n",
                start.clip, rules.so_far.links, rules.so_far.last
            );
            kind_of(StatementBox::Link, &gap, Link::is_prefix) || kind_of(StatementBox::End, &end, End::is_prefix)
        }
    }
}

/// Whether a box's size, the first 4 of these bytes, is allowed; cut off within, the first bytes of a small number.
fn is_size(bytes: &[u8], is_allowed: impl Fn(u64) -> bool) -> bool {
    match bytes.first_chunk::<4>() {
        Some(size) => is_allowed(u32::from_be_bytes(*size).into()),
        None => bytes.iter().take(2).all(|&b| b == 0),
    }
}

/// Whether this is the beginning of a signed note whose text begins with `known`.
fn is_note(note: &[u8], known: &str, is_prefix: fn(&str) -> bool, signer: &Signer) -> bool {
    // The text ends with the first empty line, if it is there.
    let text_end = note.windows(2).position(|w| w == b"\n\n").map_or(note.len(), |i| i + 1);
    let (text, signature) = note.split_at(text_end);
    let Ok(text) = std::str::from_utf8(text) else { return false };
    let begins = text.starts_with(known) || known.starts_with(text);
    begins && is_prefix(text) && note::is_signature_prefix(signature, signer)
}
