//! Scanners on a serial line, also one that is USB: 8 data bits, no parity, one stop bit.

use std::{
    io::{self, Read},
    path::Path,
    time::Duration,
};

use serialport::{SerialPort, TTYPort};

use super::{Came, framing::Framing};
use crate::clock;

/// An opened line, which is locked for everybody else.
#[derive(Debug)]
pub(super) struct Line(TTYPort);

impl Line {
    pub(super) fn open(path: &Path, baud: u32) -> io::Result<Self> {
        let opened = serialport::new(path.to_string_lossy(), baud).open_native();
        // What the library calls no device is one that somebody else has locked.
        opened.map(Self).map_err(|e| match e.kind {
            serialport::ErrorKind::NoDevice => io::Error::new(io::ErrorKind::ResourceBusy, e.description),
            _ => e.into(),
        })
    }

    pub(super) fn read(&mut self, within: Duration, framing: &mut Framing) -> io::Result<Came> {
        self.0.set_timeout(within)?;
        let mut bytes = [0; 1024];
        match self.0.read(&mut bytes) {
            // A line that has hung up is always readable, and there is never anything.
            Ok(0) => Err(io::ErrorKind::BrokenPipe.into()),
            Ok(n) => {
                framing.feed(clock::monotonic(), &bytes[..n]);
                Ok(Came::Something)
            }
            Err(e) if e.kind() == io::ErrorKind::TimedOut => Ok(Came::Nothing),
            Err(e) => Err(e),
        }
    }
}
