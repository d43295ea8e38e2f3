//! The share copy: one continuous span, coded anew so that it fits, its index first, so that it plays while it loads.

use ffmpeg::{Dictionary, Packet, codec, color, encoder, format, format::Pixel};
use ffmpeg_next as ffmpeg;

use super::{Job, Made, Picture, Share, mark, mark::Marker, place, seconds};

/// x264's preset, and how good a picture is where there is room for it.
const PRESET: &str = "veryfast";
const CRF: u32 = 22;
/// Of the bytes that are allowed: the rest is for the index.
const ROOM: f64 = 0.94;
/// Most bits a second, whatever is allowed: nobody sees more.
const MOST: f64 = 12e6;

/// Writes it.
pub(super) struct Writer {
    marker: Marker,
    encoder: encoder::Video,
    output: format::context::Output,
    made: Made,
    /// Picture times of the copy begin here.
    begin: u64,
}

/// Bits a second that x264's buffer may be filled with. The buffer is filled at first and holds what comes in a second,
/// so that no copy of `seconds` is longer than `seconds + 1` of these.
fn rate(bytes: Option<u64>, seconds: f64) -> f64 {
    bytes.map_or(MOST, |bytes| (bytes as f64 * 8.0 * ROOM / (seconds + 1.0)).min(MOST))
}

impl Writer {
    /// Begins it with the first picture of the span.
    pub(super) fn open(job: &Job, share: &Share, first: &ffmpeg::frame::Video) -> Result<Self, String> {
        let said = |e: ffmpeg::Error| e.to_string();
        let inner = mark::inner((first.width(), first.height()), share.limit.height);
        let marker = Marker::new(first, inner, Pixel::YUV420P)?;
        let size = marker.size();
        let seconds = (share.ticks.1 - share.ticks.0) as f64 / 90_000.0;
        let rate = rate(share.limit.bytes, seconds).round();
        let codec = encoder::find_by_name("libx264").ok_or("this FFmpeg has no libx264")?;
        let mut video = codec::Context::new_with_codec(codec).encoder().video().map_err(said)?;
        video.set_width(size.0);
        video.set_height(size.1);
        video.set_format(Pixel::YUV420P);
        video.set_color_range(color::Range::MPEG);
        video.set_aspect_ratio((1, 1));
        video.set_time_base((1, 90_000));
        video.set_flags(codec::Flags::GLOBAL_HEADER);
        let mut options = Dictionary::new();
        options.set("preset", PRESET);
        options.set("crf", &CRF.to_string());
        options.set("maxrate", &rate.to_string());
        options.set("bufsize", &rate.to_string());
        let encoder = video.open_with(options).map_err(said)?;
        let path = place(job, &share.name);
        let mut output = format::output_as(&path, "mp4").map_err(said)?;
        let mut stream = output.add_stream_with(&encoder).map_err(said)?;
        stream.set_time_base((1, 90_000));
        let mut metadata = Dictionary::new();
        metadata.set("title", "DERIVED 派生");
        metadata.set("comment", &share.comment);
        output.set_metadata(metadata);
        let mut options = Dictionary::new();
        options.set("movflags", "+faststart");
        options.set("video_track_timescale", "90000");
        output.write_header_with(options).map_err(said)?;
        let how = format!("x264,preset={PRESET},crf={CRF},maxrate={rate},{}x{}", size.0, size.1);
        let made = Made { name: share.name.clone(), size, ticks: share.ticks, how };
        Ok(Self { marker, encoder, output, made, begin: share.ticks.0 })
    }

    /// Takes the next picture.
    pub(super) fn push(&mut self, job: &Job, picture: Picture) -> Result<(), String> {
        let text = format!("{}  {}", job.caption, seconds(picture.tick));
        let mut marked = self.marker.mark(&picture.frame, &text)?;
        let tick = picture.tick.saturating_sub(self.begin);
        marked.set_pts(i64::try_from(tick).ok());
        self.encoder.send_frame(&marked).map_err(|e| e.to_string())?;
        self.write()
    }

    fn write(&mut self) -> Result<(), String> {
        let said = |e: ffmpeg::Error| e.to_string();
        loop {
            let mut packet = Packet::empty();
            match self.encoder.receive_packet(&mut packet) {
                Ok(()) => {
                    let base = self.output.stream(0).map_or((1, 90_000).into(), |stream| stream.time_base());
                    packet.set_stream(0);
                    packet.rescale_ts((1, 90_000), base);
                    packet.write_interleaved(&mut self.output).map_err(said)?;
                }
                Err(ffmpeg::Error::Eof | ffmpeg::Error::Other { errno: ffmpeg::error::EAGAIN }) => return Ok(()),
                Err(e) => return Err(said(e)),
            }
        }
    }

    /// The whole copy.
    pub(super) fn finish(mut self) -> Result<Made, String> {
        self.encoder.send_eof().map_err(|e| e.to_string())?;
        self.write()?;
        self.output.write_trailer().map_err(|e| e.to_string())?;
        Ok(self.made)
    }
}
