//! Running proxies: finds their processes and makes them read their config file again.

mod api;
mod compile;
mod process;
mod reload;
mod running;

pub use api::ManagementApi;
pub use compile::{Compiled, compile};
pub use process::{ProxyProcess, SignalEffect, proxies};
pub use reload::{
    CONFIRM_TIMEOUT, Confirmation, ProxySelector, ReloadSignal, ReloadTarget, TELEMT, find_targets,
};
pub use running::RunningProxy;
