//! `mtp-conns` on real sockets: networks that the tests make, clients that they hold.

mod clients;
mod containers;
mod counting;
mod engine;
mod inputs;
mod lives;
mod net;
mod several;
mod speed;
mod stage;
mod telemt_api;
mod watching;
