//! Tells pictures in which something moves from those that differ by noise, flicker or exposure only.
//!
//! Means of blocks, which noise hardly changes, are held against a reference that follows them slowly. Light changes
//! all blocks of a row by one factor or by as many levels, also where a rolling shutter makes bands of a lamp's
//! flicker; a block has moved if neither its old mean nor that mean in the new light, nor anything between, explains it.

/// Blocks side by side, and one below the other.
const COLUMNS: usize = 24;
const ROWS: usize = 18;
const BLOCKS: usize = COLUMNS * ROWS;
/// Lines of pixels that are looked at, about.
const LINES: usize = 120;
/// Pictures that come sooner after the last one are not looked at.
const PAUSE_US: i64 = 90_000;
/// Time constant with which the reference follows.
const FOLLOW_US: f32 = 4e6;
/// Time constant with which noise is measured.
const NOISE_US: f32 = 1e6;
/// Luma levels above black from which on a block tells how the light changed.
const LIT: f32 = 16.0;
/// Fewer lit blocks tell nothing of a row's light.
const FEWEST_LIT: usize = 8;
/// So many blocks must have moved: fewer may be a lamp that blinks.
const MOVED: usize = 3;
/// Luma levels beyond what light explains. Measured: a picture that is repeated with a noise of 30 levels, also when
/// coded as MJPEG or H.264, stays below 3.5 and mostly near 2; people who walk far away and hands on a table give 10 to
/// 60, and exceed it at least every 0.4 s.
const THRESHOLD: f32 = 5.0;
/// Noise alone gives about 10 times what a quarter of the blocks stays below.
const NOISE_FACTOR: f32 = 18.0;
/// What differs by more is never put down to noise.
const MOST_NOISE: f32 = 12.0;

/// Mean luma of each block, above black.
type Means = [f32; BLOCKS];

/// What is known of the scene.
#[derive(Debug)]
struct Scene {
    reference: Means,
    /// When the reference was brought nearer last.
    at_us: i64,
    noise: f32,
}

/// Looks for motion.
#[derive(Debug, Default)]
pub(crate) struct Motion {
    scene: Option<Box<Scene>>,
}

impl Motion {
    /// Whether something moved since the last picture, or little by little since it was last said so; the first picture
    /// has. `luma`: rows of `width` pixels, `stride` apart.
    pub(crate) fn moved(&mut self, luma: &[u8], stride: usize, width: usize, black: u8, time_us: i64) -> bool {
        let Some(scene) = &mut self.scene else {
            let reference = means(luma, stride, width, f32::from(black));
            self.scene = Some(Box::new(Scene { reference, at_us: time_us, noise: 0.0 }));
            return true;
        };
        if time_us - scene.at_us < PAUSE_US {
            return false;
        }
        let means = means(luma, stride, width, f32::from(black));
        let (difference, noise) = compare(&scene.reference, &means);
        let since_us = (time_us - scene.at_us) as f32;
        scene.at_us = time_us;
        scene.noise += (noise - scene.noise) * (since_us / NOISE_US).min(1.0);
        let moved = difference > (NOISE_FACTOR * scene.noise).clamp(THRESHOLD, MOST_NOISE);
        // What moved is there now; all else comes slowly, or slow motion would never be seen.
        let step = if moved { 1.0 } else { (since_us / FOLLOW_US).min(1.0) };
        for (reference, mean) in scene.reference.iter_mut().zip(means) {
            *reference += (mean - *reference) * step;
        }
        moved
    }
}

/// By how many levels at least [`MOVED`] blocks differ from what light explains, and by how many a quarter of all
/// blocks does at most, whatever moves in the others.
fn compare(old: &Means, new: &Means) -> (f32, f32) {
    let mut largest = [0.0; MOVED];
    let mut residues = [0.0; BLOCKS];
    let rows = old.chunks(COLUMNS).zip(new.chunks(COLUMNS)).zip(residues.chunks_mut(COLUMNS));
    for ((old, new), residues) in rows {
        let (factor, offset) = light(old, new);
        for ((&old, &new), residue) in old.iter().zip(new).zip(residues) {
            let (scaled, shifted) = (old * factor, old + offset);
            *residue = (new - scaled).abs();
            let excess = (old.min(scaled).min(shifted) - new).max(new - old.max(scaled).max(shifted));
            // No camera changes its exposure by a factor or an offset quite.
            let excess = excess - offset.abs() / 2.0;
            // The smallest of the largest makes room.
            if excess > largest[0] {
                largest[0] = excess;
                largest.sort_unstable_by(f32::total_cmp);
            }
        }
    }
    (largest[0], *residues.select_nth_unstable_by(BLOCKS / 4, f32::total_cmp).1)
}

/// By which factor, and by how many levels, the light of a row changed: those of the block in the middle, which
/// something that moves within less than half of the row does not change.
fn light(old: &[f32], new: &[f32]) -> (f32, f32) {
    let mut offsets = [0.0; COLUMNS];
    let (mut factors, mut lit) = ([0.0; COLUMNS], 0);
    for ((offset, &old), &new) in offsets.iter_mut().zip(old).zip(new) {
        *offset = new - old;
        if old >= LIT {
            factors[lit] = new / old;
            lit += 1;
        }
    }
    let middle = |values: &mut [f32]| *values.select_nth_unstable_by(values.len() / 2, f32::total_cmp).1;
    let factor = if lit < FEWEST_LIT { 1.0 } else { middle(&mut factors[..lit]) };
    (factor, middle(&mut offsets))
}

