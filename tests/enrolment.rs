//! Whose key it is, from end to end: a root on the merchant's machine, a station, and the separate verifier that knows the
//! root alone. `packseal-verifier` stands beside `packseal-station`: `cargo build -p verifier`.

use std::{
    fs,
    os::unix::fs::{PermissionsExt, symlink},
    path::Path,
};

use evidence::{
    note,
    statement::{Enrolment, Sources, Statement},
    value::{Time, Value},
};

#[path = "support/merchant.rs"]
mod merchant;
#[path = "support/pictures.rs"]
mod pictures;
#[path = "support/station.rs"]
mod station_program;

use merchant::{EVERY, Merchant, enrolled, other_root, recorded, seal};
use pictures::{decoded, duration};
use station_program::{ORDER, Station, run, verifier};

#[test]
fn who_knows_the_root_alone_knows_the_station() {
    let (merchant, station, clip, vkey) = enrolled("enrolment");
    let (path, trust) = (clip.to_str().unwrap(), merchant.trust("trust", ""));
    let verify = |more: &[&str]| verifier(&[&["verify", path, "--order", ORDER], more].concat());
    let bare = fs::read(&clip).unwrap();
    assert_eq!(verify(&["--trust", &trust]).status, 3);
    assert_eq!(verify(&["--key", &vkey]).status, 0);

    let said = seal(&station, ORDER);
    assert_eq!(
        (said.status, said.out),
        (0, format!("{path}: proof sealed: enrolment, ledger as of 2 entries\n")),
        "{}",
        said.err
    );
    let sealed = fs::read(&clip).unwrap();
    assert!(sealed.len() > bare.len() && sealed.starts_with(&bare), "the sealed part changed");
    let said = verify(&["--trust", &trust]);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    let root = merchant.key().verifier().signer().name.clone();
    assert!(said.out.contains(&format!("enrolled by {root}, for pictures of usb,rtsp,file,pattern")), "{}", said.out);
    let said = verify(&["--trust", &trust, "--json"]);
    let object: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&object["signer"], &object["enrolled_by"]), (&"trusted".into(), &root.as_str().into()));
    // It is as good under the station's own key, and for players.
    assert_eq!(verify(&["--key", &vkey]).status, 0);
    let facts = station.verified(&clip);
    assert_eq!((decoded(&clip), facts.proof), (facts.frames, (sealed.len() - bare.len()) as u64));
    assert!((duration(&clip) - 2.0).abs() < 0.002);
    // The station takes it for the clip it recorded.
    station.clean(1, 0, 0);

    // Again, by file and by id: nothing is written.
    let id = facts.start.clip.to_string();
    for name in [path, &id] {
        let said = seal(&station, name);
        assert_eq!(
            (said.status, said.out),
            (0, format!("{path}: has this proof: enrolment, ledger as of 2 entries\n")),
            "{}",
            said.err
        );
    }
    let said = run(&["seal-proof", ORDER, "--data", station.path(), "--lang", "zh"]);
    assert_eq!(said.out, format!("{path}：已有该证明：登记、账本（截至 2 条）\n"));
    assert_eq!(fs::read(&clip).unwrap(), sealed);
    assert!(!station.data.join("proofs").join(id).exists());

    // Another root knows nothing of it.
    let other = Merchant::new("enrolment-other");
    assert_eq!(verifier(&["verify", path, "--trust", &other.trust("trust", "")]).status, 3);
}

#[test]
fn a_clip_of_before_there_was_a_ledger_needs_an_enrolment() {
    let (station, clip, vkey) = recorded("enrolment-before");
    let bare = fs::read(&clip).unwrap();
    station.sql("UPDATE clip SET start_entry = NULL, end_entry = NULL");
    let said = seal(&station, ORDER);
    assert!(said.status == 1 && said.err.contains("it is not in the ledger"), "{said:?}");
    assert_eq!(fs::read(&clip).unwrap(), bare);
    let merchant = Merchant::new("enrolment-before");
    let note = merchant.enrol(&vkey, "enrolment.note", &EVERY);
    assert_eq!(run(&["enrol", &note, "--data", station.path()]).status, 0);
    let said = seal(&station, ORDER);
    assert!(said.status == 0 && said.out.ends_with(": proof sealed: enrolment\n"), "{said:?}");
}

