//! The text of messages.

use std::fmt::Display;

use super::messages::Messages;
use super::rules::{AccountRecord, AlertKind, AlertRules};
use crate::io::escape::Escaped;
use crate::stream::{About, Alert, Event, Risk, Verdict};
use crate::timestamp::{Timestamp, Zone};
use crate::view::account::{alert_reasons, verdict_name};
use crate::view::messages::fill;
use crate::view::{Lang, messages, units};

/// Letters of a name that a message shows.
const NAME_SHOWN: usize = 64;
/// Letters of a note that a message shows.
const NOTE_SHOWN: usize = 500;
/// Accounts that a digest names.
const DIGEST_NAMED: usize = 10;
/// The longest row that goes with a message: less than a pipe takes at once.
const ROW_MAX: usize = 60 * 1024;

/// Makes messages.
#[derive(Clone, Debug)]
pub struct Composer {
    pub rules: AlertRules,
    pub lang: Lang,
    pub zone: Zone,
    /// The name of the server.
    pub title: Option<String>,
}

/// A message before it has a number.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Draft {
    pub about: About,
    pub text: String,
    pub commands: Vec<String>,
    /// Parts of the text from logs, in order.
    pub literals: Vec<String>,
    /// The line above the commands.
    pub heading: String,
    /// The row that it is about.
    pub row: String,
}

/// Lines of a text.
#[derive(Debug, Default)]
struct Lines(Vec<String>);

impl Lines {
    fn add(&mut self, text: &str, values: &[(&str, &dyn Display)]) {
        self.0.push(fill(text, values));
    }
}

impl Composer {
    fn texts(&self) -> (&'static Messages, &'static messages::Messages) {
        (Messages::of(self.lang), self.lang.messages())
    }

    fn moment(&self, at: Timestamp) -> String {
        let zone = self.zone.abbreviation(at);
        format!("{} {zone}", self.zone.strftime(at, "%Y-%m-%d %H:%M"))
    }

    pub(super) fn alert(
        &self,
        alert: &Alert<'_>,
        kind: AlertKind,
        held: u64,
        line: &[u8],
    ) -> Draft {
        let (texts, view) = self.texts();
        let user = shown(&alert.user, NAME_SHOWN);
        let mut lines = Lines::default();
        let risk = |risk: Option<Risk>| units::risk(risk.unwrap_or_default(), view);
        let (is, was) = (risk(alert.risk), risk(alert.was_risk));
        let values: [(&str, &dyn Display); 4] =
            [("user", &user), ("n", &alert.score.unwrap_or(0)), ("risk", &is), ("was", &was)];
        let first = match kind {
            AlertKind::Sharing => texts.sharing,
            AlertKind::Watch => texts.watch,
            AlertKind::Clear => texts.clear,
            AlertKind::Unknown | AlertKind::Note => texts.unknown,
            AlertKind::Risk => texts.risk,
        };
        lines.add(first, &values);
        if let (Some(people), AlertKind::Sharing | AlertKind::Watch) = (alert.people, kind) {
            let people = units::people(people, view);
            match alert.confidence {
                Some(sure) => {
                    let percent = format!("{:.0}", (sure * 100.0).clamp(0.0, 99.0).floor());
                    lines.add(texts.estimate_sure, &[("people", &people), ("percent", &percent)]);
                }
                None => lines.add(texts.estimate, &[("people", &people)]),
            }
        }
        let reasons = alert_reasons(alert, view);
        if !reasons.is_empty() {
            lines.add(texts.why, &[("reason", &reasons.join("; "))]);
        }
        if let Some(at) = alert.ts {
            lines.add(texts.at, &[("at", &self.moment(at))]);
        }
        if held > 0 {
            lines.add(texts.held, &[("n", &held)]);
        }
        let acts = matches!(kind, AlertKind::Sharing | AlertKind::Risk);
        let commands = if acts { commands(&alert.user) } else { Vec::new() };
        Draft {
            about: About::Alert,
            text: lines.0.join("\n"),
            heading: if commands.is_empty() { "" } else { texts.act }.to_owned(),
            commands,
            literals: vec![user],
            row: row(line),
        }
    }

