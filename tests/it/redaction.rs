//! No secret leaves `mtp-parse`: not in rows, nor rejects, nor explanations, nor messages.

use std::fs;

use serde_json::Value;

use crate::harness::{root, run, text};

#[test]
fn secrets_in_every_dress_stay_inside() {
    let cases = root().join("tests/fixtures/redaction/cases.jsonl");
    let folder = tempfile::tempdir().unwrap();
    let rejects = folder.path().join("rejects");
    let kept = rejects.to_str().unwrap();
    let cases: Vec<Value> = fs::read_to_string(cases)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect();
    assert!(cases.len() >= 30);
    for args in [
        &["--rejects", kept][..],
        &["--rejects", kept, "--explain"],
        &["--rejects", kept, "--explain", "--format", "json"],
        &["--rejects", kept, "--format", "text"],
        &["--rejects", kept, "--dialect", "zig"],
        &["--rejects", kept, "--pattern", "(?P<user>.*)"],
    ] {
        for case in &cases {
            let line = case["line"].as_str().unwrap();
            let bytes = format!("{:?}", line.as_bytes()).replace(' ', "");
            let journal = format!("{{\"MESSAGE\":{bytes},\"_HOSTNAME\":\"vps1\"}}");
            for input in [format!("{line}\n"), format!("px-1  | {line}\n"), journal] {
                let output = run("mtp-parse", args, input.as_bytes());
                let mut all = text(&output.stdout) + &text(&output.stderr);
                all += &text(&fs::read(&rejects).unwrap());
                for secret in case["secrets"].as_array().unwrap() {
                    let secret = secret.as_str().unwrap();
                    let found = all.to_lowercase().contains(&secret.to_lowercase());
                    assert!(!found, "{args:?}: {}: {all}", case["note"]);
                    let numbers = format!("{:?}", secret.as_bytes()).replace(' ', "");
                    let inside = numbers.trim_matches(['[', ']']);
                    assert!(!all.contains(inside), "{args:?}: {}: {all}", case["note"]);
                }
            }
        }
    }
}

/// Every secret in the links of the examples, and every QR code that start scripts draw: read as
/// another format, so that all lines are not recognised, and as their own.
#[test]
fn secrets_and_drawings_of_the_examples_stay_inside() {
    let folder = tempfile::tempdir().unwrap();
    let rejects = folder.path().join("rejects");
    let kept = rejects.to_str().unwrap();
    let mut seen = 0;
    for dialect in mtp::formats::ALL {
        for path in crate::dialects::examples(dialect.name) {
            let log = text(&fs::read(&path).unwrap());
            let secrets: Vec<_> = log
                .split("secret=")
                .skip(1)
                .map(|rest| rest.split(|c: char| !c.is_ascii_alphanumeric()).next().unwrap())
                .filter(|secret| secret.len() >= 32)
                .collect();
            seen += secrets.len();
            for args in [
                &["--rejects", kept, "--dialect", "minhpn"][..],
                &["--rejects", kept, "--dialect", "minhpn", "--explain"],
                &["--rejects", kept, "--explain", "--format", "json"],
            ] {
                let output = run("mtp-parse", args, log.as_bytes());
                let mut all = text(&output.stdout) + &text(&output.stderr);
                all += &text(&fs::read(&rejects).unwrap());
                assert!(!all.contains(['\u{2588}', '\u{2580}', '\u{2584}']), "{}", path.display());
                for secret in &secrets {
                    assert!(!all.contains(secret), "{}: {secret}", path.display());
                }
            }
        }
    }
    assert!(seen > 10);
}

/// A secret that a terminal or a logger broke over two lines.
#[test]
fn secrets_over_two_lines_stay_inside() {
    let secret = "ee0123456789abcdef0123456789abcdef7777772e6578616d706c65";
    let folder = tempfile::tempdir().unwrap();
    let rejects = folder.path().join("rejects");
    let kept = rejects.to_str().unwrap();
    for cut in (0..secret.len()).step_by(5) {
        let (first, second) = secret.split_at(cut);
        for frame in ["", "px-1  | ", "2026-11-23T15:41:40.324509072Z "] {
            let log = format!("{frame}x: tg://proxy?server=h&secret={first}\n{frame}{second} y\n");
            for args in [&["--rejects", kept][..], &["--rejects", kept, "--explain"]] {
                let output = run("mtp-parse", args, log.as_bytes());
                let mut all = text(&output.stdout) + &text(&output.stderr);
                all += &text(&fs::read(&rejects).unwrap());
                for part in [first, second].iter().filter(|part| part.len() >= 6) {
                    assert!(!all.contains(*part), "{cut}: {all}");
                }
            }
        }
    }
}
