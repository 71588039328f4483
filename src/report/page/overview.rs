//! The first screen: who looks shared, why, since when and what to do; the alerts; and what was read.

use super::super::model::UserModel;
use super::html::{Esc, share};
use super::{Page, bars, people};
use crate::stream::{Alert, Kind, Verdict};
use crate::view::messages::fill;
use crate::view::{account, evidence, units};

/// Users that the overview names.
const NAMED: usize = 5;
/// Alerts that are listed.
const ALERTS: usize = 50;
/// Alerts of them that are seen without opening a list.
const ALERTS_SEEN: usize = 6;

/// Draws the overview, the connections of all users, and the alerts.
pub(super) fn draw(page: &mut Page<'_>, ranked: &[(&str, &UserModel)]) {
    let messages = page.messages;
    page.section("short", messages.overview);
    let sentences = sentences(page, ranked).join(" ");
    page.out.push_str(&format!("<p class=lead>{sentences}</p>\n"));
    suspects(page, ranked);
    tiles(page, ranked);
    if is_scored(page) {
        meanings(page);
    }
    let (hours, axis) = (&page.model.hours, page.axis());
    bars::draw(page, hours, &axis, "all", messages.by_hour);
    page.out.push_str("</section>\n");
    alerts(page);
}

fn is_scored(page: &Page<'_>) -> bool {
    page.model.counts.summaries + page.model.counts.alerts > 0
}

fn count(ranked: &[(&str, &UserModel)], verdict: Verdict) -> usize {
    ranked.iter().filter(|(_, user)| user.verdict == verdict).count()
}

fn sentences(page: &Page<'_>, ranked: &[(&str, &UserModel)]) -> Vec<String> {
    let messages = page.messages;
    let mut all: Vec<String> = Vec::new();
    let counts = &page.model.counts;
    if counts.is_empty() {
        all.push(messages.nothing.to_owned());
    } else if is_scored(page) {
        let users = page.number(ranked.len() as u64);
        let with = |form, count: usize| {
            fill(form, &[("n", &page.number(count as u64)), ("users", &users)])
        };
        all.push(match count(ranked, Verdict::Sharing) {
            0 if ranked.is_empty() => messages.no_connections.to_owned(),
            0 => with(messages.none_shared, 0),
            shared => with(messages.some_shared, shared),
        });
        match count(ranked, Verdict::Watch) {
            0 => {}
            watched => all.push(with(messages.watched, watched)),
        }
        let undecided = count(ranked, Verdict::Unknown);
        if undecided > 0 {
            all.push(with(messages.undecided, undecided));
        }
        if let Some(advice) = &counts.advice {
            all.push(Esc(advice).to_string());
        }
        if counts.of(Kind::Connect) == 0 {
            all.push(messages.no_events.to_owned());
        }
    } else if counts.of(Kind::Connect) > 0 {
        all.push(messages.no_scores.to_owned());
    }
    all.extend(understood(page));
    all
}

/// The users to look at: how sure, why, since when; and what to do.
fn suspects(page: &mut Page<'_>, ranked: &[(&str, &UserModel)]) {
    let messages = page.messages;
    let suspects = ranked.iter().take_while(|(_, user)| user.verdict >= Verdict::Watch).count();
    if suspects == 0 {
        return;
    }
    page.out.push_str("<ul class=suspects>");
    for (place, (name, user)) in ranked.iter().take(suspects.min(NAMED)).enumerate() {
        let shown = Esc(&page.names.user(name)).to_string();
        let link = if place < page.options.top {
            format!("<a href=\"#u{place}\"><bdi>{shown}</bdi></a>")
        } else {
            format!("<bdi>{shown}</bdi>")
        };
        let people = people(user, page.lang.messages());
        let mut facts = vec![fill(messages.people_at_once, &[("n", &people)])];
        facts.extend(reason(page, user));
        let since = user.since.map(|at| fill(messages.since, &[("at", &page.moment(at))]));
        let since = since.map(|since| format!(" · <span class=d>{}</span>", Esc(&since)));
        let (chip, since) = (page.chip(user.verdict), since.unwrap_or_default());
        page.out.push_str(&format!("<li>{link} {chip} {}{since}", Esc(&facts.join(" · "))));
    }
    if suspects > NAMED {
        let n = page.number((suspects - NAMED) as u64);
        page.out.push_str(&format!("<li>{}", fill(messages.and_others, &[("n", &n)])));
    }
    page.out.push_str(&format!(
        "</ul>\n<p class=quiet><strong>{}:</strong> {}</p>\n",
        messages.advice_heading,
        Esc(messages.advice)
    ));
}

