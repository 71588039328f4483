//! `-h`, `--help` and `--version`.

use super::{Command, Fact, Page};

/// Where the second column starts in `-h`.
const COLUMN: usize = 26;
/// How wide `--help` is: the narrowest terminal there is still a use for has 60 columns.
const WIDTH: usize = 78;

/// `mtp-parse 0.1.0`
pub fn version(name: &str) -> String {
    format!("{name} {}\n", env!("CARGO_PKG_VERSION"))
}

/// A line a flag.
pub fn short(page: &Page) -> String {
    let mut text = head(page);
    for command in page.commands {
        row(&mut text, &call(command), command.brief);
    }
    if !page.commands.is_empty() {
        text.push('\n');
    }
    for fact in &page.flags {
        row(&mut text, &spelled(fact), fact.brief);
    }
    text
}

/// All there is to say, in paragraphs.
pub fn long(page: &Page) -> String {
    let mut text = head(page);
    paragraphs(&mut text, page.about, 0);
    if !page.commands.is_empty() {
        text.push_str("COMMANDS\n");
        for command in page.commands {
            row(&mut text, &call(command), command.brief);
        }
        text.push('\n');
    }
    text.push_str("OPTIONS\n");
    for fact in &page.flags {
        text.push_str(&format!("  {}\n", spelled(fact)));
        paragraphs(&mut text, &format!("{}.{}", fact.brief, for_commands(fact)), 6);
        paragraphs(&mut text, fact.detail, 6);
    }
    for section in page.sections {
        text.push_str(&format!("{}\n", section.title));
        paragraphs(&mut text, &(section.text)(), 2);
    }
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}

/// ` For: add, list.`, where a flag is not for all commands.
pub(super) fn for_commands(fact: &Fact) -> String {
    match fact.commands {
        [] => String::new(),
        commands => format!(" For: {}.", commands.join(", ")),
    }
}

/// `-n, --top N`
pub(super) fn spelled(fact: &Fact) -> String {
    let short = fact.short.map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
    let value = fact.value.map_or_else(String::new, |value| format!(" {}", value.name));
    format!("{short}--{}{value}", fact.long)
}

/// `add NAME…`
pub(super) fn call(command: &Command) -> String {
    format!("{} {}", command.name, command.operands).trim_end().to_owned()
}

fn head(page: &Page) -> String {
    format!("{} - {}\n\nUsage: {} {}\n\n", page.name, page.brief, page.name, page.usage)
}

fn row(text: &mut String, left: &str, right: &str) {
    let taken = left.chars().count() + 2;
    if taken < COLUMN {
        text.push_str(&format!("  {left}{}{right}\n", " ".repeat(COLUMN - taken)));
    } else {
        text.push_str(&format!("  {left}\n{}{right}\n", " ".repeat(COLUMN)));
    }
}

/// Paragraphs, filled to the width; those that start with a space are left as they are.
fn paragraphs(text: &mut String, prose: &str, indent: usize) {
    for paragraph in prose.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        let margin = " ".repeat(indent);
        if paragraph.trim_start_matches('\n').starts_with(' ') {
            for line in paragraph.trim_matches('\n').lines() {
                text.push_str(&format!("{margin}{line}\n"));
            }
        } else {
            fill(text, paragraph, &margin);
        }
        text.push('\n');
    }
}

fn fill(text: &mut String, paragraph: &str, margin: &str) {
    let mut column = 0;
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > WIDTH {
            text.push('\n');
            column = 0;
        }
        let lead = if column == 0 { margin } else { " " };
        text.push_str(lead);
        text.push_str(word);
        column += lead.len() + length;
    }
    text.push('\n');
}
