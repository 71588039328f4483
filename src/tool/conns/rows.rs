//! The rows of `mtp-conns`: field names are written once, here.

use super::target::{Port, Target};
use crate::json::{self, Row};
use crate::sockets::census::Details;
use crate::sockets::memory::{Found, Memory};
use crate::sockets::owners::Owners;
use crate::sockets::suspicion::Suspicion;
use crate::sockets::{Address, Info, Prefix, Tally};
use crate::timestamp::Timestamp;

/// What a sample says beyond its port's numbers.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame<'f> {
    pub(super) prefix: Prefix,
    pub(super) top: usize,
    pub(super) owners: &'f Owners,
    /// Whether more is known of an address than its connections.
    pub(super) has_details: bool,
    /// By what clients are hidden.
    pub(super) hidden_by: Option<&'f str>,
    /// What is missing, in words.
    pub(super) note: Option<&'f str>,
}

/// As much as an address with what is known of it takes; more is no harm.
const ADDRESS_BYTES: usize = 96;

/// A sample: the connections of one port in one place.
pub(super) fn sample(out: &mut Vec<u8>, target: &Target, port: &Port, frame: &Frame<'_>) {
    let (tallies, suspicions) = (port.census.tallies(), port.suspicions.recent(target.at));
    out.reserve(tallies.len().min(frame.top).saturating_mul(ADDRESS_BYTES));
    let mut row = Row::new(out, "sample");
    row.stamp("ts", target.at);
    row.number("port", port.number);
    row.number("total", long(port.census.total()));
    row.number("addresses", long(tallies.len()));
    let mut times = Times::default();
    list(row.key("by_ip"), tallies.iter().take(frame.top), |out, tally| {
        by_ip(out, tally, &mut times, target, port, frame);
    });
    list(row.key("suspicious"), suspicions.iter().take(frame.top), |out, suspicion| {
        suspicious(out, suspicion, frame.prefix);
    });
    for (key, count) in [
        ("closing", port.census.closing),
        ("half_open", port.census.half_open),
        ("hidden", port.census.hidden),
    ] {
        row.opt_number(key, (count > 0).then_some(count));
    }
    row.opt_str("hidden_by", frame.hidden_by);
    row.opt_str("note", frame.note);
    row.text("via", target.via());
    row.opt_str("source", target.source.as_deref());
    row.end();
}

fn list<T>(out: &mut Vec<u8>, of: impl Iterator<Item = T>, mut each: impl FnMut(&mut Vec<u8>, T)) {
    out.push(b'[');
    for (n, one) in of.enumerate() {
        if n > 0 {
            out.push(b',');
        }
        each(out, one);
    }
    out.push(b']');
}

/// Most addresses of a sample share a time: it is written out once.
#[derive(Debug, Default)]
struct Times {
    last: Option<Timestamp>,
    text: Vec<u8>,
}

impl Times {
    fn of(&mut self, at: Timestamp) -> &[u8] {
        if self.last != Some(at) {
            self.last = Some(at);
            self.text.clear();
            at.write(&mut self.text);
        }
        &self.text
    }
}

fn by_ip(
    out: &mut Vec<u8>,
    tally: &Tally,
    times: &mut Times,
    target: &Target,
    port: &Port,
    frame: &Frame<'_>,
) {
    let mut row = from(out, tally.peer, frame.prefix);
    row.number("connections", tally.connections);
    let since = row.key("since");
    since.push(b'"');
    since.extend_from_slice(times.of(tally.since));
    since.push(b'"');
    if frame.has_details {
        details(&mut row, &port.census.details(tally, &target.memory), frame.owners);
    }
    row.close();
}

fn details(row: &mut Row<'_>, details: &Details, owners: &Owners) {
    if let Some(us) = details.rtt_us {
        row.millis("rtt_ms", u64::from(us));
    }
    if let Some((up, down)) = details.bytes {
        row.number("bytes_up", up);
        row.number("bytes_down", down);
    }
    if let Some(ms) = details.idle_ms {
        row.millis("idle_seconds", u64::from(ms));
    }
    match details.users.as_slice() {
        [] => {}
        [user] => row.opt_str("user", owners.name(*user)),
        users => {
            let names = users.iter().filter_map(|user| owners.name(*user));
            list(row.key("users"), names, json::string);
        }
    }
}

fn suspicious(out: &mut Vec<u8>, suspicion: &Suspicion, prefix: Prefix) {
    let mut row = from(out, suspicion.peer, prefix);
    row.text("reason", suspicion.reason.name());
    row.number(suspicion.reason.counted(), suspicion.count);
    row.stamp("last", suspicion.last);
    row.close();
}

/// Begins an object with an address, or with its network.
fn from(out: &mut Vec<u8>, peer: Address, prefix: Prefix) -> Row<'_> {
    out.extend_from_slice(b"{\"ip\":");
    json::ip(out, peer.ip());
    if let Some(bits) = prefix.length(peer) {
        out.pop();
        out.push(b'/');
        json::number(out, i128::from(bits));
        out.push(b'"');
    }
    Row::inside(out)
}

/// The connections that are there.
pub(super) fn sockets(
    out: &mut Vec<u8>,
    at: Timestamp,
    memory: &Memory,
    owners: &Owners,
    source: Option<&str>,
) {
    for (n, found) in memory.found().iter().enumerate() {
        let info = memory.info(n);
        let mut row = ends(out, "socket", at, found);
        row.text("state", "established");
        age(&mut row, at, found, info);
        if let Some(info) = info {
            row.millis("rtt_ms", u64::from(info.rtt_us));
            row.number("bytes_up", info.bytes_up);
            row.number("bytes_down", info.bytes_down);
            row.millis("idle_seconds", u64::from(info.received_ms_ago));
        }
        whose(row, found, owners, source);
    }
}

/// A connection that was not there at the last look.
pub(super) fn opened(
    out: &mut Vec<u8>,
    at: Timestamp,
    found: &Found,
    owners: &Owners,
    source: Option<&str>,
) {
    whose(ends(out, "opened", at, found), found, owners, source);
}

/// A connection that is no longer there.
pub(super) fn closed(
    out: &mut Vec<u8>,
    at: Timestamp,
    found: &Found,
    owners: &Owners,
    source: Option<&str>,
) {
    let mut row = ends(out, "closed", at, found);
    age(&mut row, at, found, None);
    whose(row, found, owners, source);
}

fn ends<'o>(out: &'o mut Vec<u8>, kind: &str, at: Timestamp, found: &Found) -> Row<'o> {
    let mut row = Row::new(out, kind);
    row.stamp("ts", at);
    row.ip("ip", found.peer.ip());
    row.number("port", found.peer_port);
    row.number("local_port", found.port);
    row
}

/// A connection is at least as old as its last data in either direction.
fn age(row: &mut Row<'_>, at: Timestamp, found: &Found, info: Option<&Info>) {
    row.stamp("since", found.since);
    let watched_ms = u64::try_from(at.0 - found.since.0).unwrap_or(0);
    let quiet_ms = info.map_or(0, |info| info.received_ms_ago.max(info.sent_ms_ago));
    row.millis("age_seconds", watched_ms.max(u64::from(quiet_ms)));
}

fn whose(mut row: Row<'_>, found: &Found, owners: &Owners, source: Option<&str>) {
    row.opt_str("user", found.user.and_then(|user| owners.name(user)));
    row.opt_str("source", source);
    row.end();
}

fn long(count: usize) -> u64 {
    u64::try_from(count).unwrap_or(u64::MAX)
}
