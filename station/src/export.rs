//! The evidence bundle of an order: what customer service hands over.
//!
//! ```text
//! clips of the order ─► copies with PROOF ─► verified ─┬► copies and pictures that fit the preset, each with its note
//!                                                      ├► report (HTML, PDF), text
//!                                                      └► custody: a statement for each clip, in the ledger
//! files of the buyer's ─► copies, each inspected      beside the evidence: no statement lists them
//! all of it ─► SHA256SUMS ─► folder and archive
//! ```
//!
//! What stands in the report is the result of verifying the very copies that are handed out. The ledger's entry is made
//! before the bundle gets its name: none is handed out that the ledger does not know.

mod bundle;
mod guide;
mod plan;
mod received;
mod share;

use std::{
    fs::File,
    io,
    path::{Path, PathBuf},
    thread,
};

use evidence::{
    key::SigningKey,
    note::Note,
    statement::{Export, Statement},
    token::Root,
    trust::Trust,
    value::{Hash, Id, Order, Time, Token},
    verdict::{Report, Verdict},
    verify::{Request, replay, verify},
    words,
};

use crate::{
    catalogue::{Catalogue, CatalogueError},
    clock,
    config::Preset,
    data::Data,
    derive::DeriveError,
    prove::{self, ProveError, Proven},
    report::{self, Custody, Kind, Listed, Piece, Subject},
    say::Trouble,
};
pub use bundle::SUMS;
use bundle::{Bundle, Entry};
use plan::Line;
pub use received::Given;

/// Where the clips are in the bundle.
const ORIGINAL: &str = "original";
/// Where that is which the preset takes.
const UPLOAD: &str = "upload";
/// Where the statements about exports are.
const CUSTODY: &str = "custody";

