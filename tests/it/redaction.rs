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
