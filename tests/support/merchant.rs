//! A merchant's root, and stations that it enrolled.
// Each test binary includes all of this and uses a part of it.
#![allow(dead_code)]

use std::{fs, path::PathBuf};

use evidence::key::SigningKey;

use crate::station_program::{Folder, Said, Station, run};

/// A merchant's root in a folder of the test's own.
pub struct Merchant {
    folder: Folder,
    /// Its line for trust files.
    pub line: String,
}

impl Merchant {
    pub fn new(name: &str) -> Self {
        let folder = Folder::new(name);
        let said = run(&["root", "new", "--name", "merchant", "-o", folder.path("root").to_str().unwrap()]);
        assert_eq!(said.status, 0, "{}", said.err);
        Self { folder, line: said.out }
    }

    pub fn path(&self, name: &str) -> String {
        self.folder.path(name).to_str().unwrap().to_owned()
    }

    pub fn key(&self) -> SigningKey {
        SigningKey::parse(fs::read_to_string(self.path("root/root.key")).unwrap().trim_end()).unwrap()
    }

    /// A trust file of its line and these.
    pub fn trust(&self, name: &str, more: &str) -> String {
        fs::write(self.path(name), format!("{}{more}", self.line)).unwrap();
        self.path(name)
    }

    /// Enrols this key: the note's path.
    #[track_caller]
    pub fn enrol(&self, station: &str, name: &str, more: &[&str]) -> String {
        let (key, note) = (self.path("root/root.key"), self.path(name));
        let said = run(&[&["root", "enrol", station, "--key", &key, "-o", &note], more].concat());
        assert_eq!(said.status, 0, "{}", said.err);
        note
    }
}

/// A station with a clip of the pattern, and its verifier key.
pub fn recorded(name: &str) -> (Station, PathBuf, String) {
    let station = Station::new(name);
    let clip = station.record("pattern:320x240@10", &["--seconds", "2", "--fast"]);
    let vkey = run(&["key", "--data", station.path()]).out;
    (station, clip, vkey.trim_end().to_owned())
}

pub const EVERY: [&str; 4] = ["--not-before", "2026-01-01", "--sources", "usb,rtsp,file,pattern"];

/// A station that a root enrolled for every source, with a clip.
pub fn enrolled(name: &str) -> (Merchant, Station, PathBuf, String) {
    let (station, clip, vkey) = recorded(name);
    let merchant = Merchant::new(name);
    let note = merchant.enrol(&vkey, "enrolment.note", &EVERY);
    let root = merchant.line.trim_end().strip_prefix("root ").unwrap().to_owned();
    let said = run(&["enrol", &note, "--data", station.path(), "--root", &root]);
    assert_eq!((said.status, said.err.as_str()), (0, ""));
    assert!(said.out.contains("is enrolled by merchant/"), "{}", said.out);
    (merchant, station, clip, vkey)
}

pub fn seal(station: &Station, clip: &str) -> Said {
    run(&["seal-proof", clip, "--data", station.path()])
}

/// A root that nobody was told of.
pub fn other_root() -> SigningKey {
    SigningKey::from_seed("merchant", &[9; 32]).unwrap()
}
