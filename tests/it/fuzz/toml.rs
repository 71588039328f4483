//! Any bytes as a TOML config file: reading never panics; adding a user and removing it gives the
//! same bytes, and so do two changes that undo each other; what an edit writes is read again.

use mtp::tomlconfig::{TomlConfig, TomlEdit};
use time::{Date, Month};

const NEW: &str = "nobody_yet";
const SECRET: &str = "00112233445566778899aabbccddeeff";
/// mtg-multi wants full secrets.
const FULL_SECRET: &str = "ee00112233445566778899aabbccddeeff6578616d706c652e636f6d";

pub(crate) fn check(bytes: &[u8]) {
    let Ok(config) = TomlConfig::recognise(bytes) else { return };
    let today = Date::from_calendar_date(2026, Month::January, 1).expect("a date");
    drop((config.diagnostics(today), config.endpoint(), config.port()));
    // Where lines end in two ways, an edit may end its neighbours' in one.
    let kinds = ["[access.users]", "[secrets]", "[[secret]]"];
    let is_mixed = kinds.iter().filter(|table| config.text.contains(*table)).count() > 1;
    // The last user of a proxy is not removed.
    let is_empty = config.users.is_empty();
    if is_empty || config.user(NEW).is_some() || config.text.contains('\r') || is_mixed {
        return;
    }
    let names = |config: &TomlConfig<'_>| -> Vec<String> {
        config.users.iter().map(|user| user.name.clone()).collect()
    };
    let secret = if config.endpoint().has_full_secrets { FULL_SECRET } else { SECRET };
    let added = edited(&config, |edit| edit.set_secret(NEW, secret).is_ok());
    if let Some(added) = added {
        let with = TomlConfig::read(added.as_bytes(), config.kind).expect("read again");
        let mut want = names(&config);
        want.push(NEW.to_owned());
        let (mut have, mut want) = (names(&with), want);
        have.sort();
        want.sort();
        assert_eq!(have, want, "{added:?}");
        let back = edited(&with, |edit| edit.remove(NEW).is_ok());
        assert_eq!(back.as_deref(), Some(config.text), "without the user again: {added:?}");
    }
    // A secret that the proxy does not take may have bytes that end a comment.
    let is_hex = |text: &String| text.bytes().all(|byte| byte.is_ascii_hexdigit());
    let first = config.users.iter().find(|user| user.secret.as_ref().is_some_and(is_hex));
    let first = first.map(|user| user.name.clone());
    if let Some(first) = first
        && let Some(off) = edited(&config, |edit| edit.disable(&first).is_ok())
    {
        let without = TomlConfig::read(off.as_bytes(), config.kind).expect("read again");
        let back = edited(&without, |edit| edit.enable(&first).is_ok());
        assert_eq!(back.as_deref(), Some(config.text), "enabled again: {off:?}");
    }
}

/// An edit that changes something, unless it is refused.
fn edited(config: &TomlConfig<'_>, make: impl FnOnce(&mut TomlEdit<'_>) -> bool) -> Option<String> {
    let mut edit = TomlEdit::new(config);
    let is_made = make(&mut edit);
    let edited = edit.apply();
    let text = edited.verify().is_ok().then(|| edited.text.clone());
    text.filter(|_| is_made)
}
