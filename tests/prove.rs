//! An order handed out, from end to end: what the station wrote, and what the separate verifier makes of one file of it.
//! `packseal-verifier` stands beside `packseal-station`: `cargo build -p verifier`.
//!
//! The file system that is filled needs to be root, for `mount`.

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, Instant},
};

use evidence::value::Time;
use serde_json::Value;
use station::{
    catalogue::{Clip, State},
    config::Storage,
    data::Data,
    storage,
};

#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/disk.rs"]
mod disk;
#[path = "support/station.rs"]
mod station_program;

use daemon::{Daemon, configure};
use disk::Disk;
use station_program::{Folder, ORDER, Said, Station, run, verifier};

const DAY: i64 = 86_400_000_000;
const OTHER: &str = "SF1390000000009";

fn key(station: &Station) -> String {
    run(&["key", "--data", station.path()]).out.trim_end().to_owned()
}

/// The verifier's report of a clip of the order, as an object and for people.
#[track_caller]
fn judged(station: &Station, clip: &Path) -> (Value, String) {
    let (key, clip) = (key(station), clip.to_str().unwrap());
    let args = ["verify", clip, "--order", ORDER, "--key", &key];
    let said = verifier(&[&args[..], &["--json"]].concat());
    let object: Value = serde_json::from_str(&said.out).unwrap();
    let text = verifier(&args);
    assert_eq!(i64::from(text.status), object["exit_status"].as_i64().unwrap(), "{}", text.err);
    (object, text.out)
}

/// Hands the order out into a folder: what was said, and the copies.
fn prove(station: &Station, output: &Path, more: &[&str]) -> (Said, Vec<PathBuf>) {
    let args = ["prove", ORDER, "--data", station.path(), "-o", output.to_str().unwrap()];
    let said = run(&[&args[..], more].concat());
    (said, listed(output))
}

fn listed(folder: &Path) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = fs::read_dir(folder).into_iter().flatten().map(|f| f.unwrap().path()).collect();
    files.sort();
    files
}

fn record(station: &Station, order: &str) -> PathBuf {
    let source = ["--source", "pattern:320x240@10", "--fast", "--seconds", "2"];
    let said = run(&[&["record", "--data", station.path(), "--order", order], &source[..]].concat());
    assert_eq!(said.status, 0, "{said:?}");
    PathBuf::from(said.out.trim_end())
}

/// Deletes the first clip, as a rule of 90 days does.
fn delete_first(station: &Station) {
    let end = station.clips()[0].closing.as_ref().unwrap().last_time;
    let locked = Data::open(&station.data).unwrap().lock().unwrap();
    let rules = Storage { floor_mib: 0, warn_mib: 0, keep_days: 90, keep_free_mib: 0 };
    let kept = storage::keep(&locked, Time(end + 90 * DAY + 1), &rules).unwrap();
    assert_eq!((kept.deleted.len(), kept.failed.is_none()), (1, true), "{kept:?}");
    locked.publish().unwrap();
}

/// The states of a count, this clip's place in it, and whether it was audited.
fn counted(object: &Value) -> (Vec<&str>, u64, bool) {
    let counted = &object["counted"];
    let clips = counted["clips"].as_array().unwrap_or_else(|| panic!("{object:#}"));
    let states = clips.iter().map(|clip| clip["state"].as_str().unwrap()).collect();
    (states, counted["this"].as_u64().unwrap(), !counted["audited"].is_null())
}

#[test]
fn clips_of_a_key_that_the_station_had_before_are_named() {
    let station = Station::new("prove-renewed");
    let before = record(&station, ORDER);
    assert_eq!(run(&["renew-key", "--data", station.path()]).status, 0);
    let output = station.data.with_file_name("none");
    let (said, copies) = prove(&station, &output, &[]);
    let line = format!("this station had before: {}\n", before.display());
    assert!(said.status == 1 && said.out.contains(&line) && said.out.contains("nothing was handed out"), "{said:?}");
    assert!(copies.is_empty() && !output.exists());
    record(&station, ORDER);
    let (said, copies) = prove(&station, &output, &["--audit"]);
    assert!(said.status == 1 && said.out.contains(&line) && copies.len() == 1, "{said:?}");
    assert_eq!(judged(&station, &copies[0]).0["counted"]["clips"].as_array().unwrap().len(), 1);
    let (said, _) = prove(&station, &output, &["--lang", "zh"]);
    assert!(said.status == 2, "{said:?}");
    let unknown = run(&["prove", OTHER, "--data", station.path(), "-o", "nowhere"]);
    assert!(unknown.status == 2 && unknown.err.contains("has no clip of"), "{unknown:?}");
}

