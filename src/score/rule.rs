//! The documented rule: points for addresses, for simultaneous connections and for frequency.

use crate::stream::{Points, Risk};

/// The weights and limits of the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Points for each address, if there are several.
    pub per_address: u64,
    /// Points for each pair of connections from different addresses that began close together.
    pub per_pair: u64,
    /// Points for each connection above `connections_free`.
    pub per_connection: u64,
    /// Connections without points.
    pub connections_free: u64,
    /// The highest score.
    pub score_max: u64,
    /// The lowest score of medium risk.
    pub medium_from: u64,
    /// The lowest score of high risk.
    pub high_from: u64,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            per_address: 10,
            per_pair: 50,
            per_connection: 2,
            connections_free: 20,
            score_max: 100,
            medium_from: 11,
            high_from: 31,
        }
    }
}

/// What the rule counts of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub connections: u64,
    pub addresses: u64,
    /// Pairs of connections from different addresses that began close together.
    pub pairs: u64,
}

impl Rule {
    /// The parts of the score.
    pub fn points(&self, counts: Counts) -> Points {
        let several = if counts.addresses > 1 { counts.addresses } else { 0 };
        let beyond = counts.connections.saturating_sub(self.connections_free);
        Points {
            addresses: self.per_address.saturating_mul(several),
            simultaneous: self.per_pair.saturating_mul(counts.pairs),
            frequency: self.per_connection.saturating_mul(beyond),
        }
    }

    /// The sum of the parts, at most the highest score.
    pub fn score(&self, points: Points) -> u64 {
        let sum = points.addresses.saturating_add(points.simultaneous);
        sum.saturating_add(points.frequency).min(self.score_max)
    }

    /// The class of a score.
    pub fn risk(&self, score: u64) -> Risk {
        if score >= self.high_from {
            Risk::High
        } else if score >= self.medium_from {
            Risk::Medium
        } else {
            Risk::Low
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rule_by_hand() {
        let rule = Rule::default();
        let scored = |connections, addresses, pairs| {
            let points = rule.points(Counts { connections, addresses, pairs });
            let parts = [points.addresses, points.simultaneous, points.frequency];
            (parts, rule.score(points), rule.risk(rule.score(points)))
        };
        assert_eq!(scored(25, 4, 2), ([40, 100, 10], 100, Risk::High));
        assert_eq!(scored(20, 1, 0), ([0, 0, 0], 0, Risk::Low));
        assert_eq!(scored(25, 1, 0), ([0, 0, 10], 10, Risk::Low));
        assert_eq!(scored(2, 2, 0), ([20, 0, 0], 20, Risk::Medium));
        assert_eq!(scored(2, 2, 1), ([20, 50, 0], 70, Risk::High));
        assert_eq!(scored(35, 1, 0), ([0, 0, 30], 30, Risk::Medium));
        assert_eq!(scored(0, 0, 0), ([0, 0, 0], 0, Risk::Low));
    }
}
