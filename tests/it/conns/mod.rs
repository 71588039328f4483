//! `mtp-conns` on real sockets: networks that the tests make, clients that they hold.

mod clients;

mod counting;

mod net;
