//! When several of a user's sources were in use at once.

use std::net::IpAddr;

use super::lanes::Lane;
use super::source::Source;
use super::spans::Span;

/// A stretch of time with at least two sources in use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Together {
    pub(crate) span: Span,
    /// How many.
    pub(crate) sources: u32,
}

/// All such stretches, in order. One ends wherever a span begins or ends.
///
/// An IPv4 and an IPv6 source at once count as one, as a home has both: two of a kind make two.
pub(crate) fn together(lanes: &[Lane]) -> Vec<Together> {
    let mut steps: Vec<(u32, i32, Kind)> = Vec::new();
    for lane in lanes {
        let kind = match lane.source {
            Source::Net(IpAddr::V6(_), _) => Kind::V6,
            Source::Net(IpAddr::V4(_), _) | Source::Others => Kind::V4,
        };
        for span in lane.spans.all().iter().filter(|span| span.to > span.from) {
            steps.extend([(span.from, 1, kind), (span.to, -1, kind)]);
        }
    }
    steps.sort_unstable();
    let (mut all, mut v4, mut v6, mut since) = (Vec::<Together>::new(), 0_i32, 0_i32, 0);
    for (at, step, kind) in steps {
        let depth = v4.max(v6);
        if depth >= 2 && at > since {
            let span = Span { from: since, to: at };
            all.push(Together { span, sources: depth.unsigned_abs() });
        }
        match kind {
            Kind::V4 => v4 += step,
            Kind::V6 => v6 += step,
        }
        since = at;
    }
    all
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    V4,
    V6,
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
        let mut home = Lanes::default();
        for at in [0, 500, 1000] {
            home.add("192.0.2.1".parse().unwrap(), at);
            home.add("2001:db8::1".parse().unwrap(), at);
        }
        assert_eq!(together(home.all()), [], "a home has both");
    }
}
