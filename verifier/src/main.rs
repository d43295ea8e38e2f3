//! packseal-verifier: says what a sealed clip proves, offline, trusting nothing that came with the clip.
//!
//! One direction: arguments ([`args`]) and keys ([`keys`]) go into `evidence`'s verification ([`verify`]), its report
//! becomes answers ([`evidence::words`]), and these are printed for people ([`report`]) or programs ([`json`]).

mod args;
mod certificate;
#[cfg(feature = "c2pa")]
mod credentials;
mod derived;
mod excerpt;
mod input;
mod inspect;
mod json;
mod keys;
mod lang;
mod output;
mod page;
mod progress;
mod report;
mod show;
mod verify;

use std::process::ExitCode;

use args::{Args, Command};
use clap::Parser as _;

fn main() -> ExitCode {
    let args = match Args::try_parse() {
        Ok(args) => args,
        Err(error) => {
            // Help and version are no failure. Where even the message cannot be written, the status says it.
            let _ = error.print();
            return ExitCode::from(if error.use_stderr() { output::COULD_NOT_CHECK } else { 0 });
        }
    };
    let status = match &args.command {
        Command::Verify(args) => verify::run(args),
        Command::Show(args) => show::run(args),
        Command::Excerpt(args) => excerpt::run(args),
        Command::Inspect(args) => inspect::run(args),
        Command::Page(args) => page::run(args),
    };
    ExitCode::from(status)
}
