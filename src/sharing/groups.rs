//! Merges the addresses of one device into one network.
//!
//! A client opens several connections at once. Addresses that come from different networks within
//! one burst, time after time, belong to one device: the two families of a home, a line with two
//! uplinks, a carrier that gives each connection its own address. Two devices that are each used
//! for a share of the time mix by chance alone: by that share.

use super::activity::AccountActivity;
use super::network::{Family, Network};
use super::network_activity::NetworkActivity;
use super::presence::Presence;

/// How evenly two addresses must mix. It is 1 if each connection draws its address at random, and
/// for two devices the share of the time that both are used, which is well under a half.
const MIXTURE_MIN: f64 = 0.5;
/// The same for IPv4 and IPv6, since most homes have both.
const MIXTURE_MIN_DUAL_STACK: f64 = 0.3;
/// Fewer meetings prove nothing.
const MEETINGS_MIN: u16 = 4;
/// The same for IPv4 and IPv6.
const MEETINGS_MIN_DUAL_STACK: u16 = 2;
/// An address that did not come back after hours, and whose bursts contain new addresses at least
/// once in so many times, belongs to the same carrier as these.
const BESIDE_NEW_RATIO: u16 = 5;
/// So many unsettled addresses of one pool are a carrier's: who leaves a place seldom goes to
/// another one of its pool.
const POOL_MIN: usize = 2;
/// So many addresses of one subnet are one network, settled or not. Two may be two homes.
const SUBNET_MIN: usize = 3;
/// An address with more connections than one burst has was used more than once.
const BURST_CONNECTIONS: u16 = 4;
/// An address is settled after a whole day, since a carrier may leave one through a night and a
/// morning,
const SETTLED_MS: i64 = 24 * 3_600_000;
/// if it has so many bursts of its own.
const SETTLED_OWN_BURSTS: u16 = 8;

/// The groups of networks that count as one.
#[derive(Debug)]
pub struct Groups {
    /// The group of each network, by index.
    pub(super) of: Vec<u8>,
    /// The group of the transient networks.
    pub(super) transient: u8,
    pub(super) count: usize,
    /// The presence of each group.
    pub(super) presence: Vec<Presence>,
}

impl Groups {
    /// The networks of a group, the most used first.
    pub(super) fn networks(&self, activity: &AccountActivity, group: usize) -> Vec<Network> {
        let all = activity.networks.iter().zip(&self.of);
        let mut members: Vec<_> = all
            .filter(|(_, of)| usize::from(**of) == group)
            .map(|(own, _)| (std::cmp::Reverse(own.presence.get().slots()), own.network))
            .collect();
        members.sort();
        members.into_iter().map(|(_, network)| network).collect()
    }
}

/// Merges the networks of an account that belong to one device.
pub fn group_networks(activity: &AccountActivity) -> Groups {
    let transient = u8::try_from(activity.networks.len()).unwrap_or(u8::MAX);
    let mut sets = DisjointSets((0..=transient).collect());
    join_mixed(activity, &mut sets);
    join_transient(activity, &mut sets, transient);
    join_pools(activity, &mut sets);
    number(activity, &sets, transient)
}

/// Union-find over network indexes. The root of a set is its highest index.
struct DisjointSets(Vec<u8>);

impl DisjointSets {
    fn root(&self, mut at: u8) -> u8 {
        while let Some(up) = self.0.get(usize::from(at)).filter(|up| **up != at) {
            at = *up;
        }
        at
    }

    fn join(&mut self, one: u8, other: u8) {
        let (one, other) = (self.root(one), self.root(other));
        if let Some(up) = self.0.get_mut(usize::from(one.min(other))) {
            *up = one.max(other);
        }
    }
}

/// The number of meetings, as a share of what random draws of two addresses would give.
fn mixture(meetings: u16, own_bursts_a: u16, own_bursts_b: u16) -> f64 {
    let product = (f64::from(own_bursts_a) + 0.5) * (f64::from(own_bursts_b) + 0.5);
    f64::from(meetings) / (2.0 * product.sqrt())
}

/// Joins addresses that mix evenly.
fn join_mixed(activity: &AccountActivity, sets: &mut DisjointSets) {
    let dual_stack = dual_stack_pairs(activity);
    for pair in &activity.pairs {
        let (Some(a), Some(b)) = (activity.network(pair.a), activity.network(pair.b)) else {
            continue;
        };
        let mixture = mixture(pair.meetings, a.own_bursts, b.own_bursts);
        let is_one = match six_and_four(a, b, pair.a, pair.b) {
            Some((six, four)) => {
                let partner = dual_stack.get(usize::from(six)).and_then(|partner| *partner);
                pair.meetings >= MEETINGS_MIN_DUAL_STACK
                    && mixture >= MIXTURE_MIN_DUAL_STACK
                    && partner.is_some_and(|(_, partner)| partner == four)
            }
            None => pair.meetings >= MEETINGS_MIN && mixture >= MIXTURE_MIN,
        };
        if is_one {
            sets.join(pair.a, pair.b);
        }
    }
}

