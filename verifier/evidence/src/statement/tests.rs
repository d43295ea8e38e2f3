//! The grammar: what is written reads back as the same bytes, and nothing else is read.

use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;
use crate::{
    key::VerifierKey,
    note::{self, Note},
    value::*,
};

fn config() -> ProptestConfig {
    // Failures print their input; nothing is kept in the tree.
    ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(256) }
}

fn of<T: Value + Clone + std::fmt::Debug + 'static>(pattern: &'static str) -> impl Strategy<Value = T> {
    pattern.prop_filter_map("not a value", |text| T::parse(&text))
}

fn one<T: Copy + std::fmt::Debug + 'static>(all: &'static [T]) -> impl Strategy<Value = T> {
    select(all)
}

fn number() -> impl Strategy<Value = u64> {
    prop_oneof![0..1000_u64, 0..=MAX_NUMBER, Just(MAX_NUMBER)]
}

fn signed() -> impl Strategy<Value = i64> {
    (number(), any::<bool>()).prop_map(|(n, minus)| if minus { -(n as i64) } else { n as i64 })
}

fn hash() -> impl Strategy<Value = Hash> {
    any::<[u8; 32]>().prop_map(Hash)
}

fn id() -> impl Strategy<Value = Id> {
    any::<[u8; 16]>().prop_map(Id)
}

fn time() -> impl Strategy<Value = Time> {
    (0..=253_370_764_799_999_999_i64).prop_map(Time)
}

fn order() -> impl Strategy<Value = Order> {
    of("[A-Za-z0-9._-]{1,64}")
}

fn token() -> impl Strategy<Value = Token> {
    of("[A-Za-z0-9._+-]{1,64}")
}

fn name() -> impl Strategy<Value = KeyName> {
    of("[a-z0-9.-]{1,40}/[0-9a-f]{16}")
}

fn rate() -> impl Strategy<Value = Rate> {
    (1..200_000_u32, 1..2000_u32).prop_filter_map("outside", |(num, den)| Rate::new(num, den))
}

fn event_kind() -> impl Strategy<Value = EventKind> {
    use EventKind::*;
    let code = || 1..=4096_u64;
    let frames = || 1..=MAX_NUMBER;
    let plain = [
        NextScan,
        OperatorOff,
        Frozen,
        Unfrozen,
        Dark,
        Lit,
        Still,
        Moving,
        CameraLost,
        CameraStalled,
        CameraBack,
        CaptureRestarted,
    ];
    prop_oneof![
        select(plain.to_vec()),
        order().prop_map(OrderScan),
        order().prop_map(OrderApi),
        (one(CodeClass::ALL), code()).prop_map(|(class, n)| OtherCode(class, n)),
        one(super::Control::ALL).prop_map(Control),
        token().prop_map(Operator),
        (order(), frames()).prop_map(|(order, n)| LabelRead(order, n)),
        (code(), frames()).prop_map(|(n, frames)| LabelConflict(n, frames)),
        (signed(), one(WeightState::ALL)).prop_map(|(mg, state)| Weight(mg, state)),
        signed().prop_filter_map("no step", |us| (us != 0).then_some(ClockStep(us))),
    ]
}

fn events(span: u64) -> impl Strategy<Value = Events> {
    vec((0..=span, event_kind()), 0..20).prop_map(|mut events| {
        events.sort_by_key(|(offset, _)| *offset);
        Events(events.into_iter().map(|(offset, kind)| Event { offset, kind }).collect())
    })
}

prop_compose! {
    fn start()(
        (station, clip, sequence, previous, environment, order) in (name(), id(), 1..=MAX_NUMBER, hash(), option::of(hash()), option::of(order())),
        (opened, opened_time, direction, session, role, bench, operator) in
            (one(Opened::ALL), time(), one(Direction::ALL), option::of(id()), token(), token(), option::of(token())),
        (source, simulated, camera, encoding, width, height, frame_rate, overlay) in
            (one(Source::ALL), any::<bool>(), of::<Camera>("[!-~]{1,200}"), one(Encoding::ALL), any::<u16>(), any::<u16>(), rate(), any::<bool>()),
        (audio, init_length, init, first_frame_time) in (one(Audio::ALL), number(), hash(), time()),
        (state, clock_offset, clock_uncertainty, clock_source, token) in
            (0..3_usize, option::of(signed()), option::of(number()), option::of(token()), option::of((hash(), time()))),
        (software, program, key_protection) in (token(), hash(), one(KeyProtection::ALL)),
    ) -> Start {
        let simulated = simulated && matches!(source, Source::File | Source::Pattern);
        Start {
            station, clip, sequence,
            previous_start: (sequence != 1).then_some(previous),
            environment, order, opened, opened_time, direction, session, role, bench, operator, source,
            clock: if simulated { ClockKind::Simulated } else { ClockKind::Real },
            camera, codec: Codec::H264, encoding, size: Size { width, height }, frame_rate,
            overlay: (overlay && encoding == Encoding::ReEncoded).then_some(Overlay::OrderStationTime),
            audio, init_length, init, first_frame_time,
            clock_state: if simulated { ClockState::Simulated } else { ClockState::ALL[state] },
            clock_offset, clock_uncertainty, clock_source,
            time_token: token.map(|t| t.0), time_token_time: token.map(|t| t.1),
            software, program, key_protection,
        }
    }
}

