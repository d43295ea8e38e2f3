//! Whether content credentials (C2PA) hold: what the crate `c2pa` says of a file, as four answers. Nothing is fetched.
//!
//! That crate reads what anyone may have written, with a hundred crates beneath it: it gets files of bounded length only,
//! and a thread of its own whose time is bounded and whose panic is an answer, "not known".

use std::{
    fs::File,
    io::BufReader,
    iter,
    path::{Path, PathBuf},
    sync::{Once, mpsc},
    thread,
    time::{Duration, Instant},
};

use ::inspect::report::{Answer, Container, Credentials, Found, Kind};
use c2pa::{
    Context, Error, Manifest, Reader,
    validation_results::{StatusCodes, ValidationResults, validation_codes as code},
    validation_status::ValidationStatus,
};
use evidence::words::Lang;
use x509_cert::{
    Certificate,
    der::DecodePem as _,
    ext::pkix::{BasicConstraints, KeyUsage},
};

use crate::{
    keys::{MAX_TRUST_FILE, read},
    lang::Text,
};

/// Longest video; its bytes are hashed as they are read.
const MAX_VIDEO: u64 = 4 << 30;
/// Longest file of another kind; it is taken into memory.
const MAX_PICTURE: u64 = 256 << 20;
/// How long a file may take.
const MAX_TIME: Duration = Duration::from_secs(60);
/// Name of the thread at work.
const THREAD: &str = "c2pa";
/// Room for its stack: ingredients of ingredients go 200 deep.
const STACK: usize = 64 << 20;

/// Certificates of those who are trusted to stand behind signers and time authorities, in PEM. Nobody, where none is given.
pub struct Anchors(String);

impl Anchors {
    /// All that `--c2pa-anchors` gives, or what to say.
    pub fn load(files: &[PathBuf], lang: Lang) -> Result<Self, String> {
        let mut all = String::new();
        for path in files {
            let why = |why: String| format!("--c2pa-anchors {}: {why}", path.display());
            all.push_str(&anchors(path, lang).map_err(why)?);
        }
        Ok(Self(all))
    }
}

fn anchors(path: &Path, lang: Lang) -> Result<String, String> {
    let bytes = read(path, lang)?;
    if bytes.len() as u64 > MAX_TRUST_FILE {
        return Err(Text::TrustTooLarge.of(lang).to_owned());
    }
    let text = String::from_utf8_lossy(&bytes);
    // One that is not understood would be passed over in silence.
    let all = certificates(&text).collect::<Option<Vec<_>>>().filter(|all| !all.is_empty());
    all.ok_or_else(|| Text::AnchorsForm.of(lang).to_owned())?;
    Ok(blocks(&text).fold(String::new(), |all, block| all + block + "\n"))
}

/// The certificates of a text in PEM, whatever stands between them.
fn blocks(text: &str) -> impl Iterator<Item = &str> {
    let (begin, end) = ("-----BEGIN CERTIFICATE-----", "-----END CERTIFICATE-----");
    let mut rest = text;
    iter::from_fn(move || {
        let from = &rest[rest.find(begin)?..];
        let length = from.find(end).map_or(from.len(), |at| at + end.len());
        let block;
        (block, rest) = from.split_at(length);
        Some(block)
    })
}

fn certificates(text: &str) -> impl Iterator<Item = Option<Certificate>> {
    blocks(text).map(|block| Certificate::from_pem(block).ok())
}

/// Checks the credentials of a file; `None` where there are none.
pub fn check(file: &File, found: &Found, anchors: &Anchors) -> Option<Credentials> {
    if !found.labels.iter().any(|label| label.kind == Kind::C2pa) {
        return None;
    }
    Some(checked(file, found.container?, anchors).unwrap_or_else(|| unknown(code::GENERAL_ERROR)))
}

/// What came of the check within its bounds.
fn checked(file: &File, container: Container, anchors: &Anchors) -> Option<Credentials> {
    let most = if container == Container::Mp4 { MAX_VIDEO } else { MAX_PICTURE };
    if file.metadata().ok()?.len() > most {
        return None;
    }
    let context = context(anchors)?;
    let file = file.try_clone().ok()?;
    // The crate is asked to end first.
    within(MAX_TIME + MAX_TIME / 4, move || answers(context, container, file))
}

