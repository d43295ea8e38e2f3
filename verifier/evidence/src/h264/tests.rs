//! Each rule on H.264 (FORMAT.md, 1.3) is refused for itself: sets and slices are built bit by bit, one thing wrong.

mod build;

use build::{Bits, Pps, Slice, Sps, Vui, escaped, sample, sei, x264_text};

use super::{ParameterSets, Walker};
use crate::{
    bmff::{self, Sample},
    finding::Code,
    value::Size,
};

fn sets_of(sps: &Sps, pps: &Pps) -> Result<ParameterSets, Code> {
    ParameterSets::parse(&sps.nal(), &pps.nal())
}

fn vui(vui: Vui) -> Sps {
    Sps { vui: Some(vui), ..Sps::default() }
}

fn high() -> Sps {
    Sps { profile: 100, ..Sps::default() }
}

#[test]
fn sequence_parameter_sets_that_are_allowed() {
    let flat = (0..8).fold(Bits::default(), |b, _| b.u(1, 1).se(-8));
    for sps in [
        Sps::default(),
        Sps { profile: 66, constraints: 0xc0, ..Sps::default() },
        high(),
        Sps { scaling: Some(flat), ..high() },
        Sps { order_type: 2, ..Sps::default() },
        Sps { vui: None, ..Sps::default() },
        Sps { size: (256, 144), ..Sps::default() },
        Sps { crop: Some([0, 7, 0, 7]), ..Sps::default() },
        vui(Vui { aspect: None, colour: None, timing: false, ..Vui::default() }),
        vui(Vui { aspect: Some(0), overscan: Some(0), chroma_place: Some(5), ..Vui::default() }),
        vui(Vui { hrd: [Some(1), Some(32)], ..Vui::default() }),
        vui(Vui { colour: Some([6, 13, 5]), restriction: None, ..Vui::default() }),
        vui(Vui { restriction: Some([0, 4]), ..Vui::default() }),
    ] {
        assert!(sets_of(&sps, &Pps::default()).is_ok(), "{sps:?}");
    }
    let cropped = Sps { crop: Some([0, 7, 0, 3]), ..Sps::default() };
    assert_eq!(sets_of(&cropped, &Pps::default()).map(|s| s.size()), Ok(Size { width: 114, height: 90 }));
}

#[test]
fn sequence_parameter_sets_that_are_not() {
    for (what, sps) in [
        ("forbidden bit", Sps { header: 0xe7, ..Sps::default() }),
        ("no reference", Sps { header: 0x07, ..Sps::default() }),
        ("subset", Sps { header: 0x6f, ..Sps::default() }),
        ("extended profile", Sps { profile: 88, ..Sps::default() }),
        ("high 10", Sps { profile: 110, ..Sps::default() }),
        ("reserved bits", Sps { constraints: 1, ..Sps::default() }),
        ("id", Sps { id: 1, ..Sps::default() }),
        ("monochrome", Sps { chroma: [0, 0, 0, 0], ..high() }),
        ("4:2:2", Sps { chroma: [2, 0, 0, 0], ..high() }),
        ("luma depth", Sps { chroma: [1, 1, 0, 0], ..high() }),
        ("chroma depth", Sps { chroma: [1, 0, 1, 0], ..high() }),
        ("bypass", Sps { chroma: [1, 0, 0, 1], ..high() }),
        ("frame_num bits", Sps { frame_num_bits: 17, ..Sps::default() }),
        ("order type 1", Sps { order_type: 1, ..Sps::default() }),
        ("order bits", Sps { order_bits: 17, ..Sps::default() }),
        ("references", Sps { references: 17, ..Sps::default() }),
        ("gaps", Sps { gaps: 1, ..Sps::default() }),
        ("interlaced", Sps { frame_mbs_only: 0, ..Sps::default() }),
        ("wide", Sps { size: (257, 6), ..Sps::default() }),
        ("tall", Sps { size: (8, 145), ..Sps::default() }),
        ("huge", Sps { size: (u32::MAX, 6), ..Sps::default() }),
        ("crop left", Sps { crop: Some([1, 0, 0, 0]), ..Sps::default() }),
        ("crop right", Sps { crop: Some([0, 8, 0, 0]), ..Sps::default() }),
        ("crop top", Sps { crop: Some([0, 0, 1, 0]), ..Sps::default() }),
        ("crop bottom", Sps { crop: Some([0, 0, 0, 8]), ..Sps::default() }),
        ("too small", Sps { size: (1, 6), crop: Some([0, 1, 0, 0]), ..Sps::default() }),
        ("aspect 4:3", vui(Vui { aspect: Some(2), ..Vui::default() })),
        ("aspect of its own", vui(Vui { aspect: Some(255), ..Vui::default() })),
        ("overscan", vui(Vui { overscan: Some(1), ..Vui::default() })),
        ("primaries", vui(Vui { colour: Some([9, 1, 1]), ..Vui::default() })),
        ("PQ", vui(Vui { colour: Some([1, 16, 1]), ..Vui::default() })),
        ("HLG", vui(Vui { colour: Some([1, 18, 1]), ..Vui::default() })),
        ("RGB", vui(Vui { colour: Some([1, 1, 0]), ..Vui::default() })),
        ("chroma place", vui(Vui { chroma_place: Some(6), ..Vui::default() })),
        ("HRD", vui(Vui { hrd: [Some(33), None], ..Vui::default() })),
        ("reorder over buffering", vui(Vui { restriction: Some([5, 4]), ..Vui::default() })),
        ("references over buffering", vui(Vui { restriction: Some([0, 3]), ..Vui::default() })),
        ("buffering", vui(Vui { restriction: Some([0, 17]), ..Vui::default() })),
        ("more behind it", Sps { more: Bits::default().u(8, 0x55), ..Sps::default() }),
        ("zeros behind it", Sps { more: Bits::default().u(1, 1).u(16, 0), ..Sps::default() }),
    ] {
        assert_eq!(sets_of(&sps, &Pps::default()).err(), Some(Code::H264Sps), "{what}");
    }
}

