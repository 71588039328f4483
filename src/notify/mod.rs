//! Alerts as messages: which are sent, their text, a queue on disk, and the channels that they go
//! through.
//!
//! A message is in the queue, on disk, before the row that it is about is passed on. Each channel
//! has a thread that sends its messages in order. An attempt is noted before it begins, so that after
//! a restart it is known whether a message may have arrived.

mod channel;
mod command;
mod digest;
mod http;
mod journal;
mod messages;
mod outbox;
mod rules;
mod telegram;
mod text;
mod webhook;

pub use channel::{Channel, ChannelKind, Secret};
pub use command::CommandChannel;
pub use digest::{DigestTime, next_digest};
pub use http::{HAS_HTTP, check_url};
pub use outbox::{Outbox, OutboxCounts, RetryOptions};
pub use rules::{AlertKind, AlertRules};
pub use telegram::Telegram;
pub use text::{Composer, Draft};
pub use webhook::Webhook;
