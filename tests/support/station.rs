//! Runs packseal-station in a data folder of the test's own, and reads what it sealed.
// Each test binary includes all of this and uses a part of it.
#![allow(dead_code)]

use std::{
    fs::{self, File},
    io::{BufRead, BufReader},
    path::{Path, PathBuf},
    process::{Child, ChildStderr, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    time::{Duration, Instant},
};

use evidence::{
    trust::Trust,
    value::{Order, Value},
    verdict::{Facts, Report, Verdict},
    verify::{Request, verify},
};
use station::{
    catalogue::{Catalogue, Clip},
    data::Data,
};

/// The order of most clips.
pub const ORDER: &str = "SF1390000000001";

/// A folder that is gone with the test.
pub struct Folder(PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    /// A path in it.
    pub fn path(&self, name: &str) -> PathBuf {
        self.0.join(name)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// What the program said.
#[derive(Debug)]
pub struct Said {
    pub status: i32,
    pub out: String,
    pub err: String,
}

/// A program, in an environment without a language.
fn command(program: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null()).env_remove("LC_ALL").env_remove("LC_MESSAGES").env_remove("LANG");
    command
}

/// packseal-station.
pub fn program(args: &[&str]) -> Command {
    command(Path::new(env!("CARGO_BIN_EXE_packseal-station")), args)
}

/// Runs it to its end.
#[track_caller]
pub fn run(args: &[&str]) -> Said {
    said(program(args), args)
}

/// Runs the separate verifier.
#[track_caller]
pub fn verifier(args: &[&str]) -> Said {
    let path = Path::new(env!("CARGO_BIN_EXE_packseal-station")).with_file_name("packseal-verifier");
    assert!(path.exists(), "{} is not built: cargo build -p verifier", path.display());
    said(command(&path, args), args)
}

#[track_caller]
fn said(mut command: Command, args: &[&str]) -> Said {
    let output = command.output().unwrap();
    let err = String::from_utf8(output.stderr).unwrap();
    let status = output.status.code().unwrap_or_else(|| panic!("{args:?} was killed: {err}"));
    assert!(!err.contains("panicked"), "{args:?}: {err}");
    Said { status, out: String::from_utf8(output.stdout).unwrap(), err }
}

/// System calls by which a file or folder changes, or is made durable.
pub const CHANGES: [&str; 8] = [
    "write",
    "pwrite64",
    "ftruncate",
    "fsync",
    "fdatasync",
    "?rename,?renameat,?renameat2",
    "?unlink,?unlinkat",
    "?mkdir,?mkdirat",
];

/// A station of the test's own.
pub struct Station {
    pub data: PathBuf,
    _folder: Option<Folder>,
}

impl Station {
    /// A new one, made by `init`.
    pub fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let made = Self::at(&folder.path("data"));
        Self { _folder: Some(folder), ..made }
    }

    /// A new one in this folder.
    #[track_caller]
    pub fn at(data: &Path) -> Self {
        let said = run(&["init", "--data", data.to_str().unwrap(), "--station", "bench-1"]);
        assert_eq!(said.status, 0, "{}", said.err);
        Self { data: data.to_owned(), _folder: None }
    }

    /// One whose data folder came from elsewhere.
    pub fn found(data: &Path) -> Self {
        Self { data: data.to_owned(), _folder: None }
    }

    /// The same station in another folder: every file as it stands now, but for what tells it from a copy.
    pub fn copy(&self, name: &str) -> Self {
        let folder = Folder::new(name);
        let data = folder.path("data");
        copy(&self.data, &data);
        let _ = fs::remove_file(data.join("keys/home"));
        Self { data, _folder: Some(folder) }
    }

    /// The data folder, as an argument.
    pub fn path(&self) -> &str {
        self.data.to_str().unwrap()
    }

    /// Changes its configuration.
    #[track_caller]
    pub fn configure(&self, from: &str, to: &str) {
        let path = self.data.join("station.toml");
        let text = fs::read_to_string(&path).unwrap();
        assert!(text.contains(from), "{from} is not in station.toml");
        fs::write(path, text.replace(from, to)).unwrap();
    }

    /// Arguments of `record` for this source, and these.
    pub fn record_args<'a>(&'a self, source: &'a str, more: &[&'a str]) -> Vec<&'a str> {
        let args = ["record", "--data", self.path(), "--order", ORDER, "--source", source];
        args.into_iter().chain(more.iter().copied()).collect()
    }

    /// Records to the end: the clip's path.
    #[track_caller]
    pub fn record(&self, source: &str, more: &[&str]) -> PathBuf {
        let said = run(&self.record_args(source, more));
        assert_eq!(said.status, 0, "{source} {more:?}: {}", said.err);
        let mut paths = said.out.lines();
        let path = PathBuf::from(paths.next().unwrap());
        assert_eq!(paths.next(), None, "{source} {more:?}: more than one clip");
        path
    }

    /// Begins to record.
    pub fn start(&self, source: &str, more: &[&str]) -> Recording {
        let mut command = program(&self.record_args(source, more));
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let err = BufReader::new(child.stderr.take().unwrap());
        Recording { child, err, said: String::new() }
    }

    /// Runs `check`.
    pub fn check(&self) -> Said {
        run(&["check", "--data", self.path()])
    }

    /// `check` finds nothing, and says so of so many good, damaged and never written clips; none was deleted.
    #[track_caller]
    pub fn clean(&self, good: u64, damaged: u64, never_written: u64) {
        self.agrees(&format!("clips {good}, damaged {damaged}, never written {never_written}, deleted 0"));
    }

    /// `check` finds nothing, and says so of these clips.
    #[track_caller]
    pub fn agrees(&self, clips: &str) {
        let said = self.check();
        let line = format!("check: {clips}, disagreements 0\n");
        assert_eq!((said.status, said.out.as_str(), said.err.as_str()), (0, line.as_str(), ""));
    }

    /// The catalogue's rows.
    pub fn clips(&self) -> Vec<Clip> {
        self.catalogue().clips(None).unwrap()
    }

    /// The catalogue.
    pub fn catalogue(&self) -> Catalogue {
        Catalogue::open(&self.data.join("catalogue.sqlite")).unwrap()
    }

    /// Changes the catalogue behind the station's back.
    pub fn sql(&self, text: &str) {
        rusqlite::Connection::open(self.data.join("catalogue.sqlite")).unwrap().execute_batch(text).unwrap();
    }

    /// Trusts this station's key.
    pub fn trust(&self) -> Trust {
        let mut trust = Trust::default();
        let key = Data::open(&self.data).unwrap().key().unwrap();
        trust.add_station(&key.verifier().to_string()).unwrap();
        trust
    }

    /// The report of a clip under this station's key and the order of most clips.
    pub fn report(&self, clip: &Path) -> Report {
        self.report_of(clip, Some(ORDER))
    }

    /// The report of a clip under this station's key, asked for this order.
    pub fn report_of(&self, clip: &Path, order: Option<&str>) -> Report {
        let (trust, order) = (self.trust(), order.and_then(Order::parse));
        let request = Request { trust: &trust, order: order.as_ref(), threads: 1, progress: &mut |_, _| () };
        verify(&File::open(clip).unwrap(), request).unwrap()
    }

    /// The clip is VERIFIED: its facts.
    #[track_caller]
    pub fn verified(&self, clip: &Path) -> Facts {
        let report = self.report(clip);
        assert_eq!(report.verdict, Verdict::Verified, "{}: {:?}", clip.display(), report.findings);
        assert_eq!(report.verdict.exit_status(), 0);
        report.facts.unwrap()
    }

    /// The clip is PARTIAL: its facts.
    #[track_caller]
    pub fn partial(&self, clip: &Path) -> Facts {
        let report = self.report(clip);
        assert_eq!(report.verdict, Verdict::Partial, "{}: {:?}", clip.display(), report.findings);
        report.facts.unwrap()
    }

    /// All files below the data folder with their content, but for SQLite's own, the lock, the reserve and
    /// what tells the folder from a copy.
    pub fn files(&self) -> Vec<(PathBuf, Vec<u8>)> {
        let mut files = Vec::new();
        walk(&self.data, &mut |path| {
            let name = path.file_name().unwrap().to_str().unwrap();
            if !name.contains(".sqlite") && !["lock", "reserve", "home"].contains(&name) {
                files.push((path.strip_prefix(&self.data).unwrap().to_owned(), fs::read(path).unwrap()));
            }
        });
        files.sort();
        files
    }
}

