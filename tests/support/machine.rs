//! A small Linux machine under QEMU, in software: started, told what to do, typed at, and ended.
#![allow(dead_code)]

use std::{
    fs,
    io::{BufRead, BufReader, ErrorKind, Read, Write},
    os::unix::net::UnixStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread,
    time::{Duration, Instant},
};

use serde_json::{Value, json};

/// Longest time to boot, and for one command.
const BOOT: Duration = Duration::from_secs(90);
const COMMAND: Duration = Duration::from_secs(60);
/// A key is held down, and the next one comes, after these; a real scanner is no slower.
const KEY: (u32, Duration) = (10, Duration::from_millis(40));

/// The machine. It ends with the test: when dropped, and by the kernel when the test's thread ends otherwise.
pub struct Machine {
    qemu: Child,
    folder: PathBuf,
    line: BufReader<UnixStream>,
    monitor: BufReader<UnixStream>,
}

impl Machine {
    /// Boots this kernel with this archive. `folder` holds the sockets and the console's log; what is in its folder
    /// `share` is `/share` in there.
    #[track_caller]
    pub fn boot(kernel: &Path, initramfs: &Path, folder: &Path) -> Self {
        let began = Instant::now();
        let share = folder.join("share");
        fs::create_dir_all(&share).unwrap();
        let path = |name: &str| folder.join(name).to_str().unwrap().to_owned();
        let socket = |id: &str| format!("socket,id={id},path={},server=on,wait=off", path(id));
        let mut command = Command::new("setpriv");
        command.args(["--pdeathsig", "KILL", "qemu-system-x86_64", "-nodefaults", "-no-reboot"]);
        command.args(["-machine", "q35,i8042=off", "-accel", "tcg,thread=multi", "-cpu", "max"]);
        command.args(["-smp", "2", "-m", "1536", "-display", "none", "-vga", "std"]);
        command.arg("-kernel").arg(kernel).arg("-initrd").arg(initramfs);
        command.args(["-append", "console=ttyS0 quiet loglevel=4 panic=1 mitigations=off lsm=landlock"]);
        command.args(["-serial", &format!("file:{}", path("console"))]);
        command.args(["-chardev", &socket("line"), "-serial", "chardev:line"]);
        command.args(["-chardev", &socket("monitor"), "-mon", "chardev=monitor,mode=control"]);
        command.args(["-device", "qemu-xhci,id=usb", "-virtfs"]);
        command.arg(format!("local,path={},mount_tag=share,security_model=none", share.display()));
        let mut machine = Self::start(command, folder);
        machine.answer("boot", BOOT);
        println!("booted in {:.1} s", began.elapsed().as_secs_f64());
        machine
    }

    /// Starts QEMU. It makes the sockets `line`, behind which commands are read, and `monitor`, in this folder.
    #[track_caller]
    pub fn start(mut command: Command, folder: &Path) -> Self {
        let began = Instant::now();
        let log = fs::File::create(folder.join("qemu.log")).unwrap();
        let mut qemu = command.stdin(Stdio::null()).stdout(log.try_clone().unwrap()).stderr(log).spawn().unwrap();
        let mut connect = |name: &str| {
            let stream = loop {
                match UnixStream::connect(folder.join(name)) {
                    Ok(stream) => break stream,
                    Err(e) => assert!(began.elapsed() < COMMAND, "{name}: {e}; {}", said(folder)),
                }
                assert_eq!(qemu.try_wait().unwrap(), None, "qemu ended: {}", said(folder));
                thread::sleep(Duration::from_millis(20));
            };
            BufReader::new(stream)
        };
        let (line, monitor) = (connect("line"), connect("monitor"));
        let mut machine = Self { qemu, folder: folder.to_owned(), line, monitor };
        machine.monitor_line();
        machine.ask("qmp_capabilities", json!({}));
        machine
    }

    /// Waits for the prompt of a shell behind the line, and has it read commands as [`Self::run`] sends them.
    #[track_caller]
    pub fn shell(&mut self, within: Duration) {
        let began = Instant::now();
        self.line.get_ref().set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let mut said = Vec::new();
        while !said.ends_with(b"# ") {
            let mut piece = [0; 4096];
            match self.line.read(&mut piece) {
                Ok(0) => panic!("the machine is gone: {}\n{}", self::said(&self.folder), self.console()),
                Ok(n) => said.extend(&piece[..n]),
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(e) => panic!("{e}"),
            }
            let shown = String::from_utf8_lossy(&said);
            assert!(began.elapsed() < within, "no shell: {shown}\n{}", self.console());
        }
        let read = "while read -r line; do eval \"$line\"; printf '\\n= %s\\n' $?; done";
        self.line.get_mut().write_all(format!("stty raw -echo; printf '\\n= ready\\n'; {read}\n").as_bytes()).unwrap();
        self.answer("shell", COMMAND);
    }

    /// Whether QEMU has ended by itself.
    pub fn ended(&mut self) -> bool {
        self.qemu.try_wait().unwrap().is_some()
    }

    /// Runs a line of shell commands: what they wrote, and their status.
    #[track_caller]
    pub fn run(&mut self, command: &str) -> (String, i32) {
        self.line.get_mut().write_all(format!("{command}\n").as_bytes()).unwrap();
        self.answer(command, COMMAND)
    }

