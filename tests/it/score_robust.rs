//! Wrong times, long names, failed saves and misused files: nothing of it stops mtp-score, makes it
//! blind or fills the memory, and all of it is reported.

use std::io::{BufRead, BufReader, Write};
use std::process::Stdio;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{SeededRng, check_schema, run, text, tool};

fn row(kind: &str, ts: &str, user: &str, n: usize) -> String {
    format!(
        "{{\"type\":\"{kind}\",\"ts\":\"{ts}\",\"user\":\"{user}\",\"ip\":\"203.0.113.{}\",\
         \"port\":{},\"proxy\":\"access\"}}\n",
        n % 2,
        1024 + n % 60_000
    )
}

/// A connection a minute.
fn rows(count: usize) -> Vec<String> {
    let at = |n: usize| 1_795_448_000_000 + i64::try_from(n).unwrap() * 60_000;
    let each = |n| row("connect", &mtp::timestamp::Timestamp(at(n)).text(), "alice", n);
    (0..count).map(each).collect()
}

/// The summaries and the meta row.
fn scored(rows: &[String]) -> (Vec<String>, Value) {
    let output = run("mtp-score", &[], rows.concat().as_bytes());
    assert!(output.status.success(), "{}", text(&output.stderr));
    let rows = text(&output.stdout);
    check_schema(&rows);
    let (meta, others): (Vec<_>, Vec<_>) = rows.lines().partition(|row| row.contains("\"meta\""));
    (others.into_iter().map(str::to_owned).collect(), serde_json::from_str(meta[0]).unwrap())
}

#[test]
fn one_wrong_time_changes_nothing_and_is_counted() {
    let straight = rows(700);
    let (expected, _) = scored(&straight);
    for (kind, ts, set_aside) in [
        ("connect", "9999-12-31T23:59:59Z", 1),
        ("connect", "2030-01-01T00:00:00Z", 1),
        ("usage", "9999-12-31T23:59:59Z", 0),
        ("seen", "9999-12-31T23:59:59Z", 0),
    ] {
        for at in [1, 300, 699] {
            let mut wrong = straight.clone();
            let forged = row(kind, ts, "alice", at).replace("\"proxy\"", "\"current\":1,\"proxy\"");
            wrong.insert(at, forged);
            let (summaries, meta) = scored(&wrong);
            assert_eq!(summaries, expected, "{kind} {ts} at {at}");
            assert_eq!((&meta["late"], &meta["set_aside"]), (&0.into(), &set_aside.into()));
        }
    }
    // A clock an hour ahead, once: its connection is used when the stream has reached its time.
    let mut wrong = straight.clone();
    wrong.insert(100, straight[160].clone().replace("\"port\"", "\"id\":\"x\",\"port\""));
    let (_, meta) = scored(&wrong);
    assert_eq!((&meta["late"], &meta["connections"]), (&0.into(), &701.into()));
    // The first line.
    let mut wrong = straight;
    wrong.insert(0, row("connect", "9999-12-31T23:59:59Z", "forged", 0));
    let (_, meta) = scored(&wrong);
    assert_eq!((&meta["late"], &meta["connections"]), (&0.into(), &701.into()));
}

#[test]
fn names_are_bounded_and_counted() {
    let mut long = rows(10);
    for n in 0..5 {
        let name = format!("{n}{}", "x".repeat(1_000_000));
        long.push(row("connect", "2026-11-23T16:00:00Z", &name, n));
    }
    let (summaries, meta) = scored(&long);
    assert_eq!(
        (summaries.len(), &meta["users"], &meta["names_too_long"]),
        (1, &1.into(), &5.into())
    );
}

#[test]
fn a_state_in_use_is_refused_with_its_process() {
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state");
    let args = ["--state", state.to_str().unwrap(), "--every", "1s"];
    let mut first = tool("mtp-score")
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let mut stdin = first.stdin.take().unwrap();
    stdin.write_all(rows(5).concat().as_bytes()).unwrap();
    // Its first summary shows that it runs.
    let mut stdout = BufReader::new(first.stdout.take().unwrap());
    stdout.read_line(&mut String::new()).unwrap();
    let second = run("mtp-score", &args, b"");
    assert_eq!(second.status.code(), Some(1));
    let reason = format!("in use by process {}", first.id());
    assert!(text(&second.stderr).contains(&reason), "{}", text(&second.stderr));
    drop(stdin);
    std::io::copy(&mut stdout, &mut std::io::sink()).unwrap();
    assert!(first.wait().unwrap().success());
    assert!(run("mtp-score", &args, b"").status.success());
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().collect();
    assert_eq!(left.len(), 1, "{left:?}");
}

