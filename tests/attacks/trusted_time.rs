//! Time tokens in PROOF: what they prove, and what must not.

use base64::{Engine, engine::general_purpose::STANDARD};
use evidence::{
    finding::Code,
    ledger::Consistency,
    statement::{ClockKind, ClockState, Event, EventKind, Reason, Revocation, RevocationReason, Source},
    token::Root,
    trust::{Trust, TrustError},
    value::{Hash, Time},
    verdict::{Pictures, Report, SignerAnswer, Verdict},
};

use crate::{
    authority::{CA, P256, RSA, SIGNER, SM3, Wanted, der},
    support::{
        check::*,
        forge::*,
        ledgers::{Ledger, consistency},
        proofs::*,
    },
    times::*,
};

/// END of forged clips.
const END: i64 = T0 + 4 * S;

/// Trusts the station, and the authority's root of this name.
fn given(clock: &Clock, root: &str) -> Trust {
    let mut trust = trust();
    add_authority(&mut trust, clock, root);
    trust
}

fn add_authority(trust: &mut Trust, clock: &Clock, root: &str) {
    let der = clock.0.read(&format!("{root}.der"));
    add_file(trust, &format!("tsa {}", STANDARD.encode(der))).unwrap();
}

/// The report under the station's key and the authority.
fn with(clock: &Clock, clip: &[u8]) -> Report {
    report(clip, &given(clock, "root"), None)
}

/// Refused for this, whether or not the authority is trusted.
#[track_caller]
fn refused(clock: &Clock, clip: &[u8], code: Code) {
    for report in [with(clock, clip), checked(clip)] {
        assert_eq!(report.refusal().map(|f| f.code), Some(code), "{:?}", report.findings);
        assert_eq!(report.verdict, Verdict::Rejected);
        assert!(report.bracket.is_empty());
    }
}

#[track_caller]
fn good(report: &Report, codes: &[Code]) {
    assert_eq!(report.verdict, Verdict::Verified, "{:?}", report.findings);
    codes.iter().for_each(|code| assert!(report.has(*code), "{code:?} is not among {:?}", report.findings));
}

/// A clip with START's token at `after` and one over its checkpoint at `before`, each right to 1 s.
fn between(clock: &Clock, forge: Forge, after: i64, before: i64) -> Vec<u8> {
    let start = clock.token_by("p256", &Hash::of(b"an older checkpoint"), after, 1);
    let forge = naming(forge, &start, after);
    sealed(&forge, &[("start-token", &start)], |of| vec![clock.token_by("p256", of, before, 1)])
}

#[test]
fn between_before_after_and_neither() {
    let clock = Clock::new("attacks-time");
    let whole = between(&clock, forge(), T0 - 20 * S, END + 2 * S);
    let report = with(&clock, &whole);
    good(&report, &[Code::LedgerOthers]);
    assert!(!report.has(Code::DeviceClock));
    let times = [&report.bracket.after, &report.bracket.before].map(|t| t.as_ref().unwrap());
    assert_eq!(times.map(|t| t.time), [Time(T0 - 21 * S), Time(END + 3 * S)]);
    assert!(times.iter().all(|t| t.authority == "CN=p256,O=packseal test"));
    assert_eq!(report.bracket.width(), Some(28 * S));
    // Nobody's authority: it proves nothing, and is said.
    let report = checked(&whole);
    good(&report, &[Code::DeviceClock, Code::TimeUnknownAuthority]);
    assert!(report.bracket.is_empty());
    // Without a key nothing is said of time.
    let mut authority = Trust::default();
    add_authority(&mut authority, &clock, "root");
    let unknown = crate::support::check::report(&whole, &authority, None);
    assert!(unknown.verdict == Verdict::UnknownSigner && unknown.bracket.is_empty(), "{:?}", unknown.findings);
    assert!(!unknown.has(Code::TimeUnknownAuthority) && !unknown.has(Code::DeviceClock));

    let before = with(&clock, &sealed(&forge(), &[], |of| vec![clock.token(of, END)])).bracket;
    assert_eq!((before.after, before.before.map(|t| t.time)), (None, Some(Time(END))));
    let start = clock.token(&Hash([1; 32]), T0);
    let named = naming(forge(), &start, T0);
    let after = with(&clock, &sealed(&named, &[("start-token", &start)], |_| vec![]));
    good(&after, &[]);
    assert_eq!((after.bracket.after.map(|t| t.time), after.bracket.before), (Some(Time(T0)), None));
    // START names one that is not shown.
    good(&with(&clock, &sealed(&named, &[], |_| vec![])), &[Code::DeviceClock]);
}

