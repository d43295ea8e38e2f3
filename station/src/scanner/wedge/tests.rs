use super::*;

/// All that these events type; a key missed is '!'.
fn typed(keys: &mut Keys, events: &[(KeyCode, i32)]) -> String {
    let event = |(key, value): &(KeyCode, i32)| match keys.event(EventType::KEY.0, key.0, *value) {
        Typed::Text(text) => Some(text),
        Typed::Nothing => None,
        Typed::Missed => Some('!'),
    };
    events.iter().filter_map(event).collect()
}

/// A key pressed and released.
fn press(keys: &mut Keys, key: KeyCode) -> String {
    typed(keys, &[(key, 1), (key, 0)])
}

#[test]
fn the_keys_of_a_us_keyboard() {
    use KeyCode as K;
    let letters = ('a'..='z').map(|c| {
        let key = format!("KEY_{}", c.to_ascii_uppercase()).parse().unwrap();
        (key, c, c.to_ascii_uppercase())
    });
    let digits = ('0'..='9').zip(")!@#$%^&*(".chars()).map(|(c, s)| (format!("KEY_{c}").parse().unwrap(), c, s));
    let keypad = ('0'..='9').map(|c| (format!("KEY_KP{c}").parse().unwrap(), c, c));
    let others = [
        (K::KEY_MINUS, '-', '_'),
        (K::KEY_EQUAL, '=', '+'),
        (K::KEY_LEFTBRACE, '[', '{'),
        (K::KEY_RIGHTBRACE, ']', '}'),
        (K::KEY_SEMICOLON, ';', ':'),
        (K::KEY_APOSTROPHE, '\'', '"'),
        (K::KEY_GRAVE, '`', '~'),
        (K::KEY_BACKSLASH, '\\', '|'),
        (K::KEY_COMMA, ',', '<'),
        (K::KEY_DOT, '.', '>'),
        (K::KEY_SLASH, '/', '?'),
        (K::KEY_SPACE, ' ', ' '),
        (K::KEY_TAB, '\t', '\t'),
        (K::KEY_ENTER, '\n', '\n'),
        (K::KEY_KPENTER, '\n', '\n'),
        (K::KEY_KPPLUS, '+', '+'),
        (K::KEY_KPMINUS, '-', '-'),
        (K::KEY_KPASTERISK, '*', '*'),
        (K::KEY_KPSLASH, '/', '/'),
        (K::KEY_KPDOT, '.', '.'),
        (K::KEY_KPEQUAL, '=', '='),
    ];
    let known: Vec<(KeyCode, char, char)> = letters.chain(digits).chain(keypad).chain(others).collect();
    for code in 0..=0x2ff {
        let key = KeyCode(code);
        let (plain, shifted) = match known.iter().find(|(known, ..)| *known == key) {
            Some((_, plain, shifted)) => (plain.to_string(), shifted.to_string()),
            None => (String::new(), String::new()),
        };
        let mut keys = Keys::default();
        if key == K::KEY_CAPSLOCK || SHIFT.contains(&key) || CONTROL.contains(&key) || OTHER.contains(&key) {
            continue;
        }
        assert_eq!(press(&mut keys, key), plain, "{key:?}");
        for shift in SHIFT {
            typed(&mut keys, &[(shift, 1)]);
            assert_eq!(press(&mut keys, key), shifted, "{key:?} with shift");
            typed(&mut keys, &[(shift, 0)]);
        }
        assert_eq!(press(&mut keys, key), plain, "{key:?} again");
    }
    // Every printable character can be typed.
    for c in ' '..='~' {
        assert!(known.iter().any(|(_, plain, shifted)| [*plain, *shifted].contains(&c)), "{c}");
    }
}

