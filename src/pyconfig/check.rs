//! What the proxy would choke on, quietly change, or surely was not meant, line by line.

use std::collections::HashMap;

use time::Date;

use super::limits::{expiry, number};
use super::table::{Known, State, Table};
use super::value::Value;
use super::{Config, DEFAULT_PORT};

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The proxy does something else than the file seems to say.
    Warning,
    /// The proxy changes it, or refuses somebody for it.
    Error,
    /// The proxy stops, at its start and at a reload.
    Fatal,
}

impl Level {
    /// As in a row.
    pub fn name(self) -> &'static str {
        match self {
            Self::Warning => "warning",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }
}

/// Something to complain about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The line, from 1.
    pub line: usize,
    /// How bad it is.
    pub level: Level,
    /// What it is, and what would be right. Never holds a secret.
    pub what: String,
}

/// Secrets that everyone knows.
const KNOWN_TO_ALL: [&str; 3] = [
    "00000000000000000000000000000000",
    "00000000000000000000000000000001",
    "0123456789abcdef0123456789abcdef",
];

/// Everything there is to complain about, by line.
pub fn complaints(config: &Config<'_>, today: Date) -> Vec<Complaint> {
    let mut list = List { config, all: Vec::new() };
    list.users();
    for table in [Table::MaxConns, Table::Expirations, Table::Quota] {
        list.limits(table, today);
    }
    list.settings();
    let mut all = list.all;
    all.sort_by(|a, b| (a.line, &a.what).cmp(&(b.line, &b.what)));
    all
}

struct List<'c> {
    config: &'c Config<'c>,
    all: Vec<Complaint>,
}

impl<'c> List<'c> {
    fn say(&mut self, line: usize, level: Level, what: impl Into<String>) {
        self.all.push(Complaint { line, level, what: what.into() });
    }

    fn line(&self, at: usize) -> usize {
        self.config.lines.line(at)
    }

