//! Unlucky edits in every format: each is refused before the first byte, or done and reported.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::harness::{memory_folder, run, skip, text, tool};

const SECRET: &str = "00112233445566778899aabbccddeeff";
const PYTHON: &str = "PORT = 443\nMY_DOMAIN = 'h'\nUSERS = {\n    'alice': '@',\n}\n";
const TELEMT: &str = "[server]\nport = 443\n[access.users]\nalice = \"@\"\n";
const MTG: &str = "bind-to = \"0.0.0.0:443\"\n[secrets]\nalice = \"ee@612e62\"\n";
const TELEPROXY: &str = "port = 443\n[[secret]]\nkey = \"@\"\nlabel = \"alice\"\n";

fn write(path: &Path, content: &str) -> String {
    let content = content.replace('@', SECRET);
    fs::write(path, &content).unwrap();
    content
}

/// Status, standard output and error.
fn users(path: &Path, args: &[&str], input: &str) -> (Option<i32>, String, String) {
    let args = [args, &["--config", path.to_str().unwrap()]].concat();
    let output = run("mtp-users", &args, input.as_bytes());
    (output.status.code(), text(&output.stdout), text(&output.stderr))
}

/// The command is refused for this reason, and writes nothing.
fn refused(name: &str, content: &str, args: &[&str], input: &str, reason: &str) {
    let folder = memory_folder();
    let path = folder.path().join(name);
    let before = write(&path, content);
    let (code, out, said) = users(&path, args, input);
    assert_eq!((code, out.as_str()), (Some(1), ""), "{args:?} {said}");
    assert!(said.contains(reason), "{args:?} {said}");
    assert_eq!(fs::read_to_string(&path).unwrap(), before, "{args:?}");
}

#[test]
fn a_reload_that_cannot_work_is_refused_before_the_edit() {
    let mut child = Command::new("true").spawn().unwrap();
    child.wait().unwrap();
    let pid = child.id().to_string();
    for (name, content) in [("config.py", PYTHON), ("t.toml", TELEMT), ("p.toml", TELEPROXY)] {
        let add = ["add", "bob", "--reload", "--pid", &pid];
        refused(name, content, &add, "", "no such process");
        let own = std::process::id().to_string();
        let add = ["add", "bob", "--reload", "--pid", &own];
        refused(name, content, &add, "", "would end it");
        refused(name, content, &["remove", "alice", "--reload"], "", "no running proxy");
    }
    refused("m.toml", MTG, &["add", "bob", "--reload"], "", "the file sets no api-bind-to");
}

#[test]
fn secrets_of_another_form() {
    let full = format!("ee{SECRET}612e62\n");
    let add = ["add", "bob", "--secret-from", "-"];
    for (name, content) in [("config.py", PYTHON), ("t.toml", TELEMT), ("p.toml", TELEPROXY)] {
        for secret in [full.as_str(), "7jZ6GJruGPoxwZAFTv1KjpVhLmI\n"] {
            refused(name, content, &add, secret, "expected 32 hex digits");
            refused(name, content, &["import", "-"], &format!("bob,{secret}"), "32 hex digits");
        }
        refused(name, content, &add, &format!("dd{SECRET}\n"), "without the dd or ee");
    }
    let folder = memory_folder();
    let path = folder.path().join("m.toml");
    write(&path, MTG);
    assert_eq!(users(&path, &add, &full).0, Some(0));
}

#[test]
fn files_of_another_proxy() {
    let add = |kind| ["add", "bob", "--kind", kind];
    for (content, kind, reason) in [
        (TELEMT, "mtprotoproxy", "a table header of TOML"),
        (TELEMT, "mtg-multi", "a config file of telemt, not of mtg-multi"),
        (TELEMT, "teleproxy", "a config file of telemt, not of teleproxy"),
        (MTG, "telemt", "a config file of mtg-multi, not of telemt"),
        (MTG, "teleproxy", "a config file of mtg-multi, not of teleproxy"),
        (TELEPROXY, "telemt", "a config file of teleproxy, not of telemt"),
        (TELEPROXY, "mtg-multi", "a config file of teleproxy, not of mtg-multi"),
        (TELEPROXY, "mtprotoproxy", "a table header of TOML"),
        (PYTHON, "telemt", "invalid TOML"),
    ] {
        refused("file", content, &add(kind), "", reason);
    }
    refused("empty.toml", "", &["add", "bob"], "", "no TOML of a known proxy");
    refused("py.toml", "PORT = 443\n", &["add", "bob"], "", "no TOML of a known proxy");
    // Nothing of another proxy: what is asked for.
    let folder = memory_folder();
    let path = folder.path().join("new.toml");
    write(&path, "[server]\nport = 443\n");
    assert_eq!(users(&path, &add("telemt"), "").0, Some(0));
    // Tables of two proxies: what is asked for, else the first.
    let both = format!("{MTG}[[secret]]\nkey = \"@\"\n");
    for (args, added) in [(&["add", "x"][..], "\nx = \"ee"), (&add("teleproxy"), "label = \"bob\"")]
    {
        write(&path, &both);
        assert_eq!(users(&path, args, "").0, Some(0));
        assert!(fs::read_to_string(&path).unwrap().contains(added));
    }
}