#[test]
fn a_revoked_station_is_revoked_for_whoever_has_the_line() {
    let (merchant, station, clip, vkey) = enrolled("enrolment-revoked");
    assert_eq!(seal(&station, ORDER).status, 0);
    let (path, key, note) = (clip.to_str().unwrap(), merchant.path("root/root.key"), merchant.path("revocation.note"));
    // The clip says that it is older than the revocation; that is its own word.
    let args = ["root", "revoke", &vkey, "--key", &key, "--reason", "stolen", "--time", "2100-01-01", "-o", &note];
    let said = run(&args);
    assert_eq!(said.status, 0, "{}", said.err);
    let (first, second) = said.out.split_once('\n').unwrap();
    assert_eq!(format!("{first}\n"), merchant.line);
    let said = verifier(&["verify", path, "--trust", &merchant.trust("trust", second), "--key", &vkey]);
    assert_eq!(said.status, 1);
    assert!(said.out.contains("REVOKED: bench-1/") && said.out.contains(": stolen"), "{}", said.out);
    // Of another root: not a word about the clip.
    let other = Merchant::new("enrolment-revoked-other");
    let said = verifier(&["verify", path, "--trust", &other.trust("trust", second), "--key", &vkey]);
    assert_eq!((said.status, said.out.as_str()), (2, ""));
    // Nothing is overwritten.
    let before = fs::read(&note).unwrap();
    let said = run(&args);
    assert!(said.status == 2 && said.err.contains("is not overwritten"), "{said:?}");
    assert_eq!(fs::read(&note).unwrap(), before);
}

#[test]
fn a_proof_that_does_not_fit_its_clip_is_refused() {
    let (station, clip, vkey) = recorded("enrolment-unfit");
    let merchant = Merchant::new("enrolment-unfit");
    let bare = fs::read(&clip).unwrap();
    let unfit: [(&str, &[&str]); 3] = [
        ("sources", &["--not-before", "2026-01-01"]),
        ("later", &["--not-before", "2100-01-01", "--sources", "pattern"]),
        ("earlier", &["--not-before", "2020-01-01", "--not-after", "2020-12-31", "--sources", "pattern"]),
    ];
    for (name, more) in unfit {
        let note = merchant.enrol(&vkey, name, more);
        let said = run(&["enrol", &note, "--data", station.path()]);
        assert!(said.status == 0 && said.err.contains("was not checked"), "{said:?}");
        let said = seal(&station, ORDER);
        assert!(said.status == 0 && said.err.contains("no enrolment held is for its source and time"), "{said:?}");
        assert!(said.out.ends_with(": ledger as of 2 entries\n"), "{said:?}");
    }
    let by_ledger = fs::read(&clip).unwrap();
    assert!(by_ledger.len() > bare.len() && by_ledger.starts_with(&bare));
    // Of those that fit the one that began last; an older one is kept for older clips.
    for (day, name) in [("2026-02-01", "february"), ("2026-03-01", "march"), ("2026-01-01", "january")] {
        let note = merchant.enrol(&vkey, name, &["--not-before", day, "--sources", "pattern"]);
        assert_eq!(run(&["enrol", &note, "--data", station.path()]).status, 0);
    }
    assert_eq!(seal(&station, ORDER).status, 0);
    let said = verifier(&["verify", clip.to_str().unwrap(), "--trust", &merchant.trust("trust", "")]);
    assert!(said.status == 0 && said.out.contains("enrolled since 2026-03-01"), "{said:?}");
    assert_eq!(fs::read_dir(station.data.join("enrolments")).unwrap().count(), 6);
    // A new enrolment takes the old one's place.
    let note = merchant.enrol(&vkey, "april", &["--not-before", "2026-04-01", "--sources", "pattern"]);
    assert_eq!(run(&["enrol", &note, "--data", station.path()]).status, 0);
    let said = seal(&station, ORDER);
    assert!(said.out.contains("proof sealed"), "{said:?}");
    let said = verifier(&["verify", clip.to_str().unwrap(), "--trust", &merchant.trust("trust", "")]);
    assert!(said.status == 0 && said.out.contains("enrolled since 2026-04-01"), "{said:?}");
    assert!(fs::read(&clip).unwrap().starts_with(&bare));
    station.clean(1, 0, 0);
    for name in ["SF9", "nothing.mp4", "/etc/passwd", station.path(), "-", ""] {
        let said = seal(&station, name);
        assert!(said.status == 2 && said.err.contains("is no sealed clip of this station"), "{name}: {said:?}");
    }
}

