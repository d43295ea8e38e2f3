//! What is derived of the clip that is shown, each file with its note: a share copy and pictures that fit the preset, and
//! the pictures as large as they are.

use std::{
    fs, io,
    path::Path,
    process::{Command, Stdio},
};

use evidence::{
    key::SigningKey,
    statement::{Derivation, DerivedKind, Statement},
    value::{Hash, Order, Size, Time, Token, Value, Visible},
};

use super::{
    Ask, ExportError, Handed, UPLOAD,
    bundle::{self, Bundle},
    plan::Line,
};
use crate::{
    config::{MB, Preset},
    derive::{self, Job, Jpeg, Limit, Made, Share, Sheet, Still},
    report::{self, Sight},
};

/// What a note is named behind its file.
pub const NOTE: &str = ".note";
/// Where pictures are as large as they are.
const STILLS: &str = "stills";
/// Where those of the report are while it is made.
const REPORT: &str = "report-pictures";
/// What those may be: a report is read, and sent by mail.
const IN_REPORT: Limit = Limit { height: Some(720), bytes: Some(150_000) };
/// What the names of the report's pages begin with.
const PAGE: &str = "report";
/// Points an inch of the report's pages as pictures, the best first.
const RESOLUTIONS: [u32; 4] = [150, 110, 80, 60];

/// Who makes and signs it.
pub struct Maker<'a> {
    pub key: &'a SigningKey,
    pub program: Hash,
    pub time: Time,
    pub order: &'a Order,
}

/// What was made.
pub struct Done {
    /// What each shows, and its bytes.
    stills: Vec<(Sight, Made, Vec<u8>)>,
    /// The files that the preset takes.
    pub upload: Vec<String>,
    /// What it takes beside them.
    pub room: Room,
}

/// What a preset takes beside the pictures.
#[derive(Debug, Clone, Copy)]
pub struct Room {
    /// Pages of the report, as pictures.
    pub pages: u32,
    /// Bytes of each file.
    pub file: Option<u64>,
    /// Bytes of all together.
    pub total: Option<u64>,
}

impl Room {
    /// Whether a PDF of this length is taken.
    pub fn takes(self, bytes: u64) -> bool {
        least([self.file, self.total]).is_none_or(|most| bytes <= most)
    }
}

impl Done {
    /// For the report.
    pub fn stills(&self) -> Vec<report::Still> {
        let still = |(what, made, jpeg): &(Sight, Made, Vec<u8>)| report::Still {
            jpeg: jpeg.clone(),
            width: made.size.0,
            height: made.size.1,
            second: made.ticks.0 as f64 / 90_000.0,
            what: *what,
        };
        self.stills.iter().map(still).collect()
    }
}

/// A preset's megabytes, where they are limited.
fn bytes(mb: f64) -> Option<u64> {
    (mb > 0.0).then_some((mb * MB) as u64)
}

/// The smaller of the limits that there are.
fn least(limits: [Option<u64>; 2]) -> Option<u64> {
    limits.into_iter().flatten().min()
}

/// How many of a preset's pictures are taken out of the clip; the others are pages of the report.
fn pictures(preset: &Preset) -> u32 {
    let pages = if preset.pdf { 0 } else { preset.pictures.div_ceil(4) };
    preset.pictures - pages
}

/// What each picture may be.
fn limit(preset: &Preset) -> Limit {
    let files = u64::from(preset.pictures) + u64::from(preset.pdf);
    let share = bytes(preset.total_mb).map(|total| total / files.max(1));
    Limit { height: rows(preset.picture_height), bytes: least([bytes(preset.file_mb), share]) }
}

/// A preset's rows of pixels, where they are limited.
fn rows(height: u32) -> Option<u32> {
    (height > 0).then_some(height)
}

