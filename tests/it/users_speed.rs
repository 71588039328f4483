//! A file of ten thousand users: no command is slow, and an edit costs two readings and a write.

use std::fs;
use std::time::{Duration, Instant};

use crate::harness::{memory_folder, run, text};

/// What a command may take in the program that is shipped.
const SHIPPED_MAX: Duration = Duration::from_millis(100);
/// How often as long as reading the file once an edit may take. It reads what is there and what it
/// is about to write, which with the writing is 2.6; each needless reading adds 1.
const READINGS_MAX: f64 = 3.3;
/// How often it is tried: a busy machine slows down one, not all of them.
const TRIES: usize = 40;

/// How long one run takes; it must go well.
fn once(config: &str, args: &[&str], input: &str) -> Duration {
    let begun = Instant::now();
    let output = run("mtp-users", &[args, &["--config", config]].concat(), input.as_bytes());
    let took = begun.elapsed();
    assert!(output.status.success() || args == ["check"], "{args:?} {}", text(&output.stderr));
    took
}

#[test]
fn ten_thousand_users_are_no_burden() {
    let folder = memory_folder();
    let path = folder.path().join("config.py");
    let config = path.to_str().unwrap();
    let entry = |n: u64| format!("    \"user number {n}\": \"{n:032x}\",\n");
    let entries: String = (0..10_000).map(entry).collect();
    let named = |n| format!("one of many {n}\n");
    let many: String = (0..1000).map(named).collect();
    let svg = folder.path().join("x.svg");
    let svg = svg.to_str().unwrap();
    fs::write(&path, format!("PORT = 443\nUSERS = {{\n{entries}}}\n")).unwrap();
    let commands: [(&[&str], &str); 22] = [
        (&["list"], ""),
        (&["list", "--links"], ""),
        (&["check"], ""),
        (&["add", "new"], ""),
        (&["add", "-"], &many),
        (&["add", "other", "--dry-run"], ""),
        (&["show", "new"], ""),
        (&["link", "new", "--qr-svg", svg], ""),
        (&["rotate", "new"], ""),
        (&["limit", "new", "--max-conns", "5"], ""),
        (&["rename", "new", "newer"], ""),
        (&["disable", "newer"], ""),
        (&["enable", "newer"], ""),
        (&["disable", "-"], &many),
        (&["enable", "-"], &many),
        (&["access-log", "on"], ""),
        (&["access-log", "status"], ""),
        (&["access-log", "off"], ""),
        (&["export"], ""),
        (&["remove", "-"], &many),
        (&["import", "-"], &many),
        (&["remove", "newer"], ""),
    ];
    let mut reading = once(config, &["names"], "");
    for (args, input) in commands {
        let before = fs::read(&path).unwrap();
        let fits = |took: Duration, reading: Duration| {
            let is_fast = cfg!(debug_assertions) || took < SHIPPED_MAX;
            is_fast && took.as_secs_f64() < reading.as_secs_f64() * READINGS_MAX
        };
        let mut took = once(config, args, input);
        for _ in 1..TRIES {
            if fits(took, reading) {
                break;
            }
            fs::write(&path, &before).unwrap();
            reading = reading.min(once(config, &["names"], ""));
            took = took.min(once(config, args, input));
        }
        eprintln!("{}: {took:?}, {reading:?} to read", args.join(" "));
        assert!(fits(took, reading), "{args:?} took {took:?}, reading {reading:?}");
    }
}
