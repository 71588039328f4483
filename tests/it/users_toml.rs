//! TOML config files of telemt, mtg-multi and teleproxy through every command: tomllib reads the
//! expected values after each, and undoing an edit restores every byte.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::process::Command;

use crate::harness::{run, text, tool};

const SCRIPT: &str = include_str!("users_toml.py");

#[test]
fn every_command_on_generated_files_as_tomllib_reads_them() {
    let output = Command::new("python3")
        .args(["-c", SCRIPT])
        .arg(tool("mtp-users").get_program())
        .args([files("MTP_FILES", 25), files("MTP_PUBLIC_FILES", 8)])
        .output()
        .expect("python3 is there");
    let out = text(&output.stdout);
    assert!(output.status.success(), "{}", text(&output.stderr));
    assert!(out.lines().last().is_some_and(|line| line.starts_with("fails 0 ")), "{out}");
}

/// How many files of each kind; the environment has more for a longer run.
fn files(variable: &str, usual: u32) -> String {
    std::env::var(variable).unwrap_or_else(|_| usual.to_string())
}

fn users(file: &str, args: &[&str]) -> (bool, String, String) {
    let output = run("mtp-users", &[args, &["--config", file]].concat(), b"");
    (output.status.success(), text(&output.stdout), text(&output.stderr))
}

/// A foreign file is refused before anything is written, whatever it happens to parse as.
#[test]
fn files_of_other_formats_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let name = file.to_str().unwrap();
    for content in [
        "[server]\nport = 443\n",
        "[server]\nPORT=443\n",
        "PORT=443\nSECRET=5\n",
        "port = 443\n",
        "services: [a]\n",
        "{\"users\": {\"a\": 1}}\n",
        "[access.users]\nalice = \"00112233445566778899aabbccddeeff\nbob = 5\n",
    ] {
        fs::write(&file, content).unwrap();
        for args in [&["add", "x"][..], &["remove", "x"], &["disable", "x"]] {
            let (is_done, out, message) = users(name, args);
            assert!(!is_done && out.is_empty() && !message.is_empty(), "{content}: {out}");
            assert_eq!(fs::read_to_string(&file).unwrap(), content);
        }
    }
}

/// What a proxy cannot do is refused with the reason.
#[test]
fn limits_that_a_proxy_does_not_have() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.toml");
    let name = file.to_str().unwrap();
    let secret = "ee00112233445566778899aabbccddeeff612e62";
    fs::write(&file, format!("bind-to = \"0.0.0.0:443\"\n[secrets]\na = \"{secret}\"\n")).unwrap();
    let refused = |args: &[&str], reason: &str| {
        let before = fs::read(&file).unwrap();
        let (is_done, _, message) = users(name, args);
        assert!(!is_done && message.contains(reason), "{message}");
        assert_eq!(fs::read(&file).unwrap(), before);
    };
    refused(&["limit", "a", "--quota", "5G"], "mtg-multi has no such limit");
    refused(&["limit", "a", "--max-conns", "5"], "mtg-multi has no limit of connections");
    refused(&["remove", "a"], "does not start without a secret");
    refused(&["access-log", "on"], "mtg-multi logs connections itself");
    let (is_done, rows, message) = users(name, &["show", "a", "--server", "h"]);
    assert!(is_done, "{message}");
    assert!(rows.contains(&format!("tg://proxy?server=h&port=443&secret={secret}")), "{rows}");
    let (_, rows, _) = users(name, &["add", "b", "--server", "h"]);
    assert!(rows.contains("612e62\",\"links\""), "the domain of the other user: {rows}");

    fs::write(&file, "port = 443\n[[secret]]\nkey = \"00112233445566778899aabbccddeeff\"\n")
        .unwrap();
    refused(&["add", "max power"], "invalid label 'max power'");
    assert_eq!(users(name, &["names"]).1, "secret_0\n");
}

/// A proxy that watches the file must never see a part of it.
#[test]
fn toml_is_replaced_by_a_rename_and_keeps_its_mode() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("telemt.toml");
    let secret = "00112233445566778899aabbccddeeff";
    fs::write(&file, format!("[access.users]\nalice = \"{secret}\"\n")).unwrap();
    fs::set_permissions(&file, std::os::unix::fs::PermissionsExt::from_mode(0o640)).unwrap();
    let before = fs::metadata(&file).unwrap();
    let (is_done, _, message) = users(file.to_str().unwrap(), &["add", "bob"]);
    assert!(is_done && message.contains("a running telemt reads it"), "{message}");
    let after = fs::metadata(&file).unwrap();
    assert_ne!(before.ino(), after.ino());
    assert_eq!(after.mode() & 0o777, 0o640);
    let other = folder.path().join("other.toml");
    fs::hard_link(&file, &other).unwrap();
    assert!(users(file.to_str().unwrap(), &["add", "carol"]).0);
    assert_eq!(
        fs::metadata(&file).unwrap().ino(),
        after.ino(),
        "in place where a link would break"
    );
    assert!(fs::read_to_string(&other).unwrap().ends_with("\"\n"));
}
