//! PROOF behind clips that are sealed: by the bench itself and by `seal-proof`, while something is recorded, after a crash
//! at every step, on a disk without room, and where something else stands there.

use std::{fs, os::unix::process::ExitStatusExt, path::Path, process::Command, time::Duration};

use evidence::{
    bmff::StatementBox,
    key::SigningKey,
    statement::{PartKind, Proof},
    value::Value,
    verdict::Verdict,
};
use station::data::Data;

#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/merchant.rs"]
mod merchant;
#[path = "support/station.rs"]
mod station_program;

use daemon::{Daemon, clips_of, configure};
use merchant::{EVERY, enrolled, other_root, seal};
use station_program::{CHANGES, ORDER, run, verifier};

#[test]
fn a_bench_puts_it_behind_its_clips_by_itself() {
    let (merchant, station, before, _) = enrolled("proof-bench");
    let altered = station.record("pattern:320x240@10", &["--seconds", "2", "--fast"]);
    let (bare, mut other) = (fs::read(&before).unwrap(), fs::read(&altered).unwrap());
    let middle = other.len() / 2;
    other[middle] ^= 1;
    fs::write(&altered, &other).unwrap();
    configure(&station, "[[bench]]\ncamera = \"pattern:320x240@10\"\nscanners = []\n");
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    daemon.scan("SF1390000000007");
    daemon.recorded(1.0);
    daemon.scan("PACKSEAL-END");
    daemon.sealed(1);
    daemon.proven(&station);
    // Also behind one that was recorded without the bench; the sealed part stays.
    let now = fs::read(&before).unwrap();
    assert!(now.len() > bare.len() && now.starts_with(&bare));
    let trust = merchant.trust("trust", "");
    for clip in [&before, &clips_of(&station, "SF1390000000007")[0]] {
        let said = verifier(&["verify", clip.to_str().unwrap(), "--trust", &trust]);
        assert_eq!(said.status, 0, "{said:?}");
        assert!(said.out.contains("enrolled by merchant/") && said.out.contains("INCLUDED: "), "{}", said.out);
    }
    // One that was altered is left as it is, told once, and holds up no other.
    assert!(fs::read(&altered).unwrap() == other);
    let told = format!("{}: no proof: ", altered.strip_prefix(&station.data).unwrap().display());
    assert_eq!(daemon.said().matches(&told).count(), 1, "{}", daemon.said());
    // It is put there once, whatever the ledger has since.
    let own = station.files();
    assert_eq!(daemon.stop().0, 0);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::from_secs(3));
    assert!(!daemon.said().contains(": no proof: "), "{}", daemon.said());
    assert_eq!(daemon.stop().0, 0);
    let clips =
        |files: Vec<_>| files.into_iter().filter(|(path, _): &(std::path::PathBuf, _)| path.starts_with("clips"));
    assert!(clips(station.files()).eq(clips(own)));
    // A crash before the catalogue knew of it repeats it.
    station.sql("UPDATE clip SET proven = 0");
    let daemon = Daemon::start(&station, &[]);
    daemon.proven(&station);
    assert!(fs::read(&before).unwrap().starts_with(&bare) && station.verified(&before).proof > 0);
    assert_eq!(daemon.stop().0, 0);
}

#[test]
fn while_the_station_records() {
    let (_merchant, station, clip, _) = enrolled("enrolment-busy");
    let mut recording = station.start("pattern:320x240@10", &[]);
    recording.wait_begun();
    // Of the order, also the clip that is still open: it is left alone.
    let said = seal(&station, ORDER);
    assert_eq!((said.status, said.out.lines().count()), (0, 1), "{}{}", said.out, said.err);
    recording.signal(rustix::process::Signal::INT);
    assert_eq!(recording.end(Duration::from_secs(20)).status, 0);
    assert!(station.verified(&clip).proof > 0);
    let said = seal(&station, ORDER);
    assert_eq!((said.status, said.out.lines().count()), (0, 2), "{}{}", said.out, said.err);
    station.clean(2, 0, 0);
}

/// Bytes of the file that a state has: the sealed part and so much of a PROOF.
struct Torn<'a> {
    name: String,
    behind: &'a [u8],
}

