//! Any bytes as a TOML config file: `tests/it/fuzz/toml.rs`.

#![no_main]
#![allow(dead_code, reason = "the tests use all of it")]

use libfuzzer_sys::fuzz_target;

#[path = "../../tests/it/fuzz/toml.rs"]
mod toml;

fuzz_target!(|bytes: &[u8]| toml::check(bytes));
