//! The table of users, worst first.

use super::super::model::UserModel;
use super::html::Esc;
use super::messages::Messages;
use super::{Page, class, overview, people};
use crate::stream::{Kind, Verdict};
use crate::view::messages::fill;
use crate::view::{Lang, units};

/// Rows of the table. At about 200 bytes each they take half of what a page may.
pub(super) const ROWS_MAX: usize = 10_000;
/// Rows that are seen at once. The rest is folded away: a browser lays out what is seen, and ten
/// thousand rows take it seconds.
const ROWS_SEEN: usize = 500;

/// The columns: how a script sorts by them, and their titles.
fn columns(messages: &'static Messages, lang: Lang) -> [(&'static str, &'static str); 8] {
    let texts = lang.messages();
    [
        ("t", texts.title_user),
        ("v", texts.title_verdict),
        ("n", texts.title_people),
        ("n", texts.title_networks),
        ("n", messages.connections),
        ("n", messages.traffic),
        ("t", messages.last),
        ("t", texts.title_why),
    ]
}

/// The titles of bare numbers again, for a screen too narrow for columns: a rule of style each.
pub(super) fn labels(messages: &'static Messages, lang: Lang) -> String {
    let mut style = String::from("@media (max-width:700px){");
    let named = |n: &usize| [2, 4].contains(n);
    for (n, (_, title)) in columns(messages, lang).into_iter().enumerate().filter(|(n, _)| named(n))
    {
        // A title of ours holds neither quotes nor backslashes.
        style.push_str(&format!(".users td:nth-child({})::before{{content:\"{title} \"}}", n + 1));
    }
    style.push('}');
    style
}

/// Draws the filter and the table.
pub(super) fn draw(page: &mut Page<'_>, ranked: &[(&str, &UserModel)]) {
    if ranked.is_empty() {
        return;
    }
    let messages = page.messages;
    page.section("users", messages.users);
    if page.model.counts.summaries == 0 && page.model.counts.of(Kind::Usage) > 0 {
        usage(page, ranked);
        page.out.push_str("</section>\n");
        return;
    }
    filter(page);
    let caption = caption(page, ranked);
    table(page, "list", &caption);
    for (place, (name, user)) in ranked.iter().take(ROWS_MAX).enumerate() {
        if place == ROWS_SEEN {
            let more = ranked.len().min(ROWS_MAX) - ROWS_SEEN;
            let more = fill(messages.more_users, &[("n", &page.number(more as u64))]);
            page.out.push_str(&format!("</table><details><summary>{more}</summary>"));
            table(page, "rest", &caption);
        }
        row(page, place, name, user);
    }
    page.out.push_str("</table>\n");
    if ranked.len() > ROWS_SEEN {
        page.out.push_str("</details>\n");
    }
    let beyond = ranked.len().saturating_sub(ROWS_MAX);
    if beyond > 0 {
        let text = fill(messages.users_beyond, &[("n", &page.number(beyond as u64))]);
        page.out.push_str(&format!("<p class=quiet>{text}</p>"));
    }
    page.out.push_str("</section>\n");
}

/// Begins a table of users.
fn table(page: &mut Page<'_>, id: &str, caption: &str) {
    page.out
        .push_str(&format!("<table class=users id={id}><caption>{caption}</caption><thead><tr>"));
    for (kind, title) in columns(page.messages, page.lang) {
        page.out.push_str(&format!("<th scope=col data-k={kind}>{title}"));
    }
    page.out.push_str("<tbody>\n");
}

/// What only a script can answer is hidden until there is one.
fn filter(page: &mut Page<'_>) {
    let messages = page.messages;
    page.out.push_str(&format!(
        "<div class=filter hidden><label>{} <input type=search id=find autocomplete=off></label>\
         <fieldset><legend>{}</legend>",
        messages.find, messages.show
    ));
    for verdict in Verdict::ALL {
        let (class, chip) = (class(verdict), page.chip(verdict));
        page.out.push_str(&format!(
            "<label><input type=checkbox value={class} checked> {chip}</label>"
        ));
    }
    page.out.push_str("</fieldset><output id=shown aria-live=polite></output></div>\n");
}

/// The period of the counts is that of the summaries.
fn caption(page: &Page<'_>, ranked: &[(&str, &UserModel)]) -> String {
    let window = ranked.iter().find_map(|(_, user)| user.summary.as_ref()?.window);
    let texts = page.lang.messages();
    let all = page.model.ends.and_then(|(first, last)| u64::try_from(last.0 - first.0).ok());
    let period = match (window, all) {
        (Some(seconds), _) => units::period(seconds, texts),
        (None, Some(ms)) => units::span(units::float(ms / 1000), texts),
        (None, None) => "–".to_owned(),
    };
    fill(page.messages.users_caption, &[("period", &period)])
}

fn row(page: &mut Page<'_>, place: usize, name: &str, user: &UserModel) {
    let mut shown = Esc(&page.names.user(name)).to_string();
    if !shown.is_ascii() {
        shown = format!("<bdi>{shown}</bdi>"); // may be written from right to left
    }
    if place < page.options.top {
        shown = format!("<a href=\"#u{place}\">{shown}</a>");
    }
    let texts = page.lang.messages();
    let number = |value: Option<u64>| value.map_or_else(|| "–".to_owned(), |n| page.number(n));
    let traffic = user.traffic();
    let size = traffic.map_or_else(|| "–".to_owned(), |bytes| units::short_size(bytes, texts));
    let last = user.ends.map_or_else(|| "–".to_owned(), |(_, last)| page.moment(last));
    let why = overview::reason(page, user).unwrap_or_default();
    let chip = page.chip(user.verdict);
    let (connections, sort) = (user.connections(), traffic.unwrap_or(0));
    let row = format!(
        "<tr><th scope=row>{shown}<td>{chip}<td>{}<td>{}<td data-n={}>{}<td data-n={sort}>{size}\
         <td>{last}<td>{}</tr>\n",
        people(user, texts),
        number(user.networks().or(user.addresses())),
        connections.unwrap_or(0),
        number(connections),
        Esc(&why),
    );
    page.out.push_str(&row);
}

/// The statistics of a proxy that does not log addresses.
fn usage(page: &mut Page<'_>, ranked: &[(&str, &UserModel)]) {
    let (messages, texts) = (page.messages, page.lang.messages());
    page.out.push_str(&format!(
        "<table id=usage><caption>{}</caption><thead><tr>",
        messages.usage_caption
    ));
    for title in [texts.title_user, messages.connections, messages.usage_open, messages.traffic] {
        page.out.push_str(&format!("<th scope=col>{title}"));
    }
    page.out.push_str("<tbody>\n");
    let users = ranked.iter().filter_map(|(name, user)| Some((*name, user.usage.as_ref()?)));
    for (name, usage) in users.take(ROWS_MAX) {
        let shown = Esc(&page.names.user(name)).to_string();
        let (connects, current) = (page.number(usage.connects()), page.number(usage.current()));
        let size = units::size(usage.bytes(), texts);
        page.out.push_str(&format!(
            "<tr><th scope=row><bdi>{shown}</bdi><td>{connects}<td>{current}<td>{size}\n"
        ));
    }
    page.out.push_str("</table>\n");
}
