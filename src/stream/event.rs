//! An event as one JSON line, and back: field names are written once, here.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::Deserialize;

use super::scan::{self, Value};
use super::{Event, Kind, TimeFrom, Timestamp, Usage};
use crate::json::Row;

/// Writes the event as one line.
pub fn write(event: &Event<'_>, out: &mut Vec<u8>) {
    let mut row = Row::new(out, event.kind.name());
    if let Some(ts) = event.ts {
        row.stamp("ts", ts);
    }
    row.opt_str("user", event.user.as_deref());
    if let Some(ip) = event.ip {
        row.ip("ip", ip);
    }
    row.opt_number("port", event.port);
    row.opt_str("mode", event.mode.as_deref());
    row.opt_str("id", event.id.as_deref());
    if let Some(ms) = event.lasted_ms {
        row.millis("seconds", ms);
    }
    row.opt_number("bytes_up", event.bytes_up);
    row.opt_number("bytes_down", event.bytes_down);
    row.opt_str("reason", event.reason.as_deref());
    row.opt_number("count", event.count);
    if let Some(usage) = event.usage {
        row.opt_number("connects", usage.connects);
        row.number("current", usage.current);
        if let Some(megabytes) = usage.megabytes {
            row.float("megabytes", megabytes);
        }
        row.opt_number("messages", usage.messages);
    }
    row.opt_str("text", event.text.as_deref());
    row.word("proxy", event.proxy);
    row.opt_str("source", event.source.as_deref());
    row.opt_str("ts_from", event.ts_from.map(TimeFrom::name));
    row.end();
}

/// The keys whose values are numbers: text there is for the general reader to refuse.
const NUMBERS: [&str; 10] = [
    "port",
    "seconds",
    "bytes_up",
    "bytes_down",
    "count",
    "connects",
    "current",
    "megabytes",
    "messages",
    "not_recognised",
];

/// A row of any tool, as far as events go; keys that are not known are passed over.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Record<'l> {
    /// `connect`, `summary`, `sample`, …
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'l, str>,
    /// As in [`Event`], as text.
    #[serde(borrow)]
    pub ts: Option<Cow<'l, str>>,
    /// As in [`Event`].
    #[serde(borrow)]
    pub user: Option<Cow<'l, str>>,
    /// As in [`Event`], as text.
    #[serde(borrow)]
    pub ip: Option<Cow<'l, str>>,
    /// As in [`Event`].
    pub port: Option<u16>,
    /// As in [`Event`].
    #[serde(borrow)]
    pub mode: Option<Cow<'l, str>>,
    /// As in [`Event`].
    #[serde(borrow)]
    pub id: Option<Cow<'l, str>>,
    /// As in [`Event`].
    pub seconds: Option<f64>,
    /// As in [`Event`].
    pub bytes_up: Option<u64>,
    /// As in [`Event`].
    pub bytes_down: Option<u64>,
    /// As in [`Event`].
    #[serde(borrow)]
    pub reason: Option<Cow<'l, str>>,
    /// As in [`Event`].
    pub count: Option<u64>,
    /// As in [`Usage`].
    pub connects: Option<u64>,
    /// As in [`Usage`].
    pub current: Option<i64>,
    /// As in [`Usage`].
    pub megabytes: Option<f64>,
    /// As in [`Usage`].
    pub messages: Option<u64>,
    /// As in [`Event`].
    #[serde(borrow)]
    pub text: Option<Cow<'l, str>>,
    /// As in [`Event`].
    #[serde(borrow)]
    pub proxy: Option<Cow<'l, str>>,
    /// As in [`Event`].
    #[serde(borrow)]
    pub source: Option<Cow<'l, str>>,
    /// As in [`Event`], as text.
    #[serde(borrow)]
    pub ts_from: Option<Cow<'l, str>>,
    /// Of a `meta` row of mtp-parse: lines that were not recognised.
    pub not_recognised: Option<u64>,
    /// Of a `meta` row of mtp-parse: lines that were understood.
    pub understood: Option<u64>,
    /// The tool a `meta` row is from.
    #[serde(borrow)]
    pub tool: Option<Cow<'l, str>>,
}

impl<'l> Record<'l> {
    /// Reads a line. `None`: it is no JSON object of ours.
    pub fn read(line: &'l [u8]) -> Option<Self> {
        Self::read_plain(line).or_else(|| serde_json::from_slice(line).ok())
    }

    /// Reads a plain row; see [`scan`].
    fn read_plain(line: &'l [u8]) -> Option<Self> {
        let mut record = Self::default();
        scan::fields(line, |key, value| {
            match value {
                Value::Text(text) => {
                    if let Some(place) = record.text_of(key) {
                        *place = Some(Cow::Borrowed(text));
                    } else if key == "type" {
                        record.kind = Cow::Borrowed(text);
                    } else if NUMBERS.contains(&key) {
                        return None;
                    }
                }
                Value::Number(number) => record.set_number(key, number)?,
            }
            Some(())
        })?;
        Some(record)
    }

