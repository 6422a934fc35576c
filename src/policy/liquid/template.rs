//! A template as data.

use std::sync::Arc;

use super::Filter;

/// A template that was read.
#[derive(Clone, Debug, Default)]
pub struct Template {
    /// What it writes, in order.
    pub nodes: Vec<Node>,
    /// Whether it names `body`.
    pub reads_body: bool,
    /// Whether it names `context`.
    pub reads_context: bool,
}

/// A part of a template.
#[derive(Clone, Debug)]
pub enum Node {
    /// Text that is written as it stands.
    Text(Arc<str>),
    /// `{{ … }}`.
    Output(Filtered),
    /// `if`, `elsif`, `unless`: the first branch whose condition holds, else
    /// the last part.
    If(Vec<(Condition, Vec<Node>)>, Vec<Node>),
    /// `case`: the first branch one of whose values equals, else the last part.
    Case(Operand, Vec<(Vec<Operand>, Vec<Node>)>, Vec<Node>),
    /// `for`.
    For(Box<For>),
    /// `assign`.
    Assign(Arc<str>, Filtered),
    /// `capture`.
    Capture(Arc<str>, Vec<Node>),
    /// `break`: leaves the loop.
    Break,
    /// `continue`: begins the loop's next round.
    Continue,
}

/// `for name in of`.
#[derive(Clone, Debug)]
pub struct For {
    /// The loop's variable.
    pub name: Arc<str>,
    /// What it goes through.
    pub of: Operand,
    /// At most so many rounds.
    pub limit: Option<Operand>,
    /// How many elements are passed over.
    pub offset: Option<Operand>,
    /// From the last to the first.
    pub reversed: bool,
    /// What each round writes.
    pub body: Vec<Node>,
    /// What is written where there is no round.
    pub otherwise: Vec<Node>,
}

/// A value and the filters it goes through.
#[derive(Clone, Debug)]
pub struct Filtered {
    /// The value.
    pub operand: Operand,
    /// Filters with their arguments.
    pub filters: Vec<(Filter, Vec<Operand>)>,
}

/// A value.
#[derive(Clone, Debug)]
pub enum Operand {
    /// `nil`, `null`.
    Nil,
    /// `empty`, `blank`: equal to what holds nothing.
    Empty,
    /// `true`, `false`.
    Bool(bool),
    /// An integer.
    Int(i64),
    /// A number with a fraction.
    Double(f64),
    /// A string.
    Text(Arc<str>),
    /// A variable and what is looked up in it.
    Path(Arc<str>, Vec<PathStep>),
    /// `(from..to)`.
    Range(Box<(Operand, Operand)>),
}

/// What is looked up in a value.
#[derive(Clone, Debug)]
pub enum PathStep {
    /// `.name`.
    Name(Arc<str>),
    /// `[…]`.
    Index(Operand),
}

/// A condition.
#[derive(Clone, Debug)]
pub enum Condition {
    /// Whether a value is neither nil nor false.
    Holds(Operand),
    /// Two values compared.
    Compare(Operand, Comparison, Operand),
    /// Both.
    And(Box<(Condition, Condition)>),
    /// One at least.
    Or(Box<(Condition, Condition)>),
    /// `unless`.
    Not(Box<Condition>),
}

/// How two values are compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the operators' own names")]
pub enum Comparison {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Contains,
    StartsWith,
    EndsWith,
}
