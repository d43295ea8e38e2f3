//! A new key in place of the one that is there: because the data folder was restored from a backup or copied, so that
//! another machine may go on with the old one, or because a person asks for it.
//!
//! ```text
//! retired/OLD/vkey             whose folder it is; of no consequence yet
//! keys/station.key.new         the new key, durable
//! catalogue                    COMMIT POINT, one transaction: what was recorded is OLD's; the statement of the new key
//! retired/OLD/station.key      a copy of the old key, for whoever may need it
//! keys/station.key             the new key in place of the old one
//! retired/OLD/{ledger,proofs,enrolments}     moved there
//! keys/home                    where the new key lives
//! catalogue                    done
//! ```
//!
//! A cut before the commit point leaves the old state: the new key signed nothing that is kept. Behind it each step may
//! be repeated, and whoever locks the folder does so before anything else. Clips stay where they are. With the old key
//! nothing is signed any more, also no END of a clip that is open: whoever has the original may be writing it.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use evidence::{
    key::{SigningKey, VerifierKey},
    ledger::{EntryKind, SignedCheckpoint},
    note::Note,
    statement::{Renewal, RenewalReason, Statement},
    value::{Hash, KeyName},
};

use super::{KEY, Locked, home, init::new_key, read_key, unusable};
use crate::{
    book::Book,
    catalogue::{Catalogue, CatalogueError},
    claims::Claims,
    clock,
    durable::{self, DurableError},
    proof::Proofs,
    say::Trouble,
};

/// The new key, until it is in its place.
const NEW: &str = "keys/station.key.new";
/// What belongs to a key and lies beside the catalogue.
const PARTS: [&str; 3] = ["ledger", "proofs", "enrolments"];

/// Where the files of a retired key are, below the data folder.
pub fn folder(key: &KeyName) -> PathBuf {
    Path::new("retired").join(key.as_str().replace('/', "-"))
}

/// What the station's key says of the one before; `None`: it is the first.
///
/// # Errors
/// The catalogue's.
pub fn of(catalogue: &Catalogue) -> Result<Option<Renewal>, CatalogueError> {
    let first = catalogue.first_stated()?.filter(|stated| stated.kind == EntryKind::Key);
    Ok(first.and_then(|stated| Renewal::parse(&Note::parse(&stated.note).ok()?.text).ok()))
}

impl Locked {
    /// Gives the station a new key and ledger.
    ///
    /// # Errors
    /// The disk's and the catalogue's. Where it is cut off behind its commit point, the next start finishes it.
    pub fn renew(self, reason: RenewalReason) -> Result<(Self, Renewal), Trouble> {
        let Self { data, key: old, catalogue, reserve, _lock, .. } = self;
        let root = &data.root;
        let failed = |e: DurableError| unusable(&e.path.clone(), e);
        // A PROOF that is half written would stay so: it was signed before.
        if let Ok(Some(proofs)) = Proofs::try_open(root, &old) {
            let _ = proofs.finish(&catalogue);
        }
        let (vkey, previous) = (old.verifier(), old.verifier().signer().name.clone());
        let new = new_key(previous.station())?;
        let (previous_size, previous_root) = last_checkpoint(root, &catalogue, vkey).map_err(catalogue_fails)?.unzip();
        let renewal = Renewal {
            station: new.verifier().signer().name.clone(),
            previous: previous.clone(),
            previous_size: previous_size.unwrap_or(0),
            previous_root,
            reason,
            time: clock::wall(),
        };
        let sealed = renewal.seal(&new).map_err(CatalogueError::Statement);
        let (note, hash) = sealed.map_err(catalogue_fails)?;
        let retired = root.join(folder(&previous));
        durable::create_folder(&retired).map_err(failed)?;
        durable::replace(&retired.join("vkey"), format!("{vkey}\n").as_bytes()).map_err(failed)?;
        let prepared = root.join(NEW);
        durable::remove(&prepared).map_err(failed)?;
        durable::create(&prepared, format!("{}\n", new.to_secret_text()).as_bytes(), true).map_err(failed)?;
        catalogue.renew(vkey, &note, hash).map_err(catalogue_fails)?;
        finish(root, &catalogue)?;
        let (key, book) = (read_key(root)?, Book::new(root));
        let station = Self { data, key, catalogue, book, claims: Claims::default(), reserve, _lock };
        // Where there is no room for it now, the ledger begins before the first clip does.
        let _ = station.publish();
        Ok((station, renewal))
    }
}

