//! `station.toml`. `config/station.toml` documents every key with its default; it is what `init` writes.

use std::{net::SocketAddr, path::PathBuf};

use axum::http::Uri;
use evidence::{
    statement::MAX_TIME_TOKENS,
    value::{Token, Value as _},
};
use serde::Deserialize;
use toml::{Table, Value};

use crate::{
    code::{ControlCodes, Rule},
    hooks::Event,
    lookup::Source,
    say::Lang,
};

/// The sample. A key that a configuration leaves out has the value it has here.
pub const SAMPLE: &str = include_str!("../../config/station.toml");

/// All of it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Config {
    /// Of prompts, messages and logs.
    pub language: Lang,
    /// Data folder, where the command line names none.
    pub data: PathBuf,
    /// The pages and the interface on this machine.
    pub http: Http,
    /// The same for the office.
    pub office: Office,
    /// The benches, at least one, each of its own name.
    pub bench: Vec<Bench>,
    /// How a clip begins and ends.
    pub clip: Clip,
    /// What scanners send.
    pub scanner: Scanner,
    /// Texts of the control codes.
    pub control: ControlCodes,
    /// How pictures are coded.
    pub encoder: Encoder,
    /// Room on the disk.
    pub storage: Storage,
    /// Trusted time.
    pub time: Time,
    /// What a code is: the first rule that fits.
    pub code: Vec<Rule>,
    /// What those take who evidence is handed to, each of its own name.
    pub preset: Vec<Preset>,
    /// Where an order's items are looked up.
    pub orders: Orders,
    /// Programs that are told what happens, each at its own address.
    #[serde(default)]
    pub webhook: Vec<Webhook>,
}

/// `[orders]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Orders {
    /// Address or folder; empty: none.
    pub source: Source,
}

/// `[[webhook]]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Webhook {
    /// Where it listens, `http://` or `https://`.
    pub url: String,
    /// File of what both know.
    pub secret: PathBuf,
    /// What it is told; one that is left out has all of them.
    #[serde(default = "Webhook::all")]
    pub events: Vec<Event>,
    /// File of the certificates that vouch for it, PEM; empty: those that browsers know.
    #[serde(default)]
    pub certificate: PathBuf,
}

impl Webhook {
    fn all() -> Vec<Event> {
        vec![Event::Sealed, Event::Attention]
    }

    /// Whether this is an address that is asked as it stands: no login in it, which nobody would send.
    fn is_address(text: &str) -> bool {
        let uri = text.parse::<Uri>().ok();
        let host =
            uri.as_ref().and_then(|uri| uri.authority().filter(|_| matches!(uri.scheme_str(), Some("http" | "https"))));
        text.len() <= 2000 && host.is_some_and(|host| !host.host().is_empty() && !host.as_str().contains('@'))
    }
}

/// `[[preset]]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Preset {
    /// As `export --preset` takes it.
    pub name: String,
    /// Longest share copy, s; 0: none is made.
    pub video_seconds: u32,
    /// Largest share copy, MB; 0: no limit.
    pub video_mb: f64,
    /// Rows of its pixels at most; 0: as many as the clip has.
    pub video_height: u32,
    /// How many pictures at most, report pages included.
    pub pictures: u32,
    /// Rows of their pixels at most; 0: as many as the clip has.
    pub picture_height: u32,
    /// Largest picture or PDF, MB; 0: no limit.
    pub file_mb: f64,
    /// All pictures and the PDF together, MB; 0: no limit.
    pub total_mb: f64,
    /// Whether a PDF is taken; else the report is handed over as pictures.
    pub pdf: bool,
    /// Largest file of the buyer's that goes with the bundle, MB; 0: no limit.
    pub received_mb: f64,
    /// Longest text; 0: none is written.
    pub text_characters: u32,
}

/// Bytes of a preset's megabyte.
pub const MB: f64 = 1e6;

/// `[http]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Http {
    /// A loopback address.
    pub listen: SocketAddr,
}

/// `[office]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Office {
    /// Where they are served; `None`: nowhere.
    pub listen: Listen,
    /// The certificate with its chain, PEM; empty: one that the station makes.
    pub certificate: PathBuf,
    /// Its private key, PEM.
    pub key: PathBuf,
}

