//! Enrolment and revocation: what a root says of a station's key. Made where the root key is, never at a bench.

use super::{Source, statement};
use crate::{
    key::VerifierKey,
    value::{Hash, KeyName, Time, Value, choice},
};

/// Sources of pictures, in the order of [`Source::ALL`]: `usb,rtsp`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sources(Vec<Source>);

impl Sources {
    /// The sources for which this holds; `None` where it holds for none.
    pub fn new(holds: impl Fn(Source) -> bool) -> Option<Self> {
        let sources: Vec<Source> = Source::ALL.iter().copied().filter(|source| holds(*source)).collect();
        (!sources.is_empty()).then_some(Self(sources))
    }

    /// Whether this one is among them.
    pub fn contains(&self, source: Source) -> bool {
        self.0.contains(&source)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = Source> + '_ {
        self.0.iter().copied()
    }
}

impl Value for Sources {
    fn parse(text: &str) -> Option<Self> {
        let named = text.split(',').map(Source::parse).collect::<Option<Vec<_>>>()?;
        // Each once, in the one order.
        Self::new(|source| named.contains(&source)).filter(|sources| sources.0 == named)
    }

    fn write(&self, to: &mut String) {
        let words: Vec<&str> = self.iter().map(Source::as_str).collect();
        to.push_str(&words.join(","));
    }
}

statement!(
    /// A root says whose a key is, when, and for which sources. Travels in PROOF.
    Enrolment = "packseal/enrolment/v1",
    rule: |e| e.station.signer().name != e.root && e.not_after.is_none_or(|after| e.not_before <= after),
    {
        /// The signing key's name.
        "root" root: KeyName,
        /// The station's whole key.
        "station" station: VerifierKey,
        /// First moment.
        "not-before" not_before: Time,
        /// Last moment, if there is one.
        "not-after" not_after: Option<Time>,
        /// Where pictures may come from.
        "sources" sources: Sources,
        /// SHA-256 of an authority's certificate over the root's key.
        "certificate" certificate: Option<Hash>,
    }
);

choice!(
    /// Why a key is revoked.
    RevocationReason {
        /// Nobody knows where it is.
        Lost = "lost",
        /// Somebody else has it.
        Stolen = "stolen",
        /// The station is out of use.
        Retired = "retired",
        /// Somebody else may have it.
        Compromised = "compromised",
    }
);

statement!(
    /// A root says that a key signs nothing any more. Stands in a trust file.
    Revocation = "packseal/revocation/v1",
    rule: |r| r.station.signer().name != r.root,
    {
        /// The signing key's name.
        "root" root: KeyName,
        /// The station's whole key.
        "station" station: VerifierKey,
        /// From when on.
        "time" time: Time,
        /// Why.
        "reason" reason: RevocationReason,
    }
);
