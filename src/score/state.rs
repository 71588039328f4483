//! The state of a stream: its users, the connections not yet in order, and what was counted.

use std::borrow::Cow;
use std::hash::{BuildHasher, Hash, Hasher};
use std::net::IpAddr;

use foldhash::fast::FixedState;
use serde::{Deserialize, Serialize};

use super::all_users::AllUsers;
use super::hidden::{CarrierGateways, HiddenConnections, HiddenTotals, Scope};
use super::policy::Policy;
use super::reorder_buffer::{Admission, BufferedConnection, IdentityKind, ReorderBuffer};
use super::rule::Rule;
use super::shared_networks::SharedNetworks;
use super::time_gate::TimeGate;
use super::users::{MORE_DEVICES_MAX, UserState, UserStates};
use super::window::WindowConfig;
use crate::sharing::presence::HELD_MS;
use crate::sharing::{Network, estimate, group_networks};
use crate::stream::{ParseRuns, Points, Risk, Verdict};

/// Rows and lines counted, apart from those of users.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Connections ingested.
    pub connections: u64,
    /// Connections older than `--late` allows.
    pub late: u64,
    /// Connections that were ingested before.
    pub duplicates: u64,
    /// Connections with a user and no address.
    pub no_address: u64,
    /// Connections and sightings with an address and no user.
    pub no_user: u64,
    /// Connections without a time.
    pub no_time: u64,
    /// Rows with a user's counters and no address, as stock mtprotoproxy logs them.
    pub usage: u64,
    /// Lines of the stream that are not rows.
    pub not_understood: u64,
}

/// The start of a connection.
#[derive(Clone, Copy, Debug)]
pub struct ConnectEvent<'e> {
    /// In milliseconds.
    pub ts: i64,
    /// How long it had been open when its row was written: 0 for a row of its beginning.
    pub open_ms: i64,
    pub user: &'e str,
    pub ip: IpAddr,
    pub port: Option<u16>,
    /// The proxy's identifier of the connection.
    pub id: Option<&'e str>,
    /// The container, service or host that logged it.
    pub source: &'e str,
    /// The format of the log.
    pub format: &'e str,
}

impl ConnectEvent<'_> {
    /// The time of its row, which orders the stream.
    pub fn written(&self) -> i64 {
        self.ts.saturating_add(self.open_ms)
    }
}

/// The risk of a user has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RiskChange {
    /// Number of the user.
    pub user: u32,
    /// The newest time of the stream.
    pub at: i64,
    pub was: Risk,
}

/// The verdict on a user has changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct VerdictChange {
    /// Number of the user.
    pub user: u32,
    /// Time of the connection that changed it.
    pub at: i64,
    pub was: Verdict,
    /// The score with that connection.
    pub score: u64,
}

/// One log line in so many that was not recognised may hold all the lines of one user.
const NOT_RECOGNISED_RATIO: u64 = 20;

/// The state of a stream.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct ScoreState {
    config: WindowConfig,
    pub users: UserStates,
    pub gate: TimeGate,
    pub buffer: ReorderBuffer,
    pub counters: Counters,
    /// Log lines, as mtp-parse counted them.
    pub parsed: ParseRuns,
    pub hidden: HiddenTotals,
    pub gateways: CarrierGateways,
    pub(super) shared_networks: SharedNetworks,
    /// Facts about all users, where this run has a part of them.
    #[serde(skip)]
    pub all_users: Option<AllUsers>,
    /// What the proxy does not log and the setting that changes it, as mtp-parse reports.
    #[serde(skip)]
    pub proxy_advice: Option<String>,
    /// What the rows of this run are for.
    #[serde(skip)]
    pub mode: ScoreMode,
}

/// What a run does with its connections.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum ScoreMode {
    /// Scores the users of a whole stream.
    #[default]
    Whole,
    /// Takes the time from clock rows alone.
    Clocked,
    /// Only counts what a table of all users has.
    TableOnly,
}

