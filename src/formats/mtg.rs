//! mtg (9seconds): JSON lines of version 2, of version 1 with `-v`, and of mtg-multi and
//! mtg-proxy. mtg has one secret a process, so the user is the container's or service's name; its
//! descendants name the user in `secret_name`.
//!
//! Version 2 prints the beginning of a stream before it is authenticated. It was authenticated
//! once a line of the same stream has `dc` or `secret_name`. That is mostly its last line, so the
//! event of the beginning is emitted then.

use std::net::IpAddr;

use super::connection_table::ConnectionTable;
use super::{
    Dialect, Emit, LogParser, Meaning, MessagePattern, Outcome, ParseContext, bytes, level, parsed,
    pattern, reason,
};
use crate::error::Error;
use crate::json::{Fields, unescape_text};
use crate::net::{parse_ip, parse_peer};
use crate::stream::{Event, Kind, Text};
use crate::timestamp::Timestamp;

const NAME: &str = "mtg";

pub const DIALECT: Dialect = Dialect {
    name: NAME,
    aliases: &["mtg-v2", "mtg-v1", "mtg-multi", "mtg-proxy"],
    brief: "mtg 2 and mtg-multi (debug = true), mtg 1 (-v)",
    logs: "every stream with address, and whether it was authenticated; the user of mtg-multi and \
           mtg-proxy; of mtg the user is the name of the container or service without mtg- and \
           -1, or --source",
    unknown: "the port (version 2); that a stream was authenticated, before it ends (version 2): \
              the row of its beginning leaves then",
    version: "mtg e5ce720, mtg-multi d45b8a1, mtg 1.0.12",
    levels: &[level("warn", [false; 4]), level("debug", [true, true, true, false])],
    remedy: "debug = true in its configuration, -v for version 1",
    patterns: PATTERNS,
    new_parser: || Box::<MtgParser>::default(),
};

const AT_END: Meaning = Meaning::Ignored("the line of the stream's end has the same fields");

const PATTERNS: &[MessagePattern] = &[
    pattern("Stream has been started", Meaning::Context),
    pattern("Stream has been finished", Meaning::Event(Kind::Disconnect)),
    pattern("replay attack has been detected!", Meaning::Rejected(reason::REPLAY)),
    pattern("ip was blacklisted", Meaning::Rejected(reason::DENIED)),
    pattern("ip was rejected by allowlist", Meaning::Rejected(reason::DENIED)),
    pattern("connection was concurrency limited", Meaning::Rejected(reason::LIMIT)),
    pattern("connection throttled", Meaning::Rejected(reason::LIMIT)),
    pattern(
        "connection denied by per-user limit; routing to fronting",
        Meaning::Rejected(reason::DENIED),
    ),
    pattern("Client connected", Meaning::Event(Kind::Connect)),
    pattern("Client disconnected", Meaning::Event(Kind::Disconnect)),
    pattern("Cannot perform client handshake", Meaning::Rejected(reason::BAD_HANDSHAKE)),
    // Not needed; each names a user or a client.
    pattern("client -> telegram has been finished", AT_END),
    pattern("telegram -> client has been finished", AT_END),
    pattern("cannot dial to telegram", AT_END),
    pattern("obfuscated handshake is failed", AT_END),
    pattern("cannot wrap into doppelganger connection", AT_END),
    pattern("unknown DC, fallbacks", AT_END),
    pattern("cannot route through middle proxy, using direct connection", AT_END),
    pattern("cannot set deadline", AT_END),
    pattern("cannot set handshake timeout", AT_END),
];

/// The values of `deny_reason`.
const DENY_REASONS: &[(&[u8], &str)] = &[
    (b"disabled", reason::DISABLED),
    (b"expired", reason::EXPIRED),
    (b"quota_exceeded", reason::QUOTA),
];

#[derive(Debug, Default)]
struct MtgParser {
    streams: ConnectionTable<MtgStream>,
    /// Reused for names with escapes.
    name: String,
    /// Open braces of the indented JSON that version 1 prints at its start.
    depth: usize,
    /// The first line of a configuration over two lines was read.
    is_in_configuration: bool,
    is_certain: bool,
    is_debug: bool,
}

#[derive(Debug)]
struct MtgStream {
    ip: Option<IpAddr>,
    since: Timestamp,
    /// The event of its beginning was emitted.
    is_emitted: bool,
}

