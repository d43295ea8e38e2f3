//! The closed alphabets of statement values (FORMAT.md, section 3).
//!
//! Every type has one written form; [`Value::parse`] accepts that form only.

use std::fmt;

use sha2::{Digest, Sha256};

/// Largest whole number in a statement: 2^53 − 1, exact in every JSON reader.
pub const MAX_NUMBER: u64 = (1 << 53) - 1;

/// A value of a statement, with exactly one written form.
pub trait Value: Sized {
    /// Reads the written form; `None` for anything else.
    fn parse(text: &str) -> Option<Self>;
    /// Appends the written form.
    fn write(&self, to: &mut String);
}

/// A decimal without sign or leading zero, at most [`MAX_NUMBER`].
impl Value for u64 {
    fn parse(text: &str) -> Option<Self> {
        let canonical = text == "0" || !text.starts_with('0');
        let digits = (1..=16).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
        if !canonical || !digits {
            return None;
        }
        text.parse().ok().filter(|&n: &u64| n <= MAX_NUMBER)
    }

    fn write(&self, to: &mut String) {
        to.push_str(&self.to_string());
    }
}

/// As `u64`, or `-` and that where it is not zero.
impl Value for i64 {
    fn parse(text: &str) -> Option<Self> {
        let (sign, digits) = match text.strip_prefix('-') {
            Some("0") => return None,
            Some(digits) => (-1, digits),
            None => (1, text),
        };
        Some(sign * i64::try_from(u64::parse(digits)?).ok()?)
    }

    fn write(&self, to: &mut String) {
        to.push_str(&self.to_string());
    }
}

/// `-` for `None`.
impl<T: Value> Value for Option<T> {
    fn parse(text: &str) -> Option<Self> {
        if text == "-" { Some(None) } else { T::parse(text).map(Some) }
    }

    fn write(&self, to: &mut String) {
        match self {
            Some(value) => value.write(to),
            None => to.push('-'),
        }
    }
}

/// Both ends of a span, separated by one space.
impl<T: Value> Value for (T, T) {
    fn parse(text: &str) -> Option<Self> {
        let (first, last) = text.split_once(' ')?;
        Some((T::parse(first)?, T::parse(last)?))
    }

    fn write(&self, to: &mut String) {
        self.0.write(to);
        to.push(' ');
        self.1.write(to);
    }
}

/// Lower-case hexadecimal of bytes.
pub fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

/// Bytes of lower-case hexadecimal of exactly twice their number.
pub(crate) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let digit = |b: u8| match b {
        b'0'..=b'9' => Some(b - b'0'),
        b'a'..=b'f' => Some(b - b'a' + 10),
        _ => None,
    };
    if text.len() != 2 * N {
        return None;
    }
    let mut bytes = [0; N];
    for (byte, pair) in bytes.iter_mut().zip(text.as_bytes().chunks_exact(2)) {
        *byte = digit(pair[0])? << 4 | digit(pair[1])?;
    }
    Some(bytes)
}

macro_rules! hexadecimal {
    ($(#[$doc:meta])* $name:ident, $bytes:literal) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, Hash)]
        pub struct $name(pub [u8; $bytes]);

        impl Value for $name {
            fn parse(text: &str) -> Option<Self> {
                unhex(text).map(Self)
            }

            fn write(&self, to: &mut String) {
                to.push_str(&hex(&self.0));
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&hex(&self.0))
            }
        }
    };
}

hexadecimal!(
    /// A SHA-256 digest.
    Hash, 32
);
hexadecimal!(
    /// A random 128-bit number that names a clip or a session.
    Id, 16
);

