//! What the buyer sent, beside the evidence: byte for byte, each file with what `packseal-verifier inspect` says of it.
//!
//! These files are the buyer's: no statement of the station lists them. Their names in the bundle are given here, as the
//! ones that they came with may be anything.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use evidence::value::{Hash, Value as _};
use inspect::report::Container;

use super::{
    Ask, ExportError,
    bundle::{self, Bundle},
};
use crate::{
    config::MB,
    inspection, received,
    report::{LeftOut, Received},
};

/// Where they are in the bundle.
pub const FOLDER: &str = "received";

/// A file of the buyer's that goes with the bundle.
#[derive(Debug, Clone)]
pub struct Given {
    /// Where it is.
    pub path: PathBuf,
    /// The name that it came with.
    pub name: String,
    /// How it came, as told.
    pub received: Option<String>,
    /// As the desk took it in; `None`: it is handed over only now.
    pub kept: Option<received::Received>,
}

/// Copies what is given into the bundle, and has each copy inspected. What the preset is too small for, and what is not any
/// more as it was taken in, is left out; the report says so.
///
/// # Errors
/// A file that is handed over only now cannot be read or inspected; the bundle's disk.
pub fn take(bundle: &Bundle, ask: &Ask<'_>) -> Result<Vec<Received>, ExportError> {
    let mut all: Vec<Received> = Vec::new();
    for given in ask.received {
        let number = all.len() + 1;
        let one = match &given.kept {
            Some(kept) if kept.length > most(ask) => left_out(kept, LeftOut::Large),
            Some(kept) => match copy(bundle, ask, given, number) {
                Ok(one) if one.sha256.to_string() == kept.id => one,
                Ok(one) => {
                    let name = one.name.as_ref().map(|name| bundle.part().join(name));
                    name.map_or(Ok(()), |path| fs::remove_file(&path).map_err(|e| ExportError::Output(path, e)))?;
                    left_out(kept, LeftOut::Changed)
                }
                Err(ExportError::Received(..) | ExportError::Inspection(_)) => left_out(kept, LeftOut::Changed),
                Err(other) => return Err(other),
            },
            None => copy(bundle, ask, given, number)?,
        };
        if all.iter().any(|other| other.sha256 == one.sha256) {
            // The desk has the same one.
            let name = one.name.map(|name| bundle.part().join(name));
            name.map_or(Ok(()), |path| fs::remove_file(&path).map_err(|e| ExportError::Output(path, e)))?;
            continue;
        }
        let text = serde_json::to_string_pretty(&one.inspected).map_err(|_| ExportError::Statement)?;
        bundle.write(&format!("{FOLDER}/received-{number}.json"), format!("{text}\n").as_bytes())?;
        all.push(one);
    }
    Ok(all)
}

/// Bytes of such a file at most.
fn most(ask: &Ask<'_>) -> u64 {
    let mb = ask.preset.received_mb;
    if mb > 0.0 { (mb * MB) as u64 } else { u64::MAX }
}

fn left_out(kept: &received::Received, why: LeftOut) -> Received {
    Received {
        name: None,
        left_out: Some(why),
        sha256: Hash::parse(&kept.id).unwrap_or(Hash([0; 32])),
        inspected: kept.inspected.clone(),
        taken: Some((kept.time.0, kept.by.clone())),
    }
}

/// One that is copied and inspected; of one that is too large for the preset no copy stays.
fn copy(bundle: &Bundle, ask: &Ask<'_>, given: &Given, number: usize) -> Result<Received, ExportError> {
    let from = |error| ExportError::Received(given.path.clone(), error);
    let length = fs::metadata(&given.path).and_then(|file| plain(&file)).map_err(from)?;
    let (is_large, folder) = (length > most(ask), bundle.folder(FOLDER)?);
    let part = folder.join(format!("received-{number}.part"));
    if !is_large {
        copy_file(&given.path, &part).map_err(|(path, error)| match path == part {
            true => ExportError::Output(path, error),
            false => from(error),
        })?;
    }
    let read = if is_large { &given.path } else { &part };
    let inspected = inspection::run(read, &given.name, given.received.as_deref()).map_err(|trouble| {
        // Without it, the file does not go either.
        let _ = fs::remove_file(&part);
        ExportError::Inspection(trouble)
    })?;
    let sha256 = inspected.sha256.as_deref().and_then(Hash::parse).ok_or(ExportError::Statement)?;
    let taken = given.kept.as_ref().map(|kept| (kept.time.0, kept.by.clone()));
    if is_large {
        return Ok(Received { name: None, left_out: Some(LeftOut::Large), sha256, inspected, taken });
    }
    let name = format!("{FOLDER}/received-{number}.{}", ending(inspected.found.container));
    let path = bundle.part().join(&name);
    fs::rename(&part, &path).map_err(|error| ExportError::Output(path.clone(), error))?;
    // What was inspected is what goes out.
    let (_, own) = bundle::digest(&path).map_err(|error| ExportError::Output(path.clone(), error))?;
    if own != sha256 {
        return Err(ExportError::Output(path, io::Error::other("it changed while it was inspected")));
    }
    Ok(Received { name: Some(name), left_out: None, sha256, inspected, taken })
}

/// Length of a file, which is no folder and no device.
fn plain(file: &fs::Metadata) -> io::Result<u64> {
    if file.is_file() { Ok(file.len()) } else { Err(io::Error::other("it is not a file")) }
}

/// Copies the bytes alone, and says whose the error is.
fn copy_file(from: &Path, to: &Path) -> Result<u64, (PathBuf, io::Error)> {
    let mut source = fs::File::open(from).map_err(|e| (from.to_owned(), e))?;
    let mut file = fs::File::create_new(to).map_err(|e| (to.to_owned(), e))?;
    // The two cannot be told apart any more; a disk that cannot be read is the rarer trouble.
    io::copy(&mut source, &mut file).map_err(|e| (to.to_owned(), e))
}

/// What the name of such a file ends with.
fn ending(container: Option<Container>) -> &'static str {
    match container {
        Some(Container::Jpeg) => "jpg",
        Some(Container::Png) => "png",
        Some(Container::WebP) => "webp",
        Some(Container::Gif) => "gif",
        Some(Container::Tiff) => "tif",
        Some(Container::Heif) => "heic",
        Some(Container::Mp4) => "mp4",
        Some(Container::Matroska) => "mkv",
        Some(Container::Avi) => "avi",
        Some(Container::Flv) => "flv",
        None => "bin",
    }
}
