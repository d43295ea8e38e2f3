//! Files that are on disk when a call returns. All files that matter are written here.
//!
//! ```text
//! create    open(O_CREAT|O_EXCL) · write · fdatasync · open(dir) · fsync(dir)
//! append    write · write … · fdatasync              (a cut leaves a prefix of it)
//! cut       ftruncate · fsync
//! replace   open(O_EXCL, NAME.new) · write · fsync · rename · fsync(dir)
//! move      rename · fsync(both dirs)
//! copy      open(O_CREAT|O_EXCL) · write … · fdatasync · open(dir) · fsync(dir)
//! remove    unlink · fsync(dir)
//! ```
//!
//! What remains: a disk that lies about fdatasync, and a kernel that reports a failed write-back to nobody. A failed
//! fsync is never tried again: the pages may already count as clean. The caller stops writing to that file.

use std::{
    fs::{self, File, OpenOptions},
    io::{self, Read, Write},
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
};

/// A step of a durable write failed.
#[derive(Debug, thiserror::Error)]
#[error("{step} {}", path.display())]
pub struct DurableError {
    /// What was being done.
    pub step: &'static str,
    /// To which file.
    pub path: PathBuf,
    /// What the system said.
    #[source]
    pub source: io::Error,
}

impl DurableError {
    /// Whether there is no room left.
    pub fn is_full(&self) -> bool {
        matches!(self.source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
    }
}

/// Names the step and the path that an error belongs to.
pub fn at<'a>(step: &'static str, path: &'a Path) -> impl Fn(io::Error) -> DurableError + 'a {
    #[cfg(test)]
    watch::done(step, path);
    move |source| DurableError { step, path: path.to_owned(), source }
}

/// Makes the names in a folder durable.
///
/// # Errors
/// The file system's.
pub fn sync_folder(folder: &Path) -> Result<(), DurableError> {
    File::open(folder).and_then(|f| f.sync_all()).map_err(at("sync folder", folder))
}

/// Makes a folder and those above it, durably.
///
/// # Errors
/// The file system's.
pub fn create_folder(folder: &Path) -> Result<(), DurableError> {
    if folder.is_dir() {
        return Ok(());
    }
    let above = folder.parent().filter(|p| !p.as_os_str().is_empty());
    if let Some(above) = above {
        create_folder(above)?;
    }
    fs::create_dir(folder)
        .or_else(|e| if folder.is_dir() { Ok(()) } else { Err(e) })
        .map_err(at("create folder", folder))?;
    above.map_or(Ok(()), sync_folder)
}

/// The folder in which this path's name stands.
pub fn parent(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// Writes a new file; where `secret`, one that only this user can read, and nobody write again.
///
/// # Errors
/// The file system's; `AlreadyExists` where there is one.
pub fn create(path: &Path, content: &[u8], secret: bool) -> Result<(), DurableError> {
    create_mode(path, content, if secret { 0o400 } else { 0o644 })
}

/// Writes a new file with these permissions from its first moment on.
///
/// # Errors
/// The file system's; `AlreadyExists` where there is one.
pub fn create_mode(path: &Path, content: &[u8], mode: u32) -> Result<(), DurableError> {
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(path).map_err(at("create", path))?;
    file.write_all(content).map_err(at("write", path))?;
    file.sync_all().map_err(at("sync", path))?;
    sync_folder(parent(path))
}

/// Puts a file where none may be lost: whole or not at all.
///
/// # Errors
/// The file system's.
pub fn replace(path: &Path, content: &[u8]) -> Result<(), DurableError> {
    let mut new = path.as_os_str().to_owned();
    new.push(".new");
    let new = PathBuf::from(new);
    match fs::remove_file(&new) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(at("remove", &new)(e)),
        _ => {}
    }
    let put = create(&new, content, false).and_then(|()| fs::rename(&new, path).map_err(at("rename", path)));
    if put.is_err() {
        // On a full disk half of it would take the room that is left.
        let _ = fs::remove_file(&new);
    }
    put.and_then(|()| sync_folder(parent(path)))
}

/// Copies the first `length` bytes of a file, with these bytes behind them, to a new file. What a failure leaves of that
/// is for the caller to remove.
///
/// # Errors
/// The file system's, of the one path or the other; `AlreadyExists` where there is one.
pub fn copy(from: &Path, length: u64, behind: &[u8], to: &Path) -> Result<(), DurableError> {
    let mut source = File::open(from).map_err(at("open", from))?.take(length);
    let mut file = OpenOptions::new().write(true).create_new(true).open(to).map_err(at("create", to))?;
    let mut chunk = vec![0; 1 << 20];
    let mut left = length;
    while left > 0 {
        let count = source.read(&mut chunk).map_err(at("read", from))?;
        if count == 0 {
            return Err(at("read", from)(io::ErrorKind::UnexpectedEof.into()));
        }
        file.write_all(&chunk[..count]).map_err(at("write", to))?;
        left -= count as u64;
    }
    file.write_all(behind).map_err(at("write", to))?;
    file.sync_all().map_err(at("sync", to))?;
    sync_folder(parent(to))
}

/// Moves a file to another folder of the same file system.
///
/// # Errors
/// The file system's.
pub fn move_file(from: &Path, to: &Path) -> Result<(), DurableError> {
    create_folder(parent(to))?;
    fs::rename(from, to).map_err(at("move", from))?;
    sync_folder(parent(to))?;
    sync_folder(parent(from))
}

/// Removes a file. One that is gone already is as good: whoever removed it may have been cut off before its folder was
/// on disk.
///
/// # Errors
/// The file system's.
pub fn remove(path: &Path) -> Result<(), DurableError> {
    match fs::remove_file(path) {
        Err(e) if e.kind() != io::ErrorKind::NotFound => return Err(at("remove", path)(e)),
        _ => {}
    }
    // The folder may be gone as well.
    path.ancestors().skip(1).find(|folder| folder.is_dir()).map_or(Ok(()), sync_folder)
}

/// A file that only grows.
#[derive(Debug)]
pub struct AppendFile {
    file: File,
    path: PathBuf,
    /// Bytes that are on disk.
    length: u64,
}

impl AppendFile {
    /// A new, empty one.
    ///
    /// # Errors
    /// The file system's; `AlreadyExists` where there is one.
    pub fn create(path: &Path) -> Result<Self, DurableError> {
        create(path, &[], false)?;
        Self::open(path)
    }

