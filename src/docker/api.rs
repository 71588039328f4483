//! The bodies of the Docker Engine API, as far as they are used here.

use std::collections::BTreeMap;

use serde::Deserialize;

use super::{Container, ListedContainer, Mount, Published, Selection};

/// The body of an error response.
#[derive(Deserialize)]
pub(super) struct ApiError {
    pub(super) message: String,
}

/// An entry of `GET /containers/json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ContainerSummary {
    pub(super) id: String,
    #[serde(default)]
    names: Vec<String>,
    #[serde(default)]
    labels: Option<Labels>,
    #[serde(default)]
    ports: Vec<SummaryPort>,
    #[serde(default)]
    state: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct SummaryPort {
    #[serde(default)]
    public_port: Option<u16>,
    #[serde(rename = "Type", default)]
    protocol: String,
}

type Labels = BTreeMap<String, String>;

/// Compose's label for the service's name.
const SERVICE_LABEL: &str = "com.docker.compose.service";
const PROJECT_LABEL: &str = "com.docker.compose.project";
const NUMBER_LABEL: &str = "com.docker.compose.container-number";
/// The fewest digits of an id that select a container.
const ID_MIN: usize = 12;

impl ContainerSummary {
    pub(super) fn name(&self) -> Option<&str> {
        self.names.first().map(|name| name.trim_start_matches('/'))
    }

    pub(super) fn publishes(&self, port: u16) -> bool {
        self.ports.iter().any(|at| at.protocol == "tcp" && at.public_port == Some(port))
    }

    fn label(&self, label: &str) -> Option<&str> {
        self.labels.as_ref()?.get(label).map(String::as_str)
    }

    pub(super) fn is_selected(&self, selection: &Selection) -> bool {
        match selection {
            Selection::Name(name) => self.matches(name),
            Selection::Compose { project, service } => {
                let is_service =
                    |service: &String| self.label(SERVICE_LABEL) == Some(service.as_str());
                self.label(PROJECT_LABEL) == Some(project)
                    && service.as_ref().is_none_or(is_service)
            }
        }
    }

    pub(super) fn into_listed(self) -> ListedContainer {
        let service = self.label(SERVICE_LABEL);
        let number = self.label(NUMBER_LABEL).unwrap_or("1");
        ListedContainer {
            compose_name: service.map(|service| format!("{service}-{number}")),
            name: self.name().unwrap_or(&self.id).to_owned(),
            is_running: self.state == "running",
            id: self.id,
        }
    }

    pub(super) fn matches(&self, name: &str) -> bool {
        let by_id = name.len() >= ID_MIN && self.id.starts_with(name);
        let by_name = self.names.iter().any(|own| own.trim_start_matches('/') == name);
        let service = self.labels.as_ref().and_then(|labels| labels.get(SERVICE_LABEL));
        by_id || by_name || service.is_some_and(|service| service == name)
    }
}

/// The body of `GET /containers/ID/json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ContainerInspect {
    id: String,
    name: String,
    state: ContainerState,
    config: ContainerConfig,
    #[serde(default)]
    host_config: HostConfig,
    #[serde(default)]
    network_settings: NetworkSettings,
    #[serde(default)]
    mounts: Vec<Mount>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContainerState {
    #[serde(default)]
    pid: u32,
    #[serde(default)]
    started_at: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ContainerConfig {
    #[serde(default)]
    tty: bool,
    #[serde(default)]
    env: Option<Vec<String>>,
    #[serde(default)]
    labels: Option<Labels>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct HostConfig {
    network_mode: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct NetworkSettings {
    ports: Option<BTreeMap<String, Option<Vec<PortBinding>>>>,
    networks: Option<BTreeMap<String, EndpointSettings>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct EndpointSettings {
    #[serde(rename = "Gateway")]
    v4: String,
    #[serde(rename = "IPv6Gateway")]
    v6: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct PortBinding {
    host_port: String,
}

impl ContainerInspect {
    pub(super) fn into_container(self) -> Container {
        let mut published = Vec::new();
        for (inside, bindings) in self.network_settings.ports.unwrap_or_default() {
            let port = inside.strip_suffix("/tcp").and_then(|port| port.parse().ok());
            for binding in bindings.unwrap_or_default() {
                let (Some(port), Ok(host_port)) = (port, binding.host_port.parse()) else {
                    continue;
                };
                let one = Published { port, host_port };
                if !published.contains(&one) {
                    published.push(one); // one port has a binding for IPv4 and one for IPv6
                }
            }
        }
        let networks = self.network_settings.networks.unwrap_or_default();
        let gateways = networks.values().flat_map(|network| [&network.v4, &network.v6]);
        let labels = self.config.labels;
        Container {
            gateways: gateways.filter_map(|text| text.parse().ok()).collect(),
            id: self.id,
            name: self.name.trim_start_matches('/').to_owned(),
            service: labels.and_then(|mut labels| labels.remove(SERVICE_LABEL)),
            pid: (self.state.pid > 0).then_some(self.state.pid),
            network_mode: self.host_config.network_mode,
            has_terminal: self.config.tty,
            environment: self.config.env.unwrap_or_default(),
            started: self.state.started_at,
            mounts: self.mounts,
            published,
        }
    }
}
