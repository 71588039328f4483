//! Other logs, parsed by a regular expression of the user's.

use regex::bytes::{CaptureLocations, Regex};

use super::{Emit, Outcome, ParseContext, bytes, parsed, redact};
use crate::error::Error;
use crate::net::{parse_ip, parse_peer};
use crate::stream::{Event, Kind, Text};
use crate::timestamp::Timestamp;

/// The row's `proxy` for such lines.
pub const NAME: &str = "pattern";
/// The groups with a meaning.
pub const GROUPS: [&str; 6] = ["ts", "user", "secret", "ip", "port", "event"];

/// Words for events in logs.
const WORDS: &[(&str, Kind)] = &[
    ("connected", Kind::Connect),
    ("accepted", Kind::Connect),
    ("accept", Kind::Connect),
    ("open", Kind::Connect),
    ("opened", Kind::Connect),
    ("login", Kind::Connect),
    ("auth", Kind::Connect),
    ("disconnected", Kind::Disconnect),
    ("close", Kind::Disconnect),
    ("closed", Kind::Disconnect),
    ("logout", Kind::Disconnect),
    ("end", Kind::Disconnect),
    ("rejected", Kind::Reject),
    ("refused", Kind::Reject),
    ("denied", Kind::Reject),
    ("failed", Kind::Reject),
];
/// Seconds since 1970 have ten digits until 2286; milliseconds thirteen.
const SECONDS_DIGITS: usize = 10;

#[derive(Debug)]
pub struct RegexParser {
    regex: Regex,
    found: CaptureLocations,
    /// The number of each group of [`GROUPS`], where the pattern has it.
    groups: [Option<usize>; 6],
}

impl RegexParser {
    /// Compiles the regular expression.
    ///
    /// # Errors
    /// What is wrong with it, in one line.
    pub fn new(text: &str) -> Result<Self, String> {
        let regex = Regex::new(text).map_err(|error| {
            let text = error.to_string();
            let last = text.lines().last().unwrap_or_default();
            format!("invalid regular expression: {}", last.trim_start_matches("error: "))
        })?;
        let number = |name: &str| regex.capture_names().position(|group| group == Some(name));
        let groups = GROUPS.map(number);
        let unknown = regex.capture_names().flatten().find(|name| !GROUPS.contains(name));
        if let Some(name) = unknown {
            return Err(format!("invalid group '{name}' (expected {})", GROUPS.join(", ")));
        }
        if groups.iter().all(Option::is_none) {
            let example = r"(?P<ts>\S+) (?P<user>\S+) (?P<ip>\S+)";
            return Err(format!("no named group (expected one like {example})"));
        }
        let found = regex.capture_locations();
        Ok(Self { regex, found, groups })
    }

    /// Parses a line.
    ///
    /// # Errors
    /// Those of `emit`.
    pub fn parse(
        &mut self,
        line: &[u8],
        context: &ParseContext<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        let Self { regex, found, groups } = self;
        if regex.captures_read(found, line).is_none() {
            return Ok(Outcome::Unrecognized);
        }
        let [ts, user, secret, ip, port, event] = groups.map(|group| {
            let (from, to) = found.get(group?)?;
            line.get(from..to)
        });
        let kind = match event.map(kind) {
            None => Kind::Connect,
            Some(Some(kind)) => kind,
            Some(None) => return Ok(Outcome::Ignored),
        };
        let owner = secret.map(|secret| context.secrets.user(secret));
        let mut event = Event::new(kind, NAME);
        event.ts = match ts.map(|ts| moment(ts, context)) {
            Some(None) => return Ok(Outcome::Malformed("invalid ts")),
            Some(at) => at,
            None => None,
        };
        event.user = match (user, &owner) {
            (Some(user), _) => Some(redact::masked(user)),
            (None, Some(owner)) => Some(Text::Borrowed(owner)),
            (None, None) => None,
        };
        if let Some(ip) = ip {
            let peer = parse_ip(ip).map(|ip| (ip, None));
            let peer = peer.or_else(|| parse_peer(ip).map(|(ip, port)| (ip, Some(port))));
            let Some((ip, port)) = peer else { return Ok(Outcome::Malformed("invalid ip")) };
            event.ip = Some(ip);
            event.port = port;
        }
        if let Some(port) = port {
            let Some(port) = bytes::parse_u64(port).and_then(|port| u16::try_from(port).ok())
            else {
                return Ok(Outcome::Malformed("invalid port"));
            };
            event.port = Some(port);
        }
        parsed(event, emit)
    }
}

/// The kind of event that a word means.
fn kind(word: &[u8]) -> Option<Kind> {
    let word = std::str::from_utf8(word).ok()?.to_ascii_lowercase();
    let known = WORDS.iter().find(|(name, _)| *name == word).map(|(_, kind)| *kind);
    Kind::read(&word).or(known)
}

/// RFC 3339, the same without a zone, or a number of seconds or milliseconds since 1970.
fn moment(text: &[u8], context: &ParseContext<'_>) -> Option<Timestamp> {
    if let Some((stamp, _)) = Timestamp::read(text) {
        return Some(stamp);
    }
    if let Some((civil, _)) = Timestamp::read_local(text) {
        return Some(context.local(civil));
    }
    let (whole, fraction) = bytes::split_once(text, ".").unwrap_or((text, b""));
    let number = bytes::parse_i64(whole)?;
    if whole.len() > SECONDS_DIGITS {
        return Some(Timestamp(number));
    }
    let ms = fraction.get(..3).map_or(Some(0), bytes::parse_i64)?;
    Some(Timestamp(number.checked_mul(1000)?.checked_add(ms)?))
}
