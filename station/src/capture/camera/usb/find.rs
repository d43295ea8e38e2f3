//! Finds a camera under the number it has now: a camera that was unplugged may come back under another one.

use std::fs;
use std::path::{Path, PathBuf};

use v4l::Device;
use v4l::video::Capture;

use crate::capture::camera::identity;
use crate::capture::protocol::Trouble;

/// Where the kernel lists its video devices.
const CLASS: &str = "/sys/class/video4linux";

/// Who a USB camera is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct UsbId {
    vendor: u16,
    product: u16,
    serial: Option<String>,
}

impl UsbId {
    /// Reads `VVVV:PPPP` or `VVVV:PPPP:SERIAL`, vendor and product in four hexadecimal digits.
    pub fn parse(text: &str) -> Option<Self> {
        let mut parts = text.splitn(3, ':');
        let mut hex = || {
            let digits = parts.next().filter(|part| part.len() == 4 && part.bytes().all(|b| b.is_ascii_hexdigit()))?;
            u16::from_str_radix(digits, 16).ok()
        };
        let (vendor, product) = (hex()?, hex()?);
        // As `identity_of` writes it.
        let serial = parts.next().map(identity);
        (serial.as_deref() != Some("")).then_some(UsbId { vendor, product, serial })
    }

    /// Whether a camera of this identity is meant, as [`identity_of`] writes it.
    fn means(&self, identity: &str) -> bool {
        identity.strip_prefix("usb:").and_then(UsbId::parse).is_some_and(|other| {
            (self.vendor, self.product) == (other.vendor, other.product)
                && (self.serial.is_none() || self.serial == other.serial)
        })
    }
}

/// The node of this camera, or of the first one.
pub(crate) fn node(device: Option<&str>) -> Result<PathBuf, Trouble> {
    let Some(name) = device else {
        return videos(Path::new(CLASS)).into_iter().map(|(_, node)| node).find(gives_video).ok_or(Trouble::NoCamera);
    };
    if !name.starts_with('/') {
        let not_found = |detail: &str| Trouble::NotFound { name: name.into(), detail: detail.into() };
        let id = UsbId::parse(name).ok_or_else(|| not_found("this is no USB identity"))?;
        return videos(Path::new(CLASS))
            .into_iter()
            .filter(|(class, _)| id.means(&identity_at(class)))
            .map(|(_, node)| node)
            .find(gives_video)
            .ok_or_else(|| not_found("no such USB camera is connected"));
    }
    // Links such as /dev/v4l/by-id/… lead to the node.
    let node = fs::canonicalize(name).map_err(|e| Trouble::NotFound { name: name.into(), detail: e.to_string() })?;
    match index_of(&node) {
        Some(_) => Ok(node),
        None => Err(Trouble::Unreadable { name: name.into(), detail: "this is no video device".into() }),
    }
}

/// The number of a node.
pub(super) fn index_of(node: &Path) -> Option<u32> {
    node.to_str()?.strip_prefix("/dev/video")?.parse().ok()
}

/// What the kernel lists, lowest number first: the folder that describes it, and the node.
fn videos(class: &Path) -> Vec<(PathBuf, PathBuf)> {
    let names = fs::read_dir(class).into_iter().flatten().flatten().map(|entry| entry.file_name());
    let nodes = names.map(|name| (class.join(&name), Path::new("/dev").join(name)));
    let mut videos: Vec<_> = nodes.filter(|(_, node)| index_of(node).is_some()).collect();
    videos.sort_unstable_by_key(|(_, node)| index_of(node));
    videos
}

/// Whether the node can be asked for a picture's format. The metadata node of a camera, which has the same name,
/// cannot.
fn gives_video(node: &PathBuf) -> bool {
    Device::with_path(node).is_ok_and(|device| device.format().is_ok())
}

/// Who the camera of this node is, as the kernel knows it. Reads what confinement takes away.
pub(crate) fn identity_of(node: &Path) -> String {
    identity_at(&Path::new(CLASS).join(node.file_name().unwrap_or_default()))
}

