//! Webhooks, end to end: what a receiver gets, and what becomes of it when the receiver or the station fails.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    os::unix::fs::PermissionsExt,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant, SystemTime},
};

use serde_json::{Value, json};
use tokio_rustls::rustls;

#[path = "support/admin.rs"]
mod admin;
#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/random.rs"]
mod random;
#[path = "support/receiver.rs"]
mod receiver;
#[path = "support/station.rs"]
mod station_program;

use daemon::{Daemon, configure};
use random::Random;
use receiver::{Answer, Receiver, Request, free_port, is_free, status};
use station_program::{Station, run};

/// The same code may end one clip right after another.
const PATTERN: &str = "[[bench]]\ncamera = \"pattern:320x240@10\"\n[scanner]\ndouble-read-ms = 0\n";
const SECRET: &str = "0123456789abcdef0123456789abcdef";
/// A machine that does much else.
const PATIENT: Duration = Duration::from_secs(90);

/// A station with webhooks at these addresses, each with these keys beside address and secret.
fn station(name: &str, hooks: &[(&str, &str)]) -> Station {
    let station = Station::new(name);
    admin::make(&station);
    let secret = station.data.join("webhook.secret");
    fs::write(&secret, format!("{SECRET}\n")).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    tell(&station, PATTERN, hooks);
    station
}

fn tell(station: &Station, bench: &str, hooks: &[(&str, &str)]) {
    let secret = station.data.join("webhook.secret");
    let hooks = hooks
        .iter()
        .map(|(url, more)| format!("[[webhook]]\nurl = \"{url}\"\nsecret = {:?}\n{more}\n", secret.to_str().unwrap()));
    configure(station, &format!("{bench}{}", hooks.collect::<String>()));
}

/// Records a parcel of this order to its end.
#[track_caller]
fn pack(daemon: &Daemon, order: &str) {
    let sealed = |bench: &Value| -> u64 {
        bench["counters"]["parcels"].as_object().unwrap().values().map(|n| n.as_u64().unwrap()).sum()
    };
    let before = sealed(&daemon.bench());
    daemon.scan(order);
    daemon.recorded(1.0);
    daemon.scan("PACKSEAL-END");
    daemon.sealed(before + 1);
}

fn webhooks(daemon: &Daemon, token: &str) -> Value {
    let (status, answer) = admin::request(daemon, "GET", "/api/v1/webhooks", Some(token), None);
    assert_eq!(status, 200, "{answer}");
    answer
}

/// Waits until the first webhook stands so.
#[track_caller]
fn until(daemon: &Daemon, token: &str, is: impl Fn(&Value) -> bool) -> Value {
    let began = Instant::now();
    loop {
        let hook = webhooks(daemon, token)[0].take();
        if is(&hook) {
            return hook;
        }
        assert!(began.elapsed() < PATIENT, "{hook:#}\n{}", daemon.said());
        thread::sleep(Duration::from_millis(50));
    }
}

