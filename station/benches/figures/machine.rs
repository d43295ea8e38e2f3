//! On what all of it was measured.

use std::{fs, num::NonZero, process::Command, thread};

/// Prints it.
pub fn print() {
    let cores = thread::available_parallelism().map_or(0, NonZero::get);
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model =
        cpu.lines().find_map(|l| l.strip_prefix("model name")?.split(": ").nth(1)).unwrap_or("unknown processor");
    let load = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load = load.split(' ').next().unwrap_or("?");
    println!("{cores} cores of {model}, load {load}");
    println!("{} · {}", first_line("ffmpeg", "-version"), first_line("openssl", "version"));
}

fn first_line(program: &str, argument: &str) -> String {
    let output = Command::new(program).arg(argument).output();
    let text = output.map(|o| String::from_utf8_lossy(&o.stdout).into_owned()).unwrap_or_default();
    let line = text.lines().next().unwrap_or_default();
    // FFmpeg's copyright and OpenSSL's library say nothing more.
    line.split(" Copyright").next().and_then(|l| l.split(" (Library").next()).unwrap_or_default().to_owned()
}
