//! Replaces a TOML file in place, for files that a rename cannot replace. The new text is first
//! written after the old one in a comment, then to its place. Readers may see a mix of both; an
//! interrupted edit is completed by the next run.

use crate::pyconfig::crash_safe_write::{DONE, WritePlan, WriteStep, checksum, mark};
use crate::pyconfig::literal::{escape, unescape};

/// Precedes the new text in the comment.
const JOURNAL: &str = "mtp-users-toml ";

/// Plans the steps from `old` to `new`.
pub(super) fn toml_write(old: &str, new: &str) -> WritePlan {
    let (mark_old, mark_new) = (mark(old.as_bytes()), done_mark(new));
    let journal_at = (old.len() + mark_old.len()).max(new.len() + mark_new.len());
    let pad = " ".repeat(journal_at - old.len() - mark_old.len());
    let payload = escape(new);
    let sum = checksum(payload.as_bytes());
    let comment = format!("{mark_old}{pad}{JOURNAL}{sum:016x} {payload}\n");
    let mut steps = vec![WriteStep::Write(old.len(), comment.into_bytes()), WriteStep::Sync];
    let commit = steps.len();
    steps.extend(completion(new, journal_at));
    WritePlan { steps, commit }
}

/// Returns the new text of an edit that has taken effect, and the steps that complete it.
pub(super) fn toml_recovery(bytes: &[u8]) -> Option<(String, Vec<WriteStep>)> {
    let journal_at = memchr::memmem::rfind(bytes, JOURNAL.as_bytes())?;
    let rest = std::str::from_utf8(bytes.get(journal_at + JOURNAL.len()..)?).ok()?;
    let (sum, payload) = rest.strip_suffix('\n')?.split_once(' ')?;
    if sum != format!("{:016x}", checksum(payload.as_bytes())) {
        return None;
    }
    let new = unescape(payload)?;
    let steps = completion(&new, journal_at);
    Some((new, steps))
}

fn completion(new: &str, journal_at: usize) -> Vec<WriteStep> {
    let mut text = format!("{new}{}", done_mark(new));
    text.push_str(&" ".repeat(journal_at.saturating_sub(text.len())));
    vec![
        WriteStep::Write(0, text.into_bytes()),
        WriteStep::SyncAndWait,
        WriteStep::Truncate(new.len()),
        WriteStep::SyncAndWait,
    ]
}

fn done_mark(new: &str) -> String {
    format!("{}{DONE}", mark(new.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pyconfig::recovery::recovered;

    #[test]
    fn every_state_is_recovered() {
        let cases = [("a = 1\n", "a = 2\nb = 'ж'\n"), ("a = 1\nb = 2", ""), ("", "x = 1\r\n")];
        for (old, new) in cases {
            let plan = toml_write(old, new);
            let mut file = old.as_bytes().to_vec();
            for (n, step) in plan.steps.iter().enumerate() {
                let length = if let WriteStep::Write(_, bytes) = step { bytes.len() } else { 0 };
                for part in 0..=length {
                    let mut state = file.clone();
                    if let WriteStep::Write(at, bytes) = step {
                        WriteStep::Write(*at, bytes[..part].to_vec()).apply(&mut state);
                    } else {
                        step.apply(&mut state);
                    }
                    // A mark of which less than its checksum was written stays as a comment.
                    if n == 0 && (1..20).contains(&part) {
                        continue;
                    }
                    let text = toml_recovery(&state).map(|found| found.0.into_bytes());
                    let text = String::from_utf8(text.unwrap_or_else(|| recovered(state))).unwrap();
                    assert!(text == old || text == new, "{n} {part}: {text:?}");
                    assert!(n < plan.commit || text == new, "{n} {part}: {text:?}");
                }
                step.apply(&mut file);
            }
            assert_eq!(file, new.as_bytes());
        }
    }
}
