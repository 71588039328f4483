//! The style of text: width, colours, icons, language and time zone of where it goes.

use std::env;
use std::io::{self, IsTerminal};

use unicode_width::UnicodeWidthStr;

use crate::io::output::columns;
use crate::timestamp::{Timestamp, Zone};
use crate::view::messages::Messages;

/// Whether colours are sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Colours {
    /// None: a pipe, `NO_COLOR`, `TERM=dumb`.
    Off,
    /// The eight that every terminal has.
    On,
}

/// What marks a line.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum IconSet {
    /// ✅ and ⚠️.
    Emoji,
    /// `ok` and `warn`.
    Words,
}

/// The language of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lang {
    En,
    /// Tiếng Việt.
    Vi,
    /// Русский.
    Ru,
}

/// The weight of a text.
#[derive(Clone, Copy, Debug)]
pub enum Severity {
    /// What a line is about.
    Strong,
    /// What is there for whoever looks closer.
    Quiet,
    /// In order.
    Good,
    /// Worth a look.
    Warn,
    /// Worth doing something about.
    Bad,
}

/// How text is shown.
#[derive(Clone, Debug)]
pub struct TextStyle {
    /// Columns; `None`: lines are as long as they are, for a pipe or file.
    pub width: Option<usize>,
    /// Colours.
    pub colours: Colours,
    /// Emoji or words.
    pub icons: IconSet,
    /// The language.
    pub lang: Lang,
    /// The zone that times are shown in.
    pub zone: Zone,
}

impl Lang {
    pub const ALL: [Self; 3] = [Self::En, Self::Vi, Self::Ru];

    /// The code of ISO 639.
    pub fn name(self) -> &'static str {
        match self {
            Self::En => "en",
            Self::Vi => "vi",
            Self::Ru => "ru",
        }
    }

    pub fn names() -> Vec<&'static str> {
        Self::ALL.into_iter().map(Self::name).collect()
    }

    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|lang| lang.name() == name)
    }

    /// The language of the locale, or else English.
    pub fn of_locale() -> Self {
        let locale = locale(["LC_ALL", "LC_MESSAGES", "LANG"]);
        let of = |lang: &Self| locale.starts_with(lang.name());
        Self::ALL.into_iter().find(of).unwrap_or(Self::En)
    }

    pub fn messages(self) -> &'static Messages {
        Messages::of(self)
    }
}

impl TextStyle {
    /// For standard output as it is: English, as the scripts printed it. `marks` is what
    /// `--no-emoji` asked for, if it was given.
    pub fn of_stdout(icons: Option<IconSet>) -> Self {
        let term = env::var("TERM").unwrap_or_default();
        let is_terminal = io::stdout().is_terminal();
        let no_color = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
        let is_dumb = term == "dumb";
        let coloured = is_terminal && !no_color && !is_dumb && !term.is_empty();
        Self {
            width: columns(),
            colours: if coloured { Colours::On } else { Colours::Off },
            icons: icons
                .unwrap_or_else(|| icons_of(&term, &locale(["LC_ALL", "LC_CTYPE", "LANG"]))),
            lang: Lang::En,
            zone: Zone::system(),
        }
    }

    /// Without a terminal: no limit, no colour, emoji, UTC.
    pub fn plain() -> Self {
        Self {
            width: None,
            colours: Colours::Off,
            icons: IconSet::Emoji,
            lang: Lang::En,
            zone: Zone::utc(),
        }
    }

    pub fn messages(&self) -> &'static Messages {
        self.lang.messages()
    }

    /// The emoji with a blank after it, or else the word if there is one.
    pub fn icon(&self, emoji: &str, word: &str) -> String {
        match (self.icons, word) {
            (IconSet::Emoji, _) => format!("{emoji} "),
            (IconSet::Words, "") => String::new(),
            (IconSet::Words, word) => format!("{word} "),
        }
    }

    /// The text in the colour of this severity.
    pub fn paint(&self, severity: Severity, text: &str) -> String {
        let code = match severity {
            Severity::Strong => "1",
            Severity::Quiet => "2",
            Severity::Good => "32",
            Severity::Warn => "33",
            Severity::Bad => "1;31",
        };
        match self.colours {
            Colours::On => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            Colours::Off => text.to_owned(),
        }
    }

    /// `2026-11-23 14:35:10` in the zone.
    pub fn moment(&self, at: Timestamp) -> String {
        self.strftime(at, "%Y-%m-%d %H:%M:%S")
    }

    /// `14:35:10` in the zone.
    pub fn clock(&self, at: Timestamp) -> String {
        self.strftime(at, "%H:%M:%S")
    }

    /// The moment in a form of `strftime(3)`.
    pub fn strftime(&self, at: Timestamp, form: &str) -> String {
        self.zone.strftime(at, form)
    }

    /// Adds a line: `indent` blanks, then the text, wrapped under a hanging indent of `hang`
    /// where it is wider than the style; a number stays with the word after it. The text holds no
    /// colours, so that its width is known.
    pub fn line(
        &self,
        out: &mut String,
        indent: usize,
        hang: usize,
        severity: Option<Severity>,
        text: &str,
    ) {
        let limit = self.width.unwrap_or(usize::MAX);
        let (mut margin, mut line) = (indent, String::new());
        let mut flush = |margin: usize, line: &mut String| {
            let shown =
                severity.map_or_else(|| line.clone(), |severity| self.paint(severity, line));
            out.push_str(&" ".repeat(margin));
            out.push_str(&shown);
            out.push('\n');
            line.clear();
        };
        for piece in pieces(text) {
            let wide = margin + line.width() + piece.trim_end().width() > limit;
            if wide && !line.trim_end().is_empty() {
                line.truncate(line.trim_end().len());
                flush(margin, &mut line);
                margin = hang;
            }
            line.push_str(piece);
        }
        flush(margin, &mut line);
    }
}

