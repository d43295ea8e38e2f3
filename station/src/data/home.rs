//! Where a data folder lives, so that one that was restored from a backup or copied is noticed: two that go on with one
//! key would contradict each other.
//!
//! `keys/home` remembers what a copy has not in common with its original: when the key's file and its folder were born
//! (or their inode numbers where the file system does not know), the file system's own id, and the disk's serial number,
//! which alone tells a disk that was copied as a whole. What moves nothing changes none of them: a restart, another
//! kernel or image, another computer around the same disk, `mv` within the file system.
//!
//! What cannot be known, then or now, is left out: numbers on file systems that hand them out anew at each mount
//! (overlay, FUSE, network, FAT), ids that follow the device's name (XFS, F2FS), disks behind several others (RAID), and
//! virtual disks without a number. So not every copy is noticed, but nothing else is taken for one.

use std::{
    collections::BTreeMap,
    fs, io,
    os::unix::fs::MetadataExt,
    path::Path,
    time::{SystemTime, UNIX_EPOCH},
};

use serde::{Deserialize, Serialize};

use super::KEY;
use crate::{
    capture,
    disk::{self, FileSystem},
    durable::{self, DurableError},
};

/// Where it is kept, below the data folder.
const HOME: &str = "keys/home";
/// Devices upon devices (encryption, volumes) that are looked through to the disk.
const LAYERS: usize = 8;
/// Bytes that are read of a disk's number.
const LONGEST: usize = 256;

/// Attributes that number a disk, in the kernel's folder of it: of NVMe and virtio, SCSI and SATA, eMMC.
const NUMBERS: [(&str, &str); 6] = [
    ("serial", "serial"),
    ("device-serial", "device/serial"),
    ("wwid", "wwid"),
    ("device-wwid", "device/wwid"),
    ("unit-serial", "device/vpd_pg80"),
    ("cid", "device/cid"),
];

/// A file, told from its copies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Origin {
    /// Its number, where that lasts.
    inode: Option<u64>,
    /// When it was born, ns since 1970, where that is known and lasts.
    born: Option<u64>,
}

/// What is known of where a data folder lives.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(super) struct Home {
    file_system: Option<u64>,
    key: Origin,
    /// A copy of hard links has the same key file.
    folder: Origin,
    /// By [`NUMBERS`]: each that this kernel gives.
    disk: BTreeMap<String, String>,
}

/// What shows that a data folder is not where it was.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moved {
    /// The key's file is another.
    KeyFile,
    /// So is the folder that it is in.
    KeyFolder,
    /// It is on another file system.
    FileSystem,
    /// It is on another disk.
    Disk,
}

impl Moved {
    /// In English and Chinese.
    pub fn words(self) -> (&'static str, &'static str) {
        match self {
            Self::KeyFile => ("the key's file is a copy", "密钥文件是副本"),
            Self::KeyFolder => ("the key's folder is a copy", "密钥文件夹是副本"),
            Self::FileSystem => ("the file system is another", "文件系统已更换"),
            Self::Disk => ("the disk is another", "磁盘已更换"),
        }
    }
}

