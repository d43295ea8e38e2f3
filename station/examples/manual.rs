//! Writes the manual pages and the completions of both programs below a folder, as the package installs them.

use std::{ffi::OsString, fs, io, path::Path};

use clap::{Command, CommandFactory as _};
use clap_complete::{Shell, generate_to};

// Each program's own command line; nothing is said twice.
#[allow(dead_code)]
#[allow(unexpected_cfgs, reason = "the verifier has features of its own")]
#[path = "../../verifier/src/args.rs"]
mod args;
#[allow(dead_code)]
#[path = "../src/cli.rs"]
mod cli;

fn main() -> io::Result<()> {
    let Some(folder) = std::env::args_os().nth(1) else {
        return Err(io::Error::new(io::ErrorKind::InvalidInput, "usage: manual FOLDER"));
    };
    let folder = Path::new(&folder);
    for command in [cli::Cli::command(), args::Args::command()] {
        // A page for each command is enough without one for the help of each.
        write(&folder.join("man"), &folder.join("completions"), command.disable_help_subcommand(true))?;
    }
    Ok(())
}

fn write(man: &Path, completions: &Path, mut command: Command) -> io::Result<()> {
    let name = command.get_name().to_owned();
    for shell in [Shell::Bash, Shell::Zsh, Shell::Fish] {
        let folder = completions.join(shell.to_string());
        fs::create_dir_all(&folder)?;
        generate_to(shell, &mut command, &name, &folder)?;
    }
    // Bash looks for a file of the program's own name.
    let bash = completions.join("bash");
    fs::rename(bash.join(format!("{name}.bash")), bash.join(&name))?;
    fs::create_dir_all(man)?;
    clap_mangen::generate_to(command, OsString::from(man))
}
