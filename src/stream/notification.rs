//! Rows of mtp-notify: the messages that it sends to a webhook or a command.

use serde::{Deserialize, Serialize};

use super::value;
use crate::timestamp::Timestamp;

/// What a message is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum About {
    #[default]
    Alert,
    Note,
    Digest,
    Test,
}

impl value::Named for About {
    fn named(name: &str) -> Option<Self> {
        let all = [
            ("alert", Self::Alert),
            ("note", Self::Note),
            ("digest", Self::Digest),
            ("test", Self::Test),
        ];
        all.into_iter().find(|(known, _)| *known == name).map(|(_, about)| about)
    }
}

/// A `notification` row: one message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename = "notification", default)]
pub struct Notification {
    /// When it was made.
    #[serde(deserialize_with = "value::moment", skip_serializing_if = "Option::is_none")]
    pub ts: Option<Timestamp>,
    /// The same in every attempt to send it.
    pub id: String,
    #[serde(deserialize_with = "value::named_or_default")]
    pub about: About,
    /// The name of the server, as `--title` has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// The message in the language of `--lang`, in lines; control characters are escaped.
    pub text: String,
    /// Shell commands that would act.
    pub commands: Vec<String>,
    /// The row that the message is about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub row: Option<serde_json::Value>,
}
