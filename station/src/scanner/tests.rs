use super::*;
use crate::say::Lang;

#[test]
fn every_way_to_name_a_scanner() {
    let serial = |path: &str, baud| Spec::Serial { path: path.into(), baud };
    for (text, spec, shown) in [
        ("stdin", Spec::Stdin, "stdin"),
        ("evdev:/dev/input/event3", Spec::Evdev(Wedge::Path("/dev/input/event3".into())), "evdev:/dev/input/event3"),
        (
            "evdev:/dev/input/by-path/pci-0:1.0-event-kbd",
            Spec::Evdev(Wedge::Path("/dev/input/by-path/pci-0:1.0-event-kbd".into())),
            "evdev:/dev/input/by-path/pci-0:1.0-event-kbd",
        ),
        ("evdev:05e0:1200", Spec::Evdev(Wedge::Usb { vendor: 0x05e0, product: 0x1200 }), "evdev:05e0:1200"),
        ("evdev:05E0:00aB", Spec::Evdev(Wedge::Usb { vendor: 0x05e0, product: 0xab }), "evdev:05e0:00ab"),
        ("evdev:name=Honeywell Scanner: 1", Spec::Evdev(Wedge::Name("Honeywell Scanner: 1".into())), ""),
        ("serial:/dev/ttyACM0", serial("/dev/ttyACM0", 9600), "serial:/dev/ttyACM0@9600"),
        ("serial:/dev/ttyUSB0@115200", serial("/dev/ttyUSB0", 115_200), ""),
        ("serial:/dev/a@b@300", serial("/dev/a@b", 300), ""),
    ] {
        let parsed = Spec::parse(text).unwrap();
        assert_eq!(parsed, spec, "{text}");
        assert_eq!(parsed.to_string(), if shown.is_empty() { text } else { shown });
        assert_eq!(Spec::parse(&parsed.to_string()).unwrap(), parsed);
    }
}

#[test]
fn anything_else_is_refused_in_one_line() {
    let long = format!("serial:/{}", "x".repeat(1000));
    for text in [
        "",
        "usb",
        "stdin:",
        "STDIN",
        "evdev",
        "evdev:",
        "evdev:event3",
        "evdev:name=",
        "evdev:name= ",
        "evdev:name=a\nb",
        "evdev:05e0",
        "evdev:05e0:",
        "evdev:5e0:1200",
        "evdev:+5e0:1200",
        "evdev:05e0:1200:1",
        "evdev:05g0:1200",
        "serial:",
        "serial:/",
        "serial:ttyACM0",
        "serial:/dev/ttyACM0@",
        "serial:/dev/ttyACM0@fast",
        "serial:/dev/ttyACM0@299",
        "serial:/dev/ttyACM0@4000001",
        "serial:/dev/ttyACM0@-9600",
        "hid:05e0:1200",
        &long,
    ] {
        let why = Spec::parse(text).expect_err(text);
        for lang in [Lang::En, Lang::Zh] {
            let line = why.line(lang);
            assert!(line.contains("stdin") && !line.contains('\n') && line.len() < 500, "{line}");
        }
        assert!(why.zh.contains('：') && why.en.contains("unknown scanner"), "{text}");
    }
}

#[test]
fn troubles_are_one_line_with_what_to_do() {
    let spec = Spec::parse("evdev:05e0:1200").unwrap();
    for (error, says) in [
        (io::ErrorKind::NotFound.into(), "plug it in"),
        (io::ErrorKind::PermissionDenied.into(), "groups"),
        (Errno::BUSY.into(), "another program"),
        (Errno::NODEV.into(), "station.toml (No such device"),
    ] {
        let why = trouble(&spec, error);
        let line = why.line(Lang::En);
        assert!(
            line.starts_with("the scanner evdev:05e0:1200 ") && line.contains(says) && !line.contains('\n'),
            "{line}"
        );
        assert!(why.zh.contains('：'));
    }
}
