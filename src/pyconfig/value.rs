//! Literals of Python as values. What is computed is [`Value::Computed`], whatever it would give.
#![expect(
    clippy::wildcard_enum_match_arm,
    reason = "Python has far more kinds of syntax than a config file has meanings"
)]

use ruff_python_ast::{Expr, Number, Operator, UnaryOp};
use ruff_text_size::Ranged;

/// What stands in a config file.
#[derive(Clone, Debug, PartialEq)]
pub enum Value {
    /// `"ab" "cd"`
    Text(String),
    /// `5`, `10 * 1024 ** 3`
    Whole(i128),
    /// `1.5`
    Real(f64),
    /// `True`
    Truth(bool),
    /// `None`
    Nothing,
    /// `b"ab"`
    Bytes,
    /// `{"tls": True}`: names to values; `None` where a key is no text
    Table(Vec<(Option<String>, Self)>),
    /// `os.environ["SECRET"]`, `f"{x}"`: known only to Python.
    Computed,
}

/// The largest exponent and shift that are worked out: anything over gives no sensible limit.
const POWER_MAX: i128 = 100;

impl Value {
    /// What an expression gives, as far as it can be read.
    pub(super) fn of(expr: &Expr, text: &str) -> Self {
        if let Expr::StringLiteral(literal) = expr {
            let value = literal.value.to_str();
            let source = text.get(usize::from(expr.start())..usize::from(expr.end()));
            // A lone surrogate (`"\ud800"`) has no UTF-8 and is not what was read.
            let replaced = !value.is_ascii()
                && value.contains(REPLACED)
                && source.is_none_or(|source| source.contains('\\') && !source.contains(REPLACED));
            return if replaced { Self::Computed } else { Self::Text(value.to_owned()) };
        }
        if let Expr::NumberLiteral(literal) = expr {
            return match &literal.value {
                Number::Int(int) => int.as_i64().map_or(Self::Computed, |n| Self::Whole(n.into())),
                Number::Float(real) => Self::Real(*real),
                Number::Complex { .. } => Self::Computed,
            };
        }
        if let Expr::BooleanLiteral(literal) = expr {
            return Self::Truth(literal.value);
        }
        if let Expr::Dict(dict) = expr {
            let entry = |item: &ruff_python_ast::DictItem| {
                Some((key(item.key.as_ref()?, text), Self::of(&item.value, text)))
            };
            let entries: Option<Vec<_>> = dict.items.iter().map(entry).collect();
            return entries.map_or(Self::Computed, Self::Table);
        }
        match expr {
            Expr::NoneLiteral(_) => Self::Nothing,
            Expr::BytesLiteral(_) => Self::Bytes,
            Expr::UnaryOp(unary) => minus(unary.op, Self::of(&unary.operand, text)),
            Expr::BinOp(binary) => {
                let (left, right) = (Self::of(&binary.left, text), Self::of(&binary.right, text));
                combined(left, binary.op, right)
            }
            _ => Self::Computed,
        }
    }

    /// The text, if it is one.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The whole number, if it is one.
    pub fn whole(&self) -> Option<i128> {
        if let Self::Whole(whole) = self { Some(*whole) } else { None }
    }

    /// What Python's `bool()` makes of it.
    pub fn is_true(&self) -> Option<bool> {
        match self {
            Self::Text(text) => Some(!text.is_empty()),
            Self::Whole(whole) => Some(*whole != 0),
            Self::Real(real) => Some(*real != 0.0),
            Self::Truth(truth) => Some(*truth),
            Self::Nothing => Some(false),
            Self::Table(entries) => Some(!entries.is_empty()),
            Self::Bytes | Self::Computed => None,
        }
    }
}

const REPLACED: char = '\u{fffd}';

/// A key that is text.
pub(super) fn key(expr: &Expr, text: &str) -> Option<String> {
    match Value::of(expr, text) {
        Value::Text(text) => Some(text),
        Value::Whole(_)
        | Value::Real(_)
        | Value::Truth(_)
        | Value::Nothing
        | Value::Bytes
        | Value::Table(_)
        | Value::Computed => None,
    }
}

fn minus(op: UnaryOp, value: Value) -> Value {
    match (op, value) {
        (UnaryOp::USub, Value::Whole(whole)) => Value::Whole(-whole),
        (UnaryOp::USub, Value::Real(real)) => Value::Real(-real),
        (UnaryOp::UAdd, value @ (Value::Whole(_) | Value::Real(_))) => value,
        _ => Value::Computed,
    }
}

fn combined(left: Value, op: Operator, right: Value) -> Value {
    let whole = match (left, op, right) {
        (Value::Text(left), Operator::Add, Value::Text(right)) => {
            return Value::Text(left + &right);
        }
        (Value::Whole(left), Operator::Add, Value::Whole(right)) => left.checked_add(right),
        (Value::Whole(left), Operator::Sub, Value::Whole(right)) => left.checked_sub(right),
        (Value::Whole(left), Operator::Mult, Value::Whole(right)) => left.checked_mul(right),
        (Value::Whole(left), Operator::FloorDiv, Value::Whole(right)) if right > 0 => {
            Some(left.div_euclid(right))
        }
        (Value::Whole(left), Operator::Pow, Value::Whole(right @ 0..=POWER_MAX)) => {
            u32::try_from(right).ok().and_then(|right| left.checked_pow(right))
        }
        (Value::Whole(left), Operator::LShift, Value::Whole(right @ 0..=POWER_MAX)) => {
            u32::try_from(right).ok().and_then(|right| left.checked_mul(1i128.checked_shl(right)?))
        }
        _ => None,
    };
    whole.map_or(Value::Computed, Value::Whole)
}
