//! An expression ready to be executed, as data.

use std::sync::Arc;

use super::{CollectionOp, Linq, Op, Type};
use crate::diagnose::{Diagnostic, Place};

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
    /// What is worth knowing about it, and no fault.
    pub notices: Vec<Diagnostic>,
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
    /// `if`, `else if` …, `else`.
    If(Box<[(Expr, Box<[Step]>)]>, Box<[Step]>),
    /// `foreach`: the variable, the type that elements are cast to, what is
    /// enumerated, the body.
    Foreach(usize, Option<Type>, Expr, Box<[Step]>),
    /// `for`, `while`, `do`.
    Loop(Box<Loop>),
    /// `switch`: the value, and for each section its labels (`None`: `default`)
    /// and body.
    Switch(Expr, Box<[Section]>),
    /// `try`.
    Try(Box<Try>),
    /// `throw`; without an exception, the one that was caught.
    Throw(Option<Expr>),
    /// `return`.
    Return(Expr),
    /// `break`.
    Break,
    /// `continue`.
    Continue,
    /// An expression for its effect.
    Do(Expr),
    /// Statements of a scope of their own.
    Block(Box<[Step]>),
}

/// A section of a `switch`.
pub type Section = (Box<[Option<Expr>]>, Box<[Step]>);

/// A loop.
#[derive(Clone, Debug)]
pub struct Loop {
    /// It goes on while this holds; without it, for ever.
    pub condition: Option<Expr>,
    /// Whether the body comes before the condition.
    pub body_first: bool,
    /// What comes after each turn.
    pub next: Box<[Expr]>,
    /// What is repeated.
    pub body: Box<[Step]>,
}

/// `try`, `catch`, `finally`.
#[derive(Clone, Debug)]
pub struct Try {
    /// What may raise.
    pub body: Box<[Step]>,
    /// What sees the exception: the first that fits.
    pub catches: Box<[Catch]>,
    /// `finally`.
    pub last: Box<[Step]>,
}

/// `catch`.
#[derive(Clone, Debug)]
pub struct Catch {
    /// The exception's class, e.g. `FormatException`.
    pub class: Arc<str>,
    /// The variable that takes the exception.
    pub slot: Option<usize>,
    /// It is taken only where this holds.
    pub when: Option<Expr>,
    /// What is done then.
    pub body: Box<[Step]>,
}

/// A part of an interpolated string or a concatenation.
#[derive(Clone, Debug)]
pub struct Piece {
    /// What is shown.
    pub expr: Expr,
    /// How wide, at least: to the left where it is negative.
    pub width: i32,
    /// How it is formatted.
    pub format: Option<Arc<str>>,
}

/// An expression.
#[derive(Clone, Debug)]
pub enum Expr {
    /// `null`.
    Null,
    /// `true`, `false`.
    Bool(bool),
    /// An `int`.
    Int(i64),
    /// A `long`.
    Long(i64),
    /// A number with a fraction.
    Double(f64),
    /// A character.
    Char(char),
    /// A string.
    Text(Arc<str>),
    /// A local variable.
    Local(usize),
    /// What a null-conditional chain stands on.
    It,
    /// A member; that of an object has the object as its first operand.
    Op(Op, Box<[Expr]>),
    /// A member of a collection, a `T?` or an exception; the type is that of
    /// what it gives.
    Collection(CollectionOp, Type, Box<[Expr]>),
    /// A LINQ method on a sequence; the type is that of what it gives.
    Linq(Linq, Type, Box<[Expr]>),
    /// A lambda among the operands of a LINQ method: its parameters are local
    /// variables.
    Lambda(Box<[usize]>, Box<Body>),
    /// `TryParse(text, out local)`: whether the text is of that type.
    TryParse(Type, Box<Expr>, Option<usize>),
    /// The pieces of an interpolated string or a concatenation.
    Concat(Box<[Piece]>),
    /// `!`.
    Not(Box<Expr>),
    /// Unary `-`.
    Negate(Box<Expr>),
    /// `~`.
    Complement(Box<Expr>),
    /// An operator on two operands.
    Binary(BinaryOp, Box<(Expr, Expr)>),
    /// Numbers added from the left, or subtracted.
    Sum(Box<[(bool, Expr)]>),
    /// `&&` (true) or `||`, of any number of operands.
    Logic(bool, Box<[Expr]>),
    /// `? :`.
    Conditional(Box<(Expr, Expr, Expr)>),
    /// `a?.rest`: null where `a` is, else the rest with `a` as [`Expr::It`].
    NullChain(Box<(Expr, Expr)>),
    /// A cast of a reference, or out of `object`: a value of another type
    /// raises.
    Cast(Type, Box<Expr>),
    /// A conversion: between numbers, from and to JSON.
    Convert(Type, Box<Expr>),
    /// `value as T`: null where it is none.
    As(Type, Box<Expr>),
    /// `value is T name`.
    Is(Type, Box<Expr>, Option<usize>),
    /// A local variable takes a value, which is the result.
    Assign(usize, Box<Expr>),
    /// `of[index] = value`.
    Store(Box<(Expr, Expr, Expr)>),
    /// The value of a property of an object takes a value.
    StoreProperty(Box<(Expr, Expr)>),
    /// One after the other; the last is the result.
    Sequence(Box<[Expr]>),
    /// `new Exception(text)`, by its class.
    NewException(Arc<str>, Box<Expr>),
    /// `throw` as an expression.
    Throw(Box<Expr>),
    /// A local function called: the variables that take the arguments, and its
    /// body, which is that of this call alone.
    Call(Box<[(usize, Expr)]>, Box<[Step]>),
}

/// Operators on two operands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the operators' own names; `Same` compares references")]
pub enum BinaryOp {
    Or,
    And,
    Coalesce,
    Equal,
    NotEqual,
    Same,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
    ShiftLeft,
    ShiftRight,
    BitAnd,
    BitOr,
    BitXor,
}
