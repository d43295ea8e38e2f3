//! The station on a real kernel, with a real V4L2 device and a real USB keyboard: Debian's kernel under QEMU, whose
//! `uvcvideo` drives USB cameras of ours, and whose keyboard types what QEMU is told.

// The machine runs what this one runs.
#![cfg(target_arch = "x86_64")]

#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/initramfs.rs"]
mod initramfs;
#[path = "support/machine.rs"]
mod machine;
#[path = "support/parts.rs"]
mod parts;
#[path = "support/pictures.rs"]
mod pictures;
#[path = "device/rig.rs"]
mod rig;
#[path = "support/station.rs"]
mod station_program;
#[path = "support/usb_camera.rs"]
mod usb_camera;

use std::{path::PathBuf, time::Duration};

use evidence::{
    finding::{Code, Weight},
    statement::{EventKind, Opened, Source},
    verdict::{Facts, OrderAnswer, Pictures, Report, SignerAnswer, Verdict, is_live},
};

use daemon::clips_of;
use parts::events;
use rig::{LONG, RING, Rig};
use usb_camera::{lost, numbers};

/// Three cameras on three plugs: two of one kind, which differ in their serial numbers. The last one has no focus.
const CAMERAS: [&str; 3] =
    ["product=0001 serial=ONE", "product=0002 serial=TWO", "product=0002 serial=THREE without=focus"];
/// USB identity of QEMU's keyboard.
const KEYBOARD: &str = "evdev:0627:0001";

/// What the log says of a setting that a camera does not have, or takes in part.
const NOT_TAKEN: &str = "the camera does not take this setting";

/// A bench with a USB camera of the size and rate that the machine's speed allows, and the keyboard as its scanner.
fn bench(camera: &str) -> String {
    format!("camera = \"{camera}\"\nformat = \"640x360@10\"\nscanners = [\"{KEYBOARD}\"]\n")
}

/// The only clip of this order and its report; it is intact, of this order and station, and of a live USB camera.
#[track_caller]
fn clip(rig: &Rig, order: &str) -> (PathBuf, Report, Facts) {
    let clips = clips_of(&rig.station, order);
    let [clip] = &clips[..] else { panic!("{order}: {clips:?}") };
    let report = rig.station.report_of(clip, Some(order));
    let told = (report.pictures, report.signer, report.order);
    assert_eq!(told, (Pictures::Intact, SignerAnswer::Trusted, OrderAnswer::Matches), "{order}: {:?}", report.findings);
    let facts = report.facts.clone().unwrap();
    assert!(facts.start.source == Source::Usb && is_live(facts.start.source), "{:?}", facts.start.source);
    assert_eq!(facts.start.opened, Opened::Scan, "the scan of {order} opens its clip");
    (clip.clone(), report, facts)
}

/// Such a clip that is VERIFIED. Where the emulated machine stood still for most of a second, which a busy host makes it
/// do, its clip has a gap, says so, and is PARTIAL for nothing else.
#[track_caller]
fn verified(rig: &Rig, order: &str) -> (PathBuf, Facts) {
    let (clip, report, facts) = clip(rig, order);
    let partial = report.findings.iter().map(|f| f.code).filter(|code| code.weight() == Weight::Partial);
    let stood_still = partial.eq([Code::Interrupted]) && facts.gap_count > 0;
    let told = format!("{order}: {:?}, {:?}, gaps {:?}", report.findings, events(&clip), facts.gaps);
    assert!(report.verdict == Verdict::Verified || stood_still, "{told}");
    if stood_still {
        println!("the machine stood still: {told}");
    }
    (clip, facts)
}

