use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
};

use super::*;

/// An empty folder that is gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("packseal-init-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn place(&self) -> Place {
        Place::Folder(self.0.clone())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// Copies files and folders.
fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    fs::set_permissions(to, fs::metadata(from).unwrap().permissions()).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() {
            copy(&from, &to);
        } else {
            fs::copy(from, to).unwrap();
        }
    }
}

fn whole(place: &Place, key: &SigningKey) {
    let station = place.open().unwrap().lock().unwrap();
    assert_eq!(station.key.verifier().to_string(), key.verifier().to_string());
    assert_eq!(station.catalogue.newest_end().unwrap(), None);
    let root = &station.data.root;
    assert_eq!(fs::metadata(root.join(KEY)).unwrap().permissions().mode() & 0o777, 0o400);
    assert_eq!(fs::metadata(root.join("keys")).unwrap().permissions().mode() & 0o777, 0o700);
}

#[test]
fn a_machines_name_becomes_a_stations() {
    for (host, name) in [
        ("Shop-7.local", "shop-7.local"),
        ("packing_bench 1", "packing-bench-1"),
        ("工位一", "station"),
        ("打包台-2", "2"),
        ("..", "station"),
        ("", "station"),
        (&*"x".repeat(64), &*"x".repeat(40)),
    ] {
        assert_eq!(name_of_host(host), name);
        assert!(SigningKey::from_seed(name, &[1; 32]).is_ok(), "{name}");
    }
}

#[test]
fn a_second_start_finds_the_station_of_the_first() {
    let folder = Folder::new("twice");
    fs::create_dir(folder.0.join("lost+found")).unwrap();
    let (key, made) = Data::init_if_new(&folder.place(), "shop").unwrap();
    assert_eq!(made, Made::Now);
    whole(&folder.place(), &key);
    // Also while it records, and whatever the machine is called now.
    let _records = folder.place().open().unwrap().lock().unwrap();
    let (again, made) = Data::init_if_new(&folder.place(), "another").unwrap();
    assert_eq!((again.verifier().to_string(), made), (key.verifier().to_string(), Made::Before));
}

/// A power cut leaves the steps of the making up to one of them.
#[test]
fn a_making_that_was_cut_off_is_gone_on_with() {
    let first = Folder::new("whole");
    let (key, _) = Data::init_if_new(&first.place(), "shop").unwrap();
    type Step = (&'static str, fn(&Path));
    let steps: [Step; 8] = [
        ("catalogue", |root| {
            fs::rename(root.join(CATALOGUE), root.join("catalogue.sqlite.new")).unwrap();
        }),
        ("half a catalogue", |root| fs::write(root.join("catalogue.sqlite.new"), "SQLite").unwrap()),
        ("its log", |root| fs::write(root.join("catalogue.sqlite.new-wal"), "x").unwrap()),
        ("no catalogue", |root| fs::remove_file(root.join("catalogue.sqlite.new")).unwrap()),
        ("configuration", |root| fs::remove_file(root.join("station.toml")).unwrap()),
        ("clips", |root| fs::remove_dir(root.join("clips")).unwrap()),
        ("key", |root| {
            fs::rename(root.join(KEY), root.join("keys/station.key.new")).unwrap();
            let torn = root.join("keys/station.key.new");
            fs::remove_file(&torn).unwrap();
            fs::write(torn, "PRIV").unwrap();
        }),
        ("keys", |root| fs::remove_dir_all(root.join("keys")).unwrap()),
    ];
    for last in 0..steps.len() {
        let folder = Folder::new(&format!("cut-{last}"));
        copy(&first.0, &folder.0);
        steps[..=last].iter().for_each(|(_, undo)| undo(&folder.0));
        let what = steps[last].0;
        assert!(folder.place().open().is_err(), "{what}: it counts as whole");
        let (now, made) = Data::init_if_new(&folder.place(), "shop").unwrap();
        assert_eq!(made, Made::Now, "{what}");
        // A key that was whole stays; it may be on a label already.
        assert_eq!(now.verifier().to_string() == key.verifier().to_string(), last < 6, "{what}");
        whole(&folder.place(), &now);
    }
}

#[test]
fn no_new_key_where_there_may_be_evidence() {
    let first = Folder::new("evidence");
    Data::init_if_new(&first.place(), "shop").unwrap();
    fs::create_dir(first.0.join("clips/2026-01-01")).unwrap();
    type Loss = (&'static str, fn(&Path));
    let losses: [Loss; 5] = [
        ("the key", |root| fs::remove_file(root.join(KEY)).unwrap()),
        ("the keys", |root| fs::remove_dir_all(root.join("keys")).unwrap()),
        ("the catalogue", |root| fs::remove_file(root.join(CATALOGUE)).unwrap()),
        ("both", |root| {
            fs::remove_dir_all(root.join("keys")).unwrap();
            fs::remove_file(root.join(CATALOGUE)).unwrap();
        }),
        ("a key that is none", |root| {
            fs::remove_file(root.join(KEY)).unwrap();
            durable::create(&root.join(KEY), b"", true).unwrap();
        }),
    ];
    for (what, lose) in losses {
        let folder = Folder::new("lost");
        copy(&first.0, &folder.0);
        lose(&folder.0);
        let key = fs::read(folder.0.join(KEY)).ok();
        let said = Data::init_if_new(&folder.place(), "shop").expect_err(what);
        assert!(said.en.contains("restore"), "{what}: {said}");
        assert_eq!(fs::read(folder.0.join(KEY)).ok(), key, "{what}");
    }
    // Nor where it is somebody else's folder.
    let folder = Folder::new("else");
    fs::write(folder.0.join("thesis.tex"), "").unwrap();
    assert!(Data::init_if_new(&folder.place(), "shop").is_err());
    assert!(!folder.0.join("keys").exists());
}
