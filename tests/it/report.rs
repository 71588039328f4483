//! `mtp-report` as text and metrics, and what holds for all its outputs.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::demo::{SEED, demos, fixture};
use crate::harness::{run, skip, spawn_piped, text, tool};

fn seed() -> Vec<u8> {
    fs::read(fixture("seed.jsonl")).unwrap()
}

#[test]
fn the_scripts_lines_from_saved_streams() {
    let output = run("mtp-report", &["--long", "--warn", "2", "--tz", "UTC"], &seed());
    let out = text(&output.stdout);
    let monitor = "🔍 MTProxy Monitor - 2024-01-15 14:30:25\n\
                   ========================================\n\
                   📊 Total active connections: 3\n👥 Unique users (IPs): 2\n\n\
                   📋 Connections by IP:\n  ⚠️ 10.0.0.50: 2 connection(s)\n  \
                   ✅ 192.168.1.100: 1 connection(s)\n";
    assert!(out.starts_with(monitor), "{out}");
    assert!(out.contains(SEED), "{out}");
    assert_eq!(output.status.code(), Some(0));
    let told = text(&output.stderr);
    let want = "mtp-report: 2 lines read: 0 events, 1 summaries, 0 alerts, 1 samples, ";
    assert!(told.starts_with(want) && told.lines().count() == 1, "{told}");
}

#[test]
fn vietnamese_where_it_is_asked_for() {
    let out = text(&run("mtp-report", &["--lang", "vi", "--long", "--tz", "UTC"], &seed()).stdout);
    assert!(out.contains("📊 Phân tích log MTProxy - 2024-01-15 14:35:10"), "{out}");
    assert!(out.contains("🚨 RỦI RO CAO - Có thể đang chia sẻ tài khoản!"), "{out}");
}

#[test]
fn worst_first_and_no_more_than_asked() {
    let [events, scores, _] = demos();
    let out = text(&run("mtp-report", &["--top", "2", &events, &scores], b"").stdout);
    let users: Vec<_> = out.lines().filter(|line| line.starts_with("👤")).collect();
    assert_eq!(users, ["👤 User: jan", "👤 User: ned"]);
    assert!(out.contains("20 users: 3 sharing, 0 watch, 17 clear, 0 unknown"), "{out}");
}

#[test]
fn lines_that_are_not_rows_are_counted() {
    let mixed = b"\n[1]\nno\xff\n{\"type\":\"connect\",\"ts\":\"2026-01-01T00:00:00Z\",\
                  \"user\":\"a\",\"ip\":\"192.0.2.1\",\"proxy\":\"access\"}\n\
                  {\"type\":\"new thing\"}\n{\"type\":\"sum";
    let output = run("mtp-report", &[], mixed);
    assert_eq!(output.status.code(), Some(0));
    assert!(text(&output.stdout).starts_with("1 connection of 1 user, and no scores"));
    let told = text(&output.stderr);
    assert!(told.contains("6 lines read: 1 events"), "{told}");
    assert!(told.contains("1 others ignored, 3 not recognised, 0 cut"), "{told}");
    assert_eq!(run("mtp-report", &["--strict"], mixed).status.code(), Some(1));
    let nothing = run("mtp-report", &[], b"");
    assert!(text(&nothing.stderr).contains("nothing to report"), "{nothing:?}");
}

#[test]
fn wrong_use_is_refused() {
    for (args, what) in [
        (["--watch", "-"], "--watch: standard output is not a terminal"),
        (
            ["--format", "json"],
            "--format json: not supported without --by (mtp-report writes text, pages and metrics)",
        ),
        (["--lang", "fr"], "--lang: invalid language 'fr' (expected en"),
    ] {
        let output = run("mtp-report", &args, b"");
        assert_eq!(output.status.code(), Some(2), "{args:?}");
        assert!(text(&output.stderr).contains(what), "{output:?}");
    }
    let unwritable = run("mtp-report", &["--html", "/nowhere/x.html"], b"{\"type\":\"x\"}\n");
    assert_eq!(unwritable.status.code(), Some(1));
    let said = text(&unwritable.stderr);
    assert!(said.contains("/nowhere/x.html: No such file or directory"), "{said}");
}

/// Names and addresses of the streams that must not be found where they are hidden.
#[test]
fn hidden_names_are_hidden_everywhere() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name).display().to_string();
    let mut args = vec!["--anonymize".to_owned(), "--text".to_owned()];
    args.extend(["--html".to_owned(), at("a.html"), "--prometheus".to_owned(), at("a.prom")]);
    args.extend(demos());
    let args: Vec<_> = args.iter().map(String::as_str).collect();
    let shown = text(&run("mtp-report", &args, b"").stdout);
    let page = fs::read_to_string(at("a.html")).unwrap();
    let metrics = fs::read_to_string(at("a.prom")).unwrap();
    for (what, text) in [("text", &shown), ("page", &page), ("metrics", &metrics)] {
        for name in ["eva lu", "quinn", "198.18.", "2001:db8", "дима"] {
            assert!(!text.contains(name), "{what} has {name}");
        }
        assert!(text.contains("user-1"), "{what}");
    }
    assert!(shown.contains("addr-") && page.contains("addr-"));
    assert_eq!(text(&run("mtp-report", &args, b"").stdout), shown, "the same rows, the same names");
}

