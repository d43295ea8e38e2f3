//! Stations that are trusted through a root, and what must not make one.

use base64::{Engine, engine::general_purpose::STANDARD};
use evidence::{
    finding::Code,
    note,
    statement::{Reason, Revocation, RevocationReason, Source, Statement},
    trust::{Trust, TrustError},
    value::{Hash, Time},
    verdict::{Report, SignerAnswer, Verdict},
};

use crate::support::{check::*, forge::*, notes, proofs::*};

const DAY: i64 = 86_400_000_000;

fn trusting(text: &str) -> Trust {
    let mut trust = Trust::default();
    add_file(&mut trust, text).expect("a trust file");
    trust
}

/// The first root and nothing else.
fn by_root() -> Trust {
    trusting(&format!("root {}", root(1).verifier()))
}

fn through_root(clip: &[u8]) -> Report {
    report(clip, &by_root(), None)
}

/// An honest clip with this enrolment.
fn clip(note: &[u8]) -> Vec<u8> {
    with_enrolment(&forge().clip(), note)
}

/// Under the root alone, and under the station's own key, whatever the enrolment says.
#[track_caller]
fn refused(clip: &[u8], code: Code) -> Report {
    rejected(clip, code);
    let report = through_root(clip);
    assert_eq!(report.refusal().map(|f| f.code), Some(code), "{:?}", report.findings);
    assert_eq!(report.verdict, Verdict::Rejected);
    report
}

#[track_caller]
fn unknown(clip: &[u8], trust: &Trust) {
    let report = report(clip, trust, Some("SF1234567890"));
    assert_eq!((report.verdict, report.signer), (Verdict::UnknownSigner, SignerAnswer::Unknown));
    assert!(report.facts.is_none() && report.key.is_none() && report.enrolment.is_none(), "{report:?}");
}

#[test]
fn enrolled_station_is_trusted_through_its_root() {
    let clip = clip(&enrolled(|_| ()));
    let report = report(&clip, &by_root(), Some("SF1234567890"));
    assert_eq!((report.verdict, report.signer), (Verdict::Verified, SignerAnswer::Trusted), "{:?}", report.findings);
    assert_eq!(report.enrolment, Some(enrolment()));
    assert_eq!(report.key.as_ref(), Some(key(1).verifier()));
    // Not without the enrolment, nor without the root.
    unknown(&forge().clip(), &by_root());
    unknown(&clip, &Trust::default());
    // Listed itself, it needs no root; a root that is listed beside it is named.
    let direct = verified(&clip, &[Code::EnrolmentUnknownRoot]);
    assert_eq!(direct.enrolment, None);
    let mut both = by_root();
    add_file(&mut both, &key(1).verifier().to_string()).unwrap();
    let both = crate::support::check::report(&clip, &both, None);
    assert_eq!((both.verdict, both.enrolment), (Verdict::Verified, Some(enrolment())));
    assert!(!both.findings.iter().any(|f| f.code == Code::EnrolmentUnknownRoot));
}

#[test]
fn a_clip_that_is_altered_is_refused_through_a_root_as_well() {
    let whole = clip(&enrolled(|_| ()));
    let mut parts = forge().parts();
    let at = parts[..4].concat().len() + 500;
    let mut altered = whole.clone();
    altered[at] ^= 1;
    assert_eq!(through_root(&altered).verdict, Verdict::Rejected);
    // START by another hand, with the name and key id of the enrolled key.
    let proof = whole[forge().clip().len()..].to_vec();
    notes::edit_note(&mut parts[1], |note| {
        *note = String::from_utf8(note.clone()).unwrap().replace("SF1234567890", "SF1234567891").into_bytes();
    });
    let report = through_root(&[parts.concat(), proof].concat());
    assert_eq!(report.refusal().map(|f| f.code), Some(Code::NoteSignature));
    assert!(report.facts.is_none() && report.key.is_none() && report.signer == SignerAnswer::Unknown);
}

