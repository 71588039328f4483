//! Room for networks and pairs: made exactly, for most users have two or three; and with an end.

use super::network::Network;
use super::source::{Pair, Source};
use super::{AccountActivity, NOWHERE, PAIRS_MAX, SOURCES_MAX};

/// For so many networks room is made at first, and for so many more when it is full.
const SOURCES_USUAL: usize = 3;

impl AccountActivity {
    /// The place of a network, a new one if need be.
    pub(super) fn place(&mut self, network: Network, ts: i64) -> u8 {
        let found = self.sources.iter().position(|source| source.network == network);
        let place = found.unwrap_or_else(|| {
            if self.sources.len() >= SOURCES_MAX {
                self.make_room();
            }
            if self.sources.len() == self.sources.capacity() {
                // Most users have two or three.
                self.sources.reserve_exact(SOURCES_USUAL.max(self.sources.len() / 4));
            }
            self.sources.push(Source::new(network, ts));
            self.sources.len() - 1
        });
        u8::try_from(place).unwrap_or(NOWHERE)
    }

    /// Lets go of the network that says least; what it showed stays with the moving ones.
    fn make_room(&mut self) {
        let loners = self.loners();
        let is_loner = |place: usize| loners.get(place).copied().unwrap_or(false);
        let value = |(place, source): &(usize, &Source)| (!is_loner(*place), source.last, *place);
        let Some((place, least)) = self.sources.iter().enumerate().min_by_key(value) else {
            return;
        };
        self.moving.presence.join(&least.presence);
        self.crowded_out = self.crowded_out.saturating_add(1);
        self.remove(place);
    }

    pub(super) fn remove(&mut self, place: usize) {
        self.sources.swap_remove(place);
        let (gone, moved) = (place, self.sources.len());
        let gone = u8::try_from(gone).unwrap_or(NOWHERE);
        let moved = u8::try_from(moved).unwrap_or(NOWHERE);
        self.pairs.retain(|pair| pair.a != gone && pair.b != gone);
        let rename = |place: u8| if place == moved { gone } else { place };
        for pair in &mut self.pairs {
            let (a, b) = (rename(pair.a), rename(pair.b));
            (pair.a, pair.b) = (a.min(b), a.max(b));
        }
        if let Some((place, _)) = &mut self.newest {
            *place = if *place == gone { NOWHERE } else { rename(*place) };
        }
    }

    /// The pair of two places, a new one if need be.
    pub(super) fn pair(&mut self, one: u8, other: u8) -> Option<&mut Pair> {
        let (a, b) = (one.min(other), one.max(other));
        let found = self.pairs.iter().rposition(|pair| pair.a == a && pair.b == b);
        let at = found.unwrap_or_else(|| {
            if self.pairs.len() >= PAIRS_MAX {
                let value = |(at, pair): &(usize, &Pair)| (pair.weight(), *at);
                let least = self.pairs.iter().enumerate().min_by_key(value).map(|(at, _)| at);
                self.pairs.swap_remove(least.unwrap_or(0));
            }
            if self.pairs.len() == self.pairs.capacity() {
                self.pairs.reserve_exact(1 + self.pairs.len() / 4);
            }
            self.pairs.push(Pair::new(a, b));
            self.pairs.len() - 1
        });
        self.pairs.get_mut(at)
    }
}