#[test]
fn metrics_are_metrics() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("mtp.prom");
    let mut input = fs::read(&demos()[1]).unwrap();
    input.extend(br#"{"type":"summary","ts":"2026-11-21T00:00:00Z","user":"a\"b\\c\nd\u001b","#);
    input.extend(br#""score":3,"verdict":"clear","people":1.0}"#);
    input.extend(
        b"\n{\"type\":\"reject\",\"proxy\":\"telemt\",\"reason\":\"replay\",\"count\":3}\n",
    );
    let args = ["--prometheus", file.to_str().unwrap(), "--top", "40"];
    assert_eq!(run("mtp-report", &args, &input).status.code(), Some(0));
    let metrics = fs::read_to_string(&file).unwrap();
    for line in [
        "mtp_users{verdict=\"sharing\"} 3",
        "mtp_user_people{user=\"hal\"} 2.66",
        "mtp_user_verdict{user=\"hal\"} 3",
        "mtp_user_score{user=\"a\\\"b\\\\c\\nd\u{1b}\"} 3",
        "mtp_rejects_total{reason=\"replay\"} 3",
        "mtp_report_rows_total{type=\"summary\"} 21",
    ] {
        assert!(metrics.lines().any(|have| have == line), "{line}\n{metrics}");
    }
    let checked = Command::new("promtool")
        .args(["check", "metrics"])
        .stdin(fs::File::open(&file).unwrap())
        .output();
    match checked {
        Err(_) => skip("promtool, of Debian's package prometheus"),
        Ok(output) => assert!(output.status.success() && output.stderr.is_empty(), "{output:?}"),
    }
}

/// On a live stream the file is there while the stream goes on, is replaced whole, and keeps what
/// it was: its mode, and the link that leads to it.
#[test]
fn files_follow_a_live_stream() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let real = folder.path().join("real.prom");
    let link: PathBuf = folder.path().join("link.prom");
    fs::write(&real, "# HELP mtp_users Users.\n# TYPE mtp_users gauge\n").unwrap();
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    std::os::unix::fs::symlink(&real, &link).unwrap();
    let args = ["--every", "1s", "--prometheus", link.to_str().unwrap()];
    let (mut child, mut stdin) = spawn_piped("mtp-report", &args);
    for n in 1..=2 {
        let row = "{\"type\":\"connect\",\"ts\":\"2026-11-21T00:00:00Z\",\"proxy\":\"access\"}\n";
        stdin.write_all(row.as_bytes()).unwrap();
        let want = format!("mtp_connections_total {n}\n");
        let until = Instant::now() + Duration::from_mins(1);
        while !fs::read_to_string(&real).unwrap().contains(&want) {
            assert!(Instant::now() < until, "no {want} in time");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
    drop(stdin);
    assert_eq!(child.wait().unwrap().code(), Some(0));
    assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2, "nothing is left beside it");
}

/// On a terminal, a line says how far a long file has been read, and is gone at the end. The tool
/// is held again and again, so that the file takes long.
#[test]
fn a_long_file_has_a_line_of_progress() {
    let folder = tempfile::tempdir().unwrap();
    let [events, page, seen] =
        ["events", "page.html", "seen"].map(|name| folder.path().join(name).display().to_string());
    fs::write(&events, fs::read(&demos()[0]).unwrap().repeat(2)).unwrap();
    let program = tool("mtp-report").get_program().display().to_string();
    let held = format!(
        "{program} --html {page} {events} & for n in 1 2 3 4 5 6; do sleep 0.01; kill -STOP $!; \
         sleep 0.25; kill -CONT $!; done; wait $!"
    );
    let status = Command::new("script")
        .args(["-qec", &held, &seen])
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .status();
    assert!(status.unwrap().success());
    let seen = fs::read(&seen).unwrap();
    let (seen, size) = (text(&seen), fs::metadata(&events).unwrap().len());
    let all = format!("of {}.{} MB)", size / 1_000_000, size / 100_000 % 10);
    assert!(seen.contains("\r\x1b[Kmtp-report: "), "{seen}");
    let end = seen.rfind(&all).unwrap_or_else(|| panic!("{all}: {seen}"));
    assert!(seen[end..].contains("\r\x1b[K"), "it is taken away: {seen}");
    assert!(fs::metadata(&page).unwrap().len() > 10_000);
}
