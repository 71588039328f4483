//! The model: how likely the connections of an account are under one person with so many devices,
//! and under more people.
//!
//! The log of the odds is linear in the logs of four measures, each a mean over the days of the
//! window and the days before it. A measure counts in its logarithm, because a second person doubles
//! what a first one adds, and because the use of accounts is distributed over orders of magnitude.

use super::activity::AccountActivity;
use super::groups::{Group, Groups};
use super::measures::{MEASURES, measure_days};
use super::presence::{DAY_SLOTS, DAYS, day_number, day_of_window};

/// The weights of one kind of log, fitted by logistic regression to simulated populations.
struct Weights {
    bias: f64,
    /// In the order of [`super::measures::Measures::values`].
    measures: [f64; MEASURES],
}

/// With the ends of connections, computers are recognised by the sockets that they hold, and what
/// is left of the overlap is nearly sufficient.
const WITH_ENDS: Weights = Weights { bias: -7.2, measures: [1.4, 0.25, 0.1, 0.3] };
/// Without ends a computer looks like a phone, so what is left without the fixed devices counts
/// more.
const WITHOUT_ENDS: Weights = Weights { bias: -5.2, measures: [0.68, 0.43, 0.34, 0.26] };
/// Log-odds that are taken off an estimate without ends where a verdict is decided: its upper tail
/// is heavier, and with this the same number of honest users is above a threshold.
const WITHOUT_ENDS_CAUTION: f64 = 0.4;
/// Slots in an hour: a measure is counted as 1 + 3 times its slots in a day.
const MEASURE_SCALE: f64 = 3.0;
/// The share of shared accounts among those that the weights were fitted to, as log-odds.
const FITTED_PRIOR: f64 = -0.87;
/// The log-odds at which the estimate is two people: the median of two friends.
const TWO_PEOPLE: f64 = 2.3;
/// Log-odds by which the number of further people rises by a factor of e: the estimate of ten
/// people who resell an account is about right with it.
const PEOPLE_SCALE: f64 = 2.6;
/// The same below two people.
const PEOPLE_SCALE_BELOW: f64 = 2.0;
/// Twelve hours: who comes home to one place is there from the evening to the morning.
const HOME_SLOTS: u32 = 36;
/// The share of these hours in which something must be in use for them to show anything.
const HOME_SEEN: f64 = 0.6;
/// The share of them in which another network may be in use. Half of the simulated households and
/// 3 % of the shared accounts are below it.
const HOME_OVERLAP_MAX: f64 = 0.2;

/// Before a whole day was seen there may be a home, unless use is in several places nearly always.
const HOME_UNSEEN_OVERLAP: f64 = 0.8;

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
    has_ends: bool,
    /// Slots in which any network was in use, within the window.
    pub active: u32,
    /// Whether there are twelve hours of the day in which all of the use is in one place.
    pub is_common_home: bool,
}

impl Estimate {
    /// The probability of several people if this share of all accounts is shared.
    pub fn confidence(&self, prior: f64) -> f64 {
        let log_odds = self.log_odds - FITTED_PRIOR + (prior / (1.0 - prior)).ln();
        1.0 / (1.0 + (-log_odds).exp())
    }

    /// The log-odds by which verdicts are decided.
    pub(super) fn evidence(&self) -> f64 {
        self.log_odds - if self.has_ends { 0.0 } else { WITHOUT_ENDS_CAUTION }
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
    let weights = if has_ends { WITH_ENDS } else { WITHOUT_ENDS };
    let terms = weights.measures.iter().zip(measures);
    let terms = terms.map(|(weight, mean)| weight * (1.0 + MEASURE_SCALE * mean).ln());
    let log_odds = weights.bias + terms.sum::<f64>();
    let people = 1.0 + beyond_one(log_odds) - beyond_one(weights.bias);
    Estimate {
        people,
        measures,
        log_odds,
        has_ends,
        active: active_slots(groups),
        is_common_home: is_common_home(activity, groups),
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

/// The slots of a day in which one group at least, and two at least, were in use, in one family.
fn in_one_and_two(groups: &Groups, day: usize, is_in: fn(&Group) -> bool) -> (u128, u128) {
    let rows = groups.0.iter().filter(|group| is_in(group)).filter_map(|group| group.used.get(day));
    rows.fold((0, 0), |(one, two), row| (one | row, two | (one & row)))
}

/// Whether there are twelve hours of the day, at the same time each day, in which there is use and
/// all of it is in one place.
fn is_common_home(activity: &AccountActivity, groups: &Groups) -> bool {
    let days = ALL_DAYS.map(|day| {
        let four = in_one_and_two(groups, day, |group| group.is_v4);
        let six = in_one_and_two(groups, day, |group| group.is_v6);
        (four.0 | six.0, four.1 | six.1)
    });
    if !activity.is_day_seen() {
        let count = |bits: u128| f64::from(bits.count_ones());
        let (one, two) =
            days.iter().fold((0.0, 0.0), |sum, day| (sum.0 + count(day.0), sum.1 + count(day.1)));
        return two < HOME_UNSEEN_OVERLAP * one;
    }
    let whole = (1_u128 << DAY_SLOTS) - 1;
    // Today is not over.
    let today = day_of_window(day_number(activity.now()));
    let past = days.iter().enumerate().filter(|(day, _)| *day != today);
    let seen_days = past.filter(|(_, (one, _))| *one != 0).count().max(1);
    let seen_days = u32::try_from(seen_days).unwrap_or(0);
    (0..DAY_SLOTS).any(|from| {
        let hours = (1_u128 << HOME_SLOTS) - 1;
        let hours = (hours << from | hours >> (DAY_SLOTS - from)) & whole;
        let count = |of: fn(&(u128, u128)) -> u128| -> u32 {
            days.iter().map(|day| (of(day) & hours).count_ones()).sum()
        };
        let (one, two) = (count(|day| day.0), count(|day| day.1));
        f64::from(one) >= HOME_SEEN * f64::from(HOME_SLOTS * seen_days)
            && f64::from(two) < HOME_OVERLAP_MAX * f64::from(one)
    })
}
