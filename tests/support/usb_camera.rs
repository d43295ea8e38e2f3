//! The USB camera of the tests in an emulated machine: what it shows, how it is plugged in and told, and which pictures
//! a clip lacks. The camera itself is the example `usb-camera`.
#![allow(dead_code)]

use std::{
    fs,
    path::{Path, PathBuf},
    time::{Duration, SystemTime},
};

use evidence::verdict::Facts;

use crate::{
    machine::Machine,
    pictures::{counters, ffmpeg},
    station_program::Station,
};

/// Pictures of each format after which they begin again.
pub const PICTURES: u32 = 120;
/// How long the kernel may take for a plug, on a slow machine.
const LONG: Duration = Duration::from_secs(60);

/// The camera's program, which `cargo test` builds, unless one test alone was asked for.
#[track_caller]
pub fn program(root: &Path) -> PathBuf {
    let program = Path::new(env!("CARGO_BIN_EXE_packseal-station")).with_file_name("examples/usb-camera");
    let time = |path: &Path| fs::metadata(path).and_then(|is| is.modified()).unwrap_or(SystemTime::UNIX_EPOCH);
    let sources = fs::read_dir(root.join("tests/device/usb_camera")).unwrap();
    let changed = sources.map(|source| time(&source.unwrap().path())).max().unwrap();
    assert!(time(&program) >= changed, "first: cargo build -p station --example usb-camera");
    program
}

/// Draws so many numbered pictures of this format (as the camera reads it: `mjpeg-640x360@10`) into a folder of its name.
#[track_caller]
pub fn draw(folder: &Path, format: &str, pictures: u32) {
    let (coded, size) = format.split_once('-').unwrap();
    let (size, _) = size.split_once('@').unwrap();
    let station = Station::new("pictures");
    let seconds = (pictures / 10).to_string();
    let film = station.record(&format!("pattern:{size}@10"), &["--seconds", &seconds, "--fast"]);
    let to = folder.join(format);
    fs::create_dir_all(&to).unwrap();
    let name = |ending: &str| to.join(format!("%03d.{ending}")).to_str().unwrap().to_owned();
    // A raw picture as an "image" of its own.
    let (kind, to) = match coded {
        "mjpeg" => (&["-c:v", "mjpeg", "-pix_fmt", "yuvj420p", "-q:v", "4"][..], name("jpg")),
        _ => (&["-c:v", "rawvideo", "-pix_fmt", "yuyv422"][..], name("yuyv")),
    };
    let most = ["-frames:v", &pictures.to_string()];
    ffmpeg(&[&["-i", film.to_str().unwrap()], kind, &most, &["-f", "image2", &to]].concat());
}

/// Plugs a camera into this port, 0 to 7, and waits for its node. `program` and `pictures` are where the machine has
/// them; `like`: product, serial number, and what it lacks.
#[track_caller]
pub fn plug(machine: &mut Machine, port: u32, program: &str, pictures: &str, like: &str) {
    let nodes = "ls /dev | grep -c ^video";
    let before: u32 = machine.run(nodes).0.trim().parse().unwrap();
    let (at, log) = (format!("/run/camera-{port}"), log(port));
    machine.sh(&format!("mkfifo {at}; {program} port={port} pictures={pictures} {like} <>{at} >>{log} 2>&1 &"));
    // A second node gives what the driver knows of each frame.
    machine.until(&format!("test $({nodes}) = {}", before + 2), LONG);
}

/// Tells a camera something, and waits until it has done so.
#[track_caller]
pub fn tell(machine: &mut Machine, port: u32, command: &str) {
    let (at, log) = (format!("/run/camera-{port}"), log(port));
    let done = machine.run(&format!("grep -c '^did' {log}")).0;
    machine.sh(&format!("echo {command} >{at}"));
    machine.until(&format!("test $(grep -c '^did' {log}) -gt {}", done.trim()), LONG);
}

/// What a camera wrote since this was asked last.
#[track_caller]
pub fn said(machine: &mut Machine, port: u32) -> Vec<String> {
    let said = machine.sh(&format!("cat {0} && : >{0}", log(port)));
    said.lines().map(|line| line.trim().to_owned()).filter(|line| !line.is_empty()).collect()
}

/// Where a camera writes what it was told.
pub fn log(port: u32) -> String {
    format!("/run/camera-{port}.log")
}

/// The numbers behind this word in a camera's log, as the pictures count them.
pub fn numbers(said: &[String], word: &str) -> Vec<u32> {
    let numbers = said.iter().filter_map(|line| line.strip_prefix(word)?.trim().parse::<u32>().ok());
    numbers.map(|number| number % PICTURES).collect()
}

/// Numbers of the pictures that are missing between the first and the last one of a clip, as the pictures say: as many
/// as are signed as lost. On a machine that is too slow these may be more than the camera damaged.
#[track_caller]
pub fn lost(clip: &Path, facts: &Facts) -> Vec<u32> {
    let read: Vec<u32> = counters(clip).into_iter().map(|(number, _)| number).collect();
    assert!(read.len() > 10, "{read:?}");
    // What an older picture completed carries that one's number.
    assert!(read.windows(2).all(|pair| pair[0] != pair[1]), "a picture twice: {read:?}");
    let between =
        |pair: &[u32]| (1..(pair[1] + PICTURES - pair[0]) % PICTURES).map(|n| (pair[0] + n) % PICTURES).collect();
    let missing: Vec<u32> = read.windows(2).flat_map::<Vec<u32>, _>(between).collect();
    let signed: u64 = facts.losses.iter().map(|(_, lost)| lost).sum();
    let is = missing.len() as u64;
    assert_eq!(
        (facts.lost, signed),
        (is, is),
        "lost as signed in END and in LINKs, and as the pictures tell: {read:?}"
    );
    missing
}
