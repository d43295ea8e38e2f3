//! The drawn packing bench: a parcel that moves, its label, and strips that a machine can read.
//!
//! It needs no camera, and each of its frames says which one it is: see [`strip`].

mod label;
pub mod strip;

use std::sync::Arc;

use ffmpeg::format::Pixel;
use ffmpeg::{color, frame};
use ffmpeg_next as ffmpeg;

use self::label::Label;
use super::timeline::Pace;
use super::{Camera, Fault, Frame, Info, Shot};
use crate::capture::clock::Wall;
use crate::capture::control::Control;
use crate::capture::gop::Rate;
use crate::capture::luma::{BLACK, Canvas, LETTER, WHITE};
use crate::capture::protocol::Trouble;

/// How it names itself.
pub(super) const NAME: &str = "pattern";

const TABLE: u8 = 96;
const BENCH: u8 = 64;
const PARCEL: u8 = 150;
const NEUTRAL: u8 = 128;

/// The built-in source.
pub(crate) struct Pattern {
    info: Info,
    width: usize,
    height: usize,
    /// What never changes.
    background: frame::Video,
    order: Option<String>,
    label: Label,
    number: u64,
    pace: Pace,
    wall: Wall,
    control: Arc<Control>,
}

impl Pattern {
    /// Opens it.
    pub(crate) fn open(
        width: u32,
        height: u32,
        rate: u32,
        pace: Pace,
        wall: Wall,
        control: Arc<Control>,
    ) -> Result<Self, Trouble> {
        if !(320..=4096).contains(&width) || !(240..=2304).contains(&height) || !(1..=120).contains(&rate) {
            let detail = format!("{width}x{height} at {rate}/s; it has 320x240 to 4096x2304 at 1 to 120/s");
            return Err(Trouble::Unreadable { name: "pattern".into(), detail });
        }
        let background = background(width & !1, height & !1);
        let (width, height) = (background.width() as usize, background.height() as usize);
        Ok(Pattern {
            info: Info {
                identity: NAME.into(),
                rate: Rate { frames: rate, seconds: 1 },
                audio_dropped: false,
                live: false,
                unsupported: Vec::new(),
            },
            width,
            height,
            background,
            order: None,
            label: Label::draw("NO ORDER", label_room(width), label_height(height)),
            number: 0,
            pace,
            wall,
            control,
        })
    }

    fn draw(&mut self, time_us: i64) -> frame::Video {
        let order = self.control.order();
        if order != self.order {
            let text = order.as_deref().unwrap_or("NO ORDER");
            self.label = Label::draw(text, label_room(self.width), label_height(self.height));
            self.order = order;
        }
        let mut picture = self.background.clone();
        let mut canvas = Canvas::of(&mut picture, 1);
        // To and fro, two pixels a frame, so that the bars keep to whole pixels.
        let (wide, high) = (self.label.width + 16, self.label.height + 24);
        let way = (self.width.saturating_sub(wide + 24) / 2).max(1);
        let step = (self.number % (2 * way as u64)) as usize;
        let x = 12 + 2 * if step < way { step } else { 2 * way - step };
        let y = self.height * 3 / 10;
        canvas.block(x, y, wide, high, PARCEL);
        canvas.block(x, y, wide, 2, BLACK);
        canvas.copy(x + 8, y + 12, &self.label.pixels, self.label.width);

        let counter = self.number as u32;
        let clock_ms = u64::try_from(self.wall.of(time_us) / 1000).unwrap_or(0);
        strip::draw(&mut canvas, self.width, self.height, counter, clock_ms);
        let text_y = self.height - strip::strips_height(self.width, self.height) - LETTER.1 - 4;
        canvas.text(12, text_y as i32, &format!("frame {counter}"), WHITE);
        picture
    }
}

impl Camera for Pattern {
    fn info(&self) -> &Info {
        &self.info
    }

    fn next(&mut self) -> Result<Option<Shot>, Fault> {
        let rate = i64::from(self.info.rate.frames);
        let offset_us = i64::try_from(self.number).unwrap_or(i64::MAX / 1_000_000) * 1_000_000 / rate;
        let Some(time_us) = self.pace.wait(offset_us, &self.control) else { return Ok(None) };
        let picture = self.draw(time_us);
        self.number += 1;
        Ok(Some(Shot::Frame(Frame { picture, time_us, lost: 0, held: false })))
    }
}

/// The table and the outline of the bench.
fn background(width: u32, height: u32) -> frame::Video {
    let mut picture = frame::Video::new(Pixel::YUV420P, width, height);
    picture.set_color_range(color::Range::MPEG);
    picture.data_mut(0).fill(TABLE);
    picture.data_mut(1).fill(NEUTRAL);
    picture.data_mut(2).fill(NEUTRAL);
    let (w, h) = (width as usize, height as usize);
    let mut canvas = Canvas::of(&mut picture, 1);
    canvas.block(8, h / 5, w - 16, h * 3 / 5, BENCH);
    for (x, y, wide, high) in
        [(8, h / 5, w - 16, 2), (8, h * 4 / 5 - 2, w - 16, 2), (8, h / 5, 2, h * 3 / 5), (w - 10, h / 5, 2, h * 3 / 5)]
    {
        canvas.block(x, y, wide, high, WHITE);
    }
    picture
}

fn label_room(width: usize) -> usize {
    width - 48
}

fn label_height(height: usize) -> usize {
    height * 3 / 10
}
