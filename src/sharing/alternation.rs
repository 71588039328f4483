//! Counts how often connections alternated between two places in a way that no traveller does, and
//! which places recur for days.
//!
//! At A, at B, at A again and at B again within half a day: a commuter needs two days for that.
//! With one person and a second device, every such return involves the device's network. So here
//! too the network with the most returns is left out.

use super::activity::AccountActivity;
use super::groups::Groups;
use super::network_activity::NetworkActivity;
use super::presence::{DAYS, LONG_GAP};

/// A place is a network that has been used for half a day or longer,
const PLACE_AGE_MS: i64 = 12 * 3_600_000;

/// and was left and used again, or has been used for a whole day. An address that a carrier gave
/// for a few hours is not a place.
fn is_place(network: &NetworkActivity) -> bool {
    let age_ms = network.age_ms();
    age_ms >= PLACE_AGE_MS && (network.stays > 1 || age_ms >= 2 * PLACE_AGE_MS)
}

/// A recurring place: used for a whole day or longer, left, and used again.
fn is_recurring(network: &NetworkActivity) -> bool {
    network.age_ms() >= 2 * PLACE_AGE_MS && network.stays > 1
}

/// Two groups, with the number of returns between them by day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct PairRoute {
    pub(super) ends: [u8; 2],
    days: [u8; DAYS],
}

impl PairRoute {
    /// Returns on these days.
    pub(super) fn returns(&self, days: &[usize]) -> u32 {
        days.iter().filter_map(|day| self.days.get(*day)).copied().map(u32::from).sum()
    }
}

/// The groups that are recurring places, in order. An address with a neighbour in its pool does not
/// count: both are more often a carrier's than two homes.
pub(super) fn recurring_places(activity: &AccountActivity, groups: &Groups) -> Vec<u8> {
    let has_neighbour = |own: &NetworkActivity| {
        let pool = own.network.pool();
        activity.networks.iter().filter(|other| other.network.pool() == pool).count() > 1
    };
    let all = activity.networks.iter().zip(&groups.of);
    let recurring = all.filter(|(own, _)| is_recurring(own) && !has_neighbour(own));
    let recurring = recurring.map(|(_, group)| *group);
    let mut places: Vec<u8> = recurring.filter(|group| *group != groups.transient).collect();
    places.sort_unstable();
    places.dedup();
    places
}

/// All routes between places. Where the ends have several addresses, the pair with the most returns
/// counts.
pub(super) fn routes(activity: &AccountActivity, groups: &Groups) -> Vec<PairRoute> {
    let mut routes: Vec<PairRoute> = Vec::new();
    let end = |index: u8| groups.of.get(usize::from(index)).copied();
    for pair in activity.pairs.iter().filter(|pair| pair.returns != [0; DAYS]) {
        let is_between_places =
            [pair.a, pair.b].into_iter().all(|index| activity.network(index).is_some_and(is_place));
        let (Some(a), Some(b)) = (end(pair.a), end(pair.b)) else { continue };
        if !is_between_places || a == b || a == groups.transient || b == groups.transient {
            continue;
        }
        let ends = [a.min(b), a.max(b)];
        match routes.iter_mut().find(|route| route.ends == ends) {
            Some(route) => {
                for (own, other) in route.days.iter_mut().zip(pair.returns) {
                    *own = (*own).max(other);
                }
            }
            None => routes.push(PairRoute { ends, days: pair.returns }),
        }
    }
    routes
}

/// Returns on these days, without the second devices.
pub(super) fn returns(routes: &[PairRoute], groups: usize, days: &[usize], devices: usize) -> u32 {
    let routes = without_second_devices(routes.to_vec(), groups, days, devices);
    routes.iter().map(|route| route.returns(days)).sum()
}

/// The routes that are left without the second devices.
pub(super) fn without_second_devices(
    mut routes: Vec<PairRoute>,
    groups: usize,
    days: &[usize],
    devices: usize,
) -> Vec<PairRoute> {
    routes.retain(|route| route.returns(days) > 0);
    for _ in 1..devices {
        let mut at = vec![0_u32; groups];
        for route in &routes {
            for end in route.ends {
                if let Some(sum) = at.get_mut(usize::from(end)) {
                    *sum += route.returns(days);
                }
            }
        }
        // The first of equal ones.
        let most = at.iter().enumerate().rev().max_by_key(|(_, count)| **count);
        let Some((device, _)) = most else { break };
        routes.retain(|route| route.ends.iter().all(|end| usize::from(*end) != device));
    }
    routes
}

const _: () = assert!(LONG_GAP.gap_ms < PLACE_AGE_MS, "a stay is shorter than the age of a place");
