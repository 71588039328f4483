//! Config files of every layout through every command: Python reads the expected values after each,
//! and adding and removing restores every byte.

use std::fs;
use std::path::Path;

use serde_json::json;

use crate::harness::SeededRng;
use crate::harness::{check_with_python, run, text};
use crate::pyfiles::config;

/// Holds the files after each command against what the command should do to the file before.
const CHECK: &str = r#"
import ast, io, json, re, sys, tokenize
TABLES = ["USERS", "USER_MAX_TCP_CONNS", "USER_EXPIRATIONS", "USER_DATA_QUOTA"]
def value(text):
    module = {"print": id}
    exec(compile(text.encode(), "config.py", "exec"), module)
    rest = {k: v for k, v in module.items() if k.isupper() and k not in TABLES}
    rest.pop("MTP_ACCESS_LOG", None)
    return [dict(module.get(name, {})) for name in TABLES], rest
def comments(text):
    lines = io.BytesIO(text.encode()).readline
    return [t.string for t in tokenize.tokenize(lines) if t.type == tokenize.COMMENT]
def after(command, tables, have):
    users, conns, days, quota = tables
    what, name, other = (command + [None, None])[:3]
    if what == "add": users[name] = have[0].get(name)
    if what == "rotate":
        assert users[name] != have[0][name]
        users[name] = have[0][name]
    if what in ("add", "rotate"): assert re.fullmatch("[0-9a-f]{32}", users[name])
    if what == "limit": conns[name], days[name], quota[name] = 7, "31/12/2030", 10**10
    if what == "disable": del users[name]
    if what == "rename":
        for table in tables:
            if name in table: table[other] = table.pop(name)
    if what == "remove":
        for table in tables: table.pop(name, None)
    return tables
for line in sys.stdin:
    case = json.loads(line)
    text, kept = case["text"], None
    try:
        names = list(value(text)[0][0])
        assert names == case["names"], (names, case["names"])
        for command, now in case["steps"]:
            (tables, rest), (have, rest_now) = value(text), value(now)
            want = kept if command[0] == "enable" else after(command, tables, have)
            if command[0] == "disable": kept = value(text)[0]
            assert have == want, (command, want, have)
            assert rest == rest_now
            gone = [c for c in comments(text) if c not in comments(now)]
            assert all("mtp-" in c or command[0] == "access-log" for c in gone), (command, gone)
            text = now
    except Exception as why:
        print(case["seed"], repr(why), case["text"], text, sep="\n", file=sys.stderr)
"#;

fn users(file: &Path, args: &[&str]) -> String {
    let file = file.to_str().unwrap();
    let output = run("mtp-users", &[args, &["--config", file]].concat(), b"");
    let said = text(&output.stderr);
    assert!(output.status.success(), "{args:?}: {said}\n{}", fs::read_to_string(file).unwrap());
    text(&output.stdout)
}

/// Files in the shapes of guides, images and panels, with other names and values; `@` is a secret.
const SHAPES: [&str; 10] = [
    "PORT = 443\n\n# name -> secret (32 hex chars)\nUSERS = {\n    \"tg\":  \"@\",\n    # \"tg2\": \
     \"@\",\n}\n\nMODES = {\n    # Classic mode\n    \"classic\": False,\n\n    \"tls\": True\n}\n",
    "import os\n\nPORT = int(os.environ.get(\"PORT\", 8080))\nUSERS = {\n    \"tg\": \"@\",\n}\n\n\
     TLS_DOMAIN = \"a.example\"\n\n\n# AD_TAG = \"@\"\n",
    "PORT = 3256\n\nUSERS = {\n    \"tg\":  \"@\",\n    \"tg2\": \"@\"\n}\n\nSECURE_ONLY = True\n\n\
     # TLS_ONLY = True\n# SOCKS5_HOST = \"localhost\"\n",
    "PORT = 443\nUSERS = {\"tg\": \"@\"}\nMODES = {\"classic\": False, \"secure\": True, \"tls\": False}\n",
    "PORT = 8879\nTO_CLT_BUFSIZE = 262144\n\nUSERS = {\n    \"tg\":  \"@\",\n#    \"tg2\": \"@\",\n}\n\n\
     USER_MAX_TCP_CONNS = {\n    \"tg\": 50,\n}\n",
    "import os\n\nos.chdir(os.getcwd())\nPORT = 4443\nUSERS = {\n    \"tg\": \"@\",\n}\n\
     AUTHTOKEN = \"\"  # of the tunnel\n",
    "# -*- coding: utf-8 -*-\n# Прокси для друзей\nPORT = 443\nUSERS = {\n\t'вася': '@', # сосед\n\t\
     'петя': '@',\n}\nTLS_DOMAIN = 'b.example'\n",
    "PORT = 443\nUSERS = {\n    \"family\": \"@\",\n    \"work\": \"@\",\n}\nUSER_EXPIRATIONS = {\n    \
     \"work\": \"31/12/2029\",\n}\nUSER_DATA_QUOTA = {\n    \"family\": 10 * 1024 * 1024 * 1024,\n}\n",
    "PORT = 443\n\nUSERS = {\n}\nUSERS[\"tg\"] = \"@\"\nUSERS.update({\"two\": \"@\"})\n\n\
     PROMETHEUS_HOST = \"0.0.0.0\"\nPROMETHEUS_SCRAPERS = [\"127.0.0.1\", \"::1\"]\n",
    "PORT=443\nUSERS={\n\"tg\":\"@\"\n}\nAD_TAG=\"\"\nFAST_MODE=True\nMY_DOMAIN=\"p.example\"",
];

