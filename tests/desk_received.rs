//! What buyers sent, at the desk of a running daemon: taken in, looked at by packseal-verifier, listed, shown, exported,
//! removed; and what is refused. `packseal-verifier` stands beside `packseal-station`: `cargo build -p verifier`.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    path::Path,
    process::Command,
    thread,
    time::{Duration, Instant},
};

use evidence::{
    value::{Hash, Token, Value as _},
    words::Lang,
};
use inspect::{
    report::Inspected,
    words::{head, sections},
};
use serde_json::{Value, json};
use station::accounts::{Account, Accounts, Role};

#[path = "support/browser.rs"]
mod browser;
#[path = "support/buyers.rs"]
mod buyers;
#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/station.rs"]
mod station_program;

use browser::Browser;
use buyers::png;
use daemon::{Daemon, LONG, configure};
use station_program::{Folder, ORDER, Station, verifier};

const CONFIG: &str = "[[bench]]\ncamera = \"pattern:320x240@10\"\n[[preset]]\nname = \"mine\"\nvideo-seconds = 0\n\
    pictures = 4\nfile-mb = 0.0\ntext-characters = 0\n";
const PASSWORD: &str = "correct horse";
/// A name that would lead out of every folder, and says which program saved the file.
const NAME: &str = "../../keys/mmexport1764230000000.png";
const NAME_IN_QUERY: &str = "..%2F..%2Fkeys%2Fmmexport1764230000000.png";
const FILE: &str = "Content-Type: application/octet-stream\r\n";

/// Somebody at the desk.
struct Desk<'a> {
    daemon: &'a Daemon,
    token: String,
}

/// A station with a clip of [`ORDER`], and accounts of customer service and of a packer.
fn recorded(name: &str, config: &str) -> Station {
    let station = Station::new(name);
    station.record("pattern:320x240@5", &["--fast", "--seconds", "3"]);
    configure(&station, config);
    let accounts = Accounts::open(&station.data.join("accounts.sqlite")).unwrap();
    for (name, role) in [("anna", Role::Service), ("paul", Role::Packer)] {
        accounts.add(&Account { name: Token::parse(name).unwrap(), role }, PASSWORD, 1, || Ok(())).unwrap();
    }
    station
}

fn at(order: &str) -> String {
    format!("/api/v1/orders/{order}/received")
}

impl<'a> Desk<'a> {
    #[track_caller]
    fn of(daemon: &'a Daemon, name: &str) -> Self {
        let mut desk = Self { daemon, token: String::new() };
        let body = json!({ "name": name, "password": PASSWORD }).to_string();
        let (status, said) = desk.send("POST", "/api/v1/login", "Content-Type: application/json\r\n", body.as_bytes());
        assert_eq!(status, 200, "{said}");
        said["token"].as_str().unwrap().clone_into(&mut desk.token);
        desk
    }

    /// Begins a request whose body comes later.
    fn begin(&self, method: &str, path: &str, headers: &str) -> TcpStream {
        let mut stream = TcpStream::connect(self.daemon.address()).unwrap();
        stream.set_read_timeout(Some(LONG)).unwrap();
        let (host, token) = (self.daemon.address(), &self.token);
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\
             Accept-Language: en\r\n{headers}\r\n"
        )
        .unwrap();
        stream
    }

    #[track_caller]
    fn send(&self, method: &str, path: &str, headers: &str, body: &[u8]) -> (u16, Value) {
        let mut stream = self.begin(method, path, &format!("{headers}Content-Length: {}\r\n", body.len()));
        stream.write_all(body).unwrap();
        answer(stream)
    }

    #[track_caller]
    fn upload(&self, query: &str, file: &[u8]) -> (u16, Value) {
        self.send("POST", &format!("{}?{query}", at(ORDER)), FILE, file)
    }

    #[track_caller]
    fn list(&self) -> Vec<Value> {
        let (status, said) = self.send("GET", &at(ORDER), "", b"");
        assert_eq!(status, 200, "{said}");
        said.as_array().unwrap().clone()
    }

    /// Makes the bundle and unpacks it there.
    #[track_caller]
    fn bundle(&self, folder: &Folder) {
        let path = format!("/api/v1/orders/{ORDER}/exports");
        let body = json!({ "preset": "mine" }).to_string();
        let (status, said) = self.send("POST", &path, "Content-Type: application/json\r\n", body.as_bytes());
        assert_eq!(status, 202, "{said}");
        let id = said["id"].as_str().unwrap();
        let began = Instant::now();
        loop {
            let (_, export) = self.send("GET", &format!("/api/v1/exports/{id}"), "", b"");
            if export["state"] == "done" {
                break;
            }
            assert!(export["state"] != "failed" && began.elapsed() < LONG * 2, "{export}");
            thread::sleep(Duration::from_millis(50));
        }
        let mut stream = self.begin("GET", &format!("/api/v1/exports/{id}/archive"), "");
        let mut bytes = Vec::new();
        stream.read_to_end(&mut bytes).unwrap();
        let begin = bytes.windows(4).position(|w| w == b"\r\n\r\n").unwrap() + 4;
        fs::write(folder.path("bundle.zip"), &bytes[begin..]).unwrap();
        let done = Command::new("unzip").args(["-q", "bundle.zip"]).current_dir(folder.path("")).status().unwrap();
        assert!(done.success());
    }
}

