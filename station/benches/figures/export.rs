//! `packseal-station export`: the whole bundle of a clip of three minutes in 1080p, beside FFmpeg making a copy of its last
//! minute alone, which is not marked, signed or explained.

use std::{
    fs,
    process::{Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use crate::{
    Outcome, material,
    measure::{median, ms, output, run, shown},
    station_program::children,
    table::Row,
};

const RUNS: usize = 3;
const SECONDS: &str = "180";

/// Measures.
///
/// # Errors
/// A program that fails.
pub fn rows() -> Outcome<Vec<Row>> {
    let footage = material::box_footage()?;
    let film = material::cached("three-minutes-1080p.mp4", |path| {
        let mut ffmpeg = material::ffmpeg();
        ffmpeg.args(["-stream_loop", "-1", "-i"]).arg(&footage).args(["-t", SECONDS, "-an", "-vf", "scale=1920:1080"]);
        ffmpeg.args(["-c:v", "libx264", "-preset", "ultrafast", "-crf", "20"]).arg(path);
        output(&mut ffmpeg).map(|_| ())
    })?;
    let root = material::init("export")?;
    output(&mut material::record(&root, &film))?;
    let clip = material::clips(&root)?.pop().ok_or("no clip")?;
    let bundle = root.with_file_name("export-bundle");
    let mut export = Command::new(material::STATION);
    export.args(["export", "BENCH-1", "--preset", "shopee", "--data"]).arg(&root).arg("-o").arg(&bundle);
    let copied = clip.with_file_name("copied.mp4");
    let mut copy = material::ffmpeg();
    copy.args(["-sseof", "-60", "-i"]).arg(&clip).args([
        "-vf",
        "scale=-2:720",
        "-c:v",
        "libx264",
        "-preset",
        "veryfast",
    ]);
    copy.args(["-crf", "22", "-movflags", "+faststart"]).arg(&copied);
    println!("{} MB\nA {}\nB {}", fs::metadata(&clip)?.len() / 1_000_000, shown(&export), shown(&copy));
    let (mut walls, mut memory, mut others) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..RUNS {
        for path in [&bundle, &bundle.with_extension("zip")] {
            let _ = fs::remove_dir_all(path);
            let _ = fs::remove_file(path);
        }
        let (wall, most) = watched(&mut export)?;
        walls.push(wall.as_secs_f64());
        memory.push(most);
        others.push(ms(run(&mut copy)?.wall) / 1000.0);
    }
    println!("A {:.1} s; B {:.1} s, not marked, signed or explained", median(&walls), median(&others));
    Ok(vec![
        Row::median("export: bundle of 3 min in 1080p, shopee", walls, 60.0, "s"),
        Row::median("export: memory of all its processes", memory, 400.0, "MiB"),
    ])
}

/// Runs a program: how long it took, and the most memory that it and its children had at once, in MiB.
fn watched(command: &mut Command) -> Outcome<(Duration, f64)> {
    let begun = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::null()).spawn()?;
    let mut most = 0.0_f64;
    loop {
        let all = children(child.id()).into_iter().map(|pid| pid.as_raw_nonzero().get() as u32);
        most = most.max(all.chain([child.id()]).map(resident).sum());
        if let Some(status) = child.try_wait()? {
            return if status.success() { Ok((begun.elapsed(), most)) } else { Err(format!("{status}").into()) };
        }
        thread::sleep(Duration::from_millis(10));
    }
}

/// Memory of a process now, in MiB; 0 where it is gone.
pub fn resident(pid: u32) -> f64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let number = line.and_then(|rest| rest.trim().strip_suffix(" kB")?.trim().parse::<f64>().ok());
    number.unwrap_or(0.0) / 1024.0
}
