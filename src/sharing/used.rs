//! The presence of one network, which takes room only once there is any: of a million users most
//! networks are met too seldom to be in use at any moment.

use serde::{Deserialize, Serialize};

use super::presence::{FAR_MS, NEAR, Presence};

/// A presence, `None` while no bit is set.
#[derive(Clone, Debug, PartialEq, Eq, Default, Serialize, Deserialize)]
pub(super) struct Used(Option<Box<Presence>>);

impl Used {
    /// It opened a connection at each of these times and none between.
    pub(super) fn between(&mut self, last: i64, ts: i64) {
        let is_any = ts.saturating_sub(last) <= FAR_MS && NEAR.slot(ts) > NEAR.slot(last);
        if is_any {
            self.0.get_or_insert_default().between(last, ts);
        }
    }

    /// The window moves on.
    pub(super) fn pass(&mut self, from: i64, to: i64) {
        if let Some(presence) = &mut self.0 {
            presence.pass(from, to);
            if presence.is_empty() {
                self.0 = None;
            }
        }
    }

    /// Whatever the other was in use, this was.
    pub(super) fn join(&mut self, other: &Self) {
        if let Some(other) = &other.0 {
            self.0.get_or_insert_default().join(other);
        }
    }

    /// The presence, empty if there is none.
    pub(super) fn get(&self) -> Presence {
        self.0.as_deref().copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_the_presence_it_stands_for() {
        let (mut used, mut plain, mut last) = (Used::default(), Presence::default(), 0_i64);
        // Steps of seconds, of minutes, of hours and of days.
        let most = [3000, 900_000, 20_000_000, 3000, 300_000].into_iter().cycle();
        for step in (0_i64..4000).zip(most).map(|(n, most)| n * n * 7919 % most) {
            let ts = last + step + if step % 97 == 0 { 4 * 86_400_000 } else { 0 };
            used.pass(last, ts);
            plain.pass(last, ts);
            used.between(last, ts);
            plain.between(last, ts);
            assert_eq!(used.get(), plain);
            assert_eq!(used.0.is_none(), plain.is_empty());
            last = ts;
        }
    }
}
