//! Prints how many tests of `it` were skipped, and why. Runs after them, without a harness.
#![allow(clippy::print_stdout, reason = "a test program prints its result")]

use std::collections::BTreeMap;

fn main() {
    let path = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("skipped");
    let list = std::fs::read_to_string(&path).unwrap_or_default();
    drop(std::fs::remove_file(path));
    let mut missing = BTreeMap::<_, u32>::new();
    for (_, what) in list.lines().filter_map(|line| line.split_once('\t')) {
        *missing.entry(what).or_default() += 1;
    }
    let total: u32 = missing.values().sum();
    let parts: Vec<_> = missing.iter().map(|(what, count)| format!("{what}: {count}")).collect();
    let reasons = if total == 0 { String::new() } else { format!(" ({})", parts.join(", ")) };
    println!("\n{total} tests skipped{reasons}");
}
