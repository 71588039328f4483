//! Rules of the source tree: module dependencies, sizes, one meaning per type name, plain words.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

use crate::harness::root;

/// The modules, bottom up, each with the modules that it may use: only ones listed above it.
const MODULES: &[(&str, &str)] = &[
    ("error", ""),
    ("net", ""),
    ("accesslog", ""),
    ("links", ""),
    ("timestamp", ""),
    ("diagnostic", "error"),
    ("io", "error"),
    ("json", "net timestamp"),
    ("stream", "json net timestamp"),
    ("cli", "error io"),
    ("docker", "error"),
    ("frame", "error json timestamp"),
    ("formats", "error frame json net stream timestamp"),
    ("follow", "docker error io stream timestamp"),
    ("sharing", "net stream timestamp"),
    ("score", "error io net sharing stream timestamp"),
    ("pyconfig", "accesslog diagnostic io links"),
    ("tomlconfig", "diagnostic io links pyconfig"),
    ("userconfig", "diagnostic error io links pyconfig tomlconfig"),
    ("proxy", "docker error links pyconfig timestamp tomlconfig userconfig"),
    ("sockets", "docker error io net stream timestamp"),
    ("view", "io sharing stream timestamp"),
    ("notify", "error io stream timestamp view"),
    ("report", "error formats io json net sharing stream timestamp view"),
    (
        "tool",
        "accesslog cli diagnostic docker error follow formats frame io json links net notify proxy \
         pyconfig report score sharing sockets stream timestamp tomlconfig userconfig view",
    ),
];
const LINES_MAX: usize = 600;
/// As rustfmt's, with room for the last word of a comment.
const COLUMNS_MAX: usize = 104;

/// Words of speech that stand for parse, print, report or estimate.
const BANNED: &str = r"(?i)\b(is no|tells?|told|hears?|heard|says?|said|speaks?)\b";
/// The same in names of tests.
const BANNED_IN_NAMES: &str =
    r"\bfn (\w+_)?(is_no|tells?|told|hears?|heard|says?|said|speaks?|knows?|believes?)(_\w+)?\(";

