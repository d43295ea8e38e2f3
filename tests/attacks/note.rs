//! Signed notes in any but their one form, and signatures that only a careless reader takes.

use base64::{Engine, engine::general_purpose::STANDARD};
use curve25519_dalek::{constants::ED25519_BASEPOINT_POINT, edwards::EdwardsPoint, scalar::Scalar, traits::Identity};
use evidence::{finding::Code, note, trust::Trust, verdict::Verdict};
use sha2::{Digest, Sha512};

use crate::support::{check::*, forge::*, notes::*};

const START: usize = 1;
const LINK: usize = 5;
const END: usize = 10;

/// The note so changed is refused for `code`, in START, a LINK and END.
#[track_caller]
fn refused(code: Code, change: impl Fn(&mut Vec<u8>)) {
    for part in [START, LINK, END] {
        let mut parts = forge().parts();
        let before = parts[part].clone();
        edit_note(&mut parts[part], &change);
        assert_ne!(parts[part], before, "nothing was changed");
        if part == START {
            rejected(&parts.concat(), code)
        } else {
            rejected_at(&parts.concat(), code, part as u64 / 2 - 1)
        };
    }
}

#[track_caller]
fn grammar(change: impl Fn(&mut Vec<u8>)) {
    refused(Code::NoteGrammar, change);
}

/// Replaces one occurrence.
fn replace(note: &mut Vec<u8>, from: &str, to: &str) {
    let text = String::from_utf8(note.clone()).unwrap();
    assert!(text.contains(from), "{from:?} is not there");
    *note = text.replacen(from, to, 1).into_bytes();
}

fn signature_line(note: &[u8]) -> String {
    String::from_utf8_lossy(note).split_once("\n\n").unwrap().1.to_owned()
}

/// Changes the 68 bytes behind the signature line's name.
fn edit_signature(note: &mut Vec<u8>, change: impl FnOnce(&mut Vec<u8>)) {
    let line = signature_line(note);
    let (head, base64) = line.trim_end().rsplit_once(' ').unwrap();
    let mut bytes = STANDARD.decode(base64).unwrap();
    change(&mut bytes);
    replace(note, &line, &format!("{head} {}\n", STANDARD.encode(bytes)));
}

#[test]
fn signature_line_repeated() {
    grammar(|note| note.extend(signature_line(note).into_bytes()));
}

#[test]
fn signature_line_of_another_key_added() {
    for before in [true, false] {
        grammar(|note| {
            let text = String::from_utf8(note.clone()).unwrap();
            let (text, own) = text.split_once("\n\n").unwrap();
            let other = signature_line(&note::sign(&format!("{text}\n"), &key(2)));
            let lines = if before { [other.as_str(), own] } else { [own, other.as_str()] };
            *note = format!("{text}\n\n{}", lines.concat()).into_bytes();
        });
    }
}

#[test]
fn signature_line_before_the_text() {
    grammar(|note| {
        let line = signature_line(note);
        let text = String::from_utf8(note.clone()).unwrap();
        let text = text.strip_suffix(&format!("\n{line}")).unwrap();
        *note = format!("{line}\n{text}").into_bytes();
    });
}

#[test]
fn signature_line_missing() {
    grammar(|note| {
        let line = signature_line(note).len();
        note.truncate(note.len() - line);
    });
    grammar(|note| {
        let line = signature_line(note).len();
        note.truncate(note.len() - line - 1);
    });
}

#[test]
fn line_ends() {
    grammar(|note| *note = String::from_utf8(note.clone()).unwrap().replace('\n', "\r\n").into_bytes());
    grammar(|note| replace(note, "/v1\n", "/v1\r\n"));
    grammar(|note| replace(note, "\n\n", "\n\r\n"));
    grammar(|note| {
        note.pop();
        note.extend(b"\r\n");
    });
    grammar(|note| {
        note.pop();
    });
    grammar(|note| note.push(b'\n'));
    grammar(|note| note.insert(0, b'\n'));
    grammar(|note| replace(note, "\n\n", "\n\n\n"));
}

