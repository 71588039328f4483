//! House rules as a test: what each file is for, how long it may be, who may use whom.

use std::fs;
use std::path::{Path, PathBuf};

use crate::harness::root;

/// A module uses its own layer and those above it.
const LAYERS: &[(&str, &[&str])] = &[
    ("base", &["diagnostic", "error", "json", "net", "timestamp", "stream", "io"]),
    ("shell", &["cli"]),
    (
        "sense",
        &[
            "frame",
            "formats",
            "score",
            "sharing",
            "pyconfig",
            "links",
            "accesslog",
            "userconfig",
            "proxy",
            "sockets",
            "docker",
            "view",
        ],
    ),
    ("tools", &["tool"]),
];
/// Files say one thing; a longer one says several.
const LINES_MAX: usize = 600;
const COLUMNS_MAX: usize = 100;

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

fn layer(module: &str) -> Option<usize> {
    LAYERS.iter().position(|(_, modules)| modules.contains(&module))
}

fn module(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).unwrap();
    let first = inside.components().next().unwrap().as_os_str().to_string_lossy().into_owned();
    first.trim_end_matches(".rs").to_owned()
}

#[test]
fn files_are_short_and_say_what_they_are_for() {
    let mut wrong = Vec::new();
    for path in sources("src").into_iter().chain(sources("tests")) {
        let text = fs::read_to_string(&path).unwrap();
        let show = path.strip_prefix(root()).unwrap().display();
        if !text.starts_with("//! ") {
            wrong.push(format!("{show}: begins without saying what it is for"));
        }
        let lines = text.lines().count();
        if lines > LINES_MAX {
            wrong.push(format!("{show}: {lines} lines, over {LINES_MAX}"));
        }
        for (n, line) in text.lines().enumerate() {
            if line.chars().count() > COLUMNS_MAX {
                wrong.push(format!("{show}:{}: wider than {COLUMNS_MAX}", n + 1));
            }
            if path.starts_with(root().join("src")) && line.contains("process::exit") {
                wrong.push(format!("{show}:{}: only error.rs knows statuses", n + 1));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn layers_hold() {
    let mut wrong = Vec::new();
    for path in sources("src") {
        let own = module(&path);
        if ["lib", "bin"].contains(&own.as_str()) {
            continue;
        }
        let own_layer = layer(&own);
        let show = path.strip_prefix(root()).unwrap().display().to_string();
        if own_layer.is_none() {
            wrong.push(format!("{show}: {own} is in no layer"));
            continue;
        }
        let text = fs::read_to_string(&path).unwrap();
        for used in text.split("crate::").skip(1) {
            let name: String =
                used.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '_').collect();
            if layer(&name).is_none_or(|used| Some(used) > own_layer) {
                wrong.push(format!("{show}: uses crate::{name}, which is built on it"));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// What was open while it was written is nobody else's business.
#[test]
fn nothing_speaks_of_the_workshop() {
    let words = [
        concat!("../", "shared"),
        concat!("/", "work/"),
        concat!("TO", "DO"),
        concat!("FIX", "ME"),
    ];
    for path in sources("src").into_iter().chain(sources("tests")) {
        let text = fs::read_to_string(&path).unwrap();
        for word in words {
            assert!(!text.contains(word), "{}: {word}", path.display());
        }
    }
}
