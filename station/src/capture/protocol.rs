//! What the capture process and the sealer say to each other.
//!
//! Downwards (the capture process's standard input): one JSON object a line. The first is a [`Setup`], all later
//! ones are [`Command`]s. Closing it asks the capture process to read no further frame, to drain its encoder, to
//! send what is left and to end.
//!
//! Upwards (its standard output): messages of
//!
//! ```text
//! u32 big-endian  length H of the header, at most 64 KiB
//! u32 big-endian  length P of the payload, at most 64 MiB
//! H bytes         JSON of a Message
//! P bytes         payload: the samples of a GOP one after the other; the JPEG of a live picture, at most 2 MiB;
//!                 empty for other messages
//! ```
//!
//! Messages are written one at a time, by one thread, so that an [`Alive`] never stands within another message.
//!
//! The sealer trusts none of it: lengths are bounded here, and pictures are judged by `evidence` before they are
//! signed.

use std::io::{self, Read, Write};

use serde::{Deserialize, Serialize};

use super::sight::Sight;

/// Largest header of a message, in bytes.
pub const MAX_HEADER: u32 = 64 * 1024;
/// Largest payload of a message, in bytes.
pub const MAX_PAYLOAD: u32 = 64 * 1024 * 1024;
/// Largest live picture, in bytes.
pub const MAX_PICTURE: u32 = 2 * 1024 * 1024;

/// First line to the capture process: everything it needs, so that nothing secret stands in the process list.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Setup {
    /// Where the pictures come from.
    pub source: Source,
    /// Drawn into the picture, with the order number and the time; `None`: nothing is drawn.
    pub overlay: Option<Overlay>,
    /// How to encode.
    pub encoder: Encoder,
    /// Do not pace a file or the pattern in real time: frames come as fast as they can be sealed, and all times are
    /// counted by the frames' own times from `begin_us`.
    pub fast: bool,
    /// Time of the first frame under `fast`, µs: one that is started anew goes on behind the one before.
    pub begin_us: i64,
    /// Wall clock at time 0, in µs since 1970, for the overlay's time under `fast`.
    pub wall_at_zero_us: Option<i64>,
}

/// Where the pictures come from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Source {
    /// A V4L2 camera.
    Usb {
        /// Device node or a link to it, `/dev/video0`, or a USB identity, `046d:085e` or `046d:085e:SERIAL`, which is
        /// found under whatever number it has; `None`: the first camera found.
        device: Option<String>,
        /// Wanted width, height and frames a second; `None`: the camera's best at 30/s up to 1080p.
        format: Option<(u32, u32, u32)>,
        /// What is set by hand.
        controls: Controls,
    },
    /// A file that FFmpeg opens.
    File {
        /// Its path.
        path: String,
        /// It begins again at its end, on one time line, and counts as live: where it cannot, the camera is lost.
        repeat: bool,
    },
    /// A network camera.
    Rtsp {
        /// Address without credentials.
        url: String,
        /// User and password.
        login: Option<(String, String)>,
    },
    /// The drawn bench.
    Pattern {
        /// Width, height and frames a second.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Frames a second.
        rate: u32,
    },
}

/// What of a USB camera is set by hand; `None`: the camera chooses, where it can.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Controls {
    /// Exposure time in units of 100 µs.
    pub exposure: Option<u32>,
    /// Focus, in the camera's own steps.
    pub focus: Option<u32>,
    /// White balance in kelvin.
    pub white_balance: Option<u32>,
}

/// What is drawn into every picture.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Overlay {
    /// The station's name.
    pub station: String,
}

/// Settings of x264.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Encoder {
    /// x264 preset.
    pub preset: String,
    /// Constant rate factor, 0 to 51.
    pub crf: f32,
}

/// A later line to the capture process.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Command {
    /// From the next frame on this order number stands in the overlay, and on the pattern's parcel.
    Order(Option<String>),
    /// Whether somebody looks: then some of the frames are sent as [`Message::Picture`] as well. At the start nobody does.
    Live(bool),
}