#[test]
fn enrolments_that_are_not_this_stations() {
    let (merchant, station, _clip, vkey) = enrolled("enrolment-foreign");
    let files = station.files();
    let other = Station::new("enrolment-foreign-2");
    let foreign = merchant.enrol(&run(&["key", "--data", other.path()]).out, "foreign", &EVERY);
    let note = fs::read(merchant.path("enrolment.note")).unwrap();
    let put = |name: &str, bytes: &[u8]| {
        fs::write(merchant.path(name), bytes).unwrap();
        merchant.path(name)
    };
    let text = String::from_utf8(note.clone()).unwrap();
    let altered = put("altered", text.replace("2026-01-01", "2025-01-01").as_bytes());
    let twice = put("twice", &[&note[..], &note].concat());
    let mislabelled = {
        let mut enrolment = Enrolment::parse(&note::Note::parse(&note).unwrap().text).unwrap();
        enrolment.root = other_root().verifier().signer().name.clone();
        put("mislabelled", &note::sign(&enrolment.text(), &merchant.key()))
    };
    let revocation = merchant.path("revocation");
    let key = merchant.path("root/root.key");
    run(&["root", "revoke", &vkey, "--key", &key, "--reason", "lost", "-o", &revocation]);
    let root = merchant.line.trim_end().strip_prefix("root ").unwrap().to_owned();
    let wrong = other_root().verifier().to_string();
    for (note, root, why) in [
        (&foreign, &root, "not this station"),
        (&altered, &root, "is not signed with that root's key"),
        (&merchant.path("enrolment.note"), &wrong, "is not signed with that root's key"),
        (&merchant.path("enrolment.note"), &"nonsense".to_owned(), "neither a station's key nor a file of it"),
        (&twice, &root, "is not an enrolment"),
        (&mislabelled, &root, "is not an enrolment"),
        (&revocation, &root, "is not an enrolment"),
        (&put("empty", b""), &root, "is not an enrolment"),
        (&put("large", &[b'a'; 100_000]), &root, "is not an enrolment"),
        (&put("bytes", &[0xff; 100]), &root, "is not an enrolment"),
        (&merchant.path("none"), &root, "cannot read"),
    ] {
        let said = run(&["enrol", note, "--data", station.path(), "--root", root]);
        assert!(said.status == 2 && said.err.contains(why), "{note}: {said:?}");
        assert_eq!((said.out.as_str(), said.err.lines().count()), ("", 1), "{note}");
        let zh = run(&["enrol", note, "--data", station.path(), "--root", root, "--lang", "zh"]);
        assert!(zh.status == 2 && !zh.err.is_ascii(), "{zh:?}");
    }
    assert!(station.files() == files, "something was kept");
    // One whose signature nobody checked is kept, and refused by whoever knows the root.
    assert_eq!(run(&["enrol", &altered, "--data", other.path()]).status, 2);
}