fn walk(folder: &Path, see: &mut impl FnMut(&Path)) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { walk(&path, see) } else { see(&path) }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let path = entry.unwrap().path();
        let to = to.join(path.file_name().unwrap());
        if path.is_dir() {
            copy(&path, &to);
        } else {
            // With its mode.
            fs::copy(&path, &to).unwrap();
        }
    }
}

/// A station that records. Killed when dropped.
pub struct Recording {
    pub child: Child,
    err: BufReader<ChildStderr>,
    said: String,
}

impl Recording {
    /// Waits until its first GOP is sealed.
    #[track_caller]
    pub fn wait_begun(&mut self) {
        let before = self.said.len();
        self.err.read_line(&mut self.said).unwrap();
        assert!(self.said[before..].starts_with("recording"), "{}", self.said);
    }

    pub fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    /// Waits until it has ended by itself.
    #[track_caller]
    pub fn end(mut self, within: Duration) -> Said {
        let began = Instant::now();
        let status = loop {
            match self.child.try_wait().unwrap() {
                Some(status) => break status.code(),
                None => assert!(began.elapsed() < within, "it does not end: {}", self.said),
            }
            std::thread::sleep(Duration::from_millis(10));
        };
        let out = std::io::read_to_string(self.child.stdout.take().unwrap()).unwrap();
        std::io::Read::read_to_string(&mut self.err, &mut self.said).unwrap();
        assert!(!self.said.contains("panicked"), "{}", self.said);
        Said { status: status.expect("killed"), out, err: std::mem::take(&mut self.said) }
    }

    /// Its capture process.
    pub fn capture(&self) -> Option<rustix::process::Pid> {
        children(self.child.id()).first().copied()
    }
}

impl Drop for Recording {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Processes whose parent is this one.
pub fn children(parent: u32) -> Vec<rustix::process::Pid> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let stats = processes.filter_map(|process| fs::read_to_string(process.path().join("stat")).ok());
    stats
        .filter_map(|stat| {
            // Its name may hold anything, also parentheses.
            let (begin, rest) = stat.rsplit_once(')')?;
            let above: u32 = rest.split_whitespace().nth(1)?.parse().ok()?;
            let id = begin.split(' ').next()?.parse().ok()?;
            (above == parent).then(|| rustix::process::Pid::from_raw(id))?
        })
        .collect()
}

/// Whether this process still runs.
pub fn runs(process: rustix::process::Pid) -> bool {
    let stat = fs::read_to_string(format!("/proc/{}/stat", process.as_raw_nonzero())).unwrap_or_default();
    stat.rsplit_once(')').is_some_and(|(_, rest)| !rest.trim_start().starts_with(['Z', 'X']))
}
