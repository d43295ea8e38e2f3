//! Text out of a value, in which every character still knows where in the file it stands.

use std::ops::Range;

use crate::bytes::{Bytes, Halt, Order, Place, Walk};

/// Most bytes of a name: true ones are shorter, and a path is made of them for each value.
const MAX_NAME: u64 = 256;

/// How a text's characters are stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Coding {
    Utf8,
    /// One byte for each character up to U+00FF.
    Latin1,
    Utf16,
}

/// Where the characters come from.
#[derive(Clone)]
enum Stored<'a> {
    Bytes(Bytes<'a>, Coding),
    /// They are encoded once more, with entities for instance: all of them stand here.
    At(Place),
}

/// A text of the file.
#[derive(Clone)]
pub struct Text<'a> {
    /// What it says.
    pub text: String,
    stored: Stored<'a>,
}

impl<'a> Text<'a> {
    /// Of bytes that are UTF-8 or else Latin-1, or begin with a byte order mark; zeros behind it are left out.
    ///
    /// # Errors
    /// As [`Bytes::value`].
    pub fn new(bytes: &Bytes<'a>) -> Walk<Self> {
        match bytes.array::<2>(0).ok() {
            Some([0xFE, 0xFF]) => return Self::utf16(&bytes.rest(2)?, Order::Big),
            Some([0xFF, 0xFE]) => return Self::utf16(&bytes.rest(2)?, Order::Little),
            // ASCII in UTF-16 without a mark.
            Some([0, first]) if first != 0 && bytes.length() > 3 && bytes.u8(2)? == 0 => {
                return Self::utf16(bytes, Order::Big);
            }
            Some([first, 0]) if first != 0 && bytes.length() > 3 && bytes.u8(3)? == 0 => {
                return Self::utf16(bytes, Order::Little);
            }
            _ => {}
        }
        let bytes = if bytes.is(0, b"\xEF\xBB\xBF")? { bytes.rest(3)? } else { bytes.clone() };
        let mut value = bytes.value()?;
        value.truncate(value.iter().rposition(|byte| *byte != 0).map_or(0, |last| last + 1));
        let (text, coding) = match String::from_utf8(value) {
            Ok(text) => (text, Coding::Utf8),
            Err(other) => (other.into_bytes().into_iter().map(char::from).collect(), Coding::Latin1),
        };
        Ok(Self { text, stored: Stored::Bytes(bytes, coding) })
    }

    /// A name of something, or the beginning of it.
    ///
    /// # Errors
    /// As [`Bytes::value`].
    pub fn name(bytes: &Bytes<'a>) -> Walk<String> {
        Ok(Self::new(&bytes.part(0, bytes.length().min(MAX_NAME))?)?.text)
    }

    /// Of UTF-16 without a byte order mark; a lone surrogate becomes U+FFFD.
    ///
    /// # Errors
    /// As [`Bytes::value`].
    pub fn utf16(bytes: &Bytes<'a>, order: Order) -> Walk<Self> {
        let unit = if order == Order::Big { u16::from_be_bytes } else { u16::from_le_bytes };
        let value = bytes.value()?;
        let (units, _) = value.as_chunks::<2>();
        let units = units.iter().map(|pair| unit(*pair));
        let mut text: String = char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect();
        text.truncate(text.trim_end_matches('\0').len());
        Ok(Self { text, stored: Stored::Bytes(bytes.clone(), Coding::Utf16) })
    }

    /// One whose characters are not those of the file; it stands there as a whole.
    pub fn at(text: String, place: Place) -> Self {
        Self { text, stored: Stored::At(place) }
    }

    /// Where some of its bytes, as a Rust string has them, stand in the file.
    pub fn place(&self, range: Range<usize>) -> Place {
        let (bytes, coding) = match &self.stored {
            Stored::Bytes(bytes, coding) => (bytes, coding),
            Stored::At(place) => return *place,
        };
        let stored = |text: &str| match coding {
            Coding::Utf8 => text.len(),
            Coding::Latin1 => text.chars().count(),
            Coding::Utf16 => 2 * text.encode_utf16().count(),
        } as u64;
        let part = |range: Range<usize>| stored(self.text.get(range).unwrap_or_default());
        bytes.place(part(0..range.start), part(range))
    }

    /// Where all of it stands.
    pub fn whole(&self) -> Place {
        self.place(0..self.text.len())
    }

    /// How many bytes are gone through to say where its character at `at` stands.
    pub fn way(&self, at: usize) -> u64 {
        match self.stored {
            Stored::Bytes(_, Coding::Utf8) | Stored::At(_) => 0,
            Stored::Bytes(..) => at as u64,
        }
    }

    /// Says that it cannot be what should stand here.
    pub fn broken(&self) -> Halt {
        Halt::Broken(self.whole().offset)
    }
}
