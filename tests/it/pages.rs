//! Manual pages and completions equal the tables; texts name only flags that exist.

use std::collections::HashSet;
use std::fs;

use mtp::cli::{complete, help, man};
use mtp::tool;

use crate::harness::{Golden, root};

#[test]
fn pages_follow_the_tables() {
    let mut golden = Golden::default();
    let mut known = HashSet::new();
    for page in tool::command_lines() {
        let completions = root().join("completions");
        for (path, text) in [
            (root().join(format!("man/{}.1", page.name)), man::page(&page, tool::MANUAL_PAGES)),
            (completions.join(format!("{}.bash", page.name)), complete::bash(&page)),
            (completions.join(format!("_{}", page.name)), complete::zsh(&page)),
            (completions.join(format!("{}.fish", page.name)), complete::fish(&page)),
        ] {
            golden.compare(&path, text.as_bytes());
            known.insert(path);
        }
    }
    golden.finish();
    for folder in ["man", "completions"] {
        for entry in fs::read_dir(root().join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let by_hand = path.extension().is_some_and(|end| end == "5" || end == "json");
            let made = known.contains(&path) || by_hand;
            assert!(made, "{} is made from no table", path.display());
        }
    }
}

#[test]
fn tables_are_sound() {
    for page in tool::command_lines() {
        let names: Vec<_> = page.flags.iter().map(|flag| flag.long).collect();
        let unique: HashSet<_> = names.iter().collect();
        assert_eq!(names.len(), unique.len(), "{}: a flag twice", page.name);
        for flag in &page.flags {
            let fits = flag.brief.chars().count() <= 72 && !flag.brief.ends_with('.');
            assert!(fits, "{} --{}: a brief is one line without a full stop", page.name, flag.long);
            for command in flag.commands {
                assert!(page.commands.iter().any(|known| known.name == *command), "{command}");
            }
        }
        let others = [
            "--events",
            "--evidence",
            "--tail",
            "--since",
            "--user",
            "--prefix",
            "--timestamps",
            "--no-log-prefix",
        ];
        for word in
            help::long(&page, None).split(|c: char| c.is_whitespace() || "(),;:'`|=".contains(c))
        {
            let Some(flag) = word.strip_prefix("--") else { continue };
            let flag = flag.trim_end_matches(['.', ']']);
            let exists = names.contains(&flag) || flag.is_empty() || others.contains(&word);
            assert!(exists, "{} names --{flag}, which it does not have", page.name);
        }
    }
}
