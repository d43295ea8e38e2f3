//! Scanners that type: USB keyboards, read through evdev and taken away from everybody else.

use std::{
    io,
    os::fd::AsFd,
    path::{Path, PathBuf},
    time::Duration,
};

use evdev::{
    EventType, KeyCode, LedCode, SynchronizationCode,
    raw_stream::{self, RawDevice},
};
use rustix::fs::{OFlags, fcntl_setfl};

use super::{Came, Spec, Wedge, framing::Framing, readable, trouble};
use crate::{clock, say::Trouble};

/// What one event of a keyboard means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Typed {
    /// No text.
    Nothing,
    /// A character.
    Text(char),
    /// The kernel has dropped events: keys are missing from the code under way.
    Missed,
}

/// Keys of a US keyboard that follow each other: the first key, and what they type without and with shift.
const ROWS: [(KeyCode, &str, &str); 8] = [
    (KeyCode::KEY_1, "1234567890-=", "!@#$%^&*()_+"),
    (KeyCode::KEY_Q, "qwertyuiop[]\n", "QWERTYUIOP{}\n"),
    (KeyCode::KEY_A, "asdfghjkl;'`", "ASDFGHJKL:\"~"),
    (KeyCode::KEY_BACKSLASH, "\\zxcvbnm,./", "|ZXCVBNM<>?"),
    (KeyCode::KEY_SPACE, " ", " "),
    (KeyCode::KEY_TAB, "\t", "\t"),
    (KeyCode::KEY_KPASTERISK, "*", "*"),
    (KeyCode::KEY_KP7, "789-456+1230.", "789-456+1230."),
];
/// The keys of the keypad that stand elsewhere.
const KEYPAD: [(KeyCode, char); 3] =
    [(KeyCode::KEY_KPENTER, '\n'), (KeyCode::KEY_KPSLASH, '/'), (KeyCode::KEY_KPEQUAL, '=')];

const SHIFT: [KeyCode; 2] = [KeyCode::KEY_LEFTSHIFT, KeyCode::KEY_RIGHTSHIFT];
const CONTROL: [KeyCode; 2] = [KeyCode::KEY_LEFTCTRL, KeyCode::KEY_RIGHTCTRL];
const OTHER: [KeyCode; 4] =
    [KeyCode::KEY_LEFTALT, KeyCode::KEY_RIGHTALT, KeyCode::KEY_LEFTMETA, KeyCode::KEY_RIGHTMETA];

/// What a keyboard's events type. Pure: fed with events as the kernel gives them.
#[derive(Debug, Default)]
pub struct Keys {
    /// Shift, control and the like that are down.
    held: Vec<KeyCode>,
    caps: bool,
    /// Between "events were dropped" and the end of what is left of their report.
    torn: bool,
}

impl Keys {
    /// Takes one event: type, code and value of `struct input_event`.
    pub fn event(&mut self, kind: u16, code: u16, value: i32) -> Typed {
        if kind == EventType::SYNCHRONIZATION.0 {
            if code == SynchronizationCode::SYN_DROPPED.0 {
                // Their releases may be among what was dropped, and the code is lost anyway.
                self.held.clear();
                self.torn = true;
                return Typed::Missed;
            }
            self.torn &= code != SynchronizationCode::SYN_REPORT.0;
            return Typed::Nothing;
        }
        let key = KeyCode(code);
        if kind != EventType::KEY.0 || self.torn {
            return Typed::Nothing;
        }
        if SHIFT.contains(&key) || CONTROL.contains(&key) || OTHER.contains(&key) {
            self.held.retain(|held| *held != key);
            if value != 0 {
                self.held.push(key);
            }
            return Typed::Nothing;
        }
        // Releases, and the repetition of a key that is held down.
        if value != 1 {
            return Typed::Nothing;
        }
        if key == KeyCode::KEY_CAPSLOCK {
            self.caps = !self.caps;
            return Typed::Nothing;
        }
        let holds = |keys: &[KeyCode]| self.held.iter().any(|held| keys.contains(held));
        match self.character(key, holds(&SHIFT)) {
            // A character of another keyboard, or given by its number on the keypad: not to be mistaken for digits.
            Some(_) if holds(&OTHER) => Typed::Text(char::REPLACEMENT_CHARACTER),
            // A control character, as a terminal takes it: control with M is a carriage return.
            Some(text) if holds(&CONTROL) => Typed::Text(char::from(text as u8 & 0x1f)),
            Some(text) => Typed::Text(text),
            None => Typed::Nothing,
        }
    }

    fn character(&self, key: KeyCode, shift: bool) -> Option<char> {
        let (plain, shifted) = ROWS
            .iter()
            .find_map(|(first, plain, shifted)| {
                let at = usize::from(key.0.checked_sub(first.0)?);
                Some((char::from(*plain.as_bytes().get(at)?), char::from(*shifted.as_bytes().get(at)?)))
            })
            .or_else(|| {
                let (_, text) = KEYPAD.iter().find(|(known, _)| *known == key)?;
                Some((*text, *text))
            })?;
        let upper = shift != (self.caps && plain.is_ascii_lowercase());
        Some(if upper { shifted } else { plain })
    }
}

