//! The state of one block of addresses of one account: 88 bytes, and 54 more once it was in use.

use serde::{Deserialize, Serialize};

use super::network::Network;
use super::presence::{LazyPresence, slot};

/// Networks of a block that are kept.
const NETWORKS_KEPT: usize = 4;
/// Connections of one address within a burst from which on addresses of a block are lines of their
/// own, and not a carrier's,
const LINE_BURSTS_MIN: u16 = 8;
/// if at most one burst in so many mixes them,
const LINE_BURSTS_RATIO: u16 = 10;
/// if so many changes were to an address that had been left,
const LINE_RETURNS_MIN: u16 = 20;
/// and at least so many for each change to a new one.
const LINE_RETURNS_RATIO: u16 = 4;
/// The time within which connections are one burst.
const BURST_MS: i64 = 1_500;
/// Fewer bursts prove nothing about a pool.
const POOL_BURSTS_MIN: f32 = 3.0;
/// The share of bursts that mix with other blocks from which on a block is part of a pool. A pool
/// of two mixes in one burst of two, and every mixed burst counts for both blocks. A home mixes by
/// chance alone, which is subtracted.
const POOL_SHARE: f32 = 0.34;

/// One block of addresses.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct BlockActivity {
    /// A block, or a subnet of one.
    pub(super) block: Network,
    pub(super) is_subnet: bool,
    /// Whether its addresses are lines of their own, with a subnet each.
    is_split: bool,
    /// Start of the newest connection, in milliseconds.
    pub(super) last: i64,
    pub(super) connections: u16,
    /// Changes to this block in slots with alternation.
    pub(super) changes: u16,
    /// Pairs of connections within a burst, both of this block.
    own_bursts: f32,
    /// Pairs of connections within a burst, one of them of another block, less those expected by
    /// chance.
    mixed_bursts: f32,
    /// Networks by position in the block, the newest first.
    positions: [u16; NETWORKS_KEPT],
    kept: u8,
    addresses: Addresses,
    pub(super) presence: LazyPresence,
}

/// How the addresses of a block follow each other.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
struct Addresses {
    /// Time of the newest connection, those of subnets included.
    newest: i64,
    /// Pairs of connections within a burst, of one address and of two.
    same: u16,
    mixed: u16,
    /// Changes to an address that is kept, and to another one.
    returns: u16,
    new: u16,
}

impl BlockActivity {
    pub(super) fn new(block: Network, is_subnet: bool) -> Self {
        Self {
            block,
            is_subnet,
            is_split: false,
            last: i64::MIN / 4,
            connections: 0,
            changes: 0,
            own_bursts: 0.0,
            mixed_bursts: 0.0,
            positions: [0; NETWORKS_KEPT],
            kept: 0,
            addresses: Addresses::default(),
            presence: LazyPresence::default(),
        }
    }

    /// Records a connection.
    pub(super) fn connect(&mut self, ts: i64) {
        if self.connections > 0 && slot(ts) > slot(self.last) {
            self.presence.record(self.last, ts);
        }
        self.connections = self.connections.saturating_add(1);
        self.last = ts;
    }

    /// Records the address of a connection.
    pub(super) fn keep(&mut self, ts: i64, network: Network) {
        let position = u16::try_from(network.bits - self.block.bits).unwrap_or(0);
        let kept = usize::from(self.kept);
        let found = self.positions.iter().take(kept).position(|own| *own == position);
        let counts = &mut self.addresses;
        let is_burst = kept > 0 && ts - counts.newest <= BURST_MS;
        counts.newest = ts;
        let add = |count: &mut u16, is: bool| *count = count.saturating_add(u16::from(is));
        add(&mut counts.same, is_burst && found == Some(0));
        add(&mut counts.mixed, is_burst && found != Some(0));
        add(&mut counts.returns, found.is_some_and(|at| at > 0));
        add(&mut counts.new, found.is_none() && kept > 0);
        let last = found.unwrap_or(kept.min(NETWORKS_KEPT - 1));
        if let Some(newer) = self.positions.get_mut(..=last) {
            newer.rotate_right(1);
        }
        if let Some(newest) = self.positions.first_mut() {
            *newest = position;
        }
        if found.is_none() {
            self.kept = u8::try_from(last + 1).unwrap_or(u8::MAX);
        }
    }

    /// Whether the addresses of this block are lines of their own: several are used again and
    /// again, each with bursts of its own. Once they are they remain so.
    pub(super) fn split_into_lines(&mut self) -> bool {
        let of = &self.addresses;
        self.is_split |= of.same >= LINE_BURSTS_MIN
            && of.mixed.saturating_mul(LINE_BURSTS_RATIO) <= of.same
            && of.returns >= LINE_RETURNS_MIN
            && of.returns >= of.new.saturating_mul(LINE_RETURNS_RATIO);
        self.is_split
    }

    /// Time of the newest connection, those of its subnets included.
    pub(super) fn newest(&self) -> i64 {
        self.last.max(self.addresses.newest)
    }

    /// The networks of this block that are kept, the newest first.
    pub(super) fn networks(&self) -> impl Iterator<Item = Network> + '_ {
        let Network { family, bits } = self.block;
        let kept = self.positions.iter().take(usize::from(self.kept));
        kept.map(move |position| Network { family, bits: bits | u64::from(*position) })
    }

    pub(super) fn add_own_burst(&mut self) {
        self.own_bursts += 1.0;
    }

    pub(super) fn add_mixed_bursts(&mut self, count: f32) {
        self.mixed_bursts += count;
    }

    /// Whether this is one block of a pool from which a carrier, a VPN or an office draws an
    /// address for each connection.
    pub(super) fn is_pool(&self) -> bool {
        self.mixed_bursts >= POOL_BURSTS_MIN
            && self.mixed_bursts >= POOL_SHARE * (self.mixed_bursts + self.own_bursts)
    }

    /// Halves the counts this many times: old behaviour of an address counts for some days.
    pub(super) fn decay(&mut self, steps: i64) {
        for _ in 0..steps.min(16) {
            let of = &mut self.addresses;
            for count in
                [&mut self.changes, &mut of.same, &mut of.mixed, &mut of.returns, &mut of.new]
            {
                *count /= 2;
            }
            self.own_bursts /= 2.0;
            self.mixed_bursts /= 2.0;
        }
    }

    /// Order in which blocks are kept: by use, then by time.
    pub(super) fn weight(&self) -> (u32, i64) {
        (self.presence.get().used.count(), self.newest())
    }
}