#[test]
fn scaling_lists() {
    let one = |delta| (1..8).fold(Bits::default().u(1, 1).se(delta), |b, _| b.u(1, 0));
    // -8: the default list; anything else goes on for 16 entries.
    for (lists, good) in [(one(-8), true), (one(-129), false), (one(128), false), (Bits::default().u(1, 1), false)] {
        let sps = Sps { scaling: Some(lists), ..high() };
        assert_eq!(sets_of(&sps, &Pps::default()).is_ok(), good, "{sps:?}");
    }
}

#[test]
fn every_cut_of_a_set_is_refused() {
    let (sps, pps) = (vui(Vui { hrd: [Some(2), None], ..Vui::default() }).nal(), Pps::default().nal());
    for end in 0..sps.len() {
        assert_eq!(ParameterSets::parse(&sps[..end], &pps).err(), Some(Code::H264Sps), "{end}");
    }
    for end in 0..pps.len() {
        assert_eq!(ParameterSets::parse(&sps, &pps[..end]).err(), Some(Code::H264Pps), "{end}");
    }
    for more in [&[0][..], &[0x80], &[0, 0, 3], &[0, 0, 1, 0x67]] {
        assert_eq!(ParameterSets::parse(&[&sps, more].concat(), &pps).err(), Some(Code::H264Sps), "{more:?}");
        assert_eq!(ParameterSets::parse(&sps, &[&pps, more].concat()).err(), Some(Code::H264Pps), "{more:?}");
    }
    let long = [&sps[..], &[0x55; 600]].concat();
    assert_eq!(ParameterSets::parse(&long, &pps).err(), Some(Code::H264Sps));
}

#[test]
fn picture_parameter_sets() {
    let extra = || Some((1, None));
    assert!(sets_of(&Sps::default(), &Pps { weighted: [1, 2], references: [32, 32], ..Pps::default() }).is_ok());
    assert!(sets_of(&high(), &Pps { high: extra(), ..Pps::default() }).is_ok());
    for (what, pps) in [
        ("forbidden bit", Pps { header: 0xe8, ..Pps::default() }),
        ("no reference", Pps { header: 0x08, ..Pps::default() }),
        ("id", Pps { id: 1, ..Pps::default() }),
        ("set id", Pps { sps_id: 1, ..Pps::default() }),
        ("bottom field order", Pps { bottom_order: 1, ..Pps::default() }),
        ("slice groups", Pps { groups: 2, ..Pps::default() }),
        ("references", Pps { references: [33, 1], ..Pps::default() }),
        ("weights", Pps { weighted: [0, 3], ..Pps::default() }),
        ("redundant pictures", Pps { redundant: 1, ..Pps::default() }),
        ("High profile's fields", Pps { high: extra(), ..Pps::default() }),
        ("more behind it", Pps { more: Bits::default().u(16, 0x5555), ..Pps::default() }),
    ] {
        assert_eq!(sets_of(&Sps::default(), &pps).err(), Some(Code::H264Pps), "{what}");
    }
}