#[test]
fn enrolment_of_another_key() {
    let other = enrolled(|e| e.station = key(2).verifier().clone());
    let report = refused(&clip(&other), Code::EnrolmentKey);
    assert_eq!(report.signer, SignerAnswer::Unknown);
    // A root's own key is no station's.
    let own = enrolled(|e| e.station = root(1).verifier().clone());
    refused(&clip(&own), Code::StatementGrammar);
}

#[test]
fn enrolment_by_another_root() {
    let mut by_other = enrolment();
    by_other.root = root(2).verifier().signer().name.clone();
    let clip = clip(&seal(&by_other, &root(2)).0);
    unknown(&clip, &by_root());
    assert!(through_root(&clip).has(Code::EnrolmentUnknownRoot));
    verified(&clip, &[Code::EnrolmentUnknownRoot]);
    // Which says another root than signed it.
    let mislabelled = seal(&enrolment(), &root(2)).0;
    refused(&with_enrolment(&forge().clip(), &mislabelled), Code::NoteSignature);
}

#[test]
fn enrolment_signed_by_the_station_or_a_witness() {
    let mut own = enrolment();
    own.root = key(2).verifier().signer().name.clone();
    let clip = clip(&seal(&own, &key(2)).0);
    for role in ["station", "witness"] {
        unknown(&clip, &trusting(&format!("{role} {}\nroot {}", key(2).verifier(), root(1).verifier())));
    }
}

#[test]
fn enrolment_of_a_key_that_is_listed_as_something_else() {
    for role in ["root", "witness"] {
        let trust = trusting(&format!("root {}\n{role} {}", root(1).verifier(), key(1).verifier()));
        let report = report(&clip(&enrolled(|_| ())), &trust, None);
        assert_eq!((report.verdict, report.signer), (Verdict::UnknownSigner, SignerAnswer::Unknown), "{role}");
    }
}

#[test]
fn enrolment_expired_or_not_begun() {
    let end = T0 + 4_000_000;
    let bad: [(i64, Option<i64>); 5] = [
        (T0 - 3 * DAY, Some(T0 - DAY)),
        (T0 + DAY, None),
        // Begins after the first frame, ends before END or before the first frame.
        (T0 + 1, None),
        (T0 - DAY, Some(end - 1)),
        (T0 - DAY, Some(T0 - 1)),
    ];
    for (before, after) in bad {
        let note = enrolled(|e| (e.not_before, e.not_after) = (Time(before), after.map(Time)));
        let report = refused(&clip(&note), Code::EnrolmentPeriod);
        assert_eq!(report.signer, SignerAnswer::NotEnrolled, "{before} {after:?}");
        assert!(report.enrolment.is_none());
    }
    // To the microsecond.
    let exact = enrolled(|e| (e.not_before, e.not_after) = (Time(T0), Some(Time(end))));
    assert_eq!(through_root(&clip(&exact)).verdict, Verdict::Verified);
    refused(&clip(&enrolled(|e| e.not_after = Some(Time(e.not_before.0 - 1)))), Code::StatementGrammar);
}

#[test]
fn recovery_after_the_enrolment_ended() {
    let mut forge = forge();
    forge.reason = Some(Reason::Recovered);
    forge.edit_end = Box::new(|end| end.recovered_time = Some(Time(T0 + 2 * DAY)));
    let ending = |after: i64| {
        let note = enrolled(|e| e.not_after = Some(Time(T0 + after)));
        through_root(&with_enrolment(&forge.clip(), &note))
    };
    assert_eq!(ending(DAY).refusal().map(|f| f.code), Some(Code::EnrolmentPeriod));
    assert_eq!(ending(2 * DAY).verdict, Verdict::Partial);
}

