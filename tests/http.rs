//! The status interface as programs, browsers and people meet it: over sockets, and through `packseal-station status`.

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    process::{Command, Stdio},
    sync::{
        Arc,
        mpsc::{self, Receiver},
    },
    thread,
    time::{Duration, Instant},
};

use evidence::{
    statement::{CodeClass, Direction, Reason},
    value::{Order, Time, Value as _},
};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use serde_json::{Value, json};
use station::{
    clock::{self, Clock},
    http::{self, Scan, Server},
    prompt::Prompt,
    say::Lang,
    status::{Bench, CameraState, Level, ScannerState, Snapshot, State, Status},
};

#[path = "support/station.rs"]
mod station_program;

use station_program::{Station, program, run};

/// An answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        assert!(self.head.contains("content-type: application/json"), "{self:?}");
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }
}

/// Sends these bytes and reads until the interface hangs up.
#[track_caller]
fn exchange(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    // It may answer before it has read all.
    let _ = stream.write_all(request);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    let text = String::from_utf8(bytes).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    Answer { status, head: head.to_lowercase(), body: body.to_owned() }
}

fn get(address: SocketAddr, path: &str) -> Answer {
    exchange(address, format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n").as_bytes())
}

fn post(address: SocketAddr, headers: &str, body: &str) -> Answer {
    let length = body.len();
    let head = format!("POST /api/v1/scan HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{headers}");
    exchange(address, format!("{head}Content-Length: {length}\r\n\r\n{body}").as_bytes())
}

const JSON: &str = "Content-Type: application/json\r\n";

fn scan(address: SocketAddr, body: Value) -> Answer {
    post(address, JSON, &body.to_string())
}

/// A status with benches whose cameras are live.
fn status<const N: usize>(benches: [&str; N]) -> Arc<Status> {
    let status = Status::new("shop-7", Lang::En, Clock::System, benches);
    for bench in 0..N {
        status.update(bench, |bench| {
            bench.started();
            live(bench);
        });
    }
    Arc::new(status)
}

fn live(bench: &mut Bench) {
    bench.camera.state = CameraState::Live;
    bench.camera.frame(clock::monotonic());
}

/// The interface of this status; its scans go into the channel.
fn serve(status: &Arc<Status>) -> (Server, SocketAddr, Receiver<Scan>) {
    let (sender, scans) = mpsc::channel();
    let server = http::start(
        "127.0.0.1:0".parse().unwrap(),
        status.clone(),
        move |scan| {
            let _ = sender.send(scan);
        },
        None,
    );
    let server = server.unwrap();
    let address = server.address();
    (server, address, scans)
}

/// A bench that opens a clip for every scan, as a bench does, until the interface is gone.
fn pack(status: Arc<Status>, scans: Receiver<Scan>) {
    thread::spawn(move || {
        for (sequence, scan) in (1..).zip(scans) {
            let order = Order::parse(&scan.text);
            status.update(scan.bench, |bench| {
                live(bench);
                bench.scan(CodeClass::Order);
                bench.clip_opened(order.as_ref(), Direction::Outgoing, clock::wall());
                bench.clip_sealed(sequence, 3.5, clock::monotonic());
            });
            scan.handled();
        }
    });
}

#[test]
fn status_is_what_the_station_is_doing_now() {
    let status = status(["left", "right"]);
    let (_server, address, _scans) = serve(&status);
    let answer = get(address, "/api/v1/status");
    assert_eq!(answer.status, 200);
    for header in ["cache-control: no-store", "x-content-type-options: nosniff"] {
        assert!(answer.head.contains(header), "{answer:?}");
    }
    let read: Snapshot = serde_json::from_str(&answer.body).unwrap();
    let names: Vec<_> = read.benches.iter().map(|bench| (bench.name.as_str(), bench.state())).collect();
    assert_eq!(names, [("left", State::Ready), ("right", State::Ready)]);
    assert_eq!((read.station.name.as_str(), read.storage.level), ("shop-7", Level::Ok));
    // A change is there at once, for those who hold a connection open too.
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    for free in [3_000, 2_000, 1_000] {
        status.storage(|storage| storage.free_mib = Some(free));
        write!(stream, "GET /api/v1/status HTTP/1.1\r\nHost: localhost\r\n\r\n").unwrap();
        let mut seen = String::new();
        while !seen.contains("]}]}") {
            let mut part = [0; 4096];
            let count = stream.read(&mut part).unwrap();
            assert_ne!(count, 0, "{seen}");
            seen.push_str(std::str::from_utf8(&part[..count]).unwrap());
        }
        assert!(seen.contains(&format!("\"free_mib\":{free},")), "{seen}");
    }
}

#[test]
fn a_scan_is_answered_with_the_state_it_led_to() {
    let status = status(["left", "right"]);
    let (_server, address, scans) = serve(&status);
    pack(status, scans);
    let mut slowest = Duration::ZERO;
    for number in 1..=50 {
        let (name, order) = (["left", "right"][number % 2], format!("SF{number:010}"));
        let began = Instant::now();
        let answer = scan(address, json!({ "bench": name, "code": order }));
        slowest = slowest.max(began.elapsed());
        let bench = answer.json();
        assert_eq!((answer.status, &bench["name"], &bench["state"]), (200, &json!(name), &json!("recording")));
        assert_eq!((&bench["clip"]["order"], &bench["clip"]["sequence"]), (&json!(order), &json!(number)));
    }
    assert!(slowest < Duration::from_millis(900), "{slowest:?}");
}

#[test]
fn the_only_bench_needs_no_name() {
    let status = status(["bench-1"]);
    let (_server, address, scans) = serve(&status);
    pack(status, scans);
    for body in [json!({ "code": "SF1" }), json!({ "code": "SF1", "bench": null })] {
        let answer = scan(address, body);
        assert_eq!((answer.status, &answer.json()["name"]), (200, &json!("bench-1")));
    }
    // What comes is what was sent, of any length that a code has, and when.
    let status = self::status(["bench-1"]);
    let (_server, address, scans) = serve(&status);
    let longest = "码".repeat(4096);
    let before = clock::monotonic();
    let asked = thread::spawn({
        let body = json!({ "code": longest });
        move || scan(address, body)
    });
    let came = scans.recv_timeout(Duration::from_secs(10)).unwrap();
    assert_eq!((came.bench, &came.text), (0, &longest));
    assert!((before..=clock::monotonic()).contains(&came.at_us) && came.is_awaited());
    came.handled();
    assert_eq!(asked.join().unwrap().status, 200);
}

/// A request that is refused: what it is, the answer's status and code.
#[track_caller]
fn refused(answer: &Answer, status: u16, error: &str) {
    assert_eq!(answer.status, status, "{answer:?}");
    let body = answer.json();
    assert_eq!((answer.status, body["error"].as_str()), (status, Some(error)), "{answer:?}");
    let message = body["message"].as_str().unwrap();
    assert!(!message.is_empty() && !message.contains('\n'), "{message}");
}

#[test]
fn what_is_no_scan_is_refused_and_no_bench_hears_of_it() {
    let status = status(["left", "right"]);
    let (_server, address, scans) = serve(&status);
    let code = |code: &str| json!({ "bench": "left", "code": code });
    for (body, status, error) in [
        (json!({ "bench": "middle", "code": "SF1" }), 404, "unknown-bench"),
        (json!({ "bench": "", "code": "SF1" }), 404, "unknown-bench"),
        (json!({ "code": "SF1" }), 400, "bench-needed"),
        (code(""), 400, "bad-code"),
        (code("SF1\n"), 400, "bad-code"),
        (code("SF\u{0}1"), 400, "bad-code"),
        (code("SF1\u{7f}"), 400, "bad-code"),
        (code("SF1\u{85}"), 400, "bad-code"),
        (code(&"A".repeat(4097)), 400, "bad-code"),
        (json!({ "bench": "left" }), 400, "bad-request"),
        (json!({ "bench": "left", "code": 7 }), 400, "bad-request"),
        (json!({ "bench": "left", "code": "SF1", "cod": "SF2" }), 400, "bad-request"),
        (json!("SF1"), 400, "bad-request"),
        (code(&"A".repeat(17_000)), 413, "too-large"),
    ] {
        refused(&scan(address, body), status, error);
    }
    for body in ["", "{", "{\"code\":\"a\",\"code\":\"b\"}", "{\"bench\":\"left\",\"code\":\"\\ud800\"}", "\u{0}"] {
        refused(&post(address, JSON, body), 400, "bad-request");
    }
    let good = code("SF1").to_string();
    for kind in ["", "Content-Type: text/plain\r\n", "Content-Type: application/x-www-form-urlencoded\r\n"] {
        refused(&post(address, kind, &good), 415, "not-json");
    }
    // A length that is not told, and one that is not true.
    let head = format!("POST /api/v1/scan HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n{JSON}");
    let chunk = format!("{:x}\r\n{}\r\n", 9000, " ".repeat(9000));
    let chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n{chunk}{chunk}0\r\n\r\n");
    refused(&exchange(address, chunked.as_bytes()), 413, "too-large");
    refused(&exchange(address, format!("{head}Content-Length: 99999999999\r\n\r\n{{").as_bytes()), 413, "too-large");
    refused(&get(address, "/api/v1/scan"), 405, "method-not-allowed");
    refused(&get(address, "/nothing"), 404, "not-found");
    refused(&get(address, "/"), 401, "log-in");
    refused(&get(address, "/api/v1/status/../../etc/passwd"), 404, "not-found");
    let put = format!("PUT /metrics HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n");
    refused(&exchange(address, put.as_bytes()), 405, "method-not-allowed");
    assert!(scans.try_recv().is_err(), "a bench heard of a scan that was refused");
}

#[test]
fn only_loopback_names_and_pages_are_answered() {
    let status = status(["bench-1"]);
    let (_server, address, scans) = serve(&status);
    pack(status, scans);
    let port = address.port();
    let ask = |target: &str, headers: &str| {
        exchange(address, format!("GET {target} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n").as_bytes())
    };
    let status = "/api/v1/status";
    for host in [
        format!("127.0.0.1:{port}"),
        "127.0.0.1".to_owned(),
        "127.8.9.10:1".to_owned(),
        "localhost".to_owned(),
        format!("LocalHost:{port}"),
        format!("[::1]:{port}"),
    ] {
        assert_eq!(ask(status, &format!("Host: {host}\r\n")).status, 200, "{host}");
    }
    for host in [
        "evil.example",
        "evil.example:80",
        "127.0.0.1.evil.example",
        "localhost.evil.example",
        "localhost.",
        "192.168.1.7",
        "0.0.0.0",
        "[::]",
        "[::1].evil.example",
        "::1",
        "user@localhost",
        "localhost@evil.example",
        "127.1",
        "2130706433",
        "",
        " ",
        "a b",
        "\u{7f}",
    ] {
        let answer = ask(status, &format!("Host: {host}\r\n"));
        assert_ne!(answer.status, 200, "{host}");
        // What is no host at all is refused before it comes so far.
        if answer.status != 400 {
            refused(&answer, 403, "foreign-host");
        }
    }
    refused(&ask(status, ""), 403, "foreign-host");
    refused(&ask(status, "Host: localhost\r\nHost: evil.example\r\n"), 403, "foreign-host");
    refused(&ask("http://evil.example/api/v1/status", "Host: localhost\r\n"), 403, "foreign-host");
    assert_eq!(ask("http://localhost/api/v1/status", "Host: localhost\r\n").status, 200);
    let origin = |origin: &str| ask(status, &format!("Host: localhost\r\nOrigin: {origin}\r\n"));
    assert_eq!(origin("http://localhost").status, 200);
    // Another port of this machine is another page's: its cookies are sent there as well.
    for other in [
        "https://evil.example",
        "http://localhost.evil.example",
        "http://127.0.0.1",
        "http://localhost:8960",
        "https://localhost",
        "null",
        "",
        "file://",
        "ftp://localhost",
    ] {
        refused(&origin(other), 403, "foreign-origin");
    }
    let own = ask(status, &format!("Host: 127.0.0.1:{port}\r\nOrigin: http://127.0.0.1:{port}\r\n"));
    assert_eq!(own.status, 200);
    let two = ask(status, "Host: localhost\r\nOrigin: http://localhost\r\nOrigin: https://evil.example\r\n");
    refused(&two, 403, "foreign-origin");
    // The same for scans, whatever else is right about them.
    let foreign = post(address, &format!("{JSON}Origin: https://evil.example\r\n"), "{\"code\":\"SF1\"}");
    refused(&foreign, 403, "foreign-origin");
    // No page is allowed to read an answer: nothing says so.
    assert!(!origin("http://localhost").head.contains("access-control"));
}

#[test]
fn a_bench_that_does_not_answer_is_said_to() {
    let status = status(["bench-1"]);
    let (_server, address, scans) = serve(&status);
    let began = Instant::now();
    refused(&scan(address, json!({ "code": "SF1" })), 503, "bench-silent");
    assert!((900..3000).contains(&began.elapsed().as_millis()), "{:?}", began.elapsed());
    // Whoever sent it was told so: the bench must not take it any more.
    let late = scans.recv().unwrap();
    assert!(!late.is_awaited());
    late.handled();
    // A bench that throws it away, and one that is gone, are known at once.
    let dropping = thread::spawn(move || drop(scans.recv().unwrap()));
    let began = Instant::now();
    refused(&scan(address, json!({ "code": "SF1" })), 503, "bench-silent");
    dropping.join().unwrap();
    refused(&scan(address, json!({ "code": "SF1" })), 503, "bench-silent");
    assert!(began.elapsed() < Duration::from_millis(900), "{:?}", began.elapsed());
}

/// And is not hung up on where it has nothing more to send.
#[test]
fn a_client_is_answered_when_its_scan_was_handled_and_not_before() {
    let status = status(["bench-1"]);
    let (_server, address, scans) = serve(&status);
    let body = "{\"code\":\"SF1\"}";
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    write!(
        stream,
        "POST /api/v1/scan HTTP/1.1\r\nHost: localhost\r\n{JSON}Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
    .unwrap();
    stream.shutdown(std::net::Shutdown::Write).unwrap();
    let came = scans.recv_timeout(Duration::from_secs(10)).unwrap();
    assert!(came.is_awaited());
    stream.set_read_timeout(Some(Duration::from_millis(300))).unwrap();
    assert!(stream.read(&mut [0; 1]).is_err(), "it was answered before the bench took it");
    status.update(0, |bench| bench.scan(CodeClass::Item));
    came.handled();
    stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    assert!(answer.starts_with("HTTP/1.1 200 ") && answer.contains("\"item\":1"), "{answer}");
}

/// How many connections the interface at this address holds.
fn held(address: SocketAddr) -> usize {
    let table = std::fs::read_to_string("/proc/net/tcp").unwrap();
    let port = format!(":{:04X}", address.port());
    let held = |line: &&str| {
        let words: Vec<_> = line.split_whitespace().collect();
        // Open, or open on this side only; and not waiting to be accepted, which has no inode yet.
        words[1].ends_with(&port) && ["01", "08"].contains(&words[3]) && words[9] != "0"
    };
    table.lines().skip(1).filter(held).count()
}

#[test]
fn clients_that_hang_hold_nothing_up() {
    // Both ends of each connection are this process's.
    let limit = getrlimit(Resource::Nofile);
    setrlimit(Resource::Nofile, Rlimit { current: limit.maximum, ..limit }).unwrap();
    let status = status(["bench-1"]);
    let (server, address, scans) = serve(&status);
    pack(status, scans);
    // Silent, in the middle of a head, in the middle of a body, and never reading what it asked for.
    let head = format!("POST /api/v1/scan HTTP/1.1\r\nHost: {address}\r\n{JSON}Content-Length: 100\r\n\r\n");
    let ask = format!("GET /metrics HTTP/1.1\r\nHost: {address}\r\n\r\n").repeat(2000);
    let requests = ["", "GET /api/v1/status HTTP/1.1\r\nHo", &format!("{head}{{\"code"), &ask];
    let mut hanging = Vec::new();
    for number in 0..1200 {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_nonblocking(true).unwrap();
        // The last kind is work for the others: a few of it.
        let kind = if number % 16 == 15 { 3 } else { number % 3 };
        let _ = stream.write(requests[kind].as_bytes());
        hanging.push(stream);
        if number % 100 == 0 {
            let began = Instant::now();
            assert_eq!(scan(address, json!({ "code": "SF1" })).status, 200);
            assert!(began.elapsed() < Duration::from_millis(900), "{:?} beside {number}", began.elapsed());
        }
    }
    // No more than so many are held: each is a descriptor. Those that had to go are gone in a moment.
    let began = Instant::now();
    while !(1..=1024).contains(&held(address)) {
        assert!(began.elapsed() < Duration::from_secs(2), "{} are held", held(address));
        thread::sleep(Duration::from_millis(20));
    }
    // The slow ones are told, or hung up on, and soon.
    for (request, status) in [(requests[0], 0), (requests[1], 0), (requests[2], 408)] {
        let began = Instant::now();
        let answer = exchange(address, request.as_bytes());
        assert_eq!(answer.status, status, "{answer:?}");
        assert!((3..10).contains(&began.elapsed().as_secs()), "{:?}: {request}", began.elapsed());
    }
    // Those that went away hold nothing.
    drop(hanging);
    let began = Instant::now();
    while held(address) > 0 {
        assert!(began.elapsed() < Duration::from_secs(20), "{} are held", held(address));
        thread::sleep(Duration::from_millis(20));
    }
    let _silent = TcpStream::connect(address).unwrap();
    let began = Instant::now();
    server.stop();
    assert!(began.elapsed() < Duration::from_millis(500), "{:?}", began.elapsed());
    assert!(TcpStream::connect(address).is_err());
}

#[test]
fn only_a_free_loopback_address_is_listened_on() {
    let status = status(["bench-1"]);
    for address in ["0.0.0.0:0", "192.168.1.7:0", "[::]:0", "8.8.8.8:80"] {
        let trouble = http::start(address.parse().unwrap(), status.clone(), drop, None).expect_err(address);
        for lang in [Lang::En, Lang::Zh] {
            let line = trouble.line(lang);
            assert!(line.contains(address) && line.contains("http.listen") && !line.contains('\n'), "{line}");
        }
    }
    let (server, address, _scans) = serve(&status);
    let taken = http::start(address, status.clone(), drop, None).unwrap_err().line(Lang::En);
    assert!(taken.contains(&address.to_string()) && !taken.contains('\n'), "{taken}");
    // A station that starts again at once finds its port free.
    assert_eq!(get(address, "/api/v1/status").status, 200);
    server.stop();
    let again = http::start(address, status, drop, None).unwrap();
    assert_eq!((again.address(), get(address, "/api/v1/status").status), (address, 200));
}

#[test]
fn refusals_are_in_the_stations_language() {
    let status = Arc::new(Status::new("shop-7", Lang::Zh, Clock::System, ["bench-1"]));
    let (_server, address, _scans) = serve(&status);
    let answer = get(address, "/x");
    refused(&answer, 404, "not-found");
    assert!(answer.body.contains("没有该地址"), "{answer:?}");
}

/// A name that wants escaping.
const WILD: &str = "evdev:name=\"a\\b\"\n码";

/// Something of everything has happened.
fn busy() -> Arc<Status> {
    let status = status(["left", "right"]);
    status.update(0, |bench| {
        bench.parcel(Reason::NextScan);
        bench.parcel(Reason::NextScan);
        bench.scan(CodeClass::Unknown);
        bench.double_read();
        bench.prompt(&Prompt::UnknownCode { length: 9 }, Lang::En, Time(0));
        bench.camera.rate(30, 1_001_000);
        bench.camera.restarts = 3;
        bench.camera.lost_frames = 17;
        bench.scanner(WILD, ScannerState::Lost);
        bench.clip_opened(Order::parse("SF1390000000001").as_ref(), Direction::Outgoing, clock::wall());
        bench.clip_sealed(5, 12.5, clock::monotonic());
        bench.operator(evidence::value::Token::parse("zhangwei").as_ref());
    });
    status.storage(|storage| {
        storage.level = Level::Low;
        storage.free_mib = Some(2048);
        storage.days_left = Some(0.5);
        storage.clips_deleted = 4;
        storage.clips_on_hold = 2;
    });
    status.token(clock::wall(), clock::monotonic() - 30_000_000);
    status
}

/// What Prometheus' own reader makes of it: name, type, help, and samples as name, labels, value.
fn families(text: &str) -> Vec<Value> {
    const READ: &str = "import json, sys\n\
        from prometheus_client.parser import text_string_to_metric_families as read\n\
        print(json.dumps([[f.name, f.type, f.documentation, [[s.name, s.labels, s.value] for s in f.samples]]\n\
            for f in read(sys.stdin.read())]))\n";
    // The distribution's Python, where its package is.
    let python =
        Command::new("/usr/bin/python3").args(["-c", READ]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let mut python = python.unwrap();
    python.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    assert!(output.status.success());
    serde_json::from_slice(&output.stdout).unwrap()
}

#[test]
fn metrics_are_read_by_prometheus_own_reader() {
    let status = busy();
    let (_server, address, _scans) = serve(&status);
    let answer = get(address, "/metrics");
    assert_eq!(answer.status, 200);
    assert!(answer.head.contains("content-type: text/plain; version=0.0.4; charset=utf-8"), "{}", answer.head);
    assert!(!answer.body.contains("SF1390000000001") && !answer.body.contains("zhangwei"), "{}", answer.body);
    let families = families(&answer.body);
    let sample = |name: &str, labels: Value| -> f64 {
        let samples = families.iter().flat_map(|family| family[3].as_array().unwrap());
        let found: Vec<_> = samples.filter(|s| s[0] == name && s[1] == labels).collect();
        assert_eq!(found.len(), 1, "{name} {labels}: {found:?}");
        found[0][2].as_f64().unwrap()
    };
    for (name, labels, value) in [
        ("packseal_station_info", json!({ "station": "shop-7", "version": env!("CARGO_PKG_VERSION") }), 1.0),
        ("packseal_storage_state", json!({ "state": "low" }), 1.0),
        ("packseal_storage_state", json!({ "state": "ok" }), 0.0),
        ("packseal_storage_free_bytes", json!({}), 2_147_483_648.0),
        ("packseal_storage_left_seconds", json!({}), 43_200.0),
        ("packseal_clips_deleted_total", json!({}), 4.0),
        ("packseal_clips_on_hold", json!({}), 2.0),
        ("packseal_bench_state", json!({ "bench": "left", "state": "recording" }), 1.0),
        ("packseal_bench_state", json!({ "bench": "left", "state": "ready" }), 0.0),
        ("packseal_bench_state", json!({ "bench": "right", "state": "ready" }), 1.0),
        ("packseal_clip_duration_seconds", json!({ "bench": "left" }), 12.5),
        ("packseal_clip_duration_seconds", json!({ "bench": "right" }), 0.0),
        ("packseal_parcels_total", json!({ "bench": "left", "reason": "next-scan" }), 2.0),
        ("packseal_parcels_total", json!({ "bench": "right", "reason": "disk-full" }), 0.0),
        ("packseal_scans_total", json!({ "bench": "left", "class": "unknown" }), 1.0),
        ("packseal_double_reads_total", json!({ "bench": "left" }), 1.0),
        ("packseal_prompts_total", json!({ "bench": "left", "key": "unknown-code" }), 1.0),
        ("packseal_camera_state", json!({ "bench": "left", "state": "live" }), 1.0),
        ("packseal_camera_frame_rate_hertz", json!({ "bench": "left" }), 29.97),
        ("packseal_camera_restarts_total", json!({ "bench": "left" }), 3.0),
        ("packseal_camera_lost_frames_total", json!({ "bench": "left" }), 17.0),
        ("packseal_scanner_connected", json!({ "bench": "left", "scanner": WILD }), 0.0),
    ] {
        assert_eq!(sample(name, labels.clone()), value, "{name} {labels}");
    }
    assert!(sample("packseal_camera_last_frame_age_seconds", json!({ "bench": "left" })) < 3.0);
    assert!((30.0..90.0).contains(&sample("packseal_time_token_age_seconds", json!({}))));
    let started = sample("packseal_start_time_seconds", json!({}));
    assert!((clock::wall().0 as f64 / 1e6 - started).abs() < 60.0, "{started}");
    // The rules that promtool holds names and texts to.
    let units = ["seconds", "bytes", "hertz", "info", "state", "connected", "synchronised", "on_hold"];
    for family in &families {
        let [name, kind, help] = [0, 1, 2].map(|at| family[at].as_str().unwrap());
        assert!(
            name.strip_prefix("packseal_")
                .is_some_and(|n| n.bytes().all(|b| b"_".contains(&b) || b.is_ascii_lowercase()))
        );
        assert!(help.len() > 10 && help.ends_with('.') && !help.contains('\n'), "{name}: {help}");
        for sample in family[3].as_array().unwrap() {
            let sample = sample[0].as_str().unwrap();
            match kind {
                "counter" => assert_eq!(sample.strip_suffix("_total"), Some(name), "{sample}"),
                "gauge" => assert_eq!((sample, sample.contains("total")), (name, false)),
                other => panic!("{name} is {other}"),
            }
        }
        assert!(kind == "counter" || units.iter().any(|unit| name.ends_with(unit)), "{name} has no unit");
    }
    let mut names: Vec<_> = families.iter().map(|family| family[0].to_string()).collect();
    let count = names.len();
    names.sort();
    names.dedup();
    assert_eq!(names.len(), count, "a name stands twice");
}

#[test]
fn status_command_prints_and_exits_by_what_it_finds() {
    let station = Station::new("http-status");
    let status = busy();
    let (server, address, _scans) = serve(&status);
    station.configure("127.0.0.1:8960", &address.to_string());
    let ask = |more: &[&str]| run(&[&["status", "--data", station.path()], more].concat());
    let said = ask(&[]);
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{}", said.out);
    for part in [
        "shop-7: packseal-station ",
        "disk: LITTLE ROOM, 2048 MiB free, full in about 0 days; clips deleted 4, on hold 2\n",
        "\nleft: RECORDING\n  parcel SF1390000000001, since 20",
        ", 12 s sealed\n",
        "  camera live, 30.0 frames/s, 17 lost, 3 restarts\n",
        "  operator zhangwei\n",
        "  clips sealed since the start: 2\n",
        ": Unknown code of 9 characters, not taken. Scan the order.\n",
        "\nright: ready\n",
    ] {
        assert!(said.out.contains(part), "{part}\n{}", said.out);
    }
    let chinese = ask(&["--lang", "zh"]).out;
    assert!(chinese.contains("left：正在录制\n  包裹 SF1390000000001，始于 "), "{chinese}");
    let json: Snapshot = serde_json::from_str(&ask(&["--json"]).out).unwrap();
    assert_eq!(json.benches[0].counters, status.snapshot(0).benches[0].counters);

    // One bench of two needs somebody, or does not run.
    status.update(1, |bench| bench.camera.state = CameraState::Lost);
    let said = ask(&[]);
    assert_eq!((said.status, said.err.as_str()), (1, ""));
    assert!(said.out.contains("right: NEEDS ATTENTION (check the camera)\n  camera LOST,"), "{}", said.out);
    assert_eq!(ask(&["--json"]).status, 1);
    status.update(1, Bench::stopped);
    assert_eq!(ask(&[]).status, 1);

    // A proxy of the environment is not asked for what is on this machine.
    let proxied =
        program(&["status", "--data", station.path()]).env("http_proxy", "http://127.0.0.1:9").output().unwrap();
    assert_eq!(proxied.status.code(), Some(1), "{proxied:?}");

    server.stop();
    for lang in ["en", "zh"] {
        let said = ask(&["--lang", lang]);
        assert_eq!((said.status, said.out.as_str(), said.err.lines().count()), (2, "", 1), "{}", said.err);
        assert!(said.err.contains(&address.to_string()) && said.err.contains("packseal-station run"), "{}", said.err);
    }
}

#[test]
fn status_command_is_not_held_up_by_a_stranger() {
    let station = Station::new("http-stranger");
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    station.configure("127.0.0.1:8960", &listener.local_addr().unwrap().to_string());
    let answers: [&[u8]; 4] = [
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}",
        b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n",
        b"220 mail.example ESMTP\r\n",
        b"",
    ];
    let stranger = thread::spawn(move || {
        let mut open = Vec::new();
        for answer in answers {
            let (mut stream, _) = listener.accept().unwrap();
            let _ = stream.read(&mut [0; 1024]);
            stream.write_all(answer).unwrap();
            // It never hangs up.
            open.push(stream);
        }
        open
    });
    for answer in answers {
        let began = Instant::now();
        let said = run(&["status", "--data", station.path()]);
        assert_eq!((said.status, said.out.as_str(), said.err.lines().count()), (2, "", 1), "{answer:?} {}", said.err);
        assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
    }
    drop(stranger.join().unwrap());
}
