//! Verifies clips and says what must come of it.

use evidence::{
    finding::Code,
    trust::Trust,
    verdict::{Report, Verdict},
};

use super::forge::{Forge, Material, key};
pub use super::judge::{add_file, report};

/// Ticks between the frames of the material: 10 frames a second.
pub const TICK: u32 = 9000;

/// Four seconds of pictures with B-frames, in four GOPs of ten.
pub fn material() -> Material {
    Material::from_mp4(include_bytes!("../data/material.mp4"), TICK)
}

/// An honest clip, to be changed.
pub fn forge() -> Forge {
    Forge::new(material(), TICK)
}

/// Trusts the key that signs forged clips.
pub fn trust() -> Trust {
    let mut trust = Trust::default();
    add_file(&mut trust, &key(1).verifier().to_string()).expect("the test key");
    trust
}

/// The report of a clip under the key that signs forged clips.
pub fn checked(clip: &[u8]) -> Report {
    report(clip, &trust(), None)
}

/// The clip is VERIFIED, and each of these is noted.
#[track_caller]
pub fn verified(clip: &[u8], notes: &[Code]) -> Report {
    let report = checked(clip);
    assert_eq!(report.verdict, Verdict::Verified, "{:?}", report.findings);
    assert_eq!(report.verdict.exit_status(), 0);
    noted(&report, notes);
    report
}

/// The clip is PARTIAL, and each of these is noted.
#[track_caller]
pub fn partial(clip: &[u8], notes: &[Code]) -> Report {
    let report = checked(clip);
    assert_eq!(report.verdict, Verdict::Partial, "{:?}", report.findings);
    assert_eq!(report.verdict.exit_status(), 4);
    noted(&report, notes);
    report
}

#[track_caller]
fn noted(report: &Report, codes: &[Code]) {
    for code in codes {
        assert!(report.has(*code), "{code:?} is not among {:?}", report.findings);
    }
}

/// The clip is REJECTED first of all for this.
#[track_caller]
pub fn rejected(clip: &[u8], code: Code) -> Report {
    let report = checked(clip);
    assert_eq!(report.refusal().map(|f| f.code), Some(code), "{:?}", report.findings);
    assert_eq!(report.verdict, Verdict::Rejected);
    assert_eq!(report.verdict.exit_status(), 1);
    report
}

/// The clip is REJECTED for this, at this second and LINK: the material's GOPs last one second each.
#[track_caller]
pub fn rejected_at(clip: &[u8], code: Code, fragment: u64) -> Report {
    let report = rejected(clip, code);
    let refusal = report.refusal().expect("a refusal");
    assert_eq!((refusal.fragment, refusal.tick), (Some(fragment), Some(fragment * 90_000)), "{code:?}");
    report
}

/// Nothing can be said about the file, for this.
#[track_caller]
pub fn unreadable(clip: &[u8], code: Code) -> Report {
    let report = checked(clip);
    noted(&report, &[code]);
    assert_eq!(report.verdict, Verdict::CouldNotCheck, "{:?}", report.findings);
    assert_eq!(report.verdict.exit_status(), 2);
    report
}
