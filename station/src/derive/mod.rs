//! Files that are made of a sealed clip's pictures: a share copy, stills, a contact sheet. A process of its own decodes
//! and encodes: it holds no key, reads the one clip, and writes into the one folder.
//!
//! ```text
//! clip ─► GOPs that are asked for ─► decoder ─┬► scaled, marked ─► x264 ─► share copy (MP4)
//!                                             ├► marked ─► still (JPEG)
//!                                             └► scaled ─► contact sheet (JPEG)
//! ```

mod film;
mod mark;
mod share;
mod sheet;
mod still;

use std::{
    io::{self, BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, ExitCode, Stdio},
};

use rustix::process::{Signal, set_parent_process_death_signal};
use serde::{Deserialize, Serialize};

use crate::capture::{Need, confine};

/// What is to be made. Moments are ticks of the clip's own time line.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Job {
    /// The clip, which was verified.
    pub clip: PathBuf,
    /// Where the files go; it is there, and none of them is.
    pub folder: PathBuf,
    /// The GOPs that have pictures, ascending: first tick, and the one behind the last.
    pub gops: Vec<(u64, u64)>,
    /// What stands below each picture, in ASCII; behind it comes the second.
    pub caption: String,
    /// The share copy.
    pub share: Option<Share>,
    /// Single pictures.
    pub stills: Vec<Still>,
    /// The contact sheet.
    pub sheet: Option<Sheet>,
}

impl Job {
    /// All files, in their order.
    fn names(&self) -> impl Iterator<Item = &str> {
        let share = self.share.iter().map(|share| &*share.name);
        let pictures =
            self.stills.iter().flat_map(|still| &still.files).chain(self.sheet.iter().flat_map(|s| &s.files));
        share.chain(pictures.map(|file| &*file.name))
    }
}

/// A copy of one continuous span.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Share {
    /// Its name in the folder.
    pub name: String,
    /// First tick and the one behind the last: both where a GOP begins or the clip ends.
    pub ticks: (u64, u64),
    /// What it may be at most.
    pub limit: Limit,
    /// What its metadata say.
    pub comment: String,
}

/// The picture that was seen at a moment.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Still {
    /// The moment.
    pub tick: u64,
    /// What is made of it.
    pub files: Vec<Jpeg>,
}

/// Small pictures, side by side.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Sheet {
    /// First ticks of GOPs, ascending.
    pub ticks: Vec<u64>,
    /// What is made of them.
    pub files: Vec<Jpeg>,
}

/// A picture's file.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct Jpeg {
    /// Its name in the folder.
    pub name: String,
    /// What it may be at most.
    pub limit: Limit,
}

/// How large a file may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Limit {
    /// Rows of pixels, the mark's included.
    pub height: Option<u32>,
    /// Bytes.
    pub bytes: Option<u64>,
}

/// A file that was made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Made {
    /// Its name in the folder.
    pub name: String,
    /// Pixels of it.
    pub size: (u32, u32),
    /// The first and the last moment that it shows.
    pub ticks: (u64, u64),
    /// How it was made, in visible ASCII.
    pub how: String,
}

/// What the process says.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Message {
    /// So much of the work is done, in thousandths.
    Progress(u32),
    /// All files: share copy, stills, sheet, in the order of the job.
    Done(Vec<Made>),
    /// Why not.
    Failed(String),
}

/// Why a file was not made.
#[derive(Debug, thiserror::Error)]
pub enum DeriveError {
    /// The process could not be started, or is gone.
    #[error("the process that makes copies is gone")]
    Process(#[source] io::Error),
    /// What it says.
    #[error("{0}")]
    Failed(String),
}

/// Has the files made. `progress` is called with thousandths.
///
/// # Errors
/// See [`DeriveError`]. The folder may hold some of the files then.
pub fn derive(job: &Job, progress: &mut dyn FnMut(u32)) -> Result<Vec<Made>, DeriveError> {
    let child = Command::new("/proc/self/exe")
        .arg("derive")
        .env_clear()
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .map_err(DeriveError::Process)?;
    follow(Ended(child), job, progress)
}

/// Ends it where it has not ended.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn follow(mut child: Ended, job: &Job, progress: &mut dyn FnMut(u32)) -> Result<Vec<Made>, DeriveError> {
    let gone = || DeriveError::Process(io::ErrorKind::BrokenPipe.into());
    let (input, output) = (child.0.stdin.take(), child.0.stdout.take());
    let text = serde_json::to_vec(job).map_err(|e| DeriveError::Process(e.into()))?;
    // Dropped behind this line: that ends its input.
    input.ok_or_else(gone)?.write_all(&text).map_err(DeriveError::Process)?;
    for line in BufReader::new(output.ok_or_else(gone)?).lines() {
        let line = line.map_err(DeriveError::Process)?;
        match serde_json::from_str(&line).map_err(|e| DeriveError::Process(e.into()))? {
            Message::Progress(done) => progress(done),
            // It has read what a camera sent: it is not believed which files there are.
            Message::Done(made) if made.iter().map(|made| &*made.name).eq(job.names()) => return Ok(made),
            Message::Done(_) => return Err(DeriveError::Failed("it made other files than it was asked for".into())),
            Message::Failed(why) => return Err(DeriveError::Failed(why)),
        }
    }
    Err(gone())
}

