//! The folder that clips are handed out into: new or empty before, and empty again where it fails.

use std::{
    ffi::OsStr,
    fs, io,
    path::{Path, PathBuf},
};

use super::ProveError;
use crate::durable;

/// The folder. What is in it goes when this is dropped, unless it is kept.
pub(super) struct Output {
    folder: PathBuf,
    /// It was not there before.
    made: bool,
    /// Files in it that are ours.
    files: Vec<PathBuf>,
    kept: bool,
}

impl Output {
    /// Makes the folder, or takes an empty one.
    pub fn open(folder: &Path) -> Result<Self, ProveError> {
        let made = match fs::read_dir(folder).map(|mut list| list.next()) {
            Ok(None) => false,
            Ok(Some(_)) => return Err(ProveError::NotEmpty(folder.to_owned())),
            Err(e) if e.kind() == io::ErrorKind::NotFound => true,
            Err(e) if e.kind() == io::ErrorKind::NotADirectory => return Err(ProveError::NotEmpty(folder.to_owned())),
            Err(e) => return Err(ProveError::Output(durable::at("list", folder)(e))),
        };
        if made {
            durable::create_folder(folder).map_err(ProveError::Output)?;
        }
        Ok(Self { folder: folder.to_owned(), made, files: Vec::new(), kept: false })
    }

    /// The path of a file that is about to be made, with this behind its name.
    pub fn path(&mut self, name: &OsStr, behind: &str) -> PathBuf {
        let mut name = name.to_owned();
        name.push(behind);
        let path = self.folder.join(name);
        self.files.push(path.clone());
        path
    }

    /// Gives a file its name.
    pub fn finish(&mut self, file: &Path, name: &OsStr) -> Result<PathBuf, ProveError> {
        let path = self.path(name, "");
        durable::move_file(file, &path).map_err(ProveError::Output)?;
        Ok(path)
    }

    /// Takes a file away.
    pub fn remove(&mut self, file: &Path) {
        // What cannot be removed is tried again at the end, with all the others.
        let _ = fs::remove_file(file);
    }

    /// Leaves the files where they are.
    pub fn keep(&mut self) {
        self.kept = true;
    }
}

impl Drop for Output {
    fn drop(&mut self) {
        if self.kept {
            return;
        }
        for file in &self.files {
            let _ = fs::remove_file(file);
        }
        if self.made {
            // Only an empty one goes.
            let _ = fs::remove_dir(&self.folder);
        }
    }
}
