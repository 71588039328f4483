//! The sources of a stream, each with its parsers and counts. Bounded: the source silent longest
//! is dropped first, which is counted.

use std::collections::{HashMap, VecDeque};

use super::{ALL, Dialect, Emit, LogParser, Outcome, into_static};
use crate::error::Error;
use crate::stream::{Event, Kind, LineCounts};
use crate::timestamp::Timestamp;

/// A host runs some dozens of containers.
const SOURCES_MAX: usize = 256;
/// The longest name kept; Docker's have at most 128 letters.
const NAME_MAX: usize = 256;

/// Counts a line.
pub fn count(counts: &mut LineCounts, outcome: Outcome) {
    match outcome {
        Outcome::Parsed => counts.understood += 1,
        Outcome::Ignored => counts.passed_over += 1,
        Outcome::Malformed(_) | Outcome::Unrecognized => counts.not_recognised += 1,
    }
}

/// What the events of a source have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct SourceFacts {
    pub connects: u64,
    /// Connects that name their user.
    pub with_user: u64,
    /// Connects that name their address.
    pub with_address: u64,
    pub disconnects: u64,
    /// Disconnects that name their address.
    pub ends_with_address: u64,
    /// Disconnects that have bytes.
    pub ends_with_bytes: u64,
    pub rejects: u64,
    pub usages: u64,
}

impl SourceFacts {
    pub fn add(&mut self, event: &Event<'_>) {
        match event.kind {
            Kind::Connect => {
                self.connects += 1;
                self.with_user += u64::from(event.user.is_some());
                self.with_address += u64::from(event.ip.is_some());
            }
            Kind::Disconnect => {
                self.disconnects += 1;
                self.ends_with_address += u64::from(event.ip.is_some());
                self.ends_with_bytes += u64::from(event.bytes_up.is_some());
            }
            Kind::Reject => self.rejects += 1,
            Kind::Usage => self.usages += 1,
            Kind::Seen | Kind::Start | Kind::Reload | Kind::Note => {}
        }
    }

    /// How many events there were.
    pub fn total(&self) -> u64 {
        self.connects + self.disconnects + self.rejects + self.usages
    }

    pub fn merge(&mut self, other: Self) {
        self.connects += other.connects;
        self.with_user += other.with_user;
        self.with_address += other.with_address;
        self.disconnects += other.disconnects;
        self.ends_with_address += other.ends_with_address;
        self.ends_with_bytes += other.ends_with_bytes;
        self.rejects += other.rejects;
        self.usages += other.usages;
    }
}

/// A source that printed this many unrecognised lines before any of a proxy is not a proxy's.
const FOREIGN_AFTER: u32 = 20;
/// Lines of a proxy that must follow each other in a source with unrecognised lines: more than
/// there were of those, and this many at most.
const LEARN_AFTER: u32 = 20;
/// With this many more unrecognised lines than lines of the proxy, another program runs in the
/// source.
const RELEARN_AFTER: u32 = 50;
/// Events of a source that wait until its program is known.
const HELD_MAX: usize = 64;

/// The program of a source, learnt from lines that only it prints. Text of clients in the lines of
/// another program must not become events.
#[derive(Clone, Copy, Debug, Default)]
pub struct SourceProgram {
    slot: Option<usize>,
    /// Unrecognised lines: all before the program was learnt; after, those in excess of its own.
    unrecognized: u32,
    /// Lines of a proxy, though other programs may print some of them too.
    recognized: u32,
    certain_in_a_row: u32,
}

impl SourceProgram {
    /// The place in [`ALL`] of the format whose parser reads its lines.
    pub fn slot(self) -> Option<usize> {
        self.slot
    }

    /// Whether the source's lines are those of a program that is not a proxy.
    pub fn is_foreign(self) -> bool {
        self.slot.is_none() && self.unrecognized >= FOREIGN_AFTER
    }

    /// Whether its events are trusted: its program is known, or most lines are a proxy's.
    pub fn is_trusted(self) -> bool {
        let is_mostly = self.unrecognized == 0 || self.recognized > self.unrecognized;
        self.slot.is_some() || (is_mostly && !self.is_foreign())
    }

