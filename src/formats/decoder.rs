//! Messages of all sources to events: finds the format of each line and completes its events.

use std::cell::RefCell;

use super::regex_parser::{self, RegexParser};
use super::secret_index::SecretIndex;
use super::source_table::{LogSource, SourceTable, count};
use super::{ALL, Emit, LogParser, Outcome, ParseContext, access, minhpn, mtprotoproxy, redact};
use crate::error::Error;
use crate::frame::{Message, after_details};
use crate::stream::event::GAP_PREFIX;
use crate::stream::{Event, Kind, LineCounts, Text, TimeFrom};
use crate::timestamp::Timestamp;
use crate::timestamp::local::{Assumptions, LocalTimeResolver};

/// Decodes messages: a parser per source and format.
#[derive(Debug)]
pub struct Decoder {
    /// Tried before the formats.
    regex: Option<RegexParser>,
    /// The only format tried: its place in [`ALL`], or `ALL.len()` for the regular expression.
    only: Option<usize>,
    /// The only sources read; empty for all.
    only_sources: Vec<Vec<u8>>,
    /// The name given to all sources.
    source_name: Option<String>,
    local_time: RefCell<LocalTimeResolver>,
    pub secrets: SecretIndex,
    pub sources: SourceTable,
    details: DetailsPrefix,
    /// Counts by format, in the order of [`ALL`]; the last are those of the regular expression.
    by_dialect: Vec<LineCounts>,
    pub counts: LineCounts,
}

/// What comes of a line of a source that is not read.
fn skipped(counts: [&mut LineCounts; 2], is_in_secret: bool) -> Decoded {
    for counts in counts {
        count(counts, Outcome::Ignored);
    }
    Decoded { dialect: None, outcome: Outcome::Ignored, is_in_secret }
}

/// A note about a source that was trusted at first.
fn not_a_proxy() -> Event<'static> {
    let mut event = Event::new(Kind::Note, "mtp-parse");
    event.text =
        Some(Text::Borrowed("this source is not a proxy: its events may be text of clients"));
    event
}

/// What came of a message.
#[derive(Clone, Copy, Debug)]
pub struct Decoded {
    /// The format, where one recognised the line.
    pub dialect: Option<&'static str>,
    pub outcome: Outcome,
    /// The line before ended in a secret, which may go on in this one.
    pub is_in_secret: bool,
}

impl Decoder {
    pub fn new(local_time: LocalTimeResolver) -> Self {
        Self {
            regex: None,
            only: None,
            only_sources: Vec::new(),
            source_name: None,
            local_time: RefCell::new(local_time),
            secrets: SecretIndex::default(),
            sources: SourceTable::default(),
            details: DetailsPrefix::default(),
            by_dialect: vec![LineCounts::default(); ALL.len() + 1],
            counts: LineCounts::default(),
        }
    }

    /// Tries a regular expression before the formats.
    pub fn set_regex(&mut self, regex: RegexParser) {
        self.regex = Some(regex);
    }

    /// Restricts decoding to the format of this name.
    pub fn restrict_to(&mut self, name: &str) {
        let at = ALL.iter().position(|dialect| dialect.name == name);
        self.only = Some(at.unwrap_or(ALL.len()));
    }

    /// Restricts decoding to the sources of these names; none are all.
    pub fn restrict_to_sources(&mut self, names: Vec<String>) {
        self.only_sources = names.into_iter().map(String::into_bytes).collect();
    }

    /// Gives all sources this name.
    pub fn name_sources(&mut self, name: String) {
        self.source_name = Some(name);
    }

    /// What had to be assumed about times so far.
    pub fn assumptions(&self) -> Assumptions {
        self.local_time.borrow().assumptions()
    }

    /// Counts of the formats that were seen.
    pub fn by_dialect(&self) -> impl Iterator<Item = (&'static str, LineCounts)> {
        let names = ALL.iter().map(|dialect| dialect.name).chain([regex_parser::NAME]);
        names.zip(self.by_dialect.iter().copied()).filter(|(_, counts)| counts.total() > 0)
    }

    /// The name of a source in rows.
    pub fn name_of<'s>(&'s self, source: &'s LogSource) -> Option<&'s str> {
        self.source_name.as_deref().or(source.name.as_deref())
    }

    /// Decodes a message that arrived at this time, and emits its events.
    ///
    /// # Errors
    /// Those of `emit`.
    pub fn decode(
        &mut self,
        message: &Message<'_>,
        arrival: Timestamp,
        emit: &mut Emit<'_>,
    ) -> Result<Decoded, Error> {
        match message.text.strip_prefix(GAP_PREFIX.as_bytes()) {
            Some(gap) => self.decode_gap(gap, message, arrival, emit),
            None => self.decode_line(message, arrival, emit),
        }
    }

