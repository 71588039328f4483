//! Wrong command lines: status 2, one line, and what would be right.

use crate::harness::{run, text};

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
