//! Scores and alerts as text: what `analyze_logs.py` printed of a user, and the estimate below it.

use super::look::{Look, Tone};
use super::rows::{self, Alert, Summary, stamp};
use super::words::{Words, fill};
use super::{evidence, units};
use crate::io::escape::Escaped;
use crate::stream::Verdict;
use crate::timestamp::Timestamp;

/// As long as `analyze_logs.py` drew it.
const RULE: &str = "================================================";

/// The two lines above an analysis, and a blank one.
pub fn analysis(at: Timestamp, look: &Look, out: &mut String) {
    let words = look.words();
    let title = fill(words.analysis, &[("at", &look.moment(at))]);
    let title = format!("{}{title}", look.mark("📊", ""));
    look.line(out, 0, 0, Some(Tone::Strong), &title);
    out.push_str(RULE);
    out.push_str("\n\n");
}

/// A user, and a blank line.
pub fn summary(row: &Summary<'_>, look: &Look, out: &mut String) {
    let words = look.words();
    let user = fill(words.user, &[("user", &Escaped(&row.user))]);
    look.line(out, 0, 3, Some(Tone::Strong), &format!("{}{user}", look.mark("👤", "")));
    let mut fact = |emoji: &str, tone: Option<Tone>, text: &str| {
        look.line(out, 3, 6, tone, &format!("{}{text}", look.mark(emoji, "")));
    };
    fact("📈", None, &fill(words.connections, &[("n", &row.connections)]));
    fact("🌐", None, &fill(words.addresses, &[("n", &row.addresses)]));
    fact("⚠️", None, &score(row, look));
    let (mark, tone, risk) = match &*row.risk {
        "high" => ("🚨", Tone::Bad, words.high),
        "medium" => ("⚠️", Tone::Warn, words.medium),
        _ => ("✅", Tone::Good, words.low),
    };
    fact(mark, Some(tone), risk);
    if !row.ips.is_empty() {
        fact("📍", None, &ips(row, look));
    }
    fact("🔄", None, &fill(words.simultaneous, &[("n", &row.simultaneous)]));
    estimate(row, look, out);
    out.push('\n');
}

/// An alert: one line that can be read without the rest.
pub fn alert(row: &Alert<'_>, look: &Look, out: &mut String) {
    let words = look.words();
    let verdict = rows::verdict(&row.verdict);
    let was = row.was.as_ref().map_or(Verdict::Unknown, |was| rows::verdict(was));
    let (user, verdict_word, was) = (Escaped(&row.user), name(verdict, words), name(was, words));
    let people = row.people.map(|people| {
        // Half a person is told: 3.4 people is not yet four.
        let form = if (0.95..1.05).contains(&people) { words.one_person } else { words.n_people };
        fill(form, &[("n", &format!("{people:.1}").trim_end_matches(".0"))])
    });
    let mut text = people.map_or_else(
        || fill(words.alert_bare, &[("user", &user), ("verdict", &verdict_word), ("was", &was)]),
        |people| {
            let values: [(&str, &dyn std::fmt::Display); 4] =
                [("user", &user), ("verdict", &verdict_word), ("was", &was), ("people", &people)];
            fill(words.alert, &values)
        },
    );
    if row.verdict.is_empty()
        && let (Some(risk), Some(was)) = (&row.risk, &row.was_risk)
    {
        let (risk, was) = (Escaped(risk), Escaped(was));
        let score = row.score.unwrap_or(0);
        let values: [(&str, &dyn std::fmt::Display); 4] =
            [("user", &user), ("risk", &risk), ("was", &was), ("n", &score)];
        text = fill(words.risk_alert, &values);
    }
    let facts = evidence::facts(&row.evidence, words);
    if !facts.is_empty() {
        text.push_str("; ");
        text.push_str(&facts);
    }
    if let Some(at) = stamp(row.ts.as_ref()) {
        text.insert_str(0, &format!("{} ", look.clock(at)));
    }
    out.push_str(&look.tone(tone(verdict), &text));
    out.push('\n');
}

/// The verdict's word.
pub fn name(verdict: Verdict, words: &Words) -> &'static str {
    match verdict {
        Verdict::Sharing => words.sharing,
        Verdict::Watch => words.watch,
        Verdict::Clear => words.clear,
        Verdict::Unknown => words.unknown,
    }
}

fn tone(verdict: Verdict) -> Tone {
    match verdict {
        Verdict::Sharing => Tone::Bad,
        Verdict::Watch => Tone::Warn,
        Verdict::Clear => Tone::Good,
        Verdict::Unknown => Tone::Quiet,
    }
}

