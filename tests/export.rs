//! An order exported: what is in the bundle fits its preset, verifies, and says of what it was made; and what is refused.
//! `packseal-verifier` stands beside `packseal-station`: `cargo build -p verifier`.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use serde_json::{Value, json};

#[path = "support/browser.rs"]
mod browser;
#[path = "support/buyers.rs"]
mod buyers;
#[path = "support/daemon.rs"]
mod daemon;
#[path = "support/station.rs"]
mod station_program;

use browser::Browser;
use daemon::{Daemon, configure};
use station_program::{Folder, ORDER, Said, Station, program, run, verifier};

/// Exports: what was said, and the folder.
fn export(station: &Station, preset: &str, name: &str, more: &[&str]) -> (Said, PathBuf) {
    let output = station.data.with_file_name(name);
    let args = ["export", ORDER, "--data", station.path(), "--preset", preset, "-o", output.to_str().unwrap()];
    (run(&[&args[..], more].concat()), output)
}

fn record(station: &Station, source: &str, seconds: &str) {
    let args = ["record", "--data", station.path(), "--order", ORDER, "--source", source, "--fast"];
    let said = run(&[&args[..], &["--seconds", seconds]].concat());
    assert_eq!(said.status, 0, "{said:?}");
}

/// Files of a folder by their names in it.
fn files(folder: &Path) -> BTreeMap<String, PathBuf> {
    let mut all = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display())) {
        let path = entry.unwrap().path();
        let own = path.file_name().unwrap().to_str().unwrap().to_owned();
        if path.is_dir() {
            all.extend(files(&path).into_iter().map(|(name, path)| (format!("{own}/{name}"), path)));
        } else {
            all.insert(own, path);
        }
    }
    all
}

/// What a program prints; it succeeds.
#[track_caller]
fn printed(program: &str, args: &[&str], folder: &Path) -> String {
    let said =
        Command::new(program).args(args).current_dir(folder).output().unwrap_or_else(|e| panic!("{program}: {e}"));
    assert!(said.status.success(), "{program} {args:?}: {}", String::from_utf8_lossy(&said.stderr));
    String::from_utf8(said.stdout).unwrap()
}

fn probe(path: &Path) -> Value {
    let path = path.to_str().unwrap();
    let args = ["-v", "error", "-of", "json", "-show_format", "-show_streams", "-count_frames", path];
    serde_json::from_str(&printed("ffprobe", &args, Path::new("/"))).unwrap()
}

fn key(station: &Station) -> String {
    run(&["key", "--data", station.path()]).out.trim_end().to_owned()
}

/// Every derived file of the bundle is accepted with its note and the clip; the kinds, by name.
#[track_caller]
fn derived(folder: &Path, key: &str) -> BTreeMap<String, Value> {
    let all = files(folder);
    let clip = all.iter().find(|(name, _)| name.starts_with("original/")).expect("a clip").1;
    let pictures = all.iter().filter(|(name, _)| {
        let page = name.starts_with("upload/report");
        (name.ends_with(".jpg") && !page) || (name.ends_with(".mp4") && !name.starts_with("original/"))
    });
    let mut said = BTreeMap::new();
    for (name, path) in pictures {
        let note = all.get(&format!("{name}.note")).unwrap_or_else(|| panic!("{name} has no note"));
        let (file, note, clip) = (path.to_str().unwrap(), note.to_str().unwrap(), clip.to_str().unwrap());
        let args = ["verify", file, "--note", note, "--original", clip, "--key", key, "--json"];
        let object: Value = serde_json::from_str(&verifier(&args).out).unwrap();
        assert_eq!(
            (&object["verdict"], &object["original"]["verdict"]),
            (&"derived".into(), &"verified".into()),
            "{name}"
        );
        said.insert(name.clone(), object["derivation"].clone());
    }
    said
}

