//! What is known, without being root, of the disk that a file is on.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use rustix::fs::{StatVfsMountFlags, statfs, statvfs};

/// What `statfs` calls a file system; whether its inode numbers last as long as its files, and its id as long as itself.
/// Of those that stand here with `false`, numbers or id change with each mount, or with the device's name.
const KINDS: [(u64, &str, bool, bool); 14] = [
    (0xef53, "ext4", true, true),
    (0x5846_5342, "xfs", true, false),
    (0x9123_683e, "btrfs", true, true),
    (0xf2f5_2010, "f2fs", true, false),
    (0x2fc1_2fc1, "zfs", true, true),
    (0x0102_1994, "tmpfs", true, false),
    (0x794c_7630, "overlay", false, false),
    (0x4d44, "vfat", false, false),
    (0x2011_bab0, "exfat", false, false),
    (0x7366_746e, "ntfs", false, false),
    (0x6969, "nfs", false, false),
    (0xff53_4d42, "cifs", false, false),
    (0x0102_1997, "9p", false, false),
    (0x6573_5546, "fuse", false, false),
];

/// A file system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FileSystem {
    /// Its name, of those that are known here.
    pub name: Option<&'static str>,
    /// Its own id, where it keeps one for life.
    pub id: Option<u64>,
    /// Whether a file has the same inode number for life.
    pub keeps_inodes: bool,
    /// Whether it cannot be written.
    pub read_only: bool,
    /// Bytes that may still be written.
    pub free: u64,
}

impl FileSystem {
    /// The one that this file or folder is on.
    ///
    /// # Errors
    /// The file system's.
    pub fn of(path: &Path) -> io::Result<Self> {
        let (kind, more) = (statfs(path)?.f_type as u64 & 0xffff_ffff, statvfs(path)?);
        let known = KINDS.iter().find(|(magic, ..)| *magic == kind);
        let id = Some(more.f_fsid).filter(|id| *id != 0 && known.is_some_and(|known| known.3));
        Ok(Self {
            name: known.map(|known| known.1),
            id,
            keeps_inodes: known.is_some_and(|known| known.2),
            read_only: more.f_flag.contains(StatVfsMountFlags::RDONLY),
            free: more.f_bavail.saturating_mul(more.f_frsize),
        })
    }
}

/// Errors that the file system on this device has counted since it was made; `None`: it does not count, or nobody may
/// know.
pub fn errors(device: (u32, u32)) -> Option<u64> {
    let name = fs::canonicalize(sys(device)).ok()?;
    let counted = Path::new("/sys/fs/ext4").join(name.file_name()?).join("errors_count");
    fs::read_to_string(counted).ok()?.trim().parse().ok()
}

/// Where the kernel describes a block device.
pub fn sys((major, minor): (u32, u32)) -> PathBuf {
    PathBuf::from(format!("/sys/dev/block/{major}:{minor}"))
}
