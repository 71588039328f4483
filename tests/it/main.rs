//! Tests that run the built programs, and the rules of the source tree.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "a test fails by panicking"
)]

mod accesslog;
mod accesslog_survives;
mod browser;
mod calendar;
mod config_law;
mod conns;
mod contrib;
mod crash_safe_write;
mod dashboard;
mod demo;
mod dialects;
mod docker;
mod edits;
mod engines;
mod frame_laws;
mod frames;
mod fuzz;
mod hardening;
mod harness;
mod latency;
mod live;
mod log_calls;
mod logs;
mod logs_engine;
mod logs_files;
mod logs_journal;
mod misuse;
mod notify;
mod notify_hostile;
mod pages;
mod parse_kinds;
mod parse_laws;
mod parse_options;
mod parse_reports;
mod parse_sources;
mod partitions;

mod pictures;
mod proxy;
mod pydamage;
mod pyfiles;
mod redaction;
mod report;
mod report_page;
mod report_watch;
mod score_hidden;
mod score_kills;
mod score_laws;
mod score_memory;
mod score_options;
mod score_retention;
mod score_robust;
mod servers;
mod sharing_brute;
mod sharing_laws;
mod signals;
mod stream_page;
mod tidy;
mod transcripts;
mod users_compile;
mod users_computed;
mod users_crash;
mod users_files;
mod users_hostile;
mod users_kills;
mod users_lang;
mod users_links;
mod users_output;
mod users_refused;
mod users_running;
mod users_speed;
mod users_toml;
mod users_unlucky;
mod view;