#[test]
fn enrolment_for_another_source() {
    for (source, sources) in [
        (Source::File, "usb,rtsp"),
        (Source::Pattern, "usb,rtsp"),
        (Source::Usb, "rtsp"),
        (Source::Rtsp, "usb,file,pattern"),
    ] {
        let mut forge = forge();
        forge.edit_start = Box::new(move |start| start.source = source);
        let made = |sources: &str| with_enrolment(&forge.clip(), &enrolled(|e| e.sources = v(sources)));
        let report = refused(&made(sources), Code::EnrolmentSource);
        assert_eq!(report.signer, SignerAnswer::NotEnrolled, "{source:?}");
        // Under the station's own key, without an enrolment, any source is as good, and is said.
        assert_eq!(checked(&forge.clip()).verdict, Verdict::Verified);
        assert_eq!(through_root(&made("usb,rtsp,file,pattern")).verdict, Verdict::Verified);
    }
}

#[test]
fn altered_clip_does_not_make_a_wrong_source_trusted() {
    let mut forge = forge();
    forge.edit_start = Box::new(|start| start.source = Source::Pattern);
    let mut clip = with_enrolment(&forge.clip(), &enrolled(|_| ()));
    let at = forge.parts()[..4].concat().len() + 500;
    clip[at] ^= 1;
    let report = through_root(&clip);
    assert_eq!((report.verdict, report.signer), (Verdict::Rejected, SignerAnswer::NotEnrolled));
}

#[test]
fn every_byte_of_the_enrolment_counts() {
    let note = enrolled(|_| ());
    for at in 0..note.len() {
        let mut changed = note.clone();
        changed[at] ^= 1;
        // The station lists what it has, so that only the root's signature speaks.
        let clip = clip(&changed);
        let report = through_root(&clip);
        assert!(!matches!(report.verdict, Verdict::Verified | Verdict::Partial), "byte {at}");
        assert_eq!(report.signer, SignerAnswer::Unknown, "byte {at}");
        assert!(report.facts.is_none(), "byte {at}");
    }
    // Changed behind the station's back.
    let whole = clip(&note);
    for at in whole.len() - note.len()..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        let code = through_root(&changed).refusal().map(|f| f.code);
        assert_eq!(code, Some(Code::ProofForm), "byte {at}");
        rejected(&changed, Code::ProofForm);
    }
}

#[test]
fn proof_swapped_between_clips() {
    let mut other = forge();
    other.order = Some(v("SF2"));
    let proof = proof_of(&other.clip(), &[("enrolment", &enrolled(|_| ()))], &key(1));
    refused(&[forge().clip(), proof].concat(), Code::ProofForm);
    // Of another station of the same root.
    let foreign =
        proof_of(&forge().clip(), &[("enrolment", &enrolled(|e| e.station = key(2).verifier().clone()))], &key(2));
    refused(&[forge().clip(), foreign].concat(), Code::NoteSigner);
    // A PROOF that the station did not sign carries no enrolment to its clip.
    let stolen = proof_of(&forge().clip(), &[("enrolment", &enrolled(|_| ()))], &key(2));
    refused(&[forge().clip(), stolen].concat(), Code::NoteSigner);
}

#[test]
fn enrolment_twice() {
    let (one, two) = (enrolled(|_| ()), enrolled(|e| e.not_before = Time(T0 - 2 * DAY)));
    for second in [&one, &two] {
        let proof = proof_of(&forge().clip(), &[("enrolment", &one), ("enrolment", second)], &key(1));
        refused(&[forge().clip(), proof].concat(), Code::StatementGrammar);
    }
}

#[test]
fn parts_of_later_versions_need_a_newer_verifier() {
    for kind in ["countersignature", "export", "enrolment-2", "time-token-2", "x"] {
        let parts = [("enrolment", &enrolled(|_| ())[..]), (kind, b"something")];
        let clip = [forge().clip(), proof_of(&forge().clip(), &parts, &key(1))].concat();
        unreadable(&clip, Code::ProofNewer);
        assert_eq!(through_root(&clip).verdict, Verdict::CouldNotCheck, "{kind}");
        // What is wrong in the known parts is found all the same.
        let bad = [(kind, &b"something"[..]), ("enrolment", &enrolled(|e| e.sources = v("file")))];
        refused(&[forge().clip(), proof_of(&forge().clip(), &bad, &key(1))].concat(), Code::EnrolmentSource);
    }
}

