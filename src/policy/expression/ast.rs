//! An expression as it was written, before its names are resolved.

use std::sync::Arc;

use super::compiled::BinaryOp;

#[derive(Clone, Debug)]
pub(super) struct Ast {
    pub(super) offset: usize,
    pub(super) kind: Kind,
}

#[derive(Clone, Debug)]
pub(super) enum Kind {
    Null,
    Bool(bool),
    Int(i64),
    Double(f64),
    Text(Arc<str>),
    Interpolated(Vec<Piece>),
    Name(Arc<str>),
    Member(Box<Ast>, Arc<str>),
    /// The callee is a `Member` or a `Name`.
    Call {
        callee: Box<Ast>,
        generic: Option<TypeName>,
        arguments: Vec<Ast>,
    },
    Index(Box<Ast>, Box<Ast>),
    /// `a?.rest`: the rest stands on [`Kind::It`].
    NullChain(Box<Ast>, Box<Ast>),
    It,
    /// `out var name`, or `out _`.
    Out(Option<Arc<str>>),
    Not(Box<Ast>),
    Negate(Box<Ast>),
    Binary(BinaryOp, Box<Ast>, Box<Ast>),
    Conditional(Box<Ast>, Box<Ast>, Box<Ast>),
    Cast(TypeName, Box<Ast>),
    New {
        name: TypeName,
        arguments: Vec<Ast>,
        members: Vec<(Ast, Ast)>,
    },
}

/// A part of an interpolated string.
#[derive(Clone, Debug)]
pub(super) enum Piece {
    Text(Arc<str>),
    Hole(Ast, Option<Arc<str>>),
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
    /// `var name = value;`, or with a type for `var`.
    Declare {
        declared: Option<TypeName>,
        name: Arc<str>,
        offset: usize,
        value: Ast,
    },
    Assign {
        name: Arc<str>,
        offset: usize,
        value: Ast,
    },
    If(Ast, Vec<Statement>, Vec<Statement>),
    Foreach {
        name: Arc<str>,
        of: Ast,
        body: Vec<Statement>,
    },
    Return(Ast),
    Do(Ast),
}
