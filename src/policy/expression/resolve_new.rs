//! Names resolved: what `new` makes.

use std::sync::Arc;

use super::ast::{Ast, Initialiser, New, TypeName};
use super::classes::CLASSES;
use super::collection::CollectionOp;
use super::compiled::Expr;
use super::lex::Fault;
use super::members::{self, JsonOp, Op};
use super::operators::unify;
use super::resolve::{Resolver, Typed, default_of};
use super::types::Type;

impl Resolver {
    /// `new …`.
    pub(super) fn new_value(&mut self, new: &New, offset: usize) -> Result<Typed, Fault> {
        match new {
            New::Object { name, arguments, initialisers } => self.new_object(name, arguments, initialisers),
            New::Array { of, length, elements } => self.new_array(of.as_ref(), length.as_ref(), elements, offset),
            New::Record(members) => self.new_record(members),
        }
    }

    fn new_record(&mut self, members: &[(Arc<str>, Ast)]) -> Result<Typed, Fault> {
        let (mut values, mut types) = (Vec::new(), Vec::new());
        for (name, value) in members {
            let (expr, ty) = self.expression(value)?;
            if matches!(ty, Type::Null | Type::Void | Type::Class(_)) {
                return Err(Fault::at(value.offset, format!("{ty} can't be a member of an anonymous object")));
            }
            values.push(expr);
            types.push((&**name, ty));
        }
        let ty = Type::record(&types);
        Ok((Expr::Collection(CollectionOp::Of, ty, values.into()), ty))
    }

    fn new_array(
        &mut self,
        of: Option<&TypeName>,
        length: Option<&Ast>,
        elements: &[Ast],
        offset: usize,
    ) -> Result<Typed, Fault> {
        let declared = of.map(Self::type_named).transpose()?;
        let bytes = of.is_some_and(|n| matches!(&*n.name, "byte" | "Byte") && n.ranks == 0);
        let resolved = elements.iter().map(|e| self.expression(e)).collect::<Result<Vec<_>, _>>()?;
        let element = match declared {
            Some(declared) => declared,
            None => resolved
                .iter()
                .map(|(_, ty)| Some(*ty))
                .reduce(|a, b| unify(a?, b?))
                .flatten()
                .filter(|t| *t != Type::Null)
                .ok_or_else(|| {
                    Fault::at(offset, "the elements have no common type").hint("write `new object[] { … }`")
                })?,
        };
        let ty = if bytes { Type::Bytes } else { Type::array(element) };
        if let (Some(length), true) = (length, elements.is_empty()) {
            let operands = vec![self.of_type(length, Type::Int)?, default_of(element)];
            return Ok((Expr::Collection(CollectionOp::Filled, ty, operands.into()), ty));
        }
        let mut values = Vec::new();
        for ((expr, from), ast) in resolved.into_iter().zip(elements) {
            let value = super::resolve::converted(expr, from, element)
                .ok_or_else(|| Fault::at(ast.offset, format!("this is {from}")).expected(element.to_string()))?;
            values.push(value);
        }
        Ok((Expr::Collection(CollectionOp::Of, ty, values.into()), ty))
    }

    fn new_object(&mut self, name: &TypeName, arguments: &[Ast], initialisers: &[Initialiser]) -> Result<Typed, Fault> {
        let ty = Self::type_named(name)?;
        match ty {
            Type::JsonObject | Type::JsonArray => self.new_json(ty, arguments, initialisers),
            Type::List(_) | Type::Set(_) | Type::Dictionary(..) => {
                let made = self.new_collection(ty, name, arguments)?;
                self.filled(made, ty, initialisers)
            }
            Type::Exception => self.new_exception(name, arguments),
            // `new HMACSHA256 { Key = key }` is `new HMACSHA256(key)`.
            Type::Hash if arguments.is_empty() => match initialisers {
                [Initialiser::Member(_, member, key)] if &**member == "Key" => {
                    self.constructed(ty, name, std::slice::from_ref(key))
                }
                [] => self.constructed(ty, name, arguments),
                _ => Err(Fault::at(name.offset, format!("`new {}` with members is not emulated", name.name))
                    .expected("`{ Key = … }`")),
            },
            _ if !initialisers.is_empty() => {
                Err(Fault::at(name.offset, format!("`new {}` with members is not emulated", name.name)))
            }
            _ => self.constructed(ty, name, arguments),
        }
    }

