//! The flags of `mtp-score`.

use std::path::PathBuf;
use std::time::Duration;

use super::{Only, ScoreOptions};
use crate::cli::value::{count, duration_ms};
use crate::cli::{Among, Flag, Takes, Value};
use crate::score::policy::{CidrBlock, devices};
use crate::sharing::Detail;
use crate::view::look::Marks;

/// Windows count in milliseconds since their first connection, in 32 bits: 49 days.
const WINDOW_MAX_MS: i64 = 45 * 86_400_000;

const fn text(
    name: &'static str,
    act: fn(&mut ScoreOptions, &str) -> Result<(), String>,
) -> Takes<ScoreOptions> {
    Takes::Text(Value { name, among: Among::Any }, act)
}

const fn path(act: fn(&mut ScoreOptions, PathBuf)) -> Takes<ScoreOptions> {
    Takes::Path("FILE", act)
}

fn only_names() -> Vec<&'static str> {
    vec!["all", "high", "watch", "sharing"]
}

fn alert_names() -> Vec<&'static str> {
    vec!["risk"]
}

fn evidence_names() -> Vec<&'static str> {
    vec!["short", "full"]
}

const EVIDENCE: Value = Value { name: "HOW", among: Among::Names(evidence_names) };

fn prefix(text: &str, most: u8) -> Result<u8, String> {
    count::<u8>(text, 1)
        .ok()
        .filter(|length| *length <= most)
        .ok_or_else(|| format!("'{text}': from 1 to {most} bits"))
}

