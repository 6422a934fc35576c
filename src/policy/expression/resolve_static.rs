//! Names resolved: static methods that stand for those of an object, what is
//! made by `Enumerable` alone, and what else no table of members holds.

use super::ast::{Ast, Kind, TypeName};
use super::collection::CollectionOp;
use super::compiled::{Body, Expr};
use super::lex::Fault;
use super::linq::Linq;
use super::members::{self, Op};
use super::resolve::{Resolver, Typed};
use super::resolve_call::Callee;
use super::types::Type;

/// Static classes whose methods take the object that they are about first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Static {
    Array,
    Enumerable,
    /// Where the platform's own methods of texts stand.
    Extensions,
}

impl Resolver {
    pub(super) fn static_class(&self, of: &Ast) -> Option<Static> {
        let name = match &of.kind {
            Kind::Name(name) if !self.locals.iter().any(|(local, _)| local == name) => name,
            Kind::Member(outer, name) if self.is_namespace(outer) => name,
            _ => return None,
        };
        match &**name {
            "Array" => Some(Static::Array),
            "Enumerable" => Some(Static::Enumerable),
            "ExpressionSyntaxExtensions" => Some(Static::Extensions),
            _ => None,
        }
    }

    pub(super) fn static_call(
        &mut self,
        of: Static,
        name: &str,
        generics: &[TypeName],
        arguments: &[&Ast],
        offset: usize,
    ) -> Result<Typed, Fault> {
        if of == Static::Enumerable && matches!(name, "Range" | "Repeat" | "Empty") {
            return self.enumerable(name, generics, arguments, offset);
        }
        match (of, name, arguments, generics) {
            (Static::Array, "Empty", [], [of]) => {
                let gives = Type::array(Self::type_named(of)?);
                return Ok((Expr::Collection(CollectionOp::Of, gives, Box::default()), gives));
            }
            (Static::Array, "Copy", [from, to, count], []) => return self.array_copy([from, to, count], None),
            (Static::Array, "Copy", [from, at, to, begin, count], []) => {
                return self.array_copy([from, to, count], Some([at, begin]));
            }
            // These change an array where it stands, which no array can here.
            (Static::Array, "Sort" | "Reverse" | "Clear" | "Copy" | "Resize" | "Fill", ..) => {
                return Err(Fault::at(offset, format!("`Array.{name}` is not emulated"))
                    .hint("make another array: `.OrderBy(x => x).ToArray()`"));
            }
            _ => {}
        }
        let Some((about, rest)) = arguments.split_first() else {
            return Err(Fault::at(offset, format!("`{name}` is called without arguments")));
        };
        let (target, ty) = self.expression(about)?;
        if let (Static::Array, "IndexOf", [value], Some(element)) = (of, name, rest, ty.element()) {
            let list = Expr::Linq(Linq::Collect, Type::list(element), [target].into());
            let operands = vec![list, self.of_type(value, element)?];
            return Ok((Expr::Collection(CollectionOp::IndexOf, Type::Int, operands.into()), Type::Int));
        }
        let generic = generics.first().map(Self::type_named).transpose()?;
        self.method(Callee { target, ty, name, offset }, generic, rest)
    }

    /// `Array.Copy(from, to, count)`, and with two begins: the variable `to`
    /// holds another array afterwards.
    fn array_copy(&mut self, parts: [&Ast; 3], begins: Option<[&Ast; 2]>) -> Result<Typed, Fault> {
        let [from, to, count] = parts;
        let Kind::Name(name) = &to.kind else {
            return Err(Fault::at(to.offset, "`Array.Copy` writes to a variable only")
                .hint("copy into a variable, and use that"));
        };
        let (slot, ty) = self.local(name, to.offset)?;
        let source = self.of_type(from, ty)?;
        let (at, begin) = match begins {
            Some([at, begin]) => (self.of_type(at, Type::Int)?, self.of_type(begin, Type::Int)?),
            None => (Expr::Int(0), Expr::Int(0)),
        };
        let operands = vec![Expr::Local(slot), source, at, begin, self.of_type(count, Type::Int)?];
        let copied = Expr::Collection(CollectionOp::Overlaid, ty, operands.into());
        Ok((Expr::Assign(slot, Box::new(copied)), Type::Void))
    }

