//! Processor time of hashing, judging, signing and writing a GOP, with the catalogue's word that it is on disk.

use std::fs;

use evidence::statement::Reason;

use crate::{
    Outcome,
    material::{self, Reel},
    measure::{ms, thread_cpu},
    table::Row,
};

const RUNS: usize = 7;
const GOPS: usize = 60;

/// Measures.
///
/// # Errors
/// The clip's.
pub fn rows() -> Outcome<Vec<Row>> {
    let reel = Reel::noise(8)?;
    let station = material::new_station("sealing")?;
    println!("ClipWriter::append of {GOPS} GOPs of 1 s, 1080p30 at 8 Mbit/s; processor time of its thread");
    let mut percent = Vec::new();
    for _ in 0..RUNS {
        let mut clip = reel.open(&station, &reel.gop(0))?;
        let mut spent = std::time::Duration::ZERO;
        for second in 0..GOPS {
            let gop = reel.gop(second);
            let before = thread_cpu();
            clip.append(&station, &gop)?;
            spent += thread_cpu() - before;
        }
        let sealed = clip.close(&station, Reason::SourceEnd)?;
        fs::remove_file(sealed.path)?;
        println!("{:.2} ms a second", ms(spent) / GOPS as f64);
        percent.push(spent.as_secs_f64() / GOPS as f64 * 100.0);
    }
    Ok(vec![Row::median("sealing: processor for 8 Mbit/s", percent, 0.3, "%")])
}
