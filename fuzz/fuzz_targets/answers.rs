//! Any bytes as an answer of a kernel or engine: `tests/it/fuzz/answers.rs`.

#![no_main]
#![allow(dead_code, reason = "the tests use all of it")]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/fuzz/answers.rs"]
mod answers;

fuzz_target!(|bytes: &[u8]| answers::check(bytes));
