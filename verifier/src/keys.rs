//! The keys given on the command line. A key that cannot be taken stops everything: a typing error must not look like
//! an unknown signer.

use std::{fs::File, io::Read, path::Path};

use evidence::{
    token::Root,
    trust::{Trust, TrustError},
    words::Lang,
};

use crate::{args::Clip, input::reason, lang::Text};

/// Largest trust file: room for thousands of keys.
pub const MAX_TRUST_FILE: u64 = 1 << 20;

/// All that `--trust`, `--key` and `--tsa` give, or what to say.
pub fn load(args: &Clip, lang: Lang) -> Result<Trust, String> {
    let mut trust = Trust::default();
    for path in &args.trust {
        add_file(&mut trust, path, lang).map_err(|why| format!("--trust {}: {why}", path.display()))?;
    }
    for key in &args.key {
        trust.add_station(key.trim()).map_err(|error| format!("--key: {}", of_key(lang, &error)))?;
    }
    for path in &args.tsa {
        let root = read(path, lang)
            .and_then(|bytes| Root::read(&bytes).map_err(|error| Text::TsaForm.with(lang, &[&error.to_string()])));
        trust.add_authority(root.map_err(|why| format!("--tsa {}: {why}", path.display()))?);
    }
    Ok(trust)
}

/// A file of what is trusted, and one byte more where it is too large.
pub fn read(path: &Path, lang: Lang) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    let read = File::open(path).and_then(|file| file.take(MAX_TRUST_FILE + 1).read_to_end(&mut bytes));
    read.map(|_| bytes).map_err(|error| reason(lang, &error))
}

fn add_file(trust: &mut Trust, path: &Path, lang: Lang) -> Result<(), String> {
    let bytes = read(path, lang)?;
    if bytes.len() as u64 > MAX_TRUST_FILE {
        return Err(Text::TrustTooLarge.of(lang).to_owned());
    }
    let text = String::from_utf8(bytes).map_err(|_| Text::TrustBinary.of(lang).to_owned())?;
    trust.add_file(&text).map_err(|error| of_file(lang, &error))
}

fn of_file(lang: Lang, error: &TrustError) -> String {
    let what = what(lang, error);
    let line = match error {
        TrustError::Empty => return what,
        TrustError::Role { line, .. }
        | TrustError::Key { line, .. }
        | TrustError::Clash { line }
        | TrustError::TwoRoles { line }
        | TrustError::Revocation { line }
        | TrustError::Authority { line }
        | TrustError::AuthorityTwice { line }
        | TrustError::RevocationRoot { line } => line,
    };
    Text::TrustLine.with(lang, &[&line.to_string(), &what])
}

/// As for a file, without a line number.
fn of_key(lang: Lang, error: &TrustError) -> String {
    what(lang, error)
}

fn what(lang: Lang, error: &TrustError) -> String {
    use evidence::key::KeyError;
    match error {
        TrustError::Empty => Text::TrustEmpty.of(lang).to_owned(),
        TrustError::Role { role, .. } => Text::TrustRole.with(lang, &[role]),
        TrustError::Clash { .. } => Text::TrustClash.of(lang).to_owned(),
        TrustError::TwoRoles { .. } => Text::TrustTwoRoles.of(lang).to_owned(),
        TrustError::Revocation { .. } => Text::TrustRevocation.of(lang).to_owned(),
        TrustError::Authority { .. } => Text::TrustAuthority.of(lang).to_owned(),
        TrustError::AuthorityTwice { .. } => Text::TrustAuthorityTwice.of(lang).to_owned(),
        TrustError::RevocationRoot { .. } => Text::TrustRevocationRoot.of(lang).to_owned(),
        TrustError::Key { source, .. } => match source {
            KeyError::Form | KeyError::Station => Text::KeyForm,
            KeyError::Id => Text::KeyId,
            KeyError::Name => Text::KeyName,
            KeyError::Point => Text::KeyPoint,
        }
        .of(lang)
        .to_owned(),
    }
}
