use std::{io::ErrorKind, os::unix::fs::PermissionsExt};

use super::*;

/// A folder that is gone with the test.
struct Scratch(PathBuf);

impl Scratch {
    fn new(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("packseal-durable-{name}-{}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[test]
fn a_new_file_replaces_none_and_a_secret_is_nobody_elses() {
    let scratch = Scratch::new("create");
    for (name, secret, mode) in [("key", true, 0o400), ("clip", false, 0o644)] {
        let path = scratch.0.join(name);
        create(&path, b"one", secret).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, mode);
        let again = create(&path, b"two", secret).unwrap_err();
        assert_eq!((again.step, again.source.kind()), ("create", ErrorKind::AlreadyExists));
        assert_eq!(fs::read(&path).unwrap(), b"one");
    }
}

#[test]
fn a_replaced_file_is_whole_and_leaves_no_other() {
    let scratch = Scratch::new("replace");
    let path = scratch.0.join("tail");
    fs::write(scratch.0.join("tail.new"), "half of what a crash").unwrap();
    for content in ["one", "two"] {
        replace(&path, content.as_bytes()).unwrap();
        assert_eq!(fs::read_to_string(&path).unwrap(), content);
        assert_eq!(fs::read_dir(&scratch.0).unwrap().count(), 1);
    }
}

#[test]
fn appended_parts_stand_behind_each_other_and_can_be_cut_back() {
    let scratch = Scratch::new("append");
    let path = scratch.0.join("clip");
    let mut file = AppendFile::create(&path).unwrap();
    file.append(&[b"one ", b"two "]).unwrap();
    // What an append left that failed half-way.
    fs::OpenOptions::new().append(true).open(&path).unwrap().write_all(b"thr").unwrap();
    file.cut_back().unwrap();
    file.append(&[b"three"]).unwrap();
    assert_eq!((fs::read(&path).unwrap().as_slice(), file.length()), (&b"one two three"[..], 13));
    let mut file = AppendFile::open(&path).unwrap();
    assert_eq!(file.length(), 13);
    file.cut(4).unwrap();
    file.append(&[b"four"]).unwrap();
    assert_eq!((fs::read(&path).unwrap().as_slice(), file.length()), (&b"one four"[..], 8));
}

#[test]
fn a_full_disk_is_told_apart() {
    let mut full = AppendFile::open(Path::new("/dev/full")).unwrap();
    let error = full.append(&[b"one"]).unwrap_err();
    assert!(error.is_full() && error.to_string() == "write /dev/full", "{error}");
    assert_eq!(full.length(), 0);
    let missing = AppendFile::open(Path::new("/dev/full/no")).unwrap_err();
    assert!(!missing.is_full());
}

#[test]
fn a_moved_file_finds_its_folder_made() {
    let scratch = Scratch::new("move");
    let (from, to) = (scratch.0.join("a"), scratch.0.join("far/away/b"));
    create(&from, b"one", false).unwrap();
    move_file(&from, &to).unwrap();
    assert!(!from.exists() && fs::read(&to).unwrap() == b"one");
}
