//! Effects of a statement on the user tables and settings, for statements that are not plain
//! literals. A statement has no effect only where that can be shown:
//!
//! * every use of a table's name is one that only reads it;
//! * nothing else can reach the module's namespace: no name that executes code or returns a
//!   namespace, no attribute that leads to one, no module whose purpose that is, no unknown
//!   `import *`.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "Python has far more kinds of syntax than a config file has meanings"
)]

use std::cell::OnceCell;
use std::collections::HashSet;

use ruff_python_ast::visitor::{
    Visitor, walk_except_handler, walk_expr, walk_parameter, walk_parameters, walk_pattern,
    walk_stmt,
};
use ruff_python_ast::{
    Comprehension, ExceptHandler, Expr, ExprCall, ExprContext, Parameter, Pattern, Stmt,
};
use ruff_text_size::{Ranged, TextSize};

use super::table::UserTable;

/// A possible change of a table or setting.
#[derive(Debug)]
pub(super) struct Effect {
    pub(super) at: TextSize,
    pub(super) target: EffectTarget,
    /// `is set inside an 'if'`
    pub(super) reason: String,
}

#[derive(Debug)]
pub(super) enum EffectTarget {
    Table(UserTable),
    Setting(String),
    Everything,
}

/// Built-in functions that only read a table passed to them.
const READING_FUNCTIONS: &[&str] = &[
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
/// Methods of a dict that only read it.
const READING_METHODS: &[&str] = &["copy", "get", "items", "keys", "values"];
/// Names that execute code, return a namespace or change an object by name.
const NAMESPACE_NAMES: &[&str] = &[
    "breakpoint",
    "compile",
    "delattr",
    "eval",
    "exec",
    "getattr",
    "globals",
    "locals",
    "setattr",
    "vars",
];
/// Attributes that lead to a namespace, besides those that begin with `__`.
const NAMESPACE_ATTRIBUTES: &[&str] = &[
    "_current_frames",
    "_getframe",
    "ag_frame",
    "cr_frame",
    "currentframe",
    "f_builtins",
    "f_globals",
    "f_locals",
    "gi_frame",
    "modules",
    "setprofile",
    "settrace",
    "tb_frame",
];
/// Modules that give access to other modules' namespaces.
const NAMESPACE_MODULES: &[&str] = &[
    "__main__",
    "builtins",
    "code",
    "ctypes",
    "gc",
    "imp",
    "importlib",
    "inspect",
    "mtprotoproxy",
    "pdb",
    "runpy",
    "timeit",
];
/// Modules whose public names are no tables of the proxy.
const PLAIN_MODULES: &[&str] = &[
    "base64", "datetime", "hashlib", "json", "math", "os", "os.path", "pathlib", "random", "re",
    "secrets", "socket", "string", "time", "typing", "uuid",
];

/// All names that a module binds anywhere; collected on first use.
#[derive(Debug, Default)]
pub(super) struct BoundNames<'a> {
    pub(super) body: &'a [Stmt],
    names: OnceCell<HashSet<String>>,
}

impl<'a> BoundNames<'a> {
    pub(super) fn new(body: &'a [Stmt]) -> Self {
        Self { body, names: OnceCell::new() }
    }

    fn contains(&self, name: &str) -> bool {
        let names = self.names.get_or_init(|| {
            let mut collector = NameCollector::default();
            collector.visit_body(self.body);
            collector.0
        });
        names.contains(name)
    }
}

/// Effects of a statement.
pub(super) fn of_statement(stmt: &Stmt, bound: &BoundNames<'_>) -> Vec<Effect> {
    let mut visitor = EffectVisitor { bound, found: Vec::new(), inside: "", scopes: 0 };
    visitor.visit_stmt(stmt);
    visitor.found
}

/// Effects of evaluating an expression, or of assigning to it.
pub(super) fn of_expression(expr: &Expr, bound: &BoundNames<'_>) -> Vec<Effect> {
    let mut visitor = EffectVisitor { bound, found: Vec::new(), inside: "", scopes: 0 };
    visitor.visit_expr(expr);
    visitor.found
}