/// For each IPv6 network the IPv4 one it mixes with most, and how evenly.
fn dual_stack_pairs(activity: &AccountActivity) -> Vec<Option<(f64, u8)>> {
    let mut partners: Vec<Option<(f64, u8)>> = vec![None; activity.networks.len()];
    for pair in &activity.pairs {
        let (Some(a), Some(b)) = (activity.network(pair.a), activity.network(pair.b)) else {
            continue;
        };
        let Some((six, four)) = six_and_four(a, b, pair.a, pair.b) else { continue };
        let mixture = mixture(pair.meetings, a.own_bursts, b.own_bursts);
        if let Some(partner) = partners.get_mut(usize::from(six)) {
            let is_better = partner.is_none_or(|(best, of)| {
                mixture > best || (mixture.total_cmp(&best).is_eq() && four < of)
            });
            if is_better && pair.meetings > 0 {
                *partner = Some((mixture, four));
            }
        }
    }
    partners
}

/// Joins the addresses of a carrier to the transient ones: one-shot addresses, and the address that
/// stays beside them.
fn join_transient(activity: &AccountActivity, sets: &mut DisjointSets, transient: u8) {
    for (index, is_one_shot) in (0_u8..).zip(one_shot_addresses(activity)) {
        let Some(own) = activity.network(index) else { continue };
        let beside = own.beside_new;
        let has_new_neighbours = own.stays <= 1
            && beside > 0
            && beside.saturating_mul(BESIDE_NEW_RATIO) >= own.own_bursts;
        let is_mixed_with_new = beside >= MEETINGS_MIN
            && mixture(beside, own.own_bursts, activity.transient.own_bursts) >= MIXTURE_MIN;
        if is_one_shot || has_new_neighbours || is_mixed_with_new {
            sets.join(index, transient);
        }
    }
}

/// Which networks are one-shot addresses of a carrier. One with a steady partner is not: it is the
/// other family of a home.
pub(super) fn one_shot_addresses(activity: &AccountActivity) -> Vec<bool> {
    let mut most = vec![0_u16; activity.networks.len()];
    for pair in &activity.pairs {
        for index in [pair.a, pair.b] {
            if let Some(most) = most.get_mut(usize::from(index)) {
                *most = (*most).max(pair.meetings);
            }
        }
    }
    let has_partner = |own: &NetworkActivity, most: u16| {
        own.connections > BURST_CONNECTIONS
            && most >= MEETINGS_MIN_DUAL_STACK
            && u32::from(most) * 5 >= u32::from(own.mixed_bursts) * 2
    };
    let all = activity.networks.iter().zip(most);
    all.map(|(own, most)| own.is_one_shot_address() && !has_partner(own, most)).collect()
}

/// Joins unsettled addresses of one pool, and all addresses of one subnet: three lines of one
/// street are on one account far less often than three addresses of a carrier.
fn join_pools(activity: &AccountActivity, sets: &mut DisjointSets) {
    let is_unsettled =
        |own: &NetworkActivity| own.age_ms() < SETTLED_MS || own.own_bursts < SETTLED_OWN_BURSTS;
    let all = || (0_u8..).zip(&activity.networks);
    let unsettled = all().filter(|(_, own)| is_unsettled(own));
    let pools = unsettled.map(|(index, own)| (own.network.pool(), index)).collect();
    join_equal(sets, pools, POOL_MIN);
    let subnets = all().map(|(index, own)| (own.network.subnet(), index)).collect();
    join_equal(sets, subnets, SUBNET_MIN);
}

/// Joins the networks that lie in the same block, where there are at least so many.
fn join_equal(sets: &mut DisjointSets, mut all: Vec<(Network, u8)>, min: usize) {
    all.sort_unstable();
    for block in all.chunk_by(|(one, _), (other, _)| one == other) {
        if let (Some((_, first)), true) = (block.first(), block.len() >= min) {
            for (_, index) in block {
                sets.join(*first, *index);
            }
        }
    }
}

/// Numbers the groups in the order of their first members, and merges their presences.
fn number(activity: &AccountActivity, sets: &DisjointSets, transient: u8) -> Groups {
    let mut numbers: Vec<Option<u8>> = vec![None; sets.0.len()];
    let mut presence: Vec<Presence> = Vec::new();
    let own = activity.networks.iter().map(|own| own.presence.get());
    let all = (0..=transient).zip(own.chain([activity.transient.presence.get()]));
    let mut of: Vec<u8> = Vec::with_capacity(sets.0.len());
    for (index, used) in all {
        let Some(number) = numbers.get_mut(usize::from(sets.root(index))) else { continue };
        let number = *number.get_or_insert_with(|| {
            presence.push(Presence::default());
            u8::try_from(presence.len() - 1).unwrap_or(u8::MAX)
        });
        if let Some(whole) = presence.get_mut(usize::from(number)) {
            whole.merge(&used);
        }
        of.push(number);
    }
    let transient = of.pop().unwrap_or(0);
    Groups { of, transient, count: presence.len(), presence }
}

/// The indexes of the IPv6 and the IPv4 network of a pair that has one of each.
fn six_and_four(
    a: &NetworkActivity,
    b: &NetworkActivity,
    index_a: u8,
    index_b: u8,
) -> Option<(u8, u8)> {
    match (a.network.family, b.network.family) {
        (Family::V6, Family::V4) => Some((index_a, index_b)),
        (Family::V4, Family::V6) => Some((index_b, index_a)),
        (Family::V4 | Family::Carrier, Family::V4 | Family::Carrier)
        | (Family::V6 | Family::Carrier, Family::V6 | Family::Carrier) => None,
    }
}
