//! Edits of config files of every layout: undoing an edit restores every byte, and nothing but the
//! requested values changes.

use mtp::pyconfig::{ConfigEdit, PyValue, UserTable, read, users};

use crate::harness::SeededRng;
use crate::pyfiles::config;

fn edited(text: &str, make: impl FnOnce(&mut ConfigEdit<'_>)) -> String {
    let config = read(text.as_bytes()).unwrap();
    let mut change = ConfigEdit::new(&config);
    make(&mut change);
    change.finish().unwrap_or_else(|error| panic!("{error:?} in\n{text:?}"))
}

/// Formats the texts for a failure message.
fn describe(seed: u64, what: &str, texts: [&str; 3]) -> String {
    let [before, between, after] = texts;
    format!(
        "seed {seed}, {what}:\n{before:?}\n{between:?}\n{after:?}\n{before}\n{between}\n{after}"
    )
}

#[test]
fn undoing_an_edit_restores_every_byte() {
    for seed in 1..=200 {
        let mut rng = SeededRng::new(seed);
        let (before, names) = config(&mut rng);
        let secrets = [rng.secret(), rng.secret()];
        let secret = |n: usize| PyValue::Str(secrets[n].clone());
        let check = |what: &str, between: &str, after: &str| {
            assert_eq!(before, after, "{}", describe(seed, what, [&before, between, after]));
        };
        let one = edited(&before, |change| {
            change.set(UserTable::Users, "new one", &secret(0)).unwrap();
        });
        check(
            "add, remove",
            &one,
            &edited(&one, |change| {
                change.remove(UserTable::Users, "new one").unwrap();
            }),
        );
        let two = edited(&one, |change| {
            change.set(UserTable::Users, "new two", &secret(1)).unwrap();
            change.set(UserTable::MaxConns, "new two", &PyValue::Int(5)).unwrap();
        });
        let have = users(two.as_bytes()).unwrap();
        assert_eq!(have.len(), names.len() + 2, "{}", describe(seed, "two", [&before, &one, &two]));
        check(
            "add, add, remove both",
            &two,
            &edited(&two, |change| {
                for table in UserTable::ALL {
                    change.remove(table, "new two").unwrap();
                    change.remove(table, "new one").unwrap();
                }
            }),
        );
        let less = edited(&two, |change| {
            change.remove(UserTable::Users, "new one").unwrap();
        });
        check(
            "add, add, remove, remove",
            &less,
            &edited(&less, |change| {
                change.remove(UserTable::Users, "new two").unwrap();
                change.remove(UserTable::MaxConns, "new two").unwrap();
            }),
        );
        disable_and_enable(seed, &two, &names);
    }
}

/// Disables users, turns the access log on and off, enables the users: every byte is restored.
fn disable_and_enable(seed: u64, two: &str, names: &[String]) {
    let off = edited(two, |change| {
        for name in names.iter().map(String::as_str).chain(["new one"]) {
            change.disable(name).unwrap();
        }
    });
    assert_eq!(users(off.as_bytes()).unwrap().len(), 1);
    let logged = edited(&off, |change| {
        change.enable_access_log();
    });
    let back = edited(
        &edited(&logged, |change| {
            change.disable_access_log();
        }),
        |change| {
            for name in names.iter().map(String::as_str).chain(["new one"]) {
                change.enable(name).unwrap();
            }
        },
    );
    assert_eq!(back, two, "{}", describe(seed, "disable, enable", [two, &off, &back]));
}

#[test]
fn comments_and_all_other_users_stay() {
    let comments = |text: &str| text.matches('#').count();
    for seed in 1..=200 {
        let mut rng = SeededRng::new(seed);
        let (before, names) = config(&mut rng);
        let old = users(before.as_bytes()).unwrap_or_else(|error| panic!("{error:?} {before}"));
        for name in &names {
            let after = edited(&before, |change| {
                for table in UserTable::ALL {
                    change.remove(table, name).unwrap();
                }
            });
            let want: Vec<_> = old.iter().filter(|(other, _)| other != name).cloned().collect();
            let say = || describe(seed, name, [&before, "", &after]);
            assert_eq!(users(after.as_bytes()).unwrap(), want, "{}", say());
            if !name.contains('#') {
                assert_eq!(comments(&before), comments(&after), "{}", say());
            }
        }
        let none = edited(&before, |change| {
            for name in &names {
                change.remove(UserTable::Users, name).unwrap();
            }
        });
        assert!(users(none.as_bytes()).unwrap().is_empty());
        if let Some(name) = names.first() {
            let renamed = edited(&before, |change| {
                for table in UserTable::ALL {
                    change.rename(table, name, "ny\"tt").unwrap();
                }
            });
            let mut want = old.clone();
            want.iter_mut().filter(|(one, _)| one == name).for_each(|one| one.0 = "ny\"tt".into());
            assert_eq!(users(renamed.as_bytes()).unwrap(), want, "{renamed}");
        }
    }
}

/// A statement over several lines by backslashes, wherever they are, is restored byte for byte.
#[test]
fn lines_that_continue_come_back_byte_for_byte() {
    let user = "'tg': '0f112233445566778899aabbccddee00'";
    let joints = [" ", "\\\n", " \\\n    ", "\\\r\n\t"];
    for (n, first) in joints.iter().enumerate() {
        for second in joints {
            for body in
                [format!("{{{user}}}"), format!("{{\n  {user},\n}}"), format!("dict(**{{{user}}})")]
            {
                let end = if first.contains('\r') || second.contains('\r') { "\r\n" } else { "\n" };
                let before =
                    format!("PORT = \\\n  443{end}USERS{first}={second}{body}{end}# the end");
                let Ok(config) = read(before.as_bytes()) else { panic!("{before:?}") };
                let mut change = ConfigEdit::new(&config);
                let secret = PyValue::Str("11".repeat(16));
                if change.set(UserTable::Users, "new", &secret).is_err() {
                    assert!(body.starts_with("dict"), "{before:?}");
                    continue;
                }
                let with = change.finish().unwrap();
                assert_eq!(users(with.as_bytes()).unwrap().len(), 2, "{n}: {with:?}");
                let back = edited(&with, |change| {
                    change.remove(UserTable::Users, "new").unwrap();
                });
                assert_eq!(back, before, "{with:?}");
            }
        }
    }
}