#[test]
fn every_clip_of_an_order_is_handed_out_and_counted() {
    let station = Station::new("prove");
    // One code right behind another is neither a double read nor the same shot here.
    let scanner = "[scanner]\ndouble-read-ms = 0\none-shot-ms = 0\n";
    configure(&station, &format!("[[bench]]\ncamera = \"pattern:320x240@10\"\n{scanner}"));
    record(&station, ORDER);
    delete_first(&station);
    record(&station, ORDER);
    record(&station, OTHER);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    daemon.scan(ORDER);
    daemon.recorded(1.0);
    daemon.scan("PACKSEAL-CANCEL");
    daemon.sealed(1);
    // The order comes late: its START names none.
    daemon.scan("PACKSEAL-START");
    daemon.recorded(1.0);
    daemon.scan(ORDER);
    daemon.recorded(2.0);
    daemon.scan("PACKSEAL-END");
    daemon.sealed(2);
    daemon.scan(OTHER);
    daemon.recorded(1.0);
    // And one is open while the order is handed out.
    daemon.scan(ORDER);
    let rows = || station.catalogue().clips(evidence::value::Value::parse(ORDER).as_ref()).unwrap();
    let began = Instant::now();
    while rows().len() < 5 {
        assert!(began.elapsed() < daemon::LONG, "it never begins: {}", daemon.said());
        std::thread::sleep(Duration::from_millis(20));
    }
    let rows = rows();
    let states: Vec<State> = rows.iter().map(|row| row.state).collect();
    let [deleted, sealed, open] = [State::Deleted, State::Sealed, State::Open];
    assert_eq!(states, [deleted, sealed, sealed, sealed, open]);
    let start = evidence::note::Note::parse(&rows[3].start).unwrap();
    assert!(start.text.contains("\norder -\n"));
    let all = ["deleted", "sealed", "cancelled", "sealed", "open"];

    let folder = Folder::new("prove-out");
    let sealed = |row: &Clip| {
        let bytes = row.closing.as_ref().unwrap().bytes as usize;
        fs::read(station.data.join(&row.path)).unwrap()[..bytes].to_vec()
    };
    let before: Vec<Vec<u8>> = rows[1..4].iter().map(sealed).collect();
    let (said, copies) = prove(&station, &folder.path("stated"), &[]);
    assert_eq!((said.status, copies.len(), said.err.as_str()), (0, 3, ""), "{said:?}");
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines.len(), 6);
    for (line, (state, told)) in lines[1..].iter().zip(all.iter().zip([
        "when its time was over",
        "clip 2 of 5",
        "clip 3 of 5",
        "clip 4 of 5",
        "not sealed yet",
    ])) {
        assert!(line.contains(state) && line.contains(told), "{line}");
    }
    for (i, (copy, own)) in copies.iter().zip(&before).enumerate() {
        let bytes = fs::read(copy).unwrap();
        assert!(bytes.len() > own.len() && bytes.starts_with(own), "not the station's bytes");
        let (object, text) = judged(&station, copy);
        assert_eq!((&object["verdict"], &object["ledger"]), (&"verified".into(), &"order-stated".into()), "{object:#}");
        assert_eq!(counted(&object), (all.to_vec(), i as u64 + 1, false));
        // Although this file alone was handed over.
        assert!(text.contains(&format!("ORDER COMPLETE (STATED): clip {} of 5", i + 2)), "{text}");
        assert_eq!(text.matches("another clip of this order, not part of this check").count(), 4, "{text}");
        assert!(text.contains(&format!("number 1, {}, deleted", rows[0].id)), "{text}");
        assert!(!text.contains("AUDITED") && !text.contains("missing there"), "{text}");
        assert!(text.contains("Other clips of this order are not excluded"), "{text}");
    }
    // What the station sealed is as it was.
    assert_eq!(before, rows[1..4].iter().map(sealed).collect::<Vec<_>>());

    let (said, audited) = prove(&station, &folder.path("audited"), &["--audit"]);
    assert_eq!((said.status, audited.len(), said.err.as_str()), (0, 3, ""), "{said:?}");
    assert_eq!(said.out.matches("; audited: all entries 1 to ").count(), 3, "{}", said.out);
    for (i, copy) in audited.iter().enumerate() {
        let (object, text) = judged(&station, copy);
        assert_eq!(
            (&object["verdict"], &object["ledger"]),
            (&"verified".into(), &"order-audited".into()),
            "{object:#}"
        );
        assert_eq!(counted(&object), (all.to_vec(), i as u64 + 1, true));
        let size = object["included"]["size"].as_u64().unwrap();
        let told = &object["counted"]["audited"];
        assert_eq!((&told["first"], &told["last"], &told["first_start"]), (&0.into(), &(size - 1).into(), &1.into()));
        assert!(text.contains(&format!("ORDER COMPLETE (AUDITED): all entries 1 to {size}, from 20")), "{text}");
        assert!(text.contains("nothing of it is missing there"), "{text}");
        assert!(text.contains("outside the audited entries are not excluded"), "{text}");
    }
    // Only what comes after a moment, and the clip itself, whatever moment that is.
    let (said, late) = prove(&station, &folder.path("late"), &["--audit", "--since", "2100-01-01"]);
    assert_eq!(said.status, 0, "{said:?}");
    let (object, _) = judged(&station, &late[1]);
    let told = &object["counted"]["audited"];
    assert_eq!((&told["first"], &object["included"]["start"]), (&object["included"]["start"], &told["first"]));
    let codes: Vec<&str> = object["findings"].as_array().unwrap().iter().map(|f| f["code"].as_str().unwrap()).collect();
    assert!(codes.contains(&"ledger.span-only") && codes.contains(&"ledger.other-clips"), "{codes:?}");

    // The proof of one copy is not another one's.
    let swapped = folder.path("swapped.mp4");
    let proof = &fs::read(&audited[1]).unwrap()[before[1].len()..];
    fs::write(&swapped, [&before[0][..], proof].concat()).unwrap();
    let (object, _) = judged(&station, &swapped);
    assert_eq!((&object["verdict"], &object["findings"][0]["code"]), (&"rejected".into(), &"proof.form".into()));

    // Nothing of it is left when the daemon has ended, and the order goes on.
    daemon.scan("PACKSEAL-END");
    daemon.sealed(4);
    assert_eq!(daemon.stop().0, 0);
    let (said, copies) = prove(&station, &folder.path("ended"), &["--audit", "--lang", "zh"]);
    assert_eq!((said.status, copies.len()), (0, 4), "{said:?}");
    assert!(said.out.contains("按本工位清点为第 5 段，共 5 段；已附审核：第 1 至 "), "{}", said.out);
    let (object, _) = judged(&station, &copies[3]);
    assert_eq!(counted(&object), (vec!["deleted", "sealed", "cancelled", "sealed", "sealed"], 4, true));
    station.agrees("clips 6, damaged 0, never written 0, deleted 1");
}

