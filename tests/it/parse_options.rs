//! The flags of `mtp-parse`, each on a few lines.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::time::{Duration, Instant};

use crate::harness::{check_schema, run, spawn_piped, text};

const ACCESS: &str = "mtp-access ts=2026-11-23T15:40:35.158Z ev=connect id=a-1 user=\"alice\" \
                      ip=203.0.113.7 port=35441 mode=tls dc=2\n\
                      mtp-access ts=2026-11-23T15:41:35.158Z ev=connect id=a-2 user=\"bob\" \
                      ip=2001:db8::7 port=35442 mode=secure dc=2\n";
const SECRET: &str = "0123456789abcdef0123456789abcdef";

/// The events that come of an input.
fn events(args: &[&str], input: &str) -> Vec<String> {
    let output = run("mtp-parse", args, input.as_bytes());
    let rows = text(&output.stdout);
    check_schema(&rows);
    let events = rows.lines().filter(|row| !row.contains("\"type\":\"meta\""));
    events.map(str::to_owned).collect()
}

#[test]
fn since_and_until_cut_by_time() {
    let users = |args: &[&str]| {
        let user = |row: &String| row.split("\"user\":\"").nth(1).unwrap()[..3].to_owned();
        events(args, ACCESS).iter().map(user).collect::<Vec<_>>()
    };
    assert_eq!(users(&[]), ["ali", "bob"]);
    assert_eq!(users(&["--since", "2026-11-23T15:41:35.158Z"]), ["bob"]);
    assert_eq!(users(&["--until", "2026-11-23T15:41:35.158Z"]), ["ali"]);
    assert_eq!(users(&["--since", "2026-11-23 18:41", "--tz", "+03:00"]), ["bob"]);
    assert!(users(&["--since", "2030-01-01"]).is_empty());
    let output = run("mtp-parse", &["--since", "2030-01-01"], ACCESS.as_bytes());
    assert!(text(&output.stdout).contains("\"rows\":0,\"left_out\":2,"));
    let wrong = run("mtp-parse", &["--since", "soon"], b"");
    assert_eq!(wrong.status.code(), Some(2));
    assert!(text(&wrong.stderr).starts_with("mtp-parse: --since: invalid time 'soon' (expected "));
}

#[test]
fn source_names_all_lines() {
    let rows = events(&["--source", "px"], &format!("other-1  | {ACCESS}"));
    assert!(rows.iter().all(|row| row.ends_with("\"source\":\"px\"}")), "{rows:?}");
}

