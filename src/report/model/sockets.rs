//! Connections over time, from samples: as fine as there is room for.

use std::collections::BTreeMap;

use crate::stream::Sample;
use crate::timestamp::Timestamp;

/// Points of a port; beyond, every two become one that keeps the larger.
const POINTS_MAX: usize = 2048;
/// Addresses of the last sample that are kept.
const ADDRESSES_MAX: usize = 1000;
/// The most ports that are kept separate. A machine with more than these has no proxy on each.
const PORTS_MAX: usize = 8;

/// A moment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Point {
    pub at: Timestamp,
    pub total: u64,
    pub addresses: u64,
}

/// The samples of one port.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// In the order they came.
    pub points: Vec<Point>,
    /// How many there were.
    pub samples: u64,
    /// The last sample.
    pub last: Sample<'static>,
    /// Samples a point stands for.
    each: usize,
    /// Samples of the point that is not full yet.
    filled: usize,
}

/// All samples.
#[derive(Clone, Debug, Default)]
pub struct Sockets {
    /// By port; 0 where a sample names none.
    pub ports: BTreeMap<u16, Series>,
    /// Samples of ports beyond the maximum.
    pub dropped: u64,
}

impl Sockets {
    pub(super) fn add(&mut self, sample: &Sample<'_>) {
        let Some(at) = sample.ts else { return };
        let port = sample.port.unwrap_or(0);
        if !self.ports.contains_key(&port) && self.ports.len() >= PORTS_MAX {
            self.dropped += 1;
            return;
        }
        let series = self.ports.entry(port).or_default();
        series.add(Point { at, total: sample.total, addresses: sample.addresses });
        series.last = sample.clone().into_owned();
        series.last.by_ip.truncate(ADDRESSES_MAX);
        series.samples += 1;
    }
}

impl Series {
    fn add(&mut self, new: Point) {
        let each = self.each.max(1);
        match self.points.last_mut() {
            Some(point) if self.filled < each => *point = larger(*point, new),
            Some(_) | None => {
                self.points.push(new);
                self.filled = 0;
            }
        }
        self.filled += 1;
        if self.points.len() > POINTS_MAX {
            let pairs =
                self.points.chunks(2).filter_map(|pair| pair.iter().copied().reduce(larger));
            self.points = pairs.collect();
            self.each = each * 2;
        }
    }
}

fn larger(a: Point, b: Point) -> Point {
    Point { at: a.at, total: a.total.max(b.total), addresses: a.addresses.max(b.addresses) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn peaks_survive() {
        let mut series = Series::default();
        for n in 0..100_000_u64 {
            let total = if n == 77_777 { 900 } else { n % 7 };
            let at = Timestamp(i64::try_from(n).unwrap() * 1000);
            series.add(Point { at, total, addresses: 1 });
        }
        assert!(series.points.len() <= POINTS_MAX);
        assert_eq!(series.points.iter().map(|point| point.total).max(), Some(900));
        assert!(series.points.is_sorted_by_key(|point| point.at));
    }
}
