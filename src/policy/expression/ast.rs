//! An expression as it was written, before its names are resolved.

use std::sync::Arc;

use super::compiled::BinaryOp;
use super::lex::Fault;

/// A node. Trees are never higher than [`MAX_HEIGHT`], so that whoever walks
/// one can't exhaust the stack.
#[derive(Clone, Debug)]
pub(super) struct Ast {
    pub(super) offset: usize,
    pub(super) kind: Kind,
    height: u16,
}

/// The highest tree. Sums, conjunctions and the like are flat.
const MAX_HEIGHT: u16 = 96;

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Int(i64),
    Long(i64),
    Double(f64),
    Decimal(Arc<str>),
    Char(char),
    Text(Arc<str>),
    Interpolated(Vec<Piece>),
    Name(Arc<str>),
    Member(Box<Ast>, Arc<str>),
    /// The callee is a `Member` or a `Name`.
    Call {
        callee: Box<Ast>,
        generics: Vec<TypeName>,
        arguments: Vec<Ast>,
    },
    /// `name: value` among arguments.
    Named(Arc<str>, Box<Ast>),
    Index(Box<Ast>, Box<Ast>),
    /// `a?.rest`: the rest stands on [`Kind::It`].
    NullChain(Box<Ast>, Box<Ast>),
    It,
    /// `out var name`, `out int name`, `out name`, or `out _`.
    Out(Option<Arc<str>>, Option<TypeName>),
    Not(Box<Ast>),
    Negate(Box<Ast>),
    Plus(Box<Ast>),
    Complement(Box<Ast>),
    Binary(BinaryOp, Box<Ast>, Box<Ast>),
    /// `a + b + c`, with `-` between: whether each is subtracted.
    Sum(Vec<(bool, Ast)>),
    /// `a && b && c`, or with `||`.
    Logic(BinaryOp, Vec<Ast>),
    Conditional(Box<Ast>, Box<Ast>, Box<Ast>),
    Cast(TypeName, Box<Ast>),
    As(Box<Ast>, TypeName),
    /// `value is Type name`; the value is negated by `is not` nowhere in C# 7.
    Is(Box<Ast>, IsPattern),
    /// `default`, `default(T)`.
    Default(Option<TypeName>),
    New(Box<New>),
    Lambda(Vec<Arc<str>>, LambdaBody),
    /// `target = value`, `target op= value`.
    Assign(Box<Ast>, Option<BinaryOp>, Box<Ast>),
    /// `++target` (true) and `target++`; by 1 or -1.
    Step(Box<Ast>, i64, bool),
    /// `throw` as an expression.
    Throw(Box<Ast>),
}

/// What follows `is`.
#[derive(Clone, Debug)]
pub(super) enum IsPattern {
    Type(TypeName, Option<Arc<str>>),
    Constant(Box<Ast>),
}

/// `new …`.
#[derive(Clone, Debug)]
pub(super) enum New {
    /// `new T(arguments) { … }`.
    Object { name: TypeName, arguments: Vec<Ast>, initialisers: Vec<Initialiser> },
    /// `new T[length]`, `new T[] { … }`, `new[] { … }`.
    Array { of: Option<TypeName>, length: Option<Ast>, elements: Vec<Ast> },
    /// `new { a = 1, b.C }`.
    Record(Vec<(Arc<str>, Ast)>),
}

/// One item between the braces after `new T`.
#[derive(Clone, Debug)]
pub(super) enum Initialiser {
    /// `["key"] = value`.
    Index(Ast, Ast),
    /// `{ a, b }`, or an element alone.
    Add(usize, Vec<Ast>),
    /// `Member = value`.
    Member(usize, Arc<str>, Ast),
}

#[derive(Clone, Debug)]
pub(super) enum LambdaBody {
    Expression(Box<Ast>),
    Block(Vec<Statement>),
}

/// A part of an interpolated string.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text(Arc<str>),
    /// An expression, its width (0 is none) and format.
    Hole(Ast, i32, Option<Arc<str>>),
}

/// A type as it is written, without its namespace.
#[derive(Clone, Debug)]
pub(super) struct TypeName {
    pub(super) offset: usize,
    pub(super) name: Arc<str>,
    /// What stands between `<` and `>`.
    pub(super) parts: Vec<TypeName>,
    /// Whether `?` follows.
    pub(super) nullable: bool,
    /// How many `[]` follow.
    pub(super) ranks: usize,
}

#[derive(Clone, Debug)]
pub(super) enum Statement {
    /// `var name = value;`, with a type for `var`, or without a value.
    Declare {
        declared: Option<TypeName>,
        name: Arc<str>,
        offset: usize,
        value: Option<Ast>,
    },
    /// `if`, `else if` …, `else`.
    If(Vec<(Ast, Vec<Statement>)>, Vec<Statement>),
    Foreach {
        declared: Option<TypeName>,
        name: Arc<str>,
        offset: usize,
        of: Ast,
        body: Vec<Statement>,
    },
    /// `for`, `while`, `do`.
    Loop {
        begin: Vec<Statement>,
        condition: Option<Ast>,
        /// Whether the body comes before the condition: `do`.
        body_first: bool,
        next: Vec<Ast>,
        body: Vec<Statement>,
    },
    /// `switch`: the value, and sections: labels (`None`: `default`), body.
    Switch(Ast, Vec<(Vec<Option<Ast>>, Vec<Statement>)>),
    Try {
        body: Vec<Statement>,
        catches: Vec<Catch>,
        last: Vec<Statement>,
    },
    /// `throw …;`, or `throw;`.
    Throw(Option<Ast>),
    Return(usize, Option<Ast>),
    Break(usize),
    Continue(usize),
    Do(Ast),
    Block(Vec<Statement>),
    /// `Type Name(Type name, …) { … }`.
    Function(Arc<Function>),
}

