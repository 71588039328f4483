//! An edit interrupted at any byte: Python loads the file with the old or the new meaning, and the
//! next run recovers one of both texts.

use mtp::pyconfig::crash_safe_write::{WritePlan, WriteStep, plan_write};
use mtp::pyconfig::recovery::{EditState, edit_state, recovered};
use mtp::pyconfig::{ConfigEdit, PyValue, UserTable, read};

use crate::harness::SeededRng;
use crate::harness::check_with_python;
use crate::pyfiles::config;

/// Tests that each state has one of two values in Python.
const CHECK: &str = r#"
import json, sys
def value(text):
    module = {"print": id}
    exec(compile(text.encode("utf-8", "surrogatepass"), "config.py", "exec"), module)
    return {k: v for k, v in module.items() if k.isupper()}
for line in sys.stdin:
    old, new, states = json.loads(line)
    old, new = value(old), value(new)
    for n, state in enumerate(states):
        try:
            have = value(state)
            assert have == old or have == new, have
        except Exception as why:
            print(n, repr(why), repr(state), file=sys.stderr); break
"#;

fn check_states(cases: &[(String, String, Vec<String>)]) {
    check_with_python(
        CHECK,
        cases.iter().map(|case| serde_json::to_string(case).unwrap()).collect(),
    );
}

/// Applies a step, of a write only so many bytes.
fn apply_partly(file: &mut Vec<u8>, step: &WriteStep, bytes: usize) {
    match step {
        WriteStep::Write(at, new) => {
            WriteStep::Write(*at, new[..bytes.min(new.len())].to_vec()).apply(file);
        }
        WriteStep::Truncate(_) | WriteStep::Sync | WriteStep::SyncAndWait => step.apply(file),
    }
}

/// Makes a file; every other seed has both kinds of triple quotes after the edited part.
fn some_file(seed: u64, rng: &mut SeededRng) -> (String, Vec<String>) {
    let (mut text, names) = config(rng);
    if seed.is_multiple_of(2) {
        let tail = "\n'''\nwas: \"a\\b\"\n'''\nX = 5; Y = '''\nit's'''\n# '''\n\
                    Z = f\"\"\"{X}\n\"\"\"\nif Y:  # both\n    W = r'''\\n'''\n\
                    'до мая'\n\"\"\"it's\n\"\"\"\n";
        text.push_str(if text.ends_with(['\n', '\r']) { &tail[1..] } else { tail });
    }
    (text, names)
}

fn plan(old: &str, new: &str) -> WritePlan {
    let starts = [old, new].map(|text| read(text.as_bytes()).unwrap().statements);
    plan_write(old, new, [&starts[0], &starts[1]])
}

/// Returns the text that the next run reads, and the one that it writes.
fn recover(text: &str) -> (String, String) {
    let mut file = text.as_bytes().to_vec();
    loop {
        let steps = match edit_state(&file) {
            EditState::Clean => break,
            EditState::Trailing(keep, _) => vec![WriteStep::Truncate(keep)],
            EditState::Enclosed(_, steps) | EditState::Folded(_, steps, _) => steps,
        };
        for step in &steps {
            step.apply(&mut file);
        }
    }
    let recovered = recovered(text.as_bytes().to_vec());
    (String::from_utf8(recovered).unwrap(), String::from_utf8(file).unwrap())
}

/// An edit of one of several kinds.
fn some_edit(rng: &mut SeededRng, before: &str, names: &[String]) -> String {
    let config = read(before.as_bytes()).unwrap();
    let mut change = ConfigEdit::new(&config);
    let secret = PyValue::Str(rng.secret());
    match (rng.below(6), names.first()) {
        (0, Some(name)) => change.remove(UserTable::Users, name).unwrap(),
        (1, Some(name)) => change.set(UserTable::Users, name, &secret).unwrap(),
        (2, Some(name)) => change.disable(name).unwrap(),
        (3, _) => change.set(UserTable::Quota, "new", &PyValue::Int(5)).unwrap(),
        (4, _) => change.enable_access_log(),
        _ => change.set(UserTable::Users, "новый", &secret).unwrap(),
    }
    change.finish().unwrap()
}

