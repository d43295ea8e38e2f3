//! The folder and the archive that are handed over: made beside their names, which they get when they are whole.

use std::{
    ffi::OsString,
    fs::{self, File},
    io::{self, BufReader, BufWriter, Read},
    path::{Path, PathBuf},
};

use evidence::value::{Hash, Time};
use jiff::{Timestamp, tz::TimeZone};
use sha2::{Digest, Sha256};
use zip::{CompressionMethod, DateTime, ZipWriter, write::SimpleFileOptions};

use super::ExportError;
use crate::durable;

/// The list of all files, as `sha256sum` reads it.
pub const SUMS: &str = "SHA256SUMS";

/// A file in the bundle.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// Below the folder, with `/`.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Its digest.
    pub sha256: Hash,
}

/// A bundle that is being made; gone when it is dropped before it is finished.
pub struct Bundle {
    folder: PathBuf,
    archive: PathBuf,
    kept: bool,
}

fn beside(path: &Path, end: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(OsString::from(end));
    PathBuf::from(name)
}

fn at<'a>(path: &'a Path) -> impl Fn(io::Error) -> ExportError + 'a {
    |error| ExportError::Output(path.to_owned(), error)
}

impl Bundle {
    /// Begins one for this folder, which is new or empty, and the archive beside it, which is new.
    ///
    /// # Errors
    /// [`ExportError::NotEmpty`]; the file system's.
    pub fn new(folder: &Path) -> Result<Self, ExportError> {
        match fs::read_dir(folder).map(|mut list| list.next().is_none()) {
            Ok(true) => {}
            Err(e) if e.kind() == io::ErrorKind::NotFound => {}
            Ok(false) => return Err(ExportError::NotEmpty(folder.to_owned())),
            Err(e) if e.kind() == io::ErrorKind::NotADirectory => return Err(ExportError::NotEmpty(folder.to_owned())),
            Err(e) => return Err(at(folder)(e)),
        }
        let bundle = Self { folder: folder.to_owned(), archive: beside(folder, ".zip"), kept: false };
        if fs::symlink_metadata(&bundle.archive).is_ok() {
            let archive = bundle.archive.clone();
            // Nothing of it is ours.
            std::mem::forget(bundle);
            return Err(ExportError::NotEmpty(archive));
        }
        // What an export that was cut off left.
        bundle.remove();
        fs::create_dir_all(bundle.part()).map_err(at(&bundle.part()))?;
        Ok(bundle)
    }

    /// The folder while it is made.
    pub fn part(&self) -> PathBuf {
        beside(&self.folder, ".part")
    }

    /// The archive's name.
    pub fn archive(&self) -> &Path {
        &self.archive
    }

    /// A folder in it.
    ///
    /// # Errors
    /// The file system's.
    pub fn folder(&self, name: &str) -> Result<PathBuf, ExportError> {
        let path = self.part().join(name);
        fs::create_dir_all(&path).map_err(at(&path))?;
        Ok(path)
    }

    /// Writes a file.
    ///
    /// # Errors
    /// The file system's.
    pub fn write(&self, name: &str, content: &[u8]) -> Result<(), ExportError> {
        let path = self.part().join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent).map_err(at(parent))?;
        }
        fs::write(&path, content).map_err(at(&path))
    }

    /// All files in it, by name.
    ///
    /// # Errors
    /// The file system's.
    pub fn entries(&self) -> Result<Vec<Entry>, ExportError> {
        let mut all = Vec::new();
        collect(&self.part(), "", &mut all)?;
        all.sort_by(|a, b| a.name.cmp(&b.name));
        Ok(all)
    }

    /// Writes the list of all files, then makes the archive, whose files are of this time (UTC), and gives both their names.
    ///
    /// # Errors
    /// The file system's.
    pub fn finish(mut self, time: Time) -> Result<(), ExportError> {
        let mut all = self.entries()?;
        let (sums, text) = (self.part().join(SUMS), list(&all));
        fs::write(&sums, &text).map_err(at(&sums))?;
        all.push(Entry { name: SUMS.to_owned(), bytes: text.len() as u64, sha256: Hash::of(text.as_bytes()) });
        let archive = beside(&self.archive, ".part");
        let top = self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        pack((&self.part(), &top), &all, time, &archive)?;
        for entry in &all {
            let path = self.part().join(&entry.name);
            File::open(&path).and_then(|file| file.sync_all()).map_err(at(&path))?;
        }
        fs::rename(&archive, &self.archive).map_err(at(&self.archive))?;
        fs::rename(self.part(), &self.folder).map_err(at(&self.folder))?;
        self.kept = true;
        let parent = durable::parent(&self.folder);
        durable::sync_folder(parent).map_err(|e| at(parent)(io::Error::other(e)))
    }

    fn remove(&self) {
        let _ = fs::remove_dir_all(self.part());
        let _ = fs::remove_file(beside(&self.archive, ".part"));
    }
}

