//! An event and its row. The reader and the writer are written by hand: events are most of a stream.

use std::borrow::Cow;
use std::net::IpAddr;
use std::str::FromStr;

use super::written_row;
use crate::json::{Fields, RowWriter, Value};
use crate::net::parse_ip;
use crate::timestamp::Timestamp;

/// The start of a line that mtp-logs writes where lines may be missing: a note for mtp-parse.
pub const GAP_PREFIX: &str = "mtp-logs found a gap: ";

/// Text from a log: borrowed from the line wherever the line is valid UTF-8.
pub type Text<'l> = Cow<'l, str>;

/// The kinds of event, each with a line that one comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// `mtp-access … ev=connect …`
    Connect,
    /// `mtp-access … ev=disconnect …`
    Disconnect,
    /// `MTProto replay attack detected peer=…`
    Reject,
    /// The counters of a user: `alice: 3 connects (3 current), 0.01 MB, 22 msgs`
    Usage,
    /// An address without a user: a line under `New IPs:`
    Seen,
    /// The proxy started, and its older connections are gone: `mtp-access … ev=start …`
    Start,
    /// The proxy reloaded its configuration: `Config reloaded`
    Reload,
    /// Anything else worth keeping.
    Note,
}

impl Kind {
    pub const ALL: [Self; 8] = [
        Self::Connect,
        Self::Disconnect,
        Self::Reject,
        Self::Usage,
        Self::Seen,
        Self::Start,
        Self::Reload,
        Self::Note,
    ];

    /// The row's `type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Disconnect => "disconnect",
            Self::Reject => "reject",
            Self::Usage => "usage",
            Self::Seen => "seen",
            Self::Start => "start",
            Self::Reload => "reload",
            Self::Note => "note",
        }
    }

    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// The origin of a row's time, if it is not the line's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeFrom {
    /// The framing of Docker, journald or syslog.
    Frame,
    /// The line before of the same source: the line itself has none.
    Previous,
    /// This machine's clock when the line arrived.
    Arrival,
}

impl TimeFrom {
    pub fn name(self) -> &'static str {
        match self {
            Self::Frame => "frame",
            Self::Previous => "previous",
            Self::Arrival => "arrival",
        }
    }

    pub fn read(name: &str) -> Option<Self> {
        [Self::Frame, Self::Previous, Self::Arrival].into_iter().find(|from| from.name() == name)
    }
}

/// One event at a proxy. `None` is unknown.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'l> {
    pub kind: Kind,
    pub ts: Option<Timestamp>,
    /// The user whose secret it was.
    pub user: Option<Text<'l>>,
    /// The client's address; IPv4-mapped IPv6 is IPv4.
    pub ip: Option<IpAddr>,
    pub port: Option<u16>,
    /// `classic`, `secure` or `tls`.
    pub mode: Option<Text<'l>>,
    /// Joins the rows of one connection.
    pub id: Option<Text<'l>>,
    /// How long the connection lasted, in milliseconds; the row has seconds.
    pub lasted_ms: Option<u64>,
    /// Bytes from the client.
    pub bytes_up: Option<u64>,
    /// Bytes to the client.
    pub bytes_down: Option<u64>,
    /// Why it ended or was rejected: `closed`, `bad-handshake`, `replay`, …
    pub reason: Option<Text<'l>>,
    /// The number of occurrences, where a line sums up.
    pub count: Option<u64>,
    pub usage: Option<Usage>,
    /// The text of a note.
    pub text: Option<Text<'l>>,
    /// The name of the log format.
    pub proxy: Text<'l>,
    /// The container, service or host the line is from.
    pub source: Option<Text<'l>>,
    pub ts_from: Option<TimeFrom>,
    pub logged: Logged<'l>,
}

/// Time and address as they stand in the log, where a row has the same text: they are copied there,
/// and not written again. Two events that differ in nothing else are the same.
#[derive(Clone, Copy, Debug, Default)]
pub struct Logged<'l> {
    pub ts: Option<&'l [u8]>,
    pub ip: Option<&'l [u8]>,
}

impl PartialEq for Logged<'_> {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

/// Counters of one user in a statistics block, since the proxy started.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    pub connects: Option<u64>,
    /// Open connections; the proxy's counter drifts, below zero too.
    pub current: i64,
    /// Megabytes (10^6 bytes), both ways.
    pub megabytes: Option<f64>,
    pub messages: Option<u64>,
}

impl<'l> Event<'l> {
    pub const fn new(kind: Kind, proxy: &'static str) -> Self {
        Self {
            kind,
            ts: None,
            user: None,
            ip: None,
            port: None,
            mode: None,
            id: None,
            lasted_ms: None,
            bytes_up: None,
            bytes_down: None,
            reason: None,
            count: None,
            usage: None,
            text: None,
            proxy: Cow::Borrowed(proxy),
            source: None,
            ts_from: None,
            logged: Logged { ts: None, ip: None },
        }
    }

    #[must_use]
    pub fn with_reason(mut self, reason: &'l str) -> Self {
        self.reason = Some(Cow::Borrowed(reason));
        self
    }
}

