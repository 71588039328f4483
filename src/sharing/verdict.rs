//! Decides from an estimate, with hysteresis.

use serde::{Deserialize, Serialize};

use super::estimate::Estimate;
use crate::stream::Verdict;
use crate::timestamp::OptMillis;

/// Honest users in a thousand that may be accused in a fortnight, by default.
pub const ALARMS: f64 = 10.0;
/// The log-odds from which on an account is shared, with [`ALARMS`].
const SHARING: f64 = 0.4;
/// Log-odds by which the number of honest users above a threshold falls by a factor of e.
const ALARMS_SCALE: f64 = 0.8;
/// Log-odds below the threshold of sharing from which on an account is watched.
const WATCH_MARGIN: f64 = 1.2;
/// A higher verdict must hold for eight hours: an evening with guests does not.
const RISE_MS: i64 = 8 * 3_600_000;
/// Estimates below it for less than this do not interrupt it: at some hours of the day a person's
/// networks show little.
const RISE_GAP_MINUTES: u32 = 4 * 60;
/// A verdict of sharing that must still hold is watch after an hour, and so is an account far above
/// the threshold that may be a household: clear would contradict the confidence beside it.
const PENDING_MS: i64 = 3_600_000;
/// Log-odds above the threshold with which it need not hold at all. In between the time falls in
/// proportion: a resold account is found within hours.
const IMMEDIATE_MARGIN: f64 = 2.0;
/// A lower verdict must hold for a day,
const FALL_MS: i64 = 24 * 3_600_000;
/// that of a household for as long as an evening with guests,
const HOUSEHOLD_FALL_MS: i64 = 6 * 3_600_000;
/// and be lower by so much.
const FALL_MARGIN: f64 = 0.7;
/// Below an hour of use the verdict is unknown.
const ACTIVE_SLOTS_MIN: u32 = 3;

/// The thresholds of verdicts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Thresholds {
    /// Log-odds of [`Verdict::Sharing`].
    sharing: f64,
    /// Whether people who come home to one place share an account.
    are_households_sharing: bool,
}

impl Thresholds {
    /// The thresholds with which about so many honest users in a thousand are accused in a
    /// fortnight.
    pub fn new(alarms: f64, are_households_sharing: bool) -> Self {
        let mut thresholds = Self { sharing: SHARING, are_households_sharing };
        thresholds.set_alarms(alarms);
        thresholds
    }

    /// Sets the number of honest users in a thousand.
    pub fn set_alarms(&mut self, alarms: f64) {
        self.sharing = SHARING - ALARMS_SCALE * (alarms / ALARMS).ln();
    }

    /// The log-odds of an estimate that are compared with the thresholds.
    fn evidence(self, estimate: &Estimate) -> f64 {
        if self.are_households_sharing { estimate.evidence_strict() } else { estimate.evidence() }
    }

    /// Counts people who come home to one place as sharing.
    pub fn count_households(&mut self) {
        self.are_households_sharing = true;
    }
}

impl Default for Thresholds {
    fn default() -> Self {
        Self::new(ALARMS, false)
    }
}

/// Decides on an estimate alone, without the verdicts before.
#[must_use]
pub fn decide(estimate: &Estimate, thresholds: &Thresholds) -> Verdict {
    decide_with(estimate, thresholds, 0.0)
}

fn decide_with(estimate: &Estimate, thresholds: &Thresholds, margin: f64) -> Verdict {
    let evidence = thresholds.evidence(estimate) + margin;
    if estimate.active < ACTIVE_SLOTS_MIN {
        Verdict::Unknown
    } else if evidence >= thresholds.sharing
        && !is_household(estimate, thresholds)
        && !estimate.is_explained_by_device()
    {
        Verdict::Sharing
    } else if evidence >= thresholds.sharing - WATCH_MARGIN {
        Verdict::Watch
    } else {
        Verdict::Clear
    }
}

fn is_household(estimate: &Estimate, thresholds: &Thresholds) -> bool {
    estimate.is_common_home() && !thresholds.are_households_sharing
}

/// The verdict on an account, which changes only when an estimate holds for hours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct VerdictState {
    verdict: Verdict,
    /// Since when estimates are at least [`Verdict::Watch`], in milliseconds.
    watch_since: OptMillis,
    sharing_since: OptMillis,
    /// The minute of the newest estimate of [`Verdict::Sharing`].
    sharing_last: u32,
    /// Since when estimates are below the verdict.
    lower_since: OptMillis,
}

impl VerdictState {
    pub fn verdict(self) -> Verdict {
        self.verdict
    }

    /// Whether the verdict, or an estimate that must still hold, is [`Verdict::Watch`] or more.
    pub fn is_suspected(self) -> bool {
        self.verdict >= Verdict::Watch || self.watch_since.get().is_some()
    }

    /// Applies the estimate at a time. Returns the previous verdict if it changed.
    pub fn update(
        &mut self,
        estimate: &Estimate,
        at: i64,
        thresholds: &Thresholds,
    ) -> Option<Verdict> {
        let level = decide(estimate, thresholds);
        let since =
            |was: OptMillis, is: bool| OptMillis::from(is.then_some(was.get().unwrap_or(at)));
        self.watch_since = since(self.watch_since, level >= Verdict::Watch);
        if level == Verdict::Sharing {
            self.sharing_last = minute(at);
        }
        let is_held = self.sharing_since.get().is_some()
            && minute(at).saturating_sub(self.sharing_last) < RISE_GAP_MINUTES;
        self.sharing_since = since(self.sharing_since, level == Verdict::Sharing || is_held);
        let is_lower = decide_with(estimate, thresholds, FALL_MARGIN) < self.verdict;
        self.lower_since = since(self.lower_since, is_lower);
        let is_home = is_household(estimate, thresholds);
        let fall_ms = if is_home { HOUSEHOLD_FALL_MS } else { FALL_MS };
        let holds = |since: OptMillis, ms: i64| since.get().is_some_and(|since| at - since >= ms);
        let is_strong = thresholds.evidence(estimate) >= thresholds.sharing + WATCH_MARGIN;
        let watch_ms = if is_strong { PENDING_MS } else { RISE_MS };
        let next = if level == Verdict::Sharing
            && holds(self.sharing_since, rise_ms(estimate, thresholds))
        {
            Verdict::Sharing
        } else if self.verdict < Verdict::Watch
            && (holds(self.watch_since, watch_ms) || holds(self.sharing_since, PENDING_MS))
        {
            Verdict::Watch
        } else if holds(self.lower_since, fall_ms) {
            level
        } else {
            self.verdict.max(level.min(Verdict::Clear))
        };
        let previous = std::mem::replace(&mut self.verdict, next);
        if previous != next {
            self.lower_since = OptMillis::NONE;
        }
        (previous != next).then_some(previous)
    }
}

/// The minute of a time, in half the memory.
fn minute(at: i64) -> u32 {
    u32::try_from(at.div_euclid(60_000)).unwrap_or(0)
}

/// How long an estimate must be [`Verdict::Sharing`].
fn rise_ms(estimate: &Estimate, thresholds: &Thresholds) -> i64 {
    let margin = (thresholds.evidence(estimate) - thresholds.sharing) / IMMEDIATE_MARGIN;
    // In hundredths, so that it is exact.
    let left = (0..100).rev().find(|left| margin <= 1.0 - f64::from(*left) / 100.0);
    RISE_MS / 100 * i64::from(left.unwrap_or(0))
}
