//! The two outputs. Standard output carries what is proven; standard error carries reasons and advice.

use std::io::{self, Write};

use evidence::words::{Lang, Text as Words};

use crate::lang::Text;

/// Exit status where nothing can be said about the clip.
pub const COULD_NOT_CHECK: u8 = 2;

/// Begins every line on standard error.
const NAME: &str = "packseal-verifier";

/// Prints a line on standard error, best effort. Control characters, which file names and trust files may hold, do
/// not reach the terminal.
pub fn say(line: &str) {
    let _ = writeln!(io::stderr(), "{NAME}: {}", visible(line));
}

/// Says why nothing can be said about the clip; the exit status.
pub fn refuse(lang: Lang, line: &str) -> u8 {
    say(&format!("{}: {line}", Words::CouldNotCheck.word(lang)));
    COULD_NOT_CHECK
}

/// Prints a whole report on standard output: the exit status, `status` if it could be written.
pub fn print(lang: Lang, text: &str, status: u8) -> u8 {
    let mut out = io::stdout().lock();
    written(lang, out.write_all(text.as_bytes()).and_then(|()| out.flush()), status)
}

/// The exit status after writing: a reader that stopped reading has what it wanted.
pub fn written(lang: Lang, result: io::Result<()>, status: u8) -> u8 {
    match result {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            refuse(lang, &Text::CannotWrite.with(lang, &[&error.to_string()]))
        }
        _ => status,
    }
}

fn visible(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { '\u{fffd}' } else { c }).collect()
}
