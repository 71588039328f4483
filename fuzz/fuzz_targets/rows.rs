//! Any bytes as rows: `tests/it/fuzz/rows.rs`.

#![no_main]
#![allow(dead_code, reason = "the tests use all of it")]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/fuzz/capture.rs"]
mod capture;
#[path = "../../tests/it/fuzz/rows.rs"]
mod rows;

fuzz_target!(|bytes: &[u8]| rows::check(bytes));