#[test]
fn a_crash_at_every_step_of_writing_a_proof() {
    let (merchant, station, clip, vkey) = enrolled("enrolment-crash");
    let bare = fs::read(&clip).unwrap();
    let id = station.verified(&clip).start.clip.to_string();
    assert_eq!(seal(&station, ORDER).status, 0);
    let old = fs::read(&clip).unwrap()[bare.len()..].to_vec();
    // A longer one, and a shorter one, take its place.
    let longer = merchant.enrol(
        &vkey,
        "longer",
        &["--not-before", "2026-02-01", "--not-after", "2099-01-01", EVERY[2], EVERY[3]],
    );
    assert_eq!(run(&["enrol", &longer, "--data", station.path()]).status, 0);
    assert_eq!(seal(&station, ORDER).status, 0);
    let new = fs::read(&clip).unwrap()[bare.len()..].to_vec();
    assert_ne!(old.len(), new.len());

    let name = clip.strip_prefix(&station.data).unwrap();
    let step = if std::env::var_os("PACKSEAL_SOAK").is_some() { 1 } else { 157 };
    for (old, new) in [(&old[..], &new[..]), (&new, &old), (&[], &new)] {
        let mut states = vec![
            Torn { name: "made ready".into(), behind: old },
            Torn { name: "cut".into(), behind: &[] },
            Torn { name: "appended".into(), behind: new },
        ];
        let lengths = (1..new.len()).step_by(step).chain([7, 8, 23, 24, 27, 28, new.len() - 1]);
        states.extend(lengths.map(|n| Torn { name: format!("appended up to {n}"), behind: &new[..n] }));
        // A file system may have made room, and not written into it.
        let zeros = vec![0; new.len()];
        states.push(Torn { name: "zeros".into(), behind: &zeros });
        for Torn { name: state, behind } in states {
            let copy = station.copy("enrolment-crash");
            let clip = copy.data.join(name);
            fs::write(&clip, [&bare[..], behind].concat()).unwrap();
            fs::write(copy.data.join("proofs").join(&id), new).unwrap();
            // But for a part of a PROOF it verifies as it is.
            if behind == old || behind.is_empty() || behind == new {
                copy.verified(&clip);
            } else {
                assert_eq!(copy.report(&clip).verdict, Verdict::Rejected, "{state}");
            }
            let said = copy.check();
            assert_eq!(said.status, 0, "{state}: {said:?}");
            assert!(said.err.contains("its proof was being written; it is whole now"), "{state}: {said:?}");
            assert!(fs::read(&clip).unwrap() == [&bare[..], new].concat(), "{state}");
            assert!(!copy.data.join("proofs").join(&id).exists(), "{state}");
            copy.clean(1, 0, 0);
        }
    }
    // `seal-proof` itself finishes what was begun.
    fs::write(&clip, [&bare[..], &new[..30]].concat()).unwrap();
    fs::write(station.data.join("proofs").join(&id), &new).unwrap();
    assert_eq!(seal(&station, ORDER).status, 0);
    assert!(fs::read(&clip).unwrap() == [&bare[..], &new].concat());
    // What is made ready is half written itself: the clip was not touched yet.
    fs::write(station.data.join("proofs").join(format!("{id}.new")), &new[..30]).unwrap();
    station.clean(1, 0, 0);
}

#[test]
fn killed_before_each_change_of_a_file() {
    let (merchant, station, clip, vkey) = enrolled("enrolment-killed");
    let bare = fs::read(&clip).unwrap();
    let name = clip.strip_prefix(&station.data).unwrap();
    let prepared = Path::new("proofs").join(station.verified(&clip).start.clip.to_string());
    let (mut cut, mut changes) = (0, 0);
    for proof_there in [false, true] {
        if proof_there {
            assert_eq!(seal(&station, ORDER).status, 0);
            // A new one takes its place.
            let note = merchant.enrol(&vkey, "new", &["--not-before", "2026-02-01", EVERY[2], EVERY[3]]);
            assert_eq!(run(&["enrol", &note, "--data", station.path()]).status, 0);
        }
        let old = fs::read(&clip).unwrap();
        let new = {
            let copy = station.copy("enrolment-killed");
            assert_eq!(seal(&copy, ORDER).status, 0);
            fs::read(copy.data.join(name)).unwrap()
        };
        assert!(old != new);
        // Each call of each of them: until it is not called so often.
        let mut call = (0, 1);
        while let Some(name_of_call) = CHANGES.get(call.0) {
            let copy = station.copy("enrolment-killed");
            let clip = copy.data.join(name);
            let when = format!("{name_of_call} {}", call.1);
            let inject = format!("inject={name_of_call}:signal=KILL:when={}", call.1);
            let args = ["-f", "-qq", "-o", "/dev/null", "-e", &format!("trace={name_of_call}"), "-e", &inject];
            let sealing = [env!("CARGO_BIN_EXE_packseal-station"), "seal-proof", ORDER, "--data", copy.path()];
            let status = Command::new("strace").args(args).args(sealing).output().expect("strace").status;
            if status.success() {
                assert!(fs::read(&clip).unwrap() == new && !copy.data.join(&prepared).exists());
                call = (call.0 + 1, 1);
                continue;
            }
            assert_eq!(status.signal(), Some(9), "strace {when}");
            call.1 += 1;
            // It verifies, with this PROOF, the old one, or none; and none in place of one only while one is ready.
            copy.verified(&clip);
            let now = fs::read(&clip).unwrap();
            let ready = fs::read(copy.data.join(&prepared)).ok();
            assert!(now == old || now == bare || now == new, "{when}");
            assert!(now == old || now == new || ready.is_some(), "{when}: an old PROOF is lost");
            assert!(ready.is_none_or(|proof| new[bare.len()..] == proof), "{when}");
            cut += u32::from(proof_there && now == bare);
            let finished = now == new || copy.data.join(&prepared).exists();
            assert_eq!(copy.check().status, 0, "{when}");
            let then = fs::read(&clip).unwrap();
            assert!(then == if finished { &new[..] } else { &old }, "{when}");
            copy.clean(1, 0, 0);
            changes += 1;
        }
    }
    println!("killed before {changes} changes; {cut} times an old PROOF was cut off and the new one not yet there");
    assert!(cut > 0 && changes > 20);
}

