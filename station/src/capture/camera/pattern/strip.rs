//! The machine-readable strips of the pattern: two rows of black and white blocks along the bottom edge.
//!
//! ```text
//!            x = 0                                                          width
//! height-2h  ┌─┬─┬─┬─┬─────────────────────────────────────────────┐
//!            │W│B│W│B│ wall clock, ms since 1970: 48 blocks        │   blocks b2 wide
//! height-h   ├──┬──┬──┬──┬─────────────────────────────────────┬───┘
//!            │W │B │W │B │ frame counter: 32 blocks            │       blocks b1 wide
//! height     └──┴──┴──┴──┴─────────────────────────────────────┘
//! ```
//!
//! b1 = width / 40 and b2 = width / 52, each rounded down to an even number of pixels; h = b1, and at least 8. Bits
//! stand with the highest on the left; white is 1. Each row begins at x = 0 with the guard blocks white, black,
//! white, black. A block is read as the mean of its inner half in both directions: above 128 is white.

use crate::capture::luma::{BLACK, Canvas, WHITE};

/// Guard blocks in front of each row, as bits.
const GUARD: u64 = 0b1010;
const GUARD_BLOCKS: u32 = 4;
const COUNTER_BITS: u32 = 32;
const CLOCK_BITS: u32 = 48;

/// One row of blocks.
struct Row {
    top: usize,
    height: usize,
    block: usize,
    bits: u32,
}

/// The rows for counter and clock; `None` if the picture is too small for them.
fn rows(width: usize, height: usize) -> Option<[Row; 2]> {
    let (counter, clock) = ((width / 40) & !1, (width / 52) & !1);
    let high = counter.max(8);
    (clock >= 2 && height >= 2 * high).then(|| {
        [
            Row { top: height - high, height: high, block: counter, bits: COUNTER_BITS },
            Row { top: height - 2 * high, height: high, block: clock, bits: CLOCK_BITS },
        ]
    })
}

/// Height of both rows together; 0 if the picture is too small for them.
pub(crate) fn strips_height(width: usize, height: usize) -> usize {
    rows(width, height).map_or(0, |[counter, clock]| counter.height + clock.height)
}

/// Draws both rows.
pub(crate) fn draw(canvas: &mut Canvas<'_>, width: usize, height: usize, counter: u32, clock_ms: u64) {
    for (row, value) in rows(width, height).into_iter().flatten().zip([u64::from(counter), clock_ms]) {
        let shown = GUARD << row.bits | value & ((1 << row.bits) - 1);
        let blocks = row.bits + GUARD_BLOCKS;
        for (place, bit) in (0..blocks).rev().enumerate() {
            let luma = if shown >> bit & 1 == 1 { WHITE } else { BLACK };
            canvas.block(place * row.block, row.top, row.block, row.height, luma);
        }
    }
}

/// Reads the frame counter and the wall clock in ms since 1970 back from a picture's luma, rows of `width` pixels
/// without gaps, as `ffmpeg -f rawvideo -pix_fmt gray` writes them. `None`: these are no strips.
pub fn read_counter(luma: &[u8], width: usize, height: usize) -> Option<(u32, u64)> {
    let [counter, clock] = rows(width, height)?.map(|row| read_row(luma, width, &row));
    Some((u32::try_from(counter?).ok()?, clock?))
}

fn read_row(luma: &[u8], width: usize, row: &Row) -> Option<u64> {
    let mut value = 0;
    for place in 0..(row.bits + GUARD_BLOCKS) as usize {
        let (left, inner) = (place * row.block + row.block / 4, row.block.div_ceil(2));
        let (top, high) = (row.top + row.height / 4, row.height.div_ceil(2));
        let mut sum = 0;
        for y in top..top + high {
            sum += luma.get(y * width + left..y * width + left + inner)?.iter().map(|&l| usize::from(l)).sum::<usize>();
        }
        value = value << 1 | u64::from(sum > 128 * inner * high);
    }
    (value >> row.bits == GUARD).then_some(value & ((1 << row.bits) - 1))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strips_are_read_as_drawn_at_every_size() {
        for (width, height) in [(320, 240), (640, 360), (642, 362), (1280, 720), (1920, 1080)] {
            for (counter, clock) in [(0, 0), (u32::MAX, (1 << 48) - 1), (0xdead_beef, 1_795_345_391_123)] {
                let mut luma = vec![90; width * height];
                draw(&mut Canvas::new(&mut luma, width, width, 1), width, height, counter, clock);
                assert_eq!(read_counter(&luma, width, height), Some((counter, clock)), "{width}x{height}");
            }
        }
    }

    #[test]
    fn a_picture_without_strips_is_not_read() {
        assert_eq!(read_counter(&[90; 640 * 360], 640, 360), None);
        assert_eq!(read_counter(&[235; 640 * 360], 640, 360), None);
        assert_eq!(read_counter(&[], 640, 360), None);
        assert_eq!(read_counter(&[], 0, 0), None);
    }
}
