//! Orders, holds and the overview as the desk's pages ask for them: of the daemon itself, over HTTP.

use std::{thread, time::Duration};

use evidence::value::{Time, Token, Value as _};
use rustix::process::{Signal, kill_process};
use serde_json::{Value, json};
use station::accounts::{Account, Accounts, Role};

#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/station.rs"]
mod station_program;

use daemon::{Daemon, LONG, configure};
use station_program::{Station, run};

/// A drawn bench; clips are kept for 30 days. It takes any text for an order.
const PATTERN: &str = "[storage]\nkeep-days = 30\nkeep-free-mib = 0\n[[bench]]\ncamera = \"pattern:320x240@10\"\n";
const PASSWORD: &str = "correct horse battery";

/// The daemon, and somebody of customer service who is logged in.
struct Desk {
    daemon: Daemon,
    token: String,
}

impl Desk {
    fn open(station: &Station) -> Self {
        let accounts = Accounts::open(&station.data.join("accounts.sqlite")).unwrap();
        for (name, role) in [("mei", Role::Service), ("pack", Role::Packer)] {
            let _ = accounts.add(&Account { name: Token::parse(name).unwrap(), role }, PASSWORD, 0, || Ok(()));
        }
        drop(accounts);
        let daemon = Daemon::start(station, &[]);
        let mut desk = Self { daemon, token: String::new() };
        desk.log_in("mei");
        desk
    }

    fn log_in(&mut self, name: &str) {
        let (status, begun) = self.post("/api/v1/login", &json!({ "name": name, "password": PASSWORD }));
        assert_eq!(status, 200, "{begun}");
        self.token = begun["token"].as_str().unwrap().to_owned();
    }

    fn ask(&self, method: &str, path: &str, body: &str) -> (u16, Value) {
        let length = body.len();
        let kind = if body.is_empty() { "" } else { "Content-Type: application/json\r\n" };
        let (status, answer) = self.daemon.ask(&format!(
            "{method} {path} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer {}\r\n{kind}Content-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}",
            self.token
        ));
        let json = if answer.is_empty() { Value::Null } else { serde_json::from_str(&answer).unwrap() };
        (status, json)
    }

    fn post(&self, path: &str, body: &Value) -> (u16, Value) {
        self.ask("POST", path, &body.to_string())
    }

    #[track_caller]
    fn get(&self, path: &str) -> Value {
        let (status, answer) = self.ask("GET", path, "");
        assert_eq!(status, 200, "{path}: {answer}");
        answer
    }

    /// Order numbers that a search finds, newest first; `-` where there is none.
    #[track_caller]
    fn found(&self, query: &str) -> Vec<String> {
        let page = self.get(&format!("/api/v1/orders?{query}"));
        assert_eq!(page["complete"], true);
        let clips = page["clips"].as_array().unwrap().iter();
        clips.map(|clip| clip["order"].as_str().unwrap_or("-").to_owned()).collect()
    }

    /// The refusal's code; its message is one line.
    #[track_caller]
    fn refused(&self, status: u16, path: &str) -> String {
        let (answered, body) = self.ask("GET", path, "");
        let message = body["message"].as_str().unwrap_or_default();
        assert!(answered == status && !message.is_empty() && !message.contains('\n'), "{path}: {answered} {body}");
        body["error"].as_str().unwrap().to_owned()
    }
}

fn station(name: &str) -> Station {
    let station = Station::new(name);
    configure(&station, PATTERN);
    station
}

fn record(station: &Station, order: &str) {
    let source = ["--source", "pattern:320x240@10", "--fast", "--seconds", "2"];
    let said = run(&[&["record", "--data", station.path(), "--order", order], &source[..]].concat());
    assert_eq!(said.status, 0, "{said:?}");
}

