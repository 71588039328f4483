//! The model as metrics in Prometheus' text format.

use std::fmt::Display;

use super::Anonymizer;
use super::model::{ReportModel, UserModel};
use crate::stream::{Kind, Verdict};

/// Makes the file. Per-user metrics are of the `top` worst users.
pub fn metrics(model: &ReportModel, top: usize, names: &mut Anonymizer) -> String {
    let mut metrics = MetricsText::default();
    users(model, &mut metrics);
    each_user(model, top, names, &mut metrics);
    events(model, &mut metrics);
    sockets(model, &mut metrics);
    reading(model, &mut metrics);
    metrics.text
}

#[derive(Default)]
struct MetricsText {
    text: String,
}

impl MetricsText {
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

fn users(model: &ReportModel, metrics: &mut MetricsText) {
    metrics.metric("mtp_users", "gauge", "Users by the latest verdict of mtp-score.");
    for verdict in Verdict::ALL {
        let count = model.users.values().filter(|user| user.verdict == verdict).count();
        metrics.sample("mtp_users", &[("verdict", verdict.name())], count);
    }
}

/// A metric of each user: its name, help and value.
type UserMetric = (&'static str, &'static str, fn(&UserModel) -> Option<f64>);

const EACH_USER: [UserMetric; 8] = [
    ("mtp_user_verdict", "Verdict on a user: 0 unknown, 1 clear, 2 watch, 3 sharing.", |user| {
        Some(f64::from(user.verdict as u8))
    }),
    ("mtp_user_people", "People who use an account at the same time, estimated.", |user| {
        user.people
    }),
    ("mtp_user_score", "Activity score of a user, 0 to 100.", |user| user.score.map(float)),
    ("mtp_user_window_connections", "Connections of a user in mtp-score's window.", |user| {
        user.summary.as_ref().map(|row| float(row.connections))
    }),
    ("mtp_user_window_addresses", "Addresses of a user in mtp-score's window.", |user| {
        user.summary.as_ref().map(|row| float(row.addresses))
    }),
    (
        "mtp_user_usage_connections",
        "Connections of a user by the proxy's own statistics.",
        |user| user.usage.as_ref().map(|usage| float(usage.connects())),
    ),
    ("mtp_user_usage_open", "Open connections of a user by the proxy's own statistics.", |user| {
        user.usage.as_ref().map(|usage| float(usage.current()))
    }),
    (
        "mtp_user_usage_bytes",
        "Traffic of a user, both ways, by the proxy's own statistics.",
        |user| user.usage.as_ref().map(|usage| float(usage.bytes())),
    ),
];

fn each_user(model: &ReportModel, top: usize, names: &mut Anonymizer, metrics: &mut MetricsText) {
    let ranked = model.ranked();
    let worst: Vec<_> = ranked.iter().take(top).collect();
    for (metric, help, value) in EACH_USER {
        metrics.metric(metric, "gauge", help);
        for (name, user) in &worst {
            if let Some(value) = value(user) {
                metrics.sample(metric, &[("user", &names.user(name))], value);
            }
        }
    }
}

fn events(model: &ReportModel, metrics: &mut MetricsText) {
    let counts = &model.counts;
    for (name, kind, help) in [
        ("mtp_connections_total", Kind::Connect, "Connections that were read."),
        ("mtp_disconnections_total", Kind::Disconnect, "Ends of connections that were read."),
        ("mtp_starts_total", Kind::Start, "Starts of a proxy that were read."),
    ] {
        metrics.metric(name, "counter", help);
        metrics.sample(name, &[], counts.of(kind));
    }
    metrics.metric("mtp_rejects_total", "counter", "Clients that were turned away, by reason.");
    for (reason, count) in &counts.reasons {
        metrics.sample("mtp_rejects_total", &[("reason", reason)], count);
    }
    if counts.other_reasons > 0 {
        metrics.sample("mtp_rejects_total", &[("reason", "(others)")], counts.other_reasons);
    }
    metrics.metric("mtp_alerts_total", "counter", "Alerts by the verdict they came to.");
    for (verdict, count) in Verdict::ALL.iter().zip(counts.alerted) {
        metrics.sample("mtp_alerts_total", &[("verdict", verdict.name())], count);
    }
}

fn sockets(model: &ReportModel, metrics: &mut MetricsText) {
    let latest = || {
        let ports = model.sockets.ports.iter();
        ports.filter_map(|(port, series)| Some((port.to_string(), *series.points.last()?)))
    };
    metrics.metric("mtp_sockets", "gauge", "Connections open at the latest sample.");
    for (port, point) in latest() {
        metrics.sample("mtp_sockets", &[("port", &port)], point.total);
    }
    metrics.metric("mtp_socket_addresses", "gauge", "Addresses with a connection open then.");
    for (port, point) in latest() {
        metrics.sample("mtp_socket_addresses", &[("port", &port)], point.addresses);
    }
}

fn reading(model: &ReportModel, metrics: &mut MetricsText) {
    let counts = &model.counts;
    if let Some(parsed) = counts.parsed() {
        metrics.metric(
            "mtp_log_lines_total",
            "counter",
            "Lines of logs by what mtp-parse made of them.",
        );
        for (outcome, count) in [
            ("understood", parsed.understood),
            ("passed_over", parsed.passed_over),
            ("not_recognised", parsed.not_recognised),
            ("cut", parsed.cut),
        ] {
            metrics.sample("mtp_log_lines_total", &[("outcome", outcome)], count);
        }
    }
    metrics.metric("mtp_report_rows_total", "counter", "Rows that mtp-report read, by type.");
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
        metrics.sample("mtp_report_rows_total", &[("type", kind)], count);
    }
    metrics.metric("mtp_report_dropped_total", "counter", "Rows beyond what mtp-report remembers.");
    metrics.sample(
        "mtp_report_dropped_total",
        &[],
        model.dropped.user_rows + model.dropped.times + model.sockets.dropped,
    );
    if let Some((_, last)) = model.ends {
        let name = "mtp_report_last_event_timestamp_seconds";
        metrics.metric(name, "gauge", "The latest time of a row.");
        metrics.sample(name, &[], last.0.div_euclid(1000));
    }
}

/// Counts as floats: exact up to 2^53.
#[expect(clippy::cast_precision_loss, reason = "metrics are floats")]
fn float(count: u64) -> f64 {
    count as f64
}
