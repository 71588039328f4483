//! Edits of TOML config files: collected as replacements of text, then verified by parsing the
//! result again.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml_edit::{Item, TableLike};

use super::insert::EntryLayout;
use super::layout::{entry_range, key_literal, line_end, plain_string, quote};
use super::user::{DISABLED, DISABLED_ENTRY, mtg_domain};
use super::{FlatTable, TomlConfig, TomlKind, TomlUser, TomlValues, spans};
use crate::diagnostic::Diagnostic;
use crate::links;
use crate::pyconfig::newline;

/// Changes of a TOML config file that are not applied yet.
#[derive(Debug)]
pub struct TomlEdit<'c> {
    pub(super) config: &'c TomlConfig<'c>,
    pub(super) edits: Vec<(Range<usize>, String)>,
    /// Entries that were removed, by table.
    pub(super) removed: BTreeMap<Vec<String>, BTreeSet<String>>,
    /// Entries of tables that are created.
    pub(super) created: BTreeMap<Vec<String>, Vec<String>>,
    /// Where new entries of a table go, found once a table.
    layouts: BTreeMap<Vec<String>, EntryLayout>,
    /// `[[secret]]` tables that are added.
    pub(super) blocks: Vec<String>,
    pub(super) removed_blocks: BTreeSet<usize>,
    pub(super) expected: TomlValues,
    /// Domain of new mtg secrets.
    pub domain: Option<String>,
}

/// The text of an edited file, not verified yet.
#[derive(Debug)]
pub struct EditedToml {
    pub text: String,
    pub(super) kind: TomlKind,
    pub(super) expected: TomlValues,
}

impl EditedToml {
    /// Parses the text and compares its values with those expected.
    pub fn verify(&self) -> Result<TomlConfig<'_>, Diagnostic> {
        let config = TomlConfig::read(self.text.as_bytes(), self.kind).map_err(|error| {
            let message = format!("the edit would break the file: {}", error.message);
            Diagnostic::fatal(error.line, message)
        })?;
        if config.values() != self.expected {
            let message = "the edit would have another effect than asked for; edit it by hand";
            return Err(Diagnostic::fatal(1, message));
        }
        Ok(config)
    }
}

/// Most secrets that teleproxy takes.
const TELEPROXY_SECRETS_MAX: usize = 16;
/// Longest label that teleproxy takes.
const LABEL_BYTES_MAX: usize = 32;
/// telemt's tables with an entry per user, the secrets first.
pub(super) const TELEMT_TABLES: [&str; 9] = [
    "users",
    "user_enabled",
    "user_ad_tags",
    "user_max_tcp_conns",
    "user_expirations",
    "user_data_quota",
    "user_rate_limits",
    "user_source_deny",
    "user_max_unique_ips",
];

impl<'c> TomlEdit<'c> {
    pub fn new(config: &'c TomlConfig<'c>) -> Self {
        Self {
            config,
            edits: Vec::new(),
            removed: BTreeMap::new(),
            created: BTreeMap::new(),
            layouts: BTreeMap::new(),
            blocks: Vec::new(),
            removed_blocks: BTreeSet::new(),
            expected: config.values(),
            domain: None,
        }
    }

    pub(super) fn refuse<T>(&self, message: impl Into<String>) -> Result<T, Diagnostic> {
        let line = self.config.users.first().map_or(1, |user| self.config.lines.line(user.at));
        Err(Diagnostic::fatal(line, message))
    }

    /// Refuses a label of several secrets: the others would stay as they are.
    pub(super) fn require_single(&self, name: &str) -> Result<(), Diagnostic> {
        match self.config.users.iter().filter(|user| user.name == name).count() {
            0 | 1 => Ok(()),
            n => self.refuse(format!("{n} secrets have the label '{name}' (give each its own)")),
        }
    }

    /// Adds a user, or sets the secret of one.
    pub fn set_secret(&mut self, name: &str, secret: &str) -> Result<(), Diagnostic> {
        let user = self.config.user(name);
        let is_plain = links::is_secret(secret);
        if !is_plain && self.config.kind != TomlKind::MtgMulti {
            return self.refuse("invalid secret (expected 32 hex digits)");
        }
        if user.is_some_and(|user| user.replaced.is_some()) {
            return self.refuse(format!("user '{name}' is disabled (use enable first)"));
        }
        match self.config.kind {
            TomlKind::Telemt => {
                if self.config.table(&["access", "users"]).is_none() && self.config.has_includes {
                    return self.refuse(
                        "the file has no [access.users] and includes other files (edit those)",
                    );
                }
                self.set(&["access", "users"], name, &quote(secret), format!("s{secret}"), "")
            }
            TomlKind::MtgMulti => {
                if self.config.table(&["secrets"]).is_none() {
                    return self.refuse(
                        "the file has a single 'secret'; move it to a table [secrets] first",
                    );
                }
                let secret =
                    if is_plain { self.mtg_secret(user, secret)? } else { secret.to_owned() };
                let literal = quote(&secret);
                self.set(&["secrets"], name, &literal, format!("s{secret}"), "")
            }
            TomlKind::Teleproxy => self.set_teleproxy_secret(user, name, secret),
        }
    }

