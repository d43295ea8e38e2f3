//! Edits of `moof` and `mdat`. A stranger's break the digest; here the station signs them itself.

use evidence::{finding::Code, statement::Link};

use crate::support::{boxes::*, check::*, forge::*};

/// Where the fields of the one allowed `moof` stand.
const SEQUENCE: usize = 20;
const TFHD_FLAGS: usize = 40;
const DECODE_TIME: usize = 60;
const COUNT: usize = 80;
const DATA_OFFSET: usize = 84;
const TABLE: usize = 88;

/// Fragment 2 so changed is refused for `code` at its place, though the station signed it.
#[track_caller]
fn refused(code: Code, change: impl Fn(&mut Vec<u8>, &mut Vec<u8>) + 'static) {
    let mut forge = forge();
    forge.edit_fragment = Box::new(move |i, header, media| {
        if i == 2 {
            let before = (header.clone(), media.clone());
            change(header, media);
            assert_ne!((&*header, &*media), (&before.0, &before.1), "nothing was changed");
        }
    });
    rejected_at(&forge.clip(), code, 2);
}

#[test]
fn a_strangers_edits_break_the_digest() {
    let parts = forge().parts();
    for at in [SEQUENCE, TFHD_FLAGS, DECODE_TIME, DATA_OFFSET, TABLE, parts[6].len() - 1] {
        let mut parts = parts.clone();
        parts[6][at] ^= 0x40;
        rejected_at(&parts.concat(), Code::FragmentDigest, 2);
    }
}

#[test]
fn data_offset_into_other_boxes() {
    // Behind this `mdat`: into LINK. Far behind: into another `mdat`. Before it: into the fragment before.
    for offset in [20_000_u32, 100_000, 8, (-3000_i32) as u32] {
        refused(Code::FragmentMoof, move |header, _| put(header, DATA_OFFSET, &offset.to_be_bytes()));
    }
}

#[test]
fn decode_time_reused() {
    for tick in [0_u64, 90_000, 180_001] {
        refused(Code::FragmentMoof, move |header, _| put(header, DECODE_TIME, &tick.to_be_bytes()));
    }
}

#[test]
fn sequence_number_reused() {
    refused(Code::FragmentMoof, |header, _| put(header, SEQUENCE, &2_u32.to_be_bytes()));
}

#[test]
fn base_of_the_data_or_another_sample_entry() {
    for flags in [0x02_0001_u32, 0x02_0002, 0x01_0000, 0] {
        refused(Code::FragmentMoof, move |header, _| put(header, TFHD_FLAGS, &flags.to_be_bytes()));
    }
}

#[test]
fn second_run_of_samples() {
    refused(Code::FragmentMoof, |header, _| {
        let run = header[68..header.len() - 8].to_vec();
        edit(header, &[b"moof", b"traf"], |traf| traf.extend(run));
    });
}

#[test]
fn fewer_samples_than_bytes() {
    // The run has one row less and `mdat` hides the last picture.
    refused(Code::FragmentMoof, |header, _| {
        put(header, COUNT, &9_u32.to_be_bytes());
    });
    refused(Code::FragmentFrames, |header, media| {
        let mdat = header.split_off(header.len() - 8);
        header.truncate(header.len() - 16);
        let n = 9_u32;
        put(header, 0, &(88 + 16 * n).to_be_bytes());
        put(header, 24, &(64 + 16 * n).to_be_bytes());
        put(header, 68, &(20 + 16 * n).to_be_bytes());
        put(header, COUNT, &n.to_be_bytes());
        put(header, DATA_OFFSET, &(96 + 16 * n).to_be_bytes());
        let sizes: u32 = header[TABLE..].chunks(16).map(|r| u32::from_be_bytes(r[4..8].try_into().unwrap())).sum();
        media.truncate(sizes as usize);
        header.extend((sizes + 8).to_be_bytes());
        header.extend(&mdat[4..]);
    });
}

#[test]
fn sync_flags() {
    refused(Code::FragmentMoof, |header, _| put(header, TABLE + 8, &[1, 1, 0, 0]));
    refused(Code::FragmentMoof, |header, _| put(header, TABLE + 24, &[2, 0, 0, 0]));
}

#[test]
fn samples_do_not_tile_their_bytes() {
    // One byte less, one more, and bytes behind the last sample.
    for more in [-1_i32, 1] {
        refused(Code::FragmentMoof, move |header, _| {
            let size = i32::from_be_bytes(header[TABLE + 4..TABLE + 8].try_into().unwrap());
            put(header, TABLE + 4, &(size + more).to_be_bytes());
        });
    }
    refused(Code::ContainerBoxes, |_, media| media.extend([0; 5]));
    refused(Code::ContainerBoxes, |_, media| media.truncate(media.len() - 1));
    refused(Code::FragmentMoof, |header, media| {
        media.extend([0, 0, 0, 1, 9]);
        let size = media.len() as u32 + 8;
        let at = header.len() - 8;
        put(header, at, &size.to_be_bytes());
    });
}

#[test]
fn a_sample_takes_a_byte_of_the_next() {
    refused(Code::H264Sample, |header, _| {
        for (row, more) in [(0, 1_i32), (1, -1)] {
            let at = TABLE + 16 * row + 4;
            let size = i32::from_be_bytes(header[at..at + 4].try_into().unwrap());
            put(header, at, &(size + more).to_be_bytes());
        }
    });
}

