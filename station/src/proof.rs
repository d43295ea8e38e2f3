//! PROOF: what proves a sealed clip to those who do not know the station's key, put behind its END. The sealed part stays
//! byte for byte as it is.
//!
//! ```text
//! proofs/ID        the whole new PROOF, durable. Until here nothing of the clip is touched.
//! clip cut         behind END, where an old PROOF stood           verifies without PROOF
//! clip appended    the new PROOF                                  verifies with it
//! proofs/ID gone
//! ```
//!
//! A cut within the append can leave a part of PROOF, which no verifier takes. So whatever stands in `proofs` is finished
//! before the station does anything else ([`Proofs::finish`]): each step may be repeated.

use std::{
    fs::{self, File},
    io,
    path::Path,
};

mod parts;

use evidence::{
    bmff::{StatementBox, UUID_HEADER},
    finding::{Code, Weight},
    key::SigningKey,
    source::ReadAt,
    statement::{MAX_PROOF, PartKind, Proof},
    value::{Id, Value},
    verdict::Report,
    verify::Taken,
};

use crate::{
    catalogue::{Catalogue, CatalogueError, Clip, Closing, State},
    durable::{self, AppendFile, DurableError},
    enrolment::Held,
    ledger::LedgerFault,
    recovery::verify_by,
};
pub(crate) use parts::{Assembled, Parts, Shown, assemble};

/// Where PROOFs are made ready, below the data folder.
const FOLDER: &str = "proofs";

/// Why a clip got no PROOF. It is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ProofError {
    /// It is open, damaged or deleted.
    #[error("it is not a sealed clip")]
    NotSealed,
    /// It is not in the ledger, and no enrolment of this station's key is held for its source and time.
    #[error("there is nothing to prove it with")]
    Nothing,
    /// The clip does not verify, or the PROOF does not fit it.
    #[error("refused: {0:?}")]
    Refused(Code),
    /// A later version's PROOF is there.
    #[error("it has a PROOF by a newer version")]
    Newer,
    /// The PROOF that is there shows this, and the new one would not.
    #[error("it has a PROOF that shows more: {0}")]
    Fewer(String),
    /// Behind END stands something that is no PROOF of this clip.
    #[error("something else stands behind its end")]
    Behind,
    /// The disk's.
    #[error(transparent)]
    Disk(#[from] DurableError),
    /// The catalogue's.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The ledger's.
    #[error(transparent)]
    Ledger(#[from] LedgerFault),
}

/// The PROOF that stands in a clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sealed {
    /// The same stood there before.
    pub before: bool,
    /// It has an enrolment.
    pub enrolment: bool,
    /// It shows the clip in the ledger, as of so many entries.
    pub ledger: Option<u64>,
    /// It has the time token that START names.
    pub start_token: bool,
    /// So many authorities' time tokens are over that ledger's checkpoint.
    pub time_tokens: usize,
}

/// A PROOF that a crash left half written.
#[derive(Debug)]
pub struct Finished {
    /// Its clip.
    pub clip: Clip,
    /// Whether it stands in the clip now.
    pub result: Result<(), ProofError>,
}

/// Whoever writes PROOFs; one process at a time.
pub struct Proofs<'a> {
    root: &'a Path,
    key: &'a SigningKey,
    _lock: File,
}

impl<'a> Proofs<'a> {
    /// Waits until no other process writes any.
    ///
    /// # Errors
    /// The file system's.
    pub fn open(root: &'a Path, key: &'a SigningKey) -> Result<Self, DurableError> {
        let lock = lock_file(root)?;
        lock.lock().map_err(durable::at("lock", &root.join(FOLDER)))?;
        Ok(Self { root, key, _lock: lock })
    }

    /// `None` where another process writes some now: it finishes them.
    ///
    /// # Errors
    /// The file system's.
    pub fn try_open(root: &'a Path, key: &'a SigningKey) -> Result<Option<Self>, DurableError> {
        let lock = lock_file(root)?;
        Ok(lock.try_lock().is_ok().then_some(Self { root, key, _lock: lock }))
    }

