//! Parses the text, with bounded nesting: the parser and its visitors recurse.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "Python has far more kinds of syntax than a config file has meanings"
)]

use ruff_python_ast::ModModule;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, Parsed, lexer, parse_module};

use super::text::SourceLines;
use crate::diagnostic::Diagnostic;

/// Largest sum of the nesting of expressions and blocks.
const DEPTH_MAX: usize = 1000;

/// Parses a module.
pub(super) fn parse(text: &str, lines: &SourceLines<'_>) -> Result<Parsed<ModModule>, Diagnostic> {
    check_depth(text)?;
    parse_module(text).map_err(|error| {
        let line = lines.line(usize::from(error.location.start()));
        Diagnostic::fatal(line, format!("invalid Python: {}", error.error))
    })
}

/// Counts, for each open bracket, the tokens since the last comma at its level: no tree over them
/// is deeper. A comma or colon of a `lambda` does not end its expression.
fn check_depth(text: &str) -> Result<(), Diagnostic> {
    let mut lexer = lexer::lex(text, Mode::Module);
    let (mut open, mut depth, mut run, mut line) = (Vec::new(), 0_usize, 0_usize, 1);
    let mut lambdas = 0_usize;
    loop {
        let kind = lexer.next_token();
        match kind {
            TokenKind::EndOfFile => return Ok(()),
            TokenKind::Comma | TokenKind::Semi => run = lambdas,
            TokenKind::Newline => {
                line += 1;
                (run, lambdas) = (0, 0);
            }
            TokenKind::NonLogicalNewline => line += 1,
            TokenKind::Comment => {}
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace | TokenKind::Indent => {
                open.push((run, lambdas));
                depth += run + 1;
                (run, lambdas) = (0, 0);
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace | TokenKind::Dedent => {
                (run, lambdas) = open.pop().unwrap_or((0, 0));
                depth = depth.saturating_sub(run + 1);
                run += 1;
            }
            TokenKind::Lambda => (run, lambdas) = (run + 1, lambdas + 1),
            _ => run += 1,
        }
        if depth + run > DEPTH_MAX {
            return Err(Diagnostic::fatal(line, "nesting is too deep for a config file"));
        }
    }
}