/// Runs the station with this bench until the camera at this plug streams, then `and`: what the camera was told. No
/// other camera was told anything.
#[track_caller]
fn told(rig: &mut Rig, plug: u32, bench: &str, and: impl FnOnce(&mut Rig)) -> Vec<String> {
    for camera in 0..3 {
        usb_camera::said(&mut rig.machine, camera);
    }
    rig.start(&format!("{bench}scanners = [\"{KEYBOARD}\"]\n"));
    rig.machine.until(&format!("grep -q ^streams {}", usb_camera::log(plug)), LONG);
    and(rig);
    rig.stop();
    for other in (0..3).filter(|&other| other != plug) {
        assert_eq!(usb_camera::said(&mut rig.machine, other), [""; 0], "{bench}: camera {other} is not meant");
    }
    let mut said = usb_camera::said(&mut rig.machine, plug);
    said.retain(|line| line.starts_with("set") || line.starts_with("refused") || line.starts_with("streams"));
    said
}

#[test]
fn every_usb_setting_reaches_the_camera_that_is_meant() {
    let mut rig = Rig::boot("settings");
    for (plug, like) in (0..).zip(CAMERAS) {
        rig.camera(plug, like);
    }

    let by_hand = "camera = \"usb\"\nformat = \"640x360@10\"\nexposure = 156\nfocus = 40\nwhite-balance = 5000\n";
    let expected = [
        "set exposure-mode 1",
        "set exposure 156",
        "set focus-auto 0",
        "set focus 40",
        "set white-balance-auto 0",
        "set white-balance 5000",
        "streams mjpeg 640x360@10",
    ];
    let seen = told(&mut rig, 0, by_hand, |rig| {
        rig.ready();
        // Who reads the camera is confined on this kernel, too.
        let fence = rig.machine.sh("grep -E '^(Seccomp|NoNewPrivs):' /proc/$(pidof exe)/status");
        assert_eq!(fence.split_whitespace().collect::<Vec<_>>(), ["NoNewPrivs:", "1", "Seccomp:", "2"], "no fence");
    });
    assert_eq!(seen, expected, "the first camera, all by hand");
    assert!(!rig.said().contains(NOT_TAKEN), "{}", rig.said());

    let automatic = "format = \"auto\"\nexposure = \"auto\"\nfocus = \"auto\"\nwhite-balance = \"auto\"\n";
    let expected = ["set exposure-mode 8", "set focus-auto 1", "set white-balance-auto 1", "streams mjpeg 1280x720@30"];
    let seen = told(&mut rig, 1, &format!("camera = \"usb:1209:0002\"\n{automatic}"), |_| ());
    assert_eq!(seen, expected, "the first camera of this kind, all automatic");

    // By the link that udev makes in /dev/v4l/by-id; what was set by hand is automatic again.
    rig.machine.sh("mkdir -p /dev/v4l/by-id; ln -s ../../video0 /dev/v4l/by-id/usb-packseal_test_camera_ONE");
    let link = "camera = \"usb:/dev/v4l/by-id/usb-packseal_test_camera_ONE\"\n";
    let seen = told(&mut rig, 0, &format!("{link}{automatic}"), |_| ());
    assert_eq!(seen, expected, "the camera behind the link, all automatic");
    assert!(!rig.said().contains(NOT_TAKEN), "{}", rig.said());

    // A size it has only uncompressed; an exposure beyond its range; no focus.
    let other = "camera = \"usb:1209:0002:THREE\"\nformat = \"320x240@5\"\nexposure = 5000\nfocus = 40\n";
    let expected = ["set exposure-mode 1", "set exposure 2047", "set white-balance-auto 1", "streams yuyv 320x240@5"];
    let seen = told(&mut rig, 2, other, |rig| {
        rig.ready();
        rig.record("SF1390000000001", 4.0);
        usb_camera::tell(&mut rig.machine, 2, "cut 2");
        rig.recorded(8.0);
        rig.end(1);
    });
    assert_eq!(seen, expected, "the camera of this serial number");
    let said = rig.said();
    for cause in ["focus", "exposure (2047 instead of 5000)"] {
        let line = said.lines().find(|line| line.contains(NOT_TAKEN) && line.contains(cause));
        assert!(line.is_some(), "the log does not say that the camera did not take {cause}: {said}");
    }

    let (clip, facts) = verified(&rig, "SF1390000000001");
    assert_eq!(facts.start.camera.as_str(), "usb:1209:0002:THREE");
    assert_eq!((facts.start.size.width, facts.start.size.height, facts.start.frame_rate.num), (320, 240, 5));
    assert!(lost(&clip, &facts).len() >= 2, "uncompressed pictures came cut and are not lost: {:?}", facts.losses);
    rig.station.clean(1, 0, 0);
}