    /// What a constructor of the table makes.
    fn constructed(&mut self, ty: Type, name: &TypeName, arguments: &[Ast]) -> Result<Typed, Fault> {
        let class = CLASSES.iter().find(|(n, _)| **n == *name.name).map(|(_, class)| Type::Class(*class));
        let owner = [class, Some(ty)].into_iter().flatten().find(|o| members::find(*o, "new").next().is_some());
        let Some(owner) = owner else {
            return Err(Fault::at(name.offset, format!("`new {}` is not emulated", name.name)));
        };
        let arguments: Vec<&Ast> = arguments.iter().collect();
        let mut operands = Vec::new();
        let types = self.operands(&arguments, &mut operands)?;
        let member = Self::called(owner, "new", &types, &arguments, name.offset)?;
        if let Some((at, what)) = super::pattern::refused(member.op, &operands) {
            return Err(Fault::at(arguments[at].offset, what));
        }
        Ok((Expr::Op(member.op, operands.into()), member.gives))
    }

    /// `new Exception(text)`.
    fn new_exception(&mut self, name: &TypeName, arguments: &[Ast]) -> Result<Typed, Fault> {
        let text = match arguments {
            [] => Expr::Text(format!("Exception of type 'System.{}' was thrown.", name.name).into()),
            [text, ..] => self.of_type(text, Type::Text)?,
        };
        Ok((Expr::NewException(Arc::clone(&name.name), Box::new(text)), Type::Exception))
    }

    /// An exception, to be thrown.
    pub(super) fn thrown(&mut self, ast: &Ast) -> Result<Typed, Fault> {
        let (expr, ty) = self.expression(ast)?;
        if ty != Type::Exception {
            return Err(Fault::at(ast.offset, format!("this is {ty}")).expected("`new Exception(\"…\")`"));
        }
        Ok((expr, ty))
    }

    /// `new JObject(…) { … }`, `new JArray(…) { … }`: all that is in it is an
    /// operand.
    fn new_json(&mut self, ty: Type, arguments: &[Ast], initialisers: &[Initialiser]) -> Result<Typed, Fault> {
        let mut operands = Vec::new();
        for argument in arguments {
            let (expr, of) = self.expression(argument)?;
            let fits =
                ty == Type::JsonArray || of.is_json() || of == Type::Object || of.element().is_some_and(Type::is_json);
            if !fits || of == Type::Void {
                return Err(Fault::at(argument.offset, format!("this argument is {of}")).expected("`new JProperty(…)`"));
            }
            operands.push(expr);
        }
        for initialiser in initialisers {
            let (key, value, offset) = match initialiser {
                Initialiser::Index(key, value) => (Some(key), value, key.offset),
                Initialiser::Add(offset, parts) => match parts.as_slice() {
                    [key, value] => (Some(key), value, *offset),
                    [value] => (None, value, *offset),
                    _ => return Err(Fault::at(*offset, "this is no member")),
                },
                Initialiser::Member(offset, ..) => {
                    return Err(Fault::at(*offset, "this is no member of a JObject").expected("`[\"name\"] = value`"));
                }
            };
            operands.push(match key {
                Some(key) if ty == Type::JsonObject => {
                    let pair = vec![self.of_type(key, Type::Text)?, self.json_value(value)?];
                    Expr::Op(Op::Json(JsonOp::NewProperty), pair.into())
                }
                Some(_) => return Err(Fault::at(offset, "a JArray has no members").expected("`{ value, … }`")),
                None => self.json_value(value)?,
            });
        }
        let op = if ty == Type::JsonObject { JsonOp::NewObject } else { JsonOp::NewArray };
        Ok((Expr::Op(Op::Json(op), operands.into()), ty))
    }