#[test]
fn the_ledger_bears_out_the_count_whatever_is_recorded_meanwhile() {
    let station = Station::new("prove-busy");
    let scanner = "[scanner]\ndouble-read-ms = 0\none-shot-ms = 0\n[clip]\npre-roll-seconds = 1\n";
    configure(&station, &format!("[[bench]]\ncamera = \"pattern:320x240@10\"\n{scanner}"));
    record(&station, ORDER);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    let folder = Folder::new("prove-busy-out");
    // START without an order, the order late, another one, and cancelled ones, faster than GOPs come.
    let codes = ["PACKSEAL-START", ORDER, OTHER, ORDER, "PACKSEAL-CANCEL", ORDER, OTHER];
    let scanned = std::thread::scope(|scope| {
        let scanning = scope.spawn(|| {
            for code in codes.iter().cycle().take(70) {
                daemon.scan(code);
                std::thread::sleep(Duration::from_millis(120));
            }
        });
        let (mut rounds, mut most) = (0, 0);
        while !scanning.is_finished() {
            let (said, copies) = prove(&station, &folder.path(&rounds.to_string()), &["--audit"]);
            assert!(!said.out.contains("not handed out"), "round {rounds}: {said:?}");
            assert!(!copies.is_empty() && [0, 1].contains(&said.status), "round {rounds}: {said:?}");
            (rounds, most) = (rounds + 1, most.max(copies.len()));
        }
        (rounds, most)
    });
    println!("{} rounds, at most {} clips", scanned.0, scanned.1);
    assert!(scanned.0 > 3 && scanned.1 > 3, "{scanned:?}");
    assert_eq!(daemon.stop().0, 0);
    let (said, copies) = prove(&station, &folder.path("ended"), &["--audit"]);
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(judged(&station, &copies[0]).0["ledger"], "order-audited");
}