/// What some work comes to, if it ends in this time and does not panic. One that goes on is left alone until the program
/// ends.
fn within<T: Send + 'static>(time: Duration, work: impl FnOnce() -> T + Send + 'static) -> Option<T> {
    hush();
    let (done, ends) = mpsc::channel();
    let work = move || drop(done.send(work()));
    thread::Builder::new().name(THREAD.to_owned()).stack_size(STACK).spawn(work).ok()?;
    ends.recv_timeout(time).ok()
}

/// A panic of that thread is told in the report, and not to the terminal.
fn hush() {
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let others = std::panic::take_hook();
        std::panic::set_hook(Box::new(move |info| {
            if thread::current().name() != Some(THREAD) {
                others(info);
            }
        }));
    });
}

fn context(anchors: &Anchors) -> Option<Context> {
    let mut settings = serde_json::json!({
        "trust": {},
        "verify": { "verify_trust": true, "verify_timestamp_trust": true, "remote_manifest_fetch": false, "ocsp_fetch": false },
        // Who stands behind whom in other ways (CAWG) may have to be asked for on the network.
        "core": { "decode_identity_assertions": false, "allowed_network_hosts": [], "max_decompressed_manifest_size_in_mb": 16 },
    });
    if !anchors.0.is_empty() {
        settings["trust"]["user_anchors"] = anchors.0.clone().into();
    }
    let begun = Instant::now();
    let context = Context::new().with_settings(settings).ok()?;
    Some(context.with_progress_callback(move |_, _, _| begun.elapsed() < MAX_TIME))
}

fn answers(context: Context, container: Container, file: File) -> Credentials {
    let kind = match container {
        Container::Jpeg => "image/jpeg",
        Container::Png => "image/png",
        Container::WebP => "image/webp",
        Container::Gif => "image/gif",
        Container::Tiff => "image/tiff",
        Container::Heif => "image/heif",
        Container::Mp4 => "video/mp4",
        Container::Avi => "video/avi",
        Container::Matroska | Container::Flv => return unknown(code::MANIFEST_INACCESSIBLE),
    };
    match Reader::from_context(context).with_stream(kind, BufReader::with_capacity(1 << 16, file)) {
        Ok(reader) => match (reader.validation_results(), reader.active_manifest()) {
            (Some(results), Some(manifest)) => of_results(results, manifest),
            _ => unknown(code::GENERAL_ERROR),
        },
        Err(error) => of_error(&error),
    }
}

/// Nothing is known, for this reason.
fn unknown(code: &str) -> Credentials {
    Credentials { codes: vec![code.to_owned()], ..Credentials::unknown() }
}

/// What cannot be taken apart is not what was signed. Where the crate itself cannot go on, nothing is known.
fn of_error(error: &Error) -> Credentials {
    let code = match error {
        Error::RemoteManifestUrl(_) | Error::JumbfNotFound => return unknown(code::MANIFEST_INACCESSIBLE),
        Error::C2PAValidation(code) => code,
        Error::ClaimMissing { .. } | Error::JumbfBoxNotFound => code::CLAIM_MISSING,
        Error::ClaimMissingSignatureBox => code::CLAIM_SIGNATURE_MISSING,
        Error::ClaimDecoding(_) | Error::CborError(_) => code::CLAIM_CBOR_INVALID,
        Error::JumbfParseError(_) | Error::InvalidClaim(_) | Error::ClaimInvalidContent => code::CLAIM_MALFORMED,
        Error::AssertionMissing { .. } => code::ASSERTION_MISSING,
        Error::AssertionDecoding(_) => code::ASSERTION_CBOR_INVALID,
        _ => return unknown(code::GENERAL_ERROR),
    };
    Credentials { signature: Answer::No, ..unknown(code) }
}

