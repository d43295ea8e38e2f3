//! START: what is about to be recorded, by whom, with which camera, and its first bytes.

use super::statement;
use crate::value::{Camera, Hash, Id, KeyName, Order, Rate, Size, Time, Token, choice};

choice!(
    /// What opened the clip.
    Opened {
        /// The scan of an order.
        Scan = "scan",
        /// A control code.
        Control = "control",
        /// A person or program through the station's interface.
        Api = "api",
    }
);
choice!(
    /// A parcel packed, or a return opened.
    Direction {
        /// Packed.
        Outgoing = "outgoing",
        /// A return.
        Return = "return",
    }
);
choice!(
    /// Where the pictures come from.
    Source {
        /// A camera at the station.
        Usb = "usb",
        /// A network camera.
        Rtsp = "rtsp",
        /// A file.
        File = "file",
        /// Drawn by the station.
        Pattern = "pattern",
    }
);
choice!(
    /// Whether the clip's times are the station's clocks'.
    ClockKind {
        /// They are.
        Real = "real",
        /// They were counted by the frames.
        Simulated = "simulated",
    }
);
choice!(
    /// How the pictures are coded.
    Codec {
        /// ITU-T H.264.
        H264 = "h264",
    }
);
choice!(
    /// Who coded the pictures.
    Encoding {
        /// The station.
        ReEncoded = "re-encoded",
        /// The camera; its coded pictures are untouched.
        PassedThrough = "passed-through",
    }
);
choice!(
    /// What is drawn into the pictures.
    Overlay {
        /// Order number, station and wall-clock time.
        OrderStationTime = "order-station-time",
    }
);
choice!(
    /// Whether the source has sound.
    Audio {
        /// It has none.
        None = "none",
        /// It has, and it is not recorded.
        Dropped = "dropped",
    }
);
choice!(
    /// What the station knows of its wall clock.
    ClockState {
        /// Disciplined by a source.
        Synchronised = "synchronised",
        /// Running free.
        Unsynchronised = "unsynchronised",
        /// Not known.
        Unknown = "unknown",
        /// Not used.
        Simulated = "simulated",
    }
);
choice!(
    /// Where the signing key lives.
    KeyProtection {
        /// A file only the station can read.
        File = "file",
        /// A credential of the service manager.
        Credential = "credential",
        /// Sealed to the state of a TPM.
        TpmSealed = "tpm-sealed",
        /// Certified by a key in a TPM.
        TpmCertified = "tpm-certified",
    }
);

statement!(
    /// The first statement of a clip.
    Start = "packseal/start/v1",
    rule: |s| {
        (s.sequence == 1) == s.previous_start.is_none()
            && s.sequence >= 1
            && (s.clock == ClockKind::Real || matches!(s.source, Source::File | Source::Pattern))
            && (s.clock == ClockKind::Simulated) == (s.clock_state == ClockState::Simulated)
            && (s.encoding == Encoding::ReEncoded || s.overlay.is_none())
            && s.time_token.is_some() == s.time_token_time.is_some()
    },
    {
        /// The signing key's name.
        "station" station: KeyName,
        /// Random.
        "clip" clip: Id,
        /// Of this station, from 1 without gaps.
        "sequence" sequence: u64,
        /// Statement hash of the START with the sequence before.
        "previous-start" previous_start: Option<Hash>,
        /// Newest environment statement.
        "environment" environment: Option<Hash>,
        /// Order number, if known.
        "order" order: Option<Order>,
        /// What opened the clip.
        "opened" opened: Opened,
        /// When that was.
        "opened-time" opened_time: Time,
        /// Packed or returned.
        "direction" direction: Direction,
        /// Shared by several cameras' clips of one parcel.
        "session" session: Option<Id>,
        /// Which camera.
        "role" role: Token,
        /// Which bench.
        "bench" bench: Token,
        /// Who is signed on.
        "operator" operator: Option<Token>,
        /// Where the pictures come from.
        "source" source: Source,
        /// Whether the times are clocks'.
        "clock" clock: ClockKind,
        /// Identity of the camera.
        "camera" camera: Camera,
        /// How the pictures are coded.
        "codec" codec: Codec,
        /// Who coded them.
        "encoding" encoding: Encoding,
        /// Picture size.
        "size" size: Size,
        /// Nominal frame rate.
        "frame-rate" frame_rate: Rate,
        /// What is drawn in.
        "overlay" overlay: Option<Overlay>,
        /// Sound of the source.
        "audio" audio: Audio,
        /// Bytes of `ftyp` and `moov`.
        "init-length" init_length: u64,
        /// SHA-256 of them.
        "init" init: Hash,
        /// Wall clock at the first frame.
        "first-frame-time" first_frame_time: Time,
        /// State of the wall clock.
        "clock-state" clock_state: ClockState,
        /// Its estimated offset, µs.
        "clock-offset" clock_offset: Option<i64>,
        /// Its estimated error, µs.
        "clock-uncertainty" clock_uncertainty: Option<u64>,
        /// Who disciplines it.
        "clock-source" clock_source: Option<Token>,
        /// Newest time token.
        "time-token" time_token: Option<Hash>,
        /// The authority's time in it.
        "time-token-time" time_token_time: Option<Time>,
        /// Version, as the station states it.
        "software" software: Token,
        /// SHA-256 of the program, as the station states it.
        "program" program: Hash,
        /// Where the key lives.
        "key-protection" key_protection: KeyProtection,
    }
);
