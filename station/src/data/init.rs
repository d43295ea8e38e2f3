//! Making a station: once, whole, and never over one that is there.
//!
//! ```text
//! keys/station.key    whole or not at all: from then on the station has its name
//! keys/home           where it lives
//! clips/
//! station.toml        where the configuration lies in the folder
//! catalogue.sqlite    whole or not at all, and last: a folder without it is no station's
//! ```
//!
//! Where that was cut off, [`Data::init_if_new`] goes on with it. It never makes a key for a folder that may hold
//! evidence: clips of two keys in one folder would prove nothing together.

use std::{
    ffi::{OsStr, OsString},
    fs::{self, File},
    io,
    os::unix::fs::DirBuilderExt,
    path::{Path, PathBuf},
};

use evidence::key::{KeyError, SigningKey};

use super::{CATALOGUE, Data, KEY, Place, home, read_key, unusable};
use crate::{
    catalogue::Catalogue,
    durable::{self, DurableError},
    say::Trouble,
};

/// A station's name made of a machine's: what its alphabet lacks becomes '-'.
pub fn name_of_host(host: &str) -> String {
    let fits = |c: char| if c.is_ascii_alphanumeric() || c == '.' { c.to_ascii_lowercase() } else { '-' };
    let name: String = host.chars().map(fits).take(40).collect();
    let name = name.trim_matches(['.', '-']);
    if name.is_empty() { "station".to_owned() } else { name.to_owned() }
}

impl Data {
    /// Makes a station: its key, configuration (where it is not there already), catalogue. Leaves nothing behind where
    /// it fails.
    ///
    /// # Errors
    /// A name outside its alphabet, a folder that is in use, the file system's.
    pub fn init(place: &Place, station: &str) -> Result<SigningKey, Trouble> {
        let (root, config) = parts(place)?;
        let key = new_key(station)?;
        let existed = root.exists();
        if existed && !names(&root)?.is_empty() {
            let path = root.display();
            return Err(Trouble::new(
                format!("{path} is not empty: choose a new folder, or use the station that is there"),
                format!("{path} 不是空文件夹：请另选新文件夹，或使用其中已有的工位"),
            ));
        }
        let made = make(&root, config, key);
        if made.is_err() {
            // Whatever was made is ours: the folder was empty or not there.
            for name in names(&root).unwrap_or_default() {
                let path = root.join(name);
                let _ = fs::remove_dir_all(&path).or_else(|_| fs::remove_file(&path));
            }
            if !existed {
                let _ = fs::remove_dir(&root);
            }
        }
        made
    }

    /// The key of the station that is there. Where there is none, makes one of this name; one whose making was cut off
    /// is gone on with, and keeps the key it has.
    ///
    /// # Errors
    /// A folder that holds anything else, or a station without its key; else as [`Self::init`].
    pub fn init_if_new(place: &Place, station: &str) -> Result<(SigningKey, Made), Trouble> {
        let (root, config) = parts(place)?;
        let root = &*root;
        if root.join(CATALOGUE).exists() {
            return Ok((key_of(root)?, Made::Before));
        }
        durable::create_folder(root).map_err(|e| unusable(root, e))?;
        let lock = root.join("lock");
        let lock =
            File::options().create(true).truncate(false).write(true).open(&lock).map_err(|e| unusable(&lock, e))?;
        // One makes it; another waits, and finds it made.
        lock.lock().map_err(|e| unusable(root, e))?;
        if root.join(CATALOGUE).exists() {
            return Ok((key_of(root)?, Made::Before));
        }
        only_begun(root)?;
        let key = if root.join(KEY).exists() { read_key(root)? } else { new_key(station)? };
        make(root, config, key).map(|key| (key, Made::Now))
    }
}

/// Whether a station was there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Made {
    /// It was.
    Before,
    /// It was made, or made whole.
    Now,
}

/// The data folder, and the configuration that is to stand in it.
fn parts(place: &Place) -> Result<(PathBuf, Option<&'static str>), Trouble> {
    Ok(match place {
        Place::Folder(root) => (root.clone(), Some(crate::config::SAMPLE)),
        Place::Config(_) => (place.read()?.root, None),
    })
}