    /// Runs commands that must succeed: what they wrote.
    #[track_caller]
    pub fn sh(&mut self, command: &str) -> String {
        let (out, status) = self.run(command);
        assert_eq!(status, 0, "{command}: {out}\n{}", self.console());
        out
    }

    /// Runs a command again and again until it succeeds.
    #[track_caller]
    pub fn until(&mut self, command: &str, within: Duration) -> String {
        let began = Instant::now();
        loop {
            let (out, status) = self.run(command);
            if status == 0 {
                return out;
            }
            assert!(began.elapsed() < within, "never: {command}: {out}\n{}", self.console());
            thread::sleep(Duration::from_millis(100));
        }
    }

    /// What the kernel wrote on its console.
    pub fn console(&self) -> String {
        fs::read_to_string(self.folder.join("console")).unwrap_or_default()
    }

    /// Types a text and Enter on the machine's USB keyboard, as a scanner does.
    #[track_caller]
    pub fn type_line(&mut self, text: &str) {
        self.type_text(text);
        self.press(&["ret"]);
    }

    /// Types without Enter.
    #[track_caller]
    pub fn type_text(&mut self, text: &str) {
        for character in text.chars() {
            let key = match character {
                '-' => "minus".to_owned(),
                _ => character.to_ascii_lowercase().to_string(),
            };
            if character.is_ascii_uppercase() { self.press(&["shift", &key]) } else { self.press(&[&key]) }
        }
    }

    fn press(&mut self, keys: &[&str]) {
        let keys: Vec<Value> = keys.iter().map(|key| json!({ "type": "qcode", "data": key })).collect();
        self.ask("send-key", json!({ "keys": keys, "hold-time": KEY.0 }));
        thread::sleep(KEY.1);
    }

    /// Plugs a keyboard of this name in.
    #[track_caller]
    pub fn plug_keyboard(&mut self, name: &str) {
        self.ask("device_add", json!({ "driver": "usb-kbd", "id": name, "bus": "usb.0" }));
    }

    /// Pulls it out.
    #[track_caller]
    pub fn unplug_keyboard(&mut self, name: &str) {
        self.ask("device_del", json!({ "id": name }));
    }

    /// Asks QEMU's monitor, and waits until it has done so.
    #[track_caller]
    pub fn ask(&mut self, what: &str, arguments: Value) {
        let request = json!({ "execute": what, "arguments": arguments });
        self.monitor.get_mut().write_all(format!("{request}\n").as_bytes()).unwrap();
        loop {
            let answer = self.monitor_line();
            assert!(answer.get("error").is_none(), "{request}: {answer}");
            if answer.get("return").is_some() {
                return;
            }
        }
    }

    /// Whether QEMU tells this event within this time; those before it are passed over.
    #[track_caller]
    pub fn event(&mut self, name: &str, within: Duration) -> bool {
        let began = Instant::now();
        self.monitor.get_ref().set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let mut line = String::new();
        loop {
            match self.monitor.read_line(&mut line) {
                Ok(0) => panic!("QEMU is gone: {}", said(&self.folder)),
                Ok(_) => {
                    let told: Value = serde_json::from_str(&line).unwrap_or_else(|e| panic!("{line:?}: {e}"));
                    line.clear();
                    if told["event"] == name {
                        return true;
                    }
                }
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(e) => panic!("{e}"),
            }
            if began.elapsed() > within {
                return false;
            }
        }
    }

    #[track_caller]
    fn monitor_line(&mut self) -> Value {
        let mut line = String::new();
        self.monitor.get_ref().set_read_timeout(Some(COMMAND)).unwrap();
        self.monitor
            .read_line(&mut line)
            .unwrap_or_else(|e| panic!("QEMU does not answer: {e}; {}", said(&self.folder)));
        serde_json::from_str(&line).unwrap_or_else(|e| panic!("{line:?}: {e}; {}", said(&self.folder)))
    }

    /// Reads to the line with a status.
    #[track_caller]
    fn answer(&mut self, command: &str, within: Duration) -> (String, i32) {
        let began = Instant::now();
        self.line.get_ref().set_read_timeout(Some(Duration::from_millis(500))).unwrap();
        let (mut out, mut line) = (String::new(), Vec::new());
        loop {
            match self.line.read_until(b'\n', &mut line) {
                Ok(0) => panic!("{command}: the machine is gone: {}\n{}", said(&self.folder), self.console()),
                Ok(_) if line.ends_with(b"\n") => {
                    let text = String::from_utf8_lossy(&std::mem::take(&mut line)).into_owned();
                    match text.strip_prefix("= ").map(str::trim) {
                        Some("ready") => return (out, 0),
                        // The machine begins a line of its own for it.
                        Some(status) => {
                            return (out.strip_suffix('\n').unwrap_or(&out).to_owned(), status.parse().unwrap_or(-1));
                        }
                        None => out.push_str(&text),
                    }
                }
                Ok(_) => {}
                Err(e) if matches!(e.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {}
                Err(e) => panic!("{command}: {e}"),
            }
            assert!(began.elapsed() < within, "{command}: no answer; {out}\n{}", self.console());
        }
    }
}

impl Drop for Machine {
    fn drop(&mut self) {
        let _ = self.qemu.kill();
        let _ = self.qemu.wait();
    }
}

fn said(folder: &Path) -> String {
    fs::read_to_string(folder.join("qemu.log")).unwrap_or_default()
}
