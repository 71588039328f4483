//! Masks secrets in text that is passed on. The only place that does it; rather a hash too many is
//! masked than a secret too few.

use std::borrow::Cow;
use std::sync::LazyLock;

use memchr::memmem::Finder;

use super::spread::{colours_as_text, spread};
use crate::stream::Text;

/// Stands in the place of a secret.
const MASK: &[u8] = b"[secret]";
/// A user's secret is 16 bytes.
const HEX_MIN: usize = 32;
/// A secret in base64url: 17 bytes, and mtg adds a domain.
const BASE64_MIN: usize = 22;
/// The longest name of a value that may be a secret: `secret_for_mtproxybot`.
const NAME_MAX: usize = 256;
/// A value named `secret` and this long is one.
const NAMED_MIN: usize = 16;
/// Block characters in a row that make a drawing; a row of the smallest QR code has more.
const DRAWING_MIN: usize = 8;
/// Links in base64 begin like this: `tg://`, `https://t.me`.
const BASE64_LINKS: [&[u8]; 2] = [b"dGc6Ly9", b"aHR0cHM6Ly90Lm1l"];

/// The text with every secret masked.
pub fn masked(text: &[u8]) -> Text<'_> {
    match mask(text) {
        Cow::Borrowed(text) => String::from_utf8_lossy(text),
        Cow::Owned(text) => Cow::Owned(String::from_utf8_lossy(&text).into_owned()),
    }
}

/// The same for bytes. Masked are: 32 hexadecimal digits or more in a row, with anything they are
/// part of, or in groups or with colours between them; base64url that begins as a secret of mtg
/// does; the value of a name with `secret` in it, in any escaping; what a proxy calls a bad secret;
/// long lists of small numbers; and drawings of block characters, which may be QR codes of links.
/// Takes time linear in the text.
pub fn mask(text: &[u8]) -> Cow<'_, [u8]> {
    mask_after(text, false)
}

/// Masks a line that may continue a secret from the line before.
pub fn mask_after(text: &[u8], is_in_secret: bool) -> Cow<'_, [u8]> {
    let mut out: Option<Vec<u8>> = None;
    let mask = |out: &mut Option<Vec<u8>>, from: usize, to: usize| {
        let out = out.get_or_insert_with(|| Vec::with_capacity(text.len()));
        out.extend_from_slice(text.get(from..to).unwrap_or_default());
        out.extend_from_slice(MASK);
    };
    let (mut kept, mut at) = (0, 0);
    if is_in_secret {
        let start = run(text, |byte| byte == b' ');
        let length = run(text.get(start..).unwrap_or_default(), is_base64);
        if length > 0 {
            mask(&mut out, 0, start);
            (kept, at) = (start + length, start + length);
        }
    }
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        let (skip, length) = match rest.first() {
            Some(b'%' | b'\\' | b'#' | b'^' | 0x80..) => match coloured(rest) {
                (_, 0) => (0, drawing(rest).max(percent_encoded(rest)).max(escaped(rest))),
                coloured => coloured,
            },
            _ if starts_word(text, at) => secret(rest),
            _ => (1, 0),
        };
        let (skip, length) = if skip + length == 0 { (1, 0) } else { (skip, length) };
        if length > 0 {
            mask(&mut out, kept, at + skip);
            kept = at + skip + length;
        }
        at += skip + length;
    }
    match out {
        None => Cow::Borrowed(text),
        Some(mut out) => {
            out.extend_from_slice(text.get(kept..).unwrap_or_default());
            Cow::Owned(out)
        }
    }
}

/// Part of every name of a secret that begins with a capital or not. Built once, since most lines
/// are searched for it.
static ECRET: LazyLock<Finder<'static>> = LazyLock::new(|| Finder::new(b"ecret"));

/// Whether the next line may continue a secret of this one, which may itself continue one: then it
/// has nothing else.
pub fn goes_on(text: &[u8], is_in_secret: bool) -> bool {
    let inside = without_continuation(text).trim_ascii();
    let is_part = || !inside.is_empty() && inside.iter().all(|&byte| is_base64(byte));
    ends_in_secret(text) || (is_in_secret && is_part())
}

