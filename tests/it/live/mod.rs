//! The main job as it is really run: a proxy in a container, its log followed into the tools.

mod compose;
pub(crate) mod engine;
mod example;
mod latency;
mod pipeline;
mod replay;
mod sharing;
