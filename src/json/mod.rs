//! JSON, one object a line: the reader of objects that logs and rows are, and the writer of rows.
//! Rows are written straight into the buffer, keys in the order they are given, never `null`.

mod read;

pub use read::{Fields, Value, closing_quote, plain_string, unescape_if, unescape_text};

use std::net::IpAddr;

use crate::net;
use crate::timestamp;
use crate::timestamp::Timestamp;

/// A key as it stands in a row before its value: `,"user":`. Made by [`key!`].
#[derive(Clone, Copy, Debug)]
pub struct Key(pub &'static str);

/// The [`Key`] of a name, which needs no escapes.
macro_rules! key {
    ($name:literal) => {
        $crate::json::Key(concat!(",\"", $name, "\":"))
    };
}
pub(crate) use key;

/// A row being written.
#[derive(Debug)]
pub struct RowWriter<'b> {
    out: &'b mut Vec<u8>,
}

impl<'b> RowWriter<'b> {
    /// Begins a row of this type.
    pub fn new(out: &'b mut Vec<u8>, kind: &str) -> Self {
        out.extend_from_slice(b"{\"type\":\"");
        out.extend_from_slice(kind.as_bytes());
        out.push(b'"');
        Self { out }
    }

    /// Goes on with an object inside a row, whose opening and first key are written.
    pub fn inside(out: &'b mut Vec<u8>) -> Self {
        Self { out }
    }

    /// Ends an object inside a row.
    pub fn close(self) {
        self.out.push(b'}');
    }

    /// Ends the row.
    pub fn end(self) {
        self.out.extend_from_slice(b"}\n");
    }

    /// A key whose value the caller appends.
    #[inline]
    pub fn key(&mut self, key: Key) -> &mut Vec<u8> {
        self.out.extend_from_slice(key.0.as_bytes());
        self.out
    }

    /// Text.
    #[inline]
    pub fn text(&mut self, key: Key, value: &str) {
        string(self.key(key), value);
    }

    /// A word of our own, in which nothing needs an escape.
    #[inline]
    pub fn word(&mut self, key: Key, value: &'static str) {
        let out = self.key(key);
        out.push(b'"');
        out.extend_from_slice(value.as_bytes());
        out.push(b'"');
    }

    /// Text, where it is known.
    #[inline]
    pub fn opt_str(&mut self, key: Key, value: Option<&str>) {
        if let Some(value) = value {
            self.text(key, value);
        }
    }

    /// A whole number.
    #[inline]
    pub fn number(&mut self, key: Key, value: impl Into<i128>) {
        number(self.key(key), value.into());
    }

    /// A whole number, where it is known.
    #[inline]
    pub fn opt_number(&mut self, key: Key, value: Option<impl Into<i128>>) {
        if let Some(value) = value {
            self.number(key, value);
        }
    }

    /// A number with a fraction.
    pub fn float(&mut self, key: Key, value: f64) {
        float(self.key(key), value);
    }

    /// `true` or `false`.
    pub fn bool(&mut self, key: Key, value: bool) {
        self.key(key).extend_from_slice(if value { b"true" } else { b"false" });
    }

    /// Thousandths as a number of units: `36862` as `36.862`.
    pub fn millis(&mut self, key: Key, value: u64) {
        let out = self.key(key);
        number(out, i128::from(value / 1000));
        timestamp::write_thousandths(out, u32::try_from(value % 1000).unwrap_or(0));
    }

    /// A moment.
    pub fn stamp(&mut self, key: Key, value: Timestamp) {
        let out = self.key(key);
        out.push(b'"');
        value.write(out);
        out.push(b'"');
    }

    /// Text that is known to need no escapes.
    #[inline]
    pub fn plain(&mut self, key: Key, value: &[u8]) {
        let out = self.key(key);
        out.push(b'"');
        out.extend_from_slice(value);
        out.push(b'"');
    }

    /// An address.
    pub fn ip(&mut self, key: Key, value: IpAddr) {
        ip(self.key(key), value);
    }
}

/// A JSON string.
#[inline]
pub fn string(out: &mut Vec<u8>, text: &str) {
    if read::needs_escape(text.as_bytes()) {
        // Writing into memory cannot fail.
        drop(serde_json::to_writer(out, text));
    } else {
        out.push(b'"');
        out.extend_from_slice(text.as_bytes());
        out.push(b'"');
    }
}

/// An address as a JSON string.
pub fn ip(out: &mut Vec<u8>, ip: IpAddr) {
    out.push(b'"');
    net::write(ip, out);
    out.push(b'"');
}

/// A whole number.
#[inline]
pub fn number(out: &mut Vec<u8>, value: i128) {
    if let Ok(value) = u64::try_from(value) {
        out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    } else {
        out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
    }
}

/// A number with a fraction; JSON knows no infinity.
pub fn float(out: &mut Vec<u8>, value: f64) {
    if value.is_finite() {
        drop(serde_json::to_writer(out, &value));
    } else {
        out.extend_from_slice(b"0.0");
    }
}
