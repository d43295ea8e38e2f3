//! `page`: writes the verification page, which checks clips in a browser.

use std::{
    fs::{self, OpenOptions},
    io::{ErrorKind, Write as _},
};

use evidence::words::Lang;

use crate::{
    args,
    lang::Text,
    output::{print, refuse},
};

pub fn run(args: &args::Page) -> u8 {
    let lang = args.lang.unwrap_or_else(Lang::of_environment);
    let name = args.output.display().to_string();
    let mut file = match OpenOptions::new().write(true).create_new(true).open(&args.output) {
        Ok(file) => file,
        Err(error) if error.kind() == ErrorKind::AlreadyExists => {
            return refuse(lang, &Text::FileExists.with(lang, &[&name]));
        }
        Err(error) => return refuse(lang, &Text::FileNotWritten.with(lang, &[&name, &error.to_string()])),
    };
    if let Err(error) = file.write_all(::page::html().as_bytes()).and_then(|()| file.sync_all()) {
        // A torn page is worse than none.
        let _ = fs::remove_file(&args.output);
        return refuse(lang, &Text::FileNotWritten.with(lang, &[&name, &error.to_string()]));
    }
    print(lang, &format!("{}\n", Text::PageWritten.with(lang, &[&name])), 0)
}
