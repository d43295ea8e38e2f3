//! The pictures of each format, and the frames made of them.
//!
//! They lie in a folder for each format, named for how they are coded, their size, and the frames a second that are
//! offered of them: `mjpeg-640x360@30,10`. They are sent in the order of their names, again and again.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

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
    pub rates: Vec<u32>,
    pictures: Vec<Vec<u8>>,
}

impl Format {
    fn read(folder: &Path) -> io::Result<Self> {
        let (coding, width, height, rates) = folder
            .file_name()
            .and_then(|name| named(name.to_str()?))
            .ok_or_else(|| io::Error::other(format!("{}: not the name of a format", folder.display())))?;
        let pictures = sorted(folder)?.iter().map(fs::read).collect::<io::Result<Vec<_>>>()?;
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

/// What the name of a folder says.
fn named(name: &str) -> Option<(Coding, u16, u16, Vec<u32>)> {
    let (coded, format) = name.split_once('-')?;
    let (size, rates) = format.split_once('@')?;
    let (width, height) = size.split_once('x')?;
    let coding = match coded {
        "mjpeg" => Coding::Mjpeg,
        "yuyv" => Coding::Yuyv,
        _ => return None,
    };
    let rates: Vec<u32> = rates.split(',').map(str::parse).collect::<Result<_, _>>().ok()?;
    Some((coding, width.parse().ok()?, height.parse().ok()?, rates))
}

/// What is in a folder, in the order of the names.
fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// All formats, those of one coding together.
pub fn formats(pictures: &Path) -> io::Result<Vec<Format>> {
    sorted(pictures)?.iter().map(|folder| Format::read(folder)).collect()
}
