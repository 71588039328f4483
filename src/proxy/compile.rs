//! Compiles a config.py with `CPython`: the compiler refuses more than a parser does, and a proxy that
//! reads such a file stops.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::process::ProxyProcess;
use super::reload::ReloadTarget;

/// Outcome of a compilation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Compiled {
    Valid,
    /// The message of the compiler, with the line if it has one.
    Invalid(String, usize),
    /// No Python is available here.
    Unknown,
}

/// Prints that the text can be compiled, or the line and message of the error.
const PROGRAM: &str = "import sys
try:
    compile(sys.stdin.buffer.read(), 'config.py', 'exec', dont_inherit=True)
    print('compiled')
except (SyntaxError, ValueError) as error:
    print(getattr(error, 'lineno', None) or 1, getattr(error, 'msg', None) or error)
";

/// Compiles a text with the interpreter of a proxy, in its container if it is in one, or else with
/// `python3`. Nothing is executed.
pub fn compile(target: Option<&ReloadTarget>, text: &[u8]) -> Compiled {
    let process = target.and_then(ReloadTarget::process);
    if let Some(ReloadTarget::Container(docker, container, _)) = target {
        let own = process.and_then(ProxyProcess::executable);
        let own = own.as_deref().and_then(Path::to_str).unwrap_or("python3");
        let command = [own, "-I", "-S", "-c", PROGRAM];
        let output = docker.exec(&container.id, &command, text).unwrap_or_default();
        if let Some(compiled) = outcome(&output) {
            return compiled;
        }
    }
    let own = process.and_then(ProxyProcess::interpreter);
    let mut candidates = own.into_iter().chain([PathBuf::from("python3")]);
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
    // A program that does not read it prints nothing that is an outcome.
    child.stdin.take()?.write_all(text).unwrap_or_default();
    outcome(&child.wait_with_output().ok()?.stdout)
}

/// `compiled`, or a line and a message.
fn outcome(output: &[u8]) -> Option<Compiled> {
    let message = String::from_utf8_lossy(output);
    let message = message.trim();
    if message == "compiled" {
        return Some(Compiled::Valid);
    }
    let (line, message) = message.split_once(' ')?;
    Some(Compiled::Invalid(message.to_owned(), line.parse().ok()?))
}
