//! When a source was in use: it was at a moment if it opened connections both before and after
//! it, no more than a gap apart. A dead socket that roaming left behind never is.

use crate::sharing::presence::SHORT_GAP;

/// How far apart two connections of a source may begin for it to count as in use in between: as
/// far as for the verdict, so that the picture shows what the evidence says.
pub(crate) const GAP_SECONDS: u32 = 3600;
/// Spans of one source; beyond, near ones are drawn as one.
const SPANS_MAX: usize = 1024;

/// A stretch of time, in seconds since 1970, both ends included.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Span {
    pub(crate) from: u32,
    pub(crate) to: u32,
}

/// Stretches in order that do not touch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Spans {
    all: Vec<Span>,
    gap: u32,
}

impl Default for Spans {
    fn default() -> Self {
        Self { all: Vec::new(), gap: GAP_SECONDS }
    }
}

impl Spans {
    /// In order of time.
    pub(crate) fn all(&self) -> &[Span] {
        &self.all
    }

    /// Seconds in use.
    pub(crate) fn seconds(&self) -> u64 {
        self.all.iter().map(|span| u64::from(span.to - span.from)).sum()
    }

    /// Adds a connection that began then; how many stretches more there are.
    pub(crate) fn add(&mut self, at: u32) -> usize {
        let before = self.all.len();
        self.put(Span { from: at, to: at });
        if self.all.len() > SPANS_MAX {
            self.coarsen();
        }
        self.all.len().saturating_sub(before)
    }

    /// Adds all of another.
    pub(crate) fn merge(&mut self, other: &Self) {
        self.gap = self.gap.max(other.gap);
        for span in &other.all {
            self.put(*span);
        }
        while self.all.len() > SPANS_MAX {
            self.coarsen();
        }
    }

    /// Joins stretches that are twice as far apart as were joined before.
    pub(crate) fn coarsen(&mut self) {
        self.gap = self.gap.saturating_mul(2);
        let gap = self.gap;
        self.all.dedup_by(|next, last| {
            let near = next.from <= last.to.saturating_add(gap);
            if near {
                last.to = last.to.max(next.to);
            }
            near
        });
    }

    fn put(&mut self, new: Span) {
        let gap = self.gap;
        let reach = |span: &Span| span.to.saturating_add(gap);
        match self.all.last_mut() {
            Some(last) if new.from >= last.from && new.from <= reach(last) => {
                last.to = last.to.max(new.to);
            }
            Some(last) if new.from < last.from => self.put_late(new),
            Some(_) | None => self.all.push(new),
        }
    }

    /// One that is not the last: joins all that it now connects.
    fn put_late(&mut self, mut new: Span) {
        let gap = self.gap;
        let low = self.all.partition_point(|span| span.to.saturating_add(gap) < new.from);
        let high = self.all.partition_point(|span| span.from <= new.to.saturating_add(gap));
        for span in self.all.get(low..high).unwrap_or_default() {
            new = Span { from: new.from.min(span.from), to: new.to.max(span.to) };
        }
        self.all.splice(low..high.max(low), [new]);
    }
}

const _: () =
    assert!(GAP_SECONDS as i64 * 1000 == SHORT_GAP.gap_ms, "one definition of being in use");

#[cfg(test)]
mod tests {
    use super::*;

    /// What the same moments make in any order, by the definition.
    fn naive(moments: &[u32]) -> Vec<Span> {
        let mut sorted = moments.to_vec();
        sorted.sort_unstable();
        let mut all: Vec<Span> = Vec::new();
        for at in sorted {
            match all.last_mut() {
                Some(last) if at - last.to <= GAP_SECONDS => last.to = at,
                _ => all.push(Span { from: at, to: at }),
            }
        }
        all
    }

    #[test]
    fn order_does_not_matter() {
        let mut seed = 7_u32;
        for _ in 0..200 {
            let moments: Vec<u32> = (0..60)
                .map(|_| {
                    seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                    (seed >> 8) % 240_000
                })
                .collect();
            let mut spans = Spans::default();
            let grown: usize = moments.iter().map(|at| spans.add(*at)).sum();
            assert_eq!(spans.all(), naive(&moments));
            assert!(grown >= spans.all().len());
        }
    }

    #[test]
    fn there_is_a_maximum() {
        let mut spans = Spans::default();
        for n in 0..5000 {
            spans.add(n * 5000);
        }
        assert!(spans.all().len() <= SPANS_MAX);
        assert_eq!(spans.all().last().map(|span| span.to), Some(24_995_000));
    }
}
