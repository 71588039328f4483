//! The flags of `mtp-report`.

use std::path::PathBuf;
use std::time::Duration;

use super::{HideNames, ReportOptions};
use crate::cli::value::{count, duration_ms, invalid, one_of};
use crate::cli::{Flag, RemovedFlag};
use crate::report::calendar::{By, CalendarRows};
use crate::timestamp::Zone;
use crate::tool::language;
use crate::view::{IconSet, Lang};

type F = Flag<ReportOptions>;

/// `-` is standard output.
fn output(path: PathBuf) -> PathBuf {
    if path.as_os_str() == "-" { PathBuf::from("/dev/stdout") } else { path }
}

pub(super) const FLAGS: &[F] = &[
    F::switch("text", "Write text to standard output", |o| o.text = true)
        .default("unless --html, --prometheus or --watch"),
    F::switch("long", "Write a block for every user, as the old scripts did", |o| {
        o.is_long = true;
    })
    .detail("Without it the text is a table, with blocks for users that are watch or sharing."),
    F::path("html", "FILE", "Write a self-contained HTML page", |o, path| {
        o.html = Some(output(path));
    })
    .detail("- is standard output."),
    F::path("prometheus", "FILE", "Write metrics in Prometheus' text format", |o, path| {
        o.prometheus = Some(output(path));
    })
    .detail("For node_exporter's textfile collector. - is standard output."),
    F::switch("force", "Replace a FILE that is not of mtp-report", |o| o.is_forced = true).detail(
        "Without it an existing file is replaced only if it is a page, or metrics, of mtp-report. \
         A file that is also read is never replaced.",
    ),
    F::switch("watch", "Show a screen that is updated as rows arrive", |o| o.watch = true)
        .detail("Requires a terminal. Keys are read from the terminal, rows from the input."),
    F::value("by", "PERIOD", "Write a calendar: a row for each day, week or month", |o, text| {
        let found = By::ALL.into_iter().find(|by| by.name() == text);
        let names = By::ALL.map(By::name);
        o.by = Some(found.ok_or_else(|| invalid("period", text, one_of(&names)))?);
        Ok(())
    })
    .one_of(|| By::ALL.map(By::name).to_vec())
    .detail("In the text instead of the table; on the page beside it. With --format json: rows."),
    F::switch("per-user", "A row for each user and period, in the calendar", |o| {
        o.which = CalendarRows::EachUser;
    }),
    F::value("user", "USER", "Only this user, in the calendar", |o, text| {
        o.which = CalendarRows::User(text.to_owned());
        Ok(())
    }),
    F::path("history", "FILE", "Keep the days of the calendar in FILE", |o, path| {
        o.history = Some(path);
    })
    .detail("Rows that it has are not counted again."),
    F::path("merge", "FILE", "Add another history to --history, and end", |o, path| {
        o.merge.push(path);
    })
    .detail("It must be of other log lines. May be given several times."),
    F::value("retain", "DURATION", "How long days are kept in --history", |o, text| {
        o.retain_ms = duration_ms(text)?.max(86_400_000);
        Ok(())
    })
    .default("400d"),
    F::value("forget", "USER", "Erase a user from --history, and end", |o, text| {
        o.forget.push(text.to_owned());
        Ok(())
    })
    .detail("May be given several times."),
    F::value("every", "DURATION", "Least time between two versions of a file", |o, text| {
        let ms = u64::try_from(duration_ms(text)?.max(1000)).unwrap_or(1000);
        o.every = Duration::from_millis(ms);
        Ok(())
    })
    .default("5s"),
    F::value("top", "N", "Show only the N worst users", |o, text| {
        o.top = Some(count(text, 1)?);
        Ok(())
    })
    .default("all in the text, 50 elsewhere"),
    F::value("warn", "N", "Mark addresses with N connections or more", |o, text| {
        o.warn = count(text, 1)?;
        Ok(())
    })
    .default("10"),
    F::switch("anonymize", "Replace names and addresses by numbers", |o| {
        if o.names == HideNames::No {
            o.names = HideNames::Numbered;
        }
    })
    .detail(
        "Numbers follow the order of the rows: the same rows give the same numbers. For names \
         that are the same in every run use --anonymize-key.",
    ),
    F::path("anonymize-key", "FILE", "Replace names by a keyed hash", |o, path| {
        o.names = HideNames::Keyed(path);
    })
    .detail("The file holds 16 bytes or more, for example from head -c 32 /dev/urandom."),
    F::value("lang", "LANG", "Language of text and page", |o, text| {
        o.lang = Some(language(text)?);
        Ok(())
    })
    .one_of(Lang::names)
    .default("locale"),
    F::value("tz", "ZONE", "Time zone of text and page", |o, text| {
        o.zone = Some(Zone::read(text)?);
        text.clone_into(&mut o.zone_name);
        Ok(())
    })
    .default("the system's"),
    F::value("title", "TEXT", "Title of the page", |o, text| {
        o.title = Some(text.to_owned());
        Ok(())
    }),
    F::switch("no-emoji", "Use words instead of emoji", |o| o.icons = Some(IconSet::Words)),
    F::switch("strict", "Exit with status 1 if a line was not a row", |o| o.strict = true),
];

pub(super) const REMOVED: &[RemovedFlag] = &[
    RemovedFlag { long: "export", instead: "--html FILE, or redirect the output: > FILE" },
    RemovedFlag { long: "continuous", instead: "--watch" },
];
