//! How fast and in how much memory a long clip is verified: run by `make bench`.

mod support;

#[path = "support/program.rs"]
#[allow(dead_code)]
mod program;

use std::{
    io::Write,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use program::{Folder, program};
use support::forge::{Forge, Material, key};

/// Longest verification, in parts of the time that OpenSSL takes for SHA-256 alone, on two cores.
const RATIO: f64 = 0.6;
/// Most memory, in KiB.
const MEMORY: u64 = 24 * 1024;
const BYTES: u64 = 500 << 20;
const ROUNDS: usize = 7;

/// A clip of at least [`BYTES`] bytes of noise, 1080p, about 1 MiB a second.
fn write_clip(folder: &Folder) -> String {
    let film = folder.path("film.mp4");
    let status = Command::new("ffmpeg")
        .args(["-v", "error", "-f", "lavfi", "-i", "testsrc2=size=1920x1080:rate=10,noise=alls=60:allf=t", "-t", "5"])
        .args(["-pix_fmt", "yuv420p", "-c:v", "libx264", "-preset", "veryfast", "-b:v", "8400k", "-bf", "0"])
        .args(["-x264-params", "keyint=10:min-keyint=10:scenecut=0:open-gop=0"])
        .args(["-movflags", "frag_keyframe+empty_moov+default_base_moof", &film])
        .status()
        .unwrap();
    assert!(status.success());
    let mut forge = Forge::new(Material::from_mp4(&std::fs::read(&film).unwrap(), 9000), 9000);
    let seconds = forge.spans.clone();
    let mut bytes: u64 = 0;
    forge.spans = seconds
        .into_iter()
        .cycle()
        .take_while(|span| {
            let go = bytes < BYTES;
            bytes += span.gop.as_ref().unwrap().media.len() as u64;
            go
        })
        .collect();
    let path = folder.path("clip.mp4");
    let mut file = std::fs::File::create(&path).unwrap();
    for part in forge.parts() {
        file.write_all(&part).unwrap();
    }
    println!("clip: {:.0} MiB in {} fragments", bytes as f64 / f64::from(1 << 20), forge.spans.len());
    path
}

/// Wall time of a command that succeeds, and the most memory it was seen to hold, in KiB.
fn measure(mut command: Command) -> (Duration, u64) {
    let since = Instant::now();
    let mut child = command.stdout(Stdio::null()).spawn().unwrap();
    let status = Path::new("/proc").join(child.id().to_string()).join("status");
    let mut most = 0;
    loop {
        if let Some(exit) = child.try_wait().unwrap() {
            assert!(exit.success(), "{exit}");
            return (since.elapsed(), most);
        }
        let text = std::fs::read_to_string(&status).unwrap_or_default();
        let peak = text.lines().find_map(|l| l.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB")?.parse().ok());
        most = most.max(peak.unwrap_or(0));
        std::thread::sleep(Duration::from_millis(2));
    }
}

#[test]
#[ignore = "measures: run by make bench"]
fn bench_verification_is_faster_than_one_digest() {
    let folder = Folder::new("speed");
    let clip = write_clip(&folder);
    let vkey = key(1).verifier().to_string();
    let digest = || {
        let mut command = Command::new("openssl");
        command.args(["dgst", "-sha256", &clip]);
        command
    };
    // Both are read once, so that neither waits for the disk; then in turn, so that both meet the same neighbours.
    measure(digest());
    let mut rounds: Vec<_> = (0..ROUNDS)
        .map(|_| {
            let openssl = measure(digest()).0.as_secs_f64();
            let (verify, memory) = measure(program(&["verify", &clip, "--key", &vkey]));
            println!("openssl {openssl:.3} s, verify {:.3} s, {memory} KiB", verify.as_secs_f64());
            (verify.as_secs_f64() / openssl, memory)
        })
        .collect();
    rounds.sort_by(|a, b| a.0.total_cmp(&b.0));
    let (ratio, memory) = (rounds[ROUNDS / 2].0, rounds.iter().map(|r| r.1).max().unwrap());
    println!("median ratio {ratio:.2} (limit {RATIO}), most memory {memory} KiB (limit {MEMORY})");
    assert!(ratio <= RATIO && memory <= MEMORY, "ratio {ratio:.2}, memory {memory} KiB");
}