#[test]
fn spaces_and_other_characters() {
    grammar(|note| replace(note, "/v1\n", "/v1 \n"));
    grammar(|note| replace(note, "\nclip ", "\n clip "));
    grammar(|note| replace(note, "clip ", "clip\t"));
    grammar(|note| replace(note, "clip ", "clip\u{a0}"));
    grammar(|note| replace(note, "clip ", "clip \0"));
    grammar(|note| replace(note, "clip ", "clip \u{7f}"));
    grammar(|note| replace(note, "packseal", "\u{feff}packseal"));
    grammar(|note| replace(note, "packseal", "p\u{430}ckseal"));
    grammar(|note| {
        note.pop();
        note.extend(b" \n");
    });
    grammar(|note| replace(note, "\u{2014} ", "\u{2014}  "));
    grammar(|note| replace(note, "\u{2014} ", "\u{2014}"));
    grammar(|note| replace(note, "\u{2014} ", "\u{2013} "));
    grammar(|note| replace(note, "\u{2014} ", "-- "));
    grammar(|note| note.insert(10, 0xff));
    refused(Code::StatementGrammar, |note| replace(note, "clip ", "clip  "));
}

#[test]
fn base64_not_canonical() {
    // 68 bytes end in one `=`; the character before it has two bits to spare.
    grammar(|note| {
        let at = note.len() - 3;
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
        let i = alphabet.iter().position(|c| *c == note[at]).unwrap();
        note[at] = alphabet[i + 1];
    });
    grammar(|note| {
        note.remove(note.len() - 2);
    });
    grammar(|note| note.insert(note.len() - 1, b'='));
    grammar(|note| note.insert(note.len() - 40, b'\n'));
    grammar(|note| note.insert(note.len() - 40, b' '));
    grammar(|note| {
        let at = note.len() - 40;
        note[at] = b'_';
    });
}

#[test]
fn signature_of_another_length_or_type() {
    grammar(|note| edit_signature(note, |bytes| bytes.truncate(67)));
    grammar(|note| edit_signature(note, |bytes| bytes.push(0)));
    grammar(|note| edit_signature(note, |bytes| bytes.truncate(4)));
    // A cosignature of type 0x04 has a time before the signature.
    grammar(|note| edit_signature(note, |bytes| drop(bytes.splice(4..4, [0; 8]))));
}

#[test]
fn name_of_another_form() {
    let name = key(1).verifier().signer().name.to_string();
    let digits = name.split_once('/').unwrap().1.to_owned();
    for other in
        ["test-bench", "", "TEST-BENCH/0123456789abcdef", "test-bench/0123456789ABCDEF", "a+b/0123456789abcdef"]
    {
        grammar(|note| replace(note, &format!("\u{2014} {name}"), &format!("\u{2014} {other}")));
    }
    let long = format!("\u{2014} {}/{digits}", "a".repeat(41));
    grammar(|note| replace(note, &format!("\u{2014} {name}"), &long));
    // Well formed, and not the station's.
    let other = format!("\u{2014} other/{digits}");
    refused(Code::NoteSigner, |note| replace(note, &format!("\u{2014} {name}"), &other));
}

#[test]
fn statements_of_another_key() {
    for part in [LINK, END] {
        let mut parts = forge().parts();
        resign(&mut parts[part], &key(2), str::to_owned);
        rejected_at(&parts.concat(), Code::NoteSigner, part as u64 / 2 - 1);
        // The right name and key id, the wrong key.
        let mut parts = forge().parts();
        edit_note(&mut parts[part], |note| {
            let other = signature_line(&note::sign(
                &String::from_utf8_lossy(note).split_once("\n\n").map(|(t, _)| format!("{t}\n")).unwrap(),
                &key(2),
            ));
            let other = STANDARD.decode(other.trim_end().rsplit_once(' ').unwrap().1).unwrap();
            edit_signature(note, |bytes| bytes[4..].copy_from_slice(&other[4..]));
        });
        rejected_at(&parts.concat(), Code::NoteSignature, part as u64 / 2 - 1);
    }
    // START: the station it names is not the one that signs.
    let mut parts = forge().parts();
    resign(&mut parts[START], &key(2), str::to_owned);
    rejected(&parts.concat(), Code::NoteSigner);
}

#[test]
fn whole_clip_signed_with_another_key() {
    let mut forge = forge();
    forge.key = key(2);
    let report = checked(&forge.clip());
    assert_eq!(report.verdict, Verdict::UnknownSigner);
    assert_eq!(report.verdict.exit_status(), 3);
    assert!(report.has(Code::SignerUnknown) && report.facts.is_none() && report.key.is_none());
    // Its own key in the clip has no place there.
    let mut parts = forge.parts();
    parts[END].extend(crate::support::boxes::boxed(b"free", key(2).verifier().to_string().as_bytes()));
    rejected(&parts.concat(), Code::ContainerBoxes);
}

