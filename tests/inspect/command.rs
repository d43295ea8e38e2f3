//! The same through the program: what it prints, and its exit status.

use inspect::report::{Declares, Inspected, Kind, Verdict};
use serde_json::Value as Json;

use crate::{
    exif::{self, Block},
    jpeg, jumbf, mp4,
    part::cat,
    payload::{self, one},
    png,
    program::{Folder, Said, run},
    traces, xmp,
};

fn inspect(args: &[&str]) -> Said {
    run(&[&["inspect"], args].concat())
}

fn array(said: &Said) -> Vec<Inspected> {
    serde_json::from_str(&said.out).unwrap_or_else(|error| panic!("{error}: {}", said.out))
}

/// A file for each word, and the words in both languages.
fn worded(folder: &Folder) -> Vec<(String, Verdict, &'static str, &'static str)> {
    let labelled = |number: &str| png::picture(png::text("AIGC", payload::object(number)), "");
    let iptc = "http://iptc.org/std/Iptc4xmpExt/2008-02-29/";
    let source = |word: &str| {
        let address = format!("http://cv.iptc.org/newscodes/digitalsourcetype/{word}");
        jpeg::picture(jpeg::xmp_segment(xmp::element("i", iptc, "DigitalSourceType", address)))
    };
    let files = [
        ("1.png", labelled("1"), Verdict::Declared1, "DECLARED AS AI-GENERATED (1: it is)", "声明为AI生成（1：属于）"),
        (
            "2.png",
            labelled("2"),
            Verdict::Declared2,
            "DECLARED AS AI-GENERATED (2: possibly)",
            "声明为AI生成（2：可能）",
        ),
        (
            "3.png",
            labelled("3"),
            Verdict::Declared3,
            "DECLARED AS AI-GENERATED (3: suspected)",
            "声明为AI生成（3：疑似）",
        ),
        ("4.jpg", source("trainedAlgorithmicMedia"), Verdict::Declared, "DECLARED AS AI-GENERATED", "声明为AI生成"),
        (
            "5.png",
            png::picture(png::text("parameters", traces::SETTINGS), ""),
            Verdict::Trace,
            "TRACES OF A GENERATING PROGRAM",
            "生成工具痕迹",
        ),
        (
            "6.jpg",
            jpeg::picture(""),
            Verdict::NotFound,
            "NONE FOUND (which does not mean: not AI-generated)",
            "未检出（不代表非AI生成）",
        ),
        ("7.png", labelled("maybe"), Verdict::Undecided, "CANNOT BE DECIDED", "无法判定"),
        ("8.jpg", source("algorithmicMedia"), Verdict::Undecided, "CANNOT BE DECIDED", "无法判定"),
        ("9.txt", "some text".into(), Verdict::Undecided, "CANNOT BE DECIDED", "无法判定"),
    ];
    files.into_iter().map(|(name, file, word, en, zh)| (folder.file(name, &file.bytes), word, en, zh)).collect()
}

#[test]
fn every_word_in_both_languages() {
    let folder = Folder::new("inspect-words");
    for (file, verdict, en, zh) in worded(&folder) {
        for (lang, word) in [("en", en), ("zh", zh)] {
            let said = inspect(&[&file, "--lang", lang]);
            assert_eq!((said.status, &*said.err), (0, ""), "{file}");
            assert_eq!(said.out.lines().next(), Some(word), "{file}");
            assert!(said.out.contains(&file), "{}", said.out);
        }
        let said = inspect(&[&file, "--json"]);
        assert_eq!(said.status, 0);
        assert_eq!(array(&said)[0].verdicts, [verdict], "{file}");
    }
    // Several words for one file: the weightiest stands first.
    let both = cat!(png::text("AIGC", payload::object("1")), png::text("parameters", traces::SETTINGS));
    let both = folder.file("both.png", &png::picture(both, "").bytes);
    let said = inspect(&[&both, "--lang", "zh"]);
    assert_eq!(said.out.lines().next(), Some("声明为AI生成（1：属于）；生成工具痕迹"));
}

#[test]
fn an_object_for_each_file_in_the_order_given() {
    let folder = Folder::new("inspect-order");
    let files = worded(&folder);
    // Twice, once backwards: threads may end in any order.
    let names: Vec<&str> = files.iter().chain(files.iter().rev()).map(|(name, ..)| &**name).collect();
    let said = inspect(&[&names[..], &["--json"]].concat());
    assert_eq!((said.status, &*said.err), (0, ""));
    let all = array(&said);
    assert_eq!(all.iter().map(|one| &*one.file).collect::<Vec<_>>(), names);
    for one in &all {
        let bytes = std::fs::read(&one.file).unwrap();
        assert_eq!(one.length, Some(bytes.len() as u64));
        assert_eq!(one.sha256, Some(evidence::value::Hash::of(&bytes).to_string()));
        assert_eq!((&one.error, &one.received), (&None, &None));
        let labelled = !matches!(one.verdicts[..], [Verdict::NotFound]) && !one.file.ends_with(".txt");
        assert_eq!(!one.found.labels.is_empty(), labelled, "{}", one.file);
    }
    // A key is there where nothing is told.
    let json: Vec<Json> = serde_json::from_str(&said.out).unwrap();
    let none = json.iter().find(|one| one["file"] == names[5]).unwrap();
    assert_eq!(none["labels"], Json::Array(Vec::new()));
    assert_eq!((&none["received"], &none["error"], &none["credentials"]), (&Json::Null, &Json::Null, &Json::Null));
}

