//! From bytes and their times to codes. Pure: no clock, no device.

use std::collections::VecDeque;

use crate::{code::LONGEST, config};

/// Most bytes that are kept of one code: four for each character, and room for what is cut off.
const MOST_BYTES: usize = 4 * LONGEST + 1024;

/// Most codes that are remembered for double reads.
const MOST_REPEATS: usize = 64;

/// What bytes have become.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Frame {
    /// A code: 1 to 4096 characters, none of them a control character, no space at its ends.
    Code {
        /// The code.
        text: String,
        /// When its terminator came, or without one its last byte; µs of the monotonic clock.
        at_us: i64,
    },
    /// A code that is too long, or of which a part was lost.
    Dropped {
        /// As of a code.
        at_us: i64,
    },
}

/// Cuts what a scanner sends into codes.
///
/// Enter, Tab, line ends and NUL end a code, and so does a time without a byte. Time passes in [`Framing::tick`] alone,
/// which is called when nothing more is there to be read: a thread that was held up and reads the rest of a code late
/// does not tear it apart.
#[derive(Debug)]
pub struct Framing {
    settings: config::Scanner,
    bytes: Vec<u8>,
    /// When the last byte came of a code that has not ended.
    last_us: Option<i64>,
    spoilt: bool,
    ready: VecDeque<Frame>,
}

impl Framing {
    /// Nothing read yet.
    pub fn new(settings: &config::Scanner) -> Self {
        Self { settings: settings.clone(), bytes: Vec::new(), last_us: None, spoilt: false, ready: VecDeque::new() }
    }

    /// Takes bytes as they were read.
    pub fn feed(&mut self, at_us: i64, bytes: &[u8]) {
        for &byte in bytes {
            match byte {
                b'\r' | b'\n' | b'\t' | 0 => self.end(at_us),
                _ => {
                    self.last_us = Some(at_us);
                    self.bytes.push(byte);
                    if self.bytes.len() > MOST_BYTES {
                        self.spoil(at_us);
                    }
                }
            }
        }
    }

    /// Something was lost on the way here: the code under way is dropped at its end.
    pub fn spoil(&mut self, at_us: i64) {
        self.last_us = Some(at_us);
        self.bytes.clear();
        self.spoilt = true;
    }

    /// When [`Framing::tick`] will end the code under way, if no byte comes before.
    pub fn due(&self) -> Option<i64> {
        Some(self.last_us? + i64::from(self.settings.quiet_ms) * 1000)
    }

    /// Until this moment no further byte has come.
    pub fn tick(&mut self, at_us: i64) {
        if self.due().is_some_and(|due| due <= at_us) {
            self.finish();
        }
    }

    /// Nothing more will come.
    pub fn finish(&mut self) {
        if let Some(last_us) = self.last_us {
            self.end(last_us);
        }
    }

    /// Forgets the code under way, and codes that were not taken.
    pub fn reset(&mut self) {
        *self = Self::new(&self.settings);
    }

    /// The next code.
    pub fn take(&mut self) -> Option<Frame> {
        self.ready.pop_front()
    }

    fn end(&mut self, at_us: i64) {
        self.last_us = None;
        let bytes = std::mem::take(&mut self.bytes);
        if std::mem::take(&mut self.spoilt) {
            return self.ready.push_back(Frame::Dropped { at_us });
        }
        let text = clean(&String::from_utf8_lossy(&bytes), &self.settings);
        match text.chars().count() {
            0 => {}
            1..=LONGEST => self.ready.push_back(Frame::Code { text, at_us }),
            _ => self.ready.push_back(Frame::Dropped { at_us }),
        }
    }
}

/// A code as rules see it: without control characters, spaces at its ends, and the prefixes and suffixes that are
/// configured, each of which is cut off once, in their order. It may be empty.
pub fn clean(raw: &str, settings: &config::Scanner) -> String {
    let printable: String = raw.chars().filter(|c| !c.is_control()).collect();
    let mut text = printable.trim();
    for prefix in &settings.strip_prefixes {
        text = text.strip_prefix(&**prefix).unwrap_or(text);
    }
    for suffix in &settings.strip_suffixes {
        text = text.strip_suffix(&**suffix).unwrap_or(text);
    }
    text.trim().to_owned()
}

/// Double reads of one bench, whichever of its scanners read.
#[derive(Debug)]
pub struct Repeats {
    window_us: i64,
    /// Codes and when each was read last.
    read: Vec<(String, i64)>,
}

impl Repeats {
    /// Nothing read yet.
    pub fn new(settings: &config::Scanner) -> Self {
        Self { window_us: i64::from(settings.double_read_ms) * 1000, read: Vec::new() }
    }

    /// Whether this code was read within the time for double reads before; so long as it is read again and again, every
    /// read but the first is one.
    pub fn again(&mut self, text: &str, at_us: i64) -> bool {
        self.read.retain(|(_, last)| at_us - last < self.window_us);
        if let Some((_, last)) = self.read.iter_mut().find(|(known, _)| known == text) {
            // Scanners of one bench are threads of their own: the later read may be told first.
            *last = at_us.max(*last);
            return true;
        }
        if self.read.len() >= MOST_REPEATS {
            self.read.remove(0);
        }
        if self.window_us > 0 {
            self.read.push((text.to_owned(), at_us));
        }
        false
    }
}

#[cfg(test)]
mod tests;
