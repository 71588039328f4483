//! Manual pages and completions equal the tables; texts name only flags that exist.

use std::collections::HashSet;
use std::fs;

use mtp::cli::{complete, help, man};
use mtp::tool;

use crate::harness::{Golden, root, run, text};

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

/// For those who have the programs alone.
#[test]
fn a_program_prints_its_own_pages() {
    for page in tool::command_lines() {
        let name = page.name;
        for (kind, path) in [
            ("man", format!("man/{name}.1")),
            ("bash", format!("completions/{name}.bash")),
            ("zsh", format!("completions/_{name}")),
            ("fish", format!("completions/{name}.fish")),
        ] {
            let output = run(name, &["--generate", kind], b"");
            assert!(output.status.success() && output.stderr.is_empty(), "{name} {kind}");
            assert_eq!(
                text(&output.stdout),
                fs::read_to_string(root().join(&path)).unwrap(),
                "{path}"
            );
        }
    }
    let output = run("mtp-score", &["--generate", "tcsh"], b"");
    let error = "mtp-score: --generate: invalid page 'tcsh' (expected man, bash, zsh or fish)\n";
    assert_eq!((output.status.code(), text(&output.stderr).as_str()), (Some(2), error));
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
            "--every",
            "--reload",
            "--compose",
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

/// The commands of a README, without their comments.
fn commands(name: &str) -> Vec<String> {
    let text = fs::read_to_string(root().join(name)).unwrap();
    let mut is_block = false;
    let mut found = Vec::new();
    for line in text.lines() {
        if line.starts_with("```") {
            is_block = !is_block;
            continue;
        }
        let Some(code) = line.strip_prefix("    ").or(is_block.then_some(line)) else { continue };
        // Comments stand behind two blanks.
        let command = code.trim_start().split("  ").next().unwrap().to_owned();
        found.push(command);
    }
    found
}

#[test]
fn the_readmes_have_the_same_commands_and_tables() {
    let english = commands("README.md");
    assert!(english.len() > 30, "{english:?}");
    let rows = |name: &str| {
        let text = fs::read_to_string(root().join(name)).unwrap();
        text.lines().filter(|line| line.starts_with('|')).count()
    };
    for name in ["README.vi.md", "README.ru.md"] {
        assert_eq!(commands(name), english, "{name}");
        assert_eq!(rows(name), rows("README.md"), "{name}");
    }
}

#[test]
fn the_readmes_name_only_flags_that_exist() {
    let known: HashSet<_> = tool::command_lines()
        .iter()
        .flat_map(|page| page.flags.iter().map(|flag| format!("--{}", flag.long)))
        .collect();
    for command in commands("README.md") {
        for part in command.split('|').filter(|part| part.contains("mtp-")) {
            for flag in part.split_whitespace().filter(|word| word.starts_with("--")) {
                assert!(known.contains(flag), "{command}: {flag}");
            }
        }
    }
}