#[test]
fn the_earliest_token_by_a_trusted_authority_counts() {
    let clock = Clock::new("attacks-time-several");
    clock.0.certificate("stranger", Wanted { key: RSA, issuer: "", extensions: CA, ..Wanted::default() });
    clock.0.certificate("other", Wanted { issuer: "stranger", ..Wanted::default() });
    // The earliest upper bound: a token that is less exact may be later.
    let tokens = |of: &Hash| {
        let of = |signer: &str, us: i64, seconds: u8| clock.token_by(signer, of, us, seconds);
        vec![of("p256", END, 9), of("rsa", END + 3 * S, 1), of("p256", END + 6 * S, 0), of("other", END, 0)]
    };
    let clip = sealed(&forge(), &[], tokens);
    let report = with(&clock, &clip);
    good(&report, &[Code::TimeUnknownAuthority]);
    let before = report.bracket.before.unwrap();
    assert_eq!((before.time, before.authority.as_str()), (Time(END + 4 * S), "CN=rsa,O=packseal test"));
    let mut both = given(&clock, "root");
    add_authority(&mut both, &clock, "stranger");
    let report = crate::support::check::report(&clip, &both, None);
    assert!(!report.has(Code::TimeUnknownAuthority));
    assert_eq!(report.bracket.before.unwrap().authority, "CN=other,O=packseal test");
    // Five are more than allowed.
    let five = |of: &Hash| (0..5).map(|n| clock.token(of, END + n)).collect();
    refused(&clock, &sealed(&forge(), &[], five), Code::StatementGrammar);
}

#[test]
fn tokens_that_are_not_of_this_clip() {
    let clock = Clock::new("attacks-time-foreign");
    let start = clock.token(&Hash([1; 32]), T0);
    let named = || naming(forge(), &start, T0);
    let start_token = |forge: &Forge, token: &[u8]| sealed(forge, &[("start-token", token)], |_| vec![]);
    good(&with(&clock, &start_token(&named(), &start)), &[]);
    // START names none, or another, or another time.
    refused(&clock, &start_token(&forge(), &start), Code::TimeStartToken);
    let twin = clock.token(&Hash([1; 32]), T0);
    assert_ne!(start, twin);
    refused(&clock, &start_token(&named(), &twin), Code::TimeStartToken);
    for us in [-1, 1] {
        refused(&clock, &start_token(&naming(forge(), &start, T0 + us), &start), Code::TimeStartToken);
    }
    let twice = sealed(&named(), &[("start-token", &start), ("start-token", &start)], |_| vec![]);
    refused(&clock, &twice, Code::StatementGrammar);
    // Over another checkpoint, over the text of this one, over END.
    let over = |of: Hash| sealed(&forge(), &[], |_| vec![clock.token(&of, END)]);
    let (_, checkpoint) = ledger(&forge().parts());
    let text = checkpoint.windows(2).position(|w| w == b"\n\n").unwrap() + 1;
    good(&with(&clock, &over(Hash::of(&checkpoint))), &[]);
    let end = Hash::of(&forge().parts().last().unwrap()[24..]);
    for of in [Hash([1; 32]), Hash::of(&checkpoint[..text]), end] {
        refused(&clock, &over(of), Code::TimeToken);
    }
    // One bad among good ones.
    let one = sealed(&forge(), &[], |of| vec![clock.token(of, END), clock.token(&Hash([1; 32]), END)]);
    refused(&clock, &one, Code::TimeToken);
    // Without the ledger there is no checkpoint.
    let clip = forge().clip();
    let token = clock.token(&Hash::of(&checkpoint), END);
    let alone = [clip.clone(), proof_of(&clip, &[("time-token", &token)], &key(1))].concat();
    refused(&clock, &alone, Code::StatementGrammar);
    // START's needs none.
    let clip = named().clip();
    let alone = [clip.clone(), proof_of(&clip, &[("start-token", &start)], &key(1))].concat();
    good(&with(&clock, &alone), &[Code::LedgerNotShown]);
}

