//! `excerpt`: some seconds of a clip, sealed as they are, after the whole clip was verified.

use std::{
    fs::{self, File},
    io::{BufWriter, Write},
    path::{Path, PathBuf},
};

use evidence::{
    bmff::TICKS,
    verdict::Verdict,
    verify::{ExcerptError, ReplayError, excerpt},
    words::{Lang, seconds},
};

use crate::{
    args, input, keys,
    lang::Text,
    output::{print, refuse},
    verify::{explain, judge},
};

pub fn run(args: &args::Excerpt) -> u8 {
    let lang = args.clip.lang();
    cut(args, lang).unwrap_or_else(|why| refuse(lang, &why))
}

fn cut(args: &args::Excerpt, lang: Lang) -> Result<u8, String> {
    let ticks = |text: &String| ticks(text).ok_or_else(|| Text::BadSeconds.with(lang, &[text]));
    let span = (ticks(&args.from)?, ticks(&args.to)?);
    let trust = keys::load(&args.clip, lang)?;
    let (report, clip) = judge(&args.clip.file, &trust, None, lang)?;
    let known = matches!(report.verdict, Verdict::Verified | Verdict::Partial);
    if !known {
        explain(&report, &args.clip.file, lang);
    }
    let status = if known { 0 } else { report.verdict.exit_status() };
    let Some(last) = report.last.filter(|_| known || report.verdict == Verdict::UnknownSigner) else {
        return Ok(status);
    };
    let out = args.output.display().to_string();
    let mut part = Part::new(&args.output, lang)?;
    let shown = excerpt(&clip, last, span, &mut part.file).map_err(|e| why(args, &e, lang))?;
    part.file.flush().and_then(|()| part.file.get_ref().sync_all()).map_err(|e| not_written(&args.output, lang, &e))?;
    // What is handed out was judged as whoever gets it will.
    let (judged, _) = judge(&part.path, &trust, None, lang)?;
    let as_expected = judged.last == Some(last)
        && (judged.verdict == if known { Verdict::Partial } else { Verdict::UnknownSigner })
        && judged.facts.as_ref().is_none_or(|facts| facts.shown == Some(shown));
    if !as_expected {
        return Err(format!("{}: {}", args.clip.file.display(), Text::Changed.of(lang)));
    }
    part.keep(&args.output, lang)?;
    let line = match &report.facts {
        Some(facts) => {
            Text::ExcerptCut.with(lang, &[&out, &seconds(shown.0), &seconds(shown.1), &seconds(facts.ticks)])
        }
        None => Text::ExcerptWritten.with(lang, &[&out]),
    };
    Ok(print(lang, &format!("{line}\n"), status))
}

/// Decimal seconds, up to a millisecond, in ticks.
fn ticks(text: &str) -> Option<u64> {
    let (whole, rest) = text.split_once('.').unwrap_or((text, "0"));
    let digits = |text: &str| (1..=9).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    let thousandths = format!("{rest:0<3}");
    if !digits(whole) || !digits(rest) || thousandths.len() > 3 {
        return None;
    }
    Some(whole.parse::<u64>().ok()? * TICKS + thousandths.parse::<u64>().ok()? * (TICKS / 1000))
}

fn why(args: &args::Excerpt, error: &ExcerptError, lang: Lang) -> String {
    let of_clip = |why: String| format!("{}: {why}", args.clip.file.display());
    of_clip(match error {
        ExcerptError::Replay(ReplayError::Give(error)) => return not_written(&args.output, lang, error),
        ExcerptError::Replay(ReplayError::Read(error)) => input::reason(lang, error),
        ExcerptError::Replay(ReplayError::Changed) => Text::Changed.of(lang).to_owned(),
        ExcerptError::NoEnd => Text::ExcerptNoEnd.of(lang).to_owned(),
        ExcerptError::Outside(length) => Text::ExcerptOutside.with(lang, &[&seconds(*length)]),
        ExcerptError::Nothing => Text::ExcerptNothing.of(lang).to_owned(),
        ExcerptError::Withheld => Text::ExcerptWithheld.of(lang).to_owned(),
        ExcerptError::Whole => Text::ExcerptWhole.of(lang).to_owned(),
    })
}

fn not_written(path: &Path, lang: Lang, error: &std::io::Error) -> String {
    Text::FileNotWritten.with(lang, &[&path.display().to_string(), &error.to_string()])
}

/// A new file that takes its name when it is whole, and is gone where it never is.
struct Part {
    path: PathBuf,
    file: BufWriter<File>,
    kept: bool,
}

impl Part {
    fn new(output: &Path, lang: Lang) -> Result<Self, String> {
        if fs::symlink_metadata(output).is_ok() {
            return Err(Text::FileExists.with(lang, &[&output.display().to_string()]));
        }
        let mut path = output.as_os_str().to_owned();
        path.push(".part");
        let path = PathBuf::from(path);
        let file = File::create_new(&path).map_err(|e| not_written(&path, lang, &e))?;
        Ok(Self { path, file: BufWriter::new(file), kept: false })
    }

    fn keep(mut self, output: &Path, lang: Lang) -> Result<(), String> {
        fs::rename(&self.path, output).map_err(|e| not_written(output, lang, &e))?;
        self.kept = true;
        Ok(())
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        if !self.kept {
            let _ = fs::remove_file(&self.path);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_are_decimal() {
        for (text, is) in [
            ("0", Some(0)),
            ("12", Some(1_080_000)),
            ("12.5", Some(1_125_000)),
            ("0.001", Some(90)),
            ("0.010", Some(900)),
            ("999999999", Some(89_999_999_910_000)),
            ("", None),
            (".5", None),
            ("1.", None),
            ("-1", None),
            ("+1", None),
            ("1e3", None),
            ("1.0005", None),
            ("1:30", None),
            ("１", None),
            ("9999999999", None),
        ] {
            assert_eq!(ticks(text), is, "{text}");
        }
    }
}
