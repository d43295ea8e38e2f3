//! Time tokens: an authority's signed word that certain bytes were there at a certain time (RFC 3161; FORMAT.md,
//! section 8).
//!
//! [`verify`] needs no network and no clock: certificates are judged at the time that the token states. What is
//! trusted, the [`Root`]s, comes from outside. [`request()`] and [`response()`] are the station's side of asking for one.

mod attributes;
mod bounds;
mod chain;
mod info;
mod response;
mod signature;
mod usage;

use cms::{
    content_info::{CmsVersion, ContentInfo},
    signed_data::{EncapsulatedContentInfo, SignerIdentifier, SignerInfo},
};
use der::{
    Any, Decode, Encode, Sequence, Tag, Tagged,
    asn1::{ObjectIdentifier, OctetString, SetOfVec},
};
use x509_cert::{Certificate, spki::AlgorithmIdentifierOwned};

pub(crate) use bounds::check as check_bounds;
pub use chain::Root;
pub(crate) use chain::printable;
pub use response::{ResponseError, request, response};

use crate::value::{Hash, Time, hex};
use attributes::Attributes;
use info::Info;
use signature::Digest;

/// Largest token in bytes. Those of real authorities have 3 to 8 KiB.
pub const MAX_TOKEN: usize = 64 << 10;

/// Most certificates that a token may carry.
pub const MAX_CERTIFICATES: usize = 8;

/// Most certificates from the signer to the root, both counted.
pub const MAX_CHAIN: usize = 5;

const SIGNED_DATA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.7.2");
const TST_INFO: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.1.4");

/// Everything that a verified token says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Token {
    /// The authority's time, rounded down to whole µs.
    pub time: Time,
    /// How far the true time may be from [`time`](Self::time), to either side, in µs; `None`: the authority does not
    /// say.
    pub accuracy: Option<u64>,
    /// The token's number at its authority, in lower-case hexadecimal.
    pub serial: String,
    /// The policy it was issued under, as a dotted object identifier.
    pub policy: String,
    /// The subject of the signer's certificate, in letters, digits and ASCII: safe to print.
    pub authority: String,
    /// SHA-256 of the token's bytes. The same statement can stand in other bytes: a part of a token is not signed.
    pub hash: Hash,
}

/// Why a token or an authority's certificate was not taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// More than [`MAX_TOKEN`] bytes, [`MAX_CERTIFICATES`] certificates, [`MAX_CHAIN`] steps, 64 elements in a SET or 64
    /// levels.
    #[error("larger than a time token may be")]
    Limits,
    /// Not DER, or not of the structure of its type.
    #[error("not a time token in DER")]
    Form,
    /// Signed data, but not of a time token.
    #[error("signed data of another kind than a time token")]
    ContentType,
    /// Not exactly one signer.
    #[error("not exactly one signer")]
    Signers,
    /// SM2 or SM3, which this program does not know: the token may be good.
    #[error("signed with SM2 or SM3, which cannot be checked here")]
    CannotCheck,
    /// An algorithm that is too weak, or unknown.
    #[error("algorithm {0} is not accepted")]
    Algorithm(ObjectIdentifier),
    /// A key of a size or curve that is not accepted.
    #[error("a key's size or curve is not accepted")]
    Key,
    /// It is of other data.
    #[error("it is of other data")]
    Imprint,
    /// The stated time or its accuracy is none.
    #[error("it states no proper time")]
    Time,
    /// It has an extension that says how it must be understood.
    #[error("it has an unknown critical extension")]
    InfoExtension,
    /// The signed attributes are not exactly those that a token needs.
    #[error("its signed attributes are missing, doubled or malformed")]
    Attributes,
    /// The signed digest is not that of what the token says.
    #[error("what it says is not what was signed")]
    Digest,
    /// The certificate that it names as its signer's is not in it.
    #[error("the signer's certificate is not in it")]
    NoCertificate,
    /// The certificate in it is another than the signer signed for.
    #[error("the signer's certificate is another than it signed for")]
    Binding,
    /// The authority's name in it is not one of the certificate's.
    #[error("it names another authority than the signer's certificate")]
    Name,
    /// A certificate of the chain is malformed, contradicts itself, or has an unknown critical extension.
    #[error("a certificate is malformed or has an unknown critical extension")]
    Certificate,
    /// The signer's certificate is not one for time tokens alone.
    #[error("the signer's certificate is not for time tokens alone")]
    Purpose,
    /// A certificate stands as an issuer that may not be one.
    #[error("a certificate may not issue the one below it")]
    Issuer,
    /// A certificate was not valid at the token's time.
    #[error("a certificate was not valid at the token's time")]
    Validity,
    /// No chain of certificates leads to a trusted authority.
    #[error("no trusted authority stands behind it")]
    UnknownRoot,
    /// A signature is wrong: the token's own or a certificate's.
    #[error("a signature is wrong")]
    Signature,
}