/// An address to listen on, or none: `""`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Listen(pub Option<SocketAddr>);

impl TryFrom<String> for Listen {
    type Error = &'static str;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        match text.as_str() {
            "" => Ok(Self(None)),
            text => text.parse().map(|address| Self(Some(address))).map_err(|_| "ADDRESS:PORT, or \"\" for none"),
        }
    }
}

/// `[[bench]]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Bench {
    /// As START says it.
    pub name: String,
    /// Where the pictures come from.
    pub camera: String,
    /// Picture of a USB camera, or `auto`.
    pub format: String,
    /// In units of 100 µs.
    pub exposure: Setting,
    /// In the camera's steps.
    pub focus: Setting,
    /// In kelvin.
    pub white_balance: Setting,
    /// Whether order, station and time are drawn in.
    pub overlay: bool,
    /// Where its codes come from.
    pub scanners: Vec<String>,
}

/// A camera's setting: a number, or `"auto"`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub struct Setting(pub Option<u32>);

impl TryFrom<Value> for Setting {
    type Error = &'static str;

    fn try_from(value: Value) -> Result<Self, Self::Error> {
        match value {
            Value::String(auto) if auto == "auto" => Ok(Self(None)),
            Value::Integer(number) => u32::try_from(number).map(|n| Self(Some(n))).map_err(|_| "a number from 0 on"),
            _ => Err("a number or \"auto\""),
        }
    }
}

/// `[clip]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Clip {
    /// Seconds a clip begins before its scan.
    pub pre_roll_seconds: f64,
    /// Seconds it goes on after the scan that ends it.
    pub post_roll_seconds: f64,
    /// Whether a clip may begin before the one before it has ended.
    pub overlap: bool,
    /// What a second scan of the order does.
    pub same_code: SameCode,
    /// Days in which a recorded order is warned of.
    pub duplicate_days: u32,
    /// Seconds without motion; 0: never.
    pub still_seconds: u32,
    /// Longest clip, s.
    pub longest_seconds: u32,
    /// Seconds a question waits.
    pub answer_seconds: u32,
    /// Seconds a clip waits for its camera.
    pub camera_lost_seconds: u32,
}

/// What a second scan of the order that is recorded does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum SameCode {
    /// Nothing.
    Ignore,
    /// It ends the clip.
    Stop,
    /// It asks; once more ends the clip.
    Ask,
}

/// `[scanner]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Scanner {
    /// Milliseconds that end a code.
    pub quiet_ms: u32,
    /// Milliseconds of double reads.
    pub double_read_ms: u32,
    /// Milliseconds of one shot.
    pub one_shot_ms: u32,
    /// Cut off a code's beginning.
    pub strip_prefixes: Vec<String>,
    /// Cut off a code's end.
    pub strip_suffixes: Vec<String>,
}

/// `[encoder]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Encoder {
    /// x264 preset.
    pub preset: String,
    /// Constant rate factor.
    pub crf: f32,
}

/// `[storage]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Storage {
    /// MiB that must stay free.
    pub floor_mib: u64,
    /// MiB below which the bench warns.
    pub warn_mib: u64,
    /// Days a clip is kept; 0: for ever.
    pub keep_days: u32,
    /// MiB kept free by deleting; 0: none.
    pub keep_free_mib: u64,
}

/// `[time]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct Time {
    /// Addresses of time authorities, `http://`.
    pub authorities: Vec<String>,
    /// Files of their root certificates, PEM or DER.
    pub certificates: Vec<PathBuf>,
    /// Seconds between two tokens of one authority while nothing is sealed.
    pub interval_seconds: u32,
}

impl Time {
    /// Whether this is an address that is asked as it stands, and shown in logs.
    fn is_address(text: &str) -> bool {
        let rest = text.strip_prefix("http://").unwrap_or_default();
        text.len() <= 200 && !rest.is_empty() && rest.bytes().all(|b| b.is_ascii_graphic() && b != b'@')
    }
}

/// x264's presets, fastest first; slower ones cannot keep up with a camera.
const PRESETS: [&str; 6] = ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium"];

