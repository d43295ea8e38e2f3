//! A data folder that was restored from a backup or copied gets a new key and ledger; so does one whose key leaked. What
//! was sealed before stays and verifies under the old key.

use std::{
    fs,
    os::unix::process::ExitStatusExt,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use evidence::{
    key::VerifierKey,
    ledger::{Entry, EntryKind},
    note::Note,
    statement::{Renewal, RenewalReason, Start, Statement},
    trust::Trust,
    verdict::Verdict,
    verify::{Request, verify},
};
use station::{catalogue::State, data::Data, ledger::View};

#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/station.rs"]
mod station_program;

use daemon::{Daemon, configure};
use station_program::{CHANGES, Folder, ORDER, Said, Station, run};

const SECOND: [&str; 3] = ["--seconds", "1", "--fast"];

fn record(station: &Station) -> Said {
    run(&station.record_args("pattern:320x240@10", &SECOND))
}

fn vkey(station: &Station) -> VerifierKey {
    VerifierKey::parse(run(&["key", "--data", station.path()]).out.trim_end()).unwrap()
}

/// The ledger of this key in this folder.
fn ledger(folder: &Path, key: &VerifierKey) -> View {
    View::open(&folder.join("ledger"), key).unwrap()
}

fn entry(view: &View, n: u64) -> Entry {
    Entry::parse(std::str::from_utf8(&view.entry(n).unwrap()).unwrap()).unwrap()
}

fn retired(station: &Station, key: &VerifierKey) -> PathBuf {
    station.data.join("retired").join(key.signer().name.as_str().replace('/', "-"))
}

#[track_caller]
fn verifies(clip: &Path, key: &VerifierKey) {
    let mut trust = Trust::default();
    trust.add_station(&key.to_string()).unwrap();
    let request = Request { trust: &trust, order: None, threads: 1, progress: &mut |_, _| () };
    let report = verify(&fs::File::open(clip).unwrap(), request).unwrap();
    assert_eq!(report.verdict, Verdict::Verified, "{}: {:?}", clip.display(), report.findings);
}

/// The station has another key than `old`, whose ledger begins with a statement that names the old one's checkpoint.
#[track_caller]
fn renewed(station: &Station, old: &VerifierKey, size: u64, reason: RenewalReason) -> VerifierKey {
    let new = vkey(station);
    assert_ne!(new, *old);
    let folder = retired(station, old);
    let before = ledger(&folder, old);
    let said = &before.newest().said;
    assert_eq!(said.size, size);
    let first = entry(&ledger(&station.data, &new), 0);
    let stated = station.catalogue().stated().unwrap().into_iter().next().unwrap();
    assert_eq!((first.kind, first.statement, stated.entry), (EntryKind::Key, stated.hash, 0));
    let note = Note::parse(&stated.note).unwrap();
    note.verify(&new).unwrap();
    let renewal = Renewal::parse(&note.text).unwrap();
    assert_eq!((&renewal.station, &renewal.previous), (&new.signer().name, &old.signer().name));
    assert_eq!((renewal.previous_size, renewal.previous_root), (size, Some(said.root)));
    assert_eq!(renewal.reason, reason);
    assert_eq!(fs::read_to_string(folder.join("vkey")).unwrap().trim_end(), old.to_string());
    let secret = fs::read_to_string(folder.join("station.key")).unwrap();
    assert_eq!(evidence::key::SigningKey::parse(secret.trim_end()).unwrap().verifier(), old);
    assert!(!station.data.join("keys/station.key.new").exists());
    assert_eq!(station.catalogue().retiring().unwrap(), None);
    new
}

/// Copies a folder as `cp -a` does.
fn cp(from: &Path, to: &Path) {
    let done = Command::new("cp").arg("-a").args([from, to]).status().unwrap();
    assert!(done.success());
}

#[test]
fn a_copy_gets_a_new_key_and_the_original_goes_on() {
    let folder = Folder::new("restore-copy");
    let original = Station::at(&folder.path("data"));
    assert_eq!(record(&original).status, 0);
    let old = vkey(&original);
    let first = original.data.join(&original.clips()[0].path);
    cp(&original.data, &folder.path("copy"));
    let copy = Station::found(&folder.path("copy"));

    // Nothing is signed there before it has its new key.
    let files = copy.files();
    let output = folder.path("handed-out");
    let output = output.to_str().unwrap();
    for args in [
        &["check", "--data", copy.path()][..],
        &["seal-proof", ORDER, "--data", copy.path()],
        &["prove", ORDER, "--data", copy.path(), "-o", output],
    ] {
        let said = run(args);
        assert!(said.status == 2 && said.err.contains("was restored from a backup or copied"), "{args:?}: {said:?}");
        let zh = run(&[args, &["--lang", "zh"]].concat());
        assert!(zh.status == 2 && zh.err.contains("恢复或复制"), "{zh:?}");
    }
    assert!(copy.files() == files);
    assert_eq!(vkey(&copy), old);

    let said = record(&copy);
    assert_eq!(said.status, 0, "{}", said.err);
    let new = renewed(&copy, &old, 2, RenewalReason::Restored);
    assert!(said.err.contains("the key's file is a copy") && said.err.contains(new.signer().name.as_str()), "{said:?}");
    assert!(said.err.contains(&new.to_string()) && said.err.contains("have it enrolled anew"), "{said:?}");
    // Once.
    assert_eq!(record(&copy).err.matches("new key").count(), 0);
    assert_eq!(vkey(&copy), new);
    // Its clips are counted from 1, and are the new key's; the old one is there, under the old key.
    let clips = copy.clips();
    let start = |n: usize| Start::parse(&Note::parse(&clips[n].start).unwrap().text).unwrap();
    assert_eq!((clips.len(), clips[0].sequence, start(0).previous_start), (2, 1, None));
    clips.iter().for_each(|clip| verifies(&copy.data.join(&clip.path), &new));
    let before = copy.data.join(first.strip_prefix(&original.data).unwrap());
    verifies(&before, &old);
    let said = copy.check();
    let line = format!("retired key {}: clips 1, not there 0, others 0\n", old.signer().name);
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{said:?}");
    assert!(said.out.starts_with(&line) && said.out.contains("check: clips 2, damaged 0"), "{said:?}");
    let said = run(&["list", "--data", copy.path()]);
    assert!(said.out.lines().count() == 3 && said.out.contains(&format!("({})", old.signer().name)), "{said:?}");
    let id = copy.catalogue().retired(None).unwrap()[0].clips[0].id.to_string();
    let said = run(&["seal-proof", &id, "--data", copy.path()]);
    assert!(said.status == 2 && said.err.contains("is of the retired key"), "{said:?}");

    // The original knows nothing of it.
    assert_eq!(record(&original).status, 0);
    assert_eq!(vkey(&original), old);
    assert!(!original.data.join("retired").exists());
    original.clean(2, 0, 0);

    // What a person removes is said, and what is altered.
    let sealed = fs::read(&before).unwrap();
    let mut altered = sealed.clone();
    altered[sealed.len() / 2] ^= 1;
    fs::write(&before, &altered).unwrap();
    assert_eq!(copy.check().status, 1);
    fs::remove_file(&before).unwrap();
    let said = copy.check();
    assert!(said.status == 0 && said.out.contains("clips 0, not there 1, others 0"), "{said:?}");
}

#[test]
fn an_older_copy_in_its_place_gets_a_new_key() {
    let folder = Folder::new("restore-older");
    let station = Station::at(&folder.path("data"));
    assert_eq!(record(&station).status, 0);
    let old = vkey(&station);
    cp(&station.data, &folder.path("backup"));
    assert_eq!(record(&station).status, 0);
    fs::remove_dir_all(&station.data).unwrap();
    cp(&folder.path("backup"), &station.data);
    // Its daemon says so, too.
    configure(
        &station,
        "language = \"en\"\n[[bench]]\nname = \"bench-1\"\ncamera = \"pattern:320x240@10\"\nscanners = []\n",
    );
    let daemon = Daemon::start(&station, &[]);
    let new = vkey(&station);
    daemon.says("This data folder was restored from a backup or copied");
    daemon.says(&new.to_string());
    let said = &daemon.status()["station"]["renewed"];
    assert_eq!((&said["key"], &said["reason"]), (&new.signer().name.as_str().into(), &"restored".into()));
    assert_eq!(said["previous"], old.signer().name.as_str());
    daemon.ready(Duration::from_secs(1));
    daemon.scan("SF1390000000002");
    daemon.recorded(1.0);
    assert_eq!(daemon.stop().0, 0);
    renewed(&station, &old, 2, RenewalReason::Restored);
    assert_eq!(station.clips()[0].sequence, 1);
    let said = station.check();
    assert!(said.status == 0 && said.out.contains("clips 1, not there 0, others 0"), "{said:?}");
}

#[test]
fn what_moves_nothing_keeps_the_key() {
    let folder = Folder::new("restore-moved");
    let station = Station::at(&folder.path("data"));
    assert_eq!(record(&station).status, 0);
    let old = vkey(&station);
    let again = |station: &Station, what: &str| {
        let said = record(station);
        assert_eq!((said.status, vkey(station) == old), (0, true), "{what}: {}", said.err);
        assert!(!station.data.join("retired").exists(), "{what}");
    };
    again(&station, "a restart");
    fs::rename(&station.data, folder.path("moved")).unwrap();
    let station = Station::found(&folder.path("moved"));
    again(&station, "moved");
    // Of an earlier version: it lives here from now on.
    fs::remove_file(station.data.join("keys/home")).unwrap();
    again(&station, "an upgrade");
    assert!(station.data.join("keys/home").exists());
    cp(&station.data, &folder.path("copy"));
    let copy = Station::found(&folder.path("copy"));
    assert_eq!(record(&copy).status, 0);
    assert_ne!(vkey(&copy), old);
    again(&station, "beside its copy");
    station.clean(5, 0, 0);
    // Where nobody knows, nothing is signed.
    fs::write(station.data.join("keys/home"), "{}").unwrap();
    let said = record(&station);
    assert!(said.status == 2 && said.err.contains("keys/home is damaged"), "{said:?}");
}

#[test]
fn an_open_clip_of_a_copy_is_left_to_its_original() {
    let folder = Folder::new("restore-open");
    let original = Station::at(&folder.path("data"));
    let mut recording = original.start("pattern:320x240@10", &[]);
    recording.wait_begun();
    // As a snapshot of a running machine has it: nothing of the copy is in the middle of a write.
    std::thread::sleep(Duration::from_millis(300));
    recording.signal(rustix::process::Signal::KILL);
    drop(recording);
    cp(&original.data, &folder.path("copy"));
    let copy = Station::found(&folder.path("copy"));
    let old = vkey(&original);
    let path = copy.data.join(&original.clips()[0].path);
    let open = fs::read(&path).unwrap();
    assert_eq!(record(&copy).status, 0);
    renewed(&copy, &old, 1, RenewalReason::Restored);
    assert!(fs::read(&path).unwrap() == open, "it was recovered with the old key");
    assert_eq!(copy.catalogue().retired(None).unwrap()[0].clips[0].state, State::Open);
    let said = copy.check();
    assert!(said.status == 0 && said.out.contains("clips 0, not there 0, others 1"), "{said:?}");
    let said = original.check();
    assert!(said.status == 0 && said.err.contains("sealed as recovered"), "{said:?}");
}

#[test]
fn a_new_key_on_request_and_where_something_was_set_back() {
    let station = Station::new("renew");
    assert_eq!(record(&station).status, 0);
    run(&["hold", ORDER, "--reason", "dispute", "--data", station.path()]);
    let first = vkey(&station);
    // Not while somebody records.
    let mut recording = station.start("pattern:320x240@10", &[]);
    recording.wait_begun();
    let said = run(&["renew-key", "--data", station.path()]);
    assert!(said.status == 2 && said.err.contains("another process records"), "{said:?}");
    recording.signal(rustix::process::Signal::KILL);
    drop(recording);
    // The clip that is open is closed with its own key first.
    let said = run(&["renew-key", "--data", station.path()]);
    assert_eq!((said.status, said.out.trim_end()), (0, &*vkey(&station).to_string()), "{}", said.err);
    assert!(said.err.contains("sealed as recovered") && said.err.contains("have it revoked"), "{said:?}");
    let second = renewed(&station, &first, 4, RenewalReason::Requested);
    assert!(station.catalogue().holds().unwrap()[0].is_on(), "a hold is lost");
    assert_eq!(record(&station).status, 0);

    // A ledger that was set back stops recording, and this is the way out: what was signed last is named.
    let catalogue = station.data.join("catalogue.sqlite");
    let before = fs::read(&catalogue).unwrap();
    assert_eq!(record(&station).status, 0);
    fs::write(&catalogue, &before).unwrap();
    let said = record(&station);
    assert!(said.status == 2 && said.err.contains("renew-key") && said.err.contains("was set back"), "{said:?}");
    let said = run(&["record", "--lang", "zh", "--data", station.path(), "--order", ORDER, "--source", "pattern"]);
    assert!(said.status == 2 && said.err.contains("renew-key") && !said.err.is_ascii(), "{said:?}");
    let said = run(&["renew-key", "--data", station.path(), "--lang", "zh"]);
    assert!(said.status == 0 && said.err.contains("新密钥"), "{said:?}");
    let third = renewed(&station, &second, 5, RenewalReason::Requested);
    assert_eq!(record(&station).status, 0);
    assert_eq!(Data::open(&station.data).unwrap().key().unwrap().verifier(), &third);
    let keys: Vec<_> = station.catalogue().retired(None).unwrap().into_iter().map(|retired| retired.key).collect();
    assert_eq!(keys, [first, second]);
}

#[test]
fn killed_before_each_change_of_a_file() {
    let folder = Folder::new("renew-killed");
    let station = Station::at(&folder.path("data"));
    assert_eq!(record(&station).status, 0);
    fs::create_dir(station.data.join("enrolments")).unwrap();
    fs::write(station.data.join("enrolments/some.note"), "some").unwrap();
    let old = vkey(&station);
    let clip = station.clips()[0].path.clone();
    let (mut before, mut after, mut cut) = (0, 0, 0);
    let mut call = (0, 1);
    while let Some(name_of_call) = CHANGES.get(call.0) {
        let copy = station.copy("renew-killed");
        let when = format!("{name_of_call} {}", call.1);
        let inject = format!("inject={name_of_call}:signal=KILL:when={}", call.1);
        let args = ["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={name_of_call}"), "-e", &inject];
        let renewing = [env!("CARGO_BIN_EXE_packseal-station"), "renew-key", "--data", copy.path()];
        let output = Command::new("strace").args(args).args(renewing).output().expect("strace");
        if output.status.success() {
            renewed(&copy, &old, 2, RenewalReason::Requested);
            call = (call.0 + 1, 1);
            continue;
        }
        assert_eq!(output.status.signal(), Some(9), "strace {when}");
        call.1 += 1;
        // There is always a key, the old or the new one, and none in between.
        let here = vkey(&copy);
        let pending = copy.catalogue().retiring().unwrap().is_some();
        cut += u32::from(pending);
        let said = copy.check();
        assert_eq!(said.status, 0, "{when}: {said:?}");
        let now = vkey(&copy);
        verifies(&copy.data.join(&clip), &old);
        if copy.catalogue().retired(None).unwrap().is_empty() {
            before += 1;
            assert!(here == old && now == old && !pending, "{when}");
            assert_eq!(copy.clips().len(), 1, "{when}");
            assert_eq!(fs::read(copy.data.join("enrolments/some.note")).unwrap(), b"some", "{when}");
            // It can be asked for again.
            let said = run(&["renew-key", "--data", copy.path()]);
            assert_eq!(said.status, 0, "{when}: {said:?}");
        } else {
            after += 1;
            assert!(here == old || here == now, "{when}");
        }
        renewed(&copy, &old, 2, RenewalReason::Requested);
        assert_eq!(fs::read(retired(&copy, &old).join("enrolments/some.note")).unwrap(), b"some", "{when}");
        assert!(!copy.data.join("enrolments").exists(), "{when}");
        if (before + after) % 8 == 0 {
            assert_eq!(record(&copy).status, 0, "{when}");
            assert_eq!(copy.clips()[0].sequence, 1, "{when}");
            assert_eq!(copy.check().status, 0, "{when}");
        }
    }
    println!("killed {before} times before and {after} times behind the commit point, {cut} times in between");
    assert!(before > 10 && cut > 10);
}