#[test]
fn a_bundle_can_be_handed_over() {
    let station = Station::new("export");
    // Longer than the preset takes, with few pictures a second.
    record(&station, "pattern:1280x720@5", "75");
    let (said, folder) = export(&station, "shopee", "bundle", &["--by", "anna"]);
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{said:?}");
    let all = files(&folder);
    for name in [
        "upload/video.mp4",
        "upload/closed.jpg",
        "upload/sheet.jpg",
        "upload/text.txt",
        "upload/report-1.jpg",
        "stills/opened.jpg",
        "stills/sheet.jpg",
        "report.zh.html",
        "report.en.html",
        "report.zh.pdf",
        "report.en.pdf",
        "HOW-TO-CHECK.zh.txt",
        "HOW-TO-CHECK.en.txt",
        "SHA256SUMS",
        "verify.html",
    ] {
        assert!(all.contains_key(name), "{name}: {:?}", all.keys());
    }
    for line in said.out.lines().filter(|line| line.starts_with('/')) {
        assert!(Path::new(line).exists(), "{line}");
    }
    // The list is of all others, and holds.
    let sums = printed("sha256sum", &["-c", "SHA256SUMS"], &folder);
    assert_eq!(sums.lines().filter(|line| line.ends_with(": OK")).count(), all.len() - 1);
    // Names that Windows takes, and the archive that holds the same.
    for name in all.keys() {
        assert!(
            name.bytes().all(|b| b.is_ascii_alphanumeric() || b"._-/".contains(&b)) && !name.contains("./"),
            "{name}"
        );
    }
    let archive = folder.with_file_name("bundle.zip");
    let apart = folder.with_file_name("apart");
    printed("unzip", &["-q", archive.to_str().unwrap(), "-d", apart.to_str().unwrap()], Path::new("/"));
    printed("diff", &["-r", folder.to_str().unwrap(), apart.join("bundle").to_str().unwrap()], Path::new("/"));

    // The original is the station's file, with more behind it.
    let (_, original) = all.iter().find(|(name, _)| name.starts_with("original/")).unwrap();
    let clip = &station.clips()[0];
    let sealed = fs::read(station.data.join(&clip.path)).unwrap();
    let length = clip.closing.as_ref().unwrap().bytes as usize;
    assert_eq!(fs::read(original).unwrap()[..length], sealed[..length]);
    let key = key(&station);
    let verdict = verifier(&["verify", original.to_str().unwrap(), "--order", ORDER, "--key", &key]);
    assert!(verdict.status == 0 && verdict.out.contains("ORDER COMPLETE (STATED)"), "{verdict:?}");

    // The share copy fits, plays from the start, and says what it is.
    let video = &all["upload/video.mp4"];
    let object = probe(video);
    let number = |value: &Value| value.as_str().unwrap().parse::<f64>().unwrap();
    let seconds = number(&object["format"]["duration"]);
    assert!((55.0..=60.0).contains(&seconds), "{seconds}");
    assert!(fs::metadata(video).unwrap().len() <= 30_000_000);
    let stream = &object["streams"][0];
    assert_eq!((&stream["codec_name"], &stream["pix_fmt"]), (&"h264".into(), &"yuv420p".into()));
    assert!(stream["height"].as_u64().unwrap() <= 720);
    // One frame each fifth of a second: none lost, none doubled.
    assert_eq!(number(&stream["nb_read_frames"]), (seconds * 5.0).round());
    let bytes = fs::read(video).unwrap();
    let at = |name: &[u8]| bytes.windows(4).position(|w| w == name).unwrap();
    assert!(at(b"moov") < at(b"mdat"));
    let comment = object["format"]["tags"]["comment"].as_str().unwrap();
    assert!(comment.starts_with("DERIVED 派生") && comment.contains(&clip.id.to_string()), "{comment}");

    // Each derived file names its clip, and the seconds that it shows.
    let notes = derived(&folder, &key);
    let video = &notes["upload/video.mp4"];
    let end = clip.closing.as_ref().unwrap().ticks;
    assert_eq!((&video["kind"], &video["ticks"][1]), (&"share".into(), &end.into()));
    assert_eq!(video["links"][1].as_u64().unwrap() - video["links"][0].as_u64().unwrap(), seconds.round() as u64);
    assert_eq!(notes["stills/sheet.jpg"]["kind"], "sheet");
    let pictures = all.keys().filter(|name| name.starts_with("upload/") && name.ends_with(".jpg")).count();
    assert_eq!(pictures, 9);

    // The report and the text say it.
    let text = fs::read_to_string(&all["upload/text.txt"]).unwrap();
    assert!(text.contains(ORDER) && text.starts_with("VERIFIED") && text.trim_end().chars().count() <= 500, "{text}");
    let report = fs::read_to_string(&all["report.en.html"]).unwrap();
    for part in [ORDER, "anna", "VERIFIED", &clip.id.to_string(), "upload/video.mp4"] {
        assert!(report.contains(part), "{part}");
    }
    let guide = fs::read_to_string(&all["HOW-TO-CHECK.en.txt"]).unwrap();
    assert!(guide.contains(&key) && guide.contains(original.file_name().unwrap().to_str().unwrap()), "{guide}");

    // Custody: the next report knows of this one, and the ledger of both.
    let (said, folder) = export(&station, "court", "bundle-2", &["--lang", "zh"]);
    assert_eq!(said.status, 0, "{said:?}");
    let report = fs::read_to_string(folder.join("report.zh.html")).unwrap();
    assert!(report.contains("anna") && report.contains("shopee") && report.contains("court"));
    station.clean(1, 0, 0);
    let clips = station.clips();
    assert_eq!(station.catalogue().exports(clips[0].id).unwrap().len(), 2);
}

