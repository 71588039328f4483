//! Text in a page: nothing that a client or a log chose becomes markup.

use std::fmt;

use crate::io::escape::Escaped;
use crate::view::Lang;

/// Text for the inside of an element or a quoted attribute.
#[derive(Clone, Copy, Debug)]
pub(super) struct Esc<'t>(pub(super) &'t str);

impl fmt::Display for Esc<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for letter in Escaped(self.0).to_string().chars() {
            match letter {
                '&' => f.write_str("&amp;")?,
                '<' => f.write_str("&lt;")?,
                '>' => f.write_str("&gt;")?,
                '"' => f.write_str("&quot;")?,
                '\'' => f.write_str("&#39;")?,
                other => write!(f, "{other}")?,
            }
        }
        Ok(())
    }
}

/// `12,345`, or `12.345` where that is how it is written.
pub(super) fn grouped(number: u64, lang: Lang) -> String {
    let mark = match lang {
        Lang::En => ',',
        Lang::Vi => '.',
        Lang::Ru => '\u{a0}',
    };
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3);
    for (n, digit) in digits.chars().enumerate() {
        if n > 0 && (digits.len() - n).is_multiple_of(3) {
            out.push(mark);
        }
        out.push(digit);
    }
    out
}

/// `0.2 %`
pub(super) fn share(part: u64, whole: u64) -> String {
    let tenths = (u128::from(part) * 1000).div_ceil(u128::from(whole.max(1)));
    format!("{}.{} %", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_is_text() {
        let hostile = "<script>alert(1)</script>\"'&\u{202e}\u{1b}[2J";
        let shown = Esc(hostile).to_string();
        assert!(!shown.contains(['<', '>', '"', '\'', '\u{202e}', '\u{1b}']), "{shown}");
        assert!(shown.starts_with("&lt;script&gt;alert(1)"), "{shown}");
    }

    #[test]
    fn numbers_as_they_are_written() {
        assert_eq!(grouped(12, Lang::En), "12");
        assert_eq!(grouped(1_234_567, Lang::En), "1,234,567");
        assert_eq!(grouped(1_234, Lang::Vi), "1.234");
        assert_eq!(share(1, 5000), "0.1 %");
    }
}