    fn decode_line(
        &mut self,
        message: &Message<'_>,
        arrival: Timestamp,
        emit: &mut Emit<'_>,
    ) -> Result<Decoded, Error> {
        let is_named = self.only_sources.iter().any(|of| Some(of.as_slice()) == message.source);
        let source = self.sources.entry(message.source);
        let is_in_secret = std::mem::take(&mut source.ends_in_secret);
        if !is_named && !self.only_sources.is_empty() {
            return Ok(skipped([&mut source.counts, &mut self.counts], is_in_secret));
        }
        let LogSource {
            name,
            owner,
            parsers,
            last,
            counts,
            facts,
            program,
            held,
            doubtful,
            ends_in_secret,
            newest,
            ..
        } = source;
        let name = self.source_name.as_deref().or(name.as_deref());
        let context = ParseContext {
            owner: self.source_name.as_deref().or(owner.as_deref()),
            local_time: &self.local_time,
            secrets: &self.secrets,
        };
        let has_source = message.source.is_some();
        let is_doubted = has_source && !is_named;
        let is_foreign = is_doubted && program.is_foreign();
        let is_held = is_doubted && !program.is_trusted();
        let mut emit_or_hold = |event: Event<'_>| {
            let event = complete(event, name, message.ts, *newest, arrival);
            if is_held {
                held.push(event);
                return Ok(());
            }
            facts.add(&event);
            if event.ts_from != Some(TimeFrom::Arrival) {
                *newest = event.ts;
            }
            emit(event)
        };
        let mut parsers = Parsers {
            regex: self.regex.as_mut(),
            only: self.only,
            learned: program.slot().filter(|_| has_source),
            slots: parsers,
            last: *last,
        };
        let details = Some(&mut self.details).filter(|_| !has_source);
        let found = parsers.parse_details(message.text, details, &context, &mut emit_or_hold)?;
        if !message.text.trim_ascii().is_empty() {
            program.add(found.0.filter(|slot| parsers.is_certain(*slot)), found.1);
        }
        let (slot, outcome) = found.0.filter(|_| is_foreign).map_or(found, |_| LEFT_OUT);
        let format = slot.map(|slot| parsers.format_of(slot));
        held.settle(*program, facts, emit)?;
        if is_doubted && !is_foreign && program.is_foreign() && facts.total() > *doubtful {
            *doubtful = facts.total();
            emit(complete(not_a_proxy(), name, message.ts, *newest, arrival))?;
        }
        let of_dialect = format.and_then(|at| self.by_dialect.get_mut(at));
        for counts in [counts, &mut self.counts].into_iter().chain(of_dialect) {
            count(counts, outcome);
        }
        *last = slot.filter(|slot| *slot < ALL.len()).unwrap_or(*last);
        *ends_in_secret = outcome != Outcome::Parsed && redact::goes_on(message.text, is_in_secret);
        let dialect = format.map(|at| ALL.get(at).map_or(regex_parser::NAME, |of| of.name));
        Ok(Decoded { dialect, outcome, is_in_secret })
    }

    /// Decodes a line of mtp-logs, which any source may have.
    fn decode_gap(
        &mut self,
        gap: &[u8],
        message: &Message<'_>,
        arrival: Timestamp,
        emit: &mut Emit<'_>,
    ) -> Result<Decoded, Error> {
        let LogSource { name, counts, newest, .. } = self.sources.entry(message.source);
        count(counts, Outcome::Parsed);
        count(&mut self.counts, Outcome::Parsed);
        let name = self.source_name.as_deref().or(name.as_deref());
        let mut event = Event::new(Kind::Note, "mtp-logs");
        event.text = Some(redact::masked(gap));
        emit(complete(event, name, message.ts, *newest, arrival))?;
        Ok(Decoded { dialect: None, outcome: Outcome::Parsed, is_in_secret: false })
    }

    /// A decoder in the same state that has counted nothing, for lines further on in the log. `None`
    /// while what a line becomes depends on lines before it.
    pub fn fork(&self) -> Option<Self> {
        let is_settled = !self.sources.has_unnamed() || self.details.lines > DETAILS_WITHIN;
        let sources = self.sources.fork().filter(|_| is_settled && self.regex.is_none())?;
        Some(Self {
            regex: None,
            only: self.only,
            only_sources: self.only_sources.clone(),
            source_name: self.source_name.clone(),
            local_time: self.local_time.clone(),
            secrets: self.secrets.clone(),
            sources,
            details: self.details.clone(),
            by_dialect: vec![LineCounts::default(); ALL.len() + 1],
            counts: LineCounts::default(),
        })
    }

    /// What later lines depend on, as text: equal texts are equal states. `None` as for a fork.
    pub fn seam_state(&self) -> Option<String> {
        let sources = self.sources.seam_state()?;
        let local_time = self.local_time.borrow();
        let DetailsPrefix { prefix, shared, .. } = &self.details;
        Some(format!("{prefix:?} {shared:?} {:?} {sources}", local_time.seam_state()))
    }

    /// Whether a fork has read sources that the base has not.
    pub fn has_new_sources(&self, base: &Self) -> bool {
        self.sources.has_new(&base.sources)
    }

    /// Goes on from the state of a fork that has read the lines up to here, and adds its counts.
    pub fn append(&mut self, part: Self) {
        self.counts.merge(part.counts);
        for (own, other) in self.by_dialect.iter_mut().zip(part.by_dialect) {
            own.merge(other);
        }
        self.details.lines = self.details.lines.max(part.details.lines);
        self.details.shared = part.details.shared;
        self.local_time = part.local_time;
        self.sources.append(part.sources);
    }

    /// Emits what waited for later lines, at the end of the input.
    ///
    /// # Errors
    /// Those of `emit`.
    pub fn finish(&mut self, arrival: Timestamp, emit: &mut Emit<'_>) -> Result<(), Error> {
        for source in self.sources.iter_mut() {
            let has_source = source.name.is_some();
            let LogSource { name, parsers, facts, newest, program, held, .. } = source;
            let name = self.source_name.as_deref().or(name.as_deref());
            held.clear();
            let is_doubted = has_source && self.only_sources.is_empty();
            if is_doubted && !program.is_trusted() {
                continue;
            }
            let mut emit = |event: Event<'_>| {
                facts.add(&event);
                emit(complete(event, name, None, *newest, arrival))
            };
            for parser in parsers.iter_mut().flatten() {
                parser.finish(&mut emit)?;
            }
        }
        Ok(())
    }

    /// Counts a line of the framing itself.
    pub fn count_framing(&mut self) {
        count(&mut self.counts, Outcome::Ignored);
        count(&mut self.sources.entry(None).counts, Outcome::Ignored);
    }
}