#[track_caller]
fn answer(mut stream: TcpStream) -> (u16, Value) {
    let mut text = String::new();
    stream.read_to_string(&mut text).unwrap();
    let status = text.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    let body = text.split_once("\r\n\r\n").map(|(_, body)| body).unwrap_or_default();
    (status, serde_json::from_str(body).unwrap_or_default())
}

#[track_caller]
fn refused((status, said): (u16, Value), wanted: u16, error: &str) {
    assert_eq!((status, said["error"].as_str()), (wanted, Some(error)), "{said}");
    let message = said["message"].as_str().unwrap();
    assert!(!message.is_empty() && !message.contains('\n'), "{message}");
}

/// Names in a folder; none where it is not there.
fn names(folder: &Path) -> Vec<String> {
    let all = fs::read_dir(folder).into_iter().flatten();
    let mut names: Vec<String> = all.map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// Those below `received/` that are on their way.
fn arriving(station: &Station) -> usize {
    names(&station.data.join("received")).iter().filter(|name| name.starts_with("new-")).count()
}

#[track_caller]
fn waits(what: &str, is: impl Fn() -> bool) {
    let began = Instant::now();
    while !is() {
        assert!(began.elapsed() < LONG, "never {what}");
        thread::sleep(Duration::from_millis(10));
    }
}

#[test]
fn what_the_buyer_sent_is_taken_in_listed_exported_and_removed() {
    let station = recorded("received", CONFIG);
    let daemon = Daemon::start(&station, &[]);
    let desk = Desk::of(&daemon, "anna");
    assert_eq!(desk.list(), [] as [Value; 0]);
    let before = names(&station.data);
    let file = png(Some("1"), b"");
    let query = format!("name={NAME_IN_QUERY}&received=platform%20chat");
    let (status, one) = desk.upload(&query, &file);
    assert_eq!(status, 201, "{one}");
    let id = Hash::of(&file).to_string();
    assert_eq!((&one["id"], &one["name"]), (&json!(id), &json!(NAME)));
    assert_eq!((&one["length"], &one["by"]), (&json!(file.len()), &json!("anna")));
    assert_eq!(one["received"], "platform chat");
    assert!(one["until"].as_str() > one["time"].as_str(), "{one}");

    // What is said is what the separate program says of the same bytes by that name, and the words are its own.
    let folder = Folder::new("received-by-hand");
    fs::write(folder.path("other.dat"), &file).unwrap();
    let path = folder.path("other.dat");
    let by_hand =
        verifier(&["inspect", "--json", "--name", NAME, "--received", "platform chat", path.to_str().unwrap()]);
    let by_hand: Vec<Inspected> = serde_json::from_str(&by_hand.out).unwrap();
    assert_eq!(serde_json::to_value(&by_hand[0]).unwrap(), one["inspected"]);
    assert_eq!(one["inspected"]["verdicts"], json!(["declared-1"]));
    assert_eq!(one["inspected"]["signs"][0]["way"], "we-chat", "{one}");
    for (lang, name) in [(Lang::En, "en"), (Lang::Zh, "zh")] {
        assert_eq!(one["head"][name], head(&by_hand[0], lang));
        let row = |(label, lines): &(String, Vec<String>)| json!({ "label": label, "lines": lines });
        let said = sections(&by_hand[0], lang).into_iter().map(|section| {
            let rows: Vec<Value> = section.rows.iter().map(row).collect();
            json!({ "head": section.head, "rows": rows })
        });
        assert_eq!(one["sections"][name], said.collect::<Value>());
    }

    // It is there byte for byte, and nowhere else; again it is the same one.
    let kept = station.data.join("received").join(format!("of-{ORDER}")).join(&id);
    assert_eq!((names(&kept), fs::read(kept.join("file")).unwrap()), (vec!["file".into(), "record.json".into()], file));
    let after = names(&station.data);
    assert_eq!(after.iter().filter(|name| !before.contains(name)).collect::<Vec<_>>(), ["received"]);
    let file = png(Some("1"), b"");
    assert_eq!(desk.upload("name=again.png", &file), (200, one.clone()));
    // Sent in parts of unknown number.
    let none = png(None, b"");
    let mut stream =
        desk.begin("POST", &format!("{}?name=b.png", at(ORDER)), &format!("{FILE}Transfer-Encoding: chunked\r\n"));
    for part in none.chunks(100) {
        write!(stream, "{:x}\r\n", part.len()).unwrap();
        stream.write_all(part).unwrap();
        stream.write_all(b"\r\n").unwrap();
    }
    stream.write_all(b"0\r\n\r\n").unwrap();
    let (status, two) = answer(stream);
    assert_eq!((status, &two["inspected"]["verdicts"]), (201, &json!(["not-found"])), "{two}");
    assert_eq!((&two["received"], &two["inspected"]["received"]), (&Value::Null, &Value::Null));
    // A large one comes through as it is.
    let large = png(Some("3"), &vec![7; 20 << 20]);
    let (status, said) = desk.upload("name=large.png", &large);
    assert_eq!((status, &said["id"]), (201, &json!(Hash::of(&large).to_string())), "{said}");
    assert_eq!(said["inspected"]["verdicts"], json!(["declared-3"]));
    let path = format!("{}/{}", at(ORDER), said["id"].as_str().unwrap());
    assert_eq!(desk.send("DELETE", &path, "", b"").0, 204);
    // What is no picture is taken in as well, and said to be none.
    let (status, three) = desk.upload("name=note.txt", b"not a picture");
    assert_eq!((status, &three["inspected"]["verdicts"]), (201, &json!(["undecided"])), "{three}");
    assert_eq!(desk.list(), [one.clone(), two.clone(), three.clone()]);

    // A start later they are there, and go into the bundle; one that changed meanwhile is named and left out.
    daemon.stop();
    let changed = kept.with_file_name(three["id"].as_str().unwrap()).join("file");
    fs::write(&changed, b"not a Picture").unwrap();
    let daemon = Daemon::start(&station, &[]);
    let desk = Desk::of(&daemon, "anna");
    assert_eq!(desk.list().len(), 3);
    let folder = Folder::new("received-bundle");
    desk.bundle(&folder);
    let bundle = folder.path(&format!("{ORDER}-mine"));
    assert_eq!(
        names(&bundle.join("received")),
        ["received-1.json", "received-1.png", "received-2.json", "received-2.png", "received-3.json"]
    );
    assert!(fs::read(bundle.join("received/received-1.png")).unwrap() == file);
    let report = fs::read_to_string(bundle.join("report.zh.html")).unwrap();
    for part in ["声明为AI生成（1：属于）", "平台", "platform chat", "未包含", &id, three["id"].as_str().unwrap()]
    {
        assert!(report.contains(part) || part == "平台", "{part}");
    }

    // Removed, and nothing of it stays.
    let path = |id: &Value| format!("{}/{}", at(ORDER), id.as_str().unwrap());
    assert_eq!(desk.send("DELETE", &path(&one["id"]), "", b"").0, 204);
    refused(desk.send("DELETE", &path(&one["id"]), "", b""), 404, "unknown-file");
    for id in ["..", "x", "..%2F..%2Fkeys", "%2e%2e"] {
        let (status, said) = desk.send("DELETE", &format!("{}/{id}", at(ORDER)), "", b"");
        assert!((400..500).contains(&status), "{id}: {status} {said}");
    }
    assert_eq!((desk.list().len(), kept.exists(), arriving(&station)), (2, false, 0));
    assert!(station.data.join("keys/station.key").exists());
    daemon.stop();
    assert_eq!(station.check().status, 0);
}

#[test]
fn what_is_not_taken_in_is_said_in_one_line() {
    let station = recorded("received-refused", CONFIG);
    let daemon = Daemon::start(&station, &[]);
    let desk = Desk::of(&daemon, "anna");
    let file = png(None, b"");
    let path = format!("{}?name=a.png", at(ORDER));
    // By whom, from where, as what.
    let paul = Desk::of(&daemon, "paul");
    for (method, path) in [("POST", &path), ("GET", &at(ORDER)), ("DELETE", &format!("{}/x", at(ORDER)))] {
        refused(paul.send(method, path, FILE, b""), 403, "forbidden");
        refused(Desk { daemon: &daemon, token: "0".repeat(64) }.send(method, path, FILE, b""), 401, "log-in");
        refused(desk.send(method, path, &format!("{FILE}Origin: http://evil.example\r\n"), b""), 403, "foreign-origin");
    }
    for kind in ["", "Content-Type: text/plain\r\n", "Content-Type: multipart/form-data; boundary=x\r\n"] {
        refused(desk.send("POST", &path, kind, &file), 415, "not-a-file");
    }
    // Of what.
    for (path, status, error) in [
        (format!("{}?name=a.png", at("a%20b")), 400, "bad-question"),
        (format!("{}?name=a.png", at("..%2F..%2Fkeys")), 400, "bad-question"),
        (format!("{}?name=a.png", at("SF0")), 404, "unknown"),
        (at(ORDER), 400, "bad-question"),
        (format!("{}?name=%20", at(ORDER)), 400, "bad-question"),
        (format!("{}?name=a&path=b", at(ORDER)), 400, "bad-question"),
    ] {
        refused(desk.send("POST", &path, FILE, &file), status, error);
    }
    refused(desk.upload("name=a.png", b""), 400, "empty-file");
    // Too large: told before any of it comes.
    let large = desk.begin("POST", &path, &format!("{FILE}Content-Length: {}\r\n", (512 << 20) + 1));
    refused(answer(large), 413, "too-large");
    // A client that goes away in the middle leaves nothing, and two that are slow keep others waiting, no longer.
    let begin = || {
        let mut stream = desk.begin("POST", &path, &format!("{FILE}Content-Length: 1000000\r\n"));
        stream.write_all(&[7; 4000]).unwrap();
        stream
    };
    let two = [begin(), begin()];
    waits("two arrive", || arriving(&station) == 2);
    refused(desk.upload("name=a.png", &file), 429, "busy");
    drop(two);
    waits("gone", || arriving(&station) == 0);
    waits("taken in", || desk.upload("name=a.png", &file).0 == 201);
    // A power cut in the middle.
    let _half = begin();
    waits("one arrives", || arriving(&station) == 1);
    daemon.kill();
    assert_eq!(arriving(&station), 1);
    let daemon = Daemon::start(&station, &[]);
    let desk = Desk::of(&daemon, "anna");
    assert_eq!((arriving(&station), desk.list().len()), (0, 1));
    // So many of an order, and no more.
    for number in 1..20_u8 {
        assert_eq!(desk.upload("name=a.png", &png(None, &[number])).0, 201);
    }
    refused(desk.upload("name=a.png", &png(None, b"more")), 409, "too-many-files");
    assert_eq!(arriving(&station), 0);
    daemon.stop();

    // The room that benches are warned below is theirs.
    configure(&station, &format!("{CONFIG}[storage]\nwarn-mib = 90000000\n"));
    let daemon = Daemon::start(&station, &[]);
    let desk = Desk::of(&daemon, "anna");
    let id = desk.list()[0]["id"].as_str().unwrap().to_owned();
    assert_eq!(desk.send("DELETE", &format!("{}/{id}", at(ORDER)), "", b"").0, 204);
    refused(desk.upload("name=a.png", &file), 507, "no-room");
    assert_eq!((arriving(&station), desk.list().len()), (0, 19));
}

/// Logs in as the page does.
const LOG_IN: &str = "
    const [name, password, lang, done] = arguments;
    localStorage.setItem('lang', lang);
    fetch('/api/v1/login', { method: 'POST', headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ name, password }) }).then((answer) => done(answer.status));";

