//! Where pictures come from.

pub(crate) mod media;
pub(crate) mod pattern;
pub(crate) mod timeline;

use std::sync::Arc;

use ffmpeg_next::frame;

use self::timeline::Pace;
use super::clock::Wall;
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
}

/// One decoded frame.
pub(crate) struct Frame {
    /// The picture.
    pub(crate) picture: frame::Video,
    /// When it was taken.
    pub(crate) time_us: i64,
    /// Frames lost just before it.
    pub(crate) lost: u64,
}

/// What a camera gives.
pub(crate) enum Shot {
    /// A decoded frame.
    Frame(Frame),
}

/// A source of pictures.
pub(crate) trait Camera: Send {
    /// What is known of it.
    fn info(&self) -> &Info;

    /// Waits for the next frame. `None`: there are no more.
    ///
    /// # Errors
    /// What the camera died of, in words for the log.
    fn next(&mut self) -> Result<Option<Shot>, String>;
}

/// Opens the camera of this setup.
pub(crate) fn open(setup: &Setup, wall: Wall, control: &Arc<Control>) -> Result<Box<dyn Camera>, Trouble> {
    let (pace, control) = (Pace::new(setup.fast), Arc::clone(control));
    Ok(match &setup.source {
        Source::Pattern { width, height, rate } => {
            Box::new(pattern::Pattern::open(*width, *height, *rate, pace, wall, control)?)
        }
        Source::File { path } => Box::new(media::Media::file(path, pace, control)?),
        Source::Rtsp { .. } | Source::Usb { .. } => return Err(Trouble::NoCamera),
    })
}

/// Makes a name fit for a statement: visible ASCII without spaces, at most 200 characters.
pub(crate) fn identity(name: &str) -> String {
    name.bytes().take(200).map(|b| if b.is_ascii_graphic() { char::from(b) } else { '_' }).collect()
}
