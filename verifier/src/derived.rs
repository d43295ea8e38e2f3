//! `verify --note`: a file that a station derived from a sealed clip.

use std::{
    fs::File,
    io::{self, Read},
    path::Path,
};

use evidence::{
    note::MAX_LENGTH,
    statement::Derivation,
    value::Hash,
    verdict::Report,
    verify::{Derived, derived},
    words::{Answers, Lang, Text, message, moment, seconds},
};

use sha2::{Digest, Sha256};

use crate::{
    args, input, json, keys,
    lang::advice,
    output::{print, refuse, say},
    report::{Row, table},
    verify::{explain, judge},
};

pub fn run(args: &args::Verify, note: &Path, lang: Lang) -> u8 {
    check(args, note, lang).unwrap_or_else(|why| refuse(lang, &why))
}

/// Whether a note with this file's name stands beside it.
pub fn has_note(file: &Path) -> bool {
    let mut name = file.as_os_str().to_owned();
    name.push(".note");
    Path::new(&name).is_file()
}

fn check(args: &args::Verify, note: &Path, lang: Lang) -> Result<u8, String> {
    let path = &args.clip.file;
    let trust = keys::load(&args.clip, lang)?;
    let original = args.original.as_deref().map(|clip| judge(clip, &trust, None, lang)).transpose()?;
    let original = original.as_ref().map(|(report, _)| report);
    let failed = |path: &Path, error: &io::Error| format!("{}: {}", path.display(), input::reason(lang, error));
    let mut said = Vec::new();
    // One byte more than a note can have is enough to refuse it.
    let read = input::open(note, lang)?.take(MAX_LENGTH as u64 + 1).read_to_end(&mut said);
    read.map_err(|error| failed(note, &error))?;
    let file = digest(&input::open(path, lang)?).map_err(|error| failed(path, &error))?;
    let found = derived(&said, file, &trust, original);
    let status = found.verdict.exit_status();
    let answers = original.map(|report| Answers::of(report, None));
    let text = if args.json {
        json::text(&json::derived(&found, original.zip(answers.as_ref()).map(|(r, a)| json::object(r, a))))
    } else {
        text(&found, original, lang)
    };
    let status = print(lang, &text, status);
    if let Some(code) = found.refusal {
        say(&format!("{}: {}", path.display(), Text::of_derived(found.verdict).word(lang)));
        say(&format!("  {}: {}", code.as_str(), message(code, lang)));
        if let Some(advice) = advice(code) {
            say(&format!("  → {}", advice.of(lang)));
        }
    }
    if let (Some(report), Some(clip)) = (original, &args.original) {
        explain(report, clip, lang);
    }
    Ok(status)
}

/// Length and SHA-256 of a file.
pub fn digest(mut file: &File) -> io::Result<(u64, Hash)> {
    let (mut hasher, mut piece, mut length) = (Sha256::new(), vec![0; 1 << 17], 0);
    loop {
        let read = file.read(&mut piece)?;
        if read == 0 {
            return Ok((length, Hash(hasher.finalize().into())));
        }
        hasher.update(&piece[..read]);
        length += read as u64;
    }
}

fn text(found: &Derived, original: Option<&Report>, lang: Lang) -> String {
    let mut text = format!("{}\n\n", Text::of_derived(found.verdict).of(lang));
    if let Some(derivation) = &found.derivation {
        table(&mut text, &rows(derivation, original, lang), lang);
        text.push('\n');
    }
    text.push_str(&format!("{}\n", Text::LimitsHead.of(lang)));
    for limit in [Text::LimitDerived, Text::LimitTransport] {
        text.push_str(&format!("  - {}\n", limit.of(lang)));
    }
    text
}

fn rows(d: &Derivation, original: Option<&Report>, lang: Lang) -> Vec<Row> {
    let clip = match original {
        Some(report) => Text::of_verdict(report.verdict).of(lang),
        None => Text::OriginalNotGiven.of(lang),
    };
    let span = [seconds(d.ticks.0), seconds(d.ticks.1), d.links.0.to_string(), (d.links.1 - 1).to_string()];
    let order = d.order.as_ref().map_or(Text::NoOrder.of(lang), |order| order.as_str());
    let made = [&moment(d.time), d.how.as_str(), d.software.as_str()];
    let rows = [
        (Text::DerivedKind, Text::of_kind(d.kind).of(lang).to_owned()),
        (Text::MadeFrom, Text::OfClip.with(lang, &[&d.clip.to_string(), &d.end.to_string()])),
        (Text::Order, order.to_owned()),
        (Text::Shows, Text::ShowsSpan.with(lang, &span.each_ref().map(String::as_str))),
        (Text::Made, Text::MadeAt.with(lang, &made)),
        (Text::Signer, Text::Trusted.with(lang, &[d.station.as_str()])),
        (Text::OriginalLabel, clip.to_owned()),
    ];
    rows.into_iter().map(|(label, value)| (label, vec![value])).collect()
}
