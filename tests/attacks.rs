//! Every row of the known attacks on sealed clips, by name.

mod support;

use support::forge::*;

#[test]
fn untouched_clip_is_verified() {
    let forge = Forge::new(Material::from_mp4(include_bytes!("data/material.mp4"), 9000), 9000);
    let clip = forge.clip();
    let mut trust = evidence::trust::Trust::default();
    trust.add_station(&forge.key.verifier().to_string()).unwrap();
    let report = evidence::verify::verify(
        &clip[..],
        evidence::verify::Request { trust: &trust, order: None, threads: 2, progress: &mut |_, _| () },
    )
    .unwrap();
    println!("{report:#?}");
    assert_eq!(report.verdict.exit_status(), 0);
}
