//! Bytes of the inspected file, read at any place within bounds, each of which knows where in the file it stands.

use std::{cell::RefCell, io, ops::Range, rc::Rc};

use evidence::source::ReadAt;
use serde::{Deserialize, Serialize};

/// Most bytes that are taken into memory for one value.
pub const MAX_VALUE: u64 = 4 << 20;
/// Most bytes that are put together from pieces: manifests with their thumbnails have some millions.
const MAX_GATHERED: u64 = 16 << 20;
/// Most bytes that all values of a file take together, read again or not.
const MAX_ALL: u64 = 64 << 20;
/// Most boxes, chunks, tags and entries that are looked at in one file.
const MAX_STEPS: u64 = 1_000_000;
/// Most pieces of values that are remembered until they are put together.
const MAX_PIECES: u64 = 1 << 16;
/// Small reads that go on where the last one was come out of a window of so many bytes.
const WINDOW: u64 = 16 << 10;
/// After a leap the window is this small: a file of leaps is not read many times over.
const LEAP: u64 = 512;

/// Where something stands in the file: the bytes from `offset` on. Of a value that is compressed, the compressed bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Place {
    /// First byte, counted from 0.
    pub offset: u64,
    /// How many bytes; of a value in several pieces, those of the piece that it begins in.
    pub length: u64,
}

/// Why a walk ended early.
#[derive(Debug)]
pub enum Halt {
    /// The file system's reason.
    Read(io::Error),
    /// What stands here cannot be of this container.
    Broken(u64),
    /// A limit of this program, reached here.
    Limit(u64),
}

impl From<io::Error> for Halt {
    fn from(error: io::Error) -> Self {
        Self::Read(error)
    }
}

/// What a walk comes to.
pub type Walk<T = ()> = Result<T, Halt>;

/// Byte order of numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Order {
    /// Most significant byte first.
    Big,
    /// Least significant byte first.
    Little,
}

/// The file, and what was taken out of it so far.
pub struct Source<'a> {
    file: &'a dyn ReadAt,
    length: u64,
    state: RefCell<State>,
}

#[derive(Default)]
struct State {
    window: Vec<u8>,
    window_at: u64,
    taken: u64,
    steps: u64,
    pieces: u64,
}

impl<'a> Source<'a> {
    /// Of a file.
    ///
    /// # Errors
    /// The file system's.
    pub fn new(file: &'a dyn ReadAt) -> io::Result<Self> {
        Ok(Self { file, length: file.length()?, state: RefCell::default() })
    }

    /// All of it.
    pub fn bytes(&'a self) -> Bytes<'a> {
        Bytes { source: self, gathered: None, start: 0, length: self.length }
    }

    fn read(&self, at: u64, buffer: &mut [u8]) -> Walk {
        let state = &mut *self.state.borrow_mut();
        let length = buffer.len() as u64;
        if length > WINDOW / 4 {
            return Ok(self.file.read_exact_at(buffer, at)?);
        }
        let have = state.window_at..state.window_at + state.window.len() as u64;
        if at < have.start || at + length > have.end {
            let goes_on = at >= have.start && at <= have.end;
            let size = if goes_on { WINDOW } else { LEAP.max(length) }.min(self.length - at);
            state.window.resize(size as usize, 0);
            state.window_at = at;
            if let Err(error) = self.file.read_exact_at(&mut state.window, at) {
                state.window.clear();
                return Err(error.into());
            }
        }
        let from = (at - state.window_at) as usize;
        buffer.copy_from_slice(&state.window[from..from + buffer.len()]);
        Ok(())
    }
}

/// Bytes that were put together from pieces of the file.
struct Gathered {
    bytes: Vec<u8>,
    /// Where in `bytes` a piece begins, and where it stands in the file.
    pieces: Vec<(u64, u64)>,
    /// They were compressed: this is where.
    packed: Option<Place>,
}

/// Some bytes of a file, or put together from pieces of it. A copy is cheap.
#[derive(Clone)]
pub struct Bytes<'a> {
    source: &'a Source<'a>,
    gathered: Option<Rc<Gathered>>,
    start: u64,
    length: u64,
}

impl<'a> Bytes<'a> {
    /// How many.
    pub fn length(&self) -> u64 {
        self.length
    }

    /// Those from `at` on.
    ///
    /// # Errors
    /// [`Halt::Broken`] where there are fewer.
    pub fn part(&self, at: u64, length: u64) -> Walk<Self> {
        match at.checked_add(length) {
            Some(end) if end <= self.length => Ok(Self { start: self.start + at, length, ..self.clone() }),
            _ => Err(self.broken(at)),
        }
    }

    /// All from `at` on.
    ///
    /// # Errors
    /// As [`part`](Self::part).
    pub fn rest(&self, at: u64) -> Walk<Self> {
        self.part(at, self.length.checked_sub(at).ok_or_else(|| self.broken(at))?)
    }

    /// Fills a buffer.
    ///
    /// # Errors
    /// As [`part`](Self::part), and the file system's.
    pub fn fill(&self, at: u64, buffer: &mut [u8]) -> Walk {
        let part = self.part(at, buffer.len() as u64)?;
        match &self.gathered {
            Some(gathered) => buffer.copy_from_slice(&gathered.bytes[part.range()]),
            None => self.source.read(part.start, buffer)?,
        }
        Ok(())
    }

    /// A few bytes.
    ///
    /// # Errors
    /// As [`fill`](Self::fill).
    pub fn array<const N: usize>(&self, at: u64) -> Walk<[u8; N]> {
        let mut array = [0; N];
        self.fill(at, &mut array)?;
        Ok(array)
    }