/// Whoever gets the bundle opens its page from disk, gives the key, and drops the folder.
#[test]
fn the_page_in_the_bundle_verifies_it() {
    let station = Station::new("export-page");
    record(&station, "pattern:640x360@10", "6");
    // A buyer's video is in it, too, which no station sealed: nothing is said of it.
    let theirs = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/data/material.mp4");
    let (said, folder) = export(&station, "shopee", "bundle", &["--received-file", theirs]);
    assert_eq!(said.status, 0, "{said:?}");
    assert!(folder.join("received/received-1.mp4").exists());
    let browser = Browser::new();
    browser.open(folder.join("verify.html").to_str().unwrap());
    let give = "const [text, done] = arguments, field = document.querySelector('#key');
        field.value = text; field.dispatchEvent(new Event('change')); done();";
    browser.run(give, vec![json!(key(&station))]);
    browser.choose("#folder", folder.to_str().unwrap());
    let look = "const [done] = arguments, began = Date.now(), look = () => {
            const all = [...document.querySelectorAll('.clip')];
            const isOver = document.getElementById('progress').hidden && all.length > 10;
            if (!isOver && Date.now() - began < 50000) return setTimeout(look, 100);
            done(all.map((one) => [one.querySelector('.file').textContent, one.dataset.verdict]));
        };
        look();";
    let said = browser.run(look, vec![]);
    let verdicts: Vec<(&str, &str)> =
        said.as_array().unwrap().iter().map(|one| (one[0].as_str().unwrap(), one[1].as_str().unwrap())).collect();
    let (originals, others): (Vec<_>, Vec<_>) = verdicts.into_iter().partition(|(file, _)| file.contains("/original/"));
    assert!(originals.len() == 1 && originals[0].1 == "verified", "{originals:?}");
    let pictures = files(&folder).keys().filter(|name| name.ends_with(".note") && !name.starts_with("custody")).count();
    assert_eq!(others.len(), pictures, "{others:?}");
    assert!(others.iter().all(|(_, verdict)| *verdict == "derived"), "{others:?}");
    // The share copy plays.
    let page = folder.with_file_name("player.html");
    fs::write(&page, "<!doctype html><meta charset=utf-8><input type=file>").unwrap();
    browser.open(page.to_str().unwrap());
    browser.choose("input", folder.join("upload/video.mp4").to_str().unwrap());
    let play = "const [done] = arguments, video = document.createElement('video');
        Object.assign(video, { muted: true, playbackRate: 4, src: URL.createObjectURL(document.querySelector('input').files[0]) });
        video.onerror = () => done({ error: video.error.message });
        video.onended = () => done([video.currentTime, video.videoWidth, video.videoHeight]);
        video.play();";
    let said = browser.run(play, vec![]);
    assert!((5.5..=6.1).contains(&said[0].as_f64().unwrap_or(0.0)) && said[1] == 640, "{said}");
}

