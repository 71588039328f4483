//! Samples and single connections as text: what `monitor.py` printed, and what the kernel measured.

use unicode_width::UnicodeWidthStr;

use super::messages::fill;
use super::style::{IconSet, Severity, TextStyle};
use super::units;
use crate::io::escape::Escaped;
use crate::stream::{Connection, ConnectionKind, FromIp, Measured, Origin, Sample, SuspiciousIp};
use crate::timestamp::Timestamp;

/// As long as monitor.py drew it.
const RULE: &str = "========================================";
/// The port that needs no mention.
const USUAL_PORT: u16 = 443;
/// Connections of one address from which on it is marked: a single phone holds 3 to 8.
pub const WARN: u64 = 10;

/// The two lines above a sample.
pub fn monitor(at: Timestamp, style: &TextStyle, out: &mut String) {
    let title = fill(style.messages().monitor, &[("at", &style.moment(at))]);
    let title = format!("{}{title}", style.icon("🔍", ""));
    style.line(out, 0, 0, Some(Severity::Strong), &title);
    out.push_str(RULE);
    out.push('\n');
}

/// A sample with its heading; addresses with `warn` connections or more are marked.
pub fn sample(row: &Sample<'_>, warn: u64, style: &TextStyle, out: &mut String) {
    let messages = style.messages();
    if let Some(at) = row.ts {
        monitor(at, style, out);
    }
    if let Some(place) = place(row, style) {
        style.line(out, 0, 3, None, &place);
    }
    let active = fill(messages.active, &[("n", &row.total)]);
    style.line(out, 0, 3, None, &format!("{}{active}", style.icon("📊", "")));
    let users = fill(messages.unique_users, &[("n", &row.addresses)]);
    style.line(out, 0, 3, None, &format!("{}{users}", style.icon("👥", "")));
    out.push('\n');
    if row.by_ip.is_empty() {
        style.line(out, 0, 0, None, messages.no_connections);
    } else {
        by_ip(row, warn, style, out);
    }
    if let Some(ambiguous) = row.ambiguous {
        let text = fill(messages.ambiguous, &[("n", &ambiguous)]);
        style.line(out, 2, 2, Some(Severity::Quiet), &text);
    }
    if !row.unmatched.is_empty() {
        out.push('\n');
        style.line(out, 0, 3, None, messages.unmatched);
        for active in &row.unmatched {
            let users: Vec<_> = active.users.iter().map(|user| Escaped(user).to_string()).collect();
            let line = format!("{}: {}", shown(&active.ip), users.join(", "));
            style.line(out, 2, 5, None, &line);
        }
    }
    if !row.suspicious.is_empty() {
        out.push('\n');
        style.line(out, 0, 3, None, &format!("{}{}", style.icon("🚨", ""), messages.suspicious));
        for suspicion in &row.suspicious {
            style.line(out, 2, 5, Some(Severity::Warn), &suspected(suspicion, style));
        }
    }
    if let Some(note) = &row.note {
        out.push('\n');
        style.line(out, 0, 3, None, &format!("{}{}", style.icon("ℹ️", ""), Escaped(note)));
    }
}

/// Whose sample it is, where it is not the usual one.
fn place(row: &Sample<'_>, style: &TextStyle) -> Option<String> {
    let messages = style.messages();
    let port = row.port.filter(|port| *port != USUAL_PORT);
    let port = port.map(|port| fill(messages.port, &[("n", &port)]));
    let source = row.source.as_deref().map(|source| Escaped(source).to_string());
    let place: Vec<_> = source.into_iter().chain(port).collect();
    (!place.is_empty()).then(|| format!("{}{}", style.icon("📍", ""), place.join(", ")))
}

fn by_ip(row: &Sample<'_>, warn: u64, style: &TextStyle, out: &mut String) {
    let messages = style.messages();
    style.line(out, 0, 3, None, &format!("{}{}", style.icon("📋", ""), messages.by_ip));
    let left: Vec<_> = row.by_ip.iter().map(|from| connections(from, style)).collect();
    let column = left.iter().map(|text| text.width()).max().unwrap_or(0) + 3;
    for (from, left) in row.by_ip.iter().zip(&left) {
        let (mark, severity) = if from.connections >= warn {
            (style.icon("⚠️", messages.warn_mark), Some(Severity::Warn))
        } else {
            (style.icon("✅", messages.ok_mark), None)
        };
        let details = details(from, style);
        // Both marks are two columns wide, and a blank follows.
        let taken = 2 + if style.icons == IconSet::Emoji { 3 } else { mark.width() };
        let fits = style.width.is_none_or(|width| taken + column + details.width() <= width);
        out.push_str("  ");
        out.push_str(&mark);
        out.push_str(
            &severity.map_or_else(|| left.clone(), |severity| style.paint(severity, left)),
        );
        if details.is_empty() {
            out.push('\n');
        } else if fits {
            out.push_str(&" ".repeat(column - left.width()));
            out.push_str(&style.paint(Severity::Quiet, &details));
            out.push('\n');
        } else {
            out.push('\n');
            style.line(out, 5, 5, Some(Severity::Quiet), &details);
        }
    }
    let hidden = row.addresses.saturating_sub(u64::try_from(row.by_ip.len()).unwrap_or(u64::MAX));
    if hidden > 0 {
        style.line(out, 2, 2, None, &fill(messages.more_addresses, &[("n", &hidden)]));
    }
}