impl Maker<'_> {
    /// Makes all of it of this clip.
    pub fn make(
        &self,
        bundle: &Bundle,
        clip: &Handed,
        line: &Line,
        ask: &Ask<'_>,
        progress: &mut dyn FnMut(u32),
    ) -> Result<Done, ExportError> {
        let preset = ask.preset;
        let facts = clip.report.facts.as_ref().ok_or(ExportError::Nothing)?;
        let id = facts.start.clip.to_string();
        let span = match preset.video_seconds {
            0 => None,
            seconds => Some(line.span(seconds.into(), ask.from).ok_or(ExportError::NoSpan)?),
        };
        for folder in [UPLOAD, STILLS, REPORT] {
            bundle.folder(folder)?;
        }
        let moments = line.moments();
        let taken = pictures(preset) as usize;
        let with_sheet = taken > 2;
        let (limit, whole) = (limit(preset), Limit { height: None, bytes: None });
        let file = |folder: &str, name: &str, limit| Jpeg { name: format!("{folder}/{name}.jpg"), limit };
        let stills = moments.iter().enumerate().map(|(at, (name, tick))| {
            let mut files = vec![file(STILLS, name, whole), file(REPORT, name, IN_REPORT)];
            files.extend((at < taken - usize::from(with_sheet)).then(|| file(UPLOAD, name, limit)));
            Still { tick: *tick, files }
        });
        let mut sheets = vec![file(STILLS, "sheet", whole)];
        sheets.extend(with_sheet.then(|| file(UPLOAD, "sheet", limit)));
        let job = Job {
            clip: clip.path.clone(),
            folder: bundle.part(),
            gops: line.gops.iter().map(|(_, ticks)| *ticks).collect(),
            caption: format!("{}  clip {}", self.order, &id[..8]),
            share: span.map(|(_, ticks)| Share {
                name: format!("{UPLOAD}/video.mp4"),
                ticks,
                limit: Limit { height: rows(preset.video_height), bytes: bytes(preset.video_mb) },
                comment: format!(
                    "DERIVED 派生: second {:.1} to {:.1} of the sealed clip {id}, coded anew; see video.mp4{NOTE}",
                    ticks.0 as f64 / 90_000.0,
                    ticks.1 as f64 / 90_000.0,
                ),
            }),
            stills: stills.collect(),
            sheet: Some(Sheet { ticks: line.sheet(), files: sheets }),
        };
        let all = derive::derive(&job, progress)?;
        let mut done = Done { stills: Vec::new(), upload: Vec::new(), room: room(preset) };
        for made in &all {
            let path = bundle.part().join(&made.name);
            let failed = |error| ExportError::Output(path.clone(), error);
            if let Some(name) = made.name.strip_prefix(REPORT) {
                let sight = sight(name.trim_start_matches('/').trim_end_matches(".jpg"), line);
                done.stills.push((sight, made.clone(), fs::read(&path).map_err(failed)?));
                continue;
            }
            let note = self.note(clip, line, made, &path)?;
            bundle.write(&format!("{}{NOTE}", made.name), &note)?;
            if made.name.starts_with(UPLOAD) {
                done.upload.push(made.name.clone());
                if made.name.ends_with(".jpg") {
                    let length = fs::metadata(&path).map_err(failed)?.len();
                    // What is left for the report.
                    done.room.total = done.room.total.map(|total| total.saturating_sub(length));
                }
            }
        }
        // The clip's own time line.
        done.stills.sort_by_key(|(_, made, _)| made.ticks);
        let report = bundle.part().join(REPORT);
        fs::remove_dir_all(&report).map_err(|error| ExportError::Output(report, error))?;
        Ok(done)
    }

    /// Signs what was made of what.
    fn note(&self, clip: &Handed, line: &Line, made: &Made, path: &Path) -> Result<Vec<u8>, ExportError> {
        let facts = clip.report.facts.as_ref().ok_or(ExportError::Nothing)?;
        let (length, file) = bundle::digest(path).map_err(|error| ExportError::Output(path.to_owned(), error))?;
        // The last tick of a span is the first one that is not shown.
        let shown = (made.ticks.0, made.ticks.1.saturating_sub(1).max(made.ticks.0));
        let side = |side: u32| u16::try_from(side).ok();
        let derivation = || {
            Some(Derivation {
                station: self.key.verifier().signer().name.clone(),
                clip: facts.start.clip,
                end: clip.report.last?,
                order: facts.end.as_ref()?.order.clone(),
                kind: match &*made.name {
                    name if name.ends_with(".mp4") => DerivedKind::Share,
                    name if name.ends_with("sheet.jpg") => DerivedKind::Sheet,
                    _ => DerivedKind::Still,
                },
                links: line.links(shown)?,
                ticks: made.ticks,
                size: Size { width: side(made.size.0)?, height: side(made.size.1)? },
                how: Visible::parse(&made.how)?,
                software: Token::parse(env!("CARGO_PKG_VERSION"))?,
                program: self.program,
                time: self.time,
                length,
                file,
            })
        };
        let sealed = derivation().and_then(|derivation| derivation.seal(self.key).ok());
        sealed.map(|(note, _)| note).ok_or(ExportError::Statement)
    }
}

fn room(preset: &Preset) -> Room {
    Room {
        pages: if preset.pdf { 0 } else { preset.pictures - pictures(preset) },
        file: bytes(preset.file_mb),
        total: bytes(preset.total_mb),
    }
}

fn sight(name: &str, line: &Line) -> Sight {
    match name {
        "label" => Sight::Label,
        "opened" if line.scan.is_some() => Sight::Scan,
        "opened" => Sight::First,
        "closed" => Sight::Last,
        _ => Sight::Between,
    }
}

/// The first pages of a report as pictures that fit: their names.
///
/// # Errors
/// [`ExportError::Pages`]; the file system's.
pub fn pages(bundle: &Bundle, pdf: &Path, room: Room) -> Result<Vec<String>, ExportError> {
    if room.pages == 0 {
        return Ok(Vec::new());
    }
    let each = least([room.file, room.total.map(|total| total / u64::from(room.pages))]);
    let folder = bundle.folder(UPLOAD)?;
    let failed = |error| ExportError::Output(folder.clone(), error);
    for resolution in RESOLUTIONS {
        let status = Command::new("pdftoppm")
            .args(["-jpeg", "-r", &resolution.to_string(), "-l", &room.pages.to_string()])
            .args([pdf, &folder.join(PAGE)])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .status()
            .map_err(ExportError::Pages)?;
        if !status.success() {
            return Err(ExportError::Pages(io::Error::other(status.to_string())));
        }
        let (mut made, mut most) = (Vec::new(), 0);
        for entry in fs::read_dir(&folder).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if name.starts_with(PAGE) {
                most = most.max(entry.metadata().map_err(failed)?.len());
                made.push(name);
            }
        }
        made.sort();
        if each.is_none_or(|each| most <= each) {
            return Ok(made.into_iter().map(|name| format!("{UPLOAD}/{name}")).collect());
        }
        for name in made {
            fs::remove_file(folder.join(name)).map_err(failed)?;
        }
    }
    Ok(Vec::new())
}
