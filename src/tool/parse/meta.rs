//! The `meta` row: how much was read, and what of it was not understood, by source.

use twox_hash::XxHash3_64;

use crate::formats::source_table::{LogSource, SourceFacts};
use crate::formats::{Decoder, redact};
use crate::frame::BYTE_ORDER_MARK;
use crate::stream::{ByName, ParseMeta, SourceMeta, Text};
use crate::timestamp::Timestamp;

/// Counts beside those of the decoder.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct LineTotals {
    /// Raw lines.
    pub(super) read: u64,
    /// Lines that were cut, and pieces of longer lines.
    pub(super) cut: u64,
    /// Events written.
    pub(super) rows: u64,
    /// Events outside `--since` and `--until`.
    pub(super) left_out: u64,
    /// Events that have the time of arrival.
    pub(super) by_arrival: u64,
}

impl LineTotals {
    pub(super) fn merge(&mut self, other: Self) {
        self.read += other.read;
        self.cut += other.cut;
        self.rows += other.rows;
        self.left_out += other.left_out;
        self.by_arrival += other.by_arrival;
    }
}

fn positive(count: u64) -> Option<u64> {
    Some(count).filter(|count| *count > 0)
}

/// Bytes of a line that its name depends on.
const NAMED_BYTES: usize = 4096;

/// The name of an input by its first line: the same for the same input, wherever it is read.
pub(super) fn run_name(first_line: &[u8]) -> String {
    let line = first_line.strip_prefix(BYTE_ORDER_MARK).unwrap_or(first_line);
    let line = line.get(..NAMED_BYTES).unwrap_or(line);
    let hash = XxHash3_64::oneshot(&redact::mask(line));
    format!("{:012x}", hash >> 16)
}

/// Makes the row.
pub(super) fn row<'d>(
    ts: Option<Timestamp>,
    run: &'d str,
    totals: LineTotals,
    decoder: &'d Decoder,
) -> ParseMeta<'d> {
    let is_proxys = |source: &&LogSource| source.name.is_none() || source.proxy().is_some();
    let of_proxies = decoder.sources.iter().filter(is_proxys);
    ParseMeta {
        ts,
        run: Text::Borrowed(run),
        read: totals.read,
        lines: decoder.counts,
        proxy_not_recognised: of_proxies.map(|source| source.counts.not_recognised).sum(),
        cut: totals.cut,
        rows: totals.rows,
        left_out: positive(totals.left_out),
        by_dialect: ByName(
            decoder.by_dialect().map(|(name, counts)| (Text::Borrowed(name), counts)).collect(),
        ),
        by_source: by_source(decoder),
        sources_forgotten: positive(decoder.sources.evicted),
        connections_forgotten: positive(decoder.sources.connections_evicted()),
        ..ParseMeta::default()
    }
}

/// The sources by name; those that `--source` gives one name are one.
fn by_source(decoder: &Decoder) -> ByName<'_, SourceMeta> {
    let mut all: Vec<(Text<'_>, SourceMeta)> = Vec::new();
    for source in decoder.sources.iter() {
        let name = decoder.name_of(source).unwrap_or_default();
        let at = all.iter().position(|(known, _)| known == name).unwrap_or(all.len());
        if at == all.len() {
            all.push((Text::Borrowed(name), SourceMeta::default()));
        }
        let Some((_, row)) = all.get_mut(at) else { continue };
        let SourceFacts { connects, with_user, with_address, disconnects, .. } = source.facts;
        let (proxy, level) = source.proxy().unzip();
        row.lines.merge(source.counts);
        row.proxy = row.proxy.take().or(proxy.map(Text::Borrowed));
        row.level = row.level.take().or(level.flatten().map(Text::Borrowed));
        row.advice = row.advice.take().or(source.advice().map(Text::Owned));
        row.connects += connects;
        row.with_user += with_user;
        row.with_address += with_address;
        row.disconnects += disconnects;
        row.untrusted = positive(row.untrusted.unwrap_or(0) + source.untrusted());
    }
    ByName(all)
}
