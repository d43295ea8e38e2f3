use ffmpeg::format::Pixel;

use super::*;
use crate::capture::nal::kind;

pub(crate) const SMALL: Shape = Shape {
    width: 320,
    height: 240,
    format: Pixel::YUV420P,
    full_range: false,
    matrix: color::Space::Unspecified,
    primaries: color::Primaries::Unspecified,
    transfer: color::TransferCharacteristic::Unspecified,
};

fn settings(preset: &str) -> protocol::Encoder {
    protocol::Encoder { preset: preset.into(), crf: 25.0 }
}

/// A picture with something in it that moves.
fn picture(number: usize) -> frame::Video {
    let mut picture = frame::Video::new(Pixel::YUV420P, SMALL.width, SMALL.height);
    for plane in 1..3 {
        picture.data_mut(plane).fill(128);
    }
    let stride = picture.stride(0);
    for (at, luma) in picture.data_mut(0).iter_mut().enumerate() {
        *luma = ((at % stride * 3 + at / stride * 5 + number * 7) % 200) as u8 + 20;
    }
    picture
}

/// Feeds `frames` frames, a GOP every `unit`. Gives the pictures, and the most frames that were held back.
fn encode(encoder: &mut X264, frames: usize, unit: usize, frame_us: i64) -> (Vec<Encoded>, usize) {
    let (mut out, mut held) = (Vec::new(), 0);
    for number in 0..frames {
        encoder.push(&mut picture(number), number as i64 * frame_us, number % unit == 0).unwrap();
        while let Some(encoded) = encoder.pull().unwrap() {
            out.push(encoded);
        }
        held = held.max(number + 1 - out.len());
    }
    encoder.drain().unwrap();
    while let Some(encoded) = encoder.pull().unwrap() {
        out.push(encoded);
    }
    (out, held)
}

fn kinds(encoded: &Encoded) -> Vec<u8> {
    let mut sample = Vec::new();
    encoded.write(&mut sample);
    nal::length_prefixed(&sample, 4).map(|nal| nal::kind_of(nal.unwrap())).collect()
}

#[test]
fn the_delay_is_bounded_in_seconds_at_every_rate_and_preset() {
    for (frames, seconds) in [(3, 1), (5, 1), (10, 1), (15, 1), (25, 1), (30_000, 1001), (30, 1), (60, 1), (120, 1)] {
        for preset in ["ultrafast", "superfast", "veryfast", "medium", "slower"] {
            let rate = Rate { frames, seconds };
            let fps = rate.per_second();
            let mut encoder = X264::open(SMALL, rate, &settings(preset)).unwrap();
            let unit = rate.gop_frames() as usize;
            let (out, held) = encode(&mut encoder, (fps * 2.5) as usize, unit, rate.frame_us());
            assert_eq!(out.len(), (fps * 2.5) as usize);
            assert!(held <= encoder.delay(), "{preset} at {fps}/s holds {held}, not {}", encoder.delay());
            assert!(held as f64 / fps <= 0.65, "{preset} at {fps}/s holds {held}");
            assert!((unit + held + 1) as f64 / fps <= 1.75, "{preset} at {fps}/s holds {held}");
        }
    }
}

#[test]
fn many_cores_do_not_lengthen_the_delay() {
    for fps in 3..=120 {
        let delay = Delay::bounded(Rate { frames: fps, seconds: 1 }, "veryfast", 64).frames();
        assert!(delay as f64 / f64::from(fps) <= 0.65, "{delay} at {fps}/s");
    }
    // At the usual rate x264 looks further ahead than by itself.
    let usual = Delay { threads: 3, look_ahead: 15, b_frames: 3 };
    assert_eq!(Delay::bounded(Rate { frames: 30, seconds: 1 }, "veryfast", 2), usual);
}

#[test]
fn gops_begin_with_an_idr_where_asked_and_nowhere_else() {
    // Before x264's own turn, and in it.
    for unit in [7, 10] {
        let mut encoder = X264::open(SMALL, Rate { frames: 10, seconds: 1 }, &settings("veryfast")).unwrap();
        let (out, _) = encode(&mut encoder, 45, unit, 100_000);
        let mut gops = out.chunk_by(|_, next| !kinds(next).contains(&kind::IDR));
        let (unit, mut first) = (unit as i64, 0);
        for gop in &mut gops {
            let mut times: Vec<i64> = gop.iter().map(|e| e.time_us / 100_000).collect();
            assert_eq!(times[0], first, "the key frame is shown first");
            times.sort_unstable();
            // All frames of the GOP, and no other's.
            assert_eq!(times, (first..(first + unit).min(45)).collect::<Vec<_>>());
            first += unit;
        }
        assert!(first >= 45);
        assert!(out.iter().flat_map(kinds).all(|k| [kind::SLICE, kind::IDR, kind::SEI].contains(&k)));
    }
}

#[test]
fn an_encoder_opened_anew_has_the_same_parameter_sets_and_begins_a_gop() {
    let mut encoder = X264::open(SMALL, Rate { frames: 10, seconds: 1 }, &settings("veryfast")).unwrap();
    let sets = encoder.sets().clone();
    encode(&mut encoder, 5, 10, 100_000);
    encoder.reopen().unwrap();
    assert_eq!(*encoder.sets(), sets);
    let (out, _) = encode(&mut encoder, 3, 10, 100_000);
    assert!(kinds(&out[0]).contains(&kind::IDR));
}

#[test]
fn a_preset_that_does_not_exist_is_an_error() {
    let refused = X264::open(SMALL, Rate { frames: 10, seconds: 1 }, &settings("quickest"));
    assert!(refused.err().unwrap().contains("quickest"));
}