prop_compose! {
    fn link()(span in 1..=3_600_000_000_u64)(
        events in events(span), span in Just(span), clip in id(), index in number(), previous in hash(),
        (empty, hash, frames, media) in (any::<bool>(), hash(), 1..=240_u64, 1..1_000_000_u64),
        (first_frame, lost, tick, ticks) in (number(), number(), 0..MAX_NUMBER - 180_000, 1..=180_000_u64),
        (monotonic, from, to) in (0..MAX_NUMBER - 3_600_000_000, time(), time()),
    ) -> Link {
        Link {
            clip, index, previous,
            length: if empty { 0 } else { 96 + 16 * frames + media },
            fragment: (!empty).then_some(hash),
            frames: if empty { 0 } else { frames },
            first_frame, lost, ticks: (tick, tick + ticks), monotonic: (monotonic, monotonic + span),
            time: (from, to), events, events_dropped: 0,
        }
    }
}

prop_compose! {
    fn end()(
        (clip, links, previous, order, reason) in (id(), 1..=MAX_NUMBER, hash(), option::of(order()), one(Reason::ALL)),
        (frames, lost, ticks, time, last, recovered, discarded) in
            (1..=MAX_NUMBER, number(), number(), time(), time(), time(), number()),
    ) -> End {
        let is_recovered = reason == Reason::Recovered;
        End {
            clip, links, previous, order, reason, frames, lost, ticks, time,
            last_frame_time: is_recovered.then_some(last),
            recovered_time: is_recovered.then_some(recovered),
            discarded: if is_recovered { discarded } else { 0 },
        }
    }
}

prop_compose! {
    fn proof()(clip in id(), end in hash(), parts in vec((of::<PartKind>("[a-z0-9-]{1,32}"), number(), hash()), 1..=64)) -> Proof {
        let parts = parts.into_iter().map(|(kind, length, hash)| Part { kind, length, hash }).collect();
        Proof { clip, end, parts: Parts(parts) }
    }
}

/// The keys of a root and of a station.
fn keys() -> impl Strategy<Value = (KeyName, VerifierKey)> {
    any::<([u8; 32], [u8; 32])>().prop_filter_map("one key", |(root, station)| {
        let root = SigningKey::from_seed("merchant", &root).ok()?.verifier().signer().name.clone();
        let station = SigningKey::from_seed("bench", &station).ok()?.verifier().clone();
        Some((root, station))
    })
}

prop_compose! {
    fn enrolment()(
        (root, station) in keys(), not_before in time(), after in option::of(time()), certificate in option::of(hash()),
        sources in select(&["usb", "usb,rtsp", "rtsp,file", "file,pattern", "usb,rtsp,file,pattern"][..]),
    ) -> Enrolment {
        let not_after = after.map(|after| after.max(not_before));
        Enrolment { root, station, not_before, not_after, sources: Sources::parse(sources).expect("sources"), certificate }
    }
}

prop_compose! {
    fn revocation()((root, station) in keys(), time in time(), reason in one(RevocationReason::ALL)) -> Revocation {
        Revocation { root, station, time, reason }
    }
}

prop_compose! {
    fn tombstone()(
        station in name(), clip in id(), sequence in 1..=MAX_NUMBER, start in hash(),
        reason in one(TombstoneReason::ALL), time in time(),
    ) -> Tombstone {
        Tombstone { station, clip, sequence, start, reason, time }
    }
}

fn visible() -> impl Strategy<Value = Visible> {
    of("[!-~]{1,200}")
}

