//! mtproto.zig: every ten seconds the number of connections each user has open. Its lines have no
//! time. Versions before 0.20 name user and address of a connection; later ones no address.

use std::sync::LazyLock;

use super::bytes::PatternIndex;
use super::connection_table::ConnectionTable;
use super::{
    Dialect, Emit, LogParser, Meaning, MessagePattern, NO_CLIENT, Outcome, ParseContext, bytes,
    level, parsed, pattern, reason,
};
use crate::error::Error;
use crate::net::parse_peer;
use crate::stream::{Event, Kind, Text, Usage};

const NAME: &str = "zig";

pub const DIALECT: Dialect = Dialect {
    name: NAME,
    aliases: &["mtproto.zig"],
    brief: "mtproto.zig",
    logs: "how many connections each user has open, every ten seconds (as far as its list of \
           users is not cut at 1 KiB); before version 0.20 user, address and port of every \
           connection",
    unknown: "any address, from version 0.20 on; when, but for the framing's time",
    version: "0.20.1",
    levels: &[
        level("any level", [false; 4]),
        level("debug before 0.20", [true, true, true, false]),
    ],
    remedy: "",
    patterns: PATTERNS,
    new_parser: || Box::<ZigParser>::default(),
};

const IGNORED: Meaning = Meaning::Ignored(NO_CLIENT);

const PATTERNS: &[MessagePattern] = &[
    pattern("conn stats: ", Meaning::Event(Kind::Usage)),
    pattern("TLS auth OK: user=", Meaning::Event(Kind::Connect)),
    pattern("Relay ended: ", Meaning::Event(Kind::Disconnect)),
    pattern("Non-TLS connection, dropping.", Meaning::Rejected(reason::BAD_HANDSHAKE)),
    pattern("Relaying traffic", Meaning::Ignored("the line of the authentication names the user")),
    pattern("Pipelined ", Meaning::Ignored("the line of the authentication names the user")),
    pattern("Masking active: ", Meaning::Ignored("a client that is passed on to the masking site")),
    pattern("drops: ", IGNORED),
    pattern("closing: ", IGNORED),
    pattern("proxy · zig edition · ", IGNORED),
    pattern("─── LINKS ", IGNORED),
    pattern("tg://proxy?server=", IGNORED),
    pattern("t.me/proxy?server=", IGNORED),
    pattern("Waiting for ", IGNORED),
];

static INDEX: LazyLock<PatternIndex> = LazyLock::new(|| PatternIndex::of(PATTERNS));

#[derive(Debug, Default)]
struct ZigParser {
    /// Users of open connections, by peer.
    open: ConnectionTable<String>,
    /// The banner of the start, with names and secrets, is not over.
    in_banner: bool,
    is_certain: bool,
}

impl LogParser for ZigParser {
    fn parse(
        &mut self,
        line: &[u8],
        _context: &ParseContext<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        let Some((scope, message)) = shape(line) else {
            let is_banner = self.is_banner(line);
            return Ok(if is_banner { Outcome::Ignored } else { Outcome::Unrecognized });
        };
        self.in_banner = false;
        self.is_certain |= scope == b"proxy";
        if let Some(stats) = message.strip_prefix(b"conn stats: ") {
            return statistics(stats, emit);
        }
        match with_peer(message) {
            Some((peer, text)) => self.parse_with_peer(peer, text, emit),
            None => Ok(Outcome::Ignored),
        }
    }

    fn continues(&mut self, line: &[u8]) -> bool {
        self.in_banner && line.starts_with(b"      ")
    }

    fn is_certain(&self) -> bool {
        self.is_certain
    }

    fn evicted(&self) -> u64 {
        self.open.evicted
    }
}

