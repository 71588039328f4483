//! Assesses users and builds the rows about them.

use std::borrow::Cow;

use super::all_users::AllUsers;
use super::hidden::CarrierGateways;
use super::policy::Policy;
use super::rule::Rule;
use super::state::{RiskChange, ScoreState, VerdictChange, score};
use super::users::UserState;
use super::window::WindowConfig;
use crate::sharing::{Detail, Estimate, Groups, estimate, evidence, group_networks};
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

/// What the rows about a user depend on.
#[derive(Clone, Copy, Debug)]
pub struct RowContext<'a> {
    pub config: &'a RowConfig,
    pub policy: &'a Policy,
    pub gateways: &'a CarrierGateways,
    /// Number of users in the stream.
    pub users: usize,
    pub all_users: Option<&'a AllUsers>,
}

/// The estimate and verdict on a user, as of the last connection that was processed.
struct Assessment {
    devices: usize,
    groups: Groups,
    /// `None` without a visible connection.
    estimate: Option<Estimate>,
    verdict: Verdict,
    hidden: Option<Evidence<'static>>,
}

impl Assessment {
    /// `None` for an exempt user, and for one without a connection.
    fn of(user: &UserState, context: &RowContext<'_>) -> Option<Self> {
        let devices = context.policy.devices_of(&user.name)?;
        let is_seen = user.activity.newest().is_some();
        let is_blind = user.hidden.as_ref().is_some_and(|hidden| hidden.is_blind());
        let hidden = user.hidden.as_ref().and_then(|hidden| hidden.evidence());
        let gateway = user.carrier_address.filter(|ip| {
            let is_gateway = |ip| match context.all_users {
                Some(all) => all.is_gateway(ip),
                None => context.gateways.is_gateway(ip),
            };
            !context.policy.trust_private && (context.users == 1 || is_gateway(*ip))
        });
        let hidden = hidden.or_else(|| {
            gateway.map(|ip| Evidence::HiddenAddresses {
                connections: user.window.counts().connections,
                networks: vec![Origin::Ip(ip.into())],
            })
        });
        if !is_seen && hidden.is_none() {
            return None;
        }
        let groups = group_networks(&user.activity);
        let estimate = is_seen.then(|| estimate(&user.activity, &groups, devices));
        let verdict = context.policy.settled(&user.name, user.verdict.verdict(), user.last);
        let is_doubtful = (context.config.is_incomplete || is_blind || gateway.is_some())
            && verdict == Verdict::Clear;
        let verdict = if is_doubtful { Verdict::Unknown } else { verdict };
        Some(Self { devices, groups, estimate, verdict, hidden })
    }

    fn people(&self) -> Option<f64> {
        self.estimate.map(|estimate| (estimate.people * 100.0).round() / 100.0)
    }

    fn confidence(&self, policy: &Policy) -> Option<f64> {
        let confidence = self.estimate.map(|estimate| estimate.confidence(policy.prior));
        confidence.map(|confidence| (confidence * 100.0).round() / 100.0)
    }

    fn evidence(self, user: &UserState, context: &RowContext<'_>) -> Vec<Evidence<'static>> {
        let (detail, prefixes) = (context.config.detail, context.policy.prefixes);
        let activity = &user.activity;
        let mut all = Vec::from_iter(self.hidden.clone());
        if let Some(estimate) = &self.estimate {
            all.extend(evidence(activity, &self.groups, estimate, self.devices, detail, prefixes));
        }
        all.extend(self.counterfactual(user));
        all
    }

    /// The least number of devices with which the verdict would be lower now.
    fn counterfactual(&self, user: &UserState) -> Option<Evidence<'static>> {
        if self.verdict < Verdict::Watch {
            return None;
        }
        let with_more = user.with_more_devices.as_deref()?;
        let mut verdicts = (self.devices + 1..).zip(with_more.iter().map(|of| of.verdict()));
        let (devices, verdict) = verdicts.find(|(_, verdict)| *verdict < self.verdict)?;
        Some(Evidence::Counterfactual { option: format!("--devices {devices}").into(), verdict })
    }
}

/// The estimate of a suspicious account in hundredths of a person, to sort by; 0 of any other.
pub fn suspected_people(user: &UserState, policy: &Policy) -> u64 {
    if policy.settled(&user.name, user.verdict.verdict(), user.last) < Verdict::Watch {
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
pub fn summary<'u>(user: &'u mut UserState, now: i64, context: &RowContext<'_>) -> Summary<'u> {
    let config = context.config;
    let (points, score, risk) = score(user, now, &config.window, &config.rule);
    let user = &*user;
    let counts = user.window.counts();
    let assessment = Assessment::of(user, context);
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
        people: assessment.as_ref().and_then(Assessment::people),
        confidence: assessment.as_ref().and_then(|of| of.confidence(context.policy)),
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
        evidence: assessment.map(|of| of.evidence(user, context)),
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
    context: &RowContext<'_>,
) -> Option<Alert<'u>> {
    let config = context.config;
    let user = &*user;
    let assessment = Assessment::of(user, context)?;
    // An alert is read at once: intervals are in the next summary.
    let detail = if config.detail == Detail::Intervals { Detail::Short } else { config.detail };
    let context = &RowContext { config: &RowConfig { detail, ..*config }, ..*context };
    Some(Alert {
        ts: Some(Timestamp(change.at)),
        user: Cow::Borrowed(&user.name),
        verdict: Some(assessment.verdict),
        was: Some(change.was),
        people: assessment.people(),
        confidence: assessment.confidence(context.policy),
        score: Some(change.score),
        risk: Some(config.rule.risk(change.score)),
        was_risk: None,
        evidence: Some(assessment.evidence(user, context)),
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
        ts: state.newest().map(Timestamp),
        tool: ScoreTool,
        users: state.users.len() as u64,
        connections: counters.connections,
        late: counters.late,
        duplicates: counters.duplicates,
        not_understood: counters.not_understood,
        not_recognised: state.parsed.total().not_recognised,
        no_address: counters.no_address,
        no_user: counters.no_user,
        no_time: counters.no_time,
        hidden: state.hidden.connections,
        usage: counters.usage,
        set_aside: state.gate.set_aside(),
        names_too_long: state.users.names_too_long,
        users_too_many: state.users.too_many,
        evicted_early: state.buffer.evicted_early,
        truncated: truncation.connections,
        networks_too_many: truncation.networks,
        relays_too_many: state.relays_too_many(),
        advice: state.advice(),
    }
}
