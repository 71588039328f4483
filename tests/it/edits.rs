//! Laws of edits, over config files of every layout: what is done and undone leaves no byte
//! changed, and nothing but what was asked for changes.

use mtp::pyconfig::{Change, Table, Value, read, users};

use crate::pyfiles::{Dice, config};

fn edited(text: &str, make: impl FnOnce(&mut Change<'_>)) -> String {
    let config = read(text.as_bytes()).unwrap();
    let mut change = Change::of(&config);
    make(&mut change);
    change.finish().unwrap_or_else(|fault| panic!("{fault:?} in\n{text:?}"))
}

/// The lines that are in one text and not in the other, for a failure's message.
fn shown(seed: u64, what: &str, texts: [&str; 3]) -> String {
    let [before, between, after] = texts;
    format!(
        "seed {seed}, {what}:\n{before:?}\n{between:?}\n{after:?}\n{before}\n{between}\n{after}"
    )
}

#[test]
fn what_is_done_and_undone_leaves_every_byte() {
    for seed in 1..=200 {
        let mut dice = Dice::new(seed);
        let (before, names) = config(&mut dice);
        let secrets = [dice.secret(), dice.secret()];
        let secret = |n: usize| Value::Text(secrets[n].clone());
        let check = |what: &str, between: &str, after: &str| {
            assert_eq!(before, after, "{}", shown(seed, what, [&before, between, after]));
        };
        let one = edited(&before, |change| {
            change.set(Table::Users, "new one", &secret(0)).unwrap();
        });
        check(
            "add, remove",
            &one,
            &edited(&one, |change| {
                change.remove(Table::Users, "new one").unwrap();
            }),
        );
        let two = edited(&one, |change| {
            change.set(Table::Users, "new two", &secret(1)).unwrap();
            change.set(Table::MaxConns, "new two", &Value::Whole(5)).unwrap();
        });
        let have = users(two.as_bytes()).unwrap();
        assert_eq!(have.len(), names.len() + 2, "{}", shown(seed, "two", [&before, &one, &two]));
        check(
            "add, add, remove both",
            &two,
            &edited(&two, |change| {
                for table in Table::ALL {
                    change.remove(table, "new two").unwrap();
                    change.remove(table, "new one").unwrap();
                }
            }),
        );
        let less = edited(&two, |change| {
            change.remove(Table::Users, "new one").unwrap();
        });
        check(
            "add, add, remove, remove",
            &less,
            &edited(&less, |change| {
                change.remove(Table::Users, "new two").unwrap();
                change.remove(Table::MaxConns, "new two").unwrap();
            }),
        );
        switched_off_and_on(seed, &two, &names);
    }
}

/// Disables, logs, stops logging, enables: nothing is left of it.
fn switched_off_and_on(seed: u64, two: &str, names: &[String]) {
    let off = edited(two, |change| {
        for name in names.iter().map(String::as_str).chain(["new one"]) {
            change.disable(name).unwrap();
        }
    });
    assert_eq!(users(off.as_bytes()).unwrap().len(), 1);
    let logged = edited(&off, |change| {
        change.log_on();
    });
    let back = edited(
        &edited(&logged, |change| {
            change.log_off();
        }),
        |change| {
            for name in names.iter().map(String::as_str).chain(["new one"]) {
                change.enable(name).unwrap();
            }
        },
    );
    assert_eq!(back, two, "{}", shown(seed, "disable, enable", [two, &off, &back]));
}

#[test]
fn comments_and_all_other_users_stay() {
    let comments = |text: &str| text.matches('#').count();
    for seed in 1..=200 {
        let mut dice = Dice::new(seed);
        let (before, names) = config(&mut dice);
        let old = users(before.as_bytes()).unwrap_or_else(|fault| panic!("{fault:?} {before}"));
        for name in &names {
            let after = edited(&before, |change| {
                for table in Table::ALL {
                    change.remove(table, name).unwrap();
                }
            });
            let want: Vec<_> = old.iter().filter(|(other, _)| other != name).cloned().collect();
            let say = || shown(seed, name, [&before, "", &after]);
            assert_eq!(users(after.as_bytes()).unwrap(), want, "{}", say());
            if !name.contains('#') {
                assert_eq!(comments(&before), comments(&after), "{}", say());
            }
        }
        let none = edited(&before, |change| {
            for name in &names {
                change.remove(Table::Users, name).unwrap();
            }
        });
        assert!(users(none.as_bytes()).unwrap().is_empty());
        if let Some(name) = names.first() {
            let renamed = edited(&before, |change| {
                for table in Table::ALL {
                    change.rename(table, name, "ny\"tt").unwrap();
                }
            });
            let mut want = old.clone();
            want.iter_mut().filter(|(one, _)| one == name).for_each(|one| one.0 = "ny\"tt".into());
            assert_eq!(users(renamed.as_bytes()).unwrap(), want, "{renamed}");
        }
    }
}
