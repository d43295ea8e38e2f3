//! Who may what, against the running daemon: accounts, passwords, sessions, pages of other places, the office's address,
//! and what is kept of it all.

use std::{
    fs,
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
    sync::atomic::{AtomicBool, Ordering},
    thread,
    time::{Duration, Instant},
};

use evidence::verdict::Verdict;
use serde_json::{Value, json};

#[path = "support/browser.rs"]
mod browser;
#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/random.rs"]
mod random;
#[path = "support/station.rs"]
mod station_program;

use browser::Browser;
use daemon::{Daemon, LONG, clips_of, configure};
use random::Random;
use station_program::{ORDER, Said, Station, program, run};

const PATTERN: &str = "[[bench]]\ncamera = \"pattern:320x240@10\"\n";
/// The office's pages, on this machine for the test.
const OFFICE: &str = "[[bench]]\ncamera = \"pattern:320x240@10\"\n[office]\nlisten = \"127.0.0.1:0\"\n";
const PASSWORD: &str = "correct horse 电池";
const OTHER: &str = "another password";

fn station(name: &str, config: &str) -> Station {
    let station = Station::new(name);
    configure(&station, config);
    station
}

/// Runs `user`, with this on its standard input.
fn user(station: &Station, args: &[&str], input: &str) -> Said {
    let args = [&["user"], args, &["--data", station.path()]].concat();
    let mut child = program(&args).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // It may have said no before it reads.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Said { status: output.status.code().unwrap(), out: text(output.stdout), err: text(output.stderr) }
}

#[track_caller]
fn add(station: &Station, name: &str, role: &str) {
    let said = user(station, &["add", name, "--role", role], &format!("{PASSWORD}\n"));
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{said:?}");
}

/// An answer.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {self:?}"))
    }

    fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }

    /// The cookie that it sets, as it is sent back.
    fn cookie(&self) -> String {
        let set = self.header("set-cookie").unwrap_or_else(|| panic!("{self:?}"));
        format!("Cookie: {}\r\n", set.split(';').next().unwrap())
    }

    #[track_caller]
    fn refused(&self, status: u16, error: &str) {
        assert_eq!((self.status, self.json()["error"].as_str()), (status, Some(error)), "{self:?}");
    }
}

/// What is answered to these bytes until it hangs up.
fn exchange(address: SocketAddr, request: &[u8]) -> Answer {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(LONG)).unwrap();
    // It may answer before it has read all.
    let _ = stream.write_all(request);
    let mut bytes = Vec::new();
    let _ = stream.read_to_end(&mut bytes);
    answer(&bytes)
}

fn answer(bytes: &[u8]) -> Answer {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|word| word.parse().ok()).unwrap_or(0);
    // Names of headers are lower case already.
    Answer { status, head: head.replace('\r', ""), body: body.to_owned() }
}

fn request(host: &str, method: &str, path: &str, headers: &str, body: Option<&Value>) -> String {
    let (kind, body) =
        body.map_or_else(Default::default, |body| ("Content-Type: application/json\r\n", body.to_string()));
    let length = if method == "GET" { String::new() } else { format!("Content-Length: {}\r\n", body.len()) };
    format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{kind}{length}{headers}\r\n{body}")
}

/// The daemon on this machine's address.
struct Here<'a>(&'a Daemon);

impl Here<'_> {
    fn ask(&self, method: &str, path: &str, headers: &str, body: Option<&Value>) -> Answer {
        let address = self.0.address();
        exchange(address, request(&address.to_string(), method, path, headers, body).as_bytes())
    }

    fn get(&self, path: &str, headers: &str) -> Answer {
        self.ask("GET", path, headers, None)
    }

    fn try_log_in(&self, name: &str, password: &str) -> Answer {
        self.ask("POST", "/api/v1/login", "", Some(&json!({ "name": name, "password": password })))
    }

    #[track_caller]
    fn log_in(&self, name: &str) -> String {
        let answer = self.try_log_in(name, PASSWORD);
        assert_eq!(answer.status, 200, "{answer:?}");
        answer.cookie()
    }

    /// Whom this session is of.
    fn me(&self, cookie: &str) -> Value {
        self.get("/api/v1/me", cookie).json()["name"].take()
    }

    /// All acts, oldest first: who, what, about.
    fn acts(&self, cookie: &str) -> Vec<[String; 3]> {
        let all = self.get("/api/v1/acts?limit=200", cookie).json();
        let word = |value: &Value| value.as_str().unwrap_or("-").to_owned();
        let act = |act: &Value| ["who", "act", "about"].map(|key| word(&act[key]));
        all["acts"].as_array().unwrap().iter().rev().map(act).collect()
    }
}

