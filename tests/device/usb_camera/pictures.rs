//! The pictures of each format, and the frames made of them.
//!
//! They lie in a folder for each format, `/pictures/mjpeg-640x360`, and are sent in the order of their names, again and
//! again.

use std::{fs, io, path::Path};

/// Where they lie.
const FOLDER: &str = "/pictures";

/// How a picture is coded.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Coding {
    /// A JPEG each.
    Mjpeg,
    /// Two bytes a pixel.
    Yuyv,
}

/// A format with one size.
pub struct Format {
    pub coding: Coding,
    pub width: u16,
    pub height: u16,
    /// Frames a second it offers.
    pub rates: &'static [u32],
    pictures: Vec<Vec<u8>>,
}

impl Format {
    fn read(coding: Coding, width: u16, height: u16, rates: &'static [u32]) -> io::Result<Self> {
        let coded = if coding == Coding::Mjpeg { "mjpeg" } else { "yuyv" };
        let folder = Path::new(FOLDER).join(format!("{coded}-{width}x{height}"));
        let mut names = fs::read_dir(&folder)?.map(|e| Ok(e?.path())).collect::<io::Result<Vec<_>>>()?;
        names.sort();
        let pictures = names.iter().map(fs::read).collect::<io::Result<Vec<_>>>()?;
        if pictures.is_empty() {
            return Err(io::Error::other(format!("{}: no pictures", folder.display())));
        }
        Ok(Self { coding, width, height, rates, pictures })
    }

    /// Most bytes of a picture.
    pub fn largest(&self) -> u32 {
        2 * u32::from(self.width) * u32::from(self.height)
    }

    /// The picture of this number.
    pub fn picture(&self, number: usize) -> &[u8] {
        &self.pictures[number % self.pictures.len()]
    }

    /// Its name for the log.
    pub fn name(&self) -> String {
        let coded = if self.coding == Coding::Mjpeg { "mjpeg" } else { "yuyv" };
        format!("{coded} {}x{}", self.width, self.height)
    }
}

/// All formats, those of one coding together.
pub fn formats() -> io::Result<Vec<Format>> {
    Ok(vec![
        Format::read(Coding::Mjpeg, 640, 360, &[30, 15, 10, 5])?,
        Format::read(Coding::Mjpeg, 1280, 720, &[30, 15, 10, 5])?,
        Format::read(Coding::Yuyv, 320, 240, &[10, 5])?,
    ])
}
