//! Messages through Telegram's Bot API.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::channel::{Attempt, AttemptFailure, Secret};
use super::http;
use super::journal::QueuedMessage;

/// The longest text, in UTF-16 units, below Telegram's limit of 4096.
const TEXT_MAX: usize = 4000;

/// A chat of a bot.
#[derive(Clone, Debug)]
pub struct Telegram {
    /// `https://api.telegram.org`, or a local server.
    pub api_url: String,
    pub token: Secret,
    /// A number, or the `@name` of a channel.
    pub chat: String,
}

/// A request to send a message.
#[derive(Debug, Serialize)]
struct SendMessage<'m> {
    chat_id: &'m str,
    text: &'m str,
    entities: &'m [TextEntity],
    link_preview_options: LinkPreview,
}

#[derive(Debug, Serialize)]
struct LinkPreview {
    is_disabled: bool,
}

/// A part of the text in monospace, which Telegram makes no link, mention or command of.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct TextEntity {
    #[serde(rename = "type")]
    kind: &'static str,
    /// In UTF-16 units.
    offset: usize,
    length: usize,
}

/// The answer of the Bot API.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct BotAnswer {
    ok: bool,
    description: String,
    parameters: AnswerParameters,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct AnswerParameters {
    retry_after: Option<u64>,
    migrate_to_chat_id: Option<i64>,
}

impl Telegram {
    pub(super) fn deliver(&self, message: &QueuedMessage, timeout: Duration) -> Attempt {
        let url = format!("{}/bot{}/sendMessage", self.api_url.trim_end_matches('/'), self.token.0);
        let (text, entities) = layout(message);
        let request = SendMessage {
            chat_id: &self.chat,
            text: &text,
            entities: &entities,
            link_preview_options: LinkPreview { is_disabled: true },
        };
        let body = serde_json::to_vec(&request).unwrap_or_default();
        let answer = match http::post(&url, &[], &body, timeout) {
            Ok(answer) => answer,
            Err(error) => {
                return Attempt::Failed(AttemptFailure {
                    reason: self.token.redact(&error.reason),
                    retry_after: None,
                    may_have_arrived: error.may_have_arrived,
                });
            }
        };
        let is_success = (200..300).contains(&answer.status);
        let read: Option<BotAnswer> = serde_json::from_str(&answer.body).ok();
        if is_success && read.as_ref().is_some_and(|read| read.ok) {
            return Attempt::Sent;
        }
        let is_unreadable = read.is_none();
        let read = read.unwrap_or_default();
        let mut reason = format!("status {}", answer.status);
        if !read.description.is_empty() {
            reason = format!("{reason} ({})", self.token.redact(&read.description));
        }
        if let Some(chat) = read.parameters.migrate_to_chat_id {
            reason = format!("{reason}; the group is chat {chat} now (--chat {chat})");
        }
        // What Telegram cannot read it never will; a wrong token or chat can be put right.
        if answer.status == 400 && read.parameters.migrate_to_chat_id.is_none() {
            return Attempt::Rejected(reason);
        }
        Attempt::Failed(AttemptFailure {
            reason,
            retry_after: read
                .parameters
                .retry_after
                .map(Duration::from_secs)
                .or(answer.retry_after),
            may_have_arrived: is_success && is_unreadable,
        })
    }
}

fn units(text: &str) -> usize {
    text.encode_utf16().count()
}

/// The text of a message, and what in it is from logs or is a command.
fn layout(message: &QueuedMessage) -> (String, Vec<TextEntity>) {
    let of = &message.notification;
    let commands: usize = of.commands.iter().map(|command| units(command) + 1).sum();
    let commands = commands + units(&message.heading) + 1;
    let title = of.title.as_ref().map(|title| format!("{title}\n")).unwrap_or_default();
    let mut entities = Vec::new();
    if !title.is_empty() {
        let length = units(title.trim_end());
        entities.push(TextEntity { kind: "bold", offset: 0, length });
    }
    let room = TEXT_MAX.saturating_sub(commands + units(&title));
    let body = cut(&of.text, room);
    let mut text = title + body;
    let mut from = text.len() - body.len();
    for literal in message.literals.iter().filter(|literal| !literal.is_empty()) {
        let Some(at) = text.get(from..).and_then(|rest| rest.find(literal.as_str())) else { break };
        let offset = units(text.get(..from + at).unwrap_or_default());
        entities.push(TextEntity { kind: "code", offset, length: units(literal) });
        from += at + literal.len();
    }
    if !of.commands.is_empty() {
        text.push('\n');
        text.push_str(&message.heading);
    }
    for command in &of.commands {
        text.push('\n');
        entities.push(TextEntity { kind: "code", offset: units(&text), length: units(command) });
        text.push_str(command);
    }
    (text, entities)
}

/// The text up to this many UTF-16 units.
fn cut(text: &str, room: usize) -> &str {
    let mut count = 0;
    for (at, letter) in text.char_indices() {
        count += letter.len_utf16();
        if count > room {
            return text.get(..at).unwrap_or_default();
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Notification;

    #[test]
    fn names_and_commands_are_entities() {
        let mut message = QueuedMessage {
            notification: Notification {
                title: Some("😀 vps".into()),
                text: "@bob: several\nWhy: @bob".into(),
                commands: vec!["mtp-users disable bob --reload".into()],
                ..Notification::default()
            },
            literals: vec!["@bob".to_owned()],
            heading: "To act:".to_owned(),
            ..QueuedMessage::default()
        };
        let (text, entities) = layout(&message);
        assert_eq!(
            text,
            "😀 vps\n@bob: several\nWhy: @bob\nTo act:\nmtp-users disable bob --reload"
        );
        let places: Vec<_> =
            entities.iter().map(|part| (part.kind, part.offset, part.length)).collect();
        assert_eq!(places, [("bold", 0, 6), ("code", 7, 4), ("code", 39, 30)]);
        message.notification.text = "😀".repeat(5000);
        let (text, _) = layout(&message);
        assert!(units(&text) <= TEXT_MAX && text.ends_with("--reload"));
    }
}
