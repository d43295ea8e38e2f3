//! A derived file with its note (FORMAT.md, section 9): which clip it was made from, by whose word.

use crate::{
    finding::Code,
    key::VerifierKey,
    note::Note,
    statement::{Derivation, Statement},
    trust::{Standing, Trust},
    value::Hash,
    verdict::{Report, SignerAnswer},
};

/// The one word: never that of a sealed clip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DerivedVerdict {
    /// The station made this file from that clip.
    Derived,
    /// Another file, another clip, or not signed by that key.
    Rejected,
    /// No trusted key.
    UnknownSigner,
}

impl DerivedVerdict {
    /// The program's exit status.
    pub fn exit_status(self) -> u8 {
        match self {
            Self::Derived => 4,
            Self::Rejected => 1,
            Self::UnknownSigner => 3,
        }
    }
}

/// What a derivation note proves of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derived {
    /// The one word.
    pub verdict: DerivedVerdict,
    /// Who signed the note.
    pub signer: SignerAnswer,
    /// Why it is not accepted.
    pub refusal: Option<Code>,
    /// What the note says; only where its signature holds by a key given from outside.
    pub derivation: Option<Derivation>,
}

/// Holds a file, by its length and SHA-256, against the note that came with it. `original` is the report of the clip that
/// it should be made from: it must be that clip, and, where the key is not given as a station's, makes it known.
pub fn derived(note: &[u8], (length, file): (u64, Hash), trust: &Trust, original: Option<&Report>) -> Derived {
    let mut said =
        Derived { verdict: DerivedVerdict::Rejected, signer: SignerAnswer::Unknown, refusal: None, derivation: None };
    match check(note, (length, file), trust, original, &mut said) {
        Ok(verdict) => said.verdict = verdict,
        Err(code) => said.refusal = Some(code),
    }
    said
}

fn check(
    note: &[u8],
    file: (u64, Hash),
    trust: &Trust,
    original: Option<&Report>,
    said: &mut Derived,
) -> Result<DerivedVerdict, Code> {
    let note = Note::parse(note)?;
    let derivation = Derivation::parse(&note.text)?;
    if derivation.station != note.signer.name {
        return Err(Code::NoteSigner);
    }
    if (derivation.length, derivation.file) != file {
        return Err(Code::DerivedFile);
    }
    let through_original = || -> Option<&VerifierKey> {
        let report = original.filter(|report| report.signer == SignerAnswer::Trusted && report.refusal().is_none())?;
        report.key.as_ref().filter(|key| *key.signer() == note.signer)
    };
    let key = match trust.standing(&note.signer) {
        Standing::Trusted(key) => Some(key),
        // The note has no trusted time, so nothing shows that it was signed before.
        Standing::Revoked(key, _) => {
            note.verify(key)?;
            said.signer = SignerAnswer::Revoked;
            return Err(Code::SignerRevoked);
        }
        Standing::Unknown => through_original(),
    };
    let Some(key) = key else {
        said.refusal = Some(Code::SignerUnknown);
        return Ok(DerivedVerdict::UnknownSigner);
    };
    note.verify(key)?;
    said.signer = SignerAnswer::Trusted;
    if let Some(report) = original {
        let whole = report.refusal().is_none();
        let facts = report.facts.as_ref().filter(|_| whole).ok_or(Code::DerivedOriginal)?;
        let end = facts.end.is_some().then_some(report.last).flatten();
        let is_of_it = facts.start.clip == derivation.clip && end == Some(derivation.end);
        let fits = derivation.links.1 <= facts.links && derivation.ticks.1 <= facts.ticks;
        if !is_of_it || !fits {
            return Err(Code::DerivedOriginal);
        }
    }
    said.derivation = Some(derivation);
    Ok(DerivedVerdict::Derived)
}
