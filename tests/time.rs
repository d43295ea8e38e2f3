//! Trusted time from end to end: a bench with time authorities (`openssl ts` behind HTTP on this machine), clips whose PROOF
//! says when they were sealed, and a verifier that was given everything from outside. Also without an authority, with
//! one that comes back, and with one that never answers.

#[path = "support/authority.rs"]
mod authority;
#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/authority_http.rs"]
mod http;
#[path = "support/station.rs"]
mod station_program;

use std::{
    fs::{self, File},
    path::{Path, PathBuf},
    sync::{
        Arc, Mutex,
        atomic::{AtomicU8, Ordering},
    },
    thread,
    time::{Duration, Instant},
};

use authority::*;
use daemon::{Daemon, LONG, clips_of, configure};
use evidence::{
    finding::Code,
    token::{Root, verify as verify_token},
    value::{Hash, Time},
    verdict::{Report, Verdict},
    verify::{Request, verify},
};
use station_program::{Station, run};

const END: &str = "PACKSEAL-END";
// Orders.
const A1: &str = "SF1390000000011";
const A2: &str = "SF1390000000012";
const A3: &str = "SF1390000000013";
const B1: &str = "SF1390000000021";
const B2: &str = "SF1390000000022";
const C1: &str = "SF1390000000031";

/// Nobody listens there.
const NOBODY: &str = "http://127.0.0.1:9/";

/// What an authority does.
#[derive(Clone, Copy)]
enum Mood {
    Answers,
    Gone,
    Silent,
}

/// An authority that can go away and come back.
#[derive(Clone)]
struct Office {
    authority: Arc<Mutex<Authority>>,
    mood: Arc<AtomicU8>,
}

impl Office {
    fn new(name: &str, mood: Mood) -> Self {
        Self { authority: Arc::new(Mutex::new(Authority::new(name))), mood: Arc::new(AtomicU8::new(mood as u8)) }
    }

    fn is(&self, mood: Mood) {
        self.mood.store(mood as u8, Ordering::Relaxed);
    }

    /// Its address, with this signer.
    fn serve(&self, signer: &'static str) -> String {
        let this = self.clone();
        http::serve(move |stream, request| {
            let mood = this.mood.load(Ordering::Relaxed);
            if mood == Mood::Answers as u8 {
                let answer = this.authority.lock().unwrap().reply(signer, &[], request);
                http::reply(stream, &answer);
            } else if mood == Mood::Silent as u8 {
                thread::sleep(Duration::from_secs(30));
            }
        })
    }

    fn path(&self, name: &str) -> PathBuf {
        self.authority.lock().unwrap().path(name)
    }

    fn root(&self) -> Root {
        Root::read(&fs::read(self.path("root.der")).unwrap()).unwrap()
    }
}

/// A bench that asks these.
fn ask(station: &Station, authorities: &[&str], certificate: &Path) {
    configure(
        station,
        &format!(
            "[time]\nauthorities = {authorities:?}\ncertificates = [{certificate:?}]\ninterval-seconds = 10\n\
             [[bench]]\nname = \"bench-1\"\ncamera = \"pattern:320x240@10\"\nscanners = []\n"
        ),
    );
}

/// Records a clip of this order: how long from its scan to END.
fn record(daemon: &Daemon, order: &str, sealed: u64) -> Duration {
    daemon.ready(Duration::ZERO);
    let begun = Instant::now();
    daemon.scan(order);
    daemon.recorded(2.0);
    daemon.scan(END);
    daemon.sealed(sealed);
    begun.elapsed()
}

/// Waits until the station holds a token.
#[track_caller]
fn until_token(station: &Station, daemon: &Daemon) {
    let began = Instant::now();
    while station.catalogue().newest_token().unwrap().is_none() {
        assert!(began.elapsed() < LONG, "no token: {}", daemon.said());
        thread::sleep(Duration::from_millis(50));
    }
}

/// Waits until so many tokens cover this order's END.
#[track_caller]
fn covered(station: &Station, daemon: &Daemon, order: &str, tokens: usize) {
    let began = Instant::now();
    loop {
        let rows = station.clips();
        let row = rows.iter().find(|row| row.order.as_ref().is_some_and(|o| o.as_str() == order)).unwrap();
        let held = row.entries.1.map_or(0, |end| station.catalogue().tokens_covering(end).unwrap().len());
        if held >= tokens {
            return;
        }
        assert!(began.elapsed() < LONG, "{held} tokens: {}", daemon.said());
        thread::sleep(Duration::from_millis(50));
    }
}

