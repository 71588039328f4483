//! What the five `mtp-*` tools are made of. `ARCHITECTURE.md` has the map and the layers:
//! a module uses its own layer and those above it, and `tests/it/tidy.rs` holds it to that.

pub mod accesslog;
pub mod cli;
pub mod dialect;
pub mod docker;
pub mod error;
pub mod event;
pub mod frame;
pub mod input;
pub mod links;
pub mod output;
pub mod people;
pub mod pyconfig;
pub mod score;
pub mod sockets;
pub mod tool;
pub mod view;
