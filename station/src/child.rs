//! The capture process as the sealer sees it: started, listened to, told the order, stopped, killed.

use std::{
    io::{self, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::{
        Arc,
        mpsc::{self, Receiver, RecvTimeoutError},
    },
    thread,
    time::Duration,
};

use crate::{
    capture::protocol::{self, End, Message, Setup},
    clip::Gop,
    clock::Clock,
};

/// How many messages may wait for the sealer. Behind them the pipe fills and the capture process drops frames, which
/// it counts.
const WAITING: usize = 4;

/// What comes from the capture process.
#[derive(Debug)]
pub enum Arrival {
    /// A stream begins.
    Stream(protocol::Stream),
    /// A GOP of it.
    Gop(Arc<Gop>),
    /// It has ended as it says.
    End(End),
    /// It is gone without a word, or sent what is no message.
    Gone,
    /// Nothing came in time.
    Nothing,
}

/// A running capture process. Killed when dropped.
#[derive(Debug)]
pub struct Capture {
    child: Child,
    commands: Option<ChildStdin>,
    arrivals: Receiver<Arrival>,
}

impl Capture {
    /// Starts one.
    ///
    /// # Errors
    /// The system's.
    pub fn start(setup: &Setup, clock: Clock) -> io::Result<Self> {
        let mut child = Command::new("/proc/self/exe")
            .arg("capture")
            // It gets what it needs through its standard input; of the environment only the time zone.
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| name == "TZ"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let commands = child.stdin.take();
        let mut output = BufReader::with_capacity(1 << 16, child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?);
        let (sender, arrivals) = mpsc::sync_channel(WAITING);
        thread::spawn(move || {
            loop {
                let mut media = Vec::new();
                let arrival = match protocol::read(&mut output, &mut media) {
                    Ok(Some(Message::Stream(stream))) => Arrival::Stream(stream),
                    Ok(Some(Message::Gop(head))) => Arrival::Gop(Arc::new(Gop { head, media, offset: clock.offset() })),
                    Ok(Some(Message::End(end))) => Arrival::End(end),
                    Ok(None) | Err(_) => Arrival::Gone,
                };
                let last = matches!(arrival, Arrival::End(_) | Arrival::Gone);
                if sender.send(arrival).is_err() || last {
                    break;
                }
            }
        });
        let mut capture = Self { child, commands, arrivals };
        capture.say(&serde_json::to_string(setup)?)?;
        Ok(capture)
    }

    fn say(&mut self, line: &str) -> io::Result<()> {
        match &mut self.commands {
            Some(pipe) => pipe.write_all(format!("{line}\n").as_bytes()),
            None => Ok(()),
        }
    }

    /// Tells it the order number that stands in the picture from now on.
    pub fn order(&mut self, order: Option<&str>) {
        // Where it is gone, the next arrival says so.
        let command = protocol::Command::Order(order.map(str::to_owned));
        let _ = serde_json::to_string(&command).map_err(Into::into).and_then(|line| self.say(&line));
    }

    /// Asks it to read no further frame, to send what it has and to end.
    pub fn stop(&mut self) {
        self.commands = None;
    }

    /// Waits for the next arrival.
    pub fn wait(&self, most: Duration) -> Arrival {
        match self.arrivals.recv_timeout(most) {
            Ok(arrival) => arrival,
            Err(RecvTimeoutError::Timeout) => Arrival::Nothing,
            Err(RecvTimeoutError::Disconnected) => Arrival::Gone,
        }
    }
}

impl Drop for Capture {
    fn drop(&mut self) {
        // It has ended, or it hangs: either way nothing of it is wanted any more.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
