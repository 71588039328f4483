//! Docker Compose: `NAME  | LINE`, and its own notices between the containers' lines.

use memchr::memmem;

/// A container's name, padded, before a line of it.
#[derive(Clone, Copy, Debug)]
pub(super) struct ComposePrefix<'l> {
    pub(super) name: &'l [u8],
    /// How many blanks stand before the bar. Compose 2 and the padding of Compose 1 make it two
    /// or more; one is left where a container's own name is longer than its service's.
    pub(super) blanks: usize,
    pub(super) rest: &'l [u8],
}

/// Bytes of a container's name, at the start.
pub(super) fn name(line: &[u8]) -> Option<(&[u8], &[u8])> {
    line.first()?.is_ascii_alphanumeric().then_some(())?;
    let is_name =
        |byte: &u8| matches!(byte, b'a'..=b'z' | b'-'..=b'.' | b'0'..=b'9' | b'_' | b'A'..=b'Z');
    let end = line.iter().position(|byte| !is_name(byte)).unwrap_or(line.len());
    line.split_at_checked(end)
}

/// Reads `NAME  | LINE`.
pub(super) fn prefix(line: &[u8]) -> Option<ComposePrefix<'_>> {
    let (name, padded) = name(line)?;
    let blanks = padded.iter().position(|byte| *byte != b' ')?;
    let (_, bar) = padded.split_at_checked(blanks)?;
    let after = bar.strip_prefix(b"|")?;
    let rest = match after {
        [] => after,
        [b' ', rest @ ..] => rest,
        _ => return None,
    };
    (blanks > 0).then_some(ComposePrefix { name, blanks, rest })
}

/// Whether a name ends as Compose numbers containers: `proxy_10`, `proxy-2`.
pub(super) fn is_numbered(name: &[u8]) -> bool {
    let digits = name.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
    let before = name.len().checked_sub(digits + 1).and_then(|at| name.get(at));
    digits > 0 && matches!(before, Some(b'_' | b'-'))
}

/// The containers of `Attaching to proxy_mtprotoproxy_1, proxy_px_1`.
pub(super) fn attaching(line: &[u8]) -> Option<&[u8]> {
    line.strip_prefix(b"Attaching to ")
}

/// `proxy_mtprotoproxy_1 exited with code 0`, at the start.
pub(super) fn is_exit(line: &[u8]) -> bool {
    name(line).is_some_and(|(_, rest)| is_exit_code(rest))
}

/// ` exited with code 137`, and nothing after it but `(restarting)`.
pub(super) fn is_exit_code(text: &[u8]) -> bool {
    let Some(code) = text.strip_prefix(EXITED) else { return false };
    let digits = code.iter().take_while(|byte| byte.is_ascii_digit()).count();
    let after = code.get(digits..).unwrap_or_default();
    digits > 0 && (after.is_empty() || after == b" (restarting)")
}

/// The text of an exit.
pub(super) const EXITED: &[u8] = b" exited with code ";

/// Compose's warnings about its file and project: `WARN[0000] …`, or with 2>&1
/// `time="…" level=warning msg="…"`, which other programs write too, so the text must be known.
pub(super) fn is_warning(line: &[u8]) -> bool {
    if let Some(rest) = line.strip_prefix(b"WARN[") {
        return rest.iter().take(4).all(u8::is_ascii_digit) && rest.get(4) == Some(&b']');
    }
    line.starts_with(b"time=\"")
        && memmem::find(line, b"\" level=warning msg=\"").is_some()
        && KNOWN_WARNINGS.iter().any(|known| memmem::find(line, known).is_some())
}

const KNOWN_WARNINGS: [&[u8]; 5] = [
    b".yml: ",
    b".yaml: ",
    b"variable is not set. Defaulting to a blank string",
    b"Found orphan containers",
    b"`version` is obsolete",
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes_of_both_versions() {
        let read = |line: &str| {
            prefix(line.as_bytes()).map(|prefix| {
                let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
                (text(prefix.name), prefix.blanks, text(prefix.rest))
            })
        };
        let is = |name: &str, blanks, rest: &str| Some((name.to_owned(), blanks, rest.to_owned()));
        assert_eq!(read("px_1            | a | b"), is("px_1", 12, "a | b"));
        assert_eq!(read("telemt  |  two"), is("telemt", 2, " two"));
        assert_eq!(read("px-1  |"), is("px-1", 2, ""));
        assert_eq!(read("web.a_b |x"), None);
        assert_eq!(read("px-1|"), None);
        assert_eq!(read("-px  | x"), None);
        assert_eq!(read("Елена  | x"), None);
        assert_eq!(read("a b  | x"), None);
    }

    #[test]
    fn notices_of_compose() {
        assert!(is_exit(b"proxy_mtprotoproxy_1 exited with code 137"));
        assert!(is_exit(b"px-1 exited with code 1 (restarting)"));
        assert!(!is_exit(b"px-1 exited with code 1, 2"));
        assert!(!is_exit(b"it has exited with code 1"));
        assert!(is_warning(b"WARN[0000] x: the attribute `version` is obsolete"));
        assert!(!is_warning(b"WARN[00000] x"));
        let warning = br#"time="2026-11-23T15:12:15Z" level=warning msg="/p/compose.yaml: x""#;
        assert!(is_warning(warning));
        assert!(!is_warning(br#"time="2026-11-23T15:12:15Z" level=warning msg="other""#));
        assert!(is_numbered(b"px-10") && is_numbered(b"px_1"));
        assert!(!is_numbered(b"px") && !is_numbered(b"1") && !is_numbered(b"px1"));
    }
}