fn connections(from: &FromIp<'_>, style: &TextStyle) -> String {
    let values: [(&str, &dyn std::fmt::Display); 2] =
        [("ip", &shown(&from.ip)), ("n", &from.connections)];
    fill(style.messages().ip_connections, &values)
}

/// `alice, rtt 48 ms, 1.2 MB down, last data 2 s ago`: what is known of it.
fn details(from: &FromIp<'_>, style: &TextStyle) -> String {
    let messages = style.messages();
    let users = from.user.iter().chain(&from.users).map(|user| Escaped(user).to_string());
    // What clients send is a fraction of what they get: a short line does without it.
    let measured = Measured { bytes_up: None, ..from.measured };
    users.chain(units::measured(&measured, messages)).collect::<Vec<_>>().join(", ")
}

fn suspected(suspicion: &SuspiciousIp<'_>, style: &TextStyle) -> String {
    let messages = style.messages();
    let ip = shown(&suspicion.ip);
    match (&*suspicion.reason, suspicion.connections, suspicion.minutes) {
        ("multiple_connections", Some(n), _) => {
            fill(messages.multiple_connections, &[("ip", &ip), ("n", &n)])
        }
        ("frequent_connections", _, Some(n)) => {
            fill(messages.frequent_connections, &[("ip", &ip), ("n", &n)])
        }
        (reason, ..) => format!("{ip}: {}", Escaped(&reason.replace('_', " "))),
    }
}

/// A line for a `socket`, `opened` or `closed` row.
pub fn connection(row: &Connection<'_>, style: &TextStyle, out: &mut String) {
    let messages = style.messages();
    let time = row.ts.map(|at| style.clock(at)).unwrap_or_default();
    let ends = ends(row);
    let (head, severity) = match row.kind {
        ConnectionKind::Socket => (format!("    {ends}"), Severity::Quiet),
        ConnectionKind::Opened => (format!("{time} {ends} {}", messages.opened), Severity::Good),
        ConnectionKind::Closed => (format!("{time} {ends} {}", messages.closed), Severity::Quiet),
    };
    let users = row.user.iter().chain(&row.users).map(|user| Escaped(user).to_string());
    let users: Vec<_> = users.collect();
    let user = (!users.is_empty()).then(|| users.join(" / "));
    let source = row.source.as_deref().map(|source| Escaped(source).to_string());
    let age = row
        .age_seconds
        .map(|age| fill(messages.age, &[("span", &units::span(age.units(), messages))]));
    let known = [user, source, age].into_iter().flatten();
    let known: Vec<_> = known.chain(units::measured(&row.measured, messages)).collect();
    let line = if known.is_empty() { head } else { format!("{head}  {}", known.join(", ")) };
    style.line(out, 0, 6, Some(severity), &line);
}

/// `203.0.113.7:50000 → 443`
fn ends(row: &Connection<'_>) -> String {
    let ip = shown(&row.ip);
    let from = if ip.contains(':') {
        format!("[{ip}]:{}", row.port)
    } else {
        format!("{ip}:{}", row.port)
    };
    format!("{from} → {}", row.local_port)
}

/// An address or network, safe to show.
fn shown(origin: &Origin<'_>) -> String {
    Escaped(&origin.to_string()).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::stream::Thousandths;

    #[test]
    fn connections_open_opened_and_closed() {
        let of = |kind| Connection {
            kind,
            ts: Timestamp::read(b"2026-11-23T14:30:25Z").map(|(ts, _)| ts),
            ip: Origin::read("2001:db8::1".into()),
            port: 5,
            local_port: 443,
            ..Connection::default()
        };
        let text = |row: &Connection<'_>| {
            let mut out = String::new();
            connection(row, &TextStyle::plain(), &mut out);
            out
        };
        let open = Connection {
            age_seconds: Some(Thousandths(61_000)),
            measured: Measured { bytes_up: Some(5), ..Measured::default() },
            user: Some("alice".into()),
            ..of(ConnectionKind::Socket)
        };
        assert_eq!(text(&open), "    [2001:db8::1]:5 → 443  alice, 1 min old, 5 B up\n");
        let opened = of(ConnectionKind::Opened);
        assert_eq!(text(&opened), "14:30:25 [2001:db8::1]:5 → 443 opened\n");
        let closed =
            Connection { age_seconds: Some(Thousandths(3400)), ..of(ConnectionKind::Closed) };
        assert_eq!(text(&closed), "14:30:25 [2001:db8::1]:5 → 443 closed  3 s old\n");
    }
}