/// The station's ledger when it had so many entries.
fn older(size: u64) -> Ledger {
    let mut ledger = Ledger::new();
    ledger.entries.truncate(size as usize);
    ledger
}

/// What binds that ledger to the whole one.
fn bound(ledger: &Ledger) -> Vec<u8> {
    let path = consistency(ledger.entries.len() as u64, &Ledger::new().leaves());
    Consistency::text(&path, &ledger.checkpoint())
}

/// The clip with the parts of the whole ledger, these checkpoints, and a token over this data.
fn over(clock: &Clock, checkpoints: &[Vec<u8>], of: Option<&[u8]>) -> Vec<u8> {
    let mut ledger = Ledger::new();
    let mut more: Vec<_> = checkpoints.iter().map(|bytes| ("time-checkpoint", bytes.clone())).collect();
    more.extend(of.map(|of| ("time-token", clock.token(&Hash::of(of), END))));
    ledger.edit_parts = Box::new(move |parts| parts.extend(more.clone()));
    ledger.clip()
}

#[test]
fn tokens_over_an_older_checkpoint() {
    let clock = Clock::new("attacks-time-older");
    // END is the seventh of fifteen entries.
    for size in 7..15 {
        let (bytes, checkpoint) = (bound(&older(size)), older(size).checkpoint());
        let report = with(&clock, &over(&clock, &[bytes], Some(&checkpoint)));
        good(&report, &[]);
        assert_eq!((report.bracket.before.map(|t| t.time), report.bracket.size), (Some(Time(END)), Some(size)));
        assert!(report.counted.is_some_and(|counted| counted.audited.is_some()));
    }
    let newest = Ledger::new().checkpoint();
    assert_eq!(with(&clock, &over(&clock, &[], Some(&newest))).bracket.size, Some(15));

    let (whole, checkpoint) = (bound(&older(9)), older(9).checkpoint());
    let one = |bytes: &[u8]| over(&clock, &[bytes.to_vec()], Some(&checkpoint));
    let mut flipped = whole.clone();
    flipped[3] = if flipped[3] == b'A' { b'B' } else { b'A' };
    for bytes in [
        &[][..],
        b"\n\n",
        &checkpoint,
        &flipped,
        // A hash less, one more; something behind it, its signature cut off.
        &whole[45..],
        &[&whole[..45], &whole].concat(),
        &[&whole, &b"\n"[..]].concat(),
        &whole[..whole.len() - 2],
    ] {
        refused(&clock, &one(bytes), Code::TimeCheckpoint);
    }
    // Without END in it; the same one once more.
    refused(&clock, &over(&clock, &[bound(&older(6))], Some(&older(6).checkpoint())), Code::TimeCheckpoint);
    refused(&clock, &over(&clock, &[[b"\n", &newest[..]].concat()], Some(&newest)), Code::TimeCheckpoint);
    // The same key's other ledger; the same entries under another key.
    let (mut fork, mut stranger) = (older(9), older(9));
    fork.entries[8].time = Time(T0);
    stranger.forge.key = key(2);
    for other in [fork, stranger] {
        refused(&clock, &over(&clock, &[bound(&other)], Some(&other.checkpoint())), Code::TimeCheckpoint);
    }
    // Not signed by it, and with a token all the same.
    let mut unsigned = checkpoint.clone();
    let at = unsigned.len() - 20;
    unsigned[at] = if unsigned[at] == b'A' { b'B' } else { b'A' };
    let bytes = [&whole[..whole.len() - unsigned.len()], &unsigned].concat();
    let clip = over(&clock, &[bytes], Some(&unsigned));
    refused(&clock, &clip, Code::TimeCheckpoint);
    // Of another key id: refused without a key as well.
    let mut other_id = checkpoint.clone();
    let at = other_id.iter().rposition(|b| *b == b' ').unwrap() + 1;
    other_id[at] = if other_id[at] == b'A' { b'B' } else { b'A' };
    let bytes = [&whole[..whole.len() - other_id.len()], &other_id].concat();
    let of_other = over(&clock, &[bytes], Some(&other_id));
    refused(&clock, &of_other, Code::TimeCheckpoint);
    let unknown = crate::support::check::report(&of_other, &Trust::default(), None);
    assert_eq!(unknown.refusal().map(|f| f.code), Some(Code::TimeCheckpoint));
    assert_eq!(with(&clock, &clip).pictures, Pictures::NotFullyChecked);
    // A token over the newest one; none at all; two checkpoints.
    refused(&clock, &over(&clock, std::slice::from_ref(&whole), Some(&newest)), Code::TimeToken);
    refused(&clock, &over(&clock, std::slice::from_ref(&whole), None), Code::StatementGrammar);
    refused(&clock, &over(&clock, &[whole, bound(&older(10))], Some(&checkpoint)), Code::StatementGrammar);
}

