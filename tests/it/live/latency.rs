//! How soon a line that a container prints is a row, and how a pipeline ends.

use std::fs;
use std::sync::Mutex;
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::compose::{Compose, Project};
use super::engine::Engine;
use super::pipeline::Pipeline;
use crate::harness::{root, skip};
use crate::proxy::python;

/// A line's way from the container's pipe through the engine, Compose and mtp-parse.
const MEDIAN_MAX: Duration = Duration::from_millis(5);
/// Rows of which the median is taken, about a second of them. The machine may be busy with other
/// tests: the best of many such windows counts.
const WINDOW: usize = 100;
const PATIENCE: Duration = Duration::from_secs(30);
const RECORDED: &str = "tests/fixtures/dialects/access/recorded.log";

/// One measurement at a time.
static QUIET: Mutex<()> = Mutex::new(());

/// Time from print to row, by the time of printing that stands in the id.
fn delay((seen, row): &(u128, String)) -> Option<Duration> {
    let row: Value = serde_json::from_str(row).unwrap();
    let printed = u128::from_str_radix(row["id"].as_str()?.split('-').next()?, 16).ok()?;
    Some(Duration::from_nanos(u64::try_from(seen.saturating_sub(printed)).unwrap()))
}

fn best_median(events: &[(u128, String)]) -> Duration {
    let delays: Vec<Duration> = events.iter().filter_map(delay).collect();
    let medians = delays.chunks_exact(WINDOW).map(|window| {
        let mut window = window.to_vec();
        window.sort_unstable();
        window[WINDOW / 2]
    });
    medians.min().unwrap_or(Duration::MAX)
}

fn rows_come_at_once_and_the_end_is_in_order(compose: &Compose, follow: &[&str]) {
    let _quiet = QUIET.lock();
    let Some(engine) = Engine::get() else { return skip("a Docker engine") };
    let folder = tempfile::tempdir().unwrap();
    fs::copy(root().join(RECORDED), folder.path().join("recorded.log")).unwrap();
    fs::write(folder.path().join("slowly.py"), include_str!("slowly.py")).unwrap();
    let python = python();
    let command = [python.to_str().unwrap(), "slowly.py", "recorded.log"];
    let mounts = ["slowly.py", "recorded.log"].map(|file| format!("./{file}:/home/tgproxy/{file}"));
    let project = Project::up(&engine, compose, folder, &command, &mounts);
    let mut pipeline = Pipeline::start(&mut project.command(follow), &["--every", "1s"]);
    let end = Instant::now() + PATIENCE;
    while best_median(&pipeline.events()) > MEDIAN_MAX && Instant::now() < end {
        thread::sleep(Duration::from_millis(200));
    }
    let median = best_median(&pipeline.events());
    assert!(median <= MEDIAN_MAX, "{compose:?} {follow:?}: {median:?}");
    eprintln!("{compose:?} {follow:?}: a row after {median:?}, median");
    assert!(project.down());
    assert_eq!(pipeline.end(), [Some(0), Some(0)], "{compose:?} {follow:?}");
    let (events, scores) = (pipeline.events(), pipeline.scores());
    let last = &events.last().unwrap().1;
    assert!(last.contains(r#""type":"meta""#), "{last}");
    assert!(scores.iter().any(|row| row.contains(r#""type":"summary""#)), "{scores:?}");
    assert!(scores.last().unwrap().contains(r#""type":"meta""#), "{scores:?}");
    let sources = events.iter().filter(|(_, row)| row.contains(r#""source":"mtprotoproxy"#));
    assert!(sources.count() > WINDOW, "{:?}", events.first());
}

#[test]
fn through_compose_1() {
    let Some(compose) = Compose::old() else { return skip("docker-compose 1") };
    rows_come_at_once_and_the_end_is_in_order(&compose, &["logs", "-f"]);
    rows_come_at_once_and_the_end_is_in_order(&compose, &["logs", "-f", "-t"]);
}

#[test]
fn through_compose_2() {
    let Some(compose) = Compose::new() else { return skip("docker compose 2") };
    rows_come_at_once_and_the_end_is_in_order(&compose, &["logs", "-f"]);
    rows_come_at_once_and_the_end_is_in_order(&compose, &["logs", "-f", "-t"]);
}
