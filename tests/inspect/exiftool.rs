//! ExifTool as the second opinion: what it reads in each fixture, held against what is found here.

use std::collections::BTreeMap;

use base64::{Engine, engine::general_purpose::STANDARD};
use serde_json::Value as Json;

use crate::{foreign::run, part::Fixture, program::Folder};

/// The version that the list is for, which is Debian 12's.
const VERSION: &str = "12.57";

/// What is in the names of fixtures of which ExifTool does not read the value, and why.
const UNKNOWN: [(&str, &str); 35] = [
    ("jpeg-bare-", "knows no AIGC in an APP segment"),
    ("jpeg-one-place-twice-", "knows no AIGC in an APP segment"),
    ("jpeg-fill-bytes", "knows no AIGC in an APP segment"),
    ("jpeg-behind-the-scan", "ends at the first scan"),
    ("jpeg-progressive-last-scan", "ends at the first scan"),
    ("jpeg-exif-comment-jis-", "takes the bytes of an ASCII text for pairs of JIS"),
    ("jpeg-exif-comment-unicode-utf8-", "takes UTF-8 behind the code of UTF-16 for UTF-16"),
    ("jpeg-exif-description-utf8-type", "does not know EXIF 3.0's type of text"),
    ("tiff-description-utf8-type", "does not know EXIF 3.0's type of text"),
    ("jpeg-exif-description-big-BigTIFF-", "takes BigTIFF in TIFF files only"),
    ("jpeg-exif-description-little-BigTIFF-", "takes BigTIFF in TIFF files only"),
    ("jpeg-extended-two-of-them", "reads only the extension that the first packet names"),
    ("jpeg-second-picture", "finds further pictures by their directory, which is empty here"),
    ("jpeg-third-picture", "finds further pictures by their directory, which is empty here"),
    ("jpeg-xmp-behind", "reads no packet behind the picture"),
    ("png-xmp-behind-the-end", "reads no packet behind the picture"),
    ("jpeg-video-behind-name", "reads a video behind a picture only where it follows at once"),
    ("png-tEXt-chinese", "takes text of PNG for Latin-1, which it should be"),
    ("png-zTXt-chinese", "takes text of PNG for Latin-1, which it should be"),
    ("gif-xmp-blocks-", "takes a packet in blocks for one that is stored as it is"),
    ("gif-C2PA", "knows no such extension"),
    ("webp-C2PA", "gives the boxes as they are"),
    ("tiff-C2PA", "gives the boxes as they are"),
    ("heic-uuid-C2PA", "gives the boxes as they are"),
    ("avif-uuid-C2PA", "gives the boxes as they are"),
    ("mp4-C2PA-", "gives the boxes as they are"),
    ("avi-capture", "writes a moment with a month's name otherwise"),
    ("mkv-binary", "reads no binary tag"),
    ("webm-open-cluster", "takes a cluster of unknown size for a damaged one"),
    ("webm-open-all", "takes a cluster of unknown size for a damaged one"),
    ("-idat", "does not read items that stand in idat"),
    ("mp4-moov-meta", "takes meta in moov for QuickTime's, which has no version"),
    ("mp4-trak-meta", "takes meta in trak for QuickTime's, which has no version"),
    ("mp4-udta-meta-bare", "takes meta in udta for one with a version"),
    ("mp4-moov-uuid-xmp-", "gives uuid boxes in moov as they are"),
];

/// What ExifTool should have read and did not, and how many fixtures it was asked about.
pub fn disagreements(folder: &Folder, fixtures: &[Fixture]) -> (Vec<String>, usize) {
    let read = read(folder, fixtures);
    let mut known = vec![false; UNKNOWN.len()];
    let (mut wrong, mut compared) = (Vec::new(), 0);
    for fixture in fixtures {
        let unseen = unseen(fixture, &read[&fixture.name]);
        match UNKNOWN.iter().position(|(name, _)| fixture.name.contains(name)) {
            // Those that say nothing, as of a position, were not compared.
            _ if unseen.is_empty() => {
                compared += usize::from(fixture.wants.iter().any(|want| !want.value.is_empty()));
            }
            Some(row) => known[row] = true,
            None => wrong.push(format!("{}: {unseen:?} is not in {:?}", fixture.name, read[&fixture.name])),
        }
    }
    // What it does read belongs on no list; a later version may have learnt it.
    let listed_for = run("exiftool", &["-ver"]).trim() == VERSION;
    let rows = UNKNOWN.iter().zip(known).filter(|(_, known)| listed_for && !known);
    wrong.extend(rows.map(|((name, why), _)| format!("{name} is read, though ExifTool {why}")));
    (wrong, compared)
}

