//! Bytes of clients and neighbours: `tests/it/fuzz/forged.rs`.

#![no_main]
#![allow(dead_code, reason = "the tests use all of it")]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/fuzz/capture.rs"]
mod capture;
#[path = "../../tests/it/fuzz/forged.rs"]
mod forged;

fuzz_target!(|bytes: &[u8]| forged::check(bytes));
