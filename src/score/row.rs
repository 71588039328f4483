//! What is told of users, as rows.

use super::book::{Book, Change, judge};
use std::net::IpAddr;

use super::rule::{Points, Rule};
use super::users::User;
use super::window::Span;
use crate::event::Stamp;
use crate::output::json::{self, Row};

/// How rows tell of users.
#[derive(Clone, Copy, Debug)]
pub struct Telling {
    /// The rule.
    pub rule: Rule,
    /// What windows span.
    pub span: Span,
    /// How many addresses are listed.
    pub ips_max: usize,
}

/// Writes the summary of a user, as of this moment of event time.
pub fn summary(out: &mut Vec<u8>, user: &mut User, now: i64, tell: &Telling) {
    let (points, risk) = judge(user, now, &tell.span, &tell.rule);
    let counts = user.window.counts();
    let mut row = Row::new(out, "summary");
    row.stamp("ts", Stamp(now));
    row.text("user", &user.name);
    row.number("score", points.score);
    row.text("risk", risk.name());
    write_points(row.key("points"), points);
    row.number("connections", counts.connections);
    row.number("addresses", counts.addresses);
    row.number("simultaneous", counts.pairs);
    if user.last >= user.first {
        row.stamp("first_seen", Stamp(user.first));
        row.stamp("last_seen", Stamp(user.last));
    }
    if let Some(ms) = mean_interval_ms(user, &tell.span) {
        row.thousandths("mean_interval", ms);
    }
    write_ips(row.key("ips"), &user.window.recent(tell.ips_max));
    let truncated = user.window.crowded_out + user.window.unremembered();
    if truncated > 0 {
        row.number("truncated", truncated);
    }
    row.end();
}

fn write_points(out: &mut Vec<u8>, points: Points) {
    let parts = [
        ("{\"addresses\":", points.addresses),
        (",\"simultaneous\":", points.simultaneous),
        (",\"frequency\":", points.frequency),
    ];
    for (key, value) in parts {
        out.extend_from_slice(key.as_bytes());
        json::number(out, value.into());
    }
    out.push(b'}');
}

fn write_ips(out: &mut Vec<u8>, ips: &[IpAddr]) {
    out.push(b'[');
    for (n, ip) in ips.iter().enumerate() {
        if n > 0 {
            out.push(b',');
        }
        json::ip(out, *ip);
    }
    out.push(b']');
}

/// Milliseconds between connections, over those the window holds.
fn mean_interval_ms(user: &User, span: &Span) -> Option<u64> {
    let whole = (user.first, user.last);
    let (first, last) = if span.window_ms.is_some() { user.window.ends()? } else { whole };
    let gaps = i64::try_from(user.window.counts().connections).ok()? - 1;
    (gaps > 0).then(|| u64::try_from((last - first) / gaps).unwrap_or(0))
}

/// Writes that the risk of a user has changed.
pub fn risk_alert(out: &mut Vec<u8>, user: &mut User, change: Change, tell: &Telling) {
    let (points, risk) = judge(user, change.now, &tell.span, &tell.rule);
    let mut row = Row::new(out, "alert");
    row.stamp("ts", Stamp(change.now));
    row.text("user", &user.name);
    row.number("score", points.score);
    row.text("risk", risk.name());
    row.text("was_risk", change.was.name());
    row.end();
}

/// Writes what was counted that is no user's.
pub fn meta(out: &mut Vec<u8>, book: &Book) {
    let tally = book.tally;
    let mut row = Row::new(out, "meta");
    if let Some(newest) = book.order.newest() {
        row.stamp("ts", Stamp(newest));
    }
    row.text("tool", "mtp-score");
    row.number("users", book.users.len() as u64);
    row.number("connections", tally.connections);
    row.number("late", tally.late);
    row.number("again", tally.again);
    row.number("not_understood", tally.not_understood);
    row.number("not_recognised", tally.not_recognised.sum());
    row.number("no_address", tally.no_address);
    row.number("no_user", tally.no_user);
    row.number("no_time", tally.no_time);
    row.number("usage", tally.usage);
    row.number("users_too_many", book.users.unremembered);
    row.number("hurried", book.order.hurried);
    row.end();
}
