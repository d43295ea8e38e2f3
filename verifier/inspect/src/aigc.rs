//! The AIGC object of 《人工智能生成合成内容标识办法》 and GB 45438-2025: read leniently, held against the standard in notes.

use std::fmt;

use serde::{
    Deserialize, Deserializer,
    de::{IgnoredAny, MapAccess, SeqAccess, Visitor},
};

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
            let known = |names: &[&str]| names.iter().any(|name| fields.get(name).is_some());
            let ours = known(&FIELDS[..1]) && (known(&FIELDS[1..]) || known(&SEEN));
            let wrapped = fields.count == 1 && fields.get(WRAPPER).is_some();
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
            let declares = conformity(unwrapped(fields), &mut notes);
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

/// What is kept of JSON: the fields that are asked for. A file may bring megabytes of others.
pub enum Field {
    /// A string.
    Text(String),
    /// A number, a flag or nothing, as it is written.
    Plain(String),
    /// An object.
    Object(Fields),
    /// A list, or what nobody asks for.
    Other,
}

/// What is kept of an object.
#[derive(Default)]
pub struct Fields {
    /// Those of the standard and those seen in their place.
    known: Vec<(String, Field)>,
    /// The first names that are none of the standard.
    others: Vec<String>,
    /// How many there are.
    count: usize,
}

/// Names outside of the standard that are told.
const MAX_OTHERS: usize = 16;

impl Field {
    /// The text of a string, number or flag.
    pub fn text(&self) -> &str {
        match self {
            Self::Text(text) | Self::Plain(text) => text,
            Self::Object(_) => "{…}",
            Self::Other => "[…]",
        }
    }
}

impl Fields {
    fn get(&self, name: &str) -> Option<&Field> {
        self.known.iter().find(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value)
    }

    fn put(&mut self, key: String, value: Field) {
        let known = FIELDS.iter().chain(&SEEN).chain([&WRAPPER]).any(|name| key.eq_ignore_ascii_case(name));
        if !FIELDS.contains(&&*key) && self.others.len() < MAX_OTHERS && !self.others.iter().any(|o| o == shown(&key)) {
            self.others.push(shown(&key).to_owned());
        }
        match self.known.iter_mut().find(|(before, _)| *before == key) {
            // The last one counts, as with most readers of JSON.
            Some((_, before)) => *before = value,
            None => {
                self.count += 1;
                self.known.extend(known.then_some((key, value)));
            }
        }
    }
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        from.deserialize_any(Kept)
    }
}

struct Kept;

impl<'de> Visitor<'de> for Kept {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_bool<E>(self, value: bool) -> Result<Field, E> {
        Ok(Field::Plain(value.to_string()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Field, E> {
        Ok(Field::Plain(value.to_string()))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Field, E> {
        Ok(Field::Plain(value.to_string()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Field, E> {
        Ok(Field::Plain(format!("{value:?}")))
    }

    fn visit_unit<E>(self) -> Result<Field, E> {
        Ok(Field::Plain("null".to_owned()))
    }

    fn visit_str<E>(self, value: &str) -> Result<Field, E> {
        Ok(Field::Text(value.to_owned()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Field, A::Error> {
        while items.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Field::Other)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Field, A::Error> {
        let mut fields = Fields::default();
        while let Some(key) = entries.next_key::<String>()? {
            let asked = key.eq_ignore_ascii_case(FIELDS[0]) || key.eq_ignore_ascii_case(WRAPPER);
            let value =
                if asked { entries.next_value()? } else { entries.next_value::<IgnoredAny>().map(|_| Field::Other)? };
            fields.put(key, value);
        }
        Ok(Field::Object(fields))
    }
}

struct Read {
    fields: Fields,
    /// Bytes of the text that the object takes.
    length: usize,
    quoting: bool,
}

fn read(text: &str) -> Option<Read> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter::<Field>();
    let first = values.next();
    let length = values.byte_offset();
    match first {
        Some(Ok(Field::Object(fields))) => Some(Read { fields, length, quoting: false }),
        // An object that was made a string once too often.
        Some(Ok(Field::Text(inner))) => match serde_json::from_str(&inner) {
            Ok(Field::Object(fields)) => Some(Read { fields, length, quoting: true }),
            _ => None,
        },
        // As some scripting languages print it.
        Some(Err(_)) if text.starts_with("{'") => match serde_json::from_str(&text.replace('\'', "\"")) {
            Ok(Field::Object(fields)) => Some(Read { fields, length: text.len(), quoting: true }),
            _ => None,
        },
        _ => None,
    }
}

fn known_inside(fields: &Fields) -> bool {
    match fields.get(WRAPPER) {
        Some(Field::Object(inner)) => FIELDS.iter().chain(&SEEN).any(|name| inner.get(name).is_some()),
        Some(Field::Text(inner)) => read(inner).is_some_and(|read| read.fields.get(FIELDS[0]).is_some()),
        _ => false,
    }
}

/// What the wrapper holds, if there is one.
fn unwrapped(mut fields: Fields) -> Fields {
    let wrapper = fields.known.iter().position(|(key, _)| key.eq_ignore_ascii_case(WRAPPER));
    match wrapper.map(|at| fields.known.swap_remove(at).1) {
        Some(Field::Object(inner)) => inner,
        Some(Field::Text(inner)) => read(&inner).map_or(fields, |read| read.fields),
        _ => fields,
    }
}

/// What it declares; says in notes how it keeps to the standard.
fn conformity(mut fields: Fields, notes: &mut Vec<Note>) -> Declares {
    for name in FIELDS {
        if !fields.known.iter().any(|(key, _)| key == name) {
            notes.push(Note::Missing(name.to_owned()));
        }
    }
    fields.others.sort();
    notes.extend(fields.others.drain(..).map(Note::Other));
    let label = match fields.get(FIELDS[0]) {
        Some(Field::Text(label)) => label.trim(),
        Some(other) => {
            notes.push(Note::LabelType);
            other.text()
        }
        None => return Declares::Unclear,
    };
    match label {
        "1" => Declares::Generated1,
        "2" => Declares::Generated2,
        "3" => Declares::Generated3,
        _ => {
            notes.push(Note::LabelValue(shown(label).to_owned()));
            // Producers have written these for "generated"; what other words mean is not known.
            let generated = ["aigc", "ai", "true"].iter().any(|word| label.eq_ignore_ascii_case(word));
            if generated { Declares::Generated } else { Declares::Unclear }
        }
    }
}

/// A short word out of the file.
fn shown(text: &str) -> &str {
    &text[..text.floor_char_boundary(64)]
}