/// Adds what the framing knows. A line's own time comes first, then the framing's, then that of the
/// last event of the source: a time of arrival among the times of a log would be that of today.
fn complete<'e>(
    mut event: Event<'e>,
    source: Option<&'e str>,
    framed: Option<Timestamp>,
    previous: Option<Timestamp>,
    arrival: Timestamp,
) -> Event<'e> {
    if event.ts.is_none() {
        event.ts = framed.or(previous).or(Some(arrival));
        event.ts_from = Some(match (framed, previous) {
            (Some(_), _) => TimeFrom::Frame,
            (None, Some(_)) => TimeFrom::Previous,
            (None, None) => TimeFrom::Arrival,
        });
    }
    event.source = source.map(Text::Borrowed);
    event
}

/// The text that `docker logs --details` puts before every line. Only learnt from the first lines
/// of a stream, or where all so far had it: else words of a client could be taken for it.
#[derive(Clone, Debug, Default)]
struct DetailsPrefix {
    prefix: Option<Vec<u8>>,
    /// What all lines so far began with.
    shared: Option<Vec<u8>>,
    lines: u32,
}

/// Lines in which the prefix must show.
const DETAILS_WITHIN: u32 = 64;

impl DetailsPrefix {
    fn strip<'l>(&mut self, line: &'l [u8]) -> &'l [u8] {
        self.lines = self.lines.saturating_add(1);
        if self.lines == 1 {
            let length = after_details(line).map_or(0, |inside| line.len() - inside.len());
            self.shared = line.get(..length).filter(|_| length > 1).map(<[u8]>::to_vec);
        }
        self.shared.take_if(|shared| !line.starts_with(shared));
        self.prefix.as_deref().and_then(|prefix| line.strip_prefix(prefix)).unwrap_or(line)
    }

    /// The line without what may be the prefix.
    fn candidate<'l>(&self, line: &'l [u8]) -> Option<&'l [u8]> {
        let is_early = self.lines <= DETAILS_WITHIN || self.shared.is_some();
        let may_show = self.prefix.is_none() && is_early;
        let inside = may_show.then(|| after_details(line)).flatten();
        inside.filter(|inside| inside.first() != Some(&b' '))
    }

    fn learn(&mut self, line: &[u8], inside: &[u8]) {
        self.prefix = line.get(..line.len() - inside.len()).map(<[u8]>::to_vec);
    }
}

