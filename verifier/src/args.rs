//! The command line.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser as _};
use evidence::words::Lang;

const STATUS: &str = "\
Exit status: 0 VERIFIED, 1 REJECTED, 2 could not check, 3 UNKNOWN SIGNER, 4 PARTIAL.
中文报告：--lang zh（环境语言为中文时自动使用）。";

const EXCERPT_STATUS: &str = "\
Exit status: 0 written, 1 the clip is REJECTED and nothing is written, 2 could not, 3 written, but no trusted key was given.
中文：--lang zh。";

const INSPECT_STATUS: &str = "\
Exit status: 0 whatever was found, 2 a file could not be read.
查看买家文件自身的声明（AIGC 标识、内容凭证、生成工具痕迹）：--lang zh。";

const PAGE_STATUS: &str = "\
Exit status: 0 written, 2 could not.
写出核验页面：在浏览器中离线核验录像，无需安装本程序。中文：--lang zh。";

/// Says what a sealed clip proves, offline. Nothing that came with the clip is trusted.
#[derive(Debug, clap::Parser)]
#[command(name = "packseal-verifier", version, after_help = STATUS)]
pub struct Args {
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Debug, clap::Subcommand)]
pub enum Command {
    /// Verify a clip and print what it proves and what it does not
    #[command(after_help = STATUS)]
    Verify(Verify),
    /// Verify a clip, then print the statements that the station signed
    #[command(after_help = STATUS)]
    Show(Show),
    /// Verify a clip, then cut a sealed excerpt out of it: some seconds, byte for byte, and every statement
    #[command(after_help = EXCERPT_STATUS)]
    Excerpt(Excerpt),
    /// Say what a picture or video that was received declares about itself: labels of AI, camera, traces of its way
    #[command(after_help = INSPECT_STATUS)]
    Inspect(Inspect),
    /// Write the verification page: one file that checks clips in a browser, offline, without this program
    #[command(after_help = PAGE_STATUS)]
    Page(Page),
}

#[derive(Debug, clap::Args)]
pub struct Verify {
    #[command(flatten)]
    pub clip: Clip,
    /// The order or waybill number the clip should be of, exactly as it was scanned
    #[arg(long, value_name = "NO")]
    pub order: Option<String>,
    /// The authority's certificate over the root's key (PEM or DER), as the shop gave it: shown if it is the one that
    /// the clip's enrolment names. It is not checked against its authority
    #[arg(long, value_name = "FILE")]
    pub certificate: Option<PathBuf>,
    /// CLIP is a file that the station derived from a sealed clip: the note that came with it. It is never VERIFIED
    #[arg(long, value_name = "FILE", conflicts_with_all = ["order", "certificate"])]
    pub note: Option<PathBuf>,
    /// The sealed clip that it should be derived from, to be verified as well
    #[arg(long, value_name = "CLIP", requires = "note")]
    pub original: Option<PathBuf>,
    /// Print one JSON object (FORMAT.md, section 6.2) instead of words for people
    #[arg(long)]
    pub json: bool,
}

#[derive(Debug, clap::Args)]
pub struct Show {
    #[command(flatten)]
    pub clip: Clip,
}

#[derive(Debug, clap::Args)]
pub struct Excerpt {
    #[command(flatten)]
    pub clip: Clip,
    /// First second that it shows, from the clip's beginning: 12 or 12.5. It begins with the GOP that holds it, up to 2 s before
    #[arg(long, value_name = "S")]
    pub from: String,
    /// Second up to which it shows, likewise; to the end of that GOP
    #[arg(long, value_name = "S")]
    pub to: String,
    /// The new file, .mp4; nothing is overwritten
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct Inspect {
    /// The files, exactly as they were received
    #[arg(value_name = "FILE", required = true)]
    pub files: Vec<PathBuf>,
    /// How they were received: "platform chat, 2026-11-27", for instance. It is repeated in the report
    #[arg(long, value_name = "TEXT")]
    pub received: Option<String>,
    /// The name that a file came with, where it has another one here: a name may tell of its way. Given again, it is of
    /// the next FILE
    #[arg(long, value_name = "NAME")]
    pub name: Vec<String>,
    /// Certificates (PEM) that you trust to stand behind the signers of content credentials, and behind the time
    /// authorities of their time stamps; may be given several times. Without it no signer is trusted
    #[cfg(feature = "c2pa")]
    #[arg(long, value_name = "FILE")]
    pub c2pa_anchors: Vec<PathBuf>,
    /// Print a JSON array with an object for each file instead of words for people
    #[arg(long)]
    pub json: bool,
    /// Language of the report; without it the environment's
    #[arg(long, value_parser = PossibleValuesParser::new(["en", "zh"]).map(language))]
    pub lang: Option<Lang>,
}

#[derive(Debug, clap::Args)]
pub struct Page {
    /// The new file, .html; nothing is overwritten
    #[arg(long, short, value_name = "FILE")]
    pub output: PathBuf,
    /// Language of the messages; without it the environment's. The page speaks both
    #[arg(long, value_parser = PossibleValuesParser::new(["en", "zh"]).map(language))]
    pub lang: Option<Lang>,
}

#[derive(Debug, clap::Args)]
pub struct Clip {
    /// The sealed clip, an .mp4 file
    #[arg(value_name = "CLIP")]
    pub file: PathBuf,
    /// A file of trusted keys, or of one bare key; may be given several times
    #[arg(long, value_name = "FILE")]
    pub trust: Vec<PathBuf>,
    /// The key of a station you trust: NAME+KEYID+BASE64; may be given several times
    #[arg(long, value_name = "VKEY")]
    pub key: Vec<String>,
    /// The root certificate of a time authority you trust, in PEM or DER; may be given several times
    #[arg(long, value_name = "FILE")]
    pub tsa: Vec<PathBuf>,
    /// Language of the report; without it the environment's
    #[arg(long, value_parser = PossibleValuesParser::new(["en", "zh"]).map(language))]
    pub lang: Option<Lang>,
}

/// Of its word.
fn language(word: String) -> Lang {
    if word == "zh" { Lang::Zh } else { Lang::En }
}

impl Clip {
    /// The language to speak.
    pub fn lang(&self) -> Lang {
        self.lang.unwrap_or_else(Lang::of_environment)
    }
}