#[test]
fn tokens_that_are_none() {
    let clock = Clock::new("attacks-time-none");
    let old = Wanted { valid: ["20200101000000Z", "20201231235959Z"], ..Wanted::default() };
    clock.0.certificate("old", old);
    let server = SIGNER.replace("timeStamping", "serverAuth");
    clock.0.certificate("server", Wanted { extensions: &server, ..Wanted::default() });
    let (_, checkpoint) = ledger(&forge().parts());
    let of = Hash::of(&checkpoint);
    let token = clock.token(&of, END);
    let mut cut = token.clone();
    cut.pop();
    let mut signature = token.clone();
    *signature.last_mut().unwrap() ^= 1;
    for (what, bad) in [
        ("nothing", vec![]),
        ("text", b"a token".to_vec()),
        ("an empty sequence", der(0x30, &[])),
        ("cut", cut),
        ("something behind it", [&token[..], &[0]].concat()),
        ("another signature", signature),
        ("a certificate that had expired", clock.token_by("old", &of, END, 0)),
        ("a certificate of a server", clock.token_by("server", &of, END, 0)),
    ] {
        println!("{what}");
        refused(&clock, &sealed(&forge(), &[], |_| vec![bad.clone()]), Code::TimeToken);
        let named = naming(forge(), &bad, END);
        refused(&clock, &sealed(&named, &[("start-token", &bad)], |_| vec![]), Code::TimeStartToken);
    }
    // A root of the same name is another authority, and no fault of the clip; nor is one that had expired by then.
    let twin = Wanted { key: RSA, issuer: "", extensions: CA, ..Wanted::default() };
    clock.0.certificate("root~twin", twin);
    let expired = ["20200101000000Z", "20201231235959Z"];
    let again = Wanted { key: RSA, issuer: "", extensions: CA, valid: expired, ..Wanted::default() };
    clock.0.certify_again("root~old", "root", again);
    let clip = sealed(&forge(), &[], |_| vec![token.clone()]);
    for root in ["root~twin", "root~old"] {
        let report = report(&clip, &given(&clock, root), None);
        good(&report, &[Code::TimeUnknownAuthority, Code::DeviceClock]);
    }
}

#[test]
fn chinese_algorithms_cannot_be_checked_here() {
    let clock = Clock::new("attacks-time-sm");
    let mut info = crate::authority::Info::new(&[3; 32], &written(END));
    info.algorithm = SM3.to_vec();
    let token = clock.0.token(&["p256"], &[], &["-cades"], &info.to_der());
    let clip = sealed(&forge(), &[], |of| vec![token.clone(), clock.token(of, END)]);
    let report = with(&clock, &clip);
    good(&report, &[Code::TimeAlgorithm]);
    assert_eq!(report.bracket.before.map(|t| t.time), Some(Time(END)));
    let named = naming(forge(), &token, END);
    let report = with(&clock, &sealed(&named, &[("start-token", &token)], |_| vec![]));
    good(&report, &[Code::TimeAlgorithm, Code::DeviceClock]);
    // By its hash it is still the one that START names.
    refused(&clock, &sealed(&forge(), &[("start-token", &token)], |_| vec![]), Code::TimeStartToken);
}

