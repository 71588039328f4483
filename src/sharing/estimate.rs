//! The model: how likely the connections of an account are under one person with so many devices,
//! and under more people.
//!
//! The log of the odds is linear in the logs of three measures, each a mean over the days of the
//! window and the days before it. A measure counts in its logarithm, because a second person doubles
//! what a first one adds, and because the use of accounts is distributed over orders of magnitude.

use super::activity::AccountActivity;
use super::groups::{Group, Groups};
use super::measures::{MEASURES, measure_days, together};
use super::presence::{DAY_SLOTS, DAYS};

/// The weights of one kind of log, fitted by logistic regression to simulated populations in which
/// households count as one person with a third of the weight of others.
struct Weights {
    bias: f64,
    /// In the order of [`super::measures::Measures::values`]. Alternation adds nothing to the others:
    /// it is evidence for a person to check.
    measures: [f64; MEASURES],
    apart: f64,
}

/// With the ends of connections, computers are recognised by the sockets that they hold.
const WITH_ENDS: Weights = Weights { bias: -5.2, measures: [0.55, 0.5, 0.15, 0.0], apart: 1.5 };
/// Without ends a computer looks like a phone, so the overlap counts less.
const WITHOUT_ENDS: Weights = Weights { bias: -4.9, measures: [0.4, 0.5, 0.2, 0.0], apart: 1.35 };
/// Log-odds that are taken off an estimate without ends: its upper tail is heavier, and with this
/// the same number of honest users is above a threshold.
const WITHOUT_ENDS_CAUTION: f64 = 0.6;
/// Slots of overlap in a day beyond which more of it shows no more: three devices of one person
/// have as much.
const OVERLAP_MAX: f64 = 10.0;
/// [`Estimate::apart`] is counted as 1 + 20 times its share.
const APART_SCALE: f64 = 20.0;
/// From this on honest users are rarer than the logistic curve has them: the confidence rises by
/// further log-odds, in proportion, up to a length.
const TAIL_FROM: f64 = 0.4;
const TAIL_LENGTH: f64 = 1.2;
const TAIL_SLOPE: f64 = 1.3;
/// Slots in an hour: a measure is counted as 1 + 3 times its slots in a day.
const MEASURE_SCALE: f64 = 3.0;
/// The share of shared accounts among those that the weights were fitted to, as log-odds.
const FITTED_PRIOR: f64 = -0.98;
/// The log-odds at which the estimate is two people: the median of two friends.
const TWO_PEOPLE: f64 = 1.7;
/// Log-odds by which the number of further people rises by a factor of e: the estimate of ten
/// people who resell an account is about right with it.
const PEOPLE_SCALE: f64 = 1.8;
/// The same below two people.
const PEOPLE_SCALE_BELOW: f64 = 2.0;
/// Twelve hours: who comes home to one place is there from the evening to the morning.
const HOME_SLOTS: u32 = 36;
/// The share of the slots of the busiest twelve hours that others need to show anything.
const HOME_SEEN: f64 = 0.6;
/// Below this [`Estimate::apart`] is a common home.
const HOME_APART_MAX: f64 = 0.24;
/// Before a whole day was seen the hours at home may be missing, so the share of all slots counts
/// as far as it is above this.
const UNSEEN_SHARE: f64 = 0.56;

/// The estimate for one account.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Estimate {
    /// People who use the account at the same time, from 1 up. Rises with the log-odds.
    pub people: f64,
    /// Means over the days, in slots a day: overlap, overlap that fixed devices do not explain, the
    /// crowd beyond all devices, and slots with alternation.
    pub measures: [f64; MEASURES],
    /// Log-odds of several people against one, at the prior of the fit.
    log_odds: f64,
    /// The same if a common home shows nothing.
    log_odds_strict: f64,
    has_ends: bool,
    /// Slots in which any network was in use, within the window.
    pub active: u32,
    /// The least share of use in several places at once, over any twelve hours of the day.
    pub apart: f64,
}

impl Estimate {
    /// Whether there are twelve hours of the day in which nearly all of the use is in one place.
    pub fn is_common_home(&self) -> bool {
        self.apart < HOME_APART_MAX
    }

    /// The probability of several people if this share of all accounts is shared.
    pub fn confidence(&self, prior: f64) -> f64 {
        let odds = self.evidence();
        let tail = TAIL_SLOPE * (odds - TAIL_FROM).clamp(0.0, TAIL_LENGTH);
        let log_odds = odds + tail - FITTED_PRIOR + (prior / (1.0 - prior)).ln();
        1.0 / (1.0 + (-log_odds).exp())
    }