    pub(super) fn note(&self, event: &Event<'_>, held: u64, line: &[u8]) -> Draft {
        let (texts, _) = self.texts();
        let mut lines = Lines::default();
        let source = shown(event.source.as_deref().unwrap_or(&event.proxy), NAME_SHOWN);
        lines.add(texts.note, &[("source", &source)]);
        let text = shown(event.text.as_deref().unwrap_or_default(), NOTE_SHOWN);
        lines.0.push(text.clone());
        if let Some(at) = event.ts {
            lines.add(texts.at, &[("at", &self.moment(at))]);
        }
        if held > 0 {
            lines.add(texts.held, &[("n", &held)]);
        }
        Draft {
            about: About::Note,
            text: lines.0.join("\n"),
            literals: vec![source, text],
            row: row(line),
            ..Draft::default()
        }
    }

    /// The digest: totals, the worst accounts, counts since the last one.
    pub(super) fn digest(&self, of: &DigestFacts<'_>) -> Draft {
        let (texts, view) = self.texts();
        let mut lines = Lines::default();
        lines.add(texts.digest, &[("date", &self.zone.strftime(of.at, "%Y-%m-%d"))]);
        let mut worst: Vec<_> =
            of.accounts.iter().filter(|(_, record)| record.verdict >= Verdict::Watch).collect();
        worst.sort_by(|(a, left), (b, right)| {
            let rank = |record: &AccountRecord| (record.verdict, record.people.unwrap_or(0.0));
            let by_rank = rank(right).partial_cmp(&rank(left));
            by_rank.unwrap_or(std::cmp::Ordering::Equal).then_with(|| a.cmp(b))
        });
        let count = |verdict| of.accounts.iter().filter(|(_, of)| of.verdict == verdict).count();
        let values: [(&str, &dyn Display); 5] = [
            ("users", &of.accounts.len()),
            ("sharing", &count(Verdict::Sharing)),
            ("watch", &count(Verdict::Watch)),
            ("clear", &count(Verdict::Clear)),
            ("unknown", &count(Verdict::Unknown)),
        ];
        lines.add(view.totals, &values);
        let mut literals = Vec::new();
        for (name, record) in worst.iter().take(DIGEST_NAMED) {
            let user = shown(name, NAME_SHOWN);
            let verdict = verdict_name(record.verdict, view);
            let people = record.people.map(|people| units::people(people, view));
            let form = if people.is_some() { texts.digest_line } else { texts.digest_bare };
            let people = people.unwrap_or_default();
            lines.add(form, &[("user", &user), ("verdict", &verdict), ("people", &people)]);
            literals.push(user);
        }
        if worst.is_empty() {
            lines.add(texts.none_shared, &[]);
        } else if worst.len() > DIGEST_NAMED {
            lines.add(texts.others, &[("n", &(worst.len() - DIGEST_NAMED))]);
        }
        lines.add(texts.alerts, &[("n", &of.alerts), ("held", &of.held)]);
        if of.notes > 0 {
            lines.add(texts.notes, &[("n", &of.notes)]);
        }
        if of.not_sent > 0 {
            lines.add(texts.not_sent, &[("n", &of.not_sent)]);
        }
        let text = lines.0.join("\n");
        Draft { about: About::Digest, text, literals, ..Draft::default() }
    }

    pub(super) fn test(&self) -> Draft {
        let text = self.texts().0.test.to_owned();
        Draft { about: About::Test, text, ..Draft::default() }
    }
}

/// What a digest is made of.
#[derive(Debug)]
pub(super) struct DigestFacts<'f> {
    pub(super) at: Timestamp,
    pub(super) accounts: Vec<(&'f str, &'f AccountRecord)>,
    pub(super) alerts: u64,
    pub(super) held: u64,
    pub(super) notes: u64,
    pub(super) not_sent: u64,
}

