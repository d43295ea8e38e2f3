//! Breaks a text into lines of a width: at spaces, and between Chinese characters, of which punctuation begins no line.

/// Stands at no line's beginning.
const CLOSING: &str = "，。、；：）”！？";
/// Stands at no line's end.
const OPENING: &str = "（“";

/// The lines of a text where `width` measures one. A word wider than a line is broken.
pub fn lines(text: &str, most: f32, width: impl Fn(&str) -> f32) -> Vec<String> {
    let mut all = Vec::new();
    for part in text.split('\n') {
        let mut line = String::new();
        for unit in units(part) {
            if width(&format!("{line}{}", unit.trim_end())) <= most {
                line.push_str(unit);
                continue;
            }
            if !line.is_empty() {
                all.push(std::mem::take(&mut line).trim_end().to_owned());
            }
            for letter in unit.chars() {
                if !line.is_empty() && width(format!("{line}{letter}").trim_end()) > most {
                    all.push(std::mem::take(&mut line));
                }
                line.push(letter);
            }
        }
        all.push(line.trim_end().to_owned());
    }
    all
}

/// The pieces between which a line may end; spaces are at their ends.
fn units(text: &str) -> Vec<&str> {
    let mut units = Vec::new();
    let mut begin = 0;
    let mut before: Option<char> = None;
    for (at, letter) in text.char_indices() {
        let breaks = before.is_some_and(|before| {
            let after_space = before == ' ' && letter != ' ';
            let beside_chinese = is_chinese(before) || is_chinese(letter);
            let kept = CLOSING.contains(letter) || OPENING.contains(before) || letter == ' ';
            after_space || beside_chinese && !kept
        });
        if breaks {
            units.extend(text.get(begin..at));
            begin = at;
        }
        before = Some(letter);
    }
    units.extend(text.get(begin..));
    units
}

/// Ideographs and their punctuation.
fn is_chinese(letter: char) -> bool {
    letter >= '\u{2e80}' || CLOSING.contains(letter) || OPENING.contains(letter)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A Chinese character is as wide as two others.
    fn width(text: &str) -> f32 {
        text.chars().map(|c| if c.is_ascii() { 1.0 } else { 2.0 }).sum()
    }

    fn wrapped(text: &str, most: f32) -> Vec<String> {
        lines(text, most, width)
    }

    #[test]
    fn lines_end_at_spaces_and_beside_chinese() {
        assert_eq!(wrapped("one two three", 8.0), ["one two", "three"]);
        assert_eq!(wrapped("单号 AB12 由扫码绑定。", 12.0), ["单号 AB12 由", "扫码绑定。"]);
        assert_eq!(wrapped("一二三，四", 6.0), ["一二", "三，四"], "no line begins with a comma");
        assert_eq!(wrapped("一二（三四", 6.0), ["一二", "（三四"], "no line ends with a bracket");
        assert_eq!(wrapped("", 6.0), [""]);
        assert_eq!(wrapped("a\n\nb", 6.0), ["a", "", "b"]);
    }

    #[test]
    fn what_is_wider_than_a_line_is_broken() {
        assert_eq!(wrapped("x 0123456789", 4.0), ["x", "0123", "4567", "89"]);
        assert_eq!(wrapped("宽", 1.0), ["宽"], "a letter at least");
    }

    #[test]
    fn nothing_is_lost() {
        let seed = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64;
        println!("seed {seed}");
        let mut state = seed;
        let mut next = |n: usize| {
            state = state.wrapping_mul(6364136223846793005).wrapping_add(1442695040888963407);
            (state >> 33) as usize % n
        };
        let letters: Vec<char> = "ab1 -单号，。（“”".chars().collect();
        for _ in 0..2_000 {
            let text: String = (0..next(40)).map(|_| letters[next(letters.len())]).collect();
            let most = 1.0 + next(20) as f32;
            let bare = |text: &str| text.replace(' ', "");
            let lines = wrapped(&text, most);
            assert_eq!(bare(&lines.concat()), bare(&text), "{text:?} in {most}");
            assert!(lines.iter().all(|line| width(line) <= most || line.chars().count() == 1), "{lines:?} in {most}");
        }
    }
}
