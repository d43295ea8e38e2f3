//! The camera itself: answers the host, and sends pictures in time while it streams.

use std::{
    collections::VecDeque,
    io,
    os::unix::net::UnixStream,
    path::Path,
    time::{Duration, Instant},
};

use super::{
    controls::Controls,
    descriptors::{self, ENDPOINT, PAYLOAD},
    pictures::{Coding, Format, formats},
    wire::{self, Message, STALL, Transfer},
};

/// How often is looked whether a picture is due, or can be gone on with.
const LOOK: Duration = Duration::from_millis(2);
/// Bytes of a probe, USB Video Class 1.1.
const PROBE: usize = 34;

/// What host and camera agree on: place in the list of formats, and frames a second.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Mode {
    format: usize,
    rate: u32,
}

/// The camera.
pub struct Device {
    product: u16,
    serial: String,
    formats: Vec<Format>,
    controls: Controls,
    cable: Option<UnixStream>,
    /// What the host probes.
    probed: Mode,
    /// What it streams.
    streams: Option<Mode>,
    /// When the next picture is due.
    due: Option<Instant>,
    /// Number of the next picture.
    number: usize,
    /// Changes with each picture: how the driver tells them apart.
    toggle: u8,
    /// Transfers that wait for pictures.
    waiting: VecDeque<Transfer>,
    /// Payloads that wait for transfers.
    payloads: VecDeque<Vec<u8>>,
    stalled: bool,
    /// Pictures that shall be cut, torn, and lost.
    to_cut: u32,
    to_tear: u32,
    to_drop: u32,
}

impl Device {
    /// Not plugged in yet.
    pub fn new(product: u16, serial: String, without: Option<&str>, pictures: &Path) -> io::Result<Self> {
        let formats = formats(pictures)?;
        let rate = formats.first().ok_or_else(|| io::Error::other("no pictures"))?.rates[0];
        Ok(Self {
            product,
            serial,
            formats,
            controls: Controls::new(without),
            cable: None,
            probed: Mode { format: 0, rate },
            streams: None,
            due: None,
            number: 0,
            toggle: 0,
            waiting: VecDeque::new(),
            payloads: VecDeque::new(),
            stalled: false,
            to_cut: 0,
            to_tear: 0,
            to_drop: 0,
        })
    }

    /// This is its cable now.
    pub fn plugged(&mut self, cable: UnixStream) {
        self.cable = Some(cable);
    }

    /// The cable was pulled.
    pub fn unplugged(&mut self) {
        self.cable = None;
        self.stop();
        self.waiting.clear();
    }

    /// Does what the test wants.
    pub fn command(&mut self, line: &str) {
        let (what, number) = line.split_once(' ').unwrap_or((line, "1"));
        let number = number.parse().unwrap_or(1);
        match what {
            "stall" => self.stalled = true,
            "resume" => self.stalled = false,
            "cut" => self.to_cut = number,
            "tear" => self.to_tear = number,
            "drop" => self.to_drop = number,
            _ => println!("unknown command {line}"),
        }
    }

    /// Takes a message of the host.
    pub fn take(&mut self, message: Message) {
        match message {
            Message::Submit(transfer) if transfer.endpoint == 0 => {
                let outcome = self.request(&transfer);
                self.reply(&transfer, outcome.as_deref().ok_or(STALL));
            }
            Message::Submit(transfer) => self.waiting.push_back(transfer),
            Message::Unlink { number, transfer } => {
                let before = self.waiting.len();
                self.waiting.retain(|waiting| !waiting.is(transfer));
                let taken_back = self.waiting.len() < before;
                if let Some(cable) = &mut self.cable {
                    let _ = wire::answer_unlink(cable, number, taken_back);
                }
            }
        }
        self.send();
    }

    /// Makes a picture if one is due: how long to wait before the next call.
    pub fn tick(&mut self, now: Instant) -> Duration {
        self.send();
        let Some(mode) = self.streams.filter(|_| !self.stalled) else {
            self.due = None;
            return LOOK;
        };
        let due = *self.due.get_or_insert(now);
        // A host that is slow makes the camera slow: pictures are lost only where the test wants it.
        if due <= now && self.payloads.is_empty() {
            let time = Duration::from_secs(1) / mode.rate;
            // One that is late by more than that does not hurry after.
            self.due = Some((due + time).max(now));
            self.picture(mode.format);
            self.send();
        }
        LOOK
    }

