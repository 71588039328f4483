//! The table of users, worst first.

use super::super::book::User;
use super::html::Esc;
use super::words::Words;
use super::{Page, class, people};
use crate::view::Verdict;
use crate::view::words::fill;

/// Rows of the table. At about 200 bytes each they take half of what a page may.
pub(super) const ROWS_MAX: usize = 10_000;
/// Rows that are seen at once. The rest is folded away: a browser lays out what is seen, and ten
/// thousand rows take it seconds.
const ROWS_SEEN: usize = 500;

/// The columns: how a script sorts by them, and their titles.
fn columns(words: &'static Words) -> [(&'static str, &'static str); 8] {
    [
        ("t", words.user),
        ("v", words.verdict),
        ("n", words.people),
        ("n", words.score),
        ("n", words.connects),
        ("n", words.addresses),
        ("t", words.first),
        ("t", words.last),
    ]
}

/// The titles again, for a screen too narrow for columns: a rule of style each.
pub(super) fn labels(words: &'static Words) -> String {
    let mut style = String::from("@media (max-width:700px){");
    for (n, (_, title)) in columns(words).into_iter().enumerate().skip(2) {
        // A title of ours holds neither quotes nor backslashes.
        style.push_str(&format!(".users td:nth-child({})::before{{content:\"{title} \"}}", n + 1));
    }
    style.push('}');
    style
}

/// Draws the filter and the table.
pub(super) fn draw(page: &mut Page<'_>, ranked: &[(&str, &User)]) {
    if ranked.is_empty() {
        return;
    }
    let words = page.words;
    page.section("users", words.users);
    filter(page);
    table(page, "list", words.users_caption);
    for (place, (name, user)) in ranked.iter().take(ROWS_MAX).enumerate() {
        if place == ROWS_SEEN {
            let more = ranked.len().min(ROWS_MAX) - ROWS_SEEN;
            let more = fill(words.more_users, &[("n", &page.number(more as u64))]);
            page.out.push_str(&format!("</table><details><summary>{more}</summary>"));
            table(page, "rest", words.users_caption);
        }
        row(page, place, name, user);
    }
    page.out.push_str("</table>\n");
    if ranked.len() > ROWS_SEEN {
        page.out.push_str("</details>\n");
    }
    let beyond = ranked.len().saturating_sub(ROWS_MAX);
    if beyond > 0 {
        let text = fill(words.users_beyond, &[("n", &page.number(beyond as u64))]);
        page.out.push_str(&format!("<p class=quiet>{text}</p>"));
    }
    page.out.push_str("</section>\n");
}

/// Begins a table of users.
fn table(page: &mut Page<'_>, id: &str, caption: &str) {
    page.out
        .push_str(&format!("<table class=users id={id}><caption>{caption}</caption><thead><tr>"));
    for (kind, title) in columns(page.words) {
        page.out.push_str(&format!("<th scope=col data-k={kind}>{title}"));
    }
    page.out.push_str("<tbody>\n");
}

/// What only a script can answer is hidden until there is one.
fn filter(page: &mut Page<'_>) {
    let words = page.words;
    page.out.push_str(&format!(
        "<div class=filter hidden><label>{} <input type=search id=find autocomplete=off></label>\
         <fieldset><legend>{}</legend>",
        words.find, words.show
    ));
    for verdict in Verdict::ALL {
        let (class, chip) = (class(verdict), page.chip(verdict));
        page.out.push_str(&format!(
            "<label><input type=checkbox value={class} checked> {chip}</label>"
        ));
    }
    page.out.push_str("</fieldset><output id=shown aria-live=polite></output></div>\n");
}

fn row(page: &mut Page<'_>, place: usize, name: &str, user: &User) {
    let mut shown = Esc(&page.names.user(name)).to_string();
    if !shown.is_ascii() {
        shown = format!("<bdi>{shown}</bdi>"); // may be written from right to left
    }
    if place < page.setting.top {
        shown = format!("<a href=\"#u{place}\">{shown}</a>");
    }
    let number = |value: Option<u64>| value.map_or_else(|| "–".to_owned(), |n| n.to_string());
    let (first, last) = user
        .ends
        .map_or_else(Default::default, |(first, last)| (page.moment(first), page.moment(last)));
    let chip = page.chip(user.verdict);
    page.out.push_str(&format!(
        "<tr><th scope=row>{shown}<td>{chip}<td>{}<td>{}<td>{}<td>{}<td>{first}<td>{last}\
         \n",
        people(user),
        number(user.score),
        number(user.connections()),
        number(user.addresses()),
    ));
}
