//! Values of settings that the file takes from the environment of the proxy's process.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "Python has far more kinds of syntax than a config file has meanings"
)]

use std::collections::BTreeMap;

use ruff_python_ast::{BoolOp, CmpOp, Expr, ExprCall, UnaryOp};

use super::reader::PySetting;
use super::value::{self, PyValue};

/// Environment variables of a process.
pub type Environment = BTreeMap<String, String>;

/// What the expressions of a file can refer to.
#[derive(Clone, Copy, Debug)]
pub(super) struct EvaluationScope<'s> {
    pub(super) text: &'s str,
    pub(super) environment: &'s Environment,
    /// Settings of earlier statements.
    pub(super) settings: &'s BTreeMap<String, PySetting>,
}

impl EvaluationScope<'_> {
    /// Evaluates an expression of literals, settings and environment variables.
    pub(super) fn value(self, expr: &Expr) -> PyValue {
        self.known(expr).unwrap_or_else(|| PyValue::of(expr, self.text))
    }

    fn known(self, expr: &Expr) -> Option<PyValue> {
        match expr {
            Expr::Name(name) => self.settings.get(name.id.as_str()).map(|one| one.value.clone()),
            Expr::Dict(dict) => {
                let entry = |item: &ruff_python_ast::DictItem| {
                    Some((value::key(item.key.as_ref()?, self.text), self.value(&item.value)))
                };
                dict.items.iter().map(entry).collect::<Option<Vec<_>>>().map(PyValue::Dict)
            }
            Expr::Subscript(of) if self.is_environment(&of.value) => {
                self.variable(&of.slice).map(PyValue::Str)
            }
            Expr::Call(call) => self.call(call),
            Expr::BoolOp(all) => {
                let mut last = PyValue::Computed;
                for operand in &all.values {
                    last = self.value(operand);
                    if last.is_true()? == matches!(all.op, BoolOp::Or) {
                        break;
                    }
                }
                Some(last)
            }
            Expr::If(choice) => {
                let is_true = self.value(&choice.test).is_true()?;
                Some(self.value(if is_true { &choice.body } else { &choice.orelse }))
            }
            Expr::UnaryOp(one) if one.op == UnaryOp::Not => {
                self.value(&one.operand).is_true().map(|is_true| PyValue::Bool(!is_true))
            }
            Expr::BinOp(both) => {
                let (left, right) = (self.value(&both.left), self.value(&both.right));
                Some(value::binary(left, both.op, right))
            }
            Expr::Compare(compare) => {
                let ([op], [right]) = (&*compare.ops, &*compare.comparators) else { return None };
                self.compare(&self.value(&compare.left), *op, right).map(PyValue::Bool)
            }
            _ => None,
        }
    }

    fn compare(self, left: &PyValue, op: CmpOp, right: &Expr) -> Option<bool> {
        let equal = |right: &Expr| match (left, self.value(right)) {
            (PyValue::Str(left), PyValue::Str(right)) => Some(*left == right),
            (PyValue::Int(left), PyValue::Int(right)) => Some(*left == right),
            (PyValue::Bool(left), PyValue::Bool(right)) => Some(*left == right),
            (PyValue::None, PyValue::None) => Some(true),
            (PyValue::None, PyValue::Str(_) | PyValue::Int(_))
            | (PyValue::Str(_) | PyValue::Int(_), PyValue::None) => Some(false),
            _ => None,
        };
        let among = || {
            let items = match right {
                Expr::List(list) => &list.elts,
                Expr::Tuple(tuple) => &tuple.elts,
                Expr::Set(set) => &set.elts,
                _ => return None,
            };
            let all: Option<Vec<bool>> = items.iter().map(equal).collect();
            Some(all?.contains(&true))
        };
        match op {
            CmpOp::Eq | CmpOp::Is => equal(right),
            CmpOp::NotEq | CmpOp::IsNot => equal(right).map(|is_equal| !is_equal),
            CmpOp::In => among(),
            CmpOp::NotIn => among().map(|is_among| !is_among),
            _ => None,
        }
    }

    fn call(self, call: &ExprCall) -> Option<PyValue> {
        if !call.arguments.keywords.is_empty() {
            return None;
        }
        match (&*call.func, &*call.arguments.args) {
            (Expr::Name(name), [one]) if name.id.as_str() != "getenv" => {
                let value = self.value(one);
                match (name.id.as_str(), value) {
                    ("int", PyValue::Str(text)) => text.trim().parse().ok().map(PyValue::Int),
                    ("int", value @ PyValue::Int(_)) | ("str", value @ PyValue::Str(_)) => {
                        Some(value)
                    }
                    ("int", PyValue::Bool(truth)) => Some(PyValue::Int(truth.into())),
                    ("str", PyValue::Int(int)) => Some(PyValue::Str(int.to_string())),
                    ("bool", value) => value.is_true().map(PyValue::Bool),
                    _ => None,
                }
            }
            (Expr::Attribute(method), []) => {
                let PyValue::Str(text) = self.value(&method.value) else { return None };
                match method.attr.as_str() {
                    "lower" => Some(PyValue::Str(text.to_lowercase())),
                    "upper" => Some(PyValue::Str(text.to_uppercase())),
                    "strip" => Some(PyValue::Str(text.trim().to_owned())),
                    _ => None,
                }
            }
            (function, [name, default @ ..])
                if default.len() <= 1 && self.reads_variable(function) =>
            {
                let set = self.variable(name);
                let key = value::key(name, self.text);
                key.map(|_| match (set, default.first()) {
                    (Some(text), _) => PyValue::Str(text),
                    (None, Some(default)) => self.value(default),
                    (None, None) => PyValue::None,
                })
            }
            _ => None,
        }
    }

    /// Tests for `os.getenv`, `getenv` and `os.environ.get`.
    fn reads_variable(self, function: &Expr) -> bool {
        match function {
            Expr::Name(name) => name.id.as_str() == "getenv",
            Expr::Attribute(of) if of.attr.as_str() == "getenv" => is_name(&of.value, "os"),
            Expr::Attribute(of) => of.attr.as_str() == "get" && self.is_environment(&of.value),
            _ => false,
        }
    }

    /// Tests for `os.environ` and `environ`.
    fn is_environment(self, expr: &Expr) -> bool {
        match expr {
            Expr::Attribute(of) => of.attr.as_str() == "environ" && is_name(&of.value, "os"),
            _ => is_name(expr, "environ") && !self.settings.contains_key("environ"),
        }
    }

    fn variable(self, name: &Expr) -> Option<String> {
        self.environment.get(&value::key(name, self.text)?).cloned()
    }
}