/// The strongest reason of a user's verdict in a few words, as in the text.
pub(super) fn reason(page: &Page<'_>, user: &UserModel) -> Option<String> {
    let texts = page.lang.messages();
    if user.verdict == Verdict::Unknown {
        return user.summary.as_deref().map(|row| account::no_verdict(row, texts));
    }
    let alert = user.alerts.iter().rev().find_map(|alert| alert.evidence.as_deref());
    let evidence = user.summary.as_ref().and_then(|row| row.evidence.as_deref()).or(alert)?;
    let is_suspected = user.verdict >= Verdict::Watch;
    is_suspected.then(|| evidence::summary(evidence, texts)).flatten()
}

fn meanings(page: &mut Page<'_>) {
    let messages = page.messages;
    page.out.push_str(&format!(
        "<details class=older><summary>{}</summary><dl class=means>",
        messages.verdicts_heading
    ));
    for (verdict, meaning) in [
        (Verdict::Sharing, messages.sharing_means),
        (Verdict::Watch, messages.watch_means),
        (Verdict::Clear, messages.clear_means),
        (Verdict::Unknown, messages.unknown_means),
    ] {
        let chip = page.chip(verdict);
        page.out.push_str(&format!("<div><dt>{chip}<dd>{meaning}</div>"));
    }
    page.out.push_str("</dl></details>\n");
}

/// How much of the logs is missing.
fn understood(page: &Page<'_>) -> Option<String> {
    let parsed = page.model.counts.parsed()?;
    let missing = parsed.not_recognised.saturating_add(parsed.cut);
    if missing == 0 {
        return (parsed.read > 0).then(|| page.messages.all_understood.to_owned());
    }
    let values: [(&str, &dyn std::fmt::Display); 3] = [
        ("n", &page.number(missing)),
        ("all", &page.number(parsed.read)),
        ("share", &share(missing, parsed.read)),
    ];
    Some(fill(page.messages.not_understood, &values))
}

fn tiles(page: &mut Page<'_>, ranked: &[(&str, &UserModel)]) {
    page.out.push_str("<ul class=tiles>");
    if is_scored(page) {
        for verdict in Verdict::ALL {
            let n = page.number(count(ranked, verdict) as u64);
            let chip = page.chip(verdict);
            page.out.push_str(&format!("<li><strong>{n}</strong> {chip}"));
        }
    }
    let connects = page.model.counts.of(Kind::Connect);
    if connects > 0 {
        let n = page.number(connects);
        let ms = page.model.ends.map_or(0, |(first, last)| last.0.abs_diff(first.0));
        let (what, period) = (page.messages.connections, page.span(ms / 1000));
        page.out.push_str(&format!("<li><strong>{n}</strong> {what} ({period})"));
    }
    let open = page.model.sockets.ports.values().filter_map(|series| series.points.last());
    if let Some(open) = open.map(|point| point.total).reduce(u64::saturating_add) {
        let n = page.number(open);
        page.out.push_str(&format!("<li><strong>{n}</strong> {}", page.messages.open_now));
    }
    page.out.push_str("</ul>\n");
}