/// Drops a file on the page.
const DROP: &str = "
    const [name, bytes, done] = arguments, data = new DataTransfer();
    data.items.add(new File([new Uint8Array(bytes)], name));
    document.querySelector('.drop').dispatchEvent(new DragEvent('drop', { dataTransfer: data, bubbles: true, cancelable: true }));
    done();";

#[test]
fn the_orders_page_shows_what_a_file_says_about_itself() {
    let station = recorded("received-page", CONFIG);
    let daemon = Daemon::start(&station, &[]);
    let folder = Folder::new("received-chosen");
    fs::write(folder.path("mmexport1764230000000.png"), png(Some("2"), b"")).unwrap();
    // Somebody else's, which hangs meanwhile.
    let desk = Desk::of(&daemon, "anna");
    let hangs = desk.begin("POST", &format!("{}?name=a.png", at(ORDER)), &format!("{FILE}Content-Length: 1000\r\n"));
    let browser = Browser::new();
    browser.resize(1280, 1400);
    let when = |expression: &str| {
        let script = format!(
            "const done = arguments[0], began = Date.now(), look = () => {{
                const found = {expression};
                if (found) return done(found);
                if (Date.now() - began > 50000) return done(null);
                setTimeout(look, 30);
            }};
            look();"
        );
        let found = browser.run(&script, vec![]);
        assert!(!found.is_null(), "waited in vain for {expression}: {:?}\n{}", browser.console(), daemon.said());
        found
    };
    let address = format!("http://{}", daemon.address());
    browser.visit(&format!("{address}/login"));
    assert_eq!(browser.run(LOG_IN, vec![json!("anna"), json!(PASSWORD), json!("zh-CN")]), json!(200));
    browser.visit(&format!("{address}/order/{ORDER}"));
    when("document.querySelector('#received .drop')");
    browser.type_into("#received [name=received]", "平台聊天");
    browser.choose("#received [type=file]", folder.path("mmexport1764230000000.png").to_str().unwrap());
    let text = |lang: &str| {
        let text = when("document.querySelector('.file .said-of') && document.querySelector('.file').innerText");
        let text = text.as_str().unwrap().to_owned();
        println!("{lang}: {text}");
        text
    };
    let zh = text("zh");
    for part in
        ["声明为AI生成（2：可能）", "AIGC 标识", "平台聊天", "微信", "本结果不说明", "mmexport1764230000000.png"]
    {
        assert!(zh.contains(part), "{part}: {zh}");
    }
    // The picture stands there because it was chosen here; another visit has the words alone.
    when("document.querySelector('.file img')?.naturalWidth === 16");
    browser.run("localStorage.setItem('lang', 'en'); arguments[0]();", vec![]);
    browser.visit(&format!("{address}/order/{ORDER}"));
    let en = text("en");
    for part in [
        "DECLARED AS AI-GENERATED (2: possibly)",
        "AIGC label",
        "at byte 46: png tEXt AIGC",
        "WeChat",
        "What this does not say",
    ] {
        assert!(en.contains(part), "{part}: {en}");
    }
    assert_eq!(when("[document.querySelectorAll('.file img').length]"), json!([0]));
    // Another one is dropped, and stands first; a name is a text.
    let name = "<img src=x onerror=alert(1)>.png";
    browser.run(DROP, vec![json!(name), json!(png(None, b""))]);
    when("document.querySelectorAll('.file').length === 2");
    assert_eq!(when("document.querySelector('.file h3').textContent"), json!(name));
    let none = when("document.querySelector('.file .said-of').textContent");
    assert_eq!(none, "NONE FOUND (which does not mean: not AI-generated)");
    // Removed at the second press, not at the first.
    browser.run("document.querySelector('.file button').click(); arguments[0]();", vec![]);
    assert_eq!(when("document.querySelectorAll('.file').length"), 2);
    browser.run("document.querySelector('.file button').click(); arguments[0]();", vec![]);
    when("document.querySelectorAll('.file').length === 1");
    // What the station refuses is told.
    browser.run(DROP, vec![json!("empty.png"), json!([])]);
    let trouble = when("document.querySelector('#received [role=alert]:not([hidden])')?.textContent");
    assert!(trouble.as_str().unwrap().contains("empty"), "{trouble}");
    assert_eq!(when("[document.documentElement.scrollWidth > innerWidth]"), json!([false]));
    let console = browser.console();
    assert!(console.iter().all(|line| line.contains("400 (Bad Request)")), "{console:?}");
    refused(answer(hangs), 408, "too-slow");
    assert_eq!(arriving(&station), 0);
    daemon.stop();
}
