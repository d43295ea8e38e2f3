//! `packseal-verifier excerpt`, which verifies the whole clip first, beside FFmpeg copying the same seconds unsealed, of
//! the same clip in a warm cache.

use std::{fs, process::Command};

use crate::{
    Outcome, material,
    measure::{median, ms, run, shown},
    table::Row,
};

const RUNS: usize = 11;
/// Seconds of the clip, at 2 Mbit/s.
const GOPS: usize = 600;

/// Measures.
///
/// # Errors
/// A program that fails.
pub fn rows() -> Outcome<Vec<Row>> {
    let (clip, key) = material::sealed("ten-minutes", 2, GOPS)?;
    let [sealed, copied] = ["excerpt.mp4", "copied.mp4"].map(|name| clip.with_file_name(name));
    let mut excerpt = Command::new(material::verifier()?);
    excerpt.arg("excerpt").arg(&clip).args(["--from", "300", "--to", "330", "--key", &key, "-o"]).arg(&sealed);
    let mut copy = material::ffmpeg();
    copy.args(["-ss", "300", "-t", "30", "-i"]).arg(&clip).args(["-c", "copy"]).arg(&copied);
    println!("{} MB\nA {}\nB {}", fs::metadata(&clip)?.len() / 1_000_000, shown(&excerpt), shown(&copy));
    let (mut walls, mut others) = (Vec::new(), Vec::new());
    // The first one warms the cache.
    for run_of in 0..=RUNS {
        for (command, out, walls) in [(&mut excerpt, &sealed, &mut walls), (&mut copy, &copied, &mut others)] {
            if out.exists() {
                fs::remove_file(out)?;
            }
            let wall = ms(run(command)?.wall);
            walls.extend((run_of > 0).then_some(wall));
        }
    }
    let length = fs::metadata(&sealed)?.len();
    println!("A {:.0} ms, {} kB; B {:.0} ms, not sealed", median(&walls), length / 1000, median(&others));
    Ok(vec![Row::median("excerpt: 30 s of 10 min, the whole verified first", walls, 200.0, "ms")])
}