/// Anything that does not decode.
impl From<der::Error> for TokenError {
    fn from(_: der::Error) -> Self {
        Self::Form
    }
}

/// The error for an algorithm or type that is not known: those of the Chinese standards (SM2, SM3) are a matter of this
/// program, any other is one of the token.
fn unknown(oid: ObjectIdentifier) -> TokenError {
    const CHINESE_STANDARDS: [u32; 5] = [1, 2, 156, 10197, 1];
    const CHINESE_CONTENT: [u32; 5] = [1, 2, 156, 10197, 6];
    let starts = |arcs: &[u32]| oid.arcs().take(arcs.len()).eq(arcs.iter().copied());
    if starts(&CHINESE_STANDARDS) || starts(&CHINESE_CONTENT) {
        TokenError::CannotCheck
    } else {
        TokenError::Algorithm(oid)
    }
}

/// Verifies a token: the DER of a TimeStampToken.
///
/// `imprint` is the SHA-256 of the data that it must be of. `None` leaves that open and proves only the time itself,
/// as for a token that START names.
///
/// # Errors
/// See [`TokenError`]: the first step of FORMAT.md, section 8, that fails.
pub fn verify(bytes: &[u8], imprint: Option<&Hash>, roots: &[Root]) -> Result<Token, TokenError> {
    Ok(read(bytes, imprint, roots)?.0)
}

/// Judges a token that came with a clip: what it says, and whether it is by an authority that is trusted. By any other
/// it is only well formed, and proves nothing.
///
/// # Errors
/// As [`verify`], but for what keeps its signer's certificate from leading to a root: whose clip it is in cannot know
/// who trusts whom.
pub fn judge(bytes: &[u8], imprint: Option<&Hash>, roots: &[Root]) -> Result<(Token, bool), TokenError> {
    let (token, _, chain) = read_by_anyone(bytes, imprint, roots)?;
    match chain {
        Err(TokenError::CannotCheck) => Err(TokenError::CannotCheck),
        chain => Ok((token, chain.is_ok())),
    }
}

/// The token, and all that it says.
fn read(bytes: &[u8], imprint: Option<&Hash>, roots: &[Root]) -> Result<(Token, Info), TokenError> {
    let (token, info, chain) = read_by_anyone(bytes, imprint, roots)?;
    chain.map(|()| (token, info))
}

/// What is signed in the token, whoever signed it, and whether a trusted authority did.
type ByAnyone = (Token, Info, Result<(), TokenError>);

