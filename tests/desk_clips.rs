//! The desk's clips over HTTP, with the running daemon: played by ranges, verified and cut by packseal-verifier, exported.
//! `packseal-verifier` stands beside `packseal-station`: `cargo build -p verifier`.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::Command,
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use evidence::{
    statement::{Act, ActKind},
    value::{Token, Value as _},
};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use station::accounts::{Account, Accounts, Role};

#[path = "support/browser.rs"]
mod browser;
#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/station.rs"]
mod station_program;

use browser::Browser;
use daemon::{Daemon, LONG, configure};
use station_program::{Folder, ORDER, Station, run, runs, verifier};

/// A drawn bench, and a receiver that takes little.
const CONFIG: &str = "[[bench]]\ncamera = \"pattern:320x240@10\"\n[clip]\npre-roll-seconds = 0\n\
    [[preset]]\nname = \"mine\"\nvideo-seconds = 3\nvideo-height = 240\npictures = 4\ntext-characters = 0\n\
    [[preset]]\nname = \"still\"\nvideo-seconds = 0\npictures = 4\n";
const OTHER: &str = "SF1390000000009";
const PASSWORD: &str = "correct horse";

/// An answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: Vec<u8>,
}

impl Answer {
    /// The value of a header, if it is there.
    fn header(&self, name: &str) -> Option<&str> {
        self.head
            .lines()
            .find_map(|line| line.split_once(": ").filter(|(n, _)| n.eq_ignore_ascii_case(name)))
            .map(|h| h.1)
    }

    #[track_caller]
    fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|e| panic!("{e}: {} {}", self.status, self.text()))
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// It is refused: with this status and code, and one line.
    #[track_caller]
    fn refused(&self, status: u16, error: &str) -> String {
        assert_eq!(self.status, status, "{}\n{}", self.head, self.text());
        let body = self.json();
        let message = body["message"].as_str().unwrap_or_default().to_owned();
        assert_eq!(body["error"], error, "{message}");
        assert!(!message.is_empty() && !message.contains('\n'), "{message}");
        message
    }
}

/// Somebody at the desk of a running daemon.
struct Desk {
    address: SocketAddr,
    token: String,
}

/// Makes the account of a member of customer service.
fn account(station: &Station, name: &str, role: Role) {
    let accounts = Accounts::open(&station.data.join("accounts.sqlite")).unwrap();
    accounts.add(&Account { name: Token::parse(name).unwrap(), role }, PASSWORD, 1, || Ok(())).unwrap();
}

impl Desk {
    /// Logs in.
    #[track_caller]
    fn of(daemon: &Daemon, name: &str) -> Self {
        let mut desk = Self { address: daemon.address(), token: String::new() };
        let answer = desk.post("/api/v1/login", &json!({ "name": name, "password": PASSWORD }));
        assert_eq!(answer.status, 200, "{}", answer.text());
        answer.json()["token"].as_str().unwrap().clone_into(&mut desk.token);
        desk
    }

    /// Sends a request; its answer is not read yet.
    fn send(&self, method: &str, path: &str, headers: &str, body: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(LONG * 2)).unwrap();
        let (host, token, length) = (self.address, &self.token, body.len());
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
             {headers}Content-Length: {length}\r\n\r\n{body}"
        )
        .unwrap();
        stream
    }

    #[track_caller]
    fn ask(&self, method: &str, path: &str, headers: &str) -> Answer {
        read(self.send(method, path, headers, ""))
    }

    #[track_caller]
    fn get(&self, path: &str) -> Answer {
        self.ask("GET", path, "")
    }

    #[track_caller]
    fn post(&self, path: &str, body: &Value) -> Answer {
        read(self.send("POST", path, "Content-Type: application/json\r\n", &body.to_string()))
    }

    /// Asks for a bundle: its id.
    #[track_caller]
    fn export(&self, order: &str, body: &Value) -> String {
        let answer = self.post(&format!("/api/v1/orders/{order}/exports"), body);
        assert_eq!(answer.status, 202, "{}", answer.text());
        let export = answer.json();
        let id = export["id"].as_str().unwrap().to_owned();
        assert_eq!(answer.header("location"), Some(&*format!("/api/v1/exports/{id}")));
        assert_eq!((&export["state"], &export["order"]), (&json!("waiting"), &json!(order)));
        id
    }

    /// Waits until a bundle is in one of these states.
    #[track_caller]
    fn until(&self, id: &str, states: &[&str]) -> Value {
        let began = Instant::now();
        loop {
            let export = self.get(&format!("/api/v1/exports/{id}")).json();
            if states.iter().any(|state| export["state"] == *state) {
                return export;
            }
            assert!(began.elapsed() < LONG * 6, "never {states:?}: {export}");
            thread::sleep(Duration::from_millis(20));
        }
    }
}

