//! What the driver may set: exposure, focus and white balance, as a USB video device has them.

/// Unit of the camera terminal, where exposure and focus are.
pub const TERMINAL: u8 = 1;
/// Unit that processes the picture, where white balance is.
pub const PROCESSING: u8 = 2;

/// The only request that writes.
const SET_CUR: u8 = 0x01;
/// It can be read and written.
const INFO: u8 = 0b11;
/// Exposure by hand, and at the camera's will with the aperture fixed, which is all that webcams have.
const EXPOSURE_MODES: u32 = 0b1001;
const EXPOSURE_BY_HAND: u32 = 0b0001;

/// One control.
struct Control {
    name: &'static str,
    unit: u8,
    selector: u8,
    /// Place of its bit in the unit's descriptor.
    bit: u32,
    bytes: usize,
    least: u32,
    most: u32,
    /// Steps; of the exposure mode, the modes there are.
    step: u32,
    default: u32,
    now: u32,
}

/// All controls of a camera.
pub struct Controls(Vec<Control>);

impl Controls {
    /// Those of a good webcam, but for the ones that begin with this name.
    pub fn new(without: Option<&str>) -> Self {
        let control = |name, (unit, selector, bit), bytes, (least, most, step), default| Control {
            name,
            unit,
            selector,
            bit,
            bytes,
            least,
            most,
            step,
            default,
            now: default,
        };
        let all = vec![
            control("exposure-mode", (TERMINAL, 0x02, 1), 1, (1, 8, EXPOSURE_MODES), 8),
            control("exposure", (TERMINAL, 0x04, 3), 4, (3, 2047, 1), 250),
            control("focus", (TERMINAL, 0x06, 5), 2, (0, 250, 5), 0),
            control("focus-auto", (TERMINAL, 0x08, 17), 1, (0, 1, 1), 1),
            control("white-balance", (PROCESSING, 0x0a, 6), 2, (2800, 6500, 10), 4600),
            control("white-balance-auto", (PROCESSING, 0x0b, 12), 1, (0, 1, 1), 1),
        ];
        let kept = |control: &Control| without.is_none_or(|without| !control.name.starts_with(without));
        Self(all.into_iter().filter(kept).collect())
    }

    /// The bits of a unit's descriptor: which controls it has.
    pub fn bits(&self, unit: u8) -> u32 {
        self.0.iter().filter(|control| control.unit == unit).map(|control| 1 << control.bit).sum()
    }

    /// Carries out a request. `None`: there is no such control, or it does not take this now.
    pub fn request(&mut self, request: u8, unit: u8, selector: u8, data: &[u8]) -> Option<Vec<u8>> {
        let by_hand = self.by_hand(selector, unit);
        let control = self.0.iter_mut().find(|control| (control.unit, control.selector) == (unit, selector))?;
        let value = match request {
            SET_CUR => {
                let mut value = [0; 4];
                value.get_mut(..data.len())?.copy_from_slice(data);
                let value = u32::from_le_bytes(value);
                // What the camera chooses by itself it does not let the host set.
                let taken = by_hand && data.len() == control.bytes && (control.least..=control.most).contains(&value);
                println!("{} {} {value}", if taken { "set" } else { "refused" }, control.name);
                return taken.then(|| {
                    control.now = value;
                    Vec::new()
                });
            }
            0x81 => control.now,
            0x82 => control.least,
            0x83 => control.most,
            0x84 => control.step,
            0x85 => u32::try_from(control.bytes).ok()?,
            0x86 => return Some(vec![INFO]),
            0x87 => control.default,
            _ => return None,
        };
        let bytes = if request == 0x85 { 2 } else { control.bytes };
        Some(value.to_le_bytes()[..bytes].to_vec())
    }

    /// Whether the host may write this control: its mode, if it has one, is not automatic.
    fn by_hand(&self, selector: u8, unit: u8) -> bool {
        let (mode, by_hand) = match (unit, selector) {
            (TERMINAL, 0x04) => ("exposure-mode", EXPOSURE_BY_HAND),
            (TERMINAL, 0x06) => ("focus-auto", 0),
            (PROCESSING, 0x0a) => ("white-balance-auto", 0),
            _ => return true,
        };
        self.0.iter().find(|control| control.name == mode).is_none_or(|control| control.now == by_hand)
    }
}