/// The fields that are needed, as written.
#[derive(Debug, Default)]
struct LogFields<'l> {
    id: Option<&'l [u8]>,
    ip: Option<&'l [u8]>,
    addr: Option<&'l [u8]>,
    user: Option<&'l [u8]>,
    deny_reason: Option<&'l [u8]>,
    message: &'l [u8],
    logger: &'l [u8],
    ts: Option<Timestamp>,
    has_dc: bool,
}

impl LogParser for MtgParser {
    fn parse(
        &mut self,
        line: &[u8],
        context: &ParseContext<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        if line == b"{" && self.depth == 0 {
            self.depth = 1; // whether it is version 1's, the next lines show
            return Ok(Outcome::Unrecognized);
        }
        let is_after_first_line = std::mem::take(&mut self.is_in_configuration);
        if is_after_first_line && line.ends_with(b",\"message\":\"configuration\"}") {
            return Ok(Outcome::Ignored);
        }
        if !line.starts_with(b"{\"level\":\"") {
            return Ok(Outcome::Unrecognized);
        }
        let Some(fields) = LogFields::read(line) else {
            let is_configuration = line.starts_with(b"{\"level\":\"debug\",\"configuration\":{");
            self.is_in_configuration = is_configuration;
            return Ok(if is_configuration {
                Outcome::Ignored
            } else {
                Outcome::Malformed("incomplete JSON")
            });
        };
        let Some(ts) = fields.ts else { return Ok(Outcome::Malformed("missing timestamp")) };
        let mut name = std::mem::take(&mut self.name);
        let user = match fields.user {
            None => context.owner,
            Some(user) => unescape_text(user, &mut name).map(|()| name.as_str()),
        };
        let outcome = self.parse_fields(&fields, ts, user, emit);
        self.name = name;
        outcome
    }

    fn continues(&mut self, line: &[u8]) -> bool {
        continues_indented(&mut self.depth, line)
    }

    fn is_certain(&self) -> bool {
        self.is_certain
    }

    fn level(&self) -> Option<&'static str> {
        Some(if self.is_debug { "debug" } else { "warn" })
    }

    fn evicted(&self) -> u64 {
        self.streams.evicted
    }
}

impl MtgParser {
    fn parse_fields(
        &mut self,
        fields: &LogFields<'_>,
        ts: Timestamp,
        user: Option<&str>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        let pattern = PATTERNS.iter().find(|pattern| fields.message == pattern.words.as_bytes());
        // Other programs in Go log in the same form.
        self.is_certain |= pattern.is_some() || fields.logger.starts_with(b"proxy");
        self.is_debug |= pattern.is_some_and(|pattern| pattern.meaning == Meaning::Context);
        let is_authenticated = fields.has_dc || fields.user.is_some();
        match (pattern.map(|pattern| pattern.meaning), fields.id) {
            (Some(Meaning::Context), Some(id)) => {
                let Some(ip) = fields.ip.and_then(parse_ip) else {
                    return Ok(Outcome::Malformed("invalid client-ip"));
                };
                let stream = MtgStream { ip: Some(ip), since: ts, is_emitted: false };
                self.streams.insert(id, stream);
                Ok(Outcome::Ignored)
            }
            (Some(Meaning::Event(Kind::Connect)), Some(id)) => {
                self.connected(fields, id, ts, user, emit)
            }
            (Some(Meaning::Event(_)), Some(id)) => {
                let is_users = is_authenticated || fields.message.starts_with(b"Client");
                self.ended(fields, id, user.filter(|_| is_users), is_users, emit)
            }
            (Some(Meaning::Rejected(default)), id) => {
                let user = user.filter(|_| fields.user.is_some());
                if let Some(id) = id.filter(|_| user.is_some()) {
                    self.authenticated(id, user, Some(ts), emit)?;
                }
                let denied = DENY_REASONS.iter().find(|(name, _)| fields.deny_reason == Some(name));
                let reason = denied.map_or(default, |(_, reason)| reason);
                let mut event = Event::new(Kind::Reject, NAME).with_reason(reason);
                event.ts = Some(ts);
                event.user = user.map(Text::Borrowed);
                event.ip = fields.ip.and_then(parse_ip);
                event.id = id.map(bytes::to_text);
                parsed(event, emit)
            }
            (_, Some(id))
                if is_authenticated && self.authenticated(id, user, Some(ts), emit)? =>
            {
                Ok(Outcome::Parsed)
            }
            _ => Ok(Outcome::Ignored),
        }
    }

