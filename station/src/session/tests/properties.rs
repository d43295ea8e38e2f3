//! What holds for all inputs at all times.

use evidence::value::Value as _;
use proptest::prelude::*;

use super::*;

const OPERATOR: &str = "worker-37";

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
        let mut session = Session::new(settings);
        // Both begin at 0: a first input of an earlier time counts as of then.
        assert_eq!(session.step(0, Input::Tick), []);
        Self { session, settings, now_us: 0, clip: None, asked: None, opened: 0, ended: 0, timeouts: 0, questions: 0 }
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
                Action::Bind(order, _) => {
                    assert_eq!(self.clip, Some(None), "bound where no clip waits for its order");
                    assert_eq!(Some(order), scanned, "an order that was not scanned now");
                    self.clip = Some(Some(order.clone()));
                    named = Some(order.clone());
                }
                Action::Note(kind) => {
                    assert!(self.clip.is_some(), "{action:?} without a clip");
                    named = kind.binds().cloned();
                    assert!(named.is_none() || self.clip.as_ref() == Some(&named), "{action:?} names another order");
                }
                Action::Hold => assert!(self.clip.is_some(), "held without a clip"),
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
        if matches!(input, Input::CameraLost | Input::CameraStalled) {
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
    let rest = [
        "refused no-room",
        "refused disk",
        "refused camera",
        "refused pictures",
        "camera-lost",
        "camera-stalled",
        "camera-back",
    ];
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
