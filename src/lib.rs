//! Library behind the `mtp-*` programs. `ARCHITECTURE.md` has the module map and the allowed
//! dependencies between modules; `tests/it/tidy.rs` checks them.

pub mod accesslog;
pub mod cli;
pub mod diagnostic;
pub mod docker;
pub mod error;
pub mod follow;
pub mod formats;
pub mod frame;
pub mod io;
pub mod json;
pub mod links;
pub mod net;
pub mod notify;
pub mod proxy;
pub mod pyconfig;
pub mod report;
pub mod score;
pub mod sharing;
pub mod sockets;
pub mod stream;
pub mod timestamp;
pub mod tomlconfig;
pub mod tool;
pub mod userconfig;
pub mod view;