struct EffectVisitor<'b> {
    bound: &'b BoundNames<'b>,
    found: Vec<Effect>,
    /// The statement around: `an 'if'`
    inside: &'static str,
    /// Number of functions and classes around.
    scopes: usize,
}

impl EffectVisitor<'_> {
    fn push(&mut self, at: &impl Ranged, target: EffectTarget, reason: &str) {
        let inside = match self.inside {
            "" => String::new(),
            inside => format!(" inside {inside}"),
        };
        self.found.push(Effect { at: at.start(), target, reason: format!("{reason}{inside}") });
    }

    fn push_everything(&mut self, at: &impl Ranged, name: &str) {
        self.push(at, EffectTarget::Everything, &format!("may be changed by {name}"));
    }

    /// Records a name that is set in any scope.
    fn set(&mut self, at: &impl Ranged, name: &str, reason: &str) {
        if let Some(table) = UserTable::named(name) {
            self.push(at, EffectTarget::Table(table), reason);
        } else if is_setting(name) {
            self.push(at, EffectTarget::Setting(name.to_owned()), reason);
        }
    }

    /// Records a name that is bound in the current scope.
    fn bind(&mut self, at: &impl Ranged, name: &str, reason: &str) {
        if self.scopes == 0 {
            self.set(at, name, reason);
        }
    }

    fn load(&mut self, at: &impl Ranged, name: &str) {
        if let Some(table) = UserTable::named(name) {
            let reason = "is passed on and may be changed there";
            self.push(at, EffectTarget::Table(table), reason);
        } else if NAMESPACE_NAMES.contains(&name) || is_special(name) {
            self.push_everything(at, name);
        }
    }

    fn attribute(&mut self, at: &impl Ranged, name: &str) {
        if NAMESPACE_ATTRIBUTES.contains(&name)
            || NAMESPACE_NAMES.contains(&name) && name != "compile"
            || is_special(name)
        {
            self.push_everything(at, name);
        }
    }

    fn module(&mut self, at: &impl Ranged, name: &str) {
        let top = name.split('.').next().unwrap_or(name);
        if NAMESPACE_MODULES.contains(&top) {
            self.push_everything(at, name);
        }
    }

    /// Visits a call, except for tables that it only reads.
    fn call(&mut self, call: &ExprCall) {
        let mut only_reads = false;
        if let Expr::Name(name) = &*call.func
            && READING_FUNCTIONS.contains(&name.id.as_str())
        {
            only_reads = !self.bound.contains(&name.id);
        } else if let Expr::Attribute(method) = &*call.func
            && let Some(table) = table_name(&method.value)
        {
            if !READING_METHODS.contains(&method.attr.as_str()) {
                let reason = format!("is changed by {} with a computed argument", method.attr);
                self.push(call, EffectTarget::Table(table), &reason);
            }
        } else {
            self.visit_expr(&call.func);
        }
        for argument in &call.arguments.args {
            if !(only_reads && table_name(argument).is_some()) {
                self.visit_expr(argument);
            }
        }
        for keyword in &call.arguments.keywords {
            self.visit_expr(&keyword.value);
        }
    }

    fn within(&mut self, inside: &'static str, scopes: usize, walk: impl FnOnce(&mut Self)) {
        let before = std::mem::replace(&mut self.inside, inside);
        self.scopes += scopes;
        walk(self);
        self.scopes -= scopes;
        self.inside = before;
    }

    /// Visits a definition: decorators, defaults, annotations and bases are evaluated outside it.
    fn definition(&mut self, stmt: &Stmt) {
        let reason = "is bound to a definition";
        match stmt {
            Stmt::FunctionDef(def) => {
                self.bind(stmt, &def.name, reason);
                def.decorator_list.iter().for_each(|one| self.visit_decorator(one));
                walk_parameters(self, &def.parameters);
                def.returns.iter().for_each(|returns| self.visit_expr(returns));
                self.within("a function", 1, |inner| inner.visit_body(&def.body));
            }
            Stmt::ClassDef(def) => {
                self.bind(stmt, &def.name, reason);
                def.decorator_list.iter().for_each(|one| self.visit_decorator(one));
                def.arguments.iter().for_each(|bases| self.visit_arguments(bases));
                self.within("a class", 1, |inner| inner.visit_body(&def.body));
            }
            _ => {}
        }
    }

    fn import(&mut self, stmt: &Stmt) {
        let reason = "is bound to an import";
        match stmt {
            Stmt::Import(import) => {
                for alias in &import.names {
                    self.module(stmt, &alias.name);
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    self.bind(stmt, name.split('.').next().unwrap_or(name), reason);
                }
            }
            Stmt::ImportFrom(import) => {
                let module = import.module.as_ref().map_or("", |module| module.as_str());
                self.module(stmt, module);
                for alias in &import.names {
                    let name = alias.name.as_str();
                    if name == "*" && !(import.level == 0 && PLAIN_MODULES.contains(&module)) {
                        let reason = "may come from 'import *'";
                        self.push(stmt, EffectTarget::Everything, reason);
                    } else if name != "*" {
                        self.attribute(stmt, name);
                    }
                    self.bind(stmt, alias.asname.as_ref().unwrap_or(&alias.name), reason);
                }
            }
            _ => {}
        }
    }
}