// Samples.

/// Four pictures, I P b P, decoded so and shown I b P P.
fn honest() -> Vec<Vec<Vec<u8>>> {
    vec![
        vec![Slice::default().nal()],
        vec![Slice::p(1, 4).nal()],
        vec![Slice::b(2, 2).nal()],
        vec![Slice::p(2, 6).nal()],
    ]
}

/// The samples of these pictures, shown in this order.
fn placed(pictures: &[Vec<Vec<u8>>], shown: &[i64]) -> (Vec<Sample>, Vec<u8>) {
    let media: Vec<Vec<u8>> = pictures.iter().map(|units| sample(units)).collect();
    let sizes: Vec<u32> = media.iter().map(|m| m.len() as u32).collect();
    let ticks: Vec<i64> = shown.iter().map(|place| place * 9000).collect();
    (bmff::place(&ticks, &sizes, 9000 * shown.len() as i64).expect("times that fit"), media.concat())
}

fn walk(sets: &ParameterSets, samples: &[Sample], media: &[u8]) -> Result<(), Code> {
    let mut walker = Walker::new(sets, samples);
    walker.feed(media)?;
    walker.finish()
}

fn sets() -> ParameterSets {
    sets_of(&Sps::default(), &Pps::default()).expect("the default sets")
}

/// What comes of these pictures, shown I b P P.
fn verdict(pictures: &[Vec<Vec<u8>>]) -> Result<(), Code> {
    let (samples, media) = placed(pictures, &[0, 2, 1, 3]);
    let whole = walk(&sets(), &samples, &media);
    // However the bytes come by, the answer is the same.
    for piece in [1, 3, 7] {
        let sets = sets();
        let mut walker = Walker::new(&sets, &samples);
        let fed = media.chunks(piece).try_for_each(|piece| walker.feed(piece));
        assert_eq!(fed.and_then(|()| walker.finish()), whole, "in pieces of {piece}");
    }
    whole
}

/// The honest pictures with one changed.
fn with(i: usize, units: Vec<Vec<u8>>) -> Result<(), Code> {
    let mut pictures = honest();
    pictures[i] = units;
    verdict(&pictures)
}

/// The honest pictures with these units before one.
fn before(i: usize, units: Vec<Vec<u8>>) -> Result<(), Code> {
    let mut pictures = honest();
    pictures[i].splice(0..0, units);
    verdict(&pictures)
}

#[test]
fn honest_pictures() {
    assert_eq!(verdict(&honest()), Ok(()));
    let text = x264_text("x264 - core 164 r3095 - options: me=hex");
    let aud = vec![0x09, 0x10];
    assert_eq!(before(0, vec![aud.clone(), Sps::default().nal(), Pps::default().nal(), text]), Ok(()));
    assert_eq!(before(2, vec![vec![0x09, 0xf0], Pps::default().nal()]), Ok(()));
    // Two slices, also with list modification and a reference given up.
    let second = Slice { first: 20, ..Slice::p(1, 4) };
    assert_eq!(with(1, vec![Slice::p(1, 4).nal(), second.nal()]), Ok(()));
    let busy = Slice { lists: vec![(0, 0), (1, 3)], marking: vec![(1, Some(0))], ..Slice::p(2, 6) };
    assert_eq!(with(3, vec![busy.nal()]), Ok(()));
}

#[test]
fn unit_types() {
    for kind in (0..32).filter(|kind| ![1, 5, 6, 7, 8, 9].contains(kind)) {
        for header in [kind, 0x60 | kind] {
            assert_eq!(before(1, vec![vec![header, 0x88, 0x84]]), Err(Code::H264Nal), "type {kind}");
            assert_eq!(before(1, vec![vec![header]]), Err(Code::H264Nal), "type {kind}");
        }
    }
    let data_partitions = vec![vec![0x42, 0x88, 0x80], vec![0x43, 0x88, 0x80], vec![0x44, 0x88, 0x80]];
    assert_eq!(with(1, data_partitions), Err(Code::H264Nal));
}

