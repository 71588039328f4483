//! Shared by the tests: running tools, golden files, one random generator, skips.

use std::fs;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};
use std::sync::LazyLock;

use rand::distr::uniform::SampleUniform;
use rand::rngs::Xoshiro256PlusPlus;
use rand::{RngExt, SeedableRng};

/// The package's folder.
pub(crate) fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The built program of this name.
pub(crate) fn tool(name: &str) -> Command {
    let path = match name {
        "mtp-logs" => env!("CARGO_BIN_EXE_mtp-logs"),
        "mtp-parse" => env!("CARGO_BIN_EXE_mtp-parse"),
        "mtp-score" => env!("CARGO_BIN_EXE_mtp-score"),
        "mtp-conns" => env!("CARGO_BIN_EXE_mtp-conns"),
        "mtp-users" => env!("CARGO_BIN_EXE_mtp-users"),
        "mtp-report" => env!("CARGO_BIN_EXE_mtp-report"),
        "mtp-notify" => env!("CARGO_BIN_EXE_mtp-notify"),
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

/// Starts a tool whose input and output are pipes.
pub(crate) fn spawn_piped(name: &str, args: &[&str]) -> (Child, ChildStdin) {
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

/// Pipes cases, one per line, into a Python program that prints what is wrong to its standard
/// error. Skips where Python is missing.
pub(crate) fn check_with_python(program: &str, cases: Vec<String>) {
    let mut command = Command::new("python3");
    command.args(["-c", program]).stdin(Stdio::piped()).stdout(Stdio::null());
    let Ok(mut child) = command.stderr(Stdio::piped()).spawn() else { return skip("python3") };
    let mut stdin = child.stdin.take().unwrap();
    let writer = std::thread::spawn(move || {
        for case in cases {
            writeln!(stdin, "{case}").unwrap();
        }
    });
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    let errors = text(&output.stderr);
    assert!(output.status.success() && errors.is_empty(), "{errors}");
}

/// A Python program that answers each line with a line of JSON. It ends when it is dropped.
pub(crate) struct PythonProcess {
    child: Child,
    to: ChildStdin,
    from: BufReader<ChildStdout>,
}

impl PythonProcess {
    /// `None` where Python is missing.
    pub(crate) fn start(program: &str) -> Option<Self> {
        let mut child = Command::new("python3")
            .args(["-uc", program])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .ok()?;
        let to = child.stdin.take().unwrap();
        let from = BufReader::new(child.stdout.take().unwrap());
        Some(Self { child, to, from })
    }

    pub(crate) fn ask(&mut self, line: &str) {
        writeln!(self.to, "{line}").unwrap();
    }

    pub(crate) fn answer<T: serde::de::DeserializeOwned>(&mut self) -> T {
        let mut line = String::new();
        self.from.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }
}

impl Drop for PythonProcess {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Bytes as text, for comparisons and messages.
pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

/// Compares files with their expected content and reports all differences at the end. With
/// `MTP_BLESS=1` it writes the files instead.
#[derive(Default)]
pub(crate) struct Golden {
    differences: Vec<String>,
}

impl Golden {
    pub(crate) fn compare(&mut self, path: &Path, want: &[u8]) {
        let have = fs::read(path).ok();
        if have.as_deref() == Some(want) {
            return;
        }
        if std::env::var_os("MTP_BLESS").is_some() {
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, want).unwrap();
            return;
        }
        let first = have.as_deref().map_or("the file is missing".to_owned(), |have| {
            let (have, want) = (text(have), text(want));
            let line = have.lines().zip(want.lines()).position(|(a, b)| a != b);
            let line = line.unwrap_or_else(|| have.lines().count().min(want.lines().count()));
            let at = |text: &str| text.lines().nth(line).unwrap_or("(nothing)").to_owned();
            format!("line {}:\n  is     {}\n  should {}", line + 1, at(&have), at(&want))
        });
        self.differences.push(format!("{}: {first}", path.display()));
    }

    pub(crate) fn finish(self) {
        assert!(
            self.differences.is_empty(),
            "{}\nMTP_BLESS=1 cargo test writes these files; read the difference before you commit",
            self.differences.join("\n")
        );
    }
}

/// A seeded generator: the same numbers in every run and on every machine.
pub(crate) struct SeededRng(Xoshiro256PlusPlus);

impl SeededRng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(Xoshiro256PlusPlus::seed_from_u64(seed))
    }

    /// A number from 0 up to, but not including, the limit.
    pub(crate) fn below<N: SampleUniform + PartialOrd + Default>(&mut self, limit: N) -> N {
        self.0.random_range(N::default()..limit)
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.below(from.len())]
    }

    /// True in one of `n` calls.
    pub(crate) fn one_in(&mut self, n: usize) -> bool {
        self.below(n) == 0
    }

    /// 32 hexadecimal digits.
    pub(crate) fn secret(&mut self) -> String {
        (0..32).map(|_| char::from(self.pick(b"0123456789abcdef"))).collect()
    }
}

/// Records that a test cannot run here; `tests/skipped.rs` prints the number at the end. With
/// `MTP_NO_SKIP=1` it fails the test.
pub(crate) fn skip(missing: &str) {
    assert!(std::env::var_os("MTP_NO_SKIP").is_none(), "not available here: {missing}");
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("skipped");
    let mut file = fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    let name = std::thread::current().name().unwrap_or("?").to_owned();
    file.write_all(format!("{name}\t{missing}\n").as_bytes()).unwrap();
}

/// Checks rows against `man/mtp-stream.schema.json`.
pub(crate) fn check_schema(rows: &str) {
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

/// A folder in memory where possible: edits sync what they write.
pub(crate) fn memory_folder() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder")
}
