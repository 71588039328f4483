//! Rows of the tools as text needs them: what is missing is empty, what is new is passed over.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::Value;

use crate::stream::Verdict;
use crate::timestamp::Timestamp;

/// The seed's three parts of a score.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(default)]
pub struct Points {
    /// For several addresses.
    pub addresses: u64,
    /// For connections close together from two addresses.
    pub simultaneous: u64,
    /// For many connections.
    pub frequency: u64,
}

/// A reason of a verdict: `kind` and whatever numbers belong to it.
pub type Evidence = serde_json::Map<String, Value>;

/// A `summary` row of mtp-score.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Summary<'l> {
    /// Event time.
    #[serde(borrow)]
    pub ts: Option<Cow<'l, str>>,
    /// The user.
    #[serde(borrow)]
    pub user: Cow<'l, str>,
    /// At most 100.
    pub score: u64,
    /// `low`, `medium`, `high`.
    #[serde(borrow)]
    pub risk: Cow<'l, str>,
    /// Its parts.
    pub points: Points,
    /// In the window.
    pub connections: u64,
    /// In the window.
    pub addresses: u64,
    /// Pairs of connections.
    pub simultaneous: u64,
    /// How many people use it at once.
    pub people: Option<f64>,
    /// See [`Verdict`].
    #[serde(borrow)]
    pub verdict: Cow<'l, str>,
    /// The first connection.
    #[serde(borrow)]
    pub first_seen: Option<Cow<'l, str>>,
    /// The last.
    #[serde(borrow)]
    pub last_seen: Option<Cow<'l, str>>,
    /// Seconds between connections.
    pub mean_interval: Option<f64>,
    /// The most recent addresses.
    #[serde(borrow)]
    pub ips: Vec<Cow<'l, str>>,
    /// Why.
    pub evidence: Vec<Evidence>,
}

/// An `alert` row of mtp-score.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Alert<'l> {
    /// Event time.
    #[serde(borrow)]
    pub ts: Option<Cow<'l, str>>,
    /// The user.
    #[serde(borrow)]
    pub user: Cow<'l, str>,
    /// See [`Verdict`].
    #[serde(borrow)]
    pub verdict: Cow<'l, str>,
    /// What it was before.
    #[serde(borrow)]
    pub was: Option<Cow<'l, str>>,
    /// What the risk was before, where that is what changed.
    #[serde(borrow)]
    pub was_risk: Option<Cow<'l, str>>,
    /// How many people use it at once.
    pub people: Option<f64>,
    /// At most 100.
    pub score: Option<u64>,
    /// `low`, `medium`, `high`.
    #[serde(borrow)]
    pub risk: Option<Cow<'l, str>>,
    /// Why.
    pub evidence: Vec<Evidence>,
}

/// A `sample` row of mtp-conns.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Sample<'l> {
    /// When.
    #[serde(borrow)]
    pub ts: Option<Cow<'l, str>>,
    /// The ports of the proxy: a number, or several.
    #[serde(deserialize_with = "ports")]
    pub port: Vec<u16>,
    /// Connections.
    pub total: u64,
    /// Addresses, or networks with `--prefix`.
    pub addresses: u64,
    /// Largest first.
    #[serde(borrow)]
    pub by_ip: Vec<FromIp<'l>>,
    /// Addresses that behave unlike one client.
    #[serde(borrow)]
    pub suspicious: Vec<Suspicion<'l>>,
    /// What could not be seen, in words.
    #[serde(borrow)]
    pub note: Option<Cow<'l, str>>,
    /// The container or namespace, where it is not the machine itself.
    #[serde(borrow)]
    pub source: Option<Cow<'l, str>>,
}

/// What the kernel measured of a connection, or of all connections of an address.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Measured {
    /// Milliseconds.
    pub rtt_ms: Option<f64>,
    /// Bytes from the client.
    pub bytes_up: Option<u64>,
    /// Bytes to the client.
    pub bytes_down: Option<u64>,
    /// Seconds since the last data.
    pub idle_seconds: Option<f64>,
}

/// A `socket`, `opened` or `closed` row of mtp-conns.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Connection<'l> {
    /// `socket`, `opened` or `closed`.
    #[serde(borrow, rename = "type")]
    pub kind: Cow<'l, str>,
    /// When it was found so.
    #[serde(borrow)]
    pub ts: Option<Cow<'l, str>>,
    /// The client.
    #[serde(borrow)]
    pub ip: Cow<'l, str>,
    /// The client's port.
    pub port: u16,
    /// The proxy's port.
    pub local_port: u16,
    /// At least.
    pub age_seconds: Option<f64>,
    /// What the kernel knows of it.
    #[serde(flatten)]
    pub measured: Measured,
    /// Whose it is.
    #[serde(borrow)]
    pub user: Option<Cow<'l, str>>,
    /// The container or namespace.
    #[serde(borrow)]
    pub source: Option<Cow<'l, str>>,
}

/// The connections of one address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct FromIp<'l> {
    /// The address or network.
    #[serde(borrow)]
    pub ip: Cow<'l, str>,
    /// How many.
    pub connections: u64,
    /// What the kernel knows of them.
    #[serde(flatten)]
    pub measured: Measured,
    /// Whose they are, if one user's.
    #[serde(borrow)]
    pub user: Option<Cow<'l, str>>,
    /// Whose they are, if several users'.
    #[serde(borrow)]
    pub users: Vec<Cow<'l, str>>,
}

/// What monitor.py called suspicious.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Suspicion<'l> {
    /// `multiple_connections` or `frequent_connections`.
    #[serde(borrow)]
    pub reason: Cow<'l, str>,
    /// The address.
    #[serde(borrow)]
    pub ip: Cow<'l, str>,
    /// Connections at once.
    pub connections: Option<u64>,
    /// Different minutes.
    pub minutes: Option<u64>,
}

/// A `meta` row of any tool.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
pub struct Meta<'l> {
    /// When.
    #[serde(borrow)]
    pub ts: Option<Cow<'l, str>>,
    /// Which tool counted.
    #[serde(borrow)]
    pub tool: Option<Cow<'l, str>>,
    /// Lines.
    pub read: Option<u64>,
    /// Lines that became events.
    pub understood: Option<u64>,
    /// Lines that say nothing of connections.
    pub passed_over: Option<u64>,
    /// Lines of no dialect.
    pub not_recognised: Option<u64>,
    /// Lines over the limit.
    pub cut: Option<u64>,
    /// Rows that mtp-score could not use.
    pub not_understood: Option<u64>,
    /// Events too late to be counted in order.
    pub late: Option<u64>,
    /// Users.
    pub users: Option<u64>,
}

fn ports<'d, D: serde::Deserializer<'d>>(from: D) -> Result<Vec<u16>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Ports {
        One(u16),
        Several(Vec<u16>),
    }
    Ok(match Ports::deserialize(from)? {
        Ports::One(port) => vec![port],
        Ports::Several(ports) => ports,
    })
}

/// A row's `verdict`; what is not known to this version is unknown.
pub fn verdict(name: &str) -> Verdict {
    Verdict::read(name).unwrap_or_default()
}

/// A row's time.
pub fn stamp(text: Option<&Cow<'_, str>>) -> Option<Timestamp> {
    Timestamp::read(text?.as_bytes()).map(|(stamp, _)| stamp)
}
