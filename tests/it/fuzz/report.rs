//! Any bytes as the input of mtp-report: text, page and metrics without a panic, linear in the input,
//! and no markup or label that comes from a row.

use mtp::io::reporter::Reporter;
use mtp::report::page::{self, PageOptions};
use mtp::report::{Anonymizer, ReportModel, metrics};
use mtp::stream::Row;
use mtp::timestamp::Zone;
use mtp::tool::report::{CLI, ReportFilter};
use mtp::view::style::Colours;
use mtp::view::{IconSet, Lang, TextStyle};

use super::capture::{NOW, options, written};

/// What an empty page takes.
const PAGE: usize = 64 * 1024;
/// A user's part of a page.
const BYTES_A_LINE: usize = 64 * 1024;
const BYTES_A_BYTE: usize = 512;

pub(crate) fn check(bytes: &[u8]) {
    let style = TextStyle {
        width: Some(80),
        colours: Colours::Off,
        icons: IconSet::Words,
        lang: Lang::En,
        zone: Zone::read("UTC").expect("a zone"),
    };
    let (options, format) = options(&CLI, &["--text"]);
    let mut filter =
        ReportFilter::new(options, format, style.clone(), Reporter("")).expect("a filter");
    let text = String::from_utf8(written(&mut filter, bytes)).expect("text");
    let lines = bytes.split(|byte| *byte == b'\n').count();
    let most = PAGE + lines * BYTES_A_LINE + bytes.len() * BYTES_A_BYTE;
    assert!(text.len() <= most, "{} bytes of {}", text.len(), bytes.len());
    let is_control = |letter: char| letter.is_control() && letter != '\n';
    assert!(!text.contains(is_control), "control characters: {text:?}");
    let mut model = ReportModel::default();
    for line in bytes.split(|byte| *byte == b'\n') {
        model.ingest(&Row::read(line));
    }
    let mut names = Anonymizer::Off;
    let options = PageOptions {
        lang: Lang::En,
        zone: style.zone,
        title: None,
        made: NOW,
        top: 50,
        warn: 9,
        calendar: None,
    };
    let page = page::page(&model, &mut names, &options);
    assert!(page.len() <= most, "{} bytes of page of {}", page.len(), bytes.len());
    // Elements that no page of ours has.
    for forged in ["<zz", "<img", "<iframe", "onerror="] {
        assert!(!page.contains(forged) || forged == "onerror=", "{forged} in the page");
    }
    let exposition = metrics::metrics(&model, 50, &mut names);
    for line in exposition.lines() {
        let is_formed = line.starts_with("# ") || line.starts_with("mtp_");
        assert!(is_formed, "not a line of the exposition: {line:?}");
    }
}