/// A line without the mark that the next one continues it.
fn without_continuation(text: &[u8]) -> &[u8] {
    let text = text.trim_ascii_end();
    text.strip_suffix(b"\\").map_or(text, <[u8]>::trim_ascii_end)
}

/// Whether a secret reaches the end of the line, so that the next line may continue it.
pub fn ends_in_secret(text: &[u8]) -> bool {
    let text = without_continuation(text);
    if text.last_chunk::<7>().is_some_and(|name| name.eq_ignore_ascii_case(b"secret:")) {
        return true;
    }
    let tail = text.iter().rev().take_while(|&&byte| is_base64(byte)).count();
    if tail == 0 {
        return false;
    }
    if text.last_chunk::<7>().is_some_and(|name| name.eq_ignore_ascii_case(b"secret=")) {
        return true;
    }
    may_end_in_secret(text, text.len() - tail) && mask(text).ends_with(MASK)
}

/// Whether a text may end in a secret, where base64 goes from `start` to its end. Most lines are
/// left out by their last word.
fn may_end_in_secret(text: &[u8], start: usize) -> bool {
    let (before, tail) = text.split_at_checked(start).unwrap_or((b"", text));
    let is_listed = before.trim_ascii_end().ends_with(b",") || before.ends_with(b"\\");
    let is_bad = before.ends_with(b"got ");
    if tail.len() < BASE64_MIN {
        let is_value = tail.len() >= NAMED_MIN || tail.contains(&b'=');
        return (is_value || is_listed || is_bad) && ECRET.find(text).is_some();
    }
    let begins_token = |at: usize| {
        let rest = text.get(at..).unwrap_or_default();
        starts_word(text, at) && is_token(rest)
    };
    tail.len() >= HEX_MIN
        || is_bad
        || (start..=text.len() - BASE64_MIN).any(begins_token)
        || ECRET.find(text).is_some()
}

/// Whether a text begins as a secret of mtg or a link in base64 does.
fn is_token(text: &[u8]) -> bool {
    begins_as_mtg(text) || BASE64_LINKS.iter().any(|link| text.starts_with(link))
}

/// Whether a line is part of a drawing and nothing else.
pub fn is_drawing(text: &[u8]) -> bool {
    let text = text.trim_ascii();
    !text.is_empty() && drawing(text) == text.len()
}

/// The length of a row of block characters and blanks. A row is searched once: shorter ones are
/// left out by the caller a character at a time, so blanks end the row where it is too short.
fn drawing(text: &[u8]) -> usize {
    let (mut at, mut end, mut count) = (0, 0, 0);
    while let Some(rest) = text.get(at..) {
        let length = match rest {
            // U+2580 to U+259F, U+25A0 to U+25FF, U+2800 to U+28FF, U+2B1B and U+2B1C.
            [0xe2, 0x96 | 0x97 | 0xa0..=0xa3, _, ..] | [0xe2, 0xac, 0x9b | 0x9c, ..] => 3,
            [b'\\', b'u', b'2', b'5', _, _, ..] => 6,
            [b'#', ..] => 1,
            [b' ', ..] if end > 0 => 0,
            _ => break,
        };
        if length > 0 {
            count += 1;
            at += length;
            end = at;
        } else {
            at += 1;
            if count < DRAWING_MIN && at > end + DRAWING_MIN {
                break;
            }
        }
    }
    if count >= DRAWING_MIN { end } else { 0 }
}

/// The length of a text in which as many letters as a secret has are percent-encoded.
fn percent_encoded(text: &[u8]) -> usize {
    let count = text
        .chunks_exact(3)
        .take_while(
            |chunk| matches!(chunk, [b'%', a, b] if a.is_ascii_hexdigit() && b.is_ascii_hexdigit()),
        )
        .count();
    if count >= BASE64_MIN { count * 3 } else { 0 }
}

/// The length of colours written as text, and that of the secret after them.
fn coloured(text: &[u8]) -> (usize, usize) {
    let colours = colours_as_text(text);
    let after = text.get(colours..).filter(|_| colours > 0);
    (colours, after.map_or(0, spread))
}

