//! What the sealer asks for while the capture process runs.

use std::io::BufRead;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

use super::protocol::Command;

/// State shared by the threads: the order number of the hour, whether somebody looks, and whether to stop.
#[derive(Debug, Default)]
pub(crate) struct Control {
    order: Mutex<Option<String>>,
    live: AtomicBool,
    stop: AtomicBool,
}

impl Control {
    /// The order number that stands in the picture now.
    pub(crate) fn order(&self) -> Option<String> {
        self.order.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether somebody looks.
    pub(crate) fn live(&self) -> bool {
        self.live.load(Ordering::Relaxed)
    }

    /// Whether to read no further frame.
    pub(crate) fn stopped(&self) -> bool {
        self.stop.load(Ordering::Relaxed)
    }

    pub(super) fn obey(&self, command: Command) {
        match command {
            Command::Order(order) => *self.order.lock().unwrap_or_else(PoisonError::into_inner) = order,
            Command::Live(live) => self.live.store(live, Ordering::Relaxed),
        }
    }

    /// Follows the commands on `lines` until they end, which asks to stop. So does a line that is no command: the
    /// sealer is of another version, or broken, and must not believe that it was understood.
    pub(crate) fn follow(self: &Arc<Self>, lines: impl BufRead + Send + 'static) -> std::io::Result<()> {
        let control = Arc::clone(self);
        thread::Builder::new().name("commands".into()).spawn(move || {
            for line in lines.lines() {
                match line.ok().and_then(|line| serde_json::from_str(&line).ok()) {
                    Some(command) => control.obey(command),
                    None => break,
                }
            }
            control.stop.store(true, Ordering::Relaxed);
        })?;
        Ok(())
    }
}