#[test]
fn the_roots_key_is_secret_and_never_overwritten_nor_at_a_bench() {
    let merchant = Merchant::new("root");
    let mode = |name: &str| fs::metadata(merchant.path(name)).unwrap().permissions().mode() & 0o777;
    assert_eq!((mode("root/root.key"), mode("root")), (0o600, 0o700));
    let text = fs::read_to_string(merchant.path("root/root.key")).unwrap();
    let refused = |args: &[&str], why: &str| {
        let said = run(args);
        assert!(said.status == 2 && said.err.contains(why), "{args:?}: {said:?}");
        assert_eq!(said.out, "", "{args:?}");
        let zh = run(&[args, &["--lang", "zh"]].concat());
        assert!(zh.status == 2 && !zh.err.is_ascii(), "{zh:?}");
    };
    refused(&["root", "new", "--name", "merchant", "-o", &merchant.path("root")], "is not overwritten");
    assert_eq!(fs::read_to_string(merchant.path("root/root.key")).unwrap(), text);
    let long = "a".repeat(41);
    for name in ["", "Shop", "a/b", "商家", &long] {
        let name = format!("--name={name}");
        refused(&["root", "new", &name, "-o", &merchant.path("new")], "cannot be a root's name");
        assert!(!Path::new(&merchant.path("new")).exists());
    }
    // In a station's folder, below it, and through a link into it.
    let station = Station::new("root-bench");
    let files = station.files();
    symlink(&station.data, merchant.path("link")).unwrap();
    for folder in [station.path(), &format!("{}/keys", station.path()), &format!("{}/a/b", station.path())] {
        refused(&["root", "new", "--name", "merchant", "-o", folder], "never kept at a bench");
    }
    refused(&["root", "new", "--name", "merchant", "-o", &merchant.path("link/root")], "never kept at a bench");
    assert!(station.files() == files);
    // Folders above it are made.
    assert_eq!(run(&["root", "new", "--name", "merchant", "-o", &merchant.path("far/away")]).status, 0);

    let vkey = run(&["key", "--data", station.path()]).out;
    let (vkey, key, note) = (vkey.trim_end(), merchant.path("root/root.key"), merchant.path("note"));
    let own = merchant.line.trim_end().strip_prefix("root ").unwrap();
    let enrol = |station: &str, key: &str, why: &str| {
        refused(&["root", "enrol", station, "--key", key, "-o", &note], why);
        refused(&["root", "revoke", station, "--key", key, "--reason", "lost", "-o", &note], why);
        assert!(!Path::new(&note).exists());
    };
    enrol(own, &key, "the root's own key");
    enrol("nonsense", &key, "neither a station's key nor a file of it");
    enrol(&key, &key, "neither a station's key nor a file of it");
    enrol(vkey, &merchant.path("none"), "cannot read the root's key");
    fs::write(merchant.path("trash"), "trash").unwrap();
    fs::set_permissions(merchant.path("trash"), fs::Permissions::from_mode(0o600)).unwrap();
    enrol(vkey, &merchant.path("trash"), "is not a root's key");
    let late =
        ["root", "enrol", vkey, "--key", &key, "--not-before", "2026-02-01", "--not-after", "2026-01-31", "-o", &note];
    refused(&late, "must not lie before");
    for (option, value, why) in [
        ("--sources", "rtsp,usb", "in this order"),
        ("--sources", "", "in this order"),
        ("--not-before", "yesterday", "YYYY-MM-DD"),
        ("--not-after", "2026-02-30", "YYYY-MM-DD"),
        ("--not-before", "1969-12-31", "YYYY-MM-DD"),
    ] {
        let said = run(&["root", "enrol", vkey, "--key", &key, option, value, "-o", &note]);
        assert!(said.status == 2 && said.err.contains(why), "{said:?}");
    }
    fs::set_permissions(&key, fs::Permissions::from_mode(0o640)).unwrap();
    enrol(vkey, &key, "can be read by others");
    fs::set_permissions(&key, fs::Permissions::from_mode(0o600)).unwrap();

    // What is enrolled is what was asked for.
    fs::write(merchant.path("ca.pem"), "certificate").unwrap();
    let more = ["--not-before", "2026-02-01", "--not-after", "2026-02-28", "--certificate", &merchant.path("ca.pem")];
    fs::write(merchant.path("bench.vkey"), format!("{vkey}\n")).unwrap();
    merchant.enrol(&merchant.path("bench.vkey"), "note", &more);
    let made = note::Note::parse(&fs::read(&note).unwrap()).unwrap();
    made.verify(merchant.key().verifier()).unwrap();
    let enrolment = Enrolment::parse(&made.text).unwrap();
    assert_eq!(enrolment.station.to_string(), vkey);
    assert_eq!(enrolment.not_before.to_string(), "2026-02-01T00:00:00.000000Z");
    assert_eq!(enrolment.not_after.map(|t| t.to_string()).as_deref(), Some("2026-02-28T23:59:59.999999Z"));
    assert_eq!(enrolment.sources, Sources::parse("usb,rtsp").unwrap());
    assert_eq!(enrolment.certificate, Some(evidence::value::Hash::of(b"certificate")));
    let now = Time(std::time::UNIX_EPOCH.elapsed().unwrap().as_micros() as i64);
    merchant.enrol(vkey, "now", &[]);
    let made = note::Note::parse(&fs::read(merchant.path("now")).unwrap()).unwrap();
    let since = Enrolment::parse(&made.text).unwrap().not_before;
    assert!(since >= now && since.0 < now.0 + 60_000_000, "{since}");
    assert!(run(&["root", "new", "--help"]).out.contains("no passphrase"));
}
