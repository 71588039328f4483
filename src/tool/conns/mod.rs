//! `mtp-conns`: who is connected to the proxy now.

mod ask;
mod group;
mod hidden;
mod options;
mod rows;
mod run;
mod target;
mod text;
mod trouble;
mod watch;

use crate::cli::{Among, Cli, Flag, Operands, Section, Takes, Value};
use crate::sockets::Via;
use crate::tool::EXIT_STATUS;

pub use options::Options;
pub use run::run;

/// The command line of `mtp-conns`.
pub const CLI: Cli<Options> = Cli {
    name: "mtp-conns",
    brief: "who is connected to the proxy now",
    usage: "[OPTION…]",
    about: ABOUT,
    commands: &[],
    operands: Operands::None,
    flags: FLAGS,
    sections: &[
        Section { title: "WHAT IS COUNTED", text: counted },
        Section { title: "CONTAINERS", text: containers },
        EXIT_STATUS,
    ],
};

const ABOUT: &str = "\
Asks the kernel for the connections on the proxy's port and writes a sample: how many, from how
many addresses, how many from each. Once, or every --interval seconds.

    mtp-conns --interval 10 | jq .total
    mtp-conns --container mtprotoproxy --events events.jsonl

It needs no privilege but where it says so, and reads no traffic.";

const fn value(name: &'static str) -> Value {
    Value { name, among: Among::Any }
}

const FLAGS: &[Flag<Options>] = &[
    Flag::new(
        "port",
        "The proxy's port; may be repeated",
        Takes::Text(value("PORT"), Options::port),
    )
    .short('p')
    .detail("443 if neither this nor --config names one. Each port has a sample of its own."),
    Flag::new(
        "config",
        "Take the port from the proxy's config.py",
        Takes::Path("FILE", |o: &mut Options, path| o.config = Some(path)),
    )
    .short('c'),
    Flag::new(
        "interval",
        "Take a sample every so many seconds",
        Takes::Text(value("SECONDS"), Options::interval),
    )
    .short('i')
    .detail(
        "On a clock that only goes forward, from the first sample on: a slow one delays no other, \
         and one that would be late by a whole interval is left out, and said.",
    ),
    Flag::new("count", "End after so many samples", Takes::Text(value("N"), Options::count))
        .short('n')
        .detail("One without --interval, else endless. With this alone, a sample a second."),
    Flag::new(
        "sockets",
        "Also write a row a connection: age, round trip, bytes, idle time",
        Takes::Nothing(|o: &mut Options| o.sockets = true),
    )
    .short('s')
    .detail(
        "What the kernel measured is known by netlink only. age_seconds is at least that: a \
         connection that was there at the first sample is as old as its last data.",
    ),
    Flag::new(
        "changes",
        "Write what was opened and closed between samples instead",
        Takes::Nothing(|o: &mut Options| o.changes = true),
    )
    .detail("Connections that come and go between two samples are not seen."),
    Flag::new(
        "info",
        "Ask for round trip, bytes and idle time of each address too",
        Takes::Nothing(|o: &mut Options| o.info = true),
    )
    .detail("Makes a sample half as dear again. Text for people and --sockets always have it."),
    Flag::new(
        "top",
        "Show only the most connected addresses",
        Takes::Text(value("N"), Options::top),
    )
    .short('t'),
    Flag::new(
        "prefix",
        "Count networks: so many bits of IPv4, and of IPv6 (64)",
        Takes::Text(value("V4[,V6]"), Options::prefix),
    ),
    Flag::new(
        "pid",
        "Look into the network of a process; may be repeated",
        Takes::Text(value("PID"), Options::pid),
    ),
    Flag::new(
        "netns",
        "Look into a network namespace, by name or file; may be repeated",
        Takes::Path("NAME", |o: &mut Options, path| o.netns(&path)),
    ),
    Flag::new(
        "container",
        "Look into a container or Compose service; may be repeated",
        Takes::Text(value("NAME"), Options::container),
    ),
    Flag::new(
        "via",
        "How to ask the kernel: auto, netlink or proc",
        Takes::Text(Value { name: "WAY", among: Among::Names(Via::names) }, Options::via),
    )
    .detail(
        "netlink filters in the kernel and tells round trip and bytes; proc reads \
         /proc/PID/net/tcp, which everybody may. auto takes the first that is open.",
    ),
    Flag::new(
        "events",
        "Rows of mtp-parse, followed: who is behind each connection",
        Takes::Path("FILE", |o: &mut Options, path| o.events = Some(path)),
    )
    .short('e')
    .detail("A file that may grow, a pipe, or - for standard input."),
    Flag::new(
        "warn",
        "Mark addresses with so many connections or more (2) in text",
        Takes::Text(value("N"), Options::warn),
    ),
    Flag::new(
        "no-emoji",
        "Words instead of emoji in text",
        Takes::Nothing(|o: &mut Options| o.no_emoji = true),
    ),
];

fn counted() -> String {
    "Established connections whose local port is one of the ports, where something listens on it: \
     so nothing outgoing, and nothing that only looks like the port. What one end has closed, or \
     what has not finished its handshake, stands beside it as closing and half_open. IPv4 \
     addresses that come as IPv6 are IPv4.\n\n\
     suspicious repeats for five minutes what monitor.py called so: more than 3 connections at \
     once (multiple_connections), or seen in more than 10 different minutes \
     (frequent_connections). A phone has 3 or more connections: it is said, and nothing follows."
        .to_owned()
}

fn containers() -> String {
    "A proxy on the host's network is seen without any of this. In a network of its own, \
     --container finds its first process through Docker's socket, which takes root or the group \
     docker; --pid takes no privilege, but without root there are no round trips and bytes.\n\n\
     Connections that reach a container through the engine's proxy, or through address \
     translation that changes who is calling, all come from the container's gateway. They are \
     counted in hidden, and hidden_by says by what; the gateway is never shown as a client. \
     network_mode: host shows everyone."
        .to_owned()
}