    /// A value in JSON: whatever it is, as Newtonsoft writes it.
    fn json_value(&mut self, value: &Ast) -> Result<Expr, Fault> {
        let (expr, ty) = self.expression(value)?;
        if matches!(ty, Type::Void | Type::Class(_)) {
            return Err(Fault::at(value.offset, format!("{ty} is no JSON")));
        }
        Ok(expr)
    }

    /// `new List<T>(…)` and the like: empty, of a capacity, a copy, or with a
    /// comparer.
    fn new_collection(&mut self, ty: Type, name: &TypeName, arguments: &[Ast]) -> Result<Expr, Fault> {
        let element = ty.element().unwrap_or(Type::Object);
        let (mut copied, mut comparer) = (None, None);
        for argument in arguments {
            let (expr, of) = self.expression(argument)?;
            match of {
                Type::Int => {}
                Type::Comparer => comparer = Some(expr),
                of if super::operators::implicit(of, Type::sequence(element)) => copied = Some(expr),
                _ => {
                    let what = format!("`new {}` is called with {of}", name.name);
                    return Err(Fault::at(argument.offset, what).expected("a collection of that type, or a comparer"));
                }
            }
        }
        Ok(match (copied, ty) {
            (Some(copied), _) => {
                let operands: Vec<Expr> = std::iter::once(copied).chain(comparer).collect();
                Expr::Collection(CollectionOp::CopyOf, ty, operands.into())
            }
            (None, Type::List(_)) => Expr::Collection(CollectionOp::Of, ty, Box::default()),
            (None, _) => Expr::Collection(CollectionOp::Keyed, ty, comparer.into_iter().collect()),
        })
    }

    /// A collection with its initialisers: kept aside, filled, given.
    fn filled(&mut self, made: Expr, ty: Type, initialisers: &[Initialiser]) -> Result<Typed, Fault> {
        if initialisers.is_empty() {
            return Ok((made, ty));
        }
        let (key, value) = match ty {
            Type::Dictionary(key, value) => (*key, *value),
            other => (other.element().unwrap_or(Type::Object), Type::Null),
        };
        let slot = self.hidden(&"".into(), ty);
        let mut steps = vec![Expr::Assign(slot, Box::new(made))];
        for initialiser in initialisers {
            steps.push(match (initialiser, ty) {
                (Initialiser::Index(by, to), Type::Dictionary(..)) => {
                    let (by, to) = (self.of_type(by, key)?, self.of_type(to, value)?);
                    Expr::Store(Box::new((Expr::Local(slot), by, to)))
                }
                (Initialiser::Add(offset, parts), _) => {
                    let op = match ty {
                        Type::List(_) => CollectionOp::Add,
                        Type::Set(_) => CollectionOp::AddToSet,
                        _ => CollectionOp::AddKey,
                    };
                    let mut operands = vec![Expr::Local(slot)];
                    match (parts.as_slice(), ty) {
                        ([by, to], Type::Dictionary(..)) => {
                            operands.extend([self.of_type(by, key)?, self.of_type(to, value)?]);
                        }
                        ([one], Type::List(_) | Type::Set(_)) => operands.push(self.of_type(one, key)?),
                        _ => return Err(Fault::at(*offset, format!("this is no element of {ty}"))),
                    }
                    Expr::Collection(op, Type::Void, operands.into())
                }
                (Initialiser::Index(at, _), _) => {
                    return Err(Fault::at(at.offset, format!("this is no element of {ty}")));
                }
                (Initialiser::Member(offset, ..), _) => {
                    return Err(Fault::at(*offset, format!("this is no element of {ty}")));
                }
            });
        }
        steps.push(Expr::Local(slot));
        Ok((Expr::Sequence(steps.into()), ty))
    }
}
