//! What happened during a LINK's span (FORMAT.md, section 3.2).

use crate::value::{Order, Token, Value, choice};

/// Most events in one LINK.
pub const MAX_EVENTS: usize = 64;

/// Longest code that is spoken of, in characters.
const MAX_CODE: u64 = 4096;

/// One thing that happened.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// µs of the monotonic clock since the span's beginning.
    pub offset: u64,
    /// What.
    pub kind: EventKind,
}

choice!(
    /// What a code that is not the clip's order looks like.
    CodeClass {
        /// An order number.
        Order = "order",
        /// An article.
        Item = "item",
        /// A control code.
        Control = "control",
        /// On the ignore list.
        Ignored = "ignored",
        /// None of these.
        Unknown = "unknown",
    }
);
choice!(
    /// A control code of the bench.
    Control {
        /// START.
        Start = "start",
        /// END.
        End = "end",
        /// CANCEL.
        Cancel = "cancel",
        /// RETURN.
        Return = "return",
        /// HOLD.
        Hold = "hold",
        /// SHIFT.
        Shift = "shift",
    }
);
choice!(
    /// Whether the scale has come to rest.
    WeightState {
        /// It has.
        Stable = "stable",
        /// It has not.
        Moving = "moving",
    }
);

/// The kinds of events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EventKind {
    /// A scanned code was taken as the clip's order.
    OrderScan(Order),
    /// The interface named the clip's order.
    OrderApi(Order),
    /// The scan that closes this clip.
    NextScan,
    /// A code that is not this order: class and length in characters.
    OtherCode(CodeClass, u64),
    /// A control code.
    Control(Control),
    /// Signed on.
    Operator(Token),
    /// Signed off.
    OperatorOff,
    /// The clip's order was read from the picture, in so many frames.
    LabelRead(Order, u64),
    /// Another order-like code of this length was read from the picture, in so many frames.
    LabelConflict(u64, u64),
    /// Milligrams.
    Weight(i64, WeightState),
    /// One identical picture again and again.
    Frozen,
    /// Not any more.
    Unfrozen,
    /// The picture is black.
    Dark,
    /// Not any more.
    Lit,
    /// Nothing moves before the camera.
    Still,
    /// Something does again.
    Moving,
    /// The camera is gone.
    CameraLost,
    /// It sends nothing.
    CameraStalled,
    /// It is back.
    CameraBack,
    /// The capture process was started anew.
    CaptureRestarted,
    /// The wall clock was stepped by µs.
    ClockStep(i64),
}

impl EventKind {
    fn parse(text: &str) -> Option<Self> {
        let (word, rest) = match text.split_once(':') {
            Some((word, rest)) => (word, Some(rest)),
            None => (text, None),
        };
        let Some(rest) = rest else {
            return Some(match word {
                "next-scan" => Self::NextScan,
                "operator-off" => Self::OperatorOff,
                "frozen" => Self::Frozen,
                "unfrozen" => Self::Unfrozen,
                "dark" => Self::Dark,
                "lit" => Self::Lit,
                "still" => Self::Still,
                "moving" => Self::Moving,
                "camera-lost" => Self::CameraLost,
                "camera-stalled" => Self::CameraStalled,
                "camera-back" => Self::CameraBack,
                "capture-restarted" => Self::CaptureRestarted,
                _ => return None,
            });
        };
        fn two<A: Value, B: Value>(text: &str) -> Option<(A, B)> {
            let (a, b) = text.split_once(':')?;
            Some((A::parse(a)?, B::parse(b)?))
        }
        let length = |&n: &u64| (1..=MAX_CODE).contains(&n);
        Some(match word {
            "order-scan" => Self::OrderScan(Value::parse(rest)?),
            "order-api" => Self::OrderApi(Value::parse(rest)?),
            "other-code" => {
                let (class, n) = two(rest)?;
                Self::OtherCode(class, Some(n).filter(length)?)
            }
            "control" => Self::Control(Value::parse(rest)?),
            "operator" => Self::Operator(Value::parse(rest)?),
            "label-read" => {
                let (order, frames) = two(rest)?;
                Self::LabelRead(order, Some(frames).filter(|&n| n > 0)?)
            }
            "label-conflict" => {
                let (n, frames) = two(rest)?;
                Self::LabelConflict(Some(n).filter(length)?, Some(frames).filter(|&n| n > 0)?)
            }
            "weight" => {
                let (milligrams, state) = two(rest)?;
                Self::Weight(milligrams, state)
            }
            "clock-step" => Self::ClockStep(Some(Value::parse(rest)?).filter(|&us| us != 0)?),
            _ => return None,
        })
    }

    /// Appends its form without the offset.
    pub fn write(&self, to: &mut String) {
        fn one(to: &mut String, word: &str, value: &impl Value) {
            to.push_str(word);
            to.push(':');
            value.write(to);
        }
        fn two(to: &mut String, word: &str, a: &impl Value, b: &impl Value) {
            one(to, word, a);
            to.push(':');
            b.write(to);
        }
        match self {
            Self::OrderScan(order) => one(to, "order-scan", order),
            Self::OrderApi(order) => one(to, "order-api", order),
            Self::OtherCode(class, n) => two(to, "other-code", class, n),
            Self::Control(code) => one(to, "control", code),
            Self::Operator(who) => one(to, "operator", who),
            Self::LabelRead(order, n) => two(to, "label-read", order, n),
            Self::LabelConflict(n, frames) => two(to, "label-conflict", n, frames),
            Self::Weight(milligrams, state) => two(to, "weight", milligrams, state),
            Self::ClockStep(us) => one(to, "clock-step", us),
            Self::NextScan => to.push_str("next-scan"),
            Self::OperatorOff => to.push_str("operator-off"),
            Self::Frozen => to.push_str("frozen"),
            Self::Unfrozen => to.push_str("unfrozen"),
            Self::Dark => to.push_str("dark"),
            Self::Lit => to.push_str("lit"),
            Self::Still => to.push_str("still"),
            Self::Moving => to.push_str("moving"),
            Self::CameraLost => to.push_str("camera-lost"),
            Self::CameraStalled => to.push_str("camera-stalled"),
            Self::CameraBack => to.push_str("camera-back"),
            Self::CaptureRestarted => to.push_str("capture-restarted"),
        }
    }

    /// The order that this event binds to the clip.
    pub fn binds(&self) -> Option<&Order> {
        match self {
            Self::OrderScan(order) | Self::OrderApi(order) => Some(order),
            _ => None,
        }
    }
}

/// The events of one LINK, in order of their offsets.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Events(pub Vec<Event>);

impl Value for Events {
    fn parse(text: &str) -> Option<Self> {
        if text == "-" {
            return Some(Self::default());
        }
        let mut events = Vec::new();
        for item in text.split(' ') {
            let (offset, kind) = item.split_once(':')?;
            events.push(Event { offset: Value::parse(offset)?, kind: EventKind::parse(kind)? });
        }
        (events.len() <= MAX_EVENTS && events.is_sorted_by_key(|e| e.offset)).then_some(Self(events))
    }

    fn write(&self, to: &mut String) {
        if self.0.is_empty() {
            to.push('-');
        }
        for (i, event) in self.0.iter().enumerate() {
            if i > 0 {
                to.push(' ');
            }
            event.offset.write(to);
            to.push(':');
            event.kind.write(to);
        }
    }
}
