//! Rows of mtp-users.

use serde::{Deserialize, Serialize};

use super::Text;

/// A `user` row: a user, and what was done to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "user", default)]
pub struct UserRow<'l> {
    #[serde(borrow)]
    pub user: Text<'l>,
    /// `added`, `removed`, `renamed`, …
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub did: Option<Text<'l>>,
    /// The name before.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub was: Option<Text<'l>>,
    /// The line in the file.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<u64>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Text<'l>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_conns: Option<i128>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub expires: Option<Text<'l>>,
    /// Bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub quota: Option<i128>,
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub disabled: bool,
    /// `classic`, `secure`, `tls`.
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    pub modes: Vec<Text<'l>>,
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkRow<'l>>,
}

/// The links of one mode.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LinkRow<'l> {
    #[serde(borrow)]
    pub mode: Text<'l>,
    #[serde(borrow)]
    pub tg: Text<'l>,
    #[serde(borrow)]
    pub https: Text<'l>,
}

/// A `check` row: a finding in a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "check", default)]
pub struct CheckRow<'l> {
    #[serde(borrow)]
    pub file: Text<'l>,
    pub line: u64,
    #[serde(borrow)]
    pub level: Text<'l>,
    #[serde(borrow)]
    pub what: Text<'l>,
}

/// An `access-log` row: its state in a configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "access-log", default)]
pub struct AccessLogRow<'l> {
    #[serde(borrow)]
    pub file: Text<'l>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub did: Option<Text<'l>>,
    /// `on`, `off`, `other`.
    #[serde(borrow)]
    pub state: Text<'l>,
}

/// A `reloaded` row: a proxy was signalled.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "reloaded", default)]
pub struct ReloadRow<'l> {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pid: Option<i32>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub container: Option<Text<'l>>,
    /// Absent where the proxy's log cannot be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed: Option<bool>,
}
