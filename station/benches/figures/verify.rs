//! `packseal-verifier verify` against `openssl dgst -sha256`, on the same large clip in a warm cache, on two cores.

use std::{fs, process::Command};

use evidence::statement::Reason;
use rustix::thread::{CpuSet, sched_getaffinity, sched_setaffinity};
use station::data::Data;

use crate::{
    Outcome,
    material::{self, Reel},
    measure::{median, ms, run, shown},
    table::Row,
};

const RUNS: usize = 11;
/// Seconds of about 1 MB each.
const GOPS: usize = 540;
const LEAST: u64 = 500_000_000;

/// Measures.
///
/// # Errors
/// A program that fails.
pub fn rows() -> Outcome<Vec<Row>> {
    let clip = material::cached("long.mp4", |path| {
        let reel = Reel::noise(8)?;
        let mut station = material::new_station("long")?;
        let mut writer = reel.open(&mut station, &reel.gop(0))?;
        for second in 0..GOPS {
            writer.append(&station, &reel.gop(second))?;
        }
        let sealed = writer.close(&station, Reason::SourceEnd)?;
        Ok(fs::rename(sealed.path, path)?)
    })?;
    let size = fs::metadata(&clip)?.len();
    if size < LEAST {
        return Err(format!("the clip has only {size} bytes").into());
    }
    let key = Data::open(&material::folder()?.join("long"))?.key()?.verifier().to_string();
    let mut verify = Command::new(material::verifier()?);
    verify.arg("verify").arg(&clip).args(["--order", "BENCH-1", "--key", &key]);
    let mut digest = Command::new("openssl");
    digest.args(["dgst", "-sha256"]).arg(&clip);
    println!("{} MB\nA {}\nB {}", size / 1_000_000, shown(&verify), shown(&digest));

    // The programs inherit it.
    let before = sched_getaffinity(None)?;
    let mut two = CpuSet::new();
    (0..CpuSet::MAX_CPU).filter(|&cpu| before.is_set(cpu)).take(2).for_each(|cpu| two.set(cpu));
    sched_setaffinity(None, &two)?;
    let (mut ratios, mut resident, mut walls, mut cpus) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let floor = run(&mut Command::new("true"))?.resident;
    run(&mut digest)?;
    for _ in 0..RUNS {
        let (a, b) = (run(&mut verify)?, run(&mut digest)?);
        ratios.push(a.wall.as_secs_f64() / b.wall.as_secs_f64());
        resident.push(a.resident);
        walls.push((ms(a.wall), ms(b.wall)));
        cpus.push((ms(a.cpu), ms(b.cpu)));
    }
    sched_setaffinity(None, &before)?;
    if median(&resident) <= floor {
        return Err("the memory of so small a program cannot be told from ours".into());
    }
    let of = |pairs: &[(f64, f64)]| {
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        (median(&a), median(&b))
    };
    let ((wall_a, wall_b), (cpu_a, cpu_b)) = (of(&walls), of(&cpus));
    println!("wall: A {wall_a:.0} ms, B {wall_b:.0} ms; processor: A {cpu_a:.0} ms, B {cpu_b:.0} ms");
    Ok(vec![
        Row::median("verify: wall time of openssl dgst's", ratios, 0.6, "x"),
        Row::median("verify: resident memory", resident, 24.0, "MiB"),
    ])
}