fn is_name(expr: &Expr, name: &str) -> bool {
    expr.as_name_expr().is_some_and(|own| own.id.as_str() == name)
}

#[cfg(test)]
mod tests {
    use crate::pyconfig::{Environment, PyValue, read_in};

    #[test]
    fn settings_of_the_environment_have_the_values_that_python_computes() {
        let variables = [("P", " 8443 "), ("D", "a.example"), ("T", "True"), ("EMPTY", "")];
        let environment: Environment =
            variables.map(|(name, value)| (name.to_owned(), value.to_owned())).into();
        let value = |expression: &str| {
            let text = format!("import os\nDEFAULT = 5\nX = {expression}\n");
            read_in(text.as_bytes(), &environment).unwrap().setting("X").unwrap().value.clone()
        };
        let text = |text: &str| PyValue::Str(text.to_owned());
        for (expression, expected) in [
            ("int(os.environ.get('P', 443))", PyValue::Int(8443)),
            ("int(os.environ['P']) + 1", PyValue::Int(8444)),
            ("os.getenv('NONE', DEFAULT)", PyValue::Int(5)),
            ("os.getenv('NONE')", PyValue::None),
            ("os.environ['NONE']", PyValue::Computed),
            ("os.environ.get('EMPTY') or 'b.example'", text("b.example")),
            ("os.environ.get('D') and os.environ['D'].upper()", text("A.EXAMPLE")),
            ("os.environ.get('T', '').lower() in ('1', 'true')", PyValue::Bool(true)),
            ("os.environ.get('T') == 'no'", PyValue::Bool(false)),
            ("not os.environ.get('NONE')", PyValue::Bool(true)),
            ("'x' if os.environ.get('NONE') is None else 'y'", text("x")),
            ("bool(os.environ.get('EMPTY', 1))", PyValue::Bool(false)),
            ("int(os.environ.get('D'))", PyValue::Computed),
            ("other(os.environ.get('D'))", PyValue::Computed),
            ("os.environ.get('D' + 'X' + y)", PyValue::Computed),
            (
                "{'tls': os.environ.get('T', False)}",
                PyValue::Dict(vec![(Some("tls".to_owned()), text("True"))]),
            ),
        ] {
            assert_eq!(value(expression), expected, "{expression}");
        }
    }
}