/// Why there is no bundle. Nothing is left of it.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// No clip of the order could be handed out.
    #[error(transparent)]
    Prove(#[from] ProveError),
    /// None of them has a file.
    #[error("no clip of the order can be handed out")]
    Nothing,
    /// The clip that was asked for is not one of them.
    #[error("no such clip of this order is handed out")]
    NoSuchClip(Id),
    /// A span was asked for, and the preset takes no copy.
    #[error("the preset takes no share copy")]
    NoCopy,
    /// The span that was asked for has no pictures.
    #[error("there are no pictures from this second on")]
    NoSpan,
    /// Something is there, or it is a file.
    #[error("it is there already")]
    NotEmpty(PathBuf),
    /// The bundle's disk.
    #[error("cannot write {}", .0.display())]
    Output(PathBuf, #[source] io::Error),
    /// A clip could not be read.
    #[error("cannot read {}", .0.display())]
    Clip(PathBuf, #[source] io::Error),
    /// Pictures.
    #[error(transparent)]
    Derive(#[from] DeriveError),
    /// The report.
    #[error("{0}")]
    Report(Trouble),
    /// `pdftoppm`, which makes pictures of the report's pages.
    #[error("cannot make pictures of the report")]
    Pages(#[source] io::Error),
    /// A file of the buyer's could not be read.
    #[error("cannot read {}", .0.display())]
    Received(PathBuf, #[source] io::Error),
    /// What it says about itself could not be found out.
    #[error("{0}")]
    Inspection(Trouble),
    /// The catalogue's.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// A value does not fit its statement.
    #[error("a statement could not be signed")]
    Statement,
}

/// What is asked for.
pub struct Ask<'a> {
    /// The order.
    pub order: &'a Order,
    /// What the receiver takes.
    pub preset: &'a Preset,
    /// The folder: new or empty. The archive beside it is new.
    pub folder: &'a Path,
    /// Of which clip the share copy and the pictures are; else of the newest that verifies.
    pub clip: Option<Id>,
    /// From which second on the share copy shows; else its last ones.
    pub from: Option<u64>,
    /// Who asks, as told.
    pub by: Option<Token>,
    /// The buyer's files that go with it.
    pub received: &'a [Given],
    /// Language of what the receiver gets; the reports are in both.
    pub lang: words::Lang,
}

/// What goes on, and thousandths of it.
pub type Progress<'a> = dyn FnMut(Step, u32) + 'a;

/// What goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Clips are copied and verified.
    Clips,
    /// Pictures are coded.
    Pictures,
    /// Report and archive.
    Report,
}

/// What was made.
#[derive(Debug)]
pub struct Exported {
    /// Every clip of the order, and what became of it.
    pub clips: Vec<Proven>,
    /// The verdicts of those that were handed out, by the names of their files.
    pub verdicts: Vec<(String, Verdict)>,
    /// The files that the preset takes, below the folder.
    pub upload: Vec<String>,
    /// The archive.
    pub archive: PathBuf,
}

/// A clip that is handed out.
struct Handed {
    /// Below the bundle's folder.
    name: String,
    path: PathBuf,
    sha256: Hash,
    bytes: u64,
    report: Report,
    /// Notes from START to END.
    statements: Vec<Vec<u8>>,
}

/// Makes the bundle. `program` is SHA-256 of this program's file.
///
/// # Errors
/// See [`ExportError`].
pub fn export(
    (data, key, catalogue): (&Data, &SigningKey, Catalogue),
    (roots, program): (&[Root], Hash),
    ask: &Ask<'_>,
    progress: &mut Progress<'_>,
) -> Result<Exported, ExportError> {
    if ask.from.is_some() && ask.preset.video_seconds == 0 {
        return Err(ExportError::NoCopy);
    }
    let bundle = Bundle::new(ask.folder)?;
    let time = clock::wall();
    // First, as what cannot be read of them is told before minutes of work.
    let received = received::take(&bundle, ask)?;
    let earlier = custody(&catalogue, ask.order)?;
    let folder = bundle.part().join(ORIGINAL);
    let mut clips = prove::prove(&data.root, key, catalogue, ask.order, &folder, None)?;
    let mut trust = Trust::default();
    trust.add_station(&key.verifier().to_string()).map_err(|_| ExportError::Statement)?;
    roots.iter().cloned().for_each(|root| trust.add_authority(root));
    let all = clips.len() as u32;
    let mut handed = Vec::new();
    for (clip, done) in clips.iter().zip(0..) {
        if let Ok(copy) = &clip.outcome {
            handed.push(check(&copy.file, &trust, ask.order, &mut |part| {
                progress(Step::Clips, (done * 1000 + part) / all)
            })?);
        }
    }
    let main = choose(&handed, ask.clip)?;
    let line = Line::of(main.statements.iter().map(Vec::as_slice));
    let maker = share::Maker { key, program, time, order: ask.order };
    let mut made = maker.make(&bundle, main, &line, ask, &mut |part| progress(Step::Pictures, part))?;

    // The evidence: clips and what was derived of them, before there is a report about it.
    let theirs = format!("{}/", received::FOLDER);
    let is_evidence = |entry: &Entry| !entry.name.ends_with(share::NOTE) && !entry.name.starts_with(&theirs);
    let evidence: Vec<Entry> = bundle.entries()?.into_iter().filter(is_evidence).collect();
    let exports = statements(key, ask, time, &handed, &evidence)?;
    for (id, note, _) in &exports {
        bundle.write(&format!("{CUSTODY}/export-{id}.note"), note)?;
    }
    let subject = Subject {
        order: ask.order,
        made: time,
        station: key.verifier(),
        clips: handed.iter().map(|clip| piece(clip, (clip.name == main.name).then_some(&made))).collect(),
        received,
        files: evidence.iter().map(listed).collect(),
        exports: earlier.into_iter().chain([this_export(ask, time, &exports)]).collect(),
    };
    progress(Step::Report, 0);
    made.upload.extend(write_reports(&bundle, &subject, ask, made.room)?);
    progress(Step::Report, 500);
    let verdicts = handed.iter().map(|clip| (clip.name.clone(), clip.report.verdict)).collect();
    let catalogue = data.catalogue().map_err(ExportError::Report)?;
    catalogue.exported(&exports)?;
    let archive = bundle.archive().to_owned();
    bundle.finish(time)?;
    for copy in clips.iter_mut().filter_map(|clip| clip.outcome.as_mut().ok()) {
        let name = copy.file.file_name().unwrap_or_default();
        copy.file = ask.folder.join(ORIGINAL).join(name);
    }
    progress(Step::Report, 1000);
    Ok(Exported { clips, verdicts, upload: made.upload, archive })
}

/// Verifies a copy as whoever gets it will.
fn check(path: &Path, trust: &Trust, order: &Order, progress: &mut dyn FnMut(u32)) -> Result<Handed, ExportError> {
    let failed = |error| ExportError::Clip(path.to_owned(), error);
    let file = File::open(path).map_err(failed)?;
    let request = Request {
        trust,
        order: Some(order),
        threads: thread::available_parallelism().map_or(1, usize::from),
        progress: &mut |seen, all| progress((seen * 1000 / all.max(1)) as u32),
    };
    let report = verify(&file, request).map_err(failed)?;
    let mut statements = Vec::new();
    if let (Some(key), Some(last)) = (&report.key, report.last) {
        let mut give = |note: &[u8]| {
            statements.push(note.to_vec());
            Ok(())
        };
        replay(&file, key, last, &mut give).map_err(|error| failed(io::Error::other(error)))?;
    }
    let (bytes, sha256) = bundle::digest(path).map_err(failed)?;
    let name = format!("{ORIGINAL}/{}", path.file_name().unwrap_or_default().to_string_lossy());
    Ok(Handed { name, path: path.to_owned(), sha256, bytes, report, statements })
}

/// The clip that is shown: the one asked for, else the newest of the best verdict.
fn choose(handed: &[Handed], asked: Option<Id>) -> Result<&Handed, ExportError> {
    let id = |clip: &Handed| clip.report.facts.as_ref().map(|facts| facts.start.clip);
    match asked {
        Some(asked) => handed.iter().find(|clip| id(clip) == Some(asked)).ok_or(ExportError::NoSuchClip(asked)),
        None => {
            let best = handed.iter().rev().find(|clip| clip.report.verdict == Verdict::Verified);
            best.or(handed.last()).ok_or(ExportError::Nothing)
        }
    }
}

/// A statement for each clip.
fn statements(
    key: &SigningKey,
    ask: &Ask<'_>,
    time: Time,
    handed: &[Handed],
    evidence: &[Entry],
) -> Result<Vec<(Id, Vec<u8>, Hash)>, ExportError> {
    let preset = evidence::value::Value::parse(&ask.preset.name).ok_or(ExportError::Statement)?;
    let list = Hash::of(bundle::list(evidence).as_bytes());
    let mut all = Vec::new();
    for clip in handed {
        let (Some(facts), Some(end)) = (&clip.report.facts, clip.report.last) else { continue };
        let export = Export {
            station: key.verifier().signer().name.clone(),
            order: ask.order.clone(),
            clip: facts.start.clip,
            end,
            preset: Token::clone(&preset),
            by: ask.by.clone(),
            time,
            files: evidence.len() as u64,
            list,
        };
        let (note, hash) = export.seal(key).map_err(|_| ExportError::Statement)?;
        all.push((facts.start.clip, note, hash));
    }
    Ok(all)
}

/// Earlier exports of the order, oldest first, one for all clips that went together.
fn custody(catalogue: &Catalogue, order: &Order) -> Result<Vec<Custody>, ExportError> {
    let mut all: Vec<Export> = Vec::new();
    for clip in catalogue.clips(Some(order))? {
        for note in catalogue.exports(clip.id)? {
            let export = Note::parse(&note).and_then(|note| Export::parse(&note.text));
            let Ok(export) = export else { continue };
            if all.iter().all(|other| (other.time, other.list) != (export.time, export.list)) {
                all.push(export);
            }
        }
    }
    all.sort_by_key(|export| export.time);
    let said = |export: Export| Custody {
        time: export.time,
        who: export.by.map(|by| by.as_str().to_owned()),
        preset: export.preset.as_str().to_owned(),
        hash: Some(export.list),
    };
    Ok(all.into_iter().map(said).collect())
}

fn this_export(ask: &Ask<'_>, time: Time, exports: &[(Id, Vec<u8>, Hash)]) -> Custody {
    let list = exports.first().and_then(|(_, note, _)| Note::parse(note).ok());
    let list = list.and_then(|note| Export::parse(&note.text).ok()).map(|export| export.list);
    let who = ask.by.as_ref().map(|by| by.as_str().to_owned());
    Custody { time, who, preset: ask.preset.name.clone(), hash: list }
}

fn piece<'a>(clip: &'a Handed, made: Option<&share::Done>) -> Piece<'a> {
    Piece {
        name: clip.name.clone(),
        sha256: clip.sha256,
        length: clip.bytes,
        report: &clip.report,
        statements: clip.statements.iter().map(|note| String::from_utf8_lossy(note).into_owned()).collect(),
        stills: made.map(share::Done::stills).unwrap_or_default(),
    }
}

fn listed(entry: &Entry) -> Listed {
    let kind = match &*entry.name {
        name if name.starts_with(ORIGINAL) => Kind::Clip,
        name if name.ends_with(".mp4") => Kind::Copy,
        name if name.ends_with(".jpg") => Kind::Still,
        _ => Kind::Other,
    };
    Listed { name: entry.name.clone(), bytes: entry.bytes, sha256: entry.sha256, kind }
}

/// Reports and how to check them, in both languages, and the page that checks; what of it the preset takes.
fn write_reports(
    bundle: &Bundle,
    subject: &Subject<'_>,
    ask: &Ask<'_>,
    room: share::Room,
) -> Result<Vec<String>, ExportError> {
    let mut upload = Vec::new();
    bundle.write("verify.html", page::html().as_bytes())?;
    for lang in words::Lang::ALL {
        let code = lang.code();
        bundle.write(&format!("report.{code}.html"), report::html(subject, lang).as_bytes())?;
        let pdf = report::pdf(subject, lang).map_err(ExportError::Report)?;
        let name = format!("report.{code}.pdf");
        bundle.write(&name, &pdf)?;
        bundle.write(&format!("HOW-TO-CHECK.{code}.txt"), guide::text(subject, lang).as_bytes())?;
        if lang != ask.lang {
            continue;
        }
        if ask.preset.text_characters > 0 {
            let name = format!("{UPLOAD}/text.txt");
            bundle.write(
                &name,
                format!("{}\n", report::summary(subject, lang, ask.preset.text_characters as usize)).as_bytes(),
            )?;
            upload.push(name);
        }
        if ask.preset.pdf && room.takes(pdf.len() as u64) {
            let name = format!("{UPLOAD}/report.pdf");
            bundle.write(&name, &pdf)?;
            upload.push(name);
        }
        upload.extend(share::pages(bundle, &bundle.part().join(&name), room)?);
    }
    Ok(upload)
}
