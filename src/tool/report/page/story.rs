//! The users at the top, one by one: what is said of each, and the pictures that show it.

use super::super::book::User;
use super::html::{Esc, grouped};
use super::lanes::Drawn;
use super::{Page, axis::Axis, bars, overview, people, users};
use crate::timestamp::Timestamp;
use crate::view::words::fill;
use crate::view::{self, Summary, Verdict, evidence, units};

/// Bytes of all stories: with the table, a page stays under five megabytes.
const BYTES_MAX: usize = 2_000_000;
/// Stories that are open from the start.
const OPEN: usize = 3;
/// Sources in the table of a story.
const SOURCES: usize = 12;

/// Draws the stories, as many as there is room for.
pub(super) fn draw(page: &mut Page<'_>, ranked: &[(&str, &User)]) {
    if ranked.is_empty() {
        return;
    }
    let (words, axis) = (page.words, page.axis());
    page.section("stories", words.stories);
    let begin = page.out.len();
    let mut drawn = 0;
    for (place, (name, user)) in ranked.iter().take(page.setting.top).enumerate() {
        if page.out.len() - begin > BYTES_MAX {
            break;
        }
        let is_open = place < OPEN && user.verdict == Verdict::Sharing;
        story(page, place, name, user, &axis, is_open);
        drawn = place + 1;
    }
    if ranked.len() > drawn {
        let text = fill(words.stories_beyond, &[("n", &drawn)]);
        page.out.push_str(&format!("<p class=quiet>{text}</p>"));
    }
    page.out.push_str("</section>\n");
}

fn story(page: &mut Page<'_>, place: usize, name: &str, user: &User, axis: &Axis, is_open: bool) {
    let shown = page.names.user(name).into_owned();
    let chip = page.chip(user.verdict);
    let open = if is_open { " open" } else { "" };
    page.out.push_str(&format!(
        "<details{open}><summary><bdi>{}</bdi> {chip} <span>{}</span></summary>\
         <div class=story id=u{place}>",
        Esc(&shown),
        people(user)
    ));
    let row = user.summary.as_deref().and_then(|row| serde_json::from_slice(row).ok());
    let row: Option<Summary<'_>> = row.map(|row| page.names.summary(row));
    if let Some(row) = &row {
        estimate(page, row);
    }
    facts(page, user, row.as_ref());
    let drawn = Drawn::of(user);
    drawn.draw(page, axis, &format!("l{place}"));
    bars::draw(page, &user.hours, axis, &format!("h{place}"), page.words.by_hour);
    sources(page, &shown, &drawn);
    if !user.alerts.is_empty() {
        page.out.push_str(&format!("<h3>{}</h3><ol class=alerts>", page.words.alerts));
        for row in user.alerts.iter().rev() {
            if let Ok(row) = serde_json::from_slice(row) {
                let row = page.names.alert(row);
                overview::alert(page, &row, false);
            }
        }
        page.out.push_str("</ol>");
    }
    page.out.push_str("</div></details>\n");
}

/// How many people, and why.
fn estimate(page: &mut Page<'_>, row: &Summary<'_>) {
    let texts = page.lang.words();
    let said = view::score::estimate_text(row, texts);
    page.out.push_str(&format!("<p class=lead>{}</p>", Esc(&said)));
    let told: Vec<_> = row
        .evidence
        .iter()
        .filter(|fact| !evidence::is_detail(fact))
        .map(|fact| evidence::one(fact, texts))
        .filter(|fact| !fact.is_empty())
        .map(|fact| format!("<li>{}", Esc(&fact)))
        .collect();
    if !told.is_empty() {
        page.out.push_str(&format!("<ul>{}</ul>", told.concat()));
    }
}

fn facts(page: &mut Page<'_>, user: &User, row: Option<&Summary<'_>>) {
    let words = page.words;
    let mut pairs: Vec<(&str, String)> = Vec::new();
    if let Some(row) = row {
        let points = row.points;
        let mut made = fill(
            words.score_made,
            &[
                ("n", &row.score),
                ("a", &points.addresses),
                ("s", &points.simultaneous),
                ("f", &points.frequency),
            ],
        );
        if points.addresses + points.simultaneous + points.frequency > row.score {
            made.push_str(words.score_capped);
        }
        pairs.push((words.score, made));
    }
    let counts = [(words.connects, user.connections()), (words.addresses, user.addresses())];
    for (term, value) in counts {
        pairs.extend(value.map(|value| (term, page.number(value))));
    }
    if let Some((first, last)) = user.ends {
        pairs.push((words.first, page.moment(first)));
        pairs.push((words.last, page.moment(last)));
    }
    if let Some(mean) = row.and_then(|row| row.mean_interval) {
        pairs.push((words.mean_interval, units::span(mean, page.lang.words())));
    }
    if user.bytes_up + user.bytes_down > 0 {
        let (up, down) = (units::bytes(user.bytes_up), units::bytes(user.bytes_down));
        pairs.push((words.traffic, fill(words.traffic_value, &[("up", &up), ("down", &down)])));
    }
    if user.rejects > 0 {
        pairs.push((words.rejects, page.number(user.rejects)));
    }
    page.out.push_str("<dl>");
    for (term, value) in pairs {
        page.out.push_str(&format!("<div><dt>{term}<dd>{}</div>", Esc(&value)));
    }
    page.out.push_str("</dl>");
}

/// What the lanes show, as a table.
fn sources(page: &mut Page<'_>, user: &str, drawn: &Drawn) {
    if drawn.lanes.is_empty() {
        return;
    }
    let words = page.words;
    let caption = fill(words.sources_caption, &[("user", &user)]);
    page.out.push_str(&format!("<table><caption>{}</caption><thead><tr>", Esc(&caption)));
    for title in [words.source, words.live, words.connects, words.first, words.last] {
        page.out.push_str(&format!("<th scope=col>{title}"));
    }
    page.out.push_str("<tbody>");
    for lane in drawn.lanes.iter().take(SOURCES) {
        let name = page.names.source(lane.source);
        let moment = |at: u32| page.moment(Timestamp(i64::from(at) * 1000));
        let (first, last) = (moment(lane.first), moment(lane.last));
        let (live, n) = (page.span(lane.spans.seconds()), grouped(lane.connects, page.lang));
        page.out.push_str(&format!(
            "<tr><th scope=row>{}<td>{live}<td>{n}<td>{first}<td>{last}",
            Esc(&name)
        ));
    }
    page.out.push_str("</table>");
}

const _: () = assert!(users::ROWS_MAX * 280 + BYTES_MAX < 5_000_000);
