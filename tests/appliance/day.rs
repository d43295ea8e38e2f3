//! One boot of the machine: parcels, and what happens to camera, scanner, clock and disk on a long day.

use evidence::{
    finding::Code,
    statement::{EventKind, Reason},
    verdict::Verdict,
};

use serde_json::Value;

use crate::{
    Tally, image,
    judge::{Found, judge},
    rig::{self, Appliance, DiskKind, LONG},
};

/// Parcels without anything special.
const USUAL: usize = 6;
/// Takes the camera out, and puts it back: its driver lets go of the device.
const CAMERA: &str = "/sys/bus/platform/drivers/vivid";
/// KiB that stay free on the full disk: half of what the bench wants.
const LEFT: u64 = 32 * 1024;

fn order(number: usize) -> String {
    rig::order(1, number)
}

pub fn run(tally: &mut Tally) {
    let mut bench = Appliance::new(&image());
    bench.boot(DiskKind::Honest, true);
    bench.ready();
    let key = bench.key();
    tally.row("start, EFI", &format!("key {key}"));

    // The doctor agrees, and somebody watches the machine.
    let said = bench.machine().sh("packseal-station doctor --config /etc/packseal/station.toml --json");
    let findings: Vec<Value> = serde_json::from_str(&said).unwrap_or_else(|e| panic!("{e}: {said}"));
    let graded = |grade: &str| -> Vec<&str> {
        findings.iter().filter(|f| f["grade"] == grade).filter_map(|f| f["check"].as_str()).collect()
    };
    let (well, warned) = (graded("ok"), graded("warn"));
    let armed = bench.machine().sh("cat /sys/class/watchdog/watchdog0/state");
    let watched = well.contains(&"hardware-watchdog") && well.contains(&"watchdog") && armed.trim() == "active";
    let journal = bench.machine().run("journalctl -b --no-pager -o short-monotonic -u packseal-station | tail -n 60").0;
    tally.expect("day: the doctor", watched && graded("fail").is_empty(), &(&findings, &armed, journal));
    tally.row("doctor", &format!("{} ok; warns of {}", well.len(), warned.join(", ")));

    for number in 1..=USUAL {
        bench.record(&order(number), 3.0);
    }

    // The camera goes and comes in the middle of a clip.
    let [interrupted, after] = [order(7), order(8)];
    bench.record(&interrupted, 3.0);
    bench.machine().sh(&format!("echo vivid.0 >{CAMERA}/unbind"));
    bench.prompted("camera-lost", 1);
    bench.machine().sh(&format!("echo vivid.0 >{CAMERA}/bind"));
    bench.prompted("camera-back", 1);
    bench.recorded(3.0);
    // Beyond the pre-roll, in which the gap is still seen.
    bench.record(&after, 4.0);

    // So does the scanner.
    let scanned = order(9);
    bench.machine().unplug_keyboard("scanner");
    bench.prompted("scanner-lost", 1);
    bench.machine().plug_keyboard("scanner");
    bench.prompted("scanner-back", 1);
    bench.record(&scanned, 3.0);

    // The clock is set back an hour, and forward a day.
    let [back, forward] = [order(10), order(11)];
    let steps = [-3600, 24 * 3600];
    for (order, step) in [&back, &forward].into_iter().zip(steps) {
        bench.record(order, 2.0);
        bench.machine().sh(&format!("date -s @$(($(date +%s) + {step}))"));
        bench.recorded(4.0);
    }

    // The disk fills: the open clip is sealed, the next parcel is refused, and both are said.
    let [full, refused, room] = [order(12), order(13), order(14)];
    bench.record(&full, 3.0);
    let fill = format!("fallocate -l $(($(df --output=avail -k /data | tail -n 1) - {LEFT}))k /data/fill && sync");
    bench.machine().sh(&fill);
    bench.prompted("stopped-disk-full", 1);
    bench.scan(&refused, |bench| bench["counters"]["prompts"]["refused-no-room"].as_u64() == Some(1));
    let full_at = bench.shows("disk: FULL", 0, LONG);
    bench.machine().sh("rm /data/fill && sync");
    bench.prompted("storage-back", 1);
    bench.record(&room, 3.0);
    bench.end();
    for text in [&*format!("key: {key}"), "disk: enough room", "address: 10.0.2.15", "shop-7: ", "bench-1: ready"] {
        bench.shows(text, full_at, LONG);
    }
    bench.off();
    let found = judge(tally, "day", &bench.data(), &key);
    let orders: Vec<&str> = found.iter().map(|clip| clip.order.as_str()).collect();
    let expected: Vec<String> = (1..=14).map(order).filter(|order| *order != refused).collect();
    tally.expect("day: orders as they were scanned", orders == expected, &orders);
    tally.parcels += expected.len();
    tally.lost += expected.iter().filter(|order| !orders.contains(&order.as_str())).count();
    let usual = [3.0; USUAL].iter().zip(&found).all(|(s, clip)| clip.seconds() >= *s);
    tally.expect("day: parcels in full", usual, &found.iter().map(Found::seconds).collect::<Vec<_>>());
    let get = |order: &String| found.iter().find(|clip| clip.order == *order);
    tally.row("parcels in a row", &format!("{USUAL} VERIFIED, live camera, key of the station"));

    let Some((gone, fine)) = get(&interrupted).zip(get(&after)) else { return };
    use EventKind::{CameraBack, CameraLost, ClockStep};
    let signed = gone.events.contains(&CameraLost) && gone.events.contains(&CameraBack);
    let seen = (gone.report.verdict, &gone.events, gone.facts().gap_count);
    tally.expect("day: camera", signed && gone.facts().gap_count == 1, &seen);
    tally.expect("day: after it", fine.report.verdict == Verdict::Verified, &fine.report.findings);
    tally
        .row("camera unbound and bound again", &format!("{:?}, gap signed; next parcel VERIFIED", gone.report.verdict));

    let Some(scanned) = get(&scanned) else { return };
    tally.expect("day: scanner", scanned.report.verdict == Verdict::Verified, &scanned.report.findings);
    tally.row("scanner unplugged and plugged in", "the next scan is taken, VERIFIED");

    for (order, step) in [&back, &forward].into_iter().zip(steps) {
        let Some(stepped) = get(order) else { return };
        let near = |us: i64| (us - step * 1_000_000).abs() < 2_000_000;
        let signed = stepped.events.iter().any(|event| matches!(*event, ClockStep(us) if near(us)));
        let said = stepped.report.has(Code::ClockStepped);
        tally.expect("day: clock", signed && said, &(&stepped.events, &stepped.report.findings));
        tally.row("clock set while recording", &format!("{step} s: signed, and in the report"));
    }

    let Some(full) = get(&full) else { return };
    tally.expect("day: disk full", full.reason == Reason::DiskFull && full.seconds() >= 3.0, &full.reason);
    tally.row("data partition full", "open clip sealed, PARTIAL; next scan refused; both said");

    // A new image over the old one: key and evidence stay.
    bench.write(&image());
    bench.boot(DiskKind::Honest, false);
    bench.ready();
    let same = bench.key();
    tally.expect("day: the key after a new image", same == key, &same);
    bench.record(&order(15), 3.0);
    bench.end();
    bench.off();
    let again = judge(tally, "day: new image", &bench.data(), &key);
    let last = |found: &[Found]| found.iter().map(|clip| clip.report.last).collect::<Vec<_>>();
    let kept = again.len() == found.len() + 1 && last(&again).starts_with(&last(&found));
    tally.expect("day: the clips after a new image", kept, &last(&again));
    tally.row("image written over the old one", "same key, same clips, records");
    tally.parcels += 1;
    tally.boots += bench.boots;
}