/// Why a home cannot be compared.
#[derive(Debug, thiserror::Error)]
pub(super) enum HomeError {
    /// The disk's.
    #[error(transparent)]
    Disk(#[from] DurableError),
    /// It is not what was written there.
    #[error("{HOME} is damaged")]
    Damaged(#[source] serde_json::Error),
}

impl Origin {
    fn of(path: &Path, lasts: bool) -> io::Result<Self> {
        let meta = fs::metadata(path)?;
        let born = |time: SystemTime| time.duration_since(UNIX_EPOCH).ok()?.as_nanos().try_into().ok();
        let born = meta.created().ok().and_then(born);
        Ok(Self { inode: Some(meta.ino()).filter(|_| lasts), born: born.filter(|_| lasts) })
    }

    /// A time of birth tells more than a number, which is used again, and which a smaller file system changes.
    fn is_other(self, now: Self) -> bool {
        match (self.born.zip(now.born), self.inode.zip(now.inode)) {
            (Some((before, now)), _) => before != now,
            (None, Some((before, now))) => before != now,
            (None, None) => false,
        }
    }
}

impl Home {
    /// Of this data folder, as it is.
    fn look(root: &Path) -> Result<Self, DurableError> {
        let key = root.join(KEY);
        let folder = durable::parent(&key);
        let look = || {
            let file_system = FileSystem::of(&key)?;
            let lasts = file_system.keeps_inodes;
            let device = fs::metadata(&key)?.dev();
            let device = (rustix::fs::major(device), rustix::fs::minor(device));
            Ok(Self {
                file_system: file_system.id,
                key: Origin::of(&key, lasts)?,
                folder: Origin::of(folder, lasts)?,
                disk: numbers(&disk::sys(device), LAYERS),
            })
        };
        look().map_err(durable::at("stat", &key))
    }

    /// What shows that this is another one.
    fn differs(&self, now: &Self) -> Option<Moved> {
        let mut numbers = self.disk.iter().filter_map(|(name, number)| Some((number, now.disk.get(name)?))).peekable();
        // A kernel may learn to read a number otherwise; one that agrees is enough.
        let disk = numbers.peek().is_some() && numbers.all(|(before, now)| before != now);
        if self.key.is_other(now.key) {
            Some(Moved::KeyFile)
        } else if self.folder.is_other(now.folder) {
            Some(Moved::KeyFolder)
        } else if self.file_system.zip(now.file_system).is_some_and(|(before, now)| before != now) {
            Some(Moved::FileSystem)
        } else if disk {
            Some(Moved::Disk)
        } else {
            None
        }
    }
}

/// The numbers of the disk that this device is, is a part of, or lies upon; none where it lies upon several.
fn numbers(device: &Path, layers: usize) -> BTreeMap<String, String> {
    let Ok(device) = fs::canonicalize(device) else { return BTreeMap::new() };
    let disk = if device.join("partition").exists() { durable::parent(&device) } else { &device };
    let below: Vec<_> = fs::read_dir(disk.join("slaves")).into_iter().flatten().flatten().collect();
    match (&below[..], layers.checked_sub(1)) {
        ([], _) => {}
        ([below], Some(layers)) => return numbers(&below.path(), layers),
        _ => return BTreeMap::new(),
    }
    let read = |(name, attribute): &(&str, &str)| {
        let bytes = fs::read(disk.join(attribute)).ok()?;
        let text = String::from_utf8_lossy(&bytes[..bytes.len().min(LONGEST)]).into_owned();
        // Numbers are padded with whatever their maker likes.
        let number = text.trim_matches(|c: char| c.is_whitespace() || c.is_control());
        (!number.is_empty()).then(|| ((*name).to_owned(), capture::identity(number)))
    };
    NUMBERS.iter().filter_map(read).collect()
}

/// Remembers that this data folder lives here.
///
/// # Errors
/// The file system's.
pub(super) fn remember(root: &Path) -> Result<(), DurableError> {
    let home = Home::look(root)?;
    let path = root.join(HOME);
    let text = serde_json::to_string(&home).map_err(io::Error::other).map_err(durable::at("write", &path))?;
    durable::replace(&path, format!("{text}\n").as_bytes())
}

/// What shows that this data folder was restored or copied; `None`: nothing does. One that has no home yet, of an
/// earlier version, has one from now on.
///
/// # Errors
/// See [`HomeError`].
pub(super) fn moved(root: &Path) -> Result<Option<Moved>, HomeError> {
    let path = root.join(HOME);
    let text = match fs::read(&path) {
        Ok(text) => text,
        Err(e) if e.kind() == io::ErrorKind::NotFound => {
            // On a full disk the next start does it.
            return match remember(root) {
                Err(e) if !e.is_full() => Err(e.into()),
                _ => Ok(None),
            };
        }
        Err(e) => return Err(durable::at("read", &path)(e).into()),
    };
    let before: Home = serde_json::from_slice(&text).map_err(HomeError::Damaged)?;
    Ok(before.differs(&Home::look(root)?))
}

#[cfg(test)]
mod tests;
