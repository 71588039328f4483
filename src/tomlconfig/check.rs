//! Problems of a TOML config file.

use std::collections::{HashMap, HashSet};

use time::Date;
use toml_edit::Value;

use super::edit::TELEMT_TABLES;
use super::settings::check_settings;
use super::{TELEMT_DOMAIN, TomlConfig, TomlKind};
use crate::diagnostic::{Diagnostic, DiagnosticLevel};
use crate::links::{self, LinkMode};

/// Secrets of example files.
const PUBLIC_SECRETS: [&str; 3] = [
    "00000000000000000000000000000000",
    "00000000000000000000000000000001",
    "0123456789abcdef0123456789abcdef",
];

impl TomlConfig<'_> {
    /// Checks the file; sorted by line.
    pub fn diagnostics(&self, today: Date) -> Vec<Diagnostic> {
        let mut all = Vec::new();
        let mut push = |line, level, message: String| {
            all.push(Diagnostic::new(line, level, message));
        };
        if self.users.is_empty() && !self.has_includes {
            push(1, DiagnosticLevel::Error, "no users".to_owned());
        }
        let (mut owners, mut names) = (HashMap::new(), HashSet::new());
        for user in &self.users {
            let (name, line) = (&user.name, self.lines.line(user.at));
            if !names.insert(name) {
                let message = format!("another secret has the label '{name}', too");
                push(line, DiagnosticLevel::Warning, message);
            }
            match &user.secret {
                None => {
                    let message = format!("the secret of '{name}' is not a string");
                    push(line, DiagnosticLevel::Fatal, message);
                }
                Some(secret) if !self.is_valid_secret(secret) => {
                    let expected = match self.kind {
                        TomlKind::MtgMulti => "ee, 32 hex digits and a domain in hex",
                        TomlKind::Telemt | TomlKind::Teleproxy => "32 hex digits",
                    };
                    let message = format!("invalid secret of '{name}' (expected {expected})");
                    push(line, DiagnosticLevel::Fatal, message);
                }
                Some(secret) => {
                    if PUBLIC_SECRETS.contains(&secret.as_str()) {
                        let message = format!("the secret of '{name}' is public");
                        push(line, DiagnosticLevel::Error, message);
                    }
                    if let Some(owner) = owners.insert(secret.to_ascii_lowercase(), name) {
                        let message = format!("'{name}' has the same secret as '{owner}'");
                        push(line, DiagnosticLevel::Error, message);
                    }
                }
            }
            let day = user.expires.as_deref().and_then(|text| text.get(..10));
            if day.is_some_and(|day| day <= today.to_string().as_str()) {
                let message = format!("the expiration of '{name}' is in the past");
                push(line, DiagnosticLevel::Warning, message);
            }
        }
        self.check_limits(&mut all);
        all.extend(self.check_risks());
        all.extend(check_settings(self));
        all.sort_by(|a, b| (a.line, &a.message).cmp(&(b.line, &b.message)));
        all
    }

    fn is_valid_secret(&self, secret: &str) -> bool {
        match self.kind {
            TomlKind::MtgMulti => {
                links::decode_mtg_secret(secret).is_some_and(|bytes| bytes.len() > 17)
            }
            TomlKind::Telemt | TomlKind::Teleproxy => links::is_secret(secret),
        }
    }

    /// Reports limits of names that are not users.
    fn check_limits(&self, all: &mut Vec<Diagnostic>) {
        let names: HashSet<&str> = self.users.iter().map(|user| user.name.as_str()).collect();
        let paths: Vec<Vec<&str>> = match self.kind {
            TomlKind::Telemt => {
                TELEMT_TABLES.iter().skip(1).map(|table| vec!["access", *table]).collect()
            }
            TomlKind::MtgMulti => vec![vec!["secret-limits"], vec!["secret-ad-tags"]],
            TomlKind::Teleproxy => Vec::new(),
        };
        let level = match self.kind {
            TomlKind::MtgMulti => DiagnosticLevel::Fatal,
            TomlKind::Telemt | TomlKind::Teleproxy => DiagnosticLevel::Warning,
        };
        for path in paths {
            let Some(table) = self.table(&path) else { continue };
            for (name, _) in table.iter().filter(|(name, _)| !names.contains(name)) {
                let key = table.get_key_value(name).and_then(|(key, _)| key.span());
                let line = key.map_or(1, |key| self.lines.line(key.start));
                let message = format!("[{}] names '{name}', who is not a user", path.join("."));
                all.push(Diagnostic::new(line, level, message));
            }
        }
    }

    /// Reports settings that work but are a risk.
    fn check_risks(&self) -> Vec<Diagnostic> {
        let mut all = Vec::new();
        let text = |path: &[&str]| self.value(path).and_then(Value::as_str);
        let mut warn = |path: &[&str], message: String| {
            let level = DiagnosticLevel::Warning;
            all.push(Diagnostic::new(self.line_of(path), level, message));
        };
        let domain: &[&str] = &["censorship", "tls_domain"];
        let has_default_domain = text(domain).is_none_or(|domain| domain == TELEMT_DOMAIN);
        let is_tls = self.endpoint().modes.contains(&LinkMode::Tls);
        if self.kind == TomlKind::Telemt && !self.has_includes && is_tls && has_default_domain {
            let message = format!(
                "censorship.tls_domain is telemt's default, {TELEMT_DOMAIN}, by which it can be \
                 recognised (choose a site that this server could be)"
            );
            warn(domain, message);
        }
        let api: &[&str] = &["api-bind-to"];
        let is_local = |address: &str| {
            ["127.", "localhost:", "[::1]"].into_iter().any(|start| address.starts_with(start))
        };
        let has_token = text(&["api-token"]).is_some_and(|token| !token.is_empty());
        if self.kind == TomlKind::MtgMulti
            && text(api).is_some_and(|address| !address.is_empty() && !is_local(address))
            && !has_token
        {
            let message = "api-bind-to is open to other machines and api-token is not set";
            warn(api, message.to_owned());
        }
        all
    }
}