/// Defines each key once: its name, and how it stands in a row.
macro_rules! keys {
    ($($key:ident = $name:literal;)+) => {
        /// The names of the keys of an event's row.
        pub mod key {
            pub const TYPE: &str = "type";
            $(pub const $key: &str = $name;)+
        }

        /// The keys, to be written.
        mod written {
            use crate::json::{Key, key};
            $(pub(super) const $key: Key = key!($name);)+
        }
    };
}

keys! {
    TS = "ts";
    USER = "user";
    IP = "ip";
    PORT = "port";
    MODE = "mode";
    ID = "id";
    SECONDS = "seconds";
    BYTES_UP = "bytes_up";
    BYTES_DOWN = "bytes_down";
    REASON = "reason";
    COUNT = "count";
    CONNECTS = "connects";
    CURRENT = "current";
    MEGABYTES = "megabytes";
    MESSAGES = "messages";
    TEXT = "text";
    PROXY = "proxy";
    SOURCE = "source";
    TS_FROM = "ts_from";
}

impl<'l> Event<'l> {
    /// Writes the event as one row.
    pub fn write(&self, out: &mut Vec<u8>) {
        let mut row = RowWriter::new(out, self.kind.name());
        match (self.logged.ts, self.ts) {
            (Some(text), _) => row.plain(written::TS, text),
            (None, Some(ts)) => row.stamp(written::TS, ts),
            (None, None) => {}
        }
        row.opt_str(written::USER, self.user.as_deref());
        match (self.logged.ip, self.ip) {
            (Some(text), _) => row.plain(written::IP, text),
            (None, Some(ip)) => row.ip(written::IP, ip),
            (None, None) => {}
        }
        row.opt_number(written::PORT, self.port);
        row.opt_str(written::MODE, self.mode.as_deref());
        row.opt_str(written::ID, self.id.as_deref());
        if let Some(ms) = self.lasted_ms {
            row.millis(written::SECONDS, ms);
        }
        row.opt_number(written::BYTES_UP, self.bytes_up);
        row.opt_number(written::BYTES_DOWN, self.bytes_down);
        row.opt_str(written::REASON, self.reason.as_deref());
        row.opt_number(written::COUNT, self.count);
        if let Some(usage) = self.usage {
            row.opt_number(written::CONNECTS, usage.connects);
            row.number(written::CURRENT, usage.current);
            if let Some(megabytes) = usage.megabytes {
                row.float(written::MEGABYTES, megabytes);
            }
            row.opt_number(written::MESSAGES, usage.messages);
        }
        row.opt_str(written::TEXT, self.text.as_deref());
        row.text(written::PROXY, &self.proxy);
        row.opt_str(written::SOURCE, self.source.as_deref());
        row.opt_str(written::TS_FROM, self.ts_from.map(TimeFrom::name));
        row.end();
    }

    /// Reads a row. `None`: not JSON, not an event, or a value of the wrong type. A time or address
    /// that cannot be read is unknown; other keys are ignored.
    pub fn read(row: &'l [u8]) -> Option<Self> {
        // Once for all strings of the row.
        let row = std::str::from_utf8(row).ok()?;
        written_row::read(row).or_else(|| Self::read_any(row))
    }

    /// Reads a row of any layout.
    pub(super) fn read_any(row: &'l str) -> Option<Self> {
        let mut fields = Fields::of(row)?;
        let mut event = Event::new(Kind::Note, "");
        let (mut kind, mut current) = (None, None);
        let mut usage = Usage { connects: None, current: 0, megabytes: None, messages: None };
        for (key, value) in fields.by_ref() {
            if value == Value::Other("null") {
                continue;
            }
            match key {
                key::TYPE => kind = Some(Kind::read(&value.to_str()?)?),
                key::TS => {
                    event.ts = Timestamp::read(value.to_str()?.as_bytes()).map(|(ts, _)| ts);
                }
                key::USER => event.user = Some(value.to_str()?),
                key::IP => event.ip = parse_ip(value.to_str()?.as_bytes()),
                key::PORT => event.port = Some(number(value)?),
                key::MODE => event.mode = Some(value.to_str()?),
                key::ID => event.id = Some(value.to_str()?),
                key::PROXY => event.proxy = value.to_str()?,
                key::SOURCE => event.source = Some(value.to_str()?),
                key::SECONDS => event.lasted_ms = Some(milliseconds(value)?),
                key::BYTES_UP => event.bytes_up = Some(number(value)?),
                key::BYTES_DOWN => event.bytes_down = Some(number(value)?),
                key::REASON => event.reason = Some(value.to_str()?),
                key::COUNT => event.count = Some(number(value)?),
                key::CONNECTS => usage.connects = Some(number(value)?),
                key::CURRENT => current = Some(number(value)?),
                key::MEGABYTES => usage.megabytes = Some(float(value)?),
                key::MESSAGES => usage.messages = Some(number(value)?),
                key::TEXT => event.text = Some(value.to_str()?),
                key::TS_FROM => event.ts_from = TimeFrom::read(&value.to_str()?),
                _ => {}
            }
        }
        event.kind = kind.filter(|_| fields.is_whole())?;
        event.usage = current.map(|current| Usage { current, ..usage });
        Some(event)
    }
}