#[test]
fn a_day_at_the_bench_is_found_and_counted() {
    let station = station("desk-day");
    let desk = Desk::open(&station);
    let daemon = &desk.daemon;
    daemon.ready(Duration::ZERO);
    // Packed; a camera that was gone for a while; cancelled; a return; one that is open.
    daemon.scan("PACKSEAL-SHIFT-li");
    daemon.scan("SF1390000000001");
    daemon.recorded(2.0);
    thread::sleep(Duration::from_secs(2));
    daemon.scan("SF1390000000002");
    daemon.recorded(2.0);
    // The camera is away in this clip alone.
    daemon.sealed(1);
    let [capture] = daemon.captures()[..] else { panic!("{:?}", daemon.captures()) };
    kill_process(capture, Signal::KILL).unwrap();
    daemon.until("back", |bench| bench["camera"]["restarts"].as_u64() > Some(0) && bench["camera"]["state"] == "live");
    // Longer than the next clip's pre-roll.
    thread::sleep(Duration::from_secs(7));
    daemon.scan("ORDER-2026-0099");
    daemon.recorded(1.0);
    daemon.scan("PACKSEAL-CANCEL");
    daemon.scan("PACKSEAL-RETURN");
    // Two orders at once are one shot of the scanner.
    thread::sleep(Duration::from_secs(2));
    daemon.scan("SF1390000000001");
    daemon.recorded(2.0);
    daemon.scan("PACKSEAL-END");
    daemon.sealed(4);
    daemon.scan("YT7700000000003");
    daemon.recorded(1.0);
    let operator = json!("li");
    assert_eq!(daemon.bench()["operator"], operator);

    let all = ["YT7700000000003", "SF1390000000001", "ORDER-2026-0099", "SF1390000000002", "SF1390000000001"];
    assert_eq!(desk.found(""), all);
    assert_eq!(desk.found("q=SF"), [all[1], all[3], all[4]]);
    assert_eq!(desk.found("q=sf13900&limit=2"), [all[1], all[3]]);
    assert_eq!(desk.found("q=0002"), [all[3]]);
    assert_eq!(desk.found("q=%20order-2%20&bench="), [all[2]]);
    assert_eq!(desk.found("q=390"), [""; 0]);
    assert_eq!(desk.found("event=return"), [all[1]]);
    assert_eq!(desk.found("event=cancelled"), [all[2]]);
    assert_eq!(desk.found("event=gap"), [all[3]]);
    assert!(desk.found("event=damaged").is_empty() && desk.found("event=no-label").is_empty());
    assert_eq!(desk.found("bench=bench-1&q=1").len(), 2);
    assert!(desk.found("bench=bench-2").is_empty());
    let page = desk.get("/api/v1/orders?limit=2");
    assert_eq!((page["next"].clone(), page["benches"].clone()), (json!(4), json!(["bench-1"])));
    assert_eq!(desk.found("limit=2&before=4"), [all[2], all[3]]);
    assert_eq!((&page["operators"], desk.found("operator=li").len()), (&json!(["li"]), 5));
    assert!(desk.found("operator=Li").is_empty());
    // By day, in the time zone of the machine.
    let now = jiff::Zoned::now();
    let (today, tomorrow) = (now.date().to_string(), now.date().tomorrow().unwrap().to_string());
    let yesterday = now.date().yesterday().unwrap().to_string();
    assert_eq!(desk.found(&format!("from={yesterday}&to={today}")).len(), 5);
    assert!(desk.found(&format!("from={tomorrow}")).is_empty());
    assert!(desk.found(&format!("to={}", now.date().checked_sub(jiff::Span::new().days(2)).unwrap())).is_empty());

    // One clip, in a search, by its id, and as the catalogue has it.
    let [open, returned, cancelled, gap, first] = &page_of(&desk, 5)[..] else { panic!() };
    let row = &station.clips()[0];
    let closing = row.closing.as_ref().unwrap();
    let expected = json!({
        "sequence": 1, "id": row.id.to_string(), "order": all[4], "state": "sealed", "direction": "outgoing",
        "bench": "bench-1", "operator": operator, "reason": "next-scan",
        "first_time": Time(row.first_time).to_string(), "last_time": Time(closing.last_time).to_string(),
        "seconds": closing.ticks as f64 / 90_000.0, "frames": closing.frames, "lost": 0, "gaps": 0, "label_read": null,
        "bytes": closing.bytes, "held": false, "has_file": true, "proven": first["proven"],
    });
    assert_eq!(*first, expected);
    assert_eq!(without_proof(desk.get(&format!("/api/v1/clips/{}", row.id))), without_proof(expected));
    assert!(gap["gaps"].as_u64() > Some(0) && gap["reason"] == "next-scan", "{gap}");
    assert_eq!((&open["state"], &open["last_time"], &open["gaps"]), (&json!("open"), &Value::Null, &Value::Null));
    assert_eq!((&returned["direction"], &cancelled["reason"]), (&json!("return"), &json!("cancelled")));

    // One order: its outgoing clip and its return, oldest first.
    let found = desk.get("/api/v1/orders/SF1390000000001");
    let directions: Vec<_> = found["clips"].as_array().unwrap().iter().map(|clip| clip["direction"].clone()).collect();
    assert_eq!(directions, ["outgoing", "return"]);
    assert_eq!((&found["hold"], &found["holds"], &found["custody"]), (&Value::Null, &json!([]), &json!([])));
    assert!(!found["presets"].as_array().unwrap().is_empty());

    // The overview of it.
    let day = desk.get(&format!("/api/v1/overview?day={today}"));
    assert_eq!((&day["parcels"], &day["returns"], &day["cancelled"]), (&json!(3), &json!(1), &json!(1)), "{day:#}");
    let hours: Vec<u64> = day["by_hour"].as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).collect();
    assert_eq!((hours.len(), hours.iter().sum::<u64>()), (24, 3));
    assert!(hours[now.hour() as usize] > 0 || now.minute() < 5, "{hours:?} at {now}");
    let mut seconds: Vec<f64> = [returned, gap, first].map(|clip| clip["seconds"].as_f64().unwrap()).into();
    seconds.sort_by(f64::total_cmp);
    assert_eq!(day["median_seconds"], json!(seconds[1]));
    assert_eq!((&day["label_read_rate"], &day["gaps"]), (&Value::Null, &gap["gaps"]));
    let days = day["days"].as_array().unwrap();
    assert_eq!((days.len(), &days[13]), (14, &json!({ "day": today, "parcels": 3 })));
    assert_eq!(days[12], json!({ "day": yesterday, "parcels": 0 }));
    assert_eq!(day["benches"], json!([{ "name": "bench-1", "state": "recording", "parcels": 3 }]));
    // 5 STARTs, 4 ENDs, the environment, a log-in.
    let ledger = &day["ledger"];
    assert_eq!((&ledger["entries"], &ledger["behind"]), (&json!(11), &json!(0)), "{ledger}");
    assert_eq!((&day["archive"], &day["holds"], &day["time"]["authorities"]), (&Value::Null, &json!(0), &json!(0)));
    assert!(day["storage"]["free_mib"].as_u64() > Some(0) && day["clock"].is_string(), "{day:#}");
    assert_eq!(desk.get("/api/v1/overview")["day"], today);
    assert_eq!(desk.get(&format!("/api/v1/overview?day={yesterday}"))["parcels"], 0);
    assert_eq!(desk.daemon.stop().0, 0);
    // What `check` reads in the files is what the catalogue says of gaps as well.
    station.clean(5, 0, 0);
    station.sql("UPDATE clip SET gaps = gaps + 1 WHERE sequence = 2");
    assert_eq!(station.check().status, 1);
}

