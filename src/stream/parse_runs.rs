//! What several runs of mtp-parse counted, from their `meta` rows in one stream.

use serde::{Deserialize, Serialize};

use super::ParseMeta;

/// Runs that are kept apart. Of more, the one silent longest is taken for ended.
const RUNS_MAX: usize = 64;
/// Bytes of the name of a run that are compared.
const NAME_MAX: usize = 128;

/// Lines that runs of mtp-parse counted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParsedLines {
    pub read: u64,
    pub understood: u64,
    pub passed_over: u64,
    pub not_recognised: u64,
    /// Those of them that are of a proxy, or of an unknown source.
    pub proxy_not_recognised: u64,
    pub cut: u64,
}

/// The counts of each run.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ParseRuns {
    /// Of runs that have ended.
    ended: ParsedLines,
    /// The others by name, the one reported last at the end.
    runs: Vec<(Box<str>, ParsedLines)>,
}

impl ParsedLines {
    fn of(meta: &ParseMeta<'_>) -> Self {
        // Without a source, all lines may be a proxy's.
        let is_unsourced = meta.by_source.0.is_empty();
        let not_recognised = meta.lines.not_recognised;
        Self {
            read: meta.read,
            understood: meta.lines.understood,
            passed_over: meta.lines.passed_over,
            not_recognised,
            proxy_not_recognised: if is_unsourced {
                not_recognised
            } else {
                meta.proxy_not_recognised
            },
            cut: meta.cut,
        }
    }

    fn plus(self, other: Self) -> Self {
        Self {
            read: self.read.saturating_add(other.read),
            understood: self.understood.saturating_add(other.understood),
            passed_over: self.passed_over.saturating_add(other.passed_over),
            not_recognised: self.not_recognised.saturating_add(other.not_recognised),
            proxy_not_recognised: self
                .proxy_not_recognised
                .saturating_add(other.proxy_not_recognised),
            cut: self.cut.saturating_add(other.cut),
        }
    }

    /// Whether a counter is smaller than it was: counters of one run only grow.
    fn is_below(self, was: Self) -> bool {
        self.read < was.read
            || self.understood < was.understood
            || self.not_recognised < was.not_recognised
    }
}

impl ParseRuns {
    /// Adds a `meta` row, which replaces the one before of the same run.
    pub fn add(&mut self, meta: &ParseMeta<'_>) {
        let new = ParsedLines::of(meta);
        let end =
            (0..=NAME_MAX.min(meta.run.len())).rev().find(|at| meta.run.is_char_boundary(*at));
        let name = meta.run.get(..end.unwrap_or(0)).unwrap_or_default();
        let known = self.runs.iter().position(|(run, _)| **run == *name);
        if let Some((_, was)) = known.map(|at| self.runs.remove(at))
            && new.is_below(was)
        {
            self.ended = self.ended.plus(was);
        }
        self.runs.push((name.into(), new));
        if self.runs.len() > RUNS_MAX {
            let (_, oldest) = self.runs.remove(0);
            self.ended = self.ended.plus(oldest);
        }
    }

    /// The counts of all runs.
    pub fn total(&self) -> ParsedLines {
        self.runs.iter().fold(self.ended, |sum, (_, run)| sum.plus(*run))
    }

    /// Whether no run has counted anything.
    pub fn is_empty(&self) -> bool {
        self.runs.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::LineCounts;

    fn meta(run: &str, read: u64) -> ParseMeta<'_> {
        let lines = LineCounts { understood: read / 2, not_recognised: read / 4, passed_over: 0 };
        ParseMeta { run: run.into(), read, lines, ..ParseMeta::default() }
    }

    #[test]
    fn runs_add_up_however_their_rows_are_mixed() {
        let mut runs = ParseRuns::default();
        for (run, read) in [("a", 40), ("b", 100), ("a", 80), ("b", 104), ("", 8), ("a", 88)] {
            runs.add(&meta(run, read));
        }
        let total = runs.total();
        assert_eq!((total.read, total.understood, total.not_recognised), (200, 100, 50));
        // A run of the same name that begins anew.
        runs.add(&meta("b", 4));
        assert_eq!(runs.total().read, 204);
        runs.add(&meta("b", 8));
        assert_eq!(runs.total().read, 208);
    }

    #[test]
    fn no_count_is_lost_when_there_are_too_many_runs() {
        let mut runs = ParseRuns::default();
        for n in 0..1000 {
            runs.add(&meta(&format!("{n}{}", "\u{e9}".repeat(200)), 4));
        }
        assert_eq!((runs.total().read, runs.runs.len()), (4000, RUNS_MAX));
        assert!(runs.runs.iter().all(|(name, _)| name.len() <= NAME_MAX));
    }
}
