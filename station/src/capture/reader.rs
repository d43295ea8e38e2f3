//! The thread that reads the camera, and the queue between it and the encoder.

use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::thread;

use super::camera::{Camera, Frame, Shot};
use super::control::Control;

/// Frames that may wait for the encoder: a quarter of a second, within what memory allows.
fn room(frames_per_second: f64) -> usize {
    ((frames_per_second / 4.0) as usize).clamp(2, 12)
}

/// What comes through the queue.
pub(crate) enum Read {
    /// A frame and its number.
    Frame(Frame, u64),
    /// Nothing more comes: the number the next frame would have had, and what the camera died of, if it did.
    End(u64, Result<(), String>),
}

/// Starts reading. A frame that finds the queue full is lost and counted, unless `wait`: then the camera waits.
pub(crate) fn start(mut camera: Box<dyn Camera>, wait: bool, control: Arc<Control>) -> io::Result<Receiver<Read>> {
    let (queue, frames) = sync_channel(room(camera.info().rate.per_second()));
    let read = move || {
        let mut number = 0;
        let result = read(camera.as_mut(), wait, &control, &queue, &mut number);
        // The receiver ends first only when the whole process does.
        let _ = queue.send(Read::End(number, result));
    };
    thread::Builder::new().name("reader".into()).spawn(read)?;
    Ok(frames)
}

fn read(
    camera: &mut dyn Camera,
    wait: bool,
    control: &Control,
    queue: &SyncSender<Read>,
    number: &mut u64,
) -> Result<(), String> {
    while !control.stopped() {
        let Some(shot) = camera.next()? else { break };
        let Shot::Frame(frame) = shot;
        *number += frame.lost;
        let read = Read::Frame(frame, *number);
        // A frame that is dropped here leaves its number out, which is how the loss is counted.
        *number += 1;
        if wait {
            if queue.send(read).is_err() {
                break;
            }
        } else if let Err(TrySendError::Disconnected(_)) = queue.try_send(read) {
            break;
        }
    }
    Ok(())
}
