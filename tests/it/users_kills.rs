//! Edits of TOML files that are killed: by a rename the file can be loaded at every moment; in place
//! the next run finds the whole old or the whole new text. No user and no limit is lost.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::thread;
use std::time::{Duration, Instant};

use mtp::userconfig::ConfigUser;
use mtp::userconfig::file::read_snapshot;
use tempfile::TempDir;

use crate::harness::{PythonProcess, SeededRng, memory_folder, run, skip, text, tool};

/// Parses a file for each line of input and prints its text as JSON, or the error.
const LOADER: &str = r#"
import json, sys, tomllib
for line in sys.stdin:
    try:
        with open(line.strip(), "rb") as file: tomllib.load(file)
        print('""', flush=True)
    except Exception as error: print(json.dumps(repr(error)), flush=True)
"#;

struct Loader(PythonProcess);

impl Loader {
    /// Returns why tomllib does not load a file; empty where it does.
    fn error(&mut self, file: &Path) -> String {
        self.0.ask(file.to_str().unwrap());
        self.0.answer()
    }
}

/// How the file is replaced.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    Rename,
    /// The file has a second name, which a rename would leave behind.
    InPlace,
}

impl Way {
    /// About how long the edit takes, in microseconds.
    fn edit_us(self) -> u64 {
        match self {
            Self::Rename => 200,
            Self::InPlace => 6000,
        }
    }
}

/// How often one command is killed before it is left to end.
const TRIES: usize = 8;

/// Secrets, limits, and whether a user is disabled.
type Users = BTreeMap<String, ConfigUser>;

/// How often a command is killed with each file; `MTP_KILLS=2000` for more.
fn kills() -> usize {
    std::env::var("MTP_KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(24)
}

/// A file of this kind that spans several pages.
fn content(kind: &str) -> String {
    let note = "# Комментарий, который остаётся: a comment that stays.\n".repeat(200);
    let secret = "00112233445566778899aabbccddeeff";
    match kind {
        "telemt" => format!("{note}[access.users]\nalice = \"{secret}\" # first\n\n{note}"),
        "mtg-multi" => format!(
            "bind-to = \"0.0.0.0:443\"\n{note}[secrets]\nalice = \"ee{secret}612e62\"\n\n{note}\
             [secret-limits.alice]\nquota = \"5GB\"\n"
        ),
        _ => format!("port = 443\n{note}[[secret]]\nkey = \"{secret}\"\nlabel = \"alice\"\n"),
    }
}

/// The commands on one user, in their order.
fn commands(kind: &str) -> Vec<Vec<&'static str>> {
    let mut limit = vec!["limit", "bob", "--expires", "2030-12-31", "--quota", "10G"];
    if kind != "mtg-multi" {
        limit.extend(["--max-conns", "7"]);
    }
    vec![
        vec!["add", "bob", "--secret-from", "-"],
        limit,
        vec!["disable", "bob"],
        vec!["enable", "bob"],
        vec!["rotate", "bob", "--secret-from", "-"],
        vec!["rename", "bob", "carol"],
        vec!["disable", "alice"],
        vec!["enable", "alice"],
        vec!["remove", "carol"],
    ]
}

/// The users of a file, without the traces of an interrupted edit.
fn exported(file: &str) -> Users {
    let snapshot = read_snapshot(Path::new(file)).unwrap();
    let config = snapshot.config(None).unwrap();
    let user = |name: &&str| ConfigUser { line: 0, ..config.user(name).unwrap() };
    config.names().unwrap().iter().map(|name| ((*name).to_owned(), user(name))).collect()
}

/// Runs a command to its end and returns the users after it.
fn result_of(file: &str, args: &[&str], secret: &str) -> Users {
    let output = run("mtp-users", &[args, &["--config", file]].concat(), secret.as_bytes());
    assert!(output.status.success(), "{args:?} {}", text(&output.stderr));
    exported(file)
}

/// A file and the kills of its edits.
struct Victim {
    way: Way,
    folder: TempDir,
    path: PathBuf,
    loader: Loader,
    rng: SeededRng,
    /// Files in the folder between two edits.
    files: usize,
    killed: usize,
    /// Kills that left a trace of an edit.
    interrupted: usize,
    /// About how long a command takes.
    longest_us: u64,
}

impl Victim {
    fn file(&self) -> &str {
        self.path.to_str().unwrap()
    }

    fn files(&self) -> usize {
        fs::read_dir(self.folder.path()).unwrap().count()
    }

