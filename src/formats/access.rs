//! The access log that `mtp-users access-log on` adds to mtprotoproxy: user and address of every
//! connection. The hot path of `mtp-parse`.
//!
//! Fields have a fixed order. Unknown ones are skipped; a known one must be complete, since a cut
//! address is a different address.

use memchr::memchr;

use super::{
    Dialect, Emit, LogParser, Meaning, MessagePattern, Outcome, ParseContext, bytes, level, parsed,
    pattern, reason, redact,
};
use crate::error::Error;
use crate::json;
use crate::net::parse_ip_text;
use crate::stream::{Event, Kind, Text};
use crate::timestamp::Timestamp;

/// The first word of every line.
const TAG: &[u8] = b"mtp-access ";
const NAME: &str = "access";

pub const DIALECT: Dialect = Dialect {
    name: NAME,
    aliases: &["mtp-access"],
    brief: "the access log that mtp-users adds to mtprotoproxy",
    logs: "every authenticated connection with user, address, port and mode, and its end with \
           duration, bytes and reason",
    unknown: "failed handshakes, which leave no line",
    version: "mtprotoproxy 1.0.8 to 1.1.1 and 0614c35",
    levels: &[level("any level", [true; 4])],
    remedy: "",
    patterns: PATTERNS,
    new_parser: || Box::<AccessParser>::default(),
};

const PATTERNS: &[MessagePattern] = &[
    pattern(" ev=connect ", Meaning::Event(Kind::Connect)),
    pattern(" ev=disconnect ", Meaning::Event(Kind::Disconnect)),
    pattern(" ev=start ", Meaning::Event(Kind::Start)),
    pattern("mtp-access is off: ", Meaning::Event(Kind::Note)),
];

const MODES: &[&str] = &["tls", "secure", "classic"];
const ENDS: &[&str] = &[reason::CLOSED, reason::LIMIT, reason::ABORTED, reason::NO_DC];

#[derive(Debug, Default)]
struct AccessParser {
    /// Reused for names with escapes.
    name: String,
    is_certain: bool,
}

impl LogParser for AccessParser {
    fn parse(
        &mut self,
        line: &[u8],
        _context: &ParseContext<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        let Some(rest) = line.strip_prefix(TAG) else { return Ok(Outcome::Unrecognized) };
        if let Some(cause) = rest.strip_prefix(b"is off: ") {
            let mut event = Event::new(Kind::Note, NAME);
            event.text = Some(redact::masked(cause));
            return parsed(event, emit);
        }
        match event(rest, &mut self.name) {
            Ok(Some(event)) => {
                self.is_certain = true;
                parsed(event, emit)
            }
            Ok(None) => Ok(Outcome::Ignored),
            Err(fault) => Ok(Outcome::Malformed(fault)),
        }
    }

    fn fork(&self) -> Option<Box<dyn LogParser>> {
        Some(Box::new(Self { name: String::new(), is_certain: self.is_certain }))
    }

    fn is_certain(&self) -> bool {
        self.is_certain
    }
}

