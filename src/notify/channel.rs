//! What a message goes through, and how an attempt can end.

use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::journal::QueuedMessage;
use super::{CommandChannel, Telegram, Webhook};

/// The kinds of channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChannelKind {
    Telegram,
    Webhook,
    Exec,
}

impl ChannelKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Telegram => "telegram",
            Self::Webhook => "webhook",
            Self::Exec => "exec",
        }
    }
}

/// A configured channel.
#[derive(Clone, Debug)]
pub enum Channel {
    Telegram(Telegram),
    Webhook(Webhook),
    Exec(CommandChannel),
}

/// The end of an attempt.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Attempt {
    Sent,
    /// It will not be accepted.
    Rejected(String),
    Failed(AttemptFailure),
}

/// An attempt that is repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct AttemptFailure {
    pub(super) reason: String,
    /// How long the receiver asks to wait.
    pub(super) retry_after: Option<Duration>,
    /// Whether the message may have arrived although no answer did.
    pub(super) may_have_arrived: bool,
}

impl Channel {
    pub fn kind(&self) -> ChannelKind {
        match self {
            Self::Telegram(_) => ChannelKind::Telegram,
            Self::Webhook(_) => ChannelKind::Webhook,
            Self::Exec(_) => ChannelKind::Exec,
        }
    }

    pub(super) fn deliver(&self, message: &QueuedMessage, timeout: Duration) -> Attempt {
        match self {
            Self::Telegram(telegram) => telegram.deliver(message, timeout),
            Self::Webhook(webhook) => webhook.deliver(message, timeout),
            Self::Exec(command) => command.deliver(message, timeout),
        }
    }
}

/// A token, key or address that is never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(pub String);

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

impl Secret {
    /// Removes the secret from a text.
    pub(super) fn redact(&self, text: &str) -> String {
        if self.0.is_empty() { text.to_owned() } else { text.replace(&self.0, "***") }
    }
}
