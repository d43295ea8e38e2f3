//! The whole recording of a camera's MJPEG, both processes, against FFmpeg's program encoding it to a plain MP4 with
//! the same settings of x264.

use std::{fs, path::PathBuf};

use crate::{
    Outcome,
    material::{self, cached, ffmpeg, setting},
    measure::{median, run, shown},
    table::Row,
};

const RUNS: usize = 5;

/// Real footage as a camera of 1080p30 would send it: 4:2:2 in full range, with a sensor's noise.
fn camera() -> Outcome<PathBuf> {
    let footage = material::box_footage()?;
    cached("camera.mkv", |path| {
        let mut command = ffmpeg();
        command.arg("-i").arg(footage).args([
            "-an",
            "-r",
            "30",
            "-vf",
            "scale=1440:1080,pad=1920:1080:240:0,noise=alls=6:allf=t",
        ]);
        command.args(["-c:v", "mjpeg", "-q:v", "4", "-pix_fmt", "yuvj422p"]);
        run(command.arg(path)).map(drop)
    })
}

/// Measures.
///
/// # Errors
/// A program that fails, and settings that turn out not to be the same.
pub fn rows() -> Outcome<Vec<Row>> {
    let source = camera()?;
    let root = material::init("pipeline")?;
    let mut record = material::record(&root, &source);
    run(&mut record)?;
    let clip = material::clips(&root)?.pop().ok_or("no clip was recorded")?;
    let ours = material::x264_settings(&clip)?;

    let plain = material::folder()?.join("plain.mp4");
    let mut encode = ffmpeg();
    encode.args(["-threads", "1", "-i"]).arg(&source).args(["-an", "-pix_fmt", "yuvj420p", "-c:v", "libx264"]);
    encode.args(["-preset", "veryfast", "-sc_threshold", "0", "-flags", "+cgop"]);
    for (option, name) in [
        ("-crf", "crf"),
        ("-g", "keyint"),
        ("-bf", "bframes"),
        ("-threads", "threads"),
        ("-rc-lookahead", "rc_lookahead"),
        ("-b_strategy", "b_adapt"),
    ] {
        encode.args([option, setting(&ours, name)?]);
    }
    encode.args(["-x264-params", &material::x264_params(&ours)?]);
    encode.arg(&plain);
    println!("A {}\nB {}", shown(&record), shown(&encode));
    run(&mut encode)?;
    let theirs = material::x264_settings(&plain)?;
    if ours != theirs {
        return Err(format!("x264's settings differ\n  A {ours}\n  B {theirs}").into());
    }
    println!("x264, both: {ours}");

    let (mut ratios, mut times) = (Vec::new(), (Vec::new(), Vec::new()));
    for _ in 0..RUNS {
        let (a, b) = (run(&mut record)?, run(&mut encode)?);
        ratios.push(a.cpu.as_secs_f64() / b.cpu.as_secs_f64());
        times.0.push(a.cpu.as_secs_f64());
        times.1.push(b.cpu.as_secs_f64());
    }
    println!("processor: A {:.2} s, B {:.2} s", median(&times.0), median(&times.1));
    fs::remove_dir_all(root)?;
    Ok(vec![Row::median("pipeline: processor of ffmpeg's", ratios, 1.05, "x")])
}