impl<'a> Visitor<'a> for EffectVisitor<'_> {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(_) | Stmt::ClassDef(_) => self.definition(stmt),
            Stmt::Import(_) | Stmt::ImportFrom(_) => self.import(stmt),
            Stmt::If(branch) if table_name(&branch.test).is_some() => {
                self.within("an 'if'", 0, |inner| {
                    inner.visit_body(&branch.body);
                    for clause in &branch.elif_else_clauses {
                        inner.visit_elif_else_clause(clause);
                    }
                });
            }
            Stmt::If(_) => self.within("an 'if'", 0, |inner| walk_stmt(inner, stmt)),
            Stmt::For(each) => self.within("a 'for'", 0, |inner| {
                if table_name(&each.iter).is_none() {
                    inner.visit_expr(&each.iter);
                }
                inner.visit_expr(&each.target);
                inner.visit_body(&each.body);
                inner.visit_body(&each.orelse);
            }),
            Stmt::While(_) => self.within("a 'while'", 0, |inner| walk_stmt(inner, stmt)),
            Stmt::With(_) => self.within("a 'with'", 0, |inner| walk_stmt(inner, stmt)),
            Stmt::Match(_) => self.within("a 'match'", 0, |inner| walk_stmt(inner, stmt)),
            Stmt::Try(_) => self.within("a 'try'", 0, |inner| walk_stmt(inner, stmt)),
            Stmt::Global(global) => {
                for name in &global.names {
                    self.set(stmt, name, "is declared global and may be set");
                }
            }
            _ => walk_stmt(self, stmt),
        }
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(except) = handler;
        if let Some(name) = &except.name {
            self.bind(handler, name, "is bound to an exception");
        }
        walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        if let Some(name) = captured(pattern) {
            self.bind(pattern, name, "is bound by a pattern");
        }
        walk_pattern(self, pattern);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx == ExprContext::Load => self.load(expr, &name.id),
            Expr::Name(name) => self.bind(expr, &name.id, "is set"),
            Expr::Attribute(attribute) => {
                self.attribute(expr, &attribute.attr);
                self.visit_expr(&attribute.value);
            }
            Expr::Subscript(subscript) => {
                match (table_name(&subscript.value), subscript.ctx) {
                    (Some(_), ExprContext::Load) => {}
                    (Some(table), _) => {
                        let reason = "is changed by a statement with computed parts";
                        self.push(expr, EffectTarget::Table(table), reason);
                    }
                    (None, _) => self.visit_expr(&subscript.value),
                }
                self.visit_expr(&subscript.slice);
            }
            Expr::Compare(compare) => {
                let sides = std::iter::once(&*compare.left).chain(&compare.comparators);
                for side in sides.filter(|side| table_name(side).is_none()) {
                    self.visit_expr(side);
                }
            }
            Expr::UnaryOp(unary) if table_name(&unary.operand).is_some() => {}
            Expr::Call(call) => self.call(call),
            Expr::Lambda(lambda) => {
                if let Some(parameters) = &lambda.parameters {
                    walk_parameters(self, parameters);
                }
                self.within("a lambda", 1, |inner| inner.visit_expr(&lambda.body));
            }
            Expr::StringLiteral(_) | Expr::NumberLiteral(_) => {}
            _ => walk_expr(self, expr),
        }
    }

    fn visit_comprehension(&mut self, comprehension: &'a Comprehension) {
        if table_name(&comprehension.iter).is_none() {
            self.visit_expr(&comprehension.iter);
        }
        for test in &comprehension.ifs {
            self.visit_expr(test);
        }
    }
}

