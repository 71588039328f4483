//! A file of ten thousand users: no command is slow, and an edit costs two readings and a write.

use std::fs;
use std::io::{Read, Write};
use std::path::Path;
use std::process::{Child, Stdio};
use std::time::Duration;

use rustix::process::{Pid, WaitId, WaitIdOptions, waitid};

use crate::harness::{memory_folder, tool};

/// What a command may take of the processor in the program that is shipped.
const SHIPPED_MAX: Duration = Duration::from_millis(100);
/// How often as much as reading the file once an edit may take. It reads what is there and what it
/// is about to write, which with the writing is 2.7; each needless reading adds 1.
const READINGS_MAX: f64 = 3.3;
/// How often it is tried: a neighbour on the processor's caches slows down one, not all of them.
const TRIES: usize = 40;

/// Returns the processor time of a child that has ended, and reaps it. Unlike the time of the
/// clock it does not contain what other processes take.
fn processor_time(mut child: Child) -> (Duration, bool) {
    let pid = Pid::from_raw(i32::try_from(child.id()).unwrap());
    waitid(WaitId::Pid(pid.unwrap()), WaitIdOptions::EXITED | WaitIdOptions::NOWAIT).unwrap();
    let figures = fs::read_to_string(format!("/proc/{}/schedstat", child.id())).unwrap();
    let nanos = figures.split(' ').next().unwrap().parse().unwrap();
    (Duration::from_nanos(nanos), child.wait().unwrap().success())
}

/// How much processor time one run takes; it must go well.
fn once(config: &str, args: &[&str], input: &str) -> Duration {
    let mut child = tool("mtp-users")
        .args(args)
        .args(["--config", config])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    // The lists are shorter than a pipe holds.
    drop(child.stdin.take().unwrap().write_all(input.as_bytes()));
    let mut output = Vec::new();
    child.stdout.take().unwrap().read_to_end(&mut output).unwrap();
    let (took, is_done) = processor_time(child);
    assert!(is_done || args == ["check"], "{args:?}");
    took
}

#[test]
fn ten_thousand_users_are_no_burden() {
    let folder = memory_folder();
    let path = folder.path().join("config.py");
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
    check_speed(&path, &commands);
}

/// The same of the TOML files; those of teleproxy have at most sixteen users.
#[test]
fn ten_thousand_users_of_toml_are_no_burden() {
    let folder = memory_folder();
    let named = |n| format!("one of many {n}\n");
    let old = |n| format!("user number {n}\n");
    let many: String = (0..1000).map(named).collect();
    let old: String = (0..1000).map(old).collect();
    let commands: [(&[&str], &str); 12] = [
        (&["list"], ""),
        (&["check"], ""),
        (&["add", "new"], ""),
        (&["show", "new"], ""),
        (&["rotate", "new"], ""),
        (&["rename", "new", "newer"], ""),
        (&["disable", "-"], &old),
        (&["enable", "-"], &old),
        (&["export"], ""),
        (&["add", "-"], &many),
        (&["remove", "-"], &many),
        (&["import", "-"], &many),
    ];
    for (head, start, end) in [
        ("[server]\nport = 443\n[access.users]\n", "", ""),
        ("bind-to = \"0.0.0.0:443\"\n[secrets]\n", "ee", "612e62"),
    ] {
        let entry = |n: u64| format!("\"user number {n}\" = \"{start}{n:032x}{end}\"\n");
        let entries: String = (0..10_000).map(entry).collect();
        let path = folder.path().join("config.toml");
        fs::write(&path, format!("{head}{entries}")).unwrap();
        check_speed(&path, &commands);
    }
}

fn check_speed(path: &Path, commands: &[(&[&str], &str)]) {
    let config = path.to_str().unwrap();
    let mut reading = once(config, &["names"], "");
    for (args, input) in commands.iter().copied() {
        let before = fs::read(path).unwrap();
        let fits = |took: Duration, reading: Duration| {
            let is_fast = cfg!(debug_assertions) || took < SHIPPED_MAX;
            is_fast && took.as_secs_f64() < reading.as_secs_f64() * READINGS_MAX
        };
        let mut took = once(config, args, input);
        for _ in 1..TRIES {
            if fits(took, reading) {
                break;
            }
            fs::write(path, &before).unwrap();
            reading = reading.min(once(config, &["names"], ""));
            took = took.min(once(config, args, input));
        }
        eprintln!("{}: {took:?}, {reading:?} to read", args.join(" "));
        assert!(fits(took, reading), "{args:?} took {took:?}, reading {reading:?}");
    }
}