#[track_caller]
fn read(mut stream: TcpStream) -> Answer {
    let mut bytes = Vec::new();
    stream.read_to_end(&mut bytes).unwrap();
    let at = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap_or_else(|| panic!("{bytes:?}"));
    let head = String::from_utf8(bytes[..at].to_vec()).unwrap();
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    Answer { status, head, body: bytes[at + 4..].to_vec() }
}

/// A station whose daemon sealed a clip of [`ORDER`] and records one of [`OTHER`]; its customer service is `anna`.
fn recorded(name: &str, seconds: f64) -> (Station, Daemon, Desk) {
    let station = Station::new(name);
    configure(&station, CONFIG);
    account(&station, "anna", Role::Service);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    daemon.scan(ORDER);
    daemon.recorded(seconds);
    daemon.scan(OTHER);
    daemon.sealed(1);
    // From here on its file does not change.
    daemon.proven(&station);
    let desk = Desk::of(&daemon, "anna");
    (station, daemon, desk)
}

/// Address and file of the clip of this number.
fn clip(station: &Station, sequence: usize) -> (String, PathBuf) {
    let clip = station.clips().remove(sequence - 1);
    (format!("/api/v1/clips/{}", clip.id), station.data.join(clip.path))
}

fn key(station: &Station) -> String {
    run(&["key", "--data", station.path()]).out.trim_end().to_owned()
}

