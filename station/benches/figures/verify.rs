//! `packseal-verifier verify` against `openssl dgst -sha256`, on the same large clip in a warm cache, on two cores.

use std::{
    fs, io,
    process::{Command, ExitStatus, Stdio},
    time::Instant,
};

use crate::{
    Outcome, material,
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
    let (clip, key) = material::sealed("long", 8, GOPS)?;
    let size = fs::metadata(&clip)?.len();
    if size < LEAST {
        return Err(format!("the clip has only {size} bytes").into());
    }
    let mut verify = Command::new(material::verifier()?);
    verify.arg("verify").arg(&clip).args(["--order", "BENCH-1", "--key", &key]);
    let mut digest = Command::new("openssl");
    digest.args(["dgst", "-sha256"]).arg(&clip);
    println!("{} MB\nA {}\nB {}", size / 1_000_000, shown(&verify), shown(&digest));

    let all = cores(None)?;
    let two: Vec<usize> = all.iter().copied().take(2).collect();
    // The programs inherit it.
    cores(Some(&two))?;
    let (mut ratios, mut resident, mut walls, mut cpus) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let mut both = Vec::new();
    let floor = run(&mut Command::new("true"))?.resident;
    run(&mut digest)?;
    for _ in 0..RUNS {
        let (a, b) = (run(&mut verify)?, run(&mut digest)?);
        both.push(twice(&mut digest)? / b.wall.as_secs_f64());
        ratios.push(a.wall.as_secs_f64() / b.wall.as_secs_f64());
        resident.push(a.resident);
        walls.push((ms(a.wall), ms(b.wall)));
        cpus.push((ms(a.cpu), ms(b.cpu)));
    }
    cores(Some(&all))?;
    if median(&resident) <= floor {
        return Err("the memory of so small a program cannot be told from ours".into());
    }
    let of = |pairs: &[(f64, f64)]| {
        let (a, b): (Vec<f64>, Vec<f64>) = pairs.iter().copied().unzip();
        (median(&a), median(&b))
    };
    let ((wall_a, wall_b), (cpu_a, cpu_b)) = (of(&walls), of(&cpus));
    println!("wall: A {wall_a:.0} ms, B {wall_b:.0} ms; processor: A {cpu_a:.0} ms, B {cpu_b:.0} ms");
    println!("two of B at once take {:.2} times as long as one: 1.00 where two cores are free", median(&both));
    Ok(vec![
        Row::median("verify: wall time of openssl dgst's", ratios, 0.6, "x"),
        Row::median("verify: resident memory", resident, 24.0, "MiB"),
    ])
}

/// How long a program takes that runs twice at once, in seconds: whether the machine has two cores to give now.
fn twice(command: &mut Command) -> Outcome<f64> {
    command.stdout(Stdio::null()).stderr(Stdio::null());
    let begun = Instant::now();
    let mut other = command.spawn()?;
    let statuses = [command.status()?, other.wait()?];
    let took = begun.elapsed().as_secs_f64();
    if statuses.iter().all(ExitStatus::success) { Ok(took) } else { Err(format!("{command:?} failed").into()) }
}

/// Lets this thread, and what it starts, run on these cores only. Gives the cores it may run on.
fn cores(only: Option<&[usize]>) -> Outcome<Vec<usize>> {
    let size = size_of::<libc::cpu_set_t>();
    // SAFETY: cpu_set_t is a plain array of bits, for which all zeros is a valid value: no core.
    let mut set: libc::cpu_set_t = unsafe { std::mem::zeroed() };
    if let Some(only) = only {
        // SAFETY: the cores came out of such a set, so that they have a place in it.
        only.iter().for_each(|&core| unsafe { libc::CPU_SET(core, &mut set) });
        // SAFETY: the set outlives the call, which reads `size` bytes of it. Thread 0 is the calling one.
        if unsafe { libc::sched_setaffinity(0, size, &raw const set) } < 0 {
            return Err(io::Error::last_os_error().into());
        }
    }
    // SAFETY: the set outlives the call, which writes at most `size` bytes of it.
    if unsafe { libc::sched_getaffinity(0, size, &raw mut set) } < 0 {
        return Err(io::Error::last_os_error().into());
    }
    // SAFETY: the numbers are less than the bits of the set.
    Ok((0..size * 8).filter(|&core| unsafe { libc::CPU_ISSET(core, &set) }).collect())
}
