//! The thread that reads the camera, and the queue between it and the encoder.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use super::camera::pass::PassedGop;
use super::camera::{Camera, Fault, Frame, Shot};
use super::clock::monotonic_us;
use super::control::Control;

/// Frames that may wait for the encoder: a quarter of a second, within what memory allows.
fn room(frames_per_second: f64) -> usize {
    ((frames_per_second / 4.0) as usize).clamp(2, 12)
}

/// A frame older than this is dropped when it finds the queue full.
const LATE_US: i64 = 500_000;

/// What comes through the queue.
pub(crate) enum Read {
    /// A frame and its number.
    Frame(Frame, u64),
    /// A GOP of the source's own, and the number of its first frame.
    Gop(PassedGop, u64),
    /// A frame of this time is held by the camera.
    Held(i64),
    /// Nothing more comes: the number the next frame would have had, and why the camera has none, if it failed.
    End(u64, Result<(), Fault>),
}

/// Starts reading. A frame that finds the queue full is lost and counted if it is late already. With `wait` none is
/// ever late.
pub(crate) fn start(mut camera: Box<dyn Camera>, wait: bool, control: Arc<Control>) -> io::Result<Receiver<Read>> {
    let (queue, frames) = sync_channel(room(camera.info().rate.per_second()));
    let read = move || {
        let mut reader = Reader { queue, wait, next_number: 0 };
        let mut result = Ok(());
        while result.is_ok() && !control.stopped() {
            match camera.next() {
                Ok(Some(shot)) => {
                    if !reader.hand_on(shot) {
                        return;
                    }
                }
                Ok(None) => break,
                Err(fault) => result = Err(fault),
            }
        }
        while let Some(shot) = camera.rest()
            && reader.hand_on(shot)
        {}
        // The receiver ends first only when the whole process does.
        let _ = reader.queue.send(Read::End(reader.next_number, result));
    };
    thread::Builder::new().name("reader".into()).spawn(read)?;
    Ok(frames)
}

/// The sending end of the queue.
struct Reader {
    queue: SyncSender<Read>,
    wait: bool,
    next_number: u64,
}

impl Reader {
    /// Puts it into the queue. False if nobody listens any more.
    fn hand_on(&mut self, shot: Shot) -> bool {
        let (read, frames, patient) = match shot {
            Shot::Frame(frame) => {
                self.next_number += frame.lost;
                let patient = frame.held || monotonic_us() - frame.time_us < LATE_US;
                (Read::Frame(frame, self.next_number), 1, patient)
            }
            Shot::Gop(gop) => {
                let frames = gop.samples.len() as u64;
                (Read::Gop(gop, self.next_number), frames, true)
            }
            Shot::Held(time_us) => (Read::Held(time_us), 0, true),
        };
        // A frame that is dropped here leaves its number out, which is how the loss is counted.
        self.next_number += frames;
        if self.wait || patient {
            self.queue.send(read).is_ok()
        } else {
            !matches!(self.queue.try_send(read), Err(TrySendError::Disconnected(_)))
        }
    }
}