fn row(line: &[u8]) -> String {
    if line.len() > ROW_MAX { String::new() } else { String::from_utf8_lossy(line).into_owned() }
}

/// Text from a log: escaped, on one line, of bounded length.
fn shown(text: &str, most: usize) -> String {
    let escaped = Escaped(text).to_string();
    match escaped.char_indices().nth(most) {
        Some((at, _)) => format!("{}…", escaped.get(..at).unwrap_or_default()),
        None => escaped,
    }
}

/// Shell commands that would act against an account. None for a name that a terminal would not
/// show as it is.
fn commands(user: &str) -> Vec<String> {
    if Escaped(user).to_string() != user || user.is_empty() {
        return Vec::new();
    }
    let name = quoted(user);
    ["disable", "rotate"].map(|action| format!("mtp-users {action} --reload {name}")).to_vec()
}

/// A word of a shell command.
fn quoted(word: &str) -> String {
    let is_plain = word.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._-@".contains(&byte));
    let safe =
        if is_plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) };
    // A name like -x is not an option.
    if word.starts_with('-') { format!("-- {safe}") } else { safe }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Row;

    const ALERT: &str = concat!(
        r#"{"type":"alert","ts":"2026-11-23T18:00:00Z","user":"bob","verdict":"sharing","#,
        r#""was":"clear","people":2.4,"confidence":0.998,"score":100,"risk":"high","evidence":["#,
        r#"{"kind":"overlap","networks":["20.1.2.3","31.5.6.0/24"],"seconds":2460,"gap":3600}]}"#
    );

    fn composer(lang: Lang) -> Composer {
        let zone = Zone::read("+07:00").unwrap();
        Composer { rules: AlertRules::default(), lang, zone, title: None }
    }

    fn draft(lang: Lang, line: &str) -> Draft {
        let Row::Alert(alert) = Row::read(line.as_bytes()) else { panic!("{line}") };
        let kind = AlertKind::of(&alert).unwrap();
        composer(lang).alert(&alert, kind, 2, line.as_bytes())
    }

    #[test]
    fn an_alert_has_its_reason_and_the_commands_that_act() {
        let draft = draft(Lang::En, ALERT);
        assert_eq!(
            draft.text,
            "bob: several people use this account\n\
             Estimate: 2.4 people, probability 99 %\n\
             Why: 20.1.2.3 and 31.5.6.0/24 in use at once for 41 min\n\
             At: 2026-11-24 01:00 +07\n\
             Alerts since the last message: 2"
        );
        assert_eq!(
            draft.commands,
            ["mtp-users disable --reload bob", "mtp-users rotate --reload bob"]
        );
        assert_eq!(draft.row, ALERT);
    }

    #[test]
    fn every_language_has_the_same_facts() {
        for lang in Lang::ALL {
            let text = draft(lang, ALERT).text;
            assert!(text.contains("2.4") || text.contains("2,4"), "{text}");
            for fact in ["bob", "99", "20.1.2.3", "31.5.6.0/24", "41", "2026-11-24 01:00"] {
                assert!(text.contains(fact), "{}: {text}", lang.name());
            }
            assert_eq!(text.lines().count(), 5);
        }
    }

    #[test]
    fn names_are_escaped_and_quoted() {
        for (name, want) in [
            ("bob", Some("bob")),
            ("Елена 2", Some("'Елена 2'")),
            ("a'; rm -rf /;'", Some(r"'a'\''; rm -rf /;'\'''")),
            ("$(reboot)", Some("'$(reboot)'")),
            ("-x", Some("-- -x")),
            ("a\nb", None),
            ("a\u{202e}b", None),
            ("", None),
        ] {
            let made = commands(name);
            let want = want.map(|name| format!("mtp-users disable --reload {name}"));
            assert_eq!(made.first(), want.as_ref(), "{name:?}");
        }
        assert_eq!(shown("a\nb\u{1b}[2J", 64), "a\\u{a}b\\u{1b}[2J");
        assert_eq!(shown(&"x".repeat(100), 3), "xxx…");
    }
}