fn number<N: FromStr>(value: Value<&str>) -> Option<N> {
    value.number()?.parse().ok()
}

fn float(value: Value<&str>) -> Option<f64> {
    number(value).filter(|number: &f64| number.is_finite())
}

/// Digits before the point of a number whose thousandths are exact.
const WHOLE_DIGITS_MAX: usize = 12;

/// Seconds as milliseconds: `36.862` as it stands, other numbers by their nearest value.
fn milliseconds(value: Value<&str>) -> Option<u64> {
    let text = value.number()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let is_exact = whole.len() <= WHOLE_DIGITS_MAX && fraction.len() <= 3;
    let digits = || {
        let zeros = "000".get(fraction.len()..)?.bytes();
        whole.bytes().chain(fraction.bytes()).chain(zeros).try_fold(0, |sum: u64, byte| {
            byte.is_ascii_digit().then(|| sum * 10 + u64::from(byte - b'0'))
        })
    };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
    let nearest = |seconds: f64| (seconds * 1000.0).round() as u64;
    if is_exact { digits() } else { None }.or_else(|| float(value).map(nearest))
}

#[cfg(test)]
mod tests {
    use serde_json::Value as Json;

    use super::*;

    fn full() -> Event<'static> {
        let mut event = Event::new(Kind::Disconnect, "access");
        event.ts = Some(Timestamp(1_795_448_472_020));
        event.user = Some("max \"p\" \u{1b}[2J Елена\n".into());
        event.ip = "2001:db8::1".parse().ok();
        event.port = Some(35441);
        event.mode = Some("tls".into());
        event.id = Some("ebf4a3-1".into());
        event.lasted_ms = Some(36_862);
        event.bytes_up = Some(0);
        event.bytes_down = Some(u64::MAX);
        event.reason = Some("closed".into());
        event.count = Some(3);
        event.usage =
            Some(Usage { connects: Some(2), current: -1, megabytes: Some(0.5), messages: Some(1) });
        event.text = Some("a note".into());
        event.source = Some("px-1".into());
        event.ts_from = Some(TimeFrom::Frame);
        event
    }

    /// `serde_json` reads every key with the value it was written with, and so does [`Event::read`].
    #[test]
    fn a_written_row_is_read_back() {
        let event = full();
        let mut row = Vec::new();
        event.write(&mut row);
        assert_eq!(Event::read(&row), Some(event.clone()));
        let json: Json = serde_json::from_slice(&row).unwrap();
        assert_eq!(json[key::USER], event.user.as_deref().unwrap());
        assert_eq!(json[key::SECONDS], 36.862);
        assert_eq!(json[key::CURRENT], -1);
        assert_eq!(json.as_object().map(serde_json::Map::len), Some(20));
        let mut least = Vec::new();
        Event::new(Kind::Start, "mtg").write(&mut least);
        assert_eq!(least, b"{\"type\":\"start\",\"proxy\":\"mtg\"}\n");
        assert_eq!(Event::read(&least), Some(Event::new(Kind::Start, "mtg")));
    }

    /// Text without escapes is borrowed from the row: no allocation for most rows.
    #[test]
    fn plain_text_is_borrowed() {
        let row = "{\"type\":\"connect\",\"user\":\"Елена\",\"id\":\"a\\u0041\"}";
        let event = Event::read(row.as_bytes()).unwrap();
        assert!(matches!(event.user, Some(Cow::Borrowed("Елена"))));
        assert!(matches!(event.id, Some(Cow::Owned(id)) if id == "aA"));
    }

    #[test]
    fn rows_that_are_not_events() {
        let is_event = |row: &str| Event::read(row.as_bytes()).is_some();
        for row in [
            r#"{"type":"connect"}"#,
            r#" { "port" : 1 , "type" : "connect", "new" : {"x":[1]}, "user" : null } "#,
            r#"{"type":"connect","ip":"nowhere","ts":"soon","ts_from":"dream"}"#,
            r#"{"type":"connect","seconds":1}"#,
        ] {
            assert!(is_event(row), "{row}");
        }
        for row in [
            r#"{"type":"summary","user":"a"}"#,
            r#"{"user":"a"}"#,
            r#"{"type":"connect","port":70000}"#,
            r#"{"type":"connect","port":"1"}"#,
            r#"{"type":"connect","port":-}"#,
            r#"{"type":"connect","port":1}x"#,
            r#"{"type":"connect","ip":5}"#,
            r#"{"type":"connect","count":1.5}"#,
            r#"{"type":"connect","seconds":1e999}"#,
            r#"{"type":"connect",}"#,
            r#"{"type":"connect" "port":1}"#,
            "[1,2]",
            "{}",
            "",
        ] {
            assert!(!is_event(row), "{row}");
        }
        assert!(Event::read(b"{\"type\":\"connect\",\"user\":\"\xff\"}").is_none());
    }
}
