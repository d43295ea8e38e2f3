use std::{
    os::unix::fs::{PermissionsExt, symlink},
    path::PathBuf,
    process::Command,
};

use super::*;

/// A folder that is gone with the test.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/tmp");
        let path = path.join(format!("home-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn sh(script: &str, folder: &Path) {
    let done = Command::new("sh").args(["-ec", script]).current_dir(folder).status().unwrap();
    assert!(done.success(), "{script}");
}

/// What is done to a folder `a` with a key, which is then looked at as `at`. On a file system that knows when its files
/// were born: ext4, XFS, Btrfs.
#[test]
fn a_copy_is_told_from_what_moves_nothing() {
    use Moved::{KeyFile, KeyFolder};
    let table: &[(&str, &str, Option<Moved>)] = &[
        ("true", "a", None),
        ("mv a b", "b", None),
        ("mkdir c; mv a c", "c/a", None),
        ("ln a/keys/station.key c", "a", None),
        ("ln -s a b", "b", None),
        ("chmod 600 a/keys/station.key; touch a/keys/station.key; sync", "a", None),
        ("touch a/keys/new; rm a/keys/new", "a", None),
        ("chmod u+w a/keys/station.key; cp a/keys/station.key c; cat c >a/keys/station.key", "a", None),
        ("cp -a a b", "a", None),
        ("cp -a a b", "b", Some(KeyFile)),
        ("cp -al a b", "b", Some(KeyFolder)),
        ("cp -a --reflink=auto a b; rm -r a; mv b a", "a", Some(KeyFile)),
        ("tar cf b.tar a; rm -r a; tar xf b.tar", "a", Some(KeyFile)),
        ("cp -a a/keys/station.key b; mv b a/keys/station.key", "a", Some(KeyFile)),
        ("cp -a a/keys b; rm -r a/keys; mv b a/keys", "a", Some(KeyFile)),
    ];
    let folder = Folder::new("table");
    for (doing, at, expected) in table {
        let here = folder.0.join("here");
        let _ = fs::remove_dir_all(&here);
        fs::create_dir_all(here.join("a/keys")).unwrap();
        fs::write(here.join("a/keys/station.key"), "secret").unwrap();
        fs::set_permissions(here.join("a/keys/station.key"), fs::Permissions::from_mode(0o400)).unwrap();
        // The first look remembers.
        assert_eq!(moved(&here.join("a")).unwrap(), None);
        sh(doing, &here);
        assert_eq!(moved(&here.join(at)).unwrap(), *expected, "{doing}");
        assert_eq!(moved(&here.join(at)).unwrap(), *expected, "{doing}, looked at again");
    }
}

#[test]
fn a_home_that_is_damaged_is_no_home() {
    let folder = Folder::new("damaged");
    fs::create_dir(folder.0.join("keys")).unwrap();
    fs::write(folder.0.join(KEY), "secret").unwrap();
    for bad in ["", "{}", "home", "{\"file-system\":1}"] {
        fs::write(folder.0.join(HOME), bad).unwrap();
        assert!(matches!(moved(&folder.0), Err(HomeError::Damaged(_))), "{bad}");
    }
}

/// What is known of a home, in short: file system, birth and number of the key, disk.
fn home(file_system: Option<u64>, born: Option<u64>, inode: Option<u64>, disk: &[(&str, &str)]) -> Home {
    let disk = disk.iter().map(|(name, number)| ((*name).to_owned(), (*number).to_owned())).collect();
    Home { file_system, key: Origin { inode, born }, folder: Origin { inode: None, born: None }, disk }
}

#[test]
fn what_is_not_known_is_not_compared() {
    let [s1, s2, w1, w2] = [("serial", "1"), ("serial", "2"), ("wwid", "1"), ("wwid", "2")];
    let nothing = home(None, None, None, &[]);
    let all = home(Some(1), Some(5), Some(7), &[s1, w1]);
    for (now, moved) in [
        (nothing.clone(), None),
        (all.clone(), None),
        // The disk was copied as a whole.
        (home(Some(1), Some(5), Some(7), &[s2, w2]), Some(Moved::Disk)),
        (home(None, None, None, &[w2]), Some(Moved::Disk)),
        // Another kernel, or another way to connect it.
        (home(Some(1), Some(5), Some(7), &[s1, w2]), None),
        (home(Some(1), Some(5), Some(7), &[s1]), None),
        (home(Some(1), Some(5), Some(7), &[]), None),
        // The file system was made smaller.
        (home(Some(1), Some(5), Some(8), &[s1]), None),
        (home(Some(1), Some(6), Some(7), &[s1]), Some(Moved::KeyFile)),
        (home(Some(1), None, Some(7), &[s1]), None),
        (home(Some(1), None, Some(8), &[s1]), Some(Moved::KeyFile)),
        // A snapshot that Btrfs took.
        (home(Some(2), Some(5), Some(7), &[]), Some(Moved::FileSystem)),
        (home(None, Some(5), Some(7), &[]), None),
    ] {
        assert_eq!(all.differs(&now), moved, "{now:?}");
        assert_eq!(now.differs(&all), moved, "{now:?}, the other way");
        assert_eq!(nothing.differs(&now), None, "{now:?}");
    }
}

#[test]
fn a_disk_is_found_below_partitions_and_volumes() {
    let folder = Folder::new("sys");
    let put = |path: &str, text: &str| {
        let path = folder.0.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    put("nvme0n1/wwid", "eui.0025\n");
    put("nvme0n1/device/serial", "S5GX  \n");
    put("nvme0n1/nvme0n1p2/partition", "2\n");
    put("sda/device/wwid", "naa.5000\n");
    put("sda/device/vpd_pg80", "\0\u{80}\0\u{8} WD-1 2\0");
    put("vda/serial", "\n");
    put("sda/sda1/partition", "1\n");
    let on = |name: &str, below: &[&str]| {
        let slaves = folder.0.join(name).join("slaves");
        fs::create_dir_all(&slaves).unwrap();
        for path in below {
            symlink(folder.0.join(path), slaves.join(path.rsplit('/').next().unwrap())).unwrap();
        }
    };
    on("dm-0", &["nvme0n1/nvme0n1p2"]);
    on("dm-1", &["dm-0"]);
    on("md0", &["sda/sda1", "nvme0n1/nvme0n1p2"]);
    on("dm-2", &["md0"]);
    // A volume upon itself.
    on("dm-3", &["dm-3"]);
    let read = |name: &str| -> Vec<(String, String)> { numbers(&folder.0.join(name), LAYERS).into_iter().collect() };
    let nvme = read("nvme0n1");
    assert_eq!(nvme, [("device-serial", "S5GX"), ("wwid", "eui.0025")].map(|(a, b)| (a.to_owned(), b.to_owned())));
    for same in ["nvme0n1/nvme0n1p2", "dm-0", "dm-1"] {
        assert_eq!(read(same), nvme, "{same}");
    }
    let sata = read("sda/sda1");
    assert!(sata.len() == 2 && sata[1].0 == "unit-serial" && sata[1].1.ends_with("WD-1_2"), "{sata:?}");
    for none in ["md0", "dm-2", "dm-3", "vda", "not-there"] {
        assert!(read(none).is_empty(), "{none}");
    }
}