/// The parsers of one source.
struct Parsers<'p> {
    regex: Option<&'p mut RegexParser>,
    only: Option<usize>,
    /// The slot of the source's program: others are not tried.
    learned: Option<usize>,
    /// A slot for each format, in the order of [`ALL`].
    slots: &'p mut [Option<Box<dyn LogParser>>],
    /// The slot of the line before, tried first.
    last: usize,
}

/// The slot whose parser recognised a line, and what it made of it.
type Found = (Option<usize>, Outcome);
/// A line in the form of a proxy, of a source that is not one.
const LEFT_OUT: Found = (None, Outcome::Unrecognized);

impl Parsers<'_> {
    /// Parses a line that may have the prefix of `docker logs --details`.
    fn parse_details(
        &mut self,
        line: &[u8],
        details: Option<&mut DetailsPrefix>,
        context: &ParseContext<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Found, Error> {
        if line.trim_ascii().is_empty() {
            self.blank_line();
            return Ok((None, Outcome::Ignored));
        }
        let Some(details) = details else { return self.parse(line, context, emit) };
        let line = details.strip(line);
        let found = self.parse(line, context, emit)?;
        let inside = details.candidate(line).filter(|_| found.0.is_none());
        let Some(inside) = inside else { return Ok(found) };
        let found = self.parse(inside, context, emit)?;
        if found.0.is_some() {
            details.learn(line, inside);
        }
        Ok(found)
    }

    /// Tries every format; then whether the line continues a message that one has begun.
    fn parse(
        &mut self,
        line: &[u8],
        context: &ParseContext<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Found, Error> {
        let is_regex_tried = self.only.is_none_or(|at| at == ALL.len());
        if let Some(regex) = self.regex.as_mut().filter(|_| is_regex_tried) {
            let outcome = regex.parse(line, context, emit)?;
            if outcome != Outcome::Unrecognized {
                return Ok((Some(ALL.len()), outcome));
            }
        }
        let order = match self.only {
            Some(at) => at..at + 1,
            None => 0..ALL.len(),
        };
        let last = self.last;
        let is_last_tried = order.contains(&last);
        if is_last_tried {
            let outcome = self.parse_as(last, line, context, emit)?;
            if outcome != Outcome::Unrecognized {
                return Ok((Some(last), outcome));
            }
        }
        for at in order.filter(|at| !is_last_tried || *at != last) {
            let outcome = self.parse_as(at, line, context, emit)?;
            if outcome != Outcome::Unrecognized {
                return Ok((Some(at), outcome));
            }
        }
        let continued = self
            .slots
            .iter_mut()
            .position(|parser| parser.as_mut().is_some_and(|parser| parser.continues(line)));
        Ok(match continued {
            Some(at) => (Some(at), Outcome::Ignored),
            None => (None, Outcome::Unrecognized),
        })
    }

    /// Tries the format of a slot.
    #[inline]
    fn parse_as(
        &mut self,
        at: usize,
        line: &[u8],
        context: &ParseContext<'_>,
        emit: &mut Emit<'_>,
    ) -> Result<Outcome, Error> {
        if !self.is_tried(at) {
            return Ok(Outcome::Unrecognized);
        }
        let (Some(dialect), Some(slot)) = (ALL.get(at), self.slots.get_mut(at)) else {
            return Ok(Outcome::Unrecognized);
        };
        slot.get_or_insert_with(dialect.new_parser).parse(line, context, emit)
    }

    /// Whether a format is tried. A process of mtprotoproxy prints its own lines and the access
    /// log's.
    fn is_tried(&self, at: usize) -> bool {
        if self.learned == Some(at) {
            return true;
        }
        let Some(name) = ALL.get(at).map(|dialect| dialect.name) else { return false };
        if self.only.is_none() && name == minhpn::DIALECT.name {
            return false;
        }
        let is_python =
            |name: &str| [access::DIALECT.name, mtprotoproxy::DIALECT.name].contains(&name);
        self.learned.and_then(|learned| ALL.get(learned)).is_none_or(|learned| {
            learned.name == name || (is_python(learned.name) && is_python(name))
        })
    }

    /// Whether the program of the source is known to be that of this slot.
    fn is_certain(&self, slot: usize) -> bool {
        let parser = self.slots.get(slot).and_then(Option::as_ref);
        parser.is_some_and(|parser| parser.is_certain())
    }

    /// The place in [`ALL`] of the format that a slot's parser reads.
    fn format_of(&self, slot: usize) -> usize {
        let parser = self.slots.get(slot).and_then(Option::as_ref);
        let name = parser.and_then(|parser| parser.format_name());
        let at = name.and_then(|name| ALL.iter().position(|dialect| dialect.name == name));
        at.unwrap_or(slot)
    }

    fn blank_line(&mut self) {
        for parser in self.slots.iter_mut().flatten() {
            parser.blank_line();
        }
    }
}
