//! Decodes the GOPs that are asked for, and no others.

use ffmpeg::{Packet, codec, decoder, format, frame, media};
use ffmpeg_next as ffmpeg;

use super::{Job, Picture};

/// Threads that decode.
const THREADS: usize = 2;

/// Takes a picture, and thousandths of the work that are done.
type Take<'a> = dyn FnMut(Picture, u32) -> Result<(), String> + 'a;

/// Gives each picture of the GOPs that the job needs, in the order in which they are shown.
pub(super) fn decode(job: &Job, take: &mut Take<'_>) -> Result<(), String> {
    let said = |e: ffmpeg::Error| e.to_string();
    let needed = needed(job);
    // `file:` so that no name can be taken for another of FFmpeg's protocols.
    let mut input = format::input(&format!("file:{}", job.clip.display())).map_err(said)?;
    let stream = input.streams().best(media::Type::Video).ok_or("no pictures in it")?;
    let (index, base) = (stream.index(), stream.time_base());
    if (base.numerator(), base.denominator()) != (1, 90_000) {
        return Err("its times are not ticks".into());
    }
    let mut context = codec::Context::from_parameters(stream.parameters()).map_err(said)?;
    context.set_threading(codec::threading::Config::count(THREADS));
    let mut decoder = context.decoder().video().map_err(said)?;
    let (mut gop, mut done) = (Vec::new(), 0);
    let mut more = true;
    while more && done < needed.len() {
        let mut packet = Packet::empty();
        more = match packet.read(&mut input) {
            Ok(()) => true,
            Err(ffmpeg::Error::Eof) => false,
            Err(e) => return Err(said(e)),
        };
        if more && packet.stream() != index {
            continue;
        }
        if (packet.is_key() || !more) && !gop.is_empty() {
            let told = (done * 1000 / needed.len()) as u32;
            done += decode_gop(&mut decoder, &std::mem::take(&mut gop), &needed, &mut |picture| take(picture, told))?;
        }
        gop.push(packet);
    }
    if done == needed.len() { Ok(()) } else { Err("not all pictures are there".into()) }
}

/// The GOPs to decode.
fn needed(job: &Job) -> Vec<(u64, u64)> {
    let is_needed = |(from, to): &(u64, u64)| {
        let still = job.stills.iter().any(|still| (*from..*to).contains(&still.tick));
        let sheet = job.sheet.as_ref().is_some_and(|sheet| sheet.ticks.contains(from));
        still || sheet || job.share.as_ref().is_some_and(|share| (share.ticks.0..share.ticks.1).contains(from))
    };
    job.gops.iter().copied().filter(is_needed).collect()
}

/// Decodes a whole GOP, if it is needed: 1 where it was.
///
/// FFmpeg moves presentation times where composition offsets are negative. In a sealed clip the sorted presentation times
/// of a GOP are its decode times (FORMAT.md, section 1.2): these are taken, in turn.
fn decode_gop(
    decoder: &mut decoder::Video,
    packets: &[Packet],
    needed: &[(u64, u64)],
    take: &mut dyn FnMut(Picture) -> Result<(), String>,
) -> Result<usize, String> {
    let said = |e: ffmpeg::Error| e.to_string();
    let mut times = Vec::new();
    for packet in packets {
        let time = packet.dts().and_then(|dts| u64::try_from(dts).ok());
        times.push(time.ok_or("a picture has no time")?);
    }
    let Some(&(begin, end)) = needed.iter().find(|(begin, _)| times.first() == Some(begin)) else { return Ok(0) };
    times.push(end);
    let mut came = 0;
    let mut receive = |decoder: &mut decoder::Video| -> Result<(), String> {
        loop {
            let mut frame = frame::Video::empty();
            match decoder.receive_frame(&mut frame) {
                Ok(()) => {
                    let &[tick, until, ..] = &times[came.min(times.len())..] else {
                        return Err("more pictures than were coded".into());
                    };
                    take(Picture { frame, gop: begin, first: came == 0, tick, until })?;
                    came += 1;
                }
                Err(ffmpeg::Error::Eof | ffmpeg::Error::Other { errno: ffmpeg::error::EAGAIN }) => return Ok(()),
                Err(e) => return Err(said(e)),
            }
        }
    };
    for packet in packets {
        decoder.send_packet(packet).map_err(said)?;
        receive(decoder)?;
    }
    decoder.send_eof().map_err(said)?;
    receive(decoder)?;
    // Made ready for the next GOP, which does not look back.
    decoder.flush();
    if came == packets.len() { Ok(1) } else { Err("a picture could not be decoded".into()) }
}