/// A local function.
#[derive(Clone, Debug)]
pub(super) struct Function {
    pub(super) offset: usize,
    pub(super) name: Arc<str>,
    /// `void`, or the type that it gives.
    pub(super) gives: TypeName,
    pub(super) parameters: Vec<(TypeName, Arc<str>)>,
    pub(super) body: Vec<Statement>,
}

impl Function {
    /// How high its body is.
    pub(super) fn height(&self) -> u16 {
        deepest(&self.body)
    }
}

/// `catch (Type name) when (condition) { … }`.
#[derive(Clone, Debug)]
pub(super) struct Catch {
    pub(super) of: Option<TypeName>,
    pub(super) name: Option<Arc<str>>,
    pub(super) when: Option<Ast>,
    pub(super) body: Vec<Statement>,
}

impl Ast {
    /// A node, unless it would be too high.
    pub(super) fn new(offset: usize, kind: Kind) -> Result<Self, Fault> {
        let height = kind.height() + 1;
        if height > MAX_HEIGHT {
            return Err(Fault::at(offset, "the expression is nested too deeply"));
        }
        Ok(Self { offset, kind, height })
    }
}

fn highest<'a>(nodes: impl IntoIterator<Item = &'a Ast>) -> u16 {
    nodes.into_iter().map(|n| n.height).max().unwrap_or(0)
}

impl Kind {
    /// How high what stands below is. Statements of a lambda are bounded by the
    /// parser and count as a part of it.
    fn height(&self) -> u16 {
        match self {
            Self::Interpolated(pieces) => highest(pieces.iter().filter_map(|p| match p {
                Piece::Hole(ast, ..) => Some(ast),
                Piece::Text(_) => None,
            })),
            Self::Member(of, _)
            | Self::Named(_, of)
            | Self::Not(of)
            | Self::Negate(of)
            | Self::Plus(of)
            | Self::Complement(of)
            | Self::Cast(_, of)
            | Self::As(of, _)
            | Self::Step(of, ..)
            | Self::Throw(of)
            | Self::Is(of, IsPattern::Type(..))
            | Self::Lambda(_, LambdaBody::Expression(of)) => of.height,
            Self::Is(of, IsPattern::Constant(other)) => of.height.max(other.height),
            Self::Lambda(_, LambdaBody::Block(statements)) => deepest(statements),
            Self::Call { callee, arguments, .. } => highest(arguments).max(callee.height),
            Self::Index(a, b) | Self::NullChain(a, b) | Self::Binary(_, a, b) | Self::Assign(a, _, b) => {
                a.height.max(b.height)
            }
            Self::Conditional(a, b, c) => a.height.max(b.height).max(c.height),
            Self::Sum(terms) => highest(terms.iter().map(|(_, t)| t)),
            Self::Logic(_, terms) => highest(terms),
            Self::New(new) => new.height(),
            _ => 0,
        }
    }
}

impl New {
    fn height(&self) -> u16 {
        match self {
            Self::Object { arguments, initialisers, .. } => {
                let inner = initialisers.iter().map(|i| match i {
                    Initialiser::Index(a, b) => a.height.max(b.height),
                    Initialiser::Add(_, parts) => highest(parts),
                    Initialiser::Member(_, _, value) => value.height,
                });
                inner.max().unwrap_or(0).max(highest(arguments))
            }
            Self::Array { length, elements, .. } => highest(length).max(highest(elements)),
            Self::Record(members) => highest(members.iter().map(|(_, v)| v)),
        }
    }
}

/// How high statements are: each level of nesting counts.
fn deepest(statements: &[Statement]) -> u16 {
    statements.iter().map(Statement::height).max().unwrap_or(0)
}

impl Statement {
    fn height(&self) -> u16 {
        1 + match self {
            Self::Declare { value, .. } => highest(value),
            Self::If(branches, no) => {
                let yes = branches.iter().map(|(c, body)| c.height.max(deepest(body))).max().unwrap_or(0);
                yes.max(deepest(no))
            }
            Self::Foreach { of, body, .. } => of.height.max(deepest(body)),
            Self::Loop { begin, condition, next, body, .. } => {
                deepest(begin).max(highest(condition)).max(highest(next)).max(deepest(body))
            }
            Self::Switch(of, sections) => {
                sections.iter().map(|(_, body)| deepest(body)).max().unwrap_or(0).max(of.height)
            }
            Self::Try { body, catches, last } => {
                let caught = catches.iter().map(|c| deepest(&c.body).max(highest(&c.when))).max().unwrap_or(0);
                deepest(body).max(deepest(last)).max(caught)
            }
            Self::Throw(of) | Self::Return(_, of) => highest(of),
            Self::Break(_) | Self::Continue(_) => 0,
            Self::Do(of) => of.height,
            Self::Block(body) => deepest(body),
            Self::Function(function) => function.height(),
        }
    }
}
