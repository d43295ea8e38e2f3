//! What may stand behind END.

use evidence::{
    bmff::StatementBox,
    finding::Code,
    key::SigningKey,
    statement::{Part, PartKind, Parts, Proof},
    value::{Hash, Id},
};

use crate::support::{check::*, forge::*};

/// A PROOF behind an honest clip, made by this key, with these changes.
fn with_proof(key: &SigningKey, edit: impl FnOnce(&mut Proof, &mut Vec<u8>)) -> Vec<u8> {
    let clip = forge().clip();
    let end = checked(&clip).last.unwrap();
    let part = |kind: &str, bytes: &[u8]| Part {
        kind: PartKind::Newer(kind.to_owned()),
        length: bytes.len() as u64,
        hash: Hash::of(bytes),
    };
    let parts = Parts(vec![part("checkpoint", b"one"), part("token", b"three")]);
    let mut proof = Proof { clip: Id([7; 16]), end, parts };
    let mut bytes = b"onethree".to_vec();
    edit(&mut proof, &mut bytes);
    let note = seal(&proof, key).0;
    let content = [&(note.len() as u32).to_be_bytes()[..], &note, &bytes].concat();
    [clip, StatementBox::Proof.wrap(&content)].concat()
}

#[test]
fn well_signed_proof_needs_a_newer_verifier() {
    unreadable(&with_proof(&key(1), |_, _| ()), Code::ProofNewer);
}

#[test]
fn malformed_or_foreign_proof() {
    let bad = |edit: fn(&mut Proof, &mut Vec<u8>)| rejected(&with_proof(&key(1), edit), Code::ProofForm);
    bad(|proof, _| proof.clip = Id([8; 16]));
    bad(|proof, _| proof.end = Hash([0; 32]));
    bad(|proof, _| proof.parts.0[0].length += 1);
    bad(|proof, _| proof.parts.0[1].length += 1);
    bad(|proof, _| proof.parts.0[1].hash = Hash([0; 32]));
    bad(|proof, _| drop(proof.parts.0.pop()));
    bad(|_, bytes| bytes.push(0));
    bad(|_, bytes| bytes.truncate(7));
    bad(|proof, _| proof.parts.0[0].length = 9_007_199_254_740_991);
    let grammar = |edit: fn(&mut Proof, &mut Vec<u8>)| rejected(&with_proof(&key(1), edit), Code::StatementGrammar);
    grammar(|proof, _| proof.parts.0[0].kind = PartKind::Newer("Checkpoint".to_owned()));
    // Without a part the line ends in a space.
    rejected(&with_proof(&key(1), |proof, _| proof.parts.0.clear()), Code::NoteGrammar);
    grammar(|proof, _| proof.parts.0 = vec![proof.parts.0[0].clone(); 65]);
}

#[test]
fn proof_of_another_key_or_changed() {
    rejected(&with_proof(&key(2), |_, _| ()), Code::NoteSigner);
    let clip = with_proof(&key(1), |_, _| ());
    let from = forge().clip().len();
    for at in from..clip.len() {
        let mut clip = clip.clone();
        clip[at] ^= 1;
        assert_eq!(checked(&clip).verdict.exit_status(), 1, "byte {}", at - from);
    }
    for length in from + 1..clip.len() {
        assert_eq!(checked(&clip[..length]).verdict.exit_status(), 1, "cut {}", length - from);
    }
}

#[test]
fn proof_without_its_note() {
    let clip = forge().clip();
    for content in [&[][..], &[0], &[0, 0, 0, 0], &[0xff; 4], &[0, 0, 0, 5, b'h']] {
        let code = match content {
            [] => Code::ContainerBoxes,
            [0, 0, 0, 0] => Code::NoteGrammar,
            _ => Code::ProofForm,
        };
        rejected(&[clip.clone(), StatementBox::Proof.wrap(content)].concat(), code);
    }
}

#[test]
fn bytes_behind_proof() {
    let clip = with_proof(&key(1), |_, _| ());
    for more in [&b"x"[..], &[0; 8], &clip[forge().clip().len()..]] {
        rejected(&[&clip[..], more].concat(), Code::ContainerTrailing);
    }
}

#[test]
fn proof_before_end_or_without_it() {
    let mut open = forge();
    open.reason = None;
    let whole = with_proof(&key(1), |_, _| ());
    let proof = &whole[forge().clip().len()..];
    rejected_at(&[&open.clip()[..], proof].concat(), Code::ContainerBoxes, 4);
    let parts = forge().parts();
    rejected_at(&[&parts[..6].concat()[..], proof, &parts[6..].concat()].concat(), Code::ContainerBoxes, 2);
}

#[test]
fn a_proof_larger_than_allowed() {
    let clip = forge().clip();
    let mut proof = StatementBox::Proof.wrap(&[0; 100]);
    proof[..4].copy_from_slice(&(4 * 1024 * 1024 + 25_u32).to_be_bytes());
    rejected(&[clip, proof].concat(), Code::ContainerLimits);
}
