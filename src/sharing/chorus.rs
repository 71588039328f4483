//! A chorus: networks that take turns within minutes. A traveller passes through networks, and a
//! carrier that gives each connection an address seldom gives the same one again; five networks
//! that each come back, and back again, while the others do too, have somebody on each of them.
//! This is what tells an account that was passed around while it is passed around: all else needs
//! hours.

use serde::{Deserialize, Serialize};

use super::peaks::Peaks;
use super::presence::NEAR;
use super::source::Source;
use super::{AccountActivity, Family};

/// Three networks more than a person has devices: the phone on its way from one network to another
/// and back is two, and something else of the house may be on one more.
const BESIDE_DEVICES: usize = 3;
/// A network has a voice in the chorus when it came in so often: there, back, and back again.
const VISITS_MIN: u8 = 3;
/// What begins within a second is one client's doing.
const AT_ONCE_MS: i64 = 1_000;
/// A carrier that gives each connection its own address tears what a client opens at once: then
/// more than one connection in three follows another network's within a second.
const TORN_FOLD: u16 = 3;

/// Whether so many voices are too many.
pub(super) fn is_chorus(voices: u32, devices: usize) -> bool {
    usize::try_from(voices).is_ok_and(|voices| voices >= BESIDE_DEVICES + devices)
}

/// What is kept of it: of the moment before, and of this one.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Chorus {
    moment: u32,
    heard: [u16; 2],
    torn: [u16; 2],
    /// The most voices.
    pub(super) most: Peaks,
}

impl Chorus {
    /// A connection begins, torn from the one before it or not.
    fn count(&mut self, moment: u32, torn: bool) {
        for counts in [&mut self.heard, &mut self.torn] {
            let [_, now] = *counts;
            *counts = match moment.saturating_sub(self.moment) {
                0 => *counts,
                1 => [now, 0],
                _ => [0; 2],
            };
        }
        self.moment = moment;
        for (counts, is_one) in [(&mut self.heard, true), (&mut self.torn, torn)] {
            let [_, now] = counts;
            *now = now.saturating_add(u16::from(is_one));
        }
    }

    fn is_torn(&self) -> bool {
        let sum = |[before, now]: [u16; 2]| before.saturating_add(now);
        sum(self.torn).saturating_mul(TORN_FOLD) > sum(self.heard)
    }
}

impl AccountActivity {
    /// A connection from this place, as part of a chorus. Says whether there are more voices than
    /// there ever were on its day: then it is time to think again.
    pub(super) fn hear(&mut self, place: u8, ts: i64) -> bool {
        let moment = u32::try_from(NEAR.slot(ts)).unwrap_or(0);
        let elsewhere = self.newest.filter(|(previous, _)| *previous != place);
        let is_torn = elsewhere.is_some_and(|(_, last)| ts - last < AT_ONCE_MS);
        self.chorus.count(moment, is_torn);
        if elsewhere.is_none() {
            return false;
        }
        let Some(source) = self.sources.get_mut(usize::from(place)) else { return false };
        if source.visit(moment) != VISITS_MIN || self.chorus.is_torn() {
            return false;
        }
        // IPv4 and IPv6 of one home are one voice.
        let sings = |source: &&Source| source.visits_at(moment) >= VISITS_MIN;
        let all = self.sources.iter().filter(sings).count();
        let is_six = |source: &&Source| source.network.family == Family::V6;
        let six = self.sources.iter().filter(sings).filter(is_six).count();
        // A carrier's pool shows more addresses once than it shows again and again.
        let passing = |source: &&Source| (1..VISITS_MIN).contains(&source.visits_at(moment));
        let voices = six.max(all - six);
        if self.sources.iter().filter(passing).count() > voices {
            return false;
        }
        let is_more = self.chorus.most.raise(ts, voices);
        is_more && is_chorus(u32::try_from(voices).unwrap_or(u32::MAX), 1)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Network, Prefixes, Verdict};
    use super::*;

    /// A pair of connections every four seconds for two minutes, from these addresses.
    fn verdict(first: impl Fn(u64) -> u64, second: impl Fn(u64) -> u64) -> Verdict {
        let (mut people, prefixes) = (AccountActivity::default(), Prefixes::default());
        for n in 0..30 {
            for (after_ms, octet) in [(0, first(n)), (50, second(n))] {
                let ip = format!("203.0.113.{octet}").parse().unwrap();
                let ts = 1_795_448_400_000 + i64::try_from(n * 4000).unwrap() + after_ms;
                if people.connect(ts, Network::of(ip, prefixes)) {
                    let seen = people.estimate(2);
                    people.judge(&seen);
                }
            }
        }
        people.verdict()
    }

    #[test]
    fn five_in_turn_are_several_people_within_two_minutes() {
        assert_eq!(verdict(|n| n * 7 % 5, |n| n * 7 % 5), Verdict::Sharing);
    }

    #[test]
    fn a_traveller_a_rotating_carrier_and_four_in_turn_are_none() {
        for honest in [|n| n / 6, |n| n, |n| n % 2, |n| n / 3 % 4, |n| n % 4] {
            assert_ne!(verdict(honest, honest), Verdict::Sharing);
        }
        assert_ne!(verdict(|n| n * 7 % 5, |n| (n * 3 + 1) % 5), Verdict::Sharing);
    }
}
