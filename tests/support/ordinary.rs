//! Pictures and videos that declare nothing, as encoders, cameras' and editors' programs write them.
#![allow(dead_code, reason = "shared by tests that need different parts of it")]

use std::{
    collections::{BTreeSet, HashSet},
    fs,
    hash::{DefaultHasher, Hash, Hasher},
    path::{Path, PathBuf},
    process::Command,
    thread,
};

use inspect::report::Container;

/// A file that declares nothing.
#[derive(Clone)]
pub struct Ordinary {
    /// Where it is from.
    pub name: String,
    pub container: Container,
    pub bytes: Vec<u8>,
}

/// Text that only talks about labels.
pub const TALK: [&str; 16] = [
    "AIGC",
    "AIGC: see GB 45438-2025",
    "AIGC = artificial intelligence generated content",
    "This picture has no AIGC label and no c2pa manifest",
    "本图非AI生成，未使用AIGC工具",
    "《人工智能生成合成内容标识办法》培训课件",
    "An AIGC label looks like {\"Label\":\"1\",\"ContentProducer\":\"x\",\"ProduceID\":\"1\"}, said the speaker",
    "{\"title\":\"AIGC\",\"tags\":[\"c2pa\",\"midjourney\"]}",
    "{\"Label\":\"1\"}",
    "{\"label\":\"shelf 3\",\"weight\":\"2.1 kg\"}",
    "AIGC{not an object}",
    "Steps: 3 from the door, Seed: pumpkin, in the garden",
    "My dog Gemini and my cat Sora on the runway, a firefly above; prompt: sit!",
    "trainedAlgorithmicMedia is a term of the IPTC",
    "parameters: ISO 200, f/2.8; workflow: none; {\"nodes\": 3}",
    "http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia",
];

/// Cameras with their firmware, and programs.
pub const CAMERAS: [(&str, &str, &str); 8] = [
    ("Apple", "iPhone 15 Pro", "17.5.1"),
    ("HUAWEI", "ALN-AL00", "ALN-AL00 4.2.0.130"),
    ("Xiaomi", "2312DRA50C", "Xiaomi 14"),
    ("Canon", "Canon EOS R6", "Firmware Version 1.8.1"),
    ("NIKON CORPORATION", "NIKON Z 6_2", "Ver.01.60"),
    ("samsung", "SM-S9110", "S9110ZCU3CXE5"),
    ("SONY", "ILCE-7M4", "Adobe Photoshop Lightroom Classic 13.2 (Windows)"),
    ("FUJIFILM", "X-T5", "GIMP 2.10.34"),
];

/// IPTC digital source types that no generator has.
pub const SOURCE_TYPES: [&str; 6] =
    ["digitalCapture", "negativeFilm", "positiveFilm", "print", "humanEdits", "computationalCapture"];

/// Artists whose names are those of programs, too.
pub const ARTISTS: [&str; 4] = ["Anna Kling", "Sora Tanaka", "Gemini Studio, Hangzhou", "李雷"];

/// Makes them all in this folder, each encoder beside the others.
pub fn by_encoders(folder: &Path) -> Vec<Ordinary> {
    let _ = fs::remove_dir_all(folder);
    fs::create_dir_all(folder).expect("a folder");
    let picture = folder.join("source.png");
    run(Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=96x64", "-frames:v", "1"])
        .arg(&picture));
    thread::scope(|scope| {
        scope.spawn(|| by_ffmpeg(folder));
        scope.spawn(|| {
            by_pillow(folder);
            // It takes Pillow's, with their metadata.
            by_exiftool(folder);
            by_libheif(folder);
        });
        scope.spawn(|| by_imagemagick(folder, &picture));
    });
    let files =
        BTreeSet::from_iter(fs::read_dir(folder).expect("the folder").map(|entry| entry.expect("a file").path()));
    files.iter().filter_map(|path| ordinary(path)).collect()
}

#[track_caller]
fn run(command: &mut Command) {
    let done = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(done.status.success(), "{command:?}: {}", String::from_utf8_lossy(&done.stderr));
}

