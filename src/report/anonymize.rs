//! Names and addresses as they are shown, or replaced by others that stay the same.

use std::borrow::Cow;
use std::collections::HashMap;

use sha2::{Digest, Sha256};

use crate::stream::{Alert, Connection, Evidence, Origin, Row, Sample, Summary};
use crate::view::evidence::CARRIER;

/// The most names with a number of their own; later ones are only "an address".
const NAMES_MAX: usize = 1_000_000;

/// How names are shown.
#[derive(Debug)]
pub enum Anonymizer {
    /// Shows them as they are.
    Off,
    /// By the order in which they came: `user-3`, `addr-17`.
    Numbered(HashMap<Box<str>, usize>),
    /// By a secret key: the same in every run.
    Keyed(Vec<u8>),
}

impl Anonymizer {
    /// Notes the names of a row, so that numbers follow the stream and not a page's order.
    pub fn learn(&mut self, row: &Row<'_>) {
        let Self::Numbered(_) = self else { return };
        match row {
            Row::Event(event) => {
                if let Some(user) = &event.user {
                    self.number("user", user);
                }
                if let Some(ip) = event.ip {
                    self.learn_origin(&Origin::Ip(ip));
                }
            }
            Row::Summary(row) => {
                self.number("user", &row.user);
                row.ips.iter().for_each(|ip| self.learn_origin(ip));
            }
            Row::Alert(row) => drop(self.number("user", &row.user)),
            Row::Sample(row) => row.by_ip.iter().for_each(|from| self.learn_origin(&from.ip)),
            Row::Connection(row) => self.learn_origin(&row.ip),
            Row::Meta(_) | Row::Table(_) | Row::Clock(_) | Row::Other | Row::Foreign => {}
        }
    }

    fn learn_origin(&mut self, origin: &Origin<'_>) {
        self.number(kind(origin), &origin.to_string());
    }

    /// A user's name as it is shown.
    pub fn user<'n>(&mut self, name: &'n str) -> Cow<'n, str> {
        self.hide("user", name)
    }

    /// An address or network as it is shown.
    pub fn origin<'l>(&mut self, origin: Origin<'l>) -> Origin<'l> {
        let is_shown = matches!(self, Self::Off) || origin == Origin::Name(CARRIER.into());
        if is_shown {
            return origin;
        }
        let hidden = self.hide(kind(&origin), &origin.to_string()).into_owned();
        Origin::Name(Cow::Owned(hidden))
    }

    /// A summary with its names as they are shown.
    pub fn summary<'l>(&mut self, mut row: Summary<'l>) -> Summary<'l> {
        if !matches!(self, Self::Off) {
            row.user = self.user(&row.user).into_owned().into();
            row.ips.iter_mut().for_each(|ip| self.replace(ip));
            self.evidence(row.evidence.as_deref_mut().unwrap_or_default());
        }
        row
    }

    /// An alert with its names as they are shown.
    pub fn alert<'l>(&mut self, mut row: Alert<'l>) -> Alert<'l> {
        if !matches!(self, Self::Off) {
            row.user = self.user(&row.user).into_owned().into();
            self.evidence(row.evidence.as_deref_mut().unwrap_or_default());
        }
        row
    }

    /// A sample with its names as they are shown.
    pub fn sample<'l>(&mut self, mut row: Sample<'l>) -> Sample<'l> {
        if !matches!(self, Self::Off) {
            for from in &mut row.by_ip {
                self.replace(&mut from.ip);
                for user in from.user.iter_mut().chain(&mut from.users) {
                    *user = self.user(user).into_owned().into();
                }
            }
            row.suspicious.retain(|suspicious| REASONS.contains(&&*suspicious.reason));
            row.suspicious.iter_mut().for_each(|suspicious| self.replace(&mut suspicious.ip));
            (row.note, row.source) = (None, None);
        }
        row
    }

    /// A connection with its names as they are shown.
    pub fn connection<'l>(&mut self, mut row: Connection<'l>) -> Connection<'l> {
        if !matches!(self, Self::Off) {
            self.replace(&mut row.ip);
            row.user = row.user.map(|user| self.user(&user).into_owned().into());
            row.source = None;
        }
        row
    }

    fn replace(&mut self, origin: &mut Origin<'_>) {
        *origin = self.origin(std::mem::take(origin));
    }

    fn evidence(&mut self, evidence: &mut [Evidence<'_>]) {
        for fact in evidence {
            fact.networks_mut().iter_mut().for_each(|network| self.replace(network));
            if let Evidence::Counterfactual { option, .. } = fact
                && !option.strip_prefix("--devices ").is_some_and(is_number)
            {
                *fact = Evidence::Other;
            }
        }
    }

    fn hide<'n>(&mut self, kind: &str, name: &'n str) -> Cow<'n, str> {
        match self {
            Self::Off => Cow::Borrowed(name),
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

    /// The number of a name; each kind of name has its own.
    fn number(&mut self, kind: &str, name: &str) -> Option<usize> {
        let Self::Numbered(known) = self else { return None };
        let key = format!("{kind} {name}");
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

/// Why an address is listed as suspicious: other texts may be names.
const REASONS: [&str; 2] = ["multiple_connections", "frequent_connections"];

fn kind(origin: &Origin<'_>) -> &'static str {
    match origin {
        Origin::Ip(_) => "addr",
        Origin::Net(..) | Origin::Name(_) => "net",
    }
}

fn is_number(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_replaced_the_same_way_everywhere() {
        let mut names = Anonymizer::Numbered(HashMap::new());
        assert_eq!(names.user("alice"), "user-1");
        assert_eq!(names.user("bob"), "user-2");
        assert_eq!(names.user("alice"), "user-1");
        let address = |text: &'static str| Origin::read(text.into());
        assert_eq!(names.origin(address("203.0.113.7")).to_string(), "addr-1");
        let row = r#"{"type":"summary","user":"bob","ips":["203.0.113.7"],"bob":"bob","evidence":[
            {"kind":"overlap","networks":["203.0.113.0/24","bob"],"seconds":3,"who":"bob"},
            {"kind":"bob","bob":"bob"},{"kind":"counterfactual","option":"bob"}]}"#;
        let Row::Summary(row) = Row::read(row.as_bytes()) else { panic!("{row}") };
        let row = names.summary(*row);
        assert_eq!((&*row.user, row.ips[0].to_string().as_str()), ("user-2", "addr-1"));
        let shown = format!("{row:?}");
        assert!(!shown.contains("203") && !shown.contains("bob"), "{shown}");
        let mut keyed = Anonymizer::Keyed(b"key".to_vec());
        let hidden = keyed.user("alice").into_owned();
        assert_eq!(hidden, Anonymizer::Keyed(b"key".to_vec()).user("alice"));
        assert_ne!(hidden, Anonymizer::Keyed(b"other".to_vec()).user("alice"));
    }
}