    /// Where the text of this key goes.
    fn text_of(&mut self, key: &str) -> Option<&mut Option<Cow<'l, str>>> {
        Some(match key {
            "ts" => &mut self.ts,
            "user" => &mut self.user,
            "ip" => &mut self.ip,
            "mode" => &mut self.mode,
            "id" => &mut self.id,
            "reason" => &mut self.reason,
            "text" => &mut self.text,
            "proxy" => &mut self.proxy,
            "source" => &mut self.source,
            "ts_from" => &mut self.ts_from,
            "tool" => &mut self.tool,
            _ => return None,
        })
    }

    /// Takes a number. `None`: this key takes none, or not this one.
    fn set_number(&mut self, key: &str, number: &str) -> Option<()> {
        match key {
            "port" => self.port = Some(number.parse().ok()?),
            "seconds" => self.seconds = Some(number.parse().ok()?),
            "bytes_up" => self.bytes_up = Some(number.parse().ok()?),
            "bytes_down" => self.bytes_down = Some(number.parse().ok()?),
            // Rarer ones, and those of others, are checked by the general reader.
            _ => return None,
        }
        Some(())
    }

    /// The moment, where there is one.
    pub fn stamp(&self) -> Option<Timestamp> {
        Timestamp::read(self.ts.as_deref()?.as_bytes()).map(|(stamp, _)| stamp)
    }

    /// The address, where there is one.
    pub fn address(&self) -> Option<IpAddr> {
        crate::net::parse_ip(self.ip.as_deref()?.as_bytes())
    }

    /// The event, if this is one. The proxy's name is kept only where it is one of ours.
    pub fn event(self, proxies: &[&'static str]) -> Option<Event<'l>> {
        let kind = Kind::read(&self.kind)?;
        let (ts, ip) = (self.stamp(), self.address());
        let named = proxies.iter().find(|name| Some(**name) == self.proxy.as_deref());
        Some(Event {
            kind,
            ts,
            user: self.user,
            ip,
            port: self.port,
            mode: self.mode,
            id: self.id,
            lasted_ms: self.seconds.map(milliseconds),
            bytes_up: self.bytes_up,
            bytes_down: self.bytes_down,
            reason: self.reason,
            count: self.count,
            usage: self.current.map(|current| Usage {
                connects: self.connects,
                current,
                megabytes: self.megabytes,
                messages: self.messages,
            }),
            text: self.text,
            proxy: named.copied().unwrap_or(""),
            source: self.source,
            ts_from: match self.ts_from.as_deref() {
                Some("frame") => Some(TimeFrom::Frame),
                Some("arrival") => Some(TimeFrom::Arrival),
                _ => None,
            },
        })
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn milliseconds(seconds: f64) -> u64 {
    (seconds * 1000.0).round() as u64
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_written_is_read_back() {
        let mut event = Event::new(Kind::Disconnect, "access");
        event.ts = Some(Timestamp(1_795_448_472_020));
        event.user = Some("max \"p\" \u{1b}[2J Елена\n".into());
        event.ip = "2001:db8::1".parse().ok();
        event.port = Some(35441);
        event.id = Some("ebf4a3-1".into());
        event.lasted_ms = Some(36_862);
        event.reason = Some("closed".into());
        event.usage =
            Some(Usage { connects: Some(2), current: -1, megabytes: Some(0.5), messages: Some(1) });
        event.ts_from = Some(TimeFrom::Frame);
        let mut line = Vec::new();
        write(&event, &mut line);
        assert!(line.is_ascii() || std::str::from_utf8(&line).is_ok());
        let back = Record::read(&line).and_then(|record| record.event(&["access"]));
        assert_eq!(back, Some(event));
    }

    /// The fast reader gives what the general one gives, or nothing.
    #[test]
    fn plain_rows_are_read_alike() {
        for row in [
            r#"{"type":"connect","ts":"2026-11-23T15:40:35.158Z","user":"a","ip":"::1","port":1}"#,
            r#"{"type":"disconnect","user":"Елена","seconds":1.5,"bytes_up":0,"id":"x","k":1}"#,
            r#"{"type":"connect","user":"a\"b"}"#,
            r#"{"type":"connect","port":70000}"#,
            r#"{"type":"connect","port":"1"}"#,
            r#"{"type":"connect","port":1}x"#,
            r#"{"type":"connect","port":-}"#,
            r#"{"type":"connect","ip":5}"#,
            r#"{"type":"connect",}"#,
            r#"{"type" : "connect"}"#,
            "{}",
            "",
        ] {
            let plain = Record::read_plain(row.as_bytes());
            let general = serde_json::from_str::<Record<'_>>(row).ok();
            if let Some(plain) = plain {
                assert_eq!(format!("{plain:?}"), format!("{:?}", general.unwrap()), "{row}");
            }
        }
    }

    #[test]
    fn rows_of_others_are_read_as_far_as_they_go() {
        let row = br#"{"type":"summary","user":"a","score":3,"ips":["::1"],"new":{"x":[1]}}"#;
        assert_eq!(Record::read(row).map(|row| row.kind.into_owned()).as_deref(), Some("summary"));
        assert!(Record::read(b"[1,2]").is_none());
        assert!(Record::read(b"{\"type\":\"connect\",\"port\":\"x\"}").is_none());
    }
}
