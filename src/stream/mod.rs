//! Typed rows of the stream: each row's keys are defined once, beside its type.

pub mod event;
mod meta;
mod notification;
mod parse_runs;
mod period;
pub mod row;
mod sample;
mod score;
mod table;
mod user;
mod value;
mod written_row;

pub use event::{Event, Kind, Logged, Text, TimeFrom, Usage};
pub use meta::{LineCounts, Meta, ParseMeta, ParseTool, ScoreMeta, ScoreTool, SourceMeta};
pub use notification::{About, Notification};
pub use parse_runs::{ParseRuns, ParsedLines};
pub use period::PeriodRow;
pub use row::Row;
pub use sample::{
    ActiveAddress, Connection, ConnectionKind, FromIp, Measured, Sample, SuspiciousIp,
};
pub use score::{Alert, Evidence, Points, Risk, Summary, Verdict};
pub use table::{AllUsersTable, Clock};
pub use user::{AccessLogRow, CheckRow, LinkRow, ReloadRow, UserRow};
pub use value::{ByName, Origin, Thousandths};
