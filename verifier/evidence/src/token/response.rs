//! Asking an authority: TimeStampReq and TimeStampResp (RFC 3161, 2.4.1 and 2.4.2).

use der::{
    Encode, Reader, Sequence, SliceReader,
    asn1::{BitString, OctetString, Utf8StringRef},
};
use x509_cert::spki::AlgorithmIdentifierOwned;

use super::{MAX_TOKEN, Root, Token, TokenError, info::Imprint, read, signature::Digest};
use crate::value::Hash;

/// Why an authority's answer gave no token.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResponseError {
    /// Not a TimeStampResp in DER, or too large.
    #[error("not an answer to a request for a time token")]
    Form,
    /// The authority refused, or has not decided yet.
    #[error("the authority answered with status {status}: {text}")]
    Status {
        /// PKIStatus: 2 rejection, 3 waiting, 4 and 5 about revocation.
        status: u8,
        /// Its reason, safe to print; may be empty.
        text: String,
    },
    /// Granted, but without a token.
    #[error("the authority granted a token and sent none")]
    NoToken,
    /// The token answers another request.
    #[error("the token answers another request")]
    Nonce,
    /// The token itself was not taken.
    #[error("the token is not acceptable")]
    Token(#[from] TokenError),
}

impl From<der::Error> for ResponseError {
    fn from(_: der::Error) -> Self {
        Self::Form
    }
}

#[derive(Sequence)]
struct Request {
    version: u8,
    imprint: Imprint,
    nonce: u64,
    certificates: bool,
}

#[derive(Sequence)]
struct Status<'a> {
    status: u8,
    #[asn1(optional = "true")]
    texts: Option<Vec<Utf8StringRef<'a>>>,
    #[asn1(optional = "true")]
    failures: Option<BitString>,
}

/// A request, in DER, for a token over data with this SHA-256, with the authority's certificates in it. The nonce is
/// random and new for each request.
///
/// # Errors
/// None that can happen: the fields have their sizes.
pub fn request(nonce: u64, imprint: &Hash) -> Result<Vec<u8>, ResponseError> {
    let algorithm = AlgorithmIdentifierOwned { oid: Digest::Sha256.oid(), parameters: Some(der::Any::null()) };
    let imprint = Imprint { algorithm, hash: OctetString::new(imprint.0)? };
    Ok(Request { version: 1, imprint, nonce, certificates: true }.to_der()?)
}

/// The token of an authority's answer, in DER, and what it says. It was granted (also with modifications: all that
/// matters is checked), answers this nonce, and [`verify`](super::verify) takes it.
///
/// # Errors
/// See [`ResponseError`].
pub fn response(bytes: &[u8], nonce: u64, imprint: &Hash, roots: &[Root]) -> Result<(Vec<u8>, Token), ResponseError> {
    const GRANTED: u8 = 0;
    const GRANTED_WITH_MODIFICATIONS: u8 = 1;
    if bytes.len() > MAX_TOKEN {
        return Err(ResponseError::Form);
    }
    let mut reader = SliceReader::new(bytes)?;
    let (status, token) = reader.sequence(|inner| {
        let status: Status<'_> = inner.decode()?;
        let token = if inner.is_finished() { None } else { Some(inner.tlv_bytes()?) };
        Ok((status, token))
    })?;
    reader.finish(())?;
    if !matches!(status.status, GRANTED | GRANTED_WITH_MODIFICATIONS) {
        let texts: Vec<&str> = status.texts.iter().flatten().map(|text| text.as_str()).collect();
        let safe = |c: char| if c.is_alphanumeric() || c == ' ' || c.is_ascii_graphic() { c } else { '?' };
        let text = texts.join("; ").chars().take(200).map(safe).collect();
        return Err(ResponseError::Status { status: status.status, text });
    }
    let token = token.ok_or(ResponseError::NoToken)?;
    let (said, info) = read(token, Some(imprint), roots)?;
    if !info.answers(nonce)? {
        return Err(ResponseError::Nonce);
    }
    Ok((token.to_vec(), said))
}
