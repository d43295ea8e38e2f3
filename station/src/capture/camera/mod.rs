//! Where pictures come from.

pub(crate) mod film;
pub(crate) mod media;
pub(crate) mod pass;
pub(crate) mod pattern;
pub(crate) mod rtsp;
pub(crate) mod timeline;
pub(crate) mod usb;

use std::fs;
use std::sync::Arc;

use ffmpeg_next::frame;

use self::timeline::Pace;
use super::clock::Wall;
use super::confine::Need;
use super::control::Control;
use super::gop::Rate;
use super::protocol::{Setup, Source, Trouble};

/// What is known of a camera once it is open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Info {
    /// Who it is, without credentials.
    pub(crate) identity: String,
    /// Nominal frame rate.
    pub(crate) rate: Rate,
    /// It has sound, which is dropped.
    pub(crate) audio_dropped: bool,
    /// It can go away: its end is a loss, and so is its silence.
    pub(crate) live: bool,
    /// What was to be set by hand and it did not take.
    pub(crate) unsupported: Vec<String>,
}

/// One decoded frame.
pub(crate) struct Frame {
    /// The picture.
    pub(crate) picture: frame::Video,
    /// When it was taken.
    pub(crate) time_us: i64,
    /// Frames lost just before it.
    pub(crate) lost: u64,
    /// We held it back ourselves, so it is not late by the encoder's fault.
    pub(crate) held: bool,
}

/// What a camera gives.
pub(crate) enum Shot {
    /// A decoded frame.
    Frame(Frame),
    /// A GOP that the source coded itself.
    Gop(pass::PassedGop),
    /// A frame of this time came, and is held until its GOP is complete.
    Held(i64),
}

/// Why a camera has no frame any more, in words for the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Fault {
    /// It is there and sends nothing.
    Silent(String),
    /// It is gone.
    Lost(String),
}

impl Fault {
    /// The words alone.
    pub(crate) fn into_detail(self) -> String {
        let (Self::Silent(detail) | Self::Lost(detail)) = self;
        detail
    }
}

impl From<String> for Fault {
    fn from(detail: String) -> Self {
        Self::Lost(detail)
    }
}

/// A source of pictures.
pub(crate) trait Camera: Send {
    /// What is known of it.
    fn info(&self) -> &Info;

    /// Waits for the next frame. `None`: there are no more.
    ///
    /// # Errors
    /// It has none any more.
    fn next(&mut self) -> Result<Option<Shot>, Fault>;

    /// What was read and not given yet, one after the other, once no more is to be read.
    fn rest(&mut self) -> Option<Shot> {
        None
    }
}

/// A source that is known to be there, and of which no picture was read.
pub(crate) enum Found {
    /// The drawn bench.
    Pattern {
        /// Width in pixels.
        width: u32,
        /// Height in pixels.
        height: u32,
        /// Frames a second.
        rate: u32,
    },
    /// A file, and whether it is repeated.
    File(String, bool),
    /// A network camera, its name looked up.
    Rtsp(rtsp::Address),
    /// A V4L2 camera, and who it is.
    Usb(usb::Found, String),
}

/// Finds the camera of this setup. All that needs the system at large is done here, before confinement.
pub(crate) fn find(source: &Source) -> Result<Found, Trouble> {
    Ok(match source {
        Source::Pattern { width, height, rate } => Found::Pattern { width: *width, height: *height, rate: *rate },
        Source::File { path, repeat } => {
            let trouble = |detail: String| Trouble::NotFound { name: path.clone(), detail };
            match fs::metadata(path) {
                Ok(there) if there.is_dir() => {
                    return Err(Trouble::Unreadable { name: path.clone(), detail: "it is a folder".into() });
                }
                Ok(_) => Found::File(path.clone(), *repeat),
                Err(e) => return Err(trouble(e.to_string())),
            }
        }
        Source::Rtsp { url, login } => Found::Rtsp(rtsp::Address::look_up(url, login.as_ref())?),
        Source::Usb { device, format, controls } => {
            let node = usb::find::node(device.as_deref())?;
            let identity = usb::find::identity_of(&node);
            Found::Usb(usb::Found { node, wanted: *format, controls: *controls }, identity)
        }
    })
}

/// How the camera of this setup names itself, as far as that is known before it is opened.
pub(crate) fn named(source: &Source) -> Option<String> {
    match source {
        Source::Usb { device, .. } => usb::find::node(device.as_deref()).ok().map(|node| usb::find::identity_of(&node)),
        Source::Pattern { .. } => Some(pattern::NAME.to_owned()),
        Source::File { .. } | Source::Rtsp { .. } => None,
    }
}

impl Found {
    /// What of the system it needs to be opened.
    pub(crate) fn need(&self) -> Need {
        match self {
            Found::Pattern { .. } => Need::Nothing,
            Found::File(path, _) => Need::File(path.into()),
            Found::Rtsp(address) => Need::Port(address.port()),
            Found::Usb(found, _) => Need::Device(found.node.clone()),
        }
    }

    /// Opens it.
    pub(crate) fn open(self, setup: &Setup, wall: Wall, control: Arc<Control>) -> Result<Box<dyn Camera>, Trouble> {
        let pace = Pace::new(setup.fast, setup.begin_us);
        // What is drawn must be encoded.
        let may_pass = setup.overlay.is_none();
        Ok(match self {
            Found::Pattern { width, height, rate } => {
                Box::new(pattern::Pattern::open(width, height, rate, pace, wall, control)?)
            }
            Found::File(path, repeat) => Box::new(media::Media::file(&path, repeat, may_pass, pace, control)?),
            Found::Rtsp(address) => Box::new(media::Media::rtsp(&address, may_pass, control)?),
            Found::Usb(found, identity) => Box::new(found.open(identity)?),
        })
    }
}

/// Makes a name fit for a statement: visible ASCII without spaces, at most 200 characters.
pub(crate) fn identity(name: &str) -> String {
    name.bytes().take(200).map(|b| if b.is_ascii_graphic() { char::from(b) } else { '_' }).collect()
}
