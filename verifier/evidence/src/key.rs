//! Ed25519 keys as C2SP key text (FORMAT.md, section 2).

use base64::{Engine, engine::general_purpose::STANDARD};
use ed25519_dalek::Signer as _;
use sha2::{Digest, Sha256};

use crate::value::{KeyName, Value, hex, is_station, unhex};

/// The signature type of plain Ed25519 in C2SP notes.
const ED25519: u8 = 0x01;

/// Why key text was not taken.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub enum KeyError {
    /// It has not the form of a key.
    #[error("not a key of the form NAME+KEYID+BASE64")]
    Form,
    /// The key id is not that of the name and the key.
    #[error("the key id does not belong to this name and key; copy the key again")]
    Id,
    /// The name does not end in the digits of the key.
    #[error("the name does not end in the first 16 hexadecimal digits of the key's SHA-256")]
    Name,
    /// The point is not canonical or of small order.
    #[error("not an acceptable Ed25519 public key")]
    Point,
    /// The station's name is outside its alphabet.
    #[error("a station's name is 1 to 40 of a-z, 0-9, '.' and '-'")]
    Station,
}

/// Name and key id of a signature line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Signer {
    /// The key's name.
    pub name: KeyName,
    /// First four bytes of the hash of name and key.
    pub id: [u8; 4],
}

/// A public key with its name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VerifierKey {
    signer: Signer,
    point: ed25519_dalek::VerifyingKey,
}

impl VerifierKey {
    /// Reads `NAME+KEYID+BASE64`.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.splitn(3, '+');
        let mut part = || parts.next().ok_or(KeyError::Form);
        let (name, id, key) = (part()?, part()?, part()?);
        let name = KeyName::parse(name).ok_or(KeyError::Form)?;
        let id = unhex::<4>(id).ok_or(KeyError::Form)?;
        let key = STANDARD.decode(key).map_err(|_| KeyError::Form)?;
        let [ED25519, point @ ..] = &key[..] else { return Err(KeyError::Form) };
        let point: [u8; 32] = point.try_into().map_err(|_| KeyError::Form)?;
        if !name.as_str().ends_with(&digits(&point)) {
            return Err(KeyError::Name);
        }
        let key = Self::new(name, &point)?;
        (key.signer.id == id).then_some(key).ok_or(KeyError::Id)
    }

    fn new(name: KeyName, bytes: &[u8; 32]) -> Result<Self, KeyError> {
        let point = ed25519_dalek::VerifyingKey::from_bytes(bytes).map_err(|_| KeyError::Point)?;
        // Decompression takes y modulo p: only the canonical encoding comes back as the same bytes.
        if point.is_weak() || point.to_edwards().compress().as_bytes() != bytes {
            return Err(KeyError::Point);
        }
        let hash =
            Sha256::new().chain_update(name.as_str()).chain_update([b'\n', ED25519]).chain_update(bytes).finalize();
        let id = [hash[0], hash[1], hash[2], hash[3]];
        Ok(Self { signer: Signer { name, id }, point })
    }

    /// Name and key id, as a signature line has them.
    pub fn signer(&self) -> &Signer {
        &self.signer
    }

    /// Whether this is the signature of `message`; R and A of small order, R not canonical and S ≥ L are refused.
    pub fn verify(&self, message: &[u8], signature: &[u8; 64]) -> bool {
        let signature = ed25519_dalek::Signature::from_bytes(signature);
        self.point.verify_strict(message, &signature).is_ok()
    }
}

/// The key text, whole.
impl Value for VerifierKey {
    fn parse(text: &str) -> Option<Self> {
        Self::parse(text).ok()
    }

    fn write(&self, to: &mut String) {
        to.push_str(&self.to_string());
    }
}

/// The key text.
impl std::fmt::Display for VerifierKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}+{}+{}", self.signer.name, hex(&self.signer.id), encode(self.point.as_bytes()))
    }
}

/// A private key with its name. Wiped from memory when dropped; never printed.
pub struct SigningKey {
    verifier: VerifierKey,
    seed: ed25519_dalek::SigningKey,
}

impl SigningKey {
    /// The key of this seed (32 random bytes) for a station of this name.
    ///
    /// # Errors
    /// [`KeyError::Station`] for a name outside its alphabet.
    pub fn from_seed(station: &str, seed: &[u8; 32]) -> Result<Self, KeyError> {
        if !is_station(station) {
            return Err(KeyError::Station);
        }
        let seed = ed25519_dalek::SigningKey::from_bytes(seed);
        let point = seed.verifying_key().to_bytes();
        let name = KeyName::parse(&format!("{station}/{}", digits(&point))).ok_or(KeyError::Station)?;
        Ok(Self { verifier: VerifierKey::new(name, &point)?, seed })
    }

    /// Reads the text of a key file: `PRIVATE+KEY+NAME+KEYID+BASE64`.
    ///
    /// # Errors
    /// See [`KeyError`].
    pub fn parse(text: &str) -> Result<Self, KeyError> {
        let mut parts = text.strip_prefix("PRIVATE+KEY+").ok_or(KeyError::Form)?.splitn(3, '+');
        let mut part = || parts.next().ok_or(KeyError::Form);
        let (name, id, seed) = (part()?, part()?, part()?);
        let seed = STANDARD.decode(seed).map_err(|_| KeyError::Form)?;
        let [ED25519, seed @ ..] = &seed[..] else { return Err(KeyError::Form) };
        let seed: [u8; 32] = seed.try_into().map_err(|_| KeyError::Form)?;
        let station = name.split_once('/').ok_or(KeyError::Form)?.0;
        let key = Self::from_seed(station, &seed)?;
        let signer = key.verifier.signer();
        if signer.name.as_str() != name {
            return Err(KeyError::Name);
        }
        (hex(&signer.id) == id).then_some(key).ok_or(KeyError::Id)
    }

    /// The text of a key file, to be stored where only the station can read it.
    pub fn to_secret_text(&self) -> String {
        let signer = self.verifier.signer();
        format!("PRIVATE+KEY+{}+{}+{}", signer.name, hex(&signer.id), encode(self.seed.as_bytes()))
    }

    /// The public half.
    pub fn verifier(&self) -> &VerifierKey {
        &self.verifier
    }

    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.seed.sign(message).to_bytes()
    }
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "SigningKey({})", self.verifier.signer.name)
    }
}

fn digits(point: &[u8; 32]) -> String {
    hex(&Sha256::digest(point)[..8])
}

fn encode(key: &[u8; 32]) -> String {
    STANDARD.encode([&[ED25519], &key[..]].concat())
}
