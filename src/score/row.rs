//! What is told of users, as rows.

use super::book::{Change, ScoreState, Turn, judge};
use super::limits::Limits;
use std::net::IpAddr;

use super::rule::{Points, Rule};
use super::users::User;
use super::why::{self, WouldBe};
use super::window::Span;
use crate::json::{self, Row};
use crate::sharing::{Estimate, Verdict};
use crate::timestamp::Timestamp;

/// How rows tell of users.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    /// The rule.
    pub rule: Rule,
    /// What windows span.
    pub span: Span,
    /// How many addresses are listed.
    pub ips_max: usize,
    /// Whether all evidence is told, or the chief facts.
    pub is_full: bool,
    /// Whether too much was lost to say that an account is clear.
    pub is_unsure: bool,
}

/// What is said of a user, and what it is said from.
struct Opinion {
    devices: usize,
    seen: Estimate,
    verdict: Verdict,
}

/// `None`: of a user that is exempt, or was seen at no address, nothing is said.
fn opinion(user: &User, tell: &Telling, limits: &Limits) -> Option<Opinion> {
    let devices = limits.devices_of(&user.name)?;
    user.people.newest()?;
    let seen = user.people.estimate(devices);
    let told = user.people.verdict();
    let is_doubtful = tell.is_unsure && told == Verdict::Clear;
    let verdict = if is_doubtful { Verdict::Unknown } else { told };
    Some(Opinion { devices, seen, verdict })
}

/// Writes how many people there are, and what to think of it.
fn write_opinion(row: &mut Row<'_>, said: Option<&Opinion>) {
    if let Some(said) = said {
        row.float("people", (said.seen.people * 100.0).round() / 100.0);
    }
    row.text("verdict", said.map_or(Verdict::Unknown, |said| said.verdict).name());
}

/// Writes why.
fn write_evidence(out: &mut Vec<u8>, user: &User, said: &Opinion, tell: &Telling, limits: &Limits) {
    let facts = user.people.facts(said.devices, tell.is_full);
    why::write(out, &facts, would_be(user, said), limits.prefixes);
}

/// The least number of devices with which less would be thought.
fn would_be(user: &User, said: &Opinion) -> Option<WouldBe> {
    let more = (said.devices + 1..=said.devices + DEVICES_MORE_MAX).map(|devices| WouldBe {
        devices,
        verdict: Verdict::Unknown.after(&user.people.estimate(devices)),
    });
    let mut less = more.filter(|other| other.verdict < said.verdict);
    (said.verdict >= Verdict::Watch).then(|| less.next()).flatten()
}

/// So many more devices are tried: with more, nothing would be left of most accounts.
const DEVICES_MORE_MAX: usize = 4;

/// Writes the summary of a user, as of this moment of event time.
pub fn summary(out: &mut Vec<u8>, user: &mut User, now: i64, tell: &Telling, limits: &Limits) {
    let (points, risk) = judge(user, now, &tell.span, &tell.rule);
    let counts = user.window.counts();
    let mut row = Row::new(out, "summary");
    row.stamp("ts", Timestamp(now));
    row.text("user", &user.name);
    row.number("score", points.score);
    row.text("risk", risk.name());
    write_points(row.key("points"), points);
    row.number("connections", counts.connections);
    row.number("addresses", counts.addresses);
    row.number("simultaneous", counts.pairs);
    let said = opinion(user, tell, limits);
    write_opinion(&mut row, said.as_ref());
    if user.last >= user.first {
        row.stamp("first_seen", Timestamp(user.first));
        row.stamp("last_seen", Timestamp(user.last));
    }
    if let Some(ms) = mean_interval_ms(user, &tell.span) {
        row.millis("mean_interval", ms);
    }
    write_ips(row.key("ips"), &user.window.recent(tell.ips_max));
    let truncated = user.window.truncated();
    if truncated > 0 {
        row.number("truncated", truncated);
    }
    if let Some(said) = said {
        write_evidence(row.key("evidence"), user, &said, tell, limits);
    }
    row.end();
}

fn write_points(out: &mut Vec<u8>, points: Points) {
    let parts = [
        ("{\"addresses\":", points.addresses),
        (",\"simultaneous\":", points.simultaneous),
        (",\"frequency\":", points.frequency),
    ];
    for (key, value) in parts {
        out.extend_from_slice(key.as_bytes());
        json::number(out, value.into());
    }
    out.push(b'}');
}

fn write_ips(out: &mut Vec<u8>, ips: &[IpAddr]) {
    out.push(b'[');
    for (n, ip) in ips.iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        json::ip(out, *ip);
    }
    out.push(b']');
}

/// Milliseconds between connections, over those the window holds.
fn mean_interval_ms(user: &User, span: &Span) -> Option<u64> {
    let whole = (user.first, user.last);
    let (first, last) = if span.window_ms.is_some() { user.window.ends()? } else { whole };
    let gaps = i64::try_from(user.window.counts().connections).ok()? - 1;
    (gaps > 0).then(|| u64::try_from((last - first) / gaps).unwrap_or(0))
}

/// Writes that the verdict on a user has changed.
pub fn alert(out: &mut Vec<u8>, user: &mut User, turn: Turn, tell: &Telling, limits: &Limits) {
    let (points, risk) = judge(user, turn.at, &tell.span, &tell.rule);
    let Some(said) = opinion(user, tell, limits) else { return };
    let mut row = Row::new(out, "alert");
    row.stamp("ts", Timestamp(turn.at));
    row.text("user", &user.name);
    row.text("verdict", said.verdict.name());
    row.text("was", turn.was.name());
    row.float("people", (said.seen.people * 100.0).round() / 100.0);
    row.number("score", points.score);
    row.text("risk", risk.name());
    write_evidence(row.key("evidence"), user, &said, tell, limits);
    row.end();
}

/// Writes that the risk of a user has changed.
pub fn risk_alert(out: &mut Vec<u8>, user: &mut User, change: Change, tell: &Telling) {
    let (points, risk) = judge(user, change.now, &tell.span, &tell.rule);
    let mut row = Row::new(out, "alert");
    row.stamp("ts", Timestamp(change.now));
    row.text("user", &user.name);
    row.number("score", points.score);
    row.text("risk", risk.name());
    row.text("was_risk", change.was.name());
    row.end();
}

/// Writes what was counted that is no user's.
pub fn meta(out: &mut Vec<u8>, book: &ScoreState) {
    let tally = book.tally;
    let mut row = Row::new(out, "meta");
    if let Some(newest) = book.order.newest() {
        row.stamp("ts", Timestamp(newest));
    }
    row.text("tool", "mtp-score");
    row.number("users", book.users.len() as u64);
    row.number("connections", tally.connections);
    row.number("late", tally.late);
    row.number("again", tally.again);
    row.number("not_understood", tally.not_understood);
    row.number("not_recognised", tally.not_recognised.sum());
    row.number("no_address", tally.no_address);
    row.number("no_user", tally.no_user);
    row.number("no_time", tally.no_time);
    row.number("usage", tally.usage);
    row.number("users_too_many", book.users.unremembered);
    row.number("hurried", book.order.hurried);
    let crowded = book.users.crowded();
    row.number("truncated", crowded.connections);
    row.number("networks_too_many", crowded.networks);
    row.number("relays_too_many", book.relays_unremembered());
    if let Some(advice) = book.advice() {
        row.text("advice", advice);
    }
    row.end();
}