    /// Puts a PROOF of all that the station holds for this clip behind it.
    ///
    /// # Errors
    /// See [`ProofError`].
    pub fn seal(&self, catalogue: &Catalogue, row: &Clip, held: &[Held]) -> Result<Sealed, ProofError> {
        let closing = row.closing.as_ref().filter(|_| row.state == State::Sealed).ok_or(ProofError::NotSealed)?;
        let path = self.root.join(&row.path);
        let (bare, behind) = read(self.key, &path, closing)?;
        let Assembled { parts, enrolment, ledger } = assemble((self.root, self.key), catalogue, row, &bare, held)?;
        if parts.is_empty() {
            return Err(ProofError::Nothing);
        }
        self.shows_no_more(&path, &behind, &parts)?;
        let content = Proof::content(row.id, closing.end_hash, &parts, self.key).map_err(ProofError::Refused)?;
        let proof = StatementBox::Proof.wrap(&content);
        let count = |kind: PartKind| parts.iter().filter(|(k, _)| *k == kind).count();
        let (start_token, time_tokens) = (count(PartKind::StartToken) > 0, count(PartKind::TimeToken));
        let ledger = ledger.map(|shown| shown.checkpoint.size);
        let sealed = Sealed { before: behind == proof, enrolment, ledger, start_token, time_tokens };
        if sealed.before {
            return Ok(sealed);
        }
        self.check(&path, closing, &proof)?;
        let prepared = self.root.join(FOLDER).join(row.id.to_string());
        durable::replace(&prepared, &proof)?;
        put(&path, closing, &proof, &prepared)?;
        Ok(sealed)
    }

    /// Finishes what a crash left, each with its clip.
    ///
    /// # Errors
    /// The file system's and the catalogue's; it can be called again.
    pub fn finish(&self, catalogue: &Catalogue) -> Result<Vec<Finished>, ProofError> {
        let folder = self.root.join(FOLDER);
        let mut finished = Vec::new();
        for entry in fs::read_dir(&folder).map_err(durable::at("list", &folder))? {
            let prepared = entry.map_err(durable::at("list", &folder))?.path();
            let name = prepared.file_name().and_then(|name| name.to_str()).unwrap_or_default();
            let Some(id) = Id::parse(name) else { continue };
            let order = evidence::value::Order::parse(&id.to_string());
            let rows = order.map_or(Ok(Vec::new()), |id| catalogue.named(&id))?;
            let row = rows.into_iter().find(|row| row.id == id && row.state == State::Sealed);
            let Some((row, closing)) = row.and_then(|row| row.closing.clone().map(|closing| (row, closing))) else {
                // Its clip is gone since.
                durable::remove(&prepared)?;
                continue;
            };
            let path = self.root.join(&row.path);
            let proof = fs::read(&prepared).map_err(durable::at("read", &prepared))?;
            let result = self.check(&path, &closing, &proof);
            let result = result.and_then(|()| Ok(put(&path, &closing, &proof, &prepared)?));
            if matches!(result, Err(ProofError::Refused(_))) {
                // Not one that was made ready here: somebody touched it. It is kept, for a person to look at.
                durable::move_file(&prepared, &self.root.join("damaged").join(format!("{id}.proof")))?;
            }
            finished.push(Finished { clip: row, result });
        }
        Ok(finished)
    }

    /// Whether the PROOF that is there, if there is one, shows no more than these parts.
    fn shows_no_more(&self, path: &Path, behind: &[u8], parts: &Parts) -> Result<(), ProofError> {
        if behind.is_empty() {
            return Ok(());
        }
        let file = File::open(path).map_err(durable::at("open", path))?;
        match verify_by(self.key, &file).map(|report| refusal(&report)).map_err(durable::at("read", path))? {
            None => {}
            Some(Code::ProofNewer) => return Err(ProofError::Newer),
            Some(_) => return Err(ProofError::Behind),
        }
        let there =
            Taken::of(behind.get(UUID_HEADER as usize..).unwrap_or_default()).map_err(|_| ProofError::Behind)?;
        missing(&there.proof, parts).map_or(Ok(()), |kind| Err(ProofError::Fewer(kind.as_str().to_owned())))
    }

    /// Whether this PROOF fits the sealed part of its clip, as anybody will verify it. Nothing is written.
    fn check(&self, path: &Path, closing: &Closing, proof: &[u8]) -> Result<(), ProofError> {
        let file = File::open(path).map_err(durable::at("open", path))?;
        if file.length().map_err(durable::at("stat", path))? < closing.bytes {
            return Err(ProofError::Refused(Code::ContainerTruncated));
        }
        let whole = Joined { file: &file, sealed: closing.bytes, proof };
        let report = verify_by(self.key, &whole).map_err(durable::at("read", path))?;
        if let Some(code) = refusal(&report) {
            return Err(ProofError::Refused(code));
        }
        let whole = report.facts.is_some_and(|f| f.proof > 0 && f.proof == proof.len() as u64);
        let fits = whole && report.last == Some(closing.end_hash);
        if fits { Ok(()) } else { Err(ProofError::Refused(Code::ProofForm)) }
    }
}

