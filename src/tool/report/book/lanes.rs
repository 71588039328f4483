//! The sources of one user, each with the times it was in use.

use std::net::IpAddr;

use super::source::{Grain, Source};
use super::spans::Spans;

/// Sources of one user. Who has more is on a carrier that rotates addresses: networks tell more.
const LANES_MAX: usize = 64;

/// One source of a user.
#[derive(Clone, Debug)]
pub(crate) struct Lane {
    pub(crate) source: Source,
    pub(crate) connects: u64,
    /// Seconds since 1970.
    pub(crate) first: u32,
    pub(crate) last: u32,
    pub(crate) spans: Spans,
}

/// All sources of a user.
#[derive(Clone, Debug, Default)]
pub(crate) struct Lanes {
    all: Vec<Lane>,
    grain: Grain,
    /// Which was met last: the next connection is most often of the same.
    recent: usize,
}

impl Lanes {
    /// In the order they were first met.
    pub(crate) fn all(&self) -> &[Lane] {
        &self.all
    }

    /// How finely they are told apart.
    pub(crate) fn grain(&self) -> Grain {
        self.grain
    }

    /// Adds a connection; how many spans more there are.
    pub(crate) fn add(&mut self, ip: IpAddr, at: u32) -> usize {
        let source = Source::of(ip, self.grain);
        let place = self.place(source);
        self.recent = place;
        let Some(lane) = self.all.get_mut(place) else { return 0 };
        lane.connects += 1;
        lane.first = lane.first.min(at);
        lane.last = lane.last.max(at);
        lane.spans.add(at)
    }

    /// Draws near spans as one; how many there are left.
    pub(crate) fn coarsen(&mut self) -> usize {
        self.all.iter_mut().for_each(|lane| lane.spans.coarsen());
        self.all.iter().map(|lane| lane.spans.all().len()).sum()
    }

    /// The same sources told apart by network, where that makes them fewer.
    pub(crate) fn widened(&self) -> Self {
        let mut wide = Self { grain: Grain::Network, ..Self::default() };
        for lane in &self.all {
            let place = wide.place(lane.source.widened(Grain::Network));
            if let Some(into) = wide.all.get_mut(place) {
                into.connects += lane.connects;
                into.first = into.first.min(lane.first);
                into.last = into.last.max(lane.last);
                into.spans.merge(&lane.spans);
            }
        }
        wide
    }

    fn place(&mut self, source: Source) -> usize {
        let is_it = |lane: &Lane| lane.source == source;
        if self.all.get(self.recent).is_some_and(is_it) {
            return self.recent;
        }
        if let Some(at) = self.all.iter().position(is_it) {
            return at;
        }
        let is_full = self.all.len() >= LANES_MAX;
        match (is_full, self.grain) {
            (true, Grain::Address) => {
                *self = self.widened();
                self.place(source.widened(Grain::Network))
            }
            (true, Grain::Network) if source != Source::Others => self.place(Source::Others),
            (true | false, _) => {
                let (first, last) = (u32::MAX, 0);
                self.all.push(Lane { source, connects: 0, first, last, spans: Spans::default() });
                self.all.len() - 1
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn many_addresses_become_networks_and_nothing_is_lost() {
        let mut lanes = Lanes::default();
        for n in 0..100_000_u32 {
            let ip = std::net::Ipv4Addr::from_bits(0x5000_0000 + n * 97);
            lanes.add(ip.into(), n);
        }
        assert!(lanes.all().len() <= LANES_MAX + 1);
        assert_eq!(lanes.all().iter().map(|lane| lane.connects).sum::<u64>(), 100_000);
        assert_eq!(lanes.grain(), Grain::Network);
    }
}