/// Checks a request as the documentation says, with another program's HMAC; its JSON.
#[track_caller]
fn checked(request: &Request) -> Value {
    let signature = request.header("packseal-signature");
    let (time, hex) = signature.strip_prefix("t=").and_then(|rest| rest.split_once(",v1=")).expect(signature);
    let mut openssl = Command::new("openssl")
        .args(["dgst", "-sha256", "-hmac", SECRET, "-r"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let text = format!("{time}.{}", request.body);
    std::io::Write::write_all(&mut openssl.stdin.take().unwrap(), text.as_bytes()).unwrap();
    let said = String::from_utf8(openssl.wait_with_output().unwrap().stdout).unwrap();
    assert_eq!(said.split(' ').next(), Some(hex), "{request:?}");
    let now = SystemTime::UNIX_EPOCH.elapsed().unwrap().as_secs();
    assert!(now.abs_diff(time.parse().unwrap()) < 300, "{time}");
    let body = request.json();
    assert_eq!(request.header("packseal-delivery"), body["id"]);
    assert_eq!(request.header("packseal-event"), body["event"]);
    assert!(request.header("content-type").starts_with("application/json"), "{request:?}");
    body
}

#[test]
fn a_sealed_clip_is_told_until_it_is_taken_and_signed_each_time() {
    let receiver = Receiver::new(|before, _| match before {
        0 => status(500),
        // Nothing goes to an address that nobody named.
        1 => Answer::Redirect("/elsewhere".to_owned()),
        _ => status(204),
    });
    let url = format!("http://{}/hook?key=word", receiver.address);
    let station = station("told", &[]);
    // What was sealed before there was a webhook is not told.
    station.record("pattern:320x240@10", &["--seconds", "2", "--fast"]);
    tell(&station, PATTERN, &[(&url, "events = [\"sealed\"]")]);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    pack(&daemon, "SF1390000000002");
    let requests = receiver.until(3, PATIENT);
    let bodies: Vec<Value> = requests.iter().map(checked).collect();
    assert!(bodies.iter().all(|body| *body == bodies[0]), "{bodies:?}");
    assert!(requests.iter().all(|request| request.line == "POST /hook?key=word"), "{requests:?}");
    let waits: Vec<f64> = requests.windows(2).map(|two| (two[1].at - two[0].at).as_secs_f64()).collect();
    assert!(waits[0] >= 0.9 && waits[1] >= 1.9, "{waits:?}");
    // It says what the catalogue says.
    let clips = station.clips();
    let [_, clip] = &clips[..] else { panic!("{clips:?}") };
    let closing = clip.closing.as_ref().unwrap();
    let said = &bodies[0];
    assert_eq!((&said["event"], &said["station"]), (&json!("sealed"), &json!("bench-1")));
    let told = &said["clip"];
    assert_eq!((&told["sequence"], &told["id"]), (&json!(2), &json!(clip.id.to_string())));
    assert_eq!((&told["order"], &told["bench"]), (&json!("SF1390000000002"), &json!("bench-1")));
    assert_eq!((&told["direction"], &told["reason"]), (&json!("outgoing"), &json!(closing.reason.as_str())));
    assert_eq!((&told["frames"], &told["bytes"]), (&json!(closing.frames), &json!(closing.bytes)));
    assert_eq!(told["last_time"], json!(evidence::value::Time(closing.last_time).to_string()));
    assert_eq!((&told["operator"], &told["lost"]), (&Value::Null, &json!(0)));
    // And how it went is told, without what may be secret.
    let token = admin::log_in(&daemon);
    let hook = until(&daemon, &token, |hook| hook["waiting"] == 0);
    assert_eq!(hook["url"], json!(format!("http://{}/hook", receiver.address)));
    assert_eq!((&hook["events"], &hook["dead"]), (&json!(["sealed"]), &json!(0)));
    assert!(hook["last_success"].is_string() && hook["last_error"]["text"].as_str().unwrap().contains("307"), "{hook}");
    assert_eq!(admin::request(&daemon, "GET", "/api/v1/webhooks", None, None).0, 401);
    let log = daemon.said();
    assert!(log.contains("a webhook was not told: it answered with status 500"), "{log}");
    assert!(!log.contains("key=word") && !log.contains(SECRET), "{log}");
    assert_eq!(daemon.stop().0, 0);
    assert_eq!(receiver.requests().len(), 3, "told once");
    // Another start tells nothing again.
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    thread::sleep(Duration::from_secs(2));
    assert_eq!((daemon.stop().0, receiver.requests().len()), (0, 3));
}

#[test]
fn what_is_sealed_while_receiver_or_station_is_away_is_told_later() {
    let random = Random::by_the_clock("hooks-crash");
    let address = free_port();
    let station = station("away", &[(&format!("http://{address}/"), "events = [\"sealed\"]")]);
    assert!(is_free(address));
    // Nobody listens, and the station is killed while it waits to try again.
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    pack(&daemon, "SF1390000000100");
    daemon.says("a webhook was not told: it does not answer");
    daemon.kill();
    let receiver = Receiver::at(address, None, |_, _| status(200));
    // Killed at any moment around the end of a clip and its delivery.
    for round in 1..=4 {
        let daemon = Daemon::start(&station, &[]);
        daemon.ready(Duration::ZERO);
        pack(&daemon, &format!("SF139000000010{round}"));
        let wait = random.at(round).next() % 900;
        thread::sleep(Duration::from_millis(wait));
        println!("round {round}: killed after {wait} ms");
        daemon.kill();
    }
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    let expected: BTreeSet<String> = (0..=4).map(|n| format!("SF139000000010{n}")).collect();
    let began = Instant::now();
    let ids = loop {
        let mut ids: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for body in receiver.requests().iter().map(checked) {
            let order = body["clip"]["order"].as_str().unwrap().to_owned();
            ids.entry(order).or_default().insert(body["id"].as_str().unwrap().to_owned());
        }
        if ids.keys().cloned().collect::<BTreeSet<_>>() == expected {
            break ids;
        }
        assert!(began.elapsed() < PATIENT, "{ids:?}\n{}", daemon.said());
        thread::sleep(Duration::from_millis(50));
    };
    // Some may have been sent twice, where the station was killed before it could note it: by the same id.
    assert!(ids.values().all(|ids| ids.len() == 1), "{ids:?}");
    assert!(receiver.requests().len() <= expected.len() + 4);
    let token = admin::log_in(&daemon);
    until(&daemon, &token, |hook| hook["waiting"] == 0);
    assert_eq!(daemon.stop().0, 0);
}

#[test]
fn what_is_never_taken_is_a_dead_letter_that_can_be_tried_again() {
    let takes = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(false));
    let receiver = Receiver::new({
        let takes = takes.clone();
        move |_, _| status(if takes.load(std::sync::atomic::Ordering::Relaxed) { 200 } else { 503 })
    });
    let station = station("dead", &[(&format!("http://{}/", receiver.address), "")]);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    pack(&daemon, "SF1390000000200");
    pack(&daemon, "SF1390000000201");
    let token = admin::log_in(&daemon);
    until(&daemon, &token, |hook| hook["waiting"] == 2 && receiver.requests().len() >= 2);
    assert_eq!(daemon.stop().0, 0);
    // Nineteen tries are behind them.
    let outbox = rusqlite::Connection::open(station.data.join("hooks.sqlite")).unwrap();
    assert_eq!(outbox.execute("UPDATE delivery SET tries = 19, due = 0", []).unwrap(), 2);
    drop(outbox);
    let daemon = Daemon::start(&station, &[]);
    let token = admin::log_in(&daemon);
    until(&daemon, &token, |hook| hook["dead"] == 2 && hook["waiting"] == 0);
    daemon.says("a webhook could not be told");
    let ask = |method, path: &str| admin::request(&daemon, method, path, Some(&token), None);
    let (_, letters) = ask("GET", "/api/v1/webhooks/dead");
    let letters = letters.as_array().unwrap().clone();
    assert_eq!(letters.len(), 2);
    let of = |order: &str| {
        letters.iter().find(|l| l["body"]["clip"]["order"] == order).expect(order)["id"].as_str().unwrap()
    };
    let (kept, gone) = (of("SF1390000000200"), of("SF1390000000201"));
    assert!(letters.iter().all(|letter| letter["error"].as_str().unwrap().contains("503")), "{letters:?}");
    assert_eq!(ask("DELETE", &format!("/api/v1/webhooks/dead/{gone}")).0, 204);
    let (code, refusal) = ask("POST", &format!("/api/v1/webhooks/dead/{gone}/retry"));
    assert_eq!((code, &refusal["error"]), (404, &json!("no-dead-letter")));
    takes.store(true, std::sync::atomic::Ordering::Relaxed);
    let before = receiver.requests().len();
    assert_eq!(ask("POST", &format!("/api/v1/webhooks/dead/{kept}/retry")).0, 204);
    let requests = receiver.until(before + 1, PATIENT);
    assert_eq!(checked(&requests[before])["id"], json!(kept));
    let hook = until(&daemon, &token, |hook| hook["waiting"] == 0);
    assert_eq!((&hook["dead"], ask("GET", "/api/v1/webhooks/dead").1), (&json!(0), json!([])));
    assert_eq!(ask("DELETE", &format!("/api/v1/webhooks/dead/{kept}")).0, 404);
}

#[test]
fn a_silent_receiver_holds_up_nobody() {
    let silent = Receiver::new(|_, _| Answer::Silence(Duration::from_secs(60)));
    let quick = Receiver::new(|_, _| status(200));
    let hooks = [format!("http://{}/", silent.address), format!("http://{}/", quick.address)];
    let station = station("silent", &[(&hooks[0], ""), (&hooks[1], "")]);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    pack(&daemon, "SF1390000000300");
    silent.until(1, PATIENT);
    // While that one waits.
    pack(&daemon, "SF1390000000301");
    let began = Instant::now();
    quick.until(2, Duration::from_secs(9));
    println!("the quick one was told both within {:?} of the second clip's end", began.elapsed());
    assert_eq!(silent.requests().len(), 1, "it still waits for the first");
    let (code, took) = daemon.stop();
    assert_eq!(code, 0);
    assert!(took < Duration::from_secs(6), "{took:?}");
}

#[test]
fn a_bench_that_needs_attention_is_told_and_so_is_that_it_is_over() {
    let receiver = Receiver::new(|_, _| status(200));
    let hooks = [(&*format!("http://{}/", receiver.address), "events = [\"attention\"]")];
    let station = station("attention", &[]);
    tell(&station, "[[bench]]\ncamera = \"rtsp://127.0.0.1:9/none\"\n", &hooks);
    let daemon = Daemon::start(&station, &[]);
    let begun = checked(&receiver.until(1, PATIENT)[0]);
    assert_eq!((&begun["event"], &begun["bench"]), (&json!("attention"), &json!("bench-1")));
    assert_eq!((&begun["reason"], &begun["state"]), (&json!("camera"), &json!("begun")));
    assert!(begun["remedy"].as_str().unwrap().contains("cable") && begun["since"].is_string(), "{begun}");
    daemon.kill();
    // Its camera works again from the next start on. A sealed clip is no trouble.
    tell(&station, PATTERN, &hooks);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    pack(&daemon, "SF1390000000400");
    let requests = receiver.until(2, PATIENT);
    let over = checked(&requests[1]);
    assert_eq!((&over["reason"], &over["state"]), (&json!("camera"), &json!("over")));
    assert_ne!(over["id"], begun["id"]);
    drop(daemon);
    assert_eq!(receiver.requests().len(), 2);
}

#[test]
fn a_receiver_with_tls_is_believed_by_its_own_authority_alone() {
    let ca = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let key = rustls::pki_types::PrivateKeyDer::try_from(ca.signing_key.serialize_der()).unwrap();
    let provider = std::sync::Arc::new(rustls::crypto::ring::default_provider());
    let config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![ca.cert.der().clone()], key)
        .unwrap();
    let receiver = Receiver::tls(config, |_, _| status(200));
    let url = format!("https://{}/", receiver.address);
    let station = station("tls", &[(&url, "")]);
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    pack(&daemon, "SF1390000000500");
    // Nobody whom browsers know vouches for it.
    daemon.says("a webhook was not told: it does not answer");
    assert_eq!((receiver.requests().len(), daemon.stop().0), (0, 0));
    let pem = station.data.join("authority.pem");
    fs::write(&pem, ca.cert.pem()).unwrap();
    tell(&station, PATTERN, &[(&url, &format!("certificate = {:?}", pem.to_str().unwrap()))]);
    let daemon = Daemon::start(&station, &[]);
    let body = checked(&receiver.until(1, PATIENT)[0]);
    assert_eq!(body["clip"]["order"], "SF1390000000500");
    drop(daemon);
}

#[test]
fn what_cannot_be_signed_or_checked_keeps_the_station_from_starting() {
    let station = station("unfit", &[("https://shop.example/", "")]);
    let secret = station.data.join("webhook.secret");
    let check = || {
        let said = run(&["config", "check", "--data", station.path()]);
        (said.status, said.err)
    };
    assert_eq!(check().0, 0);
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o640)).unwrap();
    let (status, why) = check();
    assert!(status == 2 && why.contains("chmod 600") && !why.contains(SECRET), "{why}");
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&secret, "0123456789abcde\n").unwrap();
    assert!(check().1.contains("too short"));
    fs::remove_file(&secret).unwrap();
    assert!(check().1.contains("openssl rand"));
    fs::write(&secret, SECRET).unwrap();
    fs::set_permissions(&secret, fs::Permissions::from_mode(0o600)).unwrap();
    tell(&station, PATTERN, &[("https://shop.example/", &format!("certificate = {:?}", secret.to_str().unwrap()))]);
    assert!(check().1.contains("holds no certificate"));
    let said = run(&["run", "--data", station.path()]);
    assert!(said.status == 2 && said.err.contains("holds no certificate"), "{}", said.err);
}
