//! The station, its capture process or the recovery itself is killed at any moment: what was sealed stays, at most two
//! seconds are lost, and nothing is signed twice.
//!
//! The moments are random: `PACKSEAL_SEED` repeats a run. `PACKSEAL_SOAK=1` kills five times as often.

use std::{
    collections::VecDeque,
    fs,
    path::{Path, PathBuf},
    sync::Mutex,
    thread,
    time::{Duration, Instant, SystemTime, UNIX_EPOCH},
};

use evidence::{
    note::Note,
    statement::{Reason, Start, Statement, Tombstone},
    verdict::Verdict,
};
use rustix::process::Signal;
use station::catalogue::State;

#[path = "support/parts.rs"]
mod parts;
#[path = "support/pictures.rs"]
mod pictures;
#[path = "support/random.rs"]
mod random;
#[path = "support/station.rs"]
mod station_program;
#[path = "support/strain.rs"]
mod strain;

use parts::{Kind, parts};
use pictures::{counters, decoded};
use random::Random;
use station_program::{Station, program, runs};
use strain::Strain;

/// Recordings that run at once.
const AT_ONCE: usize = 8;
/// Most that a kill may cost, ms, on a machine that does not hold its processes up.
const MOST_LOST: i64 = 2000;
/// Kills of each process at each rate.
fn kills() -> usize {
    if std::env::var_os("PACKSEAL_SOAK").is_some() { 50 } else { 10 }
}

/// Loss is measured by the clock: only one such test at a time.
static CLOCK: Mutex<()> = Mutex::new(());

/// Which process is killed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Victim {
    Station,
    Capture,
}

/// When it is killed.
#[derive(Debug, Clone, Copy)]
enum Moment {
    /// After the process was started; the clip may not be there yet.
    Starting(Duration),
    /// After the clip was opened.
    Recording(Duration),
}

/// One kill, planned.
#[derive(Debug, Clone, Copy)]
struct Kill {
    victim: Victim,
    rate: u32,
    moment: Moment,
}

/// The kills of this process, spread evenly: nine in ten while a clip is open, one before.
fn plan(victim: Victim, random: &mut Random) -> VecDeque<Kill> {
    let mut plan = VecDeque::new();
    for number in 0..kills() {
        for rate in [5, 10, 30] {
            let moment = if number % 10 == 0 {
                Moment::Starting(Duration::from_micros(random.below(1_200_000) as u64))
            } else {
                Moment::Recording(Duration::from_micros(random.below(7_000_000) as u64))
            };
            plan.push_back(Kill { victim, rate, moment });
        }
    }
    plan
}

fn wall_ms() -> i64 {
    i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis()).unwrap()
}

