//! `--check`: what each source logs, what is missing, and the setting that changes it.

use crate::formats::Decoder;
use crate::formats::source_table::{LogSource, SourceFacts};
use crate::io::escape::Escaped;

/// Sources whose advice is reported on standard error.
pub(super) const ADVICE_MAX: usize = 16;

/// Writes the report.
pub(super) fn write(out: &mut Vec<u8>, decoder: &Decoder) {
    for source in decoder.sources.iter().filter(|source| source.counts.total() > 0) {
        let name = decoder.name_of(source).unwrap_or("(no source)");
        out.extend_from_slice(entry(name, source).as_bytes());
    }
}

fn entry(name: &str, source: &LogSource) -> String {
    let counts = source.counts;
    let proxy = match source.proxy() {
        None if source.program.is_foreign() => "not a proxy".to_owned(),
        None => "unknown program".to_owned(),
        Some((proxy, None)) => proxy.to_owned(),
        Some((proxy, Some(level))) => format!("{proxy}, level {level}"),
    };
    let mut out = format!(
        "{}: {proxy}\n    lines: {} understood, {} passed over, {} not recognised\n",
        Escaped(name),
        counts.understood,
        counts.passed_over,
        counts.not_recognised
    );
    if source.proxy().is_some() {
        let facts: SourceFacts = source.facts;
        let of = |count: u64, all: u64| match (count, all) {
            (0, _) => "no".to_owned(),
            (count, all) if count == all => "yes".to_owned(),
            (count, all) => format!("{count} of {all}"),
        };
        out.push_str(&format!(
            "    connects: {}; user: {}, address: {}\n    ends: {}; address: {}, bytes: {}\n",
            facts.connects,
            of(facts.with_user, facts.connects),
            of(facts.with_address, facts.connects),
            facts.disconnects,
            of(facts.ends_with_address, facts.disconnects),
            of(facts.ends_with_bytes, facts.disconnects),
        ));
    }
    if source.untrusted() > 0 {
        out.push_str(&format!(
            "    not trusted: {} (may be text of clients)\n",
            source.untrusted()
        ));
    }
    if let Some(advice) = source.advice() {
        out.push_str(&format!("    {advice}\n"));
    }
    out
}
