//! The bench screen: what the station tells it, and the page in Chromium.

use std::{
    collections::BTreeSet,
    fs, thread,
    time::{Duration, Instant},
};

use evidence::statement::Reason;
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use station::{capture::strip::read_counter, clock};

#[path = "support/browser.rs"]
mod browser;
#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/pictures.rs"]
mod pictures;
#[path = "support/station.rs"]
mod station_program;
#[path = "support/viewer.rs"]
mod viewer;

use browser::Browser;
use daemon::{Daemon, LONG, configure};
use pictures::ffmpeg;
use station_program::{Folder, Station};
use viewer::{Events, get, picture};

/// A drawn bench whose frames carry their clock.
const PATTERN: &str = "[[bench]]\ncamera = \"pattern:640x360@10\"\noverlay = true\n";
/// How long the screen may show what is not so any more.
const SOON: Duration = Duration::from_secs(2);
/// WebDriver's name of the key.
const ENTER: &str = "\u{e007}";

fn station(name: &str, config: &str) -> Station {
    let station = Station::new(name);
    configure(&station, config);
    station
}

/// Takes down every face the page has, and when, in ms.
const WATCH: &str = "
    const body = document.body, [done] = arguments;
    window.faces = [[body.dataset.face, performance.now()]];
    window.wrong = [];
    for (const kind of ['error', 'unhandledrejection', 'securitypolicyviolation']) {
        addEventListener(kind, (e) => wrong.push(`${kind} ${e.message || e.reason || e.effectiveDirective}`));
    }
    new MutationObserver(() => faces.push([body.dataset.face, performance.now()])).observe(body, { attributes: true });
    done();";

/// What is on the screen.
const LOOK: &str = "
    const [done] = arguments, text = (id) => document.getElementById(id).innerText;
    const live = document.getElementById('live'), picture = document.getElementById('picture');
    done({
        face: document.body.dataset.face, word: text('word'), line: text('line'), since: text('since'),
        remedy: text('remedy'), prompt: text('prompt'), parcels: text('parcels'), trouble: text('trouble'),
        blind: text('blind'), age: live.dataset.age, sees: !picture.hidden && picture.naturalWidth,
        all: document.body.innerText, faces: window.faces, wrong: window.wrong,
    });";

/// A bench screen.
struct Screen(Browser);

impl Screen {
    fn of(daemon: &Daemon) -> Self {
        let browser = Browser::new();
        browser.resize(1024, 600);
        browser.visit(&format!("http://{}/bench/bench-1", daemon.address()));
        browser.run(WATCH, vec![]);
        Self(browser)
    }

