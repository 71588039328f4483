//! Assesses users and builds the rows about them.

use std::borrow::Cow;

use super::policy::Policy;
use super::rule::Rule;
use super::state::{RiskChange, ScoreState, VerdictChange, score};
use super::users::UserState;
use super::window::WindowConfig;
use crate::sharing::{Detail, Estimate, Groups, estimate, evidence, group_networks, next_verdict};
use crate::stream::{Alert, Evidence, Origin, ScoreMeta, ScoreTool, Summary, Thousandths, Verdict};
use crate::timestamp::Timestamp;

/// What rows contain.
#[derive(Clone, Copy, Debug)]
pub struct RowConfig {
    pub rule: Rule,
    pub window: WindowConfig,
    /// Addresses that a summary lists.
    pub ips_max: usize,
    pub detail: Detail,
    /// Whether too much of the log was not recognised for an account to be clear.
    pub is_incomplete: bool,
}

/// The estimate and verdict on a user, as of the last connection that was processed.
struct Assessment {
    devices: usize,
    groups: Groups,
    estimate: Estimate,
    verdict: Verdict,
}

/// More devices than these are not tried: nothing would be left of most accounts.
const MORE_DEVICES_MAX: usize = 4;

impl Assessment {
    /// `None` for an exempt user, and for one without a connection.
    fn of(user: &UserState, config: &RowConfig, policy: &Policy) -> Option<Self> {
        let devices = policy.devices_of(&user.name)?;
        user.activity.newest()?;
        let groups = group_networks(&user.activity);
        let estimate = estimate(&user.activity, &groups, devices);
        let verdict = user.verdict.verdict();
        let is_doubtful = config.is_incomplete && verdict == Verdict::Clear;
        let verdict = if is_doubtful { Verdict::Unknown } else { verdict };
        Some(Self { devices, groups, estimate, verdict })
    }

    fn people(&self) -> f64 {
        (self.estimate.people * 100.0).round() / 100.0
    }

    fn evidence(
        &self,
        user: &UserState,
        config: &RowConfig,
        policy: &Policy,
    ) -> Vec<Evidence<'static>> {
        let prefixes = policy.prefixes;
        let activity = &user.activity;
        let mut all = evidence(activity, &self.groups, self.devices, config.detail, prefixes);
        all.extend(self.counterfactual(user));
        all
    }

    /// The least number of devices with a lower verdict.
    fn counterfactual(&self, user: &UserState) -> Option<Evidence<'static>> {
        if self.verdict < Verdict::Watch {
            return None;
        }
        let more = self.devices + 1..=self.devices + MORE_DEVICES_MAX;
        let mut verdicts = more.map(|devices| {
            let estimate = estimate(&user.activity, &self.groups, devices);
            (devices, next_verdict(Verdict::Unknown, &estimate))
        });
        let (devices, verdict) = verdicts.find(|(_, verdict)| *verdict < self.verdict)?;
        Some(Evidence::Counterfactual { option: format!("--devices {devices}").into(), verdict })
    }
}

/// The estimate of a suspicious account in hundredths of a person, to sort by; 0 of any other.
pub fn suspected_people(user: &UserState, policy: &Policy) -> u64 {
    if user.verdict.verdict() < Verdict::Watch {
        return 0;
    }
    let devices = policy.devices_of(&user.name);
    devices.map_or(0, |devices| {
        let groups = group_networks(&user.activity);
        hundredths(estimate(&user.activity, &groups, devices).people)
    })
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "`as` saturates")]
fn hundredths(people: f64) -> u64 {
    (people * 100.0).round() as u64
}

