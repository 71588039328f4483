//! Problems that the proxy has with a config file, with their lines.

use std::collections::HashMap;

use time::{Date, Month};

use super::table::{LiteralTable, TableState, UserTable};
use super::value::PyValue;
use super::{DEFAULT_PORT, PyConfig};
use crate::diagnostic::{Diagnostic, DiagnosticLevel};
use crate::links::is_secret;

/// Secrets of the proxy's example config and documentation.
const PUBLIC_SECRETS: [&str; 3] = [
    "00000000000000000000000000000000",
    "00000000000000000000000000000001",
    "0123456789abcdef0123456789abcdef",
];

/// Settings of mtprotoproxy 0614c35 (February 2026), the deprecated ones included.
pub const SETTINGS: &[&str] = &[
    "AD_TAG",
    "CLIENT_ACK_TIMEOUT",
    "CLIENT_HANDSHAKE_TIMEOUT",
    "CLIENT_IPS_LEN",
    "CLIENT_KEEPALIVE",
    "FAST_MODE",
    "GET_CERT_LEN_PERIOD",
    "GET_TIME_PERIOD",
    "IGNORE_TIME_SKEW",
    "LISTEN_ADDR_IPV4",
    "LISTEN_ADDR_IPV6",
    "LISTEN_UNIX_SOCK",
    "MASK",
    "MASK_HOST",
    "MASK_PORT",
    "METRICS_EXPORT_LINKS",
    "METRICS_LISTEN_ADDR_IPV4",
    "METRICS_LISTEN_ADDR_IPV6",
    "METRICS_PORT",
    "METRICS_PREFIX",
    "METRICS_WHITELIST",
    "MODES",
    "MTP_ACCESS_LOG",
    "MY_DOMAIN",
    "PORT",
    "PREFER_IPV6",
    "PROXY_INFO_UPDATE_PERIOD",
    "PROXY_PROTOCOL",
    "REPLAY_CHECK_LEN",
    "SECURE_ONLY",
    "SOCKS5_HOST",
    "SOCKS5_PASS",
    "SOCKS5_PORT",
    "SOCKS5_USER",
    "STATS_PRINT_PERIOD",
    "TG_CONNECT_TIMEOUT",
    "TG_READ_TIMEOUT",
    "TLS_DOMAIN",
    "TLS_ONLY",
    "TO_CLT_BUFSIZE",
    "TO_TG_BUFSIZE",
    "USERS",
    "USER_DATA_QUOTA",
    "USER_EXPIRATIONS",
    "USER_MAX_TCP_CONNS",
    "USE_MIDDLE_PROXY",
];
/// Similarity from which a setting is suggested.
const SIMILARITY_MIN: f64 = 0.8;

/// Similarity of two names: the words that they share, then that of their letters.
fn similarity(name: &str, known: &str) -> f64 {
    let is_shared = |word: &&str| {
        let stem = |word: &str| word.trim_end_matches('S').to_owned();
        word.len() > 2 && known.split('_').any(|other| stem(word) == stem(other))
    };
    let count = u32::try_from(name.split('_').filter(is_shared).count()).unwrap_or(0);
    f64::from(count) + strsim::jaro_winkler(name, known)
}

/// Checks a config file; sorted by line.
pub fn diagnostics(config: &PyConfig<'_>, today: Date) -> Vec<Diagnostic> {
    let mut check = ConfigCheck { config, all: Vec::new() };
    check.users();
    for table in [UserTable::MaxConns, UserTable::Expirations, UserTable::Quota] {
        check.limits(table, today);
    }
    check.settings();
    let mut all = check.all;
    all.sort_by(|a, b| (a.line, &a.message).cmp(&(b.line, &b.message)));
    all
}

struct ConfigCheck<'c> {
    config: &'c PyConfig<'c>,
    all: Vec<Diagnostic>,
}

impl<'c> ConfigCheck<'c> {
    fn push(&mut self, line: usize, level: DiagnosticLevel, message: impl Into<String>) {
        self.all.push(Diagnostic::new(line, level, message));
    }

    fn line(&self, at: usize) -> usize {
        self.config.lines.line(at)
    }

