//! Gateway addresses: a connection from one hides its client behind address translation.
//!
//! In a container a connection from the gateway comes through the engine's proxy or address
//! translation; each of its networks has a gateway, by convention the first address, with or
//! without a route through it. On a machine a connection from the router has been translated
//! there. A gateway over a virtual link of this machine may be a client itself.

use std::fs::{self, File};
use std::io::{self, Read, Seek};
use std::path::Path;

use super::Address;

/// Selects the gateways that hide clients.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum GatewayScope {
    None,
    /// Default gateways over a physical or emulated network card.
    PhysicalLinks,
    /// All: in a container.
    All,
}

/// The gateways of a namespace, which may change while it is sampled.
#[derive(Debug)]
pub(super) struct Gateways {
    scope: GatewayScope,
    /// The routing tables of IPv4 and IPv6. An open file keeps reading its namespace.
    routes: [Option<File>; 2],
    /// Known from the container engine.
    configured: Vec<Address>,
}

impl Gateways {
    /// Opens the routing tables in `/proc/…/net`.
    pub(super) fn open(folder: &Path, scope: GatewayScope) -> Self {
        let open =
            |name| File::open(folder.join(name)).ok().filter(|_| scope != GatewayScope::None);
        Self { scope, routes: [open("route"), open("ipv6_route")], configured: Vec::new() }
    }

    /// Adds gateways known from the container engine.
    pub(super) fn add(&mut self, configured: &[Address]) {
        self.configured.extend_from_slice(configured);
    }

    /// Reads the current gateways.
    pub(super) fn read(&mut self) -> Vec<Address> {
        let [v4, v6] = self.routes.each_mut().map(|file| text(file.as_mut()).unwrap_or_default());
        let mut found = self.configured.clone();
        let routes = v4.lines().filter_map(route_v4).chain(v6.lines().filter_map(route_v6));
        for (route, device) in routes {
            let is_selected = match self.scope {
                GatewayScope::None => false,
                GatewayScope::PhysicalLinks => {
                    matches!(route, GatewayRoute::Default(_)) && is_physical(device)
                }
                GatewayScope::All => true,
            };
            let (GatewayRoute::Default(gateway) | GatewayRoute::Local(gateway)) = route;
            if is_selected && !found.contains(&gateway) {
                found.push(gateway);
            }
        }
        found
    }
}

fn text(file: Option<&mut File>) -> io::Result<String> {
    let mut text = String::new();
    if let Some(file) = file {
        file.rewind()?;
        file.read_to_string(&mut text)?;
    }
    Ok(text)
}

fn is_physical(device: &str) -> bool {
    !device.contains('/') && Path::new("/sys/class/net").join(device).join("device").exists()
}

/// Whether this program runs in a container, by the engines' marker files.
pub(super) fn is_in_container() -> bool {
    ["/.dockerenv", "/run/.containerenv"].iter().any(|path| fs::exists(path).unwrap_or(false))
}

/// A route.
#[derive(Clone, Copy, Debug, PartialEq)]
enum GatewayRoute {
    /// A default route through this gateway.
    Default(Address),
    /// A route to a local network, whose first address this is.
    Local(Address),
}

/// `eth0 00000000 010011AC 0003 0 0 0 00000000 …`
fn route_v4(line: &str) -> Option<(GatewayRoute, &str)> {
    let words: Vec<_> = line.split_whitespace().collect();
    let [device, to, gateway, _, _, _, _, mask, ..] = words.as_slice() else { return None };
    let number = |text| u32::from_str_radix(text, 16).ok().map(u32::to_ne_bytes);
    let (to, gateway, mask) = (number(to)?, number(gateway)?, number(mask)?);
    let length = u32::from_be_bytes(mask).count_ones();
    let first = u32::from_be_bytes(to).wrapping_add(1).to_be_bytes();
    let route = match (gateway, length) {
        ([0, 0, 0, 0], 8..=30) => GatewayRoute::Local(Address::v4(first)),
        ([0, 0, 0, 0], _) | (_, 1..) => return None,
        _ => GatewayRoute::Default(Address::v4(gateway)),
    };
    Some((route, device))
}

/// `00…00 00 00…00 00 fe80…01 00000400 … eth0`
fn route_v6(line: &str) -> Option<(GatewayRoute, &str)> {
    let words: Vec<_> = line.split_whitespace().collect();
    let [to, length, _, _, gateway, .., device] = words.as_slice() else { return None };
    let number = |text| u128::from_str_radix(text, 16).ok();
    let (to, gateway, length) = (number(to)?, number(gateway)?, number(length)?);
    let is_shared = to >> 118 == 0xfe80 >> 6 || to >> 120 == 0xff; // link-local, multicast
    let route = match (gateway, length) {
        (0, 8..=126) if !is_shared => GatewayRoute::Local(Address::v6((to | 1).to_be_bytes())),
        (0, _) | (_, 1..) => return None,
        _ => GatewayRoute::Default(Address::v6(gateway.to_be_bytes())),
    };
    Some((route, device))
}

#[cfg(test)]
mod tests {
    use std::net::IpAddr;

    use super::*;

    fn address(text: &str) -> Address {
        text.parse::<IpAddr>().unwrap().into()
    }

    fn v4(to: [u8; 4], gateway: [u8; 4], mask: [u8; 4]) -> String {
        let [to, gateway, mask] = [to, gateway, mask].map(u32::from_ne_bytes);
        format!("eth0\t{to:08X}\t{gateway:08X}\t0003\t0\t0\t0\t{mask:08X}\t0\t0\t0")
    }

    #[test]
    fn parses_ipv4_routes() {
        let (any, gateway) = ([0; 4], [172, 17, 0, 1]);
        let parsed = |to, gateway, mask| route_v4(&v4(to, gateway, mask)).map(|(route, _)| route);
        assert_eq!(parsed(any, gateway, any), Some(GatewayRoute::Default(address("172.17.0.1"))));
        let near = parsed([172, 19, 0, 0], any, [255, 255, 0, 0]);
        assert_eq!(near, Some(GatewayRoute::Local(address("172.19.0.1"))));
        assert_eq!(parsed([172, 19, 0, 9], any, [255; 4]), None);
        assert_eq!(parsed([10, 0, 0, 0], gateway, [255, 0, 0, 0]), None);
        assert_eq!(route_v4("Iface\tDestination\tGateway \tFlags\t0\t0\t0\tMask"), None);
    }

    #[test]
    fn parses_ipv6_routes() {
        let route = |to: &str, length: &str, gateway: &str| {
            let digits = |text: &str| {
                let IpAddr::V6(ip) = text.parse().unwrap() else { panic!("{text}") };
                format!("{:032x}", u128::from(ip))
            };
            let (to, from, gateway) = (digits(to), digits("::"), digits(gateway));
            let rest = "00000400 00000001 00000000 00000003     eth0";
            let line = format!("{to} {length} {from} 00 {gateway} {rest}");
            route_v6(&line).map(|(route, device)| (route, device.to_owned()))
        };
        let eth0 = |route| Some((route, "eth0".to_owned()));
        assert_eq!(route("::", "00", "fe80::1"), eth0(GatewayRoute::Default(address("fe80::1"))));
        let near = route("fd00:5::", "40", "::");
        assert_eq!(near, eth0(GatewayRoute::Local(address("fd00:5::1"))));
        for (to, length) in [("fe80::", "40"), ("ff00::", "08"), ("fd00:5::2", "80"), ("::", "00")]
        {
            assert_eq!(route(to, length, "::"), None, "{to}");
        }
    }
}
