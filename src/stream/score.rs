//! Rows of mtp-score about users: summaries, alerts and the evidence in them.

use serde::{Deserialize, Serialize};

use super::Text;
use super::value::{self, Named, Origin, Thousandths};
use crate::timestamp::Timestamp;

/// The estimate for an account, mildest first.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// Not enough data, or a log that cannot show sharing.
    #[default]
    Unknown,
    /// One person, as far as the log shows.
    Clear,
    /// Possibly several people.
    Watch,
    /// Several people.
    Sharing,
}

impl Verdict {
    /// All, worst first.
    pub const ALL: [Self; 4] = [Self::Sharing, Self::Watch, Self::Clear, Self::Unknown];

    pub fn name(self) -> &'static str {
        match self {
            Self::Unknown => "unknown",
            Self::Clear => "clear",
            Self::Watch => "watch",
            Self::Sharing => "sharing",
        }
    }

    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.name() == name)
    }
}

impl Named for Verdict {
    fn named(name: &str) -> Option<Self> {
        Self::read(name)
    }
}

/// The class of a score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Risk {
    /// 0 to 10.
    #[default]
    Low,
    /// 11 to 30.
    Medium,
    /// 31 to 100.
    High,
}

impl Risk {
    pub fn name(self) -> &'static str {
        match self {
            Self::Low => "low",
            Self::Medium => "medium",
            Self::High => "high",
        }
    }
}

impl Named for Risk {
    fn named(name: &str) -> Option<Self> {
        [Self::Low, Self::Medium, Self::High].into_iter().find(|risk| risk.name() == name)
    }
}

/// The parts of a score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Points {
    pub addresses: u64,
    pub simultaneous: u64,
    pub frequency: u64,
}

/// A `summary` row: one user's state.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "summary", default)]
pub struct Summary<'l> {
    #[serde(deserialize_with = "value::moment", skip_serializing_if = "Option::is_none")]
    pub ts: Option<Timestamp>,
    #[serde(borrow)]
    pub user: Text<'l>,
    /// At most 100.
    pub score: u64,
    #[serde(deserialize_with = "value::named_or_default")]
    pub risk: Risk,
    pub points: Points,
    /// Connections within the window.
    pub connections: u64,
    /// Addresses within the window.
    pub addresses: u64,
    /// Pairs of connections from different addresses that began close together.
    pub simultaneous: u64,
    /// Seconds of the window; absent: the whole stream.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub window: Option<u64>,
    /// Seconds within which a pair of connections began.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub together: Option<u64>,
    /// How many people use the account at the same time.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<f64>,
    /// The probability that several people use the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    #[serde(deserialize_with = "value::named_or_default")]
    pub verdict: Verdict,
    /// When the verdict became what it is.
    #[serde(deserialize_with = "value::moment", skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// Networks of the period that the verdict is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub networks: Option<u64>,
    #[serde(deserialize_with = "value::moment", skip_serializing_if = "Option::is_none")]
    pub first_seen: Option<Timestamp>,
    #[serde(deserialize_with = "value::moment", skip_serializing_if = "Option::is_none")]
    pub last_seen: Option<Timestamp>,
    /// Seconds between connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mean_interval: Option<Thousandths>,
    /// The most recent addresses, newest first.
    #[serde(borrow)]
    pub ips: Vec<Origin<'l>>,
    /// Connections that the score did not count in full.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub truncated: Option<u64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Vec<Evidence<'l>>>,
}

/// An `alert` row: a user's verdict or risk has changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "alert", default)]
pub struct Alert<'l> {
    #[serde(deserialize_with = "value::moment", skip_serializing_if = "Option::is_none")]
    pub ts: Option<Timestamp>,
    #[serde(borrow)]
    pub user: Text<'l>,
    #[serde(deserialize_with = "value::named", skip_serializing_if = "Option::is_none")]
    pub verdict: Option<Verdict>,
    #[serde(deserialize_with = "value::named", skip_serializing_if = "Option::is_none")]
    pub was: Option<Verdict>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<f64>,
    /// The probability that several people use the account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub score: Option<u64>,
    #[serde(deserialize_with = "value::named", skip_serializing_if = "Option::is_none")]
    pub risk: Option<Risk>,
    /// Of an alert about the risk.
    #[serde(deserialize_with = "value::named", skip_serializing_if = "Option::is_none")]
    pub was_risk: Option<Risk>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub evidence: Option<Vec<Evidence<'l>>>,
}

