//! An edit stopped anywhere: Python loads what is there, as the old file or the new one, and the
//! next run finds its way back to one of them.

use mtp::pyconfig::leftover::{Found, look, settled};
use mtp::pyconfig::shield::{Step, Steps, steps};
use mtp::pyconfig::{Change, Table, Value, read};

use crate::harness::judge;
use crate::pyfiles::{Dice, config};

/// What Python says of texts: which of two values each of them has.
const JUDGE: &str = r#"
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

fn judged(cases: &[(String, String, Vec<String>)]) {
    judge(JUDGE, cases.iter().map(|case| serde_json::to_string(case).unwrap()).collect());
}

/// Does a part of a step: of a write so many bytes.
fn done(file: &mut Vec<u8>, step: &Step, bytes: usize) {
    match step {
        Step::Write(at, new) => {
            Step::Write(*at, new[..bytes.min(new.len())].to_vec()).done(file);
        }
        Step::Cut(_) | Step::Sync | Step::Settle => step.done(file),
    }
}

/// A file, for every other seed with both kinds of triple quotes behind what is edited.
fn some_file(seed: u64, dice: &mut Dice) -> (String, Vec<String>) {
    let (mut text, names) = config(dice);
    if seed.is_multiple_of(2) {
        let tail = "\n'''\nwas: \"a\\b\"\n'''\nX = 5; Y = '''\nit's'''\n# '''\n\
                    Z = f\"\"\"{X}\n\"\"\"\nif Y:  # both\n    W = r'''\\n'''\n\
                    'до мая'\n\"\"\"it's\n\"\"\"\n";
        text.push_str(if text.ends_with(['\n', '\r']) { &tail[1..] } else { tail });
    }
    (text, names)
}

fn all_steps(old: &str, new: &str) -> Steps {
    let starts = [old, new].map(|text| read(text.as_bytes()).unwrap().statements);
    steps(old, new, [&starts[0], &starts[1]])
}

/// What the next run makes of a file: what it takes for the text, and what it makes the file.
fn put_right(text: &str) -> (String, String) {
    let mut file = text.as_bytes().to_vec();
    loop {
        let steps = match look(&file) {
            Found::Whole => break,
            Found::Rest(keep, _) => vec![Step::Cut(keep)],
            Found::Shielded(_, steps) | Found::Folded(_, steps, _) => steps,
        };
        for step in &steps {
            step.done(&mut file);
        }
    }
    let settled = settled(text.as_bytes().to_vec());
    (String::from_utf8(settled).unwrap(), String::from_utf8(file).unwrap())
}

/// An edit of one of several kinds.
fn some_edit(dice: &mut Dice, before: &str, names: &[String]) -> String {
    let config = read(before.as_bytes()).unwrap();
    let mut change = Change::of(&config);
    let secret = Value::Text(dice.secret());
    match (dice.below(6), names.first()) {
        (0, Some(name)) => change.remove(Table::Users, name).unwrap(),
        (1, Some(name)) => change.set(Table::Users, name, &secret).unwrap(),
        (2, Some(name)) => change.disable(name).unwrap(),
        (3, _) => change.set(Table::Quota, "new", &Value::Whole(5)).unwrap(),
        (4, _) => change.log_on(),
        _ => change.set(Table::Users, "новый", &secret).unwrap(),
    }
    change.finish().unwrap()
}

#[test]
fn stopped_after_any_byte_it_loads_and_is_put_right() {
    let mut cases = Vec::new();
    let mut shielded = 0;
    for seed in 1..=60 {
        let mut dice = Dice::new(seed);
        let (old, names) = some_file(seed, &mut dice);
        let new = some_edit(&mut dice, &old, &names);
        let steps = all_steps(&old, &new);
        shielded += usize::from(steps.all.contains(&Step::Settle));
        let mut file = old.clone().into_bytes();
        let mut states = Vec::new();
        for (n, step) in steps.all.iter().enumerate() {
            let length = if let Step::Write(_, new) = step { new.len() } else { 0 };
            let is_whole = n == steps.commit || length < 64;
            for bytes in (0..=length).filter(|bytes| bytes % 97 == 0 || *bytes == length) {
                let mut state = file.clone();
                done(&mut state, step, bytes);
                // A few bytes within a line of the cache are seen whole or not at all, and so is
                // a letter.
                let Ok(text) = String::from_utf8(state) else { continue };
                if is_whole && bytes != 0 && bytes != length {
                    continue;
                }
                let (want, settled) = put_right(&text);
                assert_eq!(want, settled, "seed {seed} step {n} byte {bytes}");
                let is_either = settled == old || settled == new;
                let late = n > steps.commit && settled != new;
                assert!(is_either && !late, "seed {seed} step {n} byte {bytes}: {text:?}");
                states.push(text);
            }
            done(&mut file, step, usize::MAX);
        }
        assert_eq!(String::from_utf8(file).unwrap(), new, "seed {seed}");
        cases.push((old, new, states));
    }
    assert!(shielded > 50, "{shielded}");
    judged(&cases);
}

#[test]
fn a_reader_between_two_steps_loads_one_or_the_other() {
    let mut cases = Vec::new();
    for seed in 1..=40 {
        let mut dice = Dice::new(seed);
        let (old, names) = some_file(seed, &mut dice);
        let new = some_edit(&mut dice, &old, &names);
        let all = all_steps(&old, &new).all;
        let mut mixed = Vec::new();
        // Whoever reads while steps are made has finished before they go on behind a settling.
        let mut file = old.clone().into_bytes();
        let small = |step: &Step| matches!(step, Step::Write(_, new) if new.len() < 64);
        if !all.iter().any(small) {
            continue; // no shield can be had for it
        }
        for phase in all.split(|step| *step == Step::Settle) {
            let mut moments = vec![file.clone()];
            for step in phase {
                done(&mut file, step, usize::MAX);
                moments.push(file.clone());
            }
            for _ in 0..60 {
                let late = dice.below(moments.len());
                let (early, late) = (&moments[dice.below(late + 1)], &moments[late]);
                let turn = dice.below(early.len() + 1).min(late.len());
                let within = |step: &Step| {
                    matches!(step, Step::Write(at, new) if small(step)
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
    judged(&cases);
}

#[test]
fn a_text_with_both_kinds_of_quotes_is_changed_in_one_write() {
    let old = "X = '''a'''\nUSERS = {}\nY = \"\"\"b\"\"\" '''c'''\n";
    let new = old.replace("{}", "{'a': '1'}");
    let all = all_steps(old, &new).all;
    assert_eq!(all.iter().filter(|step| matches!(step, Step::Write(..))).count(), 2);
    let mut file = old.as_bytes().to_vec();
    for step in &all {
        done(&mut file, step, usize::MAX);
    }
    assert_eq!(file, new.as_bytes());
}

#[test]
fn what_no_quotes_can_hold_is_folded_and_comes_out_as_it_was() {
    let (mut plain, mut folded) = (0, 0);
    for seed in (2..=120).step_by(2) {
        let mut dice = Dice::new(seed);
        let (old, names) = some_file(seed, &mut dice);
        let new = some_edit(&mut dice, &old, &names);
        let all = all_steps(&old, &new);
        let settled = all.all.iter().filter(|step| **step == Step::Settle).count();
        plain += usize::from(settled == 2);
        folded += usize::from(settled > 3);
        let mut file = old.clone().into_bytes();
        for step in &all.all {
            step.done(&mut file);
        }
        assert_eq!(String::from_utf8(file).unwrap(), new, "seed {seed}");
    }
    assert!(folded > 20 && plain < 12, "{folded} folded, {plain} in one write");
}
