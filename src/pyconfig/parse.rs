//! Text to syntax, with the depth of it bounded: what is nested deeper than Python itself would
//! take is refused before a recursion could exhaust the stack.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "Python has far more kinds of syntax than a config file has meanings"
)]

use ruff_python_ast::ModModule;
use ruff_python_ast::token::TokenKind;
use ruff_python_parser::{Mode, Parsed, lexer, parse_module};

use super::text::{Fault, Lines};

/// How deep expressions and blocks may nest, all levels summed up.
const DEPTH_MAX: usize = 1000;

/// Parses a module.
pub(super) fn module(text: &str, lines: &Lines) -> Result<Parsed<ModModule>, Fault> {
    shallow(text)?;
    let parsed = parse_module(text).map_err(|error| {
        let line = lines.line(usize::from(error.location.start()));
        Fault::new(line, format!("Python would not load this: {}", error.error))
    })?;
    Ok(parsed)
}

/// Counts, for each open bracket, the words since the last comma: no tree over them is deeper.
fn shallow(text: &str) -> Result<(), Fault> {
    let mut lexer = lexer::lex(text, Mode::Module);
    let (mut open, mut depth, mut run, mut line) = (Vec::new(), 0_usize, 0_usize, 1);
    loop {
        let kind = lexer.next_token();
        match kind {
            TokenKind::EndOfFile => return Ok(()),
            TokenKind::Comma | TokenKind::Semi => run = 0,
            TokenKind::Newline => {
                line += 1;
                run = 0;
            }
            TokenKind::NonLogicalNewline => line += 1,
            TokenKind::Comment => {}
            TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace | TokenKind::Indent => {
                open.push(run);
                depth += run + 1;
                run = 0;
            }
            TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace | TokenKind::Dedent => {
                run = open.pop().unwrap_or(0);
                depth = depth.saturating_sub(run + 1);
                run += 1;
            }
            _ => run += 1,
        }
        if depth + run > DEPTH_MAX {
            return Err(Fault::new(line, "is nested deeper than a config file can need"));
        }
    }
}
