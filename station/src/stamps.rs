//! Gets time tokens over the ledger's newest checkpoint, and keeps them ([`crate::catalogue`]).
//!
//! One thread of the daemon. It asks every authority whenever the ledger has an END that this authority gave no token
//! over, at most a second after the checkpoint; and in any case every so many seconds, so that the token which the next
//! START names is young. An authority that gives none is asked again after 2 s, 4 s and so on up to a minute. No bench
//! waits for it.

use std::{
    fs, thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use evidence::{
    token::{self, Root},
    value::Hash,
};

use crate::{
    catalogue::{CatalogueError, HeldToken},
    clock, config,
    data::Locked,
    ledger::Newest,
    say::Trouble,
    status::Status,
    tsa,
};

/// How often it looks: ENDs that come within it share a token.
const TICK: Duration = Duration::from_secs(1);
/// Longest time between two tries.
const LONGEST: Duration = Duration::from_secs(60);

/// The authorities of a configuration.
#[derive(Debug)]
pub struct Authorities {
    addresses: Vec<String>,
    roots: Vec<Root>,
    interval: Duration,
}

impl Authorities {
    /// Reads their certificates.
    ///
    /// # Errors
    /// A certificate that cannot be read, or is none.
    pub fn read(time: &config::Time) -> Result<Self, Trouble> {
        let mut roots = Vec::new();
        for path in &time.certificates {
            let shown = path.display();
            let trouble = || {
                Trouble::new(
                    format!(
                        "time.certificates: {shown} is not the root certificate of a time authority, in PEM or DER"
                    ),
                    format!("time.certificates：{shown} 不是 PEM 或 DER 格式的时间戳机构根证书"),
                )
            };
            let bytes = fs::read(path).map_err(|e| trouble().because(e))?;
            roots.push(Root::read(&bytes).map_err(|e| trouble().because(e))?);
        }
        let interval = Duration::from_secs(time.interval_seconds.into());
        Ok(Self { addresses: time.authorities.clone(), roots, interval })
    }

    /// The roots that they are trusted by.
    pub fn roots(&self) -> &[Root] {
        &self.roots
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.addresses.is_empty()
    }

    /// A token over this checkpoint from one of them.
    fn fetch(&self, address: &str, newest: &Newest) -> Result<HeldToken, Trouble> {
        let imprint = Hash::of(&newest.note);
        let der = tsa::fetch(address, &imprint, &self.roots)?;
        let said = token::verify(&der, Some(&imprint), &self.roots)
            .map_err(|e| Trouble::new("a time token does not hold", "时间戳无效").because(e))?;
        let (authority, checkpoint) = (address.to_owned(), newest.note.clone());
        Ok(HeldToken { authority, time: said.time, size: newest.said.size, checkpoint, der })
    }
}

/// What is known of one authority.
struct Asked<'a> {
    address: &'a str,
    /// Entries that its newest token covers.
    covered: u64,
    /// When that came.
    came: Option<Instant>,
    /// When it may be asked again after a failure.
    next: Instant,
    failures: u32,
}

impl Asked<'_> {
    /// Whether it shall be asked for a token over this checkpoint. `end`: place of the newest END.
    fn is_due(&self, now: Instant, newest: &Newest, end: Option<u64>, interval: Duration) -> bool {
        // An END that the checkpoint covers, and no token of this authority.
        let end = end.is_some_and(|end| (self.covered..newest.said.size).contains(&end));
        let old = self.came.is_none_or(|came| now.saturating_duration_since(came) >= interval);
        now >= self.next && (end || old)
    }

    fn failed(&mut self, now: Instant) {
        self.failures = (self.failures + 1).min(8);
        self.next = now + LONGEST.min(Duration::from_secs(1 << self.failures));
    }
}