/// The clips of a search for everything.
fn page_of(desk: &Desk, clips: usize) -> Vec<Value> {
    let page = desk.get(&format!("/api/v1/orders?limit={clips}"));
    page["clips"].as_array().unwrap().clone()
}

/// Proofs come when they come.
fn without_proof(mut clip: Value) -> Value {
    clip["proven"] = Value::Null;
    clip
}

#[test]
fn a_hold_keeps_clips_from_being_deleted_until_it_is_released() {
    let station = station("desk-hold");
    for order in ["A1", "B1", "A1"] {
        record(&station, order);
    }
    let desk = Desk::open(&station);
    assert_eq!(desk.post("/api/v1/orders/A1/hold", &json!({ "reason": " 客户称少件 " })).0, 204);
    // The same once more is no other hold.
    assert_eq!(desk.post("/api/v1/orders/A1/hold", &json!({ "reason": "客户称少件" })).0, 204);
    assert_eq!(desk.post("/api/v1/orders/C1/hold", &json!({ "reason": "announced" })).0, 204);
    let hold = &desk.get("/api/v1/orders/A1")["hold"];
    assert_eq!((&hold["reason"], &hold["by"]), (&json!("客户称少件"), &json!("mei")));
    assert_eq!(
        (desk.found("event=hold"), desk.get("/api/v1/overview")["holds"].clone()),
        (vec!["A1".to_owned(); 2], json!(2))
    );
    let later = desk.get("/api/v1/orders/C1");
    assert_eq!((&later["clips"], &later["holds"][0]["reason"]), (&json!([]), &json!("announced")));
    // Without their time in the catalogue, all of them are due at the next look of the daemon.
    station.sql("UPDATE clip SET last_time = last_time - 40 * 86400000000");
    let state = |n: usize| station.clips()[n].state.as_str();
    let gone = |n: usize| {
        let begun = std::time::Instant::now();
        while state(n) != "deleted" {
            assert!(begun.elapsed() < LONG, "{} is not deleted: {}", n + 1, desk.daemon.said());
            thread::sleep(Duration::from_millis(50));
        }
    };
    gone(1);
    assert_eq!([0, 1, 2].map(state), ["sealed", "deleted", "sealed"]);
    let clips = page_of(&desk, 3);
    let told: Vec<_> = clips.iter().map(|c| (c["held"].as_bool().unwrap(), c["has_file"].as_bool().unwrap())).collect();
    assert_eq!(told, [(true, true), (false, false), (true, true)]);
    // Who was on hold and why is told afterwards as well.
    assert_eq!(desk.post("/api/v1/orders/A1/release", &json!({ "reason": "settled" })).0, 204);
    let (status, again) = desk.post("/api/v1/orders/A1/release", &json!({ "reason": "settled" }));
    assert_eq!((status, &again["error"]), (409, &json!("not-on-hold")));
    gone(0);
    gone(2);
    let told = desk.get("/api/v1/orders/A1");
    let [hold] = &told["holds"].as_array().unwrap()[..] else { panic!("{told}") };
    assert_eq!((&told["hold"], &hold["target"], &hold["by"]), (&Value::Null, &json!("A1"), &json!("mei")));
    assert_eq!((&hold["release_reason"], &hold["released_by"]), (&json!("settled"), &json!("mei")));
    assert!(hold["released"].as_str() > hold["since"].as_str());
    assert_eq!(desk.found("").len(), 3, "what is deleted is still told");
    // A hold of the command line has nobody's name; one on a clip shows with its order.
    let id = station.clips()[1].id.to_string();
    assert_eq!(run(&["hold", "--data", station.path(), &id, "--reason", "police"]).status, 0);
    let told = desk.get("/api/v1/orders/B1");
    assert_eq!((&told["hold"], &told["holds"][0]["target"]), (&Value::Null, &json!(id)));
    assert_eq!((&told["holds"][0]["by"], &told["clips"][0]["held"]), (&Value::Null, &json!(true)));
}

