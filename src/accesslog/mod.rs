//! The block of Python that makes an unmodified mtprotoproxy print who connects from where.

/// The first line of the block begins with this, whatever version of the tools wrote it.
pub const BEGIN: &str = "# >>> mtp-access";

/// The last line of the block.
pub const END: &str = "# <<< mtp-access";

/// For config.py, which the proxy runs at its start and on each reload. Python 3.6's syntax: a
/// syntax error could not be caught by the block itself and would stop the proxy.
const BLOCK: &str = include_str!("block.py");

/// The block, from the first to the last of its marked lines, each ended as the file's own are.
pub fn text(newline: &str) -> String {
    BLOCK.replace('\n', newline)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_block_is_marked_ascii_and_short() {
        let text = text("\n");
        assert!(text.starts_with(BEGIN));
        assert!(text.ends_with(&format!("\n{END}\n")));
        assert_eq!(text.matches(BEGIN).count() + text.matches(END).count(), 2);
        assert!(text.is_ascii() && !text.contains('\t'));
        assert!(text.lines().count() <= 66 && text.lines().all(|line| line.len() <= 100));
    }

    #[test]
    fn its_lines_end_as_the_file_s_do() {
        assert_eq!(text("\r\n").replace("\r\n", "\n"), text("\n"));
        assert_eq!(text("\r\n").matches('\r').count(), text("\n").lines().count());
    }
}
