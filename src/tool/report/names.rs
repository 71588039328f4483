//! Names and addresses as they are shown, or hidden behind others that stay the same.

use std::borrow::Cow;
use std::collections::HashMap;
use std::net::IpAddr;

use serde_json::Value;
use sha2::{Digest, Sha256};

use super::book::Source;
use super::row::Row;
use crate::view::rows::{Connection, Evidence, FromIp, Suspicion};
use crate::view::{Alert, Sample, Summary};

/// Names that are told apart; beyond, an address is only called one.
const NAMES_MAX: usize = 1_000_000;
/// Keys of evidence whose text is ours, not a client's.
const OURS: [&str; 7] = ["kind", "from", "to", "ts", "option", "verdict", "intervals"];
/// Names of sources that are ours too.
const A_CARRIER: &str = "a carrier";

/// How names are shown.
#[derive(Debug)]
pub(super) enum Names {
    /// As they are.
    Plain,
    /// By the order in which they came: `user-3`, `addr-17`.
    Numbered(HashMap<Box<str>, usize>),
    /// By a secret key: the same in every run.
    Keyed(Vec<u8>),
}

impl Names {
    /// Notes the names of a row, so that numbers follow the stream and not a page's order.
    pub(super) fn learn(&mut self, row: &Row<'_>) {
        let Self::Numbered(_) = self else { return };
        match row {
            Row::Event(_, record) => {
                self.learn_text("user", record.user.as_deref());
                self.learn_text("addr", record.ip.as_deref());
            }
            Row::Summary(row) => {
                self.learn_text("user", Some(&row.user));
                row.ips.iter().for_each(|ip| self.learn_text("addr", Some(ip)));
            }
            Row::Alert(row) => self.learn_text("user", Some(&row.user)),
            Row::Sample(row) => {
                row.by_ip.iter().for_each(|from| self.learn_text("addr", Some(&from.ip)));
            }
            Row::Connection(row) => self.learn_text("addr", Some(&row.ip)),
            Row::Meta(_) | Row::Other | Row::Foreign => {}
        }
    }

    fn learn_text(&mut self, kind: &str, name: Option<&str>) {
        if let Some(name) = name {
            self.number(kind, name);
        }
    }

    /// A user.
    pub(super) fn user<'n>(&mut self, name: &'n str) -> Cow<'n, str> {
        self.hide("user", name)
    }

    /// An address or network, or any other text that stands where one does.
    pub(super) fn address<'n>(&mut self, name: &'n str) -> Cow<'n, str> {
        self.hide(if name.contains('/') { "net" } else { "addr" }, name)
    }

    /// A source.
    pub(super) fn source(&mut self, source: Source) -> String {
        let text = source.to_string();
        match source {
            Source::Net(..) => self.address(&text).into_owned(),
            Source::Others => text,
        }
    }

    /// A summary with its names as they are shown.
    pub(super) fn summary<'l>(&mut self, mut row: Summary<'l>) -> Summary<'l> {
        if !matches!(self, Self::Plain) {
            row.user = self.user(&row.user).into_owned().into();
            for ip in &mut row.ips {
                *ip = self.address(ip).into_owned().into();
            }
            self.evidence(&mut row.evidence);
        }
        row
    }

    /// An alert with its names as they are shown.
    pub(super) fn alert<'l>(&mut self, mut row: Alert<'l>) -> Alert<'l> {
        if !matches!(self, Self::Plain) {
            row.user = self.user(&row.user).into_owned().into();
            self.evidence(&mut row.evidence);
        }
        row
    }

    /// A sample with its addresses as they are shown.
    pub(super) fn sample<'l>(&mut self, mut row: Sample<'l>) -> Sample<'l> {
        if !matches!(self, Self::Plain) {
            for FromIp { ip, user, users, .. } in &mut row.by_ip {
                *ip = self.address(ip).into_owned().into();
                for user in user.iter_mut().chain(users) {
                    *user = self.user(user).into_owned().into();
                }
            }
            for Suspicion { ip, .. } in &mut row.suspicious {
                *ip = self.address(ip).into_owned().into();
            }
            (row.note, row.source) = (None, None);
        }
        row
    }

    /// A connection with its names as they are shown.
    pub(super) fn connection<'l>(&mut self, mut row: Connection<'l>) -> Connection<'l> {
        if !matches!(self, Self::Plain) {
            row.ip = self.address(&row.ip).into_owned().into();
            row.user = row.user.map(|user| self.user(&user).into_owned().into());
            row.source = None;
        }
        row
    }

    /// Texts in evidence are hidden unless they are known to be ours.
    fn evidence(&mut self, evidence: &mut [Evidence]) {
        for fact in evidence {
            for (key, value) in fact.iter_mut() {
                if !OURS.contains(&key.as_str()) {
                    self.value(value);
                }
            }
        }
    }

    fn value(&mut self, value: &mut Value) {
        match value {
            Value::String(text) if text == A_CARRIER => {}
            Value::String(text) => *text = self.address(text).into_owned(),
            Value::Array(all) => all.iter_mut().for_each(|value| self.value(value)),
            Value::Object(all) => all.values_mut().for_each(|value| self.value(value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn hide<'n>(&mut self, kind: &str, name: &'n str) -> Cow<'n, str> {
        match self {
            Self::Plain => Cow::Borrowed(name),
            Self::Numbered(_) => match self.number(kind, name) {
                Some(number) => format!("{kind}-{number}").into(),
                None => format!("{kind}-?").into(),
            },
            Self::Keyed(key) => {
                let digest =
                    Sha256::new().chain_update(&*key).chain_update(kind).chain_update(name);
                let digest = hex::encode(digest.finalize());
                format!("{kind}-{}", digest.get(..8).unwrap_or_default()).into()
            }
        }
    }

    /// Addresses in every spelling have one number; so has each kind of name its own numbers.
    fn number(&mut self, kind: &str, name: &str) -> Option<usize> {
        let Self::Numbered(known) = self else { return None };
        let canonical = name.parse::<IpAddr>().map(|ip| ip.to_canonical().to_string());
        let key = format!("{kind} {}", canonical.as_deref().unwrap_or(name));
        if let Some(number) = known.get(key.as_str()) {
            return Some(*number);
        }
        if known.len() >= NAMES_MAX {
            return None;
        }
        let counter = format!("{kind}\n");
        let number = known.entry(counter.into()).and_modify(|count| *count += 1).or_insert(1);
        let number = *number;
        known.insert(key.into(), number);
        Some(number)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_hidden_the_same_way_everywhere() {
        let mut names = Names::Numbered(HashMap::new());
        assert_eq!(names.user("alice"), "user-1");
        assert_eq!(names.user("bob"), "user-2");
        assert_eq!(names.user("alice"), "user-1");
        assert_eq!(names.address("203.0.113.7"), "addr-1");
        let row = r#"{"user":"bob","ips":["203.0.113.7"],
            "evidence":[{"kind":"overlap","sources":["203.0.113.0/24","bob"],"seconds":3}]}"#;
        let row = names.summary(serde_json::from_str(row).unwrap());
        assert_eq!((&*row.user, &*row.ips[0]), ("user-2", "addr-1"));
        let evidence = serde_json::to_string(&row.evidence).unwrap();
        assert!(!evidence.contains("203") && !evidence.contains("bob"), "{evidence}");
        let mut keyed = Names::Keyed(b"key".to_vec());
        let hidden = keyed.user("alice").into_owned();
        assert_eq!(hidden, Names::Keyed(b"key".to_vec()).user("alice"));
        assert_ne!(hidden, Names::Keyed(b"other".to_vec()).user("alice"));
    }
}