#[test]
fn enrolment_of_another_form() {
    let text = enrolment().text();
    let signed = |text: &str| note::sign(text, &root(1));
    for (from, to) in [
        ("packseal/enrolment/v1", "packseal/enrolment/v2"),
        ("packseal/enrolment/v1", "packseal/revocation/v1"),
        ("sources usb,rtsp", "sources rtsp,usb"),
        ("sources usb,rtsp", "sources usb,usb"),
        ("sources usb,rtsp", "sources usb,"),
        ("sources usb,rtsp", "sources usb, rtsp"),
        ("sources usb,rtsp", "sources -"),
        ("sources usb,rtsp", "sources live"),
        ("certificate -", "certificate none"),
        ("not-after -\n", ""),
        ("not-after -", "not-after never"),
    ] {
        assert!(text.contains(from), "{from}");
        refused(&clip(&signed(&text.replace(from, to))), Code::StatementGrammar);
    }
    refused(&clip(b"packseal/enrolment/v1\n"), Code::NoteGrammar);
    refused(&clip(b""), Code::NoteGrammar);
    let both = [signed(&text), signed(&text)].concat();
    refused(&clip(&both), Code::NoteGrammar);
}

#[test]
fn a_clip_that_is_still_open_is_not_known_through_a_root() {
    let mut open = forge();
    open.reason = None;
    let proof = proof_of(&forge().clip(), &[("enrolment", &enrolled(|_| ()))], &key(1));
    unknown(&open.clip(), &by_root());
    assert_eq!(through_root(&[open.clip(), proof].concat()).verdict, Verdict::Rejected);
}

fn revocation() -> Revocation {
    Revocation {
        root: root(1).verifier().signer().name.clone(),
        station: key(1).verifier().clone(),
        time: Time(T0 + DAY),
        reason: RevocationReason::Stolen,
    }
}

fn line(note: &[u8]) -> String {
    format!("revocation {}", STANDARD.encode(note))
}

#[test]
fn a_revoked_key_is_revoked_whatever_the_clip_says() {
    let (whole, bare) = (clip(&enrolled(|_| ())), forge().clip());
    let (one, station) = (root(1).verifier().to_string(), key(1).verifier().to_string());
    // The station's own time lies before the revocation: its word is not enough.
    let line = line(&seal(&revocation(), &root(1)).0);
    for text in [
        format!("root {one}\n{line}"),
        // The root may stand behind it.
        format!("{line}\nroot {one}\n"),
        format!("root {one}\nstation {station}\n{line}\n{line}"),
        format!("root {one}\r\n{line}\r\n"),
    ] {
        for clip in [&whole, &bare] {
            let report = report(clip, &trusting(&text), None);
            assert_eq!((report.verdict, report.signer), (Verdict::Rejected, SignerAnswer::Revoked), "{text}");
            assert!(report.has(Code::SignerRevoked));
            assert_eq!(report.revocation, Some(revocation()));
        }
    }
    // A line that says revoked needs no time, and no root's word weakens it.
    let trust = trusting(&format!("root {one}\nrevoked {station}\n{line}"));
    let plain = report(&whole, &trust, None);
    assert_eq!((plain.signer, plain.revocation), (SignerAnswer::Revoked, None));
    // In a file behind the root's.
    let mut trust = by_root();
    add_file(&mut trust, &line).unwrap();
    add_file(&mut trust, &station).unwrap();
    assert_eq!(report(&bare, &trust, None).signer, SignerAnswer::Revoked);
    // Other stations of that root are as before.
    let mut other = revocation();
    other.station = key(2).verifier().clone();
    let text = format!("root {one}\nrevocation {}", STANDARD.encode(seal(&other, &root(1)).0));
    assert_eq!(report(&whole, &trusting(&text), None).verdict, Verdict::Verified);
}