#[test]
fn a_pattern_reads_other_logs() {
    let pattern = concat!(
        r"^(?P<ts>\S+ \S+) (?P<event>\w+) (?P<user>[^@]+)",
        r"@(?P<ip>[^ ]+)( (?P<port>\d+))?"
    );
    let log = "2026-11-23 15:40:35 opened max power@203.0.113.7 4242\n\
               2026-11-23 15:40:36 closed max power@[2001:db8::7]:4243\n\
               2026-11-23 15:40:37 pinged max power@203.0.113.7\n\
               2026-11-23 15:40:38 opened max power@203.0.113\n";
    let args = ["--pattern", pattern, "--tz", "UTC"];
    let both = format!("{log}{ACCESS}");
    let rows = events(&args, &both);
    assert_eq!(rows.len(), 4, "{rows:?}");
    let first = r#"{"type":"connect","ts":"2026-11-23T15:40:35Z","user":"max power","#;
    let rest = r#""ip":"203.0.113.7","port":4242,"proxy":"pattern"}"#;
    assert_eq!(rows[0], [first, rest].concat());
    assert!(rows[1].starts_with(r#"{"type":"disconnect","ts":"2026-11-23T15:40:36Z""#));
    assert!(rows[1].contains(r#""ip":"2001:db8::7","port":4243"#));
    assert_eq!(events(&[&args[..], &["--dialect", "pattern"]].concat(), &both).len(), 2);
    for (wrong, why) in [
        ("(", "unclosed group"),
        ("(?P<name>x)", "invalid group 'name' (expected ts, user, secret, ip, port, event)"),
        ("x", "no named group"),
    ] {
        let output = run("mtp-parse", &["--pattern", wrong], b"");
        assert_eq!(output.status.code(), Some(2));
        assert!(text(&output.stderr).contains(why), "{}", text(&output.stderr));
    }
}

#[test]
fn strict_makes_what_is_lost_a_failure() {
    let odd = format!("{ACCESS}what is this\n");
    assert!(run("mtp-parse", &[], odd.as_bytes()).status.success());
    let output = run("mtp-parse", &["--strict"], odd.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    assert!(text(&output.stderr).contains("--strict: 1 lines were not recognised"));
    assert!(run("mtp-parse", &["--strict"], ACCESS.as_bytes()).status.success());
}

#[test]
fn explain_shows_what_each_line_is() {
    let log = format!("px-1  | {ACCESS}mtp-access ts=now\nwhat is secret={SECRET}\n\n");
    let output = run("mtp-parse", &["--explain"], log.as_bytes());
    let shown = text(&output.stdout);
    for want in [
        "standard input:1: compose from px-1; access: connect\n    mtp-access ts=2026",
        "    -> {\"type\":\"connect\",",
        "standard input:3: none; access: not recognised: invalid ts=\n",
        "standard input:4: none: not recognised: no format has such a line\n",
        "\n    what is secret=[secret]\n",
        "standard input:5: none: an empty line\n",
    ] {
        assert!(shown.contains(want), "{want}\n{shown}");
    }
    for (line, why) in [
        ("INFO mtp-access ts=1", "mtp-access is not its first word"),
        ("a\n\nb: 3 connects (3 current), 0.01 MB, 22 msgs", "a line of statistics outside"),
        ("203.0.113.7", "an address outside a list"),
        ("alice: new connection 203.0.113.7:1", "a connection without the header"),
    ] {
        let line = format!("Stats for 23.11.2026 15:40:45\n\n{line}\n");
        let shown = text(&run("mtp-parse", &["--explain"], line.as_bytes()).stdout);
        assert!(shown.contains(&format!("not recognised: {why}")), "{shown}");
    }
    let output = run("mtp-parse", &["--explain", "--format", "json"], log.as_bytes());
    check_schema(&text(&output.stdout));
    assert_eq!(text(&output.stdout).lines().count(), 5);
}

#[test]
fn text_for_people() {
    let output = run("mtp-parse", &["--format", "text"], ACCESS.as_bytes());
    assert_eq!(
        text(&output.stdout),
        "2026-11-23 15:40:35  connect     alice             203.0.113.7:35441      tls\n\
         2026-11-23 15:41:35  connect     bob               [2001:db8::7]:35442    secure\n"
    );
}

#[test]
fn files_in_turn_and_one_that_is_missing() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("one.log");
    fs::write(&file, ACCESS).unwrap();
    let file = file.to_str().unwrap();
    let output = run("mtp-parse", &[file, "not-there.log", "-"], ACCESS.as_bytes());
    assert_eq!(output.status.code(), Some(1));
    let shown = text(&output.stderr);
    assert!(shown.starts_with("mtp-parse: not-there.log: No such file or directory\n"), "{shown}");
    assert_eq!(text(&output.stdout).lines().count(), 5);
}

/// An assumption about times is reported once.
#[test]
fn assumptions_are_reported_once() {
    let log = "Stats for 23.11.2026 15:40:45\nStats for 23.11.2026 15:40:46\n";
    let shown = text(&run("mtp-parse", &[], log.as_bytes()).stderr);
    assert_eq!(shown.matches("--tz sets theirs").count(), 1, "{shown}");
    let shown = text(&run("mtp-parse", &["--tz", "UTC"], log.as_bytes()).stderr);
    assert_eq!(shown.lines().count(), 1, "{shown}");
}

/// Each line's row leaves at once, and the users' file is read again when it changes.
#[test]
fn live_rows_leave_at_once_and_users_may_change() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("config.py");
    let write = |name: &str| {
        let new = folder.path().join("new");
        fs::write(&new, format!("USERS = {{\"{name}\": \"{SECRET}\"}}\n")).unwrap();
        fs::rename(&new, &config).unwrap();
    };
    write("alice");
    let (mut child, mut stdin) =
        spawn_piped("mtp-parse", &["--dialect", "minhpn", "--users", config.to_str().unwrap()]);
    let mut rows = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut waits = Vec::new();
    for (n, name) in ["alice", "alice", "bob", "bob", "carol"].into_iter().enumerate() {
        if n > 0 {
            write(name);
            std::thread::sleep(Duration::from_millis(20));
        }
        let begin = Instant::now();
        let line = format!("2026-11-23T15:40:35Z user {SECRET} connected from 203.0.113.7:{n}1\n");
        stdin.write_all(line.as_bytes()).unwrap();
        let row = rows.next().unwrap().unwrap();
        waits.push(begin.elapsed());
        assert!(row.contains(&format!("\"user\":\"{name}\"")), "{row}");
    }
    drop(stdin);
    assert!(rows.next().unwrap().unwrap().contains("\"understood\":5"));
    assert!(child.wait().unwrap().success());
    waits.sort();
    assert!(waits[2] < Duration::from_millis(100), "{waits:?}");
    let missing = run("mtp-parse", &["--users", "not-there.py"], b"");
    assert_eq!(missing.status.code(), Some(1));
}

/// Lines that cannot be written to the file of `--rejects` are counted, and the events go on.
#[test]
fn a_full_disk_of_rejects_does_not_stop_the_events() {
    let event = "mtp-access ts=2026-11-23T15:40:40.158Z ev=connect id=ebf4a3-1 user=\"alice\" \
                 ip=203.0.113.7 port=35441 mode=tls dc=2\n";
    let unknown = format!("{}\n", "not of any proxy ".repeat(100)).repeat(100);
    let log = [event, &unknown, event].concat();
    let output = run("mtp-parse", &["--rejects", "/dev/full"], log.as_bytes());
    let (rows, reported) = (text(&output.stdout), text(&output.stderr));
    assert_eq!(rows.matches("\"type\":\"connect\"").count(), 2, "{rows}");
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(reported.matches("trying again").count(), 1, "{reported}");
    assert!(reported.contains("/dev/full: No space left on device; "), "{reported}");
    assert!(reported.contains(" lines or more are missing"), "{reported}");
}
