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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sample_holds_and_names_every_key() {
        let config = Config::parse(SAMPLE).unwrap();
        let (clip, encoder) = (&config.clip, &config.encoder);
        assert_eq!((clip.pre_roll_seconds, clip.overlap), (3.0, true));
        assert_eq!((encoder.preset.as_str(), encoder.crf, config.storage.floor_mib), ("veryfast", 25.0, 512));
        // None has a default that the sample does not show.
        for line in SAMPLE.lines().filter(|line| line.contains(" = ")) {
            let without = SAMPLE.replace(line, "");
            let key = line.split(' ').next().unwrap();
            assert!(Config::parse(&without).unwrap_err().contains(key), "{line}");
        }
    }

    #[test]
    fn every_bad_key_and_value_is_refused() {
        let cases = [
            ("pre-roll-seconds = 3.0", "pre-roll-seconds = -0.1"),
            ("pre-roll-seconds = 3.0", "pre-roll-seconds = 30.01"),
            ("pre-roll-seconds = 3.0", "pre-roll-seconds = inf"),
            ("pre-roll-seconds = 3.0", "pre_roll_seconds = 3.0"),
            ("overlap = true", "overlap = 1"),
            ("preset = \"veryfast\"", "preset = \"slow\""),
            ("preset = \"veryfast\"", "preset = \"VeryFast\""),
            ("crf = 25.0", "crf = -1"),
            ("crf = 25.0", "crf = 51.1"),
            ("crf = 25.0", "crf = nan"),
            ("crf = 25.0", "crf = 25.0\ncrf = 26.0"),
            ("floor-mib = 512", "floor-mib = 0.5"),
            ("floor-mib = 512", "floor-mib = 512\nfloor = 1"),
            ("[encoder]", "[coder]"),
        ];
        for (from, to) in cases {
            assert!(SAMPLE.contains(from), "{from}");
            let why = Config::parse(&SAMPLE.replace(from, to)).expect_err(to);
            assert!(!why.contains('\n'), "{why}");
        }
        for good in ["crf = 0", "crf = 51", "crf = 18"] {
            assert!(Config::parse(&SAMPLE.replace("crf = 25.0", good)).is_ok(), "{good}");
        }
    }
}