#[test]
fn every_preset_gets_what_it_takes() {
    let station = Station::new("export-presets");
    record(&station, "pattern:1920x1080@5", "12");
    let key = key(&station);
    let config = station::config::Config::parse(station::config::SAMPLE).unwrap();
    for preset in &config.preset {
        let (said, folder) = export(&station, &preset.name, &format!("to-{}", preset.name), &[]);
        assert_eq!(said.status, 0, "{}: {said:?}", preset.name);
        let upload: BTreeMap<String, u64> = files(&folder.join("upload"))
            .into_iter()
            .filter(|(name, _)| !name.ends_with(".note"))
            .map(|(name, path)| (name, fs::metadata(path).unwrap().len()))
            .collect();
        let of = |end: &str| upload.iter().filter(|(name, _)| name.ends_with(end)).collect::<Vec<_>>();
        let (pictures, pdfs, videos) = (of(".jpg"), of(".pdf"), of(".mp4"));
        let name = &preset.name;
        assert!(pictures.len() <= preset.pictures as usize && pictures.len() >= 4, "{name}: {upload:?}");
        assert_eq!(pdfs.len(), usize::from(preset.pdf), "{name}");
        assert_eq!(pictures.iter().any(|(file, _)| file.starts_with("report-1")), !preset.pdf, "{name}: {upload:?}");
        assert_eq!(videos.len(), usize::from(preset.video_seconds > 0), "{name}");
        let all = || pictures.iter().chain(&pdfs).map(|(_, bytes)| **bytes);
        let most = |mb: f64| if mb == 0.0 { u64::MAX } else { (mb * 1e6) as u64 };
        assert!(all().all(|bytes| bytes <= most(preset.file_mb)), "{name}: {upload:?}");
        assert!(all().sum::<u64>() <= most(preset.total_mb), "{name}: {upload:?}");
        assert!(videos.iter().all(|(_, bytes)| **bytes <= most(preset.video_mb)), "{name}: {upload:?}");
        let text = fs::read_to_string(folder.join("upload/text.txt")).map(|text| text.trim_end().chars().count());
        assert_eq!(
            text.ok().is_some_and(|n| n <= preset.text_characters as usize),
            preset.text_characters > 0,
            "{name}"
        );
        derived(&folder, &key);
    }
}

/// Each of its keys does what it says.
#[test]
fn a_preset_of_ones_own() {
    let station = Station::new("export-own");
    record(&station, "pattern:1280x720@5", "12");
    let preset = |more: &str| {
        let text =
            format!("[[preset]]\nname = \"mine\"\nvideo-seconds = 5\nvideo-height = 360\npictures = 8\n{more}\n");
        fs::write(station.data.join("station.toml"), text).unwrap();
        let name = format!("mine-{}", more.replace(|c: char| !c.is_ascii_alphanumeric(), ""));
        let (said, folder) = export(&station, "mine", &name, &[]);
        assert_eq!(said.status, 0, "{more}: {said:?}");
        folder.join("upload")
    };
    let length = |path: PathBuf| fs::metadata(path).unwrap().len();
    let pictures =
        |folder: &Path| files(folder).into_iter().filter(|(name, _)| name.ends_with(".jpg")).collect::<Vec<_>>();
    let height = |path: &Path| probe(path)["streams"][0]["height"].as_u64().unwrap();

    let plain = preset("");
    let video = probe(&plain.join("video.mp4"));
    let seconds: f64 = video["format"]["duration"].as_str().unwrap().parse().unwrap();
    assert!((4.0..=5.0).contains(&seconds), "{seconds}");
    assert!((300..=360).contains(&height(&plain.join("video.mp4"))));
    assert_eq!(pictures(&plain).len(), 8);
    assert!(height(&plain.join("closed.jpg")) > 720 && !plain.join("report.pdf").exists());
    let (said, _) = export(&station, "shopee", "none", &[]);
    assert!(said.status == 2 && said.err.contains("use one of mine"), "{said:?}");

    let small = preset("video-mb = 0.1");
    assert!(length(small.join("video.mp4")) <= 100_000);
    let low = preset("picture-height = 240");
    assert!(height(&low.join("closed.jpg")) <= 240 && height(&low.join("sheet.jpg")) <= 240);
    let light = preset("file-mb = 0.1");
    assert!(pictures(&light).into_iter().all(|(_, path)| length(path) <= 100_000));
    let few = preset("total-mb = 0.5");
    assert!(pictures(&few).into_iter().map(|(_, path)| length(path)).sum::<u64>() <= 500_000);
    let pdf = preset("pdf = true");
    assert!(pdf.join("report.pdf").exists() && !pdf.join("report-1.jpg").exists());
    let text = |folder: &Path| fs::read_to_string(folder.join("text.txt")).unwrap().trim_end().chars().count();
    let short = preset("text-characters = 400");
    assert!(text(&short) <= 400 && text(&short) < text(&plain), "{} {}", text(&short), text(&plain));
    assert!(!preset("text-characters = 0").join("text.txt").exists());
}