    /// Adds a line: the slot of the program that must have printed it, and what came of it.
    pub fn add(&mut self, certain: Option<usize>, outcome: Outcome) {
        if matches!(outcome, Outcome::Parsed | Outcome::Ignored) {
            self.recognized = self.recognized.saturating_add(1);
        }
        if certain.is_some() {
            self.certain_in_a_row = self.certain_in_a_row.saturating_add(1);
            if self.slot.is_some() {
                self.slot = certain;
                self.unrecognized = self.unrecognized.saturating_sub(1);
            } else if self.certain_in_a_row > self.unrecognized.min(LEARN_AFTER - 1) {
                self.slot = certain;
                self.unrecognized = 0;
            }
        } else if matches!(outcome, Outcome::Malformed(_) | Outcome::Unrecognized) {
            self.certain_in_a_row = 0;
            self.unrecognized = self.unrecognized.saturating_add(1);
            if self.slot.is_some() && self.unrecognized >= RELEARN_AFTER {
                *self = Self { unrecognized: FOREIGN_AFTER, ..Self::default() };
            }
        }
    }
}

/// A container, service or unit whose lines are in the stream.
#[derive(Debug)]
pub struct LogSource {
    /// Its name in the framing.
    pub name: Option<String>,
    /// The user whose secret it serves, if it serves one.
    pub owner: Option<String>,
    /// A parser for each format of [`ALL`], once it was tried.
    pub parsers: Vec<Option<Box<dyn LogParser>>>,
    /// The format recognised last.
    pub last: usize,
    pub counts: LineCounts,
    pub facts: SourceFacts,
    pub program: SourceProgram,
    pub held: HeldEvents,
    /// Events that were emitted before its lines showed that it is not a proxy.
    pub doubtful: u64,
    /// The line before ended in a secret.
    pub ends_in_secret: bool,
    /// The time of its last event that had one.
    pub newest: Option<Timestamp>,
    /// When a line of it was read last, in lines of the stream.
    last_read: u64,
}

/// Events of a source that wait until its program is known.
#[derive(Debug, Default)]
pub struct HeldEvents {
    events: VecDeque<Event<'static>>,
    /// Events that another program than a proxy printed, or that were too many.
    dropped: u64,
}

impl HeldEvents {
    pub fn push(&mut self, event: Event<'_>) {
        if self.events.len() >= HELD_MAX {
            self.events.pop_front();
            self.dropped += 1;
        }
        self.events.push_back(into_static(event));
    }

    /// Emits the events if the program is trusted now, and drops them if it is not a proxy.
    ///
    /// # Errors
    /// Those of `emit`.
    pub fn settle(
        &mut self,
        program: SourceProgram,
        facts: &mut SourceFacts,
        emit: &mut Emit<'_>,
    ) -> Result<(), Error> {
        if self.events.is_empty() {
            return Ok(());
        }
        if program.is_trusted() {
            return self.events.drain(..).try_for_each(|event| {
                facts.add(&event);
                emit(event)
            });
        }
        if program.is_foreign() && program.certain_in_a_row == 0 {
            self.clear();
        }
        Ok(())
    }

    /// Drops the events.
    pub fn clear(&mut self) {
        self.dropped += u64::try_from(self.events.len()).unwrap_or(u64::MAX);
        self.events.clear();
    }
}

impl LogSource {
    fn new(name: Option<&[u8]>) -> Self {
        let name = name
            .map(|name| String::from_utf8_lossy(name.get(..NAME_MAX).unwrap_or(name)).into_owned());
        let parsers = ALL.iter().map(|_| None).collect();
        let owner = name.as_deref().map(owner);
        Self {
            name,
            owner,
            parsers,
            last: 0,
            counts: LineCounts::default(),
            facts: SourceFacts::default(),
            program: SourceProgram::default(),
            held: HeldEvents::default(),
            doubtful: 0,
            ends_in_secret: false,
            newest: None,
            last_read: 0,
        }
    }

    /// A source in the same state that has counted nothing. `None` while its program is not known,
    /// or where a parser of it cannot be forked.
    fn fork(&self) -> Option<Self> {
        let is_settled = self.program.slot().is_some() && self.held.events.is_empty();
        let parsers = self.parsers.iter().zip(ALL);
        let parsers = parsers.map(|(parser, dialect)| match parser {
            None => Some(None),
            Some(parser) => fork(&**parser, dialect).map(Some),
        });
        let parsers = parsers.collect::<Option<Vec<_>>>().filter(|_| is_settled)?;
        Some(Self {
            name: self.name.clone(),
            owner: self.owner.clone(),
            parsers,
            last: self.last,
            counts: LineCounts::default(),
            facts: SourceFacts::default(),
            program: self.program,
            held: HeldEvents::default(),
            doubtful: 0,
            ends_in_secret: self.ends_in_secret,
            newest: None,
            last_read: 0,
        })
    }