    /// Runs a command until it is killed, or done.
    fn kill(&mut self, args: &[&str], secret: &str, at_the_edit: bool) {
        let length = fs::metadata(&self.path).unwrap().len();
        let mut child = tool("mtp-users")
            .args(args)
            .args(["--config", self.file()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        drop(child.stdin.take().unwrap().write_all(secret.as_bytes()));
        if at_the_edit {
            // The edit begins with a file beside it, or with another length.
            let now = |path: &Path| fs::metadata(path).map_or(0, |meta| meta.len());
            let has_begun = || now(&self.path) != length || self.files() > self.files;
            while !has_begun() && child.try_wait().unwrap().is_none() {}
            if self.way == Way::InPlace || self.rng.one_in(2) {
                thread::sleep(Duration::from_micros(self.rng.below(self.way.edit_us())));
            }
        } else {
            thread::sleep(Duration::from_micros(self.rng.below(self.longest_us)));
        }
        child.kill().unwrap();
        self.killed += usize::from(!child.wait().unwrap().success());
        let left = fs::read(&self.path).unwrap();
        let has_journal = memchr::memmem::find(&left, b"mtp-users-toml").is_some();
        self.interrupted += usize::from(has_journal || self.files() > self.files);
        if self.way == Way::Rename {
            assert_eq!(self.loader.error(&self.path), "", "after {args:?}");
        }
    }

    /// Kills a command several times; the file then has the users of before or of after it.
    fn interrupt(&mut self, args: &[&str]) {
        let (secret, before) = (self.rng.secret(), exported(self.file()));
        // What the command makes of a copy is what it may make of the file.
        let copy = self.folder.path().join("copy.toml");
        fs::write(&copy, fs::read(&self.path).unwrap()).unwrap();
        let started = Instant::now();
        let after = result_of(copy.to_str().unwrap(), args, &secret);
        let took = u64::try_from(started.elapsed().as_micros()).unwrap().min(20_000);
        self.longest_us = u64::midpoint(took, self.longest_us);
        for n in 0..TRIES {
            self.kill(args, &secret, n % 2 == 1);
            let have = exported(self.file());
            assert!(have == before || have == after, "{args:?}\n{have:?}\n{before:?}\n{after:?}");
            if have == after {
                return;
            }
        }
        assert_eq!(result_of(self.file(), args, &secret), after);
    }
}

fn killed(kind: &str, way: Way) {
    let Some(loader) = PythonProcess::start(LOADER).map(Loader) else { return skip("python3") };
    let folder = memory_folder();
    let (path, other) = (folder.path().join("config.toml"), folder.path().join("other.toml"));
    let (first, begun) = (content(kind), Instant::now());
    fs::write(&path, &first).unwrap();
    if way == Way::InPlace {
        fs::hard_link(&path, &other).unwrap();
    }
    let rng = SeededRng::new(kind.len() as u64);
    let files = if way == Way::InPlace { 3 } else { 2 };
    let (killed, interrupted, longest_us) = (0, 0, 4000);
    let mut victim =
        Victim { way, folder, path, loader, rng, files, killed, interrupted, longest_us };
    let commands = commands(kind);
    let mut n = 0;
    while victim.killed < kills() {
        victim.interrupt(&commands[n % commands.len()]);
        n += 1;
    }
    // The rest of the round, uninterrupted, restores every byte.
    for args in commands.iter().skip(n % commands.len()) {
        let secret = victim.rng.secret();
        result_of(victim.file(), args, &secret);
    }
    assert_eq!(victim.loader.error(&victim.path), "");
    assert_eq!(fs::read_to_string(&victim.path).unwrap(), first);
    assert_eq!(victim.files(), files, "nothing is left beside the file");
    if way == Way::InPlace {
        assert_eq!(fs::read_to_string(&other).unwrap(), first);
    }
    let (done, spent) = (victim.killed, begun.elapsed());
    eprintln!("{kind} {way:?}: {done} killed, {} within an edit, {spent:?}", victim.interrupted);
    // A rename is over too soon for a few kills to meet it.
    let is_met = victim.interrupted > 0 || (way == Way::Rename && done < 500);
    assert!(is_met, "none of {done} was in an edit");
}

#[test]
fn telemt_by_rename() {
    killed("telemt", Way::Rename);
}

#[test]
fn telemt_in_place() {
    killed("telemt", Way::InPlace);
}

#[test]
fn mtg_multi_by_rename() {
    killed("mtg-multi", Way::Rename);
}

#[test]
fn mtg_multi_in_place() {
    killed("mtg-multi", Way::InPlace);
}

#[test]
fn teleproxy_by_rename() {
    killed("teleproxy", Way::Rename);
}

#[test]
fn teleproxy_in_place() {
    killed("teleproxy", Way::InPlace);
}
