//! Estimates how many people use an account at the same time, from the times and networks of its
//! connections.
//!
//! A person has one phone, on one network at a time, and may have a second device that stays on one
//! network. Whatever is in use at the same time therefore has that network in common. For two
//! people, networks in use at the same time remain whichever network is left out.
//!
//! | step | function | result |
//! |---|---|---|
//! | 1. record a connection | [`AccountActivity::connect`] | [`AccountActivity`] |
//! | 2. merge the networks of one device | [`group_networks`] | [`Groups`] |
//! | 3. estimate the number of people | [`estimate()`] | [`Estimate`] |
//! | 4. decide, with hysteresis | [`VerdictState::update`] | [`crate::stream::Verdict`] |
//! | 5. give the reasons | [`evidence()`] | rows of [`crate::stream::Evidence`] |
//!
//! [`in_use()`] gives the intervals in which each group was in use: the ones that steps 3 to 5
//! count.
//!
//! Not detected: people in one household, people who use the account on different days, and two
//! people who both stay at home, since they look like one person with two devices.

mod activity;
mod alternation;
mod capacity;
mod daily_peaks;
mod estimate;
mod evidence;
mod groups;
mod in_use;
mod network;
mod network_activity;
mod overlap;
pub mod presence;
mod rotation;
mod verdict;

pub use activity::AccountActivity;
pub use capacity::{NETWORKS_MAX, PAIRS_MAX};
pub use estimate::{Estimate, estimate};
pub use evidence::{Detail, evidence};
pub use groups::{Groups, group_networks};
pub use in_use::{InUse, in_use};
pub use network::{Family, Network, Prefixes};
pub use verdict::{VerdictState, next_verdict};