#[test]
fn supplemental_information() {
    // Buffering period, picture timing, pan-scan, recovery point, film grain, display orientation, frame packing,
    // registered and other unregistered user data.
    for kind in [0, 1, 2, 6, 19, 47, 45, 4, 137, 144, 255] {
        assert_eq!(before(1, vec![sei(kind, &[0x84, 0x21, 0x10])]), Err(Code::H264Nal), "payload {kind}");
    }
    assert_eq!(before(0, vec![sei(5, &[0x11; 20])]), Err(Code::H264Nal));
    for text in
        ["x264 - core 150", "x264 - core 33 r1", "x264 - core", "x264 - core -1", "x264 - core  164", "other", ""]
    {
        assert_eq!(before(0, vec![x264_text(text)]), Err(Code::H264Nal), "{text}");
    }
    for text in ["x264 - core 164 \u{1}", "x264 - core 164 \u{e9}", &format!("x264 - core 164 {}", "x".repeat(4096))] {
        assert_eq!(before(0, vec![x264_text(text)]), Err(Code::H264Nal), "{text}");
    }
    // A second message behind the text; no stop bit; a reference.
    let good = x264_text("x264 - core 164");
    let mut two = good.clone();
    two.pop();
    two.extend([47, 3, 0x84, 0x21, 0x10, 0x80]);
    assert_eq!(before(0, vec![two]), Err(Code::H264Nal));
    assert_eq!(before(0, vec![good[..good.len() - 1].to_vec()]), Err(Code::H264Nal));
    let mut reference = good;
    reference[0] = 0x26;
    assert_eq!(before(0, vec![reference]), Err(Code::H264Nal));
}

#[test]
fn parameter_sets_in_band() {
    let other = Sps { crop: Some([0, 4, 0, 0]), ..Sps::default() };
    assert_eq!(before(1, vec![other.nal()]), Err(Code::H264Nal));
    assert_eq!(before(1, vec![Pps { references: [2, 1], ..Pps::default() }.nal()]), Err(Code::H264Nal));
    assert_eq!(before(1, vec![Sps { header: 0x27, ..Sps::default() }.nal()]), Err(Code::H264Nal));
    let mut long = Sps::default().nal();
    long.push(0x80);
    assert_eq!(before(1, vec![long]), Err(Code::H264Nal));
}

#[test]
fn delimiters() {
    for unit in [&[0x09][..], &[0x09, 0x11], &[0x09, 0x00], &[0x09, 0x10, 0x80], &[0x29, 0x10], &[0x89, 0x10]] {
        assert_eq!(before(1, vec![unit.to_vec()]), Err(Code::H264Nal), "{unit:?}");
    }
    assert_eq!(before(1, vec![vec![0x09, 0x10], vec![0x09, 0x10]]), Err(Code::H264Nal));
    let late = vec![Slice::p(1, 4).nal(), vec![0x09, 0x10]];
    assert_eq!(with(1, late), Err(Code::H264Nal));
}

#[test]
fn units_behind_the_picture() {
    for unit in [Sps::default().nal(), Pps::default().nal(), x264_text("x264 - core 164")] {
        assert_eq!(with(1, vec![Slice::p(1, 4).nal(), unit]), Err(Code::H264Nal));
    }
}

#[test]
fn start_codes_within_units() {
    // A player that looks for start codes would find a unit of orientation, a parameter set, another picture.
    for inner in [&[0, 0, 1, 0x06, 47, 3, 1][..], &[0, 0, 0, 1, 0x67], &[0, 0, 2, 9], &[0, 0, 3, 4], &[0, 0, 0]] {
        for lead in 0..17 {
            let mut unit = Slice::p(1, 4).nal();
            unit.extend(vec![0x77; lead]);
            unit.extend(inner);
            unit.extend([0x55; 20]);
            assert_eq!(with(1, vec![unit]), Err(Code::H264Nal), "{inner:?} behind {lead}");
        }
    }
    for end in [&[0][..], &[0, 0], &[0, 0, 3, 0]] {
        let mut unit = Slice::p(1, 4).nal();
        unit.extend(end);
        assert_eq!(with(1, vec![unit]), Err(Code::H264Nal), "ends with {end:?}");
    }
    for good in [&[0, 0, 3][..], &[0, 0, 3, 0, 0, 3, 1, 0x80], &[0, 3, 0, 4, 1], &[0, 0, 4, 0, 0, 3]] {
        let mut unit = Slice::p(1, 4).nal();
        unit.extend(good);
        assert_eq!(with(1, vec![unit]), Ok(()), "{good:?}");
    }
    assert_eq!(escaped(1, [0, 0, 0, 0, 1]), [1, 0, 0, 3, 0, 0, 3, 1]);
}

