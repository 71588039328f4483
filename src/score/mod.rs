//! Events to suspicion: what is kept of each user, and the rule its users know.

mod addresses;
pub mod book;
mod busy;
pub mod carriers;
pub mod limits;
pub mod order;
mod relays;
pub mod row;
pub mod rule;
mod sorted;
pub mod state;
pub mod users;
pub mod why;
pub mod window;

pub use book::{Connection, ScoreState};
pub use limits::Limits;
pub use rule::{Counts, Points, Risk, Rule};
pub use window::{Span, Window};
