//! The table, and what a line of it is.

use crate::measure::median;

/// One measured figure.
pub struct Row {
    /// What was measured.
    pub what: String,
    /// Every sample.
    pub samples: Vec<f64>,
    /// What is held against the goal.
    pub value: f64,
    /// The most it may be.
    pub goal: f64,
    /// Of what.
    pub unit: &'static str,
}

impl Row {
    /// A row whose median is held against the goal.
    pub fn median(what: impl Into<String>, samples: Vec<f64>, goal: f64, unit: &'static str) -> Self {
        Self { what: what.into(), value: median(&samples), samples, goal, unit }
    }
}

/// Prints all rows.
pub fn print(rows: &[Row]) {
    let width = rows.iter().map(|r| r.what.chars().count()).max().unwrap_or_default().max(6);
    println!(
        "{:width$}  {:>12}  {:>9}       {:>8} {:>8} {:>8}  {:>4}",
        "figure", "goal", "measured", "min", "median", "max", "n"
    );
    for Row { what, samples, value, goal, unit } in rows {
        let most = samples.iter().copied().fold(f64::MIN, f64::max);
        let least = samples.iter().copied().fold(f64::MAX, f64::min);
        let verdict = if value <= goal { "PASS" } else { "MISS" };
        println!(
            "{what:width$}  {:>12}  {value:>9.3}  {verdict} {least:>8.3} {:>8.3} {most:>8.3}  {:>4}",
            format!("<= {goal} {unit}"),
            median(samples),
            samples.len()
        );
    }
}
