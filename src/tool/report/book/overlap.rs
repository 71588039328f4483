//! When several of a user's sources were in use at once.

use super::lanes::Lane;
use super::spans::Span;

/// A stretch of time with at least two sources in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Together {
    pub(crate) span: Span,
    /// How many.
    pub(crate) sources: u32,
}

/// All such stretches, in order. One ends wherever a span begins or ends.
pub(crate) fn together(lanes: &[Lane]) -> Vec<Together> {
    let spans = lanes.iter().flat_map(|lane| lane.spans.all());
    let mut steps: Vec<(u32, i32)> = spans
        .filter(|span| span.to > span.from)
        .flat_map(|span| [(span.from, 1), (span.to, -1)])
        .collect();
    steps.sort_unstable();
    let (mut all, mut depth, mut since) = (Vec::<Together>::new(), 0_i32, 0);
    for (at, step) in steps {
        if depth >= 2 && at > since {
            let span = Span { from: since, to: at };
            all.push(Together { span, sources: depth.unsigned_abs() });
        }
        depth += step;
        since = at;
    }
    all
}

/// Seconds with exactly two in use, and with more.
pub(crate) fn seconds(all: &[Together]) -> (u64, u64) {
    all.iter().fold((0, 0), |(two, more), part| {
        let length = u64::from(part.span.to - part.span.from);
        if part.sources == 2 { (two + length, more) } else { (two, more + length) }
    })
}

/// Which parts of a source's spans fall into these stretches.
pub(crate) fn within(spans: &[Span], stretches: impl Iterator<Item = Span>) -> Vec<Span> {
    let mut spans = spans.iter().peekable();
    let mut parts = Vec::new();
    for stretch in stretches {
        while spans.peek().is_some_and(|span| span.to <= stretch.from) {
            spans.next();
        }
        // One span covers all of a stretch, or none does.
        if let Some(span) = spans.peek().filter(|span| span.from < stretch.to) {
            let (from, to) = (span.from.max(stretch.from), span.to.min(stretch.to));
            parts.push(Span { from, to });
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::super::lanes::Lanes;
    use super::*;

    #[test]
    fn levels_and_their_lengths() {
        let mut lanes = Lanes::default();
        for (ip, moments) in [
            ("192.0.2.1", vec![0, 500, 1000]),
            ("192.0.2.2", vec![400, 900, 1400]),
            ("192.0.2.3", vec![800, 950]),
            ("192.0.2.4", vec![850]),
        ] {
            for at in moments {
                lanes.add(ip.parse().unwrap(), at);
            }
        }
        let all = together(lanes.all());
        assert_eq!(seconds(&all), (450, 150));
        let first = lanes.all()[0].spans.all();
        let parts = within(first, all.iter().map(|part| part.span));
        let length: u32 = parts.iter().map(|span| span.to - span.from).sum();
        assert_eq!(length, 600);
    }
}