/// A clip that takes a minute by its own account, seen from 0.5 s before its scan on.
fn minute(edit: fn(&mut evidence::statement::Start)) -> Forge {
    let mut forge = forge();
    forge.spans.push(gap(60 * 90_000));
    forge.edit_start = Box::new(edit);
    forge
}

/// The wall clock jumps in its second span, which is signed.
fn stepped(mut forge: Forge, jump: i64) -> Forge {
    forge.spans[1].events = vec![Event { offset: 500_000, kind: EventKind::ClockStep(jump) }];
    forge.edit_link = Box::new(move |link| {
        link.time.0.0 += if link.index > 1 { jump } else { 0 };
        link.time.1.0 += if link.index > 0 { jump } else { 0 };
    });
    forge.edit_end = Box::new(move |end| end.time.0 += jump);
    forge
}

#[test]
fn a_bracket_without_room_for_the_clip() {
    let clock = Clock::new("attacks-time-room");
    let fits = |forge: Forge, after: i64, before: i64| {
        let clip = between(&clock, forge, T0 + after, T0 + before);
        let report = with(&clock, &clip);
        // Whatever else it is: without the authority there is no bracket.
        assert_eq!(checked(&clip).refusal(), None);
        assert_eq!(report.refusal().is_some(), report.verdict == Verdict::Rejected);
        assert!(report.refusal().is_none_or(|f| f.code == Code::TimeBracket), "{:?}", report.findings);
        // Its pictures are as they were.
        assert_eq!(report.pictures, evidence::verdict::Pictures::Intact);
        report.refusal().is_none()
    };
    // END's token is before START's: each may be wrong by a second.
    assert!(fits(forge(), 2 * S, 0));
    assert!(!fits(forge(), 2 * S + 1, 0));
    // 64 s of pictures, of which 0.5 s from before the scan, and 10 s that START may be late; tokens right to 1 s.
    let width = 64 * S - S / 2 - 10 * S - 2 * S;
    assert!(fits(minute(|_| ()), 10 * S, 10 * S + width));
    assert!(!fits(minute(|_| ()), 10 * S, 10 * S + width - 1));
    // A minute at most counts as from before the scan, whatever the station says.
    let late = |start: &mut evidence::statement::Start| {
        (start.opened_time, start.clock_state) = (Time(T0 + 64 * S), ClockState::Unsynchronised);
    };
    let width = 64 * S - 60 * S - 10 * S;
    assert!(width < 0 && fits(minute(late), 0, 0));
    let mut hour = minute(|start| {
        (start.opened_time, start.clock_state) = (Time(T0 + 3_064 * S), ClockState::Unsynchronised);
    });
    hour.spans.push(gap(3_000 * 90_000));
    assert!(!fits(hour, 0, 2_000 * S));
    // By a clock that was stepped, nobody knows how much was from before the scan.
    assert!(fits(stepped(minute(|_| ()), S), 0, 0));
    // A simulated clock has no seconds; the order of the tokens counts all the same.
    let simulated = |start: &mut evidence::statement::Start| {
        (start.source, start.clock, start.clock_state) = (Source::File, ClockKind::Simulated, ClockState::Simulated);
    };
    assert!(fits(minute(simulated), 0, 0));
    assert!(!fits(minute(simulated), 3 * S, 0));
}

