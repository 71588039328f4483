//! What the report is shown on: the bundled log of three days, as the tools make rows of it, and
//! two hours of samples. One user has a name that is markup.

use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use crate::harness::{root, run, text};

/// A name that is text wherever it stands.
pub(crate) const HOSTILE: &str = "<script>alert(1)</script>";

/// What the old scripts printed of their own examples; the score is what their rule makes of it.
pub(crate) const SEED: &str = "\
📊 MTProxy Log Analysis - 2024-01-15 14:35:10
================================================

👤 User: customer1
   📈 Total connections: 25
   🌐 Unique IPs: 4
   ⚠️ Suspicious score: 100/100  (addresses 40, simultaneous 100, frequency 10)
   🚨 HIGH RISK - Potential account sharing!
   📍 IPs used: 192.168.1.100, 10.0.0.50, 172.16.0.10, 203.0.113.5
   🔄 Simultaneous connections from different IPs: 2
";

/// The rows of `mtp-parse` and of `mtp-score`, in files.
static ROWS: LazyLock<[PathBuf; 2]> = LazyLock::new(|| {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("demo");
    fs::create_dir_all(&folder).unwrap();
    let events = text(&run("mtp-parse", &[], &log()).stdout);
    let events = events.replace("\"user\":\"kim\"", &format!("\"user\":\"{HOSTILE}\""));
    let scores = run("mtp-score", &[], events.as_bytes()).stdout;
    let files = ["events.jsonl", "scores.jsonl"].map(|name| folder.join(name));
    fs::write(&files[0], events).unwrap();
    fs::write(&files[1], scores).unwrap();
    files
});

/// The lines of `examples/three-days.log.gz`.
pub(crate) fn log() -> Vec<u8> {
    let packed = fs::read(root().join("examples/three-days.log.gz")).unwrap();
    let mut lines = Vec::new();
    flate2::read::GzDecoder::new(&*packed).read_to_end(&mut lines).unwrap();
    lines
}

/// A file of the report's fixtures.
pub(crate) fn fixture(name: &str) -> String {
    root().join("tests/fixtures/report").join(name).display().to_string()
}

/// Events, scores and samples.
pub(crate) fn demos() -> [String; 3] {
    let [events, scores] = ROWS.each_ref().map(|path| path.display().to_string());
    [events, scores, fixture("demo.samples.jsonl")]
}
