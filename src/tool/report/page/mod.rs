//! The page: one file that needs no other, readable without its script.
//!
//! Size is bounded: so many rows, and stories until they fill their share of it.

mod axis;
mod bars;
mod html;
mod lanes;
mod overview;
mod reading;
mod sockets;
mod story;
mod svg;
mod users;
mod words;

use sha2::{Digest, Sha256};

use super::book::{Book, User, user::second};
use super::names::Names;
use crate::json;
use crate::timestamp::{Timestamp, Zone};
use crate::view;
use crate::view::look::Lang;
use crate::view::words::fill;
use axis::Axis;
use html::{Esc, grouped};

/// How the page is to be.
#[derive(Debug)]
pub(super) struct Setting {
    pub(super) lang: Lang,
    pub(super) zone: Zone,
    pub(super) title: Option<String>,
    /// When it is made.
    pub(super) made: Timestamp,
    /// Users with a story.
    pub(super) top: usize,
    /// Connections of an address that are marked in a sample.
    pub(super) warn: u64,
}

/// A page being written.
struct Page<'p> {
    out: String,
    book: &'p Book,
    names: &'p mut Names,
    setting: &'p Setting,
    words: &'static words::Words,
    lang: Lang,
}

const STYLE: &str = include_str!("style.css");
const SCRIPT: &str = include_str!("script.js");
/// A list of users, in the one picture that a page shows of itself.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' \
viewBox='0 0 8 8'%3E%3Cpath fill='%234a6fa5' d='M1 1h4v1H1zM2 3h5v1H2zM1 5h3v1H1z'/%3E%3C/svg%3E";

/// The page of a book.
pub(super) fn page(book: &Book, names: &mut Names, setting: &Setting) -> String {
    let (lang, words) = (setting.lang, words::of(setting.lang));
    let out = String::with_capacity(64 * 1024);
    let mut page = Page { out, book, names, setting, words, lang };
    let ranked = book.ranked();
    page.head();
    page.out.push_str("<main>");
    overview::draw(&mut page, &ranked);
    users::draw(&mut page, &ranked);
    story::draw(&mut page, &ranked);
    sockets::draw(&mut page);
    reading::draw(&mut page);
    page.out.push_str("</main>");
    page.foot();
    page.out
}

impl Page<'_> {
    fn head(&mut self) {
        let words = self.words;
        let title = self.setting.title.clone().unwrap_or_else(|| words.title.to_owned());
        let style = format!("{STYLE}{}", users::labels(words));
        let (shown, more) = (quoted(words.shown), quoted(words.more_users));
        let script = format!("const SHOWN={shown},MORE={more};{SCRIPT}");
        let lang = match self.lang {
            Lang::En => "en",
            Lang::Vi => "vi",
        };
        self.out.push_str(&format!(
            "<!doctype html>\n<html lang={lang}>\n<head>\n<meta charset=utf-8>\n\
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
            words.skip,
            Esc(&title)
        ));
        if let Some((first, last)) = self.book.ends {
            let (first, last) = (self.moment(first), self.moment(last));
            let zone = self.setting.zone.abbreviation(self.setting.made);
            let zone: String = zone.chars().take(40).collect();
            let values: [(&str, &dyn std::fmt::Display); 3] =
                [("first", &first), ("last", &last), ("zone", &zone)];
            let between = fill(words.between, &values);
            self.out.push_str(&format!("<p>{}</p>", Esc(&between)));
        }
        self.out.push_str("</header>\n");
    }

    fn foot(&mut self) {
        let at = self.moment(self.setting.made);
        let values: [(&str, &dyn std::fmt::Display); 2] =
            [("at", &at), ("version", &env!("CARGO_PKG_VERSION"))];
        let made = fill(self.words.made, &values);
        let how = self.words.how_to_read;
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
        axis::show(at, "%Y-%m-%d %H:%M", &self.setting.zone)
    }

    /// `3 h 12 min`
    fn span(&self, seconds: u64) -> String {
        #[expect(clippy::cast_precision_loss, reason = "seconds of a page are far below 2^53")]
        view::units::span(seconds as f64, self.lang.words())
    }

    /// `12,345`
    fn number(&self, number: u64) -> String {
        grouped(number, self.lang)
    }

    /// The time of all that is in the book.
    fn axis(&self) -> Axis {
        let now = (self.setting.made, self.setting.made);
        let (first, last) = self.book.ends.unwrap_or(now);
        Axis::new(second(first), second(last), self.setting.zone.clone())
    }

    /// A verdict as a chip.
    fn chip(&self, verdict: view::Verdict) -> String {
        let words = self.lang.words();
        let word = match verdict {
            view::Verdict::Sharing => words.sharing,
            view::Verdict::Watch => words.watch,
            view::Verdict::Clear => words.clear,
            view::Verdict::Unknown => words.unknown,
        };
        format!("<b class={}>{word}</b>", class(verdict))
    }
}

/// The class of a verdict: short, as ten thousand rows have one.
fn class(verdict: view::Verdict) -> &'static str {
    match verdict {
        view::Verdict::Sharing => "vs",
        view::Verdict::Watch => "vw",
        view::Verdict::Clear => "vc",
        view::Verdict::Unknown => "vu",
    }
}

/// `3.4`, or a dash where there is no estimate.
fn people(user: &User) -> String {
    user.people.map_or_else(|| "–".to_owned(), |people| format!("{people:.1}"))
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
