//! From the signer's certificate to a trusted authority (RFC 5280, 6, as far as time tokens need it).

use der::{Decode, Encode};
use x509_cert::{Certificate, name::Name};

use super::{MAX_CHAIN, MAX_TOKEN, TokenError, bounds, signature::Algorithm, usage::Usage};
use crate::value::{Hash, Time};

/// The root certificate of a trusted authority.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Root {
    certificate: Certificate,
    hash: Hash,
}

impl Root {
    /// Reads a certificate in DER: one that names itself as its issuer and may issue others. Its own signature is
    /// nobody's proof and is not looked at.
    ///
    /// # Errors
    /// [`TokenError::Limits`], [`TokenError::Form`], [`TokenError::Certificate`] or [`TokenError::Issuer`].
    pub fn parse(bytes: &[u8]) -> Result<Self, TokenError> {
        if bytes.len() > MAX_TOKEN {
            return Err(TokenError::Limits);
        }
        bounds::check(bytes)?;
        let certificate = Certificate::from_der(bytes)?;
        let body = &certificate.tbs_certificate;
        if body.subject != body.issuer {
            return Err(TokenError::Issuer);
        }
        Usage::of(&certificate)?.issues(0)?;
        Ok(Self { hash: Hash::of(bytes), certificate })
    }

    /// Reads a file of one certificate, in DER or PEM.
    ///
    /// # Errors
    /// As [`Self::parse`].
    pub fn read(file: &[u8]) -> Result<Self, TokenError> {
        // DER begins with the tag of a SEQUENCE.
        if file.first() == Some(&0x30) {
            return Self::parse(file);
        }
        if file.len() > 2 * MAX_TOKEN {
            return Err(TokenError::Limits);
        }
        match der::pem::decode_vec(file) {
            Ok(("CERTIFICATE", bytes)) => Self::parse(&bytes),
            _ => Err(TokenError::Form),
        }
    }

    /// Its subject, safe to print.
    pub fn name(&self) -> String {
        printable(&self.certificate.tbs_certificate.subject)
    }

    /// SHA-256 of the certificate, by which authorities publish it.
    pub fn hash(&self) -> Hash {
        self.hash
    }
}

/// Whether there is a chain from the signer's certificate through `others` to one of the roots, each issuer valid at that
/// time.
/// Where there is none, the reason is that of the last way that was tried.
pub(super) fn leads_to_root(
    signer: &Certificate,
    others: &[&Certificate],
    roots: &[Root],
    at: Time,
) -> Result<(), TokenError> {
    climb(&mut vec![signer], others, roots, at)
}

/// Adds issuers to the chain's end until one is a root.
fn climb<'a>(
    chain: &mut Vec<&'a Certificate>,
    others: &[&'a Certificate],
    roots: &[Root],
    at: Time,
) -> Result<(), TokenError> {
    if chain.len() == MAX_CHAIN {
        return Err(TokenError::Limits);
    }
    let Some(&last) = chain.last() else { return Err(TokenError::UnknownRoot) };
    let is_named = |issuer: &Certificate| issuer.tbs_certificate.subject == last.tbs_certificate.issuer;
    let length = chain.len();
    let mut why = TokenError::UnknownRoot;
    for root in roots.iter().map(|root| &root.certificate).filter(|root| is_named(root)) {
        match issued(chain, last, root, at) {
            Ok(()) => return Ok(()),
            Err(reason) => why = reason,
        }
    }
    for &issuer in others.iter().filter(|other| is_named(other)) {
        if chain.contains(&issuer) {
            continue;
        }
        let tried = issued(chain, last, issuer, at).and_then(|()| {
            chain.push(issuer);
            climb(chain, others, roots, at)
        });
        match tried {
            Ok(()) => return Ok(()),
            Err(reason) => why = reason,
        }
        chain.truncate(length);
    }
    Err(why)
}

/// Whether `issuer` was allowed to sign the end of this chain at that time, and did.
fn issued(chain: &[&Certificate], last: &Certificate, issuer: &Certificate, at: Time) -> Result<(), TokenError> {
    valid(issuer, at)?;
    let is_self_issued = |c: &Certificate| c.tbs_certificate.subject == c.tbs_certificate.issuer;
    let between = chain.iter().skip(1).filter(|certificate| !is_self_issued(certificate)).count();
    Usage::of(issuer)?.issues(between)?;
    let signature = last.signature.as_bytes().ok_or(TokenError::Certificate)?;
    let signed = last.tbs_certificate.to_der()?;
    let key = &issuer.tbs_certificate.subject_public_key_info;
    Algorithm::of_certificate(&last.signature_algorithm)?.verify(key, &signed, signature)
}

/// Whether it was valid then, both ends included.
pub(super) fn valid(certificate: &Certificate, at: Time) -> Result<(), TokenError> {
    let micros = |time: x509_cert::time::Time| i64::try_from(time.to_unix_duration().as_micros()).unwrap_or(i64::MAX);
    let validity = certificate.tbs_certificate.validity;
    if (micros(validity.not_before)..=micros(validity.not_after)).contains(&at.0) {
        Ok(())
    } else {
        Err(TokenError::Validity)
    }
}

/// A name in one line (RFC 4514), with nothing in it that could turn or hide what stands beside it.
pub(crate) fn printable(name: &Name) -> String {
    let safe = |c: char| if c.is_alphanumeric() || c == ' ' || c.is_ascii_graphic() { c } else { '?' };
    name.to_string().chars().take(200).map(safe).collect()
}
