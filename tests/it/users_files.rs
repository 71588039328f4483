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

/// One file through all commands, as a case for the judge.
fn through(seed: u64, folder: &Path) -> serde_json::Value {
    let mut rng = SeededRng::new(seed);
    let (before, _) = config(&mut rng);
    let file = folder.join(format!("{seed}.py"));
    fs::write(&file, &before).unwrap();
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
        seeds.map(|seed| through(seed, folder.path())).collect::<Vec<_>>()
    };
    let cases = std::thread::scope(|scope| {
        let odd = scope.spawn(|| half(1));
        [half(0), odd.join().unwrap()].concat()
    });
    check_with_python(CHECK, cases.iter().map(ToString::to_string).collect());
}
