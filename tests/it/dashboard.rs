//! The Grafana dashboard on the metrics of the README's pipeline: each panel's query finds data. It
//! is promtool that evaluates the queries, over several versions of the file.

use std::fmt::Write;
use std::process::Command;

use crate::demo::{demos, log};
use crate::harness::{root, run, skip, text};

/// The interval that Grafana puts into queries, and that between two versions.
const INTERVAL: &str = "1m";
const VERSIONS: usize = 3;

/// The metrics of the pipeline after a part of the log. The last event is a client that
/// the proxy turned away.
fn metrics(lines: &[&[u8]], samples: &[u8]) -> String {
    let mut events = run("mtp-parse", &[], &lines.concat()).stdout;
    let reject =
        r#"{"type":"reject","ts":"2026-11-22T23:59:00Z","reason":"replay","proxy":"telemt"}"#;
    events.extend_from_slice(reject.as_bytes());
    events.push(b'\n');
    let args = ["--events", "--every", "1m", "--format", "json"];
    let mut rows = run("mtp-score", &args, &events).stdout;
    rows.extend_from_slice(samples);
    text(&run("mtp-report", &["--prometheus", "-"], &rows).stdout)
}

/// `name{labels}` and the value of each line.
fn series(metrics: &str) -> impl Iterator<Item = (&str, &str)> {
    metrics.lines().filter(|line| !line.starts_with('#')).filter_map(|line| line.rsplit_once(' '))
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

#[test]
fn every_query_of_the_dashboard_finds_data() {
    let log = log();
    let lines: Vec<_> = log.split_inclusive(|byte| *byte == b'\n').collect();
    let samples = std::fs::read(&demos()[2]).unwrap();
    let parts =
        (1..=VERSIONS).map(|part| metrics(&lines[..lines.len() * part / VERSIONS], &samples));
    let versions: Vec<_> = parts.collect();
    let board = std::fs::read_to_string(root().join("contrib/grafana/mtp-tools.json")).unwrap();
    let board: serde_json::Value = serde_json::from_str(&board).expect("the dashboard is JSON");
    let mut test = format!("tests:\n- interval: {INTERVAL}\n  input_series:\n");
    for (name, _) in series(versions.last().unwrap()) {
        let of = |version: &String| {
            let found = series(version).find(|(known, _)| *known == name);
            found.map_or("_".to_owned(), |(_, value)| value.to_owned())
        };
        let values: Vec<_> = versions.iter().map(of).collect();
        let (name, values) = (quoted(name), quoted(&values.join(" ")));
        writeln!(test, "  - series: {name}\n    values: {values}").unwrap();
    }
    test.push_str("  promql_expr_test:\n");
    let mut queries = 0;
    for panel in board["panels"].as_array().unwrap() {
        for target in panel["targets"].as_array().map(Vec::as_slice).unwrap_or_default() {
            let query = target["expr"].as_str().unwrap();
            // Two versions at least are in it, as Grafana makes it.
            let query = query.replace("$__rate_interval", "4m");
            assert!(!query.contains('$'), "{query}");
            let query = quoted(&format!("count({query}) > bool 0"));
            let at = VERSIONS - 1;
            writeln!(
                test,
                "  - expr: {query}\n    eval_time: {at}m\n    exp_samples:\n    \
                 - labels: '{{}}'\n      value: 1"
            )
            .unwrap();
            queries += 1;
        }
    }
    assert!(queries >= 14, "{queries}");
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("queries.yml");
    let evaluate = |test: &str| {
        std::fs::write(&file, test).unwrap();
        Command::new("promtool").args(["test", "rules"]).arg(&file).output()
    };
    let Ok(output) = evaluate(&test) else {
        return skip("promtool, of Debian's package prometheus");
    };
    let said = text(&output.stdout) + &text(&output.stderr);
    assert!(output.status.success(), "{said}\n{test}");
    // A query of a metric that is missing would be found.
    let without = test.replace("series: 'mtp_sockets", "series: 'mtp_other");
    assert_ne!(without, test);
    assert!(!evaluate(&without).unwrap().status.success());
}
