//! What the tests share: running a tool, and comparing or blessing files.

use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Output, Stdio};
use std::sync::LazyLock;

/// The package's folder.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The built program of this name.
pub(crate) fn tool(name: &str) -> Command {
    let path = match name {
        "mtp-parse" => env!("CARGO_BIN_EXE_mtp-parse"),
        "mtp-score" => env!("CARGO_BIN_EXE_mtp-score"),
        "mtp-conns" => env!("CARGO_BIN_EXE_mtp-conns"),
        "mtp-users" => env!("CARGO_BIN_EXE_mtp-users"),
        "mtp-report" => env!("CARGO_BIN_EXE_mtp-report"),
        other => panic!("no tool is called {other}"),
    };
    let mut command = Command::new(path);
    command.env_remove("NO_COLOR").env("LC_ALL", "C.UTF-8").env("TZ", "UTC");
    command
}

/// Runs a tool on this input, to its end.
pub(crate) fn run(name: &str, args: &[&str], input: &[u8]) -> Output {
    let mut child = tool(name)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the tool starts");
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    let writer = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().expect("the tool ends");
    writer.join().unwrap();
    output
}

/// Starts a tool that is fed line by line, and read.
pub(crate) fn fed(name: &str, args: &[&str]) -> (Child, ChildStdin) {
    let mut child = tool(name)
        .args(args)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .expect("the tool starts");
    let stdin = child.stdin.take().unwrap();
    (child, stdin)
}

/// Has a program of Python's look at cases, one a line; it says what is wrong with them.
pub(crate) fn judge(program: &str, cases: Vec<String>) {
    let mut child = Command::new("python3")
        .args(["-c", program])
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .expect("python3 is there");
    let mut stdin = child.stdin.take().unwrap();
    let feed = std::thread::spawn(move || {
        for case in cases {
            writeln!(stdin, "{case}").unwrap();
        }
    });
    let output = child.wait_with_output().unwrap();
    feed.join().unwrap();
    let said = text(&output.stderr);
    assert!(output.status.success() && said.is_empty(), "{said}");
}

/// Standard output as text.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Compares files with what they should hold, and reports all differences at the end; with
/// `MTP_BLESS=1` it writes them instead.
#[derive(Default)]
pub(crate) struct Ledger {
    wrong: Vec<String>,
}

impl Ledger {
    /// Holds one file against what it should be.
    pub(crate) fn expect(&mut self, path: &Path, want: &[u8]) {
        let have = fs::read(path).ok();
        if have.as_deref() == Some(want) {
            return;
        }
        if std::env::var_os("MTP_BLESS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, want).unwrap();
            return;
        }
        let first = have.as_deref().map_or("it is missing".to_owned(), |have| {
            let (have, want) = (text(have), text(want));
            let line = have.lines().zip(want.lines()).position(|(a, b)| a != b);
            let line = line.unwrap_or_else(|| have.lines().count().min(want.lines().count()));
            let at = |text: &str| text.lines().nth(line).unwrap_or("(nothing)").to_owned();
            format!("line {}:\n  is     {}\n  should {}", line + 1, at(&have), at(&want))
        });
        self.wrong.push(format!("{}: {first}", path.display()));
    }

    /// Fails if anything differed.
    pub(crate) fn close(self) {
        assert!(
            self.wrong.is_empty(),
            "{}\nMTP_BLESS=1 cargo test writes these files; read the difference before you commit",
            self.wrong.join("\n")
        );
    }
}

/// Numbers that look like chance and are the same every time (xorshift).
pub(crate) struct Random(pub(crate) u64);

impl Random {
    /// The next number, less than `most`.
    pub(crate) fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) % most.max(1)
    }
}

/// Says loudly that something cannot be tested here; where nothing may be skipped, it fails.
pub(crate) fn skip(what: &str) {
    assert!(std::env::var_os("MTP_NO_SKIP").is_none(), "cannot be had here: {what}");
    eprintln!("SKIPPED: {what}");
}

/// Holds rows against `man/mtp-stream.schema.json`.
pub(crate) fn schema_holds(rows: &str) {
    static SCHEMA: LazyLock<jsonschema::Validator> = LazyLock::new(|| {
        let text = fs::read_to_string(root().join("man/mtp-stream.schema.json")).unwrap();
        let schema = serde_json::from_str(&text).expect("the schema is JSON");
        let options = jsonschema::draft202012::options().should_validate_formats(true);
        options.build(&schema).expect("the schema is one")
    });
    let mut wrong = Vec::new();
    for row in rows.lines() {
        match serde_json::from_str::<serde_json::Value>(row) {
            Err(error) => wrong.push(format!("{error}: {row}")),
            Ok(value) => {
                let faults = SCHEMA.iter_errors(&value);
                wrong.extend(
                    faults.map(|fault| format!("{}: {fault}: {row}", fault.instance_path())),
                );
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A folder in memory where there is one: edits sync what they write.
pub(crate) fn memory_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a folder")
}
