//! What the proxies say, and what they mean by it: lines to events. No I/O, and nothing here can
//! fail: a line is said, chatter, broken or foreign.
//!
//! To add a dialect: a file that holds its [`Dialect`] and its [`LogParser`], a line in [`ALL`], and
//! a recorded extract under `tests/fixtures/dialects/NAME/` with an example of every [`MessagePattern`].

pub mod access;
pub mod connection_table;
pub mod decoder;
pub mod minhpn;
pub mod mtg;
pub mod mtprotoproxy;
pub mod mtproxy;
pub mod pattern;
pub mod reason;
pub mod redact;
pub mod scan;
pub mod secret_index;
pub mod seriyps;
pub mod sources;
pub mod telemt;
pub mod zig;

use std::cell::RefCell;

use crate::stream::Event;
use crate::stream::Kind;
use crate::timestamp::Timestamp;
use crate::timestamp::local::LocalTimeResolver;

pub use decoder::{Decoded, Decoder};

/// A dialect: the log of one proxy.
#[derive(Debug)]
pub struct Dialect {
    /// The row's `proxy`, and what `--dialect` takes.
    pub name: &'static str,
    /// Other names that `--dialect` takes.
    pub also: &'static [&'static str],
    /// Whose log it is: one line.
    pub brief: &'static str,
    /// What it logs.
    pub logs: &'static str,
    /// What cannot be known from it.
    pub unknown: &'static str,
    /// What it says that matters.
    pub patterns: &'static [MessagePattern],
    /// A fresh listener, for one source.
    pub listen: fn() -> Box<dyn LogParser>,
}

/// Something a proxy says.
#[derive(Clone, Copy, Debug)]
pub struct MessagePattern {
    /// Words of the line, as the program writes them.
    pub words: &'static str,
    /// What comes of it.
    pub means: Meaning,
}

/// What comes of a saying.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Meaning {
    /// An event.
    Event(Kind),
    /// A client was turned away, for this reason.
    Rejected(&'static str),
    /// Nothing by itself: it tells about lines that come before or after.
    Context,
    /// Nothing we count.
    Chatter,
}

/// A row of a table of patterns.
pub(crate) const fn saying(words: &'static str, means: Meaning) -> MessagePattern {
    MessagePattern { words, means }
}

/// All dialects, in the order they are asked: the surest first.
pub const ALL: &[&Dialect] = &[
    &access::DIALECT,
    &telemt::DIALECT,
    &mtg::DIALECT,
    &mtproxy::DIALECT,
    &seriyps::DIALECT,
    &zig::DIALECT,
    &mtprotoproxy::DIALECT,
    &minhpn::DIALECT,
];

/// The dialect of this name.
pub fn named(name: &str) -> Option<&'static Dialect> {
    ALL.iter().copied().find(|dialect| dialect.name == name || dialect.also.contains(&name))
}

/// The names of all dialects, and of the one that `--pattern` makes.
pub fn names() -> Vec<&'static str> {
    ALL.iter().map(|dialect| dialect.name).chain([pattern::NAME]).collect()
}

/// What a dialect makes of a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The line says this happened: the events were told.
    Parsed,
    /// The line is in this dialect, and about nothing we count, or nothing yet.
    Ignored,
    /// The line is in this dialect, but damaged: what is wrong with it.
    Malformed(&'static str),
    /// The line is not in this dialect.
    Unrecognized,
}

/// Listens to one source in one dialect, and may remember what it said before.
pub trait LogParser: std::fmt::Debug {
    /// Reads a line, and tells the events it says.
    fn read(&mut self, line: &Line<'_>, told: &mut dyn FnMut(Event<'_>)) -> Outcome;

    /// Whether a line that no dialect knows is the rest of something begun in this one.
    fn continues(&mut self, _text: &[u8]) -> bool {
        false
    }

    /// An empty line, which is in no dialect.
    fn blank(&mut self) {}

    /// How many connections were forgotten because the table was full.
    fn forgotten(&self) -> u64 {
        0
    }
}

/// A line without its framing, and what is known beside it.
#[derive(Debug)]
pub struct Line<'l> {
    /// What the proxy wrote, without colours.
    pub text: &'l [u8],
    /// When, as the framing says.
    pub ts: Option<Timestamp>,
    /// Whose secret it is where one process has one secret (mtg).
    pub owner: Option<&'l str>,
    /// Reads times that stand without a zone.
    pub clock: &'l RefCell<LocalTimeResolver>,
    /// Whose a secret is.
    pub keys: &'l secret_index::SecretIndex,
}

impl Line<'_> {
    /// The moment of a civil time without a zone, given as if it were in UTC.
    pub fn local(&self, civil: Timestamp) -> Timestamp {
        self.clock.borrow_mut().local(civil)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_of_a_table_is_in_the_manual() {
        for dialect in ALL {
            for saying in dialect.patterns {
                let known = match saying.means {
                    Meaning::Rejected(reason) => reason::REASONS.iter().any(|of| of.name == reason),
                    Meaning::Event(_) | Meaning::Context | Meaning::Chatter => true,
                };
                assert!(known, "{}: {}", dialect.name, saying.words);
            }
        }
    }
}
