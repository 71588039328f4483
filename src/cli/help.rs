//! `-h`, `--help` and `--version`.

use super::{Command, Fact, Page};

/// Where the second column starts in `-h`.
const COLUMN: usize = 26;
/// Prose is no wider than this, however wide the terminal.
const WIDTH: usize = 78;

/// `mtp-parse 0.1.0`
pub fn version(name: &str) -> String {
    format!("{name} {}\n", env!("CARGO_PKG_VERSION"))
}

/// A line a flag, or more where the terminal has fewer columns.
pub fn short(page: &Page, columns: Option<usize>) -> String {
    let mut text = head(page, columns);
    for command in page.commands {
        row(&mut text, &call(command), command.brief, columns);
    }
    if !page.commands.is_empty() {
        text.push('\n');
    }
    for fact in &page.flags {
        row(&mut text, &spelled(fact), fact.brief, columns);
    }
    text
}

/// All there is to say, in paragraphs.
pub fn long(page: &Page, columns: Option<usize>) -> String {
    let width = prose_width(columns);
    let mut text = head(page, columns);
    paragraphs(&mut text, page.about, 0, width);
    if !page.commands.is_empty() {
        text.push_str("COMMANDS\n");
        for command in page.commands {
            row(&mut text, &call(command), command.brief, columns);
        }
        text.push('\n');
    }
    text.push_str("OPTIONS\n");
    for fact in &page.flags {
        text.push_str(&format!("  {}\n", spelled(fact)));
        paragraphs(&mut text, &format!("{}.{}", fact.brief, for_commands(fact)), 6, width);
        paragraphs(&mut text, fact.detail, 6, width);
    }
    for section in page.sections {
        text.push_str(&format!("{}\n", section.title));
        paragraphs(&mut text, &(section.text)(), 2, width);
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

/// How wide prose is where standard output has so many columns.
pub fn prose_width(columns: Option<usize>) -> usize {
    columns.map_or(WIDTH, |columns| columns.min(WIDTH))
}

fn head(page: &Page, columns: Option<usize>) -> String {
    let mut text = String::new();
    let brief = format!("{} - {}", page.name, page.brief);
    fill(&mut text, &brief, "", columns.unwrap_or(usize::MAX));
    text.push_str(&format!("\nUsage: {} {}\n\n", page.name, page.usage));
    text
}

fn row(text: &mut String, left: &str, right: &str, columns: Option<usize>) {
    let margin = " ".repeat(COLUMN);
    let begin = text.len();
    fill(text, right, &margin, columns.unwrap_or(usize::MAX));
    let left = format!("  {left}");
    let taken = left.chars().count();
    if taken < COLUMN {
        text.replace_range(begin..begin + taken, &left);
    } else {
        text.insert_str(begin, &format!("{left}\n"));
    }
}

/// Paragraphs, filled to the width; those that start with a space are left as they are.
fn paragraphs(text: &mut String, prose: &str, indent: usize, width: usize) {
    for paragraph in prose.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty()) {
        let margin = " ".repeat(indent);
        if paragraph.trim_start_matches('\n').starts_with(' ') {
            for line in paragraph.trim_matches('\n').lines() {
                text.push_str(&format!("{margin}{line}\n"));
            }
        } else {
            fill(text, paragraph, &margin, width);
        }
        text.push('\n');
    }
}

/// Words in lines of this width, each behind a margin.
pub fn fill(text: &mut String, paragraph: &str, margin: &str, width: usize) {
    let mut column = 0;
    for word in paragraph.split_whitespace() {
        let length = word.chars().count();
        if column > 0 && column + 1 + length > width {
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
