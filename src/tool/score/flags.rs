//! The flags of `mtp-score`.

use std::time::Duration;

use super::{Action, AtEnd, Only, ScoreOptions};
use crate::cli::value::{bounded, choice, count, duration_ms, invalid};
use crate::cli::{Flag, RemovedFlag};
use crate::score::policy::{CidrBlock, devices};
use crate::score::state::ScoreMode;
use crate::sharing::Detail;
use crate::tool::language;
use crate::view::{IconSet, Lang};

type F = Flag<ScoreOptions>;

/// Windows count in milliseconds since their first connection, in 32 bits: 49 days.
const WINDOW_MAX_MS: i64 = 45 * 86_400_000;

const ONLY: &[(&str, Only)] =
    &[("all", Only::All), ("high", Only::High), ("watch", Only::Watch), ("sharing", Only::Sharing)];
const EVIDENCE: &[(&str, Detail)] =
    &[("short", Detail::Short), ("intervals", Detail::Intervals), ("full", Detail::Full)];

fn names<T>(choices: &[(&'static str, T)]) -> Vec<&'static str> {
    choices.iter().map(|(name, _)| *name).collect()
}

/// Reads a decimal number above 0.
fn percent(what: &str, text: &str, max: f64) -> Result<f64, String> {
    let value = text.parse().ok().filter(|value: &f64| *value > 0.0 && *value <= max);
    value.ok_or_else(|| invalid(what, text, format!("0.1 to {max}")))
}

fn window_ms(text: &str) -> Result<Option<i64>, String> {
    if text == "all" {
        return Ok(None);
    }
    match duration_ms(text)? {
        ms @ 1..=WINDOW_MAX_MS => Ok(Some(ms)),
        _ => Err(invalid("window", text, "1ms to 45d, or all")),
    }
}

pub(super) const FLAGS: &[F] = &[
    F::value("window", "DURATION", "Time window for the score", |o, text| {
        o.window.window_ms = window_ms(text)?;
        Ok(())
    })
    .default("24h")
    .detail("all: the whole stream."),
    F::value("late", "DURATION", "Allowed disorder of events", |o, text| {
        o.window.late_ms = duration_ms(text)?;
        Ok(())
    })
    .default("30s")
    .detail(
        "Events this much older than the newest of their source are put in order. Older ones are \
         left out and counted. An alert waits as long, by the clock where the stream is quiet. A \
         file that holds one service after another needs as much as it covers: --late 3d.",
    ),
    F::path("state", "FILE", "Save state in FILE and resume from it", |o, path| {
        o.state = Some(path);
    }),
    F::value("save-every", "DURATION", "Time between two saves of the state", |o, text| {
        o.save_every = Duration::from_millis(duration_ms(text)?.unsigned_abs().max(1));
        Ok(())
    })
    .default("1m")
    .advanced(),
    F::value("retain", "DURATION", "Erase users that were not seen for DURATION", |o, text| {
        o.retain_ms = Some(duration_ms(text)?.max(86_400_000));
        Ok(())
    })
    .default("never")
    .detail("In event time, when a day (UTC) begins. At least a day."),
    F::value("forget", "USER", "Erase a user from --state, and end", |o, text| {
        o.forget.push(text.to_owned());
        Ok(())
    })
    .detail("May be given several times."),
    F::value("every", "DURATION", "Write summaries of changed users every DURATION", |o, text| {
        o.every_ms = Some(duration_ms(text)?.max(1));
        Ok(())
    })
    .default("at the end only")
    .detail("In event time. When the stream is quiet for as long, by the clock."),
    F::value("only", "WHICH", "Write only users that are high, watch or sharing", |o, text| {
        o.only = choice("selection", text, ONLY)?;
        Ok(())
    })
    .one_of(|| names(ONLY))
    .default("all"),
    F::value("top", "N", "Write only the N most suspicious users", |o, text| {
        o.top = Some(count(text, 1)?);
        Ok(())
    }),
    F::value("ips", "N", "Addresses listed in a summary", |o, text| {
        o.ips_max = count(text, 0)?;
        Ok(())
    })
    .default("20")
    .advanced(),
    F::value("alert-on", "WHAT", "Alert also when this changes: risk", |o, text| {
        o.alert_on_risk = choice("alert", text, &[("risk", true)])?;
        Ok(())
    })
    .one_of(|| vec!["risk"])
    .default("verdict only"),
    F::value("devices", "N", "Networks one user may use at the same time", |o, text| {
        o.policy.devices = devices(text)?;
        Ok(())
    })
    .default("2")
    .detail("2: a phone, and a device that does not move, at home or at work."),
    F::path("limits", "FILE", "Read limits of single users from FILE", |o, path| {
        o.limits_file = Some(path);
    })
    .detail(
        "One line each: the user's name, a space, and a number of devices; exempt for a user \
         without alerts; household, or acknowledged until 2026-12-31, for a verdict of watch at \
         most. Lines that begin with # are comments.",
    ),
    F::value(
        "ignore",
        "CIDR",
        "Ignore addresses of this block in people and verdict",
        |o, text| {
            o.policy.ignored.push(CidrBlock::read(text)?);
            Ok(())
        },
    )
    .detail("For your own relays. May be repeated."),
    F::switch("trust-private", "Treat private and loopback addresses as those of clients", |o| {
        o.policy.trust_private = true;
    })
    .detail(
        "For a proxy on a LAN. Without it, connections from loopback, link-local and private \
         addresses are those of a relay, gateway or NAT: they are left out of people and verdict, \
         and a user with more than one in twenty of them is never clear.",
    ),
    F::value(
        "prior",
        "PERCENT",
        "Share of accounts that are shared, for the confidence",
        |o, text| {
            let percent = percent("share", text, 99.0)?;
            o.policy.prior = percent / 100.0;
            Ok(())
        },
    )
    .default("5")
    .detail("With another share the confidence changes, and the verdict does not."),
    F::value(
        "alarms",
        "N",
        "Honest users in 1000 that may be accused in a fortnight",
        |o, text| {
            o.policy.thresholds.set_alarms(percent("number of alarms", text, 500.0)?);
            Ok(())
        },
    )
    .default("10")
    .detail("Measured on simulated populations. With fewer, fewer shared accounts are found."),
    F::switch("strict-households", "Count people who come home to one place as sharing", |o| {
        o.policy.thresholds.count_households();
    })
    .detail("Without it the verdict on them is watch, as on all of whom no second home was seen."),
    F::value("relay", "N", "Ignore networks used by N or more users", |o, text| {
        o.policy.relay = Some(count(text, 2)?);
        Ok(())
    })
    .default("off")
    .detail(
        "In people and verdict. For relays, VPN exits and large NATs. With it a user's verdict \
         depends on the other users.",
    ),
    F::path("asn", "FILE", "Merge a mobile carrier's addresses by this MMDB", |o, path| {
        o.asn_file = Some(path);
    })
    .detail(
        "A local database in MaxMind's format: connection types, ISPs, or autonomous systems \
         with a mobile carrier's name. Without it carriers are recognized by how their addresses \
         are used.",
    ),
    F::switch("events", "Write the input rows too, for mtp-report", |o| {
        o.has_events = true;
        if o.detail == Detail::Short {
            o.detail = Detail::Intervals;
        }
    })
    .detail(
        "One pipeline then feeds everything. Implies --evidence intervals: the report draws what \
         the verdict was computed from.",
    ),
    F::switch("long", "Write a block for every user, as the old scripts did", |o| {
        o.is_long = true;
    })
    .detail("Without it the text is a table, with blocks for users that are watch or sharing."),
    F::value("evidence", "HOW", "Detail of the evidence: short, intervals or full", |o, text| {
        o.detail = choice("detail", text, EVIDENCE)?;
        Ok(())
    })
    .one_of(|| names(EVIDENCE))
    .default("short")
    .detail(
        "intervals: the strongest facts, and when each network was in use. full: every pair of \
         networks, and the intervals.",
    ),
    F::value(
        "explain",
        "USER",
        "Explain the verdict on USER, as text, and nothing else",
        |o, text| {
            o.explain = Some(text.to_owned());
            Ok(())
        },
    ),
    F::path("table", "FILE", "Read the table of all users from FILE", |o, path| {
        o.table = Some(path);
    })
    .detail("For a run over a part of the users. See PARTITIONS.")
    .advanced(),
    F::switch("write-table", "Write the table of these users and nothing else", |o| {
        o.action = Action::Score(ScoreMode::TableOnly);
    })
    .advanced(),
    F::switch("clock-rows", "Take the time of the stream from clock rows alone", |o| {
        o.action = Action::Score(ScoreMode::Clocked);
    })
    .advanced(),
    F::value("clock-sources", "N", "Take the time from the clock rows of N sources", |o, text| {
        o.action = Action::Score(ScoreMode::Clocked);
        o.clock_sources = Some(count(text, 1)?);
        Ok(())
    })
    .detail(
        "It moves when each of them has sent one or has ended. Without it, a source that is \
             silent for ten minutes does not hold back the time.",
    )
    .advanced(),
    F::switch("no-summaries", "Write alerts alone: no summaries and counts at the end", |o| {
        o.at_end = AtEnd::Nothing;
    })
    .detail("For a run that ends only to save its state: the next run with --state writes them.")
    .advanced(),
    F::switch("merge", "Merge the outputs of several runs, given as FILEs", |o| {
        o.action = Action::Merge;
    })
    .detail("Of partitions of one stream: no user is in two of them.")
    .advanced(),
    F::switch("no-emoji", "Use words instead of emoji", |o| o.icons = Some(IconSet::Words)),
    F::value("lang", "LANG", "Language of text", |o, text| {
        o.lang = Some(language(text)?);
        Ok(())
    })
    .one_of(Lang::names)
    .default("locale"),
    F::value("v4-prefix", "BITS", "Prefix length of an IPv4 network", |o, text| {
        o.policy.prefixes.v4 = bounded("prefix length", text, 1, 32)?;
        Ok(())
    })
    .default("32")
    .advanced(),
    F::value("v6-prefix", "BITS", "Prefix length of an IPv6 network", |o, text| {
        o.policy.prefixes.v6 = bounded("prefix length", text, 1, 64)?;
        Ok(())
    })
    .default("64")
    .advanced(),
    F::value(
        "together",
        "DURATION",
        "Time within which connections count as simultaneous",
        |o, text| {
            o.window.together_ms = duration_ms(text)?;
            Ok(())
        },
    )
    .default("300s")
    .advanced(),
    F::value("per-address", "N", "Points per address", |o, text| {
        o.rule.per_address = count(text, 0)?;
        Ok(())
    })
    .default("10")
    .advanced(),
    F::value("per-pair", "N", "Points per simultaneous pair", |o, text| {
        o.rule.per_pair = count(text, 0)?;
        Ok(())
    })
    .default("50")
    .advanced(),
    F::value("per-connection", "N", "Points per connection over --free-connections", |o, text| {
        o.rule.per_connection = count(text, 0)?;
        Ok(())
    })
    .default("2")
    .advanced(),
    F::value("free-connections", "N", "Connections without points", |o, text| {
        o.rule.connections_free = count(text, 0)?;
        Ok(())
    })
    .default("20")
    .advanced(),
    F::value("score-max", "N", "Highest score", |o, text| {
        o.rule.score_max = count(text, 1)?;
        Ok(())
    })
    .default("100")
    .advanced(),
    F::value("medium-from", "N", "Lowest score of medium risk", |o, text| {
        o.rule.medium_from = count(text, 0)?;
        Ok(())
    })
    .default("11")
    .advanced(),
    F::value("high-from", "N", "Lowest score of high risk", |o, text| {
        o.rule.high_from = count(text, 0)?;
        Ok(())
    })
    .default("31")
    .advanced(),
];

pub(super) const REMOVED: &[RemovedFlag] = &[
    RemovedFlag { long: "compose", instead: "docker compose logs | mtp-parse | mtp-score" },
    RemovedFlag { long: "container", instead: "docker logs NAME 2>&1 | mtp-parse | mtp-score" },
    RemovedFlag { long: "lines", instead: "docker compose logs --tail N | mtp-parse | mtp-score" },
    RemovedFlag { long: "export", instead: "mtp-score > FILE" },
];