    /// The next picture becomes payloads.
    fn picture(&mut self, format: usize) {
        while self.to_drop > 0 {
            self.to_drop -= 1;
            println!("dropped {}", self.number);
            // Nothing of it comes, but the driver sees that there was one.
            self.toggle ^= 1;
            self.payloads.push_back(vec![2, 0x80 | self.toggle]);
            self.number += 1;
        }
        let format = &self.formats[format];
        let whole = format.picture(self.number);
        let third = whole.len() / 3;
        let bytes = if self.to_cut > 0 {
            self.to_cut -= 1;
            println!("cut {}", self.number);
            whole[..whole.len() / 2].to_vec()
        } else if self.to_tear > 0 {
            self.to_tear -= 1;
            println!("torn {}", self.number);
            [&whole[..third], &whole[2 * third..]].concat()
        } else {
            whole.to_vec()
        };
        self.number += 1;
        self.toggle ^= 1;
        let room = PAYLOAD as usize - 2;
        let last = bytes.len().div_ceil(room) - 1;
        for (place, part) in bytes.chunks(room).enumerate() {
            let end_of_frame = if place == last { 2 } else { 0 };
            self.payloads.push_back([&[2, 0x80 | end_of_frame | self.toggle], part].concat());
        }
    }

    /// Answers waiting transfers with waiting payloads.
    fn send(&mut self) {
        while !self.stalled
            && !self.payloads.is_empty()
            && let Some(transfer) = self.waiting.pop_front()
            && let Some(payload) = self.payloads.pop_front()
        {
            self.reply(&transfer, Ok(&payload));
        }
    }

    fn reply(&mut self, transfer: &Transfer, outcome: Result<&[u8], i32>) {
        if let Some(cable) = &mut self.cable {
            // A cable that was pulled is met by who reads it.
            let _ = wire::answer(cable, transfer, outcome);
        }
    }

    fn stop(&mut self) {
        if self.streams.take().is_some() {
            println!("stops at {}", self.number);
        }
        self.payloads.clear();
        self.due = None;
    }

    /// Carries out a control transfer. `None`: refused.
    fn request(&mut self, transfer: &Transfer) -> Option<Vec<u8>> {
        let [kind, request, low, high, interface, unit, _, _] = transfer.setup;
        match (kind, request) {
            // Descriptors.
            (0x80, 6) => match high {
                1 => Some(descriptors::device(self.product)),
                2 => Some(descriptors::configuration(&self.controls, &self.formats)),
                3 => descriptors::string(low, &self.serial),
                _ => None,
            },
            // Status of device, interface or endpoint.
            (0x80..=0x82, 0) => Some(vec![0, 0]),
            // Configuration and interface: there is one setting of each.
            (0x00, 9) | (0x01, 11) => Some(Vec::new()),
            // The endpoint's halt is cleared: how the driver says that it wants no more.
            (0x02, 1) if interface == ENDPOINT => {
                self.stop();
                Some(Vec::new())
            }
            (0x21 | 0xa1, _) if interface == 0 => self.controls.request(request, unit, high, &transfer.data),
            (0x21 | 0xa1, _) if interface == 1 => self.stream_request(request, high, &transfer.data),
            _ => None,
        }
    }

    /// Probe (1) and commit (2).
    fn stream_request(&mut self, request: u8, selector: u8, data: &[u8]) -> Option<Vec<u8>> {
        match (request, selector) {
            (0x01, 1 | 2) => {
                self.probed = self.nearest(data)?;
                if selector == 2 {
                    self.stop();
                    self.streams = Some(self.probed);
                    println!("streams {}@{}", self.formats[self.probed.format].name(), self.probed.rate);
                }
                Some(Vec::new())
            }
            (0x81..=0x83 | 0x87, 1 | 2) => Some(self.probe()),
            (0x85, 1 | 2) => Some(vec![PROBE as u8, 0]),
            (0x86, 1 | 2) => Some(vec![0b11]),
            _ => None,
        }
    }

    /// The mode that is nearest to what the host asks.
    fn nearest(&self, data: &[u8]) -> Option<Mode> {
        let (coding, size) = (*data.get(2)?, usize::from(*data.get(3)?));
        let wanted = u32::from_le_bytes(data.get(4..8)?.try_into().ok()?);
        let coding = if coding == 2 { Coding::Yuyv } else { Coding::Mjpeg };
        let mut of_coding = (0..self.formats.len()).filter(|&place| self.formats[place].coding == coding);
        let format = of_coding.nth(size.saturating_sub(1)).unwrap_or(0);
        let rates = self.formats[format].rates.iter().copied();
        let rate = rates.min_by_key(|&rate| descriptors::interval(rate).abs_diff(wanted))?;
        Some(Mode { format, rate })
    }

    /// The mode probed last, as the host reads it.
    fn probe(&self) -> Vec<u8> {
        let format = &self.formats[self.probed.format];
        let place = self.formats[..self.probed.format].iter().filter(|f| f.coding == format.coding).count();
        let coding = if format.coding == Coding::Yuyv { 2 } else { 1 };
        let mut all = vec![1, 0, coding, place as u8 + 1];
        all.extend(descriptors::interval(self.probed.rate).to_le_bytes());
        all.extend([0; 10]);
        all.extend(format.largest().to_le_bytes());
        all.extend(PAYLOAD.to_le_bytes());
        all.extend(48_000_000_u32.to_le_bytes());
        // Its payloads tell frames apart by the toggle and by the bit at the end.
        all.extend([3, 0, 0, 0]);
        all
    }
}
