//! Users of a proxy's config file in any format: their secrets and limits, and edits of them.

pub mod file;
mod python;
mod rename;
mod toml_write;

use time::Date;

use crate::diagnostic::Diagnostic;
use crate::links::Endpoint;
use crate::pyconfig::{self, AccessLogState, ConfigEdit, EditedConfig, PyConfig, access_log_state};
use crate::tomlconfig::{self, ApiSettings, EditedToml, TomlConfig, TomlEdit, TomlKind};

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

/// The proxy that a config file belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConfigKind {
    Mtprotoproxy,
    Toml(TomlKind),
}

impl ConfigKind {
    pub const ALL: [Self; 4] = [
        Self::Mtprotoproxy,
        Self::Toml(TomlKind::Telemt),
        Self::Toml(TomlKind::MtgMulti),
        Self::Toml(TomlKind::Teleproxy),
    ];

    pub fn name(self) -> &'static str {
        match self {
            Self::Mtprotoproxy => "mtprotoproxy",
            Self::Toml(kind) => kind.name(),
        }
    }
}

/// A parsed config file of a proxy.
#[derive(Debug)]
pub enum UserConfig<'t> {
    Python(Box<PyConfig<'t>>),
    Toml(Box<TomlConfig<'t>>),
}

impl<'t> UserConfig<'t> {
    /// Parses a file of this name as of this kind, or as of the one that its content shows.
    pub fn read_named(
        bytes: &'t [u8],
        kind: Option<ConfigKind>,
        name: &str,
    ) -> Result<Self, Diagnostic> {
        let config = Self::read(bytes, kind)?;
        let is_toml = name.to_ascii_lowercase().ends_with(".toml");
        if kind.is_none() && is_toml && matches!(config, Self::Python(_)) {
            let message = "no TOML of a known proxy (use --kind)";
            return Err(Diagnostic::fatal(1, message));
        }
        Ok(config)
    }

    /// Parses a file of this kind, or of the one that its content shows.
    pub fn read(bytes: &'t [u8], kind: Option<ConfigKind>) -> Result<Self, Diagnostic> {
        match kind {
            Some(ConfigKind::Mtprotoproxy) => {
                let config = pyconfig::read(bytes)?;
                python::refuse_bare_list(&config)?;
                Ok(Self::Python(Box::new(config)))
            }
            Some(ConfigKind::Toml(kind)) => {
                let config = TomlConfig::read(bytes, kind)?;
                config.refuse_other_kind()?;
                Ok(Self::Toml(Box::new(config)))
            }
            None => {
                let text = std::str::from_utf8(bytes).unwrap_or_default();
                if tomlconfig::has_table_header(text) {
                    // A list in config.py may look like a header, but then TOML cannot be parsed.
                    return match (TomlConfig::recognise(bytes), pyconfig::read(bytes)) {
                        (Ok(config), _) => Ok(Self::Toml(Box::new(config))),
                        (Err(_), Ok(config)) if python::is_plausible(&config).is_ok() => {
                            Ok(Self::Python(Box::new(config)))
                        }
                        (Err(error), _) => Err(error),
                    };
                }
                let python = pyconfig::read(bytes).and_then(|config| {
                    python::is_plausible(&config)?;
                    Ok(Self::Python(Box::new(config)))
                });
                // TOML needs no header: `secrets.alice = "ee…"`.
                python.or_else(|error| match TomlConfig::recognise(bytes) {
                    Ok(config) => Ok(Self::Toml(Box::new(config))),
                    Err(_) => Err(error),
                })
            }
        }
    }

    pub fn kind(&self) -> ConfigKind {
        match self {
            Self::Python(_) => ConfigKind::Mtprotoproxy,
            Self::Toml(config) => ConfigKind::Toml(config.kind),
        }
    }

    pub fn text(&self) -> &'t str {
        match self {
            Self::Python(config) => config.text,
            Self::Toml(config) => config.text,
        }
    }

    /// Returns the names of all users, in the order of the file; an error where they are computed.
    pub fn names(&self) -> Result<Vec<&str>, Diagnostic> {
        match self {
            Self::Python(config) => {
                let users = config.users()?;
                Ok(users.into_iter().flat_map(|users| users.iter_all().map(|one| one.0)).collect())
            }
            Self::Toml(config) => Ok(config.users.iter().map(|user| user.name.as_str()).collect()),
        }
    }

    /// Tests for a user, enabled or not; an error where the users are computed.
    pub fn contains(&self, name: &str) -> Result<bool, Diagnostic> {
        match self {
            Self::Python(config) => Ok(config.users()?.is_some_and(|users| users.contains(name))),
            Self::Toml(config) => Ok(config.user(name).is_some()),
        }
    }

    pub fn user(&self, name: &str) -> Option<ConfigUser> {
        match self {
            Self::Python(config) => python::user(config, name),
            Self::Toml(config) => {
                let user = config.user(name)?;
                Some(ConfigUser {
                    name: user.name.clone(),
                    line: config.lines.line(user.at),
                    secret: user.secret.clone(),
                    max_conns: user.max_conns,
                    expires: user.expires.clone(),
                    quota: user.quota,
                    is_disabled: user.is_disabled,
                })
            }
        }
    }

    /// Returns what links need besides the secret, as far as the file sets it.
    pub fn endpoint(&self) -> Endpoint {
        match self {
            Self::Python(config) => config.endpoint(),
            Self::Toml(config) => config.endpoint(),
        }
    }

    /// Returns the port that the proxy listens on, with its line; `None` where it is not known.
    pub fn port(&self) -> Option<(u16, usize)> {
        match self {
            Self::Python(config) => {
                let line = config.setting("PORT").map_or(1, |setting| setting.line);
                config.port().filter(|port| *port > 0).map(|port| (port, line))
            }
            Self::Toml(config) => config.port(),
        }
    }

    /// Returns limits that the file has for a name, whether or not there is such a user.
    pub fn leftover_limits(&self, name: &str) -> Vec<Diagnostic> {
        match self {
            Self::Python(config) => python::leftover_limits(config, name),
            Self::Toml(_) => Vec::new(),
        }
    }

    /// Returns the management API that the file sets up.
    pub fn api(&self) -> Option<ApiSettings> {
        match self {
            Self::Python(_) => None,
            Self::Toml(config) => config.api(),
        }
    }

    /// Returns the state of the access log's block; an error for a proxy that needs none.
    pub fn access_log(&self) -> Result<AccessLogState, Diagnostic> {
        match self {
            Self::Python(config) => Ok(access_log_state(config.text)),
            Self::Toml(config) => {
                let name = ConfigKind::Toml(config.kind).name();
                let message =
                    format!("{name} logs connections itself; access-log is for config.py");
                Err(Diagnostic::fatal(1, message))
            }
        }
    }

    /// Checks the file; sorted by line.
    pub fn diagnostics(&self, today: Date) -> Vec<Diagnostic> {
        match self {
            Self::Python(config) => pyconfig::check::diagnostics(config, today),
            Self::Toml(config) => config.diagnostics(today),
        }
    }
}

