//! Any bytes as the input of mtp-score: no panic, only rows, an output that is linear in the input,
//! and a state that is loaded as it was saved.

use mtp::io::reporter::Reporter;
use mtp::score::WindowConfig;
use mtp::score::state::ScoreMode;
use mtp::score::{ScoreState, state_file};
use mtp::tool::score::{CLI, ScoreFilter};

use super::capture::{options, rows, written};

const MODES: &[&[&str]] = &[
    &["--format", "json"],
    &["--format", "text"],
    &["--format", "text", "--long"],
    &["--format", "json", "--alert-on", "risk", "--every", "1m", "--evidence", "full"],
    &["--format", "json", "--window", "all", "--late", "0s", "--trust-private"],
    &["--format", "json", "--events", "--window", "1ms", "--relay", "2"],
];
/// A summary of one connection, with its evidence.
const BYTES_A_LINE: usize = 8192;
const BYTES_A_BYTE: usize = 32;

/// The first byte selects the mode, the rest are rows.
pub(crate) fn check(bytes: &[u8]) {
    let Some((mode, input)) = bytes.split_first() else { return };
    let args = MODES[usize::from(*mode) % MODES.len()];
    let (options, format) = options(&CLI, args);
    let mut filter =
        ScoreFilter::new(options, ScoreMode::Whole, format, Reporter("")).expect("a filter");
    let output = written(&mut filter, input);
    if args.contains(&"json") && !args.contains(&"--events") {
        drop(rows(&output));
    }
    let lines = input.split(|byte| *byte == b'\n').count();
    // Alerts and summaries repeat names; each line makes at most a few rows.
    let most = (lines + 1) * BYTES_A_LINE + input.len() * BYTES_A_BYTE;
    assert!(output.len() <= most, "{} bytes of {}: {args:?}", output.len(), input.len());
    let mut saved = Vec::new();
    state_file::write(&mut saved, filter.state()).expect("saved");
    let mut loaded = state_file::decode(&saved).expect("a state that was saved is loaded");
    let mut again = Vec::new();
    state_file::write(&mut again, &loaded).expect("saved");
    // Maps and heaps may be in another order.
    assert_eq!(saved.len(), again.len(), "a state is saved as it was loaded");
    loaded.resume(config());
}

/// The window of `--window 1h --late 1s`.
pub(crate) fn config() -> WindowConfig {
    WindowConfig { window_ms: Some(3_600_000), together_ms: 300_000, late_ms: 1000 }
}

/// A state with some users, whose bytes a fuzzer damages.
pub(crate) fn state_of(input: &[u8]) -> Vec<u8> {
    let (options, format) = options(&CLI, &["--format", "json"]);
    let mut filter =
        ScoreFilter::new(options, ScoreMode::Whole, format, Reporter("")).expect("a filter");
    drop(written(&mut filter, input));
    let mut saved = Vec::new();
    let state: &ScoreState = filter.state();
    state_file::write(&mut saved, state).expect("saved");
    saved
}