/// Asks for tokens until it is told to stop.
pub fn keep(station: &Locked, status: &Status, authorities: &Authorities, stopped: &Receiver<()>) {
    let now = Instant::now();
    let asked = |address| {
        let covered = known(station.catalogue.covered_by(address)).unwrap_or(0);
        Asked { address, covered, came: None, next: now, failures: 0 }
    };
    let mut all: Vec<Asked<'_>> = authorities.addresses.iter().map(|address| asked(address)).collect();
    if let Some((_, time)) = known(station.catalogue.newest_token()).flatten() {
        // How old it is only the wall clock can say.
        let age = (clock::wall().0 - time.0).max(0);
        status.token(time, clock::monotonic().saturating_sub(age));
    }
    while stopped.recv_timeout(TICK) == Err(RecvTimeoutError::Timeout) {
        let Some(newest) = station.book.newest() else { continue };
        let Some(end) = known(station.catalogue.newest_end_entry()) else { continue };
        let (now, interval) = (Instant::now(), authorities.interval);
        let mut due: Vec<_> = all.iter_mut().filter(|one| one.is_due(now, &newest, end, interval)).collect();
        // All at once: one that is silent takes its time.
        thread::scope(|scope| {
            for one in &mut due {
                scope.spawn(|| ask(station, status, authorities, one, &newest));
            }
        });
    }
}

fn ask(station: &Locked, status: &Status, authorities: &Authorities, one: &mut Asked<'_>, newest: &Newest) {
    let failed = |one: &mut Asked<'_>| one.failed(Instant::now());
    match authorities.fetch(one.address, newest) {
        Ok(token) => match station.catalogue.keep_token(&token) {
            Ok(()) => {
                (one.covered, one.came, one.failures) = (token.size, Some(Instant::now()), 0);
                status.token(token.time, clock::monotonic());
                tracing::debug!("a time token of {} over {} entries", one.address, token.size);
            }
            Err(e) => {
                tracing::error!(cause = "time-token", "a time token cannot be kept: {e}");
                failed(one);
            }
        },
        Err(trouble) => {
            tracing::warn!(cause = one.address, "{}", trouble.line(status.lang()));
            failed(one);
        }
    }
}

/// What the catalogue says, or a line in the log.
fn known<T>(said: Result<T, CatalogueError>) -> Option<T> {
    said.inspect_err(|e| tracing::error!(cause = "time-token", "the catalogue cannot be read: {e}")).ok()
}

#[cfg(test)]
mod tests {
    use evidence::{key::SigningKey, ledger::Checkpoint};

    use super::*;

    fn newest(size: u64) -> Newest {
        let origin = SigningKey::from_seed("bench", &[1; 32]).unwrap().verifier().signer().name.clone();
        Newest { said: Checkpoint { origin, size, root: Hash([0; 32]) }, note: Vec::new() }
    }

    #[test]
    fn an_authority_is_asked_for_each_end_and_when_its_token_is_old() {
        let (begin, interval) = (Instant::now(), Duration::from_secs(40));
        let after = |seconds| begin + Duration::from_secs(seconds);
        let mut one = Asked { address: "http://a", covered: 4, came: None, next: begin, failures: 0 };
        // At once, for there is none of this run.
        assert!(one.is_due(begin, &newest(4), None, interval));
        one.came = Some(begin);
        for (seconds, size, end, due) in [
            (1, 4, None, false),
            (1, 4, Some(3), false),
            // An END that the checkpoint does not cover yet, then does.
            (1, 4, Some(4), false),
            (1, 5, Some(4), true),
            // A START.
            (1, 6, Some(3), false),
            (39, 4, Some(3), false),
            (40, 4, Some(3), true),
        ] {
            assert_eq!(one.is_due(after(seconds), &newest(size), end, interval), due, "{seconds} {size} {end:?}");
        }
    }

    #[test]
    fn an_authority_that_gives_none_is_asked_less_often() {
        let begin = Instant::now();
        let mut one = Asked { address: "http://a", covered: 0, came: None, next: begin, failures: 0 };
        for wait in [2, 4, 8, 16, 32, 60, 60, 60, 60, 60] {
            one.failed(begin);
            let due = |seconds| one.is_due(begin + Duration::from_secs(seconds), &newest(1), Some(0), LONGEST);
            assert!(!due(wait - 1) && due(wait), "{wait}");
        }
    }
}