/// Kills as planned, lets the station put things right, and looks at all that is left. ms lost, where a clip was open.
fn crash(kill: Kill, strain: &Strain) -> Option<i64> {
    let station = Station::new("crash");
    let mut recording = station.start(&format!("pattern:320x240@{}", kill.rate), &[]);
    match kill.moment {
        Moment::Starting(after) => thread::sleep(after),
        Moment::Recording(after) => {
            recording.wait_begun();
            thread::sleep(after);
        }
    }
    let capture = recording.capture();
    let killed_ms = wall_ms();
    let held_ms = strain.worst(5);
    match kill.victim {
        Victim::Station => {
            recording.child.kill().unwrap();
            recording.child.wait().unwrap();
            // Its capture process goes with it.
            let began = Instant::now();
            while capture.is_some_and(runs) {
                assert!(began.elapsed() < Duration::from_secs(5), "{kill:?}: the capture process lives on");
                thread::sleep(Duration::from_millis(5));
            }
        }
        Victim::Capture => {
            rustix::process::kill_process(capture?, Signal::KILL).unwrap();
            let said = recording.end(Duration::from_secs(10));
            let began = station.clips().iter().any(|clip| clip.state == State::Sealed);
            assert_eq!(said.status, if began { 4 } else { 2 }, "{kill:?}: {}", said.err);
            assert_eq!(said.err.lines().count(), if began { 2 } else { 1 }, "{kill:?}: {}", said.err);
        }
    }
    // Of each LINK on the disk the catalogue knows, but for the one that was just being written.
    for row in station.clips().iter().filter(|row| row.state == State::Open && station.data.join(&row.path).exists()) {
        let bytes = fs::read(station.data.join(&row.path)).unwrap();
        let links = parts(&bytes).iter().filter(|part| part.kind == Kind::Link).count() as u64;
        assert!((links.saturating_sub(1)..=links).contains(&row.links), "{kill:?}: {links} LINKs, {} known", row.links);
    }
    let said = station.check();
    assert_eq!(said.status, 0, "{kill:?}: {said:?}");
    let clips = station.clips();
    let open = clips.iter().find(|clip| clip.state == State::Sealed);
    station.clean(u64::from(open.is_some()), 0, (clips.len() - usize::from(open.is_some())) as u64);
    let before = station.files();
    station.clean(u64::from(open.is_some()), 0, (clips.len() - usize::from(open.is_some())) as u64);
    assert!(before == station.files(), "{kill:?}: a check changed what was checked");

    let clip = station.data.join(&open?.path);
    let facts = station.partial(&clip);
    let reason = if kill.victim == Victim::Station { Reason::Recovered } else { Reason::CameraLost };
    assert_eq!(facts.end.as_ref().map(|end| end.reason), Some(reason), "{kill:?}");
    assert_eq!(decoded(&clip), facts.frames);
    let read = counters(&clip);
    // Every frame from the first to the last is there, or its loss is signed, for which the machine must be the cause.
    assert!(read.is_sorted_by(|a, b| a.0 < b.0 && a.1 < b.1), "{kill:?}: {read:?}");
    let last = read[read.len() - 1];
    let missing = u64::from(last.0 - read[0].0 + 1) - read.len() as u64;
    assert_eq!((read[0].0, read.len() as u64, missing), (0, facts.frames, facts.lost), "{kill:?}");
    let lost = killed_ms - last.1 as i64;
    println!("{kill:?}: {lost} ms lost, {missing} frames before; the machine held up {held_ms} ms");
    assert!(missing == 0 || held_ms > 100, "{kill:?}: {missing} frames lost");
    assert!((0..=MOST_LOST + held_ms).contains(&lost), "{kill:?}: {lost} ms lost, {held_ms} ms held up");
    Some(lost)
}

/// Carries out a plan, several at once, and prints what was lost.
fn crashes(victim: Victim, what: &str) {
    let _clock = CLOCK.lock().unwrap_or_else(|broken| broken.into_inner());
    let plan = plan(victim, &mut Random::by_the_clock(what));
    let all = plan.len();
    let (plan, lost, strain) = (Mutex::new(plan), Mutex::new(Vec::new()), Strain::watch());
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some(kill) = plan.lock().unwrap().pop_front() else { break };
                    if let Some(ms) = crash(kill, &strain) {
                        lost.lock().unwrap().push((kill.rate, ms));
                    }
                }
            });
        }
    });
    let lost = lost.into_inner().unwrap();
    for rate in [5, 10, 30] {
        let mut ms: Vec<i64> = lost.iter().filter(|(r, _)| *r == rate).map(|(_, ms)| *ms).collect();
        ms.sort_unstable();
        let (median, most) = (ms.get(ms.len() / 2), ms.last());
        println!("{what}, {rate}/s: {} kills of an open clip, median {median:?} ms, most {most:?} ms lost", ms.len());
    }
    assert!(lost.len() * 10 >= all * 8, "only {} of {all} kills met an open clip", lost.len());
}

#[test]
fn the_station_is_killed() {
    crashes(Victim::Station, "station killed");
}

#[test]
fn the_capture_process_is_killed() {
    crashes(Victim::Capture, "capture killed");
}

/// A station whose clip was torn in the middle of a fragment while it was open.
fn torn() -> (Station, PathBuf) {
    let station = Station::new("torn");
    let clip = station.record("pattern:320x240@10", &["--fast", "--seconds", "4"]);
    let bytes = fs::read(&clip).unwrap();
    let links = parts(&bytes).into_iter().filter(|p| p.kind == Kind::Link).map(|p| p.end).collect::<Vec<_>>();
    // Two GOPs and the half of the third.
    let cut = (links[1] + links[2]) / 2;
    reopen(&station, &clip, &bytes[..cut], 2);
    (station, clip)
}

