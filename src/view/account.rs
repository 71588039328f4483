//! Users as text: a table with one line each, a block for those that need a look, alerts.

use std::collections::BTreeMap;
use std::fmt::Display;

use unicode_width::UnicodeWidthStr;

use super::messages::{Messages, fill};
use super::style::{Severity, TextStyle};
use super::{evidence, timeline, units};
use crate::io::escape::Escaped;
use crate::stream::{Alert, Evidence, Risk, Summary, Verdict};
use crate::timestamp::Timestamp;

/// As long as `analyze_logs.py` drew it.
const RULE: &str = "================================================";
/// Days that a verdict is about.
const VERDICT_DAYS: u64 = 3;
const _: () = assert!(VERDICT_DAYS == crate::sharing::presence::DAYS as u64);

/// One user in a table.
#[derive(Clone, Debug, Default)]
pub struct AccountLine {
    pub user: String,
    pub verdict: Verdict,
    pub people: Option<f64>,
    /// Networks of the verdict's days.
    pub networks: Option<u64>,
    /// Addresses in the window.
    pub addresses: Option<u64>,
    /// Connections in the window.
    pub connections: Option<u64>,
    /// Bytes both ways in the window.
    pub traffic: Option<u64>,
    pub last: Option<Timestamp>,
    /// The strongest reason.
    pub why: String,
}

impl AccountLine {
    pub fn new(row: &Summary<'_>, style: &TextStyle) -> Self {
        let reason = evidence::summary(facts(row), style.messages());
        let why = match row.verdict {
            Verdict::Sharing | Verdict::Watch => reason.unwrap_or_default(),
            Verdict::Unknown => no_verdict(row, style.messages()),
            Verdict::Clear => String::new(),
        };
        Self {
            user: Escaped(&row.user).to_string(),
            verdict: row.verdict,
            people: row.people.filter(|_| row.verdict != Verdict::Unknown),
            networks: row.networks.filter(|count| *count > 0),
            addresses: Some(row.addresses).filter(|count| *count > 0),
            connections: Some(row.connections).filter(|count| *count > 0),
            traffic: None,
            last: row.last_seen,
            why,
        }
    }
}

fn facts<'r, 'l>(row: &'r Summary<'l>) -> &'r [Evidence<'l>] {
    row.evidence.as_deref().unwrap_or_default()
}

/// The reason of a missing verdict.
pub fn no_verdict(row: &Summary<'_>, messages: &Messages) -> String {
    let is_blind = row.first_seen.is_none() && row.connections == 0;
    let other = if is_blind { messages.no_addresses } else { messages.too_little };
    hidden(row, messages).unwrap_or_else(|| other.to_owned())
}

/// That the client addresses are hidden, where that is what the verdict comes from.
fn hidden(row: &Summary<'_>, messages: &Messages) -> Option<String> {
    let is_hidden = |fact: &&Evidence<'_>| matches!(fact, Evidence::HiddenAddresses { .. });
    facts(row).iter().find(is_hidden).and_then(|fact| evidence::text(fact, messages))
}

/// Writes the two lines above an analysis, and a blank one: when, how long, who.
pub fn heading(at: Timestamp, totals: &Totals, style: &TextStyle, out: &mut String) {
    let title = fill(style.messages().analysis, &[("at", &style.moment(at))]);
    let title = format!("{}{title}", style.icon("📊", ""));
    let totals = totals.text(style);
    let fits = style.width.is_none_or(|width| title.width() + 6 + totals.width() <= width);
    if fits {
        out.push_str(&format!("{}      {totals}\n\n", style.paint(Severity::Strong, &title)));
    } else {
        style.line(out, 0, 3, Some(Severity::Strong), &title);
        style.line(out, 3, 3, None, &totals);
        out.push('\n');
    }
}

/// Writes the heading that `analyze_logs.py` printed.
pub fn long_heading(at: Timestamp, style: &TextStyle, out: &mut String) {
    let title = fill(style.messages().analysis, &[("at", &style.moment(at))]);
    let title = format!("{}{title}", style.icon("📊", ""));
    style.line(out, 0, 0, Some(Severity::Strong), &title);
    out.push_str(RULE);
    out.push_str("\n\n");
}

