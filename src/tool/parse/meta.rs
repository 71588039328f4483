//! The `meta` row: how much was read, and what of it was not understood, by source.

use crate::formats::Decoder;
use crate::formats::source_table::{LogSource, SourceFacts};
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
}

fn positive(count: u64) -> Option<u64> {
    Some(count).filter(|count| *count > 0)
}

/// Makes the row.
pub(super) fn row(ts: Option<Timestamp>, totals: LineTotals, decoder: &Decoder) -> ParseMeta<'_> {
    let is_proxys = |source: &&LogSource| source.name.is_none() || source.proxy().is_some();
    let of_proxies = decoder.sources.iter().filter(is_proxys);
    ParseMeta {
        ts,
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