#[test]
fn accounts_are_kept_at_the_command_line_while_the_daemon_runs() {
    let station = station("access-user", PATTERN);
    // Before the first start as well.
    add(&station, "anna", "admin");
    let mode = fs::metadata(station.data.join("accounts.sqlite")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let daemon = Daemon::start(&station, &[]);
    let here = Here(&daemon);
    add(&station, "ben.2+x_-", "packer");
    let listed = user(&station, &["list"], "").out;
    let words: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().take(2).collect()).collect();
    assert_eq!(words, [["anna", "admin"], ["ben.2+x_-", "packer"]]);
    assert_eq!(here.me(&here.log_in("ben.2+x_-")), "ben.2+x_-");
    let changed = user(&station, &["password", "anna"], &format!("{OTHER}\r\n"));
    assert_eq!((changed.status, here.try_log_in("anna", OTHER).status), (0, 200), "{changed:?}");
    here.try_log_in("anna", PASSWORD).refused(401, "wrong-password");
    for (args, input, says) in [
        (&["add", "anna", "--role", "packer"][..], PASSWORD, "already"),
        (&["add", "a b", "--role", "packer"], PASSWORD, "a name has"),
        (&["add", "张伟", "--role", "packer"], PASSWORD, "a name has"),
        (&["add", "carl", "--role", "packer"], "too short\n", "10 characters"),
        (&["add", "carl", "--role", "packer"], "", "10 characters"),
        (&["add", "carl", "--role", "packer"], "with a \u{3} in it", "cannot read"),
        (&["add", "carl", "--role", "packer"], &"x".repeat(257), "256 bytes"),
        (&["password", "carl"], OTHER, "no account"),
        (&["remove", "carl"], "", "no account"),
        (&["remove", "anna"], "", "only administrator"),
    ] {
        for lang in ["en", "zh"] {
            let said = user(&station, &[&["--lang", lang], args].concat(), input);
            assert_eq!((said.status, said.out.as_str(), said.err.lines().count()), (2, "", 1), "{args:?} {said:?}");
            assert!(said.err.contains(says) == (lang == "en"), "{said:?}");
        }
    }
    assert_eq!(user(&station, &["add", "carl", "--role", "boss"], PASSWORD).status, 2);
    let removed = user(&station, &["remove", "ben.2+x_-"], "");
    assert_eq!((removed.status, removed.out.as_str()), (0, "ben.2+x_- may not log in any more\n"));
    assert_eq!(user(&station, &["list"], "").out.lines().count(), 1);
}

#[test]
fn on_a_terminal_the_password_is_not_shown() {
    let station = Station::new("access-terminal");
    let command =
        format!("{} user add anna --role admin --data {}", env!("CARGO_BIN_EXE_packseal-station"), station.path());
    let attempt = |answers: [&str; 2]| {
        let mut script = Command::new("script");
        script.args(["-qec", &command, "/dev/null"]).env("LC_ALL", "C.UTF-8");
        let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (mut typed, mut shown) = (child.stdin.take().unwrap(), child.stdout.take().unwrap());
        let mut seen = String::new();
        for (prompt, answer) in ["Password: ", "Once more: "].iter().zip(answers) {
            while !seen.ends_with(prompt) {
                let mut byte = [0];
                assert_eq!(shown.read(&mut byte).unwrap(), 1, "{seen}");
                seen.push(char::from(byte[0]));
            }
            // Behind the prompt, as a person: what was typed before is thrown away.
            thread::sleep(Duration::from_millis(200));
            writeln!(typed, "{answer}").unwrap();
        }
        shown.read_to_string(&mut seen).unwrap();
        (child.wait().unwrap().code(), seen)
    };
    let (status, seen) = attempt(["a typed password", "a typed passwort"]);
    assert!(status == Some(2) && seen.contains("differ"), "{seen}");
    let (status, seen) = attempt(["a typed password", "a typed password"]);
    assert_eq!((status, seen.contains("typed")), (Some(0), false), "{seen}");
    assert!(seen.contains("anna may log in as admin") && seen.contains(":8961"), "{seen}");
}

