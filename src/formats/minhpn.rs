//! What the scripts before these tools looked for: a time, an address, and a secret of 32 digits
//! after the word user, secret, connected or auth. No proxy known prints it; patched ones do.

use std::net::IpAddr;

use memchr::memmem;

use super::secret_index::DIGITS;
use super::{Dialect, Line, LogParser, Meaning, MessagePattern, Outcome, saying};
use crate::net::parse_ip;
use crate::net::parse_peer;
use crate::stream::Event;
use crate::stream::Kind;
use crate::stream::Text;
use crate::timestamp::Timestamp;

const NAME: &str = "minhpn";

/// The dialect.
pub const DIALECT: Dialect = Dialect {
    name: NAME,
    also: &["seed"],
    brief: "a time, an address and a secret, as analyze_logs.py read them",
    logs: "a connection with address and secret; --users turns the secret into its user",
    unknown: "the port, unless it is written behind the address; how a connection ended",
    patterns: SAYINGS,
    listen: || Box::new(Minhpn),
};

const SAYINGS: &[MessagePattern] = &[
    saying("user", Meaning::Event(Kind::Connect)),
    saying("secret", Meaning::Event(Kind::Connect)),
    saying("connected", Meaning::Event(Kind::Connect)),
    saying("auth", Meaning::Event(Kind::Connect)),
];

/// Longer lines are not searched.
const LENGTH_MAX: usize = 4096;

/// A listener.
#[derive(Debug)]
struct Minhpn;

impl LogParser for Minhpn {
    fn read(&mut self, line: &Line<'_>, told: &mut dyn FnMut(Event<'_>)) -> Outcome {
        let Some(secret) = secret(line.text) else { return Outcome::Unrecognized };
        let Some((ts, rest)) = time(line) else { return Outcome::Unrecognized };
        let Some((ip, port)) = address(rest) else { return Outcome::Unrecognized };
        let user = line.keys.user(secret);
        let mut event = Event::new(Kind::Connect, NAME);
        event.ts = Some(ts);
        event.user = Some(Text::Borrowed(&user));
        event.ip = Some(ip);
        event.port = port;
        told(event);
        Outcome::Parsed
    }
}

/// The first long run of hexadecimal digits that stands after one of the words. A link is no
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
        && SAYINGS.iter().any(|saying| {
            let at = head.len().checked_sub(saying.words.len());
            let tail = at.and_then(|at| head.get(at..));
            tail.is_some_and(|tail| tail.eq_ignore_ascii_case(saying.words.as_bytes()))
        })
}

/// The first time in the line, and what follows it.
fn time<'l>(line: &Line<'l>) -> Option<(Timestamp, &'l [u8])> {
    let digit = |byte: &u8| byte.is_ascii_digit();
    for (at, seven) in line.text.windows(7).enumerate() {
        let [y0, y1, y2, y3, b'-', _, _] = seven else { continue };
        if ![y0, y1, y2, y3].into_iter().all(digit) {
            continue;
        }
        let rest = line.text.get(at..)?;
        if let Some((stamp, taken)) = Timestamp::read(rest) {
            return Some((stamp, rest.get(taken..)?));
        }
        if let Some((civil, taken)) = Timestamp::read_local(rest) {
            return Some((line.local(civil), rest.get(taken..)?));
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
