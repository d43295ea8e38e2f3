//! `station.toml`. `config/station.toml` documents every key; it is what `init` writes.

use serde::Deserialize;

/// The sample, which is also the default.
pub const SAMPLE: &str = include_str!("../../config/station.toml");

/// All of it.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How a clip begins and what is drawn in.
    pub clip: Clip,
    /// How pictures are coded.
    pub encoder: Encoder,
    /// Room on the disk.
    pub storage: Storage,
}

/// `[clip]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Clip {
    /// Seconds a clip begins before its scan.
    pub pre_roll_seconds: f64,
    /// Whether a clip may begin before the one before it has ended.
    pub overlap: bool,
}

/// `[encoder]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encoder {
    /// x264 preset.
    pub preset: String,
    /// Constant rate factor.
    pub crf: f32,
}

/// `[storage]`
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub struct Storage {
    /// MiB that must stay free.
    pub floor_mib: u64,
}

/// x264's presets, fastest first; slower ones cannot keep up with a camera.
const PRESETS: [&str; 6] = ["ultrafast", "superfast", "veryfast", "faster", "fast", "medium"];

impl Config {
    /// Reads the text of a configuration.
    ///
    /// # Errors
    /// One line: which key, and what it may be.
    pub fn parse(text: &str) -> Result<Self, String> {
        let config: Self = toml::from_str(text).map_err(|e| {
            let line = e.span().map_or(0, |s| text[..s.start.min(text.len())].matches('\n').count() + 1);
            format!("line {line}: {}", e.message().replace('\n', " "))
        })?;
        let checks = [
            ((0.0..=30.0).contains(&config.clip.pre_roll_seconds), "clip.pre-roll-seconds is 0 to 30"),
            (
                PRESETS.contains(&&*config.encoder.preset),
                "encoder.preset is one of ultrafast superfast veryfast faster fast medium",
            ),
            ((0.0..=51.0).contains(&config.encoder.crf), "encoder.crf is 0 to 51"),
        ];
        match checks.iter().find(|(holds, _)| !holds) {
            Some((_, rule)) => Err((*rule).to_owned()),
            None => Ok(config),
        }
    }
}
