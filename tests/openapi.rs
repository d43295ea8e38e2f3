//! The interface against its own description, by Schemathesis: whatever it is sent, it answers as it says it does.

use std::{
    path::{Path, PathBuf},
    process::Command,
    time::{Duration, Instant},
};

use serde_json::Value;

#[path = "support/admin.rs"]
mod admin;
#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/random.rs"]
mod random;
#[path = "support/station.rs"]
mod station_program;

use daemon::{Daemon, configure};
use random::Random;
use station_program::Station;

const PATTERN: &str = "[[bench]]\ncamera = \"pattern:320x240@10\"\n";

/// Operations that it does not try, and why.
const LEFT_OUT: [(&str, &str); 6] = [
    ("accounts-logout", "ends the session that it tries the others with"),
    ("accounts-login", "costs 19 MiB and a tenth of a second each time, and is refused after a few"),
    ("bench-events", "a stream that does not end"),
    ("accounts-remove", "may remove the account that it is logged in with"),
    ("accounts-password", "may end the session that it is logged in with"),
    ("accounts-own_password", "likewise"),
];

/// Seconds of the run with a log-in, and of the one without.
const SECONDS: (u64, u64) = (40, 15);

fn started(name: &str) -> (Station, Daemon) {
    let station = Station::new(name);
    admin::make(&station);
    // A webhook, so that there is something to describe; nobody is told anything of this bench.
    let secret = station.data.join("webhook.secret");
    std::fs::write(&secret, "0123456789abcdef").unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o600);
    std::fs::set_permissions(&secret, mode).unwrap();
    let hook = format!("[[webhook]]\nurl = \"http://127.0.0.1:9/x?y=z\"\nsecret = {:?}\n", secret.to_str().unwrap());
    configure(&station, &format!("{PATTERN}{hook}"));
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    (station, daemon)
}

fn document(daemon: &Daemon) -> Value {
    serde_json::from_str(&daemon.get("/api/v1/openapi.json")).unwrap()
}

/// Method, path and operation of everything that is described.
fn operations(document: &Value) -> Vec<(String, String, Value)> {
    let paths = document["paths"].as_object().unwrap().iter();
    let each = paths.flat_map(|(path, item)| {
        item.as_object()
            .unwrap()
            .iter()
            .map(move |(method, operation)| (method.to_uppercase(), path.clone(), operation.clone()))
    });
    each.filter(|(.., operation)| operation["operationId"].is_string()).collect()
}

fn schemathesis() -> PathBuf {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tools/schemathesis/bin/st");
    assert!(path.exists(), "{} is not there: make setup", path.display());
    path
}

/// Runs it against the station: what it said, where it found nothing.
#[track_caller]
fn holds(daemon: &Daemon, document: &Value, token: Option<&str>, seconds: u64) {
    let seed = Random::by_the_clock("openapi").next() % 1_000_000_000;
    let address = format!("http://{}", daemon.address());
    let mut command = Command::new(schemathesis());
    // It leaves notes where it is started.
    command.current_dir(env!("CARGO_TARGET_TMPDIR"));
    command.args(["run", &format!("{address}/api/v1/openapi.json"), "--no-color", "--continue-on-failure"]);
    command.args([
        "--checks",
        "not_a_server_error,status_code_conformance,content_type_conformance,response_schema_conformance",
    ]);
    command.args(["--phases", "examples,coverage,fuzzing", "--seed", &seed.to_string(), "--max-examples", "60"]);
    command.args(["--max-time", &seconds.to_string(), "--request-timeout", "20", "--generation-database", "none"]);
    command.args(["--suppress-health-check", "all", "--max-failures", "20", "--warnings", "off"]);
    if let Some(token) = token {
        command.args(["--header", &format!("Authorization: Bearer {token}")]);
    }
    let there: Vec<_> =
        operations(document).into_iter().map(|(.., operation)| operation["operationId"].clone()).collect();
    for (id, _) in LEFT_OUT.iter().filter(|(id, _)| there.iter().any(|there| there == id)) {
        command.args(["--exclude-operation-id", id]);
    }
    let began = Instant::now();
    let output = command.output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    println!("seed {seed}, {:?}\n{said}", began.elapsed());
    assert!(output.status.success(), "{said}\n{}\n{}", String::from_utf8_lossy(&output.stderr), daemon.said());
    // It did try something.
    assert!(said.contains("No issues found"), "{said}");
}

#[test]
fn every_answer_is_one_that_the_description_knows() {
    let (_station, daemon) = started("openapi");
    let (document, token) = (document(&daemon), admin::log_in(&daemon));
    holds(&daemon, &document, Some(&token), SECONDS.0);
    // It was logged in to the end, and the bench works on.
    let (status, me) = admin::request(&daemon, "GET", "/api/v1/me", Some(&token), None);
    assert_eq!((status, &me["role"]), (200, &"admin".into()), "{me}");
    holds(&daemon, &document, None, SECONDS.1);
    let bench = daemon.scan("SF1390000000001");
    assert_eq!(bench["clip"]["order"], "SF1390000000001");
    let (status, _) = daemon.stop();
    assert_eq!(status, 0);
}

#[test]
fn without_a_log_in_only_what_is_open_answers() {
    let (_station, daemon) = started("openapi-open");
    let document = document(&daemon);
    let mut closed = 0;
    for (method, path, operation) in operations(&document) {
        let name = operation["operationId"].as_str().unwrap();
        // It would be waited for.
        if name == "bench-events" {
            continue;
        }
        let plain: Vec<_> = path.split('/').map(|part| if part.starts_with('{') { "x" } else { part }).collect();
        let (status, answer) = admin::request(&daemon, &method, &plain.join("/"), None, None);
        // Bench screens on this machine need none: that is said by an alternative that asks for nothing.
        let asks = operation["security"]
            .as_array()
            .is_some_and(|all| !all.is_empty() && all.iter().all(|one| one != &serde_json::json!({})));
        if asks {
            closed += 1;
            assert_eq!((status, &answer["error"]), (401, &"log-in".into()), "{name}: {answer}");
        } else {
            assert_ne!((status, &answer["error"]), (401, &"log-in".into()), "{name}: {answer}");
        }
    }
    assert!(closed >= 4, "{closed}");
}
