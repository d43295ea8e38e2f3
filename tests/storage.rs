//! Room on the disk: clips go by age and by space, each with a signed tombstone, and none that is on hold.
//!
//! Times pass only by the argument of `keep`. The file systems that are filled need to be root, for `mount`.

use std::{
    fs,
    io::{BufRead, BufReader, Lines, Write},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use evidence::{
    note::Note,
    statement::{Direction, Opened, Reason, Source, Statement, Tombstone, TombstoneReason},
    value::{Hash, Order, Time, Token, Value},
};
use station::{
    capture::protocol::{self, Encoder, Message, Setup},
    catalogue::{Clip, State},
    clip::{ClipWriter, Gop, Opening, Stream},
    clock::Clock,
    config::Storage,
    data::{Data, Locked},
    recovery::{self, Outcome},
    storage::{self, Kept, Level, MOST},
};

#[path = "support/disk.rs"]
mod disk;
#[path = "support/parts.rs"]
mod parts;
#[path = "support/pictures.rs"]
mod pictures;
#[path = "support/random.rs"]
mod random;
#[path = "support/station.rs"]
mod station_program;

use disk::Disk;
use parts::{Kind, parts};
use pictures::ffmpeg;
use random::Random;
use station_program::{Folder, ORDER, Station, program, run};

const DAY: i64 = 86_400_000_000;
/// Later than everything.
const LATE: Time = Time(100_000 * DAY);

/// Keeps clips for so many days (0: for ever), and so many MiB free.
fn rules(keep_days: u32, keep_free_mib: u64) -> Storage {
    Storage { floor_mib: 0, warn_mib: 0, keep_days, keep_free_mib }
}

/// Records two seconds for this order.
#[track_caller]
fn record(station: &Station, order: &str) -> PathBuf {
    let source = ["--source", "pattern:320x240@10", "--fast", "--seconds", "2"];
    let said = run(&[&["record", "--data", station.path(), "--order", order], &source[..]].concat());
    assert_eq!(said.status, 0, "{said:?}");
    PathBuf::from(said.out.trim_end())
}

/// Takes the station. A program that another test starts at this moment has the lock's file open until it runs.
fn lock(station: &Station) -> Locked {
    let began = Instant::now();
    loop {
        match Data::open(&station.data).unwrap().lock() {
            Ok(locked) => return locked,
            Err(e) => assert!(began.elapsed() < Duration::from_secs(10), "{e:?}"),
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// One round in this station's folder, at this time.
fn keep(station: &Station, now: Time, rules: &Storage) -> Kept {
    storage::keep(&lock(station), now, rules).unwrap()
}

fn numbers(kept: &Kept) -> Vec<u64> {
    assert!(kept.failed.is_none(), "{kept:?}");
    kept.deleted.iter().map(|deleted| deleted.sequence).collect()
}

fn end(clip: &Clip) -> i64 {
    clip.closing.as_ref().unwrap().last_time
}

/// The clip is deleted, and a tombstone that this station signed then stands for it.
#[track_caller]
fn buried(station: &Station, sequence: u64, now: Time) {
    let row = station.catalogue().clip(sequence).unwrap().unwrap();
    assert_eq!(row.state, State::Deleted);
    assert!(!station.data.join(&row.path).exists(), "{} is still there", row.path);
    let key = Data::open(&station.data).unwrap().key().unwrap();
    let note = Note::parse(row.tombstone.as_ref().unwrap()).unwrap();
    note.verify(key.verifier()).unwrap();
    let expected = Tombstone {
        station: key.verifier().signer().name.clone(),
        clip: row.id,
        sequence,
        start: row.start_hash,
        reason: TombstoneReason::Retention,
        time: now,
    };
    assert_eq!(Tombstone::parse(&note.text).unwrap(), expected);
}

#[test]
fn clips_go_by_age() {
    let station = Station::new("age");
    let files = ["A1", "B1", "C1"].map(|order| record(&station, order));
    let bytes = files.each_ref().map(|file| fs::metadata(file).unwrap().len());
    let before = station.clips();
    // Not a microsecond early, and never without a rule.
    assert!(numbers(&keep(&station, Time(end(&before[0]) + 90 * DAY), &rules(90, 0))).is_empty());
    assert!(numbers(&keep(&station, LATE, &rules(0, 0))).is_empty());
    assert!(numbers(&keep(&station, Time(-LATE.0), &rules(90, 0))).is_empty());
    let now = Time(end(&before[1]) + 90 * DAY + 1);
    let kept = keep(&station, now, &rules(90, 0));
    assert_eq!(numbers(&kept), [1, 2]);
    assert_eq!(kept.deleted.iter().map(|d| d.bytes).collect::<Vec<_>>(), bytes[..2]);
    assert_eq!((kept.more, kept.stuck, kept.held, kept.level), (false, false, 0, Level::Ok));
    buried(&station, 1, now);
    buried(&station, 2, now);
    // What END said stays known.
    let after = station.clips();
    assert!(
        after.iter().zip(&before).all(|(after, before)| after.closing == before.closing && before.closing.is_some())
    );
    assert!(files[2].exists());
    station.agrees("clips 1, damaged 0, never written 0, deleted 2");
    assert!(numbers(&keep(&station, now, &rules(90, 0))).is_empty());
    // The chain of STARTs goes on behind the deleted ones.
    assert_eq!(numbers(&keep(&station, LATE, &rules(36_500, 0))), [3]);
    record(&station, "D1");
    station.agrees("clips 1, damaged 0, never written 0, deleted 3");
    let said = run(&["list", "--data", station.path()]);
    assert_eq!(said.out.lines().filter(|line| line.contains(" deleted ")).count(), 3, "{said:?}");
}

#[test]
fn empty_folders_of_past_days_go() {
    let station = Station::new("folders");
    let clip = record(&station, "A1");
    let now = Time(end(&station.clips()[0]) + 30 * DAY);
    let day = |days: i64| station.data.join("clips").join(&Time(now.0 - days * DAY).to_string()[..10]);
    for days in 0..4 {
        fs::create_dir(day(days)).unwrap();
    }
    keep(&station, now, &rules(0, 0));
    assert_eq!([0, 1, 2, 3].map(|days| day(days).exists()), [true, true, false, false]);
    assert!(clip.exists());
    keep(&station, now, &rules(20, 0));
    assert!(!clip.parent().unwrap().exists());
    station.agrees("clips 0, damaged 0, never written 0, deleted 1");
}

#[test]
fn what_is_on_hold_stays() {
    let station = Station::new("hold");
    for order in ["A1", "A1", "B1", "C1"] {
        record(&station, order);
    }
    let id = station.clips()[3].id.to_string();
    let say =
        |what: &str, target: &str, reason: &str| run(&[what, "--data", station.path(), target, "--reason", reason]);
    let said = say("hold", "A1", "chargeback 4711");
    assert_eq!((said.status, said.out.as_str()), (0, "A1 is on hold: clips kept until it is released: 2\n"));
    assert_eq!(say("hold", &id, "客户称少件").status, 0);
    let kept = keep(&station, LATE, &rules(1, u64::MAX));
    assert_eq!((numbers(&kept), kept.held, kept.stuck), (vec![3], 3, true));
    assert!(kept.held_bytes > 3000, "{kept:?}");
    station.agrees("clips 3, damaged 0, never written 0, deleted 1");
    // A later clip of the order stays as well; one of an order that was held before it came, too.
    let said = say("hold", "D1", "announced return");
    assert_eq!(said.out, "D1 is on hold: nothing of it is recorded yet, what comes will be kept\n");
    record(&station, "A1");
    record(&station, "D1");
    let kept = keep(&station, LATE, &rules(1, 0));
    assert_eq!((numbers(&kept), kept.held, kept.stuck), (vec![], 5, false));
    assert_eq!(
        say("hold", "B1", "too late").out,
        "B1 is on hold: clips kept until it is released: 0; deleted before: 1\n"
    );

    let json = run(&["list", "--json", "--data", station.path()]).out;
    let rows: Vec<serde_json::Value> = serde_json::from_str(&json).unwrap();
    let targets = |row: &serde_json::Value| {
        let holds = row["hold"].as_array().unwrap().iter();
        holds.map(|hold| (hold["target"].as_str().unwrap().to_owned(), hold["reason"].clone())).collect::<Vec<_>>()
    };
    assert_eq!(targets(&rows[0]), [("A1".to_owned(), "chargeback 4711".into())]);
    assert_eq!(targets(&rows[3]), [(id.clone(), "客户称少件".into())]);
    assert_eq!((rows[2]["state"].as_str(), rows[3]["state"].as_str()), (Some("deleted"), Some("sealed")));
    let list = run(&["list", "--data", station.path(), "--order", "A1"]).out;
    assert!(list.lines().count() == 3 && list.lines().all(|line| line.contains("  hold  ")), "{list}");

    let said = say("release", "A1", "settled");
    assert!(said.status == 0 && said.out.starts_with("A1 is released; ") && said.out.contains("4711"), "{said:?}");
    let kept = keep(&station, LATE, &rules(1, 0));
    assert_eq!((numbers(&kept), kept.held), (vec![1, 2, 5], 2));
    station.agrees("clips 2, damaged 0, never written 0, deleted 4");
    let released = station.catalogue().holds().unwrap().into_iter().find(|hold| !hold.is_on()).unwrap();
    assert_eq!((released.target.as_str(), released.released.unwrap().1.as_str()), ("A1", "settled"));
    assert!(
        run(&["list", "--data", station.path(), "--order", "A1"]).out.lines().all(|line| !line.contains("  hold  "))
    );

    // What cannot be.
    for (what, target, reason, told) in [
        ("release", "A1", "again", "A1 is not on hold"),
        ("release", "Z9", "never was", "Z9 is not on hold"),
        ("hold", "A 1", "x", "not an order number"),
        ("hold", "A1", "", "1 to 500"),
        ("hold", "A1", "  ", "1 to 500"),
        ("hold", "A1", "two\nlines", "1 to 500"),
        ("hold", "A1", &"x".repeat(501), "1 to 500"),
        ("release", &id, "\u{1b}[2J", "1 to 500"),
    ] {
        let said = say(what, target, reason);
        assert_eq!((said.status, said.out.as_str(), said.err.lines().count()), (2, "", 1), "{target}: {said:?}");
        assert!(said.err.contains(told), "{target}: {said:?}");
    }
    assert_eq!(station.catalogue().holds().unwrap().len(), 4);
}

#[test]
fn an_order_is_held_while_it_is_recorded() {
    let station = Station::new("hold-recording");
    let mut recording = station.start("pattern:320x240@10", &["--seconds", "4"]);
    recording.wait_begun();
    let said = run(&["hold", "--data", station.path(), ORDER, "--reason", "customer is on the phone"]);
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{said:?}");
    assert!(said.out.ends_with("released: 1\n"), "{said:?}");
    let list = run(&["list", "--data", station.path()]).out;
    assert!(list.contains(" open ") && list.contains("  hold  "), "{list}");
    assert_eq!(recording.end(Duration::from_secs(20)).status, 0);
    let kept = keep(&station, LATE, &rules(1, 0));
    assert_eq!((numbers(&kept), kept.held), (vec![], 1));
    station.clean(1, 0, 0);
}

/// A station on a small disk, with so many clips of noise of about 2 MiB each, of the orders N1, N2 and so on.
fn noisy(disk: &Disk, clips: usize) -> Station {
    let folder = Folder::new("noise");
    let film = folder.path("noise.mkv");
    let source = "testsrc2=size=320x240:rate=10:duration=3,noise=alls=80:allf=t";
    ffmpeg(&["-f", "lavfi", "-i", source, "-c:v", "mjpeg", "-q:v", "3", film.to_str().unwrap()]);
    let station = Station::at(&disk.at.join("data"));
    station.configure("floor-mib = 512", "floor-mib = 1");
    station.configure("crf = 25.0", "crf = 15.0");
    let source = format!("file:{}", film.display());
    for number in 1..=clips {
        let order = format!("N{number}");
        let said = run(&["record", "--data", station.path(), "--order", &order, "--source", &source, "--fast"]);
        assert_eq!(said.status, 0, "{said:?}");
        let bytes = fs::metadata(said.out.trim_end()).unwrap().len();
        assert!((5 << 18..5 << 20).contains(&bytes), "{bytes} bytes");
    }
    station
}

#[test]
fn clips_go_by_space() {
    let disk = Disk::new(40 * 1024);
    let station = noisy(&disk, 7);
    let newest = end(&station.clips()[6]);
    let later = Time(newest + 2 * DAY);
    run(&["hold", "--data", station.path(), "N2", "--reason", "dispute"]);
    // What is not sealed does not go.
    fs::create_dir(station.data.join("damaged")).unwrap();
    let aside = station.data.join("damaged/3.mp4");
    fs::rename(station.data.join(&station.clips()[2].path), &aside).unwrap();
    station.sql("UPDATE clip SET state = 'damaged', path = 'damaged/3.mp4' WHERE sequence = 3");
    station.sql("UPDATE clip SET state = 'open' WHERE sequence = 4");
    let free = keep(&station, later, &rules(0, 0)).free_mib;
    let levels = |free: u64| Storage { floor_mib: free - 1, warn_mib: free + 2, ..rules(0, 0) };
    assert_eq!(keep(&station, later, &levels(free)).level, Level::Low);
    // The oldest one goes, and not one more than it takes.
    let kept = keep(&station, later, &rules(0, free + 1));
    assert_eq!((numbers(&kept), kept.stuck, kept.more, kept.held), (vec![1], false, false, 0));
    assert!(kept.free_mib > free, "{kept:?}");
    assert_eq!(keep(&station, later, &levels(kept.free_mib - 2)).level, Level::Ok);
    // Somebody fills the disk: less than a day later nothing goes, it is full, and that is said.
    disk.fill(2500);
    let full = Storage { floor_mib: 4, warn_mib: 8, ..rules(0, 5) };
    let kept = keep(&station, Time(end(&station.clips()[4]) + DAY), &full);
    assert_eq!((numbers(&kept), kept.stuck, kept.level), (vec![], true, Level::Full));
    // A day later room is made again, in spite of the held one, which is the oldest.
    let kept = keep(&station, later, &full);
    assert_eq!((numbers(&kept), kept.stuck, kept.free_mib, kept.level), (vec![5, 6], false, 5, Level::Low));
    // All that may go is gone: what stays is on hold, damaged, or open.
    let kept = keep(&station, later, &rules(0, u64::MAX));
    assert_eq!((numbers(&kept), kept.stuck, kept.held), (vec![7], true, 1));
    assert!(aside.exists());
    let states = station.clips().iter().map(|clip| clip.state).collect::<Vec<_>>();
    let [deleted, sealed, damaged, open] = [State::Deleted, State::Sealed, State::Damaged, State::Open];
    assert_eq!(states, [deleted, sealed, damaged, open, deleted, deleted, deleted]);
    station.sql("UPDATE clip SET state = 'sealed' WHERE sequence = 4");
    station.agrees("clips 2, damaged 1, never written 0, deleted 4");
}

#[test]
fn a_disk_without_a_byte_left_is_cleared() {
    for started_anew in [false, true] {
        let disk = Disk::new(12 * 1024);
        let station = noisy(&disk, 2);
        let later = Time(end(&station.clips()[1]) + 2 * DAY);
        let mut locked = lock(&station);
        // As it goes all day: room for a tombstone is kept back.
        storage::keep(&locked, later, &rules(0, 0)).unwrap();
        if started_anew {
            drop(locked);
            disk.fill(0);
            locked = lock(&station);
        } else {
            disk.fill(0);
        }
        let kept = storage::keep(&locked, later, &rules(0, 1)).unwrap();
        assert_eq!((numbers(&kept), kept.level), (vec![1], Level::Ok), "{kept:?}");
        drop(locked);
        buried(&station, 1, later);
        disk.empty();
        station.agrees("clips 1, damaged 0, never written 0, deleted 1");
    }
}

#[test]
fn days_left_at_the_present_use() {
    let disk = Disk::new(64 * 1024);
    let station = Station::at(&disk.at.join("data"));
    station.configure("floor-mib = 512", "floor-mib = 1");
    record(&station, "A1");
    record(&station, "A2");
    let now = Time(end(&station.clips()[1]) + DAY / 2);
    let days_left = |first: i64| {
        station.sql(&format!("UPDATE clip SET bytes = 10485760, first_time = {}", now.0 - first));
        let kept = keep(&station, now, &Storage { floor_mib: 8, ..rules(0, 0) });
        // In days of 20 MiB.
        kept.days_left.map(|days| days * 20.0 / (kept.free_mib - 8) as f64)
    };
    assert_eq!(days_left(DAY / 2), Some(1.0));
    assert_eq!(days_left(7 * DAY / 2), Some(3.5));
    assert_eq!(days_left(70 * DAY), Some(7.0));
    let later = Time(now.0 + 7 * DAY);
    assert_eq!(keep(&station, later, &rules(0, 0)).days_left, None);
    let kept = keep(&station, now, &Storage { floor_mib: 64, ..rules(0, 0) });
    assert_eq!((kept.days_left, kept.level), (Some(0.0), Level::Full));
}

/// A deletion that was cut off behind each of its steps is finished by whatever is started next.
#[test]
fn a_deletion_that_was_cut_off_is_finished() {
    let template = Station::new("cut-off");
    record(&template, "A1");
    record(&template, "A2");
    let now = Time(1_900_000_000_000_000);
    for step in 0..5 {
        let station = template.copy("cut-off");
        let row = &station.clips()[0];
        {
            let locked = lock(&station);
            let tombstone = row.tombstone(&locked.key, TombstoneReason::Retention, now);
            assert!(step == 0 || locked.catalogue.deleting(&tombstone, &locked.key).unwrap());
        }
        let file = station.data.join(&row.path);
        if step >= 2 {
            fs::remove_file(&file).unwrap();
        }
        if step >= 3 {
            fs::rename(station.data.join(&station.clips()[1].path), station.data.join("clips/other.mp4")).unwrap();
            station.sql("UPDATE clip SET path = 'clips/other.mp4' WHERE sequence = 2");
            fs::remove_dir(file.parent().unwrap()).unwrap();
        }
        if step >= 4 {
            lock(&station).catalogue.deleted(1).unwrap();
        }
        let list = run(&["list", "--data", station.path()]).out;
        assert_eq!(list.contains(" deleting "), (1..4).contains(&step), "step {step}: {list}");
        if step == 2 {
            // The next round of the daemon.
            assert_eq!(numbers(&keep(&station, now, &rules(0, 0))), [1]);
        } else {
            let said = station.check();
            assert_eq!((said.status, said.err.lines().count()), (0, usize::from((1..4).contains(&step))), "{said:?}");
        }
        if step == 0 {
            station.clean(2, 0, 0);
        } else {
            buried(&station, 1, now);
            station.agrees("clips 1, damaged 0, never written 0, deleted 1");
        }
    }
}

#[test]
fn a_file_that_cannot_be_removed_keeps_nobody_from_recording() {
    let station = Station::new("stubborn");
    let clip = record(&station, "A1");
    record(&station, "A2");
    // A folder is no file: it stays.
    fs::remove_file(&clip).unwrap();
    fs::create_dir(&clip).unwrap();
    fs::write(clip.join("x"), "x").unwrap();
    for _ in 0..2 {
        let kept = keep(&station, LATE, &rules(1, 0));
        assert!(kept.failed.is_some() && kept.deleted.is_empty(), "{kept:?}");
        assert_eq!(station.clips().iter().map(|c| c.state).collect::<Vec<_>>(), [State::Deleting, State::Sealed]);
    }
    let args = ["record", "--data", station.path(), "--order", "A3", "--source", "pattern", "--fast", "--seconds", "1"];
    let said = run(&args);
    assert!(said.status == 0 && said.err.lines().next().unwrap().contains("cannot be deleted"), "{said:?}");
    let said = station.check();
    assert!(said.status == 1 && said.out.contains("is still being deleted"), "{said:?}");
    fs::remove_dir_all(&clip).unwrap();
    let gone = numbers(&keep(&station, LATE, &rules(1, 0)));
    assert!(gone[0] == 1 && gone.len() == 3, "{gone:?}");
    station.agrees("clips 0, damaged 0, never written 0, deleted 3");
}

/// Makes an open clip of a sealed one, torn in the middle of its last GOP.
fn tear(station: &Station, clip: &Path) {
    let bytes = fs::read(clip).unwrap();
    let links = parts(&bytes).into_iter().filter(|p| p.kind == Kind::Link).map(|p| p.end).collect::<Vec<_>>();
    let [.., before, last] = links[..] else { panic!("{links:?}") };
    fs::write(clip, &bytes[..(before + last) / 2]).unwrap();
    station.sql(&format!(
        "UPDATE clip SET state = 'open', links = {}, reason = NULL, last_time = NULL, frames = NULL, lost = NULL,
         ticks = NULL, bytes = NULL, end_hash = NULL WHERE path = '{}'",
        links.len() - 1,
        clip.strip_prefix(&station.data).unwrap().display()
    ));
}

#[test]
fn a_torn_tail_goes_with_its_clip() {
    let station = Station::new("tail");
    let clip = record(&station, "A1");
    tear(&station, &clip);
    assert_eq!(station.check().status, 0);
    let tail = station.data.join("damaged").join(format!("{}.tail", clip.file_name().unwrap().display()));
    let bytes = fs::metadata(&clip).unwrap().len() + fs::metadata(&tail).unwrap().len();
    let kept = keep(&station, LATE, &rules(1, 0));
    assert_eq!((numbers(&kept), kept.deleted[0].bytes), (vec![1], bytes));
    assert!(!clip.exists() && !tail.exists());
    station.agrees("clips 0, damaged 0, never written 0, deleted 1");
}

#[test]
fn what_disagrees_is_told() {
    let template = Station::new("disagree");
    let clip = record(&template, "A1");
    let bytes = fs::read(&clip).unwrap();
    let name = clip.strip_prefix(&template.data).unwrap();
    keep(&template, LATE, &rules(1, 0));
    let never = {
        let locked = lock(&template);
        let row = locked.catalogue.clip(1).unwrap().unwrap();
        row.tombstone(&locked.key, TombstoneReason::NeverWritten, LATE).seal(&locked.key).unwrap().0
    };
    let told = |change: &dyn Fn(&Station), what: &str| {
        let station = template.copy("disagree");
        change(&station);
        let said = station.check();
        assert!(said.status == 1 && said.out.contains(what), "{what}: {said:?}");
    };
    told(
        &|station| {
            fs::create_dir_all(station.data.join(name).parent().unwrap()).unwrap();
            fs::write(station.data.join(name), &bytes).unwrap();
        },
        "was deleted and is there again",
    );
    let stone = |station: &Station, note: Option<&[u8]>| {
        let db = rusqlite::Connection::open(station.data.join("catalogue.sqlite")).unwrap();
        db.execute("UPDATE clip SET tombstone = ?1", [note]).unwrap();
    };
    told(&|station| stone(station, None), "its tombstone does not hold");
    told(&|station| stone(station, Some(&never)), "its tombstone does not hold");
    told(
        &|station| {
            let mut changed = station.clips()[0].tombstone.clone().unwrap();
            let at = changed.windows(4).position(|text| text == b"time").unwrap() + 6;
            changed[at] ^= 1;
            stone(station, Some(&changed));
        },
        "its tombstone does not hold",
    );
    told(&|station| station.sql("UPDATE clip SET state = 'never-written'"), "its tombstone does not hold");
    told(&|station| station.sql("UPDATE clip SET state = 'sealed'"), "is in the catalogue and not on disk");
}

/// The first GOPs of a capture process that draws the pattern, and their stream.
fn gops(zero: Time, count: usize) -> (Arc<Stream>, Vec<Gop>) {
    let setup = Setup {
        begin_us: 0,
        source: protocol::Source::Pattern { width: 320, height: 240, rate: 10 },
        overlay: None,
        encoder: Encoder { preset: "ultrafast".into(), crf: 25.0 },
        fast: true,
        wall_at_zero_us: Some(zero.0),
    };
    let mut child = program(&["capture"]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    writeln!(child.stdin.as_mut().unwrap(), "{}", serde_json::to_string(&setup).unwrap()).unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let (mut stream, mut gops) = (None, Vec::new());
    while gops.len() < count {
        let mut media = Vec::new();
        match protocol::read(&mut output, &mut media).unwrap().unwrap() {
            Message::Stream(head) => stream = Some(Arc::new(Stream::new(head).unwrap())),
            Message::Gop(head) => gops.push(Gop { head, media, offset: zero.0 }),
            Message::End(end) => panic!("{end:?}"),
            _ => {}
        }
    }
    child.kill().unwrap();
    child.wait().unwrap();
    (stream.unwrap(), gops)
}

#[test]
fn recovery_leaves_alone_what_is_being_written() {
    let station = Station::new("beside");
    let zero = Time(1_800_000_000_000_000);
    let (stream, gops) = gops(zero, 3);
    let locked = lock(&station);
    let opening = Opening {
        order: Order::parse(ORDER),
        opened: Opened::Api,
        direction: Direction::Outgoing,
        bench: Token::parse("bench-1").unwrap(),
        operator: None,
        time: zero,
        source: Source::Pattern,
        clock: Clock::Simulated { zero },
        program: Hash([0; 32]),
    };
    let open = || ClipWriter::open(&locked, stream.clone(), &opening, &gops[0]).unwrap();
    let recovered = || {
        let outcomes = recovery::recover(&locked).unwrap();
        outcomes.into_iter().map(|(clip, outcome)| (clip.sequence, outcome)).collect::<Vec<_>>()
    };
    // The disk fails under the first one: nobody writes it any more. The second one goes on.
    let (mut failing, mut going) = (open(), open());
    failing.append(&locked, &gops[0]).unwrap();
    going.append(&locked, &gops[0]).unwrap();
    assert_eq!(recovered(), []);
    drop(failing);
    assert_eq!(recovered(), [(1, Outcome::Recovered { discarded: 0 })]);
    assert_eq!(recovered(), []);
    going.append(&locked, &gops[1]).unwrap();
    let sealed = going.close(&locked, Reason::Stopped).unwrap();
    assert_eq!(recovered(), []);
    // Two at once, such as two benches that fail together: each clip is recovered once.
    for gop in [&gops[0], &gops[0], &gops[0], &gops[0]] {
        open().append(&locked, gop).unwrap();
    }
    let mut both = thread::scope(|scope| {
        let threads = [0, 1].map(|_| scope.spawn(|| recovery::recover(&locked).unwrap()));
        threads.map(|thread| thread.join().unwrap()).concat()
    });
    both.sort_by_key(|(clip, _)| clip.sequence);
    assert_eq!(both.iter().map(|(clip, _)| clip.sequence).collect::<Vec<_>>(), [3, 4, 5, 6]);
    assert!(both.iter().all(|(_, outcome)| *outcome == Outcome::Recovered { discarded: 0 }), "{both:?}");
    // One is closed while recovery, which saw it open, has its hands full with others.
    for gop in [&gops[0]; 12] {
        open().append(&locked, gop).unwrap();
    }
    let mut closing = open();
    closing.append(&locked, &gops[0]).unwrap();
    let outcomes = thread::scope(|scope| {
        let recovery = scope.spawn(recovered);
        while locked.catalogue.clip(7).unwrap().unwrap().state == State::Open {}
        closing.close(&locked, Reason::Stopped).unwrap();
        recovery.join().unwrap()
    });
    assert_eq!(outcomes.iter().map(|(number, _)| *number).collect::<Vec<_>>(), Vec::from_iter(7..19));
    drop(locked);
    station.verified(&sealed.path);
    station.clean(19, 0, 0);
}

/// What `a_round_is_bounded_and_may_be_killed` kills: rounds in the folder of this name, until nothing is due.
#[test]
#[ignore = "a process of its own, started by another test"]
fn rounds_in_a_process_of_their_own() {
    let Some(data) = std::env::var_os("PACKSEAL_KEEP") else { return };
    let locked = Data::open(Path::new(&data)).unwrap().lock().unwrap();
    recovery::recover(&locked).unwrap();
    println!("\nkeeping");
    while storage::keep(&locked, LATE, &rules(1, 0)).unwrap().more {}
}

/// Starts it, and waits until it deletes.
fn rounds(station: &Station) -> (Child, Lines<BufReader<ChildStdout>>) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "rounds_in_a_process_of_their_own", "--ignored", "--nocapture"])
        .env("PACKSEAL_KEEP", &station.data)
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "keeping"));
    (child, lines)
}

