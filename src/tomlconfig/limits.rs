//! Limits of users in TOML config files.

use time::Date;

use super::edit::TomlEdit;
use super::layout::{entry_range, quote};
use super::{TomlKind, spans};
use crate::diagnostic::Diagnostic;
use crate::pyconfig::newline;

impl TomlEdit<'_> {
    pub fn set_max_conns(&mut self, name: &str, limit: Option<u32>) -> Result<(), Diagnostic> {
        match self.config.kind {
            TomlKind::Telemt => self.set_or_unset(
                &["access", "user_max_tcp_conns"],
                name,
                limit.map(|n| (n.to_string(), format!("i{n}"))),
            ),
            TomlKind::MtgMulti => self.refuse("mtg-multi has no limit of connections per user"),
            TomlKind::Teleproxy => {
                let value = limit.map(|n| (n.to_string(), format!("i{n}")));
                self.require_single(name)?;
                self.set_limit_in_block(name, "limit", value);
                Ok(())
            }
        }
    }

    pub fn set_expires(&mut self, name: &str, day: Option<Date>) -> Result<(), Diagnostic> {
        let time = day.map(|day| format!("{day}T00:00:00Z"));
        match self.config.kind {
            TomlKind::Telemt => self.set_or_unset(
                &["access", "user_expirations"],
                name,
                time.map(|time| (quote(&time), format!("s{time}"))),
            ),
            TomlKind::MtgMulti => {
                self.require_mtg_limits()?;
                let value = day.map(|day| (quote(&day.to_string()), format!("s{day}")));
                self.set_or_unset(&["secret-limits", name], "expires", value)
            }
            TomlKind::Teleproxy => {
                self.require_single(name)?;
                if self.config.user(name).is_some_and(|user| user.replaced.is_some()) {
                    return self.refuse(format!("user '{name}' is disabled (use enable first)"));
                }
                self.set_limit_in_block(
                    name,
                    "expires",
                    time.map(|t| (t.clone(), format!("d{t}"))),
                );
                Ok(())
            }
        }
    }

    pub fn set_quota(&mut self, name: &str, bytes: Option<u64>) -> Result<(), Diagnostic> {
        let number = bytes.map(|bytes| (bytes.to_string(), format!("i{bytes}")));
        match self.config.kind {
            TomlKind::Telemt => self.set_or_unset(&["access", "user_data_quota"], name, number),
            TomlKind::MtgMulti => {
                self.require_mtg_limits()?;
                let value = bytes.map(|n| (quote(&format!("{n}B")), format!("s{n}B")));
                self.set_or_unset(&["secret-limits", name], "quota", value)
            }
            TomlKind::Teleproxy => {
                self.require_single(name)?;
                self.set_limit_in_block(name, "quota", number);
                Ok(())
            }
        }
    }

    /// Refuses limits for an mtg-multi that may not have them.
    fn require_mtg_limits(&self) -> Result<(), Diagnostic> {
        if self.config.table(&["secret-limits"]).is_some() {
            return Ok(());
        }
        self.refuse(
            "mtg-multi has no such limit; only its fork by MHSanaei has (add a table \
             [secret-limits] to the file if yours is that one)",
        )
    }

    fn set_or_unset(
        &mut self,
        table: &[&str],
        name: &str,
        value: Option<(String, String)>,
    ) -> Result<(), Diagnostic> {
        match value {
            Some((literal, expected)) => self.set(table, name, &literal, expected, ""),
            None => self.unset(table, name),
        }
    }

    fn set_limit_in_block(&mut self, name: &str, key: &str, value: Option<(String, String)>) {
        let Some(user) = self.config.user(name) else {
            self.set_limit_of_new_block(key, value);
            return;
        };
        if let Some((literal, expected)) = value {
            self.set_in_block(user.block, key, &literal, expected, "");
            return;
        }
        let table = self.config.secret_tables().nth(user.block);
        if let Some((key_at, value)) = table.and_then(|table| spans(table, key)) {
            let range = entry_range(self.config.text, &(key_at.start..value.end));
            self.edits.push((range, String::new()));
            if let Some(block) = self.expected.blocks.get_mut(user.block) {
                block.remove(&vec![key.to_owned()]);
            }
        }
    }

    /// Sets a limit of the user that was added last.
    fn set_limit_of_new_block(&mut self, key: &str, value: Option<(String, String)>) {
        let nl = newline(self.config.text);
        if let (Some((literal, expected)), Some(block), Some(values)) =
            (value, self.blocks.last_mut(), self.expected.blocks.last_mut())
        {
            block.push_str(&format!("{key} = {literal}{nl}"));
            values.insert(vec![key.to_owned()], expected);
        }
    }
}