#[test]
fn durations_of_samples() {
    // Played at twice the speed: half the ticks are missing.
    refused(Code::FragmentTimes, |header, _| {
        for row in 0..10 {
            put(header, TABLE + 16 * row, &4500_u32.to_be_bytes());
        }
    });
    // One picture stands for no time, and its time is the next one's.
    refused(Code::FragmentTimes, |header, _| put(header, TABLE, &0_u32.to_be_bytes()));
}

#[test]
fn twice_the_speed_with_matching_offsets() {
    refused(Code::FragmentFrames, |header, _| {
        for row in 0..10 {
            let at = TABLE + 16 * row;
            put(header, at, &4500_u32.to_be_bytes());
            let offset = i32::from_be_bytes(header[at + 12..at + 16].try_into().unwrap());
            put(header, at + 12, &(offset / 2).to_be_bytes());
        }
    });
}

#[test]
fn pictures_out_of_their_fragment_or_at_the_same_time() {
    // Beyond the end, before the beginning, on top of another one.
    for offset in [90_000_i32, -18_000, 0] {
        refused(Code::FragmentTimes, move |header, _| put(header, TABLE + 16 + 12, &offset.to_be_bytes()));
    }
}

#[test]
fn pictures_in_another_order_than_they_were_taken() {
    // The times are those of the fragment, but two pictures change places.
    refused(Code::H264Order, |header, _| {
        let offset = |row: usize| TABLE + 16 * row + 12;
        let at = |header: &[u8], row| i32::from_be_bytes(header[offset(row)..offset(row) + 4].try_into().unwrap());
        let (a, b) = (at(header, 8) + 8 * 9000, at(header, 9) + 9 * 9000);
        put(header, offset(8), &(b - 8 * 9000).to_be_bytes());
        put(header, offset(9), &(a - 9 * 9000).to_be_bytes());
    });
}

/// A clip whose last GOP has these durations, honestly signed; its pictures are those of GOP 1 (shown as decoded).
fn with_durations(durations: &[u32]) -> Forge {
    let mut forge = forge();
    let gop = forge.spans[1].gop.as_mut().unwrap();
    let mut now = 0;
    let shown: Vec<i64> = gop
        .samples
        .iter()
        .scan(0_i64, |t, s| {
            let d = *t;
            *t += i64::from(s.duration);
            Some(d + i64::from(s.offset))
        })
        .collect();
    let mut by: Vec<usize> = (0..shown.len()).collect();
    by.sort_by_key(|&i| shown[i]);
    let mut place = vec![0_i64; shown.len()];
    let mut starts = vec![];
    for duration in durations {
        starts.push(now);
        now += i64::from(*duration);
    }
    for (n, i) in by.into_iter().enumerate() {
        place[i] = starts[n];
    }
    let mut decoded = 0;
    for (i, sample) in gop.samples.iter_mut().enumerate() {
        sample.duration = durations[i];
        sample.offset = (place[i] - decoded) as i32;
        decoded += i64::from(durations[i]);
    }
    forge.spans.truncate(2);
    forge
}

#[test]
fn uneven_durations_are_honest() {
    verified(&with_durations(&[9000, 8000, 10_000, 9000, 9000, 9000, 9000, 9000, 4000, 14_000]).clip(), &[]);
}

#[test]
fn longer_than_two_seconds() {
    verified(&with_durations(&[18_000; 10]).clip(), &[]);
    rejected_at(&with_durations(&[18_001; 10]).clip(), Code::StatementGrammar, 1);
}

#[test]
fn a_sample_longer_than_a_second() {
    let mut durations = [9000; 10];
    durations[9] = 90_000;
    verified(&with_durations(&durations).clip(), &[]);
    durations[9] = 90_001;
    rejected_at(&with_durations(&durations).clip(), Code::FragmentTimes, 1);
}

#[test]
fn frames_with_length_0_or_none_with_length() {
    let edits: [fn(&mut Link); 4] = [
        |link| link.frames = 0,
        |link| (link.length, link.frames) = (0, 0),
        |link| link.fragment = None,
        |link| link.length = 0,
    ];
    for edit in edits {
        let mut forge = forge();
        forge.edit_link = Box::new(move |link| {
            if link.index == 2 {
                edit(link)
            }
        });
        rejected_at(&forge.clip(), Code::StatementGrammar, 2);
    }
    let mut forge = forge();
    forge.spans[2].gop = None;
    forge.spans[2].gap_ticks = 90_000;
    forge.edit_link = Box::new(|link| {
        if link.index == 2 {
            link.frames = 10
        }
    });
    rejected_at(&forge.clip(), Code::StatementGrammar, 2);
}

#[test]
fn signed_length_or_number_of_frames_is_another() {
    let edits: [Refused; 3] = [
        (|link| link.length += 1, Code::FragmentLength),
        (|link| link.frames += 1, Code::FragmentFrames),
        (|link| link.ticks.1 += 1, Code::FragmentFrames),
    ];
    for (edit, code) in edits {
        let mut forge = forge();
        forge.edit_link = Box::new(move |link| {
            if link.index == 2 {
                edit(link)
            }
        });
        rejected_at(&forge.clip(), code, 2);
    }
}

#[test]
fn media_before_a_link_of_length_0() {
    let mut parts = forge().parts();
    let mut forge = forge();
    forge.spans[1] = gap(90_000);
    let others = forge.parts();
    parts[5..].clone_from_slice(&others[5..]);
    parts[3].clone_from(&others[3]);
    rejected_at(&parts.concat(), Code::FragmentLength, 1);
}
