//! The tree of a filter, and how it is written.

use std::fmt;

use super::literal::Literal;

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse::query) enum Comparison {
    Eq,
    Ne,
    Gt,
    Ge,
    Lt,
    Le,
}

impl Comparison {
    pub(in crate::stack::dataverse::query) const ALL: [Self; 6] =
        [Self::Eq, Self::Ne, Self::Gt, Self::Ge, Self::Lt, Self::Le];

    /// As it is written.
    pub(in crate::stack::dataverse::query) fn word(self) -> &'static str {
        match self {
            Self::Eq => "eq",
            Self::Ne => "ne",
            Self::Gt => "gt",
            Self::Ge => "ge",
            Self::Lt => "lt",
            Self::Le => "le",
        }
    }

    /// As messages name it.
    pub(in crate::stack::dataverse::query) fn kind(self) -> &'static str {
        match self {
            Self::Eq => "Equal",
            Self::Ne => "NotEqual",
            Self::Gt => "GreaterThan",
            Self::Ge => "GreaterThanOrEqual",
            Self::Lt => "LessThan",
            Self::Le => "LessThanOrEqual",
        }
    }

    /// The same with its sides exchanged.
    pub(in crate::stack::dataverse::query) fn turned(self) -> Self {
        match self {
            Self::Gt => Self::Lt,
            Self::Ge => Self::Le,
            Self::Lt => Self::Gt,
            Self::Le => Self::Ge,
            same => same,
        }
    }
}

/// Names with slashes between them.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::stack::dataverse::query) struct Path {
    pub(in crate::stack::dataverse::query) names: Vec<String>,
}

/// What a function is given.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::stack::dataverse::query) struct Argument {
    /// `PropertyName` in `PropertyName='x'`.
    pub(in crate::stack::dataverse::query) name: Option<String>,
    pub(in crate::stack::dataverse::query) value: Expression,
}

/// A filter, or a part of one.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::stack::dataverse::query) enum Expression {
    /// One of these, at least two.
    Or(Vec<Expression>),
    /// All of these, at least two.
    And(Vec<Expression>),
    Not(Box<Expression>),
    Compare(Box<Expression>, Comparison, Box<Expression>),
    /// The second is a list or an alias.
    In(Box<Expression>, Box<Expression>),
    Path(Path),
    Literal(Literal),
    List(Vec<Literal>),
    /// A parameter alias without its sign.
    Alias(String),
    Call {
        name: String,
        arguments: Vec<Argument>,
    },
    /// `any` or, where `every`, `all`; the variable and what is demanded.
    Lambda {
        path: Path,
        every: bool,
        body: Option<(String, Box<Expression>)>,
    },
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.names.join("/"))
    }
}

impl fmt::Display for Expression {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Or(parts) => joined(f, "(", parts, " or ", ")"),
            Self::And(parts) => joined(f, "(", parts, " and ", ")"),
            Self::Not(inner) => write!(f, "not ({inner})"),
            Self::Compare(left, comparison, right) => write!(f, "({left} {} {right})", comparison.word()),
            Self::In(left, list) => match &**list {
                Self::List(values) => {
                    write!(f, "({left} in ")?;
                    joined(f, "(", values, ",", "))")
                }
                other => write!(f, "({left} in {other})"),
            },
            Self::Path(path) => write!(f, "{path}"),
            Self::Literal(literal) => write!(f, "{literal}"),
            Self::List(values) => joined(f, "[", values, ",", "]"),
            Self::Alias(name) => write!(f, "@{name}"),
            Self::Call { name, arguments } => {
                f.write_str(name)?;
                joined(f, "(", arguments, ",", ")")
            }
            Self::Lambda { path, every, body } => {
                let word = if *every { "all" } else { "any" };
                match body {
                    Some((variable, body)) => write!(f, "{path}/{word}({variable}:{body})"),
                    None => write!(f, "{path}/{word}()"),
                }
            }
        }
    }
}

impl fmt::Display for Argument {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name}={}", self.value),
            None => write!(f, "{}", self.value),
        }
    }
}

fn joined<T: fmt::Display>(
    f: &mut fmt::Formatter<'_>,
    open: &str,
    parts: &[T],
    between: &str,
    close: &str,
) -> fmt::Result {
    f.write_str(open)?;
    for (i, part) in parts.iter().enumerate() {
        if i > 0 {
            f.write_str(between)?;
        }
        write!(f, "{part}")?;
    }
    f.write_str(close)
}
