//! The parcel's label: the order number as text and as Code 128.

use barcoders::sym::code128::Code128;

use crate::capture::luma::{BLACK, Canvas, LETTER, WHITE};

/// White space left and right of the bars, in modules, as the standard asks for.
const QUIET: usize = 10;

/// A drawn label.
pub(crate) struct Label {
    /// Luma, rows of `width` pixels.
    pub(crate) pixels: Vec<u8>,
    /// Pixels in a row.
    pub(crate) width: usize,
    /// Rows.
    pub(crate) height: usize,
}

impl Label {
    /// Draws the label of an order at most `room` pixels wide. Bars too fine to be read are left away: at two pixels
    /// a module they must fit.
    pub(crate) fn draw(order: &str, room: usize, height: usize) -> Self {
        let modules = modules(order).unwrap_or_default();
        let wide = modules.len() + 2 * QUIET;
        let module = if modules.is_empty() { 0 } else { (room / wide).min(3) };
        let bars = if module >= 2 { wide * module } else { 0 };
        let text = order.len() * LETTER.0 + LETTER.0;
        let width = bars.max(text).min(room).max(1);
        let mut pixels = vec![WHITE; width * height];
        let mut canvas = Canvas::new(&mut pixels, width, width, 1);
        canvas.text(LETTER.0 as i32 / 2, 2, order, BLACK);
        if bars > 0 {
            let (left, top) = ((width - bars) / 2 + QUIET * module, LETTER.1 + 6);
            for (place, _) in modules.iter().enumerate().filter(|&(_, &bar)| bar == 1) {
                canvas.block(left + place * module, top, module, height.saturating_sub(top + 6), BLACK);
            }
        }
        Label { pixels, width, height }
    }
}

/// Bars (1) and gaps (0) of the order number; `None` if Code 128 cannot carry it.
fn modules(order: &str) -> Option<Vec<u8>> {
    // Digits at the end go in pairs (set C), which halves their width; the rest is plain ASCII (set B).
    let digits = order.bytes().rev().take_while(u8::is_ascii_digit).count() & !1;
    let (plain, pairs) = order.split_at(order.len() - if digits >= 4 { digits } else { 0 });
    let text = match (plain, pairs) {
        ("", "") => return None,
        ("", pairs) => format!("Ć{pairs}"),
        (plain, "") => format!("Ɓ{plain}"),
        (plain, pairs) => format!("Ɓ{plain}Ć{pairs}"),
    };
    Code128::new(text).ok().map(|code| code.encode())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pairs_of_digits_take_half_the_width() {
        // start, check and stop symbols: 11 + 11 + 13 modules.
        assert_eq!(modules("AB-1").unwrap().len(), 35 + 4 * 11);
        assert_eq!(modules("123456").unwrap().len(), 35 + 3 * 11);
        assert_eq!(modules("SF1234567").unwrap().len(), 35 + 3 * 11 + 11 + 3 * 11);
        assert!(modules("").is_none());
        assert!(modules("ünfit").is_none());
    }

    #[test]
    fn bars_are_two_pixels_wide_or_not_there() {
        let label = Label::draw("SF1234567890123", 600, 80);
        let row = &label.pixels[50 * label.width..51 * label.width];
        assert!(row.iter().take(2 * QUIET).all(|&l| l == WHITE));
        assert!(row.chunk_by(|a, b| a == b).all(|run| run.len() >= 2));
        assert!(row.contains(&BLACK));
        let narrow = Label::draw("SF1234567890123", 200, 80);
        assert!(!narrow.pixels[50 * narrow.width..51 * narrow.width].contains(&BLACK));
    }
}
