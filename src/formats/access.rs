//! The access log that `mtp-users access-log on` makes the unmodified mtprotoproxy print: the one
//! log that names user and address of every connection. The hot path of `mtp-parse`.
//!
//! Its fields stand in a fixed order. Keys that are not known are passed over, and there may be
//! more at the end; what is known must be whole, since a cut address is another one's address.

use memchr::memchr;

use super::{
    Dialect, Line, LogParser, Meaning, MessagePattern, Outcome, reason, redact, saying, scan,
};
use crate::json;
use crate::net::parse_ip;
use crate::stream::Event;
use crate::stream::Kind;
use crate::stream::Text;
use crate::timestamp::Timestamp;

/// What every line begins with.
const TAG: &[u8] = b"mtp-access ";
const NAME: &str = "access";

/// The dialect.
pub const DIALECT: Dialect = Dialect {
    name: NAME,
    also: &["mtp-access"],
    brief: "the access log that mtp-users adds to mtprotoproxy",
    logs: "every authenticated connection with user, address, port and mode, and its end with \
           duration, bytes and reason",
    unknown: "handshakes that fail leave no line",
    patterns: SAYINGS,
    listen: || Box::<Access>::default(),
};

const SAYINGS: &[MessagePattern] = &[
    saying(" ev=connect ", Meaning::Event(Kind::Connect)),
    saying(" ev=disconnect ", Meaning::Event(Kind::Disconnect)),
    saying(" ev=start ", Meaning::Event(Kind::Start)),
    saying("mtp-access is off: ", Meaning::Event(Kind::Note)),
];

/// The modes of a connection, as rows and lines name them.
const MODES: &[&str] = &["tls", "secure", "classic"];
/// How a connection ended.
const ENDS: &[&str] = &[reason::CLOSED, reason::LIMIT, reason::ABORTED, reason::NO_DC];

/// A listener; it only keeps room for names.
#[derive(Debug, Default)]
struct Access {
    name: String,
}

impl LogParser for Access {
    fn read(&mut self, line: &Line<'_>, told: &mut dyn FnMut(Event<'_>)) -> Outcome {
        let Some(rest) = line.text.strip_prefix(TAG) else { return Outcome::Unrecognized };
        let said = match rest.strip_prefix(b"is off: ") {
            Some(why) => {
                let mut event = Event::new(Kind::Note, NAME);
                event.text = Some(redact::masked(why));
                told(event);
                return Outcome::Parsed;
            }
            None => event(rest, &mut self.name),
        };
        match said {
            Ok(Some(event)) => {
                told(event);
                Outcome::Parsed
            }
            Ok(None) => Outcome::Ignored,
            Err(what) => Outcome::Malformed(what),
        }
    }
}

/// The event of a line, without its tag. `None`: an event of a later version.
fn event<'l>(text: &'l [u8], room: &'l mut String) -> Result<Option<Event<'l>>, &'static str> {
    let after = text.strip_prefix(b"ts=").ok_or("it does not begin with ts=")?;
    let (ts, taken) = Timestamp::read(after).ok_or("ts= is no time")?;
    let mut rest = after.get(taken..).unwrap_or_default();
    let kind = match field(&mut rest, b" ev=").ok_or("ev= is missing")? {
        b"connect" => Kind::Connect,
        b"disconnect" => Kind::Disconnect,
        b"start" => Kind::Start,
        _ => return Ok(None),
    };
    let mut event = Event::new(kind, NAME);
    event.ts = Some(ts);
    if kind == Kind::Start {
        event.id = Some(scan::text(field(&mut rest, b" boot=").ok_or("boot= is missing")?));
        field(&mut rest, b" pid=").and_then(scan::number).ok_or("pid= is no number")?;
        return Ok(Some(event));
    }
    event.id = Some(scan::text(field(&mut rest, b" id=").ok_or("id= is missing")?));
    event.user = Some(user(&mut rest, room)?);
    event.ip = match field(&mut rest, b" ip=").ok_or("ip= is missing")? {
        b"-" => None,
        ip => Some(parse_ip(ip).ok_or("ip= is no address")?),
    };
    let port = field(&mut rest, b" port=").and_then(scan::number);
    let port = port.and_then(|port| u16::try_from(port).ok()).ok_or("port= is no port")?;
    event.port = (port > 0).then_some(port);
    let mode = field(&mut rest, b" mode=").and_then(|mode| one_of(MODES, mode));
    event.mode = Some(Text::Borrowed(mode.ok_or("mode= is none of tls, secure, classic")?));
    if kind == Kind::Disconnect {
        let secs = field(&mut rest, b" secs=").and_then(milliseconds);
        event.lasted_ms = Some(secs.ok_or("secs= is no duration")?);
        let up = field(&mut rest, b" up=").and_then(scan::number);
        event.bytes_up = Some(up.ok_or("up= is no number")?);
        let down = field(&mut rest, b" down=").and_then(scan::number);
        event.bytes_down = Some(down.ok_or("down= is no number")?);
        let end = field(&mut rest, b" end=").and_then(|end| one_of(ENDS, end));
        event.reason = Some(Text::Borrowed(end.ok_or("end= is not known")?));
    }
    Ok(Some(event))
}

/// The value of a field, with what comes before it passed over. `name` has the space before it
/// and the equals sign behind.
#[inline]
fn field<'l, const N: usize>(rest: &mut &'l [u8], name: &[u8; N]) -> Option<&'l [u8]> {
    let after = match rest.strip_prefix(name) {
        Some(after) => after,
        None => later(rest, name)?,
    };
    let end = memchr(b' ', after).unwrap_or(after.len());
    *rest = after.get(end..)?;
    after.get(..end)
}

/// What follows the name of a field that is not the next one: a later version may have put others
/// between. Their values may be quoted, and then hold spaces.
#[cold]
fn later<'l>(text: &'l [u8], name: &[u8]) -> Option<&'l [u8]> {
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

/// The user's name: a JSON string, in `room` where it has escapes.
fn user<'l>(rest: &mut &'l [u8], room: &'l mut String) -> Result<Text<'l>, &'static str> {
    const WRONG: &str = "user= is no JSON string";
    let name = b" user=\"";
    let after = rest.strip_prefix(name).or_else(|| later(rest, name)).ok_or(WRONG)?;
    let end = memchr::memchr2(b'"', b'\\', after).ok_or(WRONG)?;
    if after.get(end) == Some(&b'"') {
        *rest = after.get(end + 1..).unwrap_or_default();
        return Ok(scan::text(after.get(..end).unwrap_or_default()));
    }
    let end = json::closing_quote(after).ok_or(WRONG)?;
    *rest = after.get(end + 1..).unwrap_or_default();
    json::unescape_text(after.get(..end).unwrap_or_default(), room).ok_or(WRONG)?;
    Ok(Text::Borrowed(room))
}

/// The table's own spelling of a word that is in it.
fn one_of(table: &[&'static str], word: &[u8]) -> Option<&'static str> {
    table.iter().copied().find(|known| known.as_bytes() == word)
}

/// `36.862` in milliseconds.
fn milliseconds(text: &[u8]) -> Option<u64> {
    let dot = memchr(b'.', text)?;
    let whole = scan::number(text.get(..dot)?)?;
    let fraction = text.get(dot + 1..)?;
    let thousandths = scan::number(fraction).filter(|_| fraction.len() == 3)?;
    whole.checked_mul(1000)?.checked_add(thousandths)
}
