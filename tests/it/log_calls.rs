//! The log calls of each proxy that hold a user or a client, listed from its source: each is
//! understood, or passed over for a reason. What a new version adds shows here.
//!
//! `tests/fixtures/log-calls/NAME.tsv`: the version, then a call a line. A call that no pattern of
//! the dialect matches has the reason beside it.

use std::fs;

use regex::Regex;

use mtp::formats::{ALL, Dialect, Meaning};

use crate::dialects::{examples, lines};
use crate::harness::root;

/// A call: its text, and why it is passed over where no pattern matches.
struct LogCall {
    text: String,
    reason: Option<String>,
}

/// The calls of a dialect, and the version that they are from.
fn log_calls(name: &str) -> (String, Vec<LogCall>) {
    let path = root().join("tests/fixtures/log-calls").join(format!("{name}.tsv"));
    let file =
        fs::read_to_string(&path).unwrap_or_else(|_| panic!("{} is missing", path.display()));
    let mut rows = file.lines();
    let version = rows.next().unwrap().strip_prefix("# ").unwrap().to_owned();
    let call = |row: &str| match row.split_once('\t') {
        Some((text, reason)) => LogCall { text: text.to_owned(), reason: Some(reason.to_owned()) },
        None => LogCall { text: row.to_owned(), reason: None },
    };
    (version, rows.map(call).collect())
}

/// The dialects of proxies; access and minhpn are lines of other programs in a proxy.
fn proxies() -> impl Iterator<Item = &'static Dialect> {
    ALL.iter().copied().filter(|of| !["access", "minhpn"].contains(&of.name))
}

/// Whether a pattern of the dialect matches a call. Words may end in a field, which is no part of
/// a call's text.
fn is_matched(dialect: &Dialect, call: &LogCall, field: &Regex) -> bool {
    dialect.patterns.iter().any(|pattern| {
        let words = field.replace(pattern.words, "");
        // seriyps' kinds of errors are values of one call.
        let is_kind =
            call.text.contains(": protocol_error ~p") && words.contains(": protocol_error ");
        is_kind
            || (!words.is_empty() && call.text.starts_with(&*words))
            || call.text.contains(pattern.words)
    })
}

#[test]
fn each_call_is_understood_or_passed_over_for_a_reason() {
    let mut wrong = Vec::new();
    let field = Regex::new(r" ?[a-z_]+=$").unwrap();
    for dialect in proxies() {
        let (version, calls) = log_calls(dialect.name);
        let is_version = dialect
            .version
            .split([' ', ','])
            .any(|word| word.contains(|of: char| of.is_ascii_digit()) && version.contains(word));
        assert!(is_version, "{}: {} and {version}", dialect.name, dialect.version);
        assert!(calls.len() >= 10, "{}", dialect.name);
        for call in &calls {
            match (&call.reason, is_matched(dialect, call, &field)) {
                (None, false) => wrong.push(format!("{}: no pattern: {}", dialect.name, call.text)),
                (Some(_), true) => {
                    wrong.push(format!("{}: a pattern: {}", dialect.name, call.text));
                }
                (Some(reason), false) => assert!(reason.len() > 10, "{}", call.text),
                (None, true) => {}
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The patterns' own reasons.
    for pattern in proxies().flat_map(|dialect| dialect.patterns) {
        if let Meaning::Ignored(reason) = pattern.meaning {
            assert!(reason.len() > 10, "{}", pattern.words);
        }
    }
}

/// The pieces of a call's text between its values.
fn pieces(call: &str, holes: &Regex) -> Vec<String> {
    holes.split(call).map(|piece| piece.trim_end().to_owned()).collect()
}

/// Whether a recorded line has these pieces, in order.
fn is_of(line: &str, pieces: &[String]) -> bool {
    let mut rest = line;
    pieces.iter().all(|piece| match rest.split_once(piece.as_str()) {
        Some((_, after)) => {
            rest = after;
            true
        }
        None => false,
    })
}

/// Each recorded line that holds a user or a client comes from a call of the list.
#[test]
fn recorded_lines_about_clients_are_of_listed_calls() {
    let holes = Regex::new(r"%[-.*0-9l]*[a-zA-Z]|\{[^}]*\}|~[a-z]").unwrap();
    for (name, files, about) in [
        ("telemt", &["debug", "middle", "proxy-protocol", "info"][..], r" (peer|user|conn_id)="),
        (
            "teleproxy",
            &["tls", "secure", "middle-end", "proxy-protocol"],
            r"secret \[|( from |-> )[0-9a-f.:]+:\d+$|connection #\d",
        ),
        ("mtproxy", &["recorded"], r"( from |-> )[0-9a-f.:]+:\d+$|connection #\d"),
        ("mtg", &["multi", "v2"], "\"(client-ip|secret_name)\":"),
        ("seriyps", &["recorded"], r"^[0-9.]+: protocol_error|new connection "),
    ] {
        let (_, calls) = log_calls(name);
        let calls: Vec<_> = calls.iter().map(|call| pieces(&call.text, &holes)).collect();
        let about = Regex::new(about).unwrap();
        let mut count = 0;
        for path in examples(name) {
            if !files.iter().any(|file| path.file_stem().is_some_and(|stem| stem == *file)) {
                continue;
            }
            for line in lines(name, &fs::read(&path).unwrap()) {
                if !about.is_match(&line) {
                    continue;
                }
                count += 1;
                let is_listed = calls.iter().any(|call| is_of(&line, call));
                assert!(is_listed, "{}: {line}", path.display());
            }
        }
        assert!(count > 20, "{name}: {count}");
    }
}
