//! Text, rows and messages of `mtp-users`, import and export.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use crate::harness::{run, text};

const SECRET: &str = "00112233445566778899aabbccddeeff";
const STOCK: &str = "PORT = 443\nTLS_DOMAIN = 'a.example'\nMY_DOMAIN = 'proxy.example'\n\
                     USERS = {\n    \"tg\": \"0f112233445566778899aabbccddee00\",\n}\n\
                     MODES = {\"tls\": True}\n";

fn file(folder: &Path, content: &str) -> String {
    let path = folder.join("config.py");
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Status, standard output and error.
fn users(args: &[&str], input: &str) -> (Option<i32>, String, String) {
    let output = run("mtp-users", args, input.as_bytes());
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

#[test]
fn the_lines_of_the_scripts() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(folder.path(), STOCK);
    let with = |args: &[&str], input: &str| {
        users(&[args, &["--config", &config, "--format", "text"]].concat(), input)
    };
    let secret = format!("{SECRET}\n");
    let (code, out, said) = with(&["add", "customer1", "--secret-from", "-"], &secret);
    let query =
        format!("server=proxy.example&port=443&secret=ee{SECRET}{}", hex::encode("a.example"));
    let saved = format!(
        "mtp-users: {config}: saved; not in force until `mtp-users reload --config {config}`\n"
    );
    assert_eq!((code, said), (Some(0), saved));
    assert_eq!(
        out,
        format!(
            "✅ User 'customer1' added successfully!\nSecret: {SECRET}\n\
             Connection string: tg://proxy?{query}\n   🔗 tls     tg://proxy?{query}\n\
             {:14}https://t.me/proxy?{query}\n",
            ""
        )
    );
    let (_, out, _) = with(&["limit", "tg", "--max-conns", "8", "--quota", "1.5G"], "");
    assert_eq!(out, "✅ User 'tg' limited successfully!\n   8 connections, 1.5 GB\n");
    let (_, out, _) = with(&["rename", "tg", "max power"], "");
    assert_eq!(out, "✅ User 'tg' renamed to 'max power' successfully!\n");
    with(&["disable", "customer1"], "");
    let (_, out, _) = with(&["disable", "customer1"], "");
    assert_eq!(out, "✅ User 'customer1' is already disabled\n");
    let (_, out, _) = with(&["list"], "");
    assert!(
        out.ends_with("  ✅ max power  8 connections, 1.5 GB\n  🚫 customer1  disabled\n"),
        "{out}"
    );
    assert!(!out.contains(SECRET) && !out.contains("secret="));
    let (_, out, _) = with(&["remove", "customer1"], "");
    assert_eq!(out, "✅ User 'customer1' removed successfully!\n");
    let (code, _, said) = with(&["remove", "max pwer"], "");
    let want = format!("mtp-users: {config}: no user 'max pwer': did you mean 'max power'?\n");
    assert_eq!((code, said), (Some(1), want));
}

#[test]
fn names_from_standard_input_are_one_edit() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(folder.path(), STOCK);
    let (code, out, _) = users(&["add", "a", "-", "--config", &config], "b\nc d\r\n\nb\n");
    assert_eq!((code, out.lines().count()), (Some(0), 3));
    let (_, names, _) = users(&["names", "--config", &config], "");
    assert_eq!(names, "tg\na\nb\nc d\n");
    // One that cannot be added, and none is.
    let (code, out, said) = users(&["add", "-", "--config", &config], "x\ntg\n");
    assert_eq!((code, out.as_str()), (Some(1), ""));
    assert!(said.contains("user 'tg' already exists (use --skip-existing)"), "{said}");
    assert_eq!(users(&["names", "--config", &config], "").1, names);
    let (_, diff, _) = users(&["remove", "a", "b", "--dry-run", "--config", &config], "");
    let taken: Vec<_> = diff.lines().filter(|line| line.starts_with("-    ")).collect();
    assert_eq!(taken.len(), 2, "{diff}");
    assert!(diff.starts_with(&format!("--- {config}\n+++ {config}\n@@ ")), "{diff}");
    assert_eq!(users(&["names", "--config", &config], "").1, names);
}

#[test]
fn lists_out_and_in() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(folder.path(), STOCK);
    let csv = format!(
        "name,secret,max_conns,expires,quota,disabled\n\"a,b\",{SECRET},5,2030-01-31,7,yes\n"
    );
    let (code, _, said) = users(&["import", "-", "--config", &config], &csv);
    assert_eq!((code, said.lines().count()), (Some(0), 1), "{said}");
    let (_, rows, _) = users(&["export", "--config", &config], "");
    let own = format!(
        "\"secret\":\"{SECRET}\",\"max_conns\":5,\"expires\":\"2030-01-31\",\"quota\":7,\
         \"disabled\":true"
    );
    assert!(rows.contains(&own), "{rows}");
    let empty = tempfile::tempdir().unwrap();
    let other = file(empty.path(), "USERS = {}\n");
    for _ in 0..2 {
        assert_eq!(users(&["import", "-", "--config", &other], &rows).0, Some(0));
        let (_, again, _) = users(&["export", "--config", &other], "");
        let plain = |rows: &str| {
            rows.split(',')
                .filter(|cell| !cell.contains("line"))
                .map(str::to_owned)
                .collect::<Vec<_>>()
        };
        assert_eq!(plain(&again), plain(&rows));
    }
}

