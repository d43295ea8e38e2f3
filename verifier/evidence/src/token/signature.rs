//! The algorithms: SHA-256, SHA-384 and SHA-512 with RSA or ECDSA.

use der::{AnyRef, Decode, asn1::ObjectIdentifier};
use p256::ecdsa::signature::hazmat::PrehashVerifier;
use rsa::{
    BigUint, Pkcs1v15Sign, Pss, RsaPublicKey,
    pkcs1::{RsaPssParams, TrailerField},
    traits::{PublicKeyParts, SignatureScheme},
};
use sha2::{Digest as _, Sha256, Sha384, Sha512};
use x509_cert::spki::{AlgorithmIdentifierOwned, AlgorithmIdentifierRef, SubjectPublicKeyInfoOwned};

use super::{TokenError, unknown};

const RSA: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.1");
const RSA_PSS: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.10");
const MGF1: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.8");
const RSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.11");
const RSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.12");
const RSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.113549.1.1.13");
const EC_KEY: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.2.1");
const P256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.3.1.7");
const P384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.3.132.0.34");
const ECDSA_SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.2");
const ECDSA_SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.3");
const ECDSA_SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("1.2.840.10045.4.3.4");
const SHA256: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.1");
const SHA384: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.2");
const SHA512: ObjectIdentifier = ObjectIdentifier::new_unwrap("2.16.840.1.101.3.4.2.3");

/// Sizes of RSA keys that are accepted, in bits.
const RSA_BITS: std::ops::RangeInclusive<usize> = 2048..=8192;

/// A digest.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Digest {
    /// SHA-256.
    Sha256,
    /// SHA-384.
    Sha384,
    /// SHA-512.
    Sha512,
}

impl Digest {
    /// The digest of an algorithm identifier.
    pub fn of(algorithm: &AlgorithmIdentifierOwned) -> Result<Self, TokenError> {
        without_parameters(algorithm)?;
        Self::of_oid(algorithm.oid)
    }

    fn of_oid(oid: ObjectIdentifier) -> Result<Self, TokenError> {
        match oid {
            SHA256 => Ok(Self::Sha256),
            SHA384 => Ok(Self::Sha384),
            SHA512 => Ok(Self::Sha512),
            other => Err(unknown(other)),
        }
    }

    /// Its object identifier.
    pub fn oid(self) -> ObjectIdentifier {
        match self {
            Self::Sha256 => SHA256,
            Self::Sha384 => SHA384,
            Self::Sha512 => SHA512,
        }
    }

    /// Digest of these bytes.
    pub fn hash(self, bytes: &[u8]) -> Vec<u8> {
        match self {
            Self::Sha256 => Sha256::digest(bytes).to_vec(),
            Self::Sha384 => Sha384::digest(bytes).to_vec(),
            Self::Sha512 => Sha512::digest(bytes).to_vec(),
        }
    }
}

/// How a signature is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Algorithm {
    /// RSASSA-PKCS1-v1_5.
    Rsa(Digest),
    /// RSASSA-PSS with a salt of so many bytes.
    RsaPss(Digest, u8),
    /// ECDSA on the curve of the key.
    Ecdsa(Digest),
}

impl Algorithm {
    /// That of a certificate's signature.
    pub fn of_certificate(algorithm: &AlgorithmIdentifierOwned) -> Result<Self, TokenError> {
        let known = match algorithm.oid {
            RSA_SHA256 => Self::Rsa(Digest::Sha256),
            RSA_SHA384 => Self::Rsa(Digest::Sha384),
            RSA_SHA512 => Self::Rsa(Digest::Sha512),
            ECDSA_SHA256 => Self::Ecdsa(Digest::Sha256),
            ECDSA_SHA384 => Self::Ecdsa(Digest::Sha384),
            ECDSA_SHA512 => Self::Ecdsa(Digest::Sha512),
            RSA_PSS => return pss(algorithm),
            other => return Err(unknown(other)),
        };
        without_parameters(algorithm)?;
        Ok(known)
    }

    /// That of the token's signature, whose digest is said beside it and MUST be the same.
    pub fn of_signer(algorithm: &AlgorithmIdentifierOwned, digest: Digest) -> Result<Self, TokenError> {
        if algorithm.oid == RSA {
            without_parameters(algorithm)?;
            return Ok(Self::Rsa(digest));
        }
        let known = Self::of_certificate(algorithm)?;
        let (Self::Rsa(own) | Self::RsaPss(own, _) | Self::Ecdsa(own)) = known;
        if own == digest { Ok(known) } else { Err(TokenError::Algorithm(algorithm.oid)) }
    }

