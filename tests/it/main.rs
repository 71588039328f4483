//! The tests that run the built programs and hold the house to its rules.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test that cannot go on says so by ending"
)]

mod accesslog;
mod accesslog_survives;
mod conns;
mod dialects;
mod docker;
mod frame_laws;
mod frames;
mod edits;
mod harness;
mod live;
mod misuse;
mod pages;
mod parse_laws;
mod parse_options;
mod proxy;
mod redaction;
mod score_kills;
mod score_laws;
mod stream_page;
mod pyfiles;
mod score_laws;
mod shield;
mod tidy;
mod view;