/// Changes a byte in the middle of a file.
fn alter(path: &Path) {
    let mut bytes = fs::read(path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(path, bytes).unwrap();
}

/// What a program prints; it succeeds.
#[track_caller]
fn printed(program: &str, args: &[&str], folder: &Path) -> String {
    let said =
        Command::new(program).args(args).current_dir(folder).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    assert!(said.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap()
}

#[test]
fn a_clip_is_sent_whole_and_by_ranges() {
    let (station, daemon, desk) = recorded("desk-ranges", 3.0);
    let (at, path) = clip(&station, 1);
    let file = format!("{at}/file");
    let bytes = fs::read(&path).unwrap();
    let length = bytes.len();
    assert!(length > 20_000, "{length}");

    let whole = desk.get(&file);
    assert_eq!((whole.status, whole.header("content-type")), (200, Some("video/mp4")));
    assert!(whole.body == bytes, "it is not the file");
    assert_eq!((whole.header("accept-ranges"), whole.header("content-disposition")), (Some("bytes"), None));
    assert_eq!(whole.header("cache-control"), Some("no-store"));
    let name = path.file_name().unwrap().to_str().unwrap();
    let download = desk.get(&format!("{file}?download"));
    assert_eq!(download.header("content-disposition"), Some(&*format!("attachment; filename=\"{name}\"")));
    assert!(download.body == bytes);
    let head = desk.ask("HEAD", &file, "Range: bytes=0-9\r\n");
    assert_eq!((head.status, head.header("content-length"), head.body.len()), (200, Some(&*length.to_string()), 0));

    let ranged = |range: &str, more: &str| desk.ask("GET", &file, &format!("Range: {range}\r\n{more}"));
    let last = length - 1;
    for (range, from, to) in [
        ("bytes=0-0".to_owned(), 0, 0),
        ("bytes=0-".to_owned(), 0, last),
        ("bytes=0-99".to_owned(), 0, 99),
        ("bytes=10000-10999".to_owned(), 10_000, 10_999),
        (format!("bytes={}-", length - 7), length - 7, last),
        ("bytes=-5".to_owned(), length - 5, last),
        (format!("bytes=5-{}", length + 1000), 5, last),
    ] {
        let part = ranged(&range, "");
        assert_eq!((part.status, part.header("content-type")), (206, Some("video/mp4")), "{range}: {}", part.text());
        assert_eq!(part.header("content-range"), Some(&*format!("bytes {from}-{to}/{length}")), "{range}");
        assert!(part.body == bytes[from..=to], "{range}");
    }
    for range in [format!("bytes={length}-"), "bytes=9-1".to_owned(), "bytes=a-b".to_owned(), "lines=1-2".to_owned()] {
        let beyond = ranged(&range, "");
        beyond.refused(416, "no-such-range");
        assert_eq!(beyond.header("content-range"), Some(&*format!("bytes */{length}")), "{range}");
    }
    // Several are answered with all of it.
    let several = ranged("bytes=0-1,5-6", "");
    assert!(several.status == 200 && several.body == bytes);
    // A part of the same file, or all of the other.
    let tag = whole.header("etag").unwrap();
    assert_eq!(ranged("bytes=0-9", &format!("If-Range: {tag}\r\n")).body, &bytes[..10]);
    let other = ranged("bytes=0-9", "If-Range: \"1-2\"\r\n");
    assert!(other.status == 200 && other.body == bytes);
    assert_eq!(desk.ask("GET", &file, &format!("If-None-Match: {tag}\r\n")).status, 304);

    // What is not sent, and to whom not.
    let (open, _) = clip(&station, 2);
    desk.get(&format!("{open}/file")).refused(409, "clip-open");
    desk.get(&format!("{open}/verify")).refused(409, "clip-open");
    let own = &at["/api/v1/clips/".len()..];
    for id in [
        "00000000000000000000000000000000",
        &own.to_uppercase(),
        &own[1..],
        "..%2f..%2f..%2fkeys%2fstation.key",
        "%2fetc%2fpasswd",
        "..",
        "x%00y",
        ORDER,
    ] {
        for what in ["file", "verify", "excerpt?from=0&to=1"] {
            let answer = desk.get(&format!("/api/v1/clips/{id}/{what}"));
            assert_eq!(answer.status, 404, "{id}/{what}: {}", answer.text());
            answer.json();
        }
    }
    desk.get("/api/v1/clips/00000000000000000000000000000000/file").refused(404, "unknown-clip");
    account(&station, "paul", Role::Packer);
    Desk::of(&daemon, "paul").get(&file).refused(403, "forbidden");
    Desk { token: "0".repeat(64), ..desk }.get(&file).refused(401, "log-in");
    let desk = Desk::of(&daemon, "anna");
    // A row that names something else does not lead there.
    let kept = path.strip_prefix(&station.data).unwrap().to_str().unwrap();
    for (other, status) in [("keys/station.key", 500), ("clips/../station.toml", 500), ("clips/none.mp4", 404)] {
        station.sql(&format!("UPDATE clip SET path = '{other}' WHERE sequence = 1"));
        let answer = desk.get(&file);
        assert_eq!(answer.status, status, "{other}: {}", answer.text());
    }
    station.sql(&format!("UPDATE clip SET path = '{kept}' WHERE sequence = 1"));
    assert_eq!(desk.get(&file).status, 200);
    let acts = station::acts::read(&station.catalogue(), None, 20).unwrap();
    let taken = |(_, act): &(u64, Act)| {
        let [who, about] = [&act.who, &act.about].map(|word| word.as_ref().map(Token::as_str));
        act.kind == ActKind::Clip && who == Some("anna") && about == Some(&*own)
    };
    assert!(acts.iter().any(taken), "{acts:?}");
}

#[test]
fn what_the_separate_program_says_is_the_answer() {
    let (station, daemon, desk) = recorded("desk-verify", 4.0);
    let ((at, path), key) = (clip(&station, 1), key(&station));
    let by_hand = |more: &[&str]| {
        let args = ["verify", path.to_str().unwrap(), "--key", &key, "--json", "--lang", "en"];
        verifier(&[&args[..], more].concat()).out
    };
    let answer = desk.get(&format!("{at}/verify?order={ORDER}"));
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")), "{}", answer.text());
    assert_eq!(answer.text(), by_hand(&["--order", ORDER]));
    assert_eq!(answer.json()["verdict"], "verified");
    let took = answer.header("server-timing").and_then(|t| t.strip_prefix("verify;dur=")).map(str::parse::<u64>);
    assert!(matches!(took, Some(Ok(1..60_000))), "{}", answer.head);
    println!("a clip of 4 s was verified in {took:?} ms");
    let answer = desk.get(&format!("{at}/verify"));
    assert_eq!(answer.text(), by_hand(&[]));
    // Of another order.
    let other = desk.get(&format!("{at}/verify?order={OTHER}"));
    assert_eq!((other.status, &other.json()["verdict"]), (200, &json!("rejected")));
    for order in ["", "a%20b", "--json"] {
        let status = desk.get(&format!("{at}/verify?order={order}")).status;
        assert_eq!(status, if order == "--json" { 200 } else { 400 }, "{order}");
    }

    // Excerpts verify for themselves.
    let excerpt = desk.get(&format!("{at}/excerpt?from=1&to=2.5"));
    assert_eq!((excerpt.status, excerpt.header("content-type")), (200, Some("video/mp4")), "{}", excerpt.text());
    let name = format!("attachment; filename=\"{ORDER}-1-2.5.mp4\"");
    assert_eq!(excerpt.header("content-disposition"), Some(&*name));
    let folder = Folder::new("desk-excerpt");
    fs::write(folder.path("part.mp4"), &excerpt.body).unwrap();
    let part = folder.path("part.mp4");
    let said = verifier(&["verify", part.to_str().unwrap(), "--key", &key, "--order", ORDER, "--json"]);
    let said: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&said["verdict"], &said["pictures"]), (&json!("partial"), &json!("intact")), "{said}");
    assert!(excerpt.body.len() < fs::metadata(&path).unwrap().len() as usize);
    for (query, status, error) in [
        ("", 400, "bad-seconds"),
        ("?from=1", 400, "bad-seconds"),
        ("?from=1&to=2%2F..", 400, "bad-seconds"),
        ("?from=-1&to=2", 400, "bad-seconds"),
        ("?from=2&to=1", 422, "no-excerpt"),
        ("?from=100&to=200", 422, "no-excerpt"),
        ("?from=0&to=9", 422, "no-excerpt"),
    ] {
        let line = desk.get(&format!("{at}/excerpt{query}")).refused(status, error);
        assert!(!line.contains(station.path()), "{line}");
    }
    let left = fs::read_dir(station.data.join("exports")).unwrap().count();
    assert_eq!(left, 0, "excerpts are left behind");

    // What was altered, what is no clip, and what is gone.
    alter(&path);
    let altered = desk.get(&format!("{at}/verify?order={ORDER}"));
    assert_eq!((altered.status, &altered.json()["verdict"]), (200, &json!("rejected")));
    assert_eq!(altered.json()["pictures"], "altered");
    desk.get(&format!("{at}/excerpt?from=1&to=2")).refused(422, "no-excerpt");
    fs::write(&path, "no clip").unwrap();
    let line = desk.get(&format!("{at}/verify")).refused(502, "could-not-check");
    assert!(line.contains("mp4") && !line.contains(station.path()), "{line}");
    fs::remove_file(&path).unwrap();
    desk.get(&format!("{at}/verify")).refused(404, "file-missing");
    daemon.stop();
}

