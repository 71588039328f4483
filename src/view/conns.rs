//! Samples as text: what `monitor.py` printed, and what the kernel knows of each address beside it.

use unicode_width::UnicodeWidthStr;

use super::look::{Look, Marks, Tone};
use super::rows::{FromIp, Measured, Sample, Suspicion, stamp};
use super::units;
use super::words::fill;
use crate::io::escape::Escaped;
use crate::timestamp::Timestamp;

/// As long as monitor.py drew it.
const RULE: &str = "========================================";
/// The port that needs no mention.
const USUAL_PORT: u16 = 443;
/// From how many connections on an address is marked: a single phone holds 3 to 8.
pub const WARN: u64 = 10;

/// The two lines above a sample.
pub fn monitor(at: Timestamp, look: &Look, out: &mut String) {
    let title = fill(look.words().monitor, &[("at", &look.moment(at))]);
    let title = format!("{}{title}", look.mark("🔍", ""));
    look.line(out, 0, 0, Some(Tone::Strong), &title);
    out.push_str(RULE);
    out.push('\n');
}

/// A sample with its heading; addresses with `warn` connections or more are marked.
pub fn sample(row: &Sample<'_>, warn: u64, look: &Look, out: &mut String) {
    let words = look.words();
    if let Some(at) = stamp(row.ts.as_ref()) {
        monitor(at, look, out);
    }
    if let Some(place) = place(row, look) {
        look.line(out, 0, 3, None, &place);
    }
    let active = fill(words.active, &[("n", &row.total)]);
    look.line(out, 0, 3, None, &format!("{}{active}", look.mark("📊", "")));
    let users = fill(words.unique_users, &[("n", &row.addresses)]);
    look.line(out, 0, 3, None, &format!("{}{users}", look.mark("👥", "")));
    out.push('\n');
    if row.by_ip.is_empty() {
        look.line(out, 0, 0, None, words.nobody);
    } else {
        by_ip(row, warn, look, out);
    }
    if !row.suspicious.is_empty() {
        out.push('\n');
        look.line(out, 0, 3, None, &format!("{}{}", look.mark("🚨", ""), words.suspicious));
        for suspicion in &row.suspicious {
            look.line(out, 2, 5, Some(Tone::Warn), &suspected(suspicion, look));
        }
    }
    if let Some(note) = &row.note {
        out.push('\n');
        look.line(out, 0, 3, None, &format!("{}{}", look.mark("ℹ️", ""), Escaped(note)));
    }
}

/// Whose sample it is, where it is not the usual one.
fn place(row: &Sample<'_>, look: &Look) -> Option<String> {
    let words = look.words();
    let ports: Vec<_> = row.port.iter().map(ToString::to_string).collect();
    let is_usual = row.port.is_empty() || row.port == [USUAL_PORT];
    let port = (!is_usual).then(|| fill(words.port, &[("n", &ports.join(", "))]));
    let source = row.source.as_deref().map(|source| Escaped(source).to_string());
    let place: Vec<_> = source.into_iter().chain(port).collect();
    (!place.is_empty()).then(|| format!("{}{}", look.mark("📍", ""), place.join(", ")))
}

fn by_ip(row: &Sample<'_>, warn: u64, look: &Look, out: &mut String) {
    let words = look.words();
    look.line(out, 0, 3, None, &format!("{}{}", look.mark("📋", ""), words.by_ip));
    let left: Vec<_> = row.by_ip.iter().map(|from| connections(from, look)).collect();
    let column = left.iter().map(|text| text.width()).max().unwrap_or(0) + 3;
    for (from, left) in row.by_ip.iter().zip(&left) {
        let (mark, tone) = if from.connections >= warn {
            (look.mark("⚠️", words.warn_mark), Some(Tone::Warn))
        } else {
            (look.mark("✅", words.ok_mark), None)
        };
        let details = details(from, look);
        // Both marks are two columns wide, and a blank follows.
        let taken = 2 + if look.marks == Marks::Emoji { 3 } else { mark.width() };
        let fits = look.width.is_none_or(|width| taken + column + details.width() <= width);
        out.push_str("  ");
        out.push_str(&mark);
        out.push_str(&tone.map_or_else(|| left.clone(), |tone| look.tone(tone, left)));
        if details.is_empty() {
            out.push('\n');
        } else if fits {
            out.push_str(&" ".repeat(column - left.width()));
            out.push_str(&look.tone(Tone::Quiet, &details));
            out.push('\n');
        } else {
            out.push('\n');
            look.line(out, 5, 5, Some(Tone::Quiet), &details);
        }
    }
    let hidden = row.addresses.saturating_sub(u64::try_from(row.by_ip.len()).unwrap_or(u64::MAX));
    if hidden > 0 {
        look.line(out, 2, 2, None, &fill(words.more_addresses, &[("n", &hidden)]));
    }
}

fn connections(from: &FromIp<'_>, look: &Look) -> String {
    let values: [(&str, &dyn std::fmt::Display); 2] =
        [("ip", &Escaped(&from.ip)), ("n", &from.connections)];
    fill(look.words().ip_connections, &values)
}

/// `alice, rtt 48 ms, 1.2 MB down, last data 2 s ago`: what is known of it.
fn details(from: &FromIp<'_>, look: &Look) -> String {
    let words = look.words();
    let users = from.user.iter().chain(&from.users).map(|user| Escaped(user).to_string());
    // What clients send is a fraction of what they get: a short line does without it.
    let measured = Measured { bytes_up: None, ..from.measured };
    users.chain(units::measured(&measured, words)).collect::<Vec<_>>().join(", ")
}

fn suspected(suspicion: &Suspicion<'_>, look: &Look) -> String {
    let words = look.words();
    let ip = Escaped(&suspicion.ip);
    match (&*suspicion.reason, suspicion.connections, suspicion.minutes) {
        ("multiple_connections", Some(n), _) => {
            fill(words.multiple_connections, &[("ip", &ip), ("n", &n)])
        }
        ("frequent_connections", _, Some(n)) => {
            fill(words.frequent_connections, &[("ip", &ip), ("n", &n)])
        }
        (reason, ..) => format!("{ip}: {}", Escaped(&reason.replace('_', " "))),
    }
}