#[test]
fn shift_caps_lock_and_the_other_modifiers() {
    use KeyCode as K;
    let mut keys = Keys::default();
    // Two shifts, of which one is released; the shift of a later key comes before the release of the one before.
    let both = [(K::KEY_LEFTSHIFT, 1), (K::KEY_RIGHTSHIFT, 1), (K::KEY_LEFTSHIFT, 0), (K::KEY_S, 1)];
    assert_eq!(typed(&mut keys, &both), "S");
    assert_eq!(typed(&mut keys, &[(K::KEY_F, 1), (K::KEY_S, 0), (K::KEY_RIGHTSHIFT, 0), (K::KEY_F, 0)]), "F");
    // Held down: repeated by the kernel, not by the scanner; so is shift.
    let held =
        [(K::KEY_LEFTSHIFT, 1), (K::KEY_LEFTSHIFT, 2), (K::KEY_A, 1), (K::KEY_A, 2), (K::KEY_A, 2), (K::KEY_A, 0)];
    assert_eq!(typed(&mut keys, &held), "A");
    assert_eq!(press(&mut keys, K::KEY_A), "A");
    typed(&mut keys, &[(K::KEY_LEFTSHIFT, 0)]);
    // Caps lock turns letters alone, and turns them back with shift.
    press(&mut keys, K::KEY_CAPSLOCK);
    assert_eq!(typed(&mut keys, &[(K::KEY_A, 1), (K::KEY_1, 1), (K::KEY_MINUS, 1)]), "A1-");
    assert_eq!(typed(&mut keys, &[(K::KEY_LEFTSHIFT, 1), (K::KEY_A, 1), (K::KEY_1, 1), (K::KEY_LEFTSHIFT, 0)]), "a!");
    press(&mut keys, K::KEY_CAPSLOCK);
    assert_eq!(press(&mut keys, K::KEY_A), "a");
    // GS and a carriage return, as some scanners send them.
    typed(&mut keys, &[(K::KEY_RIGHTCTRL, 1)]);
    assert_eq!(typed(&mut keys, &[(K::KEY_RIGHTBRACE, 1), (K::KEY_M, 1), (K::KEY_RIGHTCTRL, 0)]), "\u{1d}\r");
    // A number on the keypad that means another character is no digits.
    let alt = [(K::KEY_LEFTALT, 1), (K::KEY_KP6, 1), (K::KEY_KP5, 1), (K::KEY_LEFTALT, 0), (K::KEY_KP5, 1)];
    assert_eq!(typed(&mut keys, &alt), "\u{fffd}\u{fffd}5");
}

#[test]
fn dropped_events_are_told_and_leave_no_shift_behind() {
    let mut keys = Keys::default();
    let (report, dropped) = (SynchronizationCode::SYN_REPORT.0, SynchronizationCode::SYN_DROPPED.0);
    assert_eq!(typed(&mut keys, &[(KeyCode::KEY_LEFTSHIFT, 1)]), "");
    assert_eq!(keys.event(0, dropped, 0), Typed::Missed);
    // The rest of a report whose beginning is gone.
    assert_eq!(typed(&mut keys, &[(KeyCode::KEY_A, 1)]), "");
    assert_eq!(keys.event(0, report, 0), Typed::Nothing);
    assert_eq!(press(&mut keys, KeyCode::KEY_A), "a");
    // Scan codes, lights and mice are no text.
    for kind in [2, 3, 4, 5, 0x11, 0x14, 0xffff] {
        assert_eq!(keys.event(kind, KeyCode::KEY_A.0, 1), Typed::Nothing);
    }
}

fn found(path: &str, name: &str, usb: (u16, u16), place: &str, types_digits: bool) -> Found {
    Found { path: path.into(), name: name.to_owned(), usb, place: place.to_owned(), types_digits }
}

#[test]
fn one_device_is_chosen_or_none() {
    let scanner = (0x05e0, 0x1200);
    let machine = || {
        vec![
            found("/dev/input/event10", "Symbol Scanner", scanner, "usb-0000:00:14.0-2/input1", true),
            found("/dev/input/event0", "Power Button", (0, 1), "LNXPWRBN/button/input0", false),
            found("/dev/input/event9", "Symbol Scanner", scanner, "usb-0000:00:14.0-2/input0", true),
            found("/dev/input/event8", "Symbol Scanner Consumer Control", scanner, "usb-0000:00:14.0-2/input2", false),
            found("/dev/input/event4", "Keyboard", (0x046d, 0xc31c), "usb-0000:00:14.0-3/input0", true),
        ]
    };
    let usb = Wedge::Usb { vendor: scanner.0, product: scanner.1 };
    let name = |text: &str| Wedge::Name(text.to_owned());
    for wanted in [usb.clone(), name("Symbol Scanner"), name("Symbol")] {
        assert_eq!(choose(machine(), &wanted).unwrap(), Path::new("/dev/input/event9"), "{wanted:?}");
    }
    assert_eq!(choose(machine(), &name("Key")).unwrap(), Path::new("/dev/input/event4"));
    // Not there; no keyboard; another beginning.
    for wanted in [Wedge::Usb { vendor: 0x05e0, product: 0x1201 }, name("Power"), name("symbol"), name("Scanner")] {
        let why = choose(machine(), &wanted).unwrap_err();
        assert!(why.en.contains("is not there"), "{wanted:?}: {why}");
    }
    // Two of them: neither, also where nobody knows where they are plugged in.
    for place in ["usb-0000:00:14.0-5/input0", "", "aa:bb:cc:dd:ee:ff"] {
        let mut two = vec![found("/dev/input/event1", "Symbol Scanner", scanner, place, true)];
        two.push(Found { path: "/dev/input/event2".into(), ..two[0].clone() });
        two[0].place = if place.starts_with("usb") { "usb-0000:00:14.0-6/input0".to_owned() } else { place.to_owned() };
        let why = choose(two, &usb).unwrap_err();
        assert!(why.en.contains("several") && why.en.contains("by-path") && !why.en.contains('\n'), "{why}");
    }
}
