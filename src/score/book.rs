//! The book: takes events, keeps users, says when something about one has changed.

use std::hash::{BuildHasher, Hash, Hasher};
use std::net::IpAddr;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::limits::Limits;
use super::order::{Arrival, Held, Known, Order};
use super::relays::Relays;
use super::rule::{Points, Risk, Rule};
use super::users::{User, Users};
use super::window::Span;
use crate::sharing::Verdict;

/// What was counted that is no user's.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally {
    /// Connections that were taken.
    pub connections: u64,
    /// Connections that came later than `--late` allows.
    pub late: u64,
    /// Connections that had been taken before.
    pub again: u64,
    /// Connections that name a user and no address.
    pub no_address: u64,
    /// Connections and sightings that name an address and no user.
    pub no_user: u64,
    /// Connections without a time.
    pub no_time: u64,
    /// Rows that name a user's counters and no address: all that a stock proxy says.
    pub usage: u64,
    /// Lines of the stream that were no row.
    pub not_understood: u64,
    /// Lines of the logs that mtp-parse did not recognise.
    pub not_recognised: Running,
    /// Lines of the logs that mtp-parse understood.
    pub understood: Running,
}

/// A count that its teller repeats as it grows, and begins anew when it is started again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Running {
    before: u64,
    last: u64,
}

impl Running {
    /// The teller says this now.
    pub fn hear(&mut self, count: u64) {
        if count < self.last {
            self.before += self.last;
        }
        self.last = count;
    }

    /// The sum over all tellers.
    pub fn sum(self) -> u64 {
        self.before + self.last
    }
}

/// A connection, as an event tells it.
#[derive(Clone, Copy, Debug)]
pub struct Connection<'e> {
    /// When it began, in milliseconds.
    pub ts: i64,
    /// Whose.
    pub user: &'e str,
    /// From where.
    pub ip: IpAddr,
    /// The client's port.
    pub port: Option<u16>,
    /// What the proxy calls it.
    pub id: Option<&'e str>,
    /// The container, service or host that logged it.
    pub source: &'e str,
}

/// The risk of a user has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// Whose.
    pub user: u32,
    /// When: the newest moment of the stream.
    pub now: i64,
    /// What it was.
    pub was: Risk,
}

/// The verdict on a user has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Whose.
    pub user: u32,
    /// When: the connection that tipped it.
    pub at: i64,
    /// What it was.
    pub was: Verdict,
}

/// All that is known.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScoreState {
    /// What windows span.
    pub span: Span,
    /// The users.
    pub users: Users,
    /// The events that wait for their turn.
    pub order: Order,
    /// What was counted.
    pub tally: Tally,
    /// Networks of many users.
    relays: Relays,
}

impl ScoreState {
    /// An empty book.
    pub fn new(span: Span) -> Self {
        Self {
            span,
            users: Users::default(),
            order: Order::new(span.late_ms),
            tally: Tally::default(),
            relays: Relays::default(),
        }
    }

    /// Goes on, after it was loaded or made, with these limits.
    pub fn resume(&mut self, span: Span) {
        self.span = span;
        self.order.resume(span.late_ms);
    }

    /// Takes a connection. Gives the change of risk it brought.
    pub fn connect(&mut self, connection: &Connection<'_>, rule: &Rule) -> Option<Change> {
        let (identity, known) = identity(connection);
        let arrival = self.order.arrival(connection.ts, identity, known);
        self.order.advance(connection.source, connection.ts);
        match arrival {
            Arrival::New => {}
            Arrival::Late => {
                self.tally.late += 1;
                return None;
            }
            Arrival::Again => {
                self.tally.again += 1;
                return None;
            }
        }
        let number = self.users.number(connection.user)?;
        self.tally.connections += 1;
        let now = self.order.newest().unwrap_or(connection.ts);
        let (ts, ip, port) = (connection.ts, connection.ip, connection.port.unwrap_or(0));
        self.order.hold(Held { ts, ip, port, user: number, identity });
        let user = self.users.get_mut(number)?;
        user.window.add(ts, ip, &self.span);
        user.first = user.first.min(ts);
        user.last = user.last.max(ts);
        user.is_changed = true;
        let (_, risk) = judge(user, now, &self.span, rule);
        let was = std::mem::replace(&mut user.risk, risk);
        (was != risk).then_some(Change { user: number, now, was })
    }