/// A text in the pieces between which it may be broken, each with the blank after it.
fn pieces(text: &str) -> Vec<&str> {
    let (mut pieces, mut start, mut end) = (Vec::new(), 0, 0);
    for word in text.split_inclusive(' ') {
        end += word.len();
        if !is_number(word.trim_end()) {
            pieces.extend(text.get(start..end));
            start = end;
        }
    }
    pieces.extend(text.get(start..).filter(|rest| !rest.is_empty()));
    pieces
}

/// `24`, `(3`, `4.7`, `2026-11-21`: not an address, nor the end of a clause.
fn is_number(word: &str) -> bool {
    let bare = word.trim_start_matches('(');
    let is_digits = |part: &str| !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit());
    let dates: Vec<_> = bare.split('-').collect();
    let is_date = dates.len() == 3 && dates.into_iter().all(is_digits);
    is_date || bare.splitn(2, ['.', ',']).all(is_digits)
}

/// Returns the first of these variables that is not empty, as the C library reads a locale.
fn locale(names: [&str; 3]) -> String {
    let values = names.into_iter().filter_map(|name| env::var(name).ok());
    values.into_iter().find(|value| !value.is_empty()).unwrap_or_default()
}

/// Emoji need a UTF-8 locale, or none at all, and more than the kernel's console.
fn icons_of(term: &str, locale: &str) -> IconSet {
    let lower = locale.to_ascii_lowercase();
    let is_unicode = lower.is_empty() || lower.contains("utf-8") || lower.contains("utf8");
    let shows = is_unicode && term != "dumb" && term != "linux";
    if shows { IconSet::Emoji } else { IconSet::Words }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_wrapped_under_their_indent() {
        let style = TextStyle { width: Some(60), ..TextStyle::plain() };
        let mut out = String::new();
        let words = "one two three four five six seven eight nine ten eleven twelve thirteen";
        style.line(&mut out, 3, 6, None, words);
        assert_eq!(out.lines().count(), 2);
        assert!(out.lines().all(|line| line.width() <= 60), "{out}");
        assert!(out.lines().nth(1).is_some_and(|line| line.starts_with("      t")), "{out}");
        let joined: Vec<_> = out.split_whitespace().collect();
        assert_eq!(joined.join(" "), words);
    }

    #[test]
    fn a_number_stays_with_its_unit() {
        let style = TextStyle { width: Some(60), ..TextStyle::plain() };
        for (text, broken) in [
            (
                "used on two networks at the same time, and for as long as 23 h 40 min in all",
                "23 h",
            ),
            ("an account that has been shared, as far as is known, since 2026-11-21 17:10", "2026"),
            ("addresses of two networks that were in use: 198.18.74.179, 198.51.100.1", "198.51"),
        ] {
            let mut out = String::new();
            style.line(&mut out, 0, 3, None, text);
            let second = out.lines().nth(1).unwrap();
            assert!(second.trim_start().starts_with(broken), "{out}");
        }
    }

    #[test]
    fn a_place_without_unicode_gets_words() {
        assert_eq!(icons_of("xterm", "C"), IconSet::Words);
        assert_eq!(icons_of("xterm", "vi_VN.UTF-8"), IconSet::Emoji);
        assert_eq!(icons_of("", ""), IconSet::Emoji);
        assert_eq!(icons_of("dumb", "C.UTF-8"), IconSet::Words);
        assert_eq!(icons_of("linux", "C.UTF-8"), IconSet::Words);
    }
}