    /// `Enumerable.Range(…)`, `Repeat`, `Empty<T>`.
    fn enumerable(
        &mut self,
        name: &str,
        generics: &[TypeName],
        arguments: &[&Ast],
        offset: usize,
    ) -> Result<Typed, Fault> {
        match (name, arguments, generics) {
            ("Range", [start, count], []) => {
                let operands = vec![self.of_type(start, Type::Int)?, self.of_type(count, Type::Int)?];
                let gives = Type::sequence(Type::Int);
                Ok((Expr::Collection(CollectionOp::Range, gives, operands.into()), gives))
            }
            ("Repeat", [value, count], _) => {
                let (value, ty) = self.expression(value)?;
                let gives = Type::sequence(ty);
                let operands = vec![self.of_type(count, Type::Int)?, value];
                Ok((Expr::Collection(CollectionOp::Filled, gives, operands.into()), gives))
            }
            ("Empty", [], [of]) => {
                let gives = Type::sequence(Self::type_named(of)?);
                Ok((Expr::Collection(CollectionOp::Of, gives, Box::default()), gives))
            }
            _ => Err(Fault::at(offset, format!("`Enumerable.{name}` is called otherwise, or not emulated"))
                .expected("Range, Repeat, Empty")),
        }
    }

    /// `GetValueOrDefault(name, new[] { … })`: all values of a field.
    pub(super) fn texts_or_default(&mut self, callee: &Callee<'_>, arguments: &[&Ast]) -> Result<Typed, Fault> {
        let [name, default] = arguments else {
            return Err(Self::unknown(callee.ty, callee.name, callee.offset));
        };
        let (name, default) = (self.of_type(name, Type::Text)?, self.of_type(default, Type::Texts)?);
        let (holder, at) = (self.hidden(&"".into(), callee.ty), self.hidden(&"".into(), Type::Text));
        let operands = || -> Box<[Expr]> { [Expr::Local(holder), Expr::Local(at)].into() };
        let has = members::called(callee.ty, "ContainsKey", &[Type::Text])
            .map_err(|_| Self::unknown(callee.ty, callee.name, callee.offset))?;
        let found = (Expr::Op(has.op, operands()), Expr::Op(Op::Index, operands()), default);
        let steps = [
            Expr::Assign(holder, Box::new(callee.target.clone())),
            Expr::Assign(at, Box::new(name)),
            Expr::Conditional(Box::new(found)),
        ];
        Ok((Expr::Sequence(steps.into()), Type::Texts))
    }

    /// `Keys`, `Values` and `Count` of what is enumerated as pairs of a name
    /// and a value, and has no members of its own for them.
    pub(super) fn keyed_property(&mut self, target: &Expr, of: Type, name: &str) -> Option<Typed> {
        if !matches!(of, Type::Headers | Type::Query | Type::Claims | Type::Parameters | Type::Variables) {
            return None;
        }
        let Some(Type::Pair(key, value)) = of.element() else { return None };
        let (part, gives) = match name {
            "Count" => return Some((Expr::Linq(Linq::Count, Type::Int, [target.clone()].into()), Type::Int)),
            "Keys" => (0, *key),
            "Values" => (1, *value),
            _ => return None,
        };
        let slot = self.hidden(&"".into(), Type::pair(*key, *value));
        self.locals.pop();
        let part = Expr::Collection(CollectionOp::Part(part), gives, [Expr::Local(slot)].into());
        let lambda = Expr::Lambda([slot].into(), Box::new(Body::Single(part)));
        let all = Type::sequence(gives);
        Some((Expr::Linq(Linq::Select, all, [target.clone(), lambda].into()), all))
    }
}
