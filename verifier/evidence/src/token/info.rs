//! What a token says: TSTInfo (RFC 3161, 2.4.2).
//!
//! The structures are our own: the one crate that has them (x509-tsp) takes no fractions of a second, which many
//! authorities state, and brings the certificate management protocols along.

use der::{
    Decode, DecodeValue, Encode, EncodeValue, FixedTag, Header, Length, Reader, Sequence, Tag, Writer,
    asn1::{Int, ObjectIdentifier, OctetString, Uint},
};
use x509_cert::{
    Certificate,
    ext::{Extensions, pkix::name::GeneralName},
    spki::AlgorithmIdentifierOwned,
};

use super::{TokenError, bounds, signature::Digest, unknown, usage::Usage};
use crate::value::{Hash, Time, Value};

/// Longest number of a token, in bytes: RFC 3161 has authorities use up to 160 bits.
const MAX_SERIAL: usize = 20;

/// TSTInfo.
#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
pub(super) struct Info {
    version: u8,
    policy: ObjectIdentifier,
    imprint: Imprint,
    serial: Uint,
    time: Moment,
    #[asn1(optional = "true")]
    accuracy: Option<Accuracy>,
    #[asn1(default = "Default::default")]
    ordering: bool,
    #[asn1(optional = "true")]
    nonce: Option<Int>,
    #[asn1(context_specific = "0", tag_mode = "EXPLICIT", optional = "true")]
    authority: Option<GeneralName>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    extensions: Option<Extensions>,
}

/// MessageImprint.
#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
pub(super) struct Imprint {
    pub algorithm: AlgorithmIdentifierOwned,
    pub hash: OctetString,
}

/// Accuracy: seconds, and thousandths and millionths in 1 to 999.
#[derive(Debug, Clone, PartialEq, Eq, Sequence)]
struct Accuracy {
    #[asn1(optional = "true")]
    seconds: Option<u32>,
    #[asn1(context_specific = "0", tag_mode = "IMPLICIT", optional = "true")]
    millis: Option<u16>,
    #[asn1(context_specific = "1", tag_mode = "IMPLICIT", optional = "true")]
    micros: Option<u16>,
}

impl Info {
    /// Reads it; the bytes must be its one written form, the version known, and no extension critical.
    pub fn parse(bytes: &[u8]) -> Result<Self, TokenError> {
        bounds::check(bytes)?;
        let info = Self::from_der(bytes)?;
        if info.to_der()? != bytes || info.version != 1 || info.serial.as_bytes().len() > MAX_SERIAL {
            return Err(TokenError::Form);
        }
        if info.extensions.iter().flatten().any(|extension| extension.critical) {
            return Err(TokenError::InfoExtension);
        }
        info.accuracy()?;
        Ok(info)
    }

    /// Whether it is of data with this SHA-256; with `None` of any data, but by SHA-256.
    pub fn is_of(&self, expected: Option<&Hash>) -> Result<(), TokenError> {
        let algorithm = &self.imprint.algorithm;
        let hash: &[u8; 32] = match Digest::of(algorithm)? {
            Digest::Sha256 => self.imprint.hash.as_bytes().try_into().map_err(|_| TokenError::Form)?,
            _ => return Err(unknown(algorithm.oid)),
        };
        if expected.is_none_or(|expected| expected.0 == *hash) { Ok(()) } else { Err(TokenError::Imprint) }
    }

    /// Whether the authority that it names, if it names one, is the certificate's subject or one of its other names.
    pub fn names(&self, certificate: &Certificate, usage: &Usage) -> Result<(), TokenError> {
        let known = match &self.authority {
            None => true,
            Some(GeneralName::DirectoryName(name)) if *name == certificate.tbs_certificate.subject => true,
            Some(name) => usage.has_name(name),
        };
        if known { Ok(()) } else { Err(TokenError::Name) }
    }

    /// The stated time.
    pub fn time(&self) -> Time {
        self.time.time
    }

    /// In µs.
    pub fn accuracy(&self) -> Result<Option<u64>, TokenError> {
        let Some(Accuracy { seconds, millis, micros }) = &self.accuracy else { return Ok(None) };
        let part = |n: &Option<u16>| match n {
            None => Ok(0),
            Some(n @ 1..=999) => Ok(u64::from(*n)),
            Some(_) => Err(TokenError::Time),
        };
        Ok(Some(u64::from(seconds.unwrap_or(0)) * 1_000_000 + part(millis)? * 1000 + part(micros)?))
    }

    /// The token's number, big-endian.
    pub fn serial(&self) -> &[u8] {
        self.serial.as_bytes()
    }

    /// The policy's object identifier.
    pub fn policy(&self) -> String {
        self.policy.to_string()
    }

    /// Whether it answers the request with this nonce.
    pub fn answers(&self, nonce: u64) -> Result<bool, TokenError> {
        Ok(match &self.nonce {
            Some(stated) => stated.to_der()? == nonce.to_der()?,
            None => false,
        })
    }
}

/// GeneralizedTime as RFC 3161 has it: `YYYYMMDDhhmmss[.f…]Z`, up to nine digits of fraction, the last one not 0.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Moment {
    written: String,
    time: Time,
}

impl Moment {
    fn parse(text: &str) -> Option<Self> {
        let (whole, fraction) = match text.strip_suffix('Z')?.split_once('.') {
            Some((whole, fraction)) => {
                let shortest = (1..=9).contains(&fraction.len()) && !fraction.ends_with('0');
                (whole, Some(fraction).filter(|_| shortest)?)
            }
            None => (text.strip_suffix('Z')?, ""),
        };
        let digits = |text: &str| text.bytes().all(|b| b.is_ascii_digit());
        if whole.len() != 14 || !digits(whole) || !digits(fraction) {
            return None;
        }
        let part = |from: usize, to: usize| &whole[from..to];
        let (year, month, day) = (part(0, 4), part(4, 6), part(6, 8));
        let (hour, minute, second) = (part(8, 10), part(10, 12), part(12, 14));
        // The calendar is that of the statements: years 1970 to 9998, no second 60.
        let time = Time::parse(&format!("{year}-{month}-{day}T{hour}:{minute}:{second}.{fraction:0<6.6}Z"))?;
        Some(Self { written: text.to_owned(), time })
    }
}

impl FixedTag for Moment {
    const TAG: Tag = Tag::GeneralizedTime;
}

impl<'a> DecodeValue<'a> for Moment {
    fn decode_value<R: Reader<'a>>(reader: &mut R, header: Header) -> der::Result<Self> {
        let text = std::str::from_utf8(reader.read_slice(header.length)?)?;
        Self::parse(text).ok_or_else(|| Self::TAG.value_error())
    }
}

impl EncodeValue for Moment {
    fn value_len(&self) -> der::Result<Length> {
        self.written.len().try_into()
    }

    fn encode_value(&self, writer: &mut impl Writer) -> der::Result<()> {
        writer.write(self.written.as_bytes())
    }
}