/// Seals the proof of an order with one clip: what is said behind the file's name.
#[track_caller]
fn seal(station: &Station, order: &str) -> String {
    let said = run(&["seal-proof", order, "--data", station.path()]);
    assert_eq!((said.status, said.out.lines().count()), (0, 1), "{said:?}");
    said.out.trim_end().split_once(".mp4: ").unwrap().1.to_owned()
}

/// The report of an order's only clip, by its station's key and this authority.
fn judged(station: &Station, order: &str, root: Option<Root>) -> Report {
    let [clip] = &clips_of(station, order)[..] else { panic!("not one clip of {order}") };
    judge(station, clip, root)
}

fn judge(station: &Station, clip: &Path, root: Option<Root>) -> Report {
    let mut trust = station.trust();
    root.into_iter().for_each(|root| trust.add_authority(root));
    let request = Request { trust: &trust, order: None, threads: 1, progress: &mut |_, _| () };
    let report = verify(&File::open(clip).unwrap(), request).unwrap();
    assert_eq!(report.verdict, Verdict::Verified, "{:?}", report.findings);
    report
}

#[test]
fn a_clip_is_sealed_between_two_trusted_times() {
    let office = Office::new("time-between", Mood::Answers);
    let (first, second) = (office.serve("rsa"), office.serve("p256"));
    let station = Station::new("time-between");
    ask(&station, &[&first, NOBODY, &second], &office.path("root.pem"));
    let daemon = Daemon::start(&station, &[]);
    // What the station stated at its start stands in the ledger, so there is something to have a token of.
    let before = Time(jiff::Timestamp::now().as_microsecond());
    until_token(&station, &daemon);
    record(&daemon, A1, 1);
    covered(&station, &daemon, A1, 2);
    let long = record(&daemon, A2, 2);
    covered(&station, &daemon, A2, 2);
    // The third one may still give its token.
    assert_eq!(judged(&station, A2, None).facts.unwrap().proof, 0);
    daemon.proven(&station);
    let report = judged(&station, A1, Some(office.root()));
    let times = [&report.bracket.after, &report.bracket.before].map(|t| t.as_ref().unwrap().time);
    // The authority's accuracy is one second.
    assert!(times[0] < times[1] && times[1] > before, "{times:?}");
    // The ledger is shown as of now, the tokens are of then.
    let (size, included) = (report.bracket.size.unwrap(), report.included.unwrap());
    assert!(included.end < size && size < included.checkpoint.size, "{size} {included:?}");

    let said = seal(&station, A2);
    assert!(said.starts_with("has this proof: ledger as of "), "{said}");
    assert!(said.ends_with(", time token of its start, time tokens of its end: 2"), "{said}");
    let report = judged(&station, A2, Some(office.root()));
    let width = report.bracket.width().unwrap();
    println!("the clip took {long:?} from scan to END, the bracket is {:.1} s wide", width as f64 / 1e6);
    assert!(width > 0 && width <= i64::try_from(long.as_micros()).unwrap() + 60_000_000, "{width}");
    let included = report.included.unwrap();
    // Over the first checkpoint that covers END, which is its newest entry.
    assert_eq!(report.bracket.size, Some(included.end + 1));
    let bracket = report.bracket;
    let authorities = [&bracket.after, &bracket.before].map(|t| t.as_ref().unwrap().authority.clone());
    for authority in authorities {
        assert!(["CN=rsa,O=packseal test", "CN=p256,O=packseal test"].contains(&&*authority), "{authority}");
    }
    // Without the authority from outside none of it is proven.
    let report = judged(&station, A2, None);
    assert!(report.has(Code::TimeUnknownAuthority) && report.has(Code::DeviceClock) && report.bracket.is_empty());

    // What is held was verified, and the log does not repeat itself.
    let [clip] = &clips_of(&station, A2)[..] else { panic!() };
    let start = station.report_of(clip, None).facts.unwrap().start;
    let token = station.catalogue().token(&start.time_token.unwrap()).unwrap().unwrap();
    let said = verify_token(&token.der, Some(&Hash::of(&token.checkpoint)), &[office.root()]).unwrap();
    assert_eq!((Some(said.time), said.time), (start.time_token_time, token.time));
    assert_eq!(daemon.said().matches(&format!("no time token from {NOBODY}")).count(), 1, "{}", daemon.said());
    let time = daemon.status()["time"].clone();
    assert_eq!(time["authorities"], 3);
    assert!(time["newest_token_age_seconds"].as_f64().is_some_and(|age| age < 30.0), "{time}");
    assert!(daemon.get("/metrics").contains("\npackseal_time_token_age_seconds "));

    // Idle, it stays young.
    let newest = || station.catalogue().newest_token().unwrap().unwrap();
    let (was, began) = (newest(), Instant::now());
    while newest() == was {
        assert!(began.elapsed() < Duration::from_secs(20), "{}", daemon.said());
        thread::sleep(Duration::from_millis(100));
    }
    let (status, _) = daemon.stop();
    assert_eq!(status, 0);
    station.clean(2, 0, 0);

    // A clip without the daemon begins after the newest token that is held; its clock is simulated, which does not matter.
    let held = newest();
    assert_eq!(
        run(&[
            "record",
            "--data",
            station.path(),
            "--order",
            A3,
            "--source",
            "pattern:320x240@10",
            "--seconds",
            "1",
            "--fast"
        ])
        .status,
        0
    );
    let [clip] = &clips_of(&station, A3)[..] else { panic!() };
    let start = station.report_of(clip, None).facts.unwrap().start;
    assert_eq!(start.time_token.zip(start.time_token_time), Some(held));
    assert!(seal(&station, A3).ends_with(" entries, time token of its start"));
    let report = judged(&station, A3, Some(office.root()));
    assert!(report.bracket.after.is_some() && report.bracket.before.is_none());

    // Handed out with a count as of now, a clip keeps its times of then.
    let copies = station.data.with_file_name("handed-out");
    let said = run(&["prove", A2, "--audit", "--data", station.path(), "-o", copies.to_str().unwrap()]);
    assert_eq!(said.status, 0, "{said:?}");
    let [copy] = &fs::read_dir(&copies).unwrap().map(|entry| entry.unwrap().path()).collect::<Vec<_>>()[..] else {
        panic!("not one copy")
    };
    let report = judge(&station, copy, Some(office.root()));
    assert_eq!(report.bracket, bracket);
    assert!(report.counted.is_some_and(|counted| counted.audited.is_some() && counted.clips.len() == 1));
    assert!(report.included.unwrap().checkpoint.size > bracket.size.unwrap());
}

