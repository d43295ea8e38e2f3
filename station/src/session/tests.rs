//! Examples, read as tables: seconds and what happens | what the bench does.

use evidence::{
    statement::{Event, Events},
    value::Value,
};

use super::*;
use crate::prompt::Weight;

mod properties;

const S: i64 = 1_000_000;

fn settings(same_code: SameCode) -> Settings {
    Settings { same_code, still_us: Some(60 * S), longest_us: 600 * S, answer_us: 15 * S, one_shot_us: 3 * S / 10 }
}

/// The text of an order code of the tables.
fn order(name: &str) -> Order {
    Value::parse(&format!("ORDER-{name}")).unwrap()
}

fn scanned(code: Code, length: u64, before: Option<u64>) -> Input {
    Input::Scan { scan: Scan { code, length, rule: "-".to_owned() }, via: Via::Scanner, before }
}

fn input(text: &str) -> Input {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words[..] {
        ["api", code] => match input(code) {
            Input::Scan { scan, before, .. } => Input::Scan { scan, via: Via::Api, before },
            other => panic!("no code: {other:?}"),
        },
        ["item"] => scanned(Code::Item, 13, None),
        ["ignored"] => scanned(Code::Ignored, 40, None),
        ["unknown"] => scanned(Code::Unknown, 5, None),
        ["SHIFT"] => scanned(Code::Operator(None), 14, None),
        ["SHIFT", name] => scanned(Code::Operator(Token::parse(name)), 18, None),
        ["still"] => Input::Still,
        ["moving"] => Input::Moving,
        ["camera-lost"] => Input::CameraLost,
        ["camera-stalled"] => Input::CameraStalled,
        ["camera-back"] => Input::CameraBack,
        ["tick"] => Input::Tick,
        ["closed", reason] => Input::Closed(Reason::parse(reason).unwrap()),
        ["refused", "no-room"] => Input::Refused(Refusal::NoRoom),
        ["refused", "disk"] => Input::Refused(Refusal::Disk),
        ["refused", "camera"] => Input::Refused(Refusal::Camera),
        ["refused", "pictures"] => Input::Refused(Refusal::Pictures),
        [name] if name.len() == 1 => scanned(Code::Order(order(name)), 7, None),
        [name, "before", days] => scanned(Code::Order(order(name)), 7, Some(days.parse().unwrap())),
        [control] => scanned(Code::Control(Control::parse(&control.to_lowercase()).unwrap()), 12, None),
        _ => panic!("no input: {text}"),
    }
}

fn written(value: &impl Value) -> String {
    let mut text = String::new();
    value.write(&mut text);
    text
}

fn shown(action: &Action) -> String {
    let text = match action {
        Action::Open { order, opened, direction } => {
            format!("open {} {} {}", written(order), opened.as_str(), direction.as_str())
        }
        Action::Bind(order, Via::Scanner) => format!("bind {order}"),
        Action::Bind(order, Via::Api) => format!("bind {order} api"),
        Action::Note(kind) => {
            let events = Events(vec![Event { offset: 0, kind: kind.clone() }]);
            format!("note {}", &written(&events)[2..])
        }
        Action::Close(reason) => format!("close {}", reason.as_str()),
        Action::Hold => "hold".to_owned(),
        Action::Operator(operator) => format!("operator {}", written(operator)),
        Action::Prompt(prompt) => {
            let values = prompt.parameters().into_iter().map(|(_, value)| format!(" {value}"));
            format!("say {}{}", prompt.key(), values.collect::<String>())
        }
    };
    text.replace("ORDER-", "")
}

/// Plays a table on a new bench. `!` before a prompt's key: it is an alarm.
fn play(settings: Settings, table: &str) -> Session {
    let mut session = Session::new(settings);
    let lines = table.lines().map(str::trim).filter(|line| !line.is_empty());
    let (mut was, mut wanted) = (String::new(), String::new());
    for line in lines {
        let (left, right) = line.split_once('|').unwrap();
        let (seconds, what) = left.trim().split_once(' ').unwrap();
        let at_us = (seconds.parse::<f64>().unwrap() * 1e6).round() as i64;
        let actions = session.step(at_us, input(what));
        for action in &actions {
            let is_alarm = matches!(action, Action::Prompt(prompt) if prompt.weight() == Weight::Alarm);
            was += &format!("{} | {}{}\n", left.trim(), if is_alarm { "! " } else { "" }, shown(action));
        }
        for action in right.split(';').map(str::trim).filter(|action| !action.is_empty()) {
            wanted += &format!("{} | {action}\n", left.trim());
        }
    }
    assert!(was == wanted, "the bench does\n{was}\nand should do\n{wanted}");
    session
}

