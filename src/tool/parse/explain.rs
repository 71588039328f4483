//! `--explain`: framing, format and meaning of each line, or why it has none.

use memchr::memmem;

use crate::formats::{Decoded, Outcome, redact};
use crate::frame::{Deframed, Message};
use crate::io::escape::Escaped;
use crate::json::{RowWriter, key};
use crate::net::parse_ip;
use crate::tool::event_loop::LineOrigin;

/// The explanation of a line.
#[derive(Debug, Default)]
pub(super) struct Explanation {
    frame: String,
    source: Option<String>,
    dialect: Option<&'static str>,
    meaning: String,
    /// The events as rows.
    events: Vec<String>,
    text: String,
}

impl Explanation {
    pub(super) fn message(message: &Message<'_>, decoded: Decoded, events: Vec<String>) -> Self {
        let frame = match message.inner {
            Some(inner) => format!("{} around {inner}", message.frame),
            None => message.frame.to_owned(),
        };
        let meaning = match decoded.outcome {
            Outcome::Parsed => kinds(&events),
            Outcome::Ignored if message.text.trim_ascii().is_empty() => "an empty line".to_owned(),
            Outcome::Ignored if decoded.dialect.is_none() => "not of --only-source".to_owned(),
            Outcome::Ignored => "no event".to_owned(),
            Outcome::Malformed(fault) => format!("not recognised: {fault}"),
            Outcome::Unrecognized => format!("not recognised: {}", cause(message.text)),
        };
        let source = message.source.map(|source| String::from_utf8_lossy(source).into_owned());
        let text = redact::mask_after(message.text, decoded.is_in_secret);
        let text = String::from_utf8_lossy(&text).into_owned();
        Self { frame, source, dialect: decoded.dialect, meaning, events, text }
    }

    /// A line of the framing itself.
    pub(super) fn framing(frame: &Deframed<'_>, raw: &[u8]) -> Self {
        let meaning = match frame {
            Deframed::Partial => "a piece of a longer line",
            Deframed::Notice | Deframed::Message(_) => "a line of the framing itself",
        };
        let text = redact::masked(raw).into_owned();
        Self { frame: "framing".to_owned(), meaning: meaning.to_owned(), text, ..Self::default() }
    }

    /// As text: origin, meaning, and the line.
    pub(super) fn text(&self, at: LineOrigin<'_>) -> String {
        let from = self.source.as_ref().map(|source| format!(" from {source}"));
        let dialect = self.dialect.map(|dialect| format!("; {dialect}"));
        let head = format!(
            "{}:{}: {}{}{}: {}",
            at.input,
            at.line,
            self.frame,
            from.unwrap_or_default(),
            dialect.unwrap_or_default(),
            self.meaning
        );
        let mut out = format!("{}\n    {}\n", Escaped(&head), Escaped(&self.text));
        for event in &self.events {
            out.push_str(&format!("    -> {}\n", Escaped(event)));
        }
        out
    }

    /// As a row.
    pub(super) fn write(&self, at: LineOrigin<'_>, out: &mut Vec<u8>) {
        let mut row = RowWriter::new(out, "explained");
        row.text(key!("input"), at.input);
        row.number(key!("line"), at.line);
        row.text(key!("frame"), &self.frame);
        row.opt_str(key!("source"), self.source.as_deref());
        row.opt_str(key!("dialect"), self.dialect);
        row.text(key!("meaning"), &self.meaning);
        let events = row.key(key!("events"));
        events.push(b'[');
        events.extend_from_slice(self.events.join(",").as_bytes());
        events.push(b']');
        row.text(key!("text"), &self.text);
        row.end();
    }
}

/// An event as a row.
pub(super) fn row(event: &crate::stream::Event<'_>) -> String {
    let mut out = Vec::new();
    event.write(&mut out);
    String::from_utf8_lossy(out.trim_ascii_end()).into_owned()
}

/// Why a line is in no format.
fn cause(text: &[u8]) -> &'static str {
    let has = |words: &str| memmem::find(text, words.as_bytes()).is_some();
    if has("mtp-access ") {
        "mtp-access is not its first word: it is forged, or framed in an unknown way"
    } else if has(" connects (") && has(" current), ") {
        "a line of statistics outside a block of them"
    } else if parse_ip(text.trim_ascii()).is_some() {
        "an address outside a list of them"
    } else if has(": new connection ") {
        "a connection without the header that mtproto_proxy puts above it"
    } else if has(" handshake successful peer=") {
        "a message of telemt without its time and level"
    } else {
        "no format has such a line"
    }
}

/// `connect`, or `3 events`.
fn kinds(events: &[String]) -> String {
    match events {
        [only] => {
            let kind = only.strip_prefix("{\"type\":\"").and_then(|rest| rest.split('"').next());
            kind.unwrap_or("an event").to_owned()
        }
        many => format!("{} events", many.len()),
    }
}
