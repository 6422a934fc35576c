//! Names resolved, types checked: from the tree as written to what is executed.

use std::collections::HashSet;
use std::sync::{Arc, LazyLock, Mutex, PoisonError};

use super::ast::{Ast, Function, Kind, TypeName};
use super::classes::CLASSES;
use super::compiled::{BinaryOp, Expr, Piece, Reads};
use super::lex::Fault;
use super::operators::{castable, implicit, unify};
use super::resolve_function::Within;
use super::types::Type;
use super::{ast, members, type_names};
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
    /// What `return` gave so far.
    pub(super) gives: Option<Type>,
    /// Loops around, and whether a `switch` is: what `continue` and `break`
    /// need.
    pub(super) loops: usize,
    pub(super) switches: usize,
    /// What is worth knowing.
    pub(super) notices: Vec<Fault>,
    /// Local functions that can be called here.
    pub(super) functions: Vec<Arc<Function>>,
    /// The local function that is resolved, and those that called it.
    pub(super) within: Within,
}

/// A literal text, held once for the process as .NET does: texts from two
/// literals are one reference.
fn interned(text: &Arc<str>) -> Arc<str> {
    static TEXTS: LazyLock<Mutex<HashSet<Arc<str>>>> = LazyLock::new(Mutex::default);
    let mut texts = TEXTS.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(known) = texts.get(text) {
        return Arc::clone(known);
    }
    texts.insert(Arc::clone(text));
    Arc::clone(text)
}

impl Resolver {
    pub(super) fn expression(&mut self, ast: &Ast) -> Result<Typed, Fault> {
        Ok(match &ast.kind {
            Kind::Null => (Expr::Null, Type::Null),
            Kind::Bool(value) => (Expr::Bool(*value), Type::Bool),
            Kind::Int(value) => (Expr::Int(*value), Type::Int),
            Kind::Long(value) => (Expr::Long(*value), Type::Long),
            Kind::Double(value) => (Expr::Double(*value), Type::Double),
            Kind::Decimal(value) => {
                let number = value.parse().map_err(|_| Fault::at(ast.offset, "the number is too large"))?;
                (Expr::Double(number), Type::Decimal)
            }
            Kind::Char(value) => (Expr::Char(*value), Type::Char),
            Kind::Text(text) => (Expr::Text(interned(text)), Type::Text),
            Kind::Interpolated(pieces) => self.interpolated(pieces)?,
            Kind::It => (Expr::It, self.it.last().copied().unwrap_or(Type::Object)),
            Kind::Name(name) => self.name(name, ast.offset)?,
            Kind::Member(of, name) => self.property(of, name, ast.offset)?,
            Kind::Call { callee, generics, arguments } => self.call(callee, generics, arguments)?,
            Kind::Index(of, index) => self.index(of, index, ast.offset)?,
            Kind::NullChain(of, rest) => self.null_chain(of, rest)?,
            Kind::Conditional(condition, yes, no) => self.conditional(condition, yes, no)?,
            Kind::New(new) => self.new_value(new, ast.offset)?,
            Kind::Default(name) => Self::default_value(name.as_ref(), ast.offset)?,
            Kind::Lambda(..) => {
                return Err(Fault::at(ast.offset, "a lambda stands only as an argument of a LINQ method")
                    .hint("delegates are not emulated"));
            }
            Kind::Named(name, _) => {
                return Err(Fault::at(ast.offset, format!("no argument `{name}` is known here")));
            }
            Kind::Out(..) => return Err(Fault::at(ast.offset, "`out` stands only in `TryParse`, `TryGetValue`")),
            Kind::Throw(thrown) => {
                let (thrown, _) = self.thrown(thrown)?;
                (Expr::Throw(Box::new(thrown)), Type::Null)
            }
            _ => self.operation(ast)?,
        })
    }

