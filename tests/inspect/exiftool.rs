//! ExifTool as the second opinion: what it reads in each fixture, held against what is found here.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::{foreign::run, part::Fixture, program::Folder};

/// All texts and numbers that ExifTool reads in each file, by the file's name.
pub fn read(folder: &Folder, fixtures: &[Fixture]) -> BTreeMap<String, Vec<String>> {
    let files: Vec<String> =
        fixtures.iter().map(|fixture| folder.file(&fixture.name, &fixture.file.bytes)).collect();
    let list = folder.file("files.args", files.join("\n").as_bytes());
    let options = ["-j", "-G1", "-a", "-u", "-n", "-ee", "-api", "LargeFileSupport=1", "-api", "QuickTimeUTC=1"];
    let said = run("exiftool", &[&options[..], &["-charset", "filename=utf8", "-q", "-q", "-m", "-@", &list]].concat());
    let all: Vec<serde_json::Map<String, Json>> = serde_json::from_str(&said).expect("JSON of ExifTool");
    assert_eq!(all.len(), fixtures.len(), "files that ExifTool read");
    let name = |file: &Json| file.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    all.into_iter().map(|mut tags| {
        let file = name(&tags.remove("SourceFile").unwrap());
        let mut values = Vec::new();
        // What it knows of the file itself is no value in it.
        tags.retain(|tag, _| !tag.starts_with("System:") && !tag.starts_with("File:File"));
        tags.values().for_each(|value| leaves(value, &mut values));
        (file, values)
    }).collect()
}

fn leaves(value: &Json, all: &mut Vec<String>) {
    match value {
        Json::Array(values) => values.iter().for_each(|value| leaves(value, all)),
        Json::Object(values) => values.values().for_each(|value| leaves(value, all)),
        Json::String(text) => all.push(text.clone()),
        other => all.push(other.to_string()),
    }
}

/// Values found here that ExifTool reads nowhere in the file.
pub fn unseen<'a>(fixture: &'a Fixture, read: &[String]) -> Vec<&'a str> {
    let wants = fixture.wants.iter().map(|want| &*want.value).filter(|value| !value.is_empty());
    wants.filter(|value| !read.iter().any(|text| same(value, text))).collect()
}

fn same(ours: &str, theirs: &str) -> bool {
    let theirs = theirs.trim();
    // An object may stand among other things in its text.
    if ours.starts_with(['{', '"']) { theirs.contains(ours) } else { theirs == ours || moment(ours) == moment(theirs) }
}

/// Digits of a moment, which it writes with other marks between.
fn moment(text: &str) -> Option<String> {
    let text = text.trim_end_matches(" UTC").trim_end_matches('Z').replace("+00:00", "");
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    (digits.len() >= 8 && text.chars().all(|c| c.is_ascii_digit() || " :-T+".contains(c))).then_some(digits)
}
