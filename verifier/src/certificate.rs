//! The certificate given with `--certificate`: shown where it is the one that the clip's enrolment names.

use std::{fs::File, io::Read, path::Path};

use evidence::{
    certificate::{Certificate, MAX_CERTIFICATE},
    verdict::{Report, Verdict},
    words::Lang,
};

use crate::{input::reason, lang::Text};

/// Reads it, or what to say.
pub fn load(path: &Path, lang: Lang) -> Result<Certificate, String> {
    let named = |why: &str| format!("--certificate {}: {why}", path.display());
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_CERTIFICATE as u64 + 1).read_to_end(&mut bytes));
    read.map_err(|error| named(&reason(lang, &error)))?;
    Certificate::parse(&bytes).map_err(|_| named(Text::NoCertificate.of(lang)))
}

/// What becomes of a certificate beside a report.
pub enum Fit {
    /// It is the one in the clip's enrolment.
    Shown,
    /// It is another, and all else is well: whoever gave it asked for something that does not hold, so that neither
    /// VERIFIED nor PARTIAL must be printed beside it.
    Other,
    /// There is nothing to compare it with, and the verdict says so by itself.
    NotCompared,
}

impl Fit {
    pub fn of(certificate: &Certificate, report: &Report) -> Self {
        let named = report.enrolment.as_ref().and_then(|enrolment| enrolment.certificate);
        match report.verdict {
            _ if named == Some(certificate.file) => Self::Shown,
            Verdict::Verified | Verdict::Partial => Self::Other,
            _ => Self::NotCompared,
        }
    }
}
