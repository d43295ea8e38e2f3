//! Environment: on which machine, with which software and in which state a station records. Kept by the station.

use super::{ClockState, statement};
use crate::value::{Hash, KeyName, Time, Token, Value, Visible, choice};

/// Most cameras that are listed.
pub const MAX_CAMERAS: usize = 16;
/// Most tests that are listed.
const MAX_TESTS: usize = 16;

/// A camera of a bench.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BenchCamera {
    /// Which bench.
    pub bench: Token,
    /// As it is configured, without credentials.
    pub configured: Visible,
    /// As it names itself; `None`: it is not known yet, or not there.
    pub named: Option<Visible>,
}

/// The cameras of the benches, 1 to [`MAX_CAMERAS`]: three words each, `BENCH CONFIGURED NAMED`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BenchCameras(pub Vec<BenchCamera>);

impl Value for BenchCameras {
    fn parse(text: &str) -> Option<Self> {
        let words: Vec<&str> = text.split(' ').take(3 * MAX_CAMERAS + 1).collect();
        let (cameras, rest) = words.as_chunks::<3>();
        let camera = |[bench, configured, named]: &[&str; 3]| {
            let (bench, configured) = (Value::parse(bench)?, Value::parse(configured)?);
            Some(BenchCamera { bench, configured, named: Value::parse(named)? })
        };
        let cameras: Vec<_> = cameras.iter().map(camera).collect::<Option<_>>()?;
        ((1..=MAX_CAMERAS).contains(&cameras.len()) && rest.is_empty()).then_some(Self(cameras))
    }

    fn write(&self, to: &mut String) {
        for (i, BenchCamera { bench, configured, named }) in self.0.iter().enumerate() {
            to.push_str(if i > 0 { " " } else { "" });
            to.push_str(&format!("{bench} {configured} "));
            named.write(to);
        }
    }
}

choice!(
    /// How a test came out.
    Outcome {
        /// As it must be.
        Ok = "ok",
        /// Otherwise.
        Failed = "failed",
    }
);

/// What the station tested of itself, 1 to 16 tests, each once: `NAME:OUTCOME`, NAME `[a-z0-9-]{1,32}`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SelfTest(pub Vec<(String, Outcome)>);

impl Value for SelfTest {
    fn parse(text: &str) -> Option<Self> {
        let mut tests: Vec<(String, Outcome)> = Vec::new();
        for item in text.split(' ').take(MAX_TESTS + 1) {
            let (name, outcome) = item.split_once(':')?;
            let letters = name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-');
            let known = tests.iter().any(|(other, _)| other == name);
            if known || !letters || !(1..=32).contains(&name.len()) {
                return None;
            }
            tests.push((name.to_owned(), Outcome::parse(outcome)?));
        }
        (tests.len() <= MAX_TESTS).then_some(Self(tests))
    }

    fn write(&self, to: &mut String) {
        let words: Vec<String> = self.0.iter().map(|(name, outcome)| format!("{name}:{}", outcome.as_str())).collect();
        to.push_str(&words.join(" "));
    }
}

choice!(
    /// Whether the data folder's file system can be written.
    DiskAccess {
        /// It can.
        ReadWrite = "read-write",
        /// It cannot.
        ReadOnly = "read-only",
    }
);

choice!(
    /// What the disk says of its own health (SMART).
    DiskHealth {
        /// All is well.
        Passed = "passed",
        /// It expects to fail.
        Failed = "failed",
        /// It was not asked.
        Unknown = "unknown",
    }
);

statement!(
    /// What a station states of itself at its start and once a day.
    Environment = "packseal/environment/v1",
    rule: |_| true,
    {
        /// The signing key's name.
        "station" station: KeyName,
        /// When.
        "time" time: Time,
        /// Version of the program.
        "software" software: Token,
        /// SHA-256 of its file.
        "program" program: Hash,
        /// The operating system's name and version.
        "os" os: Option<Visible>,
        /// Release of the kernel.
        "kernel" kernel: Option<Visible>,
        /// The benches' cameras.
        "cameras" cameras: Option<BenchCameras>,
        /// Bytes free in the data folder.
        "disk-free" disk_free: Option<u64>,
        /// Its file system.
        "file-system" file_system: Option<Token>,
        /// Whether that can be written.
        "disk-access" disk_access: Option<DiskAccess>,
        /// Errors that it has counted.
        "disk-errors" disk_errors: Option<u64>,
        /// The disk's own word.
        "disk-health" disk_health: DiskHealth,
        /// State of the wall clock.
        "clock-state" clock_state: ClockState,
        /// Its estimated offset, µs.
        "clock-offset" clock_offset: Option<i64>,
        /// Its estimated error, µs.
        "clock-uncertainty" clock_uncertainty: Option<u64>,
        /// Who disciplines it.
        "clock-source" clock_source: Option<Token>,
        /// What it tested of itself.
        "self-test" self_test: SelfTest,
    }
);
