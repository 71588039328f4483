//! The text of the tools on the bundled log and on 300 users, at several widths and in every
//! language, as recorded. `MTP_BLESS=1` writes the files; the difference is read like code.

use std::fmt::Write;
use std::io::Write as _;
use std::process::Stdio;

use unicode_width::UnicodeWidthStr;

use crate::demo::demos;
use crate::harness::{Golden, root, text, tool};

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
    let mut out = String::new();
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
                        let (day, hour) = (20 + hour / 24, hour % 24);
                        writeln!(
                            out,
                            r#"{{"type":"connect","ts":"2026-11-{day}T{hour:02}:{:02}:{place:02}Z","user":"user{user:03}","ip":"{ip}","proxy":"telemt"}}"#,
                            minute + place * 3
                        )
                        .unwrap();
                    }
                }
            }
        }
    }
    out
}

#[test]
fn text_is_as_recorded() {
    let [events, scores, samples] = demos().map(|path| std::fs::read(path).unwrap());
    let many = many();
    let all = [events.clone(), scores.clone()].concat();
    let score: &[&str] = &["--format", "text"];
    let cases: [(&str, &str, &[&str], &[u8]); 13] = [
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
            let wide = out.lines().find(|line| line.width() > columns);
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
