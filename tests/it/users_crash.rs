//! Edits that are killed, run out of room, or meet each other: Python loads the file at every
//! moment, and no user is lost or there twice.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use mtp::pyconfig::{TableState, UserTable, read};

use crate::harness::{PythonProcess, SeededRng};
use crate::harness::{memory_folder, run, skip, text, tool};

/// Loads a file as the proxy does and tells its users; or, told a word more, over and over until
/// there is a file of that name, and tells what failed. Python takes two reads for a file, the
/// second to find its end: whoever is stopped between them for longer than an edit waits may see
/// two moments, and is not counted.
const LOADER: &str = r#"
import json, os, sys, time
for line in sys.stdin:
    words = line.split()
    failures, loads = [], 0
    while True:
        over = len(words) == 1 or os.path.exists(words[1])
        begun, module = time.monotonic(), {}
        with open(words[0], "rb") as file: text = file.read()
        is_slow = len(words) > 1 and time.monotonic() - begun > 0.002
        try: exec(compile(text, words[0], "exec"), module)
        except BaseException as why: is_slow or failures.append(repr(why) + repr(text))
        users = list(module.get("USERS", ()))
        loads += 1
        if over: break
    print(json.dumps(failures or (users if len(words) == 1 else [str(loads)])), flush=True)
"#;

struct Loader(PythonProcess);

impl Loader {
    /// `None` where Python is missing.
    fn start() -> Option<Self> {
        PythonProcess::start(LOADER).map(Self)
    }

    fn users(&mut self, file: &Path) -> BTreeSet<String> {
        self.0.ask(file.to_str().unwrap());
        let users: Vec<String> = self.0.answer();
        assert!(!users.iter().any(|name| name.contains("Error")), "{}", users[0]);
        users.into_iter().collect()
    }
}

const CONFIG: &str = r#"PORT = 443

# name -> secret
USERS = {
    "tg":  "00000000000000000000000000000001",
    # "tg2": "x",
}

MODES = {
    # """ quotes
    "tls": True
}
# до конца
"#;
/// Behind the other, what no shield holds at once.
const QUOTES: &str = "OLD = '''\n\"tg3\": \"не тот\"\n'''\n";

/// No name is there twice, and nothing of an edit is left.
fn is_whole(file: &Path) {
    let bytes = fs::read(file).unwrap();
    let config = read(&bytes).unwrap();
    let TableState::Literal(known) = config.table(UserTable::Users) else { panic!("USERS") };
    assert_eq!(known.overridden().count(), 0);
    assert!(!config.text.contains("mtp-users"), "{}", config.text);
}

