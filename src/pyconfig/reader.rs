//! Reads a module statement by statement, in the order Python runs them.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "Python has far more kinds of syntax than a config file has meanings"
)]

use std::collections::BTreeMap;
use std::ops::Range;

use ruff_python_ast::token::{TokenKind, Tokens};
use ruff_python_ast::{Expr, ExprDict, Operator, Stmt};
use ruff_text_size::{Ranged, TextRange};

use super::effects::{self, BoundNames, Effect, EffectTarget};
use super::environment::{Environment, EvaluationScope};
use super::table::{
    Deletion, DictItem, DictLayout, EntrySite, LiteralTable, TableEntry, TableState, UserTable,
};
use super::text::SourceLines;
use super::value::{self, PyValue};

#[derive(Debug)]
pub(super) struct ConfigReader<'t> {
    pub(super) text: &'t str,
    pub(super) lines: &'t SourceLines<'t>,
    pub(super) tokens: &'t Tokens,
    pub(super) bound: BoundNames<'t>,
    pub(super) tables: [TableState; 4],
    pub(super) settings: BTreeMap<String, PySetting>,
    pub(super) dicts: Vec<DictLayout>,
    /// Environment of the process that runs the file, where it is asked for.
    pub(super) environment: Option<&'t Environment>,
}

/// A setting of config.py other than the user tables.
#[derive(Clone, Debug, PartialEq)]
pub struct PySetting {
    pub value: PyValue,
    /// Line that sets it.
    pub line: usize,
}

/// Settings that links are made from: computed once anything may have changed them.
const LINK_SETTINGS: [&str; 4] = ["MODES", "MY_DOMAIN", "PORT", "TLS_DOMAIN"];

