//! Every label in every place, found where it stands; and files that only look like labelled ones.

use std::{
    collections::BTreeSet,
    io::{self, Write},
};

#[path = "inspect/command.rs"]
mod command;
#[path = "inspect/decoys.rs"]
mod decoys;
#[path = "inspect/exif.rs"]
mod exif;
#[path = "inspect/exiftool.rs"]
mod exiftool;
#[path = "inspect/flv.rs"]
mod flv;
#[path = "inspect/foreign.rs"]
mod foreign;
#[path = "inspect/gif.rs"]
mod gif;
#[path = "inspect/heif.rs"]
mod heif;
#[path = "inspect/jpeg.rs"]
mod jpeg;
#[path = "inspect/jumbf.rs"]
mod jumbf;
#[path = "inspect/matroska.rs"]
mod matroska;
#[path = "inspect/mp4.rs"]
mod mp4;
#[path = "inspect/part.rs"]
mod part;
#[path = "inspect/payload.rs"]
mod payload;
#[path = "inspect/png.rs"]
mod png;
#[allow(dead_code, reason = "shared by tests that need different parts of it")]
#[path = "support/program.rs"]
mod program;
#[path = "inspect/riff.rs"]
mod riff;
#[path = "inspect/tiff.rs"]
mod tiff;
#[path = "inspect/traces.rs"]
mod traces;
#[path = "inspect/xmp.rs"]
mod xmp;

use inspect::{
    places::TABLE,
    report::{Sign, Verdict},
};

use part::{Fixture, What};

/// All that this test makes itself.
fn made() -> Vec<Fixture> {
    [
        jpeg::fixtures(),
        png::fixtures(),
        riff::fixtures(),
        gif::fixtures(),
        tiff::fixtures(),
        heif::fixtures(),
        mp4::fixtures(),
        matroska::fixtures(),
        flv::fixtures(),
    ]
    .concat()
}

fn has_labels(fixture: &Fixture) -> bool {
    fixture.wants.iter().any(|want| matches!(want.what, What::Label(..)))
}