/// A new key of this name.
///
/// # Errors
/// A name outside its alphabet; no randomness.
pub(crate) fn new_key(station: &str) -> Result<SigningKey, Trouble> {
    let mut seed = [0; 32];
    getrandom::fill(&mut seed).map_err(|e| unusable(Path::new("/dev/urandom"), e))?;
    SigningKey::from_seed(station, &seed).map_err(|_: KeyError| {
        let shown: String = station.chars().take(80).filter(|c| !c.is_control()).collect();
        Trouble::new(
            format!("'{shown}' cannot be a station's name: use 1 to 40 of a-z, 0-9, '.' and '-'"),
            format!("“{shown}”不能作为工位名称：请使用 1 到 40 个 a-z、0-9、“.”或“-”"),
        )
    })
}

/// The key of a station that has its catalogue.
fn key_of(root: &Path) -> Result<SigningKey, Trouble> {
    if root.join(KEY).exists() {
        return read_key(root);
    }
    let shown = root.display();
    Err(Trouble::new(
        format!("{shown} has a catalogue but no {KEY}: restore the key from its backup; no other can go on with it"),
        format!("{shown} 有目录但没有 {KEY}：请从备份恢复密钥；其他密钥无法接续"),
    ))
}

/// Nothing may be here but what a making that was cut off leaves, and a login file.
fn only_begun(root: &Path) -> Result<(), Trouble> {
    let ours = |name: &OsStr| {
        ["lock", "keys", "clips", "station.toml"].iter().any(|&known| name == known)
            || name.to_string_lossy().starts_with("catalogue.sqlite.new")
    };
    let others = names(root)?.into_iter().find(|name| !ours(name));
    let clips = root.join("clips");
    let recorded = clips.exists() && !names(&clips)?.is_empty();
    let Some(found) = others.or(recorded.then(|| "clips".into())) else { return Ok(()) };
    let (shown, found) = (root.display(), Path::new(&found).display());
    Err(Trouble::new(
        format!(
            "{shown} has no catalogue but holds '{found}': restore the catalogue and the key, or choose a new folder"
        ),
        format!("{shown} 没有目录，却含有“{found}”：请恢复目录和密钥，或另选新文件夹"),
    ))
}

/// What is in a folder, beside what the file system keeps there.
fn names(folder: &Path) -> Result<Vec<OsString>, Trouble> {
    let listed = fs::read_dir(folder).and_then(|entries| entries.map(|entry| Ok(entry?.file_name())).collect());
    let listed: Vec<OsString> = listed.map_err(|e: io::Error| unusable(folder, e))?;
    // The folder may be a disk's root.
    Ok(listed.into_iter().filter(|name| name != "lost+found").collect())
}

/// Makes what is not there yet.
fn make(root: &Path, config: Option<&str>, key: SigningKey) -> Result<SigningKey, Trouble> {
    let failed = |e: DurableError| unusable(&e.path.clone(), e);
    durable::create_folder(root).map_err(failed)?;
    let keys = root.join("keys");
    if !keys.is_dir() {
        fs::DirBuilder::new().mode(0o700).create(&keys).map_err(|e| unusable(&keys, e))?;
        durable::sync_folder(root).map_err(failed)?;
    }
    if !root.join(KEY).exists() {
        let new = keys.join("station.key.new");
        durable::remove(&new).map_err(failed)?;
        durable::create(&new, format!("{}\n", key.to_secret_text()).as_bytes(), true).map_err(failed)?;
        durable::move_file(&new, &root.join(KEY)).map_err(failed)?;
    }
    home::remember(root).map_err(failed)?;
    durable::create_folder(&root.join("clips")).map_err(failed)?;
    if let Some(text) = config.filter(|_| !root.join("station.toml").exists()) {
        durable::replace(&root.join("station.toml"), text.as_bytes()).map_err(failed)?;
    }
    let new = root.join("catalogue.sqlite.new");
    for rest in ["", "-wal", "-shm", "-journal"] {
        durable::remove(&root.join(format!("catalogue.sqlite.new{rest}"))).map_err(failed)?;
    }
    Catalogue::create(&new).and_then(Catalogue::close).map_err(|e| unusable(&new, e))?;
    durable::move_file(&new, &root.join(CATALOGUE)).map_err(failed)?;
    Ok(key)
}

#[cfg(test)]
mod tests;