/// Body of the internal subcommand `derive`: reads a [`Job`] from standard input, writes a line for each message to
/// standard output. The status is 0 when the last one was written.
pub fn main() -> ExitCode {
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    let _ = ffmpeg_next::init();
    ffmpeg_next::log::set_level(ffmpeg_next::log::Level::Quiet);
    let Ok(job) = serde_json::from_reader::<_, Job>(io::stdin()) else { return ExitCode::from(2) };
    let last = match make(&job) {
        Ok(made) => Message::Done(made),
        Err(why) => Message::Failed(why),
    };
    if say(&last) { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn say(message: &Message) -> bool {
    let line = serde_json::to_string(message).unwrap_or_default();
    writeln!(io::stdout(), "{line}").is_ok()
}

fn make(job: &Job) -> Result<Vec<Made>, String> {
    confine(&Need::Work(job.clip.clone(), job.folder.clone()))?;
    let mut work = Work::new(job)?;
    film::decode(job, &mut |picture, told| {
        say(&Message::Progress(told));
        work.take(picture)
    })?;
    work.finish()
}

/// A decoded picture with its place.
pub(crate) struct Picture {
    pub frame: ffmpeg_next::frame::Video,
    /// First tick of its GOP, and whether it is the first picture there.
    pub gop: u64,
    pub first: bool,
    /// When it is shown.
    pub tick: u64,
    /// When the next one of its GOP is shown, or the GOP ends.
    pub until: u64,
}

/// What becomes of the pictures.
struct Work<'a> {
    job: &'a Job,
    share: Option<share::Writer>,
    stills: Vec<Vec<Made>>,
    sheet: Option<sheet::Builder>,
}

impl<'a> Work<'a> {
    fn new(job: &'a Job) -> Result<Self, String> {
        let sheet = job.sheet.as_ref().map(|sheet| sheet::Builder::new(sheet.ticks.len()));
        Ok(Self { job, share: None, stills: vec![Vec::new(); job.stills.len()], sheet })
    }

    fn take(&mut self, picture: Picture) -> Result<(), String> {
        let job = self.job;
        for (still, made) in job.stills.iter().zip(&mut self.stills) {
            if (picture.tick..picture.until).contains(&still.tick) {
                *made = still.files.iter().map(|file| still::write(job, file, &picture)).collect::<Result<_, _>>()?;
            }
        }
        if let (Some(sheet), Some(builder)) = (&job.sheet, &mut self.sheet)
            && picture.first
            && sheet.ticks.contains(&picture.gop)
        {
            builder.add(&picture)?;
        }
        if let Some(share) = job.share.as_ref().filter(|share| (share.ticks.0..share.ticks.1).contains(&picture.gop)) {
            let writer = match &mut self.share {
                Some(writer) => writer,
                empty => empty.insert(share::Writer::open(job, share, &picture.frame)?),
            };
            writer.push(job, picture)?;
        }
        Ok(())
    }

    fn finish(self) -> Result<Vec<Made>, String> {
        let mut made = Vec::new();
        if self.job.share.is_some() {
            made.push(self.share.ok_or("there is no picture in the span")?.finish()?);
        }
        for (still, files) in self.job.stills.iter().zip(self.stills) {
            if files.len() != still.files.len() {
                return Err(format!("no picture at tick {}", still.tick));
            }
            made.extend(files);
        }
        if let (Some(sheet), Some(builder)) = (&self.job.sheet, self.sheet) {
            made.extend(builder.finish(self.job, &sheet.files)?);
        }
        Ok(made)
    }
}

/// A path in the folder.
fn place(job: &Job, name: &str) -> PathBuf {
    Path::new(&job.folder).join(name)
}

/// Seconds of a tick, as they are written below pictures.
fn seconds(tick: u64) -> String {
    format!("{:.1} s", tick as f64 / 90_000.0)
}