/// The latest alerts; those of accounts that became suspicious come first.
fn alerts(page: &mut Page<'_>) {
    let model = page.model;
    if model.alerts.is_empty() {
        return;
    }
    page.section("alerts", page.messages.alerts);
    let latest: Vec<_> = model.alerts.iter().rev().take(ALERTS).collect();
    let is_bad = |alert: &&&Alert<'_>| alert.verdict >= Some(Verdict::Watch);
    let seen: Vec<_> = latest.iter().filter(is_bad).take(ALERTS_SEEN).collect();
    page.out.push_str("<ol class=alerts>");
    for row in &seen {
        let row = page.names.alert((**row).clone());
        alert(page, &row, true);
    }
    page.out.push_str("</ol>");
    if latest.len() > seen.len() {
        let summary = page.messages.other_alerts;
        page.out.push_str(&format!(
            "<details class=older><summary>{summary}</summary><ol class=alerts>"
        ));
        for row in latest.iter().filter(|row| !seen.contains(row)) {
            let row = page.names.alert((*row).clone());
            alert(page, &row, true);
        }
        page.out.push_str("</ol></details>");
    }
    let older = model.counts.alerts.saturating_sub(latest.len() as u64);
    if older > 0 {
        let older = fill(page.messages.older_alerts, &[("n", &page.number(older))]);
        page.out.push_str(&format!("<p class=quiet>{older}</p>"));
    }
    page.out.push_str("</section>\n");
}

/// An alert as an item of a list; its names are as they are shown.
pub(super) fn alert(page: &mut Page<'_>, row: &Alert<'_>, with_name: bool) {
    let texts = page.lang.messages();
    let at = row.ts.map(|at| page.moment(at)).unwrap_or_default();
    page.out.push_str(&format!("<li><time>{at}</time> "));
    if with_name {
        page.out.push_str(&format!("<bdi>{}</bdi> ", Esc(&row.user)));
    }
    if let Some(verdict) = row.verdict {
        let chip = page.chip(verdict);
        page.out.push_str(&chip);
    }
    let mut facts = Vec::new();
    if let Some(people) = row.people.filter(|_| row.verdict != Some(Verdict::Unknown)) {
        facts.push(fill(page.messages.people_at_once, &[("n", &units::decimal(people, texts))]));
    }
    if let (Some(was), Some(risk)) = (row.was_risk, row.risk) {
        facts.push(format!("{} → {}", units::risk(was, texts), units::risk(risk, texts)));
    }
    facts.extend(account::alert_reasons(row, texts));
    page.out.push_str(&format!(" {}", Esc(&facts.join("; "))));
}

/// Draws what was read and what was not understood; rows of nothing are left out.
pub(super) fn draw_reading(page: &mut Page<'_>) {
    let messages = page.messages;
    let model = page.model;
    let counts = &model.counts;
    let mut rows: Vec<(String, u64)> = Vec::new();
    if let Some(parsed) = counts.parsed() {
        rows.extend([
            (messages.lines_read.to_owned(), parsed.read),
            (format!("– {}", messages.lines_understood), parsed.understood),
            (format!("– {}", messages.lines_passed), parsed.passed_over),
            (format!("– {}", messages.lines_unknown), parsed.not_recognised),
            (format!("– {}", messages.lines_cut), parsed.cut),
        ]);
    }
    rows.extend([
        (messages.rows_events.to_owned(), counts.events.iter().sum()),
        (messages.rows_summaries.to_owned(), counts.summaries),
        (messages.rows_alerts.to_owned(), counts.alerts),
        (messages.rows_samples.to_owned(), counts.samples),
        (messages.rows_foreign.to_owned(), counts.foreign),
        (messages.rows_dropped.to_owned(), model.dropped.user_rows + model.sockets.dropped),
        (messages.hours_dropped.to_owned(), model.hours.dropped),
        (messages.times_dropped.to_owned(), model.dropped.times),
    ]);
    let refused = |reason: &str| fill(messages.refused, &[("reason", &reason)]);
    rows.extend(counts.reasons.iter().map(|(reason, count)| (refused(reason), *count)));
    rows.push((refused("…"), counts.other_reasons));
    rows.retain(|(_, count)| *count > 0);
    if rows.is_empty() {
        return;
    }
    page.section("reading", messages.reading);
    page.out.push_str(&format!(
        "<table><caption>{}</caption><thead><tr><th scope=col>{}<th scope=col>{}<tbody>",
        messages.reading_caption, messages.what, messages.how_many
    ));
    for (what, count) in &rows {
        let count = page.number(*count);
        page.out.push_str(&format!("<tr><th scope=row>{}<td>{count}", Esc(what)));
    }
    page.out.push_str("</table></section>\n");
}
