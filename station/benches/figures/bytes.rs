//! Bytes of the station's recordings against x264's `-tune zerolatency` at equal SSIM: same preset, GOP, psy and AQ.

use std::{
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use crate::{
    Outcome,
    material::{self, cached, ffmpeg, setting},
    measure::{output, run, shown},
    table::Row,
};

/// How far apart two SSIMs may be to count as equal.
const EQUAL: f64 = 0.0005;
/// Steps of the constant rate factor that are tried.
const STEP: f64 = 0.05;
/// How far from the station's factor it is looked for.
const AROUND: f64 = 6.0;

/// Measures.
///
/// # Errors
/// A program that fails, and no rate factor that gives an equal SSIM.
pub fn rows() -> Outcome<Vec<Row>> {
    let vtest = PathBuf::from("/usr/share/doc/opencv-doc/examples/data/vtest.avi");
    Ok(vec![row("box.mp4", &material::box_footage()?, 0.7)?, row("vtest.avi", &vtest, 0.9)?])
}

fn row(name: &str, footage: &Path, goal: f64) -> Outcome<Row> {
    // Without loss, so that everybody sees the same pictures and nothing is passed through.
    let source = cached(&format!("{name}.mkv"), |path| {
        let mut command = ffmpeg();
        command.arg("-i").arg(footage).args(["-an", "-fps_mode", "passthrough", "-c:v", "ffvhuff"]);
        run(command.arg(path)).map(drop)
    })?;
    let root = material::init("bytes")?;
    let mut record = material::record(&root, &source);
    run(&mut record)?;
    let clip = material::clips(&root)?.pop().ok_or("no clip was recorded")?;
    let settings = material::x264_settings(&clip)?;
    let ours = Coded::of(&clip, &source)?;
    println!("{name}: A {}", shown(&record));
    println!("{name}: x264 in A: {settings}");

    let target = material::folder()?.join("zerolatency.mp4");
    let zerolatency = |crf: f64| -> Outcome<(Command, Coded)> {
        let mut encode = ffmpeg();
        encode.arg("-i").arg(&source).args([
            "-an",
            "-fps_mode",
            "passthrough",
            "-c:v",
            "libx264",
            "-preset",
            "veryfast",
        ]);
        // One thread: no slices, which would cost bytes.
        encode.args(["-tune", "zerolatency", "-threads", "1", "-sc_threshold", "0"]);
        let (mode, strength) =
            setting(&settings, "aq")?.split_once(':').ok_or("x264 does not say how strong its AQ is")?;
        let psy = setting(&settings, "psy")?;
        encode.args(["-x264-params", &format!("psy={psy}:aq-mode={mode}:aq-strength={strength}")]);
        encode.args(["-g", setting(&settings, "keyint")?, "-crf", &format!("{crf:.2}")]).arg(&target);
        run(&mut encode)?;
        let theirs = material::x264_settings(&target)?;
        for same in ["aq", "psy", "subme", "me", "ref", "trellis", "keyint", "scenecut"] {
            let (a, b) = (setting(&settings, same)?, setting(&theirs, same)?);
            if a != b {
                return Err(format!("x264's {same} is {a} in A and {b} in B").into());
            }
        }
        Ok((encode, Coded::of(&target, &source)?))
    };
    // The higher the factor, the lower the SSIM.
    let near: f64 = setting(&settings, "crf")?.parse()?;
    let (mut low, mut high) = (((near - AROUND) / STEP) as u32, ((near + AROUND) / STEP) as u32);
    let mut best: Option<(f64, Command, Coded)> = None;
    while low <= high {
        let middle = (low + high) / 2;
        let crf = f64::from(middle) * STEP;
        let (encode, coded) = zerolatency(crf)?;
        if coded.ssim > ours.ssim {
            low = middle + 1
        } else {
            high = middle.checked_sub(1).ok_or("no factor fits")?
        }
        if best.as_ref().is_none_or(|(_, _, b)| (b.ssim - ours.ssim).abs() > (coded.ssim - ours.ssim).abs()) {
            best = Some((crf, encode, coded));
        }
    }
    let (_, encode, theirs) = best.ok_or("nothing was tried")?;
    println!("{name}: B {}", shown(&encode));
    println!(
        "{name}: A {} bytes, SSIM {:.6}; B {} bytes, SSIM {:.6}",
        ours.bytes, ours.ssim, theirs.bytes, theirs.ssim
    );
    if (theirs.ssim - ours.ssim).abs() > EQUAL {
        return Err("no rate factor gives an equal SSIM".into());
    }
    fs::remove_dir_all(root)?;
    // The same each time: nothing in x264 depends on how fast it runs.
    let ratio = ours.bytes as f64 / theirs.bytes as f64;
    Ok(Row::median(format!("bytes: of zerolatency's, {name}"), vec![ratio], goal, "x"))
}

/// Size and quality of coded pictures.
struct Coded {
    /// Of the samples, without the container.
    bytes: u64,
    /// Of all planes, over all pictures.
    ssim: f64,
}

impl Coded {
    fn of(file: &Path, source: &Path) -> Outcome<Self> {
        let sizes = |file: &Path| -> Outcome<Vec<u64>> {
            let mut probe = Command::new("ffprobe");
            probe.args(["-v", "error", "-select_streams", "v", "-show_entries", "packet=size", "-of", "csv=p=0"]);
            let (text, _) = output(probe.arg(file))?;
            Ok(text.lines().map(|line| line.trim_end_matches(',').parse()).collect::<Result<_, _>>()?)
        };
        let samples = sizes(file)?;
        if samples.len() != sizes(source)?.len() {
            return Err(format!("{}: {} pictures, not as many as its source", file.display(), samples.len()).into());
        }
        // Pictures are compared by their number, whatever the containers' time scales.
        let filter = "[0:v]settb=1/90000,setpts=N[a];[1:v]settb=1/90000,setpts=N[b];[a][b]ssim";
        let mut compare = Command::new("ffmpeg");
        compare.args(["-nostdin", "-i"]).arg(file).arg("-i").arg(source);
        let (_, said) = output(compare.args(["-lavfi", filter, "-f", "null", "-"]))?;
        let all = said.rsplit_once("All:").ok_or("FFmpeg said no SSIM")?.1;
        let ssim = all.split([' ', '\n']).next().unwrap_or_default().parse()?;
        Ok(Self { bytes: samples.iter().sum(), ssim })
    }
}