/// Changes of a config file that are not applied yet.
#[derive(Debug)]
pub enum UserConfigEdit<'c> {
    Python(ConfigEdit<'c>),
    Toml(TomlEdit<'c>),
}

impl<'c> UserConfigEdit<'c> {
    /// Begins an edit. `domain` is for new secrets of mtg.
    pub fn new(config: &'c UserConfig<'c>, domain: Option<&str>) -> Self {
        match config {
            UserConfig::Python(config) => Self::Python(ConfigEdit::new(config)),
            UserConfig::Toml(config) => {
                let mut edit = TomlEdit::new(config);
                edit.domain = domain.map(str::to_owned);
                Self::Toml(edit)
            }
        }
    }

    /// Adds a user, or sets the secret of one.
    pub fn set_secret(&mut self, name: &str, secret: &str) -> Result<(), Diagnostic> {
        match self {
            Self::Python(edit) => python::set_secret(edit, name, secret),
            Self::Toml(edit) => edit.set_secret(name, secret),
        }
    }

    /// Removes a user with its limits. Returns notes about what stays.
    pub fn remove(&mut self, name: &str) -> Result<Vec<Diagnostic>, Diagnostic> {
        match self {
            Self::Python(edit) => python::remove(edit, name),
            Self::Toml(edit) => edit.remove(name).map(|()| Vec::new()),
        }
    }

    /// Renames a user with its limits.
    pub fn rename(&mut self, old: &str, new: &str) -> Result<(), Diagnostic> {
        match self {
            Self::Python(edit) => python::rename(edit, old, new),
            Self::Toml(edit) => edit.rename(old, new),
        }
    }

    pub fn disable(&mut self, name: &str) -> Result<(), Diagnostic> {
        match self {
            Self::Python(edit) => edit.disable(name),
            Self::Toml(edit) => edit.disable(name),
        }
    }

    pub fn enable(&mut self, name: &str) -> Result<(), Diagnostic> {
        match self {
            Self::Python(edit) => edit.enable(name),
            Self::Toml(edit) => edit.enable(name),
        }
    }

    pub fn set_limit(&mut self, name: &str, value: LimitValue) -> Result<(), Diagnostic> {
        match (self, value) {
            (Self::Python(edit), value) => python::set_limit(edit, name, value),
            (Self::Toml(edit), LimitValue::MaxConns(count)) => {
                edit.set_max_conns(name, Some(count))
            }
            (Self::Toml(edit), LimitValue::Expires(day)) => edit.set_expires(name, Some(day)),
            (Self::Toml(edit), LimitValue::Quota(bytes)) => edit.set_quota(name, Some(bytes)),
        }
    }

    pub fn remove_limit(&mut self, name: &str, limit: UserLimit) -> Result<(), Diagnostic> {
        match (self, limit) {
            (Self::Python(edit), limit) => edit.remove(python::table_of(limit), name),
            (Self::Toml(edit), UserLimit::MaxConns) => edit.set_max_conns(name, None),
            (Self::Toml(edit), UserLimit::Expires) => edit.set_expires(name, None),
            (Self::Toml(edit), UserLimit::Quota) => edit.set_quota(name, None),
        }
    }

    /// Adds or removes the access log's block.
    pub fn set_access_log(&mut self, on: bool) {
        match self {
            Self::Python(edit) if on => edit.enable_access_log(),
            Self::Python(edit) => edit.disable_access_log(),
            Self::Toml(_) => {}
        }
    }

    /// Applies the edit.
    pub fn apply(self) -> EditedUserConfig<'c> {
        match self {
            Self::Python(edit) => EditedUserConfig::Python(edit.apply()),
            Self::Toml(edit) => EditedUserConfig::Toml(edit.apply()),
        }
    }
}

/// The text of an edited file, not verified yet.
#[derive(Debug)]
pub enum EditedUserConfig<'c> {
    Python(EditedConfig<'c>),
    Toml(EditedToml),
}

impl EditedUserConfig<'_> {
    pub fn text(&self) -> &str {
        match self {
            Self::Python(edited) => &edited.text,
            Self::Toml(edited) => &edited.text,
        }
    }

    /// Reads the text and compares its values with those expected.
    pub fn verify(&self) -> Result<UserConfig<'_>, Diagnostic> {
        match self {
            Self::Python(edited) => Ok(UserConfig::Python(Box::new(edited.verify()?))),
            Self::Toml(edited) => Ok(UserConfig::Toml(Box::new(edited.verify()?))),
        }
    }
}