#[test]
fn what_cannot_be_answered_is_refused_with_one_line() {
    let station = station("desk-refused");
    for order in ["a_b.c-d", "..", "Z"] {
        record(&station, order);
    }
    let mut desk = Desk::open(&station);
    for query in [
        "q=a%20b",
        "q=%25",
        "q=%E5%8D%95",
        "q=a*",
        "q=%27",
        &format!("q={}", "1".repeat(65)),
        "from=yesterday",
        "from=2026-13-01",
        "from=2026-1-1",
        "to=20260101",
        "from=2026-02-02&to=2026-02-01",
        "to=9999-12-31",
        "bench=a%20b",
        "operator=-",
        "event=fire",
        "before=0",
        "before=x",
        "before=-1",
        "limit=0",
        "limit=101",
        "limit=1e1",
        "unknown=1",
        "q=1&q=2",
        "q=%ff",
    ] {
        assert_eq!(desk.refused(400, &format!("/api/v1/orders?{query}")), "bad-question", "{query}");
    }
    for query in ["day=today", "day=2026-02-30", "day=2026-01-01&x=1", "day=9999-12-31"] {
        assert_eq!(desk.refused(400, &format!("/api/v1/overview?{query}")), "bad-question", "{query}");
    }
    // Each of the alphabet's characters may stand in a path, as it is or encoded; others may not.
    for (path, order) in [("a_b.c-d", "a_b.c-d"), ("%61%5F%62%2E%63%2D%64", "a_b.c-d"), ("%2E%2E", ".."), ("Z", "Z")] {
        assert_eq!(desk.get(&format!("/api/v1/orders/{path}"))["order"], order);
    }
    assert_eq!(desk.refused(404, "/api/v1/orders/z"), "unknown");
    for path in ["a%20b", "%2F", "a%2Fb", "%00", "%ff", "-", &"1".repeat(65), "%E5%8D%95"] {
        assert_eq!(desk.refused(400, &format!("/api/v1/orders/{path}")), "bad-question", "{path}");
    }
    assert_eq!(desk.refused(404, &format!("/api/v1/clips/{}", "0".repeat(32))), "unknown");
    for id in ["1", "..", &"A".repeat(32), &"g".repeat(32), &"0".repeat(33)] {
        assert_eq!(desk.refused(400, &format!("/api/v1/clips/{id}")), "bad-question", "{id}");
    }
    let long = "x".repeat(501);
    for reason in ["", " ", "a\nb", "a\u{202e}b", &long] {
        for what in ["hold", "release"] {
            let (status, answer) = desk.post(&format!("/api/v1/orders/Z/{what}"), &json!({ "reason": reason }));
            assert_eq!((status, &answer["error"]), (400, &json!("bad-reason")), "{reason:?}");
        }
    }
    for body in ["{}", "[]", "{\"reason\": 1}", "{\"reason\": \"x\", \"by\": \"boss\"}", "{"] {
        let (status, answer) = desk.ask("POST", "/api/v1/orders/Z/hold", body);
        assert_eq!((status, &answer["error"]), (400, &json!("bad-reason")), "{body}");
    }
    assert_eq!(desk.post("/api/v1/orders/a%20b/hold", &json!({ "reason": "x" })).1["error"], "bad-question");
    assert_eq!(desk.get("/api/v1/overview")["holds"], 0, "one of them was kept");
    // It is for customer service alone.
    desk.log_in("pack");
    let mine = ["/api/v1/orders", "/api/v1/orders/Z", "/api/v1/overview", "/api/v1/clips/x"];
    mine.iter().for_each(|path| assert_eq!(desk.refused(403, path), "forbidden"));
    assert_eq!(desk.post("/api/v1/orders/Z/hold", &json!({ "reason": "x" })).0, 403);
    desk.token.clear();
    mine.iter().for_each(|path| assert_eq!(desk.refused(401, path), "log-in"));
}

