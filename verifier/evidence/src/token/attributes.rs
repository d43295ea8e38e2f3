//! The signed attributes: what ties the signature to the token's content and to the signer's one certificate.

use cms::signed_data::{SignerIdentifier, SignerInfo};
use der::{
    Any, Encode, Sequence,
    asn1::{ObjectIdentifier, OctetString},
};
use x509_cert::{
    Certificate,
    ext::pkix::{SubjectKeyIdentifier, name::GeneralName},
    serial_number::SerialNumber,
    spki::AlgorithmIdentifierOwned,
};

use super::{TST_INFO, TokenError, signature::Digest};

const CONTENT_TYPE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.3");
const MESSAGE_DIGEST: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.4");
const SIGNING_CERTIFICATE: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.12");
const SIGNING_CERTIFICATE_V2: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.9.16.2.47");

/// SigningCertificateV2 (RFC 5035). The first is the signer's certificate; further ones may be attribute certificates
/// (Microsoft's are) and are left alone.
#[derive(Sequence)]
struct SigningCertificate {
    certificates: Vec<CertificateId>,
    #[asn1(optional = "true")]
    policies: Option<Any>,
}

/// ESSCertIDv2. SHA-256 is the default; authorities also write it out.
#[derive(Sequence)]
struct CertificateId {
    #[asn1(optional = "true")]
    algorithm: Option<AlgorithmIdentifierOwned>,
    hash: OctetString,
    #[asn1(optional = "true")]
    issuer_serial: Option<IssuerSerial>,
}

/// IssuerSerial.
#[derive(Sequence)]
struct IssuerSerial {
    issuer: Vec<GeneralName>,
    serial: SerialNumber,
}

impl CertificateId {
    fn is_of(&self, certificate: &Certificate) -> Result<bool, TokenError> {
        let names = &certificate.tbs_certificate;
        let same_issuer = self.issuer_serial.as_ref().is_none_or(|id| {
            id.serial == names.serial_number && id.issuer == [GeneralName::DirectoryName(names.issuer.clone())]
        });
        let digest = self.algorithm.as_ref().map_or(Ok(Digest::Sha256), Digest::of)?;
        Ok(same_issuer && self.hash.as_bytes() == digest.hash(&certificate.to_der()?))
    }
}

/// What the signed attributes state.
pub(super) struct Attributes {
    /// Digest of the content.
    pub digest: Vec<u8>,
    certificate: CertificateId,
}

impl Attributes {
    /// Reads content type, message digest and signing certificate, each there once, with one value; others are left
    /// alone.
    pub fn parse(signer: &SignerInfo) -> Result<Self, TokenError> {
        let attributes = signer.signed_attrs.as_ref().ok_or(TokenError::Attributes)?;
        let find = |oid| -> Result<Option<&Any>, TokenError> {
            let mut found = attributes.iter().filter(|attribute| attribute.oid == oid);
            match (found.next(), found.next()) {
                (None, _) => Ok(None),
                (Some(one), None) if one.values.len() == 1 => Ok(one.values.get(0)),
                _ => Err(TokenError::Attributes),
            }
        };
        let content_type = find(CONTENT_TYPE)?.ok_or(TokenError::Attributes)?;
        let content_type: ObjectIdentifier = content_type.decode_as().map_err(|_| TokenError::Attributes)?;
        let digest = find(MESSAGE_DIGEST)?.ok_or(TokenError::Attributes)?;
        let digest: OctetString = digest.decode_as().map_err(|_| TokenError::Attributes)?;
        if content_type != TST_INFO {
            return Err(TokenError::Attributes);
        }
        let signing: SigningCertificate = match find(SIGNING_CERTIFICATE_V2)? {
            Some(value) => value.decode_as().map_err(|_| TokenError::Attributes)?,
            // The first version names the certificate by its SHA-1. Beside the second one it says nothing more.
            None if find(SIGNING_CERTIFICATE)?.is_some() => return Err(TokenError::Algorithm(SIGNING_CERTIFICATE)),
            None => return Err(TokenError::Attributes),
        };
        let certificate = signing.certificates.into_iter().next().ok_or(TokenError::Attributes)?;
        Ok(Self { digest: digest.into_bytes(), certificate })
    }

    /// The signer's certificate, and the others.
    pub fn own_certificate<'a>(
        &self,
        sid: &SignerIdentifier,
        certificates: &'a [Certificate],
    ) -> Result<(&'a Certificate, Vec<&'a Certificate>), TokenError> {
        let mut why = TokenError::NoCertificate;
        for (i, certificate) in certificates.iter().enumerate() {
            if !named(sid, certificate)? {
                continue;
            }
            if self.certificate.is_of(certificate)? {
                let (before, after) = (&certificates[..i], &certificates[i + 1..]);
                return Ok((certificate, before.iter().chain(after).collect()));
            }
            why = TokenError::Binding;
        }
        Err(why)
    }
}

/// Whether the signer calls itself by this certificate's issuer and number, or key identifier.
fn named(sid: &SignerIdentifier, certificate: &Certificate) -> Result<bool, TokenError> {
    let certificate = &certificate.tbs_certificate;
    Ok(match sid {
        SignerIdentifier::IssuerAndSerialNumber(id) => {
            id.issuer == certificate.issuer && id.serial_number == certificate.serial_number
        }
        SignerIdentifier::SubjectKeyIdentifier(id) => {
            let own = certificate.get::<SubjectKeyIdentifier>().map_err(|_| TokenError::Certificate)?;
            own.is_some_and(|(_, own)| own == *id)
        }
    })
}
