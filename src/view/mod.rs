//! Rows as text for people. The tools and `mtp-report` print through here.
//!
//! To show a new kind of evidence: `evidence.rs`. To change a text: one row of `messages.rs`, which
//! has a column per language.

pub mod account;
pub mod calendar;
pub mod event;
pub mod evidence;
mod grid;
pub mod messages;
pub mod monitor;
pub mod style;
pub mod table;
pub mod timeline;
pub mod units;

pub use account::{AccountLine, Totals};
pub use style::{IconSet, Lang, TextStyle};