fn identity_at(class: &Path) -> String {
    let read = |path: PathBuf| fs::read_to_string(path).ok().map(|text| text.trim().to_owned());
    // The node belongs to an interface of the USB device one step up.
    let usb = fs::canonicalize(class.join("device")).ok().and_then(|d| d.parent().map(Path::to_path_buf));
    let usb = usb.and_then(|usb| {
        let ids = format!("usb:{}:{}", read(usb.join("idVendor"))?, read(usb.join("idProduct"))?);
        let serial = read(usb.join("serial")).filter(|serial| !serial.is_empty());
        Some(serial.map_or(ids.clone(), |serial| format!("{ids}:{serial}")))
    });
    identity(&usb.unwrap_or_else(|| format!("v4l2:{}", read(class.join("name")).unwrap_or_default())))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::symlink;

    use super::*;

    #[test]
    fn an_identity_is_read_whole_or_not_at_all() {
        let id =
            |serial: Option<&str>| Some(UsbId { vendor: 0x46d, product: 0x85e, serial: serial.map(str::to_owned) });
        assert_eq!(UsbId::parse("046d:085E"), id(None));
        assert_eq!(UsbId::parse("046d:085e:A:1"), id(Some("A:1")));
        assert_eq!(UsbId::parse("046d:085e:my cam"), id(Some("my_cam")));
        for bad in ["", "046d", "46d:085e", "046d:085g", "+46d:085e", "046d:085e:", "046d:085é"] {
            assert_eq!(UsbId::parse(bad), None, "{bad}");
        }
    }

    /// Two cameras of one kind and another one, as the kernel describes them, each with a metadata node.
    fn kernel() -> PathBuf {
        let root = std::env::temp_dir().join(format!("packseal-usb-{}", std::process::id()));
        let _ = fs::remove_dir_all(&root);
        let class = root.join("class");
        fs::create_dir_all(&class).unwrap();
        let cameras = [("1-1", "085e", Some("B 2\n")), ("1-2", "0825", None), ("1-3", "085e", Some("A1\n"))];
        for (place, (port, product, serial)) in cameras.into_iter().enumerate() {
            let usb = root.join("devices").join(port);
            let interface = usb.join(format!("{port}:1.0"));
            fs::create_dir_all(&interface).unwrap();
            fs::write(usb.join("idVendor"), "046d\n").unwrap();
            fs::write(usb.join("idProduct"), format!("{product}\n")).unwrap();
            if let Some(serial) = serial {
                fs::write(usb.join("serial"), serial).unwrap();
            }
            // The tenth node must not come before the second.
            for number in [9 + 2 * place, 10 + 2 * place] {
                let node = class.join(format!("video{number}"));
                fs::create_dir(&node).unwrap();
                symlink(&interface, node.join("device")).unwrap();
            }
        }
        let other = class.join("video0");
        fs::create_dir(&other).unwrap();
        fs::write(other.join("name"), "vivid cap\n").unwrap();
        fs::create_dir(class.join("v4l-touch0")).unwrap();
        root
    }

    #[test]
    fn a_camera_is_found_under_any_number_by_who_it_is() {
        let root = kernel();
        let videos = videos(&root.join("class"));
        let numbers = |wanted: &str| -> Vec<u32> {
            let id = UsbId::parse(wanted).unwrap();
            let meant = videos.iter().filter(|(class, _)| id.means(&identity_at(class)));
            meant.filter_map(|(_, node)| index_of(node)).collect()
        };
        assert_eq!(numbers("046D:085E"), [9, 10, 13, 14]);
        assert_eq!(numbers("046d:085e:A1"), [13, 14]);
        assert_eq!(numbers("046d:085e:B 2"), [9, 10]);
        assert_eq!(numbers("046d:0825"), [11, 12]);
        assert!(numbers("046d:0825:A1").is_empty());
        assert!(numbers("046c:085e").is_empty());
        assert_eq!(index_of(&videos[0].1), Some(0));
        assert_eq!(identity_at(&videos[0].0), "v4l2:vivid_cap");
        assert_eq!(identity_at(&videos[1].0), "usb:046d:085e:B_2");
        fs::remove_dir_all(&root).unwrap();
    }

    #[test]
    fn a_name_that_is_no_camera_is_told() {
        let trouble = |name| node(Some(name)).err().unwrap();
        assert!(matches!(trouble("ffff:ffff"), Trouble::NotFound { .. }));
        assert!(matches!(trouble("camera"), Trouble::NotFound { .. }));
        assert!(matches!(trouble("/dev/video987"), Trouble::NotFound { .. }));
        assert!(matches!(trouble("/dev/null"), Trouble::Unreadable { .. }));
    }
}
