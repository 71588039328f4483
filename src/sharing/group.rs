//! Which addresses are one network.
//!
//! A client opens several connections at once. Where they come from different addresses within one
//! burst, time after time, these are the addresses of one device: the two families of a home, a
//! line with two uplinks, a carrier that gives each connection its own. Two devices, each of which
//! is used for a share of the time, mix by chance alone: by that share.

use super::network::{Family, Network};
use super::presence::Presence;
use super::source::Source;
use super::used::Used;
use super::{AccountActivity, Moving};

/// How even the mixture of two addresses must be: 1 if each connection draws its address, and for
/// two devices the share of the time that both are used, which is well under a half.
const MIXED: f64 = 0.5;
/// Of IPv4 and IPv6 less will do: most homes have both.
const MIXED_FAMILIES: f64 = 0.3;
/// Fewer meetings prove nothing.
const MEETINGS_MIN: u16 = 4;
/// Of IPv4 and IPv6.
const MEETINGS_MIN_FAMILIES: u16 = 2;
/// An address that did not come back after hours, and whose bursts have new addresses in them as
/// often as once in five times, is the one a carrier gives the other connections.
const BESIDE_NEW_FOLD: u16 = 5;
/// So many passing addresses from one block are a carrier's pool: who leaves a place seldom goes to
/// another of its block.
const POOL_MIN: usize = 2;
/// So many neighbours are one, however long they are known: two may be two homes.
const STREET_MIN: usize = 3;
/// An address that had more connections than one burst has was used more than once.
const ONCE: u16 = 4;
/// An address is settled after a whole day: a carrier may leave one through a night and a morning,
const SETTLED_MS: i64 = 24 * 3_600_000;
/// if it still shows bursts of its own.
const SETTLED_OWN: u16 = 8;

/// The networks of a user that count as one, by the number of their group.
#[derive(Debug)]
pub(super) struct Groups {
    /// The group of each source, by its place.
    pub(super) of: Vec<u8>,
    /// The group of what moves.
    pub(super) moving: u8,
    /// How many groups there are.
    pub(super) count: usize,
    /// When each was in use.
    pub(super) presence: Vec<Presence>,
}

/// Sets that grow together.
struct Sets(Vec<u8>);

impl Sets {
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

/// The share of meetings among what would be if the two were drawn blindly.
fn mixture(close: u16, own_a: u16, own_b: u16) -> f64 {
    let product = (f64::from(own_a) + 0.5) * (f64::from(own_b) + 0.5);
    f64::from(close) / (2.0 * product.sqrt())
}

impl AccountActivity {
    /// Which networks are one.
    pub(super) fn groups(&self) -> Groups {
        let moving = u8::try_from(self.sources.len()).unwrap_or(u8::MAX);
        let mut sets = Sets((0..=moving).collect());
        self.join_mixed(&mut sets);
        self.join_moving(&mut sets, moving);
        self.join_pools(&mut sets);
        self.number(&sets, moving)
    }

    /// Addresses that mix.
    fn join_mixed(&self, sets: &mut Sets) {
        let twins = self.twins();
        for pair in &self.pairs {
            let (Some(a), Some(b)) = (self.at(pair.a), self.at(pair.b)) else { continue };
            let mixture = mixture(pair.close, a.own, b.own);
            let is_one = match six_and_four(a, b, pair.a, pair.b) {
                Some((six, four)) => {
                    let twin = twins.get(usize::from(six)).and_then(|twin| *twin);
                    pair.close >= MEETINGS_MIN_FAMILIES
                        && mixture >= MIXED_FAMILIES
                        && twin.is_some_and(|(_, twin)| twin == four)
                }
                None => pair.close >= MEETINGS_MIN && mixture >= MIXED,
            };
            if is_one {
                sets.join(pair.a, pair.b);
            }
        }
    }

    /// For each IPv6 network the IPv4 one it mixes with most, and how evenly.
    fn twins(&self) -> Vec<Option<(f64, u8)>> {
        let mut twins: Vec<Option<(f64, u8)>> = vec![None; self.sources.len()];
        for pair in &self.pairs {
            let (Some(a), Some(b)) = (self.at(pair.a), self.at(pair.b)) else { continue };
            let Some((six, four)) = six_and_four(a, b, pair.a, pair.b) else { continue };
            let mixture = mixture(pair.close, a.own, b.own);
            if let Some(twin) = twins.get_mut(usize::from(six)) {
                let is_better = twin.is_none_or(|(best, of)| {
                    mixture > best || (mixture.total_cmp(&best).is_eq() && four < of)
                });
                if is_better && pair.close > 0 {
                    *twin = Some((mixture, four));
                }
            }
        }
        twins
    }