#[test]
fn what_is_ambiguous_or_has_no_effect() {
    let twice = format!("{TELEPROXY}[[secret]]\nkey = \"f@\"\nlabel = \"alice\"\n")
        .replace("f@", &"f".repeat(32));
    for args in [
        &["disable", "alice"][..],
        &["remove", "alice"],
        &["rotate", "alice"],
        &["rename", "alice", "bob"],
        &["limit", "alice", "--max-conns", "5"],
    ] {
        refused("p.toml", &twice, args, "", "2 secrets have the label 'alice'");
    }
    for content in [PYTHON, TELEMT, TELEPROXY] {
        let list = "name,max_conns\nbob,0\n";
        refused("file", content, &["import", "-"], list, "invalid limit '0'");
        refused("file", content, &["add", "bob", "alice"], "", "--skip-existing");
        refused("file", content, &["add", "bob", "--qr-svg", "/none/x.svg"], "", "No such file");
        refused("file", content, &["rename", "alice", "a\u{7}"], "", "no control characters");
    }
    refused("t.toml", "[access.users.alice]\nx = 1\n", &["rotate", "alice"], "", "is a table");
    let inline = "bind-to = \"a:1\"\nsecrets = { alice = \"ee@612e62\" }\n";
    refused("m.toml", inline, &["disable", "alice"], "", "is an inline table");
}

/// Docker mounts single files: a rename would leave the old one in the container.
#[test]
fn a_file_that_a_container_mounts_keeps_its_inode() {
    let folder = tempfile::tempdir().unwrap();
    let (path, inside) = (folder.path().join("t.toml"), folder.path().join("inside.toml"));
    write(&path, TELEMT);
    fs::write(&inside, "").unwrap();
    let script = "mount --bind \"$1\" \"$2\" && echo mounted > \"$2.ready\" && exec sleep 60";
    let child = Command::new("unshare")
        .args(["--mount", "sh", "-c", script, "sh"])
        .args([&path, &inside])
        .stderr(Stdio::null())
        .spawn();
    let Ok(mut child) = child else { return skip("unshare") };
    let ready = folder.path().join("inside.toml.ready");
    let until = Instant::now() + Duration::from_secs(10);
    while !ready.exists() && Instant::now() < until && child.try_wait().unwrap().is_none() {
        thread::sleep(Duration::from_millis(5));
    }
    let has_mount = ready.exists();
    let before = fs::metadata(&path).unwrap().ino();
    let (code, _, said) = users(&path, &["add", "bob"], "");
    let after = fs::metadata(&path).unwrap().ino();
    let seen = fs::read_to_string(format!("/proc/{}/root{}", child.id(), inside.display()));
    drop(child.kill());
    drop(child.wait());
    if !has_mount {
        return skip("a mount of its own (root)");
    }
    assert_eq!(code, Some(0), "{said}");
    assert_eq!(after, before);
    assert!(seen.unwrap().contains("bob = "));
    assert_eq!(users(&path, &["add", "carol"], "").0, Some(0));
    assert_ne!(fs::metadata(&path).unwrap().ino(), before, "without the mount, by a rename");
}

#[test]
fn thirty_writers_at_once() {
    let folder = memory_folder();
    let (path, other) = (folder.path().join("t.toml"), folder.path().join("other.toml"));
    for in_place in [false, true] {
        write(&path, TELEMT);
        if in_place {
            fs::hard_link(&path, &other).unwrap();
        }
        let children: Vec<_> = (0..30)
            .map(|n| {
                let args = ["add", &format!("user{n}"), "--config", path.to_str().unwrap()];
                let mut tool = tool("mtp-users");
                tool.args(args).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
            })
            .collect();
        for mut child in children {
            assert!(child.wait().unwrap().success());
        }
        let (_, names, _) = users(&path, &["names"], "");
        assert_eq!(names.lines().count(), 31, "{names}");
    }
}

#[test]
fn a_full_disk_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let script = r#"
        mount -t tmpfs -o size=16k tmpfs "$1" || exit 77
        printf '[access.users]\nalice = "00112233445566778899aabbccddeeff"\n' > "$1/t.toml"
        [ "$3" = link ] && ln "$1/t.toml" "$1/other"
        cp "$1/t.toml" "$1.before"
        head -c 20000 /dev/zero > "$1/fill" 2>/dev/null
        n=0
        while "$2" add user$n --config "$1/t.toml" >/dev/null 2>"$1.err"; do
            cp "$1/t.toml" "$1.before"; n=$((n+1)); [ $n -lt 300 ] || exit 1
        done
        cmp "$1/t.toml" "$1.before"; status=$?
        ls -A "$1" | grep -v -e t.toml -e fill -e other && status=3
        rm -f "$1.before"; cat "$1.err" >&2; exit $status"#;
    for way in ["rename", "link"] {
        let program = tool("mtp-users");
        let output = Command::new("unshare")
            .args(["--mount", "sh", "-c", script, "sh"])
            .args([folder.path().as_os_str(), program.get_program(), way.as_ref()])
            .output();
        let Ok(output) = output else { return skip("unshare") };
        let said = text(&output.stderr);
        if output.status.code() == Some(77) || said.contains("Operation not permitted") {
            return skip("a mount of its own (root)");
        }
        assert!(output.status.success(), "{way}: {said}{}", text(&output.stdout));
        assert!(said.contains("No space left on device"), "{said}");
    }
}
