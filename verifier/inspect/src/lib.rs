//! What a picture or video file says about itself: labels that declare it as generated, how it was taken, and how it
//! travelled. Nothing is decoded and nothing is fetched; the file alone is read, within bounds.
//!
//! One direction: a walker for each container finds named values, the table of [`places`] says how each is read, and what
//! the readers find is the report.

pub mod aigc;
pub mod bmff;
pub mod bytes;
pub mod exif;
pub mod flv;
pub mod gif;
pub mod jpeg;
pub mod jumbf;
pub mod matroska;
pub mod places;
pub mod png;
pub mod report;
pub mod riff;
pub mod samsung;
pub mod sink;
pub mod text;
pub mod tiff;
pub mod traces;
pub mod words;
pub mod xmp;

use std::io;

use evidence::source::ReadAt;

use bytes::{Bytes, Halt, Source, Walk};
use report::{Found, Why};
use sink::Sink;

/// Reads a file; `name` is its name without folders, which may tell how it travelled.
///
/// # Errors
/// The file system's. Whatever the file holds is no error.
pub fn inspect(file: &dyn ReadAt, name: &str) -> io::Result<Found> {
    let source = Source::new(file)?;
    let mut sink = Sink::default();
    if let Some(way) = traces::way_of_name(name) {
        sink.sign(way, "name", name);
    }
    let walk = walk(&mut sink, &source.bytes());
    match sink.inner(walk) {
        Err(Halt::Read(error)) => Err(error),
        _ => Ok(sink.found),
    }
}

/// By what the file begins with; its name means nothing.
fn walk(sink: &mut Sink, bytes: &Bytes<'_>) -> Walk {
    if bytes.is(0, &[0xFF, 0xD8, 0xFF])? {
        jpeg::walk(sink, bytes)
    } else if bytes.is(0, png::SIGNATURE)? {
        png::walk(sink, bytes)
    } else if bytes.is(0, b"RIFF")? && (bytes.is(8, b"WEBP")? || bytes.is(8, b"AVI ")?) {
        riff::walk(sink, bytes)
    } else if bytes.is(0, b"GIF87a")? || bytes.is(0, b"GIF89a")? {
        gif::walk(sink, bytes)
    } else if exif::begins(bytes)? {
        tiff::walk(sink, bytes)
    } else if bytes.is(0, &[0x1A, 0x45, 0xDF, 0xA3])? {
        matroska::walk(sink, bytes)
    } else if bytes.is(0, b"FLV\x01")? {
        flv::walk(sink, bytes)
    } else if bmff::begins(bytes)? {
        bmff::walk(sink, "", bytes)
    } else {
        sink.unread(0, Why::UnknownKind);
        Ok(())
    }
}

/// A moment in UTC, as it is written: `2026-01-02 03:04:05 UTC`. One that no calendar has is told in seconds.
fn moment(second: i64) -> String {
    match second.checked_mul(1_000_000).map(evidence::value::Time) {
        // Files count seconds here: no smaller part of one is told.
        Some(time) => evidence::words::moment(time).replace(".000 ", " "),
        None => format!("{second} s"),
    }
}