fn by_ffmpeg(folder: &Path) {
    let outputs: [(&str, &[&str]); 17] = [
        ("f.jpg", &["-frames:v", "1"]),
        ("f.png", &["-frames:v", "1"]),
        ("f.webp", &["-frames:v", "1", "-c:v", "libwebp"]),
        ("f-moves.webp", &["-c:v", "libwebp_anim"]),
        ("f.gif", &[]),
        ("f.tiff", &["-frames:v", "1"]),
        ("f.avif", &["-frames:v", "1", "-c:v", "libaom-av1", "-cpu-used", "8"]),
        ("f.mp4", &["-c:v", "libx264"]),
        ("f-keys.mp4", &["-c:v", "mpeg4", "-movflags", "use_metadata_tags+faststart"]),
        ("f-parts.mp4", &["-c:v", "libx264", "-movflags", "frag_keyframe+empty_moov"]),
        ("f.mov", &["-c:v", "mjpeg"]),
        ("f.mkv", &["-c:v", "libx264"]),
        ("f-live.mkv", &["-c:v", "libx264", "-live", "1"]),
        ("f.webm", &["-c:v", "libvpx"]),
        ("f.avi", &["-c:v", "mpeg4"]),
        ("f.flv", &["-c:v", "flv"]),
        ("f-h264.flv", &["-c:v", "libx264"]),
    ];
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-y", "-f", "lavfi", "-i", "testsrc2=size=96x64:rate=5:duration=1"]);
    for (name, with) in outputs {
        command.args(["-map", "0:v"]);
        for (turn, field) in ["title", "comment", "artist", "description", "copyright", "album"].iter().enumerate() {
            command.arg("-metadata").arg(format!("{field}={}", TALK[(name.len() + turn) % TALK.len()]));
        }
        command.args(with).arg(folder.join(name));
    }
    run(&mut command);
}

const PILLOW: &str = r#"
import sys
from PIL import Image, PngImagePlugin
folder, talk = sys.argv[1], sys.argv[2:]
source = Image.open(folder + '/source.png').convert('RGB')
exif = Image.Exif()
exif[0x010F], exif[0x0110], exif[0x0131], exif[0x010E] = 'Canon', 'Canon EOS R6', 'GIMP 2.10.34', 'A parcel'
exif[0x013B] = 'Sora Tanaka'
info = PngImagePlugin.PngInfo()
for turn, key in enumerate(['Title', 'Author', 'Description', 'Comment', 'Source', 'prompt', 'workflow', 'Warning']):
    info.add_text(key, talk[turn], zip=turn % 2 == 1)
    info.add_itxt(key, talk[-turn], lang='zh', zip=turn % 2 == 0)
for quality in (20, 60, 95):
    source.save(f'{folder}/p-{quality}.jpg', quality=quality, exif=exif, progressive=quality > 20, comment=talk[quality % 7])
source.convert('L').save(folder + '/p-grey.jpg', optimize=True)
source.convert('CMYK').save(folder + '/p-cmyk.jpg')
source.save(folder + '/p-text.png', pnginfo=info, exif=exif)
source.quantize(16).save(folder + '/p-palette.png', pnginfo=info)
source.save(folder + '/p.webp', exif=exif, quality=50)
source.save(folder + '/p-lossless.webp', lossless=True)
frames = [source.rotate(turn * 30).quantize(32) for turn in range(4)]
frames[0].save(folder + '/p-moves.gif', save_all=True, append_images=frames[1:], comment=talk[3].encode())
for compression in (None, 'tiff_lzw', 'tiff_deflate', 'packbits', 'jpeg'):
    source.save(f'{folder}/p-{compression}.tiff', compression=compression, software='GIMP 2.10.34', description=talk[5])
frames[0].save(folder + '/p-pages.tiff', save_all=True, append_images=frames[1:])
"#;

fn by_pillow(folder: &Path) {
    // Debian's, which has Debian's Pillow.
    run(Command::new("/usr/bin/python3").args(["-c", PILLOW]).arg(folder).args(TALK));
}

