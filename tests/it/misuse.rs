//! Command lines: help, aliases, and one line with status 2 for each wrong one.

use mtp::cli::{HelpLevel, help};

use crate::harness::{run, text, tool};

/// Every tool's name.
const TOOLS: [&str; 6] =
    ["mtp-logs", "mtp-parse", "mtp-score", "mtp-conns", "mtp-users", "mtp-report"];

fn usage_error(name: &str, args: &[&str]) -> String {
    let output = run(name, args, b"");
    let message = text(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{name} {args:?}: {message}");
    assert_eq!(message.lines().count(), 1, "{message}");
    assert!(output.stdout.is_empty(), "{name} {args:?}");
    let message = message.strip_prefix(&format!("{name}: ")).expect("the tool's name");
    message.trim_end().to_owned()
}

#[test]
fn every_tool_answers_a_wrong_option() {
    for name in TOOLS {
        assert_eq!(
            usage_error(name, &["--hepl"]),
            "unknown option '--hepl' (did you mean '--help'?)"
        );
        assert_eq!(usage_error(name, &["-X"]), format!("unknown option '-X' (see {name} -h)"));
        assert_eq!(
            usage_error(name, &["--format", "yaml"]),
            "--format: invalid format 'yaml' (expected auto, json or text)"
        );
        assert_eq!(usage_error(name, &["--format"]), "--format: requires a value");
        let flag = match name {
            "mtp-logs" => "--from-now",
            "mtp-parse" => "--strict",
            _ => "--no-emoji",
        };
        assert_eq!(usage_error(name, &[&format!("{flag}=1")]), format!("{flag}: takes no value"));
        let version = run(name, &["--version"], b"").stdout;
        assert!(text(&version).starts_with(name));
        assert_eq!(run(name, &["-V"], b"").stdout, version);
    }
}

#[test]
fn every_wrong_value_is_answered_in_one_form() {
    for (name, flag, value) in [
        ("mtp-parse", "--dialect", "nginx"),
        ("mtp-parse", "--since", "soon"),
        ("mtp-parse", "--tz", "Mars"),
        ("mtp-parse", "--year", "26"),
        ("mtp-score", "--window", "90d"),
        ("mtp-score", "--late", "x"),
        ("mtp-score", "--only", "bad"),
        ("mtp-score", "--top", "0"),
        ("mtp-score", "--devices", "-1"),
        ("mtp-score", "--ignore", "10.0.0.0/99"),
        ("mtp-score", "--v4-prefix", "33"),
        ("mtp-conns", "--port", "0"),
        ("mtp-conns", "--interval", "never"),
        ("mtp-conns", "--prefix", "40"),
        ("mtp-conns", "--pid", "init"),
        ("mtp-conns", "--via", "ebpf"),
        ("mtp-report", "--lang", "xx"),
        ("mtp-report", "--every", "x"),
    ] {
        let message = usage_error(name, &[flag, value]);
        let form = format!("{flag}: invalid ");
        let is_formed = message.starts_with(&form)
            && message.contains(&format!(" '{value}' (expected "))
            && message.ends_with(')');
        assert!(is_formed, "{message}");
    }
}

/// The flags of the three scripts that these tools replace.
#[test]
fn flags_of_the_scripts_name_their_replacement() {
    for (name, flag, instead) in [
        ("mtp-conns", "--continuous", "--interval SECONDS"),
        ("mtp-conns", "--export", "mtp-conns > FILE, or mtp-report --html FILE"),
        ("mtp-score", "--compose", "docker compose logs | mtp-parse | mtp-score"),
        ("mtp-score", "--lines", "docker compose logs --tail N | mtp-parse | mtp-score"),
        ("mtp-parse", "--container", "docker logs NAME 2>&1 | mtp-parse"),
        ("mtp-report", "--export", "--html FILE, or redirect the output: > FILE"),
    ] {
        let want = format!("unknown option '{flag}' (use {instead})");
        assert_eq!(usage_error(name, &[flag]), want);
    }
}

#[test]
fn a_command_has_its_own_help_and_aliases() {
    let help = |args: &[&str]| text(&run("mtp-users", args, b"").stdout);
    let add = help(&["add", "--help"]);
    assert!(add.starts_with("mtp-users add - "), "{add}");
    assert!(add.contains("Usage: mtp-users add [OPTION…] NAME…") && add.contains("--max-conns"));
    assert!(!add.contains("--links"), "an option of list only");
    assert_eq!(help(&["help", "add"]), add);
    assert_eq!(help(&["help"]), help(&["--help"]));
    for alias in ["rm", "delete"] {
        assert_eq!(help(&[alias, "-h"]), help(&["remove", "-h"]));
    }
    assert_eq!(usage_error("mtp-users", &["lst"]), "unknown command 'lst' (did you mean 'list'?)");
    assert_eq!(
        usage_error("mtp-users", &["list", "--qr"]),
        "--qr: not an option of list (only of link, show, add or rotate)"
    );
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("config.py");
    std::fs::write(&path, "PORT = 443\nUSERS = {\n    \"a\": \"0\" * 32,\n}\n").unwrap();
    let path = path.to_str().unwrap();
    let list = run("mtp-users", &["ls", "--config", path], b"");
    assert_eq!(list, run("mtp-users", &["list", "--config", path], b""));
}

#[test]
fn an_unreadable_input_is_the_only_message() {
    let folder = tempfile::tempdir().unwrap();
    let (page, missing) = (folder.path().join("page.html"), folder.path().join("no.log"));
    for name in ["mtp-parse", "mtp-score", "mtp-report"] {
        for (path, why) in
            [(&*missing, "No such file or directory"), (folder.path(), "Is a directory")]
        {
            let mut command = tool(name);
            if name == "mtp-report" {
                command.arg("--html").arg(&page);
            }
            let output = command.arg(path).output().unwrap();
            assert_eq!(output.status.code(), Some(1), "{name}");
            assert_eq!(text(&output.stderr), format!("{name}: {}: {why}\n", path.display()));
            assert!(output.stdout.is_empty() && !page.exists(), "{name}");
        }
    }
}

/// Each tool on the input of another names the one that reads it. Nothing was understood: status 1.
#[test]
fn swapped_tools_name_the_right_one() {
    let log = b"mtp-access ts=2026-11-23T10:00:00.000Z ev=connect id=1-1 user=\"ann\" \
        ip=20.1.2.3 port=1 mode=tls dc=1\n";
    let events = run("mtp-parse", &[], log).stdout;
    let scores = run("mtp-score", &[], &events).stdout;
    for (name, args, input, status, hint) in [
        ("mtp-score", &[][..], &log[..], 1, "pipe raw logs through mtp-parse first"),
        ("mtp-report", &[], log, 1, "pipe raw logs through mtp-parse | mtp-score first"),
        ("mtp-notify", &["--exec", "true"], log, 1, "pipe raw logs through mtp-parse | mtp-score"),
        (
            "mtp-parse",
            &[],
            &events,
            1,
            "these are rows already: mtp-score and mtp-report read them",
        ),
        (
            "mtp-parse",
            &[],
            &scores,
            1,
            "these are rows already: mtp-score and mtp-report read them",
        ),
        ("mtp-parse", &[], b"no log of any proxy\n", 1, "--explain shows why"),
        ("mtp-score", &[], &scores, 0, "these are rows of mtp-score: mtp-report and mtp-notify"),
        ("mtp-report", &[], &events, 0, "mtp-score makes them from events"),
    ] {
        let output = run(name, args, input);
        let message = text(&output.stderr) + &text(&output.stdout);
        assert!(message.contains(hint), "{name}: {message}");
        assert_eq!(output.status.code(), Some(status), "{name}: {message}");
        assert!(!message.contains("panicked"), "{message}");
    }
    for (name, args, input) in [
        ("mtp-parse", &[][..], &log[..]),
        ("mtp-score", &[], &events),
        ("mtp-report", &[], &scores),
        ("mtp-notify", &["--exec", "true"], &scores),
        ("mtp-parse", &[], b""),
        ("mtp-score", &[], b""),
        ("mtp-report", &[], b""),
    ] {
        let output = run(name, args, input);
        let message = text(&output.stderr);
        assert!(output.status.success() && !message.contains("these are"), "{name}: {message}");
    }
}

#[test]
fn a_hyphen_is_standard_output_where_a_file_is_made() {
    let folder = tempfile::tempdir().unwrap();
    for (flag, begins) in [("--html", "<!"), ("--prometheus", "# ")] {
        let mut command = tool("mtp-report");
        command.args([flag, "-"]).current_dir(folder.path()).stdin(std::process::Stdio::null());
        let output = command.output().unwrap();
        assert!(text(&output.stdout).to_lowercase().starts_with(begins), "{flag}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}

#[test]
fn help_fits_a_narrow_terminal() {
    for info in mtp::tool::command_lines() {
        for columns in [60, 80] {
            let texts = [help::short(&info, Some(columns)), help::long(&info, Some(columns))];
            // Commands that are shown as they are typed are not broken, nor is a single word.
            let prose = |line: &&str| {
                line.trim().contains(' ') && !info.about.lines().any(|typed| typed == *line)
            };
            for line in texts.iter().flat_map(|text| text.lines()).filter(prose) {
                assert!(line.chars().count() <= columns, "{}: {line}", info.name);
            }
        }
        let piped = help::short(&info, None);
        for flag in &info.flags {
            let is_common = flag.level == HelpLevel::Short;
            assert_eq!(piped.contains(&flag.summary()), is_common, "{} --{}", info.name, flag.long);
        }
    }
}
