//! The mark of a derived picture: a strip below it, so that nothing of the picture is covered.

use ffmpeg::software::scaling;
use ffmpeg::{format::Pixel, frame};
use ffmpeg_next as ffmpeg;

use crate::capture::luma::{BLACK, Canvas, LETTER, WHITE};

/// 派生, 20 × 20 points each, a row from the left in the upper of 20 bits: the letters of the camera's overlay are Latin.
const DERIVED: [[u32; 20]; 2] = [
    [
        0, 0x20018, 0x381f8, 0xdfc0, 0x1800, 0x1808, 0x41878, 0x71fe0, 0x19f40, 0x136c, 0x1378, 0x9370, 0x9320,
        0x1b330, 0x13330, 0x32318, 0x2631c, 0x6630c, 0x200, 0,
    ],
    [
        0, 0x400, 0xc400, 0xc400, 0x18400, 0x1fff8, 0x3fff8, 0x30400, 0x60400, 0x20400, 0x400, 0x1fff8, 0xe00, 0x400,
        0x400, 0x400, 0x400, 0xe00, 0x7fffc, 0,
    ],
];

/// Space around the text, in points of the font.
const MARGIN: usize = 4;

/// Rows of pixels that a picture of this height, with its strip, has for the strip.
fn strip(scale: usize) -> usize {
    (LETTER.1 + 2 * MARGIN) * scale
}

/// How large the letters of a picture are: about a fortieth of its height.
fn scale(height: u32) -> usize {
    (height as usize / 800).max(1)
}

/// The sides of a picture without its strip, even, so that both together are at most `height` rows.
pub(super) fn inner((width, rows): (u32, u32), height: Option<u32>) -> (u32, u32) {
    let height = height.unwrap_or(u32::MAX);
    let strip = strip(scale(rows.min(height))) as u32;
    let most = height.saturating_sub(strip).max(32);
    if rows <= most {
        return (width.max(2) & !1, rows.max(2) & !1);
    }
    let narrower = f64::from(width) * f64::from(most) / f64::from(rows);
    (((narrower / 2.0).round() as u32 * 2).max(2), most & !1)
}

/// Makes marked pictures of one size and format.
pub(super) struct Marker {
    scaler: scaling::Context,
    inner: (u32, u32),
    scale: usize,
    format: Pixel,
}

impl Marker {
    /// For pictures like this one, scaled to these sides.
    pub(super) fn new(picture: &frame::Video, inner: (u32, u32), format: Pixel) -> Result<Self, String> {
        let (width, height) = inner;
        let flags = scaling::Flags::BICUBIC;
        let scaler =
            scaling::Context::get(picture.format(), picture.width(), picture.height(), format, width, height, flags);
        let scaler = scaler.map_err(|e| format!("cannot convert {:?}: {e}", picture.format()))?;
        Ok(Self { scaler, inner, scale: scale(height), format })
    }

    /// Pixels of a marked picture.
    pub(super) fn size(&self) -> (u32, u32) {
        (self.inner.0, self.inner.1 + strip(self.scale) as u32)
    }

    /// The picture with the strip below it: that it is derived, and this text.
    pub(super) fn mark(&mut self, picture: &frame::Video, text: &str) -> Result<frame::Video, String> {
        let mut scaled = frame::Video::empty();
        self.scaler.run(picture, &mut scaled).map_err(|e| e.to_string())?;
        let (width, height) = self.size();
        let mut marked = frame::Video::new(self.format, width, height);
        for plane in 0..3 {
            // No colour in the strip.
            marked.data_mut(plane).fill(if plane == 0 { BLACK } else { 128 });
            let half = if plane == 0 { 0 } else { 1 };
            let (columns, rows) = ((self.inner.0 >> half) as usize, (self.inner.1 >> half) as usize);
            let (from, to) = (scaled.stride(plane), marked.stride(plane));
            let lines = scaled.data(plane).chunks(from).zip(marked.data_mut(plane).chunks_mut(to));
            for (from, to) in lines.take(rows) {
                to[..columns].copy_from_slice(&from[..columns]);
            }
        }
        self.write(&mut marked, text);
        Ok(marked)
    }

    fn write(&self, marked: &mut frame::Video, text: &str) {
        let top = self.inner.1 as usize / self.scale + MARGIN;
        let mut canvas = Canvas::of(marked, self.scale);
        for (at, glyph) in DERIVED.iter().enumerate() {
            for (y, row) in glyph.iter().enumerate() {
                for x in (0..20).filter(|x| row >> (19 - x) & 1 == 1) {
                    let (x, y) = (MARGIN + at * 20 + x, top + y);
                    canvas.block(x * self.scale, y * self.scale, self.scale, self.scale, WHITE);
                }
            }
        }
        canvas.text((MARGIN + 50) as i32, top as i32, &format!("DERIVED  {text}"), WHITE);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picture_and_strip_fit_the_height() {
        let cases = [
            ((1920, 1080), Some(720)),
            ((1280, 720), Some(720)),
            ((640, 480), None),
            ((320, 240), Some(720)),
            ((3, 3), None),
        ];
        for (size, height) in cases {
            let (width, rows) = inner(size, height);
            let whole = rows + strip(scale(rows)) as u32;
            assert!(width % 2 == 0 && rows % 2 == 0 && rows <= size.1.max(2), "{size:?} {width} {rows}");
            assert!(height.is_none_or(|height| whole <= height), "{size:?} {whole}");
            assert!((f64::from(width) / f64::from(rows) / (f64::from(size.0) / f64::from(size.1)) - 1.0).abs() < 0.35);
        }
    }

    #[test]
    fn the_picture_is_above_and_the_mark_below() {
        let mut picture = frame::Video::new(Pixel::YUV420P, 640, 360);
        for plane in 0..3 {
            picture.data_mut(plane).fill(100);
        }
        let mut marker = Marker::new(&picture, (640, 360), Pixel::YUV420P).unwrap();
        let marked = marker.mark(&picture, "1.0 s").unwrap();
        assert_eq!((marked.width(), marked.height()), (640, 388));
        let stride = marked.stride(0);
        let row = |y: usize| &marked.data(0)[y * stride..y * stride + 640];
        assert!((0..360).all(|y| row(y).iter().all(|luma| *luma == 100)));
        let strip: Vec<u8> = (360..388).flat_map(row).copied().collect();
        assert!(strip.contains(&WHITE) && strip.iter().all(|luma| [WHITE, BLACK].contains(luma)));
        let other = marker.mark(&picture, "2.0 s").unwrap();
        assert_ne!(marked.data(0), other.data(0));
    }
}
