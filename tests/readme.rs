//! The README's commands work, its links lead somewhere, and it promises nothing that no seal can.
//!
//! Attached to each program's crate; each checks the lines of its own program.

mod support;

use std::{
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use evidence::{
    statement::{Derivation, DerivedKind, Statement},
    trust::Trust,
    value::{Hash, Id, Size, Time},
};
use support::forge::{Forge, Material, key, v};

const PAGES: [&str; 2] = ["README.md", "README.zh-CN.md"];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn page(name: &str) -> String {
    std::fs::read_to_string(root().join(name)).unwrap()
}

/// The lines within code blocks that begin with this word.
fn commands(page: &str, program: &str) -> Vec<Vec<String>> {
    let blocks = page.split("\n```").skip(1).step_by(2).flat_map(|block| block.lines().skip(1));
    let words = |line: &str| line.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
    blocks.map(words).filter(|words| words.first().is_some_and(|w| w == program)).collect()
}

const VIDEO: &[u8] = b"a share copy";

/// The note of [`VIDEO`].
fn derivation() -> Derivation {
    Derivation {
        station: key(1).verifier().signer().name.clone(),
        clip: Id([1; 16]),
        end: Hash([1; 32]),
        order: None,
        kind: DerivedKind::Share,
        links: (0, 2),
        ticks: (0, 180_000),
        size: Size { width: 320, height: 240 },
        how: v("x264"),
        software: v("0.1.0"),
        program: Hash([1; 32]),
        time: Time(1_790_000_000_000_000),
        length: VIDEO.len() as u64,
        file: Hash::of(VIDEO),
    }
}

#[test]
fn verifier_commands_do_what_the_page_says() {
    let Some(program) = option_env!("CARGO_BIN_EXE_packseal-verifier") else { return };
    let clip = Forge::new(Material::from_mp4(include_bytes!("data/material.mp4"), 9000), 9000).clip();
    for name in PAGES {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("readme-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        std::fs::write(folder.join("clip.mp4"), &clip).unwrap();
        std::fs::write(folder.join("video.mp4"), &clip).unwrap();
        std::fs::write(folder.join("photo.jpg"), b"\xFF\xD8\xFF\xD9").unwrap();
        std::fs::write(folder.join("shop.keys"), format!("station {}\n", key(1).verifier())).unwrap();
        let upload = folder.join("evidence/upload");
        std::fs::create_dir_all(&upload).unwrap();
        std::fs::write(upload.join("video.mp4"), VIDEO).unwrap();
        std::fs::write(upload.join("video.mp4.note"), derivation().seal(&key(1)).unwrap().0).unwrap();
        let lines = commands(&page(name), "packseal-verifier");
        assert!(lines.len() >= 3, "{name}: {lines:?}");
        for line in lines {
            let output = Command::new(program).args(&line[1..]).current_dir(&folder).output().unwrap();
            let status = if line.iter().any(|word| word == "--note") { 4 } else { 0 };
            let why = String::from_utf8_lossy(&output.stderr);
            assert_eq!(output.status.code(), Some(status), "{name}: {line:?}: {why}");
        }
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

#[test]
fn station_commands_do_what_the_page_says() {
    let Some(program) = option_env!("CARGO_BIN_EXE_packseal-station") else { return };
    for name in PAGES {
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("readme-{}-{name}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let lines = commands(&page(name), "packseal-station");
        assert!(lines.len() >= 10, "{name}: {lines:?}");
        let settings = folder.join("bench/station.toml");
        let mut daemon = None;
        for mut line in lines {
            let mut command = Command::new(program);
            command.current_dir(&folder).stdin(Stdio::null());
            // Whoever adds an account is asked for its password.
            if line[1..3] == ["user", "add"] {
                std::fs::write(folder.join("password"), "a password for it\n").unwrap();
                command.stdin(std::fs::File::open(folder.join("password")).unwrap());
            }
            if line[1] == "run" {
                daemon = Some(command.args(&line[1..]).stderr(Stdio::null()).spawn().unwrap());
                continue;
            }
            // There may be no camera; the pattern stands in for it, for two seconds.
            if let Some(source) = line.iter_mut().find(|word| *word == "usb") {
                *source = "pattern".to_owned();
                line.extend(["--seconds", "2", "--fast"].map(str::to_owned));
                // One records at a time.
                stop(daemon.take().expect("the page runs a bench before it records without one"));
            }
            // What the pattern drew is enrolled, too.
            if line[1..3] == ["root", "enrol"] {
                line.extend(["--sources", "usb,rtsp,pattern"].map(str::to_owned));
            }
            let into = line.iter().position(|word| word == ">").map(|at| line.split_off(at).remove(1));
            command.args(&line[1..]);
            let began = Instant::now();
            let output = loop {
                let output = command.output().unwrap();
                // The bench takes a moment to begin, and its camera another.
                let patient = line[1] == "status" && began.elapsed() < Duration::from_secs(20);
                if !patient || output.status.success() {
                    break output;
                }
                std::thread::sleep(Duration::from_millis(100));
            };
            assert_eq!(output.status.code(), Some(0), "{name}: {line:?}: {}", String::from_utf8_lossy(&output.stderr));
            if let Some(file) = into {
                std::fs::write(folder.join(file), &output.stdout).unwrap();
            }
            let silent = output.stdout.is_empty() && output.stderr.is_empty();
            assert!(!silent || line[1] == "list", "{name}: {line:?} said nothing");
            if line[1] == "init" {
                let text = std::fs::read_to_string(&settings).unwrap();
                std::fs::write(&settings, text.replace("camera = \"usb\"", "camera = \"pattern\"")).unwrap();
            }
        }
        assert!(folder.join("codes.pdf").exists());
        std::fs::remove_dir_all(&folder).unwrap();
    }
}

/// Asks a process to end, as a service manager does, and waits.
fn stop(mut process: Child) {
    Command::new("kill").arg(process.id().to_string()).status().unwrap();
    assert!(process.wait().unwrap().success());
}

#[test]
fn make_targets_exist() {
    let makefile = page("Makefile");
    for name in PAGES {
        let lines = commands(&page(name), "make");
        assert!(lines.len() >= 2, "{name}: {lines:?}");
        for line in lines {
            assert!(makefile.contains(&format!("\n{}:", line[1])), "{name}: {line:?}");
        }
    }
}

#[test]
fn compiler_version_is_the_one_needed() {
    let manifest = page("Cargo.toml");
    let needed = manifest.lines().find_map(|l| l.strip_prefix("rust-version = ")).unwrap().trim_matches('"');
    for name in PAGES {
        assert!(page(name).contains(&format!("Rust {needed} ")), "{name}: Rust {needed}");
    }
}

#[test]
fn links_lead_somewhere() {
    for name in PAGES.into_iter().chain(["CHANGELOG.md"]) {
        let page = page(name);
        let links: Vec<_> = page.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(l, _)| l).collect();
        assert!(!links.is_empty(), "{name}");
        for link in links.into_iter().filter(|link| !link.starts_with("https://")) {
            let file = link.split('#').next().unwrap();
            assert!(root().join(file).exists(), "{name}: {link}");
        }
    }
}

#[test]
fn pages_promise_nothing_that_no_seal_can() {
    for name in PAGES {
        let page = page(name).to_lowercase();
        for word in ["fake", "fraud", "100 %", "100%", "guarantee", "真图", "假图", "伪造", "诈骗"] {
            assert!(!page.contains(word), "{name}: {word}");
        }
        assert!(!page.split(|c: char| !c.is_alphabetic()).any(|word| word == "real"), "{name}");
    }
}

#[test]
fn sample_trust_file_becomes_one_when_its_lines_are_taken() {
    let sample = page("config/trust.example");
    assert_eq!(Trust::default().add_file(&sample), Err(evidence::trust::TrustError::Empty), "it trusts nobody");
    let lines: Vec<_> = sample.lines().filter_map(|l| l.strip_prefix("# ")).filter(|l| l.contains('+')).collect();
    let lines: Vec<_> = lines.into_iter().filter(|l| !l.contains("KEYID")).collect();
    let roles: Vec<_> = lines.iter().map(|l| l.split(' ').next().unwrap()).collect();
    assert_eq!(roles, ["station", "revoked"], "{lines:?}");
    Trust::default().add_file(&lines.join("\n")).unwrap();
}