    /// Whether these bytes stand at a place.
    ///
    /// # Errors
    /// The file system's.
    pub fn is(&self, at: u64, what: &[u8]) -> Walk<bool> {
        if self.part(at, what.len() as u64).is_err() {
            return Ok(false);
        }
        let mut there = vec![0; what.len()];
        self.fill(at, &mut there)?;
        Ok(there == what)
    }

    /// A byte.
    ///
    /// # Errors
    /// As [`fill`](Self::fill).
    pub fn u8(&self, at: u64) -> Walk<u8> {
        Ok(self.array::<1>(at)?[0])
    }

    /// A number of 2 bytes.
    ///
    /// # Errors
    /// As [`fill`](Self::fill).
    pub fn u16(&self, at: u64, order: Order) -> Walk<u16> {
        self.array(at).map(if order == Order::Big { u16::from_be_bytes } else { u16::from_le_bytes })
    }

    /// A number of 4 bytes.
    ///
    /// # Errors
    /// As [`fill`](Self::fill).
    pub fn u32(&self, at: u64, order: Order) -> Walk<u32> {
        self.array(at).map(if order == Order::Big { u32::from_be_bytes } else { u32::from_le_bytes })
    }

    /// A number of 8 bytes.
    ///
    /// # Errors
    /// As [`fill`](Self::fill).
    pub fn u64(&self, at: u64, order: Order) -> Walk<u64> {
        self.array(at).map(if order == Order::Big { u64::from_be_bytes } else { u64::from_le_bytes })
    }

    /// All of them, for a value.
    ///
    /// # Errors
    /// [`Halt::Limit`] where they are more than a value has; the file system's.
    pub fn value(&self) -> Walk<Vec<u8>> {
        self.take(self.length, MAX_VALUE)?;
        let mut value = vec![0; self.length as usize];
        self.fill(0, &mut value)?;
        Ok(value)
    }

    /// Room for a value of so many bytes.
    fn take(&self, length: u64, most: u64) -> Walk {
        self.work(length)?;
        if length > most { Err(Halt::Limit(self.place(0, 0).offset)) } else { Ok(()) }
    }

    /// Counts what is as much work as reading so many bytes of values.
    ///
    /// # Errors
    /// [`Halt::Limit`] where all values of the file together are too much.
    pub fn work(&self, bytes: u64) -> Walk {
        let taken = &mut self.source.state.borrow_mut().taken;
        *taken = taken.saturating_add(bytes);
        if *taken > MAX_ALL { Err(Halt::Limit(self.place(0, 0).offset)) } else { Ok(()) }
    }

    /// Counts one more thing that is looked at.
    ///
    /// # Errors
    /// [`Halt::Limit`] where they are too many.
    pub fn step(&self) -> Walk {
        let steps = &mut self.source.state.borrow_mut().steps;
        *steps += 1;
        if *steps > MAX_STEPS { Err(Halt::Limit(self.place(0, 0).offset)) } else { Ok(()) }
    }

    /// Counts these as one more piece that is remembered.
    ///
    /// # Errors
    /// [`Halt::Limit`] where they are too many.
    pub fn remembered(self) -> Walk<Self> {
        let pieces = &mut self.source.state.borrow_mut().pieces;
        *pieces += 1;
        if *pieces > MAX_PIECES { Err(Halt::Limit(self.place(0, 0).offset)) } else { Ok(self.clone()) }
    }

    /// Pieces put together.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn gather(&self, pieces: &[Bytes<'a>]) -> Walk<Self> {
        let length = pieces.iter().fold(0, |sum: u64, piece| sum.saturating_add(piece.length));
        self.take(length, MAX_GATHERED)?;
        let mut gathered = Gathered { bytes: vec![0; length as usize], pieces: Vec::new(), packed: None };
        let mut at = 0;
        for piece in pieces {
            gathered.pieces.push((at, piece.place(0, 0).offset));
            piece.fill(0, &mut gathered.bytes[at as usize..(at + piece.length) as usize])?;
            at += piece.length;
        }
        Ok(Self { gathered: Some(Rc::new(gathered)), start: 0, length, ..self.clone() })
    }

    /// What these bytes are once unpacked.
    ///
    /// # Errors
    /// As [`value`](Self::value).
    pub fn unpacked(&self, bytes: Vec<u8>) -> Walk<Self> {
        let length = bytes.len() as u64;
        self.take(length, MAX_VALUE)?;
        let gathered = Gathered { bytes, pieces: Vec::new(), packed: Some(self.place(0, self.length)) };
        Ok(Self { gathered: Some(Rc::new(gathered)), start: 0, length, ..self.clone() })
    }

    /// Where some of them stand in the file.
    pub fn place(&self, at: u64, length: u64) -> Place {
        let at = self.start + at;
        let Some(gathered) = &self.gathered else { return Place { offset: at, length } };
        if let Some(packed) = gathered.packed {
            return packed;
        }
        let piece = gathered.pieces.partition_point(|(begins, _)| *begins <= at).saturating_sub(1);
        let (begins, offset) = gathered.pieces.get(piece).copied().unwrap_or_default();
        let ends = gathered.pieces.get(piece + 1).map_or(gathered.bytes.len() as u64, |next| next.0);
        Place { offset: offset + (at - begins), length: length.min(ends.saturating_sub(at)) }
    }

    /// Says that what stands here is none of this container.
    pub fn broken(&self, at: u64) -> Halt {
        Halt::Broken(self.place(at.min(self.length), 0).offset)
    }

    fn range(&self) -> Range<usize> {
        self.start as usize..(self.start + self.length) as usize
    }
}