    /// Makes an `ee` secret: with the user's domain, the one asked for, or that of another user.
    fn mtg_secret(&self, user: Option<&TomlUser>, secret: &str) -> Result<String, Diagnostic> {
        let mut own = user.into_iter().chain(&self.config.users);
        let domain = own.find_map(|user| mtg_domain(user.secret.as_deref()?));
        let asked = self.domain.as_ref().map(hex::encode);
        match asked.or(domain) {
            Some(domain) => Ok(format!("ee{secret}{domain}")),
            None => self.refuse("no secret of the file names a domain (use --tls-domain)"),
        }
    }

    fn set_teleproxy_secret(
        &mut self,
        user: Option<&TomlUser>,
        name: &str,
        secret: &str,
    ) -> Result<(), Diagnostic> {
        if let Some(user) = user {
            self.require_single(name)?;
            self.set_in_block(user.block, "key", &quote(secret), format!("s{secret}"), "");
            return Ok(());
        }
        self.check_label(name)?;
        if self.config.document.get("secret").is_some_and(Item::is_value) {
            return self.refuse("'secret' is an inline array; edit it by hand");
        }
        if self.expected.blocks.len() >= TELEPROXY_SECRETS_MAX {
            return self.refuse(format!("teleproxy takes at most {TELEPROXY_SECRETS_MAX} secrets"));
        }
        let nl = newline(self.config.text);
        let block = format!("[[secret]]{nl}key = {}{nl}label = {}{nl}", quote(secret), quote(name));
        self.blocks.push(block);
        let key = |name: &str| vec![name.to_owned()];
        self.expected.blocks.push(BTreeMap::from([
            (key("key"), format!("s{secret}")),
            (key("label"), format!("s{name}")),
        ]));
        Ok(())
    }

    fn check_label(&self, name: &str) -> Result<(), Diagnostic> {
        let is_label = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_' || byte == b'-';
        if name.len() > LABEL_BYTES_MAX || !name.bytes().all(is_label) {
            return self.refuse(format!(
                "invalid label '{name}' (teleproxy takes 1 to 32 letters, digits, '_' and '-')"
            ));
        }
        Ok(())
    }

    /// Removes a user with all entries of the name.
    pub fn remove(&mut self, name: &str) -> Result<(), Diagnostic> {
        match self.config.kind {
            TomlKind::Telemt => {
                TELEMT_TABLES.iter().try_for_each(|table| self.unset(&["access", table], name))
            }
            TomlKind::MtgMulti => {
                let gone = self.removed.get(&vec!["secrets".to_owned()]).map_or(0, BTreeSet::len);
                if gone + 1 >= self.config.users.len() {
                    return self.refuse("mtg-multi does not start without a secret");
                }
                for table in ["secrets", "secret-ad-tags", "secret-limits"] {
                    self.unset(&[table], name)?;
                }
                Ok(())
            }
            TomlKind::Teleproxy => {
                self.require_single(name)?;
                let Some(user) = self.config.user(name) else { return Ok(()) };
                self.removed_blocks.insert(user.block);
                Ok(())
            }
        }
    }

    /// Renames a user in all tables.
    pub fn rename(&mut self, old: &str, new: &str) -> Result<(), Diagnostic> {
        if self.config.user(new).is_some() {
            return self.refuse(format!("user '{new}' already exists"));
        }
        match self.config.kind {
            TomlKind::Telemt => {
                for table in TELEMT_TABLES {
                    self.rename_key(&["access", table], old, new)?;
                }
                Ok(())
            }
            TomlKind::MtgMulti => {
                for table in ["secrets", "secret-ad-tags", "secret-limits"] {
                    self.rename_key(&[table], old, new)?;
                }
                Ok(())
            }
            TomlKind::Teleproxy => {
                self.check_label(new)?;
                self.require_single(old)?;
                let Some(user) = self.config.user(old) else { return Ok(()) };
                self.set_in_block(user.block, "label", &quote(new), format!("s{new}"), "");
                Ok(())
            }
        }
    }