#[test]
fn a_clock_that_disagrees_with_trusted_time() {
    let clock = Clock::new("attacks-time-clock");
    let state = |state| {
        let mut forge = forge();
        forge.edit_start = Box::new(move |start| start.clock_state = state);
        forge
    };
    let [right, unsynchronised] = [ClockState::Synchronised, ClockState::Unsynchronised];
    let at = |state_: ClockState, after: i64, before: i64| with(&clock, &between(&clock, state(state_), after, before));
    // First frame and END may lie a minute outside, and the tokens be wrong by a second.
    let (after, before) = (T0 + 61 * S, END - 61 * S);
    good(&at(right, after, after + 60 * S), &[]);
    good(&at(right, before - 60 * S, before), &[]);
    for (from, to) in [(after + 1, after + 60 * S), (before - 60 * S, before - 1)] {
        let report = at(right, from, to);
        assert_eq!(report.refusal().map(|f| f.code), Some(Code::TimeClock), "{:?}", report.findings);
        assert_eq!(report.verdict, Verdict::Rejected);
        // It said that it was not right: its word is noted and not believed.
        good(&at(unsynchronised, from, to), &[Code::TimeClockOff, Code::ClockUnsynchronised]);
        assert!(!at(unsynchronised, from + 2 * S, from + 60 * S).has(Code::TimeClock));
    }
    // One side alone.
    let late = sealed(&forge(), &[], |of| vec![clock.token(of, END - 60 * S - 1)]);
    assert_eq!(with(&clock, &late).refusal().map(|f| f.code), Some(Code::TimeClock));
    // A step that is signed.
    let stepped = stepped(forge(), 3_600 * S);
    good(&with(&clock, &between(&clock, stepped, T0, END)), &[Code::ClockStepped, Code::TimeClockOff]);
    // A simulated clock has nothing to do with it.
    let mut simulated = forge();
    simulated.edit_start = Box::new(|start| {
        (start.source, start.clock, start.clock_state) = (Source::File, ClockKind::Simulated, ClockState::Simulated);
    });
    let report = with(&clock, &between(&clock, simulated, T0 + 86_400 * S, T0 + 86_410 * S));
    good(&report, &[Code::SimulatedClock]);
    assert!(!report.has(Code::TimeClockOff));
}

/// A trust file of the first root, its revocation of the station from then on, and these lines.
fn revoked(at: i64, more: &str) -> String {
    let revocation = Revocation {
        root: root(1).verifier().signer().name.clone(),
        station: key(1).verifier().clone(),
        time: Time(at),
        reason: RevocationReason::Stolen,
    };
    let note = STANDARD.encode(seal(&revocation, &root(1)).0);
    format!("root {}\nrevocation {note}\n{more}", root(1).verifier())
}

#[test]
fn a_key_revoked_later_than_trusted_time() {
    let clock = Clock::new("attacks-time-revoked");
    let tsa = format!("tsa {}\n", STANDARD.encode(clock.0.read("root.der")));
    let station = format!("station {}\n", key(1).verifier());
    let judged = |clip: &[u8], text: &str| {
        let mut trust = Trust::default();
        add_file(&mut trust, text).unwrap();
        report(clip, &trust, None)
    };
    let token = |of: &Hash| vec![clock.token(of, END + S)];
    let listed = sealed(&forge(), &[], token);
    let enrolled_note = enrolled(|_| ());
    let through_root = sealed(&forge(), &[("enrolment", &enrolled_note)], token);
    for (clip, more) in [(&listed, &station[..]), (&through_root, "")] {
        let at = |at: i64, tsa: &str| judged(clip, &revoked(at, &format!("{more}{tsa}")));
        let later = at(END + S + 1, &tsa);
        good(&later, &[Code::SignerRevokedLater]);
        assert!(later.signer == SignerAnswer::Trusted && later.revocation.is_some());
        assert!(!later.has(Code::SignerRevoked));
        // Not before, not where the authority is nobody's, and never for a line that says just that.
        let text = revoked(END + S + 1, &format!("{more}{tsa}revoked {}", key(1).verifier()));
        for report in [at(END + S, &tsa), at(T0, &tsa), at(END + S + 1, ""), judged(clip, &text)] {
            assert_eq!((report.verdict, report.signer), (Verdict::Rejected, SignerAnswer::Revoked));
            assert!(report.has(Code::SignerRevoked) && !report.has(Code::SignerRevokedLater));
        }
    }
    // Only a revocation names the key: nobody ever trusted it.
    let text = revoked(END + 2 * S, &tsa);
    assert_eq!(judged(&listed, &text).signer, SignerAnswer::Revoked);
    // START's token is no bound for END.
    let start = clock.token(&Hash([1; 32]), T0);
    let named = naming(forge(), &start, T0);
    let text = revoked(END + 2 * S, &format!("{station}{tsa}"));
    assert_eq!(judged(&sealed(&named, &[("start-token", &start)], |_| vec![]), &text).signer, SignerAnswer::Revoked);
    // Nor is a clip that is refused, or has no room, or whose enrolment is for another source.
    let mut altered = listed.clone();
    let at = forge().parts()[..4].concat().len() + 500;
    altered[at] ^= 1;
    for clip in [altered, between(&clock, minute(|_| ()), T0, T0 + S)] {
        let report = judged(&clip, &text);
        assert_eq!((report.verdict, report.signer), (Verdict::Rejected, SignerAnswer::Revoked));
    }
    let newer = sealed(&forge(), &[("later", b"something")], token);
    let report = judged(&newer, &text);
    assert_eq!((report.verdict, report.signer), (Verdict::CouldNotCheck, SignerAnswer::Revoked));
    let other = enrolled(|e| e.sources = v("rtsp"));
    let report = judged(&sealed(&forge(), &[("enrolment", &other)], token), &revoked(END + 2 * S, &tsa));
    assert_eq!((report.verdict, report.signer), (Verdict::Rejected, SignerAnswer::Revoked));
    // A clip that was cut off has no END under any time.
    let mut open = forge();
    open.reason = None;
    assert_eq!(judged(&open.clip(), &text).signer, SignerAnswer::Revoked);
    // One that was interrupted has.
    let mut interrupted = forge();
    interrupted.reason = Some(Reason::CameraLost);
    assert_eq!(judged(&sealed(&interrupted, &[], token), &text).verdict, Verdict::Partial);
}

