//! Coded units that turn, cover or replace pictures, signed by the station itself.

use evidence::finding::Code;

use crate::support::{boxes::*, check::*, forge::*, nal::*};

/// A clip of the station with this unit before (or behind) the picture of a sample of GOP 2.
fn with_unit(sample: usize, unit: &[u8], behind: bool) -> Forge {
    let mut forge = forge();
    let gop = forge.spans[2].gop.as_mut().unwrap();
    let places: Vec<usize> = gop
        .samples
        .iter()
        .scan(0, |at, s| {
            let begin = *at;
            *at += s.size as usize;
            Some(begin)
        })
        .collect();
    let at = places[sample] + if behind { gop.samples[sample].size as usize } else { 0 };
    let bytes = crate::support::nal::sample(&[unit.to_vec()]);
    gop.samples[sample].size += bytes.len() as u32;
    gop.media.splice(at..at, bytes);
    forge
}

#[track_caller]
fn refused(unit: &[u8]) {
    for sample in [0, 3] {
        rejected_at(&with_unit(sample, unit, false).clip(), Code::H264Nal, 2);
        rejected_at(&with_unit(sample, unit, true).clip(), Code::H264Nal, 2);
    }
}

/// A clip of the station whose `avcC` has these parameter sets instead of the true ones.
#[track_caller]
fn refused_sets(sps: Option<Vec<u8>>, pps: Option<Vec<u8>>, code: Code) {
    let path: &[&[u8; 4]] = &[b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1", b"avcC"];
    let mut forge = forge();
    let sps = sps.unwrap_or(forge.material.sps.clone());
    let pps = pps.unwrap_or(forge.material.pps.clone());
    forge.edit_init = Box::new(move |init| {
        edit(init, path, |avcc| {
            let length = |set: &[u8]| (set.len() as u16).to_be_bytes();
            *avcc = [&[1][..], &sps[1..4], &[0xff, 0xe1], &length(&sps), &sps, &[1], &length(&pps), &pps].concat();
        });
    });
    rejected(&forge.clip(), code);
}

#[test]
fn honest_units() {
    let material = material();
    for unit in [vec![0x09, 0xf0], material.sps.clone(), material.pps.clone(), x264_text("x264 - core 164 r1")] {
        verified(&with_unit(3, &unit, false).clip(), &[]);
    }
}

#[test]
fn display_orientation() {
    // Turned by 180 degrees, repeated until told otherwise.
    refused(&sei(47, &[0x20, 0x00, 0x40, 0x18]));
}

#[test]
fn supplemental_information_that_players_act_on() {
    for kind in [0, 1, 2, 3, 4, 6, 9, 19, 22, 45, 47, 100, 137, 144, 147] {
        refused(&sei(kind, &[0x84, 0x21, 0x10, 0x08]));
    }
}

#[test]
fn second_parameter_set_in_band() {
    refused(&Sps { crop: Some([0, 4, 0, 4]), ..Sps::default() }.nal());
    refused(&Pps::default().nal());
    refused(&Sps { header: 0x6f, ..Sps::default() }.nal());
    refused(&[0x6d, 0x40, 0x80]);
}

#[test]
fn other_units() {
    // Data partitions, end of sequence and of stream, filler, prefix, auxiliary and layer pictures, unspecified.
    for kind in [2, 3, 4, 10, 11, 12, 14, 15, 19, 20, 21, 24, 28, 30, 31, 0] {
        refused(&[kind, 0x80]);
        refused(&[0x60 | kind, 0x88, 0x84, 0x00, 0x80]);
    }
}

#[test]
fn two_pictures_in_one_sample() {
    // A whole picture from the GOP before, behind this one's own.
    let gop = material().gops[1].clone();
    let first = gop.samples[0].size as usize;
    let second = &gop.media[first + 4..first + gop.samples[1].size as usize];
    rejected_at(&with_unit(3, second, true).clip(), Code::H264Slice, 2);
    rejected_at(&with_unit(3, second, false).clip(), Code::H264Slice, 2);
    let idr = Slice::default().nal();
    rejected_at(&with_unit(3, &idr, true).clip(), Code::H264Nal, 2);
    rejected_at(&with_unit(0, &idr, true).clip(), Code::H264Slice, 2);
}

#[test]
fn start_code_hidden_in_a_picture() {
    let mut forge = forge();
    let gop = forge.spans[2].gop.as_mut().unwrap();
    // Behind all that decides, at the end of the last picture.
    let at = gop.media.len() - 12;
    put(&mut gop.media, at, &[0, 0, 1, 0x06, 47, 3, 0x20, 0x40, 0x18, 0x80]);
    rejected_at(&forge.clip(), Code::H264Nal, 2);
}

#[test]
fn parameter_sets_that_lie() {
    for sps in [
        Sps { crop: Some([2, 0, 0, 0]), ..Sps::default() },
        Sps { crop: Some([0, 20, 0, 20]), ..Sps::default() },
        Sps { frame_mbs_only: 0, ..Sps::default() },
        Sps { vui: Some(Vui { aspect: Some(255), ..Vui::default() }), ..Sps::default() },
        Sps { vui: Some(Vui { colour: Some([9, 16, 9]), ..Vui::default() }), ..Sps::default() },
        Sps { vui: Some(Vui { overscan: Some(1), ..Vui::default() }), ..Sps::default() },
        Sps { gaps: 1, ..Sps::default() },
        Sps { profile: 122, ..Sps::default() },
    ] {
        refused_sets(Some(sps.nal()), None, Code::H264Sps);
    }
    for pps in
        [Pps { groups: 2, ..Pps::default() }, Pps { redundant: 1, ..Pps::default() }, Pps { id: 3, ..Pps::default() }]
    {
        refused_sets(None, Some(pps.nal()), Code::H264Pps);
    }
    // Of another size, all of it well signed but START's own words.
    refused_sets(Some(Sps { profile: 100, size: (7, 6), ..Sps::default() }.nal()), None, Code::ContainerInit);
}

#[test]
fn cropped_by_a_stranger() {
    // The header is built anew and consistent: only its digest tells.
    let mut forge = forge();
    let honest = forge.parts();
    forge.material.sps = Sps { profile: 100, crop: Some([0, 4, 0, 4]), ..Sps::default() }.nal();
    let cropped = forge.parts();
    rejected(&[&cropped[..1], &honest[1..]].concat().concat(), Code::StartInit);
}

#[test]
fn pictures_that_players_would_drop() {
    // The same pictures under an SPS that promises no reordering.
    let mut forge = forge();
    let promise =
        |reorder| Sps { vui: Some(Vui { restriction: Some([reorder, 4]), ..Vui::default() }), ..Sps::default() };
    let gop = |sps: &Sps| {
        let units = [
            Slice::default().nal_of(sps),
            Slice::p(1, 4).nal_of(sps),
            Slice::b(2, 2).nal_of(sps),
            Slice::p(2, 6).nal_of(sps),
        ];
        let media: Vec<Vec<u8>> =
            units.iter().map(|unit| crate::support::nal::sample(std::slice::from_ref(unit))).collect();
        let sizes: Vec<u32> = media.iter().map(|m| m.len() as u32).collect();
        let samples = evidence::bmff::place(&[0, 45_000, 22_500, 67_500], &sizes, 90_000).unwrap();
        Gop { samples, media: media.concat() }
    };
    forge.material.pps = Pps::default().nal();
    forge.rate = v("4/1");
    for (reorder, good) in [(1, true), (0, false)] {
        let sps = promise(reorder);
        forge.material.sps = sps.nal();
        for span in &mut forge.spans {
            span.gop = Some(gop(&sps));
        }
        if good {
            verified(&forge.clip(), &[])
        } else {
            rejected_at(&forge.clip(), Code::H264Order, 0)
        };
    }
}
