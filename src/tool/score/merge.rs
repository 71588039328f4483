//! Merges the outputs of partitions into the output of one run over the whole stream.
//!
//! Each output has alerts by time and name, then summaries, the worst first, then a `meta` row, so
//! that a row of each is enough to find the next one. Tables of partitions are added up.

use std::cmp::Reverse;
use std::path::{Path, PathBuf};

use crate::error::Error;
use crate::io::line_buffer::LineBuffer;
use crate::io::output::Output;
use crate::io::source::Source;
use crate::stream::{Alert, AllUsersTable, Meta, Row, ScoreMeta, Summary, Verdict, row};

/// Bytes read at once of each output.
const READ: usize = 1 << 16;

/// The place of a row in an output.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Place {
    Alert { ts: Option<i64>, user: String },
    Summary { rank: Reverse<Rank>, user: String },
}

/// Verdict, suspected people and score: by this summaries are sorted. Twelve bytes: there is one for
/// each of a million users.
pub(super) type Rank = (Verdict, u32, u32);

/// The rank of a user; an account of which nothing is known ranks like a clear one.
pub(super) fn rank(verdict: Verdict, people: u64, score: u64) -> Rank {
    let short = |count: u64| u32::try_from(count).unwrap_or(u32::MAX);
    (verdict.max(Verdict::Clear), short(people), short(score))
}

/// The output of one partition, and its next row.
struct Partition {
    source: Source,
    lines: LineBuffer,
    next: Option<(Place, Vec<u8>)>,
}

/// The rows of which there is one in the end.
#[derive(Default)]
struct PartitionTotals {
    meta: Option<ScoreMeta<'static>>,
    table: Option<AllUsersTable>,
}

/// Writes the rows of all outputs. Tables are kept down to what `relay` users make a relay.
pub(super) fn merge(
    paths: &[PathBuf],
    relay: Option<usize>,
    out: &mut Output,
) -> Result<(), Error> {
    let mut totals = PartitionTotals::default();
    let open = |path: &PathBuf| Partition::open(path, &mut totals);
    let mut partitions = Source::named(paths).iter().map(open).collect::<Result<Vec<_>, _>>()?;
    loop {
        let first = partitions
            .iter_mut()
            .filter(|partition| partition.next.is_some())
            .min_by(|a, b| a.place().cmp(&b.place()));
        let Some(partition) = first else { break };
        if let Some((_, line)) = &partition.next {
            out.buffer.extend_from_slice(line);
            out.buffer.push(b'\n');
            out.after_row()?;
        }
        partition.advance(&mut totals)?;
    }
    if let Some(mut table) = totals.table {
        table.shrink(relay);
        row::write(&table, &mut out.buffer);
    }
    if let Some(meta) = totals.meta {
        row::write(&meta, &mut out.buffer);
    }
    out.flush()
}

impl Partition {
    fn open(path: &Path, totals: &mut PartitionTotals) -> Result<Self, Error> {
        let source = Source::open(path)?;
        let mut partition = Self { source, lines: LineBuffer::new(READ), next: None };
        partition.advance(totals)?;
        Ok(partition)
    }

    fn place(&self) -> Option<&Place> {
        self.next.as_ref().map(|(place, _)| place)
    }

    /// Reads up to the next alert or summary; adds up what has no place among them.
    fn advance(&mut self, totals: &mut PartitionTotals) -> Result<(), Error> {
        let before = self.next.take().map(|(place, _)| place);
        loop {
            while let Some(line) = self.lines.take_line() {
                let refuse = |why: &str| {
                    Err(Error::refused(&self.source.name, format!("line {}: {why}", line.number)))
                };
                let place = match Row::read(line.text) {
                    Row::Alert(alert) => alert_place(&alert),
                    Row::Summary(summary) => summary_place(&summary),
                    Row::Table(table) => {
                        totals.table.get_or_insert_default().merge(*table);
                        continue;
                    }
                    Row::Meta(meta) => match *meta {
                        Meta::Score(meta) => {
                            totals.meta.get_or_insert_default().merge(meta);
                            continue;
                        }
                        Meta::Parse(_) | Meta::Other => return refuse("not a row of mtp-score"),
                    },
                    Row::Event(_)
                    | Row::Sample(_)
                    | Row::Connection(_)
                    | Row::Clock(_)
                    | Row::Other
                    | Row::Foreign => return refuse("not a row of mtp-score"),
                };
                if before.is_some_and(|before| place < before) {
                    return refuse(
                        "not in the order of one run (--every and --events cannot be merged)",
                    );
                }
                self.next = Some((place, line.text.to_vec()));
                return Ok(());
            }
            let read = self.lines.read_from(&mut self.source);
            if read.map_err(|error| self.source.failed(error))? == 0 {
                let Some(_) = self.lines.take_line() else { return Ok(()) };
                return Err(Error::refused(&self.source.name, "ends within a line".to_owned()));
            }
        }
    }
}

fn alert_place(alert: &Alert<'_>) -> Place {
    Place::Alert { ts: alert.ts.map(|ts| ts.0), user: alert.user.clone().into_owned() }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn summary_place(summary: &Summary<'_>) -> Place {
    let is_suspected = summary.verdict >= Verdict::Watch;
    let people = summary.people.filter(|_| is_suspected);
    let people = people.map_or(0, |people| (people * 100.0).round() as u64);
    Place::Summary {
        rank: Reverse(rank(summary.verdict, people, summary.score)),
        user: summary.user.clone().into_owned(),
    }
}