prop_compose! {
    fn environment()(
        (station, time, software, program, os, kernel) in
            (name(), time(), token(), hash(), option::of(visible()), option::of(visible())),
        cameras in vec((token(), visible(), option::of(visible())), 0..=16),
        (disk_free, file_system, disk_access, disk_errors, disk_health) in (
            option::of(number()), option::of(token()), option::of(one(DiskAccess::ALL)), option::of(number()),
            one(DiskHealth::ALL),
        ),
        (clock_state, clock_offset, clock_uncertainty, clock_source) in
            (one(ClockState::ALL), option::of(signed()), option::of(number()), option::of(token())),
        tests in vec(("[a-z0-9-]{1,32}", one(Outcome::ALL)), 1..=16),
    ) -> Environment {
        let camera = |(bench, configured, named)| BenchCamera { bench, configured, named };
        let cameras: Vec<_> = cameras.into_iter().map(camera).collect();
        let once: std::collections::BTreeMap<_, _> = tests.into_iter().collect();
        Environment {
            station, time, software, program, os, kernel,
            cameras: (!cameras.is_empty()).then_some(BenchCameras(cameras)),
            disk_free, file_system, disk_access, disk_errors, disk_health,
            clock_state, clock_offset, clock_uncertainty, clock_source,
            self_test: SelfTest(once.into_iter().collect()),
        }
    }
}

prop_compose! {
    fn renewal()(
        (station, previous) in (name(), name()).prop_filter("two keys", |(new, old)| new != old),
        (size, root, reason, time) in (1..=MAX_NUMBER, option::of(hash()), one(RenewalReason::ALL), time()),
    ) -> Renewal {
        let previous_size = root.map_or(0, |_| size);
        Renewal { station, previous, previous_size, previous_root: root, reason, time }
    }
}

prop_compose! {
    fn derivation()(
        (station, clip, end, order, kind) in (name(), id(), hash(), option::of(order()), one(DerivedKind::ALL)),
        (first, more, from, long) in (0..1000u64, 1..1000u64, 0..1000u64, 0..1000u64),
        (width, height, how, software, program) in (any::<u16>(), any::<u16>(), visible(), token(), hash()),
        (time, length, file) in (time(), 1..=MAX_NUMBER, hash()),
    ) -> Derivation {
        let (links, ticks) = ((first, first + more), (from, from + long));
        let size = Size { width, height };
        Derivation { station, clip, end, order, kind, links, ticks, size, how, software, program, time, length, file }
    }
}

prop_compose! {
    fn export()(
        (station, order, clip, end, preset) in (name(), order(), id(), hash(), token()),
        (by, time, files, list) in (option::of(token()), time(), 1..=MAX_NUMBER, hash()),
    ) -> Export {
        Export { station, order, clip, end, preset, by, time, files, list }
    }
}

prop_compose! {
    fn act()(
        (station, time, who) in (name(), time(), option::of(token())), (kind, about) in (one(ActKind::ALL), token()),
    ) -> Act {
        let is_log_in = matches!(kind, ActKind::LogIn | ActKind::LogInRefused);
        let who = if kind == ActKind::LogIn { who.or(Token::parse("anna")) } else { who };
        Act { station, time, who, kind, about: (!is_log_in).then_some(about) }
    }
}