#[track_caller]
fn all_well(fixtures: &[Fixture]) {
    let names: BTreeSet<_> = fixtures.iter().map(|fixture| &fixture.name).collect();
    for fixture in fixtures.iter().filter(|one| fixtures.iter().filter(|other| other.name == one.name).count() > 1) {
        println!("{} is the name of several", fixture.name);
    }
    assert_eq!(names.len(), fixtures.len(), "two of one name");
    let faults: Vec<String> = fixtures.iter().flat_map(Fixture::faults).collect();
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

#[test]
fn every_label_is_found_where_it_stands() {
    let fixtures = made();
    let labelled = fixtures.iter().filter(|fixture| has_labels(fixture)).count();
    println!("{labelled} with labels");
    assert!(labelled >= 200, "{labelled}");
    all_well(&fixtures);
}

#[test]
fn what_only_looks_like_a_label_is_none() {
    let decoys = decoys::fixtures();
    println!("{} decoys", decoys.len());
    all_well(&decoys);
    for decoy in &decoys {
        assert_eq!(decoy.inspected().verdicts(None), [Verdict::NotFound], "{}", decoy.name);
    }
}

/// Places that the rule and its practice have, and what the names of their fixtures begin with.
const KNOWN: [(&str, &str); 40] = [
    ("PNG tEXt AIGC", "png-tEXt-one"),
    ("PNG zTXt AIGC", "png-zTXt-one"),
    ("PNG iTXt XMP", "png-xmp-element"),
    ("PNG iTXt XMP, compressed", "png-xmp-packed-element"),
    ("PNG iTXt XMP behind IDAT", "png-xmp-behind-element"),
    ("JPEG XMP", "jpeg-xmp-element"),
    ("JPEG extended XMP", "jpeg-extended-two"),
    ("JPEG UserComment, ASCII", "jpeg-exif-comment-ascii-ExifIFD"),
    ("JPEG UserComment, UNICODE", "jpeg-exif-comment-unicode-big-in-big-ExifIFD"),
    ("JPEG UserComment, JIS", "jpeg-exif-comment-jis-ExifIFD"),
    ("JPEG UserComment, no code", "jpeg-exif-comment-no-code-ExifIFD"),
    ("JPEG UserComment in IFD0", "jpeg-exif-comment-ascii-IFD0"),
    ("JPEG ImageDescription", "jpeg-exif-description-big-IFD0"),
    ("JPEG bare AIGC", "jpeg-bare-app"),
    ("WebP XMP", "webp-xmp-element"),
    ("WebP EXIF", "webp-exif-description"),
    ("GIF XMP", "gif-xmp-element"),
    ("TIFF 02BC", "tiff-xmp-element"),
    ("HEIC mime", "heic-xmp-plain"),
    ("HEIC Exif", "heic-exif-plain"),
    ("AVIF mime", "avif-xmp-plain"),
    ("AVIF Exif", "avif-exif-plain"),
    ("HEIC uuid", "heic-uuid-xmp-element"),
    ("MP4 moov.udta.meta keys", "mp4-keys-one"),
    ("MP4 moov.meta", "mp4-moov-meta"),
    ("MP4 mdir", "mp4-free-entry"),
    ("MP4 XMP uuid", "mp4-uuid-xmp-element"),
    ("MKV SimpleTag", "mkv-tag-one"),
    ("WebM SimpleTag", "webm-tag"),
    ("AVI LIST/INFO", "avi-INFO-one"),
    ("FLV onMetaData", "flv-text-one"),
    ("C2PA in JPEG APP11", "jpeg-c2pa-one"),
    ("C2PA in PNG caBX", "png-caBX"),
    ("C2PA in BMFF uuid", "mp4-C2PA-manifest"),
    ("C2PA in RIFF", "webp-C2PA"),
    ("digitalSourceType", "jpeg-xmp-source-trainedAlgorithmicMedia"),
    ("AISystemUsed", "jpeg-xmp-AISystemUsed"),
    ("PNG text keys of programs", "png-invokeai_metadata"),
    ("Grok", "jpeg-exif-grok"),
    ("Samsung genAIType", "jpeg-samsung-genAIType"),
];

/// Rows of the table that fixtures go through which are found as they should be.
fn rows_of(fixtures: &[Fixture]) -> BTreeSet<String> {
    let well = fixtures.iter().filter(|fixture| fixture.faults().is_empty());
    let rows = well.flat_map(|fixture| fixture.wants.iter().flat_map(|want| &want.rows));
    rows.map(|row| format!("{:?} {}", row.0, row.1)).collect()
}

#[test]
fn every_row_of_the_table_is_gone_through() {
    let fixtures = made();
    let rows = rows_of(&fixtures);
    let table: BTreeSet<String> = TABLE.iter().map(|row| format!("{:?} {}", row.0, row.1)).collect();
    let untried: Vec<_> = table.difference(&rows).collect();
    assert!(untried.is_empty(), "rows without a fixture: {untried:#?}");
    let strange: Vec<_> = rows.difference(&table).collect();
    assert!(strange.is_empty(), "fixtures for rows that are none: {strange:#?}");
    let without: Vec<_> =
        KNOWN.iter().filter(|(_, name)| !fixtures.iter().any(|fixture| fixture.name.starts_with(name))).collect();
    assert!(without.is_empty(), "known places without a fixture: {without:#?}");
}

#[test]
fn exiftool_agrees() {
    let folder = program::Folder::new("exiftool");
    let foreign = foreign::fixtures(&folder);
    all_well(&foreign);
    let fixtures = [made(), foreign].concat();
    let (wrong, compared) = exiftool::disagreements(&folder, &fixtures);
    assert!(wrong.is_empty(), "{} disagreements:\n{}", wrong.len(), wrong.join("\n"));
    let rows = rows_of(&fixtures).len();
    // Past the harness, which keeps what a test that passes prints.
    let all = fixtures.len();
    let _ = writeln!(
        io::stderr(),
        "inspect: {all} fixtures, {rows} of {} rows of the table covered, {compared} fixtures as ExifTool has them",
        TABLE.len()
    );
}

#[test]
fn names_of_files_tell_how_they_travelled() {
    for (name, way) in traces::NAMES {
        let found = inspect::inspect(&jpeg::picture(""), name).unwrap();
        assert_eq!(found.signs, [Sign { way, path: "name".to_owned(), value: name.to_owned() }], "{name}");
    }
    for name in ["IMG_0001.jpg", "DSC01234.JPG", "photo.jpg", "VID_20260102_030405.mp4", "screen.jpg"] {
        assert_eq!(inspect::inspect(&jpeg::picture(""), name).unwrap().signs, [], "{name}");
    }
}
