//! The manual page, in roff.

use super::{CliInfo, FlagInfo, help};

/// Renders the page of section 1. `see_also` lists manual pages: a name and a section.
pub fn page(info: &CliInfo, see_also: &[(&str, u8)]) -> String {
    let upper = info.name.to_uppercase();
    let mut text = format!(
        ".\\\" Generated from the table of flags; see ARCHITECTURE.md.\n.TH {} 1 \"\" \"mtp-tools \
         {}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n.B {}\n{}\n.SH DESCRIPTION\n",
        escaped(&upper),
        env!("CARGO_PKG_VERSION"),
        escaped(info.name),
        escaped(info.brief),
        escaped(info.name),
        escaped(info.usage),
    );
    paragraphs(&mut text, info.about);
    if !info.commands.is_empty() {
        text.push_str(".SH COMMANDS\n");
        for command in info.commands {
            let brief = escaped(&help::with_aliases(command));
            text.push_str(&format!(".TP\n.B {}\n{brief}\n", escaped(&help::call(command))));
        }
    }
    text.push_str(".SH OPTIONS\n");
    for info in &info.flags {
        flag(&mut text, info);
    }
    for section in info.sections {
        text.push_str(&format!(".SH {}\n", escaped(section.title)));
        paragraphs(&mut text, &(section.text)());
    }
    let pages = see_also.iter().map(|(name, section)| format!(".BR {} ({section})", escaped(name)));
    text.push_str(&format!(".SH SEE ALSO\n{}\n", pages.collect::<Vec<_>>().join(",\n")));
    text
}

fn flag(text: &mut String, flag: &FlagInfo) {
    let short = flag.short.map_or_else(String::new, |letter| format!("\\fB\\-{letter}\\fR, "));
    let value =
        flag.value.map_or_else(String::new, |value| format!(" \\fI{}\\fR", escaped(value.name)));
    text.push_str(&format!(".TP\n{short}\\fB\\-\\-{}\\fR{value}\n", escaped(flag.long)));
    let scope = help::scope(flag);
    text.push_str(&format!("{}{}\n", escaped(&flag.summary()), escaped(&scope)));
    let detail = flag.detail.trim();
    if !detail.is_empty() {
        text.push_str(".RS\n.PP\n");
        paragraphs(text, detail);
        text.push_str(".RE\n");
    }
}

fn paragraphs(text: &mut String, prose: &str) {
    let mut first = true;
    for paragraph in prose.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        if !first {
            text.push_str(".PP\n");
        }
        first = false;
        let is_verbatim = paragraph.trim_start_matches('\n').starts_with(' ');
        if is_verbatim {
            text.push_str(".nf\n");
        }
        for line in paragraph.trim_matches('\n').lines() {
            text.push_str(&escaped(line));
            text.push('\n');
        }
        if is_verbatim {
            text.push_str(".fi\n");
        }
    }
}

/// Escapes text for roff.
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    if text.starts_with(['.', '\'']) {
        safe.push_str("\\&");
    }
    for letter in text.chars() {
        match letter {
            '\\' => safe.push_str("\\e"),
            '-' => safe.push_str("\\-"),
            '…' => safe.push_str("..."),
            other => safe.push(other),
        }
    }
    safe
}
