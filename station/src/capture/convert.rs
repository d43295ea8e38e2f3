//! Brings decoded pictures into a shape x264 takes: 4:2:0 in 8 bits, square pixels, even sides, not too large.
//!
//! A picture that is in shape already goes through untouched and uncopied.

use ffmpeg::format::Pixel;
use ffmpeg::software::scaling;
use ffmpeg::{Rational, color, frame};
use ffmpeg_next as ffmpeg;

use super::encode::Shape;
use super::libav;

/// Largest picture that is encoded; larger ones are scaled down.
const LARGEST: (u32, u32) = (4096, 2304);

/// Shortest side a sealed clip may have; shorter ones are stretched.
const SMALLEST: u32 = 16;

/// Converts what needs it, and keeps the scaler for the next frame.
#[derive(Default)]
pub(crate) struct Converter {
    scaler: Option<scaling::Context>,
}

impl Converter {
    /// The picture in shape, and that shape.
    pub(crate) fn convert(&mut self, mut picture: frame::Video) -> Result<(frame::Video, Shape), String> {
        let (width, height) = sides(picture.width(), picture.height(), picture.aspect_ratio());
        let (format, full_range) = target(picture.format(), picture.color_range());
        let shape = Shape {
            width,
            height,
            format,
            full_range,
            matrix: known_matrix(picture.color_space()),
            primaries: known_primaries(picture.color_primaries()),
            transfer: known_transfer(picture.color_transfer_characteristic()),
        };
        let cropped_only = picture.width() & !1 == width && picture.height() & !1 == height;
        if picture.format() == format && cropped_only && libav::rows_run_down(&picture) {
            // An odd last row or column is left away; the others keep their place.
            picture.set_width(width);
            picture.set_height(height);
            return Ok((picture, shape));
        }
        let source =
            scaling::context::Definition { format: picture.format(), width: picture.width(), height: picture.height() };
        let target = scaling::context::Definition { format, width, height };
        if self.scaler.as_ref().is_none_or(|s| *s.input() != source || *s.output() != target) {
            let scaler = scaling::Context::get(
                source.format,
                source.width,
                source.height,
                format,
                width,
                height,
                scaling::Flags::BICUBIC,
            );
            self.scaler = Some(scaler.map_err(|e| format!("cannot convert {:?}: {e}", source.format))?);
        }
        let mut converted = frame::Video::empty();
        if let Some(scaler) = &mut self.scaler {
            scaler.run(&picture, &mut converted).map_err(|e| e.to_string())?;
        }
        Ok((converted, shape))
    }
}

/// The sides of the picture made of square pixels, even, and within bounds.
fn sides(width: u32, height: u32, pixel: Rational) -> (u32, u32) {
    let (mut w, mut h) = (f64::from(width), f64::from(height));
    if pixel.numerator() > 0 && pixel.denominator() > 0 && pixel.numerator() != pixel.denominator() {
        // Stretched in one direction, so that nothing the camera saw is given away.
        let aspect = f64::from(pixel.numerator()) / f64::from(pixel.denominator());
        if aspect > 1.0 { w *= aspect } else { h /= aspect }
    }
    let scale = (f64::from(LARGEST.0) / w).min(f64::from(LARGEST.1) / h).min(1.0);
    let even = |side: f64| if side == side.trunc() { side as u32 & !1 } else { ((side / 2.0).round() * 2.0) as u32 };
    (even(w * scale).max(SMALLEST), even(h * scale).max(SMALLEST))
}

/// The pixel format to encode, and whether its range is full. Full range is kept: converting it costs work and bits.
fn target(format: Pixel, range: color::Range) -> (Pixel, bool) {
    match format {
        Pixel::YUV420P | Pixel::NV12 => (format, range == color::Range::JPEG),
        Pixel::YUVJ420P | Pixel::YUVJ422P | Pixel::YUVJ444P | Pixel::YUVJ440P | Pixel::YUVJ411P | Pixel::GRAY8 => {
            (Pixel::YUVJ420P, true)
        }
        // The scaler leaves the range of YUV as it is, and makes limited range out of RGB.
        _ => {
            let rgb = format.descriptor().is_some_and(|d| d.name().contains("rgb") || d.name().contains("bgr"));
            (Pixel::YUV420P, range == color::Range::JPEG && !rgb)
        }
    }
}

fn known_matrix(space: color::Space) -> color::Space {
    match space {
        color::Space::BT709 | color::Space::BT470BG | color::Space::SMPTE170M => space,
        _ => color::Space::Unspecified,
    }
}

fn known_primaries(primaries: color::Primaries) -> color::Primaries {
    match primaries {
        color::Primaries::BT709 | color::Primaries::BT470BG | color::Primaries::SMPTE170M => primaries,
        _ => color::Primaries::Unspecified,
    }
}

fn known_transfer(transfer: color::TransferCharacteristic) -> color::TransferCharacteristic {
    match transfer {
        color::TransferCharacteristic::BT709 | color::TransferCharacteristic::SMPTE170M => transfer,
        _ => color::TransferCharacteristic::Unspecified,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sides_are_even_square_and_bounded() {
        let square = Rational(1, 1);
        assert_eq!(sides(640, 480, Rational(0, 1)), (640, 480));
        assert_eq!(sides(641, 481, square), (640, 480));
        assert_eq!(sides(720, 576, Rational(16, 11)), (1048, 576));
        assert_eq!(sides(720, 480, Rational(8, 9)), (720, 540));
        assert_eq!(sides(7680, 4320, square), (4096, 2304));
        assert_eq!(sides(1, 1, square), (16, 16));
    }

    #[test]
    fn a_picture_in_shape_is_not_copied() {
        let picture = frame::Video::new(Pixel::YUV420P, 64, 48);
        let before = picture.data(0).as_ptr();
        let (picture, shape) = Converter::default().convert(picture).unwrap();
        assert_eq!(picture.data(0).as_ptr(), before);
        assert_eq!((shape.width, shape.height, shape.full_range), (64, 48, false));
    }

    #[test]
    fn an_odd_picture_loses_its_last_row_and_column_only() {
        let mut picture = frame::Video::new(Pixel::YUV420P, 65, 49);
        let stride = picture.stride(0);
        picture.data_mut(0)[47 * stride + 63] = 77;
        let (picture, shape) = Converter::default().convert(picture).unwrap();
        assert_eq!((shape.width, shape.height), (64, 48));
        assert_eq!(picture.data(0)[47 * picture.stride(0) + 63], 77);
    }

    #[test]
    fn full_range_stays_full() {
        let mut picture = frame::Video::new(Pixel::YUVJ422P, 64, 48);
        picture.data_mut(0).fill(255);
        picture.data_mut(1).fill(128);
        picture.data_mut(2).fill(128);
        let (picture, shape) = Converter::default().convert(picture).unwrap();
        assert!(shape.full_range);
        assert_eq!(picture.format(), Pixel::YUVJ420P);
        assert!(picture.data(0)[10] >= 254);
    }
}