impl ScoreState {
    pub fn new(config: WindowConfig) -> Self {
        Self {
            config,
            users: UserStates::default(),
            gate: TimeGate::default(),
            buffer: ReorderBuffer::new(config.late_ms),
            counters: Counters::default(),
            parsed: ParseRuns::default(),
            hidden: HiddenTotals::default(),
            gateways: CarrierGateways::default(),
            shared_networks: SharedNetworks::default(),
            all_users: None,
            proxy_advice: None,
            mode: ScoreMode::default(),
        }
    }

    /// The newest time of the stream.
    pub fn newest(&self) -> Option<i64> {
        self.buffer.newest().max(self.all_users.as_ref().and_then(AllUsers::newest))
    }

    /// The number of users of the stream.
    pub fn all_users(&self) -> usize {
        self.all_users.as_ref().map_or(self.users.len(), AllUsers::users)
    }

    /// Networks with their users, up to `min`, for a table.
    pub(super) fn networks(&self, min: usize) -> impl Iterator<Item = (Network, usize)> + '_ {
        self.shared_networks.users(min)
    }

    /// Continues a state that was loaded, with this configuration.
    pub fn resume(&mut self, config: WindowConfig) {
        self.config = config;
        self.buffer.resume(config.late_ms);
    }

    /// Ingests a connection. Returns the change of risk.
    pub fn ingest(
        &mut self,
        event: &ConnectEvent<'_>,
        rule: &Rule,
        policy: &Policy,
    ) -> Option<RiskChange> {
        let (identity, kind) = identity(event);
        let admission = self.buffer.admit(event.written(), identity, kind);
        match self.mode {
            ScoreMode::Whole => self.buffer.advance(event.source, event.written()),
            ScoreMode::TableOnly => self.buffer.set_newest(event.written()),
            ScoreMode::Clocked => {}
        }
        match admission {
            Admission::New => {}
            Admission::Late => {
                self.counters.late += 1;
                return None;
            }
            Admission::Duplicate => {
                self.counters.duplicates += 1;
                return None;
            }
        }
        let number = self.users.number(event.user)?;
        self.counters.connections += 1;
        if !policy.trust_private && Scope::of(event.ip) == Scope::Local {
            self.hidden.record(event.ip, event.format);
        }
        // Beside a table, rows about a user do not depend on when other users connect.
        let is_part = self.all_users.is_some() || self.mode == ScoreMode::Clocked;
        let newest = if is_part { None } else { self.buffer.newest() };
        let user = self.users.get_mut(number)?;
        user.window.add(event.ts, event.ip, &self.config);
        user.first = user.first.min(event.ts);
        user.last = user.last.max(event.ts);
        user.is_changed = true;
        let now = newest.unwrap_or(user.last);
        let (_, score, risk) = score(user, now, &self.config, rule);
        let was = std::mem::replace(&mut user.risk, risk);
        let connection = buffered(event, number, identity);
        self.buffer.push(BufferedConnection { score, ..connection });
        (was != risk).then_some(RiskChange { user: number, at: now, was })
    }

    /// Ingests the end of a connection that lasted so long. Only the long ones of a known user
    /// matter: computers hold them.
    pub fn ingest_end(&mut self, event: &ConnectEvent<'_>, lasted_ms: i64) {
        let Some(number) = self.users.find(event.user) else { return };
        let Some(user) = self.users.get_mut(number) else { return };
        user.activity.set_has_ends();
        if lasted_ms < HELD_MS {
            return;
        }
        let (identity, kind) = identity(event);
        // Not the identity of the beginning.
        let identity = !identity;
        if self.buffer.admit(event.ts, identity, kind) == Admission::New {
            let connection = buffered(event, number, identity);
            self.buffer.push(BufferedConnection { lasted_ms, ..connection });
        }
    }

    /// Records a user of whom a row has no address.
    pub fn add_user(&mut self, name: &str, ts: Option<i64>) {
        let number = self.users.number(name);
        let Some(ts) = ts else { return };
        self.buffer.set_newest(ts);
        if let Some(user) = number.and_then(|number| self.users.get_mut(number)) {
            user.mentioned = user.mentioned.max(ts);
        }
    }

    /// What to do about a log that cannot show who shares an account.
    pub fn advice(&self) -> Option<Cow<'static, str>> {
        let own = (self.counters, self.hidden.clone());
        let all = self.all_users.as_ref().map(|all| (all.counters(), all.hidden()));
        let (counters, hidden) = all.unwrap_or(own);
        let has_users = counters.usage + counters.no_address > 0;
        // The log of another proxy than mtprotoproxy, which alone has this access log.
        let of_proxy = self.proxy_advice.as_deref().filter(|advice| {
            counters.connections + counters.no_user == 0
                && !(has_users && advice.ends_with("access-log on"))
        });
        if let Some(advice) = of_proxy {
            let cannot = "this log cannot show who shares an account";
            return Some(Cow::Owned(format!("{cannot}: {advice}")));
        }
        let advice = match counters.connections {
            0 if has_users => Some(
                "this log has users and addresses, but never both in one line, so it cannot show \
                 who shares an account; run 'mtp-users access-log on'",
            ),
            0 if counters.no_user > 0 => Some(
                "this log has addresses and no users, so it cannot show who shares an account; if \
                 each secret has its own process, name it with 'mtp-parse --source'",
            ),
            _ => None,
        };
        let of_gateways = || self.gateways.advice(self.users.len());
        let of_addresses = || hidden.advice().or_else(of_gateways).map(Cow::Owned);
        advice.map(Cow::Borrowed).or_else(of_addresses)
    }

    /// Processes the connections that are due, up to the next change of a verdict. `None` when all
    /// of them are processed.
    pub fn drain_due(&mut self, policy: &Policy) -> Option<VerdictChange> {
        while let Some(connection) = self.buffer.pop_due() {
            if let Some(change) = self.process(&connection, policy) {
                return Some(change);
            }
        }
        None
    }

    /// The same at the end of the stream, for all connections.
    pub fn drain_all(&mut self, policy: &Policy) -> Option<VerdictChange> {
        while let Some(connection) = self.buffer.pop() {
            if let Some(change) = self.process(&connection, policy) {
                return Some(change);
            }
        }
        None
    }

    /// Processes a connection in order of time. From unknown to clear is not a change.
    fn process(
        &mut self,
        connection: &BufferedConnection,
        policy: &Policy,
    ) -> Option<VerdictChange> {
        let (number, ts) = (connection.user, connection.ts);
        let user = self.users.get_mut(number)?;
        let devices = policy.devices_of(&user.name)?;
        if connection.lasted_ms > 0 {
            let network = policy.network(connection.ip)?;
            user.activity.end(ts, network, connection.lasted_ms, devices);
            return None;
        }
        if !policy.trust_private {
            let scope = Scope::of(connection.ip);
            record_gateway(&mut self.gateways, user, number, scope);
            if scope == Scope::Local {
                let visible = user.visible_at(ts).into();
                let new = || Box::new(HiddenConnections::new(ts, visible));
                user.hidden.get_or_insert_with(new).record_hidden(ts, connection.ip);
                return None;
            }
            match &mut user.hidden {
                Some(hidden) => hidden.record_visible(ts),
                None => user.visible = user.visible_at(ts).saturating_add(1),
            }
        }
        let network = policy.network(connection.ip)?;
        if let Some(min) = policy.relay {
            let is_relay = match (&self.all_users, self.mode) {
                (Some(all), _) => all.is_relay(network),
                // A table has the networks of all days.
                (None, ScoreMode::TableOnly) => {
                    self.shared_networks.is_relay(0, network, number, min);
                    false
                }
                (None, _) => self.shared_networks.is_relay(ts, network, number, min),
            };
            if is_relay {
                return None;
            }
        }
        let began = ts - connection.open_ms;
        if !user.activity.connect(began, network, devices) || self.mode == ScoreMode::TableOnly {
            return None;
        }
        let groups = group_networks(&user.activity);
        let estimate_with = |devices| estimate(&user.activity, &groups, devices);
        let own = estimate_with(devices);
        let before = user.verdict;
        let was = user.verdict.update(&own, ts, &policy.thresholds);
        if user.verdict.is_suspected() {
            // Until now more devices would have made no difference.
            let same = || Box::new([before; MORE_DEVICES_MAX]);
            let with_more = user.with_more_devices.get_or_insert_with(same);
            for (more, verdict) in (devices + 1..).zip(with_more.iter_mut()) {
                verdict.update(&estimate_with(more), ts, &policy.thresholds);
            }
        } else {
            user.with_more_devices = None;
        }
        let was = was?;
        user.verdict_since = ts;
        let settled = |verdict| policy.settled(&user.name, verdict, ts);
        let (was, is) = (settled(was), settled(user.verdict.verdict()));
        let is_news = was != is && (was, is) != (Verdict::Unknown, Verdict::Clear);
        is_news.then_some(VerdictChange { user: number, at: ts, was, score: connection.score })
    }

    /// Connections of networks beyond the maximum of `--relay`.
    pub fn relays_too_many(&self) -> u64 {
        self.shared_networks.too_many
    }

    /// Whether too many log lines were not recognised for an account to be clear.
    pub fn is_incomplete(&self) -> bool {
        let parsed = self.parsed.total();
        let own = (parsed.proxy_not_recognised, parsed.understood);
        let (lost, understood) = self.all_users.as_ref().map_or(own, AllUsers::lines);
        let read = lost.saturating_add(understood);
        lost.saturating_mul(NOT_RECOGNISED_RATIO) > read
    }
}