/// A file in one of the shapes, with line ends of its own: LF, CRLF, or both.
fn published(n: usize) -> String {
    let mut rng = SeededRng::new(n as u64);
    let mut out = String::new();
    for letter in SHAPES[n % SHAPES.len()].chars() {
        let is_crlf = n % 5 == 1 || (n % 5 == 2 && rng.one_in(2));
        match letter {
            '@' => out.push_str(&rng.secret()),
            '\n' if is_crlf => out.push_str("\r\n"),
            _ => out.push(letter),
        }
    }
    out
}

fn generated(seed: u64, folder: &Path) -> serde_json::Value {
    through(seed, &config(&mut SeededRng::new(seed)).0, folder)
}

/// One file through all commands, as a case for the judge.
fn through(seed: u64, before: &str, folder: &Path) -> serde_json::Value {
    let file = folder.join(format!("{seed}.py"));
    fs::write(&file, before).unwrap();
    let listed = users(&file, &["names"]);
    let names: Vec<&str> = listed.lines().collect();
    assert_eq!(users(&file, &["list"]).lines().count(), names.len());
    assert_eq!(users(&file, &["export"]).matches("\"secret\":\"").count(), names.len());
    let own = names.first().copied();
    let mut steps = Vec::new();
    let mut step = |args: &[&str], as_told: &[&str]| {
        users(&file, args);
        steps.push(json!([as_told, fs::read_to_string(&file).unwrap()]));
    };
    step(&["add", "новый"], &["add", "новый"]);
    let limits =
        ["limit", "новый", "--max-conns", "7", "--expires", "2030-12-31", "--quota", "10G"];
    step(&limits, &limits[..2]);
    for name in own.into_iter().chain(["новый"]) {
        step(&["rotate", name], &["rotate", name]);
        step(&["disable", name], &["disable", name]);
        step(&["enable", name], &["enable", name]);
    }
    step(&["rename", "новый", "a'b"], &["rename", "новый", "a'b"]);
    step(&["access-log", "on"], &["access-log"]);
    step(&["access-log", "on"], &["access-log"]);
    step(&["access-log", "off"], &["access-log"]);
    step(&["remove", "a'b"], &["remove", "a'b"]);
    let after = fs::read_to_string(&file).unwrap();
    // Every byte is as before, but for the secret that was rotated.
    let differing = before.bytes().zip(after.bytes()).filter(|(old, new)| old != new).count();
    assert_eq!(after.len(), before.len(), "seed {seed}");
    assert!(
        if own.is_some() { (1..=32).contains(&differing) } else { differing == 0 },
        "seed {seed}"
    );
    if let Some(name) = own {
        step(&["remove", name], &["remove", name]);
    }
    json!({"seed": seed, "text": before, "names": names, "steps": steps})
}

#[test]
fn every_command_on_every_layout_as_cpython_sees_it() {
    let folder = crate::harness::memory_folder();
    let half = |odd: u64| {
        let seeds = (1..=300).filter(move |seed| seed % 2 == odd);
        seeds.map(|seed| generated(seed, folder.path())).collect::<Vec<_>>()
    };
    let cases = std::thread::scope(|scope| {
        let odd = scope.spawn(|| half(1));
        [half(0), odd.join().unwrap()].concat()
    });
    check_with_python(CHECK, cases.iter().map(ToString::to_string).collect());
}

#[test]
fn every_command_on_the_shapes_that_people_publish() {
    let folder = crate::harness::memory_folder();
    let cases = (0..50).map(|n| through(n as u64, &published(n), folder.path()));
    check_with_python(CHECK, cases.map(|case| case.to_string()).collect());
}