/// What the capture process sends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Message {
    /// Comes before the first GOP, and again whenever the parameter sets change.
    Stream(Stream),
    /// One closed GOP; its samples are the payload.
    Gop(Gop),
    /// It still runs.
    Alive(Alive),
    /// The payload is a frame as JPEG, as it is being encoded, to be looked at and forgotten.
    Picture {
        /// When the frame was taken, as in [`Sample::time_us`].
        time_us: i64,
    },
    /// The last message.
    End(End),
}

/// What the pictures are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stream {
    /// Who the camera is, without credentials: visible ASCII without spaces, at most 200 characters.
    pub camera: String,
    /// Nominal frame rate as a fraction.
    pub rate: (u32, u32),
    /// The source's own H.264, untouched.
    pub passed_through: bool,
    /// The source has sound, which is dropped.
    pub audio_dropped: bool,
    /// The order number, station and time are drawn in.
    pub overlay: bool,
    /// Sequence parameter set, a NAL unit without start code, base64.
    pub sps: String,
    /// Picture parameter set, likewise.
    pub pps: String,
    /// What was to be set by hand and the camera did not take, by name: `exposure`, `focus` or `white-balance`; with
    /// the value it took, if it took another: `exposure (2047 instead of 5000)`.
    pub unsupported: Vec<String>,
}

/// One closed GOP. Times are µs of the monotonic clock (of the frames' own time line under `fast`).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gop {
    /// Number of the first frame, counted by the camera; lost frames count.
    pub first_frame: u64,
    /// Frames lost since the GOP before, and within this one.
    pub lost: u64,
    /// When the last picture of the GOP ends: the time of the next frame, or, where none follows closely, the last
    /// frame's time and one nominal frame.
    pub end_us: i64,
    /// The samples in decoding order.
    pub samples: Vec<Sample>,
    /// What the capture process noticed during this GOP.
    pub events: Vec<Noticed>,
}

/// One picture: NAL units, each behind its length in four bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Sample {
    /// When the frame was taken (its presentation time).
    pub time_us: i64,
    /// Bytes in the payload.
    pub size: u32,
}

/// The heartbeat: about every 500 ms of real time while the camera is open, also under `fast`, and whether or not a
/// frame comes. It is sent by the thread that encodes, so a process that stands still sends none.
///
/// | what the parent sees | what it means |
/// |---|---|
/// | none yet | the camera is being opened: a network camera may take 20 s, after which nothing more is to be hoped for |
/// | none for 2 s, after the first | it hangs: kill it |
/// | `silent_us` above 2.5 s | the camera gives nothing, or hangs in its driver: kill it |
///
/// A parent that does not read holds the process up: it judges only when no message waits to be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alive {
    /// Frames taken so far; those of a GOP that is passed through count once it is complete.
    pub frames: u64,
    /// When the newest frame was taken, as in [`Sample::time_us`]; `None`: there was none yet.
    pub last_frame_us: Option<i64>,
    /// Frames lost so far.
    pub lost: u64,
    /// µs of real time since a frame came, or since the camera was opened. Zero while frames wait for the encoder.
    pub silent_us: u64,
    /// How well it sees, at most a second ago; `None`: nothing was decoded.
    pub sight: Option<Sight>,
}

/// Something the capture process noticed.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Noticed {
    /// When.
    pub at_us: i64,
    /// What.
    pub what: Notice,
}

/// The kinds of things it notices, in pictures that are decoded: of a GOP that is passed through nothing is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Notice {
    /// The camera sends the identical picture again and again.
    Frozen,
    /// The picture moves again.
    Unfrozen,
    /// The picture is black.
    Dark,
    /// The picture is lit again.
    Lit,
    /// For 2 s nothing has moved before the camera, although the pictures differ: by noise, flicker, exposure. It begins
    /// as if something moved. A frozen picture is not still.
    Still,
    /// Something moves again.
    Moving,
}

/// Why the capture process ends.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum End {
    /// The file ended, or the sealer asked.
    SourceEnd,
    /// The camera is there and sends nothing any more.
    CameraStalled {
        /// For the log.
        detail: String,
    },
    /// The camera was there and is gone.
    CameraLost {
        /// For the log.
        detail: String,
    },
    /// It could not start.
    CouldNotStart(Trouble),
}

