//! Docker Compose, old and new, and projects that end with the test.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use tempfile::TempDir;

use super::engine::{Engine, image, succeeds};

/// Which Compose.
#[derive(Clone, Debug)]
pub(crate) enum Compose {
    /// `docker-compose`, of Python.
    Old,
    /// `docker compose`, with the configuration folder that has it as a plug-in, if not the usual.
    New(Option<PathBuf>),
}

impl Compose {
    /// Version 1.
    pub(crate) fn old() -> Option<Self> {
        succeeds(Command::new("docker-compose").arg("version")).then_some(Self::Old)
    }

    /// Version 2: the installed one, or Debian's next release's, unpacked into the build's folder.
    pub(crate) fn new() -> Option<Self> {
        let installed = Self::New(None);
        let unpacked = Self::New(Some(Path::new(env!("CARGO_TARGET_TMPDIR")).join("compose-2")));
        let works = |compose: &Self| succeeds(compose.command().arg("version"));
        if works(&installed) {
            return Some(installed);
        }
        if let (false, Self::New(Some(folder))) = (works(&unpacked), &unpacked) {
            let script = include_str!("compose-2.sh");
            drop(Command::new("bash").args(["-c", script, "compose-2"]).arg(folder).status());
        }
        works(&unpacked).then_some(unpacked)
    }

    /// Its program.
    pub(crate) fn command(&self) -> Command {
        match self {
            Self::Old => Command::new("docker-compose"),
            Self::New(folder) => {
                let mut command = Command::new("docker");
                command.arg("compose");
                command.envs(folder.iter().map(|folder| ("DOCKER_CONFIG", folder)));
                command
            }
        }
    }
}

/// A project of one service, `mtprotoproxy`. Dropping it takes it down.
pub(crate) struct Project {
    compose: Compose,
    name: String,
    /// The folder of its Compose file, and of what is mounted.
    pub(crate) folder: TempDir,
    _engine: Arc<Engine>,
}

impl Project {
    /// Brings a service up: what it runs, and files of its folder that are mounted singly.
    pub(crate) fn up(
        engine: &Arc<Engine>,
        compose: &Compose,
        folder: TempDir,
        command: &[&str],
        mounts: &[String],
    ) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let count = COUNT.fetch_add(1, Ordering::Relaxed);
        let name = format!("mtptest{}x{count}", std::process::id());
        let mounts = [&["/usr:/usr:ro".to_owned()], mounts].concat();
        let service = serde_json::json!({
            "image": image(),
            "network_mode": "host",
            "user": "10000",
            "working_dir": "/home/tgproxy",
            "stop_grace_period": "0s",
            "command": command,
            "volumes": mounts,
        });
        // JSON is YAML.
        let file = serde_json::json!({"version": "2.4", "services": {"mtprotoproxy": service}});
        let file = file.to_string();
        fs::write(folder.path().join("docker-compose.yml"), file).unwrap();
        let project = Self { compose: compose.clone(), name, folder, _engine: Arc::clone(engine) };
        let output = project.command(&["up", "-d"]).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        project
    }

    /// A Compose command on this project.
    pub(crate) fn command(&self, args: &[&str]) -> Command {
        let mut command = self.compose.command();
        command.args(["-p", &self.name]).args(args).current_dir(self.folder.path());
        command.stdin(Stdio::null());
        command
    }

    /// The container's name.
    pub(crate) fn container(&self) -> String {
        let joint = if matches!(self.compose, Compose::Old) { '_' } else { '-' };
        format!("{}{joint}mtprotoproxy{joint}1", self.name)
    }

    /// Takes it down, as `docker compose down` does.
    pub(crate) fn down(&self) -> bool {
        succeeds(&mut self.command(&["down", "-t", "0"]))
    }
}

impl Drop for Project {
    fn drop(&mut self) {
        self.down();
    }
}
