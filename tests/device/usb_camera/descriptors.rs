//! What the camera says of itself when it is plugged in: USB 2.0 and USB Video Class 1.1.

use super::{
    controls::{Controls, PROCESSING, TERMINAL},
    pictures::{Coding, Format},
};

/// Of a list of identities that are free for tests.
pub const VENDOR: u16 = 0x1209;
/// Most bytes of a payload with its header: what the driver asks for in one transfer.
pub const PAYLOAD: u32 = 16_384;
/// The endpoint that brings the pictures.
pub const ENDPOINT: u8 = 0x81;

const VIDEO: u8 = 0x0e;
/// Class-specific descriptors of an interface.
const CS_INTERFACE: u8 = 0x24;

/// The device's own.
pub fn device(product: u16) -> Vec<u8> {
    let mut all = vec![18, 1, 0, 2, 0xef, 2, 1, 64];
    for word in [VENDOR, product, 0x0100] {
        all.extend(word.to_le_bytes());
    }
    // Strings of maker, product and serial number; one configuration.
    all.extend([1, 2, 3, 1]);
    all
}

/// The string of this number.
pub fn string(number: u8, serial: &str) -> Option<Vec<u8>> {
    let units: Vec<u16> = match number {
        // English, of the United States.
        0 => vec![0x0409],
        1 => "packseal".encode_utf16().collect(),
        2 => "test camera".encode_utf16().collect(),
        3 => serial.encode_utf16().collect(),
        _ => return None,
    };
    let mut all = vec![u8::try_from(2 + 2 * units.len()).ok()?, 3];
    all.extend(units.into_iter().flat_map(u16::to_le_bytes));
    Some(all)
}

/// The configuration with its interfaces: one to control, one to stream.
pub fn configuration(controls: &Controls, formats: &[Format]) -> Vec<u8> {
    let control = control_interface(controls);
    let stream = stream_interface(formats);
    let association = [8, 11, 0, 2, VIDEO, 3, 0, 0];
    let total = 9 + association.len() + control.len() + stream.len();
    let mut all = vec![9, 2];
    all.extend(length(total));
    // Two interfaces, configuration 1, powered by the bus with 100 mA.
    all.extend([2, 1, 0, 0x80, 50]);
    all.extend(association);
    all.extend(control);
    all.extend(stream);
    all
}

fn control_interface(controls: &Controls) -> Vec<u8> {
    let bits = |unit| controls.bits(unit).to_le_bytes();
    let terminal = bits(TERMINAL);
    let mut camera = vec![18, CS_INTERFACE, 2, TERMINAL, 0x01, 0x02, 0, 0, 0, 0, 0, 0, 0, 0, 3];
    camera.extend(&terminal[..3]);
    let mut processing = vec![13, CS_INTERFACE, 5, PROCESSING, TERMINAL, 0, 0, 3];
    processing.extend(&bits(PROCESSING)[..3]);
    processing.extend([0, 0]);
    let output = [9, CS_INTERFACE, 3, 3, 0x01, 0x01, 0, PROCESSING, 0];
    let units = [&camera[..], &processing, &output].concat();
    let mut header = vec![13, CS_INTERFACE, 1, 0x10, 0x01];
    header.extend(length(13 + units.len()));
    header.extend(48_000_000_u32.to_le_bytes());
    // One streaming interface, number 1.
    header.extend([1, 1]);
    let interface = [9, 4, 0, 0, 0, VIDEO, 1, 0, 0];
    [&interface[..], &header, &units].concat()
}

fn stream_interface(formats: &[Format]) -> Vec<u8> {
    let groups: Vec<&[Format]> = formats.chunk_by(|a, b| a.coding == b.coding).collect();
    let mut described = Vec::new();
    for (number, group) in (1..).zip(&groups) {
        let sizes = count(group.len());
        match group[0].coding {
            Coding::Mjpeg => described.extend([11, CS_INTERFACE, 6, number, sizes, 1, 1, 0, 0, 0, 0]),
            Coding::Yuyv => {
                described.extend([27, CS_INTERFACE, 4, number, sizes]);
                described.extend(*b"YUY2\0\0\x10\0\x80\0\0\xaa\0\x38\x9b\x71");
                described.extend([16, 1, 0, 0, 0, 0]);
            }
        }
        for (number, format) in (1..).zip(*group) {
            described.extend(frame(number, format));
        }
    }
    let mut header = vec![13 + count(groups.len()), CS_INTERFACE, 1, count(groups.len())];
    header.extend(length(13 + groups.len() + described.len()));
    // Output terminal 3; no still pictures, no trigger; a byte of controls for each format.
    header.extend([ENDPOINT, 0, 3, 0, 0, 0, 1]);
    header.extend(groups.iter().map(|_| 0));
    let interface = [9, 4, 1, 0, 1, VIDEO, 2, 0, 0];
    // Bulk, 512 bytes a packet.
    let endpoint = [7, 5, ENDPOINT, 2, 0, 2, 0];
    [&interface[..], &header, &described, &endpoint].concat()
}

fn frame(number: u8, format: &Format) -> Vec<u8> {
    let kind = if format.coding == Coding::Mjpeg { 7 } else { 5 };
    let mut all = vec![26 + 4 * count(format.rates.len()), CS_INTERFACE, kind, number, 0];
    for side in [format.width, format.height] {
        all.extend(side.to_le_bytes());
    }
    let rates = || format.rates.iter().copied();
    let bits = |rate: Option<u32>| (8 * format.largest()).saturating_mul(rate.unwrap_or(1));
    for word in [bits(rates().min()), bits(rates().max()), format.largest(), interval(format.rates[0])] {
        all.extend(word.to_le_bytes());
    }
    all.push(count(format.rates.len()));
    all.extend(rates().flat_map(|rate| interval(rate).to_le_bytes()));
    all
}

/// Time of a frame in units of 100 ns.
pub fn interval(rate: u32) -> u32 {
    10_000_000 / rate
}

fn count(n: usize) -> u8 {
    u8::try_from(n).expect("few")
}

fn length(n: usize) -> [u8; 2] {
    u16::try_from(n).expect("short").to_le_bytes()
}