/// Why it could not start; what a person reads is made of this.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trouble {
    /// No camera is connected at all.
    NoCamera,
    /// This camera, file or address does not exist or does not answer.
    NotFound {
        /// What was asked for.
        name: String,
        /// What the system said.
        detail: String,
    },
    /// It exists, and cannot be read as video.
    Unreadable {
        /// What was asked for.
        name: String,
        /// What FFmpeg or the driver said.
        detail: String,
    },
    /// It opens, and has no picture.
    NoVideo {
        /// What was asked for.
        name: String,
    },
    /// A network camera does not let this login in.
    Login {
        /// What was asked for.
        name: String,
    },
    /// The encoder does not start.
    Encoder {
        /// What x264 said.
        detail: String,
    },
    /// The process could not confine itself.
    Confinement {
        /// Which step, and what the kernel said.
        detail: String,
    },
}

/// Bytes that a message's payload may have.
fn most(message: &Message) -> u32 {
    if matches!(message, Message::Picture { .. }) { MAX_PICTURE } else { MAX_PAYLOAD }
}

/// Writes one message.
///
/// # Errors
/// The pipe's, and `InvalidInput` where a part is larger than the bounds.
pub fn write(to: &mut impl Write, message: &Message, payload: &[u8]) -> io::Result<()> {
    let header = serde_json::to_vec(message)?;
    let length = |n: usize, most: u32| {
        u32::try_from(n)
            .ok()
            .filter(|&n| n <= most)
            .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "message too large"))
    };
    to.write_all(&length(header.len(), MAX_HEADER)?.to_be_bytes())?;
    to.write_all(&length(payload.len(), most(message))?.to_be_bytes())?;
    to.write_all(&header)?;
    to.write_all(payload)?;
    to.flush()
}

/// Reads one message into `payload`, whose old content is dropped. `None`: the other side ended between messages.
///
/// # Errors
/// The pipe's, and `InvalidData` where a length is out of bounds or the header is no message.
pub fn read(from: &mut impl Read, payload: &mut Vec<u8>) -> io::Result<Option<Message>> {
    let mut lengths = [0; 8];
    match from.read_exact(&mut lengths[..1]) {
        Err(e) if e.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        other => other?,
    }
    from.read_exact(&mut lengths[1..])?;
    let [h, p] = [&lengths[..4], &lengths[4..]].map(|b| u32::from_be_bytes([b[0], b[1], b[2], b[3]]));
    let too_large = || io::Error::new(io::ErrorKind::InvalidData, "message too large");
    if h > MAX_HEADER {
        return Err(too_large());
    }
    let mut header = vec![0; h as usize];
    from.read_exact(&mut header)?;
    let message = serde_json::from_slice(&header)?;
    if p > most(&message) {
        return Err(too_large());
    }
    payload.clear();
    payload.resize(p as usize, 0);
    from.read_exact(payload)?;
    Ok(Some(message))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_has_its_own_bound_on_both_sides() {
        let picture = Message::Picture { time_us: 7 };
        let mut sent = Vec::new();
        let fits = vec![9; MAX_PICTURE as usize];
        write(&mut sent, &picture, &fits).unwrap();
        let mut payload = Vec::new();
        assert_eq!(read(&mut &sent[..], &mut payload).unwrap(), Some(picture.clone()));
        assert_eq!(payload, fits);

        let more = vec![9; MAX_PICTURE as usize + 1];
        assert_eq!(write(&mut Vec::new(), &picture, &more).unwrap_err().kind(), io::ErrorKind::InvalidInput);
        sent[4..8].copy_from_slice(&(MAX_PICTURE + 1).to_be_bytes());
        sent.push(9);
        assert_eq!(read(&mut &sent[..], &mut payload).unwrap_err().kind(), io::ErrorKind::InvalidData);
        // As much of a GOP is nothing.
        let gop = Message::Gop(Gop { first_frame: 0, lost: 0, end_us: 1, samples: Vec::new(), events: Vec::new() });
        let mut sent = Vec::new();
        write(&mut sent, &gop, &more).unwrap();
        assert_eq!(read(&mut &sent[..], &mut payload).unwrap(), Some(gop));
    }
}
