//! Files whose settings are computed: every command works on their literal users, status, row, bytes
//! and reload agree, and what the running proxy shows completes the links.

use std::fs::{self, File};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::{run, skip, text};

/// Settings as people compute them. `tg` and `bob` are in USERS behind each.
const HEADS: &[&str] = &[
    "PORT = int(os.environ.get('PORT', 443))\nMY_DOMAIN = 'h'\n",
    "PORT = os.environ.get('PORT', 443)\nMY_DOMAIN = 'h'\n\
     TLS_DOMAIN = os.environ.get('D', 'www.google.com')\n",
    "PORT = int(os.environ['PORT'])\nMY_DOMAIN = os.environ['HOST']\n",
    "PORT = int(os.getenv('PORT') or 443)\nMY_DOMAIN = os.getenv('HOST')\n",
    "PORT = int(os.getenv('NONE', '8443'))\nMY_DOMAIN = os.environ.get('HOST', None)\n",
    "from os import environ, getenv\nPORT = int(environ.get('PORT', 1))\n\
     MY_DOMAIN = getenv('HOST', 'x')\n",
    "BASE = 8000\nPORT = BASE + int(os.environ.get('SHARD', 3))\nMY_DOMAIN = 'h'\n",
    "HOST = os.environ['HOST']\nMY_DOMAIN = HOST\nPORT = 443\n",
    "MY_DOMAIN = os.environ.get('SUB', 'p') + '.example'\nPORT = 443\n",
    "MODES = {'classic': os.environ.get('CLASSIC', False), 'secure': os.environ.get('SECURE', \
     False), 'tls': os.environ.get('TLS', True)}\n\
     PORT = 443\nMY_DOMAIN = 'h'\n",
    "MODES = {'classic': False, 'secure': os.environ.get('SECURE', '').lower() in ('1', 'true', \
     'yes'), 'tls': True}\n\
     PORT = 443\nMY_DOMAIN = 'h'\n",
    "MODES = {'tls': not os.environ.get('NO_TLS'), 'secure': False, 'classic': False}\n\
     PORT = 443\nMY_DOMAIN = 'h'\n",
    "TLS_ONLY = os.environ.get('TLS_ONLY', True)\n\
     SECURE_ONLY = os.environ.get('SECURE_ONLY', True)\nPORT = 443\nMY_DOMAIN = 'h'\n",
    "TLS_DOMAIN = os.environ['D'] if 'D' == 'D' and os.environ.get('D') else 'c.example'\n\
     PORT = 443\nMY_DOMAIN = 'h'\n",
    "TLS_DOMAIN = os.environ.get('NONE') or os.environ.get('D') or 'c.example'\nPORT = 443\n\
     MY_DOMAIN = 'h'\n",
    "PORT = int(os.environ.get('PORT', '443').strip())\n\
     MY_DOMAIN = str(os.environ.get('HOST')).lower()\n",
    // What only the links that the proxy prints show.
    "PORT = sum([400, 43])\nMY_DOMAIN = 'h'\n",
    "import socket\nMY_DOMAIN = 'x'.join(['h', 'h'])\nPORT = 443\n",
    "def port():\n    return 8443\nPORT = port()\nMY_DOMAIN = 'h'\n",
    "if os.environ.get('PORT'):\n    PORT = int(os.environ['PORT'])\nelse:\n    PORT = 443\n\
     MY_DOMAIN = 'h'\n",
    "try:\n    TLS_DOMAIN = os.environ['D']\nexcept KeyError:\n    TLS_DOMAIN = 'c.example'\n\
     PORT = 443\nMY_DOMAIN = 'h'\n",
    "MODES = dict(classic=False, secure=True, tls=True)\nPORT = 443\nMY_DOMAIN = 'h'\n",
    "MODES = {name: name != 'classic' for name in ['classic', 'secure', 'tls']}\nPORT = 443\n\
     MY_DOMAIN = 'h'\n",
    "PORT = int(f\"84{os.environ.get('SHARD', 43)}\")\nMY_DOMAIN = f'{os.environ[\"HOST\"]}'\n",
    "PORT = 443\nMODES = {'tls': bool(int(os.environ.get('FLAG', '1')))}\nMY_DOMAIN = ('h')\n",
    "PORT = 443\n", // no server address but in the proxy's own links
];
const SECRET: &str = "00112233445566778899aabbccddeeff";
const VARIABLES: &[(&str, &str)] = &[
    ("PORT", "8443"),
    ("HOST", "proxy.example"),
    ("D", "b.example"),
    ("SHARD", "12"),
    ("SECURE", "true"),
];

