//! Input and output: line readers, followed files, buffered output, atomic file replacement,
//! diagnostics on standard error.

pub mod atomic_write;
pub mod escape;
pub mod follow;
pub mod line_buffer;
pub mod output;
pub mod read_file;
pub mod reporter;
pub mod source;
pub mod state_lock;
pub mod wait;

pub use line_buffer::{Fill, Line, LineBuffer, LineReader};
pub use wait::Signals;