#[test]
fn refusals_have_a_line_and_a_reason() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(folder.path(), "USERS = {\n  'a': '1', **more\n}\n");
    let add = |config: &str| users(&["add", "x", "--config", config], "");
    let said = |config: &str| {
        let (code, out, said) = add(config);
        assert_eq!((code, out.as_str()), (Some(1), ""), "{said}");
        said.trim_end().trim_start_matches("mtp-users: ").replace(config, "F")
    };
    assert_eq!(said(&config), "F:2: USERS includes another dict with **; edit it by hand");
    fs::write(&config, "USERS = {\n").unwrap();
    assert!(said(&config).starts_with("F:2: invalid Python: "), "{}", said(&config));
}

#[test]
fn diagnostics_have_lines() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(
        folder.path(),
        "PORT = 0\nAD_TAG = 'xyz'\nUSERS = {\n 'a': '00000000000000000000000000000001',\n \
         'b': '0F112233445566778899aabbccddee00',\n 'c': '0f112233445566778899aabbccddee00',\n \
         'd': 'dd0f112233445566778899aabbccddee00',\n 'e': b'1',\n \
         'a': '1f112233445566778899aabbccddee00',\n}\n\
         USER_EXPIRATIONS = {'b': '31/02/2030', 'c': '01/01/2020', 'zed': '01/01/2030'}\n\
         USER_MAX_TCP_CONNS = {'b': '5'}\nMODES = {'tls': False}\nTLS_DOMAIN = 5\n",
    );
    let (code, out, _) = users(&["check", "--config", &config, "--format", "text"], "");
    assert_eq!(code, Some(1));
    for want in [
        ":1: PORT is not a number from 1 to 65535",
        ":2: AD_TAG is not in hex digits",
        ":4: 'a' is set again later in USERS",
        ":6: 'c' has the same secret as 'b'",
        ":7: the secret of 'd' is not 32 hex digits",
        ":8: the secret of 'e' is not a string",
        ":11: USER_EXPIRATIONS of 'b' is not a day such as '31/12/2026'",
        ":11: USER_EXPIRATIONS of 'c' is in the past",
        ":11: USER_EXPIRATIONS names 'zed', who is not in USERS",
        ":12: USER_MAX_TCP_CONNS of 'b' is not a number",
        ":13: MODES are all off",
        ":14: TLS_DOMAIN is not a string",
    ] {
        assert!(out.contains(&format!("{config}{want}")), "{want}\n{out}");
    }
    assert!(!out.contains("0f1122"), "{out}");
    fs::write(&config, STOCK).unwrap();
    let (code, out, _) = users(&["check", "--config", &config, "--format", "text"], "");
    assert!(code == Some(0) || out.contains("in use"), "{out}");
}

#[test]
fn qr_files_are_private() {
    let folder = tempfile::tempdir().unwrap();
    let config = file(folder.path(), STOCK);
    let svg = folder.path().join("qr.svg");
    fs::write(&svg, "old").unwrap();
    let picture = svg.to_str().unwrap();
    let (code, out, _) =
        users(&["link", "tg", "--qr", "--qr-svg", picture, "--config", &config], "");
    assert_eq!(code, Some(0));
    assert!(out.lines().filter(|line| line.contains(['▀', '▄'])).count() > 15, "{out}");
    assert_eq!(fs::metadata(&svg).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(fs::read_to_string(&svg).unwrap().contains("<svg"));
    let png = folder.path().join("qr.png");
    let picture = png.to_str().unwrap();
    let (code, ..) = users(&["link", "tg", "--qr-png", picture, "--config", &config], "");
    assert_eq!(code, Some(0));
    assert_eq!(fs::metadata(&png).unwrap().permissions().mode() & 0o777, 0o600);
    let bytes = fs::read(&png).unwrap();
    let columns = out.lines().find(|line| line.contains(['▀', '▄'])).unwrap().chars().count();
    assert_eq!(&bytes[..8], b"\x89PNG\r\n\x1a\n");
    assert_eq!(bytes[16..20], u32::try_from(columns * 8).unwrap().to_be_bytes());
    // What is not a file stays what it is: as root, /dev/null would be gone.
    let (link, pipe) = (folder.path().join("link"), folder.path().join("pipe"));
    std::os::unix::fs::symlink(&svg, &link).unwrap();
    let mode = rustix::fs::Mode::from_raw_mode(0o600);
    rustix::fs::mknodat(rustix::fs::CWD, &pipe, rustix::fs::FileType::Fifo, mode, 0).unwrap();
    for special in [&link, &pipe] {
        let before = fs::symlink_metadata(special).unwrap().file_type();
        let picture = special.to_str().unwrap();
        let (code, _, reported) =
            users(&["link", "tg", "--qr-svg", picture, "--config", &config], "");
        assert!(code == Some(1) && reported.contains("not a file"), "{reported}");
        assert_eq!(fs::symlink_metadata(special).unwrap().file_type(), before);
    }
}
