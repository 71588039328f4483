//! Text of clients and logs, escaped for terminals: nothing in it moves a cursor, changes a colour or
//! turns the reading direction.

use std::fmt;

/// Shows text with control and direction characters as `\u{1b}`.
#[derive(Clone, Copy, Debug)]
pub struct Escaped<'t>(pub &'t str);

impl fmt::Display for Escaped<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in self.0.chars() {
            if is_harmless(letter) {
                write!(f, "{letter}")?;
            } else {
                write!(f, "{}", letter.escape_unicode())?;
            }
        }
        Ok(())
    }
}

fn is_harmless(letter: char) -> bool {
    let direction = matches!(
        letter,
        '\u{061c}'
            | '\u{200e}'
            | '\u{200f}'
            | '\u{202a}'..='\u{202e}'
            | '\u{2066}'..='\u{2069}'
    );
    let breaks = matches!(letter, '\u{2028}' | '\u{2029}' | '\u{feff}');
    !(letter.is_control() || direction || breaks)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_and_direction_characters_are_escaped() {
        assert_eq!(Escaped("Елена \"x\"").to_string(), "Елена \"x\"");
        assert_eq!(Escaped("a\x1b[2J\n").to_string(), "a\\u{1b}[2J\\u{a}");
        assert_eq!(Escaped("a\u{202e}b").to_string(), "a\\u{202e}b");
    }
}
