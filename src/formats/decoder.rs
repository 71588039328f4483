//! Listens to all sources in all dialects: whose line it is, a line at a time, and what it says.

use std::cell::RefCell;

use super::pattern::{self, Pattern};
use super::secret_index::SecretIndex;
use super::sources::{Counts, Source, Sources};
use super::{ALL, Line, Outcome};
use crate::frame::after_details;
use crate::stream::Event;
use crate::stream::Text;
use crate::stream::TimeFrom;
use crate::timestamp::Timestamp;
use crate::timestamp::local::{Assumptions, LocalTimeResolver};

/// The listener.
#[derive(Debug)]
pub struct Decoder {
    /// Asked before the dialects.
    pattern: Option<Pattern>,
    /// The only dialect asked: its place in [`ALL`], or behind it for the pattern.
    pinned: Option<usize>,
    /// What all sources are called.
    label: Option<String>,
    clock: RefCell<LocalTimeResolver>,
    /// Whose a secret is.
    pub keys: SecretIndex,
    /// What is remembered of each source.
    pub sources: Sources,
    /// Lines by dialect, in the order of [`ALL`]; then those of the pattern.
    by_dialect: Vec<Counts>,
    /// All lines.
    pub counts: Counts,
}

/// A message, as the framing gives it.
#[derive(Clone, Copy, Debug)]
pub struct DecoderInput<'l> {
    /// What the proxy wrote.
    pub text: &'l [u8],
    /// The framing's time.
    pub ts: Option<Timestamp>,
    /// The container, service or host.
    pub source: Option<&'l [u8]>,
}

/// What came of a line.
#[derive(Clone, Copy, Debug)]
pub struct Decoded {
    /// The dialect, where one knew the line.
    pub dialect: Option<&'static str>,
    /// What it made of it.
    pub reading: Outcome,
}

impl Decoder {
    /// A listener; `pinned` is the only dialect it listens for.
    pub fn new(clock: LocalTimeResolver) -> Self {
        Self {
            pattern: None,
            pinned: None,
            label: None,
            clock: RefCell::new(clock),
            keys: SecretIndex::default(),
            sources: Sources::default(),
            by_dialect: vec![Counts::default(); ALL.len() + 1],
            counts: Counts::default(),
        }
    }

    /// Also reads lines by a pattern, and by it first.
    pub fn add_pattern(&mut self, pattern: Pattern) {
        self.pattern = Some(pattern);
    }

    /// Listens for one dialect only.
    pub fn pin(&mut self, name: &str) {
        let known = ALL.iter().position(|dialect| dialect.name == name);
        self.pinned = Some(known.unwrap_or(ALL.len()));
    }

    /// Calls all sources this.
    pub fn label(&mut self, name: String) {
        self.label = Some(name);
    }

    /// What had to be assumed of times so far.
    pub fn guessed(&self) -> Assumptions {
        self.clock.borrow().assumptions()
    }

    /// Lines by dialect, of those that were heard.
    pub fn by_dialect(&self) -> impl Iterator<Item = (&'static str, Counts)> {
        let names = ALL.iter().map(|dialect| dialect.name).chain([pattern::NAME]);
        names.zip(self.by_dialect.iter().copied()).filter(|(_, counts)| counts.read() > 0)
    }

    /// What a source is called in rows.
    pub fn called<'e>(&'e self, source: &'e Source) -> Option<&'e str> {
        self.label.as_deref().or(source.name.as_deref())
    }

    /// Hears a line, and tells the events it says.
    pub fn decode(&mut self, spoken: DecoderInput<'_>, told: &mut dyn FnMut(Event<'_>)) -> Decoded {
        let Some(source) = self.sources.of(spoken.source) else {
            return Decoded { dialect: None, reading: Outcome::Unrecognized };
        };
        let Source { name, owner, listeners, last, counts, .. } = source;
        let called = self.label.as_deref().or(name.as_deref());
        let line = Line {
            text: spoken.text,
            ts: spoken.ts,
            owner: self.label.as_deref().or(owner.as_deref()),
            clock: &self.clock,
            keys: &self.keys,
        };
        let mut tell = |event: Event<'_>| told(complete(event, called, spoken.ts));
        let mut room =
            Parsers { pattern: self.pattern.as_mut(), pinned: self.pinned, listeners, last: *last };
        let (found, reading) = if spoken.text.trim_ascii().is_empty() {
            room.blank();
            (None, Outcome::Ignored)
        } else {
            room.ask(&line, &mut tell)
        };
        let of_dialect = found.and_then(|at| self.by_dialect.get_mut(at));
        for counts in [counts, &mut self.counts].into_iter().chain(of_dialect) {
            count(counts, reading);
        }
        if let Some(at) = found.filter(|at| *at < ALL.len()) {
            *last = at;
        }
        let dialect = found.map(|at| ALL.get(at).map_or(pattern::NAME, |dialect| dialect.name));
        Decoded { dialect, reading }
    }

    /// A line that the framing keeps for itself, as chatter of nobody's.
    pub fn pass_over(&mut self, source: Option<&[u8]>) {
        count(&mut self.counts, Outcome::Ignored);
        if let Some(source) = self.sources.of(source) {
            count(&mut source.counts, Outcome::Ignored);
        }
    }
}

