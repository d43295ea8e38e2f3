//! A disk that fills while it is recorded on: the clip is sealed before, with this reason, and the catalogue knows it.
//!
//! Needs a file system of its own: as root, for `mount`.

use std::{
    fs,
    path::{Path, PathBuf},
};

use evidence::statement::Reason;
use station::catalogue::State;

#[path = "support/disk.rs"]
mod disk;
#[path = "support/pictures.rs"]
mod pictures;
#[path = "support/station.rs"]
mod station_program;

use disk::Disk;
use pictures::{decoded, ffmpeg};
use station_program::{Folder, Station, run};

/// A film of noise, which x264 cannot make small.
fn noise(folder: &Folder) -> String {
    let film = folder.path("noise.mkv");
    let source = "testsrc2=size=320x240:rate=10:duration=40,noise=alls=80:allf=t";
    ffmpeg(&["-f", "lavfi", "-i", source, "-c:v", "mjpeg", "-q:v", "3", film.to_str().unwrap()]);
    format!("file:{}", film.display())
}

/// A station on this disk, which lets so many MiB free and makes large clips.
fn station(disk: &Disk, floor: u64) -> Station {
    let station = Station::at(&disk.at.join("data"));
    station.configure("floor-mib = 512", &format!("floor-mib = {floor}"));
    station.configure("crf = 25.0", "crf = 15.0");
    station
}

/// It was sealed early, since the disk is full: the clip.
#[track_caller]
fn sealed_as_full(station: &Station, source: &str) -> PathBuf {
    let said = run(&station.record_args(source, &["--fast"]));
    assert_eq!(said.status, 4, "{said:?}");
    assert!(said.err.contains("disk-full"), "{said:?}");
    let clip = PathBuf::from(said.out.trim_end());
    let facts = station.partial(&clip);
    assert_eq!(facts.end.as_ref().map(|end| end.reason), Some(Reason::DiskFull));
    assert_eq!(decoded(&clip), facts.frames);
    let row = &station.clips()[0];
    assert_eq!((row.state, row.closing.as_ref().map(|c| c.reason)), (State::Sealed, Some(Reason::DiskFull)));
    station.clean(1, 0, 0);
    clip
}

#[test]
fn below_the_floor_the_clip_is_sealed() {
    let folder = Folder::new("floor");
    let source = noise(&folder);
    let disk = Disk::new(16 * 1024);
    let station = station(&disk, 6);
    let clip = sealed_as_full(&station, &source);
    let (free, length) = (free_kib(&disk.at), fs::metadata(&clip).unwrap().len());
    assert!(free < 6 * 1024 + 300 && free > 4 * 1024 && length > 4 << 20, "{free} KiB left, {length} bytes sealed");
    // And the next one does not start.
    let said = run(&station.record_args(&source, &["--fast"]));
    assert!(said.status == 2 && said.err.contains("no room to start"), "{said:?}");
    station.clean(1, 0, 0);
}

fn free_kib(at: &Path) -> u64 {
    let disk = rustix::fs::statvfs(at).unwrap();
    disk.f_bavail * disk.f_frsize / 1024
}

#[test]
fn without_a_floor_the_full_disk_is_met_anywhere() {
    let folder = Folder::new("full");
    let source = noise(&folder);
    // The last page goes to the clip, or to the catalogue, in the middle of one or at its end.
    for kib in (0..8).map(|n| 3000 + 36 * n) {
        let disk = Disk::new(kib);
        let station = station(&disk, 0);
        sealed_as_full(&station, &source);
        assert!(free_kib(&disk.at) < 1024, "{kib} KiB: not full");
    }
}

#[test]
fn a_disk_that_is_full_before_the_first_picture() {
    let folder = Folder::new("full-first");
    let source = noise(&folder);
    for left in [0, 4, 16, 40, 100] {
        let disk = Disk::new(2000);
        let station = station(&disk, 0);
        disk.fill(left);
        let said = run(&station.record_args(&source, &["--fast"]));
        assert_eq!((said.status, said.out.as_str()), (2, ""), "{left} KiB: {said:?}");
        assert!(said.err.lines().last().unwrap().starts_with("packseal-station: "), "{left} KiB: {said:?}");
        disk.empty();
        let said = station.check();
        assert_eq!(said.status, 0, "{left} KiB: {said:?}");
        assert!(station.clips().iter().all(|clip| clip.state == State::NeverWritten), "{left} KiB");
    }
}