/// The means of a picture.
fn means(luma: &[u8], stride: usize, width: usize, black: f32) -> Means {
    // The last row need not be followed by a gap.
    let height = (luma.len() + stride).saturating_sub(width).checked_div(stride).unwrap_or(0);
    let step = (height / LINES).max(1);
    let mut means = [0.0; BLOCKS];
    let mut sums = vec![0_u16; width];
    for (row, means) in means.chunks_mut(COLUMNS).enumerate() {
        // Whole lines are added up first, which the compiler does for many pixels at once. They are few.
        sums.fill(0);
        let mut lines = 0;
        for y in (row * height / ROWS..(row + 1) * height / ROWS).skip(step / 2).step_by(step) {
            for (sum, &pixel) in sums.iter_mut().zip(&luma[y * stride..]) {
                *sum += u16::from(pixel);
            }
            lines += 1;
        }
        for (column, mean) in means.iter_mut().enumerate() {
            let block = &sums[column * width / COLUMNS..(column + 1) * width / COLUMNS];
            let sum: u32 = block.iter().map(|&sum| u32::from(sum)).sum();
            *mean = (sum as f32 / (lines * block.len()).max(1) as f32 - black).max(0.0);
        }
    }
    means
}

#[cfg(test)]
mod tests {
    use super::*;

    const WIDTH: usize = 320;
    const HEIGHT: usize = 240;

    /// A table with things on it, and a thing of 40 pixels at this place, in light of this factor by line, with noise of
    /// so many levels.
    fn picture(thing: usize, light: impl Fn(usize) -> f32, noise: u32, seed: u32) -> Vec<u8> {
        let mut random = seed.wrapping_mul(2_654_435_761) | 1;
        let mut pixels = Vec::new();
        for y in 0..HEIGHT {
            for x in 0..WIDTH {
                let here = (thing..thing + 40).contains(&x) && (100..140).contains(&y);
                let level = if here { 150 } else { 40 + (x / 16 * 37 + y / 16 * 53) % 160 };
                random ^= random << 13;
                random ^= random >> 17;
                random ^= random << 5;
                let noise = (random % (2 * noise + 1)) as f32 - noise as f32;
                pixels.push((level as f32 * light(y) + noise).clamp(0.0, 255.0) as u8);
            }
        }
        pixels
    }

    /// How many of 60 pictures, ten a second, have moved after the first ones, while the noise is not known yet.
    fn moved(picture: impl Fn(usize) -> Vec<u8>) -> usize {
        let mut motion = Motion::default();
        let mut moved = |n: usize| motion.moved(&picture(n), WIDTH, WIDTH, 0, n as i64 * 100_000);
        assert!(moved(0), "the first picture");
        (1..10).for_each(|n| {
            moved(n);
        });
        (10..60).filter(|&n| moved(n)).count()
    }

    #[test]
    fn neither_noise_nor_light_moves() {
        let same = |_| 1.0;
        for noise in [0, 5, 15, 30] {
            assert_eq!(moved(|n| picture(100, same, noise, n as u32)), 0, "noise {noise}");
        }
        let swing = |n: usize, y: usize| (n as f32 * 2.1 + y as f32 / 40.0).sin();
        assert_eq!(moved(|n| picture(100, |_| 1.0 + 0.2 * swing(n, 0), 10, n as u32)), 0, "flicker");
        assert_eq!(moved(|n| picture(100, |y| 1.0 + 0.1 * swing(n, y), 10, n as u32)), 0, "bands");
        assert_eq!(moved(|n| picture(100, |_| 0.7 + 0.01 * n as f32, 10, n as u32)), 0, "exposure");
        assert_eq!(moved(|n| picture(100, |_| if n < 30 { 1.0 } else { 0.6 }, 10, n as u32)), 0, "a lamp goes off");
    }

    #[test]
    fn a_thing_that_moves_is_seen_fast_or_slow_and_in_flicker_too() {
        let same = |_| 1.0;
        assert!(moved(|n| picture(20 + 4 * n, same, 10, n as u32)) > 30);
        assert!(moved(|n| picture(20 + n, same, 10, n as u32)) > 8);
        let flicker = |n: usize| move |_| 1.0 + 0.1 * (n as f32 * 2.1).sin();
        assert!(moved(|n| picture(20 + 4 * n, flicker(n), 10, n as u32)) > 15);
        assert_eq!(moved(|n| picture(if n < 30 { 20 } else { 200 }, same, 10, n as u32)), 1, "it is there at once");
    }

    #[test]
    fn pictures_of_any_size_are_looked_at() {
        for (width, height) in [(16, 16), (17, 500), (4096, 20), (33, 239)] {
            let mut motion = Motion::default();
            // The last row without its gap.
            let luma = vec![255; (width + 3) * height - 3];
            assert!(motion.moved(&luma, width + 3, width, 16, 0));
            assert!(!motion.moved(&luma, width + 3, width, 16, 100_000), "{width}x{height}");
        }
    }
}