#[test]
fn a_scanner_types_for_the_station_alone_and_may_be_pulled_out() {
    let mut rig = Rig::boot("scanner");
    rig.camera(0, CAMERAS[0]);
    rig.machine.sh("mkdir -p /dev/input/by-id; ln -s ../event0 /dev/input/by-id/usb-QEMU_Keyboard-event-kbd");
    // Without the station it types on the console, as every keyboard: else that would prove nothing below.
    rig.machine.sh("cat /dev/tty1 >/run/typed 2>/run/typed.error </dev/null &");
    rig.machine.type_line("console");
    rig.machine.until("grep -q console /run/typed", LONG);

    let names = [KEYBOARD, "evdev:name=QEMU QEMU USB", "evdev:/dev/input/by-id/usb-QEMU_Keyboard-event-kbd"];
    let mut orders = Vec::new();
    for (number, name) in (1..).zip(names) {
        let order = |of: u32| format!("SF13900000000{number}{of}");
        rig.start(&format!("camera = \"usb\"\nformat = \"640x360@5\"\nscanners = [\"{name}\"]\n"));
        rig.ready();
        rig.record(&order(1), 2.0);
        // Half a code, and it is gone: the code does not count.
        rig.machine.type_text("SF7777");
        rig.machine.unplug_keyboard("scanner");
        rig.prompted("scanner-lost", 1);
        rig.machine.plug_keyboard("scanner");
        rig.prompted("scanner-back", 1);
        rig.record(&order(2), 2.0);
        rig.end(2);
        let unknown = rig.bench()["counters"]["scans"]["unknown"].take();
        assert_eq!(unknown, 0, "half a code of a scanner that was pulled out was taken");
        rig.stop();
        orders.extend([order(1), order(2)]);
    }
    let typed = rig.machine.sh("cat /run/typed");
    assert_eq!(typed.trim(), "console", "the scanner also typed on the console");
    // The station has ended: the keyboard is everybody's again.
    rig.machine.type_line("again");
    rig.machine.until("grep -q again /run/typed", LONG);

    // Of two of a kind none is taken: codes of one bench must not reach another.
    rig.machine.plug_keyboard("second");
    rig.machine.until("test -e /dev/input/event1", LONG);
    rig.start(&bench("usb"));
    rig.prompted("scanner-lost", 1);
    let said = rig.said();
    assert!(said.contains("several scanners are evdev:0627:0001"), "two scanners of a kind are not told: {said}");
    rig.machine.unplug_keyboard("second");
    rig.prompted("scanner-back", 1);
    rig.stop();
    for order in orders {
        verified(&rig, &order);
    }
    rig.station.clean(6, 0, 0);
}

