//! Surgery on the statements of a clip taken apart by `Forge::parts`.

use evidence::{key::SigningKey, note};

/// Bytes of a statement's box before its note.
const HEADER: usize = 24;

/// Changes the note in a statement's box; the box fits it again.
pub fn edit_note(part: &mut Vec<u8>, change: impl FnOnce(&mut Vec<u8>)) {
    let mut note = part.split_off(HEADER);
    change(&mut note);
    part.extend(note);
    let size = (part.len() as u32).to_be_bytes();
    part[..4].copy_from_slice(&size);
}

/// The text of the note in a statement's box, with its last line feed.
pub fn text(part: &[u8]) -> String {
    let note = String::from_utf8(part[HEADER..].to_vec()).unwrap();
    format!("{}\n", note.split_once("\n\n").unwrap().0)
}

/// Changes the text of the note in a statement's box and signs it anew.
pub fn resign(part: &mut Vec<u8>, key: &SigningKey, change: impl FnOnce(&str) -> String) {
    let signed = note::sign(&change(&text(part)), key);
    edit_note(part, |note| *note = signed);
}
