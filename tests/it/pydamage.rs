//! Damaged config files: read or refused with a line, never a panic, and what is edited loads.

use mtp::pyconfig::leftover::{Found, look};
use mtp::pyconfig::{Change, Table, Value, port, read, users};

use crate::pyfiles::{Dice, config};

/// Pieces that a damaged file may get.
const PIECES: &[&str] = &[
    "\"", "'", "'''", "{", "}", "\\", "\n", "\r", "#", "**x", ",", ":", "\0", "\t", "=", "(",
    "r'''", ";exec(\"",
];

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
        let _ = (users(&bytes), port(&bytes));
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