#[test]
fn one_of_two() {
    let station = Station::new("prove-two");
    let files = [record(&station, ORDER), record(&station, ORDER)];
    let folder = Folder::new("prove-two-out");
    // The folder may be there, if it is empty.
    fs::create_dir(folder.path("out")).unwrap();
    let (said, copies) = prove(&station, &folder.path("out"), &["--audit"]);
    assert_eq!((said.status, copies.len()), (0, 2), "{said:?}");
    assert_eq!(copies[0].file_name(), files[0].file_name());
    for (copy, number) in copies.iter().zip([1, 2]) {
        let (object, text) = judged(&station, copy);
        assert_eq!((&object["ledger"], &object["included"]["size"]), (&"order-audited".into(), &4.into()));
        assert!(text.contains(&format!("clip {number} of 2 of this order")), "{text}");
    }
    // Without its PROOF it is the station's clip, and what is not shown is said.
    let (object, text) = judged(&station, &files[0]);
    assert_eq!((&object["ledger"], &object["counted"]), (&"not-shown".into(), &Value::Null));
    assert!(text.contains("NOT SHOWN"), "{text}");
    // Somebody who does not have the key learns nothing of it.
    let said = verifier(&["verify", copies[0].to_str().unwrap(), "--json"]);
    let object: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((said.status, &object["counted"], &object["included"]), (3, &Value::Null, &Value::Null));
    // A proof that the station keeps in its own file is not what is handed out, and stays.
    assert_eq!(run(&["seal-proof", ORDER, "--data", station.path()]).status, 0);
    let own = station.files();
    let (said, again) = prove(&station, &folder.path("again"), &[]);
    assert_eq!((said.status, again.len()), (0, 2), "{said:?}");
    assert_eq!(judged(&station, &again[0]).0["ledger"], "order-stated");
    assert_eq!(station.files(), own);
    station.clean(2, 0, 0);
}

