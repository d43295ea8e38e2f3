//! Notices a camera that sends the same picture again and again, one that sees nothing, and one before which nothing
//! moves.

use std::hash::{DefaultHasher, Hasher};

use ffmpeg_next::frame;

use super::motion::Motion;
use super::protocol::{Notice, Noticed};

/// Identical pictures for this long are called frozen.
const FROZEN_US: i64 = 3_000_000;
/// A black picture for this long is called dark.
const DARK_US: i64 = 1_000_000;
/// Nothing moved for this long: still.
const STILL_US: i64 = 2_000_000;
/// Luma of black in limited range.
const LIMITED_BLACK: u8 = 16;
/// Mean luma below this, of 255 in full range, is black.
const BLACK: u64 = 20;
/// Every so manieth pixel is looked at, in both directions. A camera's noise changes some of them in every frame.
const STEP: usize = 8;

/// What was seen so far.
#[derive(Debug, Default)]
pub(crate) struct Watch {
    /// Hash of the last picture, and since when there is no other.
    picture: Option<(u64, i64)>,
    frozen: bool,
    /// Since when it is black.
    black_us: Option<i64>,
    dark: bool,
    motion: Motion,
    /// When something moved last.
    moved_us: i64,
    still: bool,
}

impl Watch {
    /// Looks at a picture whose first plane is luma, before anything is drawn into it.
    pub(crate) fn look(&mut self, picture: &frame::Video, full_range: bool, time_us: i64) -> Vec<Noticed> {
        let (hash, mean) = sample(picture);
        let since_us = match self.picture {
            Some((last, since_us)) if last == hash => since_us,
            _ => time_us,
        };
        let same = since_us < time_us;
        self.picture = Some((hash, since_us));
        let frozen = time_us - since_us >= FROZEN_US;

        let level = if full_range { mean } else { mean.saturating_sub(16) * 255 / 219 };
        self.black_us = (level < BLACK).then(|| self.black_us.unwrap_or(time_us));
        let dark = self.black_us.is_some_and(|since| time_us - since >= DARK_US);

        let black = if full_range { 0 } else { LIMITED_BLACK };
        let (stride, width) = (picture.stride(0), picture.width() as usize);
        let moved = self.motion.moved(picture.data(0), stride, width, black, time_us);
        if moved || frozen {
            self.moved_us = time_us;
        }
        // Nobody knows what moves while the picture is the same to the bit.
        let still = !moved && (self.still || (!same && time_us - self.moved_us >= STILL_US));

        let mut noticed = Vec::new();
        if std::mem::replace(&mut self.frozen, frozen) != frozen {
            noticed.push(if frozen { Notice::Frozen } else { Notice::Unfrozen });
        }
        if std::mem::replace(&mut self.dark, dark) != dark {
            noticed.push(if dark { Notice::Dark } else { Notice::Lit });
        }
        if std::mem::replace(&mut self.still, still) != still {
            noticed.push(if still { Notice::Still } else { Notice::Moving });
        }
        noticed.into_iter().map(|what| Noticed { at_us: time_us, what }).collect()
    }
}

/// A hash and the mean of some of the pixels.
fn sample(picture: &frame::Video) -> (u64, u64) {
    let (stride, width) = (picture.stride(0), picture.width() as usize);
    let mut hasher = DefaultHasher::new();
    let (mut sum, mut count) = (0, 0);
    let mut line = Vec::with_capacity(width / STEP + 1);
    for row in picture.data(0).chunks(stride).step_by(STEP) {
        line.clear();
        line.extend(row.iter().take(width).step_by(STEP));
        sum += line.iter().map(|&luma| u64::from(luma)).sum::<u64>();
        count += line.len() as u64;
        hasher.write(&line);
    }
    (hasher.finish(), sum / count.max(1))
}

#[cfg(test)]
mod tests {
    use ffmpeg_next::format::Pixel;

    use super::*;

    /// What is noticed over pictures of these grey levels, ten a second: second and kind.
    fn noticed(full_range: bool, levels: impl IntoIterator<Item = u8>) -> Vec<(i64, Notice)> {
        all_noticed(full_range, levels.into_iter().map(|level| (level, None)))
            .into_iter()
            .filter(|(_, what)| !matches!(what, Notice::Still | Notice::Moving))
            .collect()
    }

    /// The same, motion included, with a bright thing so many pixels from the left.
    fn all_noticed(full_range: bool, pictures: impl IntoIterator<Item = (u8, Option<usize>)>) -> Vec<(i64, Notice)> {
        let mut watch = Watch::default();
        let mut picture = frame::Video::new(Pixel::YUV420P, 64, 48);
        let mut all = Vec::new();
        for (number, (level, left)) in pictures.into_iter().enumerate() {
            let stride = picture.stride(0);
            for line in picture.data_mut(0).chunks_mut(stride) {
                line.fill(level);
                if let Some(left) = left {
                    line[left..left + 8].fill(level + 40);
                }
            }
            all.extend(watch.look(&picture, full_range, number as i64 * 100_000));
        }
        all.into_iter().map(|n| (n.at_us / 100_000, n.what)).collect()
    }

    #[test]
    fn stillness_is_told_after_two_seconds_and_motion_at_once() {
        let light = |n: usize| 100 + (n % 3) as u8;
        let left = |n: usize| {
            if n < 10 {
                n
            } else if n < 45 {
                20
            } else {
                n - 10
            }
        };
        let pictures = (0..60).map(|n| (light(n), Some(left(n))));
        assert_eq!(all_noticed(true, pictures), [(30, Notice::Still), (45, Notice::Moving)]);
    }

    #[test]
    fn a_frozen_picture_is_not_still() {
        let pictures = (0..100).map(|n: usize| (if n < 50 { 100 } else { 100 + (n % 3) as u8 }, Some(20)));
        let told = all_noticed(true, pictures);
        assert_eq!(told, [(30, Notice::Frozen), (50, Notice::Unfrozen), (69, Notice::Still)]);
    }

    #[test]
    fn a_frozen_picture_is_told_once_and_so_is_its_end() {
        let levels = [90].into_iter().chain([100; 40]).chain([101]).chain([102; 30]);
        assert_eq!(noticed(true, levels), [(31, Notice::Frozen), (41, Notice::Unfrozen)]);
    }

    #[test]
    fn darkness_is_told_after_a_second() {
        let levels = |dark: u8| (0..50).map(move |n| if (5..=20).contains(&n) { dark - n % 2 } else { 100 + n });
        assert_eq!(noticed(true, levels(19)), [(15, Notice::Dark), (21, Notice::Lit)]);
        assert_eq!(noticed(true, levels(25)), []);
        assert_eq!(noticed(false, levels(30)), [(15, Notice::Dark), (21, Notice::Lit)]);
        assert_eq!(noticed(false, levels(40)), []);
    }
}