    pub fn disable(&mut self, name: &str) -> Result<(), Diagnostic> {
        let Some(user) = self.config.user(name) else { return Ok(()) };
        match self.config.kind {
            TomlKind::Telemt => {
                let comment = format!("  {DISABLED_ENTRY}");
                self.set(&["access", "user_enabled"], name, "false", "bfalse".to_owned(), &comment)
            }
            TomlKind::MtgMulti => {
                let random = links::new_secret()
                    .map_err(|error| Diagnostic::fatal(1, format!("no random secret: {error}")))?;
                let unusable = self.mtg_secret(Some(user), &random)?;
                let Some(table) = self.config.table(&["secrets"]) else { return Ok(()) };
                let Some((_, value)) = spans(table, name) else { return Ok(()) };
                if self.config.document.get("secrets").is_some_and(Item::is_inline_table) {
                    return self.refuse(
                        "'secrets' is an inline table, which has no room for the comment that \
                         keeps the secret; write it as a table [secrets] first",
                    );
                }
                let expected = format!("s{unusable}");
                self.replace_value(&value, &quote(&unusable));
                let path = vec!["secrets".to_owned(), name.to_owned()];
                self.expected.settings.insert(path, expected);
                Ok(())
            }
            TomlKind::Teleproxy => {
                self.require_single(name)?;
                let table = self.config.secret_tables().nth(user.block);
                let expires = table.and_then(|table| spans(table, "expires"));
                if let Some((_, value)) = expires {
                    self.replace_value(&value, "1");
                    self.expect_in_block(user.block, "expires", "i1".to_owned());
                } else {
                    let comment = format!("  {DISABLED}absent");
                    self.set_in_block(user.block, "expires", "1", "i1".to_owned(), &comment);
                }
                Ok(())
            }
        }
    }

    /// Replaces a value and keeps the old one in a comment.
    fn replace_value(&mut self, value: &Range<usize>, new: &str) {
        let old = self.config.text.get(value.clone()).unwrap_or_default();
        self.edits.push((value.clone(), format!("{new} {DISABLED}{old}")));
    }

    pub fn enable(&mut self, name: &str) -> Result<(), Diagnostic> {
        let Some(user) = self.config.user(name) else { return Ok(()) };
        self.require_single(name)?;
        if let Some((span, old)) = user.replaced.clone() {
            return self.restore(user, &span, &old);
        }
        match self.config.kind {
            TomlKind::Telemt => {
                let Some(table) = self.config.table(&["access", "user_enabled"]) else {
                    return Ok(());
                };
                let Some((_, value)) = spans(table, name) else { return Ok(()) };
                let rest = self.config.text.get(value.end..line_end(self.config.text, value.end));
                if rest.is_some_and(|rest| rest.contains(DISABLED_ENTRY)) {
                    return self.unset(&["access", "user_enabled"], name);
                }
                self.set(&["access", "user_enabled"], name, "true", "btrue".to_owned(), "")
            }
            TomlKind::MtgMulti => {
                self.set(&["secret-limits", name], "disabled", "false", "bfalse".to_owned(), "")
            }
            TomlKind::Teleproxy => Ok(()),
        }
    }

    /// Restores a value from the comment beside it.
    fn restore(
        &mut self,
        user: &TomlUser,
        span: &Range<usize>,
        old: &str,
    ) -> Result<(), Diagnostic> {
        let text = self.config.text;
        if old.is_empty() {
            self.edits.push((entry_range(text, span), String::new()));
            if let Some(block) = self.expected.blocks.get_mut(user.block) {
                block.remove(&vec!["expires".to_owned()]);
            }
            return Ok(());
        }
        let rest = text.get(span.end..line_end(text, span.end)).unwrap_or_default();
        let at = rest.find(DISABLED).and_then(|at| {
            let from = at + DISABLED.len();
            Some(from + rest.get(from..)?.find(old)? + old.len())
        });
        let Some(length) = at else { return self.refuse("the comment beside it was changed") };
        self.edits.push((span.start..span.end + length, old.to_owned()));
        let value: toml_edit::Value =
            old.parse().map_err(|_| Diagnostic::fatal(1, "the comment beside it was changed"))?;
        let expected = super::canonical(&value);
        if self.config.kind == TomlKind::Teleproxy {
            self.expect_in_block(user.block, "expires", expected);
        } else {
            let path = vec!["secrets".to_owned(), user.name.clone()];
            self.expected.settings.insert(path, expected);
        }
        Ok(())
    }

    fn expect_in_block(&mut self, block: usize, key: &str, expected: String) {
        if let Some(values) = self.expected.blocks.get_mut(block) {
            values.insert(vec![key.to_owned()], expected);
        }
    }

    /// Sets a value in a `[[secret]]` table; a new one goes after the last.
    pub(super) fn set_in_block(
        &mut self,
        block: usize,
        key: &str,
        literal: &str,
        expected: String,
        comment: &str,
    ) {
        let Some(table) = self.config.secret_tables().nth(block) else { return };
        if let Some((_, value)) = spans(table, key) {
            let literal = self.in_quotes_of(&value, literal);
            self.edits.push((value, literal));
        } else {
            let layout = self.entry_layout(table, table.span());
            self.insert_entry(&layout, (key, literal, comment));
        }
        self.expect_in_block(block, key, expected);
    }

