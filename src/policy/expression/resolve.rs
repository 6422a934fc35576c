//! Names resolved, types checked: from the tree as written to what is executed.

use std::sync::Arc;

use super::ast::{Ast, Kind, Piece, TypeName};
use super::classes::CLASSES;
use super::compiled::{BinaryOp, Expr, Reads};
use super::lex::Fault;
use super::members;
use super::operators::{binary, castable, unify};
use super::type_names;
use super::types::Type;
use crate::diagnose::closest;

/// A resolved expression and its type.
pub(super) type Typed = (Expr, Type);

/// Resolves one expression; knows its local variables and what it reads.
#[derive(Default)]
pub(super) struct Resolver {
    pub(super) locals: Vec<(Arc<str>, Type)>,
    pub(super) slots: usize,
    pub(super) it: Vec<Type>,
    pub(super) reads: Reads,
}

impl Resolver {
    pub(super) fn expression(&mut self, ast: &Ast) -> Result<Typed, Fault> {
        Ok(match &ast.kind {
            Kind::Null => (Expr::Null, Type::Null),
            Kind::Bool(value) => (Expr::Bool(*value), Type::Bool),
            Kind::Int(value) => (Expr::Int(*value), Type::Int),
            Kind::Double(value) => (Expr::Double(*value), Type::Double),
            Kind::Text(text) => (Expr::Text(Arc::clone(text)), Type::Text),
            Kind::Interpolated(pieces) => self.interpolated(pieces)?,
            Kind::It => (Expr::It, self.it.last().copied().unwrap_or(Type::Object)),
            Kind::Name(name) => self.name(name, ast.offset)?,
            Kind::Member(of, name) => self.property(of, name, ast.offset)?,
            Kind::Call { callee, generic, arguments } => self.call(callee, generic.as_ref(), arguments)?,
            Kind::Index(of, index) => self.index(of, index, ast.offset)?,
            Kind::NullChain(of, rest) => self.null_chain(of, rest)?,
            Kind::Not(of) => (Expr::Not(Box::new(self.of_type(of, Type::Bool)?)), Type::Bool),
            Kind::Negate(of) => {
                let (expr, ty) = self.expression(of)?;
                if !ty.is_number() {
                    return Err(Fault::at(of.offset, format!("`-` does not apply to {ty}")));
                }
                (Expr::Negate(Box::new(expr)), ty)
            }
            Kind::Binary(op, left, right) => self.binary(*op, left, right, ast.offset)?,
            Kind::Conditional(condition, yes, no) => self.conditional(condition, yes, no)?,
            Kind::Cast(name, of) => self.cast(name, of)?,
            Kind::New { name, arguments, members } => self.new_object(name, arguments, members)?,
            Kind::Out(_) => return Err(Fault::at(ast.offset, "`out` stands only in `TryParse`")),
        })
    }

    /// An expression that must have a type.
    pub(super) fn of_type(&mut self, ast: &Ast, expected: Type) -> Result<Expr, Fault> {
        let (expr, ty) = self.expression(ast)?;
        let fits = ty == expected
            || expected == Type::Object
            || (ty == Type::Null && expected.is_nullable())
            || (ty == Type::Int && expected == Type::Double)
            || (ty.is_json() && expected == Type::Json);
        if fits {
            return Ok(expr);
        }
        let mut fault = Fault::at(ast.offset, format!("this is {ty}")).expected(expected.to_string());
        if castable(ty, expected) {
            fault = fault.hint(format!("cast it: `({expected})`"));
        }
        Err(fault)
    }

    pub(super) fn type_named(name: &TypeName) -> Result<Type, Fault> {
        type_names::resolve(name)
    }

    fn interpolated(&mut self, pieces: &[Piece]) -> Result<Typed, Fault> {
        let mut parts = Vec::new();
        for piece in pieces {
            parts.push(match piece {
                Piece::Text(text) => (Expr::Text(Arc::clone(text)), None),
                Piece::Hole(ast, format) => (self.expression(ast)?.0, format.clone()),
            });
        }
        Ok((Expr::Concat(parts.into()), Type::Text))
    }