/// A key that the station had before is still its own.
#[test]
fn a_clip_of_a_retired_key_is_verified() {
    let station = Station::new("desk-retired");
    station.record("pattern:320x240@5", &["--fast", "--seconds", "4"]);
    let said = run(&["renew-key", "--data", station.path()]);
    assert_eq!(said.status, 0, "{said:?}");
    configure(&station, CONFIG);
    account(&station, "anna", Role::Service);
    let daemon = Daemon::start(&station, &[]);
    let desk = Desk::of(&daemon, "anna");
    let retired = station.catalogue().retired(None).unwrap().remove(0).clips.remove(0);
    let answer = desk.get(&format!("/api/v1/clips/{}/verify?order={ORDER}", retired.id));
    assert_eq!((answer.status, &answer.json()["verdict"]), (200, &json!("verified")), "{}", answer.text());
    assert_eq!(desk.get(&format!("/api/v1/clips/{}/file", retired.id)).status, 200);
}

/// The daemon's child of this name that is caught and stopped while it runs.
fn catch(daemon: &Daemon, known: &[Pid]) -> Option<Pid> {
    let tasks = fs::read_dir(format!("/proc/{}/task", daemon.id())).ok()?;
    let lists = tasks.flatten().filter_map(|task| fs::read_to_string(task.path().join("children")).ok());
    let ids: Vec<i32> =
        lists.flat_map(|l| l.split_whitespace().filter_map(|w| w.parse().ok()).collect::<Vec<_>>()).collect();
    let process = ids.into_iter().filter_map(Pid::from_raw).find(|process| {
        let name = fs::read_to_string(format!("/proc/{}/comm", process.as_raw_nonzero())).unwrap_or_default();
        name.trim_end() == "packseal-verifi" && !known.contains(process)
    })?;
    kill_process(process, Signal::STOP).ok()?;
    Some(process)
}