/// The event of a line without its tag. `None`: an event of a later version.
fn event<'l>(text: &'l [u8], buffer: &'l mut String) -> Result<Option<Event<'l>>, &'static str> {
    let after = text.strip_prefix(b"ts=").ok_or("missing ts=")?;
    let (ts, taken) = Timestamp::read(after).ok_or("invalid ts=")?;
    let mut rest = after.get(taken..).unwrap_or_default();
    let kind = match field(&mut rest, b" ev=").ok_or("missing ev=")? {
        b"connect" => Kind::Connect,
        b"disconnect" => Kind::Disconnect,
        b"start" => Kind::Start,
        _ => return Ok(None),
    };
    let mut event = Event::new(kind, NAME);
    event.ts = Some(ts);
    event.logged.ts = after.get(..taken).filter(|text| Timestamp::is_written(text));
    if kind == Kind::Start {
        event.id = Some(bytes::to_text(field(&mut rest, b" boot=").ok_or("missing boot=")?));
        field(&mut rest, b" pid=").and_then(bytes::parse_u64).ok_or("invalid pid=")?;
        return Ok(Some(event));
    }
    event.id = Some(bytes::to_text(field(&mut rest, b" id=").ok_or("missing id=")?));
    event.user = Some(user(&mut rest, buffer)?);
    event.ip = match field(&mut rest, b" ip=").ok_or("missing ip=")? {
        b"-" => None,
        text => {
            let (ip, is_written) = parse_ip_text(text).ok_or("invalid ip=")?;
            event.logged.ip = is_written.then_some(text);
            Some(ip)
        }
    };
    let port = field(&mut rest, b" port=").and_then(bytes::parse_u64);
    let port = port.and_then(|port| u16::try_from(port).ok()).ok_or("invalid port=")?;
    event.port = (port > 0).then_some(port);
    let mode = field(&mut rest, b" mode=").and_then(|mode| one_of(MODES, mode));
    event.mode =
        Some(Text::Borrowed(mode.ok_or("invalid mode= (expected tls, secure or classic)")?));
    if kind == Kind::Disconnect {
        let secs = field(&mut rest, b" secs=").and_then(milliseconds);
        event.lasted_ms = Some(secs.ok_or("invalid secs=")?);
        let up = field(&mut rest, b" up=").and_then(bytes::parse_u64);
        event.bytes_up = Some(up.ok_or("invalid up=")?);
        let down = field(&mut rest, b" down=").and_then(bytes::parse_u64);
        event.bytes_down = Some(down.ok_or("invalid down=")?);
        let end = field(&mut rest, b" end=").and_then(|end| one_of(ENDS, end));
        event.reason = Some(Text::Borrowed(end.ok_or("unknown end=")?));
    }
    Ok(Some(event))
}

/// The value of the next field of this name, which includes the space before it and the equals
/// sign. Fields before it are skipped.
#[inline]
fn field<'l, const N: usize>(rest: &mut &'l [u8], name: &[u8; N]) -> Option<&'l [u8]> {
    let after = match rest.strip_prefix(name) {
        Some(after) => after,
        None => skip_to(rest, name)?,
    };
    let end = bytes::blank(after).unwrap_or(after.len());
    *rest = after.get(end..)?;
    after.get(..end)
}

/// Skips fields up to this one: a later version may have put others between. Their values may be
/// quoted, and then hold spaces.
#[cold]
fn skip_to<'l>(text: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
    let mut rest = text;
    loop {
        if let Some(after) = rest.strip_prefix(name) {
            return Some(after);
        }
        let value = memchr(b'=', rest)? + 1;
        rest = rest.get(value..)?;
        let end = match rest.strip_prefix(b"\"") {
            Some(quoted) => json::closing_quote(quoted)? + 2,
            None => memchr(b' ', rest)?,
        };
        rest = rest.get(end..)?;
    }
}

/// The user's name: a JSON string, unescaped into `buffer` where it has escapes.
fn user<'l>(rest: &mut &'l [u8], buffer: &'l mut String) -> Result<Text<'l>, &'static str> {
    const WRONG: &str = "invalid user= (expected a JSON string)";
    let name = b" user=\"";
    let after = rest.strip_prefix(name).or_else(|| skip_to(rest, name)).ok_or(WRONG)?;
    let end = after.iter().position(|byte| matches!(byte, b'"' | b'\\')).ok_or(WRONG)?;
    if after.get(end) == Some(&b'"') {
        *rest = after.get(end + 1..).unwrap_or_default();
        return Ok(bytes::to_text(after.get(..end).unwrap_or_default()));
    }
    let end = json::closing_quote(after).ok_or(WRONG)?;
    *rest = after.get(end + 1..).unwrap_or_default();
    json::unescape_text(after.get(..end).unwrap_or_default(), buffer).ok_or(WRONG)?;
    Ok(Text::Borrowed(buffer))
}

/// The entry of a table that is this word.
fn one_of(table: &[&'static str], word: &[u8]) -> Option<&'static str> {
    table.iter().copied().find(|known| known.as_bytes() == word)
}

/// `36.862` in milliseconds.
fn milliseconds(text: &[u8]) -> Option<u64> {
    let dot = memchr(b'.', text)?;
    let whole = bytes::parse_u64(text.get(..dot)?)?;
    let fraction = text.get(dot + 1..)?;
    let thousandths = bytes::parse_u64(fraction).filter(|_| fraction.len() == 3)?;
    whole.checked_mul(1000)?.checked_add(thousandths)
}
