//! The AIGC object of 《人工智能生成合成内容标识办法》 and GB 45438-2025: read leniently, held against the standard in notes.

use serde_json::{Map, Value as Json};

use crate::{
    report::{Declares, Kind, Label, Note},
    text::Text,
};

/// Fields of the standard. The first four are what makes an object one of these; the rest may be empty.
const FIELDS: [&str; 7] =
    ["Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2"];
/// Fields that some producers write in their place.
const SEEN: [&str; 2] = ["ServiceProvider", "ServiceUser"];
/// What the object is wrapped in, at most once in practice.
const WRAPPER: &str = "AIGC";

/// How sure a place makes that its value is meant.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Site {
    /// The place is for this object alone: whatever stands there is a label.
    Named,
    /// Any text stands there: it is a label if it is such an object and nothing else.
    Any,
}

/// The label that a text is, if it is one.
pub fn label(text: &Text<'_>, site: Site, path: &str) -> Option<Label> {
    let trimmed = text.text.trim_matches(|c: char| c.is_whitespace() || c == '\0');
    let lead = text.text.len() - text.text.trim_start_matches(|c: char| c.is_whitespace() || c == '\0').len();
    let (skipped, object) = unprefixed(trimmed);
    let start = lead + skipped;
    let read = read(object);
    let place = |length: usize| text.place(start..start + length);
    let label = |length: usize, declares, notes| Label {
        kind: Kind::Aigc,
        path: path.to_owned(),
        place: place(length),
        value: text.text.get(start..start + length).unwrap_or_default().to_owned(),
        declares,
        notes,
    };
    match read {
        Some(Read { fields, length, quoting }) => {
            let trailing = !object[length..].trim_matches(|c: char| c.is_whitespace() || c == '\0').is_empty();
            let known = |names: &[&str]| names.iter().any(|name| field(&fields, name).is_some());
            let ours = known(&FIELDS[..1]) && (known(&FIELDS[1..]) || known(&SEEN));
            let wrapped = fields.len() == 1 && fields.keys().any(|key| key.eq_ignore_ascii_case(WRAPPER));
            if site == Site::Any && (trailing || !(ours || (wrapped && known_inside(&fields)))) {
                return None;
            }
            let mut notes = Vec::new();
            if quoting {
                notes.push(Note::Quoting);
            }
            if trailing {
                notes.push(Note::Trailing);
            }
            let inner = unwrapped(fields);
            let declares = conformity(&inner, &mut notes);
            Some(label(length, declares, notes))
        }
        None if site == Site::Named && !trimmed.is_empty() => {
            Some(label(object.len(), Declares::Unclear, vec![Note::NotAnObject]))
        }
        None => None,
    }
}

/// The text behind `AIGC`, `AIGC:` or `AIGC=`, and how many bytes that took.
fn unprefixed(text: &str) -> (usize, &str) {
    let rest =
        text.get(..WRAPPER.len()).filter(|head| head.eq_ignore_ascii_case(WRAPPER)).map(|_| &text[WRAPPER.len()..]);
    let object = rest.map(|rest| rest.trim_start_matches(|c: char| c.is_whitespace() || matches!(c, ':' | '=' | '\0')));
    match object.filter(|object| object.starts_with(['{', '"'])) {
        Some(object) => (text.len() - object.len(), object),
        None => (0, text),
    }
}

struct Read {
    fields: Map<String, Json>,
    /// Bytes of the text that the object takes.
    length: usize,
    quoting: bool,
}

fn read(text: &str) -> Option<Read> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Json>();
    let first = values.next();
    let length = values.byte_offset();
    match first {
        Some(Ok(Json::Object(fields))) => Some(Read { fields, length, quoting: false }),
        // An object that was made a string once too often.
        Some(Ok(Json::String(inner))) => match serde_json::from_str(&inner) {
            Ok(Json::Object(fields)) => Some(Read { fields, length, quoting: true }),
            _ => None,
        },
        // As some scripting languages print it.
        Some(Err(_)) if text.starts_with("{'") => match serde_json::from_str(&text.replace('\'', "\"")) {
            Ok(Json::Object(fields)) => Some(Read { fields, length: text.len(), quoting: true }),
            _ => None,
        },
        _ => None,
    }
}

fn field<'a>(fields: &'a Map<String, Json>, name: &str) -> Option<&'a Json> {
    fields.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
}

fn known_inside(fields: &Map<String, Json>) -> bool {
    fields.values().any(|inner| match inner {
        Json::Object(inner) => FIELDS.iter().chain(&SEEN).any(|name| field(inner, name).is_some()),
        Json::String(inner) => read(inner).is_some_and(|read| field(&read.fields, FIELDS[0]).is_some()),
        _ => false,
    })
}

/// What the wrapper holds, if there is one.
fn unwrapped(fields: Map<String, Json>) -> Map<String, Json> {
    let inner = match field(&fields, WRAPPER) {
        Some(Json::Object(inner)) => Some(inner.clone()),
        Some(Json::String(inner)) => read(inner).map(|read| read.fields),
        _ => None,
    };
    inner.unwrap_or(fields)
}

/// What it declares; says in notes how it keeps to the standard.
fn conformity(fields: &Map<String, Json>, notes: &mut Vec<Note>) -> Declares {
    for name in FIELDS {
        if !fields.contains_key(name) {
            notes.push(Note::Missing(name.to_owned()));
        }
    }
    let others = fields.keys().filter(|key| !FIELDS.contains(&key.as_str()));
    notes.extend(others.take(16).map(|key| Note::Other(shown(key).to_owned())));
    let label = match field(fields, FIELDS[0]) {
        Some(Json::String(label)) => label.trim().to_owned(),
        Some(other) => {
            notes.push(Note::LabelType);
            other.to_string()
        }
        None => return Declares::Unclear,
    };
    match &*label {
        "1" => Declares::Generated1,
        "2" => Declares::Generated2,
        "3" => Declares::Generated3,
        _ => {
            notes.push(Note::LabelValue(shown(&label).to_owned()));
            // Producers have written these for "generated"; what other words mean is not known.
            let generated = ["aigc", "ai", "true"].contains(&&*label.to_lowercase());
            if generated { Declares::Generated } else { Declares::Unclear }
        }
    }
}

/// A short word out of the file.
fn shown(text: &str) -> &str {
    &text[..text.floor_char_boundary(64)]
}
