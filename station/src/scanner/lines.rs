//! Codes on standard input.

use std::{
    io,
    os::fd::{AsFd, OwnedFd},
    time::Duration,
};

use super::{Came, framing::Framing, readable};
use crate::clock;

/// Standard input, read without a buffer that others would not see.
#[derive(Debug)]
pub(super) struct Lines(OwnedFd);

impl Lines {
    pub(super) fn open() -> io::Result<Self> {
        io::stdin().as_fd().try_clone_to_owned().map(Self)
    }

    pub(super) fn read(&mut self, within: Duration, framing: &mut Framing) -> io::Result<Came> {
        if !readable(self.0.as_fd(), within)? {
            return Ok(Came::Nothing);
        }
        let mut bytes = [0; 1024];
        match rustix::io::read(&self.0, &mut bytes)? {
            0 => Ok(Came::End),
            n => {
                framing.feed(clock::monotonic(), &bytes[..n]);
                Ok(Came::Something)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::{fs::File, io::Write};

    use rustix::pipe::pipe;

    use super::{super::framing::Frame, *};
    use crate::config::{Config, SAMPLE};

    #[test]
    fn its_end_is_no_error_and_ends_the_last_code() {
        let (read, write) = pipe().unwrap();
        let mut lines = Lines(read);
        let mut framing = Framing::new(&Config::parse(SAMPLE).unwrap().scanner);
        assert_eq!(lines.read(Duration::ZERO, &mut framing).unwrap(), Came::Nothing);
        File::from(write).write_all(b"SF1390000000001\nlast").unwrap();
        assert_eq!(lines.read(Duration::from_secs(5), &mut framing).unwrap(), Came::Something);
        for _ in 0..2 {
            assert_eq!(lines.read(Duration::from_secs(5), &mut framing).unwrap(), Came::End);
        }
        framing.finish();
        for expected in ["SF1390000000001", "last"] {
            let Some(Frame::Code { text, .. }) = framing.take() else { panic!() };
            assert_eq!(text, expected);
        }
        assert_eq!(framing.take(), None);
    }
}
