//! Any bytes as the input of a report: `tests/it/fuzz/report.rs`.

#![no_main]
#![allow(dead_code, reason = "the tests use all of it")]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/fuzz/capture.rs"]
mod capture;
#[path = "../../tests/it/fuzz/report.rs"]
mod report;

fuzz_target!(|bytes: &[u8]| report::check(bytes));
