//! What a statement that is no plain literal may do to the tables and settings. Where it cannot be
//! told, the answer is that it changes them: nothing is guessed.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "Python has far more kinds of syntax than a config file has meanings"
)]

use ruff_python_ast::visitor::{Visitor, walk_expr, walk_stmt};
use ruff_python_ast::{Comprehension, Expr, ExprCall, ExprContext, Stmt};
use ruff_text_size::{Ranged, TextSize};

use super::table::Table;

/// Something that a statement may change.
#[derive(Debug)]
pub(super) struct Touch {
    pub(super) at: TextSize,
    pub(super) what: What,
    /// `is set inside an 'if'`
    pub(super) why: String,
}

/// What is changed.
#[derive(Debug)]
pub(super) enum What {
    Table(Table),
    Setting(String),
    Everything,
}

/// Calls that look at a table and leave it alone.
const ONLY_LOOK: &[&str] = &[
    "all",
    "any",
    "bool",
    "dict",
    "enumerate",
    "frozenset",
    "iter",
    "len",
    "list",
    "max",
    "min",
    "print",
    "repr",
    "set",
    "sorted",
    "str",
    "sum",
    "tuple",
    "type",
];
/// Methods of a dict that leave it alone.
const ONLY_GIVE: &[&str] = &["copy", "get", "items", "keys", "values"];
/// Calls that can change any name.
const ALL_POWERFUL: &[&str] = &["eval", "exec", "globals", "locals", "vars"];

/// What a whole statement may change.
pub(super) fn of(stmt: &Stmt) -> Vec<Touch> {
    let mut reach = Reach { found: Vec::new(), inside: "", local: 0 };
    reach.visit_stmt(stmt);
    reach.found
}

/// What working out a value may change.
pub(super) fn value(expr: &Expr) -> Vec<Touch> {
    let mut reach = Reach { found: Vec::new(), inside: "", local: 0 };
    reach.visit_expr(expr);
    reach.found
}

/// What assigning to a target changes: names in it, and what it reaches into.
pub(super) fn target(expr: &Expr) -> Vec<Touch> {
    value(expr)
}

struct Reach {
    found: Vec<Touch>,
    /// The statement around: `an 'if'`
    inside: &'static str,
    /// How many functions and classes are around.
    local: usize,
}

impl Reach {
    fn touch(&mut self, at: &impl Ranged, what: What, why: &str) {
        let inside = match self.inside {
            "" => String::new(),
            inside => format!(" inside {inside}"),
        };
        self.found.push(Touch { at: at.start(), what, why: format!("{why}{inside}") });
    }

    fn named(&mut self, at: &impl Ranged, name: &str, why: &str) {
        if let Some(table) = Table::named(name) {
            self.touch(at, What::Table(table), why);
        } else if is_setting(name) {
            self.touch(at, What::Setting(name.to_owned()), why);
        }
    }

    fn bound(&mut self, stmt: &Stmt, name: &str) {
        if self.local == 0 {
            self.named(stmt, name, "is no dict but what an import or definition makes it");
        }
    }

    /// Visits arguments, but not tables that are only looked at.
    fn call(&mut self, call: &ExprCall) {
        let mut looks = false;
        if let Expr::Name(name) = &*call.func {
            looks = ONLY_LOOK.contains(&name.id.as_str());
            if ALL_POWERFUL.contains(&name.id.as_str()) {
                self.touch(call, What::Everything, &format!("may be changed by {}", name.id));
            }
        } else if let Expr::Attribute(method) = &*call.func
            && let Some(table) = table(&method.value)
        {
            if !ONLY_GIVE.contains(&method.attr.as_str()) {
                let why = format!("is changed by {} in a way that is not literal", method.attr);
                self.touch(call, What::Table(table), &why);
            }
        } else {
            self.visit_expr(&call.func);
        }
        for argument in &call.arguments.args {
            if !(looks && table(argument).is_some()) {
                self.visit_expr(argument);
            }
        }
        for keyword in &call.arguments.keywords {
            self.visit_expr(&keyword.value);
        }
    }