/// Whether a run of letters and digits begins here.
fn starts_word(text: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| text.get(before));
    let here = text.get(at).is_some_and(u8::is_ascii_alphanumeric);
    here && !before.is_some_and(u8::is_ascii_alphanumeric)
}

/// For a text that begins with a word: the length of what can be passed on, and that of the secret
/// after it.
fn secret(text: &[u8]) -> (usize, usize) {
    let word = run(text, |byte| byte.is_ascii_alphanumeric());
    if let Some((skip, length)) = named(text, word) {
        return (skip, length);
    }
    let spread = if word < HEX_MIN { spread(text) } else { 0 };
    if spread > 0 {
        return (0, spread);
    }
    let numbers = numbers(text);
    if numbers > 0 {
        return (0, numbers);
    }
    let run_of = text.get(..word).unwrap_or_default();
    if word >= HEX_MIN && has_long_hex(run_of) {
        return (0, word);
    }
    // Only searched for where it can begin: a line may be one long word.
    let token = if is_token(text) { run(text, is_base64) } else { 0 };
    if token >= BASE64_MIN { (0, token) } else { (word.max(1), 0) }
}

/// `secret=VALUE`, `"secret": "VALUE"`, `secret%3DVALUE`, `with secret: VALUE`, and mtprotoproxy's
/// `should be 32 hex chars, got VALUE`. `word` is the length of the first word.
fn named(text: &[u8], word: usize) -> Option<(usize, usize)> {
    let bad = b"hex chars, got ";
    if text.starts_with(bad) {
        let length = run(text.get(bad.len()..)?, is_base64);
        return Some((bad.len(), length)).filter(|_| length > 0);
    }
    let word = text.get(..word)?;
    let is_secret = |six: &[u8]| {
        six.first().is_some_and(|first| matches!(first, b's' | b'S'))
            && six.eq_ignore_ascii_case(b"secret")
    };
    word.windows(6).position(is_secret)?;
    let name = text.get(..NAME_MAX.max(word.len())).unwrap_or(text);
    let mut skip = run(name, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
    // The number or the name of a secret.
    let is_label = ["_id", "_name"]
        .iter()
        .any(|end| name.get(..skip).is_some_and(|name| name.ends_with(end.as_bytes())));
    if is_label {
        return None;
    }
    let mut is_assigned = false;
    loop {
        let rest = text.get(skip..)?;
        let mark = ["%3D", "%3d", "%22", "%20", "\\u003d", "\\u003D", "&#61;", "&#x3D;"]
            .iter()
            .find(|mark| rest.starts_with(mark.as_bytes()));
        match (mark, rest.first()?) {
            (Some(mark), _) => {
                is_assigned |= !matches!(*mark, "%22" | "%20");
                skip += mark.len();
            }
            (None, b'=' | b':') => {
                is_assigned = true;
                skip += 1;
            }
            (None, b'"' | b'\'' | b'\\' | b' ') => skip += 1,
            (None, 0x1b) => skip += 1 + colour(rest.get(1..)?),
            (None, _) => break,
        }
    }
    if !is_assigned {
        return None; // before the value is measured: a line may be full of such words
    }
    let length = run(text.get(skip..)?, is_base64);
    let is_tight = text.get(skip - 1) == Some(&b'=');
    (length >= NAMED_MIN || (is_tight && length > 0)).then_some((skip, length))
}

/// The length of a list of as many numbers as a secret has letters: journald and Erlang print some
/// text as the numbers of its bytes.
fn numbers(text: &[u8]) -> usize {
    let (mut count, mut at) = (0, 0);
    loop {
        let digits = run(text.get(at..).unwrap_or_default(), |byte| byte.is_ascii_digit());
        if !(1..=3).contains(&digits) {
            break;
        }
        (count, at) = (count + 1, at + digits);
        if text.get(at) != Some(&b',') {
            break;
        }
        at += 1 + run(text.get(at + 1..).unwrap_or_default(), |byte| byte == b' ');
    }
    if count >= BASE64_MIN { at } else { 0 }
}

/// The length of as many bytes in escapes as a secret has: `\x01\x23`.
fn escaped(text: &[u8]) -> usize {
    let is_escape = |chunk: &&[u8]| {
        chunk.starts_with(b"\\x") && chunk.iter().skip(2).all(u8::is_ascii_hexdigit)
    };
    let count = text.chunks_exact(4).take_while(is_escape).count();
    if count >= HEX_MIN / 2 { 4 * count } else { 0 }
}

/// The length of a colour change after its escape byte.
fn colour(text: &[u8]) -> usize {
    let end = text.iter().position(u8::is_ascii_alphabetic);
    end.map_or(0, |end| end + 1)
}

/// Both kinds of base64, and a percent sign for what is escaped in it.
fn is_base64(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'=' | b'%')
}

