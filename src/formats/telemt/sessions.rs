//! Sessions in middle-proxy mode. No line has both peer and `conn_id`: `Routing via Middle-End`
//! names user and peer, the `ME relay started` that follows names user and `conn_id`, and
//! `ME relay cleanup` the `conn_id`.

use std::collections::VecDeque;
use std::net::IpAddr;

use super::messages::{self, MeCleanup};
use super::push_bounded;
use crate::formats::connection_table::ConnectionTable;
use crate::formats::{bytes, reason};
use crate::net::parse_peer;
use crate::stream::{Event, Kind, Text};

#[derive(Debug, Default)]
pub(super) struct SessionTable {
    /// Routed connections whose relay has not started; mostly one.
    routed: VecDeque<Routed>,
    /// Those whose relay started, by `conn_id`.
    open: ConnectionTable<Session>,
    routed_evicted: u64,
}

#[derive(Debug)]
struct Routed {
    user: Vec<u8>,
    peer: (IpAddr, u16),
}

#[derive(Debug)]
struct Session {
    peer: Option<(IpAddr, u16)>,
    reason: &'static str,
}

impl SessionTable {
    /// `U peer=P dc=4 proto=Secure mode="middle_proxy" pool_generation=1`
    pub(super) fn route(&mut self, rest: &[u8]) -> Option<()> {
        let (head, _) = bytes::rsplit_once(rest, " dc=")?;
        let (user, peer) = bytes::rsplit_once(head, " peer=")?;
        let routed = Routed { user: user.to_vec(), peer: parse_peer(peer)? };
        self.routed_evicted += u64::from(push_bounded(&mut self.routed, routed).is_some());
        Some(())
    }

    /// `0xf7152a9c6bcbf9a1 user=U conn_id=C peer_hash=0x1068849c82df3655 …`
    pub(super) fn start(&mut self, rest: &[u8]) -> Option<()> {
        let (_, rest) = bytes::split_once(rest, " user=")?;
        let (user, rest) = bytes::rsplit_once(rest, " conn_id=")?;
        let at = self.routed.iter().position(|routed| routed.user == user);
        let routed = at.and_then(|at| self.routed.remove(at));
        let peer = routed.map(|routed| routed.peer);
        self.open.insert(bytes::first_word(rest).0, Session { peer, reason: reason::CLOSED });
        Some(())
    }

    /// Sets why the session in the message is about to end.
    pub(super) fn set_reason(&mut self, rest: &[u8], reason: &'static str) -> Option<()> {
        if let Some(session) = self.open.get_mut(messages::conn_id(rest)?) {
            session.reason = reason;
        }
        Some(())
    }

    pub(super) fn end<'l>(&mut self, cleanup: &MeCleanup<'l>) -> Event<'l> {
        let session = self.open.remove(cleanup.conn_id);
        let peer = session.as_ref().and_then(|session| session.peer);
        let mut event = Event::new(Kind::Disconnect, super::NAME);
        event.user = Some(bytes::to_text(cleanup.user));
        event.ip = peer.map(|peer| peer.0);
        event.port = peer.map(|peer| peer.1);
        event.lasted_ms = Some(cleanup.duration_ms);
        event.bytes_up = Some(cleanup.bytes_up);
        event.bytes_down = Some(cleanup.bytes_down);
        let reason = session.map_or(reason::CLOSED, |session| session.reason);
        event.reason = Some(Text::Borrowed(reason));
        event
    }

    pub(super) fn evicted(&self) -> u64 {
        self.open.evicted + self.routed_evicted
    }
}
