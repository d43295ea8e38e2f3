//! The contact sheet: small pictures of the whole clip, side by side, each with its second.

use ffmpeg::{format::Pixel, frame};
use ffmpeg_next as ffmpeg;

use super::{Job, Jpeg, Made, Picture, mark, mark::Marker, seconds, still};
use crate::capture::luma::BLACK;

/// Columns of the sheet, and the height of one of its pictures with its mark.
const COLUMNS: usize = 4;
const HEIGHT: u32 = 300;

/// Collects the small pictures.
pub(super) struct Builder {
    marker: Option<Marker>,
    pictures: Vec<frame::Video>,
    most: usize,
    ticks: Option<(u64, u64)>,
}

impl Builder {
    pub(super) fn new(most: usize) -> Self {
        Self { marker: None, pictures: Vec::new(), most, ticks: None }
    }

    pub(super) fn add(&mut self, picture: &Picture) -> Result<(), String> {
        let frame = &picture.frame;
        let marker = match &mut self.marker {
            Some(marker) => marker,
            empty => {
                let inner = mark::inner((frame.width(), frame.height()), Some(HEIGHT));
                empty.insert(Marker::new(frame, inner, Pixel::YUVJ420P)?)
            }
        };
        if self.pictures.len() < self.most {
            self.pictures.push(marker.mark(frame, &seconds(picture.tick))?);
            self.ticks = Some((self.ticks.map_or(picture.tick, |ticks| ticks.0), picture.tick));
        }
        Ok(())
    }

    /// The sheet, as often as it is asked for.
    pub(super) fn finish(self, job: &Job, files: &[Jpeg]) -> Result<Vec<Made>, String> {
        let (Some(one), Some(ticks)) = (self.pictures.first(), self.ticks) else {
            return Err("there is no picture for the sheet".into());
        };
        let columns = COLUMNS.min(self.pictures.len());
        let rows = self.pictures.len().div_ceil(columns);
        let (width, height) = (one.width() as usize, one.height() as usize);
        let mut sheet = frame::Video::new(Pixel::YUVJ420P, (width * columns) as u32, (height * rows) as u32);
        for plane in 0..3 {
            sheet.data_mut(plane).fill(if plane == 0 { BLACK } else { 128 });
            let half = usize::from(plane > 0);
            let (width, height, stride) = (width >> half, height >> half, sheet.stride(plane));
            for (at, small) in self.pictures.iter().enumerate() {
                let (left, top) = (at % columns * width, at / columns * height);
                let lines = small.data(plane).chunks(small.stride(plane)).take(height);
                for (line, from) in lines.enumerate() {
                    let to = (top + line) * stride + left;
                    sheet.data_mut(plane)[to..to + width].copy_from_slice(&from[..width]);
                }
            }
        }
        files.iter().map(|file| save(job, file, &sheet, ticks)).collect()
    }
}

/// Saves it with its mark, which says of which clip it is.
fn save(job: &Job, file: &Jpeg, sheet: &frame::Video, ticks: (u64, u64)) -> Result<Made, String> {
    let mut height = file.limit.height;
    loop {
        let inner = mark::inner((sheet.width(), sheet.height()), height);
        let marked = Marker::new(sheet, inner, Pixel::YUVJ420P)?.mark(sheet, &job.caption)?;
        if let Some(made) = still::save(job, file, &marked, ticks, &job.caption)? {
            return Ok(made);
        }
        height = Some(still::smaller(marked.height())?);
    }
}