impl ConfigReader<'_> {
    /// Applies one statement of the module.
    pub(super) fn statement(&mut self, stmt: &Stmt) {
        let at = range(stmt.range());
        match stmt {
            Stmt::Assign(assign) => {
                if let [target] = assign.targets.as_slice() {
                    self.assign(target, &assign.value, &at);
                } else {
                    self.apply(effects::of_statement(stmt, &self.bound));
                }
            }
            Stmt::AnnAssign(assign) => {
                self.apply(effects::of_expression(&assign.annotation, &self.bound));
                if let Some(value) = &assign.value {
                    self.assign(&assign.target, value, &at);
                }
            }
            Stmt::AugAssign(aug) => {
                let table = aug.target.as_name_expr().and_then(|name| UserTable::named(&name.id));
                match (table, &*aug.value) {
                    (Some(table), Expr::Dict(dict)) if aug.op == Operator::BitOr => {
                        self.update(table, dict, &at);
                    }
                    _ => self.apply(effects::of_statement(stmt, &self.bound)),
                }
            }
            Stmt::Expr(expr) => {
                if !self.call(&expr.value, &at) {
                    self.apply(effects::of_statement(stmt, &self.bound));
                }
            }
            Stmt::Delete(delete) => {
                if let [Expr::Subscript(subscript)] = delete.targets.as_slice()
                    && let Some((table, key)) = self.place(&subscript.value, &subscript.slice)
                {
                    self.delete(table, key, range(subscript.slice.range()), at);
                } else {
                    self.apply(effects::of_statement(stmt, &self.bound));
                }
            }
            _ => self.apply(effects::of_statement(stmt, &self.bound)),
        }
    }

    /// Marks what these effects may change as computed.
    pub(super) fn apply(&mut self, effects: Vec<Effect>) {
        for effect in effects {
            let line = self.lines.line(usize::from(effect.at));
            match effect.target {
                EffectTarget::Table(table) => self.compute(table, line, &effect.reason),
                EffectTarget::Setting(name) => self.compute_setting(name, line),
                EffectTarget::Everything => self.compute_everything(line, &effect.reason),
            }
        }
    }

    fn compute(&mut self, table: UserTable, line: usize, reason: &str) {
        *self.state(table) = TableState::Computed { line, reason: reason.to_owned() };
    }

    fn compute_setting(&mut self, name: String, line: usize) {
        self.settings.insert(name, PySetting { value: PyValue::Computed, line });
    }

    /// Marks all tables and settings as computed.
    pub(super) fn compute_everything(&mut self, line: usize, reason: &str) {
        for table in UserTable::ALL {
            self.compute(table, line, reason);
        }
        for setting in self.settings.values_mut() {
            setting.value = PyValue::Computed;
        }
        for name in LINK_SETTINGS {
            self.compute_setting(name.to_owned(), line);
        }
    }

    fn assign(&mut self, target: &Expr, value: &Expr, at: &Range<usize>) {
        let line = self.lines.line(at.start);
        if let Expr::Name(name) = target {
            let Some(table) = UserTable::named(&name.id) else {
                self.apply(effects::of_expression(value, &self.bound));
                let value = match self.environment {
                    Some(environment) => {
                        let (text, settings) = (self.text, &self.settings);
                        EvaluationScope { text, environment, settings }.value(value)
                    }
                    None => PyValue::of(value, self.text),
                };
                self.settings.insert(name.id.to_string(), PySetting { value, line });
                return;
            };
            if let Expr::Dict(dict) = value {
                // A table that is used in its own dict is not the one that the dict makes.
                *self.state(table) =
                    TableState::Literal(LiteralTable::at(at.clone(), self.dicts.len()));
                self.take(table, dict);
            } else {
                self.apply(effects::of_expression(value, &self.bound));
                self.compute(table, line, "is computed, not a literal dict");
            }
        } else if let Expr::Subscript(subscript) = target
            && let Some((table, key)) = self.place(&subscript.value, &subscript.slice)
        {
            self.apply(effects::of_expression(value, &self.bound));
            let entry = TableEntry {
                key: Some(key),
                key_at: range(subscript.slice.range()),
                value: PyValue::of(value, self.text),
                value_at: range(value.range()),
                site: EntrySite::Statement(at.clone()),
                is_deleted: false,
                next: None,
            };
            self.push(table, entry, line);
        } else {
            self.apply(effects::of_expression(value, &self.bound));
            self.apply(effects::of_expression(target, &self.bound));
        }
    }

    /// Applies `USERS.update({…})` or `USERS.pop("x", None)`; returns false for anything else.
    fn call(&mut self, expr: &Expr, at: &Range<usize>) -> bool {
        let Expr::Call(call) = expr else { return false };
        let Expr::Attribute(method) = &*call.func else { return false };
        let table = method.value.as_name_expr().and_then(|name| UserTable::named(&name.id));
        let (Some(table), true) = (table, call.arguments.keywords.is_empty()) else { return false };
        match (method.attr.as_str(), &*call.arguments.args) {
            ("update", [Expr::Dict(dict)]) => self.update(table, dict, at),
            ("pop", [key, default @ ..]) if default.len() <= 1 => {
                let is_literal = |one: &Expr| PyValue::of(one, self.text) != PyValue::Computed;
                let Some(name) = value::key(key, self.text) else { return false };
                if !default.iter().all(is_literal) {
                    return false;
                }
                self.delete(table, name, range(key.range()), at.clone());
            }
            _ => return false,
        }
        true
    }

    fn update(&mut self, table: UserTable, dict: &ExprDict, at: &Range<usize>) {
        let line = self.lines.line(at.start);
        match self.state(table) {
            TableState::Literal(_) => self.take(table, dict),
            TableState::Absent => self.compute(table, line, "is updated before it is set"),
            TableState::Computed { .. } => {}
        }
    }

    /// Adds the entries of a dict to a table.
    fn take(&mut self, table: UserTable, dict: &ExprDict) {
        let home = self.dicts.len();
        let layout = self.layout(dict);
        let is_understood = layout.items.len() == dict.items.len();
        self.dicts.push(layout);
        if let TableState::Literal(literal) = self.state(table) {
            literal.reserve(dict.items.len());
        }
        if !is_understood {
            let line = self.lines.line(usize::from(dict.start()));
            self.compute(table, line, "has a layout that is not supported");
        }
        for (index, item) in dict.items.iter().enumerate() {
            if !item.value.is_string_literal_expr() {
                self.apply(effects::of_expression(&item.value, &self.bound));
            }
            let Some(key) = &item.key else {
                let line = self.lines.line(usize::from(item.value.start()));
                self.compute(table, line, "includes another dict with **");
                continue;
            };
            if !key.is_string_literal_expr() {
                self.apply(effects::of_expression(key, &self.bound));
                if PyValue::of(key, self.text) == PyValue::Computed && !key.is_tuple_expr() {
                    let line = self.lines.line(usize::from(key.start()));
                    self.compute(table, line, "has a computed key");
                }
            }
            let entry = TableEntry {
                key: value::key(key, self.text),
                key_at: range(key.range()),
                value: PyValue::of(&item.value, self.text),
                value_at: range(item.value.range()),
                site: EntrySite::Item { dict: home, index },
                is_deleted: false,
                next: None,
            };
            if let TableState::Literal(literal) = self.state(table) {
                literal.push(entry);
            }
        }
    }

    fn push(&mut self, table: UserTable, entry: TableEntry, line: usize) {
        match self.state(table) {
            TableState::Literal(literal) => literal.push(entry),
            TableState::Absent => self.compute(table, line, "is extended before it is set"),
            TableState::Computed { .. } => {}
        }
    }

    fn delete(
        &mut self,
        table: UserTable,
        key: String,
        key_at: Range<usize>,
        statement: Range<usize>,
    ) {
        if let TableState::Literal(literal) = self.state(table) {
            literal.delete(Deletion { key, key_at, statement });
        }
    }

    /// Reads `USERS["x"]`: the table and the name.
    fn place(&self, value: &Expr, slice: &Expr) -> Option<(UserTable, String)> {
        let table = UserTable::named(&value.as_name_expr()?.id)?;
        Some((table, value::key(slice, self.text)?))
    }

    /// Finds the items of a dict and their commas; parentheses around a value belong to the item.
    fn layout(&self, dict: &ExprDict) -> DictLayout {
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
                    items.extend(now.take().map(|at| DictItem { at, comma: Some(spot.start) }));
                    continue;
                }
                _ => {}
            }
            now = Some(now.map_or(spot.clone(), |before| before.start..spot.end));
        }
        items.extend(now.map(|at| DictItem { at, comma: None }));
        DictLayout { open, close, items, comments }
    }

    fn state(&mut self, table: UserTable) -> &mut TableState {
        let [users, conns, expirations, quota] = &mut self.tables;
        match table {
            UserTable::Users => users,
            UserTable::MaxConns => conns,
            UserTable::Expirations => expirations,
            UserTable::Quota => quota,
        }
    }
}

pub(super) fn range(range: TextRange) -> Range<usize> {
    usize::from(range.start())..usize::from(range.end())
}