fn score(row: &Summary<'_>, look: &Look) -> String {
    let words = look.words();
    let text = fill(words.score, &[("n", &row.score)]);
    let points = row.points;
    let parts = [("a", points.addresses), ("s", points.simultaneous), ("f", points.frequency)];
    if parts.iter().all(|(_, part)| *part == 0) {
        return text;
    }
    let parts = parts.each_ref().map(|(key, part)| (*key, part as &dyn std::fmt::Display));
    format!("{text}  {}", fill(words.points, &parts))
}

fn ips(row: &Summary<'_>, look: &Look) -> String {
    let words = look.words();
    let mut listed =
        row.ips.iter().map(|ip| Escaped(ip).to_string()).collect::<Vec<_>>().join(", ");
    let shown = u64::try_from(row.ips.len()).unwrap_or(u64::MAX);
    if row.addresses > shown {
        listed.push_str(", ");
        listed.push_str(&fill(words.and_more, &[("n", &(row.addresses - shown))]));
    }
    fill(words.ips, &[("ips", &listed)])
}

/// `Looks like 3 people (3.4): sharing`
pub fn estimate_text(row: &Summary<'_>, words: &Words) -> String {
    let verdict = rows::verdict(&row.verdict);
    let word = name(verdict, words);
    match row.people {
        Some(people) if verdict != Verdict::Unknown => {
            let count = units::people(units::whole(people.round().max(1.0)), words);
            let number = format!("{people:.1}");
            fill(words.looks_like, &[("people", &count), ("n", &number), ("verdict", &word)])
        }
        Some(_) | None => fill(words.not_enough, &[("verdict", &word)]),
    }
}

/// How many people, why, and since when.
fn estimate(row: &Summary<'_>, look: &Look, out: &mut String) {
    let words = look.words();
    let verdict = rows::verdict(&row.verdict);
    if !row.verdict.is_empty() {
        let text = format!("{}{}", look.mark("👥", ""), estimate_text(row, words));
        look.line(out, 3, 6, Some(tone(verdict)), &text);
    }
    let mut facts = evidence::facts(&row.evidence, words);
    if verdict == Verdict::Clear && row.risk == "high" {
        let joint = if facts.is_empty() { "" } else { "; " };
        facts = format!("{facts}{joint}{}", words.score_is_usual);
    }
    if !facts.is_empty() {
        look.line(out, 6, 6, None, &facts);
    }
    if let (Some(first), Some(last)) =
        (stamp(row.first_seen.as_ref()), stamp(row.last_seen.as_ref()))
    {
        let (first, last) = (look.moment(first), look.moment(last));
        let mut text = fill(words.seen, &[("first", &first), ("last", &last)]);
        if let Some(mean) = row.mean_interval {
            text.push_str(&fill(words.every, &[("span", &units::span(mean, words))]));
        }
        look.line(out, 3, 6, Some(Tone::Quiet), &format!("{}{text}", look.mark("🕒", "")));
    }
}

/// How many users have which verdict and risk: the last lines of an analysis.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    users: u64,
    sharing: u64,
    watch: u64,
    clear: u64,
    unknown: u64,
    high: u64,
    medium: u64,
    low: u64,
}

impl Totals {
    /// Counts a user.
    pub fn add(&mut self, verdict: &str, risk: &str) {
        self.users += 1;
        match rows::verdict(verdict) {
            Verdict::Sharing => self.sharing += 1,
            Verdict::Watch => self.watch += 1,
            Verdict::Clear => self.clear += 1,
            Verdict::Unknown => self.unknown += 1,
        }
        match risk {
            "high" => self.high += 1,
            "medium" => self.medium += 1,
            _ => self.low += 1,
        }
    }

    /// Two lines.
    pub fn show(&self, look: &Look, out: &mut String) {
        let words = look.words();
        if self.users == 0 {
            look.line(out, 0, 0, None, words.no_users);
            return;
        }
        let values: [(&str, &dyn std::fmt::Display); 5] = [
            ("users", &self.users),
            ("sharing", &self.sharing),
            ("watch", &self.watch),
            ("clear", &self.clear),
            ("unknown", &self.unknown),
        ];
        let mark = look.mark("📋", "");
        look.line(out, 0, 3, None, &format!("{mark}{}", fill(words.totals, &values)));
        let values: [(&str, &dyn std::fmt::Display); 3] =
            [("high", &self.high), ("medium", &self.medium), ("low", &self.low)];
        look.line(out, 3, 3, None, &fill(words.risks, &values));
    }
}
