//! Users of a proxy's config file in any format: their secrets and limits, and edits of them.

pub mod file;
mod python;

use time::Date;

use crate::diagnostic::Diagnostic;
use crate::links::Endpoint;
use crate::pyconfig::{self, AccessLogState, ConfigEdit, EditedConfig, PyConfig, access_log_state};

/// A user of a config file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigUser {
    pub name: String,
    /// Line of the user's entry, from 1.
    pub line: usize,
    /// `None` where it is not a literal string.
    pub secret: Option<String>,
    /// Largest number of connections at the same time.
    pub max_conns: Option<i128>,
    /// `2026-12-31`, or the text of the file if it is not a date.
    pub expires: Option<String>,
    /// Bytes in both directions.
    pub quota: Option<i128>,
    pub is_disabled: bool,
}

/// A limit of a user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserLimit {
    MaxConns,
    Expires,
    Quota,
}

/// Value of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LimitValue {
    MaxConns(u32),
    /// First day on which the user is refused.
    Expires(Date),
    /// Bytes in both directions.
    Quota(u64),
}

impl LimitValue {
    pub fn limit(self) -> UserLimit {
        match self {
            Self::MaxConns(_) => UserLimit::MaxConns,
            Self::Expires(_) => UserLimit::Expires,
            Self::Quota(_) => UserLimit::Quota,
        }
    }
}

/// A parsed config file of a proxy.
#[derive(Debug)]
pub enum UserConfig<'t> {
    Python(PyConfig<'t>),
}

impl<'t> UserConfig<'t> {
    /// Parses a file.
    pub fn read(bytes: &'t [u8]) -> Result<Self, Diagnostic> {
        pyconfig::read(bytes).map(Self::Python)
    }

    pub fn text(&self) -> &'t str {
        match self {
            Self::Python(config) => config.text,
        }
    }

    /// Returns the names of all users, in the order of the file; an error where they are computed.
    pub fn names(&self) -> Result<Vec<&str>, Diagnostic> {
        match self {
            Self::Python(config) => {
                let users = config.users()?;
                Ok(users.into_iter().flat_map(|users| users.iter_all().map(|one| one.0)).collect())
            }
        }
    }

    /// Tests for a user, enabled or not; an error where the users are computed.
    pub fn contains(&self, name: &str) -> Result<bool, Diagnostic> {
        match self {
            Self::Python(config) => Ok(config.users()?.is_some_and(|users| users.contains(name))),
        }
    }

    pub fn user(&self, name: &str) -> Option<ConfigUser> {
        match self {
            Self::Python(config) => python::user(config, name),
        }
    }

    /// Returns what links need besides the secret, as far as the file sets it.
    pub fn endpoint(&self) -> Endpoint {
        match self {
            Self::Python(config) => config.endpoint(),
        }
    }

    /// Returns the port that the proxy listens on, with its line; `None` where it is not known.
    pub fn port(&self) -> Option<(u16, usize)> {
        match self {
            Self::Python(config) => {
                let line = config.setting("PORT").map_or(1, |setting| setting.line);
                config.port().filter(|port| *port > 0).map(|port| (port, line))
            }
        }
    }

    /// Returns limits that the file has for a name, whether or not there is such a user.
    pub fn leftover_limits(&self, name: &str) -> Vec<Diagnostic> {
        match self {
            Self::Python(config) => python::leftover_limits(config, name),
        }
    }

    /// Returns the state of the access log's block; an error for a proxy that needs none.
    pub fn access_log(&self) -> Result<AccessLogState, Diagnostic> {
        match self {
            Self::Python(config) => Ok(access_log_state(config.text)),
        }
    }

    /// Checks the file; sorted by line.
    pub fn diagnostics(&self, today: Date) -> Vec<Diagnostic> {
        match self {
            Self::Python(config) => pyconfig::check::diagnostics(config, today),
        }
    }
}

/// Changes of a config file that are not applied yet.
#[derive(Debug)]
pub enum UserConfigEdit<'c> {
    Python(ConfigEdit<'c>),
}

impl<'c> UserConfigEdit<'c> {
    pub fn new(config: &'c UserConfig<'c>) -> Self {
        match config {
            UserConfig::Python(config) => Self::Python(ConfigEdit::new(config)),
        }
    }

    /// Adds a user, or sets the secret of one.
    pub fn set_secret(&mut self, name: &str, secret: &str) -> Result<(), Diagnostic> {
        match self {
            Self::Python(edit) => python::set_secret(edit, name, secret),
        }
    }

    /// Removes a user with its limits. Returns notes about what stays.
    pub fn remove(&mut self, name: &str) -> Result<Vec<Diagnostic>, Diagnostic> {
        match self {
            Self::Python(edit) => python::remove(edit, name),
        }
    }

    /// Renames a user with its limits.
    pub fn rename(&mut self, old: &str, new: &str) -> Result<(), Diagnostic> {
        match self {
            Self::Python(edit) => python::rename(edit, old, new),
        }
    }

    pub fn disable(&mut self, name: &str) -> Result<(), Diagnostic> {
        match self {
            Self::Python(edit) => edit.disable(name),
        }
    }

    pub fn enable(&mut self, name: &str) -> Result<(), Diagnostic> {
        match self {
            Self::Python(edit) => edit.enable(name),
        }
    }

    pub fn set_limit(&mut self, name: &str, value: LimitValue) -> Result<(), Diagnostic> {
        match self {
            Self::Python(edit) => python::set_limit(edit, name, value),
        }
    }

    pub fn remove_limit(&mut self, name: &str, limit: UserLimit) -> Result<(), Diagnostic> {
        match self {
            Self::Python(edit) => edit.remove(python::table_of(limit), name),
        }
    }

    /// Adds or removes the access log's block.
    pub fn set_access_log(&mut self, on: bool) {
        match self {
            Self::Python(edit) if on => edit.enable_access_log(),
            Self::Python(edit) => edit.disable_access_log(),
        }
    }

    /// Applies the edit.
    pub fn apply(self) -> EditedUserConfig<'c> {
        match self {
            Self::Python(edit) => EditedUserConfig::Python(edit.apply()),
        }
    }
}

/// The text of an edited file, not verified yet.
#[derive(Debug)]
pub enum EditedUserConfig<'c> {
    Python(EditedConfig<'c>),
}

impl EditedUserConfig<'_> {
    pub fn text(&self) -> &str {
        match self {
            Self::Python(edited) => &edited.text,
        }
    }

    /// Reads the text and compares its values with those expected.
    pub fn verify(&self) -> Result<UserConfig<'_>, Diagnostic> {
        match self {
            Self::Python(edited) => edited.verify().map(UserConfig::Python),
        }
    }
}
