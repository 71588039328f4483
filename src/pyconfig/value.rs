//! Values of Python literals. Anything else is [`PyValue::Computed`].
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "Python has far more kinds of syntax than a config file has meanings"
)]

use ruff_python_ast::{Expr, Number, Operator, UnaryOp};
use ruff_text_size::Ranged;

/// A value in a config file.
#[derive(Clone, Debug, PartialEq)]
pub enum PyValue {
    /// `"ab" "cd"`
    Str(String),
    /// `5`, `10 * 1024 ** 3`
    Int(i128),
    /// `1.5`
    Float(f64),
    /// `True`
    Bool(bool),
    /// `None`
    None,
    /// `b"ab"`
    Bytes,
    /// `{"tls": True}`: names to values; `None` for a key that is not a string
    Dict(Vec<(Option<String>, Self)>),
    /// `os.environ["SECRET"]`, `f"{x}"`: depends on running the file.
    Computed,
}

/// Largest exponent and shift that are evaluated.
const POWER_MAX: i128 = 100;

impl PyValue {
    /// Evaluates an expression of literals.
    pub(super) fn of(expr: &Expr, text: &str) -> Self {
        if let Expr::StringLiteral(literal) = expr {
            let value = literal.value.to_str();
            let source = text.get(usize::from(expr.start())..usize::from(expr.end()));
            // The parser replaces a lone surrogate (`"\ud800"`), which has no UTF-8.
            let is_replaced = !value.is_ascii()
                && value.contains(REPLACEMENT)
                && source
                    .is_none_or(|source| source.contains('\\') && !source.contains(REPLACEMENT));
            return if is_replaced { Self::Computed } else { Self::Str(value.to_owned()) };
        }
        if let Expr::NumberLiteral(literal) = expr {
            return match &literal.value {
                Number::Int(int) => int.as_i64().map_or(Self::Computed, |n| Self::Int(n.into())),
                Number::Float(real) => Self::Float(*real),
                Number::Complex { .. } => Self::Computed,
            };
        }
        if let Expr::BooleanLiteral(literal) = expr {
            return Self::Bool(literal.value);
        }
        if let Expr::Dict(dict) = expr {
            let entry = |item: &ruff_python_ast::DictItem| {
                Some((key(item.key.as_ref()?, text), Self::of(&item.value, text)))
            };
            let entries: Option<Vec<_>> = dict.items.iter().map(entry).collect();
            return entries.map_or(Self::Computed, Self::Dict);
        }
        match expr {
            Expr::NoneLiteral(_) => Self::None,
            Expr::BytesLiteral(_) => Self::Bytes,
            Expr::UnaryOp(one) => unary(one.op, Self::of(&one.operand, text)),
            Expr::BinOp(both) => {
                let (left, right) = (Self::of(&both.left, text), Self::of(&both.right, text));
                binary(left, both.op, right)
            }
            _ => Self::Computed,
        }
    }

    /// Returns the text of a string.
    pub fn text(&self) -> Option<&str> {
        if let Self::Str(text) = self { Some(text) } else { None }
    }

    /// Returns the number of an integer.
    pub fn int(&self) -> Option<i128> {
        if let Self::Int(int) = self { Some(*int) } else { None }
    }

    /// Applies Python's `bool()`.
    pub fn is_true(&self) -> Option<bool> {
        match self {
            Self::Str(text) => Some(!text.is_empty()),
            Self::Int(whole) => Some(*whole != 0),
            Self::Float(real) => Some(*real != 0.0),
            Self::Bool(truth) => Some(*truth),
            Self::None => Some(false),
            Self::Dict(entries) => Some(!entries.is_empty()),
            Self::Bytes | Self::Computed => None,
        }
    }
}

const REPLACEMENT: char = '\u{fffd}';

/// Evaluates a key that is a string.
pub(super) fn key(expr: &Expr, text: &str) -> Option<String> {
    match PyValue::of(expr, text) {
        PyValue::Str(text) => Some(text),
        PyValue::Int(_)
        | PyValue::Float(_)
        | PyValue::Bool(_)
        | PyValue::None
        | PyValue::Bytes
        | PyValue::Dict(_)
        | PyValue::Computed => None,
    }
}

fn unary(op: UnaryOp, value: PyValue) -> PyValue {
    match (op, value) {
        (UnaryOp::USub, PyValue::Int(whole)) => {
            whole.checked_neg().map_or(PyValue::Computed, PyValue::Int)
        }
        (UnaryOp::USub, PyValue::Float(real)) => PyValue::Float(-real),
        (UnaryOp::UAdd, value @ (PyValue::Int(_) | PyValue::Float(_))) => value,
        _ => PyValue::Computed,
    }
}

pub(super) fn binary(left: PyValue, op: Operator, right: PyValue) -> PyValue {
    let whole = match (left, op, right) {
        (PyValue::Str(left), Operator::Add, PyValue::Str(right)) => {
            return PyValue::Str(left + &right);
        }
        (PyValue::Int(left), Operator::Add, PyValue::Int(right)) => left.checked_add(right),
        (PyValue::Int(left), Operator::Sub, PyValue::Int(right)) => left.checked_sub(right),
        (PyValue::Int(left), Operator::Mult, PyValue::Int(right)) => left.checked_mul(right),
        (PyValue::Int(left), Operator::FloorDiv, PyValue::Int(right)) if right > 0 => {
            Some(left.div_euclid(right))
        }
        (PyValue::Int(left), Operator::Pow, PyValue::Int(right @ 0..=POWER_MAX)) => {
            u32::try_from(right).ok().and_then(|right| left.checked_pow(right))
        }
        (PyValue::Int(left), Operator::LShift, PyValue::Int(right @ 0..=POWER_MAX)) => {
            u32::try_from(right).ok().and_then(|right| left.checked_mul(1i128.checked_shl(right)?))
        }
        _ => None,
    };
    whole.map_or(PyValue::Computed, PyValue::Int)
}

#[cfg(test)]
mod tests {
    use crate::pyconfig::{PyValue, read};

    #[test]
    fn arithmetic_that_overflows_is_not_evaluated() {
        let value = |text: &str| {
            read(format!("PORT = {text}\n").as_bytes())
                .unwrap()
                .setting("PORT")
                .unwrap()
                .value
                .clone()
        };
        assert_eq!(value("-(-(2**100) * 2**27)"), PyValue::Computed);
        assert_eq!(value("-(2**100)"), PyValue::Int(-(1 << 100)));
        assert_eq!(value("2**100 * 2**100"), PyValue::Computed);
        assert_eq!(value("1 << 100 << 100"), PyValue::Computed);
    }
}
