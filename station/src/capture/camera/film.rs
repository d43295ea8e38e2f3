//! What FFmpeg knows of a file or network camera once it is open.

use ffmpeg::{Rational, codec, decoder, format, media};
use ffmpeg_next as ffmpeg;

use crate::capture::gop::Rate;
use crate::capture::protocol::Trouble;

/// Slowest and fastest frame rate that is recorded.
const SLOWEST: f64 = 1.0;
const FASTEST: f64 = 120.0;

/// An open input, its video stream and a decoder for it.
pub(super) struct Film {
    /// Where its packets come from.
    pub(super) input: format::context::Input,
    /// Index of the video stream.
    pub(super) stream: usize,
    /// Unit of its timestamps.
    pub(super) time_base: Rational,
    /// For its packets.
    pub(super) decoder: decoder::Video,
    /// What a decoder is made of.
    pub(super) parameters: codec::Parameters,
    /// Nominal frame rate.
    pub(super) rate: Rate,
    /// It has sound.
    pub(super) audio: bool,
}

impl Film {
    /// Opens a file.
    pub(super) fn open(path: &str) -> Result<Self, Trouble> {
        // `file:` so that no name can be taken for another of FFmpeg's protocols.
        let input = format::input(&format!("file:{path}")).map_err(|e| match e {
            ffmpeg::Error::Other { errno: ffmpeg::error::ENOENT | ffmpeg::error::ENOTDIR } => {
                Trouble::NotFound { name: path.into(), detail: e.to_string() }
            }
            e => Trouble::Unreadable { name: path.into(), detail: e.to_string() },
        })?;
        Film::new(input, path, false)
    }

    /// Takes what is open. `network`: it need not say its frame rate.
    pub(super) fn new(input: format::context::Input, name: &str, network: bool) -> Result<Self, Trouble> {
        let unreadable = |detail: String| Trouble::Unreadable { name: name.into(), detail };
        let best = input.streams().best(media::Type::Video);
        let stream = best.ok_or_else(|| Trouble::NoVideo { name: name.into() })?;
        let rate = rate_of(stream.avg_frame_rate(), stream.rate(), network).map_err(unreadable)?;
        let parameters = stream.parameters();
        let context = codec::Context::from_parameters(parameters.clone());
        let mut context = context.map_err(|e| unreadable(e.to_string()))?;
        // One thread decodes what a camera sends; more would hold frames back.
        context.set_threading(codec::threading::Config::count(1));
        let mut decoder = context.decoder();
        decoder.set_packet_time_base(stream.time_base());
        let decoder = decoder.video().map_err(|e| unreadable(e.to_string()))?;
        let audio = input.streams().best(media::Type::Audio).is_some();
        let (stream, time_base) = (stream.index(), stream.time_base());
        Ok(Film { input, stream, time_base, decoder, parameters, rate, audio })
    }
}

/// The nominal rate, of the average one and the one the timestamps are made for.
fn rate_of(average: Rational, base: Rational, network: bool) -> Result<Rate, String> {
    let known = |r: Rational| r.numerator() > 0 && r.denominator() > 0;
    let per_second = |r: Rational| f64::from(r.numerator()) / f64::from(r.denominator());
    let rate = match (known(average), known(base)) {
        // The base is the rounder number, where it tells the same.
        (true, true) if (per_second(base) / per_second(average) - 1.0).abs() < 0.05 => base,
        (true, _) => average,
        (false, true) if per_second(base) <= FASTEST => base,
        // Network cameras need not say; GOPs are cut by time as well.
        _ if network => Rational(25, 1),
        _ => return Err("its frame rate is not known".into()),
    };
    if !(SLOWEST..=FASTEST).contains(&per_second(rate)) {
        return Err(format!("{:.2} frames a second; {SLOWEST} to {FASTEST} can be recorded", per_second(rate)));
    }
    let rate = rate.reduce();
    Ok(Rate { frames: rate.numerator().unsigned_abs(), seconds: rate.denominator().unsigned_abs() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rounder_rate_is_taken_where_both_agree() {
        let rate = |a, b, network| rate_of(a, b, network).map(|r| (r.frames, r.seconds));
        assert_eq!(rate(Rational(456_000, 15_217), Rational(30_000, 1001), false), Ok((30_000, 1001)));
        assert_eq!(rate(Rational(10, 1), Rational(90_000, 1), false), Ok((10, 1)));
        assert_eq!(rate(Rational(0, 0), Rational(25, 1), false), Ok((25, 1)));
        assert_eq!(rate(Rational(0, 0), Rational(90_000, 1), true), Ok((25, 1)));
        assert!(rate(Rational(0, 0), Rational(90_000, 1), false).is_err());
        assert!(rate(Rational(1, 2), Rational(1, 2), false).is_err());
        assert!(rate(Rational(240, 1), Rational(240, 1), false).is_err());
    }
}