/// Which of the questions a failure answers.
enum Of {
    Binding,
    Signature,
    Trust,
    Validity,
    /// None of them; the answer that it would have given is not known.
    Unchecked,
    /// None: it is about what the file was made of.
    Ingredient,
}

fn of(code: &str) -> Of {
    let hashes = ["assertion.dataHash.", "assertion.bmffHash.", "assertion.boxesHash.", "assertion.collectionHash."];
    match code {
        code::HARD_BINDINGS_MISSING | code::HARD_BINDINGS_MULTIPLE | code::ASSERTION_CLOUD_DATA_HARD_BINDING => {
            Of::Binding
        }
        _ if hashes.iter().any(|hash| code.starts_with(hash)) => Of::Binding,
        code::SIGNING_CREDENTIAL_UNTRUSTED => Of::Trust,
        code::SIGNING_CREDENTIAL_EXPIRED
        | code::SIGNING_CREDENTIAL_INVALID
        | code::SIGNING_CREDENTIAL_REVOKED
        | code::CLAIM_SIGNATURE_OUTSIDE_VALIDITY => Of::Validity,
        code::ALGORITHM_UNSUPPORTED | code::GENERAL_ERROR => Of::Unchecked,
        _ if code.starts_with("ingredient.") => Of::Ingredient,
        _ => Of::Signature,
    }
}

fn of_results(results: &ValidationResults, manifest: &Manifest) -> Credentials {
    let none = StatusCodes::default();
    let own = results.active_manifest().unwrap_or(&none);
    let has = |codes: &[ValidationStatus], wanted: &str| codes.iter().any(|status| status.code() == wanted);
    let matches =
        |status: &ValidationStatus| matches!(of(status.code()), Of::Binding) && status.code().ends_with(".match");
    let yes = |is: bool| if is { Answer::Yes } else { Answer::Unknown };
    let signature = manifest.signature_info();
    let mut answers = Credentials {
        binding: yes(own.success().iter().any(matches)),
        signature: yes(has(own.success(), code::CLAIM_SIGNATURE_VALIDATED)),
        trust: yes(has(own.success(), code::SIGNING_CREDENTIAL_TRUSTED)),
        validity: yes(has(own.success(), code::CLAIM_SIGNATURE_INSIDE_VALIDITY)),
        signer: signature.and_then(|s| named([s.common_name.as_deref(), s.issuer.as_deref()])),
        program: program(manifest),
        time: signature.and_then(|s| time(s.time.as_deref()?, own)),
        codes: codes(results, own, manifest),
    };
    if answers.trust == Answer::Yes && !signature.is_some_and(|s| may_issue(s.cert_chain())) {
        answers.trust = Answer::No;
        answers.codes.retain(|code| code != code::SIGNING_CREDENTIAL_TRUSTED);
        answers.codes.insert(0, code::SIGNING_CREDENTIAL_UNTRUSTED.to_owned());
    }
    for status in own.failure() {
        match of(status.code()) {
            Of::Binding => answers.binding = Answer::No,
            Of::Signature => answers.signature = Answer::No,
            Of::Trust => answers.trust = Answer::No,
            Of::Validity => answers.validity = Answer::No,
            Of::Unchecked if answers.signature == Answer::Yes => answers.signature = Answer::Unknown,
            Of::Unchecked | Of::Ingredient => {}
        }
    }
    // It is over now; a time stamp of somebody who is not trusted says that it was not then.
    let stamped = has(own.informational(), code::TIMESTAMP_UNTRUSTED);
    let only_over = own
        .failure()
        .iter()
        .all(|status| !matches!(of(status.code()), Of::Validity) || status.code() == code::SIGNING_CREDENTIAL_EXPIRED);
    if answers.validity == Answer::No && stamped && only_over {
        answers.validity = Answer::Unknown;
    }
    answers
}

