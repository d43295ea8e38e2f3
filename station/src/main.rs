//! packseal-station: records every parcel at a packing bench and seals the footage while it is written.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use station::{
    cmd,
    say::{Lang, Trouble},
};

/// Records every parcel at a packing bench and seals the footage while it is written.
#[derive(Parser)]
#[command(
    version,
    after_help = "Exit status: 0 done, 1 disagreement found, 2 could not start, 4 sealed early (disk full, camera lost)."
)]
struct Cli {
    /// Language of messages; default: that of the environment.
    #[arg(long, global = true, value_enum)]
    lang: Option<Lang>,
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Makes a station: its key, configuration and catalogue. Prints its verifier key.
    Init {
        /// Data folder, new or empty.
        #[arg(long)]
        data: PathBuf,
        /// Name of the station: 1 to 40 of a-z, 0-9, '.' and '-'.
        #[arg(long)]
        station: String,
    },
    /// Prints the station's verifier key.
    Key {
        /// Data folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// Records one clip, then exits.
    Record {
        /// Data folder.
        #[arg(long)]
        data: PathBuf,
        /// Order number.
        #[arg(long)]
        order: String,
        /// usb, usb:/dev/video0, file:PATH, rtsp://HOST/PATH, pattern or pattern:640x360@10.
        #[arg(long)]
        source: String,
        /// Stop after so many seconds; default: at the end of the source, or at Ctrl-C.
        #[arg(long, value_parser = seconds)]
        seconds: Option<f64>,
        /// Files and the pattern only: as fast as possible, on a simulated clock, which the clip says.
        #[arg(long)]
        fast: bool,
        /// Draw nothing into the picture; H.264 that fits is then sealed as it is.
        #[arg(long)]
        no_overlay: bool,
    },
    /// The main job on the embedded default: two parcels recorded, sealed and verified.
    Demo {
        /// Data folder; default: a new one among the temporary files.
        #[arg(long)]
        data: Option<PathBuf>,
    },
    /// Lists the clips.
    List {
        /// Data folder.
        #[arg(long)]
        data: PathBuf,
        /// Only those of this order.
        #[arg(long)]
        order: Option<String>,
        /// As a JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Recovers what a crash left, then holds files, catalogue and statements against each other.
    Check {
        /// Data folder.
        #[arg(long)]
        data: PathBuf,
    },
    /// The capture process; started by the others.
    #[command(hide = true)]
    Capture,
}

fn seconds(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|s| (0.1..=86_400.0).contains(s)).ok_or_else(|| "0.1 to 86400".to_owned())
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let lang = cli.lang.unwrap_or_else(Lang::of_environment);
    match run(&cli.command, lang) {
        Ok(status) => status,
        Err(trouble) => {
            eprintln!("packseal-station: {}", trouble.line(lang));
            ExitCode::from(2)
        }
    }
}

fn run(command: &Command, lang: Lang) -> Result<ExitCode, Trouble> {
    let status = match command {
        Command::Init { data, station } => cmd::init::run(data, station, lang)?,
        Command::Key { data } => cmd::key::run(data)?,
        Command::Record { data, order, source, seconds, fast, no_overlay } => {
            let recording =
                cmd::record::Recording { order, source, seconds: *seconds, fast: *fast, overlay: !no_overlay };
            cmd::record::run(data, &recording, lang)?
        }
        Command::Demo { data } => cmd::demo::run(data.as_deref(), lang)?,
        Command::List { data, order, json } => cmd::list::run(data, order.as_deref(), *json)?,
        Command::Check { data } => cmd::check::run(data, lang)?,
        Command::Capture => return Ok(station::capture::main()),
    };
    Ok(status.into())
}
