//! The page: one file that needs no other, readable without its script.
//!
//! Size is bounded: so many rows, and stories until they fill their share of it.

mod axis;
mod bars;
mod calendar;
mod html;
mod messages;
mod overview;
mod sockets;
mod svg;
mod timelines;
mod user_detail;
mod users;

use sha2::{Digest, Sha256};

use super::Anonymizer;
use super::calendar::{By, CalendarRows};
use super::model::timeline::seconds;
use super::model::{ReportModel, UserModel};
use crate::json;
use crate::stream::Verdict;
use crate::timestamp::{Timestamp, Zone};
use crate::view::messages::fill;
use crate::view::{Lang, TextStyle, account, units};
use axis::Axis;
use html::{Esc, grouped};
use messages::Messages;

/// What the page contains, and how it is shown.
#[derive(Debug)]
pub struct PageOptions {
    pub lang: Lang,
    pub zone: Zone,
    pub title: Option<String>,
    /// When it is made.
    pub made: Timestamp,
    /// Users with details.
    pub top: usize,
    /// Connections of an address that are marked in a sample.
    pub warn: u64,
    /// Whether and how the calendar is shown.
    pub calendar: Option<(By, CalendarRows)>,
}

/// A page being written.
struct Page<'p> {
    out: String,
    model: &'p ReportModel,
    names: &'p mut Anonymizer,
    options: &'p PageOptions,
    messages: &'static Messages,
    /// For the texts that the page shares with the terminal.
    style: TextStyle,
    lang: Lang,
}

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// A list of users, in the one picture that a page shows of itself.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' \
viewBox='0 0 8 8'%3E%3Cpath fill='%234a6fa5' d='M1 1h4v1H1zM2 3h5v1H2zM1 5h3v1H1z'/%3E%3C/svg%3E";

/// Makes the page.
pub fn page(model: &ReportModel, names: &mut Anonymizer, options: &PageOptions) -> String {
    let (lang, messages) = (options.lang, Messages::of(options.lang));
    let out = String::with_capacity(64 * 1024);
    let style = TextStyle { lang, zone: options.zone.clone(), ..TextStyle::plain() };
    let mut page = Page { out, model, names, options, messages, style, lang };
    let ranked = model.ranked();
    page.head();
    page.out.push_str("<main>");
    overview::draw(&mut page, &ranked);
    users::draw(&mut page, &ranked);
    calendar::draw(&mut page);
    user_detail::draw(&mut page, &ranked);
    sockets::draw(&mut page);
    overview::draw_reading(&mut page);
    page.out.push_str("</main>");
    page.foot();
    page.out
}

