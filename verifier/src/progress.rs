//! A progress bar for people who wait: only on a terminal, only after a second.

use std::{
    io::{self, IsTerminal},
    time::{Duration, Instant},
};

use indicatif::{ProgressBar, ProgressStyle};

const PATIENCE: Duration = Duration::from_secs(1);

pub struct Progress {
    since: Instant,
    wanted: bool,
    bar: Option<ProgressBar>,
}

impl Progress {
    pub fn new() -> Self {
        Self { since: Instant::now(), wanted: io::stderr().is_terminal(), bar: None }
    }

    /// So many bytes of so many are checked.
    pub fn at(&mut self, seen: u64, all: u64) {
        if !self.wanted || (self.bar.is_none() && self.since.elapsed() < PATIENCE) {
            return;
        }
        let bar = self.bar.get_or_insert_with(|| {
            let style = ProgressStyle::with_template("{bar:40} {percent:>3} %  {binary_bytes} / {binary_total_bytes}");
            ProgressBar::new(all).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        bar.set_position(seen);
    }
}

/// The report follows on a clean line.
impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
