//! Invariants that hold for any bytes as a config.py; used by tests and by the fuzzer.

use mtp::pyconfig::check::diagnostics;
use mtp::pyconfig::crash_safe_write::plan_write;
use mtp::pyconfig::recovery::{EditState, edit_state};
use mtp::pyconfig::{
    AccessLogState, ConfigEdit, PyConfig, PyValue, TableState, UserTable, access_log_state, port,
    read, users,
};
use time::{Date, Month};

const NEW: &str = "it's \"new\"";
const SECRET: &str = "00112233445566778899aabbccddeeff";

/// Reading never panics. Where a user can be added, the values are those before and the user, and
/// removing the user restores the bytes; so does turning the access log on and off.
pub(crate) fn check_invariants(bytes: &[u8]) {
    let state = edit_state(bytes);
    let have = (users(bytes), port(bytes));
    let Ok(config) = read(bytes) else { return };
    drop(diagnostics(&config, Date::from_calendar_date(2026, Month::January, 1).unwrap()));
    if state != EditState::Clean {
        return; // recovered before any edit
    }
    if let Some(logged) = edited(&config, |change| {
        change.enable_access_log();
    }) && access_log_state(config.text) == AccessLogState::Off
    {
        assert_eq!(access_log_state(&logged), AccessLogState::On);
        let logged_config = read(logged.as_bytes()).unwrap();
        let back = edited(&logged_config, |change| {
            change.disable_access_log();
        });
        assert_eq!(back.as_deref(), Some(config.text), "without the log again");
        replaced(&config, &logged);
    }
    if matches!(config.table(UserTable::Users), TableState::Literal(known) if known.contains(NEW)) {
        return;
    }
    let mut is_set = false;
    let added = edited(&config, |change| {
        is_set = change.set(UserTable::Users, NEW, &PyValue::Str(SECRET.to_owned())).is_ok();
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
        change.remove(UserTable::Users, NEW).unwrap();
    });
    assert_eq!(back.as_deref(), Some(config.text), "without the user again");
    replaced(&config, &added);
}

/// An edit, unless it is refused.
fn edited(config: &PyConfig<'_>, make: impl FnOnce(&mut ConfigEdit<'_>)) -> Option<String> {
    let mut change = ConfigEdit::new(config);
    make(&mut change);
    change.finish().ok()
}

/// The file is valid after every step, and the last gives the new text.
fn replaced(config: &PyConfig<'_>, new: &str) {
    let mut file = config.text.as_bytes().to_vec();
    let starts = read(new.as_bytes()).unwrap().statements;
    for step in &plan_write(config.text, new, [&config.statements, &starts]).steps {
        step.apply(&mut file);
        // A region that is being written may end within a character.
        if let Ok(text) = std::str::from_utf8(&file) {
            assert!(read(text.as_bytes()).is_ok(), "{step:?} leaves {text:?}");
        }
    }
    assert_eq!(file, new.as_bytes());
}
