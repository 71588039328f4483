//! The manual page, in roff.

use super::{Fact, Page, help};

/// The page of section 1.
pub fn page(page: &Page) -> String {
    let upper = page.name.to_uppercase();
    let mut text = format!(
        ".\\\" Made from the table of flags; see ARCHITECTURE.md.\n.TH {} 1 \"\" \"mtp-tools {}\" \
         \"User Commands\"\n.SH NAME\n{} \\- {}\n.SH SYNOPSIS\n.B {}\n{}\n.SH DESCRIPTION\n",
        escaped(&upper),
        env!("CARGO_PKG_VERSION"),
        escaped(page.name),
        escaped(page.brief),
        escaped(page.name),
        escaped(page.usage),
    );
    paragraphs(&mut text, page.about);
    if !page.commands.is_empty() {
        text.push_str(".SH COMMANDS\n");
        for command in page.commands {
            let brief = escaped(command.brief);
            text.push_str(&format!(".TP\n.B {}\n{brief}.\n", escaped(&help::call(command))));
        }
    }
    text.push_str(".SH OPTIONS\n");
    for fact in &page.flags {
        flag(&mut text, fact);
    }
    for section in page.sections {
        text.push_str(&format!(".SH {}\n", escaped(section.title)));
        paragraphs(&mut text, &(section.text)());
    }
    text.push_str(".SH SEE ALSO\n");
    text.push_str(
        ".BR mtp\\-parse (1),\n.BR mtp\\-score (1),\n.BR mtp\\-conns (1),\n.BR mtp\\-users (1),\n\
         .BR mtp\\-report (1),\n.BR mtp\\-stream (5)\n",
    );
    text
}

fn flag(text: &mut String, fact: &Fact) {
    let short = fact.short.map_or_else(String::new, |letter| format!("\\fB\\-{letter}\\fR, "));
    let value =
        fact.value.map_or_else(String::new, |value| format!(" \\fI{}\\fR", escaped(value.name)));
    text.push_str(&format!(".TP\n{short}\\fB\\-\\-{}\\fR{value}\n", escaped(fact.long)));
    let scope = help::for_commands(fact);
    text.push_str(&format!("{}.{}\n", escaped(fact.brief), escaped(&scope)));
    let detail = fact.detail.trim();
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
        let as_is = paragraph.trim_start_matches('\n').starts_with(' ');
        if as_is {
            text.push_str(".nf\n");
        }
        for line in paragraph.trim_matches('\n').lines() {
            text.push_str(&escaped(line));
            text.push('\n');
        }
        if as_is {
            text.push_str(".fi\n");
        }
    }
}

/// Text that roff shows as it is.
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
