//! What an order holds, from a folder and over HTTP, as it comes to the bench's status.

use std::{
    fs,
    path::Path,
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/receiver.rs"]
mod receiver;
#[path = "support/station.rs"]
mod station_program;

use daemon::{Daemon, configure};
use receiver::{Answer, Receiver, status};
use station_program::{Folder, Station};

const PATTERN: &str = "[[bench]]\ncamera = \"pattern:320x240@10\"\n";

fn started(name: &str, source: &str) -> (Station, Daemon) {
    let station = Station::new(name);
    configure(&station, &format!("{PATTERN}[orders]\nsource = \"{source}\"\n"));
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    (station, daemon)
}

/// Longer than the time in which a code is read twice, or belongs to the shot of another.
const APART: Duration = Duration::from_millis(2200);

/// Scans an order and waits for what it holds.
#[track_caller]
fn expected(daemon: &Daemon, order: &str) -> Value {
    thread::sleep(APART);
    daemon.scan(order);
    daemon.until("items", |bench| bench["clip"]["order"] == order && !bench["expected"].is_null())["expected"].take()
}

/// Scans an order that nothing is known of.
#[track_caller]
fn unknown(daemon: &Daemon, order: &str) {
    thread::sleep(APART);
    daemon.scan(order);
    thread::sleep(Duration::from_millis(1500));
    let bench = daemon.bench();
    assert_eq!((&bench["clip"]["order"], &bench["expected"]), (&json!(order), &Value::Null));
}

/// As another program should do it: whole at once.
fn drop_in(folder: &Path, name: &str, text: &[u8]) {
    fs::write(folder.join(".part"), text).unwrap();
    fs::rename(folder.join(".part"), folder.join(name)).unwrap();
}

#[test]
fn a_file_dropped_while_it_runs_is_known_and_nonsense_is_told_with_its_line() {
    let folder = Folder::new("orders");
    let orders = folder.path("in");
    // Not there yet: said, and looked for.
    let (_station, daemon) = started("folder", &format!("folder:{}", orders.display()));
    daemon.says("from which the items of orders come");
    fs::create_dir_all(&orders).unwrap();
    let text = "\u{feff}order,code,name,quantity\r\nSF1390000000001,6901234567892,\"Cup, blue\",2\r\n\
        SF1390000000001,6901234567893,盘子\u{7},1\r\nSF1390000000002,1,x,none\r\n";
    drop_in(&orders, "today.csv", text.as_bytes());
    daemon.says("today.csv: 2 items; left out are 1 rows, the first one in line 4: its quantity is not 1 to 1000000");
    let items = expected(&daemon, "SF1390000000001");
    let item = |code: &str, name: &str, quantity: u32| json!({ "code": code, "name": name, "quantity": quantity });
    assert_eq!(items, json!([item("6901234567892", "Cup, blue", 2), item("6901234567893", "盘子", 1)]));
    unknown(&daemon, "SF1390000000002");
    // A newer file holds, and is known when it is there.
    drop_in(&orders, "later.csv", b"order,code,name,quantity\nSF1390000000001,7,Lid,3\n");
    daemon.says("later.csv: 1 items");
    assert_eq!(expected(&daemon, "SF1390000000001"), json!([item("7", "Lid", 3)]));
    // No table at all: said once, and nothing of what was known is lost.
    drop_in(&orders, "photo.csv", b"\x89PNG\r\n\x1a\n\0\0\0\0");
    daemon.says("photo.csv: 0 items; left out are 1 rows, the first one in line 1: the first line is not order,code,");
    daemon.scan("PACKSEAL-END");
    daemon.until("closed", |bench| bench["clip"].is_null() && bench["expected"].is_null());
    assert_eq!(expected(&daemon, "SF1390000000001"), json!([item("7", "Lid", 3)]));
    // Gone with its file.
    fs::remove_file(orders.join("later.csv")).unwrap();
    thread::sleep(Duration::from_secs(4));
    daemon.scan("PACKSEAL-END");
    assert_eq!(expected(&daemon, "SF1390000000001"), items);
    assert_eq!(daemon.said().matches("photo.csv: 0 items").count(), 1);
    assert_eq!(daemon.stop().0, 0);
}

#[test]
fn a_shop_is_asked_for_each_order_and_what_it_says_is_bounded() {
    let shop = Receiver::new(|_, request| match &*request.line {
        "GET /wms/SF1390000000001?v=1" => Answer::Body(
            200,
            json!({ "items": [{ "code": "69\u{0}01", "name": "\u{202e}Cup\n", "quantity": 2 }], "more": 1 })
                .to_string(),
        ),
        "GET /wms/SF1390000000002?v=1" => status(404),
        "GET /wms/SF1390000000003?v=1" => {
            let items = vec![json!({ "code": "1", "name": "x", "quantity": 1 }); 201];
            Answer::Body(200, json!({ "items": items }).to_string())
        }
        "GET /wms/SF1390000000004?v=1" => {
            Answer::Body(200, json!({ "items": [], "more": "x".repeat(300_000) }).to_string())
        }
        "GET /wms/SF1390000000005?v=1" => Answer::Redirect("/wms/SF1390000000001?v=1".to_owned()),
        _ => Answer::Body(200, json!({ "items": [] }).to_string()),
    });
    let (_station, daemon) = started("shop", &format!("http://{}/wms/{{order}}?v=1", shop.address));
    assert_eq!(expected(&daemon, "SF1390000000001"), json!([{ "code": "6901", "name": "Cup", "quantity": 2 }]));
    for order in 2..=5 {
        unknown(&daemon, &format!("SF139000000000{order}"));
    }
    assert!(
        daemon
            .said()
            .contains("the items of an order could not be looked up: see to orders.source (more than 200 items)")
    );
    // Known, and empty.
    assert_eq!(expected(&daemon, "SF1390000000006"), json!([]));
    // Once for each, and not when the same is scanned again.
    daemon.scan("SF1390000000006");
    assert_eq!(shop.requests().len(), 6);
}

#[test]
fn a_shop_that_hangs_delays_no_scan() {
    let shop = Receiver::new(|_, _| Answer::Silence(Duration::from_secs(60)));
    let (_station, daemon) = started("hangs", &format!("http://{}/{{order}}", shop.address));
    let mut slowest = Duration::ZERO;
    for order in 0..12 {
        let began = Instant::now();
        let bench = daemon.scan(&format!("SF13900000001{order:02}"));
        slowest = slowest.max(began.elapsed());
        assert_eq!(bench["expected"], Value::Null);
        thread::sleep(Duration::from_millis(350));
    }
    println!("the slowest of 12 scans took {slowest:?}");
    assert!(slowest < Duration::from_millis(1000), "{slowest:?}");
    daemon.says("the items of an order could not be looked up");
    // It gives up after 2 s, and asks for the newest then: not for each.
    let asked = shop.requests().len();
    assert!((2..9).contains(&asked), "{asked}");
    let (code, took) = daemon.stop();
    assert!(code == 0 && took < Duration::from_secs(6), "{took:?}");
}