/// Makes of a sealed clip an open one with these bytes, of which the catalogue knows so many LINKs.
fn reopen(station: &Station, clip: &Path, bytes: &[u8], links: u64) {
    fs::write(clip, bytes).unwrap();
    let name = clip.strip_prefix(&station.data).unwrap().display();
    station.sql(&format!(
        "UPDATE clip SET state = 'open', links = {links}, reason = NULL, last_time = NULL, frames = NULL, lost = NULL,
         ticks = NULL, bytes = NULL, end_hash = NULL WHERE path = '{name}'"
    ));
}

#[test]
fn the_recovery_is_killed() {
    let (template, clip) = torn();
    let name = clip.strip_prefix(&template.data).unwrap();
    let torn = fs::read(&clip).unwrap();
    let good = parts(&torn).last().unwrap().end;
    // How long a recovery takes.
    let whole = template.copy("recovery");
    let began = Instant::now();
    assert_eq!(whole.check().status, 0);
    let took = began.elapsed().as_micros() as u64;
    assert_eq!(whole.partial(&whole.data.join(name)).end.unwrap().discarded, (torn.len() - good) as u64);
    let random = Random::by_the_clock("recovery killed");
    let rounds = kills() * 3;
    let killed: usize = (0..rounds)
        .map(|round| {
            let mut random = random.at(round);
            let station = template.copy("recovery");
            let clip = station.data.join(name);
            let mut end: Option<Vec<u8>> = None;
            let mut killed = 0;
            loop {
                let mut check = program(&["check", "--data", station.path()])
                    .stdout(std::process::Stdio::null())
                    .stderr(std::process::Stdio::null())
                    .spawn()
                    .unwrap();
                thread::sleep(Duration::from_micros(random.below((took + took / 4) as usize) as u64));
                // The last one is left to its end.
                let done = check.try_wait().unwrap();
                if killed < 20 && done.is_none() {
                    check.kill().unwrap();
                }
                let status = check.wait().unwrap();
                let now = fs::read(&clip).unwrap();
                assert!(now.starts_with(&torn[..good]), "round {round}: a sealed frame is gone");
                let found = parts(&now).into_iter().find(|p| p.kind == Kind::End).map(|p| now[p.begin..p.end].to_vec());
                assert!(end.is_none() || end == found, "round {round}: two different ENDs");
                end = found;
                match status.code() {
                    None => killed += 1,
                    Some(status) => break assert_eq!(status, 0, "round {round}"),
                }
            }
            station.clean(1, 0, 0);
            let facts = station.partial(&clip);
            let said = facts.end.unwrap();
            assert_eq!((said.reason, said.links, said.discarded), (Reason::Recovered, 2, (torn.len() - good) as u64));
            let tail = station.data.join("damaged").join(format!("{}.tail", name.file_name().unwrap().display()));
            assert!(fs::read(tail).unwrap() == torn[good..], "round {round}: the torn tail is not what it was");
            killed
        })
        .sum();
    assert!(killed >= rounds / 2, "only {killed} kills in {rounds} rounds");
}

#[test]
fn a_torn_end_is_not_taken_for_the_torn_tail() {
    let (station, clip) = torn();
    let torn = fs::read(&clip).unwrap();
    let good = parts(&torn).last().unwrap().end;
    let twin = station.copy("twin");
    assert_eq!(station.check().status, 0);
    let sealed = fs::read(&clip).unwrap();
    // A power cut in the middle of writing END, with the tail already kept.
    let clip = twin.data.join(clip.strip_prefix(&station.data).unwrap());
    fs::create_dir(twin.data.join("damaged")).unwrap();
    let tail = twin.data.join("damaged").join(format!("{}.tail", clip.file_name().unwrap().display()));
    fs::write(&tail, &torn[good..]).unwrap();
    fs::write(&clip, &sealed[..good + (sealed.len() - good) / 2]).unwrap();
    assert_eq!(twin.check().status, 0);
    let end = twin.partial(&clip).end.unwrap();
    assert_eq!((end.reason, end.discarded), (Reason::Recovered, (torn.len() - good) as u64));
    assert!(fs::read(&tail).unwrap() == torn[good..], "the torn tail is not what it was");
    twin.clean(1, 0, 0);
}