/// Collects every name that is bound in any scope.
#[derive(Default)]
struct NameCollector(HashSet<String>);

impl<'a> Visitor<'a> for NameCollector {
    fn visit_stmt(&mut self, stmt: &'a Stmt) {
        match stmt {
            Stmt::FunctionDef(def) => drop(self.0.insert(def.name.to_string())),
            Stmt::ClassDef(def) => drop(self.0.insert(def.name.to_string())),
            Stmt::Import(import) => {
                let name = |alias: &ruff_python_ast::Alias| {
                    let name = alias.asname.as_ref().unwrap_or(&alias.name);
                    name.split('.').next().unwrap_or(name).to_owned()
                };
                self.0.extend(import.names.iter().map(name));
            }
            Stmt::ImportFrom(import) => {
                let name = |alias: &ruff_python_ast::Alias| {
                    alias.asname.as_ref().unwrap_or(&alias.name).to_string()
                };
                self.0.extend(import.names.iter().map(name));
            }
            _ => {}
        }
        walk_stmt(self, stmt);
    }

    fn visit_expr(&mut self, expr: &'a Expr) {
        match expr {
            Expr::Name(name) if name.ctx != ExprContext::Load => {
                self.0.insert(name.id.to_string());
            }
            Expr::StringLiteral(_) | Expr::NumberLiteral(_) => {}
            _ => walk_expr(self, expr),
        }
    }

    fn visit_parameter(&mut self, parameter: &'a Parameter) {
        self.0.insert(parameter.name.to_string());
        walk_parameter(self, parameter);
    }

    fn visit_except_handler(&mut self, handler: &'a ExceptHandler) {
        let ExceptHandler::ExceptHandler(except) = handler;
        self.0.extend(except.name.iter().map(ToString::to_string));
        walk_except_handler(self, handler);
    }

    fn visit_pattern(&mut self, pattern: &'a Pattern) {
        self.0.extend(captured(pattern).map(str::to_owned));
        walk_pattern(self, pattern);
    }
}

/// Returns the name that a pattern binds.
fn captured(pattern: &Pattern) -> Option<&str> {
    let name = match pattern {
        Pattern::MatchAs(one) => one.name.as_ref(),
        Pattern::MatchStar(one) => one.name.as_ref(),
        Pattern::MatchMapping(one) => one.rest.as_ref(),
        _ => None,
    };
    name.map(ruff_python_ast::Identifier::as_str)
}

/// Returns the table that an expression names.
fn table_name(expr: &Expr) -> Option<UserTable> {
    UserTable::named(&expr.as_name_expr()?.id)
}

/// Special names that lead to no namespace.
const HARMLESS_SPECIAL_NAMES: &[&str] =
    &["__debug__", "__doc__", "__file__", "__init__", "__name__", "__version__"];

/// Tests for `__import__`, `__globals__` and the like.
fn is_special(name: &str) -> bool {
    name.starts_with("__") && !HARMLESS_SPECIAL_NAMES.contains(&name)
}

/// Tests if the proxy takes this name into its configuration.
fn is_setting(name: &str) -> bool {
    name.chars().any(char::is_uppercase) && !name.chars().any(char::is_lowercase)
}
