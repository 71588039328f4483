//! mtg (9seconds): JSON lines of version 2, and of version 1 with `-v`. One secret a process, so
//! the user is the container's or service's name.
//!
//! Version 2 tells of a stream before it is authenticated. It was, once a line of the same stream
//! has `"dc"`; that line comes at its end, and only then can the row of its beginning leave.

use std::net::IpAddr;

use super::connection_table::ConnectionTable;
use super::{Dialect, Line, LogParser, Meaning, MessagePattern, Outcome, reason, saying, scan};
use crate::json::{Fields, Value};
use crate::net::parse_ip;
use crate::net::parse_peer;
use crate::stream::Event;
use crate::stream::Kind;
use crate::stream::Text;
use crate::timestamp::Timestamp;

const NAME: &str = "mtg";

/// The dialect.
pub const DIALECT: Dialect = Dialect {
    name: NAME,
    also: &["mtg-v2", "mtg-v1"],
    brief: "mtg, versions 2 (debug = true) and 1 (-v)",
    logs: "every stream with address, and whether it was authenticated; the user is the name of \
           the container or service without mtg- and -1, or --source",
    unknown: "the port (version 2); that a stream was authenticated, before it ends (version 2): \
              the row of its beginning leaves then",
    patterns: SAYINGS,
    listen: || Box::<Mtg>::default(),
};

const SAYINGS: &[MessagePattern] = &[
    saying("Stream has been started", Meaning::Context),
    saying("Stream has been finished", Meaning::Event(Kind::Disconnect)),
    saying("replay attack has been detected!", Meaning::Rejected(reason::REPLAY)),
    saying("ip was blacklisted", Meaning::Rejected(reason::DENIED)),
    saying("ip was rejected by allowlist", Meaning::Rejected(reason::DENIED)),
    saying("connection was concurrency limited", Meaning::Rejected(reason::LIMIT)),
    saying("Client connected", Meaning::Event(Kind::Connect)),
    saying("Client disconnected", Meaning::Event(Kind::Disconnect)),
    saying("Cannot perform client handshake", Meaning::Rejected(reason::BAD_HANDSHAKE)),
];

/// A listener.
#[derive(Debug, Default)]
struct Mtg {
    streams: ConnectionTable<Stream>,
    /// The pretty-printed JSON that version 1 begins with is not over: how deep it is.
    depth: usize,
}

/// A stream that has begun.
#[derive(Debug)]
struct Stream {
    ip: Option<IpAddr>,
    since: Timestamp,
    /// Its beginning was told.
    is_told: bool,
}

/// The fields that matter, as written.
#[derive(Debug, Default)]
struct Said<'l> {
    id: Option<&'l [u8]>,
    ip: Option<&'l [u8]>,
    addr: Option<&'l [u8]>,
    message: &'l [u8],
    ts: Option<Timestamp>,
    has_dc: bool,
}

impl LogParser for Mtg {
    fn read(&mut self, line: &Line<'_>, told: &mut dyn FnMut(Event<'_>)) -> Outcome {
        if line.text == b"{" && self.depth == 0 {
            self.depth = 1; // whether it is ours, the next lines tell
            return Outcome::Unrecognized;
        }
        if !line.text.starts_with(b"{\"level\":\"") {
            return Outcome::Unrecognized;
        }
        let Some(said) = said(line.text) else { return Outcome::Malformed("its JSON is cut") };
        let Some(ts) = said.ts else { return Outcome::Malformed("its time is missing") };
        let means = SAYINGS.iter().find(|saying| said.message == saying.words.as_bytes());
        match (means.map(|saying| saying.means), said.id) {
            (Some(Meaning::Context), Some(id)) => {
                let Some(ip) = said.ip.and_then(parse_ip) else {
                    return Outcome::Malformed("client-ip is no address");
                };
                self.streams.open(id, Stream { ip: Some(ip), since: ts, is_told: false });
                Outcome::Ignored
            }
            (Some(Meaning::Event(Kind::Connect)), Some(id)) => {
                self.connected(&said, id, line, told)
            }
            (Some(Meaning::Event(_)), Some(id)) if said.message.starts_with(b"Client") => {
                self.ended(&said, id, true, line, told)
            }
            (Some(Meaning::Event(_)), Some(id)) => self.ended(&said, id, said.has_dc, line, told),
            (Some(Meaning::Rejected(why)), id) => {
                let mut event = Event::new(Kind::Reject, NAME).with_reason(why);
                event.ts = Some(ts);
                event.ip = said.ip.and_then(parse_ip);
                event.id = id.map(scan::text);
                told(event);
                Outcome::Parsed
            }
            (_, Some(id)) if said.has_dc && self.authenticated(id, line, told) => Outcome::Parsed,
            _ => Outcome::Ignored,
        }
    }

    fn continues(&mut self, text: &[u8]) -> bool {
        pretty(&mut self.depth, text)
    }

    fn forgotten(&self) -> u64 {
        self.streams.forgotten
    }
}

