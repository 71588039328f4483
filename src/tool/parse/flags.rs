//! The flags of `mtp-parse`.

use super::{Options, list, span::Bound};
use crate::cli::value::count;
use crate::cli::{Among, Flag, Takes, Value};
use crate::formats::{self, pattern::Pattern};
use crate::timestamp::LocalTimeResolver;

const fn text(
    name: &'static str,
    act: fn(&mut Options, &str) -> Result<(), String>,
) -> Takes<Options> {
    Takes::Text(Value { name, among: Among::Any }, act)
}

fn dialects() -> Vec<&'static str> {
    formats::names().into_iter().chain([list::LIST]).collect()
}

/// All of them.
pub(super) const FLAGS: &[Flag<Options>] = &[
    Flag::new(
        "dialect",
        "Listen for this dialect only; list explains them",
        Takes::Text(
            Value { name: "NAME", among: Among::Names(dialects) },
            |o: &mut Options, text| {
                let known = formats::named(text).map(|dialect| dialect.name);
                let special =
                    [list::LIST, formats::pattern::NAME].into_iter().find(|at| *at == text);
                let name = known.or(special).ok_or_else(|| {
                    format!("'{text}' is no dialect: one of {}", dialects().join(", "))
                })?;
                o.dialect = Some(name.to_owned());
                Ok(())
            },
        ),
    )
    .short('d'),
    Flag::new(
        "pattern",
        "Read other logs by a regular expression with named groups",
        text("REGEX", |o, text| {
            o.pattern = Some(Pattern::read(text)?);
            Ok(())
        }),
    )
    .detail(
        "The groups are ts, user, secret, ip, port and event, written (?P<user>…). ts is RFC 3339, \
         the same without a zone, or seconds or milliseconds since 1970; event is a row's type or \
         a word like connected, closed, denied, and connect where the group is missing. Lines that \
         do not match are read as always, unless there is --dialect pattern.",
    ),
    Flag::new(
        "users",
        "Turn secrets into users by the USERS of this config.py",
        Takes::Path("FILE", |o: &mut Options, path| o.users = Some(path)),
    )
    .detail(
        "The file is read again when it changes. A secret that it does not know becomes unknown_ \
         and its first 8 digits.",
    ),
    Flag::new(
        "source",
        "Call the source of all lines this",
        text("NAME", |o, text| {
            o.source = Some(text.to_owned());
            Ok(())
        }),
    )
    .detail("Of mtg, which serves one secret a process, this is also the user."),
    Flag::new(
        "tz",
        "The zone of times that have none: UTC, +07:00, Europe/Kyiv, local",
        text("ZONE", |o, text| {
            o.zone = Some(LocalTimeResolver::read_zone(text)?);
            Ok(())
        }),
    ),
    Flag::new(
        "year",
        "The year of dates that have none",
        text("YEAR", |o, text| {
            let year = count(text, 1970).ok().filter(|year| *year <= 9999);
            o.year = Some(year.ok_or_else(|| format!("'{text}' is no year: 2026 would be"))?);
            Ok(())
        }),
    ),
    Flag::new(
        "since",
        "Only events from this moment on",
        text("TIME", |o, text| {
            o.since = Some(Bound::read(text)?);
            Ok(())
        }),
    )
    .detail(
        "2026-11-23T15:00:00Z, 2026-11-23, 2026-11-23 15:00 (in the zone of --tz), or how long \
         ago: 90m, 24h, 3d.",
    ),
    Flag::new(
        "until",
        "Only events before this moment",
        text("TIME", |o, text| {
            o.until = Some(Bound::read(text)?);
            Ok(())
        }),
    ),
    Flag::new(
        "rejects",
        "Write lines that are not recognised to this file, without secrets",
        Takes::Path("FILE", |o: &mut Options, path| o.rejects = Some(path)),
    ),
    Flag::new(
        "strict",
        "End with status 1 if a line was not recognised or was cut",
        Takes::Nothing(|o: &mut Options| o.strict = true),
    ),
    Flag::new(
        "explain",
        "Say of each line its framing, dialect and meaning, or why it has none",
        Takes::Nothing(|o: &mut Options| o.explain = true),
    )
    .detail("No events are written then. With --format json it is one object a line."),
];