#[test]
fn a_failed_save_is_reported_and_the_summaries_are_written() {
    let folder = tempfile::tempdir().unwrap();
    let inside = folder.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    let state = inside.join("state");
    let mut child = tool("mtp-score")
        .args(["--state", state.to_str().unwrap(), "--save-every", "20ms"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    stdin.write_all(rows(5).concat().as_bytes()).unwrap();
    let deadline = Instant::now() + Duration::from_secs(20);
    while !state.exists() && Instant::now() < deadline {
        std::thread::sleep(Duration::from_millis(5));
    }
    // A save may create a file meanwhile.
    while std::fs::remove_dir_all(&inside).is_err() {}
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    let mut reported = String::new();
    stderr.read_line(&mut reported).unwrap();
    assert!(reported.contains("trying again in 20ms"), "{reported}");
    stdin.write_all(rows(9)[5..].concat().as_bytes()).unwrap();
    drop(stdin);
    std::thread::spawn(move || std::io::copy(&mut stderr, &mut std::io::sink()));
    let output = child.wait_with_output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let rows = text(&output.stdout);
    assert!(rows.contains("\"user\":\"alice\"") && rows.contains("\"connections\":9"), "{rows}");
}

#[test]
fn devices_and_pipes_are_not_read_as_files() {
    for flag in ["--limits", "--asn", "--state"] {
        let output = run("mtp-score", &[flag, "/dev/zero"], b"");
        assert_eq!(output.status.code(), Some(1), "{flag}");
        let message = text(&output.stderr);
        assert!(message.contains("/dev/zero"), "{flag}: {message}");
    }
}

/// Lines of another service that are not recognised do not touch a verdict; those of the proxy do.
#[test]
fn coverage_is_counted_by_source() {
    let verdict = |meta: &str| {
        let mut all = rows(180);
        all.push(format!("{{\"type\":\"meta\",\"tool\":\"mtp-parse\",{meta}}}\n"));
        let (summaries, _) = scored(&all);
        let summary: Value = serde_json::from_str(&summaries[0]).unwrap();
        summary["verdict"].as_str().unwrap().to_owned()
    };
    let sources =
        "\"by_source\":{\"px-1\":{\"understood\":180},\"nginx-1\":{\"not_recognised\":90}}";
    let lines = "\"read\":270,\"understood\":180,\"not_recognised\":90";
    assert_eq!(verdict(&format!("{lines},\"proxy_not_recognised\":0,{sources}")), "clear");
    assert_eq!(verdict(&format!("{lines},\"proxy_not_recognised\":90,{sources}")), "unknown");
    assert_eq!(verdict(lines), "unknown");
}

/// Two proxies in one archive, the clock of one an hour ahead: no connection of either is lost, and it
/// is reported. So are connections whose time stays implausible.
#[test]
fn a_source_whose_clock_is_an_hour_ahead_loses_nothing() {
    let of = |source: &str, minutes: usize| {
        let at = |n: usize| 1_795_448_000_000 + i64::try_from(n + minutes).unwrap() * 60_000;
        let each = move |n| {
            let ts = mtp::timestamp::Timestamp(at(n)).text();
            let source = format!("\"source\":\"{source}\",\"port\"");
            row("connect", &ts, "alice", n).replace("\"port\"", &source)
        };
        (0..300).map(each).collect::<Vec<_>>()
    };
    for (ahead, late) in [(0, 0), (20, 0), (60, 0), (119, 0)] {
        let (honest, fast) = (of("a", 0), of("b", ahead));
        let rows: Vec<_> = honest.into_iter().zip(fast).flat_map(|(a, b)| [a, b]).collect();
        let output = run("mtp-score", &[], rows.concat().as_bytes());
        let reported = text(&output.stderr);
        let meta = text(&output.stdout).lines().last().map(str::to_owned).unwrap();
        let meta: Value = serde_json::from_str(&meta).unwrap();
        assert_eq!((&meta["late"], &meta["connections"]), (&late.into(), &600.into()), "{ahead}");
        let want = "source 'a': its times are ";
        assert_eq!(reported.matches(want).count(), usize::from(ahead > 30), "{reported}");
    }
    // Ten a minute of each, in any order, the fast one first.
    let mut rng = SeededRng::new(5);
    let mut rows = of("b", 60)[..1].to_vec();
    for n in 0..3000_usize {
        let (source, ahead) = if rng.below(2) == 0 { ("a", 0) } else { ("b", 3_600_000) };
        let ts = 1_795_448_000_000 + i64::try_from(n).unwrap() * 6_000 + ahead;
        let ts = mtp::timestamp::Timestamp(ts).text();
        let source = format!("\"source\":\"{source}\",\"port\"");
        rows.push(row("connect", &ts, &format!("u{}", n % 20), n).replace("\"port\"", &source));
    }
    let (_, meta) = scored(&rows);
    assert_eq!((&meta["late"], &meta["connections"]), (&0.into(), &3001.into()), "{meta}");
    let far = [of("a", 0), of("b", 100_000)[..2].to_vec()].concat();
    let output = run("mtp-score", &[], far.concat().as_bytes());
    let reported = text(&output.stderr);
    assert!(reported.contains("; 2 set aside (their time is implausible)"), "{reported}");
}

/// The rows of connections that leave when the connections end, as those of mtg do: none is late,
/// and the score is that of the same connections in order of time.
#[test]
fn a_row_that_leaves_at_the_end_of_its_connection_is_in_time() {
    let start = 1_795_448_000_000;
    let row = |n: i64, key: &str| {
        let ts = mtp::timestamp::Timestamp(start + n * 50_000).text();
        let ip = n % 3;
        format!(
            "{{\"type\":\"connect\",\"ts\":\"{ts}\",\"user\":\"alice\",\"ip\":\"203.0.113.{ip}\",\
             \"id\":\"s{n}\",{key}\"proxy\":\"mtg\",\"source\":\"mtg-1\"}}\n"
        )
    };
    // From a second to an hour.
    let lasted = |n: i64| 1 + n * 7_919 % 3_600;
    let mut left: Vec<_> = (0..400).map(|n| (n * 50 + lasted(n), n)).collect();
    left.sort_unstable();
    let at_end: Vec<_> =
        left.iter().map(|(_, n)| row(*n, &format!("\"seconds\":{},", lasted(*n)))).collect();
    let in_time: Vec<_> = (0..400).map(|n| row(n, "")).collect();
    let ((summaries, meta), (expected, _)) = (scored(&at_end), scored(&in_time));
    assert_eq!((&meta["late"], &meta["connections"]), (&0.into(), &400.into()));
    let read = |rows: &[String]| serde_json::from_str::<Value>(rows.last().unwrap()).unwrap();
    let (have, want) = (read(&summaries), read(&expected));
    for key in ["score", "points", "connections", "addresses", "simultaneous", "first_seen"] {
        assert_eq!(have[key], want[key], "{key}");
    }
    // Without the key most of them are late.
    let bare: Vec<_> = left.iter().map(|(_, n)| row(*n, "")).collect();
    assert!(scored(&bare).1["late"].as_u64().unwrap() > 200);
    // Rows that come again after a restart are those of the state.
    let folder = tempfile::tempdir().unwrap();
    let state = folder.path().join("state").display().to_string();
    let args = ["--state", state.as_str()];
    let (once, again) = (at_end[..300].concat(), at_end[100..].concat());
    for rows in [once, again] {
        assert!(run("mtp-score", &args, rows.as_bytes()).status.success());
    }
    let end = run("mtp-score", &args, b"");
    let rows: Vec<_> = text(&end.stdout).lines().map(str::to_owned).collect();
    let meta = rows.iter().find(|row| row.contains("\"meta\"")).unwrap();
    assert!(meta.contains("\"connections\":400,\"late\":0,\"duplicates\":200,"), "{meta}");
}
