//! Settings of each proxy's current version, taken from its source: unknown names, wrong types and
//! deprecated settings.

mod others;
mod telemt;

use std::collections::HashMap;

use toml_edit::{Item, TableLike, Value};

use super::{TomlConfig, TomlKind, spans};
use crate::diagnostic::{Diagnostic, DiagnosticLevel};

/// The tables of a proxy with their settings. In a path and as a setting, `*` stands for any name.
/// Each setting has a letter for its type: `b` boolean, `i` integer, `f` number, `s` string,
/// `a` array, `t` table, `*` one of several.
type Schema = &'static [(&'static str, &'static str)];

/// Similarity from which a setting is suggested.
const SIMILARITY_MIN: f64 = 0.8;

/// Deprecated settings, each with its replacement.
const DEPRECATED: &[(TomlKind, &str, &str)] = &[
    (TomlKind::Telemt, "beobachten", "general.beobachten"),
    (TomlKind::Telemt, "beobachten_minutes", "general.beobachten_minutes"),
    (TomlKind::Telemt, "beobachten_flush_secs", "general.beobachten_flush_secs"),
    (TomlKind::Telemt, "beobachten_file", "general.beobachten_file"),
    (TomlKind::Telemt, "general.middle_proxy_nat_stun", "network.stun_servers"),
    (TomlKind::Telemt, "general.middle_proxy_nat_stun_servers", "network.stun_servers"),
    (TomlKind::Telemt, "general.prefer_ipv6", "network.prefer = 6"),
    (TomlKind::Telemt, "general.proxy_secret_auto_reload_secs", "general.update_every"),
    (TomlKind::Telemt, "general.proxy_config_auto_reload_secs", "general.update_every"),
    (TomlKind::MtgMulti, "domain-fronting-port", "domain-fronting.port"),
    (TomlKind::MtgMulti, "domain-fronting-ip", "domain-fronting.host"),
    (TomlKind::MtgMulti, "domain-fronting-proxy-protocol", "domain-fronting.proxy-protocol"),
    (TomlKind::MtgMulti, "domain-fronting.ip", "domain-fronting.host"),
    (TomlKind::MtgMulti, "network.doh-ip", "network.dns"),
];

/// The settings of one table by name.
type KnownSettings = HashMap<&'static str, &'static str>;

struct SettingsCheck<'c> {
    config: &'c TomlConfig<'c>,
    schema: HashMap<&'static str, KnownSettings>,
    /// The proxy with the version whose settings are known.
    version: &'static str,
    /// What an unknown setting does.
    unknown: DiagnosticLevel,
    all: Vec<Diagnostic>,
}

/// Reports settings that the proxy does not have, would not read, or has replaced.
pub(super) fn check_settings(config: &TomlConfig<'_>) -> Vec<Diagnostic> {
    let (schema, version): (Schema, _) = match config.kind {
        TomlKind::Telemt => (telemt::TABLES, "telemt 3.4.25"),
        TomlKind::MtgMulti => (others::MTG_MULTI, "mtg-multi 1.15.0"),
        TomlKind::Teleproxy => (others::TELEPROXY, "teleproxy 4.10.0"),
    };
    let settings = |text: &'static str| text.split(' ').filter_map(|one| one.split_once('='));
    let schema = schema.iter().map(|(path, text)| (*path, settings(text).collect())).collect();
    let is_strict = config.value(&["general", "config_strict"]).and_then(Value::as_bool);
    let unknown = match (config.kind, is_strict) {
        (TomlKind::Telemt, Some(true)) => DiagnosticLevel::Fatal,
        _ => DiagnosticLevel::Warning,
    };
    let mut check = SettingsCheck { config, schema, version, unknown, all: Vec::new() };
    check.table("", "", config.document.as_table());
    check.all
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

impl SettingsCheck<'_> {
    /// Checks a table; `pattern` is its path in the schema.
    fn table(&mut self, pattern: &str, path: &str, table: &dyn TableLike) {
        for (name, item) in table.iter() {
            let Some(known) = self.schema.get(pattern) else { return };
            let found = known.get_key_value(name).or_else(|| known.get_key_value("*"));
            let Some((key, kind)) = found.map(|(key, kind)| (*key, *kind)) else {
                self.unknown_setting(pattern, path, name, table);
                continue;
            };
            let full = join(path, name);
            if !has_type(item, kind) {
                self.wrong_type(&full, kind, name, table);
            }
            let kind = self.config.kind;
            let replaced = DEPRECATED.iter().find(|(of, old, _)| *of == kind && *old == full);
            if let Some((_, _, new)) = replaced {
                let message = format!("{full} is deprecated (use {new})");
                self.push(name, table, DiagnosticLevel::Warning, message);
            }
            let pattern = join(pattern, key);
            if let Some(inner) = item.as_table_like() {
                self.table(&pattern, &full, inner);
            } else if let Some(tables) = item.as_array_of_tables() {
                tables.iter().for_each(|one| self.table(&pattern, &full, one));
            } else if let Some(array) = item.as_array() {
                let tables = array.iter().filter_map(Value::as_inline_table);
                tables.for_each(|one| self.table(&pattern, &full, one));
            }
        }
    }

    fn push(&mut self, name: &str, table: &dyn TableLike, level: DiagnosticLevel, message: String) {
        let at = spans(table, name).map(|(key, _)| key.start);
        let at = at.or_else(|| table.get(name)?.span().map(|span| span.start));
        let line = at.map_or(1, |at| self.config.lines.line(at));
        self.all.push(Diagnostic::new(line, level, message));
    }

    fn unknown_setting(&mut self, pattern: &str, path: &str, name: &str, table: &dyn TableLike) {
        let known = self.schema.get(pattern);
        let names = known.into_iter().flat_map(|known| known.keys().copied());
        let lower = name.to_ascii_lowercase().replace(['-', '_'], "");
        let score = |known: &str| strsim::jaro_winkler(&lower, &known.replace(['-', '_'], ""));
        let best = names.map(|known| (score(known), known)).max_by(|a, b| a.0.total_cmp(&b.0));
        let similar = best.filter(|(score, _)| *score >= SIMILARITY_MIN).map(|(_, known)| known);
        let elsewhere = || {
            let mut tables: Vec<_> =
                self.schema.iter().filter(|(_, known)| known.contains_key(name)).collect();
            tables.sort_by_key(|(table, _)| **table);
            tables.first().map(|(table, _)| join(table, name))
        };
        let own = similar.map(|known| join(path, known));
        let hint = own.or_else(elsewhere).map(|known| format!(" (did you mean {known}?)"));
        let message = format!(
            "{} is not a setting of {}{}",
            join(path, name),
            self.version,
            hint.unwrap_or_default()
        );
        self.push(name, table, self.unknown, message);
    }

    fn wrong_type(&mut self, full: &str, kind: &str, name: &str, table: &dyn TableLike) {
        let expected = match kind {
            "b" => "true or false",
            "i" => "a whole number",
            "f" => "a number",
            "s" => "a string",
            "a" => "an array",
            _ => "a table",
        };
        let (level, effect) = match self.config.kind {
            TomlKind::Teleproxy if !["secret", "dc_override"].contains(&full) => {
                (DiagnosticLevel::Error, "the proxy ignores it")
            }
            TomlKind::Telemt | TomlKind::MtgMulti | TomlKind::Teleproxy => {
                (DiagnosticLevel::Fatal, "the proxy would not load the file")
            }
        };
        self.push(name, table, level, format!("{full} is not {expected}; {effect}"));
    }
}