#[test]
fn two_are_verified_at_a_time_and_end_with_their_clients() {
    let (station, daemon, desk) = recorded("desk-turns", 6.0);
    let (at, _) = clip(&station, 1);
    let verify = format!("{at}/verify?order={ORDER}");
    // Stopped in the middle, as a very large clip would be.
    let hold = |known: &[Pid]| {
        for _ in 0..100 {
            let stream = desk.send("GET", &verify, "", "");
            let began = Instant::now();
            while began.elapsed() < Duration::from_millis(500) {
                if let Some(process) = catch(&daemon, known) {
                    // It may have said all that it had to say by then.
                    stream.set_read_timeout(Some(Duration::from_millis(500))).unwrap();
                    if stream.peek(&mut [0]).is_err() {
                        return (stream, process);
                    }
                }
            }
        }
        panic!("no verifier could be caught: {}", daemon.said());
    };
    let (first, one) = hold(&[]);
    let (second, two) = hold(&[one]);
    let nice = |process: u32| -> i32 {
        let stat = fs::read_to_string(format!("/proc/{process}/stat")).unwrap();
        stat.rsplit_once(')').unwrap().1.split_whitespace().nth(16).unwrap().parse().unwrap()
    };
    for process in [one, two] {
        assert_eq!(nice(process.as_raw_nonzero().get().unsigned_abs()), (nice(daemon.id()) + 10).min(19));
    }
    // The third one waits.
    let (tell, third) = mpsc::channel();
    let (waiting, address, token) = (verify.clone(), desk.address, desk.token.clone());
    let asked = thread::spawn(move || {
        let answer = Desk { address, token }.get(&waiting);
        tell.send(()).unwrap();
        answer
    });
    assert!(third.recv_timeout(Duration::from_secs(3)).is_err(), "three were verified at a time");
    // The rest of the desk is at hand.
    assert_eq!(desk.get(&format!("{at}/file")).status, 200);
    // A client that goes away takes its process with it, and leaves its turn.
    let began = Instant::now();
    drop(first);
    while runs(one) {
        assert!(began.elapsed() < LONG, "it runs on without a client");
        thread::sleep(Duration::from_millis(5));
    }
    println!("a verifier without a client was ended after {:?}", began.elapsed());
    let answer = asked.join().unwrap();
    assert_eq!((answer.status, &answer.json()["verdict"]), (200, &json!("verified")));
    // The other one was not touched.
    assert!(runs(two));
    kill_process(two, Signal::CONT).unwrap();
    assert_eq!(read(second).json()["verdict"], "verified");
    // One that is killed by somebody else is told.
    let (fourth, process) = hold(&[one, two]);
    kill_process(process, Signal::KILL).unwrap();
    read(fourth).refused(502, "could-not-check");
    assert_eq!(desk.get(&verify).status, 200);
}

