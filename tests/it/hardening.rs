//! The programs are position-independent, and their relocations are read-only before they start.

use std::fs;

use crate::harness::tool;

/// A position-independent file: `ET_DYN`.
const POSITION_INDEPENDENT: usize = 3;
/// Kinds of segment: `PT_DYNAMIC`, `PT_GNU_STACK`, `PT_GNU_RELRO`.
const DYNAMIC: usize = 2;
const STACK: usize = 0x6474_e551;
const RELRO: usize = 0x6474_e552;
/// `DT_FLAGS` and its `DF_BIND_NOW`; `DT_FLAGS_1` and its `DF_1_NOW`.
const NOW: [(usize, usize); 2] = [(30, 8), (0x6fff_fffb, 1)];

fn number(bytes: &[u8], at: usize, width: usize) -> usize {
    bytes[at..at + width].iter().rev().fold(0, |sum, byte| sum << 8 | usize::from(*byte))
}

#[test]
fn programs_are_hardened() {
    for name in ["mtp-logs", "mtp-parse", "mtp-score", "mtp-conns", "mtp-users", "mtp-report"] {
        let file = fs::read(tool(name).get_program()).unwrap();
        assert_eq!((&file[..4], file[4]), (&b"\x7fELF"[..], 2), "{name}: 64 bits");
        assert_eq!(number(&file, 16, 2), POSITION_INDEPENDENT, "{name}");
        let (table, size, count) =
            (number(&file, 32, 8), number(&file, 54, 2), number(&file, 56, 2));
        let segments: Vec<_> = (0..count).map(|n| &file[table + n * size..][..size]).collect();
        let segment = |kind| segments.iter().find(|segment| number(segment, 0, 4) == kind);
        assert!(segment(RELRO).is_some(), "{name}: read-only relocations");
        assert_eq!(number(segment(STACK).unwrap(), 4, 4) & 1, 0, "{name}: executable stack");
        let dynamic = segment(DYNAMIC).unwrap();
        let entries = &file[number(dynamic, 8, 8)..][..number(dynamic, 32, 8)];
        let is_now = entries.chunks_exact(16).any(|entry| {
            let (tag, value) = (number(entry, 0, 8), number(entry, 8, 8));
            NOW.iter().any(|(of, bit)| tag == *of && value & bit != 0)
        });
        assert!(is_now, "{name}: bound before the start");
    }
}