#[test]
fn interrupted_after_any_byte_it_loads_and_is_recovered() {
    let mut cases = Vec::new();
    let mut stepwise = 0;
    for seed in 1..=60 {
        let mut rng = SeededRng::new(seed);
        let (old, names) = some_file(seed, &mut rng);
        let new = some_edit(&mut rng, &old, &names);
        let steps = plan(&old, &new);
        stepwise += usize::from(steps.steps.contains(&WriteStep::SyncAndWait));
        let mut file = old.clone().into_bytes();
        let mut states = Vec::new();
        for (n, step) in steps.steps.iter().enumerate() {
            let length = if let WriteStep::Write(_, new) = step { new.len() } else { 0 };
            let is_whole = n == steps.commit || length < 64;
            for bytes in (0..=length).filter(|bytes| bytes % 97 == 0 || *bytes == length) {
                let mut state = file.clone();
                apply_partly(&mut state, step, bytes);
                // A few bytes within a line of the cache are seen whole or not at all, and so is
                // a letter.
                let Ok(text) = String::from_utf8(state) else { continue };
                if is_whole && bytes != 0 && bytes != length {
                    continue;
                }
                let (text_read, text_written) = recover(&text);
                assert_eq!(text_read, text_written, "seed {seed} step {n} byte {bytes}");
                let is_either = text_read == old || text_read == new;
                let late = n > steps.commit && text_read != new;
                assert!(is_either && !late, "seed {seed} step {n} byte {bytes}: {text:?}");
                states.push(text);
            }
            apply_partly(&mut file, step, usize::MAX);
        }
        assert_eq!(String::from_utf8(file).unwrap(), new, "seed {seed}");
        cases.push((old, new, states));
    }
    let states: usize = cases.iter().map(|case| case.2.len()).sum();
    assert!(stepwise > 50 && states > 3000, "{stepwise} files, {states} states");
    check_states(&cases);
}

#[test]
fn a_reader_between_two_steps_loads_one_or_the_other() {
    let mut cases = Vec::new();
    for seed in 1..=40 {
        let mut rng = SeededRng::new(seed);
        let (old, names) = some_file(seed, &mut rng);
        let new = some_edit(&mut rng, &old, &names);
        let all = plan(&old, &new).steps;
        let mut mixed = Vec::new();
        // A reader that begins during a phase has finished before the next one.
        let mut file = old.clone().into_bytes();
        let small = |step: &WriteStep| matches!(step, WriteStep::Write(_, new) if new.len() < 64);
        if !all.iter().any(small) {
            continue; // a single write
        }
        for phase in all.split(|step| *step == WriteStep::SyncAndWait) {
            let mut moments = vec![file.clone()];
            for step in phase {
                apply_partly(&mut file, step, usize::MAX);
                moments.push(file.clone());
            }
            for _ in 0..60 {
                let late = rng.below(moments.len());
                let (early, late) = (&moments[rng.below(late + 1)], &moments[late]);
                let turn = rng.below(early.len() + 1).min(late.len());
                let within = |step: &WriteStep| {
                    matches!(step, WriteStep::Write(at, new) if small(step)
                        && (*at + 1..*at + new.len()).contains(&turn))
                };
                if all.iter().any(within) {
                    continue;
                }
                let seen = [&early[..turn], &late[turn..]].concat();
                mixed.extend(String::from_utf8(seen));
            }
        }
        cases.push((old, new, mixed));
    }
    let states: usize = cases.iter().map(|case| case.2.len()).sum();
    assert!(states > 3000, "{states} states");
    check_states(&cases);
}

#[test]
fn a_text_with_both_kinds_of_quotes_is_changed_in_one_write() {
    let old = "X = '''a'''\nUSERS = {}\nY = \"\"\"b\"\"\" '''c'''\n";
    let new = old.replace("{}", "{'a': '1'}");
    let all = plan(old, &new).steps;
    assert_eq!(all.iter().filter(|step| matches!(step, WriteStep::Write(..))).count(), 2);
    let mut file = old.as_bytes().to_vec();
    for step in &all {
        apply_partly(&mut file, step, usize::MAX);
    }
    assert_eq!(file, new.as_bytes());
}

#[test]
fn what_no_quotes_can_enclose_is_folded_and_unfolded() {
    let (mut plain, mut folded) = (0, 0);
    for seed in (2..=120).step_by(2) {
        let mut rng = SeededRng::new(seed);
        let (old, names) = some_file(seed, &mut rng);
        let new = some_edit(&mut rng, &old, &names);
        let all = plan(&old, &new);
        let settled = all.steps.iter().filter(|step| **step == WriteStep::SyncAndWait).count();
        plain += usize::from(settled == 2);
        folded += usize::from(settled > 3);
        let mut file = old.clone().into_bytes();
        for step in &all.steps {
            step.apply(&mut file);
        }
        assert_eq!(String::from_utf8(file).unwrap(), new, "seed {seed}");
    }
    assert!(folded > 20 && plain < 12, "{folded} folded, {plain} in one write");
}
