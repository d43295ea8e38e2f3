//! Drawing into the luma plane of a picture: text, shapes and blocks, without colour.

use std::convert::Infallible;

use embedded_graphics::mono_font::MonoTextStyle;
use embedded_graphics::mono_font::ascii::FONT_10X20;
use embedded_graphics::pixelcolor::Gray8;
use embedded_graphics::prelude::*;
use embedded_graphics::primitives::Rectangle;
use embedded_graphics::text::{Baseline, Text};
use ffmpeg_next::frame;

/// White and black of limited range, which are white and black enough in full range too.
pub(crate) const WHITE: u8 = 235;
/// See [`WHITE`].
pub(crate) const BLACK: u8 = 16;

/// Width and height of a letter at scale 1.
pub(crate) const LETTER: (usize, usize) = (10, 20);

/// A luma plane to draw on. Every point drawn becomes `scale` × `scale` pixels; what lies outside is left away.
pub(crate) struct Canvas<'a> {
    luma: &'a mut [u8],
    stride: usize,
    width: usize,
    height: usize,
    scale: usize,
}

impl<'a> Canvas<'a> {
    /// Draws on rows of `width` pixels, `stride` apart.
    pub(crate) fn new(luma: &'a mut [u8], stride: usize, width: usize, scale: usize) -> Self {
        let width = width.min(stride);
        // The last row need not be followed by a gap.
        let height = (luma.len() + stride - width).checked_div(stride).unwrap_or(0);
        Canvas { luma, stride, width, height, scale: scale.max(1) }
    }

    /// Draws on a frame, whose first plane is luma.
    pub(crate) fn of(frame: &'a mut frame::Video, scale: usize) -> Self {
        let (stride, width) = (frame.stride(0), frame.width() as usize);
        Canvas::new(frame.data_mut(0), stride, width, scale)
    }

    /// Fills a block of pixels.
    pub(crate) fn block(&mut self, x: usize, y: usize, width: usize, height: usize, luma: u8) {
        let (right, bottom) = ((x + width).min(self.width), (y + height).min(self.height));
        for row in y..bottom {
            if let Some(row) = self.luma.get_mut(row * self.stride + x..row * self.stride + right.max(x)) {
                row.fill(luma);
            }
        }
    }

    /// Copies a picture of rows of `width` pixels here.
    pub(crate) fn copy(&mut self, x: usize, y: usize, picture: &[u8], width: usize) {
        let shown = width.min(self.width.saturating_sub(x));
        if shown == 0 {
            return;
        }
        for (row, from) in (y..self.height).zip(picture.chunks_exact(width)) {
            let start = row * self.stride + x;
            if let Some(to) = self.luma.get_mut(start..start + shown) {
                to.copy_from_slice(&from[..shown]);
            }
        }
    }

    /// Writes a line of text, white on what is there, its upper left corner at this point.
    pub(crate) fn text(&mut self, x: i32, y: i32, text: &str, luma: u8) {
        let style = MonoTextStyle::new(&FONT_10X20, Gray8::new(luma));
        let Ok(_) = Text::with_baseline(text, Point::new(x, y), style, Baseline::Top).draw(self);
    }
}

impl OriginDimensions for Canvas<'_> {
    fn size(&self) -> Size {
        Size::new((self.width / self.scale) as u32, (self.height / self.scale) as u32)
    }
}

impl DrawTarget for Canvas<'_> {
    type Color = Gray8;
    type Error = Infallible;

    fn draw_iter<I: IntoIterator<Item = Pixel<Gray8>>>(&mut self, pixels: I) -> Result<(), Infallible> {
        for Pixel(point, color) in pixels {
            if let (Ok(x), Ok(y)) = (usize::try_from(point.x), usize::try_from(point.y)) {
                self.block(x * self.scale, y * self.scale, self.scale, self.scale, color.luma());
            }
        }
        Ok(())
    }

    fn fill_solid(&mut self, area: &Rectangle, color: Gray8) -> Result<(), Infallible> {
        let area = area.intersection(&self.bounding_box());
        if let (Ok(x), Ok(y)) = (usize::try_from(area.top_left.x), usize::try_from(area.top_left.y)) {
            let (width, height) = (area.size.width as usize * self.scale, area.size.height as usize * self.scale);
            self.block(x * self.scale, y * self.scale, width, height, color.luma());
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_point_becomes_a_block_and_nothing_leaves_the_picture() {
        let mut luma = vec![0; 4 * 8];
        let mut canvas = Canvas::new(&mut luma, 8, 6, 2);
        let point = |x, y| Pixel(Point::new(x, y), Gray8::new(9));
        let Ok(()) = canvas.draw_iter([point(2, 1), point(3, 0), point(0, 2), point(-1, 0)]);
        let expected = [[0; 8], [0; 8], [0, 0, 0, 0, 9, 9, 0, 0], [0, 0, 0, 0, 9, 9, 0, 0]];
        assert_eq!(luma, expected.concat());
    }

    #[test]
    fn text_is_cut_off_at_the_edge() {
        let mut luma = vec![BLACK; 30 * 40];
        Canvas::new(&mut luma, 30, 30, 1).text(-5, 30, "WWWWWWWW", WHITE);
        assert!(luma.contains(&WHITE));
    }
}
