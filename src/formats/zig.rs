//! mtproto.zig: every ten seconds the number of connections each user has open now. It never
//! prints a client's address, and its lines have no time.

use super::{Dialect, Line, LogParser, Meaning, MessagePattern, Outcome, saying, scan};
use crate::stream::Event;
use crate::stream::Kind;
use crate::stream::Usage;

const NAME: &str = "zig";

/// The dialect.
pub const DIALECT: Dialect = Dialect {
    name: NAME,
    also: &["mtproto.zig"],
    brief: "mtproto.zig",
    logs: "how many connections each user has open, every ten seconds (as far as its list of \
           users is not cut at 1 KiB)",
    unknown: "any address; when, but for the framing's time",
    patterns: SAYINGS,
    listen: || Box::<Zig>::default(),
};

const SAYINGS: &[MessagePattern] = &[
    saying("conn stats: ", Meaning::Event(Kind::Usage)),
    saying("drops: ", Meaning::Chatter),
    saying("closing: ", Meaning::Chatter),
    saying("proxy · zig edition · ", Meaning::Chatter),
    saying("─── LINKS ", Meaning::Chatter),
    saying("tg://proxy?server=", Meaning::Chatter),
    saying("t.me/proxy?server=", Meaning::Chatter),
    saying("Waiting for connections...", Meaning::Chatter),
];

/// A listener.
#[derive(Debug, Default)]
struct Zig {
    /// The banner of the start, with names and secrets, is not over.
    in_banner: bool,
}

impl LogParser for Zig {
    fn read(&mut self, line: &Line<'_>, told: &mut dyn FnMut(Event<'_>)) -> Outcome {
        let Some(message) = shape(line.text) else {
            return if self.banner(line.text) { Outcome::Ignored } else { Outcome::Unrecognized };
        };
        self.in_banner = false;
        let Some(stats) = message.strip_prefix(b"conn stats: ") else { return Outcome::Ignored };
        let Some((_, users)) = scan::cut(stats, " users{") else { return Outcome::Ignored };
        let mut rest = users;
        while let Some((name, current, after)) = entry(rest) {
            let mut event = Event::new(Kind::Usage, NAME);
            event.user = Some(scan::text(name));
            event.usage = Some(Usage { connects: None, current, megabytes: None, messages: None });
            told(event);
            rest = after;
        }
        Outcome::Parsed
    }

    fn continues(&mut self, text: &[u8]) -> bool {
        self.in_banner && text.starts_with(b"      ")
    }
}

impl Zig {
    /// A line of the banner that can be told by itself.
    fn banner(&mut self, text: &[u8]) -> bool {
        let inside = text.trim_ascii();
        let begins = |words: &str| inside.starts_with(words.as_bytes());
        let is_set_in = text.starts_with(b"  ");
        let is_art = is_set_in && matches!(inside, [b'_' | b'|', ..]) && inside.contains(&b'|');
        let is_known = is_set_in
            && (begins("───")
                || begins("●")
                || begins("tg://proxy?server=")
                || begins("t.me/proxy?server=")
                || begins("proxy · zig edition · ")
                || begins("__  __ _____ ____ "));
        if is_set_in && begins("⏳ Waiting for connections...") {
            self.in_banner = false;
            return true;
        }
        self.in_banner |= is_known || is_art;
        is_known || is_art
    }
}

/// `info(proxy): MESSAGE`
fn shape(text: &[u8]) -> Option<&[u8]> {
    let (level, rest) = scan::cut(text, "(")?;
    let (scope, message) = scan::cut(rest, "): ")?;
    let is_scope = scope.iter().all(|byte| byte.is_ascii_alphanumeric() || *byte == b'_');
    let is_level = matches!(level, b"info" | b"warning" | b"error" | b"debug");
    (is_level && is_scope).then_some(message)
}

/// `alice=4,…` or `alice=4}`: the name, the number, what follows. A name may have commas and
/// equals signs; the last entry of a list that was cut is not whole, and not taken.
fn entry(list: &[u8]) -> Option<(&[u8], i64, &[u8])> {
    let mut at = 0;
    loop {
        at += memchr::memchr(b'=', list.get(at..)?)? + 1;
        let after = list.get(at..)?;
        let digits = after.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let end = after.get(digits);
        if digits > 0 && matches!(end, Some(b',' | b'}')) {
            let number = scan::signed(after.get(..digits)?)?;
            return Some((list.get(..at - 1)?, number, after.get(digits + 1..)?));
        }
    }
}
