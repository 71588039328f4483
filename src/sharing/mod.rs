//! Estimates how many people use an account at the same time, from the times and networks of its
//! connections. `docs/detection.md` has the model and its error rates.
//!
//! A person has one phone, on one network at a time, and may have other devices that stay on one
//! network. A phone in the background holds no connection and opens one for each message; a
//! computer holds its connections for hours without being used. So two networks that are in use
//! at the same time, neither of them held by a computer, are seldom one person's.
//!
//! | step | function | result |
//! |---|---|---|
//! | 1. record connections, ends | [`AccountActivity::connect`], `end` | [`AccountActivity`] |
//! | 2. merge the addresses of one pool | [`group_networks`] | [`Groups`] |
//! | 3. measure the use beyond one person's | `measure_days` | `Measures` |
//! | 4. weigh the measures | [`estimate()`] | [`Estimate`] |
//! | 5. decide, with hysteresis | [`VerdictState::update`] | [`crate::stream::Verdict`] |
//! | 6. give the reasons | [`evidence()`] | rows of [`crate::stream::Evidence`] |
//!
//! [`in_use()`] gives the intervals in which each group was in use: the ones that steps 3 to 6
//! count.
//!
//! Not detected: people under one roof, people who use the account on different days, and clients
//! whose addresses are hidden.

mod activity;
mod block;
mod estimate;
mod evidence;
mod groups;
mod home;
mod in_use;
mod measures;
mod network;
pub mod presence;
mod verdict;

pub use activity::{AccountActivity, BLOCKS_MAX, DEVICES};
pub use estimate::{Estimate, estimate};
pub use evidence::{Detail, evidence};
pub use groups::{Groups, group_networks};
pub use in_use::{InUse, in_use};
pub use network::{Family, Network, Prefixes};
pub use verdict::{ALARMS, Thresholds, VerdictState, decide};
