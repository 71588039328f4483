//! Damaged config files: read or refused with a line, never a panic, and what is edited loads.

use std::fs;

use mtp::pyconfig::leftover::{Found, look};
use mtp::pyconfig::{Change, Table, Value, read, users};

use crate::config_law::holds;
use crate::harness::root;
use crate::pyfiles::{Dice, config};

/// Pieces that a damaged file may get.
const PIECES: &[&str] = &[
    "\"", "'", "'''", "{", "}", "\\", "\n", "\r", "#", "**x", ",", ":", "\0", "\t", "=", "(",
    "r'''", ";exec(\"",
];

/// What fuzzing found, and what nobody would think of otherwise.
#[test]
fn the_law_holds_for_what_was_found() {
    let found = fs::read_dir(root().join("tests/fixtures/config")).unwrap();
    for path in found.map(|entry| entry.unwrap().path()) {
        eprintln!("{}", path.display());
        holds(&fs::read(path).unwrap());
    }
}

#[test]
fn damage_is_refused_or_edited_well() {
    let (mut edited, mut refused) = (0, 0);
    for seed in 1..=1500 {
        let mut dice = Dice::new(seed);
        let mut bytes = config(&mut dice).0.into_bytes();
        for _ in 0..=dice.below(3) {
            let at = dice.below(bytes.len() + 1);
            match dice.below(4) {
                0 => bytes.truncate(at.max(1)),
                1 => drop(bytes.splice(at..at, dice.pick(PIECES).bytes())),
                2 => drop(bytes.drain(at..(at + dice.below(9)).min(bytes.len()))),
                _ => bytes.insert(at, u8::try_from(dice.below(256)).unwrap()),
            }
        }
        holds(&bytes);
        if let Found::Rest(keep, _) = look(&bytes) {
            assert!(keep <= bytes.len());
        }
        let Ok(config) = read(&bytes) else {
            refused += 1;
            continue;
        };
        let mut change = Change::of(&config);
        let secret = Value::Text(dice.secret());
        if change.set(Table::Users, "new", &secret).is_ok()
            && let Ok(text) = change.finish()
        {
            edited += 1;
            assert!(users(text.as_bytes()).unwrap().iter().any(|(name, _)| name == "new"));
        }
    }
    assert!(edited > 100 && refused > 100, "{edited} {refused}");
}
