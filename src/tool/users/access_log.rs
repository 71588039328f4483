//! `access-log`: the block in config.py that makes the proxy log who connects.

use super::context::Context;
use super::edit::run_edit;
use crate::accesslog;
use crate::error::Error;
use crate::pyconfig::AccessLogState;
use crate::stream::AccessLogRow;

pub(super) fn operands() -> Vec<&'static str> {
    vec!["on", "off", "status", "print"]
}

/// `access-log`
pub(super) fn access_log(context: &mut Context) -> Result<(), Error> {
    let operand = context.options.words.get(1).map(String::as_str);
    match (operand, context.options.words.len()) {
        (Some("on"), 2) => set_access_log(context, true),
        (Some("off"), 2) => set_access_log(context, false),
        (Some("status"), 2) => print_status(context),
        (Some("print"), 2) => context.write(&accesslog::text("\n")),
        _ => Err(Error::Usage("access-log: expected one of on, off, status, print".to_owned())),
    }
}

fn set_access_log(context: &mut Context, on: bool) -> Result<(), Error> {
    let mut action = None;
    let file = context.path().display().to_string();
    run_edit(context, |_, config, edit| {
        let state = config.access_log().map_err(|error| error.into_error(&file))?;
        action = Some(match (on, state) {
            (true, AccessLogState::On) => "already on",
            (true, AccessLogState::Other) => "renewed",
            (true, AccessLogState::Off) => "turned on",
            (false, AccessLogState::Off) => "already off",
            (false, AccessLogState::On | AccessLogState::Other) => "turned off",
        });
        edit.set_access_log(on);
        Ok(Vec::new())
    })?;
    if context.options.dry_run {
        return Ok(());
    }
    print_state(context, &file, if on { AccessLogState::On } else { AccessLogState::Off }, action)
}

fn print_status(context: &mut Context) -> Result<(), Error> {
    let snapshot = context.snapshot()?;
    let config = context.parse(&snapshot)?;
    let state = config.access_log().map_err(|error| error.into_error(&snapshot.name))?;
    print_state(context, &snapshot.name, state, None)
}

fn print_state(
    context: &mut Context,
    file: &str,
    state: AccessLogState,
    action: Option<&str>,
) -> Result<(), Error> {
    let messages = context.messages();
    let (name, text, emoji, word) = match state {
        AccessLogState::On => ("on", messages.access_log_on, "✅", "ok"),
        AccessLogState::Other => ("other", messages.access_log_other, "⚠️", "warn"),
        AccessLogState::Off => ("off", messages.access_log_off, "🚫", "off"),
    };
    if context.is_text {
        let mark = context.style.icon(emoji, word);
        return context.write(&format!("{mark}{text}\n"));
    }
    context.write_row(&AccessLogRow {
        file: file.into(),
        did: action.map(Into::into),
        state: name.into(),
    })
}