    /// Emits the beginning of a stream once it is authenticated, with the time since then; returns
    /// whether that was due.
    fn authenticated(
        &mut self,
        id: &[u8],
        user: Option<&str>,
        now: Option<Timestamp>,
        emit: &mut Emit<'_>,
    ) -> Result<bool, Error> {
        let Some(stream) = self.streams.get_mut(id).filter(|stream| !stream.is_emitted) else {
            return Ok(false);
        };
        stream.is_emitted = true;
        let mut event = Event::new(Kind::Connect, NAME);
        event.ts = Some(stream.since);
        let lasted = now.and_then(|now| u64::try_from(now.0 - stream.since.0).ok());
        event.lasted_ms = lasted.filter(|ms| *ms > 0);
        event.user = user.map(Text::Borrowed);
        event.ip = stream.ip;
        event.id = Some(bytes::to_text(id));
        emit(event)?;
        Ok(true)
    }

    /// `Client connected` of version 1: printed after authentication, with the port.
    fn connected(
        &mut self,
        fields: &LogFields<'_>,
        id: &[u8],
        since: Timestamp,
        user: Option<&str>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        let Some((ip, port)) = fields.addr.and_then(parse_peer) else {
            return Ok(Outcome::Malformed("invalid addr"));
        };
        self.streams.insert(id, MtgStream { ip: Some(ip), since, is_emitted: true });
        let mut event = Event::new(Kind::Connect, NAME);
        event.ts = Some(since);
        event.user = user.map(Text::Borrowed);
        event.ip = Some(ip);
        event.port = Some(port);
        event.id = Some(bytes::to_text(id));
        parsed(event, emit)
    }

    /// The end of a stream: of a user's, or of one that never authenticated.
    fn ended(
        &mut self,
        fields: &LogFields<'_>,
        id: &[u8],
        user: Option<&str>,
        is_users: bool,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        if is_users {
            self.authenticated(id, user, fields.ts, emit)?;
        }
        let stream = self.streams.remove(id);
        let peer = fields.addr.and_then(parse_peer);
        let kind = if is_users { Kind::Disconnect } else { Kind::Reject };
        let mut event = Event::new(kind, NAME);
        event.ts = fields.ts;
        event.ip = peer.map(|peer| peer.0).or_else(|| fields.ip.and_then(parse_ip));
        event.port = peer.map(|peer| peer.1);
        event.id = Some(bytes::to_text(id));
        if is_users {
            event.user = user.map(Text::Borrowed);
            event.lasted_ms = stream
                .zip(fields.ts)
                .and_then(|(stream, end)| u64::try_from(end.0.checked_sub(stream.since.0)?).ok());
        } else {
            event.reason = Some(Text::Borrowed(reason::BAD_HANDSHAKE));
        }
        parsed(event, emit)
    }
}

impl<'l> LogFields<'l> {
    /// Reads a line of either version. `None`: it is incomplete.
    fn read(text: &'l [u8]) -> Option<Self> {
        let mut read = Self::default();
        let mut fields = Fields::of(text)?;
        for (key, value) in fields.by_ref() {
            match key {
                b"stream-id" | b"connection_id" => read.id = value.raw(),
                b"client-ip" | b"ip" => read.ip = value.raw(),
                b"addr" => read.addr = value.raw(),
                b"secret_name" => read.user = value.raw(),
                b"deny_reason" => read.deny_reason = value.raw(),
                b"message" | b"msg" => read.message = value.raw().unwrap_or_default(),
                b"logger" => read.logger = value.raw().unwrap_or_default(),
                b"timestamp" => read.ts = value.number().and_then(bytes::parse_i64).map(Timestamp),
                b"ts" => read.ts = value.number().and_then(seconds),
                b"dc" => read.has_dc = true,
                _ => {}
            }
        }
        fields.is_whole().then_some(read)
    }
}

/// `1795139977.5627`, as milliseconds.
fn seconds(text: &[u8]) -> Option<Timestamp> {
    let text = std::str::from_utf8(text).ok()?;
    let (whole, fraction) = text.split_once('.').unwrap_or((text, ""));
    let whole = bytes::parse_i64(whole.as_bytes())?;
    let mut ms = 0;
    for (digit, weight) in fraction.bytes().zip([100, 10, 1]) {
        ms += i64::from(char::from(digit).to_digit(10)?) * weight;
    }
    whole.checked_mul(1000)?.checked_add(ms).map(Timestamp)
}

/// Follows the braces of the JSON over many lines in which version 1 prints its links.
fn continues_indented(depth: &mut usize, text: &[u8]) -> bool {
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
