//! Users of a TOML config file.

use std::ops::Range;

use toml_edit::{Item, TableLike, Value};

use super::layout::line_end;
use super::{TomlConfig, TomlKind, spans};
use crate::links;

/// A user of a TOML config file.
#[derive(Clone, Debug)]
pub struct TomlUser {
    pub name: String,
    /// Offset of the user's entry.
    pub at: usize,
    pub secret: Option<String>,
    pub max_conns: Option<i128>,
    /// `2026-12-31`, or the text of the file if it is not midnight in UTC.
    pub expires: Option<String>,
    pub quota: Option<i128>,
    pub is_disabled: bool,
    /// Span of the value that an edit replaced to disable the user, and that value.
    pub(super) replaced: Option<(Range<usize>, String)>,
    /// Index of the `[[secret]]` table.
    pub(super) block: usize,
}

/// Comment after a value that disables a user, followed by the value before.
pub(super) const DISABLED: &str = "# disabled by mtp-users, was ";
/// Comment after an entry that disables a user.
pub(super) const DISABLED_ENTRY: &str = "# disabled by mtp-users";

pub(super) fn read_users(config: &TomlConfig<'_>) -> Vec<TomlUser> {
    match config.kind {
        TomlKind::Telemt => telemt(config),
        TomlKind::MtgMulti => mtg_multi(config),
        TomlKind::Teleproxy => teleproxy(config),
    }
}

fn telemt(config: &TomlConfig<'_>) -> Vec<TomlUser> {
    let access = |name: &str| config.table(&["access", name]);
    let Some(users) = access("users") else { return Vec::new() };
    let (conns, expires) = (access("user_max_tcp_conns"), access("user_expirations"));
    let (quota, enabled) = (access("user_data_quota"), access("user_enabled"));
    let read = |(name, item): (&str, &Item)| {
        let limit = |table: Option<&dyn TableLike>| integer(table?.get(name)?);
        let is_enabled = enabled.and_then(|table| table.get(name)?.as_bool());
        TomlUser {
            name: name.to_owned(),
            at: spans(users, name).map_or(0, |(key, _)| key.start),
            secret: item.as_str().map(str::to_owned),
            max_conns: limit(conns),
            expires: expires.and_then(|table| expiration(table.get(name)?)),
            quota: limit(quota),
            is_disabled: is_enabled == Some(false),
            replaced: None,
            block: 0,
        }
    };
    users.iter().map(read).collect()
}

fn mtg_multi(config: &TomlConfig<'_>) -> Vec<TomlUser> {
    let Some(secrets) = config.table(&["secrets"]) else { return Vec::new() };
    let limits = config.table(&["secret-limits"]);
    let read = |(name, item): (&str, &Item)| {
        let limit = limits.and_then(|limits| limits.get(name)?.as_table_like());
        let replaced = replaced_value(config, item);
        let is_disabled = limit.and_then(|limit| limit.get("disabled")?.as_bool());
        let own = item.as_str().map(str::to_owned);
        let before = replaced.as_ref().map(|(_, value)| value.trim_matches(['"', '\'']).to_owned());
        TomlUser {
            name: name.to_owned(),
            at: spans(secrets, name).map_or(0, |(key, _)| key.start),
            secret: before.or(own),
            max_conns: None,
            expires: limit.and_then(|limit| expiration(limit.get("expires")?)),
            quota: limit.and_then(|limit| size(limit.get("quota")?)),
            is_disabled: replaced.is_some() || is_disabled == Some(true),
            replaced,
            block: 0,
        }
    };
    secrets.iter().map(read).collect()
}

fn teleproxy(config: &TomlConfig<'_>) -> Vec<TomlUser> {
    let read = |(block, table): (usize, &toml_edit::Table)| {
        let label = table.get("label").and_then(Item::as_str).filter(|label| !label.is_empty());
        let expires = table.get("expires");
        let replaced = expires.and_then(|item| replaced_value(config, item));
        let expires = match &replaced {
            Some((_, before)) if before.is_empty() => None,
            Some((_, before)) => before.parse::<Value>().ok().map(Item::Value),
            None => expires.cloned(),
        };
        let positive = |number: i128| (number > 0).then_some(number);
        TomlUser {
            name: label.map_or_else(|| format!("secret_{block}"), str::to_owned),
            at: table.span().map_or(0, |span| span.start),
            secret: table.get("key").and_then(Item::as_str).map(str::to_owned),
            max_conns: table.get("limit").and_then(integer).and_then(positive),
            expires: expires.as_ref().and_then(expiration),
            quota: table.get("quota").and_then(size).and_then(positive),
            is_disabled: replaced.is_some(),
            replaced,
            block,
        }
    };
    config.secret_tables().enumerate().map(read).collect()
}

/// Returns the span and former value of a value that an edit replaced.
fn replaced_value(config: &TomlConfig<'_>, item: &Item) -> Option<(Range<usize>, String)> {
    let span = item.span()?;
    let rest = config.text.get(span.end..line_end(config.text, span.end))?;
    let before = rest.trim_start().strip_prefix(DISABLED)?;
    // The value is a secret, a number or a time, none of which contains `#`.
    let before = before.split('#').next().unwrap_or(before).trim();
    let before = if before == "absent" { "" } else { before };
    Some((span, before.to_owned()))
}

fn integer(item: &Item) -> Option<i128> {
    item.as_integer().map(i128::from)
}

/// Reads a size: a number of bytes, or `10G` and the like in powers of 1024.
fn size(item: &Item) -> Option<i128> {
    if let Some(number) = integer(item) {
        return Some(number);
    }
    let text = item.as_str()?.trim().to_ascii_uppercase();
    let text = text.strip_suffix('B').unwrap_or(&text);
    let text = text.strip_suffix('I').unwrap_or(text);
    let units = [('K', 10), ('M', 20), ('G', 30), ('T', 40)];
    let unit = units.into_iter().find_map(|(unit, shift)| Some((text.strip_suffix(unit)?, shift)));
    let (digits, shift) = unit.unwrap_or((text, 0));
    digits.trim().parse::<i128>().ok()?.checked_mul(1 << shift)
}

/// Reads an expiration: a date or time as text or datetime, or seconds since 1970.
fn expiration(item: &Item) -> Option<String> {
    let text = match item.as_value()? {
        Value::String(text) => text.value().clone(),
        Value::Datetime(time) => time.value().to_string(),
        Value::Integer(seconds) if *seconds.value() > 0 => {
            let time = time::OffsetDateTime::from_unix_timestamp(*seconds.value()).ok()?;
            format!("{}T{:02}:{:02}:{:02}Z", time.date(), time.hour(), time.minute(), time.second())
        }
        Value::Integer(_)
        | Value::Float(_)
        | Value::Boolean(_)
        | Value::Array(_)
        | Value::InlineTable(_) => return None,
    };
    let is_midnight = ["T00:00:00Z", "T00:00:00", "T00:00:00+00:00", " 00:00:00Z"]
        .into_iter()
        .find_map(|end| text.strip_suffix(end));
    Some(is_midnight.map_or_else(|| text.clone(), str::to_owned))
}

/// Returns the hex form of the domain of an mtg secret.
pub(super) fn mtg_domain(secret: &str) -> Option<String> {
    let bytes = links::decode_mtg_secret(secret)?;
    bytes.get(17..).filter(|domain| !domain.is_empty()).map(hex::encode)
}