#[test]
fn what_was_handed_out_and_what_an_older_key_recorded_is_told() {
    let station = station("desk-custody");
    record(&station, "A1");
    record(&station, "A1");
    let output = station.data.with_file_name("bundle");
    let args = ["export", "A1", "--data", station.path(), "--preset", "shopee", "--by", "mei"];
    let said = run(&[&args[..], &["-o", output.to_str().unwrap()]].concat());
    assert_eq!(said.status, 0, "{said:?}");
    let desk = Desk::open(&station);
    let told = desk.get("/api/v1/orders/A1");
    let [handed_out] = &told["custody"].as_array().unwrap()[..] else { panic!("{told:#}") };
    assert_eq!((&handed_out["who"], &handed_out["preset"]), (&json!("mei"), &json!("shopee")));
    assert!(told["presets"].as_array().unwrap().contains(&json!("shopee")));
    assert!(
        handed_out["files"].as_u64() >= Some(2) && handed_out["list"].as_str().unwrap().len() == 64,
        "{handed_out}"
    );
    let old = told["clips"][0].clone();
    drop(desk);

    // Another key: the clips are told by their order and by their id as before.
    assert_eq!(run(&["renew-key", "--data", station.path()]).status, 0);
    record(&station, "A1");
    let desk = Desk::open(&station);
    let told = desk.get("/api/v1/orders/A1");
    let numbers: Vec<_> = told["clips"].as_array().unwrap().iter().map(|clip| clip["sequence"].clone()).collect();
    assert_eq!(numbers, [1, 2, 1], "{told:#}");
    assert_eq!(told["clips"][0], old);
    assert_eq!(desk.get(&format!("/api/v1/clips/{}", old["id"].as_str().unwrap())), old);
    assert_eq!(desk.found("q=A1").len(), 1, "a search is of the key that there is");
}
