//! Rows of a calendar.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Text;

/// A `period` row: a day, week or month, of all users or of one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "period", default)]
pub struct PeriodRow<'l> {
    /// `day`, `week`, `month`.
    #[serde(borrow)]
    pub by: Text<'l>,
    /// The first day, `2026-11-23`.
    #[serde(borrow)]
    pub from: Text<'l>,
    /// The last day.
    #[serde(borrow)]
    pub to: Text<'l>,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub user: Option<Text<'l>>,
    /// With a connection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub users: Option<u64>,
    /// Whose first connection it has; absent in the first period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub new_users: Option<u64>,
    /// Whose last connection it has; absent in the last period.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub gone_users: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub networks: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub addresses: Option<u64>,
    /// Whether networks and addresses are estimates.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub estimated: bool,
    pub connections: u64,
    /// Both ways.
    pub bytes: u64,
    pub rejected: u64,
    /// Refusals by reason.
    #[serde(borrow, skip_serializing_if = "BTreeMap::is_empty")]
    pub reasons: BTreeMap<Text<'l>, u64>,
}
