//! The capture process: opens one camera, decodes, draws the overlay, encodes, and writes GOPs to its
//! standard output. It holds no key and is confined before it reads a byte of the camera's.
//!
//! ```text
//! camera ─► reader thread ─► bounded queue ─► watch ─► overlay ─► x264 ─► GOPs ─► standard output
//!                                                        └► JPEGs, while somebody looks ─┘
//! ```

mod camera;
mod clock;
mod confine;
mod control;
mod convert;
mod encode;
mod gop;
mod libav;
mod live;
pub(crate) mod luma;
mod motion;
mod nal;
mod overlay;
mod pipeline;
pub mod protocol;
mod reader;
mod sight;
mod watch;

use std::io::{self, BufRead, BufReader, BufWriter};
use std::process::ExitCode;
use std::sync::Arc;

use jiff::tz::TimeZone;
use rustix::process::{Signal, set_parent_process_death_signal};

pub use self::camera::pattern::strip;
pub use self::camera::usb::{find::UsbId, offers};
pub(crate) use self::camera::{identity, named};
use self::clock::Wall;
pub(crate) use self::confine::{Need, confine};
use self::control::Control;
use self::protocol::{End, Message, Setup, Source, Trouble};
pub use self::sight::Sight;

/// Body of the internal subcommand `capture`: reads a [`Setup`] and commands from standard input, writes messages to
/// standard output, as [`protocol`] says.
///
/// The status is 0 when the last message was written, 2 when standard input holds no setup, 1 when the sealer is
/// gone or the encoder failed.
pub fn main() -> ExitCode {
    // A camera that hangs must not outlive the daemon. Where this fails, the end of standard input still tells.
    let _ = set_parent_process_death_signal(Some(Signal::KILL));
    // Ctrl-C and a service manager ask the whole group to end: when this process ends, its sealer says.
    for signal in [signal_hook::consts::SIGINT, signal_hook::consts::SIGTERM] {
        // Where this fails, its end is met as that of a camera.
        let _ = signal_hook::flag::register(signal, Arc::default());
    }
    // Only loads FFmpeg's words for its errors; where that fails they stay numbers.
    let _ = ffmpeg_next::init();
    ffmpeg_next::log::set_level(ffmpeg_next::log::Level::Quiet);

    let mut input = BufReader::new(io::stdin());
    let mut line = String::new();
    let setup = input.read_line(&mut line).ok().and_then(|_| serde_json::from_str::<Setup>(&line).ok());
    let Some(setup) = setup else { return ExitCode::from(2) };
    let mut output = BufWriter::new(io::stdout().lock());
    let Ok(end) = capture(setup, input, &mut output) else { return ExitCode::FAILURE };
    match protocol::write(&mut output, &Message::End(end), &[]) {
        Ok(()) => ExitCode::SUCCESS,
        Err(_) => ExitCode::FAILURE,
    }
}

/// Captures as asked, to the end.
fn capture(
    mut setup: Setup,
    commands: BufReader<io::Stdin>,
    output: &mut impl io::Write,
) -> Result<End, pipeline::Failure> {
    // A camera has its own time.
    setup.fast &= matches!(setup.source, Source::File { .. } | Source::Pattern { .. });
    // All that lies outside is loaded now: the time zone, and the way to the kernel's clock.
    let zone = TimeZone::system();
    clock::monotonic_us();
    let wall = match setup.wall_at_zero_us {
        Some(zero) if setup.fast => Wall::AtZero(zero),
        _ => Wall::System,
    };
    let found = match camera::find(&setup.source) {
        Ok(found) => found,
        Err(trouble) => return Ok(End::CouldNotStart(trouble)),
    };
    // Before the first other thread, and before the first byte of the source.
    if let Err(detail) = confine(&found.need()) {
        return Ok(End::CouldNotStart(Trouble::Confinement { detail }));
    }
    let control = Arc::new(Control::default());
    control.follow(commands)?;
    let camera = match found.open(&setup, wall, Arc::clone(&control)) {
        Ok(camera) => camera,
        Err(trouble) => return Ok(End::CouldNotStart(trouble)),
    };
    pipeline::run(output, camera, setup, wall, zone, control)
}
