//! Secrets taken out of text that is passed on: the one place that does it. Rather a hash too much
//! is masked than a secret too little.

use std::borrow::Cow;

use crate::stream::Text;

/// What stands where a secret was.
const MASK: &[u8] = b"[secret]";
/// A user's secret is 16 bytes.
const HEX_MIN: usize = 32;
/// A secret in base64url: 17 bytes, and mtg adds a domain.
const BASE64_MIN: usize = 22;
/// How far the word is looked for in a name: `secret_for_mtproxybot`.
const NAME_MAX: usize = 256;
/// What stands behind the word `secret` and is this long is one.
const NAMED_MIN: usize = 16;

/// The text with every secret masked.
pub fn masked(text: &[u8]) -> Text<'_> {
    match mask(text) {
        Cow::Borrowed(text) => String::from_utf8_lossy(text),
        Cow::Owned(text) => Cow::Owned(String::from_utf8_lossy(&text).into_owned()),
    }
}

/// The same for bytes. Masked are: 32 hexadecimal digits or more in a row, with anything they are
/// part of; base64url that begins as a secret of mtg does; what follows `secret`, an equals sign
/// or a colon, in any escaping; what a proxy calls a bad secret; and long lists of small numbers.
pub fn mask(text: &[u8]) -> Cow<'_, [u8]> {
    let mut out: Option<Vec<u8>> = None;
    let mut kept = 0;
    let mut at = 0;
    while at < text.len() {
        let rest = text.get(at..).unwrap_or_default();
        let (skip, length) = if starts_word(text, at) { secret(rest) } else { (1, 0) };
        if length > 0 {
            let out = out.get_or_insert_with(|| Vec::with_capacity(text.len()));
            out.extend_from_slice(text.get(kept..at + skip).unwrap_or_default());
            out.extend_from_slice(MASK);
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

/// Whether a run of letters and digits begins here.
fn starts_word(text: &[u8], at: usize) -> bool {
    let before = at.checked_sub(1).and_then(|before| text.get(before));
    let here = text.get(at).is_some_and(u8::is_ascii_alphanumeric);
    here && !before.is_some_and(u8::is_ascii_alphanumeric)
}

/// For a text that begins with a word: how much of it can be passed on, and how much after that
/// is a secret.
fn secret(text: &[u8]) -> (usize, usize) {
    let word = run(text, |byte| byte.is_ascii_alphanumeric());
    if let Some((skip, length)) = named(text) {
        return (skip, length);
    }
    let numbers = numbers(text);
    if numbers > 0 {
        return (0, numbers);
    }
    let run_of = text.get(..word).unwrap_or_default();
    if has_long_hex(run_of) {
        return (0, word);
    }
    // Only looked for where it can begin: a line may be one long word.
    let token = if begins_as_mtg(text) { run(text, is_base64) } else { 0 };
    if token >= BASE64_MIN { (0, token) } else { (word.max(1), 0) }
}

/// `secret=VALUE`, `"secret": "VALUE"`, `secret%3DVALUE`, `with secret: VALUE`, and mtprotoproxy's
/// `should be 32 hex chars, got VALUE`.
fn named(text: &[u8]) -> Option<(usize, usize)> {
    let bad = b"hex chars, got ";
    if text.starts_with(bad) {
        let length = run(text.get(bad.len()..)?, is_base64);
        return Some((bad.len(), length)).filter(|_| length > 0);
    }
    let word = text.get(..run(text, |byte| byte.is_ascii_alphanumeric()))?;
    word.windows(6).position(|six| six.eq_ignore_ascii_case(b"secret"))?;
    let name = text.get(..NAME_MAX.max(word.len())).unwrap_or(text);
    let mut skip = run(name, |byte| byte.is_ascii_alphanumeric() || byte == b'_');
    let mut is_assigned = false;
    loop {
        let rest = text.get(skip..)?;
        let mark = ["%3D", "%3d", "%22", "%20", "\\u003d", "\\u003D"]
            .iter()
            .find(|mark| rest.starts_with(mark.as_bytes()));
        match (mark, rest.first()?) {
            (Some(mark), _) => {
                is_assigned |= mark.to_ascii_lowercase().contains("3d");
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
    let length = run(text.get(skip..)?, is_base64);
    let tight = text.get(skip - 1) == Some(&b'=');
    (is_assigned && (length >= NAMED_MIN || (tight && length > 0))).then_some((skip, length))
}

/// The length of a list of as many bytes as a secret has letters, written as numbers: so journald
/// and Erlang show text that they find odd.
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

/// The length of a colour change whose escape byte came before.
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
    fn secrets_in_every_dress() {
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

    /// Lines of a megabyte are masked in no more time than they have letters.
    #[test]
    fn long_lines_take_no_longer() {
        for piece in ["7g-", "a_a", "1,", "secret", "secret=", "f", "%3D", "7gA"] {
            let text = piece.repeat(300_000);
            let begin = std::time::Instant::now();
            mask(text.as_bytes());
            assert!(begin.elapsed().as_secs() < 20, "{piece}");
        }
    }

    #[test]
    fn other_text_is_left_alone() {
        for text in [
            "alice: 3 connects (3 current), 0.01 MB, 22 msgs",
            "Middle proxy secret updated",
            "no secret here: nothing",
            "N3Mx_mCEpV2gmKpt8-t5PQ",
            "Елена \u{1b}[1m 2001:db8::1 7nhO",
        ] {
            assert_eq!(masked(text.as_bytes()), text);
        }
    }

    #[test]
    fn masking_twice_is_masking_once() {
        let text = format!("secret={HEX} and {BASE64} secret: {HEX}");
        let once = mask(text.as_bytes()).into_owned();
        assert_eq!(mask(&once), once);
    }
}
