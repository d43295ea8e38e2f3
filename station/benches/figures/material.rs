//! What is measured with: noise as GOPs of a wanted bit rate, stations to seal it in, real footage.

use std::{
    env, fs,
    io::{BufReader, Write},
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
};

use evidence::{
    statement::{self, Direction, Opened, Reason},
    value::{Hash, Order, Token, Value},
};
use station::{
    capture::protocol::{self, Encoder, Message, Setup, Source},
    clip::{ClipWriter, Gop, Opening, Stream},
    clock::{self, Clock},
    data::{Data, Locked, Place},
};

use crate::{
    Outcome,
    measure::{output, run},
};

/// Seconds of noise that are made; longer clips repeat them.
const SECONDS: usize = 10;

/// The station's program.
pub const STATION: &str = env!("CARGO_BIN_EXE_packseal-station");

/// Where material is kept, next to the programs.
///
/// # Errors
/// The file system's.
pub fn folder() -> Outcome<PathBuf> {
    let programs = programs()?;
    let folder = programs.parent().ok_or("the target folder is not known")?.join("bench");
    fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn programs() -> Outcome<PathBuf> {
    Ok(Path::new(STATION).parent().ok_or("the programs' folder is not known")?.to_owned())
}

/// The verifier's program.
///
/// # Errors
/// It was not built.
pub fn verifier() -> Outcome<PathBuf> {
    let path = programs()?.join("packseal-verifier");
    if path.exists() { Ok(path) } else { Err("packseal-verifier is not built: cargo build --release".into()) }
}

/// FFmpeg, saying errors only and replacing what is there.
pub fn ffmpeg() -> Command {
    let mut command = Command::new("ffmpeg");
    command.args(["-v", "error", "-nostdin", "-y"]);
    command
}

/// Makes a file of the material folder, unless it is there.
///
/// # Errors
/// Those of `make`, which writes to the path it is given.
pub fn cached(name: &str, make: impl FnOnce(&Path) -> Outcome<()>) -> Outcome<PathBuf> {
    let path = folder()?.join(name);
    if !path.exists() {
        println!("making {name}");
        let new = path.with_file_name(format!("new-{name}"));
        make(&new)?;
        fs::rename(&new, &path)?;
    }
    Ok(path)
}

/// Footage of hands that turn a box over a table: 640×480, 30 frames a second, 15 s. Its first packets do not decode.
///
/// # Errors
/// It is not installed.
pub fn box_footage() -> Outcome<PathBuf> {
    let packed = "/usr/share/doc/opencv-doc/opencv4/html/box.mp4.gz";
    cached("box.mp4", |path| {
        let (file, packed) = (fs::File::create(path)?, fs::File::open(packed).map_err(|e| format!("{packed}: {e}"))?);
        let status = Command::new("gzip").arg("-dc").stdin(packed).stdout(file).status()?;
        if status.success() { Ok(()) } else { Err(format!("gzip: {status}").into()) }
    })
}

/// A station of its own, new.
///
/// # Errors
/// The file system's.
pub fn new_station(name: &str) -> Outcome<Locked> {
    let root = folder()?.join(name);
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    Data::init(&Place::Folder(root.clone()), "bench")?;
    Ok(Data::open(&root)?.lock()?)
}

/// GOPs of one second that can be repeated without end.
pub struct Reel {
    stream: Arc<Stream>,
    gops: Vec<Gop>,
    zero: Clock,
}

impl Reel {
    /// Noise, 1080p at 30 frames a second, of so many Mbit/s, as the capture process gives it.
    ///
    /// # Errors
    /// FFmpeg's and the capture process's.
    pub fn noise(megabits: u32) -> Outcome<Self> {
        let rate = format!("{megabits}M");
        let file = cached(&format!("noise-{rate}.mp4"), |path| {
            let source = format!("testsrc2=s=1920x1080:r=30:d={SECONDS},noise=alls=20:allf=t,format=yuv420p");
            let mut command = ffmpeg();
            command.args(["-f", "lavfi", "-i", &source, "-c:v", "libx264", "-preset", "veryfast"]);
            command.args(["-g", "30", "-sc_threshold", "0", "-flags", "+cgop"]);
            command.args(["-b:v", &rate, "-minrate", &rate, "-maxrate", &rate, "-bufsize", &rate]);
            run(command.arg(path)).map(drop)
        })?;
        let (stream, gops) = capture(&file)?;
        if !stream.passed_through || gops.len() != SECONDS {
            return Err(format!("{}: {} GOPs instead of {SECONDS}", file.display(), gops.len()).into());
        }
        let stream = Stream::new(stream).map_err(|code| format!("{code:?}"))?;
        Ok(Self { stream: Arc::new(stream), gops, zero: Clock::Simulated { zero: clock::wall() } })
    }

    /// The GOP of this second.
    pub fn gop(&self, second: usize) -> Gop {
        let (round, place) = (second / self.gops.len(), second % self.gops.len());
        let Gop { head, media, .. } = &self.gops[place];
        let period_us = self.gops.last().map_or(0, |g| g.head.end_us) - self.gops[0].start_us();
        let shift_us = round as i64 * period_us;
        let mut head = head.clone();
        head.end_us += shift_us;
        head.samples.iter_mut().for_each(|sample| sample.time_us += shift_us);
        Gop { head, media: media.clone(), offset: self.zero.offset() }
    }

    /// Begins a clip with this GOP, which is not yet appended.
    ///
    /// # Errors
    /// The clip's.
    pub fn open(&self, station: &Locked, first: &Gop) -> Outcome<ClipWriter> {
        let opening = Opening {
            order: Order::parse("BENCH-1"),
            opened: Opened::Api,
            direction: Direction::Outgoing,
            bench: Token::parse("bench-1").ok_or("no name of a bench")?,
            operator: None,
            time: clock::wall(),
            source: statement::Source::File,
            clock: self.zero,
            program: Hash([0; 32]),
        };
        Ok(ClipWriter::open(station, self.stream.clone(), &opening, first)?)
    }
}

/// A sealed clip of noise, of so many Mbit/s and GOPs of a second, in a file `NAME.mp4` of the material; and the key of
/// its station, which has this name.
///
/// # Errors
/// FFmpeg's, the capture process's and the clip's.
pub fn sealed(name: &str, megabits: u32, gops: usize) -> Outcome<(PathBuf, String)> {
    let clip = cached(&format!("{name}.mp4"), |path| {
        let reel = Reel::noise(megabits)?;
        let station = new_station(name)?;
        let mut writer = reel.open(&station, &reel.gop(0))?;
        for second in 0..gops {
            writer.append(&station, &reel.gop(second))?;
        }
        let sealed = writer.close(&station, Reason::SourceEnd)?;
        Ok(fs::rename(sealed.path, path)?)
    })?;
    Ok((clip, Data::open(&folder()?.join(name))?.key()?.verifier().to_string()))
}

/// What the capture process makes of a file, as fast as it can.
fn capture(file: &Path) -> Outcome<(protocol::Stream, Vec<Gop>)> {
    let setup = Setup {
        source: Source::File { path: file.to_str().ok_or("a name that is not text")?.to_owned(), repeat: false },
        overlay: None,
        encoder: Encoder { preset: "veryfast".into(), crf: 25.0 },
        fast: true,
        begin_us: 0,
        wall_at_zero_us: Some(0),
    };
    let mut child = Command::new(STATION).arg("capture").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
    let mut input = child.stdin.take().ok_or("no pipe")?;
    writeln!(input, "{}", serde_json::to_string(&setup)?)?;
    let mut from = BufReader::new(child.stdout.take().ok_or("no pipe")?);
    let (mut stream, mut gops) = (None, Vec::new());
    loop {
        let mut media = Vec::new();
        match protocol::read(&mut from, &mut media)? {
            Some(Message::Stream(head)) => stream = Some(head),
            Some(Message::Gop(head)) => gops.push(Gop { head, media, offset: 0 }),
            Some(Message::Alive(_) | Message::Picture { .. }) => {}
            Some(Message::End(_)) | None => break,
        }
    }
    drop(input);
    child.wait()?;
    Ok((stream.ok_or("the capture process gave no stream")?, gops))
}

/// Records a file with the station's program as it is shipped, without an overlay. Gives the clip.
///
/// # Errors
/// The program's.
pub fn record(root: &Path, file: &Path) -> Command {
    let mut command = Command::new(STATION);
    command.args(["record", "--fast", "--no-overlay", "--order", "BENCH-1", "--data"]).arg(root);
    command.arg("--source").arg(format!("file:{}", file.display()));
    command
}

/// Makes a station for [`record`], new.
///
/// # Errors
/// The program's.
pub fn init(name: &str) -> Outcome<PathBuf> {
    let root = folder()?.join(name);
    if root.exists() {
        fs::remove_dir_all(&root)?;
    }
    output(Command::new(STATION).args(["init", "--station", "bench", "--data"]).arg(&root))?;
    Ok(root)
}

/// The clips of a station, oldest first.
///
/// # Errors
/// The catalogue's.
pub fn clips(root: &Path) -> Outcome<Vec<PathBuf>> {
    Ok(Data::open(root)?.catalogue()?.clips(None)?.iter().map(|clip| root.join(&clip.path)).collect())
}

/// What x264 says of its own settings in the first picture of a file.
///
/// # Errors
/// It says nothing.
pub fn x264_settings(file: &Path) -> Outcome<String> {
    let bytes = fs::read(file)?;
    let mark = b"options: ";
    let at = bytes.windows(mark.len()).position(|w| w == mark).ok_or("x264's settings are not in the file")?;
    let text = bytes[at + mark.len()..].split(|&b| b == 0).next().unwrap_or_default();
    Ok(String::from_utf8_lossy(text).into_owned())
}

/// The value of one of x264's settings.
///
/// # Errors
/// It is not among them.
pub fn setting<'a>(settings: &'a str, name: &str) -> Outcome<&'a str> {
    let pair = settings.split(' ').filter_map(|s| s.split_once('=')).find(|(key, _)| *key == name);
    Ok(pair.ok_or_else(|| format!("x264 does not say {name}"))?.1)
}

