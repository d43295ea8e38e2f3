//! The command line. Also read where the manual pages and completions are made.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use station::{data::Place, say::Lang};

/// Records every parcel at a packing bench and seals the footage while it is written.
#[derive(Parser)]
#[command(
    name = "packseal-station",
    version,
    after_help = "Exit status: 0 done, 1 disagreement found or attention needed, 2 could not start, 4 sealed early (disk full, camera lost)."
)]
pub struct Cli {
    /// Language of messages; default: that of the environment.
    #[arg(long, global = true, value_enum)]
    pub lang: Option<Lang>,
    #[command(subcommand)]
    pub command: Command,
}

/// Which station.
#[derive(Args)]
pub struct PlaceArgs {
    /// Configuration, which names the data folder.
    #[arg(long, value_name = "FILE", default_value = "/etc/packseal/station.toml")]
    config: PathBuf,
    /// Data folder with its own station.toml, instead of --config.
    #[arg(long, value_name = "DIR", conflicts_with = "config")]
    data: Option<PathBuf>,
}

impl PlaceArgs {
    /// As the library takes it.
    pub fn place(&self) -> Place {
        self.data.clone().map_or_else(|| Place::Config(self.config.clone()), Place::Folder)
    }
}

#[derive(Subcommand)]
pub enum Command {
    /// Makes a station: its key, configuration and catalogue. Prints its verifier key.
    Init {
        /// Its data folder is new or empty.
        #[command(flatten)]
        place: PlaceArgs,
        /// Name of the station: 1 to 40 of a-z, 0-9, '.' and '-'; default: the machine's name.
        #[arg(long)]
        station: Option<String>,
        /// A station that is there is as good; one that was cut off while it was made is made whole.
        #[arg(long)]
        if_new: bool,
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
    /// Looks the station over: key, disk, clock, watchdogs, cameras, scanners. Exit status 1: something does not work.
    Doctor {
        #[command(flatten)]
        place: PlaceArgs,
        /// As a JSON array.
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
pub enum ConfigCommand {
    /// Finds what is wrong in it.
    Check {
        #[command(flatten)]
        place: PlaceArgs,
    },
}

fn seconds(text: &str) -> Result<f64, String> {
    text.parse().ok().filter(|s| (0.1..=86_400.0).contains(s)).ok_or_else(|| "0.1 to 86400".to_owned())
}
