//! The genuine mtprotoproxy and real clients for it, on loopback: what the tests of the access
//! log, of links and of reloads are made of.

mod access;
mod centre;
mod cipher;
mod client;
mod server;
mod tls;
mod venv;

pub(crate) use access::{Access, Log};
pub(crate) use centre::{start as start_centre, start_at as start_centre_at};
pub(crate) use client::{Client, Mode, Opening, dial, random};
pub(crate) use server::{Proxy, config_at, stage};
pub(crate) use venv::{Installed, installed, python};
