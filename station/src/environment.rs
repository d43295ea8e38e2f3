//! What the station states of itself at its start, before the first clip, and once a day: machine, software, cameras,
//! disk, clock, and how its own tests came out (FORMAT.md, section 3.8). Later STARTs name it.

use std::{fs, io, os::unix::fs::MetadataExt, path::Path, time::Duration};

use evidence::{
    finding::Code,
    key::SigningKey,
    ledger::EntryKind,
    note::{self, Note},
    statement::{
        BenchCamera, BenchCameras, DiskAccess, DiskHealth, Environment, MAX_CAMERAS, Outcome, SelfTest, Statement,
    },
    value::{Hash, Time, Token, Value, Visible},
};

use crate::{
    book::BookError,
    capture,
    catalogue::CatalogueError,
    clock::{self, Clock, Quality},
    config::Config,
    data::Locked,
    disk::{self, FileSystem},
};

/// µs of a day.
const DAY: i64 = 86_400_000_000;

/// SHA-256 of `abc`, as FIPS 180 has it.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

/// Why nothing is stated.
#[derive(Debug, thiserror::Error)]
pub enum EnvironmentError {
    /// A test failed without which nothing can be signed.
    #[error("the station's test of itself failed: {0}")]
    Unfit(&'static str),
    /// The catalogue's.
    #[error(transparent)]
    Catalogue(#[from] CatalogueError),
    /// The ledger's.
    #[error(transparent)]
    Ledger(#[from] BookError),
}

impl EnvironmentError {
    /// Whether the disk is full.
    pub fn is_full(&self) -> bool {
        match self {
            Self::Unfit(_) => false,
            Self::Catalogue(e) => e.is_full(),
            Self::Ledger(e) => e.is_full(),
        }
    }
}

/// Signs the statement and keeps it; it is in the ledger when this returns. The catalogue is read `within` so much time,
/// or that test is left out.
///
/// # Errors
/// See [`EnvironmentError`]. Where only the ledger failed it is kept, and comes into the ledger later.
pub fn state(
    station: &Locked,
    clock: Clock,
    program: Hash,
    cameras: Option<BenchCameras>,
    within: Option<Duration>,
) -> Result<Environment, EnvironmentError> {
    let self_test = test(station, within);
    let failed = |name: &str| self_test.0.iter().any(|(test, outcome)| test == name && *outcome == Outcome::Failed);
    if let Some(name) = ["sign", "hash"].into_iter().find(|name| failed(name)) {
        return Err(EnvironmentError::Unfit(name));
    }
    let root = &station.data.root;
    let file_system = FileSystem::of(root).ok();
    let Quality { state, offset, uncertainty, source } = clock::quality(clock);
    let environment = Environment {
        station: station.key.verifier().signer().name.clone(),
        time: clock::wall(),
        software: Token::parse(env!("CARGO_PKG_VERSION")).ok_or(CatalogueError::Statement(Code::StatementGrammar))?,
        program,
        os: os(&fs::read_to_string("/etc/os-release").unwrap_or_default()),
        kernel: visible(&rustix::system::uname().release().to_string_lossy()),
        cameras,
        disk_free: file_system.as_ref().map(|fs| fs.free.min(evidence::value::MAX_NUMBER)),
        file_system: file_system.as_ref().and_then(|fs| Token::parse(fs.name?)),
        disk_access: file_system.map(|fs| if fs.read_only { DiskAccess::ReadOnly } else { DiskAccess::ReadWrite }),
        disk_errors: device(root).ok().and_then(disk::errors),
        // Only root may ask a disk.
        disk_health: DiskHealth::Unknown,
        clock_state: state,
        clock_offset: offset,
        clock_uncertainty: uncertainty,
        clock_source: source,
        self_test,
    };
    let (note, hash) = environment.seal(&station.key).map_err(CatalogueError::Statement)?;
    station.catalogue.state(EntryKind::Environment, &note, hash)?;
    station.publish()?;
    Ok(environment)
}

fn device(path: &Path) -> io::Result<(u32, u32)> {
    let device = fs::metadata(path)?.dev();
    Ok((rustix::fs::major(device), rustix::fs::minor(device)))
}

/// What the station needs to record, tried.
fn test(station: &Locked, within: Option<Duration>) -> SelfTest {
    let outcome = |holds: bool| if holds { Outcome::Ok } else { Outcome::Failed };
    // By a connection of its own: benches do not wait for it.
    let sound = station.data.catalogue().map_or(Some(false), |own| own.is_sound(within).unwrap_or(Some(false)));
    let tests = [
        ("sign", Some(signs(&station.key))),
        ("hash", Some(Hash::of(b"abc").to_string() == ABC)),
        ("catalogue", sound),
        ("ledger", Some(station.publish().is_ok())),
    ];
    let ended = tests.into_iter().filter_map(|(name, holds)| Some((name.to_owned(), outcome(holds?))));
    SelfTest(ended.collect())
}

/// Whether what the key signs verifies, and what it did not sign does not.
fn signs(key: &SigningKey) -> bool {
    let holds = |bytes: &[u8]| Note::parse(bytes).is_ok_and(|note| note.verify(key.verifier()).is_ok());
    // No statement has this kind.
    let signed = note::sign("packseal/self-test/v1\n", key);
    let altered = String::from_utf8_lossy(&signed).replacen("v1", "v2", 1);
    holds(&signed) && !holds(altered.as_bytes())
}

/// Name and version in the text of `/etc/os-release`.
fn os(text: &str) -> Option<Visible> {
    let value = |key: &str| {
        let line = text.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='))?;
        Some(line.trim().trim_matches(['"', '\'']).to_owned())
    };
    let both = || Some(format!("{} {}", value("NAME")?, value("VERSION_ID")?));
    visible(&value("PRETTY_NAME").or_else(both).or_else(|| value("NAME"))?)
}

/// What stands in a statement for a name from elsewhere.
fn visible(name: &str) -> Option<Visible> {
    Visible::parse(&capture::identity(name))
}

/// The benches' cameras, the first [`MAX_CAMERAS`], as configured; `named` says how the one of this bench names itself.
pub fn cameras(config: &Config, named: impl Fn(usize) -> Option<String>) -> Option<BenchCameras> {
    let camera = |(index, bench): (usize, &crate::config::Bench)| {
        // What stands behind '?' may be a password.
        let configured = bench.camera.split('?').next().unwrap_or_default();
        let named = named(index).and_then(|name| visible(&name));
        Some(BenchCamera { bench: Token::parse(&bench.name)?, configured: visible(configured)?, named })
    };
    let cameras: Vec<_> = config.bench.iter().enumerate().take(MAX_CAMERAS).filter_map(camera).collect();
    (!cameras.is_empty()).then_some(BenchCameras(cameras))
}

/// When the next one is due: with the first look at the clock on another day (UTC) than the last one's.
#[derive(Debug)]
pub struct Daily {
    day: i64,
}

impl Daily {
    /// One was made at this time.
    pub fn made(time: Time) -> Self {
        Self { day: time.0.div_euclid(DAY) }
    }

    /// Whether another one is due. A clock that was set back makes one due as well.
    pub fn is_due(&self, now: Time) -> bool {
        now.0.div_euclid(DAY) != self.day
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn once_a_day_and_after_the_clock_was_set() {
        let time = |text: &str| Time::parse(text).unwrap();
        let made = Daily::made(time("2026-11-26T09:00:00.000000Z"));
        for (now, due) in [
            ("2026-11-26T09:00:00.000000Z", false),
            ("2026-11-26T23:59:59.999999Z", false),
            ("2026-11-27T00:00:00.000000Z", true),
            ("2027-01-01T09:00:00.000000Z", true),
            ("2026-11-26T00:00:00.000000Z", false),
            ("2026-11-25T23:59:59.999999Z", true),
            ("1970-01-01T00:00:00.000000Z", true),
        ] {
            assert_eq!(made.is_due(time(now)), due, "{now}");
        }
    }

    #[test]
    fn an_os_has_a_name_that_fits_a_statement() {
        let named = |text: &str| os(text).map(|name| name.to_string());
        let debian = "NAME=\"Debian GNU/Linux\"\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n";
        assert_eq!(named(debian).as_deref(), Some("Debian_GNU/Linux_12_(bookworm)"));
        assert_eq!(named("NAME=Own\nVERSION_ID=1").as_deref(), Some("Own_1"));
        assert_eq!(named("NAME='Own'").as_deref(), Some("Own"));
        assert_eq!(named("NAME=统信").as_deref(), Some("______"));
        assert_eq!(named(&format!("NAME={}", "x".repeat(1000))).map(|name| name.len()), Some(200));
        for none in ["", "NAME=", "PRETTY_NAME=-", "name=x"] {
            assert_eq!(named(none), None, "{none}");
        }
    }

    #[test]
    fn a_cameras_password_is_not_stated() {
        let text = "language = \"en\"\n[[bench]]\nname = \"a\"\ncamera = \"rtsp://10.0.0.9/live?user=x&password=y\"\n\
                    [[bench]]\nname = \"b\"\ncamera = \"usb\"\n";
        let config = Config::parse(text).unwrap();
        let mut written = String::new();
        cameras(&config, |index| (index == 1).then(|| "usb:046d:085e:A 1".to_owned())).write(&mut written);
        assert_eq!(written, "a rtsp://10.0.0.9/live - b usb usb:046d:085e:A_1");
    }
}
