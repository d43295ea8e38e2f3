//! How often a password may be tried: for each account name and each address, a row of failures makes the next attempt
//! wait, longer each time. Kept in memory: a restart forgives, and an attacker cannot cause one.
//!
//! An attempt counts as failed while its password is hashed, so that many at once are no way round.

use std::{
    collections::HashMap,
    net::IpAddr,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use evidence::value::{Token as Name, Value as _};

/// Failures in a row that cost nothing: people mistype.
const FREE: u32 = 5;
/// Longest wait, µs.
const LONGEST: i64 = 300_000_000;
/// µs after which a row of failures is forgotten. Longer than any wait.
const FORGOTTEN: i64 = 900_000_000;
/// Rows of failures that are remembered.
const MOST: usize = 4096;

/// Of what attempts are counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
enum Key {
    /// A name, whether or not there is such an account; `None`: no account can have it. Those who ask on the machine
    /// itself are counted apart: nobody elsewhere can keep them out.
    Name(Option<Name>, bool),
    /// An address; the network of 64 bits of an IPv6 address, which one machine has to itself.
    Address(IpAddr),
}

/// A row of failures.
#[derive(Debug, Clone, Copy)]
struct Row {
    failures: u32,
    /// When the last one began, µs of the monotonic clock.
    last: i64,
}

impl Row {
    /// Until when no attempt is taken, µs of the monotonic clock.
    fn closed_until(self) -> i64 {
        let Some(over) = self.failures.checked_sub(FREE) else { return self.last };
        let wait = 1_000_000_i64.checked_shl(over).filter(|_| over < 32).unwrap_or(LONGEST);
        self.last.saturating_add(wait.min(LONGEST))
    }

    fn is_over(self, now: i64) -> bool {
        now.saturating_sub(self.last) > FORGOTTEN
    }
}

/// An attempt that may be made.
#[derive(Debug)]
pub struct Attempt {
    keys: [Key; 2],
    /// Whether it is the first of a row for its name.
    pub first_of_name: bool,
    /// Whether it is the first of a row from its address.
    pub first_of_address: bool,
}

/// All rows of failures.
#[derive(Debug, Default)]
pub struct Attempts(Mutex<HashMap<Key, Row>>);

impl Attempts {
    /// Begins an attempt with a name from an address; `now`: µs of the monotonic clock.
    ///
    /// # Errors
    /// How long to wait, for one that is not taken; it does not count.
    pub fn begin(&self, name: &str, from: IpAddr, now: i64) -> Result<Attempt, Duration> {
        let keys = [Key::Name(Name::parse(name), from.is_loopback()), Key::Address(network(from))];
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let closed = keys.iter().filter_map(|key| rows.get(key)).map(|row| row.closed_until()).max();
        if let Some(left) = closed.map(|until| until - now).filter(|left| *left > 0) {
            return Err(Duration::from_micros(left.unsigned_abs()));
        }
        let mut first = [false; 2];
        for (key, first) in keys.iter().zip(&mut first) {
            let before = rows.get(key).copied().filter(|row| !row.is_over(now));
            *first = before.is_none();
            if rows.len() >= MOST && !rows.contains_key(key) {
                make_room(&mut rows, now);
            }
            let failures = before.map_or(1, |row| row.failures.saturating_add(1));
            rows.insert(key.clone(), Row { failures, last: now });
        }
        Ok(Attempt { keys, first_of_name: first[0], first_of_address: first[1] })
    }

    /// The password fitted: the name's row is over. Of the address only this attempt is taken back: who has one account
    /// could otherwise try those of others for ever.
    pub fn succeeded(&self, attempt: &Attempt) {
        let mut rows = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let [name, address] = &attempt.keys;
        rows.remove(name);
        if let Some(row) = rows.get_mut(address) {
            row.failures = row.failures.saturating_sub(1);
            if row.failures == 0 {
                rows.remove(address);
            }
        }
    }
}

/// Drops what is forgotten; where nothing is, the shortest and oldest row: a long one is not washed out by many others.
fn make_room(rows: &mut HashMap<Key, Row>, now: i64) {
    rows.retain(|_, row| !row.is_over(now));
    if rows.len() >= MOST {
        let least = rows.iter().min_by_key(|(_, row)| (row.failures, row.last)).map(|(key, _)| key.clone());
        least.and_then(|key| rows.remove(&key));
    }
}

fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        // All of them are this machine.
        address if address.is_loopback() => IpAddr::from([127, 0, 0, 1]),
        IpAddr::V6(address) => {
            let [a, b, c, d, ..] = address.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        address => address,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: i64 = 1_000_000;

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 168, 1, last])
    }

    /// Fails until it must wait: how often, and for how long.
    fn fail(attempts: &Attempts, name: &str, from: IpAddr, now: i64) -> (u32, Duration) {
        let mut made = 0;
        loop {
            match attempts.begin(name, from, now) {
                Ok(_) => made += 1,
                Err(wait) => return (made, wait),
            }
        }
    }

    #[test]
    fn each_failure_after_the_fifth_doubles_the_wait() {
        let attempts = Attempts::default();
        let (made, wait) = fail(&attempts, "anna", address(1), 0);
        assert_eq!((made, wait), (5, Duration::from_secs(1)));
        let (mut now, mut waits) = (0, vec![wait.as_secs()]);
        for _ in 0..12 {
            now += waits[waits.len() - 1] as i64 * SECOND;
            assert_eq!(attempts.begin("anna", address(1), now - 1).unwrap_err(), Duration::from_micros(1));
            let (made, wait) = fail(&attempts, "anna", address(1), now);
            assert_eq!(made, 1);
            waits.push(wait.as_secs());
        }
        assert_eq!(waits, [1, 2, 4, 8, 16, 32, 64, 128, 256, 300, 300, 300, 300]);
        // Forgotten after a quarter of an hour.
        assert_eq!(fail(&attempts, "anna", address(1), now + FORGOTTEN + 1).0, 5);
    }

    #[test]
    fn names_and_addresses_wait_each_by_itself() {
        let attempts = Attempts::default();
        fail(&attempts, "anna", address(1), 0);
        // The name from elsewhere, and another name from there.
        assert!(attempts.begin("anna", address(2), 0).is_err() && attempts.begin("ben", address(1), 0).is_err());
        assert!(attempts.begin("ben", address(2), 0).is_ok());
        // On the machine itself the name is open.
        assert!(attempts.begin("anna", IpAddr::from([127, 0, 0, 1]), 0).is_ok());
        // All of a machine's own addresses are one, and all of an IPv6 network.
        for (from, same, other) in [("127.0.0.9", "::1", "10.0.0.1"), ("fd00::1", "fd00::2:3", "fd00:1::1")] {
            let attempts = Attempts::default();
            fail(&attempts, "x", from.parse().unwrap(), 0);
            assert!(attempts.begin("y", same.parse().unwrap(), 0).is_err(), "{same}");
            assert!(attempts.begin("y", other.parse().unwrap(), 0).is_ok(), "{other}");
        }
    }

    #[test]
    fn success_ends_the_names_row_and_not_the_addresss() {
        let attempts = Attempts::default();
        for round in 0..5 {
            let first = attempts.begin("victim", address(round), 0).unwrap();
            assert_eq!((first.first_of_name, first.first_of_address), (round == 0, true));
        }
        assert!(attempts.begin("victim", address(9), 0).is_err());
        let attempts = Attempts::default();
        let mut tried = 0;
        // Whoever logs in between is stopped all the same.
        while let Ok(_failed) = attempts.begin(&format!("victim-{tried}"), address(1), 0) {
            tried += 1;
            if let Ok(own) = attempts.begin("own", address(1), 0) {
                attempts.succeeded(&own);
            }
        }
        assert_eq!(tried, 5);
        for _ in 0..4 {
            attempts.begin("anna", address(2), 0).unwrap();
        }
        attempts.succeeded(&attempts.begin("anna", address(2), 0).unwrap());
        assert!(attempts.begin("anna", address(3), 0).unwrap().first_of_name);
    }

    #[test]
    fn memory_is_bounded_and_a_long_row_stays() {
        let attempts = Attempts::default();
        fail(&attempts, "anna", address(1), 0);
        for n in 0..3 * MOST {
            let from = IpAddr::from([10, (n >> 16) as u8, (n >> 8) as u8, n as u8]);
            attempts.begin(&format!("name-{n}"), from, 1).unwrap();
            // No account has such a name: all of them are one.
            assert!(n > 4 || attempts.begin("no name\n", from, 1).is_ok());
        }
        assert!(attempts.0.lock().unwrap().len() <= MOST);
        assert!(attempts.begin("anna", address(3), 1).is_err());
        assert!(attempts.begin("another none", address(4), 1).is_err());
    }
}