/// The parameters that make x264 work as it said, as far as FFmpeg's own options do not.
///
/// # Errors
/// One of them is not among the settings.
pub fn x264_params(settings: &str) -> Outcome<String> {
    // The queue of x264's own look-ahead thread is the one setting that it does not say.
    let mut params = String::from("sync-lookahead=0");
    for (param, name) in [
        ("psy", "psy"),
        ("b-bias", "b_bias"),
        ("dct-decimate", "decimate"),
        ("qcomp", "qcomp"),
        ("ipratio", "ip_ratio"),
        ("lookahead-threads", "lookahead_threads"),
    ] {
        params += &format!(":{param}={}", setting(settings, name)?);
    }
    let direct: usize = setting(settings, "direct")?.parse()?;
    params += ":direct=";
    params += ["none", "spatial", "temporal", "auto"].get(direct).ok_or("a way of x264's that is not known")?;
    for (names, name, between) in
        [(["aq-mode", "aq-strength"], "aq", ':'), (["deadzone-inter", "deadzone-intra"], "deadzone", ',')]
    {
        let (a, b) =
            setting(settings, name)?.split_once(between).ok_or_else(|| format!("x264 says too little of {name}"))?;
        params += &format!(":{}={a}:{}={b}", names[0], names[1]);
    }
    Ok(params)
}