#[test]
fn a_file_that_cannot_be_read_leaves_the_others() {
    let folder = Folder::new("inspect-missing");
    let good = folder.file("good.png", &png::picture(png::text("AIGC", payload::object("1")), "").bytes);
    let missing = folder.path("missing.jpg");
    let said = inspect(&[&missing, &good, "--json"]);
    assert_eq!(said.status, 2);
    assert!(said.err.contains("missing.jpg"), "{}", said.err);
    let all = array(&said);
    assert_eq!(all.len(), 2);
    assert!(all[0].error.is_some() && all[0].verdicts.is_empty() && all[0].sha256.is_none());
    assert_eq!(all[1].verdicts, [Verdict::Declared1]);
    let said = inspect(&[&good, &missing, "--lang", "en"]);
    assert_eq!(said.status, 2);
    assert!(said.out.contains("DECLARED AS AI-GENERATED (1: it is)") && said.out.contains(&good), "{}", said.out);
    assert!(!said.out.contains("missing.jpg"), "{}", said.out);
    assert_eq!(inspect(&[&missing]).status, 2);
    assert_eq!(inspect(&[]).status, 2);
}

#[test]
fn how_it_was_received_is_repeated() {
    let folder = Folder::new("inspect-received");
    let file = folder.file("picture.jpg", &jpeg::picture("").bytes);
    let told = "买家聊天窗口，2026-11-27";
    for lang in ["en", "zh"] {
        let said = inspect(&[&file, "--received", told, "--lang", lang]);
        assert_eq!(said.status, 0);
        assert!(said.out.contains(told), "{}", said.out);
    }
    let said = inspect(&[&file, &file, "--received", told, "--json"]);
    assert!(array(&said).iter().all(|one| one.received.as_deref() == Some(told)));
}

/// What a file holds cannot move the cursor or end a line where people read.
#[test]
fn no_control_character_reaches_the_terminal() {
    let folder = Folder::new("inspect-control");
    let wild = "\u{1b}[2J\u{1b}]0;x\u{7}\r\n\u{8}\u{9b}31m";
    let ascii = |tag| exif::ascii(tag, format!("A{wild}B"));
    let block = Block::of(vec![ascii(0x010F), ascii(0x0110), ascii(0x0131), ascii(0x0132)]);
    let bare = jpeg::app(5, cat!("AIGC:{", wild));
    let object = payload::object("1").replace("\"1\"", "\"1\\u001b[2J\"").replace('}', ",\"x\\u009b2J\":1}");
    let keys = jpeg::app(6, cat!("AIGC", object));
    let picture = jpeg::picture(cat!(jpeg::app(1, cat!("Exif\0\0", block)), bare, keys));
    let keyed = png::text("AIGC", format!("not an object {wild}"));
    let odd_name = png::text(&format!("AIGC{}", "\u{1b}[2J"), payload::object("1"));
    let files = [
        folder.file("wild.jpg", &picture.bytes),
        folder.file("wild\u{1b}[2J.png", &png::picture(cat!(keyed, odd_name), "").bytes),
        folder.file("wild.mkv", &crate::matroska::tagged(&format!("NAME{wild}"), &payload::object("1")).bytes),
        folder.file("wild.mp4", &mp4::named(&format!("key{wild}"), &payload::object("1")).bytes),
        folder.file("wild.flv", &crate::flv::named(&format!("key{wild}"), &payload::object("1")).bytes),
        folder.path("missing\u{1b}[2J"),
    ];
    for lang in ["en", "zh"] {
        for file in &files {
            let said = inspect(&[file, "--lang", lang, "--received", wild]);
            let shown = |text: &str| text.chars().any(|c| c.is_control() && c != '\n');
            assert!(!shown(&said.out) && !shown(&said.err), "{file:?}: {:?}{:?}", said.out, said.err);
        }
    }
    // Programs get all of it, escaped.
    let said = inspect(&[&files[0], &files[1], &files[2], &files[3], &files[4], "--json"]);
    assert!(!said.out.chars().any(|c| c.is_control() && c != '\n'), "{:?}", said.out);
    assert!(array(&said).iter().all(|one| !one.found.labels.is_empty()));
}

/// The report for programs has what the library found, whichever way it is asked.
#[test]
fn the_report_has_kinds_places_and_notes() {
    let folder = Folder::new("inspect-report");
    let file = png::picture(cat!(png::text("AIGC", one().part(0)), png::chunk("caBX", jumbf::store())), "");
    let at = file.marks[0].1.start as u64;
    let said = inspect(&[&folder.file("report.png", &file.bytes), "--json"]);
    let all = array(&said);
    let labels = &all[0].found.labels;
    assert_eq!(
        labels.iter().map(|label| label.kind).collect::<Vec<_>>(),
        [Kind::Aigc, Kind::C2pa, Kind::DigitalSourceType]
    );
    assert_eq!((labels[0].place.offset, labels[0].declares), (at, Declares::Generated1));
    let said = inspect(&[&folder.path("report.png"), "--lang", "en"]);
    assert!(said.out.contains(&format!("at byte {at}: png tEXt AIGC")), "{}", said.out);
}
