//! The command line. Also read where the manual pages and completions are made.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use evidence::{
    statement::{RevocationReason, Sources},
    value::{Time, Value},
};
use station::{accounts::Role, data::Place, say::Lang};

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
        /// Data folder; default: a new one among the temporary files. A folder with a demo in it is gone on with.
        #[arg(long)]
        data: Option<PathBuf>,
        /// Then goes on as a station at work, until it is told to stop: prints the address of its pages, and a first
        /// log-in.
        #[arg(long)]
        serve: bool,
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
    /// The merchant's own key, which enrols stations. On the merchant's own machine, never at a bench.
    #[command(after_help = ROOT)]
    Root {
        #[command(subcommand)]
        command: RootCommand,
    },
    /// Keeps an enrolment of this station's key; it travels with the clips in their proofs (seal-proof).
    Enrol {
        #[command(flatten)]
        place: PlaceArgs,
        /// The note that 'root enrol' wrote.
        note: PathBuf,
        /// The root's verifier key, or a file of it: its signature is checked before the note is kept.
        #[arg(long, value_name = "VKEY")]
        root: Option<String>,
    },
    /// Gives the station a new key and ledger, as after the old key leaked or a part of the data was set back: stop the
    /// daemon first. Clips stay and verify under the old key. Prints the new verifier key, to be enrolled.
    RenewKey {
        #[command(flatten)]
        place: PlaceArgs,
    },
    /// Puts what the station holds behind sealed clips, as their proof: its enrolment, and their places in the ledger. The
    /// sealed part stays as it is. Exit status 1: a clip got none.
    SealProof {
        #[command(flatten)]
        place: PlaceArgs,
        /// A clip's file or id, or the order number of several.
        clip: String,
    },
    /// Hands out every clip of an order, each a copy with its proof: enrolment, its places in the ledger, and which clips
    /// of the order there are. Exit status 1: one that is sealed could not be handed out so.
    Prove {
        #[command(flatten)]
        place: PlaceArgs,
        /// Order number.
        order: String,
        /// Folder for the copies, new or empty.
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
        /// With the ledger's entries and the salts of their days, which show that there are no other clips. Whoever reads
        /// them can try which order numbers these days had.
        #[arg(long)]
        audit: bool,
        /// First day (UTC) or moment of these entries; default: a day before the order's first clip.
        #[arg(long, value_name = "TIME", value_parser = first_moment, requires = "audit")]
        since: Option<Time>,
    },
    /// Makes the evidence bundle of an order, a folder and an archive: the clips with their proofs, copies and pictures that
    /// fit the receiver's form, a report, and the page that checks it all. Exit status 1: not every clip is VERIFIED.
    Export {
        #[command(flatten)]
        place: PlaceArgs,
        /// Order number.
        order: String,
        /// What the receiver takes: shopee, tiktok, ebay, paypal, card, wechat, court, free, or one of the configuration.
        #[arg(long, value_name = "NAME")]
        preset: String,
        /// Folder for it, new or empty; the archive gets its name with .zip behind it.
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
        /// Of which clip the copy and the pictures are; default: the newest that verifies.
        #[arg(long, value_name = "ID")]
        clip: Option<String>,
        /// From which second on the copy shows, where it cannot show all; default: its last ones.
        #[arg(long, value_name = "S")]
        from: Option<u64>,
        /// Who exports, for the custody log.
        #[arg(long, value_name = "NAME")]
        by: Option<String>,
        /// A picture or video that the buyer sent, exactly as it was received: it goes into the bundle as the buyer's, with
        /// what it says about itself, beside those that the desk keeps; may be given several times.
        #[arg(long, value_name = "FILE")]
        received_file: Vec<PathBuf>,
        /// How these were received: "platform chat, 2026-11-27", for instance.
        #[arg(long, value_name = "TEXT", requires = "received_file")]
        received: Option<String>,
    },
    /// Who may use the pages: accounts and their passwords. The daemon may run meanwhile.
    User {
        #[command(subcommand)]
        command: UserCommand,
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
    /// The process that makes copies of pictures; started by export.
    #[command(hide = true)]
    Derive,
}

