//! Merges the blocks of one pool into one group.
//!
//! A client opens several connections at once. Blocks that mix within one burst, time after time,
//! are those from which a carrier, a VPN or an office draws an address for each connection. All
//! such blocks of one account count as one device's.

use super::activity::AccountActivity;
use super::block::BlockActivity;
use super::network::{Family, Network};
use super::presence::DAYS;

/// Some blocks of one address family that count as one, with their slots by day of the window.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// Indexes of the blocks.
    blocks: Vec<usize>,
    pub(super) is_v4: bool,
    pub(super) is_v6: bool,
    /// In use.
    pub(super) used: [u128; DAYS],
    /// In use, and not held by a computer.
    pub(super) unheld: [u128; DAYS],
    held: [u128; DAYS],
}

impl Group {
    /// The networks of a group, those of the most used block first.
    pub(super) fn networks(&self, activity: &AccountActivity) -> Vec<Network> {
        let mut blocks: Vec<_> =
            self.blocks.iter().filter_map(|index| activity.blocks.get(*index)).collect();
        blocks.sort_by_key(|own| (std::cmp::Reverse(own.presence.get().used.count()), own.block));
        blocks.into_iter().flat_map(BlockActivity::networks).collect()
    }

    /// Changes to the blocks of this group in slots with alternation.
    pub(super) fn changes(&self, activity: &AccountActivity) -> u32 {
        let all = self.blocks.iter().filter_map(|index| activity.blocks.get(*index));
        all.map(|own| u32::from(own.changes)).sum()
    }

    /// Number of slots in use.
    pub(super) fn slots(&self) -> u32 {
        self.used.iter().map(|day| day.count_ones()).sum()
    }
}

/// The groups of an account. IPv4 and IPv6 are looked at apart, because most homes have both: what
/// is in use at the same time is counted within each family.
#[derive(Clone, Debug, Default)]
pub struct Groups(pub(super) Vec<Group>);

/// Merges the blocks of an account that belong to one pool.
pub fn group_networks(activity: &AccountActivity) -> Groups {
    let mut groups: Vec<Group> = Vec::new();
    let mut pools: [Option<usize>; 2] = [None; 2];
    let mut blocks: Vec<_> = activity.blocks.iter().enumerate().collect();
    blocks.sort_by_key(|(_, own)| (own.block, own.is_subnet));
    for (index, own) in blocks {
        let family = own.block.family;
        let mut pool =
            if own.is_pool() { pools.get_mut(usize::from(family == Family::V6)) } else { None };
        let at = pool.as_ref().and_then(|pool| **pool).unwrap_or(groups.len());
        if let Some(pool) = &mut pool {
            **pool = Some(at);
        }
        if at == groups.len() {
            groups.push(Group {
                blocks: Vec::new(),
                is_v4: family != Family::V6,
                is_v6: family != Family::V4,
                used: [0; DAYS],
                unheld: [0; DAYS],
                held: [0; DAYS],
            });
        }
        let Some(group) = groups.get_mut(at) else { continue };
        group.blocks.push(index);
        let presence = own.presence.get();
        let days = group.used.iter_mut().zip(&mut group.held).zip(&mut group.unheld).enumerate();
        for (day, ((used, held), unheld)) in days {
            *used |= presence.used.day(day);
            *held |= presence.held.day(day);
            *unheld = *used & !*held;
        }
    }
    Groups(groups)
}
