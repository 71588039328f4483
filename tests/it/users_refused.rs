//! Files that `mtp-users` cannot edit: each has a message that names the remedy.

use std::fs;
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::Path;
use std::process::{Command, Output};

use crate::docker::fake_engine;
use crate::harness::{run, skip, text, tool};

const CONFIG: &str = "PORT = 443\nUSERS = {\n    'tg': '0f112233445566778899aabbccddee00',\n}\n";

/// Makes a folder that everyone may read, with a config.py in it.
fn folder() -> (tempfile::TempDir, String) {
    let folder = tempfile::tempdir().unwrap();
    fs::set_permissions(folder.path(), PermissionsExt::from_mode(0o755)).unwrap();
    let path = folder.path().join("config.py");
    fs::write(&path, CONFIG).unwrap();
    let config = path.to_str().unwrap().to_owned();
    (folder, config)
}

/// Returns the message of a refusal, with F for the file.
fn refused(output: &Output, config: &str) -> String {
    let said = text(&output.stderr);
    assert!(output.status.code() == Some(1) && output.stdout.is_empty(), "{said}");
    said.trim_end().trim_start_matches("mtp-users: ").replace(config, "F")
}

/// Returns why a user cannot be added to this file.
fn why(config: &Path) -> String {
    let config = config.to_str().unwrap();
    refused(&run("mtp-users", &["add", "x", "--config", config], b""), config)
}

fn is_root() -> bool {
    fs::metadata("/proc/self").unwrap().uid() == 0
}

/// Runs the tool as nobody, or as the user who runs the tests.
fn as_nobody(args: &[&str]) -> Output {
    let program = tool("mtp-users").get_program().to_owned();
    let mut command =
        Command::new(if is_root() { "setpriv".as_ref() } else { program.as_os_str() });
    if is_root() {
        command.args(["--reuid=65534", "--regid=65534", "--clear-groups"]).arg(&program);
    }
    command.args(args).output().expect("setpriv is there")
}

/// Runs the tool in its own namespaces, after a script; `None` where this user can have none.
fn apart(namespaces: &[&str], script: &str, args: &[&str]) -> Option<Output> {
    let mut command = Command::new("unshare");
    if !is_root() {
        command.args(["--user", "--map-root-user"]);
    }
    command.args(namespaces).args(["sh", "-c", &format!("{script}\nexec \"$@\""), "sh"]);
    command.arg(tool("mtp-users").get_program()).args(args).env("DOCKER_HOST", "unix:///none");
    let output = command.output().expect("unshare is there");
    (!text(&output.stderr).contains("ermitted")).then_some(output)
}

#[test]
fn not_a_regular_file() {
    let (folder, config) = folder();
    let at = |name: &str| folder.path().join(name);
    let want = "F: no such file (use --config FILE)";
    assert_eq!(why(&at("none.py")), want);
    let want = "F: is a directory (expected a file)";
    assert_eq!(why(folder.path()), want);
    assert_eq!(why(Path::new("/dev/null")), "F: not a regular file");
    symlink("gone.py", at("dangling.py")).unwrap();
    let want = "F: symlink to gone.py, which does not exist";
    assert_eq!(why(&at("dangling.py")), want);
    assert!(why(&at("config.py/x")).contains("Not a directory"));
    assert_eq!(fs::read_to_string(config).unwrap(), CONFIG);
}

#[test]
fn names_too_many_and_too_few() {
    let (_folder, config) = folder();
    for (args, code, want) in [
        (["add", "-"].as_slice(), 1, "standard input: no names found"),
        (&["add"], 2, "add: missing NAME (- reads standard input)"),
        (&["list", "tg"], 2, "unexpected argument 'tg' (list takes no NAME)"),
        (&["check", "other.py"], 2, "unexpected argument 'other.py' (check takes no NAME)"),
    ] {
        let output = run("mtp-users", &[args, &["--config", &config]].concat(), b"");
        assert_eq!(text(&output.stderr), format!("mtp-users: {want}\n"));
        assert_eq!(output.status.code(), Some(code));
    }
}

#[test]
fn a_symlink_is_followed_and_stays_one() {
    let (folder, config) = folder();
    let link = folder.path().join("link.py");
    symlink(&config, &link).unwrap();
    let inode = fs::metadata(&config).unwrap().ino();
    let output = run("mtp-users", &["add", "x", "--config", link.to_str().unwrap()], b"");
    let said = text(&output.stderr);
    assert!(output.status.success() && said.contains("symlink to "), "{said}");
    assert!(fs::symlink_metadata(&link).unwrap().file_type().is_symlink());
    assert_eq!(fs::metadata(&config).unwrap().ino(), inode);
}

#[test]
fn missing_permissions() {
    let (_folder, config) = folder();
    fs::set_permissions(&config, PermissionsExt::from_mode(0o444)).unwrap();
    let output = as_nobody(&["add", "x", "--config", &config]);
    assert_eq!(refused(&output, &config), "F: permission denied: this user cannot write it");
    let output = as_nobody(&["names", "--config", &config]);
    assert_eq!((text(&output.stdout).as_str(), output.status.code()), ("tg\n", Some(0)));
    fs::set_permissions(&config, PermissionsExt::from_mode(0o000)).unwrap();
    let output = as_nobody(&["list", "--config", &config]);
    assert_eq!(refused(&output, &config), "F: permission denied: this user cannot read it");
}

#[test]
fn a_read_only_mount() {
    let (folder, config) = folder();
    let inside = folder.path().display();
    let script = format!(
        "mount --bind '{inside}' '{inside}' && mount -o remount,ro,bind '{inside}' || exit"
    );
    let output = apart(&["--mount"], &script, &["add", "x", "--config", &config]);
    let Some(output) = output else { return skip("a mount of one's own") };
    let want = "F: on a read-only mount (edit it where it is mounted from)";
    assert_eq!(refused(&output, &config), want);
}

#[test]
fn a_port_of_another_program() {
    let (folder, config) = folder();
    let listener = TcpListener::bind("0.0.0.0:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    fs::write(&config, CONFIG.replace("443", &port.to_string())).unwrap();
    let check = ["check", "--config", &config, "--format", "text"];
    // No other test's proxy shows among its processes.
    let processes = ["--pid", "--fork", "--mount-proc"];
    let Some(output) = apart(&processes, "", &check) else { return skip("processes of one's own") };
    let said = text(&output.stdout).replace(&config, "F");
    let want = format!("F:1: port {port} is in use on this machine (tried 0.0.0.0) and no");
    assert!(output.status.code() == Some(1) && said.contains(&want), "{said}");
    assert!(said.contains("a container with its own network is not affected"), "{said}");

    let socket = folder.path().join("docker.sock");
    let published = format!("{{\"PublicPort\":{port},\"Type\":\"tcp\"}}");
    let list = format!("[{{\"Id\":\"a\",\"Names\":[\"/web\"],\"Ports\":[{published}]}}]");
    let answers: &[(u16, &[u8])] = Box::leak(Box::new([(200, list.leak().as_bytes())]));
    let asks = fake_engine(&socket, answers);
    let script = format!("export DOCKER_HOST='unix://{}'", socket.display());
    let output = apart(&processes, &script, &check).unwrap();
    let said = text(&output.stdout).replace(&config, "F");
    assert_eq!(asks.recv().unwrap(), "GET /containers/json HTTP/1.0");
    let want = format!("F:1: port {port} of this machine belongs to container web: correct if");
    assert!(output.status.success() && said.contains(&want), "{said}");
}