const ROOT: &str = "\
Whoever has the root's key can make any key a station of this merchant. In this version its file has no passphrase: keep
it on a machine or a stick that only you use, never at a bench, with a copy in a safe place.";

#[derive(Subcommand)]
pub enum RootCommand {
    /// Makes a root: its key is in DIR/root.key. Prints its line for trust files.
    #[command(after_help = ROOT)]
    New {
        /// Name of the merchant: 1 to 40 of a-z, 0-9, '.' and '-'.
        #[arg(long)]
        name: String,
        /// Folder for the key; made where it is not there. A key that is there is never overwritten.
        #[arg(short, long, value_name = "DIR")]
        output: PathBuf,
    },
    /// Says whose a station's key is, since when, and where its pictures may come from. Prints the note's content.
    Enrol {
        #[command(flatten)]
        root: RootArgs,
        /// First day (UTC) or moment; default: now.
        #[arg(long, value_name = "TIME", value_parser = first_moment)]
        not_before: Option<Time>,
        /// Last day (UTC) or moment; default: none.
        #[arg(long, value_name = "TIME", value_parser = last_moment)]
        not_after: Option<Time>,
        /// Where pictures may come from, of usb,rtsp,file,pattern, in this order.
        #[arg(long, default_value = "usb,rtsp", value_parser = sources)]
        sources: Sources,
        /// A certificate of an authority over the root's key; the note has its SHA-256.
        #[arg(long, value_name = "FILE")]
        certificate: Option<PathBuf>,
    },
    /// Says that a station's key signs nothing any more. Prints the lines for trust files.
    Revoke {
        #[command(flatten)]
        root: RootArgs,
        /// Since which day (UTC) or moment; default: now.
        #[arg(long, value_name = "TIME", value_parser = first_moment)]
        time: Option<Time>,
        /// lost, stolen, retired or compromised.
        #[arg(long, value_parser = reason)]
        reason: RevocationReason,
    },
}

/// A root, a station and a note.
#[derive(Args)]
pub struct RootArgs {
    /// The root's key file.
    #[arg(long, value_name = "FILE")]
    pub key: PathBuf,
    /// The station's verifier key as 'packseal-station key' prints it, or a file of it.
    #[arg(value_name = "VKEY")]
    pub station: String,
    /// File to write; one that is there is never overwritten.
    #[arg(short, long, value_name = "FILE")]
    pub output: PathBuf,
}

fn first_moment(text: &str) -> Result<Time, String> {
    station::root::moment(text, false)
}

fn last_moment(text: &str) -> Result<Time, String> {
    station::root::moment(text, true)
}

fn sources(text: &str) -> Result<Sources, String> {
    Sources::parse(text).ok_or_else(|| "some of usb,rtsp,file,pattern, in this order, separated by ','".to_owned())
}

fn reason(text: &str) -> Result<RevocationReason, String> {
    RevocationReason::parse(text).ok_or_else(|| "lost, stolen, retired or compromised".to_owned())
}

#[derive(Subcommand)]
pub enum UserCommand {
    /// Makes an account. Its password is asked for; from a pipe it is one line.
    Add {
        #[command(flatten)]
        place: PlaceArgs,
        /// 1 to 64 of A-Z, a-z, 0-9, '.', '_', '+' and '-'.
        name: String,
        /// packer (bench screens), service (the dispute desk as well) or admin (accounts as well).
        #[arg(long, value_parser = role)]
        role: Role,
    },
    /// Sets an account's password; whoever is logged in with it has to log in again.
    Password {
        #[command(flatten)]
        place: PlaceArgs,
        /// Name of the account.
        name: String,
    },
    /// Removes an account; whoever is logged in with it is not any more.
    Remove {
        #[command(flatten)]
        place: PlaceArgs,
        /// Name of the account.
        name: String,
    },
    /// Lists the accounts.
    List {
        #[command(flatten)]
        place: PlaceArgs,
    },
}

fn role(text: &str) -> Result<Role, String> {
    Role::parse(text).ok_or_else(|| "packer, service or admin".to_owned())
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
