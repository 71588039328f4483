//! Secrets with other text between their digits: in groups, or with colours written as text.

/// A user's secret has as many digits.
const HEX_MIN: usize = 32;
/// What stands between two of them is not longer than this.
const GAP_MAX: usize = 24;

/// The length of a secret's digits with something between them: in groups of one size
/// (`9f:3c:…`, `9f3c 1a77 …`, `0x9f, 0x3c, …`), as a UUID, or with colours written as text.
pub(super) fn spread(text: &[u8]) -> usize {
    let rest_at = |at: usize| text.get(at..).unwrap_or_default();
    let hex = |at: usize| run(rest_at(at), |byte| byte.is_ascii_hexdigit());
    let (mut at, mut digits, mut groups, mut end) = (0, 0, 0, 0);
    let (mut size, mut first_gap): (usize, &[u8]) = (0, b"");
    let (mut is_uniform, mut is_uuid, mut are_colours) = (true, true, true);
    loop {
        let prefix = if rest_at(at).starts_with(b"0x") { 2 } else { 0 };
        let length = hex(at + prefix);
        if !(1..HEX_MIN).contains(&length) {
            break;
        }
        if groups == 0 {
            size = length;
        }
        is_uniform &= length == size;
        is_uuid &= [8, 4, 4, 4, 12].get(groups) == Some(&length);
        if !(is_uniform || is_uuid || are_colours) {
            break;
        }
        (at, digits, groups) = (at + prefix + length, digits + length, groups + 1);
        if digits >= HEX_MIN {
            // Eight groups of four with colons are an address.
            let is_address = size == 4 && first_gap == b":";
            let is_form = are_colours || is_uuid || (is_uniform && !is_address);
            let is_whole = !rest_at(at).first().is_some_and(u8::is_ascii_alphanumeric);
            if !is_form || groups == 1 || (end > 0 && !is_whole) {
                break;
            }
            end = at;
        }
        let colours = colours_as_text(rest_at(at));
        let gap = if colours > 0 { colours } else { separator(rest_at(at)) };
        let gap_text = rest_at(at).get(..gap).unwrap_or_default();
        if groups == 1 {
            first_gap = gap_text;
        }
        are_colours &= colours > 0;
        is_uniform &= colours == 0 && gap_text == first_gap;
        is_uuid &= gap_text == b"-";
        if gap == 0 {
            break;
        }
        at += gap;
    }
    end
}

/// The length of what separates groups of digits.
fn separator(text: &[u8]) -> usize {
    match text {
        [b',', b' ', ..] => 2,
        [b':' | b'-' | b' ' | b',', ..] => 1,
        _ => 0,
    }
}

/// The length of colours with an escape byte written as text, and of characters without a width.
pub(super) fn colours_as_text(text: &[u8]) -> usize {
    let mut at = 0;
    while let Some(rest) = text.get(at..).filter(|_| at < GAP_MAX) {
        let escapes: [&[u8]; 5] = [b"^[[", b"#033[", b"\\u001b[", b"\\x1b[", b"\\033["];
        let escape = escapes.iter().find(|escape| rest.starts_with(escape));
        let length = match (escape, rest) {
            (Some(escape), _) => {
                let inside = rest.get(escape.len()..).unwrap_or_default();
                let numbers = run(inside, |byte| byte.is_ascii_digit() || byte == b';');
                if inside.get(numbers) == Some(&b'm') { escape.len() + numbers + 1 } else { 0 }
            }
            // U+200B to U+200F, U+2060, U+FEFF, U+00AD.
            (
                None,
                [0xe2, 0x80, 0x8b..=0x8f, ..] | [0xe2, 0x81, 0xa0, ..] | [0xef, 0xbb, 0xbf, ..],
            ) => 3,
            (None, [0xc2, 0xad, ..]) => 2,
            (None, [b'\r', ..]) => 1,
            _ => 0,
        };
        if length == 0 {
            break;
        }
        at += length;
    }
    at
}

fn run(text: &[u8], is_part: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|&&byte| is_part(byte)).count()
}

#[cfg(test)]
mod tests {
    use crate::formats::redact::masked;

    #[test]
    fn groups_and_colours_do_not_hide_a_secret() {
        for text in [
            "9f3c 1a77 d2e8 4b06 a5c9 1f0e 6b7d 8832",
            "key 9f3c1a77-d2e8-4b06-a5c9-1f0e6b7d8832",
            "9f3c1a77-d2e84b06-a5c91f0e-6b7d8832",
            "0x9f, 0x3c, 0x1a, 0x77, 0xd2, 0xe8, 0x4b, 0x06, 0xa5, 0xc9, 0x1f, 0x0e, 0x6b, 0x7d, 0x88, \
             0x32",
            "secret=^[[33m9f3c1a77d2^[[0m^[[33me84b06a5c91f0e6b7d8832^[[0m",
            "x \\u001b[33m9f3c1a77d2\\u001b[0m\\u001b[33me84b06a5c91f0e6b7d8832\\u001b[0m",
            "9f3c1a77d2\u{200b}e84b06a5c91f0e6b7d8832",
        ] {
            let out = masked(text.as_bytes());
            assert!(out.contains("[secret]") && !out.contains("1a77"), "{text}: {out}");
        }
        for text in [
            "from 2001:0db8:85a3:0000:0000:8a2e:0370:7334",
            "2026-11-26T16:07:15.408Z 2026-11-26 16:07:15.408076",
            "00:1a:2b:3c:4d:5e 12:30:45",
        ] {
            assert_eq!(masked(text.as_bytes()), text);
        }
    }

    /// A line ten times as long takes about ten times as long.
    #[test]
    fn long_lines_take_no_longer() {
        for piece in ["ab ", "ab:cd-", "a^[[0m", "a\u{200b}", "0x9f, 0x9g", "abcd-"] {
            let time = |length: usize| {
                let text = piece.repeat(length / piece.len());
                let begin = std::time::Instant::now();
                masked(text.as_bytes());
                begin.elapsed()
            };
            let short = time(50_000).max(std::time::Duration::from_millis(10));
            assert!(time(500_000) < short * 60, "{piece}");
        }
    }
}