#[test]
fn what_is_shown_can_be_chosen() {
    let station = Station::new("export-chosen");
    record(&station, "pattern:320x240@5", "8");
    record(&station, "pattern:320x240@5", "100");
    let clips = station.clips();
    let (first, key) = (clips[0].id.to_string(), key(&station));
    let (said, folder) = export(&station, "shopee", "chosen", &["--clip", &first]);
    assert_eq!(said.status, 0, "{said:?}");
    assert_eq!(files(&folder.join("original")).len(), 2);
    let all = files(&folder);
    let original = all.iter().find(|(name, _)| name.contains(&first[..8])).unwrap().1;
    let video = all["upload/video.mp4"].to_str().unwrap();
    let args = ["verify", video, "--note", &format!("{video}.note"), "--key", &key, "--json"];
    let object: Value = serde_json::from_str(&verifier(&args).out).unwrap();
    assert_eq!(object["derivation"]["clip"], first);
    assert!(original.exists());
    // Of the newest, from a second on.
    let (said, folder) = export(&station, "shopee", "from", &["--from", "10"]);
    assert_eq!(said.status, 0, "{said:?}");
    let note = fs::read_to_string(folder.join("upload/video.mp4.note")).unwrap();
    assert!(note.contains(&format!("clip {}\n", clips[1].id)) && note.contains("ticks 900000 6300000\n"), "{note}");
}

#[test]
fn the_daemon_may_run_meanwhile_and_knows_of_it() {
    let station = Station::new("export-daemon");
    configure(&station, "[[bench]]\ncamera = \"pattern:320x240@10\"\n[clip]\npre-roll-seconds = 0\n");
    let daemon = Daemon::start(&station, &[]);
    daemon.ready(Duration::ZERO);
    daemon.scan(ORDER);
    daemon.recorded(2.0);
    daemon.scan("SF1390000000009");
    daemon.sealed(1);
    let (said, folder) = export(&station, "wechat", "bundle", &[]);
    assert_eq!(said.status, 0, "{said:?}");
    let report = fs::read_to_string(folder.join("report.en.html")).unwrap();
    assert!(report.contains("INCLUDED"), "{report}");
    // The ledger has the entry with the next clip.
    daemon.recorded(1.0);
    daemon.scan("SF1390000000018");
    daemon.sealed(2);
    daemon.stop();
    assert_eq!(station.check().status, 0);
}