#[test]
fn pictures_of_a_sample() {
    let p = Slice::p(1, 4);
    let second = |slice: Slice| with(1, vec![p.nal(), slice.nal()]);
    for (what, slice) in [
        ("two pictures", p.clone()),
        ("not further down", Slice { first: 0, ..p.clone() }),
        ("other frame_num", Slice { first: 9, frame_num: 2, ..p.clone() }),
        ("other order", Slice { first: 9, order: 6, ..p.clone() }),
        ("no reference", Slice { first: 9, header: 0x01, ..p.clone() }),
        ("other marking", Slice { first: 9, marking: vec![(1, Some(0))], ..p.clone() }),
        ("beyond the picture", Slice { first: 48, ..p.clone() }),
    ] {
        assert_eq!(second(slice), Err(Code::H264Slice), "{what}");
    }
    assert_eq!(with(1, vec![Slice { first: 1, ..p }.nal()]), Err(Code::H264Slice));
    let idr = Slice { first: 9, idr: 1, ..Slice::default() };
    assert_eq!(with(0, vec![Slice::default().nal(), idr.nal()]), Err(Code::H264Slice));
    // No picture at all.
    assert_eq!(with(1, vec![vec![0x09, 0x10]]), Err(Code::H264Sample));
}

#[test]
fn slice_heads() {
    for (what, slice) in [
        ("SP", Slice { kind: 8, ..Slice::p(1, 4) }),
        ("SI", Slice { kind: 9, ..Slice::p(1, 4) }),
        ("type 10", Slice { kind: 10, ..Slice::p(1, 4) }),
        ("another PPS", Slice { pps: 1, ..Slice::p(1, 4) }),
        ("long-term list", Slice { lists: vec![(2, 0)], ..Slice::p(1, 4) }),
        ("list of views", Slice { lists: vec![(4, 0)], ..Slice::p(1, 4) }),
        ("long-term given up", Slice { marking: vec![(2, Some(0))], ..Slice::p(1, 4) }),
        ("most long-term", Slice { marking: vec![(4, Some(1))], ..Slice::p(1, 4) }),
        ("all given up", Slice { marking: vec![(5, None)], ..Slice::p(1, 4) }),
        ("becomes long-term", Slice { marking: vec![(6, Some(0))], ..Slice::p(1, 4) }),
        ("cut", Slice { data: vec![], lists: vec![(0, 1); 3000], ..Slice::p(1, 4) }),
    ] {
        assert_eq!(with(1, vec![slice.nal()]), Err(Code::H264Slice), "{what}");
    }
    for (what, slice) in [
        ("no output of prior pictures", Slice { idr_marking: [1, 0], ..Slice::default() }),
        ("long-term reference", Slice { idr_marking: [0, 1], ..Slice::default() }),
        ("P in IDR", Slice { kind: 5, ..Slice::default() }),
        ("no reference", Slice { header: 0x05, ..Slice::default() }),
        ("frame_num", Slice { frame_num: 1, ..Slice::default() }),
    ] {
        assert_eq!(with(0, vec![slice.nal()]), Err(Code::H264Slice), "{what}");
    }
    assert_eq!(with(1, vec![vec![0x41]]), Err(Code::H264Slice));
    assert_eq!(with(1, vec![vec![0xc1, 0x9a, 0x24]]), Err(Code::H264Nal));
}

#[test]
fn idr_first_and_nowhere_else() {
    assert_eq!(with(0, vec![Slice { kind: 7, ..Slice::p(0, 0) }.nal()]), Err(Code::H264Nal));
    assert_eq!(with(1, vec![Slice::default().nal()]), Err(Code::H264Nal));
}

#[test]
fn order_of_pictures() {
    for (what, i, slice) in [
        ("first one is not 0", 0, Slice { order: 2, ..Slice::default() }),
        ("two at once", 2, Slice::b(2, 4)),
        ("before the first", 2, Slice::b(2, 62)),
        ("behind the next", 2, Slice::b(2, 8)),
        ("frame_num repeated", 3, Slice::p(1, 6)),
        ("frame_num left out", 3, Slice::p(3, 6)),
        ("frame_num of b", 2, Slice::b(1, 2)),
    ] {
        assert_eq!(with(i, vec![slice.nal()]), Err(Code::H264Order), "{what}");
    }
}