fn catalogue_fails(error: CatalogueError) -> Trouble {
    Trouble::new(
        "the station cannot get a new key, and keeps the old one: check the disk and the catalogue, then try again",
        "无法为工位更换密钥，仍使用原密钥：请检查磁盘和目录后重试",
    )
    .because(error)
}

/// The newest checkpoint of the ledger that the ledger itself or the catalogue knows.
fn last_checkpoint(
    root: &Path,
    catalogue: &Catalogue,
    key: &VerifierKey,
) -> Result<Option<(u64, Hash)>, CatalogueError> {
    let signed = |name: &str| {
        let note = fs::read(root.join("ledger").join(name)).ok()?;
        let signed = SignedCheckpoint::parse(&note).ok()?;
        let said = signed.verify(key).ok()?;
        Some((said.size, said.root))
    };
    let known = catalogue.newest_checkpoint(&key.signer().name)?.map(|known| (known.size, known.root));
    // What is signed may be shown somewhere, also the one that a crash kept from its place.
    Ok(["checkpoint", "checkpoint.new"].into_iter().filter_map(signed).chain(known).max_by_key(|(size, _)| *size))
}

/// Finishes a renewal that was cut off behind its commit point: which, for whoever has to be told.
///
/// # Errors
/// The disk's and the catalogue's; a new key that is gone.
pub(super) fn finish(root: &Path, catalogue: &Catalogue) -> Result<Option<Renewal>, Trouble> {
    let read = |e: CatalogueError| {
        Trouble::new("cannot read the catalogue: check the disk, then try again", "无法读取目录：请检查磁盘后重试")
            .because(e)
    };
    let Some(old) = catalogue.retiring().map_err(read)? else { return Ok(None) };
    let renewal = of(catalogue).map_err(read)?;
    let is_new =
        |key: &SigningKey| renewal.as_ref().is_some_and(|renewal| renewal.station == key.verifier().signer().name);
    let here = read_key(root)?;
    let prepared = root.join(NEW);
    let failed = |e: DurableError| unusable(&e.path.clone(), e);
    let retired = root.join(folder(&old.signer().name));
    if !is_new(&here) {
        let next = fs::read_to_string(&prepared).ok().and_then(|text| SigningKey::parse(text.trim_end()).ok());
        if *here.verifier() != old || !next.as_ref().is_some_and(is_new) {
            let shown = prepared.display();
            return Err(Trouble::new(
                format!(
                    "the station's key was being changed, and {shown} is not the new key: restore the whole folder"
                ),
                format!("更换密钥曾中断，而 {shown} 不是新密钥：请恢复整个数据文件夹"),
            ));
        }
        keep_secret(&retired.join("station.key"), &here).map_err(failed)?;
        durable::move_file(&prepared, &root.join(KEY)).map_err(failed)?;
    }
    for part in PARTS {
        let (from, to) = (root.join(part), retired.join(part));
        if from.exists() && !to.exists() {
            durable::move_file(&from, &to).map_err(failed)?;
        }
    }
    home::remember(root).map_err(failed)?;
    catalogue.retire(&old).map_err(read)?;
    Ok(renewal)
}

/// Keeps the old key. One that is there is never overwritten: it is this one, whole or, after a cut, a part of it.
fn keep_secret(path: &Path, key: &SigningKey) -> Result<(), DurableError> {
    let text = format!("{}\n", key.to_secret_text());
    match fs::read_to_string(path) {
        Ok(there) if there == text => return Ok(()),
        Ok(there) if text.starts_with(&there) => durable::remove(path)?,
        Ok(_) => return Err(durable::at("keep", path)(io::ErrorKind::AlreadyExists.into())),
        Err(e) if e.kind() == io::ErrorKind::NotFound => {}
        Err(e) => return Err(durable::at("read", path)(e)),
    }
    durable::create(path, text.as_bytes(), true)
}