/// What is known of an input device before it is taken.
#[derive(Debug, Clone)]
struct Found {
    path: PathBuf,
    name: String,
    usb: (u16, u16),
    /// Where it is plugged in, and behind the last '/' which of its inputs this is.
    place: String,
    types_digits: bool,
}

impl Found {
    fn of(path: PathBuf, device: &RawDevice) -> Self {
        let id = device.input_id();
        Self {
            path,
            name: device.name().unwrap_or_default().to_owned(),
            usb: (id.vendor(), id.product()),
            place: device.physical_path().unwrap_or_default().to_owned(),
            types_digits: device.supported_keys().is_some_and(|keys| keys.contains(KeyCode::KEY_1)),
        }
    }

    fn is(&self, wanted: &Wedge) -> bool {
        self.types_digits
            && match wanted {
                Wedge::Path(path) => self.path == *path,
                Wedge::Usb { vendor, product } => self.usb == (*vendor, *product),
                Wedge::Name(name) => self.name.starts_with(&**name),
            }
    }

    fn same_plug(&self, other: &Self) -> bool {
        let plug = |place: &str| place.rsplit_once('/').map(|(plug, _)| plug.to_owned());
        plug(&self.place).is_some() && plug(&self.place) == plug(&other.place)
    }
}

/// The one device that is wanted. Of one that has several keyboards, the first; of several devices none, because
/// scans of one bench must never reach another.
fn choose(all: Vec<Found>, wanted: &Wedge) -> Result<PathBuf, Trouble> {
    let mut fits: Vec<Found> = all.into_iter().filter(|found| found.is(wanted)).collect();
    // event9 before event10.
    fits.sort_by_key(|found| (found.path.as_os_str().len(), found.path.clone()));
    let spec = Spec::Evdev(wanted.clone());
    match &fits[..] {
        [] => Err(trouble(&spec, io::ErrorKind::NotFound.into())),
        [first, more @ ..] if more.iter().all(|other| first.same_plug(other)) => Ok(first.path.clone()),
        _ => Err(Trouble::new(
            format!("several scanners are {spec}: name each by its plug, evdev:/dev/input/by-path/…"),
            format!("有多个扫码枪符合 {spec}：请按接口分别指定，如 evdev:/dev/input/by-path/…"),
        )),
    }
}

/// All USB keyboards, by identity.
pub(super) fn connected() -> Vec<Wedge> {
    let all = raw_stream::enumerate().map(|(path, device)| Found::of(path, &device));
    let usb = all.filter(|found| found.types_digits && found.usb != (0, 0));
    let mut all: Vec<_> = usb.map(|Found { usb: (vendor, product), .. }| Wedge::Usb { vendor, product }).collect();
    all.dedup();
    all
}

/// An opened scanner, which types for nobody else.
#[derive(Debug)]
pub(super) struct Device {
    raw: RawDevice,
    keys: Keys,
}

impl Device {
    pub(super) fn open(wanted: &Wedge) -> Result<Self, Trouble> {
        let spec = Spec::Evdev(wanted.clone());
        let path = match wanted {
            Wedge::Path(path) => path.clone(),
            _ => choose(raw_stream::enumerate().map(|(path, device)| Found::of(path, &device)).collect(), wanted)?,
        };
        let mut raw = RawDevice::open(&path).map_err(|e| trouble(&spec, e))?;
        if !Found::of(path.clone(), &raw).types_digits {
            return Err(no_keyboard(&spec, &path));
        }
        raw.grab().map_err(|e| trouble(&spec, e))?;
        fcntl_setfl(&raw, OFlags::NONBLOCK).map_err(|e| trouble(&spec, e.into()))?;
        // Some scanners type the other case while this light is on. Where it cannot be put out, nothing is lost yet.
        if raw.get_led_state().is_ok_and(|on| on.contains(LedCode::LED_CAPSL)) {
            let _ = raw.send_events(&[evdev::InputEvent::new(EventType::LED.0, LedCode::LED_CAPSL.0, 0)]);
        }
        Ok(Self { raw, keys: Keys::default() })
    }

    pub(super) fn read(&mut self, within: Duration, framing: &mut Framing) -> io::Result<Came> {
        if !readable(self.raw.as_fd(), within)? {
            return Ok(Came::Nothing);
        }
        let events = match self.raw.fetch_events() {
            Err(e) if e.kind() == io::ErrorKind::WouldBlock => return Ok(Came::Nothing),
            other => other?,
        };
        let at_us = clock::monotonic();
        for event in events {
            match self.keys.event(event.event_type().0, event.code(), event.value()) {
                Typed::Nothing => {}
                Typed::Text(text) => framing.feed(at_us, text.encode_utf8(&mut [0; 4]).as_bytes()),
                Typed::Missed => framing.spoil(at_us),
            }
        }
        Ok(Came::Something)
    }
}

fn no_keyboard(spec: &Spec, path: &Path) -> Trouble {
    let path = path.display();
    Trouble::new(
        format!("{spec}: {path} is no keyboard: name the scanner's own device, see /dev/input/by-id"),
        format!("{spec}：{path} 不是键盘：请指定扫码枪自己的设备，参见 /dev/input/by-id"),
    )
}

#[cfg(test)]
mod tests;