fn ignore() -> Settings {
    settings(SameCode::Ignore)
}

#[test]
fn idle() {
    play(ignore(), "0 A       | open A scan outgoing; say order-opened A");
    play(ignore(), "0 START   | open - control outgoing; say started");
    play(ignore(), "0 RETURN  | open - control return; say return-started");
    play(ignore(), "0 item    | open - scan outgoing; say started; note other-code:item:13");
    play(ignore(), "0 END     | say nothing-open");
    play(ignore(), "0 CANCEL  | say nothing-open");
    play(ignore(), "0 HOLD    | say hold-needs-clip");
    play(ignore(), "0 unknown | say unknown-code 5");
    play(ignore(), "0 ignored |");
    let nothing = play(ignore(), "0 still |\n 500 tick |\n 501 moving |\n 502 closed next-scan |");
    assert_eq!(
        (nothing.is_recording(), nothing.order(), nothing.direction(), nothing.due()),
        (false, None, None, None)
    );
}

#[test]
fn scan_pack_scan() {
    let session = play(
        ignore(),
        "0   A   | open A scan outgoing; say order-opened A
         90  B   | note next-scan; close next-scan; open B scan outgoing; say order-opened B
         180 C   | note next-scan; close next-scan; open C scan outgoing; say order-opened C
         270 END | note control:end; close end-code; say ended
         271 B   | open B scan outgoing; say order-opened B",
    );
    assert!(session.is_recording());
    assert_eq!((session.order(), session.direction()), (Some(&order("B")), Some(Direction::Outgoing)));
}

/// Whether somebody scanned what a program hands over, nobody knows: it is signed as the program's.
#[test]
fn codes_of_the_interface() {
    play(
        ignore(),
        "0  api START | open - api outgoing; say started
         20 api A     | bind A api; say order-bound A
         30 api A     | note order-api:A
         40 A         | note order-scan:A
         50 api B     | note next-scan; close next-scan; open B api outgoing; say order-opened B
         60 api END   | note control:end; close end-code; say ended",
    );
    play(
        ignore(),
        "0 api item | open - api outgoing; say started; note other-code:item:13\n 9 A | bind A; say order-bound A",
    );
    play(ignore(), "0 api RETURN | open - api return; say return-started");
}

#[test]
fn the_label_is_printed_last() {
    play(
        ignore(),
        "0  START | open - control outgoing; say started
         20 item  | note other-code:item:13
         50 A     | bind A; say order-bound A
         60 B     | note next-scan; close next-scan; open B scan outgoing; say order-opened B",
    );
    play(
        ignore(),
        "0  item       | open - scan outgoing; say started; note other-code:item:13
         30 A before 2 | bind A; say order-bound A; say duplicate-order A 2
         40 A          | note order-scan:A
         50 END        | note control:end; close end-code; say ended",
    );
}

#[test]
fn a_clip_without_an_order_is_said() {
    play(
        ignore(),
        "0  START  | open - control outgoing; say started
         20 START  | note control:start; close next-scan; say no-order; open - control outgoing; say started
         40 END    | note control:end; close end-code; say no-order
         50 START  | open - control outgoing; say started
         60 CANCEL | note control:cancel; close cancelled; say cancelled",
    );
}

#[test]
fn control_codes_while_recording() {
    let open = "0 A | open A scan outgoing; say order-opened A\n";
    let then = |line: &str| play(ignore(), &format!("{open} 9 {line}"));
    then("START  | note control:start; close next-scan; open - control outgoing; say started");
    then("RETURN | note control:return; close next-scan; open - control return; say return-started");
    then("END    | note control:end; close end-code; say ended");
    then("CANCEL | note control:cancel; close cancelled; say cancelled");
    let held = then("HOLD | note control:hold; hold; say hold-set");
    assert!(held.is_recording());
}

#[test]
fn codes_that_are_not_the_order() {
    play(
        ignore(),
        "0 A       | open A scan outgoing; say order-opened A
         5 item    | note other-code:item:13
         6 ignored | note other-code:ignored:40
         7 unknown | note other-code:unknown:5; say unknown-code 5",
    );
}

#[test]
fn same_code_ignored() {
    play(
        ignore(),
        "0  A | open A scan outgoing; say order-opened A
         9  A | note order-scan:A
         18 A | note order-scan:A",
    );
}

