//! The programs are position-independent, and their relocations are read-only before they start. The
//! crates in them are those that `deny.toml` allows.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::process::Command;

use serde_json::Value;
use toml_edit::{DocumentMut, Item};

use crate::harness::{root, skip, text, tool};

/// A position-independent file: `ET_DYN`.
const POSITION_INDEPENDENT: usize = 3;
/// Kinds of segment: `PT_DYNAMIC`, `PT_GNU_STACK`, `PT_GNU_RELRO`.
const DYNAMIC: usize = 2;
const STACK: usize = 0x6474_e551;
const RELRO: usize = 0x6474_e552;
/// `DT_FLAGS` and its `DF_BIND_NOW`; `DT_FLAGS_1` and its `DF_1_NOW`.
const NOW: [(usize, usize); 2] = [(30, 8), (0x6fff_fffb, 1)];

fn number(bytes: &[u8], at: usize, width: usize) -> usize {
    bytes[at..at + width].iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

#[test]
fn programs_are_hardened() {
    for name in ["mtp-logs", "mtp-parse", "mtp-score", "mtp-conns", "mtp-users", "mtp-report"] {
        let file = fs::read(tool(name).get_program()).unwrap();
        assert_eq!((&file[..4], file[4]), (&b"\x7fELF"[..], 2), "{name}: 64 bits");
        assert_eq!(number(&file, 16, 2), POSITION_INDEPENDENT, "{name}");
        let (table, size, count) =
            (number(&file, 32, 8), number(&file, 54, 2), number(&file, 56, 2));
        let segments: Vec<_> = (0..count).map(|n| &file[table + n * size..][..size]).collect();
        let segment = |kind| segments.iter().find(|segment| number(segment, 0, 4) == kind);
        assert!(segment(RELRO).is_some(), "{name}: read-only relocations");
        assert_eq!(number(segment(STACK).unwrap(), 4, 4) & 1, 0, "{name}: executable stack");
        let dynamic = segment(DYNAMIC).unwrap();
        let entries = &file[number(dynamic, 8, 8)..][..number(dynamic, 32, 8)];
        let is_now = entries.chunks_exact(16).any(|entry| {
            let (tag, value) = (number(entry, 0, 8), number(entry, 8, 8));
            NOW.iter().any(|(of, bit)| tag == *of && value & bit != 0)
        });
        assert!(is_now, "{name}: bound before the start");
    }
}

/// Whether a license expression allows one of these licenses, in each of its parts.
fn is_allowed(expression: &str, allowed: &BTreeSet<String>) -> bool {
    let plain = expression.replace(['(', ')'], "").replace('/', " OR ");
    plain.split(" AND ").all(|part| part.split(" OR ").any(|one| allowed.contains(one.trim())))
}

/// What `cargo deny check bans licenses sources` checks, where that is not installed.
#[test]
fn dependencies_are_those_that_are_allowed() {
    let rules = fs::read_to_string(root().join("deny.toml")).unwrap();
    let rules: DocumentMut = rules.parse().unwrap();
    let texts = |array: &Item, key: Option<&str>| -> BTreeSet<String> {
        let text = |item: &toml_edit::Value| match key {
            None => item.as_str().unwrap().to_owned(),
            Some(key) => item.as_inline_table().unwrap()[key].as_str().unwrap().to_owned(),
        };
        array.as_array().unwrap().iter().map(text).collect()
    };
    let allowed = texts(&rules["licenses"]["allow"], None);
    let skipped = texts(&rules["bans"]["skip"], Some("crate"));
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked", "--offline"])
        .args(["--filter-platform", "x86_64-unknown-linux-gnu"])
        .current_dir(root())
        .output();
    let Ok(output) = output
        .map_err(drop)
        .and_then(|output| if output.status.success() { Ok(output) } else { Err(()) })
    else {
        return skip("cargo metadata");
    };
    let metadata: Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
    for package in packages {
        let name = package["name"].as_str().unwrap();
        *versions.entry(name).or_default() += 1;
        if package["source"].is_null() {
            assert_eq!(name, "mtp-tools");
            continue;
        }
        let source = package["source"].as_str().unwrap();
        assert_eq!(source, "registry+https://github.com/rust-lang/crates.io-index", "{name}");
        let license = package["license"].as_str().unwrap_or_default();
        assert!(is_allowed(license, &allowed), "{name}: {license}");
    }
    let double = versions.into_iter().filter(|(_, count)| *count > 1);
    let double: BTreeSet<_> = double.map(|(name, _)| name.to_owned()).collect();
    assert_eq!(double, skipped, "crates of two versions");
    let unused = |license: &&String| {
        !packages
            .iter()
            .any(|one| one["license"].as_str().is_some_and(|of| of.contains(license.as_str())))
    };
    assert_eq!(allowed.iter().find(unused), None, "{}", text(&output.stderr));
    assert!(
        !is_allowed("GPL-3.0 OR AGPL-3.0", &allowed) && !is_allowed("MIT AND GPL-2.0", &allowed)
    );
}
