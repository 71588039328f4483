//! The users at the top: the estimate, the facts, and the charts of each.

use super::super::model::UserModel;
use super::html::Esc;
use super::timelines::{self, TimelineChart};
use super::{Page, axis::Axis, bars, overview, users};
use crate::stream::{Kind, Summary, Verdict};
use crate::timestamp::Timestamp;
use crate::view::messages::fill;
use crate::view::{account, evidence, units};

/// Bytes of all details: with the table, a page stays under five megabytes.
const BYTES_MAX: usize = 2_000_000;
/// Details that are open from the start.
const OPEN: usize = 3;
/// Networks in the table of a user.
const SOURCES: usize = 12;

/// Draws the details, as many as there is room for.
pub(super) fn draw(page: &mut Page<'_>, ranked: &[(&str, &UserModel)]) {
    let is_empty = page.model.counts.summaries + page.model.counts.of(Kind::Connect) == 0;
    if ranked.is_empty() || is_empty {
        return;
    }
    let (messages, axis) = (page.messages, page.axis());
    page.section("details", messages.details);
    let begin = page.out.len();
    let mut drawn = 0;
    for (place, (name, user)) in ranked.iter().take(page.options.top).enumerate() {
        if page.out.len() - begin > BYTES_MAX {
            break;
        }
        let is_open = place < OPEN && user.verdict == Verdict::Sharing;
        draw_user(page, place, name, user, &axis, is_open);
        drawn = place + 1;
    }
    if ranked.len() > drawn {
        let text = fill(messages.details_beyond, &[("n", &drawn)]);
        page.out.push_str(&format!("<p class=quiet>{text}</p>"));
    }
    page.out.push_str("</section>\n");
}

fn draw_user(
    page: &mut Page<'_>,
    place: usize,
    name: &str,
    user: &UserModel,
    axis: &Axis,
    is_open: bool,
) {
    let shown = page.names.user(name).into_owned();
    let chip = page.chip(user.verdict);
    let open = if is_open { " open" } else { "" };
    // Of users who are not suspicious, print has the table alone.
    let class = if user.verdict < Verdict::Watch { " class=calm" } else { "" };
    let people = user.people.filter(|_| user.verdict != Verdict::Unknown);
    let people = people.map(|people| units::people(people, page.lang.messages()));
    let about = people.or_else(|| overview::reason(page, user)).unwrap_or_default();
    page.out.push_str(&format!(
        "<details{class}{open}><summary><bdi>{}</bdi> {chip} <span>{}</span></summary>\
         <div class=story id=u{place}>",
        Esc(&shown),
        Esc(&about)
    ));
    let row = user.summary.as_deref().cloned().map(|row| page.names.summary(row));
    if let Some(row) = &row {
        estimate(page, row);
    }
    facts(page, user, row.as_ref());
    let chart = TimelineChart::of(user);
    chart.draw(page, &format!("l{place}"));
    bars::draw(page, &user.hours, axis, &format!("h{place}"), page.messages.by_hour);
    sources(page, &shown, &chart);
    if !user.alerts.is_empty() {
        page.out.push_str(&format!("<h3>{}</h3><ol class=alerts>", page.messages.alerts));
        for row in user.alerts.iter().rev() {
            let row = page.names.alert(row.clone());
            overview::alert(page, &row, false);
        }
        page.out.push_str("</ol>");
    }
    page.out.push_str("</div></details>\n");
}

/// How many people, and why.
fn estimate(page: &mut Page<'_>, row: &Summary<'_>) {
    let estimate = account::estimate_text(row, &page.style);
    page.out.push_str(&format!("<p class=lead>{}</p>", Esc(&estimate)));
    let evidence = row.evidence.as_deref().unwrap_or_default();
    let facts: Vec<_> = evidence
        .iter()
        .filter_map(|fact| evidence::text(fact, page.lang.messages()))
        .map(|fact| format!("<li>{}", Esc(&fact)))
        .collect();
    if !facts.is_empty() {
        page.out.push_str(&format!("<ul>{}</ul>", facts.concat()));
    }
}

fn facts(page: &mut Page<'_>, user: &UserModel, row: Option<&Summary<'_>>) {
    let messages = page.messages;
    let mut pairs: Vec<(&str, String)> = Vec::new();
    if let Some(row) = row {
        let points = row.points;
        let mut made = fill(
            messages.score_made,
            &[
                ("n", &row.score),
                ("a", &page.number(points.addresses)),
                ("s", &page.number(points.simultaneous)),
                ("f", &page.number(points.frequency)),
            ],
        );
        if points.addresses + points.simultaneous + points.frequency > row.score {
            made.push_str(messages.score_capped);
        }
        pairs.push((messages.score, made));
    }
    let texts = page.lang.messages();
    let window = row.and_then(|row| row.window).map(|seconds| units::period(seconds, texts));
    let period = window.map(|period| format!(" ({period})")).unwrap_or_default();
    let counts =
        [(messages.connections, user.connections()), (messages.addresses, user.addresses())];
    for (term, value) in counts {
        pairs.extend(value.map(|value| (term, format!("{}{period}", page.number(value)))));
    }
    if let Some((first, last)) = user.ends {
        pairs.push((messages.first, page.moment(first)));
        pairs.push((messages.last, page.moment(last)));
    }
    if let Some(mean) = row.and_then(|row| row.mean_interval) {
        pairs.push((messages.mean_interval, units::span(mean.units(), texts)));
    }
    if user.bytes_up + user.bytes_down > 0 {
        let (up, down) = (units::size(user.bytes_up, texts), units::size(user.bytes_down, texts));
        pairs.push((
            messages.traffic,
            fill(messages.traffic_value, &[("up", &up), ("down", &down)]),
        ));
    }
    if user.rejects > 0 {
        pairs.push((messages.rejects, page.number(user.rejects)));
    }
    page.out.push_str("<dl>");
    for (term, value) in pairs {
        page.out.push_str(&format!("<div><dt>{term}<dd>{}</div>", Esc(&value)));
    }
    page.out.push_str("</dl>");
}

/// What the chart shows, as a table.
fn sources(page: &mut Page<'_>, user: &str, chart: &TimelineChart) {
    if chart.timelines.is_empty() {
        return;
    }
    let messages = page.messages;
    let caption = fill(messages.sources_caption, &[("user", &user)]);
    page.out.push_str(&format!("<table><caption>{}</caption><thead><tr>", Esc(&caption)));
    let titles =
        [messages.source, messages.live, messages.connections, messages.first, messages.last];
    for title in titles {
        page.out.push_str(&format!("<th scope=col>{title}"));
    }
    page.out.push_str("<tbody>");
    for timeline in chart.timelines.iter().take(SOURCES) {
        let name = timelines::name(page, timeline);
        let moment = |at: u32| page.moment(Timestamp(i64::from(at) * 1000));
        let counts = timeline.counts;
        let (first, last) = counts.ends.map_or_else(
            || ("–".to_owned(), "–".to_owned()),
            |(first, last)| (moment(first), moment(last)),
        );
        let connections = match counts.connections {
            0 => "–".to_owned(),
            connections => page.number(connections),
        };
        let live = page.span(timeline.seconds());
        page.out.push_str(&format!(
            "<tr><th scope=row>{}<td>{live}<td>{connections}<td>{first}<td>{last}",
            Esc(&name)
        ));
    }
    page.out.push_str("</table>");
}

const _: () = assert!(users::ROWS_MAX * 280 + BYTES_MAX < 5_000_000);