    /// A table, with what is wrong with it as a whole said.
    fn known(&mut self, table: Table) -> Option<&'c Known> {
        match self.config.table(table) {
            State::Absent => None,
            State::Computed { line, why } => {
                let what = format!("{} {why}: it cannot be checked or edited", table.name());
                self.say(*line, Level::Warning, what);
                None
            }
            State::Known(known) => {
                for entry in known.odd() {
                    let what = format!("{} has a name that is no text", table.name());
                    self.say(self.line(entry.at()), Level::Fatal, what);
                }
                for (name, entry) in known.doubled() {
                    let what = format!("'{name}' is set again further on in {}", table.name());
                    self.say(self.line(entry.at()), Level::Warning, what);
                }
                Some(known)
            }
        }
    }

    fn users(&mut self) {
        if matches!(self.config.table(Table::Users), State::Absent) {
            let what = "USERS is not set: the proxy lets in its own user 'tg', whose secret \
                        everyone knows";
            return self.say(1, Level::Error, what);
        }
        let Some(known) = self.known(Table::Users) else { return };
        if known.in_order().next().is_none() {
            let line = self.line(known.statement.start);
            self.say(line, Level::Warning, "USERS is empty: nobody can connect");
        }
        let mut owners: HashMap<String, String> = HashMap::new();
        for (name, entry) in known.all_in_order() {
            let line = self.line(entry.value_at.start);
            match entry.value.text() {
                Some(secret) if !is_secret(secret) => {
                    let what = format!(
                        "the secret of '{name}' is not 32 hex digits: the proxy would drop what is \
                         no digit, then fill or cut it"
                    );
                    self.say(line, Level::Error, what);
                }
                Some(secret) => {
                    if KNOWN_TO_ALL.contains(&secret) {
                        let what = format!("the secret of '{name}' is one that everyone knows");
                        self.say(line, Level::Error, what);
                    }
                    let owner = owners.insert(secret.to_ascii_lowercase(), name.to_owned());
                    if let Some(owner) = owner {
                        let what = format!(
                            "'{name}' has the secret of '{owner}': the proxy takes both for \
                             the one that comes first"
                        );
                        self.say(line, Level::Error, what);
                    }
                }
                None if entry.value == Value::Computed => {
                    let what = format!("the secret of '{name}' is computed: it cannot be checked");
                    self.say(line, Level::Warning, what);
                }
                None => {
                    let what = format!("the secret of '{name}' is no text: the proxy would stop");
                    self.say(line, Level::Fatal, what);
                }
            }
        }
    }

    fn limits(&mut self, table: Table, today: Date) {
        let users = self.config.table(Table::Users);
        let Some(known) = self.known(table) else { return };
        for (name, entry) in known.in_order() {
            let line = self.line(entry.at());
            let is_stranger = matches!(users, State::Known(users) if !users.has(name));
            if is_stranger {
                let what = format!("{} has '{name}', who is no user", table.name());
                self.say(line, Level::Warning, what);
            }
            let fault = match table {
                Table::Expirations => expiry(&entry.value, today),
                Table::Users | Table::MaxConns | Table::Quota => number(&entry.value),
            };
            if let Some((level, what)) = fault {
                self.say(line, level, format!("{} of '{name}' {what}", table.name()));
            }
        }
    }

    fn settings(&mut self) {
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
                self.say(tag.line, Level::Warning, "AD_TAG is not 32 hex digits: no advertising");
            }
            None if tag.value == Value::Computed => {}
            Some(_) | None => {
                let what = "AD_TAG is not in hex digits: the proxy would stop";
                self.say(tag.line, Level::Fatal, what);
            }
        }
    }

    fn port(&mut self) {
        let Some(port) = self.config.setting("PORT") else {
            let what = format!("PORT is not set: the proxy takes {DEFAULT_PORT}");
            return self.say(1, Level::Warning, what);
        };
        let is_port = match &port.value {
            Value::Whole(whole) => (1..=65535).contains(whole),
            Value::Text(text) => text.parse::<u16>().is_ok_and(|port| port > 0),
            Value::Computed => true,
            Value::Real(_) | Value::Truth(_) | Value::Nothing | Value::Bytes | Value::Table(_) => {
                false
            }
        };
        if !is_port {
            self.say(port.line, Level::Fatal, "PORT is no number from 1 to 65535");
        }
    }

    fn modes(&mut self) {
        let mut tls_is_on = true;
        if let Some(modes) = self.config.setting("MODES") {
            let Value::Table(entries) = &modes.value else {
                if modes.value != Value::Computed {
                    self.say(modes.line, Level::Fatal, "MODES is no dict: the proxy would stop");
                }
                return;
            };
            let is_on = |name: &str| {
                let last = entries.iter().rev().find(|(key, _)| key.as_deref() == Some(name));
                last.is_some_and(|(_, value)| value.is_true() != Some(false))
            };
            tls_is_on = is_on("tls");
            if !(tls_is_on || is_on("secure") || is_on("classic")) {
                self.say(modes.line, Level::Error, "MODES are all off: the proxy turns tls on");
            }
            for (name, value) in entries {
                let name = name.as_deref().unwrap_or("something that is no text");
                if !["tls", "secure", "classic"].contains(&name) {
                    let what = format!("MODES has '{name}': tls, secure and classic are modes");
                    self.say(modes.line, Level::Warning, what);
                } else if !matches!(value, Value::Truth(_) | Value::Computed) {
                    let what = format!("MODES has '{name}' neither True nor False");
                    self.say(modes.line, Level::Warning, what);
                }
            }
        }
        for old in ["SECURE_ONLY", "TLS_ONLY"] {
            if let Some(setting) = self.config.setting(old) {
                let what = format!("{old} is of older proxies; MODES says the same");
                self.say(setting.line, Level::Warning, what);
            }
        }
        match self.config.setting("TLS_DOMAIN") {
            None if tls_is_on => {
                let what = "TLS_DOMAIN is not set: all such proxies name www.google.com, and are \
                            known by it";
                self.say(1, Level::Warning, what);
            }
            Some(domain) if !matches!(domain.value, Value::Text(_) | Value::Computed) => {
                self.say(domain.line, Level::Fatal, "TLS_DOMAIN is no text: the proxy would stop");
            }
            _ => {}
        }
    }
}

fn is_secret(secret: &str) -> bool {
    secret.len() == 32 && secret.bytes().all(|byte| byte.is_ascii_hexdigit())
}