/// How often `add` is killed while it runs; `MTP_KILLS=20000` for more.
fn kills() -> usize {
    std::env::var("MTP_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(2000)
}

#[test]
fn killed_at_any_moment() {
    killed(CONFIG, kills());
}

#[test]
fn killed_with_the_end_of_the_file_folded() {
    killed(&[CONFIG, QUOTES].concat(), kills() / 10);
}

fn killed(config: &str, kills: usize) {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.py");
    fs::write(&file, config).unwrap();
    let inode = fs::metadata(&file).unwrap().ino();
    let Some((mut loader, mut reader)) = Loader::start().zip(Loader::start()) else {
        return skip("python3");
    };
    let mut rng = SeededRng::new(7);
    let stop = folder.path().join("stop");
    reader.0.ask(&format!("{} {}", file.display(), stop.display()));
    let spawn = |name: &str| {
        let args = ["add", name, "--config", file.to_str().unwrap()];
        tool("mtp-users").args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    let begun = Instant::now();
    let timed = |name: &str| {
        let begun = Instant::now();
        assert!(spawn(name).wait().unwrap().success());
        usize::try_from(begun.elapsed().as_micros()).unwrap()
    };
    let whole = ["first", "second", "third"].map(timed).into_iter().min().unwrap();
    let mut users = loader.users(&file);
    let (mut killed, mut interrupted) = (0, 0);
    for n in 0.. {
        if killed == kills {
            break;
        }
        let name = format!("user{n}");
        let mut child = spawn(&name);
        thread::sleep(Duration::from_micros(rng.below(whole) as u64));
        child.kill().unwrap();
        killed += usize::from(!child.wait().unwrap().success());
        let have = loader.users(&file);
        let left = fs::read_to_string(&file).unwrap();
        interrupted += usize::from(left.contains("was stopped") || left.contains("users-fold"));
        users.extend(have.get(&name).cloned());
        assert_eq!(have, users, "after {name}");
        if n % 50 == 49 {
            // Keeps it small enough for a page, and puts right what was left.
            let remove: Vec<_> =
                users.iter().filter(|name| name.starts_with("user")).cloned().collect();
            let input = remove.join("\n");
            let args = ["remove", "-", "--config", file.to_str().unwrap()];
            if !remove.is_empty() {
                assert!(run("mtp-users", &args, input.as_bytes()).status.success());
            }
            users.retain(|name| !name.starts_with("user"));
            is_whole(&file);
        }
    }
    fs::write(&stop, "").unwrap();
    let said: Vec<String> = reader.0.answer();
    assert!(said[0].parse::<u64>().is_ok(), "a reader met {}", said[0]);
    assert!(interrupted > 0, "none of them was in an edit");
    let spent = begun.elapsed();
    eprintln!("{killed} killed in {spent:?}, {interrupted} in an edit, {} loads", said[0]);
    let last = run("mtp-users", &["add", "last", "--config", file.to_str().unwrap()], b"");
    assert!(last.status.success());
    is_whole(&file);
    assert_eq!(fs::metadata(&file).unwrap().ino(), inode);
}

#[test]
fn fifty_writers_at_once() {
    let folder = memory_folder();
    let file = folder.path().join("config.py");
    fs::write(&file, CONFIG).unwrap();
    let Some(mut reader) = Loader::start() else { return skip("python3") };
    let stop = folder.path().join("stop");
    reader.0.ask(&format!("{} {}", file.display(), stop.display()));
    let children: Vec<_> = (0..50)
        .map(|n| {
            let name = format!("user{n}");
            let args = ["add", &name, "--config", file.to_str().unwrap()];
            let mut tool = tool("mtp-users");
            tool.args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
        })
        .collect();
    for mut child in children {
        assert!(child.wait().unwrap().success());
    }
    fs::write(&stop, "").unwrap();
    let said: Vec<String> = reader.0.answer();
    assert!(said[0].parse::<u64>().is_ok(), "a reader met {}", said[0]);
    assert_eq!(Loader::start().unwrap().users(&file).len(), 51);
    is_whole(&file);
}

#[test]
fn a_full_disk_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        mount -t tmpfs -o size=16k tmpfs "$1" || exit 77
        printf 'USERS = {\n    "tg": "00000000000000000000000000000001",\n}\n' > "$1/config.py"
        cp "$1/config.py" /dev/shm/before.$$
        head -c 20000 /dev/zero > "$1/fill" 2>/dev/null
        n=0
        while "$2" add user$n --config "$1/config.py" >/dev/null 2>"$1.err"; do
            cp "$1/config.py" /dev/shm/before.$$; n=$((n+1)); [ $n -lt 300 ] || exit 1
        done
        cmp "$1/config.py" /dev/shm/before.$$; status=$?
        rm -f /dev/shm/before.$$; cat "$1.err" >&2; exit $status"#;
    let tool = tool("mtp-users");
    let output = Command::new("unshare")
        .args(["--mount", "sh", "-c", script, "sh"])
        .arg(folder.path())
        .arg(tool.get_program())
        .output();
    let Ok(output) = output else { return skip("unshare") };
    let said = text(&output.stderr);
    if output.status.code() == Some(77) || said.contains("Operation not permitted") {
        return skip("a mount of its own (root)");
    }
    assert!(output.status.success(), "{said}");
    assert!(said.contains("No space left on device; nothing was changed"), "{said}");
}