/// Writes a user with the verdict first, and a blank line.
pub fn block(row: &Summary<'_>, traffic: Option<u64>, style: &TextStyle, out: &mut String) {
    let messages = style.messages();
    name_line(row, style, out);
    let verdict = format!("{}{}", style.icon("👥", ""), estimate_text(row, style));
    style.line(out, 3, 6, Some(severity(row.verdict)), &verdict);
    for reason in reasons(row, messages) {
        style.line(out, 6, 9, None, &reason);
    }
    let period = row.window.map(|seconds| format!(" ({})", units::period(seconds, messages)));
    let period = period.unwrap_or_default();
    let mut counts = vec![
        ("📈", fill(messages.connections, &[("n", &row.connections)])),
        ("🌐", fill(messages.addresses, &[("n", &row.addresses)])),
    ];
    counts.extend(
        traffic.map(|bytes| {
            ("📦", fill(messages.traffic, &[("size", &units::size(bytes, messages))]))
        }),
    );
    let counts =
        counts.iter().map(|(icon, text)| format!("{}{text}{period}", style.icon(icon, "")));
    style.line(out, 3, 6, None, &counts.collect::<Vec<_>>().join("   "));
    if !row.ips.is_empty() {
        style.line(out, 3, 6, None, &format!("{}{}", style.icon("📍", ""), ips(row, style)));
    }
    let pairs = row.together.map_or_else(
        || fill(messages.pairs, &[("n", &row.simultaneous)]),
        |seconds| {
            let span = units::span(units::float(seconds), messages);
            fill(messages.pairs_within, &[("n", &row.simultaneous), ("span", &span)])
        },
    );
    let pairs = fill(messages.simultaneous, &[("n", &pairs)]);
    style.line(out, 3, 6, None, &format!("{}{pairs}{period}", style.icon("🔄", "")));
    activity_score(row, style, out);
    out.push('\n');
}

/// The rule's score; what it shouts only where the verdict agrees.
fn activity_score(row: &Summary<'_>, style: &TextStyle, out: &mut String) {
    let messages = style.messages();
    let score = fill(messages.activity_score, &[("n", &row.score)]);
    if row.verdict < Verdict::Watch {
        let usual = if row.risk == Risk::High { messages.score_is_usual } else { "" };
        let joint = if usual.is_empty() { "" } else { ", " };
        style.line(out, 3, 6, Some(Severity::Quiet), &format!("{score}{joint}{usual}"));
        return;
    }
    let points = points(row, messages).map(|points| format!(" {points}")).unwrap_or_default();
    style.line(out, 3, 6, None, &format!("{}{score}{points}", style.icon("⚠️", "")));
    risk_line(row.risk, style, out);
}

fn risk_line(risk: Risk, style: &TextStyle, out: &mut String) {
    let messages = style.messages();
    let (icon, severity, text) = match risk {
        Risk::High => ("🚨", Severity::Bad, messages.high),
        Risk::Medium => ("⚠️", Severity::Warn, messages.medium),
        Risk::Low => ("✅", Severity::Good, messages.low),
    };
    style.line(out, 3, 6, Some(severity), &format!("{}{text}", style.icon(icon, "")));
}

fn name_line(row: &Summary<'_>, style: &TextStyle, out: &mut String) {
    let user = fill(style.messages().user, &[("user", &Escaped(&row.user))]);
    let severity = Some(Severity::Strong);
    style.line(out, 0, 3, severity, &format!("{}{user}", style.icon("👤", "")));
}

