//! The separate program `packseal-verifier`, and what it says of a file that was received: a stranger's file is read by a
//! process that holds no key open, and never by this one.

use std::{
    ffi::OsString,
    io::{self, Read},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::mpsc,
    thread,
    time::Duration,
};

use inspect::report::Inspected;

use crate::say::Trouble;

/// Its name.
pub const PROGRAM: &str = "packseal-verifier";
/// Longest time that it may take for one file.
const LONGEST: Duration = Duration::from_secs(100);

/// The one that was installed with this program, else that of `PATH`.
pub fn program() -> PathBuf {
    let beside = std::env::current_exe().map(|own| own.with_file_name(PROGRAM));
    beside.ok().filter(|path| path.is_file()).unwrap_or_else(|| PathBuf::from(PROGRAM))
}

/// What it is run with: `name` is the one that the file came with.
pub fn arguments(path: &Path, name: &str, received: Option<&str>) -> Vec<OsString> {
    let received = received.map(|text| format!("--received={text}").into());
    let first = ["inspect".into(), "--json".into(), format!("--name={name}").into()];
    first.into_iter().chain(received).chain(["--".into(), path.into()]).collect()
}

/// What it printed about one file; `None`: it could not read it, or that is no such report.
pub fn read(printed: &[u8]) -> Option<Inspected> {
    let all: Vec<Inspected> = serde_json::from_slice(printed).ok()?;
    let [one] = <[Inspected; 1]>::try_from(all).ok()?;
    (one.error.is_none() && one.length.is_some() && one.sha256.is_some()).then_some(one)
}

/// Runs it over one file, and waits.
///
/// # Errors
/// It cannot be run, takes too long, or could not read the file.
pub fn run(path: &Path, name: &str, received: Option<&str>) -> Result<Inspected, Trouble> {
    let cannot = |e: io::Error| {
        Trouble::new(
            "packseal-verifier cannot be run: install it beside packseal-station",
            "无法运行 packseal-verifier：请将其与 packseal-station 安装在同一目录",
        )
        .because(e)
    };
    let mut child = Command::new(program())
        .args(arguments(path, name, received))
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(cannot)?;
    let (tell, printed) = mpsc::channel();
    if let Some(mut out) = child.stdout.take() {
        thread::spawn(move || {
            let mut bytes = Vec::new();
            let read = out.read_to_end(&mut bytes);
            let _ = tell.send(read.map(|_| bytes));
        });
    }
    let printed = printed.recv_timeout(LONGEST);
    if printed.is_err() {
        let _ = child.kill();
    }
    child.wait().map_err(cannot)?;
    printed.ok().and_then(Result::ok).and_then(|bytes| read(&bytes)).ok_or_else(|| {
        let name = name.escape_debug();
        Trouble::new(
            format!("packseal-verifier could not read {name}: run 'packseal-verifier inspect' over it"),
            format!("packseal-verifier 无法读取 {name}：请对其运行 packseal-verifier inspect"),
        )
    })
}