#[test]
fn the_earliest_revocation_counts() {
    let at = |day: i64| {
        let mut revocation = revocation();
        revocation.time = Time(T0 + day * DAY);
        line(&seal(&revocation, &root(1)).0)
    };
    for order in [[1, 2, 3], [3, 1, 2], [2, 3, 1]] {
        let lines = order.map(at).join("\n");
        let trust = trusting(&format!("root {}\n{lines}", root(1).verifier()));
        assert_eq!(report(&forge().clip(), &trust, None).revocation.map(|r| r.time), Some(Time(T0 + DAY)), "{order:?}");
    }
}

#[test]
fn revocations_that_are_not_taken() {
    let one = root(1).verifier().to_string();
    #[track_caller]
    fn bad(text: &str, error: &TrustError) {
        assert_eq!(add_file(&mut Trust::default(), text).as_ref(), Err(error), "{text}");
    }
    let good = seal(&revocation(), &root(1)).0;
    let not_signed = TrustError::RevocationRoot { line: 2 };
    // By a root that is not listed, by a listed key in another role, or by nobody.
    let mut by_other = revocation();
    by_other.root = root(2).verifier().signer().name.clone();
    let by_other = line(&seal(&by_other, &root(2)).0);
    bad(&format!("root {one}\n{by_other}"), &not_signed);
    for role in ["station", "witness", "revoked"] {
        bad(&format!("{role} {}\n{by_other}\nroot {one}", root(2).verifier()), &not_signed);
    }
    bad(&line(&good), &TrustError::RevocationRoot { line: 1 });
    // In a file before the root's.
    assert!(add_file(&mut Trust::default(), &format!("# none\n{}", line(&good))).is_err());
    // Signed by one root in the name of another.
    bad(&format!("root {one}\n{}", line(&seal(&revocation(), &root(2)).0)), &not_signed);
    // Not a revocation, or another byte of it.
    let form = TrustError::Revocation { line: 2 };
    for text in ["revocation", "revocation ", "revocation -", "revocation AAAA"] {
        let error = add_file(&mut Trust::default(), &format!("root {one}\n{text}"));
        assert!(error.is_err(), "{text}");
    }
    bad(&format!("root {one}\n{}", line(&enrolled(|_| ()))), &form);
    bad(&format!("root {one}\n{} ", line(&good).replace("revocation ", "revocation  ")), &form);
    bad(&format!("root {one}\n{}=", line(&good)), &form);
    for at in 0..good.len() {
        let mut changed = good.clone();
        changed[at] ^= 1;
        let said = add_file(&mut Trust::default(), &format!("root {one}\n{}", line(&changed)));
        assert!(said.is_err(), "byte {at}");
    }
    // Of the root itself.
    let mut own = revocation();
    own.station = root(1).verifier().clone();
    bad(&format!("root {one}\n{}", line(&seal(&own, &root(1)).0)), &form);
}

#[test]
fn a_revoked_root_enrols_nobody_and_still_revokes() {
    let one = root(1).verifier().to_string();
    let clip = clip(&enrolled(|_| ()));
    unknown(&clip, &trusting(&format!("root {one}\nrevoked {one}")));
    // By another root's word.
    let two = root(2).verifier().to_string();
    let of_root = Revocation {
        root: root(2).verifier().signer().name.clone(),
        station: root(1).verifier().clone(),
        time: Time(T0 + DAY),
        reason: RevocationReason::Compromised,
    };
    unknown(&clip, &trusting(&format!("root {one}\nroot {two}\n{}", line(&seal(&of_root, &root(2)).0))));
    let text = format!("root {one}\nrevoked {one}\n{}", line(&seal(&revocation(), &root(1)).0));
    assert_eq!(report(&clip, &trusting(&text), None).signer, SignerAnswer::Revoked);
}

#[test]
fn certificate_is_handed_on() {
    let note = enrolled(|e| e.certificate = Some(Hash([5; 32])));
    assert_eq!(through_root(&clip(&note)).enrolment.and_then(|e| e.certificate), Some(Hash([5; 32])));
}