    /// What later lines depend on, beside the time of its last event.
    fn seam_state(&self) -> Option<String> {
        let Self { name, parsers, last, program, ends_in_secret, .. } = self.fork()?;
        let program = (program.slot, program.unrecognized);
        Some(format!("{name:?} {parsers:?} {last} {program:?} {ends_in_secret}"))
    }

    /// The name of the format of its program, and the level at which that logs.
    pub fn proxy(&self) -> Option<(&'static str, Option<&'static str>)> {
        let slot = self.program.slot()?;
        let parser = self.parsers.get(slot)?.as_ref()?;
        Some((parser.format_name().unwrap_or(ALL.get(slot)?.name), parser.level()))
    }

    /// What its proxy does not log, and the setting that changes it.
    pub fn advice(&self) -> Option<String> {
        let (name, level) = self.proxy()?;
        let dialect = super::named(name)?;
        let SourceFacts { connects, with_user, with_address, .. } = self.facts;
        let coverage = match level {
            Some(level) => dialect.levels.iter().find(|of| of.name == level),
            None => dialect.levels.first(),
        };
        let (has_user, has_address) = match connects {
            0 => coverage.map_or((true, true), |of| {
                let [user, address, ..] = of.has;
                (user, address)
            }),
            _ => (with_user > 0, with_address > 0),
        };
        let missing = match (has_user, has_address) {
            (true, true) => return None,
            (false, true) => "no user",
            (true, false) => "no address",
            (false, false) => "no user and no address",
        };
        let at = level.map(|level| format!(" at level {level}")).unwrap_or_default();
        let remedy = match dialect.remedy {
            _ if name == super::mtg::DIALECT.name && connects > 0 => "--source NAME is its user",
            "" => "no setting changes this",
            remedy => remedy,
        };
        Some(format!("{name}{at} logs {missing}; {remedy}"))
    }

    /// Lines that no proxy may have written, and that became no events.
    pub fn untrusted(&self) -> u64 {
        let of_clients: u64 = self.parsers.iter().flatten().map(|parser| parser.untrusted()).sum();
        self.held.dropped + of_clients
    }

    fn evicted(&self) -> u64 {
        self.parsers.iter().flatten().map(|parser| parser.evicted()).sum()
    }
}

/// A parser in the same state: its own fork, or a new one where it has read nothing yet.
fn fork(parser: &dyn LogParser, dialect: &Dialect) -> Option<Box<dyn LogParser>> {
    parser.fork().or_else(|| {
        let new = (dialect.new_parser)();
        (format!("{parser:?}") == format!("{new:?}")).then_some(new)
    })
}

/// All sources.
#[derive(Debug)]
pub struct SourceTable {
    /// Lines whose framing names no source.
    unnamed: LogSource,
    named: Vec<LogSource>,
    by_name: HashMap<Box<[u8]>, usize>,
    /// The source found last, and its name: most lines are of the same.
    last: usize,
    last_name: Vec<u8>,
    lines: u64,
    /// Sources that were dropped.
    pub evicted: u64,
    /// Open connections that were dropped with them.
    connections_evicted: u64,
}

impl Default for SourceTable {
    fn default() -> Self {
        Self {
            unnamed: LogSource::new(None),
            named: Vec::new(),
            by_name: HashMap::new(),
            last: 0,
            last_name: Vec::new(),
            lines: 0,
            evicted: 0,
            connections_evicted: 0,
        }
    }
}

impl SourceTable {
    /// Sources in the same state that have counted nothing. `None` where one of them cannot be
    /// forked.
    pub fn fork(&self) -> Option<Self> {
        let unnamed = if self.has_unnamed() { self.unnamed.fork()? } else { LogSource::new(None) };
        let named = self.named.iter().map(LogSource::fork).collect::<Option<Vec<_>>>()?;
        Some(Self { unnamed, named, by_name: self.by_name.clone(), ..Self::default() })
    }

    /// Whether lines without a source were read.
    pub fn has_unnamed(&self) -> bool {
        self.unnamed.last_read > 0
    }

    /// What later lines depend on. `None` as for a fork.
    pub fn seam_state(&self) -> Option<String> {
        self.iter().map(LogSource::seam_state).collect()
    }

    /// Whether this, a fork, has read sources that the base has not, or of an unknown program.
    pub fn has_new(&self, base: &Self) -> bool {
        let is_unnamed_new = self.has_unnamed() && !base.has_unnamed();
        let is_new = is_unnamed_new || self.named.len() != base.named.len() || self.evicted > 0;
        let is_open = |of: &LogSource| of.program.slot().is_none() || !of.held.events.is_empty();
        is_new || self.iter().any(is_open)
    }

