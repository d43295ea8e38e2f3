//! Files that FFmpeg and ExifTool wrote: the label stands where its bytes are in the file, which is once.

use std::process::Command;

use inspect::{
    places::Space,
    report::{Container, Declares, Kind},
};

use crate::{
    part::{Fixture, Part},
    payload::{Payload, one},
    png,
    program::Folder,
    riff,
};

const SOURCE: &str = "http://cv.iptc.org/newscodes/digitalsourcetype/compositeSynthetic";

/// Runs a program that must be there and succeed.
#[track_caller]
pub fn run(program: &str, args: &[&str]) -> String {
    let done = Command::new(program).args(args).output().unwrap_or_else(|error| panic!("{program}: {error}"));
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(done.status.success(), "{program} {args:?}: {said}");
    String::from_utf8(done.stdout).unwrap()
}

/// The file, with the only place of these bytes marked.
#[track_caller]
fn found_in(path: &str, values: &[&[u8]]) -> Part {
    let mut part = Part::from(std::fs::read(path).unwrap());
    for (number, value) in values.iter().enumerate() {
        let places: Vec<usize> = (0..part.len()).filter(|at| part.bytes[*at..].starts_with(value)).collect();
        assert_eq!(places.len(), 1, "{path}: {}", String::from_utf8_lossy(value));
        part.marks.push((number, places[0]..places[0] + value.len()));
    }
    part
}

pub fn fixtures(folder: &Folder) -> Vec<Fixture> {
    let mut fixtures = ffmpeg(folder);
    fixtures.extend(exiftool(folder));
    for fixture in &mut fixtures {
        fixture.foreign = true;
    }
    fixtures
}

/// A video's name, its metadata, codec and flags; what it is, and where and by which row the label is found.
type Video<'a> = (&'a str, &'a str, &'a [&'a str], Container, &'a str, (Space, &'static str));

/// Videos of a few frames, each with the label as their metadata.
fn ffmpeg(folder: &Folder) -> Vec<Fixture> {
    let Payload { object, .. } = one();
    let tags = "use_metadata_tags";
    let (aigc, comment) = (format!("AIGC={object}"), format!("comment={object}"));
    let keys = "mp4 moov udta meta keys AIGC";
    let all: [Video<'_>; 8] = [
        ("ffmpeg-keys.mp4", &aigc, &["-c:v", "mpeg4", "-movflags", tags], Container::Mp4, keys, (Space::Mdta, "AIGC")),
        ("ffmpeg-keys.mov", &aigc, &["-c:v", "mpeg4", "-movflags", tags], Container::Mp4, keys, (Space::Mdta, "AIGC")),
        (
            "ffmpeg-fragmented.mp4",
            &aigc,
            &["-c:v", "mpeg4", "-movflags", "use_metadata_tags+frag_keyframe+empty_moov"],
            Container::Mp4,
            keys,
            (Space::Mdta, "AIGC"),
        ),
        (
            "ffmpeg-comment.mp4",
            &comment,
            &["-c:v", "mpeg4"],
            Container::Mp4,
            "mp4 moov udta meta ilst ©cmt",
            (Space::Ilst, "*"),
        ),
        ("ffmpeg.mkv", &aigc, &["-c:v", "mpeg4"], Container::Matroska, "matroska tag AIGC", (Space::Matroska, "AIGC")),
        (
            "ffmpeg.webm",
            &aigc,
            &["-c:v", "libvpx"],
            Container::Matroska,
            "matroska tag AIGC",
            (Space::Matroska, "AIGC"),
        ),
        ("ffmpeg.flv", &aigc, &["-c:v", "flv"], Container::Flv, "flv onMetaData AIGC", (Space::Script, "AIGC")),
        ("ffmpeg.avi", &comment, &["-c:v", "mpeg4"], Container::Avi, "avi INFO ICMT", (Space::Info, "*")),
    ];
    let source = "testsrc=size=32x32:rate=5:duration=0.4";
    let mut args: Vec<String> =
        ["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", source].map(str::to_owned).to_vec();
    for (name, metadata, more, ..) in &all {
        args.extend(more.iter().map(|arg| (*arg).to_owned()));
        args.extend(["-metadata".to_owned(), (*metadata).to_owned(), folder.path(name)]);
    }
    run("ffmpeg", &args.iter().map(String::as_str).collect::<Vec<_>>());
    let made = |(name, _, _, container, path, row): Video<'_>| {
        Fixture::new(name, container, found_in(&folder.path(name), &[object.as_bytes()])).aigc(&one(), path, &[row])
    };
    all.into_iter().map(made).collect()
}

/// Pictures and a video into which ExifTool wrote a comment, a description and a source type.
fn exiftool(folder: &Folder) -> Vec<Fixture> {
    let object = one().object;
    let name = |ending: &str| format!("exiftool.{ending}");
    let source = ["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", "testsrc=size=32x32:rate=5:duration=0.2"];
    let outputs = ["jpg", "tif", "mp4"].map(|ending| folder.path(&name(ending)));
    let still = ["-frames:v", "1", "-update", "1"];
    let video = ["-c:v", "mpeg4"];
    run("ffmpeg", &[&source[..], &still, &[&outputs[0]], &still, &[&outputs[1]], &video, &[&outputs[2]]].concat());
    folder.file(&name("png"), &png::picture("", "").bytes);
    folder.file(&name("webp"), &riff::picture("").bytes);
    let description = format!("-ImageDescription={object}");
    let (source_type, comment) = (format!("-XMP-iptcExt:DigitalSourceType={SOURCE}"), format!("-UserComment={object}"));
    let files = ["jpg", "tif", "png", "webp", "mp4"].map(|ending| folder.path(&name(ending)));
    let mut args = vec!["-q", "-q", "-overwrite_original"];
    // The comment is the label here, and there the description.
    args.extend([&*comment, &source_type, &files[0], &files[2], "-execute", &description, &source_type]);
    args.extend([&*files[1], &files[3], "-execute", &source_type, &files[4]]);
    args.extend(["-common_args", "-q", "-q", "-overwrite_original", "-n"]);
    run("exiftool", &args);
    let xmp = |outer: &str| format!("{outer} XMP Iptc4xmpExt:DigitalSourceType");
    let row = [(Space::Xmp, "Iptc4xmpExt:DigitalSourceType")];
    let made = |ending: &str, container, label: Option<(&str, &'static str)>, packet: &str| {
        let file = folder.path(&name(ending));
        let declared =
            |fixture: Fixture| fixture.label(Kind::DigitalSourceType, Declares::Composite, &xmp(packet), SOURCE, &row);
        match label {
            Some((path, tag)) => {
                let part = found_in(&file, &[object.as_bytes(), SOURCE.as_bytes()]);
                declared(Fixture::new(name(ending), container, part).aigc(&one(), path, &[(Space::Exif, tag)]))
            }
            None => declared(Fixture::new(name(ending), container, found_in(&file, &[SOURCE.as_bytes()]))),
        }
    };
    vec![
        made("jpg", Container::Jpeg, Some(("jpeg APP1 ExifIFD 9286", "9286")), "jpeg APP1"),
        made("tif", Container::Tiff, Some(("tiff IFD0 010E", "010E")), "tiff IFD0 02BC"),
        made("png", Container::Png, Some(("png eXIf ExifIFD 9286", "9286")), "png iTXt XML:com.adobe.xmp"),
        made("webp", Container::WebP, Some(("webp EXIF IFD0 010E", "010E")), "webp XMP"),
        made("mp4", Container::Mp4, None, "mp4 uuid"),
    ]
}