impl Page<'_> {
    fn head(&mut self) {
        let messages = self.messages;
        let title = self.options.title.clone().unwrap_or_else(|| messages.title.to_owned());
        let style = format!("{STYLE}{}", users::labels(messages, self.lang));
        let (shown, more) = (quoted(messages.shown), quoted(messages.more_users));
        let none = quoted(messages.no_match);
        let script = format!("const SHOWN={shown},MORE={more},NONE={none};{SCRIPT}");
        let lang = self.lang.name();
        self.out.push_str(&format!(
            "<!doctype html>\n<html lang={lang}>\n<head>\n<meta charset=utf-8>\n\
             <meta name=generator content=mtp-report>\n\
             <meta http-equiv=Content-Security-Policy content=\"default-src 'none'; \
             style-src '{}'; script-src '{}'; img-src data:; base-uri 'none'; \
             form-action 'none'\">\n\
             <meta name=viewport content=\"width=device-width, initial-scale=1\">\n\
             <meta name=color-scheme content=\"light dark\">\n\
             <meta name=referrer content=no-referrer>\n<title>{}</title>\n\
             <link rel=icon href=\"{ICON}\">\n<style>{style}</style>\n\
             <script type=module>{script}</script>\n</head>\n",
            hash(&style),
            hash(&script),
            Esc(&title),
        ));
        self.out.push_str(&format!(
            "<body>\n<a class=skip href=\"#users\">{}</a>\n<header><h1>{}</h1>",
            messages.skip,
            Esc(&title)
        ));
        if let Some((first, last)) = self.model.ends {
            let (first, last) = (self.moment(first), self.moment(last));
            let zone = self.options.zone.abbreviation(self.options.made);
            let zone: String = zone.chars().take(40).collect();
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("first", &first), ("last", &last), ("zone", &zone)];
            let between = fill(messages.between, &values);
            self.out.push_str(&format!("<p>{}</p>", Esc(&between)));
        }
        self.out.push_str("</header>\n");
    }

    fn foot(&mut self) {
        let at = self.moment(self.options.made);
        let values: [(&str, &dyn std::fmt::Display); 2] =
            [("at", &at), ("version", &env!("CARGO_PKG_VERSION"))];
        let made = fill(self.messages.made, &values);
        let how = self.messages.how_to_read;
        self.out
            .push_str(&format!("<footer><p>{how}</p><p>{made}</p></footer>\n</body>\n</html>\n"));
    }

    /// A section with a heading.
    fn section(&mut self, id: &str, heading: &str) {
        self.out.push_str(&format!(
            "<section id={id} aria-labelledby={id}h><h2 id={id}h>{}</h2>\n",
            Esc(heading)
        ));
    }

    /// `2026-11-23 14:35`
    fn moment(&self, at: Timestamp) -> String {
        axis::show(at, "%Y-%m-%d %H:%M", &self.options.zone)
    }

    /// `3 h 12 min`
    fn span(&self, seconds: u64) -> String {
        units::span(units::float(seconds), self.lang.messages())
    }

    /// `12,345`
    fn number(&self, number: u64) -> String {
        grouped(number, self.lang)
    }

    /// The time of all that was read.
    fn axis(&self) -> Axis {
        let now = (self.options.made, self.options.made);
        let (first, last) = self.model.ends.unwrap_or(now);
        Axis::new(seconds(first), seconds(last), self.options.zone.clone())
    }

    /// A verdict as a chip.
    fn chip(&self, verdict: Verdict) -> String {
        let name = account::verdict_name(verdict, self.lang.messages());
        format!("<b class={}>{name}</b>", class(verdict))
    }
}

/// The class of a verdict: short, as ten thousand rows have one.
fn class(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Sharing => "vs",
        Verdict::Watch => "vw",
        Verdict::Clear => "vc",
        Verdict::Unknown => "vu",
    }
}

/// `3.4`, or a dash without an estimate.
fn people(user: &UserModel, texts: &crate::view::messages::Messages) -> String {
    let people = user.people.filter(|_| user.verdict != Verdict::Unknown);
    people.map_or_else(|| "–".to_owned(), |people| units::decimal(people, texts))
}

/// A policy's name for an inline style or script.
fn hash(text: &str) -> String {
    format!("sha256-{}", base64(&Sha256::digest(text.as_bytes())))
}

fn base64(bytes: &[u8]) -> String {
    const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut out = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let three = (0..3).map(|n| u32::from(chunk.get(n).copied().unwrap_or(0)));
        let bits = three.fold(0, |bits, byte| bits << 8 | byte);
        for n in 0..4 {
            let six = (bits >> (18 - 6 * n) & 63) as usize;
            let letter = LETTERS.get(six).copied().filter(|_| n <= chunk.len());
            out.push(char::from(letter.unwrap_or(b'=')));
        }
    }
    out
}

/// A text of ours as a script's string.
fn quoted(text: &str) -> String {
    let mut out = Vec::new();
    json::string(&mut out, text);
    String::from_utf8(out).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_as_browsers_write_them() {
        assert_eq!(base64(b""), "");
        assert_eq!(base64(b"f"), "Zg==");
        assert_eq!(base64(b"fo"), "Zm8=");
        assert_eq!(base64(b"foobar"), "Zm9vYmFy");
        assert_eq!(hash(""), "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
    }
}
