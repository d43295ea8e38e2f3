//! The separate program `packseal-verifier`, run for the desk: what it says is not worked out by the program that
//! recorded. Each run is a process of its own that gives way to the benches, and ends with the client it is run for.

use std::{
    ffi::OsString,
    io,
    os::fd::OwnedFd,
    path::Path,
    process::{Command, Output, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use axum::http::StatusCode;
use rustix::process::{Pid, PidfdFlags, Signal, nice, pidfd_open, pidfd_send_signal};
use tokio::{
    sync::{Semaphore, oneshot},
    time::timeout_at,
};

use super::{Desk, Refusal};
use crate::{
    catalogue::CatalogueError,
    inspection::{PROGRAM, program},
};

/// How many run at a time; others wait.
const TURNS: usize = 2;
/// Longest time of one, with its wait.
const LONGEST: Duration = Duration::from_secs(100);
/// How much it gives way to others.
const NICE: i32 = 10;

/// Who may run it now.
#[derive(Debug)]
pub struct Verifier {
    turns: Arc<Semaphore>,
}

impl Default for Verifier {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(TURNS)) }
    }
}

/// What it said.
#[derive(Debug)]
pub(super) struct Said {
    /// Its exit status; `None`: it was killed.
    pub status: Option<i32>,
    /// On standard output.
    pub out: Vec<u8>,
    /// The first line on standard error.
    pub line: String,
    /// How long it ran.
    pub took: Duration,
}

/// Kills the process when dropped. Where it has ended, there is none to kill.
struct Running(OwnedFd);

impl Drop for Running {
    fn drop(&mut self) {
        let _ = pidfd_send_signal(&self.0, Signal::KILL);
    }
}

impl Verifier {
    /// Runs it with these arguments. `held` is given back with what it said, or dropped once the process is gone.
    ///
    /// # Errors
    /// It cannot be run, or takes too long.
    pub(super) async fn run<T: Send + 'static>(&self, arguments: Vec<OsString>, held: T) -> Result<(Said, T), Refusal> {
        let deadline = tokio::time::Instant::now() + LONGEST;
        let turn = timeout_at(deadline, self.turns.clone().acquire_owned()).await;
        let turn = turn.map_err(|_| busy())?.map_err(|_| Refusal::Failed)?;
        // What is never taken out of this channel is dropped with it: that ends the process.
        let (tell_running, _running) = oneshot::channel();
        let (tell, ended) = oneshot::channel();
        let run = move || {
            // On Linux this thread's alone, and its children's.
            let _ = nice(NICE);
            let began = Instant::now();
            let output = run(&arguments, tell_running);
            drop(turn);
            let _ = tell.send(output.map(|output| (output, began.elapsed(), held)));
        };
        thread::Builder::new().name("verifier".to_owned()).spawn(run).map_err(|e| cannot(&e))?;
        let ended = timeout_at(deadline, ended).await.map_err(|_| slow())?.map_err(|_| Refusal::Failed)?;
        let (Output { status, stdout, stderr }, took, held) = ended.map_err(|e| cannot(&e))?;
        let line = String::from_utf8_lossy(&stderr).lines().next().unwrap_or_default().to_owned();
        Ok((Said { status: status.code(), out: stdout, line, took }, held))
    }
}

fn run(arguments: &[OsString], tell: oneshot::Sender<Running>) -> io::Result<Output> {
    let mut child = Command::new(program())
        .args(arguments)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    match pidfd_open(Pid::from_child(&child), PidfdFlags::empty()) {
        // Where nobody waits any more it comes back, and is dropped.
        Ok(process) => drop(tell.send(Running(process))),
        Err(e) => {
            let _ = child.kill();
            let _ = child.wait();
            return Err(e.into());
        }
    }
    child.wait_with_output()
}

/// Whom it is told to trust: this station, under each key that it ever had, and the time authorities it asks. Which key
/// a root that enrolled it has, the station does not know.
///
/// # Errors
/// The catalogue's.
pub(super) fn trust(desk: &Desk) -> Result<Vec<OsString>, CatalogueError> {
    let own = desk.station.key.verifier().clone();
    let keys = [own].into_iter().chain(desk.catalogue.retired_keys()?).map(|key| format!("--key={key}").into());
    let authorities = desk.station.data.config.time.certificates.iter().map(|path| {
        let mut argument = OsString::from("--tsa=");
        argument.push(path);
        argument
    });
    Ok(keys.chain(authorities).collect())
}

/// What it said when it could not check this file.
pub(super) fn could_not(said: &Said, file: &Path) -> Refusal {
    let line = of_client(said, file);
    let line = if line.is_empty() { format!("{PROGRAM}: {:?}", said.status) } else { line };
    Refusal::own(StatusCode::BAD_GATEWAY, "could-not-check", line.clone(), line)
}

/// The line that it said, without where the file is: that is the station's own affair.
pub(super) fn of_client(said: &Said, file: &Path) -> String {
    let folder = file.parent().map(|folder| format!("{}/", folder.display())).unwrap_or_default();
    said.line.replace(&folder, "")
}

fn cannot(error: &io::Error) -> Refusal {
    tracing::error!(cause = "verifier", "{PROGRAM} cannot be run: {error}");
    Refusal::own(
        StatusCode::BAD_GATEWAY,
        "no-verifier",
        "packseal-verifier cannot be run: install it beside packseal-station",
        "无法运行 packseal-verifier：请将其与 packseal-station 安装在同一目录",
    )
}

fn busy() -> Refusal {
    Refusal::own(
        StatusCode::SERVICE_UNAVAILABLE,
        "busy",
        "others are being verified: try again later",
        "正在核验其他文件：请稍后重试",
    )
}

fn slow() -> Refusal {
    Refusal::own(
        StatusCode::GATEWAY_TIMEOUT,
        "verifier-slow",
        "verifying takes too long here: download the clip and run packseal-verifier",
        "在此核验耗时过长：请下载录像并运行 packseal-verifier",
    )
}
