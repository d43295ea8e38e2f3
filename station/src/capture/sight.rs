//! How well the camera sees: light, and how sharp edges are.

use serde::{Deserialize, Serialize};

/// Lines of the picture that are looked at, about.
const LINES: usize = 100;
/// Pixels to each side of an edge.
const SIDE: usize = 10;
/// What differs by fewer luma levels over an edge is no edge: noise would make it look sharp.
const CONTRAST: u8 = 60;
/// Fewer edges tell nothing.
const FEWEST: usize = 40;

/// What one picture shows of that.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Sight {
    /// Mean brightness, percent of white.
    pub light_percent: u8,
    /// Share of the picture that is blown out to white, percent.
    pub white_percent: u8,
    /// Width of the sharpest quarter of the edges, tenths of a pixel: about 20 in focus. `None`: there is hardly an edge
    /// in view.
    pub edge_tenth_pixels: Option<u16>,
}

impl Sight {
    /// Looks at rows of `width` luma samples, `stride` apart.
    pub(crate) fn of(luma: &[u8], stride: usize, width: usize, full_range: bool) -> Self {
        let height = luma.len() / stride.max(1);
        let (black, white) = if full_range { (0, 255) } else { (16, 235) };
        let (mut sum, mut blown, mut count) = (0_u64, 0_u64, 0_u64);
        let mut edges = Vec::new();
        for row in luma.chunks(stride.max(1)).step_by((height / LINES).max(1)) {
            let row = &row[..width.min(row.len())];
            sum += row.iter().map(|&luma| u64::from(luma)).sum::<u64>();
            blown += row.iter().filter(|&&luma| luma >= white - 5).count() as u64;
            count += row.len() as u64;
            edges.extend(row.windows(2 * SIDE + 1).filter_map(edge));
        }
        let count = count.max(1);
        let mean = (sum / count).saturating_sub(black);
        let quarter = edges.len() / 4;
        let edge_tenth_pixels = (edges.len() >= FEWEST).then(|| *edges.select_nth_unstable(quarter).1);
        let percent = |part: u64, whole: u64| (part * 100 / whole).min(100) as u8;
        Self {
            light_percent: percent(mean, u64::from(white) - black),
            white_percent: percent(blown, count),
            edge_tenth_pixels,
        }
    }
}

/// How wide the edge in the middle of these pixels is, tenths of a pixel: its height by its steepest slope. Only of one
/// that goes up or down all the way, and is steepest in the middle: each edge counts once.
fn edge(pixels: &[u8]) -> Option<u16> {
    let (first, last) = (*pixels.first()?, *pixels.last()?);
    let height = first.abs_diff(last);
    if height < CONTRAST {
        return None;
    }
    let slopes =
        || pixels.windows(3).map(|three| if last > first { (three[2], three[0]) } else { (three[0], three[2]) });
    let rise = |(to, from): (u8, u8)| u16::from(to.saturating_sub(from));
    let steepest = slopes().map(rise).max()?;
    let middle = slopes().nth(SIDE - 1).map(rise)?;
    (middle == steepest).then(|| u16::from(height) * 20 / steepest.max(1))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bars of 40 pixels, whose edges are so many pixels wide, with noise.
    fn bars(edge: f64, dark: f64, bright: f64, noise: f64) -> Vec<u8> {
        let mut random = 12345_u32;
        let mut picture = Vec::new();
        for _ in 0..120 {
            for x in 0..640 {
                let phase = f64::from(x % 80);
                let up = ((phase - 20.0) / edge + 0.5).clamp(0.0, 1.0) - ((phase - 60.0) / edge + 0.5).clamp(0.0, 1.0);
                random = random.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                let shake = (f64::from(random >> 16) / 65535.0 - 0.5) * 2.0 * noise;
                picture.push((dark + (bright - dark) * up + shake).clamp(0.0, 255.0) as u8);
            }
        }
        picture
    }

    fn edge_of(edge: f64, noise: f64) -> Option<f64> {
        Sight::of(&bars(edge, 50.0, 200.0, noise), 640, 640, true)
            .edge_tenth_pixels
            .map(|tenths| f64::from(tenths) / 10.0)
    }

    #[test]
    fn the_width_of_edges_is_measured_through_noise() {
        for (width, noise) in [(2.0, 0.0), (4.0, 0.0), (8.0, 0.0), (2.0, 6.0), (8.0, 6.0)] {
            let measured = edge_of(width, noise).unwrap();
            assert!((width * 0.65..=width * 1.1 + 0.3).contains(&measured), "{measured} for {width} px, noise {noise}");
        }
        // Sharper is never called wider.
        assert!(edge_of(2.0, 6.0) < edge_of(5.0, 6.0) && edge_of(5.0, 6.0) < edge_of(12.0, 6.0));
    }

    #[test]
    fn without_edges_nothing_is_said_of_focus() {
        assert_eq!(edge_of(200.0, 6.0), None);
        assert_eq!(Sight::of(&bars(2.0, 100.0, 140.0, 6.0), 640, 640, true).edge_tenth_pixels, None);
        assert_eq!(Sight::of(&[], 640, 640, true), Sight::default());
        assert_eq!(Sight::of(&[1, 2, 3], 0, 0, true).edge_tenth_pixels, None);
    }

    #[test]
    fn light_is_a_share_of_white() {
        let sight = |level: u8, full| Sight::of(&vec![level; 640 * 120], 640, 640, full);
        assert_eq!(
            (sight(0, true).light_percent, sight(255, true).light_percent, sight(128, true).light_percent),
            (0, 100, 50)
        );
        assert_eq!((sight(16, false).light_percent, sight(235, false).light_percent), (0, 100));
        assert_eq!((sight(255, true).white_percent, sight(200, true).white_percent), (100, 0));
    }
}
