//! Exposure, focus and white balance: by hand as asked, else automatic.

use std::io;

use v4l::control::{Control, Value};
use v4l::{Device, v4l_sys};

use crate::capture::protocol::Controls;

/// Exposure is chosen by the camera, whatever it can choose; or the time alone; or nothing.
const EXPOSURE_AUTO: i64 = v4l_sys::v4l2_exposure_auto_type_V4L2_EXPOSURE_AUTO as i64;
const EXPOSURE_TIME_AUTO: i64 = v4l_sys::v4l2_exposure_auto_type_V4L2_EXPOSURE_APERTURE_PRIORITY as i64;
const EXPOSURE_MANUAL: i64 = v4l_sys::v4l2_exposure_auto_type_V4L2_EXPOSURE_MANUAL as i64;

/// One control to write.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Step {
    /// Of V4L2.
    id: u32,
    value: i64,
    need: Need,
}

/// What it means that a camera does not take it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Need {
    /// Nothing: it has nothing to choose.
    None,
    /// The camera still chooses this by itself, unless it never did.
    Mode(&'static str),
    /// This is not set.
    Value(&'static str),
}

/// What is written, in this order.
fn plan(controls: &Controls) -> Vec<Step> {
    let automatic = |id, value| Step { id, value, need: Need::None };
    let manual = |name, mode, by_hand, id, value| {
        let mode = Step { id: mode, value: by_hand, need: Need::Mode(name) };
        vec![mode, Step { id, value: i64::from(value), need: Need::Value(name) }]
    };
    let (mode, id) = (v4l_sys::V4L2_CID_EXPOSURE_AUTO, v4l_sys::V4L2_CID_EXPOSURE_ABSOLUTE);
    let exposure = match controls.exposure {
        Some(time) => manual("exposure", mode, EXPOSURE_MANUAL, id, time),
        // Few cameras know both; the last one that is taken holds.
        None => vec![automatic(mode, EXPOSURE_AUTO), automatic(mode, EXPOSURE_TIME_AUTO)],
    };
    let (mode, id) = (v4l_sys::V4L2_CID_FOCUS_AUTO, v4l_sys::V4L2_CID_FOCUS_ABSOLUTE);
    let focus = match controls.focus {
        Some(steps) => manual("focus", mode, 0, id, steps),
        None => vec![automatic(mode, 1)],
    };
    let (mode, id) = (v4l_sys::V4L2_CID_AUTO_WHITE_BALANCE, v4l_sys::V4L2_CID_WHITE_BALANCE_TEMPERATURE);
    let white_balance = match controls.white_balance {
        Some(kelvin) => manual("white-balance", mode, 0, id, kelvin),
        None => vec![automatic(mode, 1)],
    };
    [exposure, focus, white_balance].concat()
}

/// Sets the controls of an open camera. Gives what it does not take, as [`Stream`](crate::capture::protocol::Stream)
/// tells it.
pub(super) fn apply(device: &Device, controls: &Controls) -> Vec<String> {
    let set = |id, value| device.set_control(Control { id, value: Value::Integer(value) });
    let get = |id| match device.control(id)?.value {
        Value::Integer(value) => Ok(value),
        Value::Boolean(value) => Ok(i64::from(value)),
        _ => Err(io::ErrorKind::InvalidData.into()),
    };
    carry_out(&plan(controls), set, get)
}

fn carry_out(
    steps: &[Step],
    mut set: impl FnMut(u32, i64) -> io::Result<()>,
    mut get: impl FnMut(u32) -> io::Result<i64>,
) -> Vec<String> {
    let mut unsupported: Vec<String> = Vec::new();
    for &Step { id, value, need } in steps {
        let done = set(id, value);
        // A driver may take the nearest value it has.
        let mut other = || get(id).ok().filter(|&is| is != value);
        let told = match need {
            Need::None => None,
            Need::Mode(name) => other().map(|_| name.to_owned()),
            Need::Value(name) if done.is_err() => Some(name.to_owned()),
            Need::Value(name) => other().map(|is| format!("{name} ({is} instead of {value})")),
        };
        // Its mode may be told already.
        unsupported.extend(told.filter(|told| !unsupported.contains(told)));
    }
    unsupported
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::BTreeMap;

    use super::*;

    fn written(controls: Controls) -> Vec<(u32, i64)> {
        plan(&controls).iter().map(|step| (step.id, step.value)).collect()
    }

    // Numbers of linux/v4l2-controls.h, written out so that they are seen.
    const AUTO_WHITE_BALANCE: u32 = 0x0098_090c;
    const WHITE_BALANCE: u32 = 0x0098_091a;
    const EXPOSURE_MODE: u32 = 0x009a_0901;
    const EXPOSURE: u32 = 0x009a_0902;
    const FOCUS: u32 = 0x009a_090a;
    const AUTO_FOCUS: u32 = 0x009a_090c;

    #[test]
    fn what_is_asked_for_is_written_behind_its_mode_and_the_rest_is_automatic() {
        let automatic = [(EXPOSURE_MODE, 0), (EXPOSURE_MODE, 3), (AUTO_FOCUS, 1), (AUTO_WHITE_BALANCE, 1)];
        assert_eq!(written(Controls::default()), automatic);
        let all = Controls { exposure: Some(156), focus: Some(0), white_balance: Some(4600) };
        let by_hand = [
            (EXPOSURE_MODE, 1),
            (EXPOSURE, 156),
            (AUTO_FOCUS, 0),
            (FOCUS, 0),
            (AUTO_WHITE_BALANCE, 0),
            (WHITE_BALANCE, 4600),
        ];
        assert_eq!(written(all), by_hand);
        let one = Controls { focus: Some(40), ..Controls::default() };
        let focus_only =
            [(EXPOSURE_MODE, 0), (EXPOSURE_MODE, 3), (AUTO_FOCUS, 0), (FOCUS, 40), (AUTO_WHITE_BALANCE, 1)];
        assert_eq!(written(one), focus_only);
    }

    /// What a camera of these controls, each with its value and its range, does not take.
    fn unsupported(camera: &[(u32, i64, i64, i64)], controls: Controls) -> Vec<String> {
        let camera = RefCell::new(BTreeMap::from_iter(camera.iter().map(|&(id, is, low, high)| (id, (is, low, high)))));
        let set = |id: u32, value: i64| match camera.borrow_mut().get_mut(&id) {
            Some((is, low, high)) => {
                *is = value.clamp(*low, *high);
                Ok(())
            }
            None => Err(io::ErrorKind::InvalidInput.into()),
        };
        let get = |id: u32| camera.borrow().get(&id).map(|&(is, ..)| is).ok_or(io::ErrorKind::InvalidInput.into());
        carry_out(&plan(&controls), set, get)
    }

    #[test]
    fn what_a_camera_does_not_take_is_told_and_nothing_else() {
        let all = Controls { exposure: Some(5000), focus: Some(40), white_balance: Some(4600) };
        let webcam = [
            (EXPOSURE_MODE, 3, 0, 3),
            (EXPOSURE, 250, 3, 2047),
            (AUTO_FOCUS, 1, 0, 1),
            (FOCUS, 0, 0, 250),
            (AUTO_WHITE_BALANCE, 1, 0, 1),
            (WHITE_BALANCE, 4000, 2800, 6500),
        ];
        assert_eq!(unsupported(&webcam, all), ["exposure (2047 instead of 5000)"]);
        assert!(unsupported(&webcam, Controls { exposure: Some(100), ..all }).is_empty());
        // No focus at all, white balance without a mode, an exposure that stays automatic.
        let simple = [(EXPOSURE_MODE, 3, 3, 3), (EXPOSURE, 250, 3, 9999), (WHITE_BALANCE, 4000, 2800, 6500)];
        assert_eq!(unsupported(&simple, all), ["exposure", "focus"]);
        assert_eq!(unsupported(&[], all), ["exposure", "focus", "white-balance"]);
        assert!(unsupported(&[], Controls::default()).is_empty());
    }
}
