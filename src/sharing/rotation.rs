//! Detects networks that take turns within minutes.
//!
//! A traveller passes through networks, and a carrier that gives each connection an address seldom
//! gives the same one again. Five networks that each come back, and back again, while the others do
//! too, have a client on each of them. This detects an account while it is passed around;
//! everything else needs hours.

use serde::{Deserialize, Serialize};

use super::activity::AccountActivity;
use super::daily_peaks::DailyPeaks;
use super::network::Family;
use super::network_activity::NetworkActivity;
use super::presence::SHORT_GAP;

/// Three networks more than a person has devices: a phone that changes between two networks has
/// two, and another device at home may be on one more.
const BESIDE_DEVICES: usize = 3;
/// A network is active after so many changes to it: there, back, and back again.
const VISITS_MIN: u8 = 3;
/// Connections that begin within this time were opened by one client.
const SAME_CLIENT_MS: i64 = 1_000;
/// A carrier that gives each connection its own address splits what a client opens at once: then
/// more than one connection in so many follows one of another network within a second.
const SPLIT_RATIO: u16 = 3;

/// Whether so many active networks are more than a person with these devices has.
pub(super) fn is_rotation(active_networks: u32, devices: usize) -> bool {
    usize::try_from(active_networks).is_ok_and(|active| active >= BESIDE_DEVICES + devices)
}

/// Counts of the slot before and of this one.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Rotation {
    slot: u32,
    connections: [u16; 2],
    /// Connections within a second of one of another network.
    split: [u16; 2],
    /// The most active networks, by day.
    pub(super) peaks: DailyPeaks,
}

impl Rotation {
    fn count(&mut self, slot: u32, is_split: bool) {
        for counts in [&mut self.connections, &mut self.split] {
            let [_, now] = *counts;
            *counts = match slot.saturating_sub(self.slot) {
                0 => *counts,
                1 => [now, 0],
                _ => [0; 2],
            };
        }
        self.slot = slot;
        for (counts, is_one) in [(&mut self.connections, true), (&mut self.split, is_split)] {
            let [_, now] = counts;
            *now = now.saturating_add(u16::from(is_one));
        }
    }

    /// Whether a carrier splits what one client opens.
    fn is_split(&self) -> bool {
        let sum = |[before, now]: [u16; 2]| before.saturating_add(now);
        sum(self.split).saturating_mul(SPLIT_RATIO) > sum(self.connections)
    }
}

impl AccountActivity {
    /// Records a connection of this network. Returns whether more networks rotate than before on
    /// this day, so that a new estimate is due.
    pub(super) fn record_rotation(&mut self, index: u8, ts: i64) -> bool {
        let slot = u32::try_from(SHORT_GAP.slot(ts)).unwrap_or(0);
        let elsewhere = self.newest.filter(|(previous, _)| *previous != index);
        let is_split = elsewhere.is_some_and(|(_, last)| ts - last < SAME_CLIENT_MS);
        self.rotation.count(slot, is_split);
        if elsewhere.is_none() {
            return false;
        }
        let Some(network) = self.networks.get_mut(usize::from(index)) else { return false };
        if network.visit(slot) != VISITS_MIN || self.rotation.is_split() {
            return false;
        }
        // IPv4 and IPv6 of one home count once.
        let is_active = |own: &&NetworkActivity| own.visits_at(slot) >= VISITS_MIN;
        let all = self.networks.iter().filter(is_active).count();
        let is_six = |own: &&NetworkActivity| own.network.family == Family::V6;
        let six = self.networks.iter().filter(is_active).filter(is_six).count();
        let active = six.max(all - six);
        // A carrier's pool shows more addresses once than again and again.
        let is_passing = |own: &&NetworkActivity| (1..VISITS_MIN).contains(&own.visits_at(slot));
        if self.networks.iter().filter(is_passing).count() > active {
            return false;
        }
        let is_more = self.rotation.peaks.raise(ts, active);
        is_more && is_rotation(u32::try_from(active).unwrap_or(u32::MAX), 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Network, Prefixes, VerdictState, estimate, group_networks};
    use super::*;
    use crate::stream::Verdict;

    /// The verdict after two minutes with two connections every four seconds from these addresses.
    fn verdict(first: impl Fn(u64) -> u64, second: impl Fn(u64) -> u64) -> Verdict {
        let (mut activity, mut verdict) = (AccountActivity::default(), VerdictState::default());
        for n in 0..30 {
            for (after_ms, octet) in [(0, first(n)), (50, second(n))] {
                let ip = format!("203.0.113.{octet}").parse().unwrap();
                let ts = 1_795_448_400_000 + i64::try_from(n * 4000).unwrap() + after_ms;
                if activity.connect(ts, Network::of(ip, Prefixes::default())) {
                    verdict.update(&estimate(&activity, &group_networks(&activity), 2));
                }
            }
        }
        verdict.verdict()
    }

    #[test]
    fn five_networks_in_turn_are_sharing_within_two_minutes() {
        assert_eq!(verdict(|n| n * 7 % 5, |n| n * 7 % 5), Verdict::Sharing);
    }

    #[test]
    fn a_traveller_a_carrier_and_four_networks_in_turn_are_not_sharing() {
        for honest in [|n| n / 6, |n| n, |n| n % 2, |n| n / 3 % 4, |n| n % 4] {
            assert_ne!(verdict(honest, honest), Verdict::Sharing);
        }
        assert_ne!(verdict(|n| n * 7 % 5, |n| (n * 3 + 1) % 5), Verdict::Sharing);
    }
}
