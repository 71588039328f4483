//! The text of the tools on the bundled log and on 300 users, at several widths and in every
//! language, as recorded. `MTP_BLESS=1` writes the files; the difference is read like code.

use std::fmt::Write;
use std::io::Write as _;
use std::process::Stdio;

use unicode_width::UnicodeWidthStr;

use crate::demo::{demos, log};
use crate::harness::{Golden, check_schema, root, text, tool};

/// The text of a tool that reads this, on a terminal of this width.
fn shown(name: &str, args: &[&str], input: &[u8], columns: usize) -> String {
    let mut child = tool(name)
        .args(args)
        .env("COLUMNS", columns.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert_eq!(output.status.code(), Some(0), "{name} {args:?}");
    text(&output.stdout)
}

/// Events of 300 users over two days: most at home and on the way, every fiftieth in three places.
fn many() -> String {
    let mut rows = Vec::new();
    for hour in 0..48 {
        for user in 0..300_u32 {
            let is_shared = user % 50 == 7;
            let is_awake = (hour + user) % 24 < 14;
            let places = if is_shared { 3 } else { 1 };
            for place in 0..places {
                let is_out = !is_shared && (hour + user) % 24 / 4 == 1;
                let third = u8::try_from(user % 200).unwrap() + if is_out { 50 } else { 0 };
                let ip = format!("198.{}.{third}.{}", 18 + place, 1 + user / 200);
                for minute in [3, 18, 33, 48] {
                    if is_awake || is_shared {
                        let (day, hour, minute) = (20 + hour / 24, hour % 24, minute + place * 3);
                        let ts = format!("2026-11-{day}T{hour:02}:{minute:02}:{place:02}Z");
                        rows.push((ts, user, ip.clone()));
                    }
                }
            }
        }
    }
    rows.sort();
    let mut out = String::new();
    for (ts, user, ip) in rows {
        writeln!(
            out,
            r#"{{"type":"connect","ts":"{ts}","user":"user{user:03}","ip":"{ip}","proxy":"telemt"}}"#
        )
        .unwrap();
    }
    out
}

/// The rows of `mtp-score` about these events.
fn scores_of(events: &str) -> Vec<u8> {
    shown("mtp-score", &["--format", "json"], events.as_bytes(), 80).into_bytes()
}

#[test]
fn text_is_as_recorded() {
    let [events, scores, samples] = demos().map(|path| std::fs::read(path).unwrap());
    let many = many();
    let all = [events.clone(), scores.clone()].concat();
    let score: &[&str] = &["--format", "text"];
    let log = log();
    let start = log.split_inclusive(|byte| *byte == b'\n').take(40).collect::<Vec<_>>().concat();
    let rare = std::fs::read(root().join("tests/fixtures/dialects/telemt/rare.log")).unwrap();
    let unknown = b"no log of any proxy\n".repeat(3);
    let cases: [(&str, &str, &[&str], &[u8]); 18] = [
        ("parse", "mtp-parse", &["--format", "text"], &start),
        ("parse-check", "mtp-parse", &["--check"], &log),
        ("parse-explain", "mtp-parse", &["--explain"], &[rare, unknown].concat()),
        ("report-300", "mtp-report", &["--tz", "UTC", "--top", "12"], &scores_of(&many)),
        ("report-alone", "mtp-report", &["--tz", "UTC"], &events),
        ("score", "mtp-score", score, &events),
        ("score-300", "mtp-score", &["--format", "text", "--top", "12"], many.as_bytes()),
        ("score-explain", "mtp-score", &["--explain", "ned"], &events),
        ("score-long", "mtp-score", &["--format", "text", "--long", "--top", "2"], &events),
        ("score-vi", "mtp-score", &["--format", "text", "--lang", "vi"], &events),
        ("score-ru", "mtp-score", &["--format", "text", "--lang", "ru"], &events),
        ("score-explain-ru", "mtp-score", &["--explain", "ned", "--lang", "ru"], &events),
        ("report", "mtp-report", &["--tz", "UTC"], &all),
        ("report-vi", "mtp-report", &["--tz", "UTC", "--lang", "vi"], &all),
        ("report-ru", "mtp-report", &["--tz", "UTC", "--lang", "ru"], &all),
        ("report-sample", "mtp-report", &["--tz", "UTC"], &samples[..samples.len().min(1500)]),
        ("calendar", "mtp-report", &["--by", "day", "--tz", "UTC"], &events),
        ("calendar-user", "mtp-report", &["--by", "day", "--user", "ned", "--lang", "ru"], &events),
    ];
    let mut golden = Golden::default();
    for columns in [60, 80, 140] {
        for (name, program, args, input) in &cases {
            let out = shown(program, args, input, columns);
            // What is quoted from a log is not broken, nor is the row of a table.
            let is_broken = *program != "mtp-parse";
            let wide = out.lines().find(|line| is_broken && line.width() > columns);
            assert_eq!(wide, None, "{name} at {columns}");
            let file = root().join(format!("tests/fixtures/text/{name}-{columns}.txt"));
            golden.compare(&file, out.as_bytes());
        }
    }
    golden.finish();
}

/// The first screen of the README's command: every user, the worst first, with a reason each.
#[test]
fn the_first_screen_has_all_users() {
    let [events, ..] = demos().map(|path| std::fs::read(path).unwrap());
    let args = ["--events", "--evidence", "intervals", "--format", "json"];
    let rows = shown("mtp-score", &args, &events, 80);
    let out = shown("mtp-report", &["--text", "--tz", "UTC"], rows.as_bytes(), 80);
    let first: Vec<_> = out.lines().take(24).collect();
    let of = |verdict: &str| first.iter().filter(|line| line.contains(verdict)).count();
    let table: Vec<_> = first.iter().skip_while(|line| !line.starts_with("USER")).skip(1).collect();
    assert!(table.len() >= 20, "{out}");
    assert!(
        table[..3].iter().all(|line| line.contains(" sharing ") && line.contains(" at once")),
        "{out}"
    );
    assert_eq!(table.iter().filter(|line| line.contains(" clear ")).count(), 17, "{out}");
    assert!(of("3 sharing") <= 1 && first.iter().all(|line| line.width() <= 80), "{out}");
}

/// Of 300 users all are in the table, six of them shared, and the last line counts everyone.
#[test]
fn three_hundred_users_are_a_line_each() {
    let out = shown("mtp-score", &["--format", "text"], many().as_bytes(), 80);
    let lines: Vec<_> = out.lines().filter(|line| line.starts_with("user")).collect();
    assert_eq!(lines.len(), 300, "{out}");
    assert!(lines[..6].iter().all(|line| line.contains(" sharing ")), "{out}");
    assert!(lines[6..].iter().all(|line| line.contains(" clear ")), "{out}");
    assert!(
        out.trim_end().ends_with("300 users: 6 sharing, 0 watch, 294 clear, 0 unknown"),
        "{out}"
    );
    assert_eq!(out.matches("👤").count(), 6, "{out}");
}

/// The messages about the three shared accounts, with the commands that would act, in every language.
#[test]
fn messages_are_as_recorded() {
    use std::os::unix::fs::PermissionsExt;
    let [_, scores, _] = demos().map(|path| std::fs::read(path).unwrap());
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("keep");
    let script =
        "#!/bin/sh\nprintf '%s\\n%s\\n\\n' \"$MTP_TEXT\" \"$MTP_COMMANDS\" >> \"$0.txt\"\n";
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    let kept = folder.path().join("keep.txt");
    let mut golden = Golden::default();
    for lang in ["en", "vi", "ru"] {
        let program = program.to_str().unwrap();
        let args = ["--exec", program, "--lang", lang, "--tz", "UTC"];
        shown("mtp-notify", &args, &scores, 80);
        let messages = std::fs::read(&kept).unwrap();
        std::fs::remove_file(&kept).unwrap();
        golden.compare(&root().join(format!("tests/fixtures/text/notify-{lang}.txt")), &messages);
    }
    golden.finish();
}

/// A sample with everything that one can have, in every language.
#[test]
fn samples_are_as_recorded() {
    let row = r#"{"type":"sample","ts":"2026-11-22T21:56:42Z","port":443,"total":312,"addresses":41,
        "by_ip":[{"ip":"198.18.40.171","connections":300,"since":"2026-11-22T20:00:00Z","user":"jan",
        "rtt_ms":48.2,"bytes_down":1234567,"bytes_up":99,"idle_seconds":2.1},
        {"ip":"2001:db8:1:3808::bf18","connections":1,"since":"2026-11-22T20:00:00Z",
        "users":["ann","дима"]},
        {"ip":"198.18.1.1","connections":2,"since":"2026-11-22T20:00:00Z"}],
        "suspicious":[{"ip":"198.18.40.171","reason":"multiple_connections","connections":300,
        "last":"2026-11-22T21:56:42Z"},{"ip":"198.18.1.1","reason":"frequent_connections",
        "minutes":21,"last":"2026-11-22T21:56:42Z"}],"ambiguous":1,
        "unmatched":[{"users":["ned"],"ip":"198.18.9.9"}],"hidden_by":"nat"}"#;
    let row: String = row.lines().map(str::trim).collect();
    check_schema(&row);
    let mut golden = Golden::default();
    for lang in ["en", "vi", "ru"] {
        for columns in [60, 80, 140] {
            let args = ["--tz", "UTC", "--lang", lang];
            let out = shown("mtp-report", &args, row.as_bytes(), columns);
            assert_eq!(
                out.lines().find(|line| line.width() > columns),
                None,
                "{lang} at {columns}"
            );
            let file = root().join(format!("tests/fixtures/text/conns-{lang}-{columns}.txt"));
            golden.compare(&file, out.as_bytes());
        }
    }
    golden.finish();
}