#[test]
fn bundles_are_made_one_after_the_other() {
    let (station, daemon, desk) = recorded("desk-exports", 4.0);
    let first = desk.export(ORDER, &json!({ "preset": "mine", "lang": "en" }));
    let second = desk.export(ORDER, &json!({ "preset": "mine", "from": 1, "clip": station.clips()[0].id.to_string() }));
    let running = desk.until(&first, &["running", "done"]);
    assert_eq!(running["by"], "anna");
    let mut seen = Vec::new();
    let done = loop {
        let list = desk.get("/api/v1/exports").json();
        let ids: Vec<&str> = list.as_array().unwrap().iter().map(|e| e["id"].as_str().unwrap()).collect();
        assert_eq!(ids, [&*second, &*first], "newest first");
        let both = [&list[1], &list[0]].map(|export| export["state"].as_str().unwrap().to_owned());
        assert!(both.iter().filter(|state| *state == "running").count() <= 1, "{list}");
        assert!(both[1] == "waiting" || both[0] == "done", "{list}");
        seen.push(list[1]["permille"].as_u64().unwrap());
        if both[0] == "done" {
            break list[1].clone();
        }
        assert_ne!(both[0], "failed", "{list}");
        thread::sleep(Duration::from_millis(20));
    };
    assert!(seen.is_sorted() && seen.last() == Some(&1000), "{seen:?}");
    let done_too = desk.until(&second, &["done", "failed"]);
    assert_eq!(done_too["state"], "done", "{done_too}");

    let archive = desk.get(&format!("/api/v1/exports/{first}/archive"));
    let name = format!("attachment; filename=\"{ORDER}-mine.zip\"");
    assert_eq!((archive.status, archive.header("content-disposition")), (200, Some(&*name)));
    assert_eq!(archive.header("content-type"), Some("application/zip"));
    assert_eq!(done["bytes"], archive.body.len());
    let part = desk.ask("GET", &format!("/api/v1/exports/{first}/archive"), "Range: bytes=2-5\r\n");
    assert!(part.status == 206 && part.body == archive.body[2..=5]);
    // Nothing but the archive is kept.
    let kept = fs::read_dir(station.data.join("exports").join(&first)).unwrap();
    let kept: Vec<_> = kept.map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(kept, [&*format!("{ORDER}-mine.zip")]);

    let folder = Folder::new("desk-bundle");
    fs::write(folder.path("bundle.zip"), &archive.body).unwrap();
    printed("unzip", &["-tq", "bundle.zip"], &folder.path(""));
    printed("unzip", &["-q", "bundle.zip"], &folder.path(""));
    let bundle = folder.path(&format!("{ORDER}-mine"));
    let sums = printed("sha256sum", &["-c", "SHA256SUMS"], &bundle);
    assert!(sums.lines().count() > 8 && sums.lines().all(|line| line.ends_with(": OK")), "{sums}");
    // What was said of its clips is what its receiver finds.
    let verdicts = done["verdicts"].as_array().unwrap();
    let [verdict] = &verdicts[..] else { panic!("{done}") };
    let original = bundle.join(verdict["name"].as_str().unwrap());
    let key = key(&station);
    let said = verifier(&["verify", original.to_str().unwrap(), "--key", &key, "--order", ORDER, "--json"]);
    let said: Value = serde_json::from_str(&said.out).unwrap();
    assert_eq!((&said["verdict"], &verdict["verdict"]), (&json!("verified"), &json!("verified")));
    assert!(fs::read_to_string(bundle.join("report.en.html")).unwrap().contains("anna"));
    // Custody has both, by who asked.
    let notes = station.catalogue().exports(station.clips()[0].id).unwrap();
    assert_eq!(notes.len(), 2);
    assert!(notes.iter().all(|note| String::from_utf8_lossy(note).contains("\nby anna\n")), "{notes:?}");
    // Nobody else's list has them.
    account(&station, "ben", Role::Service);
    assert_eq!(Desk::of(&daemon, "ben").get("/api/v1/exports").json(), json!([]));

    // Recording went on meanwhile.
    assert_eq!(daemon.bench()["state"], "recording");
    daemon.scan("SF1390000000018");
    daemon.sealed(2);
    let lost = station.clips()[1].closing.as_ref().unwrap().lost;
    assert_eq!(lost, 0);
    // The next start begins without them.
    daemon.stop();
    let daemon = Daemon::start(&station, &[]);
    let desk = Desk::of(&daemon, "anna");
    desk.get(&format!("/api/v1/exports/{first}")).refused(404, "unknown-export");
    assert!(!station.data.join("exports").exists());
    daemon.stop();
    assert_eq!(station.check().status, 0);
}