    /// A user was named without an address.
    pub fn name_only(&mut self, name: &str, ts: Option<i64>) {
        self.users.number(name);
        if let Some(ts) = ts {
            self.order.reach(ts);
        }
    }

    /// What to do about a log from which nothing can be said of any user.
    pub fn advice(&self) -> Option<&'static str> {
        let tally = &self.tally;
        match tally.connections {
            0 if tally.usage + tally.no_address > 0 => Some(
                "this log names users and addresses, but never together: nothing can be said of \
                 who shares an account. 'mtp-users access-log on' makes the proxy tell",
            ),
            0 if tally.no_user > 0 => Some(
                "this log names addresses and no users: nothing can be said of who shares an \
                 account. Where each secret has a process, 'mtp-parse --source' names it",
            ),
            _ => None,
        }
    }

    /// The next change of a verdict among the events whose turn has come; `None` when all of them
    /// are judged.
    pub fn settle(&mut self, limits: &Limits) -> Option<Turn> {
        while let Some(held) = self.order.release() {
            if let Some(turn) = self.observe(&held, limits) {
                return Some(turn);
            }
        }
        None
    }

    /// The same at the end of the stream, when nothing can come in between any more.
    pub fn close(&mut self, limits: &Limits) -> Option<Turn> {
        while let Some(held) = self.order.take() {
            if let Some(turn) = self.observe(&held, limits) {
                return Some(turn);
            }
        }
        None
    }

    /// Looks at a connection in its turn. That something is clear at last is no news.
    fn observe(&mut self, held: &Held, limits: &Limits) -> Option<Turn> {
        let user = self.users.get_mut(held.user)?;
        let devices = limits.devices_of(&user.name)?;
        let network = limits.network(held.ip)?;
        if let Some(enough) = limits.relay
            && self.relays.is_relay(held.ts, network, held.user, enough)
        {
            return None;
        }
        if !user.people.connect(held.ts, network) {
            return None;
        }
        let seen = user.people.estimate(devices);
        let was = user.people.judge(&seen)?;
        let is_news = was != Verdict::Unknown || user.people.verdict() != Verdict::Clear;
        is_news.then_some(Turn { user: held.user, at: held.ts, was })
    }

    /// Connections whose network found no room among those whose users are counted.
    pub fn relays_unremembered(&self) -> u64 {
        self.relays.unremembered
    }

    /// Whether too much of the log was not recognised to say that an account is clear.
    pub fn is_unsure(&self) -> bool {
        let lost = self.tally.not_recognised.sum();
        let read = lost + self.tally.understood.sum();
        lost * NOT_RECOGNISED_FOLD > read
    }
}

/// One line in twenty that is not recognised may be all the lines of somebody.
const NOT_RECOGNISED_FOLD: u64 = 20;

/// What the rule says of a user at this moment.
pub fn judge(user: &mut User, now: i64, span: &Span, rule: &Rule) -> (Points, Risk) {
    user.window.pass(now, span);
    let points = rule.points(user.window.counts());
    (points, rule.risk(points.score))
}

/// Connections are told apart by their id; without one, by how they look.
fn identity(connection: &Connection<'_>) -> (u64, Known) {
    let mut hasher = FixedState::default().build_hasher();
    connection.user.hash(&mut hasher);
    if let Some(id) = connection.id {
        (connection.source, id).hash(&mut hasher);
        return (hasher.finish(), Known::ById);
    }
    (connection.ip, connection.port, connection.ts).hash(&mut hasher);
    (hasher.finish(), Known::ByLooks)
}
