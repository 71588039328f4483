//! Where clients cannot be told apart: by what they are hidden, and what shows them.

use super::group::Member;
use super::target::Port;
use crate::docker::Docker;
use crate::sockets::publisher::Publisher;

/// What hides clients of a port.
#[derive(Clone, Debug)]
pub(super) struct Hidden {
    /// The row's `hidden_by`.
    pub(super) by: &'static str,
    /// What can be done.
    pub(super) note: String,
}

/// What hides clients, for each port of the member.
pub(super) fn of(member: &Member) -> Vec<Option<Hidden>> {
    let ports = member.target.ports.iter();
    ports.map(|port| behind_publisher(port).or_else(|| behind_gateway(port))).collect()
}

/// A port that an engine publishes: most of its clients never appear on this machine's side.
fn behind_publisher(port: &Port) -> Option<Hidden> {
    let by = match port.publisher? {
        Publisher::Proxy => "userland-proxy",
        Publisher::Kernel => "nat",
    };
    let number = port.number;
    let whose = port.container.as_deref();
    let inside = whose.map_or_else(|| "a container".to_owned(), |name| format!("container {name}"));
    let note = format!(
        "port {number} is published for {inside}: its clients are inside \
         (--container {}), and all to be told apart with network_mode: host",
        whose.unwrap_or("NAME")
    );
    Some(Hidden { by, note })
}

/// The name of the container that publishes a port, if Docker says it.
pub(super) fn container(port: u16) -> Option<String> {
    Docker::connect().and_then(|docker| docker.publishing(port)).ok().flatten()
}

/// Connections that come from a gateway.
fn behind_gateway(port: &Port) -> Option<Hidden> {
    let n = port.census.hidden;
    (n > 0).then(|| {
        let by = if port.is_forwarded == Some(true) { "userland-proxy" } else { "nat" };
        let mut gateways: Vec<_> = port.gateways.iter().map(|(peer, _)| *peer).collect();
        gateways.sort_unstable();
        gateways.dedup();
        let gateways: Vec<_> = gateways.iter().map(|peer| peer.ip().to_string()).collect();
        let gateways = gateways.join(", ");
        let many = if n == 1 { "1 connection comes" } else { &format!("{n} connections come") };
        let note = format!(
            "{many} through the gateway {gateways}, which hides the clients: \
             network_mode: host shows them"
        );
        Hidden { by, note }
    })
}