#[test]
fn each_role_may_what_it_may() {
    let station = station("access-roles", PATTERN);
    for role in ["packer", "service", "admin"] {
        add(&station, role, role);
    }
    let daemon = Daemon::start(&station, &[]);
    let here = Here(&daemon);
    let [packer, service, admin] = ["packer", "service", "admin"].map(|role| here.log_in(role));
    for path in ["/api/v1/accounts", "/api/v1/acts", "/accounts"] {
        for cookie in [&packer, &service] {
            here.get(path, cookie).refused(403, "forbidden");
        }
        assert_eq!(here.get(path, &admin).status, 200);
    }
    here.get("/api/v1/accounts", "").refused(401, "log-in");
    // A browser is sent to log in, and comes back to where it wanted to.
    let page = here.get("/accounts?x=1&y=%E4%B8%AD", "Accept: text/html,*/*\r\n");
    assert_eq!(
        (page.status, page.header("location")),
        (303, Some("/login?to=%2Faccounts%3Fx%3D1%26y%3D%25E4%25B8%25AD"))
    );
    here.get("/api/v1/accounts", "Accept: text/html\r\n").refused(401, "log-in");
    // Whatever changes something.
    let new = json!({ "name": "x", "role": "admin", "password": PASSWORD });
    let password = json!({ "password": OTHER });
    for (cookie, status, error) in
        [("", 401, "log-in"), (&packer, 403, "forbidden"), (&service, 403, "forbidden")] as [(&str, u16, &str); 3]
    {
        here.ask("POST", "/api/v1/accounts", cookie, Some(&new)).refused(status, error);
        here.ask("PUT", "/api/v1/accounts/admin/password", cookie, Some(&password)).refused(status, error);
        here.ask("DELETE", "/api/v1/accounts/packer", cookie, None).refused(status, error);
    }
    let names = here.get("/api/v1/accounts", &admin).json();
    let names: Vec<_> = names.as_array().unwrap().iter().map(|account| account["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["admin", "packer", "service"]);
    // A bench screen on this machine needs no log-in; programs may send the token as such.
    assert_eq!((here.get("/api/v1/status", "").status, here.me("")), (200, Value::Null));
    let token = here.try_log_in("admin", PASSWORD).json()["token"].take();
    let bearer = format!("Authorization: Bearer {}\r\n", token.as_str().unwrap());
    assert_eq!(here.get("/api/v1/accounts", &bearer).status, 200);
    // What an administrator does.
    let made = here.ask("POST", "/api/v1/accounts", &admin, Some(&new));
    assert_eq!((made.status, &made.json()["role"]), (201, &json!("admin")));
    here.ask("POST", "/api/v1/accounts", &admin, Some(&new)).refused(409, "name-taken");
    let odd = |key: &str, value: &str| {
        let mut body = new.clone();
        body[key] = json!(value);
        here.ask("POST", "/api/v1/accounts", &admin, Some(&body))
    };
    odd("name", "a b").refused(400, "bad-name");
    odd("name", "-").refused(400, "bad-name");
    let mut short = json!({ "name": "y", "role": "packer", "password": "short" });
    here.ask("POST", "/api/v1/accounts", &admin, Some(&short)).refused(400, "bad-password");
    short["role"] = json!("boss");
    here.ask("POST", "/api/v1/accounts", &admin, Some(&short)).refused(400, "bad-request");
    here.ask("PUT", "/api/v1/accounts/nobody/password", &admin, Some(&password)).refused(404, "unknown-account");
    here.ask("DELETE", "/api/v1/accounts/nobody", &admin, None).refused(404, "unknown-account");
    assert_eq!(here.ask("DELETE", "/api/v1/accounts/x", &admin, None).status, 204);
    here.ask("DELETE", "/api/v1/accounts/admin", &admin, None).refused(409, "last-admin");
    here.get("/api/v1/acts?limit=x", &admin).refused(400, "bad-request");
}

#[test]
fn wrong_passwords_wait_and_are_let_in_again() {
    let station = station("access-rate", PATTERN);
    add(&station, "anna", "admin");
    add(&station, "ben", "packer");
    let daemon = Daemon::start(&station, &[]);
    let here = Here(&daemon);
    for name in ["anna", "anna", "anna", "nobody"] {
        here.try_log_in(name, "wrong").refused(401, "wrong-password");
    }
    // At once, in parallel: they count before they are known to be wrong.
    let statuses: Vec<u16> = thread::scope(|scope| {
        let all: Vec<_> = (0..8).map(|_| scope.spawn(|| here.try_log_in("anna", "wrong").status)).collect();
        all.into_iter().map(|one| one.join().unwrap()).collect()
    });
    let count = |status| statuses.iter().filter(|s| **s == status).count();
    assert!((1..=2).contains(&count(401)) && count(401) + count(429) == 8, "{statuses:?}");
    // Each that is taken and fails doubles the wait, which is told.
    let mut waits = Vec::new();
    while waits.last().is_none_or(|wait| *wait < 8) {
        let answer = here.try_log_in("anna", "wrong");
        if answer.status == 401 {
            continue;
        }
        answer.refused(429, "too-many");
        let wait: u64 = answer.header("retry-after").unwrap().parse().unwrap();
        waits.push(wait);
        if wait < 8 {
            thread::sleep(Duration::from_secs(wait));
        }
    }
    assert!(waits.is_sorted() && waits.len() >= 3, "{waits:?}");
    // Even the right one waits, and another name from there.
    for (name, password) in [("anna", PASSWORD), ("ben", PASSWORD)] {
        here.try_log_in(name, password).refused(429, "too-many");
    }
    thread::sleep(Duration::from_secs(8));
    let anna = here.log_in("anna");
    // A row of failures is noted once, for a name that there is, and once for the address.
    let acts = here.acts(&anna);
    let refused: Vec<_> = acts.iter().filter(|act| act[1] == "log-in-refused").collect();
    assert_eq!(refused, [&["anna", "log-in-refused", "-"].map(str::to_owned)], "{acts:?}");
}

#[test]
fn the_own_password_is_changed_by_whoever_knows_it() {
    let station = station("access-own", PATTERN);
    add(&station, "anna", "admin");
    add(&station, "ben", "packer");
    let daemon = Daemon::start(&station, &[]);
    let here = Here(&daemon);
    let [one, two] = [(); 2].map(|()| here.log_in("ben"));
    let change = |cookie: &str, old: &str, new: &str| {
        here.ask("PUT", "/api/v1/me/password", cookie, Some(&json!({ "old": old, "new": new })))
    };
    change("", PASSWORD, OTHER).refused(401, "log-in");
    change(&one, "wrong", OTHER).refused(403, "wrong-password");
    change(&one, PASSWORD, "short").refused(400, "bad-password");
    assert_eq!(here.me(&two), "ben");
    let changed = change(&one, PASSWORD, OTHER);
    assert_eq!((changed.status, here.me(&changed.cookie())), (200, json!("ben")));
    assert_eq!([here.me(&one), here.me(&two)], [Value::Null, Value::Null]);
    assert_eq!([here.try_log_in("ben", PASSWORD).status, here.try_log_in("ben", OTHER).status], [401, 200]);
    let acts = here.acts(&here.log_in("anna"));
    assert!(acts.contains(&["ben", "password-set", "ben"].map(str::to_owned)), "{acts:?}");
    // Nobody tries the old one for ever.
    let stuck = (0..8).map(|_| change(&changed.cookie(), "wrong", OTHER).status).collect::<Vec<_>>();
    assert!(stuck.starts_with(&[403, 403]) && stuck.ends_with(&[429, 429]), "{stuck:?}");
}

#[test]
fn sessions_end_at_log_out_removal_and_another_password() {
    let station = station("access-sessions", PATTERN);
    add(&station, "anna", "admin");
    add(&station, "ben", "service");
    let daemon = Daemon::start(&station, &[]);
    let here = Here(&daemon);
    let anna = here.log_in("anna");
    // By log-out, this one alone.
    let [one, two] = [(); 2].map(|()| here.log_in("ben"));
    let out = here.ask("POST", "/api/v1/logout", &one, None);
    assert_eq!((out.status, out.header("set-cookie").unwrap().contains("Max-Age=0")), (204, true), "{out:?}");
    assert_eq!([here.me(&one), here.me(&two)], [Value::Null, json!("ben")]);
    // By an administrator's new password, and by the command line's.
    let set = here.ask("PUT", "/api/v1/accounts/ben/password", &anna, Some(&json!({ "password": OTHER })));
    assert_eq!((set.status, here.me(&two)), (204, Value::Null));
    let three = here.try_log_in("ben", OTHER).cookie();
    assert_eq!(here.me(&three), "ben");
    user(&station, &["password", "ben"], PASSWORD);
    assert_eq!(here.me(&three), Value::Null);
    // By removal.
    let four = here.log_in("ben");
    assert_eq!(here.ask("DELETE", "/api/v1/accounts/ben", &anna, None).status, 204);
    assert_eq!(here.me(&four), Value::Null);
    // It outlives a restart.
    let before = daemon.address();
    assert_eq!(daemon.stop().0, 0);
    let daemon = Daemon::start(&station, &[]);
    assert_eq!(Here(&daemon).me(&anna), "anna", "{before}");
}

#[test]
fn a_tampered_cookie_is_nobody() {
    let station = station("access-cookie", PATTERN);
    add(&station, "anna", "admin");
    let daemon = Daemon::start(&station, &[]);
    let here = Here(&daemon);
    let login = here.try_log_in("anna", PASSWORD);
    let set = login.header("set-cookie").unwrap();
    assert!(set.ends_with("; Path=/; HttpOnly; SameSite=Strict"), "{set}");
    let cookie = login.cookie();
    let token = cookie.trim_end().strip_prefix("Cookie: packseal=").unwrap();
    assert_eq!((token.len(), here.me(&cookie)), (43, json!("anna")));
    let mut random = Random::by_the_clock("a tampered cookie");
    for _ in 0..40 {
        let mut bytes = token.as_bytes().to_vec();
        let at = random.below(bytes.len());
        bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
        let other = String::from_utf8(bytes).unwrap();
        assert_eq!(here.me(&format!("Cookie: packseal={other}\r\n")), Value::Null, "{other}");
    }
    for other in ["", &token[1..], &token[..42], &format!("{token}A"), "' OR 1=1 --", "anna", &"A".repeat(4000)] {
        here.get("/api/v1/accounts", &format!("Cookie: packseal={other}\r\n")).refused(401, "log-in");
        here.get("/api/v1/accounts", &format!("Authorization: Bearer {other}\r\n")).refused(401, "log-in");
    }
    here.get("/api/v1/accounts", &format!("Cookie: xpackseal={token}; packsealx={token}\r\n")).refused(401, "log-in");
    here.get("/api/v1/accounts", &format!("Authorization: Basic {token}\r\n")).refused(401, "log-in");
    assert_eq!(here.get("/api/v1/accounts", &format!("Cookie: a=b; packseal={token}; c\r\n")).status, 200);
    // What is kept of it cannot be sent back.
    let kept = ["accounts.sqlite", "accounts.sqlite-wal"].map(|name| fs::read(station.data.join(name)).unwrap());
    assert!(kept.iter().all(|bytes| !bytes.windows(token.len()).any(|part| part == token.as_bytes())));
}

#[test]
fn pages_of_other_places_change_nothing() {
    let station = station("access-csrf", PATTERN);
    add(&station, "anna", "admin");
    let daemon = Daemon::start(&station, &[]);
    let (here, host) = (Here(&daemon), daemon.address());
    let anna = here.log_in("anna");
    let new = json!({ "name": "evil", "role": "admin", "password": PASSWORD });
    let post = |headers: &str| here.ask("POST", "/api/v1/accounts", &format!("{anna}{headers}"), Some(&new));
    let other_port = host.port() ^ 1;
    for origin in [
        "https://evil.example".to_owned(),
        "null".to_owned(),
        format!("http://127.0.0.1:{other_port}"),
        "http://127.0.0.1".to_owned(),
        format!("http://localhost:{}", host.port()),
        format!("https://{host}"),
        format!("http://{host}.evil.example"),
        format!("http://user@{host}"),
    ] {
        post(&format!("Origin: {origin}\r\n")).refused(403, "foreign-origin");
    }
    post(&format!("Origin: http://{host}\r\nOrigin: https://evil.example\r\n")).refused(403, "foreign-origin");
    for site in ["cross-site", "same-site", "other"] {
        for more in ["", "Sec-Fetch-Mode: navigate\r\n", &format!("Origin: http://{host}\r\n")] {
            post(&format!("Sec-Fetch-Site: {site}\r\n{more}")).refused(403, "foreign-origin");
        }
        here.get("/api/v1/accounts", &format!("{anna}Sec-Fetch-Site: {site}\r\nSec-Fetch-Mode: no-cors\r\n"))
            .refused(403, "foreign-origin");
        // A link leads to a page, which changes nothing.
        let link = here.get("/accounts", &format!("{anna}Sec-Fetch-Site: {site}\r\nSec-Fetch-Mode: navigate\r\n"));
        assert_eq!(link.status, 200, "{link:?}");
    }
    // A form cannot send JSON.
    let body = new.to_string();
    for kind in ["", "Content-Type: text/plain\r\n", "Content-Type: application/x-www-form-urlencoded\r\n"] {
        let request = format!(
            "POST /api/v1/accounts HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n{anna}{kind}Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        exchange(host, request.as_bytes()).refused(415, "not-json");
    }
    assert_eq!(here.get("/api/v1/accounts", &anna).json().as_array().unwrap().len(), 1);
    // Its own page may.
    assert_eq!(post(&format!("Origin: http://{host}\r\nSec-Fetch-Site: same-origin\r\n")).status, 201);
    // What a browser is told about every answer.
    for path in ["/login", "/accounts", "/web/base.js", "/api/v1/me", "/nothing"] {
        let answer = here.get(path, &anna);
        let policy = answer.header("content-security-policy").unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
        assert_eq!(answer.header("x-content-type-options"), Some("nosniff"), "{path}");
        assert!(answer.header("access-control-allow-origin").is_none());
    }
}

#[test]
fn no_path_leads_out_and_no_request_is_too_large() {
    let station = station("access-paths", PATTERN);
    let daemon = Daemon::start(&station, &[]);
    let (here, host) = (Here(&daemon), daemon.address());
    assert_eq!(here.get("/web/base.js", "").status, 200);
    for path in [
        "/web/../station.toml",
        "/web/../../../../../../etc/passwd",
        "/web/%2e%2e/%2e%2e/%2e%2e/etc/passwd",
        "/web/..%2f..%2fkeys%2fstation.key",
        "/web/..%5c..%5ckeys",
        "/web//etc/passwd",
        "/web/%2fetc%2fpasswd",
        "/web/base.js%00.css",
        "/web/messages/../base.js",
        "/web/messages/..%2fbase.js",
        "/web/messages/",
        "/web/.",
        "/web/",
        "/web",
        "//web/base.js",
        "/login/../accounts",
        "/keys/station.key",
        "/accounts.sqlite",
        "/%",
        "/web/\u{e9}",
    ] {
        let answer = here.get(path, "");
        assert!([400, 404].contains(&answer.status), "{path}: {answer:?}");
    }
    // Heads and bodies.
    let long = exchange(
        host,
        request(&host.to_string(), "GET", "/login", &format!("X: {}\r\n", "x".repeat(20_000)), None).as_bytes(),
    );
    let many = exchange(host, request(&host.to_string(), "GET", "/login", &"X: y\r\n".repeat(200), None).as_bytes());
    let target = here.get(&format!("/{}", "x".repeat(20_000)), "");
    for answer in [long, many, target] {
        // Or it has hung up by then.
        assert!([0, 400, 414, 431].contains(&answer.status), "{answer:?}");
    }
    let large = json!({ "name": "anna", "password": "x".repeat(17_000) });
    here.ask("POST", "/api/v1/login", "", Some(&large)).refused(413, "too-large");
    assert_eq!(here.get("/login", "").status, 200);
}

/// What TLS brings, by curl: nothing of this project's own.
fn curl(station: &Station, args: &[&str]) -> (i32, Answer) {
    let certificate = station.data.join("keys/office.crt");
    let mut curl = Command::new("curl");
    curl.args([
        "-s",
        "-i",
        "--max-time",
        "20",
        "--noproxy",
        "*",
        "--http1.1",
        "--cacert",
        certificate.to_str().unwrap(),
    ]);
    let output = curl.args(args).output().unwrap();
    (output.status.code().unwrap(), answer(&output.stdout))
}

/// The office's address, from the log.
fn office(daemon: &Daemon) -> Option<SocketAddr> {
    daemon.said().split("office: https://").nth(1)?.split(',').next()?.parse().ok()
}

fn until<T>(what: &str, within: Duration, find: impl Fn() -> Option<T>) -> T {
    let began = Instant::now();
    loop {
        if let Some(found) = find() {
            return found;
        }
        assert!(began.elapsed() < within, "never {what}");
        thread::sleep(Duration::from_millis(20));
    }
}

#[test]
fn the_office_is_served_encrypted_once_there_is_an_administrator() {
    let station = station("access-office", OFFICE);
    add(&station, "ben", "packer");
    let daemon = Daemon::start(&station, &[]);
    let here = Here(&daemon);
    // A packer's account opens nothing.
    thread::sleep(Duration::from_secs(5));
    assert!(office(&daemon).is_none() && !station.data.join("keys/office.crt").exists(), "{}", daemon.said());
    let doctor = || run(&["doctor", "--data", station.path()]).out;
    assert!(doctor().contains("closed until there is an administrator"), "{}", doctor());
    add(&station, "anna", "admin");
    let address = until("bound", Duration::from_secs(10), || office(&daemon));
    let (port, key) = (address.port(), station.data.join("keys/office.key"));
    assert_eq!(fs::metadata(&key).unwrap().permissions().mode() & 0o777, 0o600);
    // The fingerprint that is told is that of the certificate.
    let openssl = |args: &[&str]| {
        let output = Command::new("openssl").args(args).stdin(Stdio::null()).output().unwrap();
        String::from_utf8_lossy(&output.stdout).into_owned()
    };
    let certificate = station.data.join("keys/office.crt");
    let certificate = certificate.to_str().unwrap();
    let shown = openssl(&["x509", "-in", certificate, "-noout", "-fingerprint", "-sha256"]);
    let shown = shown.trim().rsplit_once('=').unwrap().1.to_owned();
    assert!(daemon.said().contains(&shown) && doctor().contains(&shown), "{shown}\n{}", daemon.said());
    let about = openssl(&["x509", "-in", certificate, "-noout", "-text"]);
    assert!(about.contains("prime256v1") && about.contains("CA:FALSE") && about.contains("DNS:localhost"), "{about}");

    let url = |path: &str| format!("https://localhost:{port}{path}");
    for version in [&["--tlsv1.2", "--tls-max", "1.2"][..], &["--tlsv1.3"]] {
        let (status, page) = curl(&station, &[version, &[&url("/login")]].concat());
        assert_eq!((status, page.status), (0, 200), "{version:?} {page:?}");
    }
    // Plain HTTP is told nothing.
    let plain = exchange(address, request(&address.to_string(), "GET", "/login", "", None).as_bytes());
    assert!(plain.status == 0 && !plain.head.contains("HTTP/"), "{plain:?}");
    // Nothing goes without log-in, not even what a bench screen may.
    for path in ["/api/v1/status", "/metrics", "/api/v1/accounts"] {
        curl(&station, &[&url(path)]).1.refused(401, "log-in");
    }
    let scan =
        curl(&station, &["-H", "Content-Type: application/json", "-d", "{\"code\":\"SF1\"}", &url("/api/v1/scan")]);
    scan.1.refused(401, "log-in");
    let jar = station.data.join("jar");
    // Kept and sent back by the rules of cookies.
    let jar = ["-c", jar.to_str().unwrap(), "-b", jar.to_str().unwrap()];
    let credentials = json!({ "name": "anna", "password": PASSWORD }).to_string();
    let json = ["-H", "Content-Type: application/json", "-d", &credentials];
    let (_, login) = curl(&station, &[&jar[..], &json, &[&url("/api/v1/login")]].concat());
    let set = login.header("set-cookie").unwrap_or_else(|| panic!("{login:?}"));
    assert!(
        set.starts_with("__Host-packseal=") && set.ends_with("; Path=/; HttpOnly; SameSite=Strict; Secure"),
        "{set}"
    );
    assert_eq!(curl(&station, &[&jar[..], &[&url("/api/v1/accounts")]].concat()).1.status, 200);
    // By whatever name it is called; from its own pages alone.
    for (header, status) in [
        ("Host: packing-7.example:8961", 200),
        ("Host: 192.168.1.7:8961", 200),
        (&format!("Origin: https://localhost:{port}"), 200),
        (&format!("Origin: http://localhost:{port}"), 403),
        ("Origin: https://localhost", 403),
        ("Origin: https://evil.example", 403),
        ("Sec-Fetch-Site: cross-site", 403),
    ] as [(&str, u16); 7]
    {
        let cookie = login.cookie();
        let answer = curl(&station, &["-H", cookie.trim_end(), "-H", header, &url("/api/v1/accounts")]).1;
        assert_eq!(answer.status, status, "{header}: {answer:?}");
    }
    // A session of one address is none at the other: its cookie has another name.
    assert_eq!(here.me(&login.cookie()), Value::Null);
    // A shake of hands that never ends holds nothing up.
    let silent: Vec<_> = (0..200).map(|_| TcpStream::connect(address).unwrap()).collect();
    let began = Instant::now();
    assert_eq!(curl(&station, &[&url("/login")]).1.status, 200);
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
    drop(silent);
    // The certificate stays.
    assert_eq!(daemon.stop().0, 0);
    let daemon = Daemon::start(&station, &[]);
    until("bound again", Duration::from_secs(10), || office(&daemon));
    assert!(daemon.said().contains(&shown), "{}", daemon.said());
}

#[test]
fn a_certificate_of_the_shop_is_shown_and_a_broken_one_stops_no_bench() {
    let station = Station::new("access-certificate");
    let [certificate, key] = ["shop.crt", "shop.key"].map(|name| station.data.join(name).to_str().unwrap().to_owned());
    let office_of = |certificate: &str| format!("{OFFICE}certificate = \"{certificate}\"\nkey = \"{key}\"\n");
    configure(&station, &office_of(&certificate));
    add(&station, "anna", "admin");
    let daemon = Daemon::start(&station, &[]);
    daemon.says(&format!("{certificate} cannot be used"));
    daemon.ready(Duration::ZERO);
    let doctor = run(&["doctor", "--data", station.path()]);
    assert!(doctor.status == 1 && doctor.out.contains(&format!("{certificate} cannot be used")), "{}", doctor.out);
    // As soon as it is there it is served.
    let new = |path: &str| format!("{path}.new");
    let made = Command::new("openssl")
        .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-subj", "/CN=localhost", "-days", "2"])
        .args(["-addext", "subjectAltName=DNS:localhost", "-keyout", &new(&key), "-out", &new(&certificate)])
        .output()
        .unwrap();
    assert!(made.status.success(), "{made:?}");
    for path in [&key, &certificate] {
        fs::rename(new(path), path).unwrap();
    }
    let port = until("bound", Duration::from_secs(10), || office(&daemon)).port();
    let curl = Command::new("curl")
        .args(["-s", "--noproxy", "*", "--cacert", &certificate, &format!("https://localhost:{port}/login")])
        .output()
        .unwrap();
    assert!(curl.status.success() && curl.stdout.starts_with(b"<!doctype html>"), "{curl:?}");
    assert!(!station.data.join("keys/office.crt").exists());
    assert_eq!(daemon.said().matches("cannot be used").count(), 1, "it is said once: {}", daemon.said());
}

#[test]
fn what_was_done_is_signed_and_in_the_ledger() {
    let station = station("access-acts", PATTERN);
    add(&station, "anna", "admin");
    let daemon = Daemon::start(&station, &[]);
    let here = Here(&daemon);
    let anna = here.log_in("anna");
    let new = json!({ "name": "ben", "role": "packer", "password": PASSWORD });
    here.ask("POST", "/api/v1/accounts", &anna, Some(&new));
    here.ask("PUT", "/api/v1/accounts/ben/password", &anna, Some(&json!({ "password": OTHER })));
    user(&station, &["password", "ben"], PASSWORD);
    here.log_in("ben");
    here.ask("DELETE", "/api/v1/accounts/ben", &anna, None);
    let expected = [
        ["-", "account-made", "anna"],
        ["anna", "log-in", "-"],
        ["anna", "account-made", "ben"],
        ["anna", "password-set", "ben"],
        ["-", "password-set", "ben"],
        ["ben", "log-in", "-"],
        ["anna", "account-removed", "ben"],
    ]
    .map(|act| act.map(str::to_owned));
    assert_eq!(here.acts(&anna), expected);
    // In pages, newest first.
    let page = here.get("/api/v1/acts?limit=3", &anna).json();
    assert_eq!(page["acts"][0]["act"], "account-removed");
    let next = page["next"].as_u64().unwrap();
    let rest = here.get(&format!("/api/v1/acts?limit=100&before={next}"), &anna).json();
    assert_eq!((rest["acts"].as_array().unwrap().len(), &rest["next"]), (4, &Value::Null));
    assert_eq!(rest["acts"][0]["act"], "password-set");
    assert_eq!(daemon.stop().0, 0);
    // All of it holds, and what others are shown names nobody.
    station.clean(0, 0, 0);
    let ledger: Vec<_> = station.files().into_iter().filter(|(path, _)| path.starts_with("ledger")).collect();
    let has =
        |text: &str| ledger.iter().any(|(_, bytes)| bytes.windows(text.len()).any(|part| part == text.as_bytes()));
    assert!(has("kind act\n") && !has("anna") && !has("log-in"));
    // One that is changed behind the station's back is noticed.
    station.sql("UPDATE stated SET note = CAST(replace(CAST(note AS TEXT), 'who anna', 'who carl') AS BLOB)");
    let said = station.check();
    assert!(said.status == 1 && said.out.contains("act "), "{said:?}");
}

/// Says that it is over when dropped.
struct Ends<'a>(&'a AtomicBool);

impl Drop for Ends<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// What idles, what sends a byte a second, and what guesses passwords, all at once.
#[test]
fn five_hundred_clients_cost_no_frame() {
    let station = station("access-flood", PATTERN);
    add(&station, "anna", "admin");
    let daemon = Daemon::start(&station, &[]);
    let (here, host) = (Here(&daemon), daemon.address());
    daemon.ready(Duration::from_secs(4));
    let (over, slowest) = (AtomicBool::new(false), std::sync::Mutex::new(Duration::ZERO));
    thread::scope(|scope| {
        // A hundred each: idle, idle behind an answer, a head, a body, an answer that is read a byte a second.
        scope.spawn(|| {
            let asked = request(&host.to_string(), "GET", "/api/v1/status", "", None).replace("Connection: close\r\n", "");
            let body = format!("POST /api/v1/login HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: 999\r\n\r\n");
            let first = ["", asked.as_str(), "G", body.as_str(), &asked.repeat(300)];
            let connect = |n: usize| {
                let mut stream = TcpStream::connect(host).unwrap();
                stream.set_nonblocking(true).unwrap();
                let _ = stream.write(first[n % 5].as_bytes());
                stream
            };
            let mut all: Vec<_> = (0..500).map(connect).collect();
            while !over.load(Ordering::Relaxed) {
                for (n, stream) in all.iter_mut().enumerate() {
                    let gone = match n % 5 {
                        2 | 3 => stream.write(b" ").is_err(),
                        4 => stream.read(&mut [0]).is_ok_and(|n| n == 0),
                        // Hung up on for its silence.
                        _ => stream.read(&mut [0; 9999]).is_ok_and(|n| n == 0),
                    };
                    if gone {
                        *stream = connect(n);
                    }
                }
                thread::sleep(Duration::from_secs(1));
            }
        });
        for n in 0..4 {
            scope.spawn({
                let (here, over) = (&here, &over);
                move || {
                    while !over.load(Ordering::Relaxed) {
                        here.try_log_in(&format!("name-{n}"), "a guess of it");
                        thread::sleep(Duration::from_millis(20));
                    }
                }
            });
        }
        thread::sleep(Duration::from_secs(2));
        // However this ends, the others do.
        let _end = Ends(&over);
        daemon.scan(ORDER);
        daemon.recorded(12.0);
        for _ in 0..20 {
            let began = Instant::now();
            assert_eq!(here.get("/api/v1/status", "").status, 200);
            let mut slowest = slowest.lock().unwrap();
            *slowest = began.elapsed().max(*slowest);
            thread::sleep(Duration::from_millis(50));
        }
        daemon.scan("PACKSEAL-END");
        daemon.sealed(1);
    });
    let clips = clips_of(&station, ORDER);
    let report = station.report(&clips[0]);
    let facts = report.facts.unwrap();
    assert_eq!((report.verdict, facts.lost), (Verdict::Verified, 0), "{:?}", report.findings);
    let slowest = slowest.into_inner().unwrap();
    assert!(slowest < Duration::from_secs(2), "{slowest:?}");
    eprintln!("slowest status beside 500 clients: {slowest:?}; frames {}, lost {}", facts.frames, facts.lost);
}

/// Waits until an expression of the page is true.
#[track_caller]
fn shown(browser: &Browser, condition: &str) {
    let began = Instant::now();
    loop {
        let script = format!("const done = arguments[0]; try {{ done(Boolean({condition})) }} catch {{ done(false) }}");
        if browser.run(&script, vec![]) == true {
            return;
        }
        let page = browser.run("arguments[0](location.href + ' ' + document.body.innerText)", vec![]);
        assert!(began.elapsed() < LONG, "never {condition}: {page}");
        thread::sleep(Duration::from_millis(50));
    }
}

/// Types into fields of a form, as people do, and sends it.
fn send(browser: &Browser, form: &str, fields: &[(&str, &str)]) {
    for (name, text) in fields {
        browser.choose(&format!("{form} [name={name}]"), text);
    }
    // Behind the answer: a page that is left gives none.
    let script = "const button = document.querySelector(arguments[0] + ' button.main');
        arguments[1](); setTimeout(() => button.click(), 50)";
    browser.run(script, vec![json!(form)]);
}

#[test]
fn an_administrator_makes_an_account_in_the_browser() {
    let station = station("access-browser", PATTERN);
    add(&station, "anna", "admin");
    let daemon = Daemon::start(&station, &[]);
    let browser = Browser::new();
    let page = |path: &str| browser.go(&format!("http://{}{path}", daemon.address()));
    let keep = |name: &str| {
        if let Ok(folder) = std::env::var("PACKSEAL_PICTURES") {
            fs::write(format!("{folder}/{name}.png"), browser.picture()).unwrap();
        }
    };
    for (lang, title, refused, removed, name) in [
        ("en", "Log in to packseal", "does not fit", "Account removed", "mia"),
        ("zh-CN", "登录 packseal", "密码不正确", "删除账号", "wei"),
    ] {
        page("/login");
        browser.run("localStorage.setItem('lang', arguments[0]); arguments[1]()", vec![json!(lang)]);
        // Sent to log in, and back to where it wanted to.
        page("/accounts");
        shown(
            &browser,
            &format!("document.documentElement.dataset.ready === '' && document.body.innerText.includes('{title}')"),
        );
        send(&browser, "#login", &[("name", "anna"), ("password", "wrong")]);
        shown(&browser, &format!("document.querySelector('#trouble').textContent.includes('{refused}')"));
        keep(&format!("login-{lang}"));
        browser.run("document.querySelector('#login').reset(); arguments[0]()", vec![]);
        send(&browser, "#login", &[("name", "anna"), ("password", PASSWORD)]);
        shown(&browser, "location.pathname === '/accounts' && document.querySelectorAll('#accounts tr').length === 1");
        send(&browser, "#add", &[("name", name), ("password", "short")]);
        assert_eq!(browser.run("arguments[0](document.querySelector('#add').checkValidity())", vec![]), false);
        browser.run("document.querySelector('#add').reset(); arguments[0]()", vec![]);
        send(&browser, "#add", &[("name", name), ("password", PASSWORD)]);
        shown(&browser, &format!("document.querySelector('#accounts').innerText.includes('{name}')"));
        shown(&browser, &format!("document.querySelector('#acts tr').innerText.includes('{name}')"));
        keep(&format!("accounts-{lang}"));
        // A new password, by the dialog; then the account goes.
        let press = |row: &str, at: u8| {
            let script = "const [name, at, done] = arguments;
                [...document.querySelectorAll('#accounts tr')].find((r) => r.innerText.includes(name))
                    .querySelectorAll('button')[at].click(); done()";
            browser.run(script, vec![json!(row), json!(at)]);
            shown(&browser, "document.querySelector('#ask').open");
        };
        press(name, 0);
        keep(&format!("dialog-{lang}"));
        send(&browser, "#ask", &[("password", OTHER)]);
        shown(&browser, "!document.querySelector('#ask').open");
        assert_eq!(Here(&daemon).try_log_in(name, OTHER).status, 200);
        press(name, 1);
        send(&browser, "#ask", &[]);
        shown(
            &browser,
            &format!(
                "document.querySelectorAll('#accounts tr').length === 1 && document.querySelector('#acts tr').innerText.includes('{removed}')"
            ),
        );
        // The own password, there and back.
        for (old, new) in [(PASSWORD, OTHER), (OTHER, PASSWORD)] {
            page("/password");
            shown(&browser, "document.querySelector('#who').textContent.includes('anna')");
            send(&browser, "#change", &[("old", old), ("new", new), ("again", new)]);
            shown(&browser, "document.querySelector('#done').textContent !== ''");
        }
        keep(&format!("password-{lang}"));
        page("/accounts");
        shown(&browser, "document.querySelectorAll('#accounts tr').length === 1");
        // Every text is there, none stands for itself.
        let keys = "arguments[0]([...document.querySelectorAll('[data-t]')].filter((n) => n.textContent === n.dataset.t || !n.textContent).map((n) => n.dataset.t))";
        assert_eq!(browser.run(keys, vec![]), json!([]), "{lang}");
        browser.run("arguments[0](); setTimeout(() => document.querySelector('#leave').click(), 50)", vec![]);
        shown(&browser, "location.pathname === '/login' && document.documentElement.dataset.ready === ''");
        page("/accounts");
        shown(&browser, "location.pathname === '/login'");
    }
}
