//! Records of Docker's json-file and of `journalctl -o json`.

use super::format::{Frame, FrameFormat};
use super::stripped_line::prints_containers;
use crate::json::{self, Fields, Value};
use crate::timestamp::Timestamp;

/// The text of a message that journalctl left out. It is in no log format, so it is counted as
/// not recognised.
const LEFT_OUT: &[u8] = b"[journalctl left this message out: it needs --all]";

/// A record, its message decoded.
#[derive(Clone, Copy, Debug)]
pub(super) struct LogRecord<'l> {
    /// `rest` is empty: the message is in the buffer.
    pub(super) frame: Frame<'l>,
    /// Which of a container's streams it is from.
    pub(super) stream: &'l [u8],
    /// A container's engine wrote the record.
    pub(super) is_container: bool,
    /// A program that prints the lines of containers wrote it.
    pub(super) has_names: bool,
    /// The line goes on in the stream's next record.
    pub(super) is_partial: bool,
}

/// Reads either kind of record; the first key decides which it may be.
pub(super) fn read<'l>(line: &'l [u8], into: &mut Vec<u8>) -> Option<LogRecord<'l>> {
    match Fields::of(line)?.first_key()? {
        b"log" | b"stream" | b"attrs" | b"time" => json_file(line, into),
        b"message" => collected(line, into),
        [b'_' | b'A'..=b'Z', ..] => journal(line, into),
        _ => None,
    }
}

/// `{"log":"LINE\n","stream":"stdout","attrs":{"tag":"px"},"time":"2026-…Z"}`. A piece of a
/// longer line has no `\n`.
fn json_file<'l>(line: &'l [u8], into: &mut Vec<u8>) -> Option<LogRecord<'l>> {
    let (mut log, mut stream, mut ts, mut source) = (None, None, None, None);
    let mut fields = Fields::of(line)?;
    for (key, value) in fields.by_ref() {
        match (key, value, value.raw()) {
            (b"log", _, Some(text)) => log = Some(text),
            (b"stream", _, Some(text)) => stream = Some(text),
            (b"time", _, Some(text)) => ts = Timestamp::read(text).map(|(stamp, _)| stamp),
            (b"attrs", Value::Other(attrs), _) => source = label(attrs),
            _ => {}
        }
    }
    (fields.is_whole() && (stream.is_some() || ts.is_some())).then_some(())?;
    unescape(log?, into)?;
    let is_partial = !into.ends_with(b"\n");
    if !is_partial {
        into.pop();
    }
    let frame = Frame { ts, source, ..Frame::new(FrameFormat::JsonFile, b"") };
    let (stream, is_container) = (stream.unwrap_or_default(), source.is_some());
    Some(LogRecord { frame, stream, is_container, has_names: false, is_partial })
}

/// A record of a tool that follows several programs: `stern --output json` with the pod's name,
/// `pm2 logs --json` with the application's.
fn collected<'l>(line: &'l [u8], into: &mut Vec<u8>) -> Option<LogRecord<'l>> {
    let (mut message, mut ts, mut pod, mut app) = (None, None, None, None);
    let mut fields = Fields::of(line)?;
    for (key, value) in fields.by_ref() {
        match (key, value.raw()) {
            (b"message", Some(text)) => message = Some(text),
            (b"timestamp", Some(text)) => ts = Timestamp::read(text).map(|(ts, _)| ts),
            (b"podName", _) => pod = value.plain(),
            (b"app_name", _) => app = value.plain(),
            _ => {}
        }
    }
    fields.is_whole().then_some(())?;
    let (format, source) = match (pod, app) {
        (Some(pod), _) => (FrameFormat::SternJson, pod),
        (None, Some(app)) => (FrameFormat::Pm2Json, app),
        (None, None) => return None,
    };
    unescape(message?, into)?;
    if into.last() == Some(&b'\n') {
        into.pop();
    }
    let frame = Frame { ts, source: Some(source), ..Frame::new(format, b"") };
    Some(LogRecord { frame, stream: b"", is_container: true, has_names: false, is_partial: false })
}

/// The container's name, where the daemon writes one: the `tag` or Compose's label.
fn label(attrs: &[u8]) -> Option<&[u8]> {
    let named = |name: &[u8]| {
        let mut fields = Fields::of(attrs)?;
        fields.find(|(key, _)| *key == name).and_then(|(_, value)| value.plain())
    };
    named(b"tag").or_else(|| named(b"com.docker.compose.service"))
}

