//! `packseal-verifier inspect` of a photo, beside ExifTool, which people ask otherwise; and of a thousand in one call, beside
//! `sha256sum` of the same files: a warm cache, in turn.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Outcome, material,
    measure::{median, ms, run, shown},
    table::Row,
};

const RUNS: usize = 11;
/// Files of one call.
const FILES: usize = 1000;

/// Measures.
///
/// # Errors
/// A program that fails.
pub fn rows() -> Outcome<Vec<Row>> {
    let photo = photo()?;
    let mut one = Command::new(material::verifier()?);
    one.arg("inspect").arg(&photo);
    let mut told = Command::new("exiftool");
    told.arg(&photo);
    let mut digest = Command::new("sha256sum");
    digest.arg(&photo);
    println!("{} kB\nA {}\nB {}\nC {}", fs::metadata(&photo)?.len() / 1000, shown(&one), shown(&told), shown(&digest));
    let [a, b, c] = in_turn([&mut one, &mut told, &mut digest])?;
    println!("A {:.1} ms, B {:.1} ms, C {:.1} ms", median(&a), median(&b), median(&c));

    let files = thousand(&photo)?;
    let mut many = Command::new(material::verifier()?);
    many.arg("inspect").arg("--json").args(&files);
    let mut digests = Command::new("sha256sum");
    digests.args(&files);
    let size: u64 = files.iter().map(|file| fs::metadata(file).map_or(0, |data| data.len())).sum();
    println!("{FILES} files, {} MB\nA packseal-verifier inspect --json FILE…\nB sha256sum FILE…", size / 1_000_000);
    let [all, hashed] = in_turn([&mut many, &mut digests])?;
    println!("A {:.0} ms, B {:.0} ms", median(&all), median(&hashed));
    let ratios = all.iter().zip(&hashed).map(|(all, hashed)| all / hashed).collect();
    Ok(vec![
        Row::median("inspect: a photo of 12 megapixels", a, 20.0, "ms"),
        Row::median("inspect: 1000 photos, wall time of sha256sum's", ratios, 3.0, "x"),
    ])
}

/// Wall times of programs that run one after the other, several times; the first time warms the cache.
fn in_turn<const N: usize>(mut commands: [&mut Command; N]) -> Outcome<[Vec<f64>; N]> {
    let mut walls = [const { Vec::new() }; N];
    for turn in 0..=RUNS {
        for (command, walls) in commands.iter_mut().zip(&mut walls) {
            let wall = ms(run(command)?.wall);
            walls.extend((turn > 0).then_some(wall));
        }
    }
    Ok(walls)
}

/// A photo as a phone takes it: 12 megapixels, about 5 MB, EXIF and XMP.
fn photo() -> Outcome<PathBuf> {
    material::cached("photo.jpg", |path| picture(path, "4032x3024", 15))
}

fn picture(path: &Path, size: &str, noise: u32) -> Outcome<()> {
    let source = format!("mandelbrot=size={size}:start_scale=0.4,noise=alls={noise}");
    let mut make = material::ffmpeg();
    make.args(["-f", "lavfi", "-i", &source, "-frames:v", "1", "-q:v", "3", "-f", "mjpeg"]).arg(path);
    run(&mut make)?;
    let mut tell = Command::new("exiftool");
    tell.args(["-q", "-overwrite_original", "-EXIF:Make=HUAWEI", "-EXIF:Model=ALN-AL00"]).args([
        "-EXIF:DateTimeOriginal=2026:01:02 03:04:05",
        "-EXIF:GPSLatitude=31.2",
        "-EXIF:UserComment=A parcel, opened",
        "-XMP-xmp:CreatorTool=ALN-AL00 4.2.0.130",
        "-XMP-iptcExt:DigitalSourceType=http://cv.iptc.org/newscodes/digitalsourcetype/digitalCapture",
    ]);
    run(tell.arg(path))?;
    Ok(())
}

/// A thousand pictures as messengers pass them on, of some hundred kilobytes; each another file.
fn thousand(photo: &Path) -> Outcome<Vec<PathBuf>> {
    let small = material::cached("small.jpg", |path| picture(path, "1440x1080", 6))?;
    let folder = photo.with_file_name("photos");
    fs::create_dir_all(&folder)?;
    let bytes = fs::read(small)?;
    let mut files = Vec::with_capacity(FILES);
    for number in 0..FILES {
        let file = folder.join(format!("IMG_{number:04}.JPG"));
        if !file.exists() {
            // A comment with its number before all others.
            let comment = [&[0xFF, 0xFE, 0, 6][..], &(number as u32).to_be_bytes()].concat();
            fs::write(&file, [&bytes[..2], &comment, &bytes[2..]].concat())?;
        }
        files.push(file);
    }
    Ok(files)
}
