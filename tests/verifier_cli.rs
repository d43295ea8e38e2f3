//! Changed clips through the program itself: the verdict reaches the exit status.

mod support;

use std::{
    fs,
    path::PathBuf,
    process::{Command, Output},
    sync::atomic::{AtomicUsize, Ordering},
    thread,
};

use support::{check::*, forge::*, random::*};

/// A folder of this test's own, removed behind it.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("packseal-{name}-{}", std::process::id()));
        fs::create_dir_all(&path).expect("a temporary folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn verify(path: &PathBuf, more: &[&str]) -> Output {
    let program = env!("CARGO_BIN_EXE_packseal-verifier");
    Command::new(program).arg("verify").arg(path).args(more).output().expect("the verifier")
}

#[track_caller]
fn exits(output: &Output, status: i32, what: &str) {
    let said = String::from_utf8_lossy(&[&output.stdout[..], &output.stderr].concat()).into_owned();
    assert_eq!(output.status.code(), Some(status), "{what}: {said}");
}

#[test]
fn exit_statuses() {
    let folder = Folder::new("statuses");
    let path = folder.0.join("clip.mp4");
    let vkey = key(1).verifier().to_string();
    let forge = forge();
    let parts = forge.parts();
    fs::write(&path, forge.clip()).unwrap();
    exits(&verify(&path, &["--key", &vkey]), 0, "honest");
    exits(&verify(&path, &["--key", &vkey, "--order", "SF1234567890"]), 0, "its order");
    exits(&verify(&path, &["--key", &vkey, "--order", "SF0"]), 1, "another order");
    exits(&verify(&path, &[]), 3, "no key");
    exits(&verify(&path, &["--key", "nonsense"]), 2, "no key text");
    exits(&verify(&folder.0.join("none.mp4"), &["--key", &vkey]), 2, "no file");
    let trust = folder.0.join("trust");
    fs::write(&trust, format!("station {vkey}\nrevoked {vkey}\n")).unwrap();
    exits(&verify(&path, &["--trust", trust.to_str().unwrap()]), 1, "revoked");
    fs::write(&trust, "").unwrap();
    exits(&verify(&path, &["--trust", trust.to_str().unwrap()]), 2, "empty trust file");
    fs::write(&path, parts[..10].concat()).unwrap();
    exits(&verify(&path, &["--key", &vkey]), 4, "END cut off");
}

#[test]
fn flips_through_the_program() {
    let folder = Folder::new("flips");
    let vkey = key(1).verifier().to_string();
    let clip = forge().clip();
    let random = Random::new("flips");
    let next = AtomicUsize::new(0);
    thread::scope(|scope| {
        for worker in 0..2 {
            let path = folder.0.join(format!("{worker}.mp4"));
            let (clip, random, next, vkey) = (&clip, &random, &next, &vkey);
            scope.spawn(move || {
                loop {
                    let i = next.fetch_add(1, Ordering::Relaxed);
                    if i >= rounds(500) {
                        return;
                    }
                    let mut random = random.at(i);
                    let mut changed = clip.clone();
                    let (at, bit) = (random.below(clip.len()), random.below(8));
                    changed[at] ^= 1 << bit;
                    fs::write(&path, &changed).unwrap();
                    let status = if (4..8).contains(&at) { 2 } else { 1 };
                    exits(&verify(&path, &["--key", vkey]), status, &format!("byte {at} bit {bit}"));
                }
            });
        }
    });
}
