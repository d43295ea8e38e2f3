//! From the last GOP in hand to END on disk and in the catalogue, for a short and a long clip.

use std::{
    fs::{self, File},
    io::Write,
    path::Path,
    time::Instant,
};

use evidence::statement::Reason;
use station::data::Locked;

use crate::{
    Outcome,
    material::{self, Reel},
    measure::{median, ms, p99},
    table::Row,
};

/// How many long clips; short ones stand between them.
const LONG: usize = 20;
const SHORT_FOR_EACH: usize = 6;
const SHORT_SECONDS: usize = 10;
const LONG_SECONDS: usize = 600;
/// Most that the long clip's median may be of the short one's.
const GROWTH: f64 = 1.25;

/// Measures.
///
/// # Errors
/// The clip's.
pub fn rows() -> Outcome<Vec<Row>> {
    let (body, last) = (Reel::noise(2)?, Reel::noise(8)?);
    let station = material::new_station("closing")?;
    println!("ClipWriter::append of the last GOP (1 s at 8 Mbit/s; those before it at 2 Mbit/s) and close");
    let (mut short, mut long, mut disk) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..LONG {
        for _ in 0..SHORT_FOR_EACH {
            short.push(close(&station, &body, &last, SHORT_SECONDS)?);
            disk.push(sync(&station.data.root, &last.gop(0).media)?);
        }
        long.push(close(&station, &body, &last, LONG_SECONDS)?);
    }
    println!("this disk: 1 MB written and synced alone takes {:.1} ms (p99 {:.1} ms)", median(&disk), p99(&disk));
    let growth = median(&long) / median(&short);
    Ok(vec![
        Row { what: "closing: 10 s clip, p99".into(), value: p99(&short), samples: short, goal: 50.0, unit: "ms" },
        Row { what: "closing: 10 min clip, p99".into(), value: p99(&long), samples: long, goal: 50.0, unit: "ms" },
        Row::median("closing: 10 min of 10 s, medians", vec![growth], GROWTH, "x"),
    ])
}

/// Records a clip of so many seconds; how long its closing took, in ms.
fn close(station: &Locked, body: &Reel, last: &Reel, seconds: usize) -> Outcome<f64> {
    let mut clip = body.open(station, &body.gop(0))?;
    for second in 0..seconds - 1 {
        clip.append(station, &body.gop(second))?;
    }
    let gop = last.gop(seconds - 1);
    let begun = Instant::now();
    clip.append(station, &gop)?;
    let sealed = clip.close(station, Reason::SourceEnd)?;
    let took = ms(begun.elapsed());
    fs::remove_file(sealed.path)?;
    Ok(took)
}

/// What the disk takes for a file of these bytes, in ms.
fn sync(folder: &Path, bytes: &[u8]) -> Outcome<f64> {
    let path = folder.join("sync");
    let mut file = File::create(&path)?;
    let begun = Instant::now();
    file.write_all(bytes)?;
    file.sync_data()?;
    let took = ms(begun.elapsed());
    fs::remove_file(path)?;
    Ok(took)
}
