//! Signed notes (c2sp.org/signed-note) with exactly one Ed25519 signature (FORMAT.md, section 2).

use base64::{Engine, engine::general_purpose::STANDARD};

use crate::{
    finding::Code,
    key::{Signer, SigningKey, VerifierKey},
    value::{Hash, KeyName, Value},
};

/// Largest statement, in bytes.
pub const MAX_LENGTH: usize = 16 * 1024;

/// Begins a signature line: an em dash and a space.
pub(crate) const DASH: &str = "\u{2014} ";

/// A note taken apart, its signature not yet checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// What is said and signed, with its last line feed.
    pub text: String,
    /// Who signed, as the signature line has it.
    pub signer: Signer,
    /// The Ed25519 signature of `text`.
    pub signature: [u8; 64],
    /// SHA-256 of the whole note.
    pub hash: Hash,
}

impl Note {
    /// Takes a note apart.
    ///
    /// # Errors
    /// [`Code::NoteGrammar`] for every form but the one the specification allows.
    pub fn parse(bytes: &[u8]) -> Result<Self, Code> {
        Self::parts(bytes).ok_or(Code::NoteGrammar)
    }

    fn parts(bytes: &[u8]) -> Option<Self> {
        if bytes.len() > MAX_LENGTH {
            return None;
        }
        let note = std::str::from_utf8(bytes).ok()?;
        let (text, signature) = note.split_once("\n\n")?;
        let text = format!("{text}\n");
        if !text.lines().all(is_line) || text.contains('\r') {
            return None;
        }
        let (name, base64) = signature.strip_prefix(DASH)?.strip_suffix('\n')?.split_once(' ')?;
        let decoded: [u8; 68] = STANDARD.decode(base64).ok()?.try_into().ok()?;
        let (id, signature) = decoded.split_first_chunk::<4>()?;
        Some(Self {
            text,
            signer: Signer { name: KeyName::parse(name)?, id: *id },
            signature: signature.try_into().ok()?,
            hash: Hash::of(bytes),
        })
    }

    /// Checks the signature.
    ///
    /// # Errors
    /// [`Code::NoteSignature`] where it is not this key's.
    pub fn verify(&self, key: &VerifierKey) -> Result<(), Code> {
        if self.signer != *key.signer() {
            return Err(Code::NoteSignature);
        }
        key.verify(self.text.as_bytes(), &self.signature).then_some(()).ok_or(Code::NoteSignature)
    }
}

/// Whether this is a line of a note's text: printable ASCII, not empty, no space at either end.
fn is_line(line: &str) -> bool {
    !line.is_empty()
        && !line.starts_with(' ')
        && !line.ends_with(' ')
        && line.bytes().all(|b| (0x20..0x7f).contains(&b))
}

/// The signed note of `text`, whose last character is a line feed.
pub fn sign(text: &str, key: &SigningKey) -> Vec<u8> {
    let signer = key.verifier().signer();
    let mut signature = signer.id.to_vec();
    signature.extend(key.sign(text.as_bytes()));
    format!("{text}\n{DASH}{} {}\n", signer.name, STANDARD.encode(signature)).into_bytes()
}

/// Whether `bytes` may be the beginning of a signature part (what follows the text's last line feed) by `signer`.
pub(crate) fn is_signature_prefix(bytes: &[u8], signer: &Signer) -> bool {
    let known = format!("\n{DASH}{} ", signer.name).into_bytes();
    let (head, rest) = bytes.split_at(bytes.len().min(known.len()));
    let base64 = |&b: &u8| b.is_ascii_alphanumeric() || b"+/=".contains(&b);
    // 68 bytes are 92 characters; the line feed behind them would make the note whole.
    known.starts_with(head) && rest.len() <= 92 && rest.iter().all(base64)
}
