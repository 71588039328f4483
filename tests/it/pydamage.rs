//! Damaged config files: read or refused with a line, never a panic.

use std::fs;

use mtp::pyconfig::recovery::{EditState, edit_state};
use mtp::pyconfig::{ConfigEdit, PyValue, UserTable, read, users};

use crate::config_law::check_invariants;
use crate::harness::SeededRng;
use crate::harness::root;
use crate::pyfiles::config;

/// Pieces that a damaged file may get.
const PIECES: &[&str] = &[
    "\"", "'", "'''", "{", "}", "\\", "\n", "\r", "#", "**x", ",", ":", "\0", "\t", "=", "(",
    "r'''", ";exec(\"",
];

/// Files found by fuzzing.
#[test]
fn invariants_hold_for_recorded_files() {
    let folder = root().join("tests/fixtures/config");
    let files: Vec<_> = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    assert!(files.iter().any(|path| path.ends_with("begin-without-end.py")), "{files:?}");
    for path in files {
        eprintln!("{}", path.display());
        check_invariants(&fs::read(path).unwrap());
    }
}

#[test]
fn damaged_files_are_refused_or_edited_correctly() {
    let (mut edited, mut refused) = (0, 0);
    for seed in 1..=1500 {
        let mut rng = SeededRng::new(seed);
        let mut bytes = config(&mut rng).0.into_bytes();
        for _ in 0..=rng.below(3) {
            let at = rng.below(bytes.len() + 1);
            match rng.below(4) {
                0 => bytes.truncate(at.max(1)),
                1 => drop(bytes.splice(at..at, rng.pick(PIECES).bytes())),
                2 => drop(bytes.drain(at..(at + rng.below(9)).min(bytes.len()))),
                _ => bytes.insert(at, u8::try_from(rng.below(256)).unwrap()),
            }
        }
        check_invariants(&bytes);
        if let EditState::Trailing(keep, _) = edit_state(&bytes) {
            assert!(keep <= bytes.len());
        }
        let Ok(config) = read(&bytes) else {
            refused += 1;
            continue;
        };
        let mut change = ConfigEdit::new(&config);
        let secret = PyValue::Str(rng.secret());
        if change.set(UserTable::Users, "new", &secret).is_ok()
            && let Ok(text) = change.finish()
        {
            edited += 1;
            assert!(users(text.as_bytes()).unwrap().iter().any(|(name, _)| name == "new"));
        }
    }
    assert!(edited > 100 && refused > 100, "{edited} {refused}");
}
