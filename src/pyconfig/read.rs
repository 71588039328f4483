//! Statement by statement, as Python runs them: what the tables and settings are in the end.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "Python has far more kinds of syntax than a config file has meanings"
)]

use std::collections::BTreeMap;
use std::ops::Range;

use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_ast::{Expr, ExprDict, Operator, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::reach;
use super::table::{Dict, Entry, Item, Known, Removal, Site, State, Table};
use super::text::Lines;
use super::value::{self, Value};

/// What reading gathers.
#[derive(Debug)]
pub(super) struct Reader<'t> {
    pub(super) text: &'t str,
    pub(super) lines: &'t Lines,
    pub(super) tokens: &'t Tokens,
    pub(super) tables: [State; 4],
    pub(super) settings: BTreeMap<String, Setting>,
    pub(super) dicts: Vec<Dict>,
}

/// A name that config.py sets beside the tables.
#[derive(Clone, Debug, PartialEq)]
pub struct Setting {
    /// What it is set to.
    pub value: Value,
    /// The line that sets it.
    pub line: usize,
}

impl Reader<'_> {
    /// Takes one statement of the module.
    pub(super) fn statement(&mut self, stmt: &Stmt) {
        let at = range(stmt.range());
        match stmt {
            Stmt::Assign(assign) => {
                if let [target] = assign.targets.as_slice() {
                    self.assign(target, &assign.value, &at);
                } else {
                    self.reach(stmt);
                }
            }
            Stmt::AnnAssign(assign) => {
                if let Some(value) = &assign.value {
                    self.assign(&assign.target, value, &at);
                }
            }
            Stmt::AugAssign(aug) => {
                let table = aug.target.as_name_expr().and_then(|name| Table::named(&name.id));
                match (table, &*aug.value) {
                    (Some(table), Expr::Dict(dict)) if aug.op == Operator::BitOr => {
                        self.update(table, dict, &at);
                    }
                    _ => self.reach(stmt),
                }
            }
            Stmt::Expr(expr) => {
                if !self.call(&expr.value, &at) {
                    self.reach(stmt);
                }
            }
            Stmt::Delete(delete) => {
                if let [Expr::Subscript(subscript)] = delete.targets.as_slice()
                    && let Some((table, key)) = self.place(&subscript.value, &subscript.slice)
                {
                    self.remove(table, key, range(subscript.slice.range()), at);
                } else {
                    self.reach(stmt);
                }
            }
            _ => self.reach(stmt),
        }
    }

    /// Whatever a statement that is not understood may do to a table makes it a computed one.
    fn reach(&mut self, stmt: &Stmt) {
        for touch in reach::of(stmt) {
            let line = self.lines.line(usize::from(touch.at));
            match touch.what {
                reach::What::Table(table) => self.compute(table, line, &touch.why),
                reach::What::Setting(name) => {
                    self.settings.insert(name, Setting { value: Value::Computed, line });
                }
                reach::What::Everything => {
                    for table in Table::ALL {
                        self.compute(table, line, &touch.why);
                    }
                    for setting in self.settings.values_mut() {
                        setting.value = Value::Computed;
                    }
                }
            }
        }
    }

    fn assign(&mut self, target: &Expr, value: &Expr, at: &Range<usize>) {
        let line = self.lines.line(at.start);
        self.reach_value(value);
        if let Expr::Name(name) = target {
            let Some(table) = Table::named(&name.id) else {
                let value = Value::of(value, self.text);
                self.settings.insert(name.id.to_string(), Setting { value, line });
                return;
            };
            if let Expr::Dict(dict) = value {
                let known = Known::at(at.clone(), self.dicts.len());
                *self.state(table) = State::Known(known);
                self.take(table, dict);
            } else {
                self.compute(table, line, "is computed, no literal dict");
            }
        } else if let Expr::Subscript(subscript) = target
            && let Some((table, key)) = self.place(&subscript.value, &subscript.slice)
        {
            let entry = Entry {
                key: Some(key),
                key_at: range(subscript.slice.range()),
                value: Value::of(value, self.text),
                value_at: range(value.range()),
                site: Site::Statement(at.clone()),
                is_gone: false,
                again: None,
            };
            self.push(table, entry, line);
        } else {
            for touch in reach::target(target) {
                if let reach::What::Table(table) = touch.what {
                    self.compute(table, line, &touch.why);
                } else if let reach::What::Setting(name) = touch.what {
                    self.settings.insert(name, Setting { value: Value::Computed, line });
                }
            }
        }
    }

    fn reach_value(&mut self, value: &Expr) {
        for touch in reach::value(value) {
            let line = self.lines.line(usize::from(touch.at));
            if let reach::What::Table(table) = touch.what {
                self.compute(table, line, &touch.why);
            } else if let reach::What::Everything = touch.what {
                for table in Table::ALL {
                    self.compute(table, line, &touch.why);
                }
            }
        }
    }

    /// `USERS.update({…})`, `USERS.pop("x", None)`, `USERS.setdefault("x", "…")`
    fn call(&mut self, expr: &Expr, at: &Range<usize>) -> bool {
        let Expr::Call(call) = expr else { return false };
        let Expr::Attribute(method) = &*call.func else { return false };
        let table = method.value.as_name_expr().and_then(|name| Table::named(&name.id));
        let (Some(table), true) = (table, call.arguments.keywords.is_empty()) else { return false };
        match (method.attr.as_str(), &*call.arguments.args) {
            ("update", [Expr::Dict(dict)]) => self.update(table, dict, at),
            ("pop", [key] | [key, _]) => {
                let Some(name) = value::key(key, self.text) else { return false };
                self.remove(table, name, range(key.range()), at.clone());
            }
            _ => return false,
        }
        true
    }

    fn update(&mut self, table: Table, dict: &ExprDict, at: &Range<usize>) {
        let line = self.lines.line(at.start);
        match self.state(table) {
            State::Known(_) => self.take(table, dict),
            State::Absent => self.compute(table, line, "is updated before it is set"),
            State::Computed { .. } => {}
        }
    }

    /// Takes the entries of a dict into a table.
    fn take(&mut self, table: Table, dict: &ExprDict) {
        let home = self.dicts.len();
        let laid_out = self.laid_out(dict);
        let fits = laid_out.items.len() == dict.items.len();
        self.dicts.push(laid_out);
        if let State::Known(known) = self.state(table) {
            known.expect(dict.items.len());
        }
        if !fits {
            let line = self.lines.line(usize::from(dict.start()));
            self.compute(table, line, "is laid out in a way that was not understood");
        }
        for (index, item) in dict.items.iter().enumerate() {
            let line = self.lines.line(usize::from(item.value.start()));
            self.reach_value(&item.value);
            let Some(key) = &item.key else {
                self.compute(table, line, "takes in another dict with **");
                continue;
            };
            let is_literal = Value::of(key, self.text) != Value::Computed || key.is_tuple_expr();
            if !is_literal {
                self.compute(table, line, "has a key that is computed");
            }
            let entry = Entry {
                key: value::key(key, self.text),
                key_at: range(key.range()),
                value: Value::of(&item.value, self.text),
                value_at: range(item.value.range()),
                site: Site::Item { dict: home, index },
                is_gone: false,
                again: None,
            };
            self.push(table, entry, line);
        }
    }

    fn push(&mut self, table: Table, entry: Entry, line: usize) {
        match self.state(table) {
            State::Known(known) => known.push(entry),
            State::Absent => self.compute(table, line, "is added to before it is set"),
            State::Computed { .. } => {}
        }
    }

    fn remove(&mut self, table: Table, key: String, key_at: Range<usize>, statement: Range<usize>) {
        if let State::Known(known) = self.state(table) {
            known.remove(Removal { key, key_at, statement });
        }
    }

    /// `USERS["x"]`: the table and the name.
    fn place(&self, value: &Expr, slice: &Expr) -> Option<(Table, String)> {
        let table = Table::named(&value.as_name_expr()?.id)?;
        Some((table, value::key(slice, self.text)?))
    }

    /// Where the items of a dict and its commas are; brackets around a value are the item's.
    fn laid_out(&self, dict: &ExprDict) -> Dict {
        let at = range(dict.range());
        let (open, close) = (at.start + 1, at.end.saturating_sub(1));
        let (mut items, mut comments) = (Vec::with_capacity(dict.items.len()), Vec::new());
        let (mut now, mut depth) = (None::<Range<usize>>, 0_usize);
        for token in self.tokens.in_range(dict.range()) {
            let spot = range(token.range());
            if token.kind() == TokenKind::Comment {
                comments.push(spot.start);
            }
            if token.kind().is_trivia() || spot.start < open || spot.end > close {
                continue;
            }
            match token.kind() {
                TokenKind::Lpar | TokenKind::Lsqb | TokenKind::Lbrace => depth += 1,
                TokenKind::Rpar | TokenKind::Rsqb | TokenKind::Rbrace => {
                    depth = depth.saturating_sub(1);
                }
                TokenKind::Comma if depth == 0 => {
                    items.extend(now.take().map(|at| Item { at, comma: Some(spot.start) }));
                    continue;
                }
                _ => {}
            }
            now = Some(now.map_or(spot.clone(), |before| before.start..spot.end));
        }
        items.extend(now.map(|at| Item { at, comma: None }));
        Dict { open, close, items, comments }
    }

    fn state(&mut self, table: Table) -> &mut State {
        let [users, conns, expirations, quota] = &mut self.tables;
        match table {
            Table::Users => users,
            Table::MaxConns => conns,
            Table::Expirations => expirations,
            Table::Quota => quota,
        }
    }

    fn compute(&mut self, table: Table, line: usize, why: &str) {
        *self.state(table) = State::Computed { line, why: why.to_owned() };
    }
}

pub(super) fn range(range: TextRange) -> Range<usize> {
    usize::from(range.start())..usize::from(range.end())
}
