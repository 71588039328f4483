//! Any bytes as a log: `tests/it/fuzz/lines.rs`.

#![no_main]
#![allow(dead_code, reason = "the tests use all of it")]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/fuzz/capture.rs"]
mod capture;
#[path = "../../tests/it/fuzz/lines.rs"]
mod lines;

fuzz_target!(|bytes: &[u8]| lines::check(bytes));
