//! The first screen: what is to be said, in words, and how much of it there is.

use super::super::book::User;
use super::html::{Esc, share};
use super::{Page, bars};
use crate::stream::Kind;
use crate::view::words::fill;
use crate::view::{self, Verdict, rows};

/// Users that the overview names.
const NAMED: usize = 5;
/// Alerts that are listed.
const ALERTS: usize = 50;
/// Alerts of them that are seen without opening the list.
const ALERTS_SEEN: usize = 6;

/// Draws the overview, the connections of all users, and the alerts.
pub(super) fn draw(page: &mut Page<'_>, ranked: &[(&str, &User)]) {
    let words = page.words;
    page.section("short", words.overview);
    sentences(page, ranked);
    tiles(page, ranked);
    let (hours, axis) = (&page.book.hours, page.axis());
    bars::draw(page, hours, &axis, "all", words.by_hour);
    page.out.push_str("</section>\n");
    alerts(page);
}

fn count(ranked: &[(&str, &User)], verdict: Verdict) -> usize {
    ranked.iter().filter(|(_, user)| user.verdict == verdict).count()
}

fn sentences(page: &mut Page<'_>, ranked: &[(&str, &User)]) {
    let words = page.words;
    let mut said: Vec<String> = Vec::new();
    let counts = &page.book.counts;
    let all = page.number(ranked.len() as u64);
    let scored = counts.summaries + counts.alerts > 0;
    if counts.is_empty() {
        said.push(words.nothing.to_owned());
    } else if scored {
        said.push(shared(page, ranked, &all));
        let tell = |form, count| fill(form, &[("n", &count)]);
        let watched = count(ranked, Verdict::Watch);
        match watched {
            0 => {}
            1 => said.push(words.one_watched.to_owned()),
            _ => said.push(tell(words.watched, page.number(watched as u64))),
        }
        let untold = count(ranked, Verdict::Unknown);
        if untold > 0 {
            said.push(tell(words.untold, page.number(untold as u64)));
        }
        if page.book.counts.of(Kind::Connect) == 0 {
            said.push(words.no_events.to_owned());
        }
    } else if counts.of(Kind::Connect) > 0 {
        said.push(words.no_scores.to_owned());
    }
    said.extend(understood(page));
    page.out.push_str(&format!("<p class=lead>{}</p>\n", said.join(" ")));
}

/// Who looks shared.
fn shared(page: &mut Page<'_>, ranked: &[(&str, &User)], all: &str) -> String {
    let words = page.words;
    let sharing = count(ranked, Verdict::Sharing);
    let form = match sharing {
        0 => return fill(words.none_shared, &[("users", &all)]),
        1 => words.one_shared,
        _ => words.some_shared,
    };
    let n = page.number(sharing as u64);
    let mut names = Vec::new();
    for (place, (name, user)) in ranked.iter().take(sharing.min(NAMED)).enumerate() {
        let shown = Esc(&page.names.user(name)).to_string();
        names.push(format!(
            "<a href=\"#u{place}\"><bdi>{shown}</bdi></a> ({})",
            super::people(user)
        ));
    }
    if sharing > NAMED {
        names.push(fill(words.and_others, &[("n", &page.number((sharing - NAMED) as u64))]));
    }
    format!("{} {}.", fill(form, &[("users", &all), ("n", &n)]), names.join(", "))
}

/// How much of the logs is missing.
fn understood(page: &Page<'_>) -> Option<String> {
    let words = page.words;
    let counts = &page.book.counts;
    if let Some(tally) = counts.tool("mtp-parse") {
        let missing = tally.not_recognised + tally.cut;
        if missing == 0 {
            return (tally.read > 0).then(|| words.all_understood.to_owned());
        }
        let values: [(&str, &dyn std::fmt::Display); 3] = [
            ("n", &page.number(missing)),
            ("all", &page.number(tally.read)),
            ("share", &share(missing, tally.read)),
        ];
        return Some(fill(words.not_understood, &values));
    }
    None
}

fn tiles(page: &mut Page<'_>, ranked: &[(&str, &User)]) {
    page.out.push_str("<ul class=tiles>");
    if page.book.counts.summaries + page.book.counts.alerts > 0 {
        for verdict in Verdict::ALL {
            let n = page.number(count(ranked, verdict) as u64);
            let chip = page.chip(verdict);
            page.out.push_str(&format!("<li><strong>{n}</strong> {chip}"));
        }
    }
    let connects = page.book.counts.of(Kind::Connect);
    if connects > 0 {
        let n = page.number(connects);
        page.out.push_str(&format!("<li><strong>{n}</strong> {}", page.words.connections));
    }
    let open = page.book.sockets.ports.values().filter_map(|series| series.points.last());
    if let Some(open) = open.map(|point| point.total).reduce(|a, b| a + b) {
        let n = page.number(open);
        page.out.push_str(&format!("<li><strong>{n}</strong> {}", page.words.open_now));
    }
    page.out.push_str("</ul>\n");
}

fn alerts(page: &mut Page<'_>) {
    let book = page.book;
    if book.alerts.is_empty() {
        return;
    }
    page.section("alerts", page.words.alerts);
    page.out.push_str("<ol class=alerts>");
    for (n, row) in book.alerts.iter().rev().take(ALERTS).enumerate() {
        if n == ALERTS_SEEN {
            let summary = page.words.earlier;
            page.out.push_str(&format!(
                "</ol><details class=older><summary>{summary}</summary><ol class=alerts>"
            ));
        }
        if let Ok(row) = serde_json::from_slice::<view::Alert<'_>>(row) {
            let row = page.names.alert(row);
            alert(page, &row, true);
        }
    }
    page.out.push_str("</ol>");
    if book.alerts.len() > ALERTS_SEEN {
        page.out.push_str("</details>");
    }
    let total = book.counts.alerts;
    let shown = book.alerts.len().min(ALERTS) as u64;
    if total > shown {
        let older = fill(page.words.older_alerts, &[("n", &page.number(total - shown))]);
        page.out.push_str(&format!("<p class=quiet>{older}</p>"));
    }
    page.out.push_str("</section>\n");
}

/// An alert as an item of a list; its names are as they are shown.
pub(super) fn alert(page: &mut Page<'_>, row: &view::Alert<'_>, with_name: bool) {
    let texts = page.lang.words();
    let at = rows::stamp(row.ts.as_ref()).map(|at| page.moment(at)).unwrap_or_default();
    page.out.push_str(&format!("<li><time>{at}</time> "));
    if with_name {
        page.out.push_str(&format!("<bdi>{}</bdi> ", Esc(&row.user)));
    }
    if !row.verdict.is_empty() {
        let chip = page.chip(view::verdict(&row.verdict));
        page.out.push_str(&chip);
    }
    let mut facts = Vec::new();
    if let Some(people) = row.people {
        let form = fill(texts.n_people, &[("n", &format!("{people:.1}"))]);
        facts.push(form);
    }
    if let (Some(was), Some(risk)) = (&row.was_risk, &row.risk) {
        facts.push(format!("{was} → {risk}"));
    }
    facts.push(view::evidence::facts(&row.evidence, texts));
    facts.retain(|fact| !fact.is_empty());
    page.out.push_str(&format!(" {}", Esc(&facts.join("; "))));
}