impl Drop for Bundle {
    fn drop(&mut self) {
        if !self.kept {
            self.remove();
        }
    }
}

/// A line for each file.
pub fn list(entries: &[Entry]) -> String {
    entries.iter().map(|entry| format!("{}  {}\n", entry.sha256, entry.name)).collect()
}

fn collect(folder: &Path, name: &str, all: &mut Vec<Entry>) -> Result<(), ExportError> {
    for entry in fs::read_dir(folder).map_err(at(folder))? {
        let path = entry.map_err(at(folder))?.path();
        let own = path.file_name().unwrap_or_default().to_string_lossy();
        let name = if name.is_empty() { own.into_owned() } else { format!("{name}/{own}") };
        if path.is_dir() {
            collect(&path, &name, all)?;
        } else {
            let (bytes, sha256) = digest(&path).map_err(at(&path))?;
            all.push(Entry { name, bytes, sha256 });
        }
    }
    Ok(())
}

/// Length and SHA-256 of a file.
pub fn digest(path: &Path) -> io::Result<(u64, Hash)> {
    let mut hasher = Sha256::new();
    let bytes = io::copy(&mut File::open(path)?, &mut hasher)?;
    Ok((bytes, Hash(hasher.finalize().into())))
}

/// One archive of these files, below a folder of this name.
fn pack((folder, top): (&Path, &str), entries: &[Entry], time: Time, archive: &Path) -> Result<(), ExportError> {
    let zipped = |e: zip::result::ZipError| at(archive)(io::Error::other(e));
    let mut writer = ZipWriter::new(BufWriter::new(File::create(archive).map_err(at(archive))?));
    for entry in entries {
        let options = SimpleFileOptions::default()
            .compression_method(CompressionMethod::Stored)
            .large_file(entry.bytes >= u64::from(u32::MAX))
            .last_modified_time(of_archive(time));
        writer.start_file(format!("{top}/{}", entry.name), options).map_err(zipped)?;
        let path = folder.join(&entry.name);
        let mut file = BufReader::with_capacity(1 << 17, File::open(&path).map_err(at(&path))?);
        io::copy(&mut file.by_ref(), &mut writer).map_err(at(archive))?;
    }
    let file = writer.finish().map_err(zipped)?.into_inner().map_err(|e| at(archive)(e.into_error()))?;
    file.sync_all().map_err(at(archive))
}

/// The archive's form of a time; its first moment where the station's clock is before that.
fn of_archive(time: Time) -> DateTime {
    let utc = Timestamp::from_microsecond(time.0).unwrap_or_default().to_zoned(TimeZone::UTC).datetime();
    let part = |number: i8| number.unsigned_abs();
    let (day, hour) =
        ((part(utc.month()), part(utc.day())), (part(utc.hour()), part(utc.minute()), part(utc.second())));
    DateTime::from_date_and_time(utc.year().unsigned_abs(), day.0, day.1, hour.0, hour.1, hour.2).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_is_whole_or_not_there() {
        let root = std::env::temp_dir().join(format!("packseal-bundle-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        fs::create_dir_all(&root).unwrap();
        let folder = root.join("out");
        let names = |root: &Path| {
            let mut all: Vec<_> = fs::read_dir(root).unwrap().map(|e| e.unwrap().file_name()).collect();
            all.sort();
            all
        };
        let bundle = Bundle::new(&folder).unwrap();
        bundle.write("a/b.txt", b"one").unwrap();
        drop(bundle);
        assert!(names(&root).is_empty());
        let bundle = Bundle::new(&folder).unwrap();
        bundle.write("a/b.txt", b"one").unwrap();
        bundle.write("c", b"").unwrap();
        bundle.finish(Time(1_795_345_391_000_000)).unwrap();
        assert_eq!(names(&root), ["out", "out.zip"]);
        let sums = fs::read_to_string(folder.join(SUMS)).unwrap();
        assert_eq!(sums.lines().count(), 2);
        assert!(sums.ends_with("  c\n") && sums.contains("  a/b.txt\n"), "{sums}");
        assert!(matches!(Bundle::new(&folder), Err(ExportError::NotEmpty(_))));
        fs::remove_dir_all(&folder).unwrap();
        assert!(matches!(Bundle::new(&folder), Err(ExportError::NotEmpty(zip)) if zip.ends_with("out.zip")));
        assert!(root.join("out.zip").exists());
        fs::remove_dir_all(&root).unwrap();
    }
}