/// The report of the sealed part alone, and what stands behind it.
pub(crate) fn read(key: &SigningKey, path: &Path, closing: &Closing) -> Result<(Report, Vec<u8>), ProofError> {
    let failed = durable::at("read", path);
    let file = File::open(path).map_err(durable::at("open", path))?;
    let length = file.length().map_err(&failed)?;
    let more = length.checked_sub(closing.bytes).ok_or(ProofError::Refused(Code::ContainerTruncated))?;
    if more > MAX_PROOF + UUID_HEADER {
        return Err(ProofError::Behind);
    }
    let mut behind = vec![0; usize::try_from(more).map_err(|_| ProofError::Behind)?];
    file.read_exact_at(&mut behind, closing.bytes).map_err(&failed)?;
    let bare = Joined { file: &file, sealed: closing.bytes, proof: &[] };
    let report = verify_by(key, &bare).map_err(&failed)?;
    refusal(&report).map_or(Ok((report, behind)), |code| Err(ProofError::Refused(code)))
}

/// Puts a PROOF that is made ready into its clip, in place of whatever stands behind END.
fn put(path: &Path, closing: &Closing, proof: &[u8], prepared: &Path) -> Result<(), DurableError> {
    let mut clip = AppendFile::open(path)?;
    if clip.length() > closing.bytes {
        clip.cut(closing.bytes)?;
    }
    if let Err(e) = clip.append(&[proof]) {
        // Without PROOF it verifies; what is made ready is put in when there is room again.
        let _ = clip.cut(closing.bytes);
        return Err(e);
    }
    durable::remove(prepared)
}

/// A kind of which this PROOF has more parts than these are.
fn missing<'p>(there: &'p Proof, parts: &Parts) -> Option<&'p PartKind> {
    let shown = |kind: &PartKind| there.parts.0.iter().filter(|part| part.kind == *kind).count();
    let shows = |kind: &PartKind| parts.iter().filter(|(k, _)| k == kind).count();
    there.parts.0.iter().map(|part| &part.kind).find(|kind| shown(kind) > shows(kind))
}

fn lock_file(root: &Path) -> Result<File, DurableError> {
    let folder = root.join(FOLDER);
    durable::create_folder(&folder)?;
    let path = folder.join("lock");
    File::options().create(true).truncate(false).write(true).open(&path).map_err(durable::at("open", &path))
}

pub(crate) fn refusal(report: &Report) -> Option<Code> {
    let refused = |code: &Code| matches!(code.weight(), Weight::Rejected | Weight::CannotCheck | Weight::UnknownSigner);
    report.findings.iter().map(|finding| finding.code).find(refused)
}

/// The sealed part of a clip with this PROOF behind it.
struct Joined<'a> {
    file: &'a File,
    sealed: u64,
    proof: &'a [u8],
}

impl ReadAt for Joined<'_> {
    fn length(&self) -> io::Result<u64> {
        Ok(self.sealed + self.proof.len() as u64)
    }

    fn read_exact_at(&self, buffer: &mut [u8], at: u64) -> io::Result<()> {
        let left = usize::try_from(self.sealed.saturating_sub(at)).unwrap_or(usize::MAX).min(buffer.len());
        let (sealed, proof) = buffer.split_at_mut(left);
        ReadAt::read_exact_at(self.file, sealed, at)?;
        if proof.is_empty() { Ok(()) } else { self.proof.read_exact_at(proof, (at + left as u64) - self.sealed) }
    }
}

#[cfg(test)]
mod tests {
    use evidence::{
        statement::{Part, Parts as Listed},
        value::Hash,
    };

    use super::*;

    #[test]
    fn a_proof_is_replaced_by_one_of_at_least_its_kinds() {
        let newer = |word: &str| PartKind::Newer(word.to_owned());
        let (enrolment, token) = (PartKind::Enrolment, newer("time-token"));
        let there = |kinds: &[&PartKind]| {
            let part = |kind: &&PartKind| Part { kind: (*kind).clone(), length: 0, hash: Hash([0; 32]) };
            Proof { clip: Id([0; 16]), end: Hash([0; 32]), parts: Listed(kinds.iter().map(part).collect()) }
        };
        let parts = |kinds: &[&PartKind]| kinds.iter().map(|kind| ((*kind).clone(), Vec::new())).collect::<Vec<_>>();
        for (old, new, less) in [
            (&[&enrolment][..], &[&enrolment][..], None),
            (&[&enrolment], &[&token, &enrolment], None),
            (&[&enrolment], &[], Some(&enrolment)),
            (&[&enrolment, &token], &[&enrolment], Some(&token)),
            (&[&token, &token], &[&enrolment, &token], Some(&token)),
            (&[&token, &token], &[&token, &enrolment, &token], None),
        ] {
            assert_eq!(missing(&there(old), &parts(new)), less, "{old:?} {new:?}");
        }
    }
}
