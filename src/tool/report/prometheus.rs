//! The book as metrics in Prometheus' text format.

use std::fmt::Display;

use super::book::Book;
use super::names::Names;
use crate::stream::Kind;
use crate::view::Verdict;

/// A page of metrics. Per-user metrics are of the `top` worst users.
pub(super) fn metrics(book: &Book, top: usize, names: &mut Names) -> String {
    let mut page = Page::default();
    users(book, &mut page);
    each_user(book, top, names, &mut page);
    events(book, &mut page);
    sockets(book, &mut page);
    reading(book, &mut page);
    page.text
}

#[derive(Default)]
struct Page {
    text: String,
}

impl Page {
    /// Begins a metric, which all of its samples follow.
    fn metric(&mut self, name: &str, kind: &str, help: &str) {
        self.text.push_str(&format!("# HELP {name} {help}\n# TYPE {name} {kind}\n"));
    }

    fn sample(&mut self, name: &str, labels: &[(&str, &str)], value: impl Display) {
        self.text.push_str(name);
        for (n, (label, text)) in labels.iter().enumerate() {
            self.text.push(if n == 0 { '{' } else { ',' });
            self.text.push_str(&format!("{label}=\"{}\"", escaped(text)));
        }
        if !labels.is_empty() {
            self.text.push('}');
        }
        self.text.push_str(&format!(" {value}\n"));
    }
}

fn escaped(text: &str) -> String {
    text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n")
}

fn users(book: &Book, page: &mut Page) {
    page.metric("mtp_users", "gauge", "Users by the latest verdict of mtp-score.");
    for verdict in Verdict::ALL {
        let count = book.users.values().filter(|user| user.verdict == verdict).count();
        page.sample("mtp_users", &[("verdict", verdict.name())], count);
    }
}

/// What is told of one user: the metric, its help, its value.
type Told = (&'static str, &'static str, fn(&super::book::User) -> Option<f64>);

const EACH_USER: [Told; 5] = [
    ("mtp_user_verdict", "Verdict on a user: 0 unknown, 1 clear, 2 watch, 3 sharing.", |user| {
        Some(f64::from(user.verdict as u8))
    }),
    (
        "mtp_user_people",
        "AccountActivity who use an account at the same time, estimated.",
        |user| user.people,
    ),
    ("mtp_user_score", "Suspicious score of a user, 0 to 100.", |user| user.score.map(float)),
    ("mtp_user_window_connections", "Connections of a user in mtp-score's window.", |user| {
        user.window_connects.map(float)
    }),
    ("mtp_user_window_addresses", "Addresses of a user in mtp-score's window.", |user| {
        user.window_addresses.map(float)
    }),
];

fn each_user(book: &Book, top: usize, names: &mut Names, page: &mut Page) {
    let ranked = book.ranked();
    let worst: Vec<_> = ranked.iter().take(top).collect();
    for (metric, help, value) in EACH_USER {
        page.metric(metric, "gauge", help);
        for (name, user) in &worst {
            if let Some(value) = value(user) {
                page.sample(metric, &[("user", &names.user(name))], value);
            }
        }
    }
}

fn events(book: &Book, page: &mut Page) {
    let counts = &book.counts;
    for (name, kind, help) in [
        ("mtp_connections_total", Kind::Connect, "Connections that were read."),
        ("mtp_disconnections_total", Kind::Disconnect, "Ends of connections that were read."),
        ("mtp_starts_total", Kind::Start, "Starts of a proxy that were read."),
    ] {
        page.metric(name, "counter", help);
        page.sample(name, &[], counts.of(kind));
    }
    page.metric("mtp_rejects_total", "counter", "Clients that were turned away, by reason.");
    for (reason, count) in &counts.reasons {
        page.sample("mtp_rejects_total", &[("reason", reason)], count);
    }
    if counts.other_reasons > 0 {
        page.sample("mtp_rejects_total", &[("reason", "(others)")], counts.other_reasons);
    }
    page.metric("mtp_alerts_total", "counter", "Alerts by the verdict they came to.");
    for (verdict, count) in Verdict::ALL.iter().zip(counts.alerted) {
        page.sample("mtp_alerts_total", &[("verdict", verdict.name())], count);
    }
}

fn sockets(book: &Book, page: &mut Page) {
    let latest = || {
        let ports = book.sockets.ports.iter();
        ports.filter_map(|(port, series)| Some((port.to_string(), *series.points.last()?)))
    };
    page.metric("mtp_sockets", "gauge", "Connections open at the latest sample.");
    for (port, point) in latest() {
        page.sample("mtp_sockets", &[("port", &port)], point.total);
    }
    page.metric("mtp_socket_addresses", "gauge", "Addresses with a connection open then.");
    for (port, point) in latest() {
        page.sample("mtp_socket_addresses", &[("port", &port)], point.addresses);
    }
}

fn reading(book: &Book, page: &mut Page) {
    let counts = &book.counts;
    if let Some(tally) = counts.tool("mtp-parse") {
        page.metric(
            "mtp_log_lines_total",
            "counter",
            "Lines of logs by what mtp-parse made of them.",
        );
        for (outcome, count) in [
            ("understood", tally.understood),
            ("passed_over", tally.passed_over),
            ("not_recognised", tally.not_recognised),
            ("cut", tally.cut),
        ] {
            page.sample("mtp_log_lines_total", &[("outcome", outcome)], count);
        }
    }
    page.metric("mtp_report_rows_total", "counter", "Rows that mtp-report read, by type.");
    let events: u64 = counts.events.iter().sum();
    for (kind, count) in [
        ("event", events),
        ("summary", counts.summaries),
        ("alert", counts.alerts),
        ("sample", counts.samples),
        ("meta", counts.metas),
        ("other", counts.other),
        ("not_recognised", counts.foreign),
    ] {
        page.sample("mtp_report_rows_total", &[("type", kind)], count);
    }
    page.metric("mtp_report_dropped_total", "counter", "Rows beyond what mtp-report remembers.");
    page.sample("mtp_report_dropped_total", &[], book.dropped.user_rows + book.sockets.dropped);
    if let Some((_, last)) = book.ends {
        let name = "mtp_report_last_event_timestamp_seconds";
        page.metric(name, "gauge", "The latest moment that a row spoke of.");
        page.sample(name, &[], last.0.div_euclid(1000));
    }
}

/// Counts as floats: exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
fn float(count: u64) -> f64 {
    count as f64
}