impl Config {
    /// Reads the text of a configuration.
    ///
    /// # Errors
    /// One line: which key, and what it may be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let given: Table = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(0, |s| text[..s.start.min(text.len())].matches('\n').count() + 1);
            format!("line {line}: {}", e.message().replace('\n', " "))
        })?;
        let sample: Table = toml::from_str(&with_optional(SAMPLE)).map_err(|e| e.to_string())?;
        let whole = complete(given, &sample, "")?;
        let config: Self = whole.try_into().map_err(|e: toml::de::Error| e.to_string().trim().replace('\n', " "))?;
        config.check().map(|()| config)
    }

    /// What no type says.
    fn check(&self) -> Result<(), String> {
        let Self { clip, scanner, storage, encoder, time, preset, webhook, .. } = self;
        let hooks: Vec<&str> = webhook.iter().map(|hook| &*hook.url).collect();
        let presets: Vec<&str> = preset.iter().map(|preset| &*preset.name).collect();
        let height = |rows: u32| rows == 0 || (120..=4320).contains(&rows);
        let size = |mb: f64| mb == 0.0 || (0.1..=1_000_000.0).contains(&mb);
        let names: Vec<&str> = self.bench.iter().map(|bench| &*bench.name).collect();
        let name = |name: &&str| Token::parse(name).is_some() && name.len() <= 40;
        let unique = |(at, name): (usize, &&str)| !names[..at].contains(name);
        let checks = [
            (self.http.listen.ip().is_loopback(), "http.listen is an address of this machine alone, 127.0.0.1:PORT"),
            (
                self.office.certificate.as_os_str().is_empty() == self.office.key.as_os_str().is_empty(),
                "office.certificate and office.key: both or neither",
            ),
            (
                self.office.listen.0.is_none_or(|office| office != self.http.listen || office.port() == 0),
                "office.listen is another address than http.listen",
            ),
            (!names.is_empty(), "bench: at least one"),
            (names.iter().all(name), "bench.name is 1 to 40 of A-Z a-z 0-9 . _ -"),
            (names.iter().enumerate().all(unique), "bench.name: each bench has its own"),
            ((0.0..=30.0).contains(&clip.pre_roll_seconds), "clip.pre-roll-seconds is 0 to 30"),
            ((0.0..=30.0).contains(&clip.post_roll_seconds), "clip.post-roll-seconds is 0 to 30"),
            (clip.duplicate_days <= 3650, "clip.duplicate-days is 0 to 3650"),
            (clip.still_seconds <= 86_400, "clip.still-seconds is 0 to 86400"),
            ((10..=86_400).contains(&clip.longest_seconds), "clip.longest-seconds is 10 to 86400"),
            ((1..=600).contains(&clip.answer_seconds), "clip.answer-seconds is 1 to 600"),
            ((5..=50).contains(&clip.camera_lost_seconds), "clip.camera-lost-seconds is 5 to 50"),
            ((20..=5000).contains(&scanner.quiet_ms), "scanner.quiet-ms is 20 to 5000"),
            (scanner.double_read_ms <= 60_000, "scanner.double-read-ms is 0 to 60000"),
            (scanner.one_shot_ms <= 2000, "scanner.one-shot-ms is 0 to 2000"),
            (
                PRESETS.contains(&&*encoder.preset),
                "encoder.preset is one of ultrafast superfast veryfast faster fast medium",
            ),
            ((0.0..=51.0).contains(&encoder.crf), "encoder.crf is 0 to 51"),
            (
                time.authorities.iter().all(|address| Time::is_address(address)),
                "time.authorities are http:// addresses, without user or password",
            ),
            (time.authorities.len() <= MAX_TIME_TOKENS, "time.authorities: at most 4"),
            (
                time.authorities.is_empty() || !time.certificates.is_empty(),
                "time.certificates: the root certificates of time.authorities",
            ),
            ((10..=86_400).contains(&time.interval_seconds), "time.interval-seconds is 10 to 86400"),
            (storage.keep_days <= 36_500, "storage.keep-days is 0 to 36500"),
            (presets.iter().all(name), "preset.name is 1 to 40 of A-Z a-z 0-9 . _ -"),
            (
                presets.iter().enumerate().all(|(at, name)| !presets[..at].contains(name)),
                "preset.name: each preset has its own",
            ),
            (preset.iter().all(|p| p.video_seconds <= 86_400), "preset.video-seconds is 0 to 86400"),
            (
                preset.iter().all(|p| height(p.video_height) && height(p.picture_height)),
                "preset.video-height and preset.picture-height are 0 or 120 to 4320",
            ),
            (
                preset.iter().all(|p| [p.video_mb, p.file_mb, p.total_mb, p.received_mb].into_iter().all(size)),
                "preset.video-mb, preset.file-mb, preset.total-mb and preset.received-mb are 0 or 0.1 to 1000000",
            ),
            (preset.iter().all(|p| p.pictures <= 100), "preset.pictures is 0 to 100"),
            (
                hooks.iter().all(|url| Webhook::is_address(url)),
                "webhook.url is an http:// or https:// address, without user or password",
            ),
            (
                hooks.iter().enumerate().all(|(at, url)| !hooks[..at].contains(url)),
                "webhook.url: each webhook has its own",
            ),
            (
                webhook.iter().all(|hook| !hook.events.is_empty()),
                "webhook.events: at least one of sealed and attention",
            ),
            (
                webhook.iter().all(|hook| hook.certificate.as_os_str().is_empty() || hook.url.starts_with("https://")),
                "webhook.certificate is for https:// addresses",
            ),
            (
                preset.iter().all(|p| p.text_characters == 0 || (400..=10_000).contains(&p.text_characters)),
                "preset.text-characters is 0 or 400 to 10000",
            ),
        ];
        match checks.iter().find(|(holds, _)| !holds) {
            Some((_, rule)) => Err((*rule).to_owned()),
            None => Ok(()),
        }
    }
}

