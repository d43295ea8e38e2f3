//! What a crash left: each clip still open is recovered, or set aside as damaged, or gets a tombstone. Deletions that
//! were cut off are finished.
//!
//! Little is signed, because someone may have touched the disk. The clip is verified as anybody would, with the
//! station's own key; END `recovered` is signed only where what stands there is an open clip of exactly this START,
//! with no fewer LINKs than the catalogue knows of, and no more behind its last LINK than one torn fragment.
//!
//! Every step may be repeated after another crash:
//!
//! ```text
//! no LINK                 tombstone in the row
//! END is there            row sealed                         (the crash came between END and its row)
//! open and good           torn tail copied to damaged/ · file cut · END appended · row sealed
//! anything else           file moved to damaged/ · row damaged
//! PROOF half written      what was made ready is put in its place
//! ```
//!
//! It may also run while others record: a clip that someone writes is left alone, one whose writer gave up (its disk
//! failed) is recovered.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

use evidence::{
    bmff::StatementBox,
    finding::{Code, Weight},
    key::{SigningKey, VerifierKey},
    source::ReadAt,
    statement::{End, Reason, Start, Statement, TombstoneReason},
    trust::Trust,
    value::Hash,
    verdict::{Facts, Report},
    verify::{Request, verify},
};

use crate::{
    catalogue::{CatalogueError, Clip, Closing, Seen, State},
    clock,
    data::Locked,
    durable::{self, AppendFile, DurableError},
    proof::{Finished, ProofError, Proofs},
    storage::{self, Deleted},
};

/// What became of one clip.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// END was there; the row says so now.
    WasSealed,
    /// END `recovered` was signed; so many bytes of torn tail were cut off.
    Recovered {
        /// Bytes.
        discarded: u64,
    },
    /// Nothing of it was recorded.
    NeverWritten,
    /// Set aside, unsigned; why.
    Damaged(Option<Code>),
    /// Its deletion is finished.
    Deleted,
    /// Its deletion cannot be finished now; what the system said. Recording goes on.
    NotDeleted(String),
    /// Its PROOF was being written and is whole now.
    ProofSealed,
    /// Its PROOF was being written and cannot be finished now; why.
    ProofNotSealed(String),
}