#[test]
fn cut_off_at_every_stage_of_its_beginning() {
    let station = Station::new("beginning");
    let record = || station.record("pattern:320x240@10", &["--fast", "--seconds", "1"]);
    record();
    let mut stages = 0;
    // What is left of the file: nothing, half of the header, half of START, START.
    for stage in 0..5 {
        let clip = record();
        let bytes = fs::read(&clip).unwrap();
        let start = parts(&bytes).into_iter().find(|p| p.kind == Kind::Start).unwrap();
        let left = match stage {
            0 | 1 => 0,
            2 => start.begin / 2,
            3 => (start.begin + start.end) / 2,
            _ => start.end,
        };
        reopen(&station, &clip, &bytes[..left], 0);
        if stage == 0 {
            fs::remove_file(&clip).unwrap();
        }
        let said = station.check();
        assert_eq!((said.status, said.err.lines().count()), (0, 1), "stage {stage}: {said:?}");
        stages += 1;
        station.clean(stages, 0, stages);
        record();
        station.clean(stages + 1, 0, stages);
    }
    // Numbers without a gap, each START behind the one before, a tombstone for each that was not written.
    let mut previous = None;
    for (row, sequence) in station.clips().into_iter().zip(1..) {
        let start = Start::parse(&Note::parse(&row.start).unwrap().text).unwrap();
        assert_eq!((row.sequence, start.sequence, start.previous_start), (sequence, sequence, previous));
        previous = Some(row.start_hash);
        if row.state == State::NeverWritten {
            let stone = Tombstone::parse(&Note::parse(&row.tombstone.unwrap()).unwrap().text).unwrap();
            assert_eq!((stone.clip, stone.sequence, stone.start), (row.id, sequence, row.start_hash));
            assert!(!station.data.join(&row.path).exists());
        } else {
            assert_eq!(row.state, State::Sealed);
        }
    }
}

/// `check` sets this clip aside, unsigned, and says so once.
#[track_caller]
fn set_aside(station: &Station, clip: &Path) {
    let bytes = fs::read(clip).unwrap();
    let said = station.check();
    assert_eq!((said.status, said.err.lines().count()), (1, 1), "{said:?}");
    assert!(said.err.contains("damaged") && !clip.exists(), "{said:?}");
    let aside = station.data.join("damaged").join(clip.file_name().unwrap());
    assert!(fs::read(&aside).unwrap() == bytes, "what was set aside was changed");
    assert_ne!(station.report(&aside).verdict, Verdict::Verified);
    station.clean(0, 1, 0);
    // The station goes on.
    let clip = station.record("pattern:320x240@10", &["--fast", "--seconds", "1"]);
    station.verified(&clip);
    station.clean(1, 1, 0);
}

#[test]
fn an_open_clip_shortened_on_the_disk_is_not_signed() {
    let (station, clip) = torn();
    let bytes = fs::read(&clip).unwrap();
    let first = parts(&bytes).into_iter().find(|p| p.kind == Kind::Link).unwrap();
    fs::write(&clip, &bytes[..first.end]).unwrap();
    set_aside(&station, &clip);
}

#[test]
fn an_open_clip_shortened_to_its_start_is_not_signed() {
    let (station, clip) = torn();
    let bytes = fs::read(&clip).unwrap();
    let start = parts(&bytes).into_iter().find(|p| p.kind == Kind::Start).unwrap();
    fs::write(&clip, &bytes[..start.end]).unwrap();
    set_aside(&station, &clip);
}

#[test]
fn an_open_clip_changed_on_the_disk_is_not_signed() {
    let (template, clip) = torn();
    let bytes = fs::read(&clip).unwrap();
    let name = clip.strip_prefix(&template.data).unwrap();
    let mut random = Random::by_the_clock("changed byte");
    let good = parts(&bytes).last().unwrap().end;
    for _ in 0..5 {
        let station = template.copy("changed");
        let mut changed = bytes.clone();
        changed[random.below(good as usize)] ^= 1 << random.below(8);
        let clip = station.data.join(name);
        fs::write(&clip, &changed).unwrap();
        set_aside(&station, &clip);
    }
}

#[test]
fn an_open_clip_that_is_gone_is_told_once() {
    let (station, clip) = torn();
    fs::remove_file(&clip).unwrap();
    let said = station.check();
    assert_eq!((said.status, said.err.lines().count()), (1, 1), "{said:?}");
    assert!(said.err.contains("damaged"), "{said:?}");
    // It stays a disagreement: a clip was there, and nothing of it is left.
    assert_eq!(station.check().status, 1);
}