/// Why a verdict is what it is: one fact that can be checked against the log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub enum Evidence<'l> {
    /// Two networks were in use at once.
    Overlap {
        #[serde(borrow, default)]
        networks: Vec<Origin<'l>>,
        /// In all.
        #[serde(default)]
        seconds: u64,
        /// Seconds between connections that were bridged at most.
        #[serde(default)]
        gap: u64,
        #[serde(
            default,
            deserialize_with = "value::moment",
            skip_serializing_if = "Option::is_none"
        )]
        from: Option<Timestamp>,
        #[serde(
            default,
            deserialize_with = "value::moment",
            skip_serializing_if = "Option::is_none"
        )]
        to: Option<Timestamp>,
    },
    /// Connections alternated between two networks.
    Alternation {
        #[serde(borrow, default)]
        networks: Vec<Origin<'l>>,
        #[serde(default)]
        times: u64,
    },
    /// A network was treated as a second device; its overlap with others is ignored.
    SecondDevice {
        #[serde(borrow, default)]
        networks: Vec<Origin<'l>>,
        /// The overlap.
        #[serde(default)]
        seconds: u64,
    },
    /// Several networks, never two of them at once.
    SequentialNetworks {
        #[serde(default)]
        count: u64,
    },
    /// For twelve hours of the day all use is in one place.
    CommonHome {
        #[serde(borrow, default)]
        networks: Vec<Origin<'l>>,
    },
    /// When a network was in use: the intervals from which the verdict was computed.
    InUse {
        #[serde(borrow, default)]
        networks: Vec<Origin<'l>>,
        #[serde(default)]
        intervals: Vec<(Timestamp, Timestamp)>,
    },
    /// Clients behind a relay, gateway or NAT of this machine: their addresses are not known.
    HiddenAddresses {
        #[serde(default)]
        connections: u64,
        #[serde(borrow, default)]
        networks: Vec<Origin<'l>>,
    },
    /// The option that would change the verdict.
    Counterfactual {
        #[serde(borrow, default)]
        option: Text<'l>,
        #[serde(default, deserialize_with = "value::named_or_default")]
        verdict: Verdict,
    },
    /// A kind that this version does not have.
    #[serde(other, skip_serializing)]
    Other,
}

fn owned_text(text: Text<'_>) -> Text<'static> {
    Text::Owned(text.into_owned())
}

fn owned_origins(origins: Vec<Origin<'_>>) -> Vec<Origin<'static>> {
    origins.into_iter().map(Origin::into_owned).collect()
}

fn owned_evidence(evidence: Option<Vec<Evidence<'_>>>) -> Option<Vec<Evidence<'static>>> {
    evidence.map(|all| all.into_iter().map(Evidence::into_owned).collect())
}

impl Summary<'_> {
    /// The same with text of its own.
    pub fn into_owned(self) -> Summary<'static> {
        Summary {
            user: owned_text(self.user),
            ips: owned_origins(self.ips),
            evidence: owned_evidence(self.evidence),
            ts: self.ts,
            score: self.score,
            risk: self.risk,
            points: self.points,
            connections: self.connections,
            addresses: self.addresses,
            simultaneous: self.simultaneous,
            window: self.window,
            together: self.together,
            people: self.people,
            confidence: self.confidence,
            verdict: self.verdict,
            since: self.since,
            networks: self.networks,
            first_seen: self.first_seen,
            last_seen: self.last_seen,
            mean_interval: self.mean_interval,
            truncated: self.truncated,
        }
    }
}

impl Alert<'_> {
    /// The same with text of its own.
    pub fn into_owned(self) -> Alert<'static> {
        Alert {
            user: owned_text(self.user),
            evidence: owned_evidence(self.evidence),
            ts: self.ts,
            verdict: self.verdict,
            was: self.was,
            people: self.people,
            confidence: self.confidence,
            score: self.score,
            risk: self.risk,
            was_risk: self.was_risk,
        }
    }
}

impl<'l> Evidence<'l> {
    /// The same with text of its own.
    pub fn into_owned(self) -> Evidence<'static> {
        match self {
            Self::Overlap { networks, seconds, gap, from, to } => {
                Evidence::Overlap { networks: owned_origins(networks), seconds, gap, from, to }
            }
            Self::Alternation { networks, times } => {
                Evidence::Alternation { networks: owned_origins(networks), times }
            }
            Self::SecondDevice { networks, seconds } => {
                Evidence::SecondDevice { networks: owned_origins(networks), seconds }
            }
            Self::CommonHome { networks } => {
                Evidence::CommonHome { networks: owned_origins(networks) }
            }
            Self::SequentialNetworks { count } => Evidence::SequentialNetworks { count },
            Self::InUse { networks, intervals } => {
                Evidence::InUse { networks: owned_origins(networks), intervals }
            }
            Self::HiddenAddresses { connections, networks } => {
                Evidence::HiddenAddresses { connections, networks: owned_origins(networks) }
            }
            Self::Counterfactual { option, verdict } => {
                Evidence::Counterfactual { option: owned_text(option), verdict }
            }
            Self::Other => Evidence::Other,
        }
    }

    /// The networks that it names.
    pub fn networks_mut(&mut self) -> &mut [Origin<'l>] {
        match self {
            Self::Overlap { networks, .. }
            | Self::Alternation { networks, .. }
            | Self::CommonHome { networks }
            | Self::SecondDevice { networks, .. }
            | Self::InUse { networks, .. }
            | Self::HiddenAddresses { networks, .. } => networks,
            Self::SequentialNetworks { .. } | Self::Counterfactual { .. } | Self::Other => &mut [],
        }
    }
}