    /// An expression that must have a type, or one that C# converts to it.
    pub(super) fn of_type(&mut self, ast: &Ast, expected: Type) -> Result<Expr, Fault> {
        if let Kind::Default(None) = ast.kind {
            return Ok(default_of(expected));
        }
        let (expr, ty) = self.expression(ast)?;
        if matches!(expr, Expr::Throw(_)) {
            return Ok(expr);
        }
        if let Some(converted) = converted(expr, ty, expected) {
            return Ok(converted);
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

    fn interpolated(&mut self, pieces: &[ast::Piece]) -> Result<Typed, Fault> {
        let mut parts = Vec::new();
        for piece in pieces {
            parts.push(match piece {
                ast::Piece::Text(text) => Piece { expr: Expr::Text(Arc::clone(text)), width: 0, format: None },
                ast::Piece::Hole(ast, width, format) => {
                    Piece { expr: self.expression(ast)?.0, width: *width, format: format.clone() }
                }
            });
        }
        Ok((Expr::Concat(parts.into()), Type::Text))
    }

    pub(super) fn name(&mut self, name: &str, offset: usize) -> Result<Typed, Fault> {
        if let Some(slot) = self.locals.iter().rposition(|(n, _)| &**n == name) {
            return Ok((Expr::Local(slot), self.locals[slot].1));
        }
        if name == "context" {
            return Ok((Expr::Null, Type::Context));
        }
        if let Some((_, class)) = CLASSES.iter().find(|(n, _)| *n == name) {
            return Ok((Expr::Null, Type::Class(*class)));
        }
        if let Some(why) = type_names::refusal(name) {
            return Err(Fault::at(offset, format!("`{name}`: {why}"))
                .hint("take the expression out for tests, or answer from a stub"));
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
        if self.is_namespace(of) {
            return self.name(name, offset);
        }
        let (target, ty) = self.expression(of)?;
        if let Some(property) = Self::collection_property(&target, ty, name) {
            return Ok(property);
        }
        if let Some(property) = self.keyed_property(&target, ty, name) {
            return Ok(property);
        }
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
        let mut known = members::names(of);
        known.extend(Self::collection_names(of));
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
        if let Some((by, gives)) = Self::collection_index(ty) {
            let index = self.of_type(index, by)?;
            return Ok((Expr::Collection(super::CollectionOp::Get, gives, vec![target, index].into()), gives));
        }
        let Some((by, gives)) = members::indexer(ty) else {
            let fault = Fault::at(offset, format!("{ty} has no indexer"));
            return Err(if ty == Type::Object { fault.hint("cast it first, e.g. `((JObject)…)`") } else { fault });
        };
        let index = self.of_type(index, by)?;
        Ok((Expr::Op(members::Op::Index, vec![target, index].into()), gives))
    }

    fn null_chain(&mut self, of: &Ast, rest: &Ast) -> Result<Typed, Fault> {
        let (target, ty) = self.expression(of)?;
        self.it.push(ty.present());
        let resolved = self.expression(rest);
        self.it.pop();
        let (rest, gives) = resolved?;
        let gives = if gives == Type::Void { gives } else { Type::nullable(gives) };
        Ok((Expr::NullChain(Box::new((target, rest))), gives))
    }

    fn conditional(&mut self, condition: &Ast, yes: &Ast, no: &Ast) -> Result<Typed, Fault> {
        let offset = condition.offset;
        let condition = self.of_type(condition, Type::Bool)?;
        let ((yes, a), (no, b)) = (self.expression(yes)?, self.expression(no)?);
        let thrown = matches!(yes, Expr::Throw(_)) || matches!(no, Expr::Throw(_));
        let Some(gives) = unify(a, b) else {
            return Err(Fault::at(offset, format!("the branches have different types: {a} and {b}"))
                .hint("cast one of them, e.g. `(object)`"));
        };
        let gives = match (thrown, a, b) {
            (true, Type::Null, other) | (true, other, Type::Null) => other,
            _ => gives,
        };
        let (yes, no) = (forced(yes, a, gives), forced(no, b, gives));
        Ok((Expr::Conditional(Box::new((condition, yes, no))), gives))
    }

    pub(super) fn is_namespace(&self, ast: &Ast) -> bool {
        const INNER: [&str; 11] = [
            "Xml",
            "Json",
            "Linq",
            "Net",
            "Text",
            "Collections",
            "Generic",
            "Security",
            "Cryptography",
            "RegularExpressions",
            "Globalization",
        ];
        match &ast.kind {
            Kind::Name(name) => {
                matches!(&**name, "System" | "Newtonsoft") && !self.locals.iter().any(|(n, _)| n == name)
            }
            Kind::Member(of, name) => INNER.contains(&&**name) && self.is_namespace(of),
            _ => false,
        }
    }

    /// A new local variable, or the one of that name and type.
    pub(super) fn declare(&mut self, name: &Arc<str>, ty: Type) -> usize {
        let own = self.within.own;
        if let Some(at) = self.locals[own..].iter().rposition(|(n, t)| n == name && *t == ty) {
            return own + at;
        }
        self.hidden(name, ty)
    }

    /// A local variable of its own, whatever its name.
    pub(super) fn hidden(&mut self, name: &Arc<str>, ty: Type) -> usize {
        self.locals.push((Arc::clone(name), ty));
        self.slots = self.slots.max(self.locals.len());
        self.locals.len() - 1
    }

    fn default_value(name: Option<&TypeName>, offset: usize) -> Result<Typed, Fault> {
        match name {
            Some(name) => {
                let ty = Self::type_named(name)?;
                Ok((default_of(ty), ty))
            }
            None => Err(Fault::at(offset, "the type of `default` is not known here").expected("`default(T)`")),
        }
    }
}

/// A value as C# converts it without being told; `None` where it does not.
pub(super) fn converted(expr: Expr, from: Type, to: Type) -> Option<Expr> {
    if !implicit(from, to) {
        // Constants fit smaller types.
        return matches!((&expr, to), (Expr::Int(_), Type::Char)).then_some(expr);
    }
    Some(forced(expr, from, to))
}

/// The same where it is known that it converts.
pub(super) fn forced(expr: Expr, from: Type, to: Type) -> Expr {
    let (a, b) = (from.present(), to.present());
    let changes = a != b
        && from != Type::Null
        && (b.is_number() || (b == Type::Json && !a.is_json()) || b == Type::Offset)
        && !matches!(expr, Expr::Throw(_));
    match (expr, b) {
        (Expr::Int(n), Type::Long) => Expr::Long(n),
        (Expr::Int(n) | Expr::Long(n), Type::Double | Type::Decimal) => Expr::Double(n as f64),
        (expr, _) if changes => Expr::Convert(b, Box::new(expr)),
        (expr, _) => expr,
    }
}

/// What a variable of a type holds before it is set.
pub(super) fn default_of(ty: Type) -> Expr {
    match ty {
        Type::Bool => Expr::Bool(false),
        Type::Int => Expr::Int(0),
        Type::Long => Expr::Long(0),
        Type::Double | Type::Decimal => Expr::Double(0.0),
        Type::Char => Expr::Char('\0'),
        ty if !ty.is_nullable() => Expr::Collection(super::CollectionOp::Default, ty, Box::default()),
        _ => Expr::Null,
    }
}

/// `a == b`, as a comparison of references where C# makes it one.
pub(super) fn same(a: Expr, b: Expr) -> Expr {
    Expr::Binary(BinaryOp::Same, Box::new((a, b)))
}