#[test]
fn frames_that_are_damaged_or_lost_are_signed_as_lost_and_never_completed() {
    let mut rig = Rig::boot("lost-frames");
    rig.camera(0, CAMERAS[0]);
    rig.start(&bench("usb"));
    rig.ready();
    rig.record("SF1390000000001", 4.0);
    usb_camera::tell(&mut rig.machine, 0, "cut 1");
    rig.recorded(6.0);
    usb_camera::tell(&mut rig.machine, 0, "drop 3");
    rig.recorded(8.0);
    usb_camera::tell(&mut rig.machine, 0, "cut 4");
    rig.recorded(10.0);
    usb_camera::tell(&mut rig.machine, 0, "tear 2");
    let long = rig.recorded(12.0);
    rig.recorded(long + 2.0);
    rig.end(1);
    let seen = rig.bench()["camera"]["lost_frames"].take();
    rig.stop();

    let said = usb_camera::said(&mut rig.machine, 0);
    let [cut, torn, dropped] = ["cut ", "torn ", "dropped "].map(|word| numbers(&said, word));
    assert_eq!((cut.len(), torn.len(), dropped.len()), (5, 2, 3), "the camera did not do as told: {said:?}");
    let (clip, facts) = verified(&rig, "SF1390000000001");
    let missing = lost(&clip, &facts);
    for (number, came) in [(cut, "cut"), (torn, "torn"), (dropped, "not at all")] {
        assert!(number.iter().all(|n| missing.contains(n)), "{number:?} came {came}, and only {missing:?} are missing");
    }
    assert!(facts.losses.len() >= 4, "each loss in the LINK where it was: {:?}", facts.losses);
    assert!(seen.as_u64().unwrap() >= facts.lost, "the status counts {seen} lost frames, the clip {}", facts.lost);
    rig.station.clean(1, 0, 0);
}

#[test]
fn a_camera_that_is_pulled_out_or_stalls_comes_back_and_the_gap_is_signed() {
    let mut rig = Rig::boot("gone");
    // The machine starts before somebody has plugged the camera in.
    rig.start(&bench("usb:1209:0001:ONE"));
    rig.until("asks for a camera", |bench| bench["state"] == "attention" && bench["camera"]["state"] == "lost");
    rig.camera(0, CAMERAS[0]);
    rig.ready();
    let capture = "pidof exe";

    rig.record("SF1390000000001", 3.0);
    usb_camera::tell(&mut rig.machine, 0, "unplug");
    rig.prompted("camera-lost", 2);
    rig.until("no recording without a camera", |bench| bench["state"] != "recording");
    usb_camera::tell(&mut rig.machine, 0, "plug");
    rig.prompted("camera-back", 1);
    let long = rig.recorded(1.0);
    rig.recorded(long + 2.0);
    std::thread::sleep(RING);
    // Beyond its pre-roll, and what the clip before it goes on after its end.
    rig.record("SF1390000000002", 8.0);

    let before = rig.machine.sh(capture);
    usb_camera::tell(&mut rig.machine, 0, "stall");
    rig.prompted("camera-stalled", 1);
    rig.machine.until(&format!("p=$({capture}) && test \"$p\" != {}", before.trim()), Duration::from_secs(20));
    usb_camera::tell(&mut rig.machine, 0, "resume");
    rig.prompted("camera-back", 2);
    let long = rig.recorded(1.0);
    rig.recorded(long + 2.0);
    std::thread::sleep(RING);
    rig.record("SF1390000000003", 8.0);
    rig.end(3);
    rig.stop();

    use EventKind::{CameraBack, CameraLost, CameraStalled, CaptureRestarted, Control, NextScan};
    for (order, fault) in [("SF1390000000001", CameraLost), ("SF1390000000002", CameraStalled)] {
        let (clip, report, facts) = clip(&rig, order);
        assert_eq!(report.verdict, Verdict::Partial, "{order}: {:?}", report.findings);
        assert!(report.findings.iter().any(|f| f.code == Code::Interrupted), "{order}: {:?}", report.findings);
        assert_eq!(facts.gap_count, 1, "{order}: {:?}", facts.gaps);
        let kinds: Vec<EventKind> = events(&clip).into_iter().map(|(_, kind)| kind).collect();
        assert_eq!(kinds, [fault, CaptureRestarted, CameraBack, NextScan], "{order}");
    }
    // The next parcel does not suffer for it.
    let (clip, facts) = verified(&rig, "SF1390000000003");
    assert_eq!(facts.gap_count, 0, "{:?}", facts.gaps);
    lost(&clip, &facts);
    let kinds: Vec<EventKind> = events(&clip).into_iter().map(|(_, kind)| kind).collect();
    assert!(matches!(kinds[..], [Control(_)]), "{kinds:?}");
    rig.station.clean(3, 0, 0);
}