/// One change of a text, of the kinds that a careless reader takes.
fn edited(text: &str, at: usize, kind: u8, byte: u8) -> String {
    let mut bytes = text.as_bytes().to_vec();
    let at = at % bytes.len();
    match kind % 9 {
        0 => bytes[at] = byte,
        1 => bytes.insert(at, byte),
        2 => drop(bytes.drain(at..=at)),
        3 => bytes[at] ^= 0x20,
        4 => bytes.insert(at, b' '),
        5 => bytes.insert(at, b'\n'),
        6 => bytes.insert(at, b'0'),
        7 => bytes.truncate(at),
        _ => {
            let line = bytes[at..].iter().position(|b| *b == b'\n').map_or(bytes.len(), |n| at + n + 1);
            let copy = bytes[at..line].to_vec();
            bytes.splice(line..line, copy);
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

/// Everything that must hold of a kind of statement.
fn holds<T: Statement + std::fmt::Debug>(statement: &T, edits: &[(usize, u8, u8)]) -> Result<(), TestCaseError> {
    let text = statement.text();
    let read = T::parse(&text);
    prop_assert_eq!(read.as_ref(), Ok(statement));
    for i in 0..=text.len() {
        prop_assert!(T::is_prefix(&text[..i]), "no prefix: {:?}", &text[..i]);
    }
    for &(at, kind, byte) in edits {
        let other = edited(&text, at, kind, byte);
        if let Ok(read) = T::parse(&other) {
            prop_assert_eq!(read.text(), other.clone());
            prop_assert!(other == text || read != *statement);
        }
    }
    Ok(())
}

fn edits() -> impl Strategy<Value = Vec<(usize, u8, u8)>> {
    vec((any::<usize>(), any::<u8>(), any::<u8>()), 40)
}

proptest! {
    #![proptest_config(config())]

    #[test]
    fn starts(statement in start(), edits in edits()) { holds(&statement, &edits)?; }

    #[test]
    fn links(statement in link(), edits in edits()) { holds(&statement, &edits)?; }

    #[test]
    fn ends(statement in end(), edits in edits()) { holds(&statement, &edits)?; }

    #[test]
    fn proofs(statement in proof(), edits in edits()) { holds(&statement, &edits)?; }

    #[test]
    fn tombstones(statement in tombstone(), edits in edits()) { holds(&statement, &edits)?; }

    #[test]
    fn enrolments(statement in enrolment(), edits in edits()) { holds(&statement, &edits)?; }

    #[test]
    fn environments(statement in environment(), edits in edits()) { holds(&statement, &edits)?; }

    #[test]
    fn renewals(statement in renewal(), edits in edits()) { holds(&statement, &edits)?; }

    #[test]
    fn derivations(statement in derivation(), edits in edits()) { holds(&statement, &edits)?; }

    #[test]
    fn exports(statement in export(), edits in edits()) { holds(&statement, &edits)?; }

    #[test]
    fn acts(statement in act(), edits in edits()) { holds(&statement, &edits)?; }

    #[test]
    fn revocations(statement in revocation(), edits in edits()) { holds(&statement, &edits)?; }

    /// A note that parses is the one that its parts make: there is no second form of the same signature.
    #[test]
    fn notes(statement in end(), edits in edits()) {
        let key = SigningKey::from_seed("test-bench", &[1; 32]).expect("a key");
        let (bytes, hash) = statement.seal(&key).expect("a statement that reads back");
        let text = std::str::from_utf8(&bytes).expect("text");
        let whole = Note::parse(&bytes).expect("a note");
        prop_assert_eq!((whole.hash, whole.verify(key.verifier())), (hash, Ok(())));
        for (at, kind, byte) in edits {
            let other = edited(text, at, kind, byte);
            if let Ok(read) = Note::parse(other.as_bytes()) {
                let same = (&read.text, &read.signer, read.signature) == (&whole.text, &whole.signer, whole.signature);
                prop_assert_eq!(same, other == text);
                prop_assert_eq!(read.verify(key.verifier()).is_ok(), same);
                // Written anew from its parts it is the same bytes.
                let mut again = note::sign(&read.text, &key);
                again.truncate(again.len() - 93);
                prop_assert!(read.signer != whole.signer || other.as_bytes().starts_with(&again));
            }
        }
    }
}

#[test]
fn statements_that_break_their_rule_are_not_sealed() {
    let key = SigningKey::from_seed("test-bench", &[1; 32]).expect("a key");
    let statement = Tombstone {
        station: key.verifier().signer().name.clone(),
        clip: Id([0; 16]),
        sequence: 1,
        start: Hash([0; 32]),
        reason: TombstoneReason::Retention,
        time: Time(0),
    };
    assert!(statement.seal(&key).is_ok());
    for wrong in [
        Tombstone { sequence: 0, ..statement.clone() },
        Tombstone { sequence: MAX_NUMBER + 1, ..statement.clone() },
        Tombstone { time: Time(-1), ..statement.clone() },
        Tombstone { time: Time(i64::MAX), ..statement },
    ] {
        assert_eq!(wrong.seal(&key), Err(Code::StatementGrammar));
    }
}

#[test]
fn a_proof_has_each_known_kind_once() {
    let key = SigningKey::from_seed("test-bench", &[1; 32]).expect("a key");
    let content = |kinds: &[PartKind]| {
        let parts: Vec<_> = kinds.iter().map(|kind| (kind.clone(), b"bytes".to_vec())).collect();
        Proof::content(Id([0; 16]), Hash([0; 32]), &parts, &key)
    };
    let newer = PartKind::Newer("newer".to_owned());
    assert!(content(&[PartKind::Enrolment, newer.clone(), newer.clone()]).is_ok());
    assert_eq!(content(&[PartKind::Enrolment, newer, PartKind::Enrolment]), Err(Code::StatementGrammar));
    // A kind that is known has one name only.
    assert_eq!(content(&[PartKind::Newer("enrolment".to_owned())]), Err(Code::StatementGrammar));
    assert_eq!(content(&[]), Err(Code::StatementGrammar));
    let large = [(PartKind::Enrolment, vec![0; 4 * 1024 * 1024])];
    assert_eq!(Proof::content(Id([0; 16]), Hash([0; 32]), &large, &key), Err(Code::ContainerLimits));
}

#[test]
fn sources_have_one_order() {
    for text in ["usb", "usb,rtsp", "rtsp,pattern", "usb,rtsp,file,pattern"] {
        let mut again = String::new();
        Sources::parse(text).expect(text).write(&mut again);
        assert_eq!(again, text);
    }
    for text in ["", "-", ",", "usb,", ",usb", "usb,usb", "rtsp,usb", "usb, rtsp", "USB", "usb rtsp", "camera"] {
        assert_eq!(Sources::parse(text), None, "{text}");
    }
    assert_eq!(Sources::new(|_| false), None);
}