impl Mtg {
    /// Tells of the beginning of a stream that is now known to be a user's, if that is due.
    fn authenticated(
        &mut self,
        id: &[u8],
        line: &Line<'_>,
        told: &mut dyn FnMut(Event<'_>),
    ) -> bool {
        let Some(stream) = self.streams.of(id).filter(|stream| !stream.is_told) else {
            return false;
        };
        stream.is_told = true;
        let mut event = Event::new(Kind::Connect, NAME);
        event.ts = Some(stream.since);
        event.user = line.owner.map(Text::Borrowed);
        event.ip = stream.ip;
        event.id = Some(scan::text(id));
        told(event);
        true
    }

    /// Version 1: told after authentication, with its port.
    fn connected(
        &mut self,
        said: &Said<'_>,
        id: &[u8],
        line: &Line<'_>,
        told: &mut dyn FnMut(Event<'_>),
    ) -> Outcome {
        let (Some((ip, port)), Some(since)) = (said.addr.and_then(parse_peer), said.ts) else {
            return Outcome::Malformed("addr is no address");
        };
        self.streams.open(id, Stream { ip: Some(ip), since, is_told: true });
        let mut event = Event::new(Kind::Connect, NAME);
        event.ts = Some(since);
        event.user = line.owner.map(Text::Borrowed);
        event.ip = Some(ip);
        event.port = Some(port);
        event.id = Some(scan::text(id));
        told(event);
        Outcome::Parsed
    }

    /// The end of a stream: of a user's, or of one that never authenticated.
    fn ended(
        &mut self,
        said: &Said<'_>,
        id: &[u8],
        is_users: bool,
        line: &Line<'_>,
        told: &mut dyn FnMut(Event<'_>),
    ) -> Outcome {
        if is_users {
            self.authenticated(id, line, told);
        }
        let stream = self.streams.close(id);
        let peer = said.addr.and_then(parse_peer);
        let kind = if is_users { Kind::Disconnect } else { Kind::Reject };
        let mut event = Event::new(kind, NAME);
        event.ts = said.ts;
        event.ip = peer.map(|peer| peer.0).or_else(|| said.ip.and_then(parse_ip));
        event.port = peer.map(|peer| peer.1);
        event.id = Some(scan::text(id));
        if is_users {
            event.user = line.owner.map(Text::Borrowed);
            event.lasted_ms = stream
                .zip(said.ts)
                .and_then(|(stream, end)| u64::try_from(end.0 - stream.since.0).ok());
        } else {
            event.reason = Some(Text::Borrowed(reason::BAD_HANDSHAKE));
        }
        told(event);
        Outcome::Parsed
    }
}

/// The fields of a line of either version. `None`: the line is not whole.
fn said(text: &[u8]) -> Option<Said<'_>> {
    let mut said = Said::default();
    let mut fields = Fields::of(text)?;
    for (key, value) in fields.by_ref() {
        match key {
            b"stream-id" | b"connection_id" => said.id = raw(value),
            b"client-ip" | b"ip" => said.ip = raw(value),
            b"addr" => said.addr = raw(value),
            b"message" | b"msg" => said.message = raw(value).unwrap_or_default(),
            b"timestamp" => said.ts = number(value).and_then(scan::signed).map(Timestamp),
            b"ts" => said.ts = number(value).and_then(seconds),
            b"dc" => said.has_dc = true,
            _ => {}
        }
    }
    fields.is_whole().then_some(said)
}

/// A string as it stands between its quotes.
fn raw(value: Value<'_>) -> Option<&[u8]> {
    match value {
        Value::Text(text) => Some(text),
        Value::Number(_) | Value::Other(_) => None,
    }
}

fn number(value: Value<'_>) -> Option<&[u8]> {
    match value {
        Value::Number(number) => Some(number),
        Value::Text(_) | Value::Other(_) => None,
    }
}

/// `1795139977.5627`, as milliseconds.
fn seconds(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = scan::signed(whole.as_bytes())?;
    let mut ms = 0;
    for (digit, weight) in fraction.bytes().zip([100, 10, 1]) {
        ms += i64::from(char::from(digit).to_digit(10)?) * weight;
    }
    whole.checked_mul(1000)?.checked_add(ms).map(Timestamp)
}

/// The start of version 1 prints its links as JSON over many lines: follows its braces. Nothing
/// else may stand in it.
fn pretty(depth: &mut usize, text: &[u8]) -> bool {
    let trimmed = text.trim_ascii();
    let is_part = *depth > 0
        && (text == b"{"
            || trimmed == b"}"
            || trimmed == b"},"
            || (text.starts_with(b"  ") && trimmed.starts_with(b"\"")));
    if !is_part {
        *depth = 0;
        return false;
    }
    if trimmed.ends_with(b"{") && text != b"{" {
        *depth += 1;
    } else if trimmed.starts_with(b"}") {
        *depth -= 1;
    }
    true
}
