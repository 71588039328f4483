//! Lines of proxy logs to events. Reads no clock and does no I/O; only `emit` can fail.
//!
//! To add a format: a file with its [`Dialect`] and its [`LogParser`], an entry in [`ALL`], and a
//! recorded extract under `tests/fixtures/dialects/NAME/` with an example of every
//! [`MessagePattern`].

pub mod access;
pub mod bytes;
pub mod connection_table;
pub mod decoder;
pub mod minhpn;
pub mod mtg;
pub mod mtprotoproxy;
pub mod mtproxy;
pub mod reason;
pub mod redact;
pub mod regex_parser;
pub mod secret_index;
pub mod seriyps;
pub mod source_table;
mod spread;
pub mod telemt;
pub mod zig;

use std::cell::RefCell;

use crate::error::Error;
use crate::stream::{Event, Kind, Logged, Text};
use crate::timestamp::Timestamp;
use crate::timestamp::local::LocalTimeResolver;
use secret_index::SecretIndex;

pub use decoder::{Decoded, Decoder};

/// The log of one proxy.
#[derive(Debug)]
pub struct Dialect {
    /// The row's `proxy`, and what `--dialect` takes.
    pub name: &'static str,
    /// Other names that `--dialect` takes.
    pub aliases: &'static [&'static str],
    /// The proxy, in one line.
    pub brief: &'static str,
    pub logs: &'static str,
    /// What cannot be known from it.
    pub unknown: &'static str,
    /// The version of the proxy whose log calls were read.
    pub version: &'static str,
    /// What events have at each level of the log.
    pub levels: &'static [LevelCoverage],
    /// The setting that makes the proxy log more; empty where there is none.
    pub remedy: &'static str,
    pub patterns: &'static [MessagePattern],
    /// Makes a parser for one source.
    pub new_parser: fn() -> Box<dyn LogParser>,
}

/// What events have at a level of the log.
#[derive(Clone, Copy, Debug)]
pub struct LevelCoverage {
    pub name: &'static str,
    /// Whether each of [`FIELDS`] is known.
    pub has: [bool; 4],
}

/// What [`LevelCoverage`] is about.
pub const FIELDS: [&str; 4] = ["user", "address", "end", "bytes"];

/// A row of a table of levels.
pub(crate) const fn level(name: &'static str, has: [bool; 4]) -> LevelCoverage {
    LevelCoverage { name, has }
}

/// A message of a proxy, recognised by fixed words.
#[derive(Clone, Copy, Debug)]
pub struct MessagePattern {
    /// Words of the line, as the program writes them.
    pub words: &'static str,
    pub meaning: Meaning,
}

/// What a message is read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    Event(Kind),
    /// A client was refused, for this reason.
    Rejected(&'static str),
    /// No event by itself: it is needed to read lines before or after it.
    Context,
    /// Not needed, for this reason.
    Ignored(&'static str),
}

/// The reason to ignore a message that names no user and no client.
pub(crate) const NO_CLIENT: &str = "names no client";

/// A row of a table of patterns.
pub(crate) const fn pattern(words: &'static str, meaning: Meaning) -> MessagePattern {
    MessagePattern { words, meaning }
}

/// All formats, in the order in which parsers are tried: the least ambiguous first.
pub const ALL: &[&Dialect] = &[
    &access::DIALECT,
    &telemt::DIALECT,
    &mtg::DIALECT,
    &mtproxy::DIALECT,
    &mtproxy::TELEPROXY_DIALECT,
    &seriyps::DIALECT,
    &zig::DIALECT,
    &mtprotoproxy::DIALECT,
    &minhpn::DIALECT,
];

/// The format of this name or alias.
pub fn named(name: &str) -> Option<&'static Dialect> {
    ALL.iter().copied().find(|dialect| dialect.name == name || dialect.aliases.contains(&name))
}

/// The names of all formats, and of the one that `--pattern` makes.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|dialect| dialect.name).chain([regex_parser::NAME]).collect()
}

