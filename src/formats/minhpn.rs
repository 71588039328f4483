//! A time, an address, and a secret of 32 digits after the word user, secret, connected or auth:
//! the lines that `analyze_logs.py` looked for. No proxy prints them; patched ones do. Other
//! programs print such lines too, so this format is only read by `--dialect minhpn`.

use std::net::IpAddr;

use memchr::memmem;

use super::secret_index::DIGITS;
use super::{
    Dialect, Emit, LogParser, Meaning, MessagePattern, Outcome, ParseContext, level, parsed,
    pattern,
};
use crate::error::Error;
use crate::net::{parse_ip, parse_peer};
use crate::stream::{Event, Kind, Text};
use crate::timestamp::Timestamp;

const NAME: &str = "minhpn";

pub const DIALECT: Dialect = Dialect {
    name: NAME,
    aliases: &["seed"],
    brief: "lines with time, address and secret; only read with --dialect minhpn",
    logs: "a connection with address and secret; --users turns the secret into its user",
    unknown: "the port, unless it is written behind the address; how a connection ended",
    version: "no proxy",
    levels: &[level("any level", [true, true, false, false])],
    remedy: "",
    patterns: PATTERNS,
    new_parser: || Box::new(MinhpnParser),
};

const PATTERNS: &[MessagePattern] = &[
    pattern("user", Meaning::Event(Kind::Connect)),
    pattern("secret", Meaning::Event(Kind::Connect)),
    pattern("connected", Meaning::Event(Kind::Connect)),
    pattern("auth", Meaning::Event(Kind::Connect)),
];

/// Longer lines are not searched.
const LENGTH_MAX: usize = 4096;

#[derive(Debug)]
struct MinhpnParser;

impl LogParser for MinhpnParser {
    fn parse(
        &mut self,
        line: &[u8],
        context: &ParseContext<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        let found = secret(line).and_then(|secret| {
            let (ts, rest) = time(line, context)?;
            let (ip, port) = address(rest)?;
            Some((secret, ts, ip, port))
        });
        let Some((secret, ts, ip, port)) = found else { return Ok(Outcome::Unrecognized) };
        let user = context.secrets.user(secret);
        let mut event = Event::new(Kind::Connect, NAME);
        event.ts = Some(ts);
        event.user = Some(Text::Borrowed(&user));
        event.ip = Some(ip);
        event.port = port;
        parsed(event, emit)
    }

    fn is_certain(&self) -> bool {
        true
    }
}

/// The first long run of hexadecimal digits after one of the words. A line with a link is not a
/// connection.
fn secret(text: &[u8]) -> Option<&[u8]> {
    if text.len() > LENGTH_MAX || memmem::find(text, b"proxy?").is_some() {
        return None;
    }
    let mut at = 0;
    while at < text.len() {
        let rest = text.get(at..)?;
        let run = rest.iter().take_while(|byte| byte.is_ascii_hexdigit()).count();
        if run >= DIGITS && after_word(text.get(..at)?) {
            return rest.get(..run);
        }
        at += run.max(1);
    }
    None
}

fn after_word(before: &[u8]) -> bool {
    let end = before.iter().rposition(u8::is_ascii_alphanumeric).map_or(0, |last| last + 1);
    let head = before.get(..end).unwrap_or_default();
    before.len() > end
        && PATTERNS.iter().any(|pattern| {
            let at = head.len().checked_sub(pattern.words.len());
            let tail = at.and_then(|at| head.get(at..));
            tail.is_some_and(|tail| tail.eq_ignore_ascii_case(pattern.words.as_bytes()))
        })
}

/// The first time in the line, and what follows it.
fn time<'l>(line: &'l [u8], context: &ParseContext<'_>) -> Option<(Timestamp, &'l [u8])> {
    let digit = |byte: &u8| byte.is_ascii_digit();
    for (at, seven) in line.windows(7).enumerate() {
        let [y0, y1, y2, y3, b'-', _, _] = seven else { continue };
        if ![y0, y1, y2, y3].into_iter().all(digit) {
            continue;
        }
        let rest = line.get(at..)?;
        if let Some((stamp, taken)) = Timestamp::read(rest) {
            return Some((stamp, rest.get(taken..)?));
        }
        if let Some((civil, taken)) = Timestamp::read_local(rest) {
            return Some((context.local(civil), rest.get(taken..)?));
        }
    }
    None
}

/// The first address, with its port where it has one.
fn address(text: &[u8]) -> Option<(IpAddr, Option<u16>)> {
    text.split(|byte| !(byte.is_ascii_hexdigit() || b":.[]".contains(byte)))
        .filter(|word| word.contains(&b'.') || word.windows(2).any(|two| two == b"::"))
        .find_map(|word| {
            let word = word.strip_suffix(b":").or(word.strip_suffix(b".")).unwrap_or(word);
            parse_ip(word)
                .map(|ip| (ip, None))
                .or_else(|| parse_peer(word).map(|(ip, port)| (ip, Some(port))))
        })
}