    /// Goes on from the state of a fork without new sources, and adds its counts.
    pub fn append(&mut self, part: Self) {
        let Self { unnamed, named, lines, .. } = part;
        let own = [&mut self.unnamed].into_iter().chain(&mut self.named);
        let parts = own.zip([unnamed].into_iter().chain(named));
        for (own, part) in parts.filter(|(_, part)| part.last_read > 0) {
            own.counts.merge(part.counts);
            own.facts.merge(part.facts);
            own.last_read = self.lines + part.last_read;
            own.newest = part.newest.or(own.newest);
            (own.parsers, own.last, own.program) = (part.parsers, part.last, part.program);
            own.ends_in_secret = part.ends_in_secret;
            own.held.dropped += part.held.dropped;
            own.doubtful += part.doubtful;
        }
        self.lines += lines;
    }

    /// The source of this name, which becomes the one read last.
    pub fn entry(&mut self, name: Option<&[u8]>) -> &mut LogSource {
        self.lines += 1;
        let at = match name {
            None => None,
            Some(name) if name == self.last_name => Some(self.last),
            Some(name) => Some(self.find(name)),
        };
        let source = at.and_then(|at| self.named.get_mut(at)).unwrap_or(&mut self.unnamed);
        source.last_read = self.lines;
        source
    }

    fn find(&mut self, name: &[u8]) -> usize {
        let at = match self.by_name.get(name) {
            Some(&at) => at,
            None => self.insert(name),
        };
        self.last = at;
        self.last_name.clear();
        self.last_name.extend_from_slice(name);
        at
    }

    fn insert(&mut self, name: &[u8]) -> usize {
        let new = LogSource::new(Some(name));
        let oldest = self.named.iter_mut().enumerate().min_by_key(|(_, source)| source.last_read);
        let at = match oldest.filter(|_| self.by_name.len() >= SOURCES_MAX) {
            None => {
                self.named.push(new);
                self.named.len() - 1
            }
            Some((at, oldest)) => {
                self.evicted += 1;
                self.connections_evicted += oldest.evicted();
                *oldest = new;
                self.by_name.retain(|_, of| *of != at);
                at
            }
        };
        self.by_name.insert(name.into(), at);
        at
    }

    /// The sources that were read, the unnamed one first.
    pub fn iter(&self) -> impl Iterator<Item = &LogSource> {
        [&self.unnamed].into_iter().chain(&self.named).filter(|source| source.last_read > 0)
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut LogSource> {
        [&mut self.unnamed].into_iter().chain(&mut self.named)
    }

    /// Open connections that were dropped.
    pub fn connections_evicted(&self) -> u64 {
        let current: u64 = self.iter().map(LogSource::evicted).sum();
        self.connections_evicted + current
    }
}

/// The user of a container called `mtg-alice-1`: people name a process of one secret after its
/// user. Compose adds the number.
fn owner(name: &str) -> String {
    let name = name.strip_suffix(".service").unwrap_or(name);
    let numbered = name.rsplit_once(['-', '_']).filter(|(_, number)| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    });
    let name = numbered.map_or(name, |(name, _)| name);
    let own = ["mtg-", "mtg_", "mtg@"].iter().find_map(|prefix| name.strip_prefix(prefix));
    own.filter(|own| !own.is_empty()).unwrap_or(name).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn owner_of_a_container() {
        for (name, want) in [
            ("mtg-alice-1", "alice"),
            ("mtg_alice_1", "alice"),
            ("mtg-nat-family-1", "nat-family"),
            ("mtg@bob.service", "bob"),
            ("mtg-1", "mtg"),
            ("mtg_1", "mtg"),
            ("mtg", "mtg"),
            ("carol", "carol"),
            ("leak1-1", "leak1"),
        ] {
            assert_eq!(owner(name), want);
        }
    }

    #[test]
    fn the_source_silent_longest_is_dropped_first() {
        let mut sources = SourceTable::default();
        for n in 0..=SOURCES_MAX {
            sources.entry(Some(n.to_string().as_bytes())).counts.understood = 1;
            sources.entry(Some(b"0"));
        }
        assert_eq!(sources.evicted, 1);
        assert_eq!(sources.entry(Some(b"0")).counts.understood, 1);
        assert_eq!(sources.entry(Some(b"1")).counts.understood, 0);
        assert!(sources.named.len() <= SOURCES_MAX);
    }
}
