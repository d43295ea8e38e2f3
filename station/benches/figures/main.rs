//! `make bench`: the shipped programs and the sealing of a GOP, measured beside what they are held against.
//!
//! One argument selects one figure. Every line says PASS or MISS; the status tells only whether all could be
//! measured. Material is made once, below `target/bench`.

mod bench;
mod bytes;
mod closing;
mod excerpt;
mod export;
mod inspect;
mod ledger;
mod machine;
mod material;
mod measure;
mod page;
mod pipeline;
mod screen;
mod sealing;
mod search;
mod table;
mod verify;
mod viewers;

#[path = "../../../tests/support/browser.rs"]
mod browser;
#[path = "../../../tests/support/daemon.rs"]
mod daemon;
#[path = "../../../tests/support/parts.rs"]
mod parts;
#[path = "../../../tests/support/pictures.rs"]
mod pictures;
#[path = "../../../tests/support/season.rs"]
mod season;
#[path = "../../../tests/support/station.rs"]
mod station_program;
#[path = "../../../tests/support/mod.rs"]
mod support;
#[path = "../../../tests/support/viewer.rs"]
mod viewer;

use std::{error::Error, process::ExitCode};

use table::Row;

/// What a measurement gives, or why it could not be made.
type Outcome<T> = Result<T, Box<dyn Error>>;

/// Makes the rows of one figure.
type Figure = fn() -> Outcome<Vec<Row>>;

const FIGURES: [(&str, Figure); 14] = [
    ("verify", verify::rows),
    ("excerpt", excerpt::rows),
    ("export", export::rows),
    ("page", page::rows),
    ("sealing", sealing::rows),
    ("pipeline", pipeline::rows),
    ("closing", closing::rows),
    ("bytes", bytes::rows),
    ("bench", bench::rows),
    ("viewers", viewers::rows),
    ("ledger", ledger::rows),
    ("screen", screen::rows),
    ("search", search::rows),
    ("inspect", inspect::rows),
];

fn main() -> ExitCode {
    // Cargo says `--bench`.
    let asked: Vec<String> = std::env::args().skip(1).filter(|a| !a.starts_with('-')).collect();
    if let Some(unknown) = asked.iter().find(|a| FIGURES.iter().all(|(name, _)| name != a)) {
        let names = FIGURES.map(|(name, _)| name).join(" ");
        eprintln!("no figure is called '{unknown}'; there are: {names}");
        return ExitCode::from(2);
    }
    machine::print();
    let mut rows = Vec::new();
    let mut failed = Vec::new();
    for (name, figure) in FIGURES {
        if !asked.is_empty() && !asked.iter().any(|a| a == name) {
            continue;
        }
        println!("\n== {name}");
        match figure() {
            Ok(more) => rows.extend(more),
            Err(error) => failed.push(format!("{name}: could not be measured: {error}")),
        }
    }
    println!();
    table::print(&rows);
    for line in &failed {
        println!("{line}");
    }
    if failed.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