/// What a parser made of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Its events were emitted.
    Parsed,
    /// The line is in this format and holds no event, or none yet.
    Ignored,
    /// The line is in this format but damaged: what is wrong.
    Malformed(&'static str),
    /// The line is not in this format.
    Unrecognized,
}

/// Takes events as they are found.
pub type Emit<'e> = dyn FnMut(Event<'_>) -> Result<(), Error> + 'e;

/// A parser of one format for one source. It may keep what later lines need.
pub trait LogParser: std::fmt::Debug + Send {
    /// Parses a line without its framing and emits its events.
    ///
    /// # Errors
    /// Only those of `emit`.
    fn parse(
        &mut self,
        line: &[u8],
        context: &ParseContext<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error>;

    /// Whether a line that no parser recognises continues a message begun in this format.
    fn continues(&mut self, _line: &[u8]) -> bool {
        false
    }

    /// A parser in the same state. `None` where what later lines become depends on more than a few
    /// words of this state, as on open connections.
    fn fork(&self) -> Option<Box<dyn LogParser>> {
        None
    }

    /// Takes an empty line, which is in no format.
    fn blank_line(&mut self) {}

    /// Emits what waited for later lines, at the end of the input.
    ///
    /// # Errors
    /// Those of `emit`.
    fn finish(&mut self, _emit: &mut Emit<'_>) -> Result<(), Error> {
        Ok(())
    }

    /// The name of the format that was found, where the parser reads several.
    fn format_name(&self) -> Option<&'static str> {
        None
    }

    /// Whether a line was read that only the program of this format prints.
    fn is_certain(&self) -> bool;

    /// The level at which the program logs, as far as it shows.
    fn level(&self) -> Option<&'static str> {
        None
    }

    /// Lines that a client may have written, and that were not read as events.
    fn untrusted(&self) -> u64 {
        0
    }

    /// Open connections that were dropped because the table was full.
    fn evicted(&self) -> u64 {
        0
    }
}

/// What parsers need beside the line.
#[derive(Debug)]
pub struct ParseContext<'c> {
    /// The user of the source where one process has one secret (mtg).
    pub owner: Option<&'c str>,
    pub local_time: &'c RefCell<LocalTimeResolver>,
    pub secrets: &'c SecretIndex,
}

impl ParseContext<'_> {
    /// Resolves a civil time without a zone, given as if it were in UTC.
    pub fn local(&self, civil: Timestamp) -> Timestamp {
        self.local_time.borrow_mut().local(civil)
    }
}

/// Emits the one event of a line.
pub(crate) fn parsed(event: Event<'_>, emit: &mut Emit<'_>) -> Result<Outcome, Error> {
    emit(event).map(|()| Outcome::Parsed)
}

/// An event with text of its own.
fn into_static(event: Event<'_>) -> Event<'static> {
    fn own(text: Option<Text<'_>>) -> Option<Text<'static>> {
        text.map(|text| Text::Owned(text.into_owned()))
    }
    Event {
        kind: event.kind,
        ts: event.ts,
        user: own(event.user),
        ip: event.ip,
        port: event.port,
        mode: own(event.mode),
        id: own(event.id),
        lasted_ms: event.lasted_ms,
        bytes_up: event.bytes_up,
        bytes_down: event.bytes_down,
        reason: own(event.reason),
        count: event.count,
        usage: event.usage,
        text: own(event.text),
        proxy: Text::Owned(event.proxy.into_owned()),
        source: own(event.source),
        ts_from: event.ts_from,
        logged: Logged::default(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_of_a_table_is_in_the_manual() {
        for dialect in ALL {
            for pattern in dialect.patterns {
                let is_listed = match pattern.meaning {
                    Meaning::Rejected(reason) => reason::REASONS.iter().any(|of| of.name == reason),
                    Meaning::Event(_) | Meaning::Context | Meaning::Ignored(_) => true,
                };
                assert!(is_listed, "{}: {}", dialect.name, pattern.words);
            }
        }
    }
}
