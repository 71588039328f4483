//! The model: how likely the connections of an account are under one person with so many devices,
//! and under more people.
//!
//! The log of the odds is linear in the logs of three measures, each a mean over the days of the
//! window and the days before it. A measure counts in its logarithm, because a second person doubles
//! what a first one adds, and because the use of accounts is distributed over orders of magnitude.

use super::activity::AccountActivity;
use super::groups::Groups;
use super::home::{Home, home};
use super::measures::{MEASURES, measure_days};
use super::presence::DAYS;

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
static WITH_ENDS: Weights = Weights { bias: -5.2, measures: [0.55, 0.5, 0.15, 0.0], apart: 1.5 };
/// Without ends a computer looks like a phone, so the overlap counts less.
static WITHOUT_ENDS: Weights = Weights { bias: -4.9, measures: [0.4, 0.5, 0.2, 0.0], apart: 1.35 };
/// Log-odds that are taken off an estimate without ends: its upper tail is heavier, and with this
/// the same number of honest users is above a threshold.
const WITHOUT_ENDS_CAUTION: f64 = 0.8;
/// Without ends, an account whose log-odds with one device more are below this may have three
/// devices of one person.
const WITH_MORE_MIN: f64 = -2.1;
/// Below these log-odds the ones with one device more are not needed.
const WITH_MORE_FROM: f64 = -1.0;
/// Slots of overlap in a day beyond which more of it shows no more: three devices of one person
/// have as much.
const OVERLAP_MAX: f64 = 10.0;
/// [`Home::apart`] is counted as 1 + 20 times its share.
const APART_SCALE: f64 = 20.0;
/// From this on honest users are rarer than the logistic curve has them: the confidence rises by
/// further log-odds, in proportion, up to a length.
const TAIL_FROM: f64 = 0.4;
const TAIL_LENGTH: f64 = 1.2;
const TAIL_SLOPE: f64 = 1.3;
/// Without ends a bot and a computer at the office are in this tail.
const TAIL_SLOPE_WITHOUT_ENDS: f64 = 0.3;
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
/// Below this [`Home::apart`] is a common home.
const HOME_APART_MAX: f64 = 0.15;
/// The same for [`Home::nightly`].
const HOME_NIGHTLY_MAX: f64 = 0.12;
/// Below this [`Home::second`] no second home was seen.
const SECOND_HOME_MIN: f64 = 0.05;
/// Slots a day of the crowd from which on it is more than a family's: three networks beyond those of
/// one person at any hour.
const FAMILY_CROWD_MAX: f64 = 72.0;
/// Before a whole day was seen, so many networks beyond in each slot in use. With 1.5, an account on
/// five networks at once is not shared before a night; 8 of 96 households fewer are called so.
const FAMILY_CROWD_SHARE: f64 = 0.75;

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
    /// The log-odds with one device more, where computers are not recognised.
    log_odds_more: f64,
    has_ends: bool,
    /// Slots in which any network was in use, within the window.
    pub active: u32,
    pub home: Home,
}

impl Estimate {
    /// Whether everybody comes home to one place, as far as the log shows.
    pub fn is_common_home(&self) -> bool {
        let Home { apart, nightly, second, is_day_seen } = self.home;
        let [.., crowd, _] = self.measures;
        let is_one = nightly < HOME_NIGHTLY_MAX || second < SECOND_HOME_MIN;
        let family = if is_day_seen {
            FAMILY_CROWD_MAX
        } else {
            FAMILY_CROWD_SHARE * f64::from(self.active)
        };
        apart < HOME_APART_MAX || is_one && crowd < family
    }

    /// Whether the connections may be those of one person with one device more.
    pub(super) fn is_explained_by_device(&self) -> bool {
        !self.has_ends && self.log_odds_more < WITH_MORE_MIN
    }

    /// The probability of several people if this share of all accounts is shared.
    pub fn confidence(&self, prior: f64) -> f64 {
        let slope = if self.has_ends { TAIL_SLOPE } else { TAIL_SLOPE_WITHOUT_ENDS };
        let tail = slope * (self.log_odds - TAIL_FROM).clamp(0.0, TAIL_LENGTH);
        let log_odds = self.log_odds + tail - FITTED_PRIOR + (prior / (1.0 - prior)).ln();
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
    let has_ends = activity.has_ends();
    let own = Odds::of(activity, groups, devices);
    let log_odds = own.at(own.home.apart);
    // Computers are not recognised without ends, so a third device looks like a person.
    let log_odds_more = if has_ends || log_odds < WITH_MORE_FROM {
        log_odds
    } else {
        let more = Odds::of(activity, groups, devices + 1);
        more.at(more.home.apart)
    };
    Estimate {
        people: 1.0 + beyond_one(log_odds) - beyond_one(own.weights.bias),
        measures: own.measures,
        log_odds,
        log_odds_strict: own.at(own.home.apart.max(HOME_APART_MAX)),
        log_odds_more,
        has_ends,
        active: active_slots(groups),
        home: own.home,
    }
}

/// The log-odds of an account with so many devices, as a function of [`Home::apart`].
struct Odds {
    weights: &'static Weights,
    measures: [f64; MEASURES],
    home: Home,
    sum: f64,
}

impl Odds {
    fn of(activity: &AccountActivity, groups: &Groups, devices: usize) -> Self {
        let window = measure_days(activity, groups, &ALL_DAYS, devices).values();
        let days = activity.days();
        let mut measures = window.map(f64::from);
        for (measure, past) in measures.iter_mut().zip(activity.past.sums) {
            *measure = (*measure + f64::from(past)) / days;
        }
        let weights = if activity.has_ends() { &WITH_ENDS } else { &WITHOUT_ENDS };
        let [overlap, rest @ ..] = measures;
        let terms = weights.measures.iter().zip([overlap.min(OVERLAP_MAX)].into_iter().chain(rest));
        let terms = terms.map(|(weight, mean)| weight * (1.0 + MEASURE_SCALE * mean).ln());
        let sum = weights.bias + terms.sum::<f64>();
        Self { weights, measures, home: home(activity, groups, devices), sum }
    }

    fn at(&self, apart: f64) -> f64 {
        self.sum + self.weights.apart * (1.0 + APART_SCALE * apart).ln()
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