impl ZigParser {
    /// A line of the banner that can be recognised by itself.
    fn is_banner(&mut self, line: &[u8]) -> bool {
        let inside = line.trim_ascii();
        let begins = |words: &str| inside.starts_with(words.as_bytes());
        let is_indented = line.starts_with(b"  ");
        let is_art = is_indented && matches!(inside, [b'_' | b'|', ..]) && inside.contains(&b'|');
        let is_known = is_indented
            && (begins("───")
                || begins("●")
                || begins("tg://proxy?server=")
                || begins("t.me/proxy?server=")
                || begins("proxy · zig edition · ")
                || begins("__  __ _____ ____ "));
        if is_indented && begins("⏳ ") {
            self.in_banner = false;
            return true;
        }
        self.in_banner |= is_known || is_art;
        is_known || is_art
    }

    /// `TLS auth OK: user=alice` and other messages about a client.
    fn parse_with_peer(
        &mut self,
        peer: &[u8],
        text: &[u8],
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        let meaning = INDEX.match_prefix(text);
        let Some((Meaning::Event(_) | Meaning::Rejected(_), rest)) = meaning else {
            return Ok(Outcome::Ignored);
        };
        let Some((ip, port)) = parse_peer(peer) else {
            return Ok(Outcome::Malformed("invalid peer"));
        };
        let at_peer = |kind: Kind| {
            let mut event = Event::new(kind, NAME);
            event.ip = Some(ip);
            event.port = Some(port);
            event
        };
        match meaning.map(|(meaning, _)| meaning) {
            Some(Meaning::Event(Kind::Connect)) => {
                let user = bytes::to_text(rest);
                self.open.insert(peer, user.clone().into_owned());
                parsed(Event { user: Some(user), ..at_peer(Kind::Connect) }, emit)
            }
            Some(Meaning::Event(Kind::Disconnect)) => match self.open.remove(peer) {
                // Begun before this log, or never authenticated.
                None => Ok(Outcome::Ignored),
                Some(user) => {
                    let user = Some(Text::Owned(user));
                    parsed(Event { user, ..at_peer(Kind::Disconnect) }, emit)
                }
            },
            Some(Meaning::Rejected(reason)) => {
                parsed(at_peer(Kind::Reject).with_reason(reason), emit)
            }
            _ => Ok(Outcome::Ignored),
        }
    }
}

/// `active=32/512 … users{dmitry=4,limited=6}`
fn statistics(stats: &[u8], emit: &mut Emit<'_>) -> Result<Outcome, Error> {
    let Some((_, mut rest)) = bytes::split_once(stats, " users{") else {
        return Ok(Outcome::Ignored);
    };
    while let Some((name, current, after)) = entry(rest) {
        let mut event = Event::new(Kind::Usage, NAME);
        event.user = Some(bytes::to_text(name));
        event.usage = Some(Usage { connects: None, current, megabytes: None, messages: None });
        emit(event)?;
        rest = after;
    }
    Ok(Outcome::Parsed)
}

/// `[7] (203.0.113.7:62857) TEXT`: peer and text.
fn with_peer(message: &[u8]) -> Option<(&[u8], &[u8])> {
    let (number, rest) = bytes::split_once(message.strip_prefix(b"[")?, "] (")?;
    bytes::parse_u64(number)?;
    bytes::split_once(rest, ") ")
}

/// `info(proxy): MESSAGE`: scope and message.
fn shape(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (level, rest) = bytes::split_once(text, "(")?;
    let (scope, message) = bytes::split_once(rest, "): ")?;
    let is_scope = scope.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let is_level = matches!(level, b"info" | b"warning" | b"error" | b"debug");
    (is_level && is_scope).then_some((scope, message))
}

/// `alice=4,…` or `alice=4}`: the name, the number, and what follows. A name may have commas and
/// equals signs. The last entry of a list that was cut is incomplete and not read.
fn entry(list: &[u8]) -> Option<(&[u8], i64, &[u8])> {
    let mut at = 0;
    loop {
        at += memchr::memchr(b'=', list.get(at..)?)? + 1;
        let after = list.get(at..)?;
        let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let end = after.get(digits);
        if digits > 0 && matches!(end, Some(b',' | b'}')) {
            let number = bytes::parse_i64(after.get(..digits)?)?;
            return Some((list.get(..at - 1)?, number, after.get(digits + 1..)?));
        }
    }
}