    /// What is on it; where it is being loaded anew, soon.
    #[track_caller]
    fn look(&self) -> Value {
        let began = Instant::now();
        loop {
            if let Some(seen) = self.0.try_run(LOOK, vec![]) {
                return seen;
            }
            assert!(began.elapsed() < LONG, "there is no page");
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Waits until the screen is so.
    #[track_caller]
    fn until(&self, what: &str, is: impl Fn(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let seen = self.look();
            if is(&seen) {
                return seen;
            }
            assert!(began.elapsed() < LONG, "never {what}: {seen:#}");
            thread::sleep(Duration::from_millis(20));
        }
    }

    #[track_caller]
    fn face(&self, face: &str) -> Value {
        self.until(face, |seen| seen["face"] == face)
    }

    /// The page's clock, ms.
    fn now(&self) -> f64 {
        self.0.run("arguments[0](performance.now())", vec![]).as_f64().unwrap()
    }

    /// ms from then until the screen first had this face.
    #[track_caller]
    fn since(&self, then: f64, face: &str) -> f64 {
        let seen = self.until(face, |seen| {
            seen["faces"].as_array().unwrap().iter().any(|at| at[0] == face && at[1].as_f64() >= Some(then))
        });
        let all = seen["faces"].as_array().unwrap();
        all.iter().find(|at| at[0] == face && at[1].as_f64() >= Some(then)).unwrap()[1].as_f64().unwrap() - then
    }

    /// Types a code into the page's field.
    fn scan(&self, code: &str) {
        self.0.run("const form = document.getElementById('scan'); if (form.hidden) document.getElementById('type').click(); arguments[0]();", vec![]);
        self.0.choose("#code", &format!("{code}{ENTER}"));
    }

    /// Nothing went wrong in the page, and every text was there.
    #[track_caller]
    fn clean(&self) {
        let seen = self.look();
        assert_eq!(seen["wrong"], json!([]), "{seen:#}");
        assert!(!seen["all"].as_str().unwrap().contains("bench."), "a key without a text: {seen:#}");
    }
}

/// A seal as the screen shows it.
fn short(seal: &str) -> String {
    format!("{} {} {} {}", &seal[..4], &seal[4..8], &seal[8..12], &seal[12..16])
}

#[test]
fn a_parcel_is_seen_from_its_scan_to_its_seal() {
    let station = station("screen-parcel", PATTERN);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    let screen = Screen::of(&daemon);
    let seen = screen.until("a picture", |seen| seen["face"] == "ready" && seen["sees"] == 640);
    assert!(seen["age"].as_str().unwrap().parse::<u32>().unwrap() < 1500, "{seen:#}");
    assert_eq!((&seen["word"], &seen["since"], &seen["parcels"]), (&json!("Ready"), &json!(""), &json!("")));

    screen.scan("SF1390000000001");
    let seen = screen.face("recording");
    assert_eq!((&seen["word"], &seen["line"]), (&json!("Recording"), &json!("SF1390000000001")));
    screen.until("two seconds", |seen| seen["since"] == "0:02");
    // What no rule knows is told.
    screen.scan("6901234567892x y");
    screen.until("a prompt", |seen| seen["prompt"].as_str().unwrap().starts_with("Unknown code of 16 characters"));
    screen.scan("PACKSEAL-END");
    let seen = screen.until("the parcel", |seen| seen["face"] == "ready" && seen["parcels"] != "");
    let [clip] = &station.clips()[..] else { panic!("one clip") };
    let seal = clip.closing.as_ref().unwrap().end_hash.to_string();
    let parcels = seen["parcels"].as_str().unwrap();
    assert!(parcels.contains("SF1390000000001") && parcels.contains("ended"), "{parcels}");
    assert!(parcels.contains(&short(&seal)), "{parcels}: {seal}");
    let told = daemon.bench();
    assert_eq!((&told["parcels"][0]["seal"], &told["parcels"][0]["sequence"]), (&json!(seal), &json!(1)));
    screen.clean();
    // It never said that it was recording before it was, nor that something was wrong.
    let faces: Vec<String> =
        seen["faces"].as_array().unwrap().iter().map(|at| at[0].as_str().unwrap().to_owned()).collect();
    let mut once = faces.clone();
    once.dedup();
    let kinds: BTreeSet<_> = faces.iter().map(String::as_str).collect();
    assert!(kinds.is_subset(&["wait", "ready", "starting", "recording"].into()), "{once:?}");

    // Six more, and a return, and the station starts again: the last five are still there, of this bench.
    let scan = |code: &str| {
        // Not in one shot with the one before.
        thread::sleep(Duration::from_millis(1000));
        daemon.scan(code);
    };
    (2..=7).for_each(|number| scan(&format!("SF139000000000{number}")));
    scan("PACKSEAL-RETURN");
    scan("SF1390000000008");
    screen.until("a return", |seen| seen["word"] == "Recording a return");
    daemon.scan("PACKSEAL-END");
    daemon.sealed(8);
    let before = daemon.until("told", |bench| bench["parcels"][4]["order"] == "SF1390000000008");
    assert_eq!(before["parcels"][4]["direction"], "return");
    daemon.stop();
    let daemon = Daemon::start(&station, &[]);
    assert_eq!(daemon.until("past parcels", |bench| bench["parcels"] != json!([]))["parcels"], before["parcels"]);
}

#[test]
fn a_camera_that_is_gone_is_on_the_screen_within_2_s() {
    let station = station("screen-camera", PATTERN);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    daemon.scan("SF1390000000001");
    let screen = Screen::of(&daemon);
    screen.until("recording", |seen| seen["face"] == "recording" && seen["sees"] == 640);
    let [capture] = daemon.captures()[..] else { panic!() };
    let then = screen.now();
    kill_process(capture, Signal::KILL).unwrap();
    let took = screen.since(then, "attention");
    println!("killed: on the screen after {took:.0} ms");
    assert!(took < SOON.as_secs_f64() * 1e3, "{took}");
    // It is back by itself, and so is the picture.
    screen.until("recording", |seen| {
        seen["face"] == "recording" && seen["age"].as_str().is_some_and(|age| !age.is_empty())
    });

    // One that hangs says nothing: its frames grow old, and nothing is sealed.
    let [capture] = daemon.captures()[..] else { panic!() };
    let then = screen.now();
    kill_process(capture, Signal::STOP).unwrap();
    let seen = screen.until("no picture", |seen| seen["sees"] == false);
    assert!(screen.now() - then < 3000.0, "{seen:#}");
    let took = screen.since(then, "attention");
    println!("hanging: on the screen after {took:.0} ms");
    assert!(took < 3600.0, "{took}");
    screen.face("recording");
    screen.clean();
}

/// Whether this is a screen of which nothing is to be believed.
fn is_blank(seen: &Value) -> bool {
    let remedy = seen["remedy"].as_str().is_some_and(|remedy| remedy.starts_with("Stop packing until it is back."));
    let says = seen["line"] == "The station does not answer." && remedy;
    seen["face"] == "gone" && says && seen["since"] == "" && seen["sees"] == false && seen["prompt"] == ""
}

#[test]
fn a_station_that_does_not_answer_is_not_shown_as_recording() {
    let station = station("screen-gone", PATTERN);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    daemon.scan("SF1390000000001");
    let screen = Screen::of(&daemon);
    let limit = SOON.as_secs_f64() * 1e3;
    for (signal, again) in [(Signal::STOP, true), (Signal::KILL, false)] {
        screen.until("recording", |seen| seen["face"] == "recording" && seen["sees"] == 640);
        let then = screen.now();
        daemon.signal(signal);
        let took = screen.since(then, "gone");
        println!("{signal:?}: on the screen after {took:.0} ms");
        assert!(took < limit, "{signal:?} {took}");
        let seen = screen.look();
        assert!(is_blank(&seen), "{seen:#}");
        // And it stays so.
        thread::sleep(Duration::from_millis(2500));
        assert!(is_blank(&screen.look()));
        if again {
            daemon.signal(Signal::CONT);
        }
    }
    screen.clean();
}

#[test]
fn the_screen_speaks_both_languages() {
    let station = station("screen-languages", PATTERN);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    let screen = Screen::of(&daemon);
    screen.until("English", |seen| seen["word"] == "Ready" && seen["line"] == "Scan an order to begin.");
    screen.0.run("document.querySelector('button[lang=\"zh-CN\"]').click(); arguments[0]();", vec![]);
    screen.until("Chinese", |seen| seen["word"] == "就绪" && seen["line"] == "请扫描订单开始。");
    daemon.scan("SF1390000000001");
    screen.until("its prompt", |seen| seen["word"] == "正在录制" && seen["prompt"] == "新订单。");
    let [capture] = daemon.captures()[..] else { panic!() };
    kill_process(capture, Signal::STOP).unwrap();
    let seen = screen.face("attention");
    assert_eq!(seen["word"], "请注意");
    assert!(seen["line"].as_str().unwrap().contains("没有"), "{seen:#}");
    assert!(seen["remedy"].as_str().unwrap().contains("请停止打包"), "{seen:#}");
    assert!(!seen["all"].as_str().unwrap().contains("bench."), "a key without a text: {seen:#}");
    screen.0.run("document.querySelector('button[lang=\"en\"]').click(); arguments[0]();", vec![]);
    screen.until("English", |seen| seen["word"] == "Recording");
}

#[test]
fn without_a_name_the_benches_are_there_to_choose() {
    let two = "[[bench]]\nname = \"left\"\ncamera = \"pattern:320x240@5\"\nscanners = []\n\
        [[bench]]\nname = \"right\"\ncamera = \"pattern:320x240@5\"\nscanners = []\n";
    let station = station("screen-two", two);
    let daemon = Daemon::start(&station, &[]);
    let browser = Browser::new();
    let links = "const [done] = arguments, look = () => {
        const links = [...document.querySelectorAll('#benches a')].map((a) => a.getAttribute('href'));
        if (links.length) done(links); else setTimeout(look, 50);
    }; look();";
    browser.visit(&format!("http://{}/bench", daemon.address()));
    assert_eq!(browser.run(links, vec![]), json!(["/bench/left", "/bench/right"]));
    // A bench that there is not leads to those there are.
    browser.visit(&format!("http://{}/bench/middle", daemon.address()));
    let began = Instant::now();
    while browser.path() != "/bench" {
        assert!(began.elapsed() < LONG, "it stays at a bench that there is not");
        thread::sleep(Duration::from_millis(50));
    }
    daemon.stop();

    configure(&station, PATTERN);
    let daemon = Daemon::start(&station, &[]);
    browser.visit(&format!("http://{}/bench", daemon.address()));
    let began = Instant::now();
    while browser.path() != "/bench/bench-1" {
        assert!(began.elapsed() < LONG, "it does not go to the only bench");
        thread::sleep(Duration::from_millis(50));
    }
}

#[test]
fn events_tell_every_viewer_the_same_at_once_and_twice_a_second() {
    let station = station("screen-events", PATTERN);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    for (query, status) in [("?bench=middle", 404), ("?bench=", 404)] {
        assert_eq!(get(daemon.address(), &format!("/api/v1/events{query}")).status, status, "{query}");
    }
    let mut viewers: Vec<_> = (0..40).map(|_| Events::of(daemon.address(), "bench-1")).collect();
    let first = viewers[0].event();
    assert_eq!((&first["name"], &first["state"]), (&json!("bench-1"), &json!("ready")));
    assert!(first["time"].is_string() && first["remedies"] == json!([]) && first["parcels"] == json!([]));
    let began = Instant::now();
    (0..4).for_each(|_| drop(viewers[0].line()));
    assert!(began.elapsed() < Duration::from_millis(2900), "{:?}", began.elapsed());

    let began = Instant::now();
    daemon.scan("SF1390000000001");
    let shows = |line: &str| line.contains("\"order\":\"SF1390000000001\"");
    // The same bytes for everybody: they are written once.
    let lines: BTreeSet<String> = viewers
        .iter_mut()
        .map(|viewer| std::iter::repeat_with(|| viewer.line()).find(|line| shows(line)).unwrap())
        .collect();
    println!("{} viewers knew of it after {:?}", viewers.len(), began.elapsed());
    assert_eq!(lines.len(), 1, "{lines:#?}");
    // Many changes within a moment are few events.
    let began = Instant::now();
    (0..50).for_each(|n| drop(daemon.scan(&format!("6901234567{n:03}"))));
    let took = began.elapsed();
    let count =
        |event: &Value| event["counters"]["scans"].as_object().unwrap().values().filter_map(Value::as_u64).sum::<u64>();
    let mut events = 0;
    while count(&viewers[0].event()) < 51 {
        events += 1;
    }
    assert!(events <= took.as_millis() as u64 / 30 + 8, "{events} in {took:?}");
}

#[test]
fn a_picture_is_as_old_as_it_says_and_made_only_while_somebody_looks() {
    let station = station("screen-picture", PATTERN);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    let (address, folder) = (daemon.address(), Folder::new("screen-picture"));
    assert_eq!(picture(address, "middle", 0).status, 404);
    let mut after = 0;
    let number = |answer: &viewer::Answer| answer.header("x-picture").unwrap().parse::<u64>().unwrap();
    let next = |after: u64| {
        let answer = (0..5).map(|_| picture(address, "bench-1", after)).find(|answer| answer.status == 200).unwrap();
        assert_eq!(answer.header("content-type"), Some("image/jpeg"));
        answer
    };
    for round in 0..5 {
        let answer = next(after);
        let came_ms = clock::wall().0 / 1000;
        after = number(&answer);
        let age: i64 = answer.header("x-picture-age-ms").unwrap().parse().unwrap();
        let path = folder.path("live.jpeg");
        fs::write(&path, &answer.body).unwrap();
        let luma = ffmpeg(&["-i", path.to_str().unwrap(), "-f", "rawvideo", "-pix_fmt", "gray", "-"]);
        let (_, clock_ms) = read_counter(&luma, 640, 360).expect("the strips of the pattern");
        // What it says against what is drawn in it; between the two lies the way here.
        let drawn = came_ms - clock_ms as i64;
        println!("round {round}: said {age} ms, drawn {drawn} ms");
        assert!((age - 2..age + 500).contains(&drawn), "said {age}, drawn {drawn}");
    }
    // Nobody looks for a while: three seconds on they are made no more.
    thread::sleep(Duration::from_secs(7));
    let later = number(&next(after)) - after;
    assert!((5..=45).contains(&later), "{later} pictures in seven seconds");
    // Two that look do not make more of it.
    let both = [0, 1].map(|_| {
        thread::spawn(move || {
            let began = Instant::now();
            let (mut after, mut seen) = (0, 0);
            while began.elapsed() < Duration::from_secs(2) {
                let answer = picture(address, "bench-1", after);
                if answer.status == 200 {
                    (after, seen) = (answer.header("x-picture").unwrap().parse().unwrap(), seen + 1);
                }
            }
            seen
        })
    });
    for seen in both.map(|viewer| viewer.join().unwrap()) {
        assert!((8..=22).contains(&seen), "{seen} pictures in two seconds");
    }
    // What a camera that hangs gave last is shown to nobody who comes later.
    daemon.captures().into_iter().for_each(|capture: Pid| kill_process(capture, Signal::STOP).unwrap());
    thread::sleep(Duration::from_millis(300));
    let last = number(&next(0));
    thread::sleep(Duration::from_millis(1000));
    let answer = picture(address, "bench-1", 0);
    // It may be started again by now.
    assert!(answer.status == 204 || number(&answer) > last, "{}", answer.head);
}

#[test]
fn what_is_passed_through_has_no_live_picture_and_the_screen_says_why() {
    let folder = Folder::new("screen-passed");
    let film = folder.path("film.mp4");
    let source = ["-f", "lavfi", "-i", "testsrc2=size=320x240:rate=10:duration=30", "-pix_fmt", "yuv420p"];
    let codec = ["-c:v", "libx264", "-preset", "veryfast", "-g", "10", film.to_str().unwrap()];
    ffmpeg(&[&source[..], &codec].concat());
    let station =
        station("screen-passed", &format!("[[bench]]\ncamera = \"file:{}\"\noverlay = false\n", film.display()));
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    let answer = picture(daemon.address(), "bench-1", 0);
    assert_eq!((answer.status, answer.header("x-picture"), answer.body.len()), (204, Some("none"), 0));
    let screen = Screen::of(&daemon);
    let seen = screen.until("why", |seen| seen["blind"].as_str().unwrap().contains("sealed as it comes"));
    assert_eq!((&seen["face"], &seen["sees"]), (&json!("ready"), &json!(false)));
    screen.clean();
}

#[test]
fn the_screen_has_words_for_everything_a_bench_can_say() {
    let read = |lang: &str| -> serde_json::Map<String, Value> {
        let path = format!("{}/web/messages/{lang}.json", env!("CARGO_MANIFEST_DIR"));
        serde_json::from_str(&fs::read_to_string(path).unwrap()).unwrap()
    };
    for lang in ["en", "zh-CN"] {
        let messages = read(lang);
        let faces = ["wait", "gone", "starting", "return"].into_iter();
        let faces = faces.chain(station::status::State::ALL.map(station::status::State::as_str));
        let keys = Reason::ALL.iter().map(|reason| format!("bench.reason.{}", reason.as_str()));
        for key in keys.chain(faces.map(|face| format!("bench.face.{face}"))) {
            assert!(messages.get(&key).is_some_and(|text| text != ""), "{lang}: {key}");
        }
    }
}
