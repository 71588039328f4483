//! Addresses that stand for many clients: the next hop of a network that rewrites who is calling.
//!
//! A container that sees its own gateway as a client sees the engine's proxy or its address
//! translation. A machine that sees its router as a client is behind the same in a box. A gateway
//! over a virtual cable of this machine may be a client in its own right.

use std::fs;
use std::path::Path;

use super::Address;

/// Which gateways are taken for that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gateways {
    /// None.
    None,
    /// Those behind a real or emulated network card.
    Cards,
    /// All: in a container.
    All,
}

/// The gateways of the default routes in `/proc/…/net`.
pub fn read(folder: &Path, which: Gateways) -> Vec<Address> {
    if which == Gateways::None {
        return Vec::new();
    }
    let text = |name| fs::read_to_string(folder.join(name)).unwrap_or_default();
    let (v4, v6) = (text("route"), text("ipv6_route"));
    let found = v4.lines().filter_map(route_v4).chain(v6.lines().filter_map(route_v6));
    let is_meant = |device: &str| which == Gateways::All || is_card(device);
    let mut found: Vec<_> =
        found.filter(|(_, device)| is_meant(device)).map(|(gateway, _)| gateway).collect();
    found.sort_unstable();
    found.dedup();
    found
}

fn is_card(device: &str) -> bool {
    !device.contains('/') && Path::new("/sys/class/net").join(device).join("device").exists()
}

/// `eth0 00000000 010011AC 0003 …`
fn route_v4(line: &str) -> Option<(Address, &str)> {
    let mut words = line.split_whitespace();
    let (device, to, gateway) = (words.next()?, words.next()?, words.next()?);
    let gateway = u32::from_str_radix(gateway, 16).ok().filter(|gateway| *gateway != 0)?;
    (to == "00000000").then(|| (Address::v4(gateway.to_ne_bytes()), device))
}

/// `00…00 00 00…00 00 fe80…01 00000400 … eth0`
fn route_v6(line: &str) -> Option<(Address, &str)> {
    let words: Vec<_> = line.split_whitespace().collect();
    let [to, length, _, _, gateway, .., device] = words.as_slice() else { return None };
    let gateway = u128::from_str_radix(gateway, 16).ok().filter(|gateway| *gateway != 0)?;
    let is_default = *length == "00" && to.bytes().all(|digit| digit == b'0');
    is_default.then(|| (Address::v6(gateway.to_be_bytes()), *device))
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn address(text: &str) -> Address {
        text.parse::<IpAddr>().unwrap().into()
    }

    #[test]
    fn default_routes_have_gateways() {
        let shown = u32::from_ne_bytes([172, 17, 0, 1]);
        let line = format!("eth0\t00000000\t{shown:08X}\t0003\t0\t0\t0\t00000000\t0\t0\t0");
        assert_eq!(route_v4(&line), Some((address("172.17.0.1"), "eth0")));
        assert_eq!(route_v4("eth0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0"), None);
        assert_eq!(route_v4("Iface\tDestination\tGateway \tFlags"), None);
        let zero = "0".repeat(32);
        let line = format!(
            "{zero} 00 {zero} 00 fe800000000000000000000000000001 00000400 00000001 00000000 \
             00000003     eth0"
        );
        assert_eq!(route_v6(&line), Some((address("fe80::1"), "eth0")));
        let unreachable =
            format!("{zero} 00 {zero} 00 {zero} ffffffff 00000001 00000001 00200200       lo");
        assert_eq!(route_v6(&unreachable), None);
    }
}
