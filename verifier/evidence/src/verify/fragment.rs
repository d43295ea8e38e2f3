//! Checks one LINK against its own bytes: signature, digest, index, NAL units (FORMAT.md, step 6). Runs on all cores.

use std::ops::Range;

use sha2::{Digest, Sha256};

use super::layout::Stop;
use crate::{
    bmff::{self, Sample},
    finding::Code,
    h264::{ParameterSets, Walker},
    key::VerifierKey,
    note::Note,
    source::ReadAt,
    statement::Link,
    value::Hash,
};

/// How many bytes are read, hashed and walked at a time: they stay in the processor's cache.
const PIECE: usize = 128 * 1024;

/// One LINK to check.
pub(super) struct Job {
    pub(super) note: Note,
    pub(super) link: Link,
    pub(super) media: Option<Range<u64>>,
}

/// A thread's means of checking.
pub(super) struct Checker<'a, S: ReadAt + ?Sized> {
    source: &'a S,
    sets: &'a ParameterSets,
    key: Option<&'a VerifierKey>,
    piece: Vec<u8>,
}

impl<'a, S: ReadAt + ?Sized> Checker<'a, S> {
    pub(super) fn new(source: &'a S, sets: &'a ParameterSets, key: Option<&'a VerifierKey>) -> Self {
        Self { source, sets, key, piece: vec![0; PIECE] }
    }

    pub(super) fn check(&mut self, job: &Job) -> Result<(), Stop> {
        if let Some(key) = self.key {
            job.note.verify(key)?;
        }
        match &job.media {
            Some(media) => self.media(&job.link, media),
            None => Ok(()),
        }
    }

    fn media(&mut self, link: &Link, media: &Range<u64>) -> Result<(), Stop> {
        if media.end - media.start != link.length {
            return Err(Code::FragmentLength.into());
        }
        // All that is judged is judged on the bytes that are hashed: the file is read once.
        let mut hasher = Sha256::new();
        let mut size = [0; 4];
        self.source.read_exact_at(&mut size, media.start)?;
        let samples = bmff::samples_of(u32::from_be_bytes(size).into())?;
        let body = bmff::fragment_header_length(samples);
        if body > link.length {
            return Err(Code::FragmentMoof.into());
        }
        let mut header = vec![0; body as usize];
        self.source.read_exact_at(&mut header, media.start)?;
        hasher.update(&header);
        let samples = parse_header(link, &header);
        let mut walker = samples.as_ref().map(|samples| Walker::new(self.sets, samples)).map_err(|code| *code);
        let mut at = media.start + body;
        while at < media.end {
            let piece = &mut self.piece[..PIECE.min(usize::try_from(media.end - at).unwrap_or(PIECE))];
            self.source.read_exact_at(piece, at)?;
            hasher.update(&*piece);
            at += piece.len() as u64;
            if let Ok(w) = &mut walker
                && let Err(code) = w.feed(piece)
            {
                walker = Err(code);
            }
        }
        // Bytes that were not signed so are the first thing to say, whatever they look like.
        if link.fragment != Some(Hash(hasher.finalize().into())) {
            return Err(Code::FragmentDigest.into());
        }
        Ok(walker?.finish()?)
    }
}

fn parse_header(link: &Link, header: &[u8]) -> Result<Vec<Sample>, Code> {
    let samples = bmff::parse_fragment_header(header, link.index, link.ticks.0)?;
    let ticks: u64 = samples.iter().map(|s| u64::from(s.duration)).sum();
    let media: u64 = samples.iter().map(|s| u64::from(s.size)).sum();
    if samples.len() as u64 != link.frames || ticks != link.ticks.1 - link.ticks.0 {
        return Err(Code::FragmentFrames);
    }
    let tiles = header.len() as u64 + media == link.length;
    tiles.then_some(samples).ok_or(Code::FragmentMoof)
}

/// Checks a fragment that is about to be signed, as the verifier will.
///
/// # Errors
/// The code of the first rule that it breaks.
pub fn check_fragment(sets: &ParameterSets, link: &Link, header: &[u8], media: &[u8]) -> Result<(), Code> {
    let samples = parse_header(link, header)?;
    let mut walker = Walker::new(sets, &samples);
    walker.feed(media)?;
    walker.finish()
}

/// The fragment that a file was cut off in or behind: as far as it goes, it must be able to become a good one.
pub(super) fn check_cut_fragment(sets: &ParameterSets, index: u64, tick: u64, bytes: &[u8]) -> Result<(), Code> {
    let size = bytes.first_chunk::<4>().ok_or(Code::TailForm)?;
    let count = bmff::samples_of(u32::from_be_bytes(*size).into())?;
    let Some((header, media)) = bytes.split_at_checked(bmff::fragment_header_length(count) as usize) else {
        let fits = bmff::is_fragment_header_prefix(bytes, index, tick, count);
        return fits.then_some(()).ok_or(Code::TailForm);
    };
    let samples = bmff::parse_fragment_header(header, index, tick)?;
    let mut walker = Walker::new(sets, &samples);
    walker.feed(media)?;
    let whole: u64 = samples.iter().map(|s| u64::from(s.size)).sum();
    if media.len() as u64 == whole { walker.finish() } else { Ok(()) }
}