/// Why recovery itself failed.
#[derive(Debug, thiserror::Error)]
pub enum RecoveryError {
    /// The disk's.
    #[error(transparent)]
    Disk(#[from] DurableError),
    /// The catalogue's.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
}

/// Recovers every clip that is still open and that nobody writes, and finishes deletions. Each clip with what became
/// of it.
///
/// # Errors
/// See [`RecoveryError`]; it can be called again.
pub fn recover(station: &Locked) -> Result<Vec<(Clip, Outcome)>, RecoveryError> {
    let mut outcomes = finish_proofs(station);
    for row in station.catalogue.unfinished()? {
        let Some(_claim) = station.claims.take(row.sequence) else { continue };
        // Whoever had it may have sealed it since.
        let Some(row) = station.catalogue.clip(row.sequence)? else { continue };
        if !matches!(row.state, State::Open | State::Deleting) {
            continue;
        }
        // It may be a full disk that cut it off.
        station.give_up_reserve();
        let outcome =
            if row.state == State::Open { recover_clip(station, &row)? } else { finish_deletion(station, &row) };
        outcomes.push((row, outcome));
    }
    Ok(outcomes)
}

/// PROOFs keep nobody from recording: what cannot be done is tried again the next time.
fn finish_proofs(station: &Locked) -> Vec<(Clip, Outcome)> {
    let open = Proofs::try_open(&station.data.root, &station.key).ok().flatten();
    let finished = open.and_then(|proofs| proofs.finish(&station.catalogue).ok()).unwrap_or_default();
    let outcome = |result: Result<(), ProofError>| match result {
        Ok(()) => Outcome::ProofSealed,
        Err(error) => Outcome::ProofNotSealed(said(&error)),
    };
    finished.into_iter().map(|Finished { clip, result }| (clip, outcome(result))).collect()
}

/// An old file that cannot be removed keeps nobody from recording.
fn finish_deletion(station: &Locked, row: &Clip) -> Outcome {
    match storage::finish(station, row) {
        Ok(Deleted { .. }) => Outcome::Deleted,
        Err(error) => Outcome::NotDeleted(said(&error)),
    }
}

/// An error and its causes on one line.
pub(crate) fn said(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(Some(error), |e| e.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

fn recover_clip(station: &Locked, row: &Clip) -> Result<Outcome, RecoveryError> {
    let path = station.data.root.join(&row.path);
    let file = match File::open(&path) {
        Ok(file) => file,
        // Cut off while it was being set aside: the row is late.
        Err(e) if e.kind() == io::ErrorKind::NotFound && station.data.root.join(row.aside()).exists() => {
            station.catalogue.damaged(row.sequence, &row.aside())?;
            return Ok(Outcome::Damaged(None));
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound && row.links == 0 => return bury(station, row),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            station.catalogue.damaged(row.sequence, &row.path)?;
            return Ok(Outcome::Damaged(None));
        }
        Err(e) => return Err(durable::at("open", &path)(e).into()),
    };
    let trouble = |e| durable::at("read", &path)(e);
    let length = file.length().map_err(trouble)?;
    let report = verify_own(station, &file).map_err(trouble)?;
    let refused =
        report.findings.iter().map(|f| f.code).find(|c| matches!(c.weight(), Weight::Rejected | Weight::CannotCheck));
    let begins = begins_with(&file, row, length).map_err(trouble)?;
    drop(file);
    match (&report.facts, refused) {
        // A torn beginning of just this clip: no picture of it was ever on disk.
        _ if row.links == 0 && begins == Begins::Torn => {
            durable::move_file(&path, &station.data.root.join(row.aside()))?;
            bury(station, row)
        }
        (Some(facts), None) if begins == Begins::Whole && facts.links >= row.links => {
            recover_good(station, row, &path, &report, facts, length)
        }
        _ => set_aside(station, row, &path, refused),
    }
}

fn recover_good(
    station: &Locked,
    row: &Clip,
    path: &Path,
    report: &Report,
    facts: &Facts,
    length: u64,
) -> Result<Outcome, RecoveryError> {
    let Some(last) = report.last else { return set_aside(station, row, path, None) };
    if let Some(end) = &facts.end {
        let closing = Closing::of(end, last, length - facts.proof, Seen::of(facts));
        station.catalogue.seal(row.sequence, facts.links, end.order.as_ref(), &closing)?;
        return Ok(Outcome::WasSealed);
    }
    if facts.frames == 0 {
        durable::move_file(path, &station.data.root.join(row.aside()))?;
        return bury(station, row);
    }
    let good = length - facts.tail;
    // The tail is kept before it is cut. Where one is kept already, a crash came in between: what stands behind the last
    // LINK now is that tail again, or our own torn END.
    let tail = station.data.root.join(row.tail());
    if facts.tail > 0 && !tail.exists() {
        let bytes = read_range(path, good, facts.tail)?;
        durable::create_folder(&station.data.root.join("damaged"))?;
        durable::replace(&tail, &bytes)?;
    }
    let discarded = fs::metadata(&tail).map_or(facts.tail, |m| m.len());
    let mut file = AppendFile::open(path)?;
    file.cut(good)?;
    let end = End {
        clip: row.id,
        links: facts.links,
        previous: last,
        order: report.bound.clone(),
        reason: Reason::Recovered,
        frames: facts.frames,
        lost: facts.lost,
        ticks: facts.ticks,
        time: facts.last_time,
        last_frame_time: Some(facts.last_time),
        recovered_time: Some(clock::wall()),
        discarded,
    };
    let (note, hash) = end.seal(&station.key).map_err(CatalogueError::Statement)?;
    file.append(&[&StatementBox::End.wrap(&note)])?;
    let closing = Closing::of(&end, hash, file.length(), Seen::of(facts));
    station.catalogue.seal(row.sequence, facts.links, end.order.as_ref(), &closing)?;
    Ok(Outcome::Recovered { discarded })
}

fn read_range(path: &Path, at: u64, length: u64) -> Result<Vec<u8>, DurableError> {
    let error = durable::at("read", path);
    // The tail is shorter than a fragment and a statement, or the clip would have been refused.
    let mut bytes = vec![0; usize::try_from(length).map_err(|e| error(io::Error::other(e)))?];
    File::open(path).and_then(|f| ReadAt::read_exact_at(&f, &mut bytes, at)).map_err(&error)?;
    Ok(bytes)
}

/// How a file begins, held against START of its row.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Begins {
    /// With these `ftyp` and `moov` (by START's hash) and START itself.
    Whole,
    /// It ends before START does, and what is there of START is right.
    Torn,
    /// Otherwise.
    Otherwise,
}

fn begins_with(file: &File, row: &Clip, length: u64) -> io::Result<Begins> {
    let start = evidence::note::Note::parse(&row.start).and_then(|note| Start::parse(&note.text));
    let Ok(start) = start else { return Ok(Begins::Otherwise) };
    let statement = StatementBox::Start.wrap(&row.start);
    let whole = start.init_length + statement.len() as u64;
    let mut bytes = vec![0; usize::try_from(whole.min(length)).unwrap_or(0)];
    file.read_exact_at(&mut bytes, 0)?;
    let (init, rest) = bytes.split_at(bytes.len().min(usize::try_from(start.init_length).unwrap_or(0)));
    Ok(match (length >= whole, statement.starts_with(rest)) {
        (true, true) if Hash::of(init) == start.init => Begins::Whole,
        (false, true) => Begins::Torn,
        _ => Begins::Otherwise,
    })
}

/// Verifies a clip of this station as anybody would, with its own key given from outside.
///
/// # Errors
/// The file system's.
pub fn verify_own(station: &Locked, file: &File) -> io::Result<Report> {
    verify_by(&station.key, file)
}

/// Verifies a clip as anybody would, with this station's key given from outside.
///
/// # Errors
/// The file system's.
pub fn verify_by<S: ReadAt + ?Sized>(key: &SigningKey, clip: &S) -> io::Result<Report> {
    verify_under(key.verifier(), clip)
}

/// Verifies a clip as anybody would, with this key given from outside as a station's.
///
/// # Errors
/// The file system's.
pub fn verify_under<S: ReadAt + ?Sized>(key: &VerifierKey, clip: &S) -> io::Result<Report> {
    let mut trust = Trust::default();
    trust.add_station(&key.to_string()).map_err(io::Error::other)?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    verify(clip, Request { trust: &trust, order: None, threads, progress: &mut |_, _| () })
}

fn set_aside(station: &Locked, row: &Clip, path: &Path, why: Option<Code>) -> Result<Outcome, RecoveryError> {
    durable::move_file(path, &station.data.root.join(row.aside()))?;
    station.catalogue.damaged(row.sequence, &row.aside())?;
    Ok(Outcome::Damaged(why))
}

fn bury(station: &Locked, row: &Clip) -> Result<Outcome, RecoveryError> {
    let tombstone = row.tombstone(&station.key, TombstoneReason::NeverWritten, clock::wall());
    station.catalogue.never_written(&tombstone, &station.key)?;
    Ok(Outcome::NeverWritten)
}
