//! `mtp-score --forget` and `--retain`: what is erased is gone from the state, and everybody else's
//! rows are those of a stream in which it never was.

use std::path::Path;
use std::sync::LazyLock;

use crate::demo::log;
use crate::harness::{run, text};

static EVENTS: LazyLock<String> = LazyLock::new(|| text(&run("mtp-parse", &[], &log()).stdout));

/// The rows about users, in the order of their names.
fn users(events: &str, state: Option<&Path>, args: &[&str]) -> Vec<String> {
    let state = state.map(|state| ["--state", state.to_str().unwrap()]);
    let args = [args, state.iter().flatten().copied().collect::<Vec<_>>().as_slice()].concat();
    let output = run("mtp-score", &args, events.as_bytes());
    assert!(output.status.success(), "{args:?}: {}", text(&output.stderr));
    let rows = text(&output.stdout);
    let rows = rows.lines().filter(|row| row.starts_with(r#"{"type":"summary""#));
    let mut rows: Vec<_> = rows.map(str::to_owned).collect();
    rows.sort();
    rows
}

fn has(state: &Path, name: &str) -> bool {
    let bytes = std::fs::read(state).unwrap();
    memchr::memmem::find(&bytes, name.as_bytes()).is_some()
}

fn of_user(rows: &[String], user: &str) -> Option<String> {
    rows.iter().find(|row| row.contains(&format!(r#""user":"{user}""#))).cloned()
}

/// In the middle of the stream, with connections of the user in every part of the state.
#[test]
fn a_forgotten_user_was_never_there() {
    let folder = tempfile::tempdir().unwrap();
    let without = |user: &str| {
        let named = format!(r#""user":"{user}""#);
        EVENTS.split_inclusive('\n').filter(|row| !row.contains(&named)).collect::<String>()
    };
    let half = EVENTS.lines().count() / 2;
    let flags: [&[&str]; 3] = [&["--late", "10m"], &["--late", "1d"], &["--relay", "2"]];
    for (n, (user, flags)) in ["ned", "hal", "jan"].into_iter().zip(flags).enumerate() {
        let state = folder.path().join(n.to_string());
        let path = state.to_str().unwrap();
        let before: String = EVENTS.split_inclusive('\n').take(half).collect();
        users(&before, Some(&state), flags);
        assert!(has(&state, user));
        let forgotten = run("mtp-score", &["--state", path, "--forget", user], b"");
        assert_eq!((forgotten.status.code(), text(&forgotten.stdout)), (Some(0), String::new()));
        assert!(!has(&state, user));
        let all = without(user);
        let after: String = EVENTS.split_inclusive('\n').skip(half).collect();
        let named = format!(r#""user":"{user}""#);
        let after = after.split_inclusive('\n').filter(|row| !row.contains(&named));
        let rows = users(&after.collect::<String>(), Some(&state), flags);
        assert_eq!(rows, users(&all, None, flags), "{user}");
        assert_eq!(rows.len(), 19);
        // Once more there is no such user, and the state is as it was.
        let saved = std::fs::read(&state).unwrap();
        let again = run("mtp-score", &["--state", path, "--forget", user], b"");
        assert_eq!(again.status.code(), Some(1));
        assert!(text(&again.stderr).contains(&format!("no user '{user}' in ")));
        assert_eq!(std::fs::read(&state).unwrap(), saved);
    }
    let output = run("mtp-score", &["--forget", "ned"], b"");
    assert_eq!(output.status.code(), Some(2));
    let nowhere = folder.path().join("none");
    let output = run("mtp-score", &["--forget", "ned", "--state", nowhere.to_str().unwrap()], b"");
    assert_eq!(output.status.code(), Some(1));
    assert!(!nowhere.exists());
}

/// A connection a minute of `steady`; `gone` on the first day, `back` on the first and the last.
fn days(count: u32) -> String {
    let mut rows = String::new();
    for day in 1..=count {
        for minute in 0..24 * 6 {
            let (hour, minute) = (minute / 6, minute % 6 * 10);
            let mut add = |user: &str, last: u32| {
                rows.push_str(&format!(
                    "{{\"type\":\"connect\",\"ts\":\"2026-11-{day:02}T{hour:02}:{minute:02}:00Z\",\
                     \"user\":\"{user}\",\"ip\":\"198.51.100.{last}\",\"proxy\":\"telemt\"}}\n"
                ));
            };
            add("steady", 1);
            if day == 1 {
                add("gone", 2);
            }
            if (day == 1 || day == count) && hour > 2 {
                add("back", 3);
            }
        }
    }
    rows
}

#[test]
fn users_that_were_not_seen_for_long_are_erased() {
    let folder = tempfile::tempdir().unwrap();
    let rows = days(9);
    let all = users(&rows, None, &[]);
    let kept = users(&rows, None, &["--retain", "5d"]);
    assert_eq!((all.len(), kept.len()), (3, 2));
    assert_eq!(of_user(&all, "steady"), of_user(&kept, "steady"));
    // One who is seen again starts anew.
    let first = r#""first_seen":"2026-11-09T03:00:00Z""#;
    let back = of_user(&kept, "back").unwrap();
    assert!(back.contains(first), "{back}");
    assert!(!of_user(&all, "back").unwrap().contains(first));
    // Long enough, nothing is erased.
    assert_eq!(users(&rows, None, &["--retain", "8d"]), all);
    // The same wherever the run was interrupted.
    let lines: Vec<_> = rows.split_inclusive('\n').collect();
    for part in [3, 5, 7] {
        let state = folder.path().join(part.to_string());
        let (before, after) = lines.split_at(lines.len() * part / 9);
        users(&before.concat(), Some(&state), &["--retain", "5d"]);
        let rows = users(&after.concat(), Some(&state), &["--retain", "5d"]);
        assert_eq!(rows, kept, "{part}");
        assert!(has(&state, "steady") && !has(&state, "gone"));
    }
}