/// Writes a user as `analyze_logs.py` did, then the estimate, and a blank line.
pub fn long_block(row: &Summary<'_>, style: &TextStyle, out: &mut String) {
    let messages = style.messages();
    name_line(row, style, out);
    let fact = |out: &mut String, icon: &str, text: &str| {
        style.line(out, 3, 6, None, &format!("{}{text}", style.icon(icon, "")));
    };
    fact(out, "📈", &fill(messages.connections, &[("n", &row.connections)]));
    fact(out, "🌐", &fill(messages.addresses, &[("n", &row.addresses)]));
    let score = fill(messages.score, &[("n", &row.score)]);
    let points = points(row, messages).map(|points| format!("  {points}")).unwrap_or_default();
    fact(out, "⚠️", &format!("{score}{points}"));
    // Nothing that was seen is not a low risk.
    if row.connections > 0 || row.first_seen.is_some() {
        risk_line(row.risk, style, out);
    }
    if !row.ips.is_empty() {
        fact(out, "📍", &ips(row, style));
    }
    fact(out, "🔄", &fill(messages.simultaneous, &[("n", &row.simultaneous)]));
    let verdict = format!("{}{}", style.icon("👥", ""), estimate_text(row, style));
    style.line(out, 3, 6, Some(severity(row.verdict)), &verdict);
    let mut reasons = reasons(row, messages);
    if row.verdict == Verdict::Clear && row.risk == Risk::High {
        let score = fill(messages.activity_score, &[("n", &row.score)]);
        reasons.push(format!("{score}, {}", messages.score_is_usual));
    }
    for reason in reasons {
        style.line(out, 6, 9, None, &reason);
    }
    seen(row, style, out);
    out.push('\n');
}

/// Writes a user for `--explain`: when its networks were in use, then the facts in words; in full,
/// each fact with its times.
pub fn detail(row: &Summary<'_>, is_full: bool, style: &TextStyle, out: &mut String) {
    let mut text = String::new();
    block(row, None, style, &mut text);
    // The timeline stands between the name and the verdict.
    let (name, rest) = text.split_once('\n').unwrap_or((&text, ""));
    out.push_str(name);
    out.push('\n');
    timeline::draw(facts(row), style, out);
    out.push_str(rest.trim_end());
    out.push('\n');
    seen(row, style, out);
    if !is_full {
        return;
    }
    out.push('\n');
    for fact in facts(row) {
        if let Some(text) = evidence::detail(fact, style) {
            style.line(out, 3, 6, None, &text);
        }
    }
}

fn seen(row: &Summary<'_>, style: &TextStyle, out: &mut String) {
    let messages = style.messages();
    let Some((first, last)) = row.first_seen.zip(row.last_seen) else { return };
    let (first, last) = (style.moment(first), style.moment(last));
    let mut text = fill(messages.seen, &[("first", &first), ("last", &last)]);
    if let Some(mean) = row.mean_interval {
        text.push_str(&fill(messages.every, &[("span", &units::span(mean.units(), messages))]));
    }
    style.line(out, 3, 6, Some(Severity::Quiet), &format!("{}{text}", style.icon("🕒", "")));
}

/// Facts of a block: more do not change a reader's mind.
const FACTS_MAX: usize = 3;

/// The strongest facts, and what would change the verdict.
fn reasons(row: &Summary<'_>, messages: &Messages) -> Vec<String> {
    let days = fill(messages.n_days, &[("n", &VERDICT_DAYS)]);
    let period = |fact: &Evidence<'_>, text: String| match fact {
        Evidence::Overlap { .. } => format!("{text} ({days})"),
        Evidence::Alternation { .. }
        | Evidence::SecondDevice { .. }
        | Evidence::CommonHome { .. }
        | Evidence::SequentialNetworks { .. }
        | Evidence::InUse { .. }
        | Evidence::HiddenAddresses { .. }
        | Evidence::Counterfactual { .. }
        | Evidence::Other => text,
    };
    let strongest = facts(row).iter().filter(|fact| evidence::is_reason(fact)).take(FACTS_MAX);
    let is_counterfactual = |fact: &&Evidence<'_>| matches!(fact, Evidence::Counterfactual { .. });
    let all = strongest.chain(facts(row).iter().filter(is_counterfactual));
    all.filter_map(|fact| Some(period(fact, evidence::text(fact, messages)?))).collect()
}

