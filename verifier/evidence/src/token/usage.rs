//! What a certificate may be used for, by its extensions (RFC 5280, 4.2).

use der::{Decode, asn1::ObjectIdentifier, oid::AssociatedOid};
use x509_cert::{
    Certificate, Version,
    ext::pkix::{
        BasicConstraints, CertificatePolicies, ExtendedKeyUsage, KeyUsage, KeyUsages, NameConstraints, SubjectAltName,
        name::GeneralName,
    },
};

use super::{TokenError, bounds};

const TIME_STAMPING: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.6.1.5.5.7.3.8");
const ANY_PURPOSE: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.5.29.37.0");

/// The extensions that decide.
#[derive(Debug, Default)]
pub(super) struct Usage {
    constraints: Option<BasicConstraints>,
    key: Option<KeyUsage>,
    purposes: Option<ExtendedKeyUsage>,
    purposes_critical: bool,
    names: Vec<GeneralName>,
}

impl Usage {
    /// Reads them. Refuses what could forbid a use without our knowing: an unknown critical extension, any constraint on
    /// names, an extension that stands twice; and a certificate that is not of version 3 or whose two statements of its
    /// signature's algorithm differ.
    pub fn of(certificate: &Certificate) -> Result<Self, TokenError> {
        let body = &certificate.tbs_certificate;
        if body.version != Version::V3 || body.signature != certificate.signature_algorithm {
            return Err(TokenError::Certificate);
        }
        let extensions = body.extensions.as_deref().unwrap_or_default();
        let mut usage = Self::default();
        for (i, extension) in extensions.iter().enumerate() {
            if extensions[..i].iter().any(|other| other.extn_id == extension.extn_id) {
                return Err(TokenError::Certificate);
            }
            let value = extension.extn_value.as_bytes();
            match extension.extn_id {
                BasicConstraints::OID => usage.constraints = Some(decoded(value)?),
                KeyUsage::OID => usage.key = Some(decoded(value)?),
                ExtendedKeyUsage::OID => {
                    usage.purposes = Some(decoded(value)?);
                    usage.purposes_critical = extension.critical;
                }
                SubjectAltName::OID => usage.names = decoded::<SubjectAltName>(value)?.0,
                // No policy is asked for, so none can be missing.
                CertificatePolicies::OID => {}
                NameConstraints::OID => return Err(TokenError::Certificate),
                _ if extension.critical => return Err(TokenError::Certificate),
                _ => {}
            }
        }
        Ok(usage)
    }

    /// Whether this is the certificate of one who signs time tokens and nothing else: the only purpose, and critical
    /// (RFC 3161, 2.3); its key for signatures alone, where it says what for.
    pub fn signs_time_tokens(&self) -> Result<(), TokenError> {
        let only = self.purposes.as_ref().is_some_and(|purposes| purposes.0 == [TIME_STAMPING]);
        let signs = KeyUsages::DigitalSignature | KeyUsages::NonRepudiation;
        let key = self.key.is_none_or(|key| !(key.0 & signs).is_empty() && (key.0 - signs).is_empty());
        if only && self.purposes_critical && key { Ok(()) } else { Err(TokenError::Purpose) }
    }

    /// Whether this may issue a certificate for time tokens, with so many issuers between the two.
    pub fn issues(&self, between: usize) -> Result<(), TokenError> {
        let far_enough = |constraints: &BasicConstraints| {
            constraints.ca && constraints.path_len_constraint.is_none_or(|most| between <= usize::from(most))
        };
        let ca = self.constraints.as_ref().is_some_and(far_enough);
        let key = self.key.is_some_and(|key| key.0.contains(KeyUsages::KeyCertSign));
        let purpose = self
            .purposes
            .as_ref()
            .is_none_or(|purposes| purposes.0.contains(&TIME_STAMPING) || purposes.0.contains(&ANY_PURPOSE));
        if ca && key && purpose { Ok(()) } else { Err(TokenError::Issuer) }
    }

    /// Whether this is one of the subject's other names.
    pub fn has_name(&self, name: &GeneralName) -> bool {
        self.names.contains(name)
    }
}

fn decoded<'a, T: Decode<'a>>(value: &'a [u8]) -> Result<T, TokenError> {
    bounds::check(value)?;
    T::from_der(value).map_err(|_| TokenError::Certificate)
}
