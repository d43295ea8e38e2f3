//! `show`: the statements that the station signed, after the whole clip was verified.

use std::io::{self, Write};

use evidence::{
    key::VerifierKey,
    value::Hash,
    verdict::{Report, Verdict},
    verify::{ReplayError, replay},
};

use crate::{
    args, input,
    lang::Text,
    output::{refuse, written},
    verify::{check, explain},
};

pub fn run(args: &args::Show) -> u8 {
    let lang = args.clip.lang();
    let (report, file) = match check(&args.clip, None, lang) {
        Ok(checked) => checked,
        Err(why) => return refuse(lang, &why),
    };
    explain(&report, &args.clip.file, lang);
    let status = report.verdict.exit_status();
    let Some((last, key)) = proven(&report) else { return status };
    let mut out = io::BufWriter::new(io::stdout().lock());
    let mut first = true;
    let given = replay(&file, key, last, &mut |note| {
        if !std::mem::take(&mut first) {
            out.write_all(b"\n")?;
        }
        out.write_all(note)
    });
    let why = match given {
        Ok(()) => return written(lang, out.flush(), status),
        Err(ReplayError::Give(error)) => return written(lang, Err(error), status),
        Err(ReplayError::Changed) => Text::Changed.of(lang).to_owned(),
        Err(ReplayError::Read(error)) => input::reason(lang, &error),
    };
    refuse(lang, &format!("{}: {why}", args.clip.file.display()))
}

/// The statement up to which everything may be shown, and whose statements they are.
fn proven(report: &Report) -> Option<(Hash, &VerifierKey)> {
    let proven = matches!(report.verdict, Verdict::Verified | Verdict::Partial);
    report.last.filter(|_| proven).zip(report.key.as_ref())
}
