//! AIGC objects as they are written, well and otherwise, and what each declares.

use inspect::report::{Declares, Note};

use crate::part::{Part, cat, mark};

/// A text with an object in it.
#[derive(Clone)]
pub struct Payload {
    pub name: &'static str,
    pub before: &'static str,
    /// What is shown as the label's value.
    pub object: String,
    pub after: &'static str,
    pub declares: Declares,
    pub notes: Vec<Note>,
    /// It is one wherever text may stand; the others are only where nothing else stands.
    pub anywhere: bool,
}

impl Payload {
    /// All of it.
    pub fn text(&self) -> String {
        format!("{}{}{}", self.before, self.object, self.after)
    }

    /// All of it, with the object marked.
    pub fn part(&self, number: usize) -> Part {
        cat!(self.before, mark(number, &self.object), self.after)
    }
}

/// As the standard has it.
pub fn object(label: &str) -> String {
    object_of(&format!("\"{label}\""), "ExampleProducer")
}

fn object_of(label: &str, producer: &str) -> String {
    format!(
        r#"{{"Label":{label},"ContentProducer":"{producer}","ProduceID":"P-1","ReservedCode1":"","ContentPropagator":"","PropagateID":"","ReservedCode2":""}}"#
    )
}

/// The usual one: label 1.
pub fn one() -> Payload {
    payload("one", object("1"), Declares::Generated1, &[])
}

/// Label 2, to stand beside the usual one.
pub fn two() -> Payload {
    payload("two", object("2"), Declares::Generated2, &[])
}

fn payload(name: &'static str, object: String, declares: Declares, notes: &[Note]) -> Payload {
    Payload { name, before: "", object, after: "", declares, notes: notes.to_vec(), anywhere: true }
}

fn missing(names: &[&str]) -> Vec<Note> {
    names.iter().map(|name| Note::Missing((*name).to_owned())).collect()
}

fn other(names: &[&str]) -> Vec<Note> {
    names.iter().map(|name| Note::Other((*name).to_owned())).collect()
}

const FIELDS: [&str; 7] =
    ["Label", "ContentProducer", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2"];

/// Every way to write one.
pub fn all() -> Vec<Payload> {
    use Declares::*;
    let value = |text: &str| Note::LabelValue(text.to_owned());
    let quoted = |text: &str| serde_json::to_string(text).unwrap();
    let around = |name, before, after| Payload { name, before, after, ..one() };
    let named = |payload: Payload| Payload { anywhere: false, ..payload };
    let lower = r#"{"label":"1","contentproducer":"x","produceid":"1"}"#;
    let service = r#"{"Label":"1","ServiceProvider":"ExampleProducer","ServiceUser":"42"}"#;
    let pretty = object("1").replace(",\"", ",\n  \"").replace('{', "{\n  ").replace('}', "\n}");
    vec![
        one(),
        two(),
        payload("three", object("3"), Generated3, &[]),
        payload("chinese", object_of("\"1\"", "示例科技有限公司"), Generated1, &[]),
        payload("wrapped", format!(r#"{{"AIGC":{}}}"#, object("1")), Generated1, &[]),
        payload("wrapped-string", format!(r#"{{"AIGC":{}}}"#, quoted(&object("2"))), Generated2, &[]),
        payload("string", quoted(&object("1")), Generated1, &[Note::Quoting]),
        payload("single-quotes", object("1").replace('"', "'"), Generated1, &[Note::Quoting]),
        payload("number", object_of("1", "x"), Generated1, &[Note::LabelType]),
        payload("aigc-word", object("AIGC"), Generated, &[value("AIGC")]),
        payload("other-word", object("maybe"), Unclear, &[value("maybe")]),
        payload("zero", object("0"), Unclear, &[value("0")]),
        payload("null", object_of("null", "x"), Unclear, &[Note::LabelType, value("null")]),
        payload("service", service.to_owned(), Generated1, &{
            [missing(&FIELDS[1..]), other(&["ServiceProvider", "ServiceUser"])].concat()
        }),
        payload("short", r#"{"Label":"1","ContentProducer":"x"}"#.to_owned(), Generated1, &missing(&FIELDS[2..])),
        payload("lower-case", lower.to_owned(), Generated1, &{
            [missing(&FIELDS), other(&["contentproducer", "label", "produceid"])].concat()
        }),
        payload("pretty", pretty, Generated1, &[]),
        around("spaces", " \t ", "  "),
        around("prefix", "AIGC", ""),
        around("prefix-colon", "AIGC: ", ""),
        around("prefix-equals", "AIGC=", ""),
        named(Payload { notes: vec![Note::Trailing], ..around("trailing", "", " and more") }),
        named(payload("no-object", "yes".to_owned(), Unclear, &[Note::NotAnObject])),
        named(payload(
            "no-label",
            r#"{"ContentProducer":"x"}"#.to_owned(),
            Unclear,
            &missing(&["Label", "ProduceID", "ReservedCode1", "ContentPropagator", "PropagateID", "ReservedCode2"]),
        )),
    ]
}