fn content(head: &str) -> String {
    format!(
        "import os\n{head}\n# name -> secret\nUSERS = {{\n    \"tg\": \"{SECRET}\",\n    \"own\": \
         os.environ.get('OWN', '{}'),\n}}\n",
        SECRET.replace('0', "1")
    )
}

fn users(file: &Path, args: &[&str]) -> (Option<i32>, Vec<Value>, String) {
    let args = [args, &["--config", file.to_str().unwrap()]].concat();
    let output = run("mtp-users", &args, b"a,,,,,\nb,,,,,\n");
    let rows = text(&output.stdout);
    let rows = rows.lines().map(|row| serde_json::from_str(row).unwrap());
    (output.status.code(), rows.collect(), text(&output.stderr))
}

#[test]
fn every_command_agrees_with_itself() {
    let folder = crate::harness::memory_folder();
    let file = folder.path().join("config.py");
    for head in HEADS {
        let before = content(head);
        fs::write(&file, &before).unwrap();
        let bytes = || fs::read_to_string(&file).unwrap();
        let done = |args: &[&str]| {
            let (code, rows, said) = users(&file, args);
            assert_eq!(code, Some(0), "{args:?}: {said}\n{head}");
            rows
        };
        // Where no proxy runs, --reload is refused before the edit.
        for args in [
            &["add", "x", "--reload"][..],
            &["rotate", "tg", "--reload"],
            &["remove", "tg", "--reload"],
            &["import", "-", "--reload"],
            &["access-log", "on", "--reload"],
        ] {
            let (code, rows, said) = users(&file, args);
            assert_eq!((code, rows.len()), (Some(1), 0), "{args:?}: {said}");
            assert_eq!(bytes(), before, "{args:?}");
        }
        for args in [&["show", "tg"][..], &["link", "tg", "--port", "5", "--server", "h"]] {
            assert_eq!(done(args)[0]["secret"], SECRET, "{head}");
        }
        assert_eq!(done(&["list", "--links"]).len(), 2);
        assert_eq!(done(&["export"]).len(), 2);
        assert!([Some(0), Some(1)].contains(&users(&file, &["check"]).0));
        assert_eq!(bytes(), before);
        for (args, undo) in [
            (&["add", "x"][..], &["remove", "x"][..]),
            (&["import", "-"], &["remove", "a", "b"]),
            (&["disable", "tg"], &["enable", "tg"]),
            (&["rename", "tg", "gt"], &["rename", "gt", "tg"]),
            (&["limit", "tg", "--max-conns", "5"], &["limit", "tg", "--max-conns", "none"]),
            (&["access-log", "on"], &["access-log", "off"]),
        ] {
            let rows = done(args);
            let now = bytes();
            assert_ne!(now, before, "{args:?}");
            for row in rows.iter().filter(|row| row["did"] == "added") {
                let secret = row["secret"].as_str().unwrap();
                assert!(now.contains(secret), "{row}");
            }
            done(undo);
            assert_eq!(bytes(), before, "{args:?} {undo:?}");
        }
        let rows = done(&["rotate", "tg"]);
        let secret = rows[0]["secret"].as_str().unwrap();
        assert_eq!(bytes(), before.replace(SECRET, secret));
    }
}