fn count(counts: &mut Counts, reading: Outcome) {
    match reading {
        Outcome::Parsed => counts.understood += 1,
        Outcome::Ignored => counts.passed_over += 1,
        Outcome::Malformed(_) | Outcome::Unrecognized => counts.not_recognised += 1,
    }
}

/// An event with what the framing knows: the line's own time is worth more than the framing's,
/// and that more than the time of arrival.
fn complete<'l>(event: Event<'l>, source: Option<&'l str>, ts: Option<Timestamp>) -> Event<'l> {
    let mut event = event;
    event.source = source.map(Text::Borrowed);
    if event.ts.is_none() {
        let (ts, from) = match ts {
            Some(ts) => (ts, TimeFrom::Frame),
            None => (Timestamp::now(), TimeFrom::Arrival),
        };
        event.ts = Some(ts);
        event.ts_from = Some(from);
    }
    event
}

/// The listeners of one source.
struct Parsers<'r> {
    pattern: Option<&'r mut Pattern>,
    pinned: Option<usize>,
    listeners: &'r mut [Option<Box<dyn super::LogParser>>],
    last: usize,
}

impl Parsers<'_> {
    /// Asks every dialect for the line, that of the line before first; then whether it continues
    /// what one of them has begun.
    fn ask(
        &mut self,
        line: &Line<'_>,
        told: &mut dyn FnMut(Event<'_>),
    ) -> (Option<usize>, Outcome) {
        let by_pattern = self.pinned.is_none_or(|at| at == ALL.len());
        if let Some(pattern) = self.pattern.as_mut().filter(|_| by_pattern) {
            let reading = pattern.read_line(line, told);
            if reading != Outcome::Unrecognized {
                return (Some(ALL.len()), reading);
            }
        }
        if let Some((at, reading)) = self.ask_each(line, told) {
            return (Some(at), reading);
        }
        match self.begun(line) {
            Some(at) => (Some(at), Outcome::Ignored),
            None => self.ask_details(line, told),
        }
    }

    /// Asks every dialect, that of the line before first.
    fn ask_each(
        &mut self,
        line: &Line<'_>,
        told: &mut dyn FnMut(Event<'_>),
    ) -> Option<(usize, Outcome)> {
        let order = match self.pinned {
            Some(at) => at..at + 1,
            None => 0..ALL.len(),
        };
        let first = Some(self.last).filter(|at| order.contains(at));
        for at in first.into_iter().chain(order.filter(|at| Some(*at) != first)) {
            let Some(listener) = self.listener(at) else { continue };
            let reading = listener.read(line, told);
            if reading != Outcome::Unrecognized {
                return Some((at, reading));
            }
        }
        None
    }

    /// Whether the line continues what a dialect has begun.
    fn begun(&mut self, line: &Line<'_>) -> Option<usize> {
        self.listeners
            .iter_mut()
            .position(|listener| listener.as_mut().is_some_and(|one| one.continues(line.text)))
    }

    /// Asks once more without what `docker logs --details` puts before a line.
    fn ask_details(
        &mut self,
        line: &Line<'_>,
        told: &mut dyn FnMut(Event<'_>),
    ) -> (Option<usize>, Outcome) {
        let inside = after_details(line.text).filter(|text| text.first() != Some(&b' '));
        let inside = inside.map(|text| Line { text, ..*line });
        inside
            .and_then(|line| self.ask_each(&line, told))
            .map_or((None, Outcome::Unrecognized), |(at, reading)| (Some(at), reading))
    }

    fn listener(&mut self, at: usize) -> Option<&mut Box<dyn super::LogParser>> {
        let dialect = ALL.get(at)?;
        Some(self.listeners.get_mut(at)?.get_or_insert_with(dialect.listen))
    }

    fn blank(&mut self) {
        for listener in self.listeners.iter_mut().flatten() {
            listener.blank();
        }
    }
}