/// Whether each certificate behind the signer's was made to issue others, to this depth. The crate looks at signatures
/// alone: a trusted signer could make itself an authority.
fn may_issue(chain: &str) -> bool {
    let issuer = |(between, certificate): (usize, Option<Certificate>)| {
        let Some(certificate) = certificate else { return false };
        let body = &certificate.tbs_certificate;
        let Ok(Some((_, constraints))) = body.get::<BasicConstraints>() else { return false };
        let Ok(usage) = body.get::<KeyUsage>() else { return false };
        constraints.ca
            && constraints.path_len_constraint.is_none_or(|most| between <= most.into())
            && usage.is_none_or(|(_, usage)| usage.key_cert_sign())
    };
    certificates(chain).skip(1).enumerate().all(issuer)
}

/// When it was signed, with the code that says what that rests on.
fn time(told: &str, own: &StatusCodes) -> Option<String> {
    let trusted = own.success().iter().any(|status| status.code() == code::TIMESTAMP_TRUSTED);
    let code = if trusted { code::TIMESTAMP_TRUSTED } else { code::TIMESTAMP_UNTRUSTED };
    Some(format!("{told} ({code})"))
}

fn program(manifest: &Manifest) -> Option<String> {
    let info = manifest.claim_generator_info.as_ref().and_then(|all| all.first());
    let named = info.and_then(|info| Some(format!("{} {}", info.name, info.version.as_deref()?)));
    let named = named.or_else(|| info.map(|info| info.name.clone()));
    named.or_else(|| manifest.claim_generator().map(str::to_owned)).filter(|name| !name.trim().is_empty())
}

/// Parts of a name in one.
fn named(parts: [Option<&str>; 2]) -> Option<String> {
    let parts: Vec<_> = parts.into_iter().flatten().collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}

/// Each code once: failures, those of what the file was made of, and the rest.
fn codes(results: &ValidationResults, own: &StatusCodes, manifest: &Manifest) -> Vec<String> {
    let plain = |status: &ValidationStatus| status.code().to_owned();
    let of_ingredient = |status: &ValidationStatus| format!("ingredient:{}", status.code());
    let mut all: Vec<_> = own.failure().iter().map(plain).collect();
    // Failures since, and those that whoever took them up saw.
    let since = results.ingredient_deltas().into_iter().flatten().flat_map(|delta| delta.validation_deltas().failure());
    let then = manifest.ingredients().iter().filter_map(|ingredient| ingredient.validation_results());
    let then = then.filter_map(ValidationResults::active_manifest).flat_map(StatusCodes::failure);
    all.extend(since.chain(then).map(of_ingredient));
    all.extend(own.informational().iter().chain(own.success()).map(plain));
    let mut once: Vec<String> = Vec::new();
    for code in all {
        if !once.contains(&code) {
            once.push(code);
        }
    }
    once
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_ends_panics_or_takes_too_long() {
        assert_eq!(within(MAX_TIME, || 1), Some(1));
        assert_eq!(within(MAX_TIME, || -> u8 { panic!("on purpose") }), None);
        let begun = Instant::now();
        assert_eq!(within(Duration::from_millis(50), || thread::sleep(MAX_TIME)), None);
        assert!(begun.elapsed() < MAX_TIME / 2);
    }

    #[test]
    fn failures_answer_their_question() {
        let of_code = |wanted: &str| match of(wanted) {
            Of::Binding => "binding",
            Of::Signature => "signature",
            Of::Trust => "trust",
            Of::Validity => "validity",
            Of::Unchecked => "unchecked",
            Of::Ingredient => "ingredient",
        };
        let rows = [
            ("assertion.bmffHash.mismatch", "binding"),
            ("assertion.dataHash.malformed", "binding"),
            ("claim.hardBindings.missing", "binding"),
            ("claimSignature.mismatch", "signature"),
            ("assertion.hashedURI.mismatch", "signature"),
            ("assertion.ingredient.malformed", "signature"),
            ("of.a.newer.specification", "signature"),
            ("signingCredential.untrusted", "trust"),
            ("signingCredential.expired", "validity"),
            ("signingCredential.ocsp.revoked", "validity"),
            ("algorithm.unsupported", "unchecked"),
            ("ingredient.manifest.mismatch", "ingredient"),
        ];
        for (code, question) in rows {
            assert_eq!(of_code(code), question, "{code}");
        }
    }
}