/// Journald's fields: all of them, in any order, as strings; a message with an escape byte as an
/// array of byte numbers, one that is too long as `null`.
fn journal<'l>(line: &'l [u8], into: &mut Vec<u8>) -> Option<LogRecord<'l>> {
    let (mut message, mut ts) = (None, None);
    let mut names: [Option<&[u8]>; NAMES.len()] = [None; NAMES.len()];
    let (mut stream, mut is_partial): (&[u8], _) = (b"", false);
    let mut fields = Fields::of(line)?;
    for (key, value) in fields.by_ref() {
        match key {
            b"MESSAGE" => message = Some(value),
            b"__REALTIME_TIMESTAMP" => ts = value.plain().and_then(micros),
            b"_STREAM_ID" | b"PRIORITY" if stream.is_empty() || key == b"_STREAM_ID" => {
                stream = value.plain().unwrap_or_default();
            }
            b"CONTAINER_PARTIAL_MESSAGE" => is_partial |= value == Value::Plain(b"true"),
            b"_LINE_BREAK" => is_partial |= value == Value::Plain(b"line-max"),
            _ => {
                let at = NAMES.iter().position(|name| *name == key);
                if let Some(name) = at.and_then(|at| names.get_mut(at)) {
                    *name = value.plain();
                }
            }
        }
    }
    (fields.is_whole() && ts.is_some()).then_some(())?;
    match message? {
        Value::Plain(text) | Value::Escaped(text) => unescape(text, into)?,
        Value::Other(b"null") => {
            into.clear();
            into.extend_from_slice(LEFT_OUT);
        }
        Value::Other(array) => bytes(array, into)?,
        Value::Number(_) => return None,
    }
    let is_container = names.first().is_some_and(Option::is_some);
    let has_names = names.iter().flatten().any(|name| prints_containers(name));
    let source = names.into_iter().flatten().next();
    let source = source.map(|name| name.strip_suffix(b".service").unwrap_or(name));
    let frame = Frame { ts, source, ..Frame::new(FrameFormat::JournalJson, b"") };
    Some(LogRecord { frame, stream, is_container, has_names, is_partial })
}

/// The fields with the name of the program, the most specific first.
const NAMES: [&[u8]; 5] =
    [b"CONTAINER_NAME", b"_SYSTEMD_USER_UNIT", b"_SYSTEMD_UNIT", b"SYSLOG_IDENTIFIER", b"_COMM"];

/// Writes a message without its escapes. `None` for what no encoder writes: bad escapes, and a
/// blank as `\u0020`. A client's bytes that the proxy printed hold no blanks, and so a forged
/// record cannot add any.
fn unescape(text: &[u8], into: &mut Vec<u8>) -> Option<()> {
    json::unescape_if(text, into, |char| char != ' ')
}

/// Microseconds since 1970.
fn micros(text: &[u8]) -> Option<Timestamp> {
    let micros: i64 = std::str::from_utf8(text).ok()?.parse().ok()?;
    Timestamp::from_ms(micros.div_euclid(1000))
}

/// Reads `[27,91,50,109]`. The journal writes only a message with unprintable bytes like this; an
/// array without them does not come from it.
fn bytes(array: &[u8], into: &mut Vec<u8>) -> Option<()> {
    into.clear();
    let inside = array.strip_prefix(b"[")?.strip_suffix(b"]")?;
    for number in inside.split(|byte| *byte == b',') {
        let number = std::str::from_utf8(number.trim_ascii()).ok()?;
        into.push(number.parse().ok()?);
    }
    into.iter().any(|byte| !(0x20..0x7f).contains(byte)).then_some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(line: &str) -> Option<(String, Option<String>, Option<String>, bool)> {
        let mut out = Vec::new();
        let record = read(line.as_bytes(), &mut out)?;
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let (ts, source) = (record.frame.ts.map(Timestamp::text), record.frame.source.map(text));
        Some((text(&out), ts, source, record.is_partial))
    }

    #[test]
    fn records_of_docker() {
        let at = Some("2026-11-23T15:12:15.594Z".to_owned());
        let line =
            r#"{"log":"a\u0026b\n","stream":"stdout","time":"2026-11-23T15:12:15.59447559Z"}"#;
        assert_eq!(record(line), Some(("a&b".into(), at.clone(), None, false)));
        let line = r#"{"time":"2026-11-23T15:12:15.594Z","attrs":{"x":"1","tag":"px"},"log":"a"}"#;
        assert_eq!(record(line), Some(("a".into(), at, Some("px".into()), true)));
        for other in [
            r#"{"log":"a\n"}"#,
            r#"{"log":"mtp-access\u0020ev=connect","stream":"stdout"}"#,
            r#"{"log":"\\\u0020","stream":"stdout"}"#,
            r#"{"log":1,"stream":"stdout"}"#,
            r#"{"level":"info","log":"a","stream":"b"}"#,
            r#"{"log":"a\n","stream":"stdout"} and more"#,
        ] {
            assert_eq!(record(other), None, "{other}");
        }
    }

    #[test]
    fn records_of_journald() {
        let of = |message: &str| {
            let names = r#""_SYSTEMD_UNIT":"mtg@bob.service","SYSLOG_IDENTIFIER":"mtg""#;
            let line = format!(
                r#"{{"__REALTIME_TIMESTAMP":"1795448435162319",{names},"MESSAGE":{message}}}"#
            );
            record(&line).map(|(text, ts, source, _)| (text, ts.unwrap(), source.unwrap()))
        };
        let want = |text: &str| {
            Some((text.to_owned(), "2026-11-23T15:40:35.162Z".to_owned(), "mtg@bob".to_owned()))
        };
        assert_eq!(of(r#""hi \"you\"""#), want("hi \"you\""));
        assert_eq!(of("[27,91,49,109,104,105]"), want("\x1b[1mhi"));
        assert_eq!(of("null"), want("[journalctl left this message out: it needs --all]"));
        assert_eq!(of("[104,105]"), None);
        assert_eq!(of("[256]"), None);
        assert_eq!(record(r#"{"MESSAGE":"no time"}"#), None);
    }
}