    /// Whether this is the signature of `message` by the key.
    pub fn verify(self, key: &SubjectPublicKeyInfoOwned, message: &[u8], signature: &[u8]) -> Result<(), TokenError> {
        let bits = key.subject_public_key.as_bytes().ok_or(TokenError::Key)?;
        match (self, key.algorithm.oid) {
            (Self::Rsa(digest), RSA) => {
                let scheme = match digest {
                    Digest::Sha256 => Pkcs1v15Sign::new::<Sha256>(),
                    Digest::Sha384 => Pkcs1v15Sign::new::<Sha384>(),
                    Digest::Sha512 => Pkcs1v15Sign::new::<Sha512>(),
                };
                rsa(bits, scheme, &digest.hash(message), signature)
            }
            (Self::RsaPss(digest, salt), RSA) => {
                let scheme = match digest {
                    Digest::Sha256 => Pss::new_with_salt::<Sha256>(salt.into()),
                    Digest::Sha384 => Pss::new_with_salt::<Sha384>(salt.into()),
                    Digest::Sha512 => Pss::new_with_salt::<Sha512>(salt.into()),
                };
                rsa(bits, scheme, &digest.hash(message), signature)
            }
            (Self::Ecdsa(digest), EC_KEY) => {
                let curve = key.algorithm.parameters.as_ref().ok_or(TokenError::Key)?;
                ecdsa(curve.decode_as().map_err(|_| TokenError::Key)?, bits, &digest.hash(message), signature)
            }
            (_, RSA | EC_KEY) => Err(TokenError::Signature),
            (_, other) => Err(unknown(other)),
        }
    }
}

fn rsa(key: &[u8], scheme: impl SignatureScheme, hash: &[u8], signature: &[u8]) -> Result<(), TokenError> {
    let key = rsa::pkcs1::RsaPublicKey::from_der(key).map_err(|_| TokenError::Key)?;
    let part = |number: rsa::pkcs1::UintRef<'_>| BigUint::from_bytes_be(number.as_bytes());
    let (n, e) = (part(key.modulus), part(key.public_exponent));
    // The crate's own limit is 4096 bits; it also refuses even numbers and exponents beyond 33 bits.
    let key = RsaPublicKey::new_with_max_size(n, e, *RSA_BITS.end()).map_err(|_| TokenError::Key)?;
    if !RSA_BITS.contains(&key.n().bits()) {
        return Err(TokenError::Key);
    }
    key.verify(scheme, hash, signature).map_err(|_| TokenError::Signature)
}

fn ecdsa(curve: ObjectIdentifier, key: &[u8], hash: &[u8], signature: &[u8]) -> Result<(), TokenError> {
    let verified = match curve {
        P256 => {
            let key = p256::ecdsa::VerifyingKey::from_sec1_bytes(key).map_err(|_| TokenError::Key)?;
            p256::ecdsa::Signature::from_der(signature).and_then(|signature| key.verify_prehash(hash, &signature))
        }
        P384 => {
            let key = p384::ecdsa::VerifyingKey::from_sec1_bytes(key).map_err(|_| TokenError::Key)?;
            p384::ecdsa::Signature::from_der(signature).and_then(|signature| key.verify_prehash(hash, &signature))
        }
        other => {
            return Err(match unknown(other) {
                TokenError::CannotCheck => TokenError::CannotCheck,
                _ => TokenError::Key,
            });
        }
    };
    verified.map_err(|_| TokenError::Signature)
}

/// RSASSA-PSS (RFC 4055, 3.1) with one digest throughout.
fn pss(algorithm: &AlgorithmIdentifierOwned) -> Result<Algorithm, TokenError> {
    let refused = || TokenError::Algorithm(algorithm.oid);
    let parameters: RsaPssParams<'_> =
        algorithm.parameters.as_ref().ok_or_else(refused)?.decode_as().map_err(|_| refused())?;
    let mask = parameters.mask_gen.parameters.as_ref().ok_or_else(refused)?;
    let plain = |algorithm: &AlgorithmIdentifierRef<'_>| is_plain(algorithm.parameters);
    if parameters.mask_gen.oid != MGF1
        || mask.oid != parameters.hash.oid
        || !plain(mask)
        || !plain(&parameters.hash)
        || parameters.trailer_field != TrailerField::BC
    {
        return Err(refused());
    }
    Ok(Algorithm::RsaPss(Digest::of_oid(parameters.hash.oid)?, parameters.salt_len))
}

/// Parameters are absent or NULL: authorities write both.
fn without_parameters(algorithm: &AlgorithmIdentifierOwned) -> Result<(), TokenError> {
    let plain = is_plain(algorithm.parameters.as_ref().map(AnyRef::from));
    if plain { Ok(()) } else { Err(TokenError::Algorithm(algorithm.oid)) }
}

fn is_plain(parameters: Option<AnyRef<'_>>) -> bool {
    parameters.is_none_or(|parameters| parameters == AnyRef::NULL)
}