#[test]
fn shown_later_than_players_are_told() {
    let (samples, media) = placed(&honest(), &[0, 2, 1, 3]);
    for (restriction, good) in [(Some([1, 4]), true), (Some([0, 4]), false), (None, false)] {
        let sets = sets_of(&vui(Vui { restriction, ..Vui::default() }), &Pps::default()).expect("sets");
        assert_eq!(walk(&sets, &samples, &media), if good { Ok(()) } else { Err(Code::H264Order) }, "{restriction:?}");
    }
    let sets = sets_of(&Sps { vui: None, ..Sps::default() }, &Pps::default()).expect("sets");
    assert_eq!(walk(&sets, &samples, &media), Err(Code::H264Order));
}

#[test]
fn order_type_2_is_the_order_of_decoding() {
    let sps = Sps { order_type: 2, ..Sps::default() };
    let sets = sets_of(&sps, &Pps::default()).expect("sets");
    let pictures = |slices: &[Slice]| -> Vec<Vec<Vec<u8>>> { slices.iter().map(|s| vec![s.nal_of(&sps)]).collect() };
    let check = |slices: &[Slice], shown: &[i64]| {
        let (samples, media) = placed(&pictures(slices), shown);
        walk(&sets, &samples, &media)
    };
    let p = |n, reference: bool| Slice { header: if reference { 0x41 } else { 1 }, ..Slice::p(n, 0) };
    let good = [Slice::default(), p(1, true), p(2, false), p(2, true)];
    assert_eq!(check(&good, &[0, 1, 2, 3]), Ok(()));
    assert_eq!(check(&good, &[0, 2, 1, 3]), Err(Code::H264Order));
    // Two in a row that none refers to would have the same place.
    assert_eq!(check(&[Slice::default(), p(1, false), p(1, false)], &[0, 1, 2]), Err(Code::H264Order));
    assert_eq!(check(&[Slice::default(), p(0, true), p(0, true)], &[0, 1, 2]), Err(Code::H264Order));
}

#[test]
fn numbers_wrap() {
    // 40 pictures: frame_num has 4 bits, the order 6.
    let sps = Sps::default();
    let pictures: Vec<Vec<Vec<u8>>> = (0..40)
        .map(|n| if n == 0 { vec![Slice::default().nal()] } else { vec![Slice::p(n % 16, 2 * n % 64).nal_of(&sps)] })
        .collect();
    let shown: Vec<i64> = (0..40).collect();
    let media: Vec<Vec<u8>> = pictures.iter().map(|units| sample(units)).collect();
    let sizes: Vec<u32> = media.iter().map(|m| m.len() as u32).collect();
    let ticks: Vec<i64> = shown.iter().map(|place| place * 3000).collect();
    let samples = bmff::place(&ticks, &sizes, 120_000).expect("times that fit");
    assert_eq!(walk(&sets(), &samples, &media.concat()), Ok(()));
}

#[test]
fn lengths_of_units() {
    let (samples, media) = placed(&honest(), &[0, 2, 1, 3]);
    let second = samples[0].size as usize;
    for length in [0_u32, 1 << 31, u32::MAX, samples[1].size, samples[1].size - 3] {
        let mut media = media.clone();
        media[second..second + 4].copy_from_slice(&length.to_be_bytes());
        assert_eq!(walk(&sets(), &samples, &media), Err(Code::H264Sample), "{length}");
    }
    // One byte short of its sample: less than a length is left.
    let mut short = media.clone();
    short[second..second + 4].copy_from_slice(&(samples[1].size - 5).to_be_bytes());
    assert_eq!(walk(&sets(), &samples, &short), Err(Code::H264Sample));
    assert_eq!(walk(&sets(), &samples, &media[..media.len() - 1]), Err(Code::H264Sample));
    assert_eq!(walk(&sets(), &samples, &[&media[..], &[0]].concat()), Err(Code::H264Sample));
    assert_eq!(walk(&sets(), &samples, &[]), Err(Code::H264Sample));
    // A sample of no bytes, first, in the middle and last.
    for i in 0..=4 {
        let mut samples = samples.clone();
        samples.insert(i, Sample { duration: 1, size: 0, offset: 0 });
        assert_eq!(walk(&sets(), &samples, &media), Err(Code::H264Sample), "{i}");
    }
}
