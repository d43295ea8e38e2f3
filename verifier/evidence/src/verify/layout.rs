//! Walks the top-level boxes of a clip (FORMAT.md, section 1), reading headers and statements, not media.

use std::{io, ops::Range};

use crate::{
    bmff::{self, HEADER, MAX_FRAGMENT, StatementBox, UUID_HEADER},
    finding::Code,
    note,
    source::ReadAt,
    statement::MAX_PROOF,
};

/// Why reading stopped.
#[derive(Debug)]
pub(super) enum Stop {
    /// The file system's fault.
    Io(io::Error),
    /// The clip's fault.
    Refused(Code),
    /// A failure in an earlier place is known already.
    Elsewhere,
}

impl From<io::Error> for Stop {
    fn from(error: io::Error) -> Self {
        Self::Io(error)
    }
}

impl From<Code> for Stop {
    fn from(code: Code) -> Self {
        Self::Refused(code)
    }
}

/// What stands at a place.
#[derive(Debug)]
pub(super) enum Next {
    /// The file ends.
    Nothing,
    /// The file ends before what begins here is whole.
    Cut,
    /// A statement, with the media before it.
    Unit(Unit),
}

/// A statement, with the `moof` and `mdat` that stand before it.
#[derive(Debug)]
pub(super) struct Unit {
    pub(super) media: Option<Range<u64>>,
    pub(super) kind: StatementBox,
    pub(super) note: Vec<u8>,
    /// The place behind it.
    pub(super) end: u64,
}

pub(super) struct Layout<'a, S: ReadAt + ?Sized> {
    pub(super) source: &'a S,
    pub(super) length: u64,
}

impl<'a, S: ReadAt + ?Sized> Layout<'a, S> {
    pub(super) fn new(source: &'a S) -> io::Result<Self> {
        Ok(Self { source, length: source.length()? })
    }

    /// The bytes of a range that was held against the file's length before.
    pub(super) fn read(&self, range: Range<u64>) -> io::Result<Vec<u8>> {
        // Callers bound the range by PROOF's 4 MiB.
        let mut bytes = vec![0; usize::try_from(range.end - range.start).map_err(io::Error::other)?];
        self.source.read_exact_at(&mut bytes, range.start)?;
        Ok(bytes)
    }

    /// Size and type of the box at a place; `None` where the file ends within its header.
    pub(super) fn header(&self, at: u64) -> io::Result<Option<(u64, [u8; 4])>> {
        if self.length.saturating_sub(at) < HEADER {
            return Ok(None);
        }
        let mut h = [0; 8];
        self.source.read_exact_at(&mut h, at)?;
        Ok(Some((u32::from_be_bytes([h[0], h[1], h[2], h[3]]).into(), [h[4], h[5], h[6], h[7]])))
    }

    /// `ftyp` and `moov`.
    pub(super) fn init(&self) -> Result<Vec<u8>, Stop> {
        match self.header(0)? {
            Some((_, kind)) if kind == *b"ftyp" => {}
            _ => return Err(Code::NotAClip.into()),
        }
        let Some((moov, kind)) = self.header(bmff::FTYP)? else {
            return Err(Code::ContainerTruncated.into());
        };
        let end = bmff::FTYP + moov;
        if kind != *b"moov" || end > bmff::MAX_INIT {
            return Err(Code::ContainerInit.into());
        }
        if end > self.length {
            return Err(Code::ContainerTruncated.into());
        }
        Ok(self.read(0..end)?)
    }

    /// What stands at `at`, a place behind `ftyp` and `moov` or behind a statement.
    pub(super) fn next(&self, at: u64) -> Result<Next, Stop> {
        if at == self.length {
            return Ok(Next::Nothing);
        }
        let Some((size, kind)) = self.header(at)? else { return Ok(Next::Cut) };
        if kind != *b"moof" {
            return self.statement(at, None);
        }
        bmff::samples_of(size)?;
        let mdat = at + size;
        let Some((size, kind)) = self.header(mdat)? else { return Ok(Next::Cut) };
        if kind != *b"mdat" || size < HEADER {
            return Err(Code::ContainerBoxes.into());
        }
        let end = mdat + size;
        if end - at > MAX_FRAGMENT {
            return Err(Code::ContainerLimits.into());
        }
        if end > self.length {
            return Ok(Next::Cut);
        }
        self.statement(end, Some(at..end))
    }

    fn statement(&self, at: u64, media: Option<Range<u64>>) -> Result<Next, Stop> {
        let Some((size, kind)) = self.header(at)? else { return Ok(Next::Cut) };
        if kind != *b"uuid" || size <= UUID_HEADER {
            return Err(Code::ContainerBoxes.into());
        }
        if self.length - at < UUID_HEADER {
            return Ok(Next::Cut);
        }
        let kind = StatementBox::of(&self.read(at + HEADER..at + UUID_HEADER)?).ok_or(Code::ContainerBoxes)?;
        let most = if kind == StatementBox::Proof { MAX_PROOF } else { note::MAX_LENGTH as u64 };
        if size - UUID_HEADER > most {
            return Err(Code::ContainerLimits.into());
        }
        if media.is_some() && kind != StatementBox::Link {
            return Err(Code::ContainerBoxes.into());
        }
        let end = at + size;
        if end > self.length {
            return Ok(Next::Cut);
        }
        Ok(Next::Unit(Unit { media, kind, note: self.read(at + UUID_HEADER..end)?, end }))
    }
}
