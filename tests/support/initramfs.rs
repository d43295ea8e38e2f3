//! The root of a small Linux machine: an archive that the kernel unpacks into memory when it starts.
#![allow(dead_code)]

use std::{
    collections::BTreeSet,
    fs,
    io::{self, BufWriter, Write},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::Command,
};

/// Archive of the old "newc" kind, which is the one the kernel reads.
pub struct Initramfs {
    to: BufWriter<fs::File>,
    inode: u32,
    folders: BTreeSet<PathBuf>,
    modules: Vec<String>,
}

const FOLDER: u32 = 0o040_755;
const FILE: u32 = 0o100_000;
const LINK: u32 = 0o120_777;
const CHARACTER_DEVICE: u32 = 0o020_600;

impl Initramfs {
    /// A new archive with busybox, and `/dev/console`, without which the first process has no output.
    pub fn new(path: &Path) -> Self {
        let to = BufWriter::new(fs::File::create(path).unwrap());
        let mut archive = Self { to, inode: 0, folders: BTreeSet::new(), modules: Vec::new() };
        archive.file("/bin/busybox", Path::new("/bin/busybox"));
        archive.entry(LINK, "/bin/sh", b"busybox", (0, 0));
        archive.folder(Path::new("/dev"));
        archive.entry(CHARACTER_DEVICE, "/dev/console", b"", (5, 1));
        archive
    }

    /// A file of this machine, with its mode.
    #[track_caller]
    pub fn file(&mut self, name: &str, from: &Path) {
        let bytes = fs::read(from).unwrap_or_else(|e| panic!("{}: {e}", from.display()));
        let mode = fs::metadata(from).unwrap().permissions().mode() & 0o777;
        self.folder(Path::new(name).parent().unwrap());
        self.entry(FILE | mode, name, &bytes, (0, 0));
    }

    /// A program of this machine, without its debug information, and the libraries it loads.
    #[track_caller]
    pub fn program(&mut self, name: &str, from: &Path, scratch: &Path) {
        let stripped = scratch.join("stripped");
        let strip = Command::new("strip").arg("-o").arg(&stripped).arg(from).status().unwrap();
        assert!(strip.success(), "strip {}", from.display());
        self.file(name, &stripped);
        let loads = Command::new("ldd").arg(from).output().unwrap();
        assert!(loads.status.success(), "ldd {}", from.display());
        for line in String::from_utf8(loads.stdout).unwrap().lines() {
            let path = line.split_whitespace().find(|word| word.starts_with('/'));
            // The kernel brings the one that is no file.
            let Some(path) = path else { continue };
            if self.folders.insert(path.into()) {
                self.file(path, Path::new(path));
            }
        }
    }

    /// All files of a folder.
    pub fn all_of(&mut self, name: &str, from: &Path) {
        for entry in fs::read_dir(from).unwrap() {
            let path = entry.unwrap().path();
            self.file(&format!("{name}/{}", path.file_name().unwrap().to_str().unwrap()), &path);
        }
    }

    /// A kernel module, behind those it needs.
    #[track_caller]
    pub fn module(&mut self, modules: &Path, name: &str) {
        let name = name.replace('-', "_");
        if self.modules.contains(&name) {
            return;
        }
        let found = find(modules, &name);
        // What is built into the kernel has no file.
        let Some(path) = found else { panic!("{name}.ko is not in {}", modules.display()) };
        for needed in needed(&fs::read(&path).unwrap()) {
            self.module(modules, &needed);
        }
        self.file(&format!("/modules/{name}.ko"), &path);
        self.modules.push(name);
    }

    /// Writes the end, and the order in which modules are loaded.
    pub fn finish(mut self) {
        let order: String = self.modules.iter().map(|name| format!("/modules/{name}.ko\n")).collect();
        self.entry(FILE | 0o644, "/modules/order", order.as_bytes(), (0, 0));
        self.entry(0, "TRAILER!!!", b"", (0, 0));
        self.to.flush().unwrap();
    }

    fn folder(&mut self, path: &Path) {
        if path != Path::new("/") && self.folders.insert(path.to_owned()) {
            self.folder(path.parent().unwrap());
            self.entry(FOLDER, path.to_str().unwrap(), b"", (0, 0));
        }
    }

    fn entry(&mut self, mode: u32, name: &str, bytes: &[u8], device: (u32, u32)) {
        self.inode += 1;
        let name = name.trim_start_matches('/');
        let size = u32::try_from(bytes.len()).unwrap();
        let name_size = u32::try_from(name.len()).unwrap() + 1;
        // Inode, mode, owner, group, links, time, size, device it lies on, device it is, length of its name, checksum.
        let fields = [self.inode, mode, 0, 0, 1, 0, size, 0, 0, device.0, device.1, name_size, 0];
        let head: String = fields.iter().map(|field| format!("{field:08x}")).collect();
        let mut write = |head: &str| -> io::Result<()> {
            write!(self.to, "070701{head}{name}\0")?;
            self.to.write_all(&[0; 3][..padding(110 + name.len() + 1)])?;
            self.to.write_all(bytes)?;
            self.to.write_all(&[0; 3][..padding(bytes.len())])
        };
        write(&head).unwrap();
    }
}

/// Bytes to the next multiple of four.
fn padding(length: usize) -> usize {
    length.wrapping_neg() % 4
}

fn find(folder: &Path, module: &str) -> Option<PathBuf> {
    fs::read_dir(folder).ok()?.flatten().map(|entry| entry.path()).find_map(|path| {
        if path.is_dir() {
            return find(&path, module);
        }
        let name = path.file_name()?.to_str()?.strip_suffix(".ko")?.replace('-', "_");
        (name == module).then_some(path)
    })
}

/// Modules that a module says it needs.
fn needed(module: &[u8]) -> Vec<String> {
    let key = b"\0depends=";
    let Some(at) = module.windows(key.len()).position(|window| window == key) else { return Vec::new() };
    let value = &module[at + key.len()..];
    let end = value.iter().position(|&byte| byte == 0).unwrap_or(0);
    let names = String::from_utf8_lossy(&value[..end]);
    names.split(',').filter(|name| !name.is_empty()).map(str::to_owned).collect()
}
