//! Scores users from the connections of an event stream.
//!
//! [`ScoreState::ingest`] adds a connection to its user's [`Window`], from which the [`Rule`] makes
//! score and risk, and to the [`ReorderBuffer`]. [`ScoreState::drain_due`] takes the connections
//! out of the buffer in order of time and passes them to [`crate::sharing`], which gives the
//! verdict. [`assessment`] builds the rows. Nothing here reads a clock: time is that of the events.

mod address_table;
pub mod all_users;
pub mod assessment;
pub mod carriers;
pub mod hidden;
pub mod policy;
mod reorder_buffer;
pub mod retention;
pub mod rule;
mod shared_networks;
mod sorted_queue;
pub mod state;
pub mod state_file;
pub mod time_gate;
pub mod users;
mod window;
mod window_index;

pub use all_users::AllUsers;
pub use policy::Policy;
pub use reorder_buffer::ReorderBuffer;
pub use rule::{Counts, Rule};
pub use state::{ConnectEvent, ScoreState};
pub use window::{Window, WindowConfig};
