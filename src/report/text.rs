//! The report as text: alerts and samples as they come, the analysis at the end.

use super::Anonymizer;
use super::model::{ReportModel, UserModel};
use crate::io::escape::Escaped;
use crate::stream::{Kind, Row, Summary, Verdict};
use crate::timestamp::Timestamp;
use crate::view::messages::fill;
use crate::view::{AccountLine, TextStyle, Totals, account, monitor, table};

/// What the text contains.
#[derive(Clone, Copy, Debug)]
pub struct TextOptions {
    /// Users at most.
    pub top: Option<usize>,
    /// Connections of an address that are marked in a sample.
    pub warn: u64,
    /// A block for every user, as the scripts printed.
    pub is_long: bool,
}

/// Writes a row that is shown at once; of alerts, those that are new.
pub fn row(
    row: &Row<'_>,
    options: &TextOptions,
    names: &mut Anonymizer,
    style: &TextStyle,
    now: Timestamp,
    out: &mut String,
) {
    match row {
        Row::Alert(alert) if options.is_long || account::is_new(alert, now) => {
            account::alert(&names.alert((**alert).clone()), style, out);
        }
        Row::Sample(sample) => {
            monitor::sample(&names.sample((**sample).clone()), options.warn, style, out);
            out.push('\n');
        }
        Row::Connection(connection) => {
            monitor::connection(&names.connection((**connection).clone()), style, out);
        }
        Row::Event(_)
        | Row::Summary(_)
        | Row::Alert(_)
        | Row::Meta(_)
        | Row::Table(_)
        | Row::Clock(_)
        | Row::Other
        | Row::Foreign => {}
    }
}

/// Writes what is known of all users.
pub fn analysis(
    model: &ReportModel,
    options: &TextOptions,
    names: &mut Anonymizer,
    style: &TextStyle,
    out: &mut String,
) {
    let at = model.ends.map_or(Timestamp(0), |(_, last)| last);
    let users: Vec<(Summary<'_>, &UserModel)> = model
        .ranked()
        .into_iter()
        .filter_map(|(_, user)| Some((user.summary.as_deref()?.clone(), user)))
        .map(|(row, user)| (names.summary(row), user))
        .collect();
    if model.counts.summaries == 0 {
        unscored(model, names, style, out);
        return;
    }
    let mut totals = Totals::default();
    for (row, _) in &users {
        totals.add(row);
    }
    let listed = options.top.unwrap_or(users.len()).min(users.len());
    let shown = users.iter().take(listed);
    if options.is_long {
        account::long_heading(at, style, out);
        shown.for_each(|(row, _)| account::long_block(row, style, out));
        totals.write_long(style, out);
        return;
    }
    account::heading(at, &totals, style, out);
    let line = |(row, user): &(Summary<'_>, &UserModel)| AccountLine {
        networks: user.networks(),
        traffic: user.traffic(),
        ..AccountLine::new(row, style)
    };
    let lines: Vec<_> = shown.clone().map(line).collect();
    let window = users.first().and_then(|(row, _)| row.window);
    table::table(&lines, at, window, style, out);
    out.push('\n');
    for (row, user) in shown.filter(|(row, _)| row.verdict >= Verdict::Watch) {
        account::block(row, user.traffic(), style, out);
    }
    totals.write((users.len() - listed) as u64, style, out);
}

/// Without scores: that there are events, or the statistics of a proxy that does not log addresses.
fn unscored(model: &ReportModel, names: &mut Anonymizer, style: &TextStyle, out: &mut String) {
    let connects = model.counts.of(Kind::Connect);
    if connects > 0 {
        let users = model.users.len();
        let text = fill(style.messages().unscored, &[("n", &connects), ("users", &users)]);
        style.line(out, 0, 0, None, &text);
    }
    let usage = model.ranked().into_iter().filter_map(|(name, user)| {
        let usage = user.usage.as_ref()?;
        let user = Escaped(&names.user(name)).to_string();
        Some(table::UsageLine {
            user,
            connects: usage.connects(),
            open: usage.current(),
            bytes: usage.bytes(),
        })
    });
    let usage: Vec<_> = usage.collect();
    if !usage.is_empty() {
        table::usage_table(usage, style, out);
    }
}
