//! Terminal escapes: colours and line clearing (CSI sequences), and the carriage returns at a
//! line's end. They stand before, inside and after every framing.

use memchr::{memchr, memchr_iter, memmem};

const ESC: u8 = 0x1b;

/// Without the carriage returns at its end.
pub(super) fn without_returns(mut line: &[u8]) -> &[u8] {
    while let [rest @ .., b'\r'] = line {
        line = rest;
    }
    line
}

/// Whether there is anything for [`strip`] to do.
pub(super) fn has_escape(line: &[u8]) -> bool {
    memchr(ESC, line).is_some()
}

/// Copies the line without its CSI sequences. One that is not finished is not a sequence and stays.
pub(super) fn strip(line: &[u8], into: &mut Vec<u8>) {
    into.clear();
    let mut begin = 0;
    for at in memchr_iter(ESC, line) {
        if let Some(taken) = line.get(at..).and_then(csi) {
            into.extend_from_slice(line.get(begin..at).unwrap_or_default());
            begin = at + taken;
        }
    }
    into.extend_from_slice(line.get(begin..).unwrap_or_default());
}

/// The same in place, for a line that has been copied already.
pub(super) fn strip_in_place(line: &mut Vec<u8>) {
    let (mut kept, mut at) = (0, 0);
    while let Some(rest) = line.get(at..).filter(|rest| !rest.is_empty()) {
        let text = memchr(ESC, rest).unwrap_or(rest.len());
        let (keep, skip) = match rest.get(text..).and_then(csi) {
            Some(taken) => (text, taken),
            None => (rest.len().min(text + 1), 0),
        };
        line.copy_within(at..at + keep, kept);
        kept += keep;
        at += keep + skip;
    }
    line.truncate(kept);
}

/// Whether a line begins with a colour, line clearing aside.
pub(super) fn begins_coloured(line: &[u8]) -> bool {
    let line = line.strip_prefix(b"\x1b[2K").unwrap_or(line);
    csi(line).and_then(|end| line.get(end - 1)) == Some(&b'm')
}

/// How many bytes the CSI sequence at the start takes: `ESC [`, parameters, intermediates, final.
pub(super) fn csi(text: &[u8]) -> Option<usize> {
    csi_body(text.strip_prefix(b"\x1b[")?).map(|body| 2 + body)
}

/// The same for what follows the `[`.
pub(super) fn csi_body(body: &[u8]) -> Option<usize> {
    let end = body.iter().position(|byte| !(0x20..=0x3f).contains(byte))?;
    let is_final = (0x40..=0x7e).contains(body.get(end)?);
    is_final.then_some(end + 1)
}

/// rsyslog writes the escape byte as `#033`; only before a colour can that be nothing else.
pub(super) fn has_octal_escape(text: &[u8]) -> bool {
    memchr(b'#', text).is_some() && memmem::find(text, OCTAL_ESCAPE).is_some()
        || text.ends_with(OCTAL_RETURN)
}

const OCTAL_ESCAPE: &[u8] = b"#033[";
const OCTAL_RETURN: &[u8] = b"#015";

/// Copies a message without the colours and line ends that rsyslog made readable.
pub(super) fn strip_octal(text: &[u8], into: &mut Vec<u8>) {
    into.clear();
    let mut rest = text;
    while let Some(end) = rest.strip_suffix(OCTAL_RETURN) {
        rest = end;
    }
    while let Some(at) = memmem::find(rest, OCTAL_ESCAPE) {
        into.extend_from_slice(rest.get(..at).unwrap_or_default());
        let sequence = rest.get(at + OCTAL_ESCAPE.len()..).unwrap_or_default();
        let end = csi_body(sequence);
        if end.is_none() {
            into.extend_from_slice(OCTAL_ESCAPE);
        }
        rest = sequence.get(end.unwrap_or(0)..).unwrap_or_default();
    }
    into.extend_from_slice(rest);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sequences_go_and_all_else_stays() {
        let clean = |line: &str| {
            let mut out = Vec::new();
            strip(line.as_bytes(), &mut out);
            let mut in_place = line.as_bytes().to_vec();
            strip_in_place(&mut in_place);
            assert_eq!(in_place, out);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(clean("\x1b[2K\x1b[36mpx-1  | \x1b[0mhi"), "px-1  | hi");
        assert_eq!(clean("\x1b[38;5;208mwarm\x1b[m"), "warm");
        assert_eq!(clean("a\x1b"), "a\x1b");
        assert_eq!(clean("a\x1b[3"), "a\x1b[3");
        assert_eq!(clean("a\x1b[3\u{7f}b"), "a\x1b[3\u{7f}b");
        assert_eq!(clean("\x1b\x1b[1mx"), "\x1bx");
        let octal = |line: &str| {
            let mut out = Vec::new();
            has_octal_escape(line.as_bytes()).then(|| strip_octal(line.as_bytes(), &mut out))?;
            String::from_utf8(out).ok()
        };
        assert_eq!(octal("#033[36mwarm#033[0m#015").as_deref(), Some("warm"));
        assert_eq!(octal("#033[3"), Some("#033[3".to_owned()));
        assert_eq!(octal("ticket #033 and #015."), None);
        assert_eq!(without_returns(b"crlf\r\r"), b"crlf");
        assert_eq!(without_returns(b"a\rb"), b"a\rb");
    }
}
