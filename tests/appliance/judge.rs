//! What is found on a data partition, as anybody with the station's key would find it.

use std::{fs::File, path::PathBuf};

use evidence::{
    statement::{EventKind, Reason, Source},
    trust::Trust,
    verdict::{Facts, OrderAnswer, Pictures, Report, SignerAnswer, Verdict, is_live},
    verify::{Request, verify},
};
use station::catalogue::State;

use crate::{Tally, parts::events, rig::take_out, station_program::Folder};

/// A clip that was found.
pub struct Found {
    /// Its file, as long as the copy of the partition is there.
    pub path: PathBuf,
    pub order: String,
    pub reason: Reason,
    pub report: Report,
    /// Its signed events.
    pub events: Vec<EventKind>,
}

impl Found {
    pub fn facts(&self) -> &Facts {
        self.report.facts.as_ref().unwrap()
    }

    /// Seconds of it.
    pub fn seconds(&self) -> f64 {
        self.facts().ticks as f64 / 90_000.0
    }
}

/// All clips, oldest first. `check` must be clean, after it recovered what is open; and each clip must be of the order
/// that was scanned, of a live camera, signed with the key that the machine told, and VERIFIED where it was closed as
/// it should, else PARTIAL.
pub fn judge(tally: &mut Tally, what: &str, data: &Folder, key: &str) -> Vec<Found> {
    let station = take_out(data);
    let recovered = station.check();
    tally.expect(&format!("{what}: check"), recovered.status == 0, &recovered);
    let clean = station.check();
    tally.expect(&format!("{what}: check again"), clean.status == 0 && clean.err.is_empty(), &clean);
    let mut trust = Trust::default();
    trust.add_station(key).unwrap();
    let mut found = Vec::new();
    for clip in station.clips() {
        if clip.state == State::NeverWritten {
            continue;
        }
        let path = station.data.join(&clip.path);
        let Some(order) = clip.order.filter(|_| clip.state == State::Sealed) else {
            tally.expect(&format!("{what}: clip {}", clip.sequence), false, &clip.state);
            continue;
        };
        let request = Request { trust: &trust, order: Some(&order), threads: 1, progress: &mut |_, _| () };
        let report = verify(&File::open(&path).unwrap(), request).unwrap();
        let told = (report.pictures, report.signer, report.order);
        let is = (Pictures::Intact, SignerAnswer::Trusted, OrderAnswer::Matches);
        tally.expect(&format!("{what}: {order}"), told == is, &report.findings);
        let Some(facts) = &report.facts else { continue };
        let source = facts.start.source;
        tally.expect(&format!("{what}: {order}: source"), source == Source::Usb && is_live(source), &source);
        let reason = clip.closing.unwrap().reason;
        let whole = reason.is_complete() && facts.gap_count == 0;
        let expected = if whole { Verdict::Verified } else { Verdict::Partial };
        let seen = (reason, report.verdict, &report.findings);
        tally.expect(&format!("{what}: {order}: verdict"), report.verdict == expected, &seen);
        let events = events(&path).into_iter().map(|(_, kind)| kind).collect();
        found.push(Found { path, order: order.as_str().to_owned(), reason, report, events });
    }
    found
}
