//! Opens the clip.

use std::{fs::File, io, path::Path};

use evidence::words::Lang;

use crate::lang::Text;

/// The clip, or what to say.
pub fn open(path: &Path, lang: Lang) -> Result<File, String> {
    plain(path, lang).map_err(|why| format!("{}: {why}", path.display()))
}

/// A file, or what to say of it without its name.
pub fn plain(path: &Path, lang: Lang) -> Result<File, String> {
    // Asked before opening: opening a pipe would wait for its other end.
    let metadata = std::fs::metadata(path).map_err(|error| reason(lang, &error))?;
    if !metadata.is_file() {
        return Err(Text::NotAFile.of(lang).to_owned());
    }
    File::open(path).map_err(|error| reason(lang, &error))
}

/// The file system's reason in the reader's language.
pub fn reason(lang: Lang, error: &io::Error) -> String {
    match error.kind() {
        io::ErrorKind::NotFound => Text::NoSuchFile.of(lang).to_owned(),
        io::ErrorKind::PermissionDenied => Text::NotReadable.of(lang).to_owned(),
        io::ErrorKind::IsADirectory => Text::NotAFile.of(lang).to_owned(),
        io::ErrorKind::UnexpectedEof => Text::Changed.of(lang).to_owned(),
        _ => Text::CannotRead.with(lang, &[&error.to_string()]),
    }
}