#[test]
fn another_key_id() {
    // In START the signer becomes unknown, and no LINK is of that one; in the others it is another signer.
    refused_id(START, Code::NoteSigner, 0);
    refused_id(LINK, Code::NoteSigner, 1);
    refused_id(END, Code::NoteSigner, 4);
}

#[track_caller]
fn refused_id(part: usize, code: Code, place: u64) {
    let mut parts = forge().parts();
    edit_note(&mut parts[part], |note| edit_signature(note, |bytes| bytes[0] ^= 1));
    rejected_at(&parts.concat(), code, place);
}

#[test]
fn huge_line() {
    // Beyond the largest statement, and just within it.
    for (length, code) in [(20_000, Code::ContainerLimits), (14_000, Code::StatementGrammar)] {
        refused(code, |note| replace(note, "/v1\n", &format!("/v1\n{}\n", "x".repeat(length))));
    }
}

#[test]
fn many_lines() {
    refused(Code::StatementGrammar, |note| replace(note, "/v1\n", &format!("/v1\n{}", "x\n".repeat(7000))));
}

// Signatures.

/// The order of the group, little-endian.
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

#[test]
fn s_beyond_the_group_order() {
    refused(Code::NoteSignature, |note| {
        edit_signature(note, |bytes| {
            let mut carry = 0;
            for (s, l) in bytes[36..].iter_mut().zip(L) {
                let sum = u16::from(*s) + u16::from(l) + carry;
                *s = sum as u8;
                carry = sum >> 8;
            }
        });
    });
}

/// k of this R, public key and text.
fn challenge(r: &[u8; 32], key: &[u8; 32], text: &[u8]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(
        &Sha512::new().chain_update(r).chain_update(key).chain_update(text).finalize().into(),
    )
}

/// Signs with the key of `seed` and an R of small order: S B = R + k A holds as for any other signature, where only
/// the equation is looked at.
#[test]
fn r_of_small_order() {
    let seed = [1; 32];
    let hash = Sha512::digest(seed);
    let mut scalar: [u8; 32] = hash[..32].try_into().unwrap();
    scalar[0] &= 248;
    scalar[31] = scalar[31] & 127 | 64;
    let secret = Scalar::from_bytes_mod_order(scalar);
    let public = (ED25519_BASEPOINT_POINT * secret).compress().to_bytes();
    assert_eq!(
        STANDARD.encode([&[1], &public[..]].concat()),
        key(1).verifier().to_string().splitn(3, '+').nth(2).unwrap()
    );
    let r = EdwardsPoint::identity().compress().to_bytes();
    let text = text(&forge().parts()[LINK]);
    let s = challenge(&r, &public, text.as_bytes()) * secret;
    assert_eq!(
        (ED25519_BASEPOINT_POINT * s).compress(),
        ((ED25519_BASEPOINT_POINT * secret) * challenge(&r, &public, text.as_bytes())).compress(),
    );
    let mut parts = forge().parts();
    edit_note(&mut parts[LINK], |note| {
        edit_signature(note, |bytes| {
            bytes[4..36].copy_from_slice(&r);
            bytes[36..].copy_from_slice(&s.to_bytes());
        });
    });
    rejected_at(&parts.concat(), Code::NoteSignature, 1);
}

#[test]
fn r_that_is_no_point_or_not_canonical() {
    // y = p + 1 is the identity written in another way; 2 is no y of a point.
    let mut p1 = [0xff; 32];
    (p1[0], p1[31]) = (0xee, 0x7f);
    let mut two = [0; 32];
    two[0] = 2;
    for r in [p1, two, [0xff; 32], [0; 32]] {
        refused(Code::NoteSignature, |note| {
            edit_signature(note, |bytes| {
                bytes[4..36].copy_from_slice(&r);
                bytes[36..].fill(0);
            });
        });
    }
}

#[test]
fn no_key_at_all() {
    let report = report(&forge().clip(), &Trust::default(), None);
    assert_eq!(report.verdict.exit_status(), 3);
}