/// The buyer's files are in the bundle, the list and the report, and in no statement of the station.
#[test]
fn what_the_buyer_sent_goes_beside_the_evidence() {
    let station = Station::new("export-received");
    record(&station, "pattern:320x240@5", "4");
    let theirs = Folder::new("export-theirs");
    let preset = |mb: &str| {
        let text = "[[preset]]\nname = \"mine\"\nvideo-seconds = 0\npictures = 4\nfile-mb = 0.0\ntext-characters = 0\n";
        fs::write(station.data.join("station.toml"), format!("{text}{mb}\n")).unwrap();
    };
    preset("received-mb = 0.1");
    let (png, large) = (buyers::png(Some("1"), b""), buyers::png(Some("3"), &[7; 100_000]));
    let files_given = [("微信 图片 \u{202e}.png", &png), ("large.png", &large), ("the same.png", &png)];
    let mut args = vec!["--received".to_owned(), "e-mail, 2026-11-27".to_owned()];
    for (name, content) in files_given {
        let path = theirs.path(name);
        fs::write(&path, content).unwrap();
        args.extend(["--received-file".to_owned(), path.to_str().unwrap().to_owned()]);
    }
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let (said, folder) = export(&station, "mine", "bundle", &args);
    assert_eq!((said.status, said.err.as_str()), (0, ""), "{said:?}");
    let all = files(&folder);
    let received: Vec<&str> = all.keys().map(String::as_str).filter(|name| name.starts_with("received")).collect();
    assert_eq!(received, ["received/received-1.json", "received/received-1.png", "received/received-2.json"]);
    assert!(fs::read(&all["received/received-1.png"]).unwrap() == png);
    let sums = printed("sha256sum", &["-c", "SHA256SUMS"], &folder);
    assert!(sums.contains("received/received-1.png: OK"), "{sums}");
    // Its report is what the separate program says of it; the one that is too large is named, with its digest.
    let path = all["received/received-1.png"].to_str().unwrap();
    let by_hand = ["inspect", "--json", "--received", "e-mail, 2026-11-27", path];
    let by_hand: Value = serde_json::from_str(&verifier(&by_hand).out).unwrap();
    let json = |name: &str| serde_json::from_str::<Value>(&fs::read_to_string(&all[name]).unwrap()).unwrap();
    for part in ["sha256", "verdicts", "labels", "received"] {
        assert_eq!(json("received/received-1.json")[part], by_hand[0][part], "{part}");
    }
    let digests = [&png, &large].map(|content| evidence::value::Hash::of(content).to_string());
    assert_eq!(json("received/received-2.json")["sha256"], digests[1]);
    for (lang, words) in [
        ("en", ["The buyer&#39;s files", "DECLARED AS AI-GENERATED (1: it is)", "(3: suspected)", "left out"]),
        ("zh", ["买家提供的文件", "声明为AI生成（1：属于）", "声明为AI生成（3：疑似）", "未包含"]),
    ] {
        let report = fs::read_to_string(&all[&format!("report.{lang}.html")]).unwrap();
        for part in words.iter().chain(&["e-mail, 2026-11-27", "received/received-1.png", &digests[0], &digests[1]]) {
            assert!(report.contains(part), "{lang}: {part}");
        }
        // Letters that no font has, and what turns the direction of writing, are no way around it.
        assert!(!report.contains('\u{202e}'));
        let pdf = printed("pdftotext", &[&format!("report.{lang}.pdf"), "-"], &folder);
        let pdf: String = pdf.split_whitespace().collect();
        for part in words[1..].iter().chain(&[&*digests[0]]) {
            assert!(pdf.contains(&part.split_whitespace().collect::<String>()), "{lang}: {part}: {pdf}");
        }
        assert!(fs::read_to_string(&all[&format!("HOW-TO-CHECK.{lang}.txt")]).unwrap().contains("- received"));
    }
    // None of it is listed as evidence: neither in the statement's list, nor in the report's.
    let note = all.iter().find(|(name, _)| name.starts_with("custody/")).unwrap().1;
    let evidence = all.keys().filter(|name| {
        let kind = ["original/", "stills/", "upload/"].iter().any(|folder| name.starts_with(folder));
        kind && !name.ends_with(".note") && !name.starts_with("upload/report") && !name.ends_with(".txt")
    });
    let note = fs::read_to_string(note).unwrap();
    assert!(note.contains(&format!("\nfiles {}\n", evidence.count())), "{note}");
    assert!(!all.keys().any(|name| name.starts_with("upload/received")));
    let report = fs::read_to_string(&all["report.en.html"]).unwrap();
    let list = report.split("<h2>Files</h2>").nth(1).unwrap();
    assert!(list.contains("original/") && !list.contains("received-1"), "{list}");

    // Without a limit it goes as well.
    preset("");
    let (said, folder) = export(&station, "mine", "bundle-2", &args);
    assert_eq!(said.status, 0, "{said:?}");
    assert!(fs::read(folder.join("received/received-2.png")).unwrap() == large);
    // One that is not there leaves nothing, in one line.
    let root = station.data.parent().unwrap();
    let (missing, folder) = (theirs.path("missing.png"), theirs.path(""));
    for path in [&missing, &folder] {
        let (said, output) = export(&station, "mine", "bundle-3", &["--received-file", path.to_str().unwrap()]);
        assert!(said.status == 2 && said.err.contains("cannot read") && said.err.lines().count() == 1, "{said:?}");
        assert!(!output.exists() && !root.join("bundle-3.part").exists() && !root.join("bundle-3.zip").exists());
    }
    let (said, _) = export(&station, "mine", "bundle-3", &["--received", "x"]);
    assert!(said.status == 2 && said.err.contains("--received-file"), "{said:?}");
}