/// Tests if an item has the type of a letter.
fn has_type(item: &Item, kind: &str) -> bool {
    match kind {
        "b" => item.is_bool(),
        "i" => item.is_integer(),
        "f" => item.is_integer() || item.is_float(),
        "s" => item.is_str(),
        "a" => item.is_array() || item.is_array_of_tables(),
        "t" => item.is_table_like(),
        _ => true,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn messages(text: &str, kind: TomlKind) -> Vec<String> {
        let config = TomlConfig::read(text.as_bytes(), kind).unwrap();
        let all = check_settings(&config);
        let line = |one: &Diagnostic| format!("{} {:?} {}", one.line, one.level, one.message);
        all.iter().map(line).collect()
    }

    #[test]
    fn names_types_and_deprecated_settings() {
        let text = "[general]\nuse_midle_proxy = true\nfast_mode = 1\nprefer_ipv6 = true\n\
                    public_host = 'a'\n[[server.listeners]]\nip = '::'\nprot = 5\n\
                    [access.users]\nprot = 'x'\n[access.user_rate_limits.a]\nup = 5\n";
        assert_eq!(
            messages(text, TomlKind::Telemt),
            [
                "2 Warning general.use_midle_proxy is not a setting of telemt 3.4.25 \
                 (did you mean general.use_middle_proxy?)",
                "3 Fatal general.fast_mode is not true or false; the proxy would not load the file",
                "4 Warning general.prefer_ipv6 is deprecated (use network.prefer = 6)",
                "5 Warning general.public_host is not a setting of telemt 3.4.25 \
                 (did you mean general.links.public_host?)",
                "8 Warning server.listeners.prot is not a setting of telemt 3.4.25 \
                 (did you mean server.listeners.port?)",
                "12 Warning access.user_rate_limits.a.up is not a setting of telemt 3.4.25 \
                 (did you mean access.user_rate_limits.a.up_bps?)",
            ]
        );
        let strict = "[general]\nconfig_strict = true\nx = 1\n";
        assert!(messages(strict, TomlKind::Telemt)[0].starts_with("3 Fatal general.x is not"));
        let text = "bind_to = '0.0.0.0:443'\nconcurrency = '5'\ndomain-fronting-port = 443\n\
                    [secrets]\na = 5\n";
        assert_eq!(
            messages(text, TomlKind::MtgMulti),
            [
                "1 Warning bind_to is not a setting of mtg-multi 1.15.0 (did you mean bind-to?)",
                "2 Fatal concurrency is not a whole number; the proxy would not load the file",
                "3 Warning domain-fronting-port is deprecated (use domain-fronting.port)",
                "5 Fatal secrets.a is not a string; the proxy would not load the file",
            ]
        );
        let text = "port = '443'\nsecret = [{key = 'a', labl = 'b'}]\n";
        assert_eq!(
            messages(text, TomlKind::Teleproxy),
            [
                "1 Error port is not a whole number; the proxy ignores it",
                "2 Warning secret.labl is not a setting of teleproxy 4.10.0 \
                 (did you mean secret.label?)",
            ]
        );
    }

    #[test]
    fn each_setting_of_the_schema_is_well_formed() {
        for schema in [telemt::TABLES, others::MTG_MULTI, others::TELEPROXY] {
            for (path, text) in schema {
                for one in text.split(' ') {
                    let (name, kind) = one.split_once('=').unwrap();
                    assert!(!name.is_empty() && "bifsat*".contains(kind), "{path}: {one}");
                }
            }
        }
    }
}