fn read_by_anyone(bytes: &[u8], imprint: Option<&Hash>, roots: &[Root]) -> Result<ByAnyone, TokenError> {
    if bytes.len() > MAX_TOKEN {
        return Err(TokenError::Limits);
    }
    bounds::check(bytes)?;
    let (content, signer, certificates) = take_apart(bytes)?;
    let info = Info::parse(&content)?;
    info.is_of(imprint)?;

    let digest = Digest::of(&signer.digest_alg)?;
    let attributes = Attributes::parse(&signer)?;
    if attributes.digest != digest.hash(&content) {
        return Err(TokenError::Digest);
    }
    let (own, others) = attributes.own_certificate(&signer.sid, &certificates)?;

    let usage = usage::Usage::of(own)?;
    usage.signs_time_tokens()?;
    info.names(own, &usage)?;
    chain::valid(own, info.time())?;
    let chain = chain::leads_to_root(own, &others, roots, info.time());

    let signed = signer.signed_attrs.as_ref().ok_or(TokenError::Attributes)?.to_der()?;
    let algorithm = signature::Algorithm::of_signer(&signer.signature_algorithm, digest)?;
    algorithm.verify(&own.tbs_certificate.subject_public_key_info, &signed, signer.signature.as_bytes())?;

    let token = Token {
        time: info.time(),
        accuracy: info.accuracy()?,
        serial: hex(info.serial()),
        policy: info.policy(),
        authority: chain::printable(&own.tbs_certificate.subject),
        hash: Hash::of(bytes),
    };
    Ok((token, info, chain))
}

/// SignedData (RFC 5652, 5.1). The one of the crate refuses attribute certificates, which Microsoft's authority sends
/// along.
#[derive(Sequence)]
struct SignedData {
    version: CmsVersion,
    digests: SetOfVec<AlgorithmIdentifierOwned>,
    content: EncapsulatedContentInfo,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", constructed = "true", optional = "true")]
    certificates: Option<SetOfVec<Any>>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", constructed = "true", optional = "true")]
    revocations: Option<SetOfVec<Any>>,
    signers: SetOfVec<SignerInfo>,
}

/// What was signed, who signed it, and the certificates that came along.
fn take_apart(bytes: &[u8]) -> Result<(Vec<u8>, SignerInfo, Vec<Certificate>), TokenError> {
    let outer = ContentInfo::from_der(bytes)?;
    if outer.content_type != SIGNED_DATA {
        return Err(match unknown(outer.content_type) {
            TokenError::CannotCheck => TokenError::CannotCheck,
            _ => TokenError::ContentType,
        });
    }
    let data: SignedData = outer.content.decode_as()?;
    // One written form: what is checked below is what stands in the token, byte for byte.
    if data.to_der()? != outer.content.to_der()? {
        return Err(TokenError::Form);
    }
    if data.content.econtent_type != TST_INFO {
        return Err(TokenError::ContentType);
    }
    if data.version != CmsVersion::V3 {
        return Err(TokenError::Form);
    }
    let content: OctetString = data.content.econtent.ok_or(TokenError::Form)?.decode_as()?;

    let [signer] = data.signers.as_slice() else { return Err(TokenError::Signers) };
    if data.digests.as_slice() != std::slice::from_ref(&signer.digest_alg) {
        return Err(TokenError::Form);
    }
    // The version that goes with how the signer calls itself (RFC 5652, 5.3).
    let version = match signer.sid {
        SignerIdentifier::IssuerAndSerialNumber(_) => CmsVersion::V1,
        SignerIdentifier::SubjectKeyIdentifier(_) => CmsVersion::V3,
    };
    if signer.version != version {
        return Err(TokenError::Form);
    }
    let sent = data.certificates.as_ref().map_or(&[][..], |set| set.as_slice());
    if sent.len() > MAX_CERTIFICATES {
        return Err(TokenError::Limits);
    }
    // Whatever else stands among the certificates proves nothing and is left alone.
    let certificates = sent.iter().filter(|any| any.tag() == Tag::Sequence).map(|any| {
        let certificate: Certificate = any.decode_as().map_err(|_| TokenError::Certificate)?;
        let one_form = certificate.to_der()? == any.to_der()?;
        if one_form { Ok(certificate) } else { Err(TokenError::Certificate) }
    });
    Ok((content.into_bytes(), signer.clone(), certificates.collect::<Result<_, _>>()?))
}