fn points(row: &Summary<'_>, messages: &Messages) -> Option<String> {
    let points = row.points;
    let parts = [("a", points.addresses), ("s", points.simultaneous), ("f", points.frequency)];
    let parts = parts.each_ref().map(|(key, part)| (*key, part as &dyn Display));
    (points.addresses + points.simultaneous + points.frequency > 0)
        .then(|| fill(messages.points, &parts))
}

fn ips(row: &Summary<'_>, style: &TextStyle) -> String {
    let messages = style.messages();
    let name = |ip| evidence::name(ip, messages);
    let mut listed = row.ips.iter().map(name).collect::<Vec<_>>().join(", ");
    let shown = u64::try_from(row.ips.len()).unwrap_or(u64::MAX);
    if row.addresses > shown {
        listed.push_str(", ");
        listed.push_str(&fill(messages.and_more, &[("n", &(row.addresses - shown))]));
    }
    fill(messages.ips, &[("ips", &listed)])
}

/// `Looks like 3 people (3.4): sharing since 2026-11-21 08:25`
pub fn estimate_text(row: &Summary<'_>, style: &TextStyle) -> String {
    let messages = style.messages();
    let mut verdict = verdict_name(row.verdict, messages).to_owned();
    if let (Some(since), Verdict::Watch | Verdict::Sharing) = (row.since, row.verdict) {
        let at = style.strftime(since, "%Y-%m-%d %H:%M");
        verdict = fill(messages.since, &[("verdict", &verdict), ("at", &at)]);
    }
    match row.people {
        Some(people) if row.verdict != Verdict::Unknown => {
            let count = units::people(people.round().max(1.0), messages);
            let number = units::decimal(people, messages);
            let values: [(&str, &dyn Display); 3] =
                [("people", &count), ("n", &number), ("verdict", &verdict)];
            fill(messages.looks_like, &values)
        }
        Some(_) | None => {
            let reason = no_verdict(row, messages);
            fill(messages.not_enough, &[("verdict", &verdict), ("reason", &reason)])
        }
    }
}

/// Writes an alert: one line that can be read without the rest.
pub fn alert(row: &Alert<'_>, style: &TextStyle, out: &mut String) {
    let messages = style.messages();
    let user = Escaped(&row.user);
    let at = row.ts.map(|at| format!("{} ", style.strftime(at, "%Y-%m-%d %H:%M")));
    let mut text = at.unwrap_or_default();
    let Some(verdict) = row.verdict else {
        let name = |risk: Option<Risk>| units::risk(risk.unwrap_or_default(), messages);
        let (risk, was, score) = (name(row.risk), name(row.was_risk), row.score.unwrap_or(0));
        let values: [(&str, &dyn Display); 4] =
            [("user", &user), ("risk", &risk), ("was", &was), ("n", &score)];
        text.push_str(&fill(messages.risk_alert, &values));
        style.line(out, 0, 3, None, &text);
        return;
    };
    let was = verdict_name(row.was.unwrap_or_default(), messages);
    let word = verdict_name(verdict, messages);
    let people = row
        .people
        .filter(|_| verdict != Verdict::Unknown)
        .map(|people| units::people(people, messages));
    let form = if people.is_some() { messages.alert } else { messages.alert_bare };
    let people = people.unwrap_or_default();
    let values: [(&str, &dyn Display); 4] =
        [("user", &user), ("verdict", &word), ("was", &was), ("people", &people)];
    text.push_str(&fill(form, &values));
    let reasons = alert_reasons(row, messages);
    if !reasons.is_empty() {
        text.push_str(&format!(": {}", reasons.join("; ")));
    }
    style.line(out, 0, 3, Some(severity(verdict)), &text);
}

/// Whether an alert is new at this moment: those of a log that was kept are in the table.
pub fn is_new(row: &Alert<'_>, now: Timestamp) -> bool {
    row.ts.is_none_or(|at| at.0.abs_diff(now.0) < NEW_MS)
}

/// An hour.
const NEW_MS: u64 = 3_600_000;