#[test]
fn what_cannot_be_handed_out_is_said() {
    let station = Station::new("prove-refused");
    let files = [record(&station, ORDER), record(&station, ORDER), record(&station, OTHER)];
    let folder = Folder::new("prove-refused-out");
    let good = fs::read(&files[0]).unwrap();
    // Altered, cut, and gone: the other clip is handed out, and its count has both.
    let mut altered = good.clone();
    altered[good.len() / 2] ^= 1;
    type Harm<'a> = &'a dyn Fn();
    let harms: [(Harm<'_>, &str); 3] = [
        (&|| fs::write(&files[0], &altered).unwrap(), "not handed out: "),
        (&|| fs::write(&files[0], &good[..good.len() - 1]).unwrap(), "container.truncated"),
        (&|| fs::remove_file(&files[0]).unwrap(), "No such file or directory"),
    ];
    for (i, (harm, told)) in harms.iter().enumerate() {
        harm();
        let (said, copies) = prove(&station, &folder.path(&format!("harm-{i}")), &["--audit"]);
        assert_eq!((said.status, copies.len()), (1, 1), "{said:?}");
        let line = said.out.lines().nth(1).unwrap();
        assert!(line.contains("  -  ") && line.contains(told), "{line}");
        assert_eq!(counted(&judged(&station, &copies[0]).0), (vec!["sealed", "sealed"], 1, true));
    }
    fs::write(&files[0], &good).unwrap();

    // What is not an order of this station, and folders that are none.
    let own = station.files();
    fs::create_dir(folder.path("full")).unwrap();
    fs::write(folder.path("full/note"), "mine").unwrap();
    fs::write(folder.path("file"), "mine").unwrap();
    let refused = |order: &str, out: &str, more: &[&str], told: &str| {
        let out = folder.path(out);
        let args = ["prove", order, "--data", station.path(), "-o", out.to_str().unwrap()];
        let said = run(&[&args[..], more].concat());
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{said:?}");
        assert!(said.err.contains(told) && (told.is_empty() || said.err.lines().count() == 1), "{said:?}");
    };
    refused("SF0", "new", &[], "this station has no clip of SF0");
    refused("SF 0", "new", &[], "is not an order number");
    refused(ORDER, "full", &[], "is not empty");
    refused(ORDER, "file", &[], "is not empty, or is a file");
    refused(ORDER, "file/below", &[], "");
    refused(ORDER, "new", &["--since", "2026-01-01"], "");
    assert!(!folder.path("new").exists());
    assert_eq!(listed(&folder.path("full")), [folder.path("full/note")]);
    assert_eq!(station.files(), own);

    // A ledger that is damaged proves nothing: neither is handed out, and no folder is left.
    let tile = station.data.join("ledger/tile/0/000.p/6");
    let whole = fs::read(&tile).unwrap();
    let mut hashes = whole.clone();
    hashes[40] ^= 1;
    fs::write(&tile, hashes).unwrap();
    let (said, copies) = prove(&station, &folder.path("damaged"), &[]);
    assert_eq!((said.status, copies.len(), folder.path("damaged").exists()), (1, 0, false), "{said:?}");
    assert!(said.out.contains("nothing was handed out") && said.out.contains("is damaged or gone"), "{said:?}");
    fs::write(&tile, whole).unwrap();

    // Of before there was a ledger: handed out as it is, with no word of its order.
    station.sql("UPDATE clip SET start_entry = NULL, end_entry = NULL WHERE sequence = 1");
    let (said, copies) = prove(&station, &folder.path("before"), &["--audit"]);
    assert_eq!((said.status, copies.len()), (1, 2), "{said:?}");
    assert_eq!(fs::read(&copies[0]).unwrap(), good);
    assert!(said.out.lines().nth(1).unwrap().contains("not in the ledger: no count of its order"), "{said:?}");
    assert_eq!(judged(&station, &copies[0]).0["ledger"], "not-shown");

    // The count of a catalogue that lost a clip is one that the ledger contradicts: it is not handed out.
    station.sql("UPDATE clip SET order_number = 'SF7' WHERE sequence = 1");
    let (said, copies) = prove(&station, &folder.path("lost"), &["--audit"]);
    assert_eq!((said.status, copies.len()), (1, 0), "{said:?}");
    assert!(said.out.contains("ledger.count"), "{said:?}");
}

#[test]
fn who_knows_the_root_alone_sees_the_count() {
    let station = Station::new("prove-root");
    record(&station, ORDER);
    let folder = Folder::new("prove-root-out");
    let path = |name: &str| folder.path(name).to_str().unwrap().to_owned();
    let line = run(&["root", "new", "--name", "merchant", "-o", &path("root")]).out;
    fs::write(folder.path("trust"), line).unwrap();
    let sources = ["--not-before", "2026-01-01", "--sources", "usb,rtsp,file,pattern"];
    let args = ["root", "enrol", &key(&station), "--key", &path("root/root.key"), "-o", &path("note")];
    assert_eq!(run(&[&args[..], &sources].concat()).status, 0);
    assert_eq!(run(&["enrol", &path("note"), "--data", station.path()]).status, 0);
    let (said, copies) = prove(&station, &folder.path("out"), &["--audit"]);
    assert!(said.status == 0 && said.out.contains(": enrolment; ledger as of 2 entries; clip 1 of 1"), "{said:?}");
    let said = verifier(&["verify", copies[0].to_str().unwrap(), "--order", ORDER, "--trust", &path("trust")]);
    assert_eq!(said.status, 0, "{said:?}");
    assert!(said.out.contains("enrolled by merchant/") && said.out.contains("clip 1 of 1"), "{}", said.out);
    assert!(!said.out.contains("another clip"), "{}", said.out);
}

#[test]
fn a_disk_that_is_full_gets_nothing() {
    let station = Station::new("prove-full");
    let files = [record(&station, ORDER), record(&station, ORDER)];
    let own = station.files();
    let bytes = fs::metadata(&files[0]).unwrap().len();
    // Room for one of them, for half of one, and for nothing.
    for room in [bytes + 24 * 1024, bytes / 2, 0] {
        let disk = Disk::new(4096);
        disk.fill(room / 1024);
        let out = disk.at.join("out");
        let (said, copies) = prove(&station, &out, &["--audit"]);
        assert_eq!((said.status, said.out.as_str(), copies.len()), (2, "", 0), "{said:?}");
        assert!(said.err.contains("no room for") && said.err.lines().count() == 1, "{said:?}");
        assert!(!out.exists());
    }
    assert_eq!(station.files(), own);
}
