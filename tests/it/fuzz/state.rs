//! Any bytes as a state file, and as the body of one with a right checksum: it is refused or loaded,
//! without a panic and without taking memory that is not in it.

use std::hash::Hasher;

use mtp::score::state_file;
use twox_hash::XxHash3_64;

/// Magic, version.
const HEAD: usize = 12;
/// Length and checksum.
const TAIL: usize = 16;

/// The body of a state file.
pub(crate) fn body(file: &[u8]) -> &[u8] {
    &file[HEAD..file.len() - TAIL]
}

/// A state file with this body, after the head of a file that is whole.
fn file(head: &[u8], body: &[u8]) -> Vec<u8> {
    let mut sum = XxHash3_64::default();
    sum.write(body);
    let tail = [(body.len() as u64).to_le_bytes(), sum.finish().to_le_bytes()].concat();
    [head, body, &tail].concat()
}

/// The bytes are a file, and a body.
pub(crate) fn check(bytes: &[u8]) {
    drop(state_file::decode(bytes).map(drop));
    let whole = super::rows::state_of(b"");
    let mut cut = whole.clone();
    cut.truncate(bytes.len() % whole.len());
    assert!(state_file::decode(&cut).is_err(), "a part of a file is refused");
    let Ok(state) = state_file::decode(&file(&whole[..HEAD], bytes)) else { return };
    let mut again = Vec::new();
    state_file::write(&mut again, &state).expect("saved");
    assert!(state_file::decode(&again).is_ok(), "what was loaded is saved and loaded again");
}