    /// The log-odds by which verdicts are decided.
    pub(super) fn evidence(&self) -> f64 {
        self.log_odds - self.caution()
    }

    /// The same where people of one household count as several.
    pub(super) fn evidence_strict(&self) -> f64 {
        self.log_odds_strict - self.caution()
    }

    fn caution(&self) -> f64 {
        if self.has_ends { 0.0 } else { WITHOUT_ENDS_CAUTION }
    }
}

/// All days of the window.
pub(super) const ALL_DAYS: [usize; DAYS] = [0, 1, 2];

/// Estimates the number of people if each has so many devices.
pub fn estimate(activity: &AccountActivity, groups: &Groups, devices: usize) -> Estimate {
    let window = measure_days(activity, groups, &ALL_DAYS, devices).values();
    let days = activity.days();
    let mut measures = window.map(f64::from);
    for (measure, past) in measures.iter_mut().zip(activity.past.sums) {
        *measure = (*measure + f64::from(past)) / days;
    }
    let has_ends = activity.has_ends();
    let apart = apart(activity, groups, devices);
    let weights = if has_ends { WITH_ENDS } else { WITHOUT_ENDS };
    let [overlap, rest @ ..] = measures;
    let terms = weights.measures.iter().zip([overlap.min(OVERLAP_MAX)].into_iter().chain(rest));
    let terms = terms.map(|(weight, mean)| weight * (1.0 + MEASURE_SCALE * mean).ln());
    let sum = weights.bias + terms.sum::<f64>();
    let log_odds_at = |apart: f64| sum + weights.apart * (1.0 + APART_SCALE * apart).ln();
    let log_odds = log_odds_at(apart);
    let people = 1.0 + beyond_one(log_odds) - beyond_one(weights.bias);
    Estimate {
        people,
        measures,
        log_odds,
        log_odds_strict: log_odds_at(apart.max(HOME_APART_MAX)),
        has_ends,
        active: active_slots(groups),
        apart,
    }
}

/// People beyond the first.
fn beyond_one(log_odds: f64) -> f64 {
    let scale = if log_odds < TWO_PEOPLE { PEOPLE_SCALE_BELOW } else { PEOPLE_SCALE };
    ((log_odds - TWO_PEOPLE) / scale).exp()
}

fn active_slots(groups: &Groups) -> u32 {
    let any = |day: usize| {
        let all = groups.0.iter().filter_map(|group| group.used.get(day));
        all.fold(0, |any, row| any | row).count_ones()
    };
    ALL_DAYS.into_iter().map(any).sum()
}

/// The least share of use in several places at the same time, computers left out, over any twelve
/// hours of the day, and all fixed devices but one: near 0 where everybody comes home to one place.
fn apart(activity: &AccountActivity, groups: &Groups, devices: usize) -> f64 {
    let days = ALL_DAYS.map(|day| {
        let of = |is_in: fn(&Group) -> bool| {
            let own = || groups.0.iter().filter(|group| is_in(group));
            let used = own().filter_map(|group| group.used.get(day));
            let unheld = own().filter_map(|group| group.unheld.get(day)).copied();
            let fixed = devices.saturating_sub(2);
            (used.fold(0, |any, row| any | row), together(unheld.collect(), fixed))
        };
        let (four, six) = (of(|group| group.is_v4), of(|group| group.is_v6));
        (four.0 | six.0, four.1 | six.1)
    });
    let whole = (1_u128 << DAY_SLOTS) - 1;
    let counts = |hours: u128| {
        let count = |bits: u128| (bits & hours).count_ones();
        days.iter().fold((0, 0), |sum, day| (sum.0 + count(day.0), sum.1 + count(day.1)))
    };
    if !activity.is_day_seen() {
        let (one, two) = counts(whole);
        return (share(two, one) - UNSEEN_SHARE).max(0.0);
    }
    let windows: Vec<(u32, u32)> = (0..DAY_SLOTS)
        .map(|from| {
            let hours = (1_u128 << HOME_SLOTS) - 1;
            counts((hours << from | hours >> (DAY_SLOTS - from)) & whole)
        })
        .collect();
    let busiest = windows.iter().map(|(one, _)| *one).max().unwrap_or(0);
    let is_seen = |one: u32| f64::from(one) >= HOME_SEEN * f64::from(busiest);
    let seen = windows.into_iter().filter(|(one, _)| is_seen(*one));
    seen.map(|(one, two)| share(two, one)).fold(1.0, f64::min)
}

fn share(part: u32, all: u32) -> f64 {
    if all == 0 { 0.0 } else { f64::from(part) / f64::from(all) }
}
