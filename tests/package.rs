//! The Debian package, installed, removed and purged in a Debian of its own, which `make image` made: part of `make test-appliance`.
//! Wants to be root, for `chroot`.

use std::{
    fs,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

/// A Debian that is thrown away.
struct Debian {
    root: PathBuf,
}

impl Debian {
    /// A copy of this one, with the package beside it.
    fn new(base: &Path, package: &Path) -> Self {
        let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("debian-{}", std::process::id()));
        let debian = Self { root };
        let here = debian.root.to_str().unwrap();
        fs::create_dir(here).unwrap();
        done(Command::new("cp").args(["-a", "--reflink=auto"]).arg(base.join(".")).arg(here));
        fs::copy(package, debian.at("packseal.deb")).unwrap();
        debian
    }

    fn at(&self, path: &str) -> PathBuf {
        self.root.join(path)
    }

    fn has(&self, path: &str) -> bool {
        fs::symlink_metadata(self.at(path)).is_ok()
    }

    /// Runs a program in it, which nobody answers.
    #[track_caller]
    fn run(&self, command: &str) -> String {
        // With what a running system has in /proc and /dev, which goes with the command.
        let within =
            "mount -t proc proc \"$0/proc\" && mount --rbind /dev \"$0/dev\" && exec chroot \"$0\" sh -c \"$1\"";
        let mut chroot = Command::new("unshare");
        chroot.args(["--mount", "--pid", "--fork", "sh", "-c", within]).arg(&self.root).arg(command);
        done(chroot.stdin(Stdio::null()).env("DEBIAN_FRONTEND", "noninteractive").env("LC_ALL", "C.UTF-8"))
    }

    fn install(&self) {
        self.run("dpkg --install /packseal.deb");
    }
}

impl Drop for Debian {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

/// Runs it to success: what it wrote.
#[track_caller]
fn done(command: &mut Command) -> String {
    let output = command.output().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let (out, err) = (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{command:?}: {out}{err}");
    out.into_owned()
}

const DATA: &str = "var/lib/packseal";
const KEY: &str = "var/lib/packseal/keys/station.key";

#[test]
fn installed_without_a_question_removed_with_the_evidence_kept_purged_when_told() {
    let target = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target");
    let package = fs::read_dir(target.join("debian")).expect("make deb first");
    let package = package.flatten().map(|entry| entry.path()).find(|path| path.extension().is_some_and(|e| e == "deb"));
    let package = package.expect("make deb first");
    let debian = Debian::new(&target.join("image/base"), &package);

    let inside = done(Command::new("dpkg-deb").arg("--contents").arg(&package));
    for path in [
        "usr/bin/packseal-station",
        "usr/bin/packseal-verifier",
        "usr/share/man/man1/packseal-station.1",
        "usr/share/man/man1/packseal-station-doctor.1",
        "usr/share/man/man1/packseal-verifier-verify.1",
        "usr/share/bash-completion/completions/packseal-station",
        "usr/share/zsh/vendor-completions/_packseal-verifier",
        "usr/share/fish/vendor_completions.d/packseal-station.fish",
        "usr/lib/udev/rules.d/60-packseal.rules",
        "usr/lib/sysusers.d/packseal.conf",
        "usr/lib/tmpfiles.d/packseal.conf",
        "usr/share/doc/packseal/copyright",
    ] {
        assert!(inside.lines().any(|line| line.ends_with(&format!("./{path}"))), "{path} is not in {inside}");
    }
    let copyright = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../debian/copyright")).unwrap();
    assert!(copyright.contains("x264") && copyright.contains("GNU General\n Public License"));

    debian.install();
    let files = debian.run("dpkg-query --show --showformat='${Conffiles}' packseal");
    assert!(files.contains("/etc/packseal/station.toml"), "{files}");
    let folder = fs::metadata(debian.at(DATA)).unwrap();
    let user = debian.run("id -u packseal").trim().parse::<u32>().unwrap();
    assert_eq!((folder.uid(), folder.permissions().mode() & 0o7777), (user, 0o750));
    assert!(debian.has("etc/systemd/system/multi-user.target.wants/packseal-station.service"), "it is not enabled");

    // As the unit does at its first start, and at every later one.
    let init = "setpriv --reuid packseal --regid packseal --clear-groups packseal-station init --if-new";
    let key = debian.run(init);
    assert!(key.contains('+'), "{key}");
    assert_eq!(debian.run(init), key);
    let secret = fs::metadata(debian.at(KEY)).unwrap();
    assert_eq!((secret.uid(), secret.permissions().mode() & 0o7777), (user, 0o400));

    // What an operator changed stays; nothing is asked.
    debian.run("echo '# ours' >>/etc/packseal/station.toml");
    debian.install();
    assert!(fs::read_to_string(debian.at("etc/packseal/station.toml")).unwrap().ends_with("# ours\n"));
    assert_eq!(debian.run(init), key);

    debian.run("dpkg --remove packseal");
    assert!(!debian.has("usr/bin/packseal-station"));
    assert!(debian.has(KEY) && debian.has("etc/packseal/station.toml"));

    // Purged, and nobody there to answer: the evidence stays.
    debian.run("dpkg --purge packseal");
    assert!(debian.has(KEY) && !debian.has("etc/packseal/station.toml"));

    // Asked, and answered.
    debian.install();
    assert_eq!(debian.run(init), key, "evidence of before is gone on with");
    debian.run("echo 'packseal packseal/delete-evidence boolean true' | debconf-set-selections");
    debian.run("dpkg --purge packseal");
    assert!(!debian.has(KEY) && !debian.has(DATA));
}
