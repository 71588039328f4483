//! `mtproto_proxy` (Erlang, seriyps): a header line and a message, in OTP's legacy form or on one
//! line; before February 2026 in lager's form. One secret a listener, so the user is the
//! listener's name.

use super::{
    Dialect, Emit, LogParser, Meaning, MessagePattern, NO_CLIENT, Outcome, ParseContext, bytes,
    level, parsed, pattern, reason,
};
use crate::error::Error;
use crate::net::{parse_ip, parse_peer};
use crate::stream::{Event, Kind, Text};
use crate::timestamp::Timestamp;

const NAME: &str = "seriyps";

pub const DIALECT: Dialect = Dialect {
    name: NAME,
    aliases: &["mtproto_proxy", "erlang"],
    brief: "mtproto_proxy (Erlang, by seriyps)",
    logs: "every connection with listener, address and port, before it is authenticated; \
           handshakes that fail, by address. Give each user a listener of his own: its name is \
           the row's user",
    unknown: "which connections were authenticated; their ends; the zone of its times",
    version: "154a8fb, and lager's form of 2023",
    levels: &[level("info", [true, true, false, false])],
    remedy: "",
    patterns: PATTERNS,
    new_parser: || Box::<SeriypsParser>::default(),
};

const IGNORED: Meaning = Meaning::Ignored(NO_CLIENT);
const BAD_HANDSHAKE: Meaning = Meaning::Rejected(reason::BAD_HANDSHAKE);

const PATTERNS: &[MessagePattern] = &[
    pattern(": new connection ", Meaning::Event(Kind::Connect)),
    pattern(": protocol_error unknown_protocol", BAD_HANDSHAKE),
    pattern(": protocol_error tls_invalid_digest", BAD_HANDSHAKE),
    pattern(": protocol_error replay_session_detected", Meaning::Rejected(reason::REPLAY)),
    // Printed after authentication.
    pattern(": protocol_error srv_error_filtered", Meaning::Rejected(reason::REPLAY)),
    pattern(": protocol_error policy_error", Meaning::Rejected(reason::LIMIT)),
    pattern(": protocol_error disabled_protocol", Meaning::Rejected(reason::DISABLED)),
    pattern(": protocol_error tls_no_sni", Meaning::Rejected(reason::UNKNOWN_SNI)),
    pattern(": protocol_error tls_bad_client_hello", BAD_HANDSHAKE),
    pattern("terminate normal", IGNORED),
    pattern("Proxy started on ", IGNORED),
    pattern("Links: ", IGNORED),
    pattern("https://t.me/proxy?", IGNORED),
    pattern("Erlang MTProto proxy by @seriyps", IGNORED),
    pattern("Stand with Ukraine!", IGNORED),
    pattern("+++++++++++++++++++++++++++++++++++++++", IGNORED),
];

