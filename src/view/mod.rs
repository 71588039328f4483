//! The streams as text for people: the lines that `monitor.py` and `analyze_logs.py` printed
//! first, then what is new, indented alike. The tools and `mtp-report` all print through here.
//!
//! To show a new kind of evidence: one row in `evidence.rs`. To change a text: one row in
//! `words.rs`, in both languages.

pub mod connection;
pub mod conns;
pub mod evidence;
pub mod look;
pub mod rows;
pub mod score;
pub mod units;
pub mod words;

pub use crate::stream::Verdict;
pub use connection::connection;
pub use conns::{monitor, sample};
pub use look::{Lang, Look};
pub use rows::{Alert, Connection, Meta, Sample, Summary, verdict};
pub use score::{Totals, alert, analysis, summary};
