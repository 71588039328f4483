//! The rule that its users know: points for addresses, for simultaneous connections and for
//! frequency. Pure arithmetic on what the window counts.

pub use crate::stream::Risk;

/// The weights and limits of the rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rule {
    /// Points for each address, when there are several.
    pub per_address: u64,
    /// Points for each pair of connections from different addresses that began close together.
    pub per_pair: u64,
    /// Points for each connection above `connections_free`.
    pub per_connection: u64,
    /// How many connections cost nothing.
    pub connections_free: u64,
    /// The highest score.
    pub most: u64,
    /// From this score on the risk is at least medium.
    pub medium_from: u64,
    /// From this score on the risk is high.
    pub high_from: u64,
}

impl Default for Rule {
    fn default() -> Self {
        Self {
            per_address: 10,
            per_pair: 50,
            per_connection: 2,
            connections_free: 20,
            most: 100,
            medium_from: 11,
            high_from: 31,
        }
    }
}

/// What is counted of a user.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Connections.
    pub connections: u64,
    /// Addresses they came from.
    pub addresses: u64,
    /// Pairs of connections from different addresses that began close together.
    pub pairs: u64,
}

/// What a score is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Points {
    /// For addresses.
    pub addresses: u64,
    /// For simultaneous connections.
    pub simultaneous: u64,
    /// For frequency.
    pub frequency: u64,
    /// The sum, or the highest score if that is less.
    pub score: u64,
}

impl Rule {
    /// The points of these counts.
    pub fn points(&self, counts: Counts) -> Points {
        let several = if counts.addresses > 1 { counts.addresses } else { 0 };
        let beyond = counts.connections.saturating_sub(self.connections_free);
        let addresses = self.per_address.saturating_mul(several);
        let simultaneous = self.per_pair.saturating_mul(counts.pairs);
        let frequency = self.per_connection.saturating_mul(beyond);
        let sum = addresses.saturating_add(simultaneous).saturating_add(frequency);
        Points { addresses, simultaneous, frequency, score: sum.min(self.most) }
    }

    /// What a score means.
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

    fn judged(connections: u64, addresses: u64, pairs: u64) -> (Points, Risk) {
        let points = Rule::default().points(Counts { connections, addresses, pairs });
        (points, Rule::default().risk(points.score))
    }

    #[test]
    fn by_hand() {
        let parts = |addresses, simultaneous, frequency, score| Points {
            addresses,
            simultaneous,
            frequency,
            score,
        };
        assert_eq!(judged(25, 4, 2), (parts(40, 100, 10, 100), Risk::High));
        assert_eq!(judged(20, 1, 0), (parts(0, 0, 0, 0), Risk::Low));
        assert_eq!(judged(25, 1, 0), (parts(0, 0, 10, 10), Risk::Low));
        assert_eq!(judged(2, 2, 0), (parts(20, 0, 0, 20), Risk::Medium));
        assert_eq!(judged(2, 2, 1), (parts(20, 50, 0, 70), Risk::High));
        assert_eq!(judged(35, 1, 0), (parts(0, 0, 30, 30), Risk::Medium));
        assert_eq!(judged(0, 0, 0), (parts(0, 0, 0, 0), Risk::Low));
    }
}