/// Why an account became suspicious, the strongest first.
pub fn alert_reasons(row: &Alert<'_>, messages: &Messages) -> Vec<String> {
    let facts = row.evidence.as_deref().filter(|_| row.verdict >= Some(Verdict::Watch));
    let facts = facts.unwrap_or_default().iter();
    let reasons = facts.filter(|fact| evidence::is_reason(fact)).take(FACTS_MAX);
    reasons.filter_map(|fact| evidence::text(fact, messages)).collect()
}

pub fn verdict_name(verdict: Verdict, messages: &Messages) -> &'static str {
    match verdict {
        Verdict::Sharing => messages.sharing,
        Verdict::Watch => messages.watch,
        Verdict::Clear => messages.clear,
        Verdict::Unknown => messages.unknown,
    }
}

pub(super) fn severity(verdict: Verdict) -> Severity {
    match verdict {
        Verdict::Sharing => Severity::Bad,
        Verdict::Watch => Severity::Warn,
        Verdict::Clear => Severity::Good,
        Verdict::Unknown => Severity::Quiet,
    }
}

/// How many users have which verdict and risk, and over what time.
#[derive(Clone, Debug, Default)]
pub struct Totals {
    pub users: u64,
    verdicts: BTreeMap<Verdict, u64>,
    risks: [u64; 3],
    ends: Option<(Timestamp, Timestamp)>,
}

impl Totals {
    pub fn add(&mut self, row: &Summary<'_>) {
        self.users += 1;
        *self.verdicts.entry(row.verdict).or_default() += 1;
        let [low, medium, high] = &mut self.risks;
        *match row.risk {
            Risk::Low => low,
            Risk::Medium => medium,
            Risk::High => high,
        } += 1;
        for at in [row.first_seen, row.last_seen].into_iter().flatten() {
            let (first, last) = self.ends.unwrap_or((at, at));
            self.ends = Some((first.min(at), last.max(at)));
        }
    }

    pub fn of(&self, verdict: Verdict) -> u64 {
        self.verdicts.get(&verdict).copied().unwrap_or(0)
    }

    /// `3 days, 20 users: 3 sharing, 0 watch, 17 clear, 0 unknown`
    pub fn text(&self, style: &TextStyle) -> String {
        let messages = style.messages();
        if self.users == 0 {
            return messages.no_users.to_owned();
        }
        let span = self.ends.and_then(|(first, last)| u64::try_from(last.0 - first.0).ok());
        let span = span.filter(|ms| *ms > 0).map(|ms| {
            let hours = (ms + 1_800_000) / 3_600_000;
            if hours >= 48 {
                fill(messages.n_days, &[("n", &((hours + 12) / 24))])
            } else {
                units::span(units::float(ms / 1000), messages)
            }
        });
        let count = |verdict| self.of(verdict);
        let values: [(&str, &dyn Display); 5] = [
            ("users", &self.users),
            ("sharing", &count(Verdict::Sharing)),
            ("watch", &count(Verdict::Watch)),
            ("clear", &count(Verdict::Clear)),
            ("unknown", &count(Verdict::Unknown)),
        ];
        let joint = span.map(|span| format!("{span}, ")).unwrap_or_default();
        format!("{joint}{}", fill(messages.totals, &values))
    }

    /// Writes the last lines of an analysis: everyone is counted, `not_listed` of them above.
    pub fn write(&self, not_listed: u64, style: &TextStyle, out: &mut String) {
        let messages = style.messages();
        let icon = style.icon("📋", "");
        style.line(out, 0, 3, None, &format!("{icon}{}", self.text(style)));
        if not_listed > 0 {
            style.line(out, 3, 3, None, &fill(messages.not_listed, &[("n", &not_listed)]));
        }
    }

    /// Writes the last lines of the long form.
    pub fn write_long(&self, style: &TextStyle, out: &mut String) {
        let messages = style.messages();
        self.write(0, style, out);
        if self.users == 0 {
            return;
        }
        let [low, medium, high] = &self.risks;
        let values: [(&str, &dyn Display); 3] = [("high", high), ("medium", medium), ("low", low)];
        style.line(out, 3, 3, None, &fill(messages.risks, &values));
    }
}