#[test]
fn same_code_stops() {
    play(
        settings(SameCode::Stop),
        "0  A | open A scan outgoing; say order-opened A
         9  A | close same-code; say ended
         18 A | open A scan outgoing; say order-opened A",
    );
}

#[test]
fn same_code_asks() {
    let ask = |table: &str| {
        let open = "0 A | open A scan outgoing; say order-opened A
                    9 A | note order-scan:A; say same-code-ask 15";
        play(settings(SameCode::Ask), &format!("{open}\n{table}"))
    };
    ask("20 A | close same-code; say ended");
    // Time drops the question: silence means that the clip goes on.
    ask("24 A | note order-scan:A; say same-code-ask 15");
    ask("24 tick |\n 25 A | note order-scan:A; say same-code-ask 15");
    // So does any other code.
    for other in [
        "item    | note other-code:item:13",
        "ignored | note other-code:ignored:40",
        "HOLD | note control:hold; hold; say hold-set",
    ] {
        ask(&format!("12 {other}\n 15 A | note order-scan:A; say same-code-ask 15"));
    }
    ask("12 SHIFT ann | operator ann; note operator:ann; say operator-on ann
         15 A         | note order-scan:A; say same-code-ask 15");
    ask("12 B | note next-scan; close next-scan; open B scan outgoing; say order-opened B
         15 B | note order-scan:B; say same-code-ask 15");
    // Unless it is another code of the same label, read in the same shot.
    ask("9.1 ignored | note other-code:ignored:40
         9.2 item    | note other-code:item:13
         20  ignored | note other-code:ignored:40
         20.1 A      | close same-code; say ended");
    // Moving is what packers do.
    ask("12 moving |\n 15 A | close same-code; say ended");
}

#[test]
fn several_codes_in_one_shot() {
    // Two different orders: only the first counts, whether it opens, binds or switches.
    play(
        ignore(),
        "0    A | open A scan outgoing; say order-opened A
         0.2  B | note other-code:order:7; say several-orders
         0.4  A |
         0.6  C | note other-code:order:7
         0.9  B | note next-scan; close next-scan; open B scan outgoing; say order-opened B",
    );
    play(
        ignore(),
        "0    START | open - control outgoing; say started
         9    A     | bind A; say order-bound A
         9.1  B     | note other-code:order:7; say several-orders
         19   C     | note next-scan; close next-scan; open C scan outgoing; say order-opened C
         19.1 A     | note other-code:order:7; say several-orders",
    );
    // What stands beside the order never hides it, and begins nothing where the order ended a clip.
    play(
        settings(SameCode::Stop),
        "0    ignored |
         0.05 item    | open - scan outgoing; say started; note other-code:item:13
         0.1  A       | bind A; say order-bound A
         0.15 unknown | note other-code:unknown:5
         9    ignored | note other-code:ignored:40
         9.1  B       | note next-scan; close next-scan; open B scan outgoing; say order-opened B
         9.2  item    | note other-code:item:13
         19   B       | close same-code; say ended
         19.1 item    |
         19.2 unknown |
         30   item    | open - scan outgoing; say started; note other-code:item:13",
    );
    // The same order twice is a double read; a label that is looked at all the time is one long shot.
    for same_code in [SameCode::Ignore, SameCode::Stop, SameCode::Ask] {
        play(settings(same_code), "0 A | open A scan outgoing; say order-opened A\n 0.2 A |\n 0.45 A |");
    }
    let none = Settings { one_shot_us: 0, ..ignore() };
    play(
        none,
        "0 A | open A scan outgoing; say order-opened A
         0 B | note next-scan; close next-scan; open B scan outgoing; say order-opened B",
    );
}

#[test]
fn returns() {
    // RETURN once, then one parcel after the other: a returns desk works through its heap.
    let session = play(
        ignore(),
        "0   RETURN      | open - control return; say return-started
         5   A before 12 | bind A; say order-bound A; say return-known A 12
         60  B before 0  | note next-scan; close next-scan; open B scan return; say return-opened B; say return-known B 0
         120 RETURN      | note control:return; close next-scan; open - control return; say return-started
         125 C           | bind C; say order-bound C",
    );
    assert_eq!(session.direction(), Some(Direction::Return));
    // START and END lead back to packing.
    play(
        ignore(),
        "0  RETURN | open - control return; say return-started
         5  A      | bind A; say order-bound A
         60 START  | note control:start; close next-scan; open - control outgoing; say started
         65 B      | bind B; say order-bound B
         90 C      | note next-scan; close next-scan; open C scan outgoing; say order-opened C",
    );
    play(
        ignore(),
        "0  RETURN | open - control return; say return-started
         5  A      | bind A; say order-bound A
         60 END    | note control:end; close end-code; say ended
         65 A      | open A scan outgoing; say order-opened A",
    );
}

#[test]
fn a_return_that_nobody_ended_goes_on_as_one() {
    let begin = "0 RETURN | open - control return; say return-started
                 5 A      | bind A; say order-bound A\n";
    for end in [
        "9 closed camera-lost | ! say stopped-camera-lost",
        "9 refused disk | ! say refused-disk",
        "9 still |\n 69 tick | say still-ask 15\n 84 tick | close timeout; say timed-out",
    ] {
        let again = "90 A before 0 | open A scan return; say return-opened A; say return-known A 0";
        play(ignore(), &format!("{begin}{end}\n{again}"));
        // Any other one is a new parcel, and that is forgotten.
        let other = "90 B   | open B scan outgoing; say order-opened B
                     95 END | note control:end; close end-code; say ended
                     97 A   | open A scan outgoing; say order-opened A";
        play(ignore(), &format!("{begin}{end}\n{other}"));
    }
}

#[test]
fn an_order_that_was_recorded_before() {
    play(
        ignore(),
        "0 A before 3  | open A scan outgoing; say order-opened A; say duplicate-order A 3
         9 B before 30 | note next-scan; close next-scan; open B scan outgoing; say order-opened B; \
                         say duplicate-order B 30",
    );
}

#[test]
fn operators() {
    let session = play(
        ignore(),
        "0 SHIFT ann | operator ann; say operator-on ann
         1 A         | open A scan outgoing; say order-opened A
         2 SHIFT bob | operator bob; note operator:bob; say operator-on bob",
    );
    assert_eq!(session.operator().map(Token::as_str), Some("bob"));
    let session = play(
        ignore(),
        "0 SHIFT ann | operator ann; say operator-on ann
         1 A         | open A scan outgoing; say order-opened A
         2 SHIFT     | operator -; note operator-off; say operator-off
         3 END       | note control:end; close end-code; say ended
         4 SHIFT     | operator -; say operator-off",
    );
    assert_eq!(session.operator(), None);
}

#[test]
fn nothing_moves() {
    let open = "0  A     | open A scan outgoing; say order-opened A
                10 still |
                69.9 tick |
                70 tick  | say still-ask 15
                84.9 tick |\n";
    let session = play(ignore(), &format!("{open} 85 tick | close timeout; say timed-out"));
    assert_eq!((session.is_recording(), session.due()), (false, None));
    // Moving answers, and so does any scan. Then all counts anew.
    play(ignore(), &format!("{open} 84.9 moving | say going-on\n 200 tick |"));
    play(
        settings(SameCode::Stop),
        &format!(
            "{open} 84.9 ignored | note other-code:ignored:40; say going-on
             144.8 tick |
             144.9 tick | say still-ask 15
             150   A    | note order-scan:A; say going-on
             160   A    | close same-code; say ended"
        ),
    );
    // A scan that ends the clip does what it says.
    play(ignore(), &format!("{open} 84.9 END | note control:end; close end-code; say ended"));
    play(
        ignore(),
        &format!(
            "{open} 84.9 B | note next-scan; close next-scan; open B scan outgoing; say order-opened B\n 85 tick |"
        ),
    );
}

#[test]
fn stillness_counts_from_the_last_scan() {
    let session = play(
        ignore(),
        "0   still |
         100 A     | open A scan outgoing; say order-opened A
         101 still |
         130 item  | note other-code:item:13
         131 still |",
    );
    assert_eq!(session.due(), Some(190 * S));
    let session =
        play(ignore(), "0 A | open A scan outgoing; say order-opened A\n 10 still |\n 20 moving |\n 30 still |");
    assert_eq!(session.due(), Some(90 * S));
    let never = Settings { still_us: None, ..ignore() };
    let session = play(never, "0 A | open A scan outgoing; say order-opened A\n 10 still |\n 500 tick |");
    assert_eq!(session.due(), Some(600 * S));
}

#[test]
fn a_long_clip() {
    for same_code in [SameCode::Ignore, SameCode::Stop, SameCode::Ask] {
        let open = "0     A    | open A scan outgoing; say order-opened A
                    599.9 tick |
                    600   tick | say longest-ask 15
                    601   moving |
                    602   item | note other-code:item:13
                    603   HOLD | note control:hold; hold; say hold-set
                    614   tick |\n";
        play(settings(same_code), &format!("{open} 615 tick | close timeout; say timed-out"));
        // Only its own order answers, whatever else that does; then the duration counts anew.
        let session = play(settings(same_code), &format!("{open} 614.9 A | note order-scan:A; say going-on"));
        assert_eq!(session.due(), Some(1_214_900_000));
    }
    // Known to be meant before it was asked: as good as an answer.
    let session = play(ignore(), "0 A | open A scan outgoing; say order-opened A\n 500 A | note order-scan:A");
    assert_eq!(session.due(), Some(1100 * S));
    // So is a label that the scanner looks at all the time.
    let session = play(
        ignore(),
        "0     A    | open A scan outgoing; say order-opened A
         599.8 A    | note order-scan:A
         600   A    |
         600.2 A    |
         600.2 tick |",
    );
    assert_eq!(session.due(), Some(1_200_200_000));
    // A clip without an order gets it: an answer, too.
    let session = play(
        ignore(),
        "0   START | open - control outgoing; say started
         600 tick  | say longest-ask 15
         610 A     | bind A; say order-bound A; say going-on",
    );
    assert_eq!(session.due(), Some(1210 * S));
}

#[test]
fn a_late_tick_asks_all_the_same() {
    play(
        ignore(),
        "0     A    | open A scan outgoing; say order-opened A
         90000 tick | say longest-ask 15
         90014 tick |
         90015 tick | close timeout; say timed-out",
    );
}

#[test]
fn the_camera_goes_and_comes() {
    play(
        ignore(),
        "0  A           | open A scan outgoing; say order-opened A
         5  camera-lost | ! say camera-lost
         6  camera-lost |
         9  B           | note next-scan; close next-scan; open B scan outgoing; say order-opened B; ! say camera-lost
         12 camera-back | say camera-back
         13 camera-back |
         15 C           | note next-scan; close next-scan; open C scan outgoing; say order-opened C",
    );
    // A stalled camera is told as such, also again; that starting it anew fails is no news.
    play(
        ignore(),
        "0  camera-stalled | ! say camera-stalled
         3  camera-lost    |
         5  A              | open A scan outgoing; say order-opened A; ! say camera-stalled
         9  camera-back    | say camera-back
         12 camera-lost    | ! say camera-lost
         15 B              | note next-scan; close next-scan; open B scan outgoing; say order-opened B; \
                             ! say camera-lost",
    );
    // What cannot be seen is not called still.
    let session = play(
        ignore(),
        "0  A           | open A scan outgoing; say order-opened A
         9  still       |
         69 tick        | say still-ask 15
         70 camera-lost | ! say camera-lost
         90 tick        |",
    );
    assert_eq!(session.due(), Some(600 * S));
}

#[test]
fn the_recorder_closes_the_clip() {
    for (reason, said) in [
        ("disk-full", "! say stopped-disk-full"),
        ("damaged", "! say stopped-damaged"),
        ("camera-lost", "! say stopped-camera-lost"),
        ("format-changed", "! say stopped-format-changed"),
        ("timeout", "! say stopped-longest"),
        ("source-end", "! say stopped-source-end"),
        ("shutdown", "! say stopped-shutdown"),
        ("stopped", "say ended"),
    ] {
        let table = format!("0 A | open A scan outgoing; say order-opened A\n 5 closed {reason} | {said}");
        let session = play(ignore(), &table);
        assert_eq!((session.is_recording(), session.due()), (false, None), "{reason}");
    }
    // Also one whose end was decided: it did not get there.
    play(
        ignore(),
        "0 A              | open A scan outgoing; say order-opened A
         5 END            | note control:end; close end-code; say ended
         6 closed damaged | ! say stopped-damaged",
    );
}

#[test]
fn a_clip_is_refused() {
    for (refusal, said) in [
        ("no-room", "refused-no-room"),
        ("disk", "refused-disk"),
        ("camera", "refused-camera"),
        ("pictures", "refused-pictures"),
    ] {
        let session = play(
            ignore(),
            &format!("0 A | open A scan outgoing; say order-opened A\n 0 refused {refusal} | ! say {said}"),
        );
        assert_eq!((session.is_recording(), session.order()), (false, None));
    }
}

#[test]
fn time_never_runs_backwards() {
    let session = play(
        ignore(),
        "50 A     | open A scan outgoing; say order-opened A
         20 still |
         10 tick  |",
    );
    assert_eq!(session.due(), Some(110 * S));
}