/// Builds the summary of a user at a time of the stream.
pub fn summary<'u>(
    user: &'u mut UserState,
    now: i64,
    config: &RowConfig,
    policy: &Policy,
) -> Summary<'u> {
    let (points, score, risk) = score(user, now, &config.window, &config.rule);
    let user = &*user;
    let counts = user.window.counts();
    let assessment = Assessment::of(user, config, policy);
    let is_seen = user.last >= user.first;
    let truncated = user.window.truncated();
    Summary {
        ts: Some(Timestamp(now)),
        user: Cow::Borrowed(&user.name),
        score,
        risk,
        points,
        connections: counts.connections,
        addresses: counts.addresses,
        simultaneous: counts.pairs,
        window: config.window.window_ms.map(seconds),
        together: Some(seconds(config.window.together_ms)),
        people: assessment.as_ref().map(Assessment::people),
        verdict: assessment.as_ref().map_or(Verdict::Unknown, |of| of.verdict),
        since: assessment
            .as_ref()
            .filter(|of| of.verdict >= Verdict::Watch)
            .map(|_| Timestamp(user.verdict_since)),
        networks: assessment.as_ref().map(|_| user.activity.networks() as u64),
        first_seen: is_seen.then_some(Timestamp(user.first)),
        last_seen: is_seen.then_some(Timestamp(user.last)),
        mean_interval: mean_interval_ms(user, &config.window).map(Thousandths),
        ips: user.window.recent(config.ips_max).into_iter().map(Origin::Ip).collect(),
        truncated: (truncated > 0).then_some(truncated),
        evidence: assessment.map(|of| of.evidence(user, config, policy)),
    }
}

fn seconds(ms: i64) -> u64 {
    u64::try_from(ms / 1000).unwrap_or(0)
}

/// Milliseconds between the connections in the window.
fn mean_interval_ms(user: &UserState, window: &WindowConfig) -> Option<u64> {
    let all = (user.first, user.last);
    let (first, last) = if window.window_ms.is_some() { user.window.ends()? } else { all };
    let gaps = i64::try_from(user.window.counts().connections).ok()? - 1;
    (gaps > 0).then(|| u64::try_from((last - first) / gaps).unwrap_or(0))
}

/// Builds the alert on a changed verdict.
pub fn verdict_alert<'u>(
    user: &'u mut UserState,
    change: VerdictChange,
    config: &RowConfig,
    policy: &Policy,
) -> Option<Alert<'u>> {
    let (_, score, risk) = score(user, change.at, &config.window, &config.rule);
    let user = &*user;
    let assessment = Assessment::of(user, config, policy)?;
    // An alert is read at once: intervals are in the next summary.
    let detail = if config.detail == Detail::Intervals { Detail::Short } else { config.detail };
    let config = &RowConfig { detail, ..*config };
    Some(Alert {
        ts: Some(Timestamp(change.at)),
        user: Cow::Borrowed(&user.name),
        verdict: Some(assessment.verdict),
        was: Some(change.was),
        people: Some(assessment.people()),
        score: Some(score),
        risk: Some(risk),
        was_risk: None,
        evidence: Some(assessment.evidence(user, config, policy)),
    })
}

/// Builds the alert on a changed risk.
pub fn risk_alert<'u>(
    user: &'u mut UserState,
    change: RiskChange,
    config: &RowConfig,
) -> Alert<'u> {
    let (_, score, risk) = score(user, change.at, &config.window, &config.rule);
    Alert {
        ts: Some(Timestamp(change.at)),
        user: Cow::Borrowed(&user.name),
        score: Some(score),
        risk: Some(risk),
        was_risk: Some(change.was),
        ..Alert::default()
    }
}

/// Builds the row of what was counted.
pub fn meta(state: &ScoreState) -> ScoreMeta<'static> {
    let counters = state.counters;
    let truncation = state.users.truncation();
    ScoreMeta {
        ts: state.buffer.newest().map(Timestamp),
        tool: ScoreTool,
        users: state.users.len() as u64,
        connections: counters.connections,
        late: counters.late,
        duplicates: counters.duplicates,
        not_understood: counters.not_understood,
        not_recognised: counters.not_recognised.total(),
        no_address: counters.no_address,
        no_user: counters.no_user,
        no_time: counters.no_time,
        usage: counters.usage,
        users_too_many: state.users.too_many,
        evicted_early: state.buffer.evicted_early,
        truncated: truncation.connections,
        networks_too_many: truncation.networks,
        relays_too_many: state.relays_too_many(),
        advice: state.advice().map(Cow::Borrowed),
    }
}
