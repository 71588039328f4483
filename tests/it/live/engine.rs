//! A Docker engine: the one that runs, or one started for the tests and ended after them.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, Weak};
use std::thread;
use std::time::{Duration, Instant};

use tempfile::TempDir;

/// An image with nothing in it but links into /usr, which containers get from the host.
const IMAGE: &str = "mtp-tests/host-usr:1";

/// Holds the engine up while tests use it.
#[derive(Debug)]
pub(crate) struct Engine(Option<(Child, TempDir)>);

impl Engine {
    /// The engine, with the image in it; `None` where neither runs nor can be started.
    pub(crate) fn get() -> Option<Arc<Self>> {
        static ONE: Mutex<Weak<Engine>> = Mutex::new(Weak::new());
        let mut one = ONE.lock().unwrap();
        if let Some(engine) = one.upgrade() {
            return Some(engine);
        }
        let engine = if answers() { Self(None) } else { Self::start()? };
        let has_image = succeeds(docker().args(["image", "inspect", IMAGE]));
        (has_image || import()).then_some(())?;
        let engine = Arc::new(engine);
        *one = Arc::downgrade(&engine);
        Some(engine)
    }

    fn start() -> Option<Self> {
        let folder = tempfile::tempdir().ok()?;
        let at = |name: &str| folder.path().join(name);
        let log = File::create(at("log")).ok()?;
        let child = Command::new("dockerd")
            .args([Path::new("--data-root"), &at("root"), Path::new("--exec-root"), &at("exec")])
            .args([Path::new("--pidfile"), &at("pid")])
            .stdin(Stdio::null())
            .stdout(log.try_clone().ok()?)
            .stderr(log)
            .spawn()
            .ok()?;
        let engine = Self(Some((child, folder)));
        let end = Instant::now() + Duration::from_secs(30);
        while !answers() {
            if Instant::now() > end {
                return None;
            }
            thread::sleep(Duration::from_millis(100));
        }
        Some(engine)
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        let Some((child, _)) = &mut self.0 else { return };
        // In order, so that it takes its containers' processes with it.
        drop(Command::new("kill").arg(child.id().to_string()).status());
        drop(child.wait());
    }
}

/// Docker's own client.
pub(crate) fn docker() -> Command {
    Command::new("docker")
}

/// The image to name in a Compose file.
pub(crate) fn image() -> &'static str {
    IMAGE
}

/// Whether a command ends well, silently.
pub(crate) fn succeeds(command: &mut Command) -> bool {
    let quiet = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    quiet.status().is_ok_and(|status| status.success())
}

fn answers() -> bool {
    succeeds(docker().arg("info"))
}

/// Makes the image from an archive of four links and two folders.
fn import() -> bool {
    let folder = tempfile::tempdir().unwrap();
    for name in ["bin", "lib", "lib64", "sbin"] {
        let to = PathBuf::from(format!("usr/{name}"));
        std::os::unix::fs::symlink(to, folder.path().join(name)).unwrap();
    }
    let make =
        format!("mkdir usr tmp && chmod 1777 tmp && tar -c . | docker import - {IMAGE} >/dev/null");
    succeeds(Command::new("sh").args(["-c", &make]).current_dir(folder.path()))
}