#[test]
fn what_cannot_be_exported_leaves_nothing() {
    let station = Station::new("export-refused");
    record(&station, "pattern:320x240@5", "3");
    let root = station.data.parent().unwrap().to_owned();
    let names = || {
        let mut names: Vec<_> = fs::read_dir(&root).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        names.sort();
        names
    };
    let before = names();
    let none = "00000000000000000000000000000000";
    for (preset, more, status, why) in [
        ("shoppee", &[][..], 2, "no such preset"),
        ("shopee", &["--from", "3"], 2, "no pictures from that second"),
        ("ebay", &["--from", "1"], 2, "takes no share copy"),
        ("shopee", &["--clip", none], 2, "is not a clip of"),
        ("shopee", &["--clip", "xyz"], 2, "--clip takes"),
        ("shopee", &["--by", "a b"], 2, "--by takes"),
    ] {
        let (said, _) = export(&station, preset, "refused", more);
        assert!(said.status == status && said.err.contains(why) && said.err.lines().count() == 1, "{said:?}");
        let (zh, _) = export(&station, preset, "refused", &[more, &["--lang", "zh"]].concat());
        assert!(zh.status == status && !zh.err.is_ascii(), "{zh:?}");
        assert_eq!(names(), before, "{why}");
    }
    let other = run(&["export", "SF0", "--data", station.path(), "--preset", "shopee", "-o", "nowhere"]);
    assert!(other.status == 2 && other.err.contains("has no clip of"), "{other:?}");
    assert!(!Path::new("nowhere").exists() && !Path::new("nowhere.part").exists());
    // What is there stays as it is.
    let taken = Folder::new("export-taken");
    fs::write(taken.path("there"), "mine").unwrap();
    let out = taken.path("").to_str().unwrap().trim_end_matches('/').to_owned();
    let said = run(&["export", ORDER, "--data", station.path(), "--preset", "shopee", "-o", &out]);
    assert!(said.status == 2 && said.err.contains("is there already"), "{said:?}");
    assert_eq!(fs::read_to_string(taken.path("there")).unwrap(), "mine");
    // Nothing was told to the ledger.
    assert!(station.catalogue().exports(station.clips()[0].id).unwrap().is_empty());
    // A clip that was touched is not handed out.
    let path = station.data.join(&station.clips()[0].path);
    let mut bytes = fs::read(&path).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&path, bytes).unwrap();
    let (said, folder) = export(&station, "shopee", "refused", &[]);
    assert!(said.status == 2 && said.err.contains("can be handed out"), "{said:?}");
    assert!(!folder.exists());
}

#[test]
fn an_export_that_is_cut_off_is_made_anew() {
    let station = Station::new("export-cut");
    record(&station, "pattern:1280x720@10", "30");
    let output = station.data.with_file_name("bundle");
    let args = ["export", ORDER, "--data", station.path(), "--preset", "free", "-o", output.to_str().unwrap()];
    for wait in [50, 300, 800] {
        let mut child = program(&args).spawn().unwrap();
        std::thread::sleep(Duration::from_millis(wait));
        child.kill().unwrap();
        child.wait().unwrap();
        assert!(!output.exists() && !output.with_extension("zip").exists(), "{wait} ms");
    }
    let said = run(&args);
    assert_eq!(said.status, 0, "{said:?}");
    printed("sha256sum", &["--quiet", "-c", "SHA256SUMS"], &output);
    assert!(!output.with_file_name("bundle.part").exists());
    station.clean(1, 0, 0);
}
