//! Wrong command lines: status 2, one line, and what would be right.

use mtp::cli::help;

use crate::harness::{run, text, tool};

#[test]
fn every_tool_answers_a_wrong_option() {
    for name in ["mtp-parse", "mtp-score", "mtp-conns", "mtp-users", "mtp-report"] {
        let output = run(name, &["--hepl"], b"");
        let said = text(&output.stderr);
        assert_eq!(output.status.code(), Some(2), "{name}");
        let want = format!("{name}: --hepl: no such option: did you mean --help? ");
        assert!(said.starts_with(&want) && said.lines().count() == 1, "{said}");
        assert!(text(&run(name, &["--version"], b"").stdout).starts_with(name));
        let wrong = run(name, &["--format", "yaml"], b"");
        assert_eq!(wrong.status.code(), Some(2));
        assert!(text(&wrong.stderr).contains("one of auto, json, text"));
    }
}

/// Counts, rows and pages of nothing would only hide it.
#[test]
fn an_input_that_cannot_be_read_is_all_that_is_said() {
    let folder = tempfile::tempdir().unwrap();
    let (page, nothing) = (folder.path().join("page.html"), folder.path().join("no.log"));
    for name in ["mtp-parse", "mtp-score", "mtp-report"] {
        for (path, why) in
            [(&*nothing, "No such file or directory"), (folder.path(), "Is a directory")]
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
    for page in mtp::tool::pages() {
        for columns in [60, 80] {
            let texts = [help::short(&page, Some(columns)), help::long(&page, Some(columns))];
            // Commands that are shown as they are typed are not broken.
            let prose = |line: &&str| !page.about.lines().any(|typed| typed == *line);
            for line in texts.iter().flat_map(|text| text.lines()).filter(prose) {
                assert!(line.chars().count() <= columns, "{}: {line}", page.name);
            }
        }
        let piped = help::short(&page, None);
        let is_whole = page.flags.iter().all(|flag| piped.contains(flag.brief));
        assert!(is_whole, "{}: in a pipe no line of -h is broken", page.name);
    }
}