    fn name(&mut self, name: &str, offset: usize) -> Result<Typed, Fault> {
        if let Some(slot) = self.locals.iter().rposition(|(n, _)| &**n == name) {
            return Ok((Expr::Local(slot), self.locals[slot].1));
        }
        if name == "context" {
            return Ok((Expr::Null, Type::Context));
        }
        if let Some((_, class)) = CLASSES.iter().find(|(n, _)| *n == name) {
            return Ok((Expr::Null, Type::Class(*class)));
        }
        let known: Vec<&str> =
            self.locals.iter().map(|(n, _)| &**n).chain(["context"]).chain(CLASSES.iter().map(|(n, _)| *n)).collect();
        let fault = Fault::at(offset, format!("`{name}` is unknown or not emulated"))
            .expected("`context`, a variable, or a class of the reference");
        Err(match closest(name, known) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None => fault,
        })
    }

    fn property(&mut self, of: &Ast, name: &str, offset: usize) -> Result<Typed, Fault> {
        // `Newtonsoft.Json.Formatting`, `System.Net.WebUtility`: namespaces are passed over.
        if is_namespace(of) {
            return self.name(name, offset);
        }
        let (target, ty) = self.expression(of)?;
        let Some(member) = members::find(ty, name).next() else { return Err(Self::unknown(ty, name, offset)) };
        if !member.is_property() {
            return Err(Fault::at(offset, format!("`{name}` of {ty} is a method")).expected(format!("`{name}(…)`")));
        }
        // What was asked for by `send-request` is in memory already.
        let local = ty == Type::Response && matches!(target, Expr::Local(_)) && !self.reads.response;
        if !local && !matches!(target, Expr::Cast(Type::Response, _)) {
            self.note(member.gives);
        }
        let operands = if matches!(ty, Type::Class(_)) { Vec::new() } else { vec![target] };
        Ok((Expr::Op(member.op, operands.into()), member.gives))
    }

    /// What is told of a member that is in no table.
    pub(super) fn unknown(of: Type, name: &str, offset: usize) -> Fault {
        let known = members::names(of);
        let mut fault = Fault::at(offset, format!("`{name}` of {of} is unknown or not emulated"));
        if !known.is_empty() {
            fault = fault.expected(format!("one of {}", known.join(", ")));
        }
        match closest(name, known) {
            Some(near) => fault.hint(format!("did you mean `{near}`?")),
            None if of == Type::Object => fault.hint("cast it first, e.g. `((string)…)`"),
            None => fault,
        }
    }

    pub(super) fn note(&mut self, gives: Type) {
        self.reads.body |= gives == Type::Body;
        self.reads.response |= gives == Type::Response;
    }

    fn index(&mut self, of: &Ast, index: &Ast, offset: usize) -> Result<Typed, Fault> {
        let (target, ty) = self.expression(of)?;
        let Some((by, gives)) = members::indexer(ty) else {
            let fault = Fault::at(offset, format!("{ty} has no indexer"));
            return Err(if ty == Type::Object { fault.hint("cast it first, e.g. `((JObject)…)`") } else { fault });
        };
        let index = self.of_type(index, by)?;
        Ok((Expr::Op(members::Op::Index, vec![target, index].into()), gives))
    }

    fn null_chain(&mut self, of: &Ast, rest: &Ast) -> Result<Typed, Fault> {
        let (target, ty) = self.expression(of)?;
        self.it.push(ty);
        let resolved = self.expression(rest);
        self.it.pop();
        let (rest, gives) = resolved?;
        Ok((Expr::NullChain(Box::new((target, rest))), gives))
    }

    fn binary(&mut self, op: BinaryOp, left: &Ast, right: &Ast, offset: usize) -> Result<Typed, Fault> {
        let ((a, left), (b, right)) = (self.expression(left)?, self.expression(right)?);
        let Some(gives) = binary(op, left, right) else {
            let fault = Fault::at(offset, format!("this operator does not apply to {left} and {right}"));
            let objects = left == Type::Object || right == Type::Object;
            return Err(if objects { fault.hint("cast the object first, e.g. `(string)`") } else { fault });
        };
        Ok((Expr::Binary(op, Box::new((a, b))), gives))
    }

    fn conditional(&mut self, condition: &Ast, yes: &Ast, no: &Ast) -> Result<Typed, Fault> {
        let offset = condition.offset;
        let condition = self.of_type(condition, Type::Bool)?;
        let ((yes, a), (no, b)) = (self.expression(yes)?, self.expression(no)?);
        let Some(gives) = unify(a, b) else {
            return Err(Fault::at(offset, format!("the branches have different types: {a} and {b}")));
        };
        Ok((Expr::Conditional(Box::new((condition, yes, no))), gives))
    }

    fn cast(&mut self, name: &TypeName, of: &Ast) -> Result<Typed, Fault> {
        let to = Self::type_named(name)?;
        let (expr, from) = self.expression(of)?;
        if !castable(from, to) {
            return Err(Fault::at(name.offset, format!("{from} can't be cast to {to}")));
        }
        Ok((Expr::Cast(to, Box::new(expr)), to))
    }
}

fn is_namespace(ast: &Ast) -> bool {
    match &ast.kind {
        Kind::Name(name) => matches!(&**name, "System" | "Newtonsoft"),
        Kind::Member(of, name) => is_namespace(of) && matches!(&**name, "Json" | "Linq" | "Net"),
        _ => false,
    }
}
