//! The words of the stream: what can happen at a proxy, and its form as one JSON line.

pub mod event;
mod meta;
pub mod row;
mod sample;
mod scan;
mod score;
mod user;
mod value;

pub use meta::{LineCounts, Meta, ParseMeta, ParseTool, ScoreMeta, ScoreTool};
pub use row::Row;
pub use sample::{Connection, ConnectionKind, FromIp, Measured, Sample, SuspiciousIp};
pub use score::{Alert, Evidence, Points, Risk, Summary, Verdict};
pub use user::{AccessLogRow, CheckRow, LinkRow, ReloadRow, UserRow};
pub use value::{ByName, Origin, Thousandths};

use std::borrow::Cow;
use std::net::IpAddr;

use crate::timestamp::Timestamp;

/// Text from a log: borrowed from the line wherever the line is valid UTF-8.
pub type Text<'l> = Cow<'l, str>;

/// The kinds of thing that happen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Kind {
    /// A client came in: `mtp-access … ev=connect …`
    Connect,
    /// It left: `mtp-access … ev=disconnect …`
    Disconnect,
    /// It was turned away: `MTProto replay attack detected peer=…`
    Reject,
    /// The counters of a user: `alice: 3 connects (3 current), 0.01 MB, 22 msgs`
    Usage,
    /// An address without a user: a line under `New IPs:`
    Seen,
    /// The proxy began; older connections are gone: `mtp-access … ev=start …`
    Start,
    /// The proxy read its configuration again: `Config reloaded`
    Reload,
    /// Something worth keeping that is none of these.
    Note,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 8] = [
        Self::Connect,
        Self::Disconnect,
        Self::Reject,
        Self::Usage,
        Self::Seen,
        Self::Start,
        Self::Reload,
        Self::Note,
    ];

    /// The row's `type`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Connect => "connect",
            Self::Disconnect => "disconnect",
            Self::Reject => "reject",
            Self::Usage => "usage",
            Self::Seen => "seen",
            Self::Start => "start",
            Self::Reload => "reload",
            Self::Note => "note",
        }
    }

    /// The kind of that name.
    pub fn read(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// Where a row's time is from, if it is not the line's own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimeFrom {
    /// The framing: what Docker, journald or syslog put before the line.
    Frame,
    /// The clock of this machine when the line arrived.
    Arrival,
}

impl TimeFrom {
    /// The row's `ts_from`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Frame => "frame",
            Self::Arrival => "arrival",
        }
    }
}

/// Something that happened. Absent means unknown.
#[derive(Clone, Debug, PartialEq)]
pub struct Event<'l> {
    /// What.
    pub kind: Kind,
    /// When.
    pub ts: Option<Timestamp>,
    /// The user whose secret it was.
    pub user: Option<Text<'l>>,
    /// The client's address; canonical: an IPv4 address dressed as IPv6 is undressed.
    pub ip: Option<IpAddr>,
    /// The client's port.
    pub port: Option<u16>,
    /// `classic`, `secure` or `tls`.
    pub mode: Option<Text<'l>>,
    /// What joins a connection's lines.
    pub id: Option<Text<'l>>,
    /// How long a connection lasted, in milliseconds; a row says seconds.
    pub lasted_ms: Option<u64>,
    /// Bytes from the client.
    pub bytes_up: Option<u64>,
    /// Bytes to the client.
    pub bytes_down: Option<u64>,
    /// Why it ended or was turned away: `closed`, `bad-handshake`, `replay`, …
    pub reason: Option<Text<'l>>,
    /// How often, where a line sums up.
    pub count: Option<u64>,
    /// A user's counters.
    pub usage: Option<Usage>,
    /// What a note says.
    pub text: Option<Text<'l>>,
    /// The dialect of the line.
    pub proxy: &'static str,
    /// The container, service or host the line is from.
    pub source: Option<Text<'l>>,
    /// Where the time is from.
    pub ts_from: Option<TimeFrom>,
}

/// Counters of one user in a statistics block, since the proxy began.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Usage {
    /// Connections so far.
    pub connects: Option<u64>,
    /// Connections open now; the proxy lets it drift, below zero too.
    pub current: i64,
    /// Megabytes (10^6 bytes), both ways.
    pub megabytes: Option<f64>,
    /// Messages, both ways.
    pub messages: Option<u64>,
}

impl<'l> Event<'l> {
    /// An event of which only this is known.
    pub const fn new(kind: Kind, proxy: &'static str) -> Self {
        Self {
            kind,
            ts: None,
            user: None,
            ip: None,
            port: None,
            mode: None,
            id: None,
            lasted_ms: None,
            bytes_up: None,
            bytes_down: None,
            reason: None,
            count: None,
            usage: None,
            text: None,
            proxy,
            source: None,
            ts_from: None,
        }
    }

    /// With a reason.
    #[must_use]
    pub fn with_reason(mut self, reason: &'l str) -> Self {
        self.reason = Some(Cow::Borrowed(reason));
        self
    }
}