/// The sample with what is commented out in it: `#key = …`, without a space. Sections that may not be there at all.
fn with_optional(sample: &str) -> String {
    let setting = |line: &&str| line.starts_with(|c: char| c == '[' || c.is_ascii_lowercase());
    let lines = sample.lines().map(|line| line.strip_prefix('#').filter(setting).unwrap_or(line));
    lines.flat_map(|line| [line, "\n"]).collect()
}

/// What is given, with the sample's values where nothing is.
fn complete(mut given: Table, sample: &Table, at: &str) -> Result<Table, String> {
    if let Some(unknown) = given.keys().find(|key| !sample.contains_key(*key)) {
        let likeness = |known: &&String| strsim::jaro_winkler(unknown, known);
        let near = sample.keys().max_by(|a, b| likeness(a).total_cmp(&likeness(b)));
        let near = near.map_or(String::new(), |near| format!("; did you mean {at}{near}?"));
        let shown: String = unknown.chars().take(80).filter(|c| !c.is_control()).collect();
        return Err(format!("unknown key {at}{shown}{near}"));
    }
    for (key, default) in sample {
        // There is none until somebody names one.
        if key == "webhook" && !given.contains_key(key) {
            continue;
        }
        let value = match (given.remove(key).unwrap_or_else(|| default.clone()), default) {
            (Value::Table(table), Value::Table(sample)) => {
                complete(table, sample, &format!("{at}{key}.")).map(Value::Table)?
            }
            // Also of the sample's own arrays each but the first may leave something out.
            (Value::Array(all), Value::Array(samples)) => {
                let sample = samples.first().and_then(Value::as_table);
                let each = all.into_iter().map(|one| match (one, sample) {
                    // A rule is whole or wrong, and so is an address: there is no default for what they say.
                    (Value::Table(table), Some(sample)) if key == "code" || key == "webhook" => {
                        let whole = table.clone();
                        complete(table, sample, &format!("{key}.")).map(|_| Value::Table(whole))
                    }
                    (Value::Table(table), Some(sample)) => {
                        complete(table, sample, &format!("{at}{key}.")).map(Value::Table)
                    }
                    (one, _) => Ok(one),
                });
                Value::Array(each.collect::<Result<_, _>>()?)
            }
            (other, _) => other,
        };
        given.insert(key.clone(), value);
    }
    Ok(given)
}

#[cfg(test)]
mod tests;
