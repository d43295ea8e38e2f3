//! The capture process as the sealer sees it: started, listened to, told the order, stopped, killed.

use std::{
    io::{self, BufReader, Write},
    process::{Child, ChildStdin, Command, Stdio},
    sync::Arc,
    thread,
    time::{Duration, Instant},
};

use crossbeam_channel::{Receiver, RecvTimeoutError};
use rustix::pipe::fcntl_setpipe_size;

use crate::{
    capture::protocol::{self, End, Message, Setup},
    clip::Gop,
    clock::Clock,
    status::Live,
};

/// How many messages may wait for the sealer. Behind them the pipe fills and the capture process drops frames, which
/// it counts.
const WAITING: usize = 4;
/// Bytes of the pipe. While somebody looks, pictures wait in it beside GOPs: with them it lasts as long as without.
const PIPE: usize = 1 << 20;
/// How long a process that was killed is waited for.
const DYING: Duration = Duration::from_millis(100);

/// What comes from the capture process.
#[derive(Debug)]
pub enum Arrival {
    /// A stream begins.
    Stream(protocol::Stream),
    /// A GOP of it.
    Gop(Arc<Gop>),
    /// It runs, and says how it is with the camera.
    Alive(protocol::Alive),
    /// It has ended as it says.
    End(End),
    /// It is gone without a word, or sent what is no message.
    Gone,
    /// Nothing came in time.
    Nothing,
}

/// A running capture process. Killed when dropped, which never takes long.
#[derive(Debug)]
pub struct Capture {
    child: Option<Child>,
    commands: Option<ChildStdin>,
    arrivals: Receiver<Arrival>,
}

impl Capture {
    /// Starts one. Its live pictures go straight to whoever looks: a bench that is held up holds up no picture, and is
    /// held up by none.
    ///
    /// # Errors
    /// The system's.
    pub fn start(setup: &Setup, clock: Clock, live: Arc<Live>) -> io::Result<Self> {
        let mut child = Command::new("/proc/self/exe")
            .arg("capture")
            // It gets what it needs through its standard input; of the environment only the time zone.
            .env_clear()
            .envs(std::env::vars_os().filter(|(name, _)| name == "TZ"))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()?;
        let commands = child.stdin.take();
        let output = child.stdout.take().ok_or(io::ErrorKind::BrokenPipe)?;
        // Where it is not granted, the pipe is full a little sooner.
        let _ = fcntl_setpipe_size(&output, PIPE);
        let mut output = BufReader::with_capacity(1 << 16, output);
        let (sender, arrivals) = crossbeam_channel::bounded(WAITING);
        let mut capture = Self { child: Some(child), commands, arrivals };
        thread::Builder::new().name("capture".into()).spawn(move || {
            loop {
                let mut media = Vec::new();
                let arrival = match protocol::read(&mut output, &mut media) {
                    Ok(Some(Message::Picture { time_us })) => {
                        live.show(time_us, media);
                        continue;
                    }
                    Ok(Some(Message::Stream(stream))) => {
                        live.stream(stream.passed_through);
                        Arrival::Stream(stream)
                    }
                    Ok(Some(Message::Gop(head))) => Arrival::Gop(Arc::new(Gop { head, media, offset: clock.offset() })),
                    Ok(Some(Message::Alive(alive))) => Arrival::Alive(alive),
                    Ok(Some(Message::End(end))) => Arrival::End(end),
                    Ok(None) | Err(_) => Arrival::Gone,
                };
                let last = matches!(arrival, Arrival::End(_) | Arrival::Gone);
                if sender.send(arrival).is_err() || last {
                    break;
                }
            }
        })?;
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
        self.command(&protocol::Command::Order(order.map(str::to_owned)));
    }

    /// Tells it whether somebody looks.
    pub fn live(&mut self, live: bool) {
        self.command(&protocol::Command::Live(live));
    }

    fn command(&mut self, command: &protocol::Command) {
        // Where it is gone, the next arrival says so.
        let _ = serde_json::to_string(command).map_err(Into::into).and_then(|line| self.say(&line));
    }

    /// Asks it to read no further frame, to send what it has and to end.
    pub fn stop(&mut self) {
        self.commands = None;
    }

    /// What arrives, for a thread that waits for other things as well. Nothing comes behind [`Arrival::End`] and
    /// [`Arrival::Gone`], and the channel is disconnected.
    pub fn arrivals(&self) -> &Receiver<Arrival> {
        &self.arrivals
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
        if let Some(child) = self.child.take() {
            end(child);
        }
    }
}

/// Kills a process. One that hangs in a driver dies when the driver lets it go, which nobody waits for.
fn end(mut child: Child) {
    let _ = child.kill();
    let begun = Instant::now();
    while begun.elapsed() < DYING {
        match child.try_wait() {
            Ok(None) => thread::sleep(Duration::from_millis(2)),
            Ok(Some(_)) | Err(_) => return,
        }
    }
    // Where no thread can be started, it stays a zombie until this process ends.
    let _ = thread::Builder::new().name("dying".into()).spawn(move || child.wait());
}

#[cfg(test)]
mod tests {
    use std::io::BufRead;

    use super::*;

    /// Lets anybody trace it.
    const TRACED: &str = "import ctypes, sys\n\
        SET_PTRACER, ANY = 0x59616d61, ctypes.c_ulong(-1)\n\
        ctypes.CDLL(None).prctl(SET_PTRACER, ANY)\n\
        print('ready', flush=True)\n\
        sys.stdin.read()\n";
    /// Traces it until its own input ends.
    const TRACER: &str = "import ctypes, sys\n\
        SEIZE = 0x4206\n\
        assert ctypes.CDLL(None).ptrace(SEIZE, int(sys.argv[1]), None, None) == 0\n\
        print('ready', flush=True)\n\
        sys.stdin.read()\n";

    /// Starts one of these, and waits until it has done its work.
    fn python(program: &str, argument: &str) -> Child {
        let mut command = Command::new("python3");
        let mut child =
            command.args(["-c", program, argument]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let mut said = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut said).unwrap();
        assert_eq!(said, "ready\n");
        child
    }

    /// Whoever is traced is not gone before its tracer lets it go: like a process in a driver that does not answer.
    #[test]
    fn a_process_that_cannot_be_killed_holds_nobody_up() {
        let process = python(TRACED, "");
        let id = process.id();
        let mut tracer = python(TRACER, &id.to_string());

        let begun = Instant::now();
        end(process);
        let took = begun.elapsed();
        let there = || std::path::Path::new(&format!("/proc/{id}")).exists();
        assert!(there(), "it was gone at once");
        assert!(took < Duration::from_secs(5), "{took:?}");
        // Once it can go, somebody waits for it: it does not stay a zombie.
        drop(tracer.stdin.take());
        tracer.wait().unwrap();
        let begun = Instant::now();
        while there() {
            assert!(begun.elapsed() < Duration::from_secs(20), "nobody waited for it");
            thread::sleep(Duration::from_millis(5));
        }
    }
}
