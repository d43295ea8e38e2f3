//! Edits of `ftyp` and `moov`, by a stranger and signed by the station itself.

use evidence::finding::Code;

use crate::support::{boxes::*, check::*};

const TRAK: [&[u8; 4]; 2] = [b"moov", b"trak"];
const STBL: [&[u8; 4]; 5] = [b"moov", b"trak", b"mdia", b"minf", b"stbl"];
const AVC1: [&[u8; 4]; 7] = [b"moov", b"trak", b"mdia", b"minf", b"stbl", b"stsd", b"avc1"];

fn path<'a>(base: &[&'a [u8; 4]], more: &[&'a [u8; 4]]) -> Vec<&'a [u8; 4]> {
    [base, more].concat()
}

/// The header so changed is refused for `code`: in a clip that somebody changed, and in one the station signed so.
#[track_caller]
fn refused(code: Code, change: impl Fn(&mut Vec<u8>) + Clone + 'static) {
    let mut forge = forge();
    let mut parts = forge.parts();
    let before = parts[0].clone();
    change(&mut parts[0]);
    assert_ne!(parts[0], before, "nothing was changed");
    rejected(&parts.concat(), code);
    forge.edit_init = Box::new(change);
    rejected(&forge.clip(), code);
}

#[track_caller]
fn form(change: impl Fn(&mut Vec<u8>) + Clone + 'static) {
    refused(Code::ContainerInit, change);
}

#[test]
fn edit_list() {
    let elst =
        [&[0, 0, 0, 0, 0, 0, 0, 1][..], &90_000_u32.to_be_bytes(), &9000_u32.to_be_bytes(), &[0, 1, 0, 0]].concat();
    form(move |init| edit(init, &TRAK, |trak| trak.extend(boxed(b"edts", &boxed(b"elst", &elst)))));
}

#[test]
fn user_data_and_metadata() {
    form(|init| edit(init, &[b"moov"], |moov| moov.extend(boxed(b"udta", b"hello"))));
    form(|init| edit(init, &[b"moov"], |moov| moov.extend(boxed(b"meta", &[0; 4]))));
    form(|init| edit(init, &TRAK, |trak| trak.extend(boxed(b"udta", &boxed(b"name", b"hello")))));
}

#[test]
fn free_box() {
    refused(Code::ContainerBoxes, |init| init.extend(boxed(b"free", b"hidden")));
    form(|init| {
        let free = boxed(b"free", b"hidden");
        init.splice(24..24, free);
    });
    form(|init| edit(init, &[b"moov"], |moov| moov.extend(boxed(b"free", b"hidden"))));
    form(|init| edit(init, &STBL, |stbl| stbl.extend(boxed(b"skip", &[]))));
}

#[test]
fn brand() {
    form(|init| put(init, 8, b"isom"));
    form(|init| put(init, 12, &[0, 0, 2, 0]));
    form(|init| put(init, 20, b"qt  "));
    form(|init| edit(init, &[b"ftyp"], |ftyp| ftyp.extend(b"qt  ")));
}

#[test]
fn movie_header() {
    // Duration, rate, time scale, matrix, next track: each alone.
    for (at, new) in [(16, 1_u32), (20, 0x20000), (12, 45_000), (36, 0), (96, 3)] {
        form(move |init| edit(init, &[b"moov", b"mvhd"], |mvhd| put(mvhd, at, &new.to_be_bytes())));
    }
}

#[test]
fn version_1_movie_header() {
    form(|init| {
        edit(init, &[b"moov", b"mvhd"], |mvhd| {
            mvhd[0] = 1;
            let zeros = [0; 12];
            mvhd.splice(4..4, zeros);
        });
    });
}

#[test]
fn rotated_by_the_track_matrix() {
    form(|init| {
        edit(init, &path(&TRAK, &[b"tkhd"]), |tkhd| {
            put(tkhd, 40, &0xffff_0000_u32.to_be_bytes());
            put(tkhd, 56, &0xffff_0000_u32.to_be_bytes());
        });
    });
}

#[test]
fn track_disabled() {
    form(|init| edit(init, &path(&TRAK, &[b"tkhd"]), |tkhd| tkhd[3] = 0));
}

#[test]
fn shown_in_another_size() {
    form(|init| edit(init, &path(&TRAK, &[b"tkhd"]), |tkhd| put(tkhd, 76, &[0, 64])));
    form(|init| edit(init, &AVC1, |avc1| put(avc1, 24, &[0, 64])));
}

#[test]
fn played_at_twice_the_speed() {
    let mdhd: &[&[u8; 4]] = &[b"moov", b"trak", b"mdia", b"mdhd"];
    form(move |init| edit(init, mdhd, |mdhd| put(mdhd, 12, &180_000_u32.to_be_bytes())));
}

#[test]
fn second_sample_entry() {
    form(|init| {
        edit(init, &path(&STBL, &[b"stsd"]), |stsd| {
            let entry = stsd[8..].to_vec();
            stsd.extend(entry);
            stsd[7] = 2;
        });
    });
}

#[test]
fn second_track() {
    form(|init| {
        edit(init, &[b"moov"], |moov| {
            let mut sound = boxed(b"trak", &[boxed(b"tkhd", &[0; 84]), boxed(b"mdia", b"")].concat());
            sound[19] = 3;
            moov.extend(sound);
        });
    });
}

#[test]
fn pictures_from_another_file() {
    form(|init| {
        edit(init, &[b"moov", b"trak", b"mdia", b"minf", b"dinf", b"dref", b"url "], |url| {
            url[3] = 0;
            url.extend(b"http://elsewhere/\0");
        });
    });
}

#[test]
fn aperture_and_pixel_shape_and_colour() {
    for (kind, content) in [(b"clap", vec![0; 32]), (b"pasp", vec![0, 0, 0, 2, 0, 0, 0, 1]), (b"colr", vec![0; 11])] {
        form(move |init| edit(init, &AVC1, |avc1| avc1.extend(boxed(kind, &content))));
    }
}

#[test]
fn samples_in_the_header() {
    form(|init| {
        edit(init, &path(&STBL, &[b"stts"]), |stts| {
            stts[7] = 1;
            stts.extend([0, 0, 0, 1, 0, 0, 0x23, 0x28]);
        });
    });
}

#[test]
fn defaults_of_another_sample_entry() {
    form(|init| edit(init, &[b"moov", b"mvex", b"trex"], |trex| trex[11] = 2));
}

#[test]
fn second_parameter_set_in_the_header() {
    form(|init| {
        edit(init, &path(&AVC1, &[b"avcC"]), |avcc| {
            let sps = 6..8 + usize::from(avcc[7]);
            let copy = avcc[sps.clone()].to_vec();
            avcc.splice(sps.end..sps.end, copy);
            avcc[5] = 0xe2;
        });
    });
}

#[test]
fn shorter_lengths_of_units() {
    form(|init| edit(init, &path(&AVC1, &[b"avcC"]), |avcc| avcc[4] = 0xfd));
}

#[test]
fn profile_beside_the_parameter_set() {
    form(|init| edit(init, &path(&AVC1, &[b"avcC"]), |avcc| avcc[3] ^= 1));
}

#[test]
fn sizes_0_and_1() {
    // The last box of a file may have size 0; a 64-bit size follows where it is 1.
    form(|init| put(init, 24, &[0, 0, 0, 0]));
    form(|init| {
        let length = init.len() as u64 - 24 + 8;
        let wide = [&[0, 0, 0, 1][..], b"moov", &length.to_be_bytes()].concat();
        init.splice(24..32, wide);
    });
    form(|init| {
        let wide = [&[0, 0, 0, 1][..], b"ftyp", &32_u64.to_be_bytes()].concat();
        init.splice(0..8, wide);
    });
}

#[test]
fn size_of_64_bits_in_the_body() {
    let parts = forge().parts();
    for (part, code) in [(2, Code::FragmentMoof), (3, Code::ContainerBoxes), (10, Code::ContainerBoxes)] {
        let mut zero = parts.clone();
        put(&mut zero[part], 0, &[0; 4]);
        rejected(&zero.concat(), code);
        let mut wide = parts.clone();
        let length = wide[part].len() as u64 + 8;
        put(&mut wide[part], 0, &[0, 0, 0, 1]);
        let large = length.to_be_bytes();
        wide[part].splice(8..8, large);
        rejected(&wide.concat(), code);
    }
    // `mdat` is the last thing of its part: its size stands behind `moof`.
    let moof = u32::from_be_bytes(parts[2][..4].try_into().unwrap()) as usize;
    for size in [0_u32, 1, 7] {
        let mut parts = parts.clone();
        put(&mut parts[2], moof, &size.to_be_bytes());
        rejected_at(&parts.concat(), Code::ContainerBoxes, 0);
    }
}

#[test]
fn fragments_larger_than_allowed() {
    let parts = forge().parts();
    let moof = u32::from_be_bytes(parts[6][..4].try_into().unwrap()) as usize;
    let sized = |at: usize, size: u32| {
        let mut parts = parts.clone();
        put(&mut parts[6], at, &size.to_be_bytes());
        parts.concat()
    };
    rejected_at(&sized(moof, 64 * 1024 * 1024), Code::ContainerLimits, 2);
    rejected_at(&sized(moof, u32::MAX), Code::ContainerLimits, 2);
    // No samples, 241 of them, and no whole number of them.
    for size in [88, 88 + 16 * 241, 88 + 17, 8, u32::MAX] {
        rejected_at(&sized(0, size), Code::FragmentMoof, 2);
    }
}
