//! The flags of `mtp-parse`.

use super::{ParseOptions, list, span::TimeBound};
use crate::cli::value::{bounded, invalid, one_of};
use crate::cli::{Flag, RemovedFlag};
use crate::formats::{
    self,
    regex_parser::{self, RegexParser},
};
use crate::timestamp::Zone;

type F = Flag<ParseOptions>;

fn dialects() -> Vec<&'static str> {
    formats::names().into_iter().chain([list::LIST]).collect()
}

fn dialect(text: &str) -> Result<String, String> {
    let is_known = formats::named(text).is_some_and(|dialect| dialect.name == text)
        || [list::LIST, regex_parser::NAME].contains(&text);
    is_known.then(|| text.to_owned()).ok_or_else(|| invalid("dialect", text, one_of(&dialects())))
}

pub(super) const FLAGS: &[F] = &[
    F::value("dialect", "NAME", "Parse this dialect only; list describes them", |o, text| {
        o.dialect = Some(dialect(text)?);
        Ok(())
    })
    .one_of(dialects)
    .default("all but minhpn")
    .short('d'),
    F::value("pattern", "REGEX", "Parse other logs by a regular expression", |o, text| {
        o.pattern = Some(RegexParser::new(text)?);
        Ok(())
    })
    .detail(
        "The named groups are ts, user, secret, ip, port and event, written (?P<user>…). ts is \
         RFC 3339, the same without a zone, or seconds or milliseconds since 1970. event is a \
         row's type or a word like connected, closed, denied; without the group it is connect. \
         Lines that do not match are parsed as usual, unless --dialect pattern is given. A common \
         patch of mtprotoproxy prints lines like alice 203.0.113.7: \
         ^(?P<user>\\S+) (?P<ip>[0-9a-f.:]+)$ parses them.",
    ),
    F::path("users", "FILE", "Map secrets to users by the USERS of this config.py", |o, path| {
        o.users = Some(path);
    })
    .detail(
        "The file is read again when it changes. A secret that is not in it becomes unknown_ and \
         8 digits of its SHA-256.",
    ),
    F::value("source", "NAME", "Source name of all events", |o, text| {
        o.source = Some(text.to_owned());
        Ok(())
    })
    .default("from the framing")
    .detail("For mtg, which serves one secret per process, this is also the user."),
    F::value("only-source", "NAME", "Only lines of this source; may be repeated", |o, text| {
        o.only_sources.push(text.to_owned());
        Ok(())
    })
    .default("all")
    .detail(
        "A source is a container, service or unit: the source of the rows. Lines of others are \
         ignored.",
    ),
    F::value("tz", "ZONE", "Zone of times without one: UTC, +07:00, Europe/Kyiv", |o, text| {
        o.zone = Some(Zone::read(text)?);
        Ok(())
    })
    .default("local"),
    F::value("year", "YEAR", "Year of dates without one", |o, text| {
        o.year = Some(bounded("year", text, 1970, 9999)?);
        Ok(())
    })
    .default("the newest that is not in the future"),
    F::value("since", "TIME", "Only events at or after this time", |o, text| {
        o.since = Some(TimeBound::read(text)?);
        Ok(())
    })
    .detail(
        "2026-11-23T15:00:00Z, 2026-11-23, 2026-11-23 15:00 (in the zone of --tz), or a duration \
         before now: 90m, 24h, 3d.",
    ),
    F::value("until", "TIME", "Only events before this time", |o, text| {
        o.until = Some(TimeBound::read(text)?);
        Ok(())
    }),
    F::value("jobs", "N", "Parse files with N threads", |o, text| {
        o.jobs = Some(bounded("number of threads", text, 1, 64)?);
        Ok(())
    })
    .default("1")
    .short('j')
    .detail(
        "The rows are the same, in the same order. It has an effect on logs in which a line does \
         not depend on those before it, as the access log of mtprotoproxy. Others are parsed by \
         one thread, which a message reports.",
    ),
    F::path("rejects", "FILE", "Write unrecognized lines to FILE, secrets removed", |o, path| {
        o.rejects = Some(path);
    }),
    F::switch("strict", "Exit with status 1 if a line was unrecognized or cut", |o| {
        o.strict = true;
    }),
    F::switch("explain", "Write how each line was parsed, in place of events", |o| {
        o.explain = true;
    })
    .detail(
        "For each line: framing, dialect and meaning, or why it was not recognized. With --format \
         json, one object per line.",
    ),
    F::switch("check", "Write what each source logs and what is missing, no events", |o| {
        o.check = true;
    })
    .detail(
        "For each source: the proxy, its log level, whether users, addresses and ends of \
         connections can be seen, and the setting that adds what is missing. Written at the end \
         of the input, and every minute of a live stream.",
    ),
];

pub(super) const REMOVED: &[RemovedFlag] = &[
    RemovedFlag { long: "compose", instead: "docker compose logs | mtp-parse" },
    RemovedFlag { long: "container", instead: "docker logs NAME 2>&1 | mtp-parse" },
    RemovedFlag { long: "lines", instead: "docker compose logs --tail N | mtp-parse" },
    RemovedFlag { long: "export", instead: "mtp-parse > FILE" },
];