    fn within(&mut self, inside: &'static str, local: usize, walk: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.inside, inside);
        self.local += local;
        walk(self);
        self.local -= local;
        self.inside = before;
    }
}

impl<'a> Visitor<'a> for Reach {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => {
                self.bound(stmt, &def.name);
                self.within("a function", 1, |reach| walk_stmt(reach, stmt));
            }
            Stmt::ClassDef(def) => {
                self.bound(stmt, &def.name);
                self.within("a class", 1, |reach| walk_stmt(reach, stmt));
            }
            Stmt::If(branch) if table(&branch.test).is_some() => {
                self.within("an 'if'", 0, |reach| {
                    reach.visit_body(&branch.body);
                    for clause in &branch.elif_else_clauses {
                        reach.visit_body(&clause.body);
                    }
                });
            }
            Stmt::If(_) => self.within("an 'if'", 0, |reach| walk_stmt(reach, stmt)),
            Stmt::For(each) => self.within("a 'for'", 0, |reach| {
                if table(&each.iter).is_none() {
                    reach.visit_expr(&each.iter);
                }
                reach.visit_expr(&each.target);
                reach.visit_body(&each.body);
                reach.visit_body(&each.orelse);
            }),
            Stmt::While(_) => self.within("a 'while'", 0, |reach| walk_stmt(reach, stmt)),
            Stmt::With(_) => self.within("a 'with'", 0, |reach| walk_stmt(reach, stmt)),
            Stmt::Match(_) => self.within("a 'match'", 0, |reach| walk_stmt(reach, stmt)),
            Stmt::Try(_) => self.within("a 'try'", 0, |reach| walk_stmt(reach, stmt)),
            Stmt::Global(global) => {
                for name in &global.names {
                    self.named(stmt, name, "is a global that may be set");
                }
            }
            Stmt::Import(import) => {
                for alias in &import.names {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.bound(stmt, name.split('.').next().unwrap_or(name));
                }
            }
            Stmt::ImportFrom(import) => {
                for alias in &import.names {
                    if alias.name.as_str() == "*" {
                        self.touch(stmt, What::Everything, "may come from 'import *'");
                    }
                    self.bound(stmt, alias.asname.as_ref().unwrap_or(&alias.name));
                }
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx == ExprContext::Load => {
                if let Some(table) = Table::named(&name.id) {
                    self.touch(expr, What::Table(table), "is handed on, and may be changed there");
                }
            }
            Expr::Name(name) if self.local == 0 => self.named(expr, &name.id, "is set"),
            Expr::Subscript(subscript) => {
                match (table(&subscript.value), subscript.ctx) {
                    (Some(_), ExprContext::Load) => {}
                    (Some(table), _) => {
                        let why = "is changed in a way that is not literal";
                        self.touch(expr, What::Table(table), why);
                    }
                    (None, _) => self.visit_expr(&subscript.value),
                }
                self.visit_expr(&subscript.slice);
            }
            Expr::Compare(compare) => {
                let sides = std::iter::once(&*compare.left).chain(&compare.comparators);
                for side in sides.filter(|side| table(side).is_none()) {
                    self.visit_expr(side);
                }
            }
            Expr::UnaryOp(unary) if table(&unary.operand).is_some() => {}
            Expr::Call(call) => self.call(call),
            Expr::Lambda(_) => self.within("a lambda", 1, |reach| walk_expr(reach, expr)),
            Expr::StringLiteral(_) | Expr::NumberLiteral(_) => {}
            _ => walk_expr(self, expr),
        }
    }

    fn visit_comprehension(&mut self, comprehension: &'a Comprehension) {
        if table(&comprehension.iter).is_none() {
            self.visit_expr(&comprehension.iter);
        }
        for test in &comprehension.ifs {
            self.visit_expr(test);
        }
    }
}

/// The table that an expression names.
fn table(expr: &Expr) -> Option<Table> {
    Table::named(&expr.as_name_expr()?.id)
}

/// Whether the proxy takes this name into its configuration.
fn is_setting(name: &str) -> bool {
    name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase)
}
