//! `access-log`: whether the proxy prints who connects.

use super::desk::Desk;
use crate::accesslog;
use crate::error::Error;
use crate::json::Row;
use crate::pyconfig::{Log, log};

/// What can be asked of it.
pub(super) fn words() -> Vec<&'static str> {
    vec!["on", "off", "status", "print"]
}

/// Turns the access log on or off, or says how it stands.
pub(super) fn access_log(desk: &mut Desk) -> Result<(), Error> {
    let what = desk.options.words.get(1).map(String::as_str);
    match (what, desk.options.words.len()) {
        (Some("on"), 2) => turn(desk, true),
        (Some("off"), 2) => turn(desk, false),
        (Some("status"), 2) => status(desk),
        (Some("print"), 2) => desk.write(&accesslog::text("\n")),
        _ => Err(Error::Usage("access-log: takes one of on, off, status, print".to_owned())),
    }
}

fn turn(desk: &mut Desk, on: bool) -> Result<(), Error> {
    let mut did = None;
    desk.edit(|_, config, change| {
        did = Some(match (on, log(config.text)) {
            (true, Log::On) => "already on",
            (true, Log::Other) => "renewed",
            (true, Log::Off) => "turned on",
            (false, Log::Off) => "already off",
            (false, Log::On | Log::Other) => "turned off",
        });
        if on {
            change.log_on();
        } else {
            change.log_off();
        }
        Ok(Vec::new())
    })?;
    if desk.options.dry_run {
        return Ok(());
    }
    let file = desk.path().display().to_string();
    tell(desk, &file, if on { Log::On } else { Log::Off }, did)
}

fn status(desk: &mut Desk) -> Result<(), Error> {
    let seen = desk.see()?;
    let config = seen.config()?;
    tell(desk, &seen.name, log(config.text), None)
}

fn tell(desk: &mut Desk, file: &str, log: Log, did: Option<&str>) -> Result<(), Error> {
    let (state, text, emoji, word) = match log {
        Log::On => ("on", "is on", "✅", "ok"),
        Log::Other => {
            ("other", "is on, but not this version's: access-log on renews it", "⚠️", "warn")
        }
        Log::Off => ("off", "is off", "🚫", "off"),
    };
    if desk.is_text {
        let mark = desk.look.mark(emoji, word);
        return desk.write(&format!("{mark}The access log {text}\n"));
    }
    let mut row = Row::new(&mut desk.out.buffer, "access-log");
    row.text("file", file);
    row.opt_str("did", did);
    row.text("state", state);
    row.end();
    desk.out.after_row()
}
