//! Where clients cannot be told apart: by what they are hidden, and what shows them.

use super::group::Member;
use super::target::Port;

/// What hides clients of a port.
#[derive(Debug)]
pub(super) struct Hidden {
    /// The row's `hidden_by`.
    pub(super) by: &'static str,
    /// What can be done.
    pub(super) note: String,
}

/// What hides clients, for each port of the member.
pub(super) fn of(member: &Member) -> Vec<Option<Hidden>> {
    member.target.ports.iter().map(|port| behind_gateway(member, port)).collect()
}

/// Connections that come from a gateway.
fn behind_gateway(member: &Member, port: &Port) -> Option<Hidden> {
    let n = port.census.hidden;
    (n > 0).then(|| {
        let gateways: Vec<_> =
            member.target.gateways().iter().map(|peer| peer.ip().to_string()).collect();
        let gateways = gateways.join(", ");
        let of = if n == 1 { "1 connection comes" } else { &format!("{n} connections come") };
        let note = format!("{of} through {gateways}");
        Hidden { by: "nat", note }
    })
}
