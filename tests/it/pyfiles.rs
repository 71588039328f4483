//! Config files as people write them, made from a seed: every layout a dict can have.

use std::fmt::Write;

use crate::harness::SeededRng;

const NAMES: &[&str] = &[
    "tg",
    "alice",
    "bob",
    "max power",
    "Елена",
    "o'neil",
    "a}b",
    "x#y",
    "{",
    "用户",
    "é",
    "under_score",
    "with,comma",
    "colon:x",
    "say \"hi\"",
    "back\\slash",
    "UPPER",
    "1234",
    "🦀",
    "dash-dash",
];
const COMMENTS: &[&str] =
    &["# }", "# {\"a\": \"b\",}", "# до мая", "# it's", "#", "# ''' no", "# x, y"];

/// A name as a literal in one of Python's many spellings.
fn spelled(rng: &mut SeededRng, text: &str) -> String {
    let escaped = |quote: char| {
        let text = text.replace('\\', "\\\\").replace(quote, &format!("\\{quote}"));
        format!("{quote}{text}{quote}")
    };
    match rng.below(9) {
        0 if text.chars().count() > 1 && !text.contains(['\\', '"']) => {
            let cut = text.char_indices().nth(1).unwrap().0;
            format!("\"{}\" \"{}\"", &text[..cut], &text[cut..])
        }
        1 if !text.contains(['\\', '\'']) => format!("r'{text}'"),
        2 => format!("u{}", escaped('"')),
        3 if !text.contains('"') => format!("\"\"\"{}\"\"\"", text.replace('\\', "\\\\")),
        4 | 5 => escaped('\''),
        _ => escaped('"'),
    }
}

/// A dict of these entries (source of the values) in a layout of its own.
fn dict(rng: &mut SeededRng, entries: &[(String, String)]) -> String {
    let mut out = String::from("{");
    let layout = rng.below(8);
    let indent = rng.pick(&["    ", "\t", "  ", "        "]);
    let lead = match layout {
        0 | 1 => rng.pick(&["", " "]).to_owned(),
        _ => format!("\n{indent}"),
    };
    if layout > 1 && layout != 3 && rng.one_in(3) {
        let _ = write!(out, "  {}", rng.pick(COMMENTS));
    }
    if entries.is_empty() {
        let inside = ["", "", " ", "\n", "\n    # nobody\n", "\n\n\n", "  # nobody\n"];
        return format!("{{{}}}", rng.pick(&inside));
    }
    for (n, (name, value)) in entries.iter().enumerate() {
        let is_last = n + 1 == entries.len();
        let joined = layout == 2 && n % 2 == 1;
        out.push_str(if joined || (layout == 3 && n == 0) { " " } else { &lead });
        let colon = rng.pick(&[": ", ": ", ":", ":  ", " : "]);
        let value = if rng.one_in(9) { format!("({value})") } else { value.clone() };
        let _ = write!(out, "{}{colon}{value}", spelled(rng, name));
        if !is_last || rng.one_in(2) {
            out.push_str(if rng.one_in(12) { " ," } else { "," });
        }
        if layout > 2 && rng.one_in(4) {
            let _ = write!(out, "{}{}", rng.pick(&[" ", "  ", "\t"]), rng.pick(COMMENTS));
            if is_last {
                out.push('\n');
            }
        }
        if layout > 3 && rng.one_in(6) {
            let _ = write!(out, "\n{indent}{}", rng.pick(COMMENTS));
            if is_last {
                out.push('\n');
            }
        }
        if layout < 2 && !is_last {
            out.push(' ');
        }
    }
    if layout > 3 && !out.ends_with('\n') {
        out.push('\n');
    }
    out.push('}');
    out
}

/// A config file. `names` are those of its users.
pub(crate) fn config(rng: &mut SeededRng) -> (String, Vec<String>) {
    let mut names: Vec<String> = Vec::new();
    for _ in 0..rng.below(7) {
        let name = rng.pick(NAMES).to_owned();
        if !names.contains(&name) {
            names.push(name);
        }
    }
    let mut out = String::new();
    if rng.one_in(5) {
        out.push_str("#!/usr/bin/env python3\n# -*- coding: utf-8 -*-\n");
    }
    if rng.one_in(6) {
        out.push_str("\"\"\"The proxy's 'config'.\"\"\"\n");
    }
    let _ = writeln!(out, "PORT = {}", rng.pick(&["443", "8443", "400 + 43"]));
    if rng.one_in(4) {
        out.push_str("USERS = {'stale': '00000000000000000000000000000009'}\n");
    }
    let users: Vec<_> =
        names.iter().map(|name| (name.clone(), format!("\"{}\"", rng.secret()))).collect();
    let later = if rng.one_in(3) { rng.below(names.len() + 1) } else { names.len() };
    let equals = rng.pick(&[" = ", "=", ": dict = ", "  =  "]);
    let literal = dict(rng, &users[..later]);
    let _ = writeln!(
        out,
        "\n# name -> secret\nUSERS{equals}{literal}{}",
        rng.pick(&["", "  # all", ""])
    );
    if rng.one_in(3) {
        let limits: Vec<_> =
            names.iter().step_by(2).map(|name| (name.clone(), "5".to_owned())).collect();
        let _ = writeln!(out, "USER_MAX_TCP_CONNS = {}", dict(rng, &limits));
    }
    for (name, secret) in &users[later..] {
        let name = spelled(rng, name);
        match rng.below(3) {
            0 => drop(writeln!(out, "USERS.update({{{name}: {secret}}})")),
            1 => drop(writeln!(out, "USERS |= {{{name}: {secret},}}")),
            _ => drop(writeln!(out, "USERS[{name}] = {secret}{}", rng.pick(&["", "  # late"]))),
        }
    }
    if rng.one_in(3) {
        out.push_str("MODES = {\n    \"classic\": False,\n    \"tls\": True\n}\n\n\n");
    }
    if rng.one_in(4) {
        out.push_str("TLS_DOMAIN = 'example.com'; AD_TAG = ''\n");
    }
    if rng.one_in(5) {
        out.push_str("import os\nif os.environ.get(\"X\"):\n    MASK = False\n");
    }
    if rng.one_in(4) {
        out.truncate(out.trim_end().len());
    }
    if rng.one_in(4) {
        out = out.replace('\n', "\r\n");
    }
    if rng.one_in(6) {
        out.insert(0, '\u{feff}');
    }
    (out, names)
}
