//! Clients hidden by address translation: the cause, and what makes them visible.

use super::target::PortState;
use super::{Address, PortForwarder};
use crate::docker::Docker;

/// Why clients of a port are hidden.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HiddenClients {
    /// The row's `hidden_by`.
    pub by: &'static str,
    /// The row's `note`: the cause and the remedy.
    pub note: String,
}

impl HiddenClients {
    /// Checks a sampled port; `None` if all clients are visible.
    pub fn of(port: &PortState) -> Option<Self> {
        if let Some(forwarder) = port.forwarder {
            return Some(behind_forwarder(port.number, forwarder, port.container.as_deref()));
        }
        let connections = port.snapshot.hidden;
        (connections > 0).then(|| {
            let is_proxied = port.is_forwarded == Some(true);
            behind_gateways(connections, &port.gateways, is_proxied)
        })
    }
}

/// A published port: most of its clients have no socket in this namespace.
fn behind_forwarder(port: u16, forwarder: PortForwarder, container: Option<&str>) -> HiddenClients {
    let by = match forwarder {
        PortForwarder::UserlandProxy => "userland-proxy",
        PortForwarder::Nat => "nat",
    };
    let owner =
        container.map_or_else(|| "a container".to_owned(), |name| format!("container {name}"));
    let note = format!(
        "port {port} is published for {owner}: its clients are inside (--container {}), and all to \
         be distinguished with network_mode: host",
        container.unwrap_or("NAME")
    );
    HiddenClients { by, note }
}

/// Connections from gateways.
fn behind_gateways(
    connections: u64,
    gateways: &[(Address, Address)],
    is_proxied: bool,
) -> HiddenClients {
    let by = if is_proxied { "userland-proxy" } else { "nat" };
    let mut gateways: Vec<_> = gateways.iter().map(|(peer, _)| *peer).collect();
    gateways.sort_unstable();
    gateways.dedup();
    let gateways: Vec<_> = gateways.iter().map(|peer| peer.ip().to_string()).collect();
    let gateways = gateways.join(", ");
    let many = if connections == 1 {
        "1 connection comes"
    } else {
        &format!("{connections} connections come")
    };
    let note = format!(
        "{many} through the gateway {gateways}, which hides the clients: network_mode: host shows them"
    );
    HiddenClients { by, note }
}

/// The container that publishes a port, if the engine can be asked.
pub(super) fn publishing_container(port: u16) -> Option<String> {
    Docker::connect().and_then(|docker| docker.publishing(port)).ok().flatten()
}
