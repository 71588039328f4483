//! Any bytes as a state: `tests/it/fuzz/state.rs`.

#![no_main]
#![allow(dead_code, reason = "the tests use all of it")]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/fuzz/capture.rs"]
mod capture;
#[path = "../../tests/it/fuzz/rows.rs"]
mod rows;
#[path = "../../tests/it/fuzz/state.rs"]
mod state;

fuzz_target!(|bytes: &[u8]| state::check(bytes));