#[test]
fn a_clip_that_cannot_grow_verifies_without_a_proof() {
    let (_merchant, station, small, _) = enrolled("enrolment-full");
    let clip = station.record("pattern:1280x720@10", &["--seconds", "10", "--fast"]);
    let bare = fs::read(&clip).unwrap();
    assert!(small.exists() && bare.len() > 70_000, "the catalogue's files are as large: {}", bare.len());
    // No file may grow beyond a little more than the clip: PROOF fits by itself, but not behind it.
    let limit = format!("--fsize={}", bare.len() + 100);
    let sealing =
        [env!("CARGO_BIN_EXE_packseal-station"), "seal-proof", clip.to_str().unwrap(), "--data", station.path()];
    let script = "trap '' XFSZ; exec prlimit \"$@\"";
    let said = Command::new("sh").args(["-c", script, "sh", &limit]).args(sealing).output().unwrap();
    let err = String::from_utf8(said.stderr).unwrap();
    assert_eq!(said.status.code(), Some(1), "{err}");
    assert!(err.contains("check the disk"), "{err}");
    assert!(fs::read(&clip).unwrap() == bare, "a part of PROOF was left");
    // With room it is put in.
    let said = station.check();
    assert!(said.status == 0 && said.err.contains("it is whole now"), "{said:?}");
    assert!(station.verified(&clip).proof > 0);
}

#[test]
fn what_is_no_proof_of_this_station_is_neither_written_nor_replaced() {
    let (_merchant, station, clip, _) = enrolled("enrolment-strange");
    let bare = fs::read(&clip).unwrap();
    let facts = station.verified(&clip);
    let end = station.report(&clip).last.unwrap();
    let key = Data::open(&station.data).unwrap().key().unwrap();
    let proof = |kinds: &[&str], key: &SigningKey| {
        let parts: Vec<_> = kinds.iter().map(|k| (PartKind::parse(k).unwrap(), b"something".to_vec())).collect();
        StatementBox::Proof.wrap(&Proof::content(facts.start.clip, end, &parts, key).unwrap())
    };
    for (behind, why) in [
        (proof(&["later"], &key), "its proof is by a newer version"),
        (proof(&["enrolment"], &key), "something that is no proof"),
        (proof(&["later"], &other_root()), "something that is no proof"),
        (b"x".to_vec(), "something that is no proof"),
        (vec![0; 5 << 20], "something that is no proof"),
    ] {
        let whole = [&bare[..], &behind].concat();
        fs::write(&clip, &whole).unwrap();
        let said = seal(&station, ORDER);
        assert!(said.status == 1 && said.err.contains(why), "{said:?}");
        assert!(fs::read(&clip).unwrap() == whole, "it was touched: {why}");
        assert_eq!(station.check().status, 1, "{why}");
    }
    fs::write(&clip, &bare).unwrap();
    // What somebody else made ready is not put in, but kept.
    let id = facts.start.clip.to_string();
    for strange in [
        proof(&["enrolment"], &key),
        proof(&["later"], &key),
        proof(&["enrolment"], &other_root()),
        b"x".to_vec(),
        vec![],
    ] {
        fs::write(station.data.join("proofs").join(&id), &strange).unwrap();
        let said = station.check();
        assert!(said.status == 0 && said.err.contains("cannot be finished"), "{said:?}");
        assert!(fs::read(&clip).unwrap() == bare);
        assert!(fs::read(station.data.join(format!("damaged/{id}.proof"))).unwrap() == strange);
    }
    // Nor for a clip that the station does not have.
    fs::write(station.data.join("proofs").join("0".repeat(32)), b"x").unwrap();
    station.clean(1, 0, 0);
    // An altered clip gets none.
    let mut altered = bare.clone();
    altered[bare.len() / 2] ^= 1;
    fs::write(&clip, &altered).unwrap();
    let said = seal(&station, ORDER);
    assert!(said.status == 1 && said.err.contains("no proof:"), "{said:?}");
    assert!(fs::read(&clip).unwrap() == altered);
    fs::write(&clip, &bare[..bare.len() - 1]).unwrap();
    let said = seal(&station, ORDER);
    assert!(said.status == 1 && said.err.contains("container.truncated"), "{said:?}");
}