/// Runs a config file as mtprotoproxy does, prints its links where it is asked to, and writes them
/// into a file for the test.
const PROXY: &str = r#"
import json, os, signal, socket, sys, time, urllib.parse
signal.signal(signal.SIGUSR2, lambda *_: print("Config reloaded", flush=True))
module = {}
with open(sys.argv[1]) as file: exec(file.read(), module)
get = module.get
modes = get("MODES") or {"classic": True, "secure": True, "tls": True}
modes = {name: modes.get(name, False) for name in ("classic", "secure", "tls")}
if "SECURE_ONLY" in module: modes["classic"] = not get("SECURE_ONLY")
if get("TLS_ONLY"): modes["classic"] = modes["secure"] = False
if not any(modes.values()): modes["tls"] = True
secret = module["USERS"]["tg"]
links = []
for mode, value in (("classic", secret), ("secure", "dd" + secret),
                    ("tls", "ee" + secret + (get("TLS_DOMAIN") or "www.google.com").encode().hex())):
    if modes[mode]:
        server = get("MY_DOMAIN") or "192.0.2.7"
        query = {"server": server, "port": get("PORT", 3256), "secret": value}
        links.append("tg://proxy?" + urllib.parse.urlencode(query, safe=":"))
if sys.argv[2] == "prints":
    for link in links: print("tg: " + link, flush=True)
with open(sys.argv[3] + ".part", "w") as file: json.dump(links, file)
os.rename(sys.argv[3] + ".part", sys.argv[3])
time.sleep(600)
"#;

struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

/// Starts the proxy on a file; returns it with the links that it makes.
fn start(folder: &Path, file: &Path, prints: bool) -> Option<(Running, Vec<String>)> {
    let (script, done) = (folder.join("mtprotoproxy.py"), folder.join("links"));
    fs::write(&script, PROXY).unwrap();
    drop(fs::remove_file(&done));
    let log = File::create(folder.join("log")).unwrap();
    let child = Command::new("python3")
        .arg(&script)
        .arg(file)
        .args([if prints { "prints" } else { "is silent" }])
        .arg(&done)
        .envs(VARIABLES.iter().copied())
        .stdin(Stdio::null())
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .ok()?;
    let running = Running(child);
    let until = Instant::now() + Duration::from_secs(20);
    while !done.exists() {
        let log = fs::read_to_string(folder.join("log")).unwrap();
        assert!(Instant::now() < until, "{log}");
        thread::sleep(Duration::from_millis(5));
    }
    let links = serde_json::from_str(&fs::read_to_string(done).unwrap()).unwrap();
    Some((running, links))
}

#[test]
fn the_running_proxy_completes_the_links() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("config.py");
    let by_environment = HEADS.iter().position(|head| head.contains("sum([")).unwrap();
    for (n, head) in HEADS.iter().enumerate() {
        let before = content(head);
        fs::write(&file, &before).unwrap();
        let is_by_log = n >= by_environment;
        let Some((proxy, want)) = start(folder.path(), &file, is_by_log) else {
            return skip("python3");
        };
        let linked = |args: &[&str]| {
            let (code, rows, said) = users(&file, args);
            assert_eq!(code, Some(0), "{said}");
            let row = rows.iter().find(|row| row["secret"].is_string()).unwrap();
            let links = row["links"].as_array().unwrap();
            let secret = row["secret"].as_str().unwrap().to_owned();
            let links = links.iter().map(|link| link["tg"].as_str().unwrap().to_owned());
            (links.collect::<Vec<_>>(), secret, said)
        };
        let (links, _, said) = linked(&["link", "tg"]);
        assert_eq!(links, want, "{head}\n{said}");
        let is_named = said.contains(&format!("by process {}", proxy.0.id()));
        assert!(is_named || before.contains("FLAG"), "{head}\n{said}");
        // An edit has the same links with its own secret, and its reload is confirmed.
        let (links, secret, said) = linked(&["add", "new", "--reload"]);
        let of_new = |link: &String| link.replace(SECRET, &secret);
        assert_eq!(links, want.iter().map(of_new).collect::<Vec<_>>(), "{head}\n{said}");
        let (code, rows, said) = users(&file, &["remove", "new", "--reload"]);
        assert_eq!((code, &rows[1]["confirmed"]), (Some(0), &Value::Bool(true)), "{said}");
        assert_eq!(fs::read_to_string(&file).unwrap(), before);
    }
}
