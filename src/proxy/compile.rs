//! Compiles a config.py with `CPython` before a proxy reloads it: the compiler refuses more than a
//! parser does, and a proxy that reloads such a file stops.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::process::ProxyProcess;

/// Outcome of a compilation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compiled {
    Valid,
    /// The message of the compiler, with the line if it has one.
    Invalid(String, usize),
    /// No Python is available here.
    Unknown,
}

/// Prints the line and message of an error; nothing if the text can be compiled.
const PROGRAM: &str = "import sys
try:
    compile(sys.stdin.buffer.read(), 'config.py', 'exec', dont_inherit=True)
except (SyntaxError, ValueError) as error:
    print(getattr(error, 'lineno', None) or 1, getattr(error, 'msg', None) or error)
";

/// Compiles a text with the interpreter of a proxy, or else with `python3`. Nothing is executed.
pub fn compile(proxy: Option<ProxyProcess>, text: &[u8]) -> Compiled {
    let own = proxy.and_then(ProxyProcess::interpreter);
    let candidates = own.into_iter().chain([PathBuf::from("python3")]);
    let mut candidates = candidates;
    candidates.find_map(|python| run(&python, text)).unwrap_or(Compiled::Unknown)
}

fn run(python: &Path, text: &[u8]) -> Option<Compiled> {
    let mut child = Command::new(python)
        .args(["-I", "-S", "-c", PROGRAM])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let written = child.stdin.take()?.write_all(text);
    let output = child.wait_with_output().ok()?;
    if written.is_err() || !output.status.success() {
        return None;
    }
    let message = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    match message.split_once(' ') {
        None => Some(Compiled::Valid),
        Some((line, message)) => {
            Some(Compiled::Invalid(message.to_owned(), line.parse().unwrap_or(1)))
        }
    }
}
