//! TIFF files: the directories of EXIF, from the file's first byte on.

use crate::{
    bytes::{Bytes, Walk},
    exif,
    report::Container,
    sink::Sink,
};

/// Reads a file.
///
/// # Errors
/// Where the walk ended.
pub fn walk(sink: &mut Sink, bytes: &Bytes<'_>) -> Walk {
    sink.container(Container::Tiff);
    exif::walk(sink, "tiff", bytes)
}
