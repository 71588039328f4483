//! Any bytes as a log, through all framings and formats: no panic, only rows, and an output that is
//! linear in the input, in every mode of mtp-parse.

use mtp::io::reporter::Reporter;
use mtp::timestamp::{LocalTimeResolver, Zone};
use mtp::tool::parse::{CLI, ParseFilter};

use super::capture::{options, rows, written};

/// What a line of one byte may become: a row of `--explain` with its names.
const BYTES_A_LINE: usize = 800;
/// A control character becomes six characters in JSON, and is escaped again in what quotes it.
const BYTES_A_BYTE: usize = 16;
/// The rows at the end.
const BYTES_AT_END: usize = 8192;

const MODES: &[&[&str]] = &[
    &["--format", "json"],
    &["--format", "text"],
    &["--format", "json", "--explain"],
    &["--format", "text", "--explain"],
    &["--check"],
    &["--format", "json", "--dialect", "minhpn"],
    &["--format", "json", "--source", "px", "--since", "2026-11-23T15:40:00Z"],
    &["--format", "json", "--only-source", "px-1"],
];

/// The first byte selects the mode, the rest is the log.
pub(crate) fn check(bytes: &[u8]) {
    let Some((mode, log)) = bytes.split_first() else { return };
    let args = MODES[usize::from(*mode) % MODES.len()];
    let rejects = std::env::temp_dir().join(format!("mtp-fuzz-{}", std::process::id()));
    let rejects = rejects.with_extension(format!("{:?}", std::thread::current().id()));
    let file = rejects.display().to_string();
    let args: Vec<_> = args.iter().copied().chain(["--rejects", &file]).collect();
    let (options, format) = options(&CLI, &args);
    let local_time = LocalTimeResolver::new(Zone::read("UTC").ok(), Some(2026));
    let filter = ParseFilter::new(options, local_time, format, Reporter(""));
    let output = written(&mut filter.expect("a filter"), log);
    if args.contains(&"json") {
        drop(rows(&output));
    }
    let lines = log.split(|byte| *byte == b'\n').count();
    let most = BYTES_AT_END + lines * BYTES_A_LINE + log.len() * BYTES_A_BYTE;
    assert!(output.len() <= most, "{} bytes of {}: {args:?}", output.len(), log.len());
    let kept = std::fs::metadata(&rejects).expect("the file of --rejects").len();
    std::fs::remove_file(&rejects).expect("the file of --rejects");
    // A short secret may become a longer word that stands for it.
    assert!(kept <= 256 + 8 * log.len() as u64, "{kept} bytes of {} rejected", log.len());
}
