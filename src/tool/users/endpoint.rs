//! What the links of users need besides the secret: from the file, the command line, and the running
//! proxy.

use std::fmt::Display;

use super::context::Context;
use crate::io::escape::Escaped;
use crate::links::{Endpoint, LinkMode, LinkPart};
use crate::proxy::RunningProxy;
use crate::pyconfig;
use crate::userconfig::UserConfig;
use crate::view::messages::fill;

/// Returns what links need; reports which parts are not known and how to give them.
pub(super) fn endpoint_of(context: &Context, config: &UserConfig<'_>, file: &str) -> Endpoint {
    let mut endpoint = config.endpoint();
    let options = &context.options;
    if let Some(server) = &options.server {
        endpoint.server = Some(server.clone());
        endpoint.computed.retain(|(part, _)| *part != LinkPart::Server);
    }
    if let Some(port) = options.port {
        endpoint.port = Some(port.to_string());
        endpoint.computed.retain(|(part, _)| *part != LinkPart::Port);
    }
    if let Some(domain) = &options.tls_domain {
        endpoint.domain = Some(domain.clone());
        endpoint.computed.retain(|(part, _)| *part != LinkPart::Domain);
    }
    if let UserConfig::Python(config) = config
        && (!endpoint.computed.is_empty() || endpoint.server.is_none())
        && let Some(proxy) = RunningProxy::find(&options.proxy, &context.path())
    {
        complete(context, &mut endpoint, config.text, &proxy, file);
    }
    if endpoint.computed.iter().any(|(part, _)| *part == LinkPart::Modes) {
        endpoint.modes = LinkMode::ALL.to_vec();
    }
    report_missing(context, &endpoint, file);
    endpoint
}

/// Takes the parts that the file computes, and a server address that it does not set, from the
/// running proxy: by its environment, else from the links that it printed.
fn complete(
    context: &Context,
    endpoint: &mut Endpoint,
    text: &str,
    proxy: &RunningProxy,
    file: &str,
) {
    let evaluated = pyconfig::read_in(text.as_bytes(), &proxy.environment);
    let evaluated = evaluated.map(|config| config.endpoint()).unwrap_or_default();
    let is_evaluated = |part| !evaluated.computed.iter().any(|(one, _)| *one == part);
    let printed = proxy.links.first();
    let messages = context.messages();
    let is_unset = endpoint.server.is_none()
        && !endpoint.computed.iter().any(|(part, _)| *part == LinkPart::Server);
    if let (true, Some(link)) = (is_unset, printed) {
        let parts: [(&str, &dyn Display); 2] =
            [("value", &Escaped(&link.server)), ("origin", &Escaped(&proxy.name))];
        context.reporter.print(format!("{file}: {}", fill(messages.server_printed, &parts)));
        endpoint.server = Some(link.server.clone());
    }
    for (part, line) in std::mem::take(&mut endpoint.computed) {
        let known = is_evaluated(part);
        let value = match part {
            LinkPart::Server => {
                let own = evaluated.server.clone().filter(|_| known);
                endpoint.server = own.or_else(|| printed.map(|link| link.server.clone()));
                endpoint.server.clone()
            }
            LinkPart::Port => {
                let own = evaluated.port.clone().filter(|_| known);
                endpoint.port = own.or_else(|| printed.map(|link| link.port.clone()));
                endpoint.port.clone()
            }
            LinkPart::Domain => {
                let own = evaluated.domain.clone().filter(|_| known);
                let of_links = || proxy.links.iter().find_map(|link| link.domain.clone());
                endpoint.domain = own.or_else(of_links);
                endpoint.domain.clone()
            }
            LinkPart::Modes => {
                endpoint.modes = if known { evaluated.modes.clone() } else { proxy.modes() };
                let names: Vec<_> = endpoint.modes.iter().map(|mode| mode.name()).collect();
                (!names.is_empty()).then(|| names.join(", "))
            }
        };
        let Some(value) = value else {
            endpoint.computed.push((part, line));
            continue;
        };
        let parts: [(&str, &dyn Display); 3] = [
            ("name", &setting(part)),
            ("value", &Escaped(&value)),
            ("origin", &Escaped(&proxy.name)),
        ];
        let at = place(file, line);
        context.reporter.print(format!("{at}: {}", fill(messages.from_proxy, &parts)));
    }
}

fn report_missing(context: &Context, endpoint: &Endpoint, file: &str) {
    let messages = context.messages();
    for (part, line) in &endpoint.computed {
        let text = match part {
            LinkPart::Server => messages.server_computed,
            LinkPart::Port => messages.port_computed,
            LinkPart::Modes => messages.modes_computed,
            LinkPart::Domain => messages.domain_computed,
        };
        let at = place(file, *line);
        context.reporter.print(format!("{at}: {}", fill(text, &[("name", &setting(*part))])));
    }
    let is_computed = |part| endpoint.computed.iter().any(|(one, _)| *one == part);
    if endpoint.server.is_none() && !is_computed(LinkPart::Server) {
        context.reporter.print(format!("{file}: {}", messages.no_server));
    }
    if endpoint.port.is_none() && !is_computed(LinkPart::Port) {
        context.reporter.print(format!("{file}: {}", messages.no_port));
    }
}

/// The setting of config.py that a part comes from.
fn setting(part: LinkPart) -> &'static str {
    match part {
        LinkPart::Server => "MY_DOMAIN",
        LinkPart::Port => "PORT",
        LinkPart::Modes => "MODES",
        LinkPart::Domain => "TLS_DOMAIN",
    }
}

fn place(file: &str, line: Option<usize>) -> String {
    line.map_or_else(|| file.to_owned(), |line| format!("{file}:{line}"))
}
