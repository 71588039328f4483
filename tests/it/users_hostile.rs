//! Config files with computed settings, code that hides an effect, other programs that write at the
//! same time, and marks that somebody typed.

use std::fs;
use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use mtp::pyconfig::{TableState, UserTable, read};

use crate::harness::{SeededRng, memory_folder, run, text, tool};

fn users(file: &Path, args: &[&str]) -> (Option<i32>, String, String) {
    let file = file.to_str().unwrap();
    let output = run("mtp-users", &[args, &["--config", file]].concat(), b"");
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// The shapes of public config files that take settings from the environment.
const COMPUTED: &[&str] = &[
    "import os\nPORT = os.environ.get('PORT', 443)\nMODES = {'tls': os.environ.get('TLS', True)}\n\
     TLS_DOMAIN = os.environ.get('TLS_DOMAIN', 'www.google.com')\n",
    "import os\nPORT = int(os.environ.get('MTPROTO_PORT', 8080))\nMODES = {'tls': True}\n\
     MY_DOMAIN = os.environ.get('MY_IP', None)\n",
    "import os\nPORT = int(os.getenv('PORT') or 443)\nMY_DOMAIN = 'a.example'\n",
    "import json\nwith open('/dev/null') as f:\n    PORT = f.read() or 443\n",
    "def port():\n    return 443\nPORT = port()\nTLS_DOMAIN = f'{PORT}.example'\n",
    "if True:\n    PORT = 443\n    MODES = {'tls': True}\n",
];

#[test]
fn computed_settings_are_no_obstacle() {
    let folder = memory_folder();
    let file = folder.path().join("config.py");
    for source in COMPUTED {
        let before =
            format!("{source}USERS = {{\n    'tg': '0f112233445566778899aabbccddee00',\n}}\n");
        fs::write(&file, &before).unwrap();
        for args in [&["add", "x"][..], &["rotate", "x"], &["show", "x"], &["list", "--links"]] {
            let (code, rows, message) = users(&file, args);
            assert_eq!(code, Some(0), "{source}{message}");
            assert!(rows.contains("\"secret\":\""), "{rows}");
            assert!(message.contains("computed") || message.contains("no server"), "{message}");
            let given = ["--server", "h", "--port", "443", "--tls-domain", "a.b"];
            if args != ["add", "x"] {
                let (_, rows, _) = users(&file, &[args, &given].concat());
                assert!(rows.contains("tg://proxy?server=h&port=443&secret="), "{source}{rows}");
            }
        }
        assert_eq!(users(&file, &["remove", "x"]).0, Some(0));
        assert_eq!(fs::read_to_string(&file).unwrap(), before);
    }
}

/// What cannot be shown to leave the tables alone is refused with its line.
#[test]
fn hidden_effects_are_refused() {
    let folder = memory_folder();
    let file = folder.path().join("config.py");
    for code in [
        "globals()['USERS'] = {}",
        "match {}:\n    case USERS: pass",
        "match [1]:\n    case [*USERS]: pass",
        "try:\n    1 / 0\nexcept Exception as USERS: pass",
        "def f(x=(USERS := {})): pass",
        "@(USERS := lambda f: f)\ndef g(): pass",
        "e = exec\ne('USERS = {}')",
        "def len(x): x.clear()\nlen(USERS)",
        "USERS.pop('z', USERS.clear())",
        "x: USERS.clear() = 5",
        "USERS |= {(exec('USERS = {}'),): '1'}",
        "import builtins\nbuiltins.exec('USERS = {}')",
        "from builtins import exec as f\nf('USERS = {}')",
        "import sys\nsys.modules[__name__].USERS = {}",
        "import sys\nsys._getframe().f_globals['USERS'] = {}",
        "(lambda: 0).__globals__['USERS'] = {}",
        "setattr(__import__('__main__'), 'USERS', {})",
        "max(USERS, key=USERS.pop)",
        "for USERS in [{}]: pass",
        "with open('/dev/null') as USERS: pass",
        "[USERS := {} for _ in '1']",
        "class C:\n    def f(self):\n        global USERS\n        USERS = {}",
    ] {
        let before = format!("USERS = {{'a': '0f112233445566778899aabbccddee00'}}\n{code}\n");
        fs::write(&file, &before).unwrap();
        let (status, out, message) = users(&file, &["add", "x"]);
        assert_eq!((status, out.as_str()), (Some(1), ""), "{code}");
        let line = message.split(':').nth(2).and_then(|line| line.parse::<usize>().ok());
        assert!(line.is_some_and(|line| line > 1), "{code}: {message}");
        assert_eq!(fs::read_to_string(&file).unwrap(), before);
    }
    for code in
        ["import os\nprint(len(USERS))", "from os.path import *", "import re\nre.compile('x')"]
    {
        fs::write(&file, format!("USERS = {{}}\n{code}\n")).unwrap();
        let (status, _, message) = users(&file, &["add", "x"]);
        assert_eq!(status, Some(0), "{code}: {message}");
        assert_eq!(users(&file, &["remove", "x"]).0, Some(0));
    }
}

/// A comment like the mark of an edit belongs to its author.
#[test]
fn typed_marks_stay() {
    let folder = memory_folder();
    let file = folder.path().join("config.py");
    for end in [
        "#mtp-users",
        "#mtp-users was stopped in an edit; its next run completes or undoes it. ",
        "#0123456789abcdef mtp-users was stopped in an edit; its next run completes or undoes it. ",
        "exec(\"\")#mtp-users-fold 0123456789abcdef 1\n",
        "r'''   '''#''';exec(\"X = 1\")#mtp-users-edit 0123456789abcdef 13+4\n",
    ] {
        let before = format!("USERS = {{}}\n{end}");
        fs::write(&file, &before).unwrap();
        users(&file, &["add", "x"]);
        assert!(fs::read_to_string(&file).unwrap().contains(end), "{end}");
        users(&file, &["remove", "x"]);
        assert_eq!(fs::read_to_string(&file).unwrap(), before);
    }
}

/// Rounds of [`a_foreign_write_wins`].
const SAVES: usize = 80;

/// An editor that saves in place during an edit: its text is kept, or the edit applies to it. No
/// lock keeps an editor out, so a save may meet the microseconds between the last comparison and
/// the write after it: the edit finds that at its next comparison and fails with the reason.
#[test]
fn a_foreign_write_wins() {
    let folder = memory_folder();
    let file = folder.path().join("config.py");
    let entry = |n: usize| format!("    'user{n}': '{n:032x}',\n");
    let own: String = (1..200).map(entry).collect();
    let (before, saved) =
        (format!("USERS = {{\n{own}}}\n"), format!("PORT = 443  # edited\nUSERS = {{\n{own}}}\n"));
    let (mut rng, mut kept, mut mixed) = (SeededRng::new(3), 0, 0);
    let has_new = |text: &str| match read(text.as_bytes()).ok()?.table(UserTable::Users) {
        TableState::Literal(users) => Some(users.contains("new")),
        TableState::Absent | TableState::Computed { .. } => None,
    };
    for _ in 0..SAVES {
        fs::write(&file, &before).unwrap();
        let child = tool("mtp-users")
            .args(["add", "new", "--config", file.to_str().unwrap()])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        std::thread::sleep(Duration::from_micros(500 * rng.below(60_u64)));
        fs::write(&file, &saved).unwrap();
        let output = child.wait_with_output().unwrap();
        let after = fs::read_to_string(&file).unwrap();
        match has_new(&after).filter(|_| after.contains("# edited")) {
            Some(is_new) if is_new || after == saved => kept += usize::from(!is_new),
            _ => {
                let message = text(&output.stderr);
                let is_reported = message.contains("changed by another program during the edit");
                assert!(output.status.code() == Some(1) && is_reported, "{message}{after}");
                mixed += 1;
            }
        }
    }
    assert!(kept > 0, "no save came during or after an edit");
    assert!(mixed < SAVES / 10, "{mixed} of {SAVES} saves are lost or mixed");
}