    /// Sets an entry of a table. A new one goes after the last, in its layout.
    pub(super) fn set(
        &mut self,
        path: &[&str],
        name: &str,
        literal: &str,
        expected: String,
        comment: &str,
    ) -> Result<(), Diagnostic> {
        let mut full: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
        let key = full.clone();
        full.push(name.to_owned());
        let replaced = self.expected.settings.insert(full, expected);
        let Some(table) = self.config.table(path) else {
            self.created
                .entry(key)
                .or_default()
                .push(format!("{} = {literal}{comment}", key_literal(name)));
            return Ok(());
        };
        match spans(table, name) {
            Some(_) if table.get(name).is_some_and(Item::is_table_like) => {
                return self.refuse(format!("'{name}' is a table, not a value; edit it by hand"));
            }
            Some((_, value)) => {
                let literal = self.in_quotes_of(&value, literal);
                self.edits.push((value, literal));
            }
            None if replaced.is_some() => {
                return self.refuse("two changes of one entry; make them one after the other");
            }
            None => self.insert_into(path, table, name, literal, comment),
        }
        Ok(())
    }

    fn insert_into(
        &mut self,
        path: &[&str],
        table: &dyn TableLike,
        name: &str,
        literal: &str,
        comment: &str,
    ) {
        let item =
            path.split_last().and_then(|(last, before)| self.config.table(before)?.get(last));
        if let Some(inline) = item.and_then(Item::as_inline_table) {
            let entry = format!("{} = {literal}", key_literal(name));
            let last = table.iter().filter_map(|(_, item)| item.span()).map(|span| span.end).max();
            match (last, inline.span()) {
                (Some(end), _) => self.edits.push((end..end, format!(", {entry}"))),
                (None, Some(span)) => {
                    self.edits.push((span.start + 1..span.start + 1, format!(" {entry} ")));
                }
                (None, None) => {}
            }
            return;
        }
        let header = item.and_then(Item::as_table).and_then(toml_edit::Table::span);
        let key: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
        let layout = match self.layouts.get(&key) {
            Some(layout) => layout.clone(),
            None => self.entry_layout(table, header),
        };
        self.insert_entry(&layout, (name, literal, comment));
        self.layouts.insert(key, layout);
    }

    /// Formats a string in the quotes of an existing value.
    pub(super) fn in_quotes_of(&self, value: &Range<usize>, literal: &str) -> String {
        let quotes = self.config.text.get(value.clone()).and_then(|value| value.chars().next());
        match (quotes, plain_string(literal)) {
            (Some('\''), Some(inner)) => format!("'{inner}'"),
            _ => literal.to_owned(),
        }
    }

    /// Removes an entry of a table, or the table of that name in it.
    pub(super) fn unset(&mut self, path: &[&str], name: &str) -> Result<(), Diagnostic> {
        let Some(table) = self.config.table(path) else { return Ok(()) };
        let Some(item) = table.get(name) else { return Ok(()) };
        let mut full: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
        let key = full.clone();
        full.push(name.to_owned());
        let below = self.expected.settings.range(full.clone()..);
        let gone = below.map(|(path, _)| path).take_while(|path| path.starts_with(&full));
        let gone: Vec<_> = gone.cloned().collect();
        for path in gone {
            self.expected.settings.remove(&path);
        }
        if let Some(sub) = item.as_table() {
            let Some(range) = self.block_range(sub) else {
                return self.refuse(format!("'{name}' has dotted keys; edit it by hand"));
            };
            self.edits.push((range, String::new()));
            return Ok(());
        }
        self.removed.entry(key).or_default().insert(name.to_owned());
        Ok(())
    }

    fn rename_key(&mut self, path: &[&str], old: &str, new: &str) -> Result<(), Diagnostic> {
        let Some(table) = self.config.table(path) else { return Ok(()) };
        let Some((key, _)) = table.get_key_value(old) else { return Ok(()) };
        if table.contains_key(new) {
            return self.refuse(format!("[{}] already has '{new}'", path.join(".")));
        }
        let Some(span) = key.span() else { return Ok(()) };
        self.edits.push((span, key_literal(new)));
        let depth = path.len();
        let mut full: Vec<String> = path.iter().map(|key| (*key).to_owned()).collect();
        full.push(old.to_owned());
        let moved: FlatTable = self.expected.settings.clone();
        for (path, value) in
            moved.range(full.clone()..).take_while(|(path, _)| path.starts_with(&full))
        {
            self.expected.settings.remove(path);
            let mut path = path.clone();
            if let Some(key) = path.get_mut(depth) {
                new.clone_into(key);
            }
            self.expected.settings.insert(path, value.clone());
        }
        Ok(())
    }
}