impl Hash {
    /// SHA-256 of these bytes.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

macro_rules! text {
    ($(#[$doc:meta])* $name:ident, $accepts:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub struct $name(String);

        impl $name {
            /// The text itself.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl Value for $name {
            fn parse(text: &str) -> Option<Self> {
                let accepts: fn(&str) -> bool = $accepts;
                accepts(text).then(|| Self(text.to_owned()))
            }

            fn write(&self, to: &mut String) {
                to.push_str(&self.0);
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

fn all(text: &str, lengths: std::ops::RangeInclusive<usize>, accepts: fn(u8) -> bool) -> bool {
    lengths.contains(&text.len()) && text.bytes().all(accepts)
}

text!(
    /// An order or waybill number: `[A-Za-z0-9._-]{1,64}`, not `-` alone. Compared exactly.
    Order, |t| t != "-" && all(t, 1..=64, |b| b.is_ascii_alphanumeric() || b"._-".contains(&b))
);
text!(
    /// A short name: `[A-Za-z0-9._+-]{1,64}`, not `-` alone.
    Token, |t| t != "-" && all(t, 1..=64, |b| b.is_ascii_alphanumeric() || b"._+-".contains(&b))
);
text!(
    /// A camera's identity: 1 to 200 visible ASCII characters, not `-` alone.
    Camera, |t| t != "-" && all(t, 1..=200, |b| b.is_ascii_graphic())
);
text!(
    /// What something is called or calls itself: 1 to 200 visible ASCII characters, not `-` alone.
    Visible, |t| t != "-" && all(t, 1..=200, |b| b.is_ascii_graphic())
);
text!(
    /// A key's name: `STATION/HEX`, STATION `[a-z0-9.-]{1,40}`, HEX 16 digits of the key's SHA-256.
    KeyName, |t| t.split_once('/').is_some_and(|(station, digits)| {
        is_station(station) && unhex::<8>(digits).is_some()
    })
);

/// Whether this may stand before the `/` of a [`KeyName`].
pub fn is_station(text: &str) -> bool {
    all(text, 1..=40, |b| b.is_ascii_lowercase() || b.is_ascii_digit() || b".-".contains(&b))
}

impl KeyName {
    /// The name that `init` was given, without the digits of the key.
    pub fn station(&self) -> &str {
        self.0.split_once('/').map_or(&self.0, |(station, _)| station)
    }
}

/// The end of the year 9998: the calendar library ends within the next.
const MAX_TIME: i64 = 253_370_764_799_999_999;

/// A moment, µs since 1970-01-01T00:00:00Z. Written `YYYY-MM-DDTHH:MM:SS.ffffffZ`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Time(pub i64);

impl Time {
    /// So many µs before, not before 1970.
    pub(crate) fn back(self, us: u64) -> Self {
        Self(self.0.saturating_sub_unsigned(us).max(0))
    }

    /// So many µs later, not after 9998.
    pub(crate) fn on(self, us: u64) -> Self {
        Self(self.0.saturating_add_unsigned(us).min(MAX_TIME))
    }

    /// Its UTC day, `YYYY-MM-DD`.
    pub fn day(self) -> String {
        let mut text = self.to_string();
        text.truncate(10);
        text
    }
}

impl Value for Time {
    fn parse(text: &str) -> Option<Self> {
        if text.len() != 27 || !text.ends_with('Z') {
            return None;
        }
        let time = Self(text.parse::<jiff::Timestamp>().ok()?.as_microsecond());
        // Whatever else the calendar library accepts (lower case, a space, second 60) is not our one form.
        ((0..=MAX_TIME).contains(&time.0) && time.to_string() == text).then_some(time)
    }

    fn write(&self, to: &mut String) {
        to.push_str(&self.to_string());
    }
}

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(time) => write!(f, "{time:.6}"),
            // Outside the calendar; this form reads back as nothing, so it is never signed.
            Err(_) => write!(f, "{} µs", self.0),
        }
    }
}

/// Picture size in pixels: `WIDTHxHEIGHT`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Size {
    /// Width.
    pub width: u16,
    /// Height.
    pub height: u16,
}

impl Value for Size {
    fn parse(text: &str) -> Option<Self> {
        let (width, height) = text.split_once('x')?;
        let side = |t| u64::parse(t)?.try_into().ok();
        Some(Self { width: side(width)?, height: side(height)? })
    }

    fn write(&self, to: &mut String) {
        to.push_str(&self.to_string());
    }
}

impl fmt::Display for Size {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}x{}", self.width, self.height)
    }
}

/// Nominal frames a second, in lowest terms, between 1 and 120: `30000/1001`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Numerator.
    pub num: u32,
    /// Denominator.
    pub den: u32,
}

impl Rate {
    /// The rate in lowest terms; `None` outside 1 to 120 a second.
    pub fn new(num: u32, den: u32) -> Option<Self> {
        fn gcd(a: u32, b: u32) -> u32 {
            if b == 0 { a } else { gcd(b, a % b) }
        }
        let divisor = gcd(num, den).max(1);
        let rate = Self { num: num / divisor, den: den / divisor };
        let in_range = rate.den != 0 && rate.num >= rate.den && u64::from(rate.num) <= 120 * u64::from(rate.den);
        in_range.then_some(rate)
    }
}

impl Value for Rate {
    fn parse(text: &str) -> Option<Self> {
        let (num, den) = text.split_once('/')?;
        let part = |t| u64::parse(t)?.try_into().ok();
        let (num, den) = (part(num)?, part(den)?);
        Self::new(num, den).filter(|rate| (rate.num, rate.den) == (num, den))
    }

    fn write(&self, to: &mut String) {
        to.push_str(&self.to_string());
    }
}

impl fmt::Display for Rate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.num, self.den)
    }
}

/// An enumeration with one written word for each case.
macro_rules! choice {
    ($(#[$doc:meta])* $name:ident { $($(#[$case_doc:meta])* $case:ident = $word:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum $name { $($(#[$case_doc])* $case),+ }

        impl $name {
            /// Every case, in the order of the specification.
            pub const ALL: &[Self] = &[$(Self::$case),+];

            /// The written word.
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$case => $word),+ }
            }
        }

        impl $crate::value::Value for $name {
            fn parse(text: &str) -> Option<Self> {
                match text { $($word => Some(Self::$case),)+ _ => None }
            }

            fn write(&self, to: &mut String) {
                to.push_str(self.as_str());
            }
        }
    };
}
pub(crate) use choice;