fn sources(under: &str) -> Vec<PathBuf> {
    let (mut found, mut folders) = (Vec::new(), vec![root().join(under)]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() && !path.ends_with("fixtures") {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "rs") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}

/// Every source file of `src`: its path from the root, and its text.
fn library() -> Vec<(String, String)> {
    let named = |path: PathBuf| {
        let name = path.strip_prefix(root()).unwrap().display().to_string();
        (name, fs::read_to_string(path).unwrap())
    };
    sources("src").into_iter().map(named).collect()
}

fn module(path: &str) -> &str {
    let inside = path.strip_prefix("src/").unwrap();
    inside.split('/').next().unwrap().trim_end_matches(".rs")
}

fn report(wrong: &[String]) {
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn files_are_short_and_begin_with_their_purpose() {
    let mut wrong = Vec::new();
    for path in sources("src").into_iter().chain(sources("tests")) {
        let text = fs::read_to_string(&path).unwrap();
        let name = path.strip_prefix(root()).unwrap().display();
        let is_source = path.starts_with(root().join("src"));
        if !text.starts_with("//! ") {
            wrong.push(format!("{name}: no module comment"));
        }
        let lines = text.lines().count();
        if lines > LINES_MAX {
            wrong.push(format!("{name}: {lines} lines, over {LINES_MAX}"));
        }
        for (n, line) in text.lines().enumerate() {
            // Tests hold recorded text.
            if is_source && line.chars().count() > COLUMNS_MAX {
                wrong.push(format!("{name}:{}: wider than {COLUMNS_MAX}", n + 1));
            }
            if is_source && line.contains("process::exit") {
                wrong.push(format!("{name}:{}: only error.rs has exit statuses", n + 1));
            }
        }
    }
    report(&wrong);
}

#[test]
fn modules_use_only_what_the_list_allows() {
    let mut wrong = Vec::new();
    for (at, (name, uses)) in MODULES.iter().enumerate() {
        let below: Vec<_> = MODULES[..at].iter().map(|(name, _)| name).collect();
        let above = uses.split_whitespace().filter(|used| !below.contains(&used));
        wrong.extend(above.map(|used| format!("the list: {name} uses {used}, listed below it")));
    }
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    for (name, uses) in MODULES {
        let row = map.lines().find(|line| line.starts_with(&format!("| `{name}` |")));
        let listed = row.and_then(|row| row.split('|').nth(3)).map(str::trim);
        let all: Vec<_> = uses.split_whitespace().collect();
        if *name != "tool" && listed != Some(all.join(" ").as_str()) {
            wrong.push(format!("ARCHITECTURE.md: {name} uses {all:?}, not {listed:?}"));
        }
    }
    let path_start = Regex::new(r"\bcrate::([a-z_]+)").unwrap();
    let mut unused: BTreeMap<&str, Vec<&str>> =
        MODULES.iter().map(|(name, uses)| (*name, uses.split_whitespace().collect())).collect();
    for (path, text) in library() {
        let own = module(&path);
        if ["lib", "bin"].contains(&own) {
            continue;
        }
        let Some((_, allowed)) = MODULES.iter().find(|(name, _)| *name == own) else {
            wrong.push(format!("{path}: {own} is not in the list of modules"));
            continue;
        };
        for found in path_start.captures_iter(&text) {
            let used = found.get(1).unwrap().as_str();
            if used != own && !allowed.split_whitespace().any(|name| name == used) {
                wrong.push(format!("{path}: {own} may not use crate::{used}"));
            }
            unused.get_mut(own).unwrap().retain(|name| *name != used);
        }
    }
    for (name, edges) in unused {
        wrong.extend(edges.iter().map(|used| format!("the list: {name} does not use {used}")));
    }
    report(&wrong);
}

/// A search for a type's name finds one definition.
#[test]
fn a_type_name_has_one_meaning() {
    let definition =
        Regex::new(r"(?m)^\s*(?:pub(?:\([a-z ]+\))? )?(?:struct|enum|trait|type) ([A-Z]\w+)")
            .unwrap();
    let mut places = BTreeMap::<String, Vec<String>>::new();
    for (path, text) in library() {
        for found in definition.captures_iter(&text) {
            places.entry(found[1].to_owned()).or_default().push(path.clone());
        }
    }
    // Associated types have the name that their trait gives them.
    let associated = ["Error", "Err", "Item", "IntoIter", "Output", "Target", "Value"];
    let mut wrong = Vec::new();
    for (name, paths) in places {
        let is_allowed = associated.contains(&&*name);
        if paths.len() > 1 && !is_allowed {
            wrong.push(format!("{name}: {}", paths.join(", ")));
        }
    }
    report(&wrong);
}

#[test]
fn comments_and_messages_use_plain_words() {
    let banned = Regex::new(BANNED).unwrap();
    let mut wrong = Vec::new();
    for (path, text) in library() {
        for (n, line) in text.lines().enumerate() {
            if let Some(word) = banned.find(line) {
                wrong.push(format!("{path}:{}: '{}': {}", n + 1, word.as_str(), line.trim()));
            }
        }
    }
    let in_names = Regex::new(BANNED_IN_NAMES).unwrap();
    for path in sources("tests").into_iter().chain(sources("src")) {
        for (n, line) in fs::read_to_string(&path).unwrap().lines().enumerate() {
            if in_names.is_match(line) {
                wrong.push(format!("{}:{}: {}", path.display(), n + 1, line.trim()));
            }
        }
    }
    report(&wrong);
}

/// The package refers to nothing outside itself.
#[test]
fn no_file_refers_to_the_place_where_it_was_written() {
    let words = [
        concat!("../", "shared"),
        concat!("/", "work/"),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
    ];
    for path in sources("src").into_iter().chain(sources("tests")) {
        let text = fs::read_to_string(&path).unwrap();
        for word in words {
            assert!(!text.contains(word), "{}: {word}", Path::new(&path).display());
        }
    }
}

/// Each dependency has a row in ARCHITECTURE.md with its purpose and the reason for it.
#[test]
fn every_dependency_has_its_reason() {
    let manifest = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let section = manifest.split("\n[dependencies]\n").nth(1).unwrap().split("\n[").next().unwrap();
    let mut wanted: Vec<_> = section.lines().filter_map(|line| line.split_once(" = ")).collect();
    wanted.sort_unstable();
    let map = fs::read_to_string(root().join("ARCHITECTURE.md")).unwrap();
    let table = map.split("\n## Dependencies\n").nth(1).unwrap();
    let rows = table.lines().filter(|line| line.starts_with("| ")).skip(1);
    let rows: Vec<Vec<_>> = rows.map(|row| row.split('|').map(str::trim).collect()).collect();
    let mut wrong = Vec::new();
    for (name, _) in &wanted {
        let row = rows.iter().find(|row| row[1] == *name);
        if !row.is_some_and(|row| row.len() == 5 && row[2..4].iter().all(|cell| !cell.is_empty())) {
            wrong.push(format!("{name}: no row with a purpose and a reason in ARCHITECTURE.md"));
        }
    }
    for row in rows {
        if !wanted.iter().any(|(name, _)| *name == row[1]) {
            wrong.push(format!("{}: in ARCHITECTURE.md, not in Cargo.toml", row[1]));
        }
    }
    report(&wrong);
}

/// Tests that `docs/security.md` names are there.
#[test]
fn tests_of_the_threat_model_exist() {
    let page = fs::read_to_string(root().join("docs/security.md")).unwrap();
    let code: String = {
        let all = [sources("src"), sources("tests")].concat();
        all.iter().map(|path| fs::read_to_string(path).unwrap()).collect()
    };
    let name = Regex::new("`([a-z0-9]+(?:_[a-z0-9]+){2,})`").unwrap();
    let names: Vec<_> = name.captures_iter(&page).map(|found| found[1].to_owned()).collect();
    let missing: Vec<_> =
        names.iter().filter(|name| !code.contains(&format!("fn {name}("))).collect();
    assert!(
        missing.is_empty() && names.len() > 60,
        "no such tests: {missing:?} of {}",
        names.len()
    );
    // Each fall has a row.
    for fall in (1..=31).filter(|fall| ![11, 15, 20].contains(fall)) {
        let is_row = |line: &str| line.starts_with("| F") && line.contains(&format!("F{fall} "));
        let is_pair = |line: &str| line.starts_with("| F") && line.contains(&format!("F{fall},"));
        assert!(page.lines().any(|line| is_row(line) || is_pair(line)), "F{fall}");
    }
}