/// All texts and numbers that ExifTool reads in each file, by the file's name.
fn read(folder: &Folder, fixtures: &[Fixture]) -> BTreeMap<String, Vec<String>> {
    let files: Vec<String> = fixtures.iter().map(|fixture| folder.file(&fixture.name, &fixture.file.bytes)).collect();
    let list = folder.file("files.args", files.join("\n").as_bytes());
    let options =
        ["-j", "-b", "-G1:4", "-a", "-u", "-n", "-ee", "-api", "LargeFileSupport=1", "-api", "QuickTimeUTC=1"];
    let said = run("exiftool", &[&options[..], &["-charset", "filename=utf8", "-q", "-q", "-m", "-@", &list]].concat());
    let all: Vec<serde_json::Map<String, Json>> = serde_json::from_str(&said).expect("JSON of ExifTool");
    assert_eq!(all.len(), fixtures.len(), "files that ExifTool read");
    let name = |file: &Json| file.as_str().unwrap().rsplit('/').next().unwrap().to_owned();
    all.into_iter()
        .map(|mut tags| {
            let file = name(&tags.remove("SourceFile").unwrap());
            let mut values = Vec::new();
            // What it knows of the file itself is no value in it, and pictures and sound are none.
            tags.retain(|tag, _| !tag.contains("System:") && !tag.contains("File:File") && !tag.ends_with("MediaData"));
            tags.values().for_each(|value| leaves(value, &mut values));
            (file, values)
        })
        .collect()
}

fn leaves(value: &Json, all: &mut Vec<String>) {
    match value {
        Json::Array(values) => values.iter().for_each(|value| leaves(value, all)),
        Json::Object(values) => values.values().for_each(|value| leaves(value, all)),
        Json::String(text) => all.push(match text.strip_prefix("base64:") {
            Some(binary) => String::from_utf8_lossy(&STANDARD.decode(binary).expect("base64 of ExifTool")).into_owned(),
            None => text.clone(),
        }),
        other => all.push(other.to_string()),
    }
}

/// Values found here that ExifTool reads nowhere in the file.
fn unseen<'a>(fixture: &'a Fixture, read: &[String]) -> Vec<&'a str> {
    let wants = fixture.wants.iter().map(|want| &*want.value).filter(|value| !value.is_empty());
    wants.filter(|value| !read.iter().any(|text| same(value, text)) && !in_fields(value, read)).collect()
}

fn same(ours: &str, theirs: &str) -> bool {
    let theirs = theirs.trim();
    // An object may stand among other things in its text.
    if ours.starts_with(['{', '"']) {
        theirs.contains(ours)
    } else {
        theirs == ours || moment(ours).is_some_and(|ours| moment(theirs) == Some(ours))
    }
}

/// An object that was written as fields of RDF: each of them is a tag of its own.
fn in_fields(ours: &str, read: &[String]) -> bool {
    let Ok(Json::Object(fields)) = serde_json::from_str(ours) else { return false };
    let mut values = Vec::new();
    fields.values().for_each(|value| leaves(value, &mut values));
    values.iter().all(|value| read.contains(value))
}

/// Digits of a moment, which it writes with other marks between.
fn moment(text: &str) -> Option<String> {
    let text = text.trim_end_matches(" UTC").trim_end_matches('Z').replace("+00:00", "");
    let digits: String = text.chars().filter(char::is_ascii_digit).collect();
    (digits.len() >= 8 && text.chars().all(|c| c.is_ascii_digit() || " :-T+".contains(c))).then_some(digits)
}
