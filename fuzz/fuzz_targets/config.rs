//! Any bytes as a config.py: the invariants of `tests/it/config_law.rs`.

#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/config_law.rs"]
mod config_law;

fuzz_target!(|bytes: &[u8]| config_law::check_invariants(bytes));