#[test]
fn what_cannot_be_exported_is_told_in_one_line() {
    let (station, daemon, desk) = recorded("desk-refused", 2.0);
    let at = |order: &str| format!("/api/v1/orders/{order}/exports");
    let none = "00000000000000000000000000000000";
    for (order, body, status, error) in [
        (ORDER, json!({ "preset": "theirs" }), 400, "unknown-preset"),
        (ORDER, json!({ "preset": "still", "from": 1 }), 400, "no-copy"),
        (ORDER, json!({ "preset": "mine", "clip": none }), 404, "unknown-clip"),
        (ORDER, json!({ "preset": "mine", "clip": "x" }), 404, "unknown-clip"),
        (ORDER, json!({ "preset": "mine", "from": -1 }), 400, "bad-request"),
        (ORDER, json!({ "preset": "mine", "lang": "fr" }), 400, "bad-request"),
        (ORDER, json!({ "prest": "mine" }), 400, "bad-request"),
        ("SF0", json!({ "preset": "mine" }), 404, "unknown-order"),
        ("a%20b", json!({ "preset": "mine" }), 400, "bad-order"),
    ] {
        desk.post(&at(order), &body).refused(status, error);
    }
    assert_eq!(desk.get("/api/v1/exports").json(), json!([]));
    // What is known only later.
    let fails = |order: &str, body: Value, why: &str| {
        let id = desk.export(order, &body);
        let export = desk.until(&id, &["done", "failed"]);
        let message = export["message"].as_str().unwrap_or_default();
        assert!(export["state"] == "failed" && message.contains(why) && !message.contains('\n'), "{why}: {export}");
        assert!(!station.data.join("exports").join(&id).exists(), "{why}");
        let archive = desk.get(&format!("/api/v1/exports/{id}/archive")).refused(409, "not-done");
        assert_eq!(archive, message);
    };
    fails(ORDER, json!({ "preset": "mine", "from": 900 }), "no pictures from that second");
    fails(OTHER, json!({ "preset": "mine" }), "can be handed out");
    let (_, path) = clip(&station, 1);
    alter(&path);
    fails(ORDER, json!({ "preset": "mine" }), "can be handed out");
    assert!(station.catalogue().exports(station.clips()[0].id).unwrap().is_empty());
    alter(&path);
    // The end does not wait for one that runs, and nothing that counts as done is left of it.
    let ids: Vec<String> = (0..20).map(|_| desk.export(ORDER, &json!({ "preset": "mine" }))).collect();
    desk.post(&at(ORDER), &json!({ "preset": "mine" })).refused(429, "too-many-exports");
    desk.until(&ids[0], &["running"]);
    let (status, took) = daemon.stop();
    assert!(status == 0 && took < Duration::from_secs(10), "{status} after {took:?}");
    println!("the daemon ended {took:?} after it was told to, with 20 exports unfinished");
    let daemon = Daemon::start(&station, &[]);
    assert!(!station.data.join("exports").exists());
    assert_eq!(Desk::of(&daemon, "anna").get("/api/v1/exports").json(), json!([]));
}

#[test]
fn room_that_recording_needs_is_left() {
    let station = Station::new("desk-room");
    station.record("pattern:320x240@5", &["--fast", "--seconds", "4"]);
    configure(&station, &format!("{CONFIG}[storage]\nfloor-mib = 90000000\n"));
    account(&station, "anna", Role::Service);
    let daemon = Daemon::start(&station, &[]);
    let desk = Desk::of(&daemon, "anna");
    let (at, _) = clip(&station, 1);
    desk.get(&format!("{at}/excerpt?from=1&to=2")).refused(507, "no-room");
    let id = desk.export(ORDER, &json!({ "preset": "mine" }));
    let export = desk.until(&id, &["done", "failed"]);
    assert!(export["message"].as_str().is_some_and(|m| m.contains("not enough room")), "{export}");
    // What writes nothing is served.
    assert_eq!(desk.get(&format!("{at}/verify")).json()["verdict"], "verified");
    assert_eq!(desk.get(&format!("{at}/file")).status, 200);
}

/// A station with a clip of some 48 MB: 40 s of noise, hardly compressed. The system takes less off the daemon's hands,
/// and a player reads less ahead.
fn large(name: &str) -> Station {
    let station = Station::new(name);
    configure(&station, "[encoder]\ncrf = 1.0\npreset = \"ultrafast\"\n");
    let film = station.data.with_file_name("film.avi");
    let noise = "testsrc2=size=320x240:rate=10:duration=40,noise=alls=60:allf=t";
    let args = ["-v", "error", "-nostdin", "-f", "lavfi", "-i", noise, "-c:v", "mjpeg", "-q:v", "2", "film.avi"];
    printed("ffmpeg", &args, film.parent().unwrap());
    let clip = station.record(&format!("file:{}", film.display()), &["--fast"]);
    assert!(fs::metadata(clip).unwrap().len() > 32 << 20);
    configure(&station, CONFIG);
    account(&station, "anna", Role::Service);
    station
}

