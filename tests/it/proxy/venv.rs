//! The genuine proxy, as PyPI has it, installed once into the build's folder.

use std::env;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// The last release on PyPI; of 2019, and what `pip install mtprotoproxy` gives.
const RELEASE: &str = "mtprotoproxy==1.0.6";

/// A Python and the proxy's script for it.
#[derive(Clone, Debug)]
pub(crate) struct Installed {
    pub(crate) python: PathBuf,
    pub(crate) script: PathBuf,
}

/// Installs the proxy, or finds it installed; `None` where there is no Python, venv or index.
/// `MTP_PROXY=SCRIPT` and `MTP_PYTHON=PROGRAM` run the tests on another version or Python.
pub(crate) fn installed() -> Option<Installed> {
    static ONCE: OnceLock<Option<Installed>> = OnceLock::new();
    if let Some(script) = env::var_os("MTP_PROXY") {
        return Some(Installed { python: python(), script: script.into() });
    }
    ONCE.get_or_init(|| install(Path::new(env!("CARGO_TARGET_TMPDIR")))).clone()
}

/// The system's own Python: a container of the tests sees its files under the same names.
pub(crate) fn python() -> PathBuf {
    if let Some(chosen) = env::var_os("MTP_PYTHON") {
        return chosen.into();
    }
    let system = PathBuf::from("/usr/bin/python3");
    if system.exists() { system } else { PathBuf::from("python3") }
}

fn install(under: &Path) -> Option<Installed> {
    fs::create_dir_all(under).ok()?;
    let lock = File::create(under.join("mtprotoproxy.lock")).ok()?;
    lock.lock().ok()?; // one test process installs, the others wait
    let venv = under.join("mtprotoproxy-1.0.6");
    let installed =
        Installed { python: venv.join("bin/python"), script: venv.join("bin/mtprotoproxy.py") };
    if !installed.script.exists() {
        drop(fs::remove_dir_all(&venv)); // what an interrupted run left
        run(Command::new(python()).arg("-m").arg("venv").arg(&venv))?;
        let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check", RELEASE];
        run(Command::new(&installed.python).args(pip))?;
    }
    installed.script.exists().then_some(installed)
}

fn run(command: &mut Command) -> Option<()> {
    let output = command.output().ok()?;
    if !output.status.success() {
        eprintln!("{command:?}: {}", String::from_utf8_lossy(&output.stderr));
    }
    output.status.success().then_some(())
}
