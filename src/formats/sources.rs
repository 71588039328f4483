//! What is remembered of each source: a listener for every dialect it was heard in, and counts.
//! Bounded: the source that was silent longest is forgotten first, and that is counted.

use std::collections::HashMap;

use super::{ALL, LogParser};

/// How many sources are remembered; a machine runs some dozens of containers.
const SOURCES_MAX: usize = 256;
/// The longest name of a source; Docker's are at most 128 letters.
const NAME_MAX: usize = 256;

/// How many lines came to what.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Lines that told of events.
    pub understood: u64,
    /// Lines of a known dialect that tell of nothing we count, and empty ones.
    pub passed_over: u64,
    /// Lines that no dialect knows, or that are damaged.
    pub not_recognised: u64,
}

impl Counts {
    /// All of them.
    pub fn read(self) -> u64 {
        self.understood + self.passed_over + self.not_recognised
    }
}

/// A source.
#[derive(Debug)]
pub struct Source {
    /// Its name as the framing has it.
    pub name: Option<String>,
    /// Whose secret it serves, if it serves one.
    pub owner: Option<String>,
    /// A listener for each dialect of [`ALL`], once it was asked.
    pub listeners: Vec<Option<Box<dyn LogParser>>>,
    /// The dialect understood last.
    pub last: usize,
    /// Its lines.
    pub counts: Counts,
    /// The turn it was heard at last.
    heard: u64,
}

impl Source {
    fn new(name: Option<&[u8]>) -> Self {
        let name = name
            .map(|name| String::from_utf8_lossy(name.get(..NAME_MAX).unwrap_or(name)).into_owned());
        let listeners = ALL.iter().map(|_| None).collect();
        let owner = name.as_deref().map(owner);
        Self { name, owner, listeners, last: 0, counts: Counts::default(), heard: 0 }
    }

    /// How many connections its listeners had to forget.
    fn forgotten(&self) -> u64 {
        self.listeners.iter().flatten().map(|listener| listener.forgotten()).sum()
    }
}

/// All sources.
#[derive(Debug)]
pub struct Sources {
    /// The first is the one without a name.
    all: Vec<Source>,
    by_name: HashMap<Box<[u8]>, usize>,
    /// The one heard last, and its name: most lines are of the same.
    last: usize,
    last_name: Vec<u8>,
    turn: u64,
    /// How many sources were forgotten.
    pub forgotten: u64,
    /// How many open connections were forgotten with them.
    connections_forgotten: u64,
}

impl Default for Sources {
    fn default() -> Self {
        Self {
            all: vec![Source::new(None)],
            by_name: HashMap::new(),
            last: 0,
            last_name: Vec::new(),
            turn: 0,
            forgotten: 0,
            connections_forgotten: 0,
        }
    }
}

impl Sources {
    /// The source of this name.
    pub fn of(&mut self, name: Option<&[u8]>) -> Option<&mut Source> {
        let at = match name {
            None => 0,
            Some(name) if self.last > 0 && name == self.last_name => self.last,
            Some(name) => self.find(name),
        };
        self.turn += 1;
        let source = self.all.get_mut(at)?;
        source.heard = self.turn;
        Some(source)
    }

    fn find(&mut self, name: &[u8]) -> usize {
        let at = match self.by_name.get(name) {
            Some(&at) => at,
            None => self.add(name),
        };
        self.last = at;
        self.last_name.clear();
        self.last_name.extend_from_slice(name);
        at
    }

    fn add(&mut self, name: &[u8]) -> usize {
        let fresh = Source::new(Some(name));
        let at = if self.all.len() <= SOURCES_MAX {
            self.all.push(fresh);
            self.all.len() - 1
        } else {
            self.forgotten += 1;
            let named = self.all.iter_mut().enumerate().skip(1);
            let Some((at, silent)) = named.min_by_key(|(_, source)| source.heard) else {
                return 0;
            };
            self.connections_forgotten += silent.forgotten();
            *silent = fresh;
            self.by_name.retain(|_, of| *of != at);
            at
        };
        self.by_name.insert(name.into(), at);
        at
    }

    /// Those that were heard, the one without a name first.
    pub fn heard(&self) -> impl Iterator<Item = &Source> {
        self.all.iter().filter(|source| source.heard > 0)
    }

    /// How many open connections had to be forgotten.
    pub fn connections_forgotten(&self) -> u64 {
        let now: u64 = self.all.iter().map(Source::forgotten).sum();
        self.connections_forgotten + now
    }
}

/// Whose secret a container serves that is called `mtg-alice-1`: one of its own, as people set up
/// mtg, is named after the user. Compose adds the number.
fn owner(name: &str) -> String {
    let name = name.strip_suffix(".service").unwrap_or(name);
    let name = ["mtg-", "mtg_", "mtg@"]
        .iter()
        .find_map(|prefix| name.strip_prefix(prefix))
        .unwrap_or(name);
    let numbered = name.rsplit_once(['-', '_']).filter(|(_, number)| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    numbered.map_or(name, |(name, _)| name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_owner_of_a_container() {
        for (name, want) in [
            ("mtg-alice-1", "alice"),
            ("mtg_alice_1", "alice"),
            ("mtg-nat-family-1", "nat-family"),
            ("mtg@bob.service", "bob"),
            ("carol", "carol"),
            ("leak1-1", "leak1"),
        ] {
            assert_eq!(owner(name), want);
        }
    }

    #[test]
    fn the_silent_are_forgotten_first() {
        let mut sources = Sources::default();
        for n in 0..=SOURCES_MAX {
            if let Some(source) = sources.of(Some(n.to_string().as_bytes())) {
                source.counts.understood = 1;
            }
            sources.of(Some(b"0"));
        }
        assert_eq!(sources.forgotten, 1);
        assert_eq!(sources.of(Some(b"0")).map(|source| source.counts.understood), Some(1));
        assert_eq!(sources.of(Some(b"1")).map(|source| source.counts.understood), Some(0));
        assert!(sources.all.len() <= SOURCES_MAX + 1);
    }
}
