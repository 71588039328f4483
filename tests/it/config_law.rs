//! What holds for any bytes as a config.py, whoever made them: the tests' files, or a fuzzer.

use mtp::pyconfig::check::complaints;
use mtp::pyconfig::leftover::{Found, look};
use mtp::pyconfig::shield::steps;
use mtp::pyconfig::{Change, Config, State, Table, Value, log, port, read, users};
use time::{Date, Month};

const NEW: &str = "it's \"new\"";
const SECRET: &str = "00112233445566778899aabbccddeeff";

/// Read or refused, never a panic. Where a user can be added, the file says what it said before
/// and the user; without the user it is the same bytes again, and so it is without the access log.
pub(crate) fn holds(bytes: &[u8]) {
    let found = look(bytes);
    let have = (users(bytes), port(bytes));
    let Ok(config) = read(bytes) else { return };
    drop(complaints(&config, Date::from_calendar_date(2026, Month::January, 1).unwrap()));
    if found != Found::Whole {
        return; // what an interrupted edit left is put right before anything is edited
    }
    if let Some(logged) = edited(&config, |change| {
        change.log_on();
    }) && log(config.text) == mtp::pyconfig::Log::Off
    {
        assert_eq!(log(&logged), mtp::pyconfig::Log::On);
        let logged_config = read(logged.as_bytes()).unwrap();
        let back = edited(&logged_config, |change| {
            change.log_off();
        });
        assert_eq!(back.as_deref(), Some(config.text), "without the log again");
        replaced(&config, &logged);
    }
    if matches!(config.table(Table::Users), State::Known(known) if known.has(NEW)) {
        return;
    }
    let mut is_set = false;
    let added = edited(&config, |change| {
        is_set = change.set(Table::Users, NEW, &Value::Text(SECRET.to_owned())).is_ok();
    });
    let (Some(added), true) = (added, is_set) else { return };
    let mut want = have.0.unwrap();
    want.push((NEW.to_owned(), SECRET.to_owned()));
    let (mut now, mut want) = (users(added.as_bytes()).unwrap(), want);
    now.sort();
    want.sort();
    assert_eq!(now, want);
    assert_eq!(port(added.as_bytes()), have.1);
    let back = edited(&read(added.as_bytes()).unwrap(), |change| {
        change.remove(Table::Users, NEW).unwrap();
    });
    assert_eq!(back.as_deref(), Some(config.text), "without the user again");
    replaced(&config, &added);
}

/// An edit, unless it is refused.
fn edited(config: &Config<'_>, make: impl FnOnce(&mut Change<'_>)) -> Option<String> {
    let mut change = Change::of(config);
    make(&mut change);
    change.finish().ok()
}

/// Every step of the way loads, and the last is there.
fn replaced(config: &Config<'_>, new: &str) {
    let mut file = config.text.as_bytes().to_vec();
    let starts = read(new.as_bytes()).unwrap().statements;
    for step in &steps(config.text, new, [&config.statements, &starts]).all {
        step.done(&mut file);
        // What is being laid down behind a shield may end in the middle of a letter.
        if let Ok(text) = std::str::from_utf8(&file) {
            assert!(read(text.as_bytes()).is_ok(), "{step:?} leaves {text:?}");
        }
    }
    assert_eq!(file, new.as_bytes());
}