#[test]
fn an_authority_that_is_away_and_comes_back() {
    let office = Office::new("time-away", Mood::Gone);
    let station = Station::new("time-away");
    ask(&station, &[&office.serve("p256")], &office.path("root.der"));
    let daemon = Daemon::start(&station, &[]);
    record(&daemon, B1, 1);
    daemon.says("no time token from");
    assert!(seal(&station, B1).starts_with("proof sealed: ledger as of "));
    let report = judged(&station, B1, Some(office.root()));
    assert!(report.has(Code::DeviceClock) && report.included.is_some());
    assert!(daemon.status()["time"]["newest_token_age_seconds"].is_null());

    // No bench waits for one that never answers, nor does the end of the daemon.
    office.is(Mood::Silent);
    thread::sleep(Duration::from_secs(9));
    let long = record(&daemon, B2, 2);
    assert!(long < Duration::from_secs(8), "{long:?}");
    assert_eq!(judged(&station, B2, None).facts.unwrap().proof, 0);
    let (status, took) = daemon.stop();
    assert!(status == 0 && took < Duration::from_secs(4), "{status} {took:?}");

    // It comes back: both have an END before its first token.
    office.is(Mood::Answers);
    let daemon = Daemon::start(&station, &[]);
    for order in [B1, B2] {
        covered(&station, &daemon, order, 1);
        daemon.proven(&station);
        let report = judged(&station, order, Some(office.root()));
        assert!(report.bracket.after.is_none() && report.bracket.before.is_some());
    }
    drop(daemon);
}

#[test]
fn tokens_that_do_not_hold_are_not_kept() {
    let (office, other) = (Office::new("time-other", Mood::Answers), Office::new("time-own", Mood::Answers));
    let station = Station::new("time-other");
    ask(&station, &[&office.serve("p256")], &other.path("root.pem"));
    let daemon = Daemon::start(&station, &[]);
    record(&daemon, C1, 1);
    daemon.says("is of no use: check its certificate in the configuration");
    assert_eq!(station.catalogue().newest_token().unwrap(), None);
    drop(daemon);

    // A certificate that is none is found before anything is recorded.
    for (path, why) in
        [("missing.pem", "No such file"), ("p256.pem", "may not issue"), ("root.key", "not a time token")]
    {
        ask(&station, &[NOBODY], &office.path(path));
        for command in [&["config", "check"][..], &["run"]] {
            for (lang, words) in [("en", "is not the root certificate of a time authority"), ("zh", "时间戳机构根证书")]
            {
                let said = run(&[command, &["--data", station.path(), "--lang", lang]].concat());
                assert_eq!((said.status, said.err.lines().count()), (2, 1), "{said:?}");
                assert!(said.err.contains(words) && said.err.contains(path), "{said:?}");
                assert!(said.err.contains(why), "{why}: {said:?}");
            }
        }
    }
}
