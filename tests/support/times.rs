//! Forged clips with a ledger of their own, and time tokens over it.
#![allow(dead_code, reason = "shared by tests that need different parts of it")]

use evidence::{
    ledger::{Checkpoint, Entry, EntryKind, Inclusion, tree},
    statement::Statement,
    value::{Hash, Id, Time},
};

use crate::{
    authority::{Authority, Info, der},
    support::{forge::*, proofs::proof_of},
};

/// 1 s.
pub const S: i64 = 1_000_000;

/// What stands in a statement's box behind its header.
fn note(part: &[u8]) -> &[u8] {
    &part[24..]
}

/// A clip's four parts of the ledger, whose only entries are its own; and the checkpoint.
pub fn ledger(parts: &[Vec<u8>]) -> (Vec<(&'static str, Vec<u8>)>, Vec<u8>) {
    let entry = |kind, statement: &[u8]| {
        let (clip, sequence, statement) = (Some(Id([7; 16])), Some(1), Hash::of(note(statement)));
        Entry { kind, clip, sequence, time: Time(T0), statement, order_tag: None }.text().into_bytes()
    };
    let (start, end) = (entry(EntryKind::Start, &parts[1]), entry(EntryKind::End, parts.last().unwrap()));
    let leaves = [tree::leaf(&start), tree::leaf(&end)];
    let checkpoint = Checkpoint::seal(2, tree::node(&leaves[0], &leaves[1]), &key(1));
    let inclusion = |index: u64| Inclusion::text(index, &[leaves[1 - index as usize]], &checkpoint);
    let parts = vec![
        ("start-entry", start),
        ("start-inclusion", inclusion(0)),
        ("end-entry", end),
        ("end-inclusion", inclusion(1)),
    ];
    (parts, checkpoint)
}

/// µs since 1970 as an authority writes them.
pub fn written(us: i64) -> String {
    let text: String = Time(us).to_string().chars().filter(|c| c.is_ascii_digit() || *c == '.').collect();
    let (whole, fraction) = text.split_once('.').unwrap();
    match fraction.trim_end_matches('0') {
        "" => format!("{whole}Z"),
        fraction => format!("{whole}.{fraction}Z"),
    }
}

/// Makes tokens with any time.
pub struct Clock(pub Authority);

impl Clock {
    pub fn new(name: &str) -> Self {
        Self(Authority::new(name))
    }

    /// By this signer, over data with this SHA-256, at this time, right to so many seconds.
    pub fn token_by(&self, signer: &str, of: &Hash, us: i64, seconds: u8) -> Vec<u8> {
        let mut info = Info::new(&of.0, &written(us));
        if seconds > 0 {
            info.rest = der(0x30, &der(2, &[seconds]));
        }
        self.0.token(&[signer], &[], &["-cades"], &info.to_der())
    }

    /// By a good signer.
    pub fn token(&self, of: &Hash, us: i64) -> Vec<u8> {
        self.token_by("p256", of, us, 0)
    }
}

/// A clip that names this token, taken at this time.
pub fn naming(mut forge: Forge, token: &[u8], us: i64) -> Forge {
    let (hash, before) = (Hash::of(token), forge.edit_start);
    forge.edit_start = Box::new(move |start| {
        before(start);
        (start.time_token, start.time_token_time) = (Some(hash), Some(Time(us)));
    });
    forge
}

/// The clip with these parts of PROOF, and those of its ledger with tokens made of the checkpoint's SHA-256.
pub fn sealed(forge: &Forge, more: &[(&str, &[u8])], tokens: impl FnOnce(&Hash) -> Vec<Vec<u8>>) -> Vec<u8> {
    let parts = forge.parts();
    let (ledger, checkpoint) = ledger(&parts);
    let tokens = tokens(&Hash::of(&checkpoint));
    let mut all: Vec<(&str, &[u8])> = more.to_vec();
    all.extend(ledger.iter().map(|(kind, bytes)| (*kind, &bytes[..])));
    all.extend(tokens.iter().map(|token| ("time-token", &token[..])));
    let clip = parts.concat();
    let proof = proof_of(&clip, &all, &key(1));
    [clip, proof].concat()
}
