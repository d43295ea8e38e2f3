//! Programs run and measured, and what numbers amount to.

use std::{
    fs::{self, File},
    io,
    os::unix::process::{CommandExt, ExitStatusExt},
    process::{Command, ExitStatus, Stdio},
    time::{Duration, Instant},
};

use rustix::time::{ClockId, clock_gettime};

use crate::{Outcome, material};

/// What a program took.
pub struct Ran {
    /// From its start to its end.
    pub wall: Duration,
    /// Of the processor, with all processes it waited for.
    pub cpu: Duration,
    /// Most memory it had at once, in MiB.
    pub resident: f64,
}

/// Runs a program to its successful end.
///
/// # Errors
/// It cannot be started, or fails; its own words are part of the error.
pub fn run(command: &mut Command) -> Outcome<Ran> {
    let said = material::folder()?.join("stderr");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(File::create(&said)?);
    // SAFETY: the closure does nothing. It is there so that std forks: of a process that shares our memory until it
    // runs the program, the kernel would report our memory as its own.
    unsafe { command.pre_exec(|| Ok(())) };
    let begun = Instant::now();
    let child = command.spawn()?;
    let mut status = 0;
    // SAFETY: rusage is a plain C structure for which all zeros is a valid value.
    let mut usage: libc::rusage = unsafe { std::mem::zeroed() };
    // SAFETY: both places outlive the call, and nobody else waits for this child.
    if unsafe { libc::wait4(child.id() as libc::pid_t, &raw mut status, 0, &raw mut usage) } < 0 {
        return Err(io::Error::last_os_error().into());
    }
    let wall = begun.elapsed();
    let status = ExitStatus::from_raw(status);
    if !status.success() {
        return Err(format!("{command:?}: {status}: {}", fs::read_to_string(&said)?.trim_end()).into());
    }
    let time = |t: libc::timeval| Duration::new(t.tv_sec as u64, t.tv_usec as u32 * 1000);
    let cpu = time(usage.ru_utime) + time(usage.ru_stime);
    Ok(Ran { wall, cpu, resident: usage.ru_maxrss as f64 / 1024.0 })
}

/// Runs a program for what it writes.
///
/// # Errors
/// As [`run`].
pub fn output(command: &mut Command) -> Outcome<(String, String)> {
    let output = command.stdin(Stdio::null()).output()?;
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if !output.status.success() {
        return Err(format!("{command:?}: {}: {}", output.status, text(&output.stderr)).into());
    }
    Ok((text(&output.stdout), text(&output.stderr)))
}

/// As one would type it, without the folders of files.
pub fn shown(command: &Command) -> String {
    let word = |w: &std::ffi::OsStr| {
        let text = w.to_string_lossy();
        text.rsplit('/').next().unwrap_or_default().to_owned()
    };
    std::iter::once(command.get_program()).chain(command.get_args()).map(word).collect::<Vec<_>>().join(" ")
}

/// Processor time of this thread.
pub fn thread_cpu() -> Duration {
    let now = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(now.tv_sec as u64, now.tv_nsec as u32)
}

fn sorted(samples: &[f64]) -> Vec<f64> {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The one in the middle; of an even number the mean of the two there.
pub fn median(samples: &[f64]) -> f64 {
    let sorted = sorted(samples);
    match sorted.len() {
        0 => f64::NAN,
        n => (sorted[(n - 1) / 2] + sorted[n / 2]) / 2.0,
    }
}

/// The smallest sample that 99 % do not exceed.
pub fn p99(samples: &[f64]) -> f64 {
    let place = (samples.len() as f64 * 0.99).ceil() as usize;
    sorted(samples).get(place.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

/// In milliseconds.
pub fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
