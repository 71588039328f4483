//! `meta` rows: what a tool counted.

use serde::{Deserialize, Serialize};

use super::Text;
use super::value::{self, ByName, constant};
use crate::timestamp::Timestamp;

constant! {
    ParseTool = "mtp-parse";
    ScoreTool = "mtp-score";
}

/// Lines of a log by what came of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct LineCounts {
    /// Lines that became events.
    pub understood: u64,
    /// Lines of a known format that report nothing counted here.
    pub passed_over: u64,
    /// Lines of no known format.
    pub not_recognised: u64,
}

impl LineCounts {
    pub fn total(self) -> u64 {
        self.understood + self.passed_over + self.not_recognised
    }

    pub fn merge(&mut self, other: Self) {
        self.understood += other.understood;
        self.passed_over += other.passed_over;
        self.not_recognised += other.not_recognised;
    }
}

/// What was read of one source.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct SourceMeta {
    #[serde(flatten)]
    pub lines: LineCounts,
    /// The format of the source's program; absent where it is not a proxy's.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub proxy: Option<Text<'static>>,
    /// The level at which it logs, as far as it shows.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<Text<'static>>,
    pub connects: u64,
    /// Connects that name their user.
    pub with_user: u64,
    /// Connects that name their address.
    pub with_address: u64,
    pub disconnects: u64,
    /// Lines that no proxy may have written, and that became no events.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub untrusted: Option<u64>,
    /// What the proxy does not log, and the setting that adds it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<Text<'static>>,
}

/// The `meta` row of mtp-parse.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "meta", default)]
pub struct ParseMeta<'l> {
    #[serde(deserialize_with = "value::moment", skip_serializing_if = "Option::is_none")]
    pub ts: Option<Timestamp>,
    pub tool: ParseTool,
    /// The name of the input: of several runs in one stream, each has its own counts.
    #[serde(borrow, skip_serializing_if = "str::is_empty")]
    pub run: Text<'l>,
    /// Lines.
    pub read: u64,
    #[serde(flatten)]
    pub lines: LineCounts,
    /// Lines that were not recognised in sources of proxies, or without a source.
    pub proxy_not_recognised: u64,
    /// Lines longer than 1 MiB.
    pub cut: u64,
    /// Events written.
    pub rows: u64,
    /// Events outside `--since` and `--until`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub left_out: Option<u64>,
    #[serde(borrow)]
    pub by_dialect: ByName<'l, LineCounts>,
    #[serde(borrow)]
    pub by_source: ByName<'l, SourceMeta>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sources_forgotten: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub connections_forgotten: Option<u64>,
}

/// The `meta` row of mtp-score.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "meta", default)]
pub struct ScoreMeta<'l> {
    #[serde(deserialize_with = "value::moment", skip_serializing_if = "Option::is_none")]
    pub ts: Option<Timestamp>,
    pub tool: ScoreTool,
    pub users: u64,
    pub connections: u64,
    /// Connections beyond `--late`.
    pub late: u64,
    /// Connections that were read before.
    pub duplicates: u64,
    /// Lines that are not rows.
    pub not_understood: u64,
    /// Lines of the logs that mtp-parse did not recognise.
    pub not_recognised: u64,
    pub no_address: u64,
    pub no_user: u64,
    pub no_time: u64,
    /// Connections that have the address of a relay or gateway.
    pub hidden: u64,
    /// Rows that only have counters.
    pub usage: u64,
    /// Connections with a time far ahead of all others.
    pub set_aside: u64,
    /// Rows of users whose names are too long.
    pub names_too_long: u64,
    pub users_too_many: u64,
    /// Events judged before their time because the reorder buffer was full.
    pub evicted_early: u64,
    pub truncated: u64,
    pub networks_too_many: u64,
    pub relays_too_many: u64,
    /// What to do about a log that cannot show who shares an account.
    #[serde(borrow, skip_serializing_if = "Option::is_none")]
    pub advice: Option<Text<'l>>,
}

impl ScoreMeta<'_> {
    /// Adds what another partition of the stream counted.
    pub fn merge(&mut self, other: ScoreMeta<'_>) {
        let ScoreMeta {
            ts,
            tool: ScoreTool,
            users,
            connections,
            late,
            duplicates,
            not_understood,
            not_recognised,
            no_address,
            no_user,
            no_time,
            hidden,
            usage,
            set_aside,
            names_too_long,
            users_too_many,
            evicted_early,
            truncated,
            networks_too_many,
            relays_too_many,
            advice,
        } = other;
        self.ts = self.ts.max(ts);
        let counts = [
            (&mut self.users, users),
            (&mut self.connections, connections),
            (&mut self.late, late),
            (&mut self.duplicates, duplicates),
            (&mut self.not_understood, not_understood),
            (&mut self.not_recognised, not_recognised),
            (&mut self.no_address, no_address),
            (&mut self.no_user, no_user),
            (&mut self.no_time, no_time),
            (&mut self.hidden, hidden),
            (&mut self.usage, usage),
            (&mut self.set_aside, set_aside),
            (&mut self.names_too_long, names_too_long),
            (&mut self.users_too_many, users_too_many),
            (&mut self.evicted_early, evicted_early),
            (&mut self.truncated, truncated),
            (&mut self.networks_too_many, networks_too_many),
            (&mut self.relays_too_many, relays_too_many),
        ];
        for (own, other) in counts {
            *own += other;
        }
        // With a table, the advice is the same in every partition.
        if self.advice.is_none() {
            self.advice = advice.map(|advice| advice.into_owned().into());
        }
    }
}

/// The `meta` row of whichever tool.
#[derive(Clone, Debug, PartialEq)]
pub enum Meta<'l> {
    Parse(ParseMeta<'l>),
    Score(ScoreMeta<'l>),
    Other,
}

impl<'l> Meta<'l> {
    /// Reads a line that is a `meta` row.
    pub(super) fn read(line: &'l [u8]) -> serde_json::Result<Self> {
        #[derive(Default, Deserialize)]
        #[serde(default)]
        struct Of<'l> {
            #[serde(borrow)]
            tool: Text<'l>,
        }
        let of: Of<'_> = serde_json::from_slice(line)?;
        Ok(match &*of.tool {
            "mtp-parse" => Self::Parse(serde_json::from_slice(line)?),
            "mtp-score" => Self::Score(serde_json::from_slice(line)?),
            _ => Self::Other,
        })
    }
}
