//! Running proxies: finds their processes and makes them read their config file again.

mod process;
mod reload;

pub use process::{ProxyProcess, SignalEffect, proxies};
pub use reload::{
    CONFIRM_TIMEOUT, CONFIRMATION, Confirmation, ProxySelector, ReloadTarget, find_targets,
};