#[test]
fn every_byte_of_a_token_counts() {
    let clock = Clock::new("attacks-time-bytes");
    let whole = between(&clock, forge(), T0, END);
    let from = forge().clip().len();
    let trust = given(&clock, "root");
    for at in from..whole.len() {
        let mut changed = whole.clone();
        changed[at] ^= 1;
        assert_eq!(report(&changed, &trust, None).verdict, Verdict::Rejected, "byte {at}");
    }
}

#[test]
fn authorities_in_trust_files() {
    let clock = Clock::new("attacks-time-trust");
    let leaf = Wanted { key: P256, ..Wanted::default() };
    clock.0.certificate("leaf", leaf);
    let base64 = |name: &str| STANDARD.encode(clock.0.read(&format!("{name}.der")));
    let root = base64("root");
    #[track_caller]
    fn bad(text: &str, error: TrustError) {
        assert_eq!(add_file(&mut Trust::default(), text), Err(error), "{text}");
    }
    let mut trust = Trust::default();
    add_file(&mut trust, &format!("# time\ntsa {root}\r\n")).unwrap();
    // From another file it is the same.
    add_file(&mut trust, &format!("station {}\ntsa {root}", key(1).verifier())).unwrap();
    assert_eq!(trust.authorities().len(), 1);
    assert_eq!(trust.authorities()[0].name(), "CN=root,O=packseal test");
    bad(&format!("tsa {root}\ntsa {root}"), TrustError::AuthorityTwice { line: 2 });
    for text in [
        "tsa ".to_owned(),
        "tsa -".to_owned(),
        format!("tsa  {root}"),
        format!("tsa {root}="),
        format!("tsa {}", &root[4..]),
        format!("tsa {} {}", &root[..40], &root[40..]),
        format!("tsa {}", base64("leaf")),
        format!("tsa {}", key(1).verifier()),
        format!("tsa {}", STANDARD.encode(clock.0.read("root.pem"))),
        format!("tsa {}", STANDARD.encode([&clock.0.read("root.der")[..], &[0]].concat())),
    ] {
        if text == "tsa " {
            assert!(add_file(&mut Trust::default(), &text).is_err());
        } else {
            bad(&format!("# one\n{text}"), TrustError::Authority { line: 2 });
        }
    }
    // In upper case it is a role that is none.
    assert!(matches!(add_file(&mut Trust::default(), &format!("TSA {root}")), Err(TrustError::Role { .. })));
    // A file of it, in either form.
    for name in ["root.pem", "root.der"] {
        assert_eq!(Root::read(&clock.0.read(name)).as_ref(), Ok(&trust.authorities()[0]));
    }
    let pem = String::from_utf8(clock.0.read("root.pem")).unwrap();
    let key = clock.0.read("root.key");
    for wrong in [pem.replace("CERTIFICATE", "CERT").into_bytes(), key, b"".to_vec(), pem.repeat(2).into_bytes()] {
        assert!(Root::read(&wrong).is_err());
    }
}