const ERROR: &str = ": protocol_error ";
const MONTHS: [&[u8]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

#[derive(Debug, Default)]
struct SeriypsParser {
    report: Report,
    is_certain: bool,
}

/// The part of a report that the next line is in.
#[derive(Debug, Default)]
enum Report {
    /// Outside a report.
    #[default]
    None,
    /// Below the header, which gave this time.
    Header(Timestamp),
    /// Below the first line of the message.
    Message,
}

impl LogParser for SeriypsParser {
    fn parse(
        &mut self,
        line: &[u8],
        context: &ParseContext<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        if line.first() == Some(&b'=') {
            let Some(civil) = header(line) else { return Ok(Outcome::Unrecognized) };
            self.report = Report::Header(context.local(civil));
            return Ok(Outcome::Ignored);
        }
        if let Report::Header(ts) = self.report {
            let outcome = message(line, ts, emit)?;
            self.is_certain |= outcome == Outcome::Parsed;
            if outcome != Outcome::Unrecognized {
                self.report = Report::Message;
            }
            return Ok(outcome);
        }
        let one_line = formatted(line)
            .or_else(|| lager(line).map(|(civil, message)| (context.local(civil), message)));
        if let Some((ts, text)) = one_line {
            self.report = Report::Message;
            let outcome = message(text, ts, emit)?;
            self.is_certain |= outcome == Outcome::Parsed;
            let is_other = outcome == Outcome::Unrecognized;
            return Ok(if is_other { Outcome::Ignored } else { outcome });
        }
        let is_startup = PATTERNS.iter().any(|pattern| {
            pattern.meaning == IGNORED && line.starts_with(pattern.words.as_bytes())
        });
        let flag = memchr::memmem::find(line, b" Stand with Ukraine! ").is_some();
        Ok(if is_startup || flag { Outcome::Ignored } else { Outcome::Unrecognized })
    }

    fn is_certain(&self) -> bool {
        self.is_certain
    }

    /// The first line of a message; then lines that are indented, as Erlang prints its terms, or
    /// begin with the stars of a crash report.
    fn continues(&mut self, line: &[u8]) -> bool {
        match self.report {
            Report::None => false,
            Report::Header(_) => {
                self.report = Report::Message;
                true
            }
            Report::Message => {
                let is_inside = line.starts_with(b" ") || line.starts_with(b"**");
                if !is_inside {
                    self.report = Report::None;
                }
                is_inside
            }
        }
    }
}

/// `alice: new connection 127.0.0.2:43911`, `127.0.0.25: protocol_error TYPE <<206,…`
fn message(text: &[u8], ts: Timestamp, emit: &mut Emit<'_>) -> Result<Outcome, Error> {
    if let Some((listener, peer)) = bytes::rsplit_once(text, ": new connection ") {
        let Some((ip, port)) = parse_peer(peer) else {
            return Ok(Outcome::Malformed("invalid peer"));
        };
        let mut event = Event::new(Kind::Connect, NAME);
        event.ts = Some(ts);
        event.user = Some(bytes::to_text(listener));
        event.ip = Some(ip);
        event.port = Some(port);
        return parsed(event, emit);
    }
    let Some((ip, error)) = bytes::split_once(text, ERROR) else {
        return Ok(Outcome::Unrecognized);
    };
    let Some(ip) = parse_ip(ip) else { return Ok(Outcome::Malformed("invalid address")) };
    let kind = bytes::first_word(error).0;
    let pattern = PATTERNS.iter().find(|pattern| {
        pattern.words.strip_prefix(ERROR).is_some_and(|known| known.as_bytes() == kind)
    });
    let reason = match pattern.map(|pattern| pattern.meaning) {
        Some(Meaning::Rejected(reason)) => reason,
        _ => reason::BAD_HANDSHAKE,
    };
    let mut event = Event::new(Kind::Reject, NAME);
    event.ts = Some(ts);
    event.ip = Some(ip);
    event.reason = Some(Text::Borrowed(reason));
    parsed(event, emit)
}

/// `=INFO REPORT==== 23-Nov-2026::15:58:19.978158 ===`: its time, as if in UTC.
fn header(text: &[u8]) -> Option<Timestamp> {
    let (kind, rest) = bytes::split_once(text.strip_prefix(b"=")?, " REPORT==== ")?;
    let time = rest.strip_suffix(b" ===")?;
    let is_kind = !kind.is_empty() && kind.iter().all(u8::is_ascii_uppercase);
    let (date, time) = bytes::split_once(time, "::")?;
    let mut parts = date.split(|&byte| byte == b'-');
    let day = bytes::parse_u32(parts.next()?)?;
    let name = parts.next()?;
    let month = MONTHS.iter().zip(1..).find(|(known, _)| **known == name)?.1;
    let year = bytes::parse_i64(parts.next()?)?;
    let (hms, fraction) = bytes::split_once(time, ".").unwrap_or((time, b""));
    let mut parts = hms.split(|&byte| byte == b':').map(bytes::parse_u32);
    let (hour, minute, second) = (parts.next()??, parts.next()??, parts.next()??);
    let ms = bytes::parse_u32(fraction.get(..3).unwrap_or(b"0"))?;
    let stamp = Timestamp::civil((year, month, day), (hour, minute, second), ms)?;
    (is_kind && parts.next().is_none()).then_some(stamp)
}

/// `2026-11-23T15:58:19.978158+00:00 info: MESSAGE`, as OTP's own formatter writes.
fn formatted(text: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (ts, length) = Timestamp::read(text)?;
    let rest = text.get(length..)?.strip_prefix(b" ")?;
    ["info: ", "notice: ", "warning: ", "error: ", "debug: ", "critical: "]
        .iter()
        .find_map(|level| rest.strip_prefix(level.as_bytes()))
        .map(|message| (ts, message))
}

/// `2023-03-31 23:56:05.100 [info] <0.719.0>@mtp_handler:init:{86,6} MESSAGE`, as lager writes:
/// the time as if in UTC.
fn lager(text: &[u8]) -> Option<(Timestamp, &[u8])> {
    let (civil, length) = Timestamp::read_local(text)?;
    let rest = text.get(length..)?.strip_prefix(b" [")?;
    let (level, rest) = bytes::split_once(rest, "] <")?;
    let (process, message) = bytes::split_once(rest, " ")?;
    let is_level = !level.is_empty() && level.iter().all(u8::is_ascii_lowercase);
    let (pid, _) = bytes::split_once(process, ">")?;
    let is_pid = pid.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
    (is_level && is_pid).then_some((civil, message))
}
