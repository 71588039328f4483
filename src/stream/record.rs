//! A row of any tool, as far as events go: for readers that do not use `Event::read` yet.

use std::borrow::Cow;
use std::net::IpAddr;

use serde::Deserialize;

use crate::timestamp::Timestamp;

/// A row of any tool, as far as events go; keys that are not known are passed over.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Record<'l> {
    /// `connect`, `summary`, `sample`, …
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'l, str>,
    /// As in [`Event`], as text.
    #[serde(borrow)]
    pub ts: Option<Cow<'l, str>>,
    /// As in [`Event`].
    #[serde(borrow)]
    pub user: Option<Cow<'l, str>>,
    /// As in [`Event`], as text.
    #[serde(borrow)]
    pub ip: Option<Cow<'l, str>>,
    /// As in [`Event`].
    pub port: Option<u16>,
    /// As in [`Event`].
    #[serde(borrow)]
    pub mode: Option<Cow<'l, str>>,
    /// As in [`Event`].
    #[serde(borrow)]
    pub id: Option<Cow<'l, str>>,
    /// As in [`Event`].
    pub seconds: Option<f64>,
    /// As in [`Event`].
    pub bytes_up: Option<u64>,
    /// As in [`Event`].
    pub bytes_down: Option<u64>,
    /// As in [`Event`].
    #[serde(borrow)]
    pub reason: Option<Cow<'l, str>>,
    /// As in [`Event`].
    pub count: Option<u64>,
    /// As in [`Usage`].
    pub connects: Option<u64>,
    /// As in [`Usage`].
    pub current: Option<i64>,
    /// As in [`Usage`].
    pub megabytes: Option<f64>,
    /// As in [`Usage`].
    pub messages: Option<u64>,
    /// As in [`Event`].
    #[serde(borrow)]
    pub text: Option<Cow<'l, str>>,
    /// As in [`Event`].
    #[serde(borrow)]
    pub proxy: Option<Cow<'l, str>>,
    /// As in [`Event`].
    #[serde(borrow)]
    pub source: Option<Cow<'l, str>>,
    /// As in [`Event`], as text.
    #[serde(borrow)]
    pub ts_from: Option<Cow<'l, str>>,
    /// Of a `meta` row of mtp-parse: lines that were not recognised.
    pub not_recognised: Option<u64>,
    /// Of a `meta` row of mtp-parse: lines that were understood.
    pub understood: Option<u64>,
    /// The tool a `meta` row is from.
    #[serde(borrow)]
    pub tool: Option<Cow<'l, str>>,
}

impl<'l> Record<'l> {
    /// Reads a line. `None`: not a JSON object of a known form.
    pub fn read(line: &'l [u8]) -> Option<Self> {
        serde_json::from_slice(line).ok()
    }

    /// The moment, where there is one.
    pub fn stamp(&self) -> Option<Timestamp> {
        Timestamp::read(self.ts.as_deref()?.as_bytes()).map(|(stamp, _)| stamp)
    }

    /// The address, where there is one.
    pub fn address(&self) -> Option<IpAddr> {
        crate::net::parse_ip(self.ip.as_deref()?.as_bytes())
    }
}
