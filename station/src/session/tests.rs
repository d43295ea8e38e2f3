//! Examples, read as tables: seconds and what happens | what the bench does. Then what holds for all inputs.

use evidence::{
    statement::{Event, Events},
    value::Value,
};
use proptest::prelude::*;

use super::*;
use crate::prompt::Weight;

const S: i64 = 1_000_000;
const OPERATOR: &str = "worker-37";

fn settings(same_code: SameCode) -> Settings {
    Settings { same_code, still_us: Some(60 * S), longest_us: 600 * S, answer_us: 15 * S, one_shot_us: 3 * S / 10 }
}

/// The text of an order code of the tables.
fn order(name: &str) -> Order {
    Value::parse(&format!("ORDER-{name}")).unwrap()
}

fn scanned(code: Code, length: u64, before: Option<u64>) -> Input {
    Input::Scan { scan: Scan { code, length, rule: "-".to_owned() }, before }
}

fn input(text: &str) -> Input {
    let words: Vec<&str> = text.split_whitespace().collect();
    match words[..] {
        ["item"] => scanned(Code::Item, 13, None),
        ["ignored"] => scanned(Code::Ignored, 40, None),
        ["unknown"] => scanned(Code::Unknown, 5, None),
        ["SHIFT"] => scanned(Code::Operator(None), 14, None),
        ["SHIFT", name] => scanned(Code::Operator(Token::parse(name)), 18, None),
        ["still"] => Input::Still,
        ["moving"] => Input::Moving,
        ["camera-lost"] => Input::CameraLost,
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
        Action::Bind(order) => format!("bind {order}"),
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
    assert_eq!((nothing.is_recording(), nothing.order(), nothing.direction(), nothing.due()), (false, None, None, None));
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
         40 A          | note other-code:order:7
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
         9  A | note other-code:order:7
         18 A | note other-code:order:7",
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
                    9 A | note other-code:order:7; say same-code-ask 15";
        play(settings(SameCode::Ask), &format!("{open}\n{table}"))
    };
    ask("20 A | close same-code; say ended");
    // Time drops the question: silence means that the clip goes on.
    ask("24 A | note other-code:order:7; say same-code-ask 15");
    ask("24 tick |\n 25 A | note other-code:order:7; say same-code-ask 15");
    // So does any other code.
    for other in ["item    | note other-code:item:13", "ignored | note other-code:ignored:40", "HOLD | note control:hold; hold; say hold-set"]
    {
        ask(&format!("12 {other}\n 15 A | note other-code:order:7; say same-code-ask 15"));
    }
    ask("12 SHIFT ann | operator ann; note operator:ann; say operator-on ann
         15 A         | note other-code:order:7; say same-code-ask 15");
    ask("12 B | note next-scan; close next-scan; open B scan outgoing; say order-opened B
         15 B | note other-code:order:7; say same-code-ask 15");
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
    // The same order twice is a double read.
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
         9 B before 30 | note next-scan; close next-scan; open B scan outgoing; say order-opened B; say duplicate-order B 30",
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
             150   A    | note other-code:order:7; say going-on
             160   A    | close same-code; say ended"
        ),
    );
    // A scan that ends the clip does what it says.
    play(ignore(), &format!("{open} 84.9 END | note control:end; close end-code; say ended"));
    play(
        ignore(),
        &format!("{open} 84.9 B | note next-scan; close next-scan; open B scan outgoing; say order-opened B\n 85 tick |"),
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
    let session = play(ignore(), "0 A | open A scan outgoing; say order-opened A\n 10 still |\n 20 moving |\n 30 still |");
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
        let session = play(settings(same_code), &format!("{open} 614.9 A | note other-code:order:7; say going-on"));
        assert_eq!(session.due(), Some(1_214_900_000));
    }
    // Known to be meant before it was asked: as good as an answer.
    let session = play(ignore(), "0 A | open A scan outgoing; say order-opened A\n 500 A | note other-code:order:7");
    assert_eq!(session.due(), Some(1100 * S));
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

/// What is known of a bench from its actions alone.
struct Watched {
    session: Session,
    settings: Settings,
    now_us: i64,
    /// The open clip: its order.
    clip: Option<Option<Order>>,
    /// What the bench asked about going on, and when; unanswered since.
    asked: Option<(About, i64)>,
    opened: usize,
    ended: usize,
    timeouts: usize,
    questions: usize,
}

impl Watched {
    fn new(settings: Settings) -> Self {
        Self {
            session: Session::new(settings),
            settings,
            now_us: 0,
            clip: None,
            asked: None,
            opened: 0,
            ended: 0,
            timeouts: 0,
            questions: 0,
        }
    }

    fn end(&mut self) {
        assert!(self.clip.take().is_some(), "a clip ends that is not open");
        self.asked = None;
        self.ended += 1;
    }

    /// Takes an input and checks all that must hold after any.
    fn step(&mut self, at_us: i64, input: &Input) -> Vec<Action> {
        let (due_us, was_idle) = (self.session.due(), self.clip.is_none());
        let actions = self.session.step(at_us, input.clone());
        self.now_us = self.now_us.max(at_us);
        let scanned = match input {
            Input::Scan { scan: Scan { code: Code::Order(order), .. }, .. } => Some(order),
            _ => None,
        };
        if matches!(input, Input::Closed(_) | Input::Refused(_)) && self.clip.is_some() {
            self.end();
        }
        let mut named = None;
        for action in &actions {
            match action {
                Action::Open { order, .. } => {
                    assert_eq!(self.clip, None, "two clips are open");
                    assert!(order.is_none() || order.as_ref() == scanned, "an order that was not scanned now");
                    self.clip = Some(order.clone());
                    named = order.clone();
                    self.opened += 1;
                }
                Action::Bind(order) => {
                    assert_eq!(self.clip, Some(None), "bound where no clip waits for its order");
                    assert_eq!(Some(order), scanned, "an order that was not scanned now");
                    self.clip = Some(Some(order.clone()));
                    named = Some(order.clone());
                }
                Action::Note(_) | Action::Hold => assert!(self.clip.is_some(), "{action:?} without a clip"),
                Action::Close(reason) => {
                    if *reason == Reason::Timeout {
                        let (_, asked_us) = self.asked.expect("closed unasked");
                        assert!(self.now_us - asked_us >= self.settings.answer_us, "no time to answer");
                        self.timeouts += 1;
                    }
                    self.end();
                }
                Action::Operator(operator) => assert_eq!(operator.as_ref(), self.session.operator()),
                Action::Prompt(prompt @ (Prompt::StillAsk { .. } | Prompt::LongestAsk { .. })) => {
                    let still = matches!(prompt, Prompt::StillAsk { .. });
                    let about = if still { About::Still } else { About::Longest };
                    assert_eq!(self.asked.replace((about, self.now_us)), None, "asked while a question waits");
                    self.questions += 1;
                }
                Action::Prompt(Prompt::GoingOn) => self.asked = None,
                Action::Prompt(_) => {}
            }
            // Another parcel's number is never said, let alone signed.
            let text = format!("{action:?}");
            let spoken = NAMES.into_iter().map(order).filter(|order| text.contains(order.as_str()));
            for order in spoken {
                assert_eq!(Some(order), named, "{text}");
            }
            let signed_on = matches!(input, Input::Scan { scan, .. } if matches!(scan.code, Code::Operator(_)));
            assert!(signed_on || !text.contains(OPERATOR), "{text}");
        }
        if matches!(input, Input::CameraLost) {
            self.asked = self.asked.filter(|(about, _)| *about == About::Longest);
        }
        self.check(input, &actions, due_us, was_idle);
        actions
    }

    fn check(&self, input: &Input, actions: &[Action], due_us: Option<i64>, was_idle: bool) {
        let session = &self.session;
        assert_eq!(session.is_recording(), self.clip.is_some());
        assert_eq!(session.order(), self.clip.as_ref().and_then(Option::as_ref));
        assert_eq!(session.direction().is_some(), self.clip.is_some());
        assert_eq!(session.due().is_none(), self.clip.is_none(), "due");
        assert_eq!(self.opened, self.ended + usize::from(self.clip.is_some()));
        assert_eq!(was_idle, due_us.is_none());
        if *input == Input::Tick {
            match due_us {
                Some(due_us) if due_us <= self.now_us => {
                    assert!(!actions.is_empty() || session.due() > Some(due_us), "no progress at {due_us}");
                }
                _ => assert_eq!((actions, session.due()), (&[][..], due_us), "a tick before its time"),
            }
        }
        if matches!(input, Input::Closed(reason) if !reason.is_complete()) || matches!(input, Input::Refused(_)) {
            assert!(!session.is_recording());
            assert!(matches!(actions, [Action::Prompt(prompt)] if prompt.weight() == Weight::Alarm), "{actions:?}");
        }
    }

    /// Leaves the bench alone: how many ticks it takes to end the clip.
    fn leave(&mut self) -> usize {
        let mut ticks = 0;
        while let Some(due_us) = self.session.due() {
            self.step(due_us, &Input::Tick);
            ticks += 1;
            assert!(ticks < 10, "a clip without end");
        }
        ticks
    }
}

const NAMES: [&str; 4] = ["A", "B", "C", "D"];

fn some_settings() -> impl Strategy<Value = Settings> {
    let same_code = prop_oneof![Just(SameCode::Ignore), Just(SameCode::Stop), Just(SameCode::Ask)];
    let still = prop_oneof![Just(None), (0..90 * S).prop_map(Some)];
    let one_shot = prop_oneof![Just(0), Just(3 * S / 10), 0..2 * S];
    (same_code, still, 0..900 * S, 0..30 * S, one_shot).prop_map(
        |(same_code, still_us, longest_us, answer_us, one_shot_us)| Settings {
            same_code,
            still_us,
            longest_us,
            answer_us,
            one_shot_us,
        },
    )
}

fn some_scan() -> impl Strategy<Value = Input> {
    let before = prop_oneof![3 => Just(None), 1 => (0..40_u64).prop_map(Some)];
    prop_oneof![
        8 => (prop::sample::select(&NAMES[..]), before)
            .prop_map(|(name, before)| scanned(Code::Order(order(name)), 7, before)),
        4 => prop::sample::select(Control::ALL).prop_map(|control| scanned(Code::Control(control), 12, None)),
        1 => Just(scanned(Code::Operator(Token::parse(OPERATOR)), 18, None)),
        1 => Just(scanned(Code::Operator(None), 14, None)),
        5 => prop::sample::select(vec!["item", "ignored", "unknown"]).prop_map(input),
    ]
}

fn some_input() -> impl Strategy<Value = Input> {
    let rest = ["refused no-room", "refused disk", "refused camera", "refused pictures", "camera-lost", "camera-back"];
    prop_oneof![
        10 => some_scan(),
        4 => prop::sample::select(vec!["still", "moving"]).prop_map(input),
        1 => prop::sample::select(rest.to_vec()).prop_map(input),
        1 => prop::sample::select(Reason::ALL).prop_map(Input::Closed),
        4 => Just(Input::Tick),
    ]
}

/// How long after the input before: within one shot, while packing, much later, or even before it.
fn some_time() -> impl Strategy<Value = i64> {
    prop_oneof![4 => 0..S, 4 => 0..40 * S, 1 => 0..1000 * S, 1 => -5 * S..0]
}

/// Inputs and their times; `None`: a tick when the bench wants one.
fn some_day() -> impl Strategy<Value = Vec<(i64, Option<Input>)>> {
    let tick = Just(None);
    prop::collection::vec((some_time(), prop_oneof![4 => some_input().prop_map(Some), 1 => tick]), 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_day_of_anything(settings in some_settings(), day in some_day()) {
        let mut bench = Watched::new(settings);
        for (after_us, input) in day {
            match (input, bench.session.due()) {
                (Some(input), _) => bench.step(bench.now_us + after_us, &input),
                (None, Some(due_us)) => bench.step(due_us, &Input::Tick),
                (None, None) => bench.step(bench.now_us, &Input::Tick),
            };
        }
        // A question about the same code, another one, its end.
        assert!(bench.leave() <= 3);
        assert_eq!(bench.opened, bench.ended);
    }

    /// Whatever the times, also at the ends of what a number can hold.
    #[test]
    fn no_time_is_too_strange(
        same_code in prop::sample::select(vec![SameCode::Ignore, SameCode::Stop, SameCode::Ask]),
        times in prop::array::uniform4(any::<i64>()),
        still in any::<bool>(),
        day in prop::collection::vec((prop_oneof![any::<i64>(), Just(i64::MAX), Just(i64::MIN)], some_input()), 1..30),
    ) {
        let [still_us, longest_us, answer_us, one_shot_us] = times;
        let still_us = still.then_some(still_us);
        let mut session = Session::new(Settings { same_code, still_us, longest_us, answer_us, one_shot_us });
        for (at_us, input) in day {
            session.step(at_us, input);
            prop_assert_eq!(session.due().is_some(), session.is_recording());
        }
    }

    /// Where somebody scans again and again, no time-out fires; before the first one is due, nothing is even asked.
    #[test]
    fn steady_scans_keep_a_clip_open(
        settings in some_settings(),
        others in prop::collection::vec((prop::collection::vec(some_other(), 0..3), 0..1000_i64), 1..40),
    ) {
        let mut bench = Watched::new(settings);
        let patience_us = settings.longest_us.min(settings.still_us.unwrap_or(i64::MAX));
        let mut at_us = 0;
        for (others, share) in others {
            bench.step(at_us, &scanned(Code::Order(order("A")), 7, None));
            let next_us = at_us + share * (patience_us + settings.answer_us) / 1000;
            for other in others {
                bench.step(at_us, &other);
            }
            while let Some(due_us) = bench.session.due().filter(|due_us| *due_us < next_us) {
                let questions = bench.questions;
                bench.step(due_us, &Input::Tick);
                prop_assert!(bench.questions == questions || due_us >= at_us + patience_us, "asked too early");
            }
            at_us = next_us;
        }
        prop_assert_eq!(bench.timeouts, 0);
    }

    /// Of the orders of one shot only the first counts, whatever else the shot holds.
    #[test]
    fn one_shot_names_one_order(
        open in prop::option::of(prop::sample::select(&NAMES[..])),
        shot in prop::collection::vec((prop_oneof![
            prop::sample::select(&NAMES[..]).prop_map(|name| scanned(Code::Order(order(name)), 7, None)),
            prop::sample::select(vec!["item", "ignored", "unknown"]).prop_map(input),
        ], 0..300_000_i64), 1..12),
    ) {
        let mut bench = Watched::new(ignore());
        if let Some(name) = open {
            bench.step(0, &scanned(Code::Order(order(name)), 7, None));
        }
        let (mut at_us, mut read, mut first, mut several) = (10 * S, 0, None, 0);
        for (input, after_us) in &shot {
            let actions = bench.step(at_us, input);
            several += actions.iter().filter(|action| matches!(action, Action::Prompt(Prompt::SeveralOrders))).count();
            if let Input::Scan { scan: Scan { code: Code::Order(order), .. }, .. } = input {
                first.get_or_insert_with(|| order.clone());
                read = at_us;
            }
            // The next code of the shot; orders are less than 0.3 s apart.
            at_us = (at_us + after_us / 4).min(if first.is_some() { read + 299_999 } else { i64::MAX });
        }
        let orders = shot.iter().filter_map(|(input, _)| match input {
            Input::Scan { scan: Scan { code: Code::Order(order), .. }, .. } => Some(order),
            _ => None,
        });
        let different = orders.clone().any(|order| Some(order) != first.as_ref());
        prop_assert_eq!(several, usize::from(different));
        let expected = first.or(open.map(order));
        prop_assert_eq!(bench.session.order(), expected.as_ref());
        prop_assert!(bench.opened <= 2);
    }
}

/// What may happen between the scans of a clip's order without ending it.
fn some_other() -> impl Strategy<Value = Input> {
    prop::sample::select(vec!["still", "moving", "item", "ignored", "unknown", "HOLD", "SHIFT", "camera-back"])
        .prop_map(input)
}