/// All of them.
pub(super) const FLAGS: &[Flag<ScoreOptions>] = &[
    Flag::new(
        "window",
        "How long a connection counts: 24h, 7d, all",
        text("DURATION", |o, text| {
            o.window.window_ms = match text {
                "all" => None,
                _ => match duration_ms(text)? {
                    ms @ 1..=WINDOW_MAX_MS => Some(ms),
                    _ => return Err(format!("'{text}': from 1ms to 45d, or all")),
                },
            };
            Ok(())
        }),
    ),
    Flag::new(
        "together",
        "Connections that began less than this apart are simultaneous (300s)",
        text("DURATION", |o, text| {
            o.window.together_ms = duration_ms(text)?;
            Ok(())
        }),
    ),
    Flag::new(
        "late",
        "How far out of order events may be (30s)",
        text("DURATION", |o, text| {
            o.window.late_ms = duration_ms(text)?;
            Ok(())
        }),
    )
    .detail(
        "Events up to so much older than the newest of their source count as if they had come in \
         order; older ones are left out and counted. A file that has one service after another \
         needs as much as it spans: --late 3d.",
    ),
    Flag::new(
        "state",
        "Keep the book in FILE",
        Takes::Path("FILE", |o, path| o.state = Some(path)),
    ),
    Flag::new(
        "save-every",
        "How often the book is saved (1m)",
        text("DURATION", |o, text| {
            o.save_every = Duration::from_millis(duration_ms(text)?.unsigned_abs().max(1));
            Ok(())
        }),
    ),
    Flag::new(
        "every",
        "Write summaries of the users that changed, each DURATION of event time",
        text("DURATION", |o, text| {
            o.every_ms = Some(duration_ms(text)?.max(1));
            Ok(())
        }),
    )
    .detail("When the stream is quiet for as long, they come by the clock."),
    Flag::new(
        "only",
        "Write only of users like these: high, watch, sharing",
        Takes::Text(Value { name: "WHICH", among: Among::Names(only_names) }, |o, text| {
            o.only = match text {
                "all" => Only::All,
                "high" => Only::High,
                "watch" => Only::Watch,
                "sharing" => Only::Sharing,
                _ => return Err(format!("'{text}': one of {}", only_names().join(", "))),
            };
            Ok(())
        }),
    ),
    Flag::new(
        "top",
        "Write only of the N most suspicious users",
        text("N", |o, text| {
            o.top = Some(count(text, 1)?);
            Ok(())
        }),
    ),
    Flag::new(
        "ips",
        "How many addresses a summary lists (20)",
        text("N", |o, text| {
            o.ips_max = count(text, 0)?;
            Ok(())
        }),
    ),
    Flag::new(
        "alert-on",
        "Alert also when this changes: risk",
        Takes::Text(Value { name: "WHAT", among: Among::Names(alert_names) }, |o, text| {
            o.alert_on_risk = text == "risk";
            o.alert_on_risk.then_some(()).ok_or_else(|| format!("'{text}': it can be risk"))
        }),
    ),
    Flag::new(
        "devices",
        "Networks at once that are nobody's business (2)",
        text("N", |o, text| {
            o.policy.devices = devices(text)?;
            Ok(())
        }),
    )
    .detail("A phone and something that does not move: a desktop at home or at the office."),
    Flag::new(
        "limits",
        "Read limits of users from FILE",
        path(|o, path| o.limits_file = Some(path)),
    )
    .detail(
        "A line each: the user's name, a space, and a number of devices, or exempt, for whom \
         nothing is said. Lines that begin with # are comments.",
    ),
    Flag::new(
        "ignore",
        "Leave addresses of this block out of people and verdict",
        text("CIDR", |o, text| {
            o.policy.ignored.push(CidrBlock::read(text)?);
            Ok(())
        }),
    )
    .detail("For relays of your own. May be given several times."),
    Flag::new(
        "relay",
        "Leave networks that N users come from out of people and verdict",
        text("N", |o, text| {
            o.policy.relay = Some(count(text, 2)?);
            Ok(())
        }),
    )
    .detail(
        "A relay, a VPN exit or the NAT of a whole town says little of one user. Off if not given: \
         with it what is said of a user depends on the others.",
    ),
    Flag::new(
        "v4-prefix",
        "Bits of an IPv4 address that are a network (32)",
        text("BITS", |o, text| {
            o.policy.prefixes.v4 = prefix(text, 32)?;
            Ok(())
        }),
    ),
    Flag::new(
        "v6-prefix",
        "Bits of an IPv6 address that are a network (64)",
        text("BITS", |o, text| {
            o.policy.prefixes.v6 = prefix(text, 64)?;
            Ok(())
        }),
    ),
    Flag::new(
        "asn",
        "Count the addresses of a mobile carrier as one network, by this MMDB",
        path(|o, path| o.asn_file = Some(path)),
    )
    .detail(
        "A database in MaxMind's format: of connection types, of ISPs, or of autonomous systems, \
         of which those count that have a mobile carrier's name. It is read from this machine \
         alone. Carriers are told without it too, by how their addresses are used.",
    ),
    Flag::new(
        "evidence",
        "How much evidence rows have: short, full (short)",
        Takes::Text(EVIDENCE, |o: &mut ScoreOptions, text| {
            o.detail = match text {
                "short" => Detail::Short,
                "full" => Detail::Full,
                _ => return Err(format!("'{text}': one of {}", evidence_names().join(", "))),
            };
            Ok(())
        }),
    )
    .detail("full: every pair of networks, and when each was in use."),
    Flag::new(
        "explain",
        "At the end write the story of USER, as text, and nothing else",
        text("USER", |o, text| {
            o.explain = Some(text.to_owned());
            Ok(())
        }),
    ),
    Flag::new(
        "no-emoji",
        "Plain words in place of emoji",
        Takes::Nothing(|o| o.icons = Some(Marks::Words)),
    ),
    Flag::new(
        "per-address",
        "Points for an address (10)",
        text("N", |o, text| {
            o.rule.per_address = count(text, 0)?;
            Ok(())
        }),
    ),
    Flag::new(
        "per-pair",
        "Points for a simultaneous pair (50)",
        text("N", |o, text| {
            o.rule.per_pair = count(text, 0)?;
            Ok(())
        }),
    ),
    Flag::new(
        "per-connection",
        "Points for a connection too many (2)",
        text("N", |o, text| {
            o.rule.per_connection = count(text, 0)?;
            Ok(())
        }),
    ),
    Flag::new(
        "free-connections",
        "Connections that cost nothing (20)",
        text("N", |o, text| {
            o.rule.connections_free = count(text, 0)?;
            Ok(())
        }),
    ),
    Flag::new(
        "score-max",
        "The highest score (100)",
        text("N", |o, text| {
            o.rule.score_max = count(text, 1)?;
            Ok(())
        }),
    ),
    Flag::new(
        "medium-from",
        "The lowest score of medium risk (11)",
        text("N", |o, text| {
            o.rule.medium_from = count(text, 0)?;
            Ok(())
        }),
    ),
    Flag::new(
        "high-from",
        "The lowest score of high risk (31)",
        text("N", |o, text| {
            o.rule.high_from = count(text, 0)?;
            Ok(())
        }),
    ),
];