#[test]
fn a_round_is_bounded_and_may_be_killed() {
    const CLIPS: usize = MOST + 2;
    let template = Station::new("rounds");
    for number in 1..=CLIPS {
        record(&template, &format!("A{number}"));
    }
    let bounded = template.copy("rounds");
    let kept = keep(&bounded, LATE, &rules(1, u64::MAX));
    assert_eq!((numbers(&kept).len(), kept.more, kept.stuck), (MOST, true, false));
    let kept = keep(&bounded, LATE, &rules(1, u64::MAX));
    assert_eq!((numbers(&kept).len(), kept.more, kept.stuck), (CLIPS - MOST, false, true));

    let whole = template.copy("rounds");
    let began = Instant::now();
    let (mut child, _output) = rounds(&whole);
    assert!(child.wait().unwrap().success());
    let took = began.elapsed().as_micros() as usize;
    whole.agrees(&format!("clips 0, damaged 0, never written 0, deleted {CLIPS}"));

    let random = Random::by_the_clock("deletion killed");
    let kills = if std::env::var_os("PACKSEAL_SOAK").is_some() { 100 } else { 20 };
    let (mut between, mut in_the_middle) = (0, 0);
    for round in 0..kills {
        let station = template.copy("rounds");
        let (mut child, _output) = rounds(&station);
        thread::sleep(Duration::from_micros(random.at(round).below(took) as u64));
        child.kill().unwrap();
        child.wait().unwrap();
        // Whoever has no file has a tombstone, and whoever has none has its file.
        let rows = station.clips();
        for row in &rows {
            let there = station.data.join(&row.path).exists();
            let good = match row.state {
                State::Sealed => there && row.tombstone.is_none(),
                State::Deleting => row.tombstone.is_some(),
                _ => !there && row.tombstone.is_some(),
            };
            assert!(good, "round {round}: {} {:?}", row.sequence, row.state);
        }
        let left = rows.iter().filter(|row| row.state == State::Sealed).count();
        between += usize::from((1..CLIPS).contains(&left));
        in_the_middle += rows.iter().filter(|row| row.state == State::Deleting).count();
        assert_eq!(station.check().status, 0, "round {round}");
        station.agrees(&format!("clips {left}, damaged 0, never written 0, deleted {}", CLIPS - left));
    }
    println!("{kills} kills: {between} between the first and the last deletion, {in_the_middle} within one");
    assert!(between >= kills / 4, "only {between} of {kills} kills met a deletion");
}