    /// Returns a table after checking it as a whole.
    fn literal_table(&mut self, table: UserTable) -> Option<&'c LiteralTable> {
        match self.config.table(table) {
            TableState::Absent => None,
            TableState::Computed { line, reason } => {
                let what = format!("{} {reason}; it cannot be checked or edited", table.name());
                self.push(*line, DiagnosticLevel::Warning, what);
                None
            }
            TableState::Literal(known) => {
                for entry in known.unnamed() {
                    let what = format!(
                        "{} has a key that is not a string; the proxy would stop",
                        table.name()
                    );
                    self.push(self.line(entry.at()), DiagnosticLevel::Fatal, what);
                }
                for (name, entry) in known.overridden() {
                    let what = format!("'{name}' is set again later in {}", table.name());
                    self.push(self.line(entry.at()), DiagnosticLevel::Warning, what);
                }
                Some(known)
            }
        }
    }

    fn users(&mut self) {
        if matches!(self.config.table(UserTable::Users), TableState::Absent) {
            let what = "USERS is not set; the proxy uses its default user 'tg', whose secret \
                        is public";
            return self.push(1, DiagnosticLevel::Error, what);
        }
        let Some(known) = self.literal_table(UserTable::Users) else { return };
        if known.iter().next().is_none() {
            let line = self.line(known.statement.start);
            self.push(line, DiagnosticLevel::Warning, "USERS is empty; nobody can connect");
        }
        let mut owners: HashMap<String, String> = HashMap::new();
        for (name, entry) in known.iter_all() {
            let line = self.line(entry.value_at.start);
            match entry.value.text() {
                Some(secret) if !is_secret(secret) => {
                    let what = format!(
                        "the secret of '{name}' is not 32 hex digits; the proxy drops other \
                         characters, then pads or truncates it"
                    );
                    self.push(line, DiagnosticLevel::Error, what);
                }
                Some(secret) => {
                    if PUBLIC_SECRETS.contains(&secret) {
                        let what = format!("the secret of '{name}' is public");
                        self.push(line, DiagnosticLevel::Error, what);
                    }
                    let owner = owners.insert(secret.to_ascii_lowercase(), name.to_owned());
                    if let Some(owner) = owner {
                        let what = format!(
                            "'{name}' has the same secret as '{owner}'; the proxy treats both as \
                             the first one"
                        );
                        self.push(line, DiagnosticLevel::Error, what);
                    }
                }
                None if entry.value == PyValue::Computed => {
                    let what = format!("the secret of '{name}' is computed; it cannot be checked");
                    self.push(line, DiagnosticLevel::Warning, what);
                }
                None => {
                    let what =
                        format!("the secret of '{name}' is not a string; the proxy would stop");
                    self.push(line, DiagnosticLevel::Fatal, what);
                }
            }
        }
    }

    fn limits(&mut self, table: UserTable, today: Date) {
        let users = self.config.table(UserTable::Users);
        let Some(known) = self.literal_table(table) else { return };
        for (name, entry) in known.iter() {
            let line = self.line(entry.at());
            let is_unknown = matches!(users, TableState::Literal(users) if !users.contains(name));
            if is_unknown {
                let what = format!("{} names '{name}', who is not in USERS", table.name());
                self.push(line, DiagnosticLevel::Warning, what);
            }
            let problem = match table {
                UserTable::Expirations => check_expiration(&entry.value, today),
                UserTable::Users | UserTable::MaxConns | UserTable::Quota => {
                    check_number(&entry.value)
                }
            };
            if let Some((level, what)) = problem {
                self.push(line, level, format!("{} of '{name}' {what}", table.name()));
            }
        }
    }

    /// Reports settings that the proxy does not have, if they look like one that it has.
    fn unknown_settings(&mut self) {
        for (name, setting) in self.config.settings() {
            if !name.chars().any(char::is_uppercase)
                || name.chars().any(char::is_lowercase)
                || SETTINGS.contains(&name)
            {
                continue;
            }
            let scored = SETTINGS.iter().map(|known| (similarity(name, known), known));
            let best = scored.max_by(|a, b| a.0.total_cmp(&b.0));
            if let Some((_, known)) = best.filter(|(score, _)| *score >= SIMILARITY_MIN) {
                let message =
                    format!("{name} is not a setting of the proxy (did you mean {known}?)");
                self.push(setting.line, DiagnosticLevel::Warning, message);
            }
        }
    }

    fn settings(&mut self) {
        self.unknown_settings();
        self.port();
        self.modes();
        let hex = |text: &str| {
            let digits: Vec<_> =
                text.chars().filter(|letter| !letter.is_ascii_whitespace()).collect();
            digits.len() % 2 == 0 && digits.iter().all(char::is_ascii_hexdigit)
        };
        let Some(tag) = self.config.setting("AD_TAG") else { return };
        match tag.value.text() {
            Some(text) if hex(text) && (text.is_empty() || text.len() == 32) => {}
            Some(text) if hex(text) => {
                self.push(
                    tag.line,
                    DiagnosticLevel::Warning,
                    "AD_TAG is not 32 hex digits; the proxy ignores it",
                );
            }
            None if tag.value == PyValue::Computed => {}
            Some(_) | None => {
                let what = "AD_TAG is not in hex digits; the proxy would stop";
                self.push(tag.line, DiagnosticLevel::Fatal, what);
            }
        }
    }

    fn port(&mut self) {
        let Some(port) = self.config.setting("PORT") else {
            let what = format!("PORT is not set; the proxy uses {DEFAULT_PORT}");
            return self.push(1, DiagnosticLevel::Warning, what);
        };
        let is_port = match &port.value {
            PyValue::Int(whole) => (1..=65535).contains(whole),
            PyValue::Str(text) => text.parse::<u16>().is_ok_and(|port| port > 0),
            PyValue::Computed => true,
            PyValue::Float(_)
            | PyValue::Bool(_)
            | PyValue::None
            | PyValue::Bytes
            | PyValue::Dict(_) => false,
        };
        if !is_port {
            self.push(port.line, DiagnosticLevel::Fatal, "PORT is not a number from 1 to 65535");
        }
    }

    fn modes(&mut self) {
        let mut tls_is_on = true;
        if let Some(modes) = self.config.setting("MODES") {
            let PyValue::Dict(entries) = &modes.value else {
                if modes.value != PyValue::Computed {
                    self.push(
                        modes.line,
                        DiagnosticLevel::Fatal,
                        "MODES is not a dict; the proxy would stop",
                    );
                }
                return;
            };
            let is_on = |name: &str| {
                let last = entries.iter().rev().find(|(key, _)| key.as_deref() == Some(name));
                last.is_some_and(|(_, value)| value.is_true() != Some(false))
            };
            tls_is_on = is_on("tls");
            if !(tls_is_on || is_on("secure") || is_on("classic")) {
                self.push(
                    modes.line,
                    DiagnosticLevel::Error,
                    "MODES are all off; the proxy turns tls on",
                );
            }
            for (name, value) in entries {
                let name = name.as_deref().unwrap_or("(not a string)");
                if !["tls", "secure", "classic"].contains(&name) {
                    let what = format!("MODES has '{name}' (expected classic, secure or tls)");
                    self.push(modes.line, DiagnosticLevel::Warning, what);
                } else if !matches!(value, PyValue::Bool(_) | PyValue::Computed) {
                    let what = format!("MODES sets '{name}' to neither True nor False");
                    self.push(modes.line, DiagnosticLevel::Warning, what);
                }
            }
        }
        for old in ["SECURE_ONLY", "TLS_ONLY"] {
            if let Some(setting) = self.config.setting(old) {
                let what = format!("{old} is deprecated; use MODES");
                self.push(setting.line, DiagnosticLevel::Warning, what);
            }
        }
        match self.config.setting("TLS_DOMAIN") {
            None if tls_is_on => {
                let what = "TLS_DOMAIN is not set; the default www.google.com makes proxies easy \
                            to detect";
                self.push(1, DiagnosticLevel::Warning, what);
            }
            Some(domain) if !matches!(domain.value, PyValue::Str(_) | PyValue::Computed) => {
                self.push(
                    domain.line,
                    DiagnosticLevel::Fatal,
                    "TLS_DOMAIN is not a string; the proxy would stop",
                );
            }
            _ => {}
        }
    }
}

