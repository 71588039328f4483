//! `-h`, `--help`, `COMMAND --help` and `--version`.

use super::{CliInfo, Command, FlagInfo, HelpLevel};

/// Where the second column of `-h` starts.
const COLUMN: usize = 26;
/// The most columns of prose, however wide the terminal.
const WIDTH: usize = 78;

/// `mtp-parse 0.1.0`
pub fn version(name: &str) -> String {
    format!("{name} {}\n", env!("CARGO_PKG_VERSION"))
}

/// `-h`: one line for each command and each common flag; wrapped where the terminal is narrow.
pub fn short(info: &CliInfo, columns: Option<usize>) -> String {
    let mut text = head(info, columns);
    for command in info.commands {
        row(&mut text, &call(command), command.brief, columns);
    }
    if !info.commands.is_empty() {
        text.push('\n');
    }
    flag_rows(&mut text, &info.flags.iter().collect::<Vec<_>>(), columns);
    text
}

/// `--help`: every flag with its details, and the sections of the manual page.
pub fn long(info: &CliInfo, columns: Option<usize>) -> String {
    let width = prose_width(columns);
    let mut text = head(info, columns);
    paragraphs(&mut text, info.about, 0, width);
    if !info.commands.is_empty() {
        text.push_str("COMMANDS\n");
        for command in info.commands {
            row(&mut text, &call(command), &with_aliases(command), columns);
        }
        text.push('\n');
    }
    flag_paragraphs(&mut text, &info.flags.iter().collect::<Vec<_>>(), true, width);
    for section in info.sections {
        text.push_str(&format!("{}\n", section.title));
        paragraphs(&mut text, &(section.text)(), 2, width);
    }
    trimmed(text)
}

/// `COMMAND -h` and `COMMAND --help`: the flags that the command takes.
pub fn command(info: &CliInfo, command: &Command, is_long: bool, columns: Option<usize>) -> String {
    let mut text = String::new();
    let name = format!("{} {}", info.name, command.name);
    let brief = format!("{name} - {}", with_aliases(command));
    fill(&mut text, &brief, "", columns.unwrap_or(usize::MAX));
    let operands = command.operands;
    text.push_str(format!("\nUsage: {name} [OPTION…] {operands}").trim_end());
    text.push_str("\n\n");
    let flags: Vec<_> = info.flags.iter().filter(|flag| flag.applies_to(command.name)).collect();
    if is_long {
        flag_paragraphs(&mut text, &flags, false, prose_width(columns));
    } else {
        flag_rows(&mut text, &flags, columns);
    }
    trimmed(text)
}

fn flag_rows(text: &mut String, flags: &[&FlagInfo], columns: Option<usize>) {
    let mut hidden = 0;
    for flag in flags {
        match flag.level {
            HelpLevel::Short => row(text, &spelling(flag), &flag.summary(), columns),
            HelpLevel::Long => hidden += 1,
        }
    }
    if hidden > 0 {
        text.push_str(&format!("\n--help lists {hidden} more options.\n"));
    }
}

fn flag_paragraphs(text: &mut String, flags: &[&FlagInfo], with_scope: bool, width: usize) {
    text.push_str("OPTIONS\n");
    for flag in flags {
        text.push_str(&format!("  {}\n", spelling(flag)));
        let scope = if with_scope { scope(flag) } else { String::new() };
        paragraphs(text, &format!("{}{scope}", flag.summary()), 6, width);
        paragraphs(text, flag.detail, 6, width);
    }
}

/// ` (add, list)`, where a flag is not for all commands.
pub(super) fn scope(flag: &FlagInfo) -> String {
    match flag.commands {
        [] => String::new(),
        commands => format!(" ({})", commands.join(", ")),
    }
}

/// `-n, --top N`
pub(super) fn spelling(flag: &FlagInfo) -> String {
    let short = flag.short.map_or_else(|| "    ".to_owned(), |letter| format!("-{letter}, "));
    let value = flag.value.map_or_else(String::new, |value| format!(" {}", value.name));
    format!("{short}--{}{value}", flag.long)
}

/// `add NAME…`
pub(super) fn call(command: &Command) -> String {
    format!("{} {}", command.name, command.operands).trim_end().to_owned()
}

/// `Remove users [aliases: delete, rm]`
pub(super) fn with_aliases(command: &Command) -> String {
    match command.aliases {
        [] => command.brief.to_owned(),
        [alias] => format!("{} [alias: {alias}]", command.brief),
        aliases => format!("{} [aliases: {}]", command.brief, aliases.join(", ")),
    }
}

/// The width of prose on a terminal of this width.
pub fn prose_width(columns: Option<usize>) -> usize {
    columns.map_or(WIDTH, |columns| columns.min(WIDTH))
}

fn head(info: &CliInfo, columns: Option<usize>) -> String {
    let mut text = String::new();
    let brief = format!("{} - {}", info.name, info.brief);
    fill(&mut text, &brief, "", columns.unwrap_or(usize::MAX));
    text.push_str(&format!("\nUsage: {} {}\n\n", info.name, info.usage));
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

/// Appends paragraphs, filled to the width; those that start with a space are left as they are.
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

/// Appends words in lines of at most this width, each line behind the margin.
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

fn trimmed(mut text: String) -> String {
    text.truncate(text.trim_end().len());
    text.push('\n');
    text
}
