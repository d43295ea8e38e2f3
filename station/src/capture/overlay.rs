//! Order number, station and time, drawn into the picture.

use ffmpeg::frame;
use ffmpeg_next as ffmpeg;
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::libav;
use super::luma::{BLACK, Canvas, LETTER, WHITE};

/// Space around the text, in points of the font.
const MARGIN: usize = 4;

/// Draws the overlay, and keeps the drawn box until its text changes.
pub(crate) struct Overlay {
    station: String,
    zone: TimeZone,
    /// The text and the picture's size the box was drawn for.
    drawn: (Vec<String>, u32, u32),
    pixels: Vec<u8>,
    width: usize,
}

impl Overlay {
    /// For this station, in this time zone.
    pub(crate) fn new(station: &str, zone: TimeZone) -> Self {
        Overlay { station: station.into(), zone, drawn: (Vec::new(), 0, 0), pixels: Vec::new(), width: 0 }
    }

    /// Draws into the upper left corner of the picture, whose first plane must be luma.
    pub(crate) fn draw(
        &mut self,
        picture: &mut frame::Video,
        order: Option<&str>,
        wall_us: i64,
    ) -> Result<(), ffmpeg::Error> {
        let lines =
            vec![format!("{}  {}", self.time(wall_us), self.station), format!("order {}", order.unwrap_or("-"))];
        let wanted = (lines, picture.width(), picture.height());
        if self.drawn != wanted {
            self.drawn = wanted;
            self.render();
        }
        libav::make_writable(picture)?;
        Canvas::of(picture, 1).copy(0, 0, &self.pixels, self.width);
        Ok(())
    }

    /// Local wall-clock time with the zone's offset.
    fn time(&self, wall_us: i64) -> String {
        Timestamp::from_microsecond(wall_us)
            .map(|time| time.to_zoned(self.zone.clone()).strftime("%Y-%m-%d %H:%M:%S %:z").to_string())
            .unwrap_or_else(|_| "no time".into())
    }

    fn render(&mut self) {
        let (lines, picture_width, picture_height) = &self.drawn;
        // Readable at any size: a letter is about a thirtieth of the picture high.
        let scale = (*picture_height as usize / 540).max(1);
        let letters = lines.iter().map(|line| line.chars().count()).max().unwrap_or(0);
        self.width = ((letters * LETTER.0 + 2 * MARGIN) * scale).min(*picture_width as usize);
        let height = (lines.len() * LETTER.1 + 2 * MARGIN) * scale;
        self.pixels.clear();
        self.pixels.resize(self.width * height, BLACK);
        let mut canvas = Canvas::new(&mut self.pixels, self.width, self.width, scale);
        for (row, line) in lines.iter().enumerate() {
            canvas.text(MARGIN as i32, (MARGIN + row * LETTER.1) as i32, line, WHITE);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn singapore() -> TimeZone {
        TimeZone::fixed(jiff::tz::offset(8))
    }

    #[test]
    fn the_time_is_local_with_its_offset() {
        let overlay = Overlay::new("bench-1", singapore());
        assert_eq!(overlay.time(1_795_345_391_000_000), "2026-11-22 19:03:11 +08:00");
    }

    #[test]
    fn the_box_changes_with_order_and_second_only() {
        let mut overlay = Overlay::new("bench-1", singapore());
        let mut draw = |order: Option<&str>, wall_us| {
            let mut picture = frame::Video::new(ffmpeg::format::Pixel::YUV420P, 640, 360);
            picture.data_mut(0).fill(100);
            overlay.draw(&mut picture, order, wall_us).unwrap();
            picture.data(0).to_vec()
        };
        let first = draw(Some("A-1"), 1_000_000);
        assert!(first.contains(&WHITE) && first.contains(&BLACK) && first.contains(&100));
        assert_eq!(draw(Some("A-1"), 1_900_000), first);
        assert_ne!(draw(Some("A-2"), 1_000_000), first);
        assert_ne!(draw(Some("A-1"), 2_000_000), first);
    }

    #[test]
    fn a_picture_the_decoder_still_holds_is_not_drawn_into() {
        let mut held = frame::Video::new(ffmpeg::format::Pixel::YUV420P, 640, 360);
        held.data_mut(0).fill(100);
        let mut shown = libav::tests::share(&held);
        Overlay::new("bench-1", singapore()).draw(&mut shown, None, 0).unwrap();
        assert!(held.data(0).iter().all(|&luma| luma == 100));
        assert!(shown.data(0).contains(&WHITE));
    }
}
