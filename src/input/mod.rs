//! Bytes in: files and standard input, plain or compressed, as numbered lines that are lent.

pub mod follow;
pub mod lines;
pub mod source;
pub mod wait;

pub use lines::{Fill, Lines};
pub use wait::Signals;