    /// One that is there already.
    ///
    /// # Errors
    /// The file system's.
    pub fn open(path: &Path) -> Result<Self, DurableError> {
        let file = OpenOptions::new().append(true).open(path).map_err(at("open", path))?;
        let length = file.metadata().map_err(at("stat", path))?.len();
        Ok(Self { file, path: path.to_owned(), length })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Bytes that are on disk.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Appends these parts; they are on disk when it returns.
    ///
    /// # Errors
    /// The file system's. Then some of it may stand in the file; see [`Self::cut_back`].
    pub fn append(&mut self, parts: &[&[u8]]) -> Result<(), DurableError> {
        for part in parts {
            self.file.write_all(part).map_err(at("write", &self.path))?;
        }
        self.file.sync_data().map_err(at("sync", &self.path))?;
        self.length += parts.iter().map(|p| p.len() as u64).sum::<u64>();
        Ok(())
    }

    /// Drops what a failed append may have left.
    ///
    /// # Errors
    /// The file system's.
    pub fn cut_back(&mut self) -> Result<(), DurableError> {
        // Where nothing was left there is nothing to make durable either.
        let there = self.file.metadata().map_err(at("stat", &self.path))?.len();
        if there == self.length { Ok(()) } else { self.cut(self.length) }
    }

    /// Drops everything behind this place.
    ///
    /// # Errors
    /// The file system's.
    pub fn cut(&mut self, length: u64) -> Result<(), DurableError> {
        self.file.set_len(length).map_err(at("cut", &self.path))?;
        self.file.sync_all().map_err(at("sync", &self.path))?;
        self.length = length;
        Ok(())
    }
}

#[cfg(test)]
mod tests;
#[cfg(test)]
pub(crate) mod watch;