    /// Addresses of a carrier: the passing ones, and the one that stays beside them.
    fn join_moving(&self, sets: &mut Sets, moving: u8) {
        for (place, is_loner) in (0_u8..).zip(self.loners()) {
            let Some(source) = self.at(place) else { continue };
            let near = source.beside_new;
            let is_visited_by_new =
                source.stays <= 1 && near > 0 && near.saturating_mul(BESIDE_NEW_FOLD) >= source.own;
            let is_mixed_with_new =
                near >= MEETINGS_MIN && mixture(near, source.own, self.moving.own) >= MIXED;
            if is_loner || is_visited_by_new || is_mixed_with_new {
                sets.join(place, moving);
            }
        }
    }

    /// Which are loners. One that has a steady companion is not: it is the other half of a home.
    pub(super) fn loners(&self) -> Vec<bool> {
        let mut most = vec![0_u16; self.sources.len()];
        for pair in &self.pairs {
            for place in [pair.a, pair.b] {
                if let Some(most) = most.get_mut(usize::from(place)) {
                    *most = (*most).max(pair.close);
                }
            }
        }
        let has_companion = |source: &Source, most: u16| {
            source.connections > ONCE
                && most >= MEETINGS_MIN_FAMILIES
                && u32::from(most) * 5 >= u32::from(source.other) * 2
        };
        let all = self.sources.iter().zip(most);
        all.map(|(source, most)| source.is_loner() && !has_companion(source, most)).collect()
    }

    /// Passing addresses from one block, and neighbours however long they are known: three lines of
    /// one street are on one account far less often than three addresses of a carrier's pool.
    fn join_pools(&self, sets: &mut Sets) {
        let is_passing =
            |source: &Source| source.known_ms() < SETTLED_MS || source.own < SETTLED_OWN;
        let all = || (0_u8..).zip(&self.sources);
        let passing = all().filter(|(_, source)| is_passing(source));
        let blocks = passing.map(|(place, source)| (source.network.block(), place)).collect();
        join_alike(sets, blocks, POOL_MIN);
        let streets = all().map(|(place, source)| (source.network.street(), place)).collect();
        join_alike(sets, streets, STREET_MIN);
    }

    /// Numbers the groups in the order of their first members, and sums up when they were in use.
    fn number(&self, sets: &Sets, moving: u8) -> Groups {
        let mut numbers: Vec<Option<u8>> = vec![None; sets.0.len()];
        let mut presence: Vec<Presence> = Vec::new();
        let own = self.sources.iter().map(|source| source.presence.get());
        let passing = self.moving.presence.get();
        let mut of: Vec<u8> = Vec::with_capacity(sets.0.len());
        for (place, used) in (0..=moving).zip(own.chain([passing])) {
            let Some(number) = numbers.get_mut(usize::from(sets.root(place))) else { continue };
            let number = *number.get_or_insert_with(|| {
                presence.push(Presence::default());
                u8::try_from(presence.len() - 1).unwrap_or(u8::MAX)
            });
            if let Some(whole) = presence.get_mut(usize::from(number)) {
                whole.join(&used);
            }
            of.push(number);
        }
        let moving = of.pop().unwrap_or(0);
        Groups { of, moving, count: presence.len(), presence }
    }

    pub(super) fn at(&self, place: u8) -> Option<&Source> {
        self.sources.get(usize::from(place))
    }
}

/// The places of the IPv6 and the IPv4 network of a pair that has one of each.
fn six_and_four(a: &Source, b: &Source, at_a: u8, at_b: u8) -> Option<(u8, u8)> {
    match (a.network.family, b.network.family) {
        (Family::V6, Family::V4) => Some((at_a, at_b)),
        (Family::V4, Family::V6) => Some((at_b, at_a)),
        (Family::V4 | Family::Carrier, Family::V4 | Family::Carrier)
        | (Family::V6 | Family::Carrier, Family::V6 | Family::Carrier) => None,
    }
}

impl Default for Moving {
    fn default() -> Self {
        Self { last: i64::MIN / 4, own: 0, presence: Used::default() }
    }
}

/// Joins what lies in the same place, where that is enough to be a pool.
fn join_alike(sets: &mut Sets, mut all: Vec<(Network, u8)>, enough: usize) {
    all.sort_unstable();
    for pool in all.chunk_by(|(one, _), (other, _)| one == other) {
        if let (Some((_, first)), true) = (pool.first(), pool.len() >= enough) {
            for (_, place) in pool {
                sets.join(*first, *place);
            }
        }
    }
}
