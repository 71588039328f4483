//! Rows of mtp-conns: samples, and single connections.

use serde::{Deserialize, Serialize};

use super::Text;
use super::value::{self, Origin, Thousandths};
use crate::timestamp::Timestamp;

/// A `sample` row: the connections of one port at one moment.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "sample", default)]
pub struct Sample<'l> {
    #[serde(deserialize_with = "value::moment", skip_serializing_if = "Option::is_none")]
    pub ts: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub port: Option<u16>,
    /// Connections.
    pub total: u64,
    /// Addresses, or networks with `--prefix`.
    pub addresses: u64,
    /// Largest first.
    #[serde(borrow)]
    pub by_ip: Vec<FromIp<'l>>,
    #[serde(borrow)]
    pub suspicious: Vec<SuspiciousIp<'l>>,
    /// Connections that one end has closed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub closing: Option<u64>,
    /// Handshakes that are not complete.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub half_open: Option<u64>,
    /// Connections whose client address is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<u64>,
    /// Connections of addresses that several users share now: the user of each is not known.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ambiguous: Option<u64>,
    /// Addresses of users that no connection has.
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    pub unmatched: Vec<ActiveAddress<'l>>,
    /// `userland-proxy` or `nat`.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub hidden_by: Option<Text<'l>>,
    /// What is missing and what can be done.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub note: Option<Text<'l>>,
    /// `netlink` or `proc`.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub via: Option<Text<'l>>,
    /// The container or namespace; absent for the machine's own.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub source: Option<Text<'l>>,
}

/// What the kernel measured of a connection, or of all connections of an address.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Measured {
    /// The shortest round trip, in milliseconds.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub rtt_ms: Option<Thousandths>,
    /// Bytes from the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_up: Option<u64>,
    /// Bytes to the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub bytes_down: Option<u64>,
    /// Seconds since the last data from the client.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub idle_seconds: Option<Thousandths>,
}

/// The connections of one address or network.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct FromIp<'l> {
    #[serde(borrow)]
    pub ip: Origin<'l>,
    pub connections: u64,
    /// When the oldest of them was first seen.
    #[serde(deserialize_with = "value::moment", skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    #[serde(flatten)]
    pub measured: Measured,
    /// The user, if there is one.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub user: Option<Text<'l>>,
    /// The users, if there are several.
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<Text<'l>>,
}

/// An address at which users are active.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ActiveAddress<'l> {
    #[serde(borrow)]
    pub ip: Origin<'l>,
    #[serde(borrow)]
    pub users: Vec<Text<'l>>,
}

/// An address with many connections at once, or seen in many different minutes.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct SuspiciousIp<'l> {
    #[serde(borrow)]
    pub ip: Origin<'l>,
    /// `multiple_connections` or `frequent_connections`.
    #[serde(borrow)]
    pub reason: Text<'l>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub minutes: Option<u64>,
    #[serde(deserialize_with = "value::moment", skip_serializing_if = "Option::is_none")]
    pub last: Option<Timestamp>,
}

/// What a [`Connection`] row reports.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ConnectionKind {
    /// It is open.
    #[default]
    Socket,
    /// It was not open at the previous sample.
    Opened,
    /// It was closed.
    Closed,
}

/// A `socket`, `opened` or `closed` row.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Connection<'l> {
    #[serde(rename = "type")]
    pub kind: ConnectionKind,
    #[serde(deserialize_with = "value::moment", skip_serializing_if = "Option::is_none")]
    pub ts: Option<Timestamp>,
    /// The client's address.
    #[serde(borrow)]
    pub ip: Origin<'l>,
    /// The client's port.
    pub port: u16,
    /// The proxy's port.
    pub local_port: u16,
    /// `established`.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub state: Option<Text<'l>>,
    #[serde(deserialize_with = "value::moment", skip_serializing_if = "Option::is_none")]
    pub since: Option<Timestamp>,
    /// At least this old.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub age_seconds: Option<Thousandths>,
    #[serde(flatten)]
    pub measured: Measured,
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub user: Option<Text<'l>>,
    /// The users who are active at its address, if there are several.
    #[serde(borrow, skip_serializing_if = "Vec::is_empty")]
    pub users: Vec<Text<'l>>,
    /// The container or namespace; absent for the machine's own.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub source: Option<Text<'l>>,
}

impl Sample<'_> {
    /// The same with text of its own.
    pub fn into_owned(self) -> Sample<'static> {
        let text = |text: Text<'_>| Text::Owned(text.into_owned());
        let from_ip = |from: FromIp<'_>| FromIp {
            ip: from.ip.into_owned(),
            user: from.user.map(text),
            users: from.users.into_iter().map(text).collect(),
            connections: from.connections,
            since: from.since,
            measured: from.measured,
        };
        let suspicious = |of: SuspiciousIp<'_>| SuspiciousIp {
            ip: of.ip.into_owned(),
            reason: text(of.reason),
            connections: of.connections,
            minutes: of.minutes,
            last: of.last,
        };
        let unmatched = |of: ActiveAddress<'_>| ActiveAddress {
            ip: of.ip.into_owned(),
            users: of.users.into_iter().map(text).collect(),
        };
        Sample {
            by_ip: self.by_ip.into_iter().map(from_ip).collect(),
            suspicious: self.suspicious.into_iter().map(suspicious).collect(),
            unmatched: self.unmatched.into_iter().map(unmatched).collect(),
            hidden_by: self.hidden_by.map(text),
            note: self.note.map(text),
            via: self.via.map(text),
            source: self.source.map(text),
            ts: self.ts,
            port: self.port,
            total: self.total,
            addresses: self.addresses,
            closing: self.closing,
            half_open: self.half_open,
            hidden: self.hidden,
            ambiguous: self.ambiguous,
        }
    }
}