#[test]
fn a_slow_client_costs_no_frame() {
    let station = large("desk-slow");
    let (at, path) = clip(&station, 1);
    let length = fs::metadata(&path).unwrap().len();
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    let desk = Desk::of(&daemon, "anna");
    daemon.scan(OTHER);
    let mut streams: Vec<TcpStream> = (0..20).map(|_| desk.send("GET", &format!("{at}/file"), "", "")).collect();
    let (began, mut read) = (Instant::now(), 0);
    while began.elapsed() < Duration::from_secs(10) {
        for stream in &mut streams {
            let mut part = [0; 1000];
            read += stream.read(&mut part).unwrap();
        }
        thread::sleep(Duration::from_millis(100));
    }
    println!("20 clients read {read} bytes in all within 10 s, of {length} each");
    assert!(read > 500_000, "{read}");
    // Others are answered meanwhile, and the clip has all of its frames.
    assert_eq!(desk.ask("GET", &format!("{at}/file"), "Range: bytes=-100\r\n").body.len(), 100);
    daemon.scan("SF1390000000018");
    daemon.sealed(1);
    let clips = station.clips();
    let closing = clips[1].closing.as_ref().unwrap();
    assert!(closing.lost == 0 && closing.frames >= 90, "{closing:?}");
    drop(streams);
    assert_eq!(daemon.stop().0, 0);
}

/// Logs in as the page does.
const LOG_IN: &str = "
    const [name, password, done] = arguments;
    fetch('/api/v1/login', { method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name, password }) }).then((answer) => done(answer.status));";

/// Jumps to the middle, then to near the end, then back to the beginning, and plays a second on each time.
const PLAY: &str = "
    const [address, done] = arguments, found = { jumps: [] };
    const video = document.body.appendChild(document.createElement('video'));
    let to = [0.5, 0.9, 0.1], sought = 0, pictures = 0;
    const jump = () => { video.currentTime = to.shift() * video.duration; };
    const shown = () => { pictures += 1; video.requestVideoFrameCallback(shown); };
    video.muted = true;
    video.onerror = () => done({ error: video.error.message, ...found });
    video.onloadedmetadata = () => {
        Object.assign(found, { duration: video.duration, width: video.videoWidth });
        video.requestVideoFrameCallback(shown);
        jump();
    };
    video.onseeked = () => { sought = video.currentTime; pictures = 0; video.play(); };
    video.ontimeupdate = () => {
        if (video.seeking || video.paused || video.currentTime < sought + 1) return;
        video.pause();
        found.jumps.push([sought, video.currentTime, pictures]);
        if (to.length) return jump();
        const requests = performance.getEntriesByName(new URL(address, location).href);
        found.requests = requests.map((request) => request.responseStatus);
        done(found);
    };
    video.src = address;";

#[test]
fn chromium_plays_a_clip_and_seeks_in_it() {
    let station = large("desk-play");
    let daemon = Daemon::start(&station, &[]);
    let ((at, path), browser) = (clip(&station, 1), Browser::new());
    let page = format!("http://{}/login", daemon.address());
    browser.visit(&page);
    assert_eq!(browser.run(LOG_IN, vec![json!("anna"), json!(PASSWORD)]), json!(200));
    let began = Instant::now();
    let found = browser.run(PLAY, vec![json!(format!("{at}/file"))]);
    assert_eq!((&found["error"], &found["width"]), (&Value::Null, &json!(320)), "{found}");
    let duration = found["duration"].as_f64().unwrap();
    assert!((39.5..=40.5).contains(&duration), "{found}");
    let jumps = found["jumps"].as_array().unwrap();
    for (jump, part) in jumps.iter().zip([0.5, 0.9, 0.1]) {
        let [sought, played, pictures] = [0, 1, 2].map(|n| jump[n].as_f64().unwrap());
        assert!((sought - part * duration).abs() < 0.2 && played >= sought + 1.0 && pictures >= 3.0, "{found}");
    }
    assert_eq!(jumps.len(), 3);
    // It jumped by asking for parts; what it gave up has no status.
    let requests = found["requests"].as_array().unwrap();
    let statuses: Vec<&Value> = requests.iter().filter(|status| **status != 0).collect();
    assert!(!statuses.is_empty() && statuses.iter().all(|status| **status == 206), "{found}");
    let length = fs::metadata(&path).unwrap().len();
    println!("Chromium sought and played in a clip of {length} bytes within {:?}: {found}", began.elapsed());
    daemon.stop();
}