/// A first byte of 0xee (TLS) or 0xdd (secure).
fn begins_as_mtg(text: &[u8]) -> bool {
    matches!(text, [b'7', b'g'..=b'v', ..] | [b'3', b'Q'..=b'Z' | b'a'..=b'f', ..])
}

fn has_long_hex(text: &[u8]) -> bool {
    text.split(|byte| !byte.is_ascii_hexdigit()).any(|run| run.len() >= HEX_MIN)
}

fn run(text: &[u8], is_part: impl Fn(u8) -> bool) -> usize {
    text.iter().take_while(|&&byte| is_part(byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEX: &str = "0123456789abcdef0123456789ABCDEF";
    const BASE64: &str = "7nhOcHaBKdNThSi8D5aGjcx3d3cuZXhhbXBsZS5jb20";

    #[test]
    fn secrets_in_every_form() {
        for form in [
            "a: tg://proxy?server=h&port=443&secret=HEX",
            "secret=ddHEX&server=h",
            "\\u0026secret=eeHEX7777772e61\\n",
            "data=tg%3A%2F%2Fproxy%3Fport%3D443%26secret%3DeeHEX77%26server%3Dh",
            "secret=\x1b[32meeHEX\x1b[0m",
            "with secret: HEX, tag: x",
            "Changing it to HEX",
            "Started mtproto-proxy -S HEX --aes-pwd",
            "{\"secret\":\"B64\",\"bindTo\":\"x\"}",
            "{\"secret_for_mtproxybot\": \"HEX\"}",
            "secret=B64&server=h",
            "secret%3DB64%26",
            "here is B64 bare",
            "SECRET=HEX",
            "(HEX)",
            "xHEXx",
            "zzHEX",
            "\":[55, 110,104,79,99,72,97,66,75,100,78,84,104,83,105,56,68,53,97,71,106,99],",
            "data%3Asecret%253DeeHEX",
            "secret&#61;eeHEX",
            "dGc6Ly9wcm94eT9zZXJ2ZXI9MTkyLjAuMi4xMCZwb3J0PTQ0Mw",
            "%37%67%4e%30%30%30%31%31%31%32%32%32%33%33%33%34%34%34%35%35%35%36%36%36",
        ] {
            let text = form.replace("HEX", HEX).replace("B64", BASE64);
            let out = masked(text.as_bytes());
            assert!(out.contains("[secret]"), "{form}: {out}");
            for secret in [HEX, BASE64] {
                assert!(!out.contains(secret) && !out.contains(&secret[2..]), "{form}: {out}");
            }
        }
        let bad = "Bad secret for user ann, should be 32 hex chars, got d798229c048f1502. ";
        assert!(!masked(bad.as_bytes()).contains("d798229c"), "{}", masked(bad.as_bytes()));
        assert_eq!(masked(b"x secret=abc&y"), "x secret=[secret]&y");
    }

    #[test]
    fn secrets_in_pairs_of_digits() {
        let pairs: Vec<_> = (0..16).map(|n| format!("{n:02x}")).collect();
        for between in [" ", ":", "-", "\\x"] {
            let begin = if between == "\\x" { between } else { "" };
            let text = format!("key {begin}{} loaded", pairs.join(between));
            assert_eq!(masked(text.as_bytes()), "key [secret] loaded", "{text}");
            let at_end = format!("key {begin}{}", pairs.join(between));
            assert_eq!(masked(at_end.as_bytes()), "key [secret]");
            // All of one that is longer: `ee`, sixteen bytes, a domain.
            let long = format!("key {begin}{}", [&pairs[..], &pairs[..9]].concat().join(between));
            assert_eq!(masked(long.as_bytes()), "key [secret]");
            // An address of a network card, and a pair too few.
            for count in [6, 15] {
                let short = format!("{begin}{} 2026-11-23", pairs[..count].join(between));
                assert_eq!(masked(short.as_bytes()), short);
            }
        }
    }

    /// A line ten times as long takes about ten times as long.
    #[test]
    fn long_lines_take_no_longer() {
        for piece in [
            "7g-",
            "a_a",
            "1,",
            "secret",
            "secret=",
            "f",
            "%3D",
            "7gA",
            "secret_",
            "secret ",
            "secret:",
            "\u{2588}",
            "\u{2588} ",
            "# ",
            "#",
            "%41",
            "%4",
            "\\u2588",
            "\u{2588}       ",
            "secret%20",
            "secret\x1b[",
            "Secret_x=",
            "1, ",
        ] {
            let time = |length: usize| {
                let text = piece.repeat(length / piece.len());
                let once = || {
                    let begin = std::time::Instant::now();
                    mask(text.as_bytes());
                    begin.elapsed()
                };
                // The machine may be busy.
                (0..5).map(|_| once()).min().unwrap()
            };
            let short = time(50_000).max(std::time::Duration::from_millis(5));
            assert!(time(500_000) < short * 60, "{piece}");
        }
    }

    #[test]
    fn other_text_is_left_alone() {
        for text in [
            "alice: 3 connects (3 current), 0.01 MB, 22 msgs",
            "Middle proxy secret updated",
            "MTP_EVENT handshake_ok secret_id=0 fd=11",
            "TLS handshake matched secret [alice] from 203.0.113.7:35441",
            "### a heading, 100% of it",
            "no secret here: nothing",
            "N3Mx_mCEpV2gmKpt8-t5PQ",
            "Елена \u{1b}[1m 2001:db8::1 7nhO",
        ] {
            assert_eq!(masked(text.as_bytes()), text);
        }
    }

    #[test]
    fn drawings_and_split_secrets_are_masked() {
        let row = "\u{2588}\u{2588} \u{2584}\u{2584}\u{2584}\u{2584}\u{2584} \u{2588}\u{2580}";
        assert!(is_drawing(row.as_bytes()) && !is_drawing(b"a row") && !is_drawing(b""));
        assert_eq!(masked(format!("px-1  | {row}").as_bytes()), "px-1  | [secret]");
        // The end of a text is decided as masking all of it decides.
        let ends = [HEX, BASE64, "abc", "1", "7nhOcHaB", "peer_hash=0x1068849c82df3655", "%41"];
        let long = "1, ".repeat(30) + "1";
        let begins =
            ["x=", "secret: ", "secret=", "a secret, ", "hex chars, got ", "7g", &long, " "];
        for (begin, end) in begins.iter().flat_map(|begin| ends.map(|end| (begin, end))) {
            for text in [format!("{begin}{end}"), format!("no secret here {begin}{end}{end}")] {
                let named = text.to_ascii_lowercase().ends_with("secret=");
                let want = named || mask(text.as_bytes()).ends_with(MASK);
                let is_searched = text.contains("ecret") || end.len() >= BASE64_MIN;
                if is_searched {
                    assert_eq!(ends_in_secret(text.as_bytes()), want, "{text}");
                }
            }
        }
        let (first, second) = (format!("t.me/proxy?secret=ee{}", &HEX[..20]), &HEX[20..]);
        assert!(ends_in_secret(first.as_bytes()) && !ends_in_secret(b"secrets end here"));
        assert_eq!(&*mask_after(second.as_bytes(), true), MASK);
        assert_eq!(&*mask_after(b"  ab and more", true), b"  [secret] and more");
    }

    #[test]
    fn masking_twice_is_masking_once() {
        let text = format!("secret={HEX} and {BASE64} secret: {HEX}");
        let once = mask(text.as_bytes()).into_owned();
        assert_eq!(mask(&once), once);
    }
}
