//! Which alerts become messages: kinds, strikes and the cooldown of each account.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::stream::{Alert, Risk, Verdict};
use crate::timestamp::Timestamp;

/// The kinds of alert and note, mildest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum AlertKind {
    Note,
    Unknown,
    Clear,
    Risk,
    Watch,
    Sharing,
}

impl AlertKind {
    pub const ALL: [Self; 6] =
        [Self::Sharing, Self::Watch, Self::Clear, Self::Unknown, Self::Risk, Self::Note];

    pub fn name(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Unknown => "unknown",
            Self::Clear => "clear",
            Self::Risk => "risk",
            Self::Watch => "watch",
            Self::Sharing => "sharing",
        }
    }

    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// The kind of an alert; a risk that went down is none.
    pub fn of(alert: &Alert<'_>) -> Option<Self> {
        match alert.verdict {
            Some(Verdict::Sharing) => Some(Self::Sharing),
            Some(Verdict::Watch) => Some(Self::Watch),
            Some(Verdict::Clear) => Some(Self::Clear),
            Some(Verdict::Unknown) => Some(Self::Unknown),
            None => (alert.risk > alert.was_risk.or(Some(Risk::Low))).then_some(Self::Risk),
        }
    }
}

/// Days after which an alert no longer counts as a strike.
const STRIKE_DAYS: i64 = 7;
const DAY_MS: i64 = 86_400_000;

/// What is known of an account, or of one kind of note.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct AccountRecord {
    /// The time of the last alert of each kind: one that was read before changes nothing.
    pub(super) seen: BTreeMap<AlertKind, i64>,
    /// Alerts before the first message, and the time of the last.
    pub(super) strikes: u32,
    /// The last message: its time and kind.
    pub(super) sent: Option<(i64, AlertKind)>,
    /// Whether the last message was about a suspicion that has not been withdrawn.
    pub(super) is_open: bool,
    /// Alerts since the last message.
    pub(super) held: u64,
    pub(super) verdict: Verdict,
    pub(super) people: Option<f64>,
}

impl AccountRecord {
    /// The time of the latest alert.
    pub(super) fn latest(&self) -> i64 {
        self.seen.values().copied().max().unwrap_or(i64::MIN)
    }
}

/// What becomes of an alert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Decision {
    /// A message; this many alerts were held back since the last one.
    Send { held: u64 },
    /// Counted for the next message and the digest.
    Hold,
    /// It was read before.
    Repeated,
    /// Of a kind that is not asked for.
    Ignored,
}

/// The rules of the command line.
#[derive(Clone, Debug)]
pub struct AlertRules {
    pub kinds: Vec<AlertKind>,
    pub cooldown_ms: i64,
    /// Alerts of an account until the first message.
    pub strikes: u32,
}

impl Default for AlertRules {
    fn default() -> Self {
        Self { kinds: vec![AlertKind::Sharing], cooldown_ms: DAY_MS, strikes: 1 }
    }
}

impl AlertRules {
    /// Decides about an alert and remembers it.
    pub(super) fn decide(
        &self,
        record: &mut AccountRecord,
        kind: AlertKind,
        at: Timestamp,
    ) -> Decision {
        if record.seen.get(&kind).is_some_and(|seen| at.0 <= *seen) {
            return Decision::Repeated;
        }
        let previous = record.latest();
        record.seen.insert(kind, at.0);
        if !self.kinds.contains(&kind) {
            return Decision::Ignored;
        }
        if matches!(kind, AlertKind::Clear | AlertKind::Unknown) {
            // Only what was reported is withdrawn.
            let was_open = std::mem::take(&mut record.is_open);
            return if was_open { Self::send(record, kind, at) } else { Decision::Hold };
        }
        if kind != AlertKind::Note && record.sent.is_none() {
            let is_old = previous < at.0.saturating_sub(STRIKE_DAYS * DAY_MS);
            record.strikes = if is_old { 1 } else { record.strikes.saturating_add(1) };
            if record.strikes < self.strikes {
                return Decision::Hold;
            }
        }
        let is_cooling = record.sent.is_some_and(|(sent, last)| {
            at.0 < sent.saturating_add(self.cooldown_ms) && kind <= last
        });
        if is_cooling {
            record.held += 1;
            return Decision::Hold;
        }
        Self::send(record, kind, at)
    }

    fn send(record: &mut AccountRecord, kind: AlertKind, at: Timestamp) -> Decision {
        record.is_open = matches!(kind, AlertKind::Sharing | AlertKind::Watch);
        if !matches!(kind, AlertKind::Clear | AlertKind::Unknown) {
            record.sent = Some((at.0, kind));
        }
        let held = std::mem::take(&mut record.held);
        record.strikes = 0;
        Decision::Send { held }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HOUR: i64 = 3_600_000;

    fn decided(rules: &AlertRules, alerts: &[(AlertKind, i64)]) -> Vec<Decision> {
        let mut record = AccountRecord::default();
        let decide = |(kind, hour): &(AlertKind, i64)| {
            rules.decide(&mut record, *kind, Timestamp(hour * HOUR))
        };
        alerts.iter().map(decide).collect()
    }

    #[test]
    fn a_cooldown_holds_back_what_is_not_worse() {
        use AlertKind::{Clear, Sharing, Unknown, Watch};
        let kinds = AlertKind::ALL.to_vec();
        let rules = AlertRules { kinds, ..AlertRules::default() };
        let alerts = [
            (Clear, 0), // nothing was reported
            (Watch, 1),
            (Watch, 2),
            (Sharing, 3), // worse
            (Sharing, 3), // read again
            (Watch, 4),
            (Clear, 5), // withdrawn
            (Unknown, 6),
            (Sharing, 7),
            (Sharing, 28),
        ];
        let send = |held| Decision::Send { held };
        let want = [
            Decision::Hold,
            send(0),
            Decision::Hold,
            send(1),
            Decision::Repeated,
            Decision::Hold,
            send(1),
            Decision::Hold,
            Decision::Hold,
            send(1),
        ];
        assert_eq!(decided(&rules, &alerts), want);
    }

    #[test]
    fn strikes_come_before_the_first_message() {
        use AlertKind::{Clear, Sharing};
        let rules = AlertRules { strikes: 3, ..AlertRules::default() };
        let alerts = [
            (Sharing, 0),
            (Clear, 1), // not asked for
            (Sharing, 2),
            (Sharing, 200), // eight days later: a first one again
            (Sharing, 201),
            (Sharing, 202),
            (Sharing, 227),
        ];
        let (hold, send) = (Decision::Hold, Decision::Send { held: 0 });
        let want = [hold, Decision::Ignored, hold, hold, hold, send, send];
        assert_eq!(decided(&rules, &alerts), want);
    }
}