/// Reads a day as the proxy does: `31/12/2026`.
pub fn parse_day(text: &str) -> Option<Date> {
    let mut parts = text.split('/');
    let mut number = |digits: std::ops::RangeInclusive<usize>| {
        let part = parts.next()?;
        let is_number = part.bytes().all(|byte| byte.is_ascii_digit());
        if is_number && digits.contains(&part.len()) { part.parse::<u16>().ok() } else { None }
    };
    let (day, month, year) = (number(1..=2)?, number(1..=2)?, number(4..=4)?);
    let month = Month::try_from(u8::try_from(month).ok()?).ok()?;
    let date = Date::from_calendar_date(year.into(), month, u8::try_from(day).ok()?).ok()?;
    (parts.next().is_none() && year > 0).then_some(date)
}

/// Formats a day as the proxy reads it.
pub fn format_day(day: Date) -> String {
    format!("{:02}/{:02}/{:04}", day.day(), u8::from(day.month()), day.year())
}

fn check_expiration(value: &PyValue, today: Date) -> Option<(DiagnosticLevel, String)> {
    if *value == PyValue::Computed {
        return None;
    }
    match value.text().map(parse_day) {
        Some(Some(day)) if day <= today => {
            Some((DiagnosticLevel::Warning, "is in the past; the user is refused".to_owned()))
        }
        Some(Some(_)) => None,
        Some(None) | None => {
            let message = "is not a day such as '31/12/2026'; the proxy would stop";
            Some((DiagnosticLevel::Fatal, message.to_owned()))
        }
    }
}

/// Checks a number of connections or bytes.
fn check_number(value: &PyValue) -> Option<(DiagnosticLevel, String)> {
    match value {
        PyValue::Int(int) if *int <= 0 => {
            Some((DiagnosticLevel::Warning, format!("is {int}; the user is refused")))
        }
        PyValue::Int(_) | PyValue::Float(_) | PyValue::Computed => None,
        PyValue::Bool(_) => Some((DiagnosticLevel::Warning, "is not a number".to_owned())),
        PyValue::Str(_) | PyValue::None | PyValue::Bytes | PyValue::Dict(_) => {
            let message = "is not a number; each connection of the user would fail";
            Some((DiagnosticLevel::Error, message.to_owned()))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn days_are_read_as_strptime_does() {
        for day in ["31/12/2026", "1/2/2026", "29/02/2028"] {
            assert!(parse_day(day).is_some(), "{day}");
        }
        for day in ["31/02/2026", "31/12/26", "2026-12-31", "1/1/2026 ", "/1/2026", "+1/1/2026"] {
            assert_eq!(parse_day(day), None, "{day}");
        }
        assert_eq!(format_day(parse_day("1/2/2026").unwrap()), "01/02/2026");
    }
}
