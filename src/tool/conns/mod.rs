//! `mtp-conns`: who is connected to the proxy now.

mod options;
mod rows;
mod run;
mod sampler;

use crate::cli::{Cli, Flag, Operands, RemovedFlag, Section};
use crate::sockets::Backend;
use crate::tool::{EXIT_STATUS, language};
use crate::view::Lang;

pub use options::ConnsOptions;
pub use run::run;

/// The command line of `mtp-conns`.
pub const CLI: Cli<ConnsOptions> = Cli {
    name: "mtp-conns",
    brief: "who is connected to the proxy now",
    usage: "[OPTION…]",
    about: ABOUT,
    commands: &[],
    operands: Operands::None,
    flags: FLAGS,
    removed: REMOVED,
    sections: &[
        Section { title: "WHAT IS COUNTED", text: counted },
        Section { title: "CONTAINERS", text: containers },
        Section { title: "TELEMT", text: telemt },
        EXIT_STATUS,
    ],
};

const ABOUT: &str = "\
Reads the connections on the proxy's port from the kernel and writes a sample: the number of \
connections and addresses, and the connections of each address. Once, or every --interval seconds.

    mtp-conns --interval 10 | jq .total
    mtp-conns --container mtprotoproxy --events events.jsonl

Needs no privilege unless an option states it. Reads no traffic.";

type F = Flag<ConnsOptions>;

const FLAGS: &[F] = &[
    F::value("port", "PORT", "Port of the proxy; may be repeated", ConnsOptions::port)
        .short('p')
        .default("443, or that of --config")
        .detail("Each port has its own sample."),
    F::path("config", "FILE", "Take the port from the proxy's config.py", |o, path| {
        o.config = Some(path);
    })
    .short('c'),
    F::value("interval", "SECONDS", "Time between two samples", ConnsOptions::interval)
        .short('i')
        .default("one sample, then exit")
        .detail(
            "On a monotonic clock, from the first sample on: a slow sample does not delay the \
             next. A sample that would be late by a whole interval is skipped and reported.",
        ),
    F::value("count", "N", "Exit after N samples", ConnsOptions::count)
        .short('n')
        .detail("Without --interval, one sample per second."),
    F::switch("sockets", "Write one row per connection too", |o| o.sockets = true)
        .short('s')
        .detail(
            "With age, round trip, bytes and idle time, as far as the kernel reports them \
             (netlink). age_seconds is a lower bound: a connection that was open at the first \
             sample is at least as old as its last data.",
        ),
    F::switch("changes", "Write opened and closed connections instead", |o| o.changes = true)
        .detail("Connections that open and close between two samples are not seen."),
    F::switch("info", "Add round trip, bytes and idle time of each address", |o| o.info = true)
        .detail(
            "Increases the cost of a sample by about 50 %. Text output and --sockets include it.",
        ),
    F::value("top", "N", "Show only the N most connected addresses", ConnsOptions::top).short('t'),
    F::value("prefix", "V4[,V6]", "Group addresses by prefix length", ConnsOptions::prefix)
        .detail("V6 is 64 unless given."),
    F::value("pid", "PID", "Sample the network of a process; may be repeated", ConnsOptions::pid),
    F::path("netns", "NAME", "Sample a network namespace, by name or file", |o, path| {
        o.netns(&path);
    })
    .detail("May be repeated."),
    F::value("container", "NAME", "Sample a container or Compose service", ConnsOptions::container)
        .detail("May be repeated."),
    F::value("via", "METHOD", "How to query the kernel: auto, netlink or proc", ConnsOptions::via)
        .one_of(Backend::names)
        .default("auto")
        .detail(
            "netlink filters in the kernel and reports round trip and bytes. proc reads \
             /proc/PID/net/tcp, without privilege. auto takes the first that works.",
        ),
    F::path(
        "events",
        "FILE",
        "Add the user of each connection from rows of mtp-parse",
        |o, path| {
            o.events = Some(path);
        },
    )
    .short('e')
    .detail("The file is followed. A pipe or - (standard input) works too."),
    F::value(
        "telemt-api",
        "URL",
        "Add the users whom telemt's API lists at each address",
        |o, url| {
            o.telemt_api = Some(url.to_owned());
            Ok(())
        },
    )
    .detail("http://127.0.0.1:9091 unless telemt's [server.api] has another."),
    F::path(
        "telemt-auth",
        "FILE",
        "Read the Authorization for --telemt-api from FILE",
        |o, path| {
            o.telemt_auth = Some(path);
        },
    )
    .detail("Its first line is the auth_header of [server.api]. Else MTP_TELEMT_AUTH has it."),
    F::value("warn", "N", "Mark addresses with N connections or more in text", ConnsOptions::warn)
        .default("10"),
    F::switch("no-emoji", "Use words instead of emoji", |o| o.no_emoji = true),
    F::value("lang", "LANG", "Language of text", |o, text| {
        o.lang = Some(language(text)?);
        Ok(())
    })
    .one_of(Lang::names)
    .default("locale"),
];

const REMOVED: &[RemovedFlag] = &[
    RemovedFlag { long: "continuous", instead: "--interval SECONDS" },
    RemovedFlag { long: "export", instead: "mtp-conns > FILE, or mtp-report --html FILE" },
    RemovedFlag { long: "compose", instead: "--container SERVICE" },
];

fn counted() -> String {
    "Established connections whose local port is one of the ports, where something listens on it: \
     no outgoing connections. Connections that one end has closed are in closing, unfinished \
     handshakes in half_open. IPv4-mapped IPv6 addresses are IPv4.\n\n\
     suspicious repeats for five minutes what monitor.py reported: more than 3 connections at \
     once (multiple_connections), or seen in more than 10 different minutes \
     (frequent_connections). A single phone has 3 or more connections, so neither means sharing."
        .to_owned()
}

fn telemt() -> String {
    "telemt lists the addresses at which each user is active, at any log level. --telemt-api reads \
     the list with every sample (GET /v1/stats/users/active-ips) and joins it with the sockets by \
     address:\n\n    mtp-conns --telemt-api http://127.0.0.1:9091\n\n\
     All connections of an address belong to the one user that is active there, also those that \
     are not authenticated: the list has no ports. If several users are active at an address, users \
     lists them and ambiguous counts its connections. unmatched lists users without a connection: \
     behind a load balancer the sockets have its address, and the list has those of the clients. A \
     user that --events gives for a connection takes precedence.\n\n\
     By default the API responds to 127.0.0.0/8 alone (whitelist of [server.api]): a telemt in a \
     container of its own network needs the address of the container's gateway there.\n\n\
     mtp-parse has no such option: the list has neither connections nor their times: \
     a connection between two requests is not in it, and the beginning of one that is can only \
     be guessed. mtp-score needs both, so its events come from telemt's log."
        .to_owned()
}

fn containers() -> String {
    "A proxy on the host's network needs none of these options. For one in its own network, \
     --container finds its first process through Docker's socket, which needs root or the group \
     docker. --pid needs no privilege, but round trips and bytes need root.\n\n\
     Connections that reach a container through Docker's userland proxy, or through source NAT, \
     all come from the container's gateway. They are counted in hidden, and hidden_by names the \
     cause; the gateway is never shown as a client. With network_mode: host all clients are seen."
        .to_owned()
}
