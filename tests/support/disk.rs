//! A small file system of a test's own. Needs to be root, for `mount`.
#![allow(dead_code)]

use std::{fs, path::PathBuf, process::Command};

use crate::station_program::Folder;

/// A small file system in memory. Unmounted when dropped.
pub struct Disk {
    pub at: PathBuf,
    _folder: Folder,
}

impl Disk {
    pub fn new(kib: u64) -> Self {
        let folder = Folder::new("disk");
        let at = folder.path("");
        let size = format!("size={kib}k");
        let mount =
            Command::new("mount").args(["-t", "tmpfs", "-o", &size, "packseal-test"]).arg(&at).output().unwrap();
        let said = String::from_utf8_lossy(&mount.stderr);
        assert!(mount.status.success(), "this test mounts a small file system and must run as root: {said}");
        Self { at, _folder: folder }
    }

    /// Leaves so many KiB.
    pub fn fill(&self, left: u64) {
        let disk = rustix::fs::statvfs(&self.at).unwrap();
        let free = disk.f_bavail * disk.f_frsize;
        let ballast = fs::File::create(self.at.join("ballast")).unwrap();
        let bytes = free.saturating_sub(left * 1024);
        rustix::fs::fallocate(&ballast, rustix::fs::FallocateFlags::empty(), 0, bytes).unwrap();
    }

    /// Takes away what filled it.
    pub fn empty(&self) {
        fs::remove_file(self.at.join("ballast")).unwrap();
    }
}

impl Drop for Disk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("--lazy").arg(&self.at).status();
    }
}
