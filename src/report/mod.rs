//! Reports of streams: the model of what was read, and the page, the metrics, the text and the screen
//! that are made from it.

pub mod anonymize;
pub mod calendar;
pub mod metrics;
pub mod model;
pub mod page;
pub mod text;
pub mod throttled_file;
pub mod watch;

pub use anonymize::Anonymizer;
pub use calendar::Calendar;
pub use model::ReportModel;

/// Users with labels and pictures of their own, by default.
pub const TOP: usize = 50;