fn by_exiftool(folder: &Path) {
    for (turn, source) in ["p-60.jpg", "p-text.png", "p-grey.jpg", "p-tiff_lzw.tiff"].iter().enumerate() {
        let (make, model, software) = CAMERAS[turn];
        let out = folder.join(format!("e-{source}"));
        let mut command = Command::new("exiftool");
        command.args(["-q", "-charset", "UTF8", "-o"]).arg(out);
        for (tag, value) in [
            ("EXIF:Make", make),
            ("EXIF:Model", model),
            ("EXIF:Software", software),
            ("EXIF:UserComment", TALK[turn]),
            ("EXIF:ImageDescription", TALK[turn + 4]),
            ("EXIF:XPComment", TALK[turn + 5]),
            ("EXIF:Artist", ARTISTS[turn]),
            ("EXIF:GPSLatitude", "31.2"),
            ("EXIF:GPSLatitudeRef", "N"),
            ("XMP-xmp:CreatorTool", software),
            ("XMP-dc:Description", TALK[turn + 6]),
            ("XMP-dc:Title", TALK[turn + 7]),
            ("XMP-iptcExt:DigitalSourceType", "http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture"),
            ("XMP-photoshop:Credit", TALK[turn + 8]),
        ] {
            command.arg(format!("-{tag}={value}"));
        }
        run(command.arg(folder.join(source)));
    }
}

fn by_libheif(folder: &Path) {
    // They take EXIF and XMP out of the JPEG along.
    run(Command::new("heif-enc").arg("-o").arg(folder.join("h.heic")).arg(folder.join("e-p-60.jpg")));
    run(Command::new("heif-enc").args(["-A", "-o"]).arg(folder.join("h.avif")).arg(folder.join("e-p-60.jpg")));
}

fn by_imagemagick(folder: &Path, picture: &Path) {
    for (turn, kind) in ["jpg", "png", "gif", "tiff", "webp", "heic", "avif"].iter().enumerate() {
        let mut command = Command::new("convert");
        command.arg(picture).args(["-set", "comment", TALK[turn], "-set", "Title", TALK[turn + 8]]);
        run(command.arg(folder.join(format!("m.{kind}"))));
    }
}

/// A file by its name's end; none where that is no kind that is walked.
fn ordinary(path: &Path) -> Option<Ordinary> {
    let container = match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "jpg" | "jpeg" => Container::Jpeg,
        "png" => Container::Png,
        "webp" => Container::WebP,
        "gif" => Container::Gif,
        "tif" | "tiff" => Container::Tiff,
        "heic" | "avif" => Container::Heif,
        "mp4" | "mov" => Container::Mp4,
        "mkv" | "webm" => Container::Matroska,
        "avi" => Container::Avi,
        "flv" => Container::Flv,
        _ => return None,
    };
    let bytes = fs::read(path).ok()?;
    Some(Ordinary { name: path.display().to_string(), container, bytes })
}

/// What the first bytes say: some files are named as what they are not.
fn by_content(one: &mut Ordinary) {
    let begins = [(&b"\xFF\xD8"[..], Container::Jpeg), (b"\x89PNG", Container::Png), (b"GIF8", Container::Gif)];
    if let Some((_, container)) = begins.iter().find(|(head, _)| one.bytes.starts_with(head)) {
        one.container = *container;
    }
}

/// Pictures and videos that came with packages of this machine, each once.
pub fn on_this_machine() -> Vec<Ordinary> {
    let tools = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("tools");
    let mut folders = vec![PathBuf::from("/usr/share"), PathBuf::from("/usr/lib/python3"), tools];
    let (mut seen, mut all) = (HashSet::new(), Vec::new());
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        let mut entries: Vec<_> = entries.flatten().collect();
        entries.sort_by_key(std::fs::DirEntry::file_name);
        for entry in entries {
            let Ok(kind) = entry.file_type() else { continue };
            if kind.is_dir() {
                folders.push(entry.path());
            } else if kind.is_file()
                && let Some(mut one) = ordinary(&entry.path())
            {
                by_content(&mut one);
                let mut hasher = DefaultHasher::new();
                one.bytes.hash(&mut hasher);
                if seen.insert(hasher.finish()) {
                    all.push(one);
                }
            }
        }
    }
    all
}
