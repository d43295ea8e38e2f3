//! PROOFs behind honest clips, and enrolments to put into them.

use evidence::{
    bmff::StatementBox,
    key::SigningKey,
    statement::{Enrolment, Part, PartKind, Parts, Proof, Sources},
    value::{Hash, Id, Time},
};

use super::{check::*, forge::*};

/// A root's key.
pub fn root(n: u8) -> SigningKey {
    SigningKey::from_seed("merchant", &[100 + n; 32]).unwrap()
}

/// Of the key that signs forged clips, by the first root, from a day before them on, for cameras.
pub fn enrolment() -> Enrolment {
    Enrolment {
        root: root(1).verifier().signer().name.clone(),
        station: key(1).verifier().clone(),
        not_before: Time(T0 - 86_400_000_000),
        not_after: None,
        sources: v::<Sources>("usb,rtsp"),
        certificate: None,
    }
}

/// That enrolment's note with these changes, by the first root.
pub fn enrolled(edit: impl FnOnce(&mut Enrolment)) -> Vec<u8> {
    let mut enrolment = enrolment();
    edit(&mut enrolment);
    seal(&enrolment, &root(1)).0
}

/// PROOF's box of these parts for a clip of the material, signed by this key.
pub fn proof_of(clip: &[u8], parts: &[(&str, &[u8])], by: &SigningKey) -> Vec<u8> {
    let part = |(kind, bytes): &(&str, &[u8])| Part {
        kind: v::<PartKind>(kind),
        length: bytes.len() as u64,
        hash: Hash::of(bytes),
    };
    let proof = Proof {
        clip: Id([7; 16]),
        end: checked(clip).last.expect("an honest clip"),
        parts: Parts(parts.iter().map(part).collect()),
    };
    let note = seal(&proof, by).0;
    let bytes = parts.iter().map(|(_, bytes)| *bytes).collect::<Vec<_>>().concat();
    StatementBox::Proof.wrap(&[&(note.len() as u32).to_be_bytes()[..], &note, &bytes].concat())
}

/// The clip with a PROOF of this enrolment note.
pub fn with_enrolment(clip: &[u8], note: &[u8]) -> Vec<u8> {
    [clip, &proof_of(clip, &[("enrolment", note)], &key(1))].concat()
}
