//! packseal-station: records every parcel at a packing bench and seals the footage while it is written.

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use station::{
    cmd,
    data::Place,
    say::{Lang, Trouble},
};

/// Records every parcel at a packing bench and seals the footage while it is written.
#[derive(Parser)]
#[command(
    version,
    after_help = "Exit status: 0 done, 1 disagreement found or attention needed, 2 could not start, 4 sealed early (disk full, camera lost)."
)]
struct Cli {
    /// Language of messages; default: that of the environment.
    #[arg(long, global = true, value_enum)]
    lang: Option<Lang>,
    #[command(subcommand)]
    command: Command,
}

/// Which station.
#[derive(Args)]
struct PlaceArgs {
    /// Configuration, which names the data folder.
    #[arg(long, value_name = "FILE", default_value = "/etc/packseal/station.toml")]
    config: PathBuf,
    /// Data folder with its own station.toml, instead of --config.
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    data: Option<PathBuf>,
}

impl PlaceArgs {
    fn place(&self) -> Place {
        self.data.clone().map_or_else(|| Place::Config(self.config.clone()), Place::Folder)
    }
}

#[derive(Subcommand)]
enum Command {
    /// Makes a station: its key, configuration and catalogue. Prints its verifier key.
    Init {
        /// Its data folder is new or empty.
        #[command(flatten)]
        place: PlaceArgs,
        /// Name of the station: 1 to 40 of a-z, 0-9, '.' and '-'.
        #[arg(long)]
        station: String,
    },
    /// Prints the station's verifier key.
    Key {
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// The benches at work: a scan begins a clip, the next one ends it, until the process is told to stop.
    Run {
        #[command(flatten)]
        place: PlaceArgs,
        /// Files and the pattern only: as fast as possible, on a simulated clock, which the clips say.
        #[arg(long)]
        fast: bool,
        /// Which log lines: error, warn, info, debug, or levels by module.
        #[arg(long, default_value = "info", value_name = "LEVEL")]
        log: String,
    },
    /// The configuration.
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Records one clip, then exits.
    Record {
        #[command(flatten)]
        place: PlaceArgs,
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
        #[command(flatten)]
        place: PlaceArgs,
        /// Only those of this order.
        #[arg(long)]
        order: Option<String>,
        /// As a JSON array.
        #[arg(long)]
        json: bool,
    },
    /// Keeps an order's clips from being deleted, also those to come, until it is released.
    Hold {
        #[command(flatten)]
        place: PlaceArgs,
        /// Order number, or a clip's id.
        order: String,
        /// Why, in 1 to 500 characters.
        #[arg(long)]
        reason: String,
    },
    /// Releases an order that is on hold.
    Release {
        #[command(flatten)]
        place: PlaceArgs,
        /// Order number, or a clip's id.
        order: String,
        /// Why, in 1 to 500 characters.
        #[arg(long)]
        reason: String,
    },
    /// Recovers what a crash left, then holds files, catalogue and statements against each other.
    Check {
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// What the running station is doing. Exit status 0: every bench is ready or recording; 1: one is not.
    Status {
        #[command(flatten)]
        place: PlaceArgs,
        /// As the status interface says it.
        #[arg(long)]
        json: bool,
    },
    /// Prints the control codes as a sheet (PDF), with badges of operators.
    Codes {
        #[command(flatten)]
        place: PlaceArgs,
        /// File to write; '-' for standard output.
        #[arg(short, long, value_name = "FILE")]
        output: PathBuf,
        /// Name of an operator who gets a badge; may be given several times.
        #[arg(long, value_name = "NAME")]
        operator: Vec<String>,
    },
    /// The capture process; started by the others.
    #[command(hide = true)]
    Capture,
}

#[derive(Subcommand)]
enum ConfigCommand {
    /// Finds what is wrong in it.
    Check {
        #[command(flatten)]
        place: PlaceArgs,
    },
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
        Command::Init { place, station } => cmd::init::run(&place.place(), station, lang)?,
        Command::Run { place, fast, log } => cmd::run::run(&place.place(), *fast, log, lang)?,
        Command::Config { command: ConfigCommand::Check { place } } => cmd::config::check(&place.place(), lang)?,
        Command::Key { place } => cmd::key::run(&place.place())?,
        Command::Record { place, order, source, seconds, fast, no_overlay } => {
            let recording =
                cmd::record::Recording { order, source, seconds: *seconds, fast: *fast, overlay: !no_overlay };
            cmd::record::run(&place.place(), &recording, lang)?
        }
        Command::Demo { data } => cmd::demo::run(data.as_deref(), lang)?,
        Command::List { place, order, json } => cmd::list::run(&place.place(), order.as_deref(), *json)?,
        Command::Hold { place, order, reason } => cmd::hold::hold(&place.place(), order, reason, lang)?,
        Command::Release { place, order, reason } => cmd::hold::release(&place.place(), order, reason, lang)?,
        Command::Check { place } => cmd::check::run(&place.place(), lang)?,
        Command::Status { place, json } => cmd::status::run(&place.place(), *json, lang)?,
        Command::Codes { place, output, operator } => cmd::codes::run(&place.place(), output, operator, lang)?,
        Command::Capture => return Ok(station::capture::main()),
    };
    Ok(status.into())
}
