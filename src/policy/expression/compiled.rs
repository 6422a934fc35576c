//! An expression ready to be executed, as data.

use std::sync::Arc;

use super::{Op, Type};
use crate::diagnose::Place;

/// A compiled expression.
#[derive(Clone, Debug)]
pub struct Expression {
    /// What is executed.
    pub body: Body,
    /// How many local variables it has.
    pub locals: usize,
    /// What it evaluates to.
    pub gives: Type,
    /// What it reads, so that its caller can have that ready.
    pub reads: Reads,
    /// Where it stands.
    pub place: Place,
    /// As it was written, named values filled in.
    pub text: Arc<str>,
}

/// What an expression reads of a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// A body, of the request or of the response.
    pub body: bool,
    /// `context.Response`.
    pub response: bool,
}

/// `@(…)` or `@{…}`.
#[derive(Clone, Debug)]
pub enum Body {
    /// One expression.
    Single(Expr),
    /// Statements; every path returns.
    Block(Box<[Step]>),
}

/// A statement.
#[derive(Clone, Debug)]
pub enum Step {
    /// A local variable takes a value.
    Set(usize, Expr),
    /// `if`, `else`.
    If(Expr, Box<[Step]>, Box<[Step]>),
    /// `foreach` over strings or the elements of an array.
    Foreach(usize, Expr, Box<[Step]>),
    /// `return`.
    Return(Expr),
    /// An expression for its effect.
    Do(Expr),
}

/// An expression.
#[derive(Clone, Debug)]
pub enum Expr {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number with a fraction.
    Double(f64),
    /// A string.
    Text(Arc<str>),
    /// A local variable.
    Local(usize),
    /// What a null-conditional chain stands on.
    It,
    /// A member; that of an object has the object as its first operand.
    Op(Op, Box<[Expr]>),
    /// `TryParse(text, out local)`: whether the text is of that type.
    TryParse(Type, Box<Expr>, Option<usize>),
    /// The pieces of an interpolated string, with their formats.
    Concat(Box<[(Expr, Option<Arc<str>>)]>),
    /// `!`.
    Not(Box<Expr>),
    /// Unary `-`.
    Negate(Box<Expr>),
    /// An operator on two operands.
    Binary(BinaryOp, Box<(Expr, Expr)>),
    /// `? :`.
    Conditional(Box<(Expr, Expr, Expr)>),
    /// `a?.rest`: null where `a` is, else the rest with `a` as [`Expr::It`].
    NullChain(Box<(Expr, Expr)>),
    /// A cast; a value of another type raises.
    Cast(Type, Box<Expr>),
}

/// Operators on two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the operators' own names")]
pub enum BinaryOp {
    Or,
    And,
    Coalesce,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}
