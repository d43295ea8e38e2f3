//! `verify`: the report, for people or as JSON; the exit status.

use std::{fs::File, num::NonZero, path::Path, thread};

use evidence::{
    finding::{Finding, Weight},
    trust::Trust,
    value::{Order, Value},
    verdict::{Report, Verdict},
    verify::Request,
    words::{Answers, Lang, Text as Words, message, seconds},
};

use crate::{
    args,
    certificate::{self, Fit},
    derived, input, json, keys,
    lang::{self, Text},
    output::{print, refuse, say},
    progress::Progress,
    report,
};

pub fn run(args: &args::Verify) -> u8 {
    let lang = args.clip.lang();
    if let Some(note) = &args.note {
        return derived::run(args, note, lang);
    }
    let order = match args.order.as_deref().map(|text| Order::parse(text).ok_or(text)).transpose() {
        Ok(order) => order,
        Err(text) => return refuse(lang, &Text::BadOrder.with(lang, &[text])),
    };
    let certificate = match args.certificate.as_deref().map(|path| certificate::load(path, lang)).transpose() {
        Ok(certificate) => certificate,
        Err(why) => return refuse(lang, &why),
    };
    let (report, ..) = match check(&args.clip, order.as_ref(), lang) {
        Ok(checked) => checked,
        Err(why) => return refuse(lang, &why),
    };
    let fit = certificate.as_ref().map(|certificate| Fit::of(certificate, &report));
    if matches!(fit, Some(Fit::Other)) {
        return refuse(lang, Text::OtherCertificate.of(lang));
    }
    let status = report.verdict.exit_status();
    let mut answers = Answers::of(&report, order.as_ref());
    answers.certificate = certificate.as_ref().filter(|_| matches!(fit, Some(Fit::Shown)));
    let status = if args.json {
        print(lang, &json::text(&json::object(&report, &answers)), status)
    } else if report.verdict == Verdict::CouldNotCheck {
        // Nothing is proven, so nothing is printed.
        status
    } else {
        print(lang, &report::text(&answers, lang), status)
    };
    explain(&report, &args.clip.file, lang);
    let refused = matches!(report.verdict, Verdict::Rejected | Verdict::CouldNotCheck);
    if refused && derived::has_note(&args.clip.file) {
        say(&format!("  → {}", Text::DerivedHint.of(lang)));
    }
    if matches!(fit, Some(Fit::NotCompared)) {
        say(Text::CertificateNotCompared.of(lang));
    }
    status
}

/// Verifies the clip with the keys given: the report, and the clip for another reading.
pub fn check(args: &args::Clip, order: Option<&Order>, lang: Lang) -> Result<(Report, File), String> {
    judge(&args.file, &keys::load(args, lang)?, order, lang)
}

/// Verifies the clip with these keys: the report, and the clip for another reading.
pub fn judge(path: &Path, trust: &Trust, order: Option<&Order>, lang: Lang) -> Result<(Report, File), String> {
    let file = input::open(path, lang)?;
    let mut progress = Progress::new();
    let request = Request {
        trust,
        order,
        threads: thread::available_parallelism().map_or(1, NonZero::get),
        progress: &mut |seen, all| progress.at(seen, all),
    };
    let report = evidence::verify::verify(&file, request);
    let report = report.map_err(|error| format!("{}: {}", path.display(), input::reason(lang, &error)))?;
    drop(progress);
    Ok((report, file))
}

/// The reasons of the verdict and what to do next.
pub fn explain(report: &Report, clip: &Path, lang: Lang) {
    let reasons = report.findings.iter().filter(|finding| finding.code.weight() != Weight::Note);
    if report.verdict != Verdict::Verified {
        say(&format!("{}: {}", clip.display(), Words::of_verdict(report.verdict).word(lang)));
    }
    let mut advised = Vec::new();
    for finding in reasons {
        say(&format!("  {}: {}{}", finding.code.as_str(), message(finding.code, lang), place(finding, lang)));
        if let Some(advice) = lang::advice(finding.code)
            && !advised.contains(&advice)
        {
            advised.push(advice);
        }
    }
    for advice in advised {
        say(&format!("  → {}", advice.of(lang)));
    }
}

fn place(finding: &Finding, lang: Lang) -> String {
    match (finding.fragment, finding.tick) {
        (Some(fragment), Some(tick)) => {
            format!(" ({})", Text::AtPlace.with(lang, &[&seconds(tick), &fragment.to_string()]))
        }
        _ => String::new(),
    }
}