/// A connection of a user, as the reorder buffer holds it.
fn buffered(event: &ConnectEvent<'_>, user: u32, identity: u64) -> BufferedConnection {
    let (ts, ip, port) = (event.written(), event.ip, event.port.unwrap_or(0));
    let open_ms = event.open_ms;
    BufferedConnection { ts, ip, port, user, identity, lasted_ms: 0, open_ms, score: 0 }
}

/// Records whether the user has only one address, which is internal to a carrier.
fn record_gateway(gateways: &mut CarrierGateways, user: &mut UserState, number: u32, scope: Scope) {
    let address = match scope {
        Scope::CarrierInternal(ip) => Some(ip),
        Scope::Public | Scope::Local => None,
    };
    match (user.carrier_address, address) {
        (Some(own), address) if address != Some(own) => {
            gateways.remove(own, number);
            user.carrier_address = None;
        }
        (None, Some(ip)) if user.activity.newest().is_none() && user.hidden.is_none() => {
            gateways.insert(ip, number);
            user.carrier_address = Some(ip);
        }
        (Some(_) | None, _) => {}
    }
}

/// The score and risk of a user at a time.
pub fn score(
    user: &mut UserState,
    now: i64,
    config: &WindowConfig,
    rule: &Rule,
) -> (Points, u64, Risk) {
    user.window.advance(now, config);
    let points = rule.points(user.window.counts());
    let score = rule.score(points);
    (points, score, rule.risk(score))
}

/// A hash that identifies a connection: by its id, or else by user, address, port and time.
fn identity(event: &ConnectEvent<'_>) -> (u64, IdentityKind) {
    let mut hasher = FixedState::default().build_hasher();
    event.user.hash(&mut hasher);
    if let Some(id) = event.id {
        (event.source, id).hash(&mut hasher);
        return (hasher.finish(), IdentityKind::Id);
    }
    (event.ip, event.port, event.ts).hash(&mut hasher);
    (hasher.finish(), IdentityKind::Attributes)
}
