//! Names resolved: calls and objects.

use std::sync::Arc;

use super::ast::{Ast, Kind, TypeName};
use super::classes::{CLASSES, Class};
use super::compiled::Expr;
use super::lex::Fault;
use super::members::{self, ContextOp, JsonOp, Member, Misfit, Op};
use super::pattern;
use super::resolve::{Resolver, Typed};
use super::types::Type;

impl Resolver {
    pub(super) fn call(&mut self, callee: &Ast, generic: Option<&TypeName>, arguments: &[Ast]) -> Result<Typed, Fault> {
        let Kind::Member(of, name) = &callee.kind else {
            return Err(Fault::at(callee.offset, "only members can be called"));
        };
        let (target, ty) = self.expression(of)?;
        if let (Type::Class(class), "TryParse") = (ty, &**name) {
            return self.try_parse(class, arguments, callee.offset);
        }
        if let (Some(generic), "As" | "Value") = (generic, &**name) {
            return self.converted(target, ty, generic, arguments);
        }
        let mut operands = if matches!(ty, Type::Class(_)) { Vec::new() } else { vec![target] };
        let mut types = Vec::new();
        for argument in arguments {
            let (expr, ty) = self.expression(argument)?;
            operands.push(expr);
            types.push(ty);
        }
        let member = Self::called(ty, name, &types, arguments, callee.offset)?;
        if let Some((at, what)) = pattern::refused(member.op, &operands) {
            return Err(Fault::at(arguments[at].offset, what));
        }
        let mut gives = member.gives;
        if let (Op::Context(ContextOp::VariablesGet), Some(generic)) = (member.op, generic) {
            gives = Self::type_named(generic)?;
            if operands.len() == 2 {
                operands.push(default_of(gives));
            }
            let get = Expr::Op(member.op, operands.into());
            return Ok((Expr::Cast(gives, Box::new(get)), gives));
        }
        Ok((Expr::Op(member.op, operands.into()), gives))
    }

    /// The overload that takes arguments of these types.
    fn called(
        of: Type,
        name: &str,
        types: &[Type],
        arguments: &[Ast],
        offset: usize,
    ) -> Result<&'static Member, Fault> {
        match members::find(of, name).next() {
            None => return Err(Self::unknown(of, name, offset)),
            Some(member) if member.is_property() => {
                return Err(Fault::at(offset, format!("`{name}` of {of} is a property")).expected(format!("`{name}`")));
            }
            Some(_) => {}
        }
        members::called(of, name, types).map_err(|misfit| match misfit {
            Misfit::Count(expected) => {
                Fault::at(offset, format!("`{name}` is called with {} arguments", arguments.len()))
                    .expected(format!("{expected} arguments"))
            }
            Misfit::Argument(at) => {
                let fault = Fault::at(arguments[at].offset, format!("this argument is {}", types[at]));
                match types[at] {
                    Type::Object | Type::Json | Type::JsonObject | Type::JsonArray => {
                        fault.hint("cast it first, e.g. `(string)`")
                    }
                    _ => fault,
                }
            }
        })
    }

    /// `Type.TryParse(text, out var name)`.
    fn try_parse(&mut self, class: Class, arguments: &[Ast], offset: usize) -> Result<Typed, Fault> {
        let parsed = match class {
            Class::Int => Type::Int,
            Class::Bool => Type::Bool,
            Class::Double => Type::Double,
            Class::Guid => Type::Guid,
            Class::DateTime | Class::DateTimeOffset => Type::Instant,
            _ => return Err(Fault::at(offset, "this class has no `TryParse`")),
        };
        let [text, Ast { kind: Kind::Out(name), .. }] = arguments else {
            return Err(Fault::at(offset, "`TryParse` is called otherwise").expected("`TryParse(text, out var name)`"));
        };
        let text = self.of_type(text, Type::Text)?;
        let slot = name.as_ref().map(|name| self.declare(name, parsed));
        Ok((Expr::TryParse(parsed, Box::new(text), slot), Type::Bool))
    }

    /// A new local variable, or the one of that name.
    pub(super) fn declare(&mut self, name: &Arc<str>, ty: Type) -> usize {
        if let Some(slot) = self.locals.iter().rposition(|(n, t)| n == name && *t == ty) {
            return slot;
        }
        self.locals.push((Arc::clone(name), ty));
        self.slots = self.slots.max(self.locals.len());
        self.locals.len() - 1
    }

    /// `Body.As<T>(…)` and `token.Value<T>(name)`.
    fn converted(&mut self, target: Expr, ty: Type, generic: &TypeName, arguments: &[Ast]) -> Result<Typed, Fault> {
        let to = Self::type_named(generic)?;
        match (ty, to) {
            (Type::Body, Type::Text | Type::Json | Type::JsonObject | Type::JsonArray | Type::Bytes) => {
                let preserve = match arguments {
                    [] => Expr::Bool(false),
                    [preserve] => self.of_type(preserve, Type::Bool)?,
                    [_, extra, ..] => return Err(Fault::at(extra.offset, "`As` takes one argument")),
                };
                let op = match to {
                    Type::Text => JsonOp::BodyAsText,
                    Type::Bytes => JsonOp::BodyAsBytes,
                    Type::JsonObject => JsonOp::BodyAsObject,
                    Type::JsonArray => JsonOp::BodyAsArray,
                    _ => JsonOp::BodyAsJson,
                };
                Ok((Expr::Op(Op::Json(op), vec![target, preserve].into()), to))
            }
            (Type::Json | Type::JsonObject, _) if arguments.len() == 1 => {
                let key = self.of_type(&arguments[0], Type::Object)?;
                let index = Expr::Op(Op::Index, vec![target, key].into());
                Ok((Expr::Cast(to, Box::new(index)), to))
            }
            _ => Err(Fault::at(generic.offset, format!("{ty} can't be read as {to}")).expected("string or JObject")),
        }
    }

    /// `new JObject(…)`, `new JProperty(…)`, `new JArray(…)`.
    pub(super) fn new_object(
        &mut self,
        name: &TypeName,
        arguments: &[Ast],
        members: &[(Ast, Ast)],
    ) -> Result<Typed, Fault> {
        let (op, gives) = match &*name.name {
            "JObject" => (JsonOp::NewObject, Type::Json),
            "JArray" => (JsonOp::NewArray, Type::Json),
            "JProperty" if arguments.len() == 2 => (JsonOp::NewProperty, Type::JsonProperty),
            _ if members.is_empty() && constructed(&name.name).is_some() => {
                return self.constructed(name, arguments);
            }
            other => {
                return Err(Fault::at(name.offset, format!("`new {other}` is unknown or not emulated"))
                    .expected("`new JObject(…)`, `new JProperty(name, value)` or `new JArray(…)`"));
            }
        };
        let mut operands = Vec::new();
        for argument in arguments {
            let (expr, ty) = self.expression(argument)?;
            if op == JsonOp::NewObject && ty != Type::JsonProperty {
                return Err(Fault::at(argument.offset, format!("this argument is {ty}")).expected("`new JProperty(…)`"));
            }
            operands.push(expr);
        }
        for (key, value) in members {
            let pair = vec![self.of_type(key, Type::Text)?, self.expression(value)?.0];
            operands.push(Expr::Op(Op::Json(JsonOp::NewProperty), pair.into()));
        }
        Ok((Expr::Op(Op::Json(op), operands.into()), gives))
    }
}

impl Resolver {
    /// `new Class(…)` of a class whose constructor is in the table.
    fn constructed(&mut self, name: &TypeName, arguments: &[Ast]) -> Result<Typed, Fault> {
        let class = constructed(&name.name).unwrap_or(Type::Object);
        let mut operands = Vec::new();
        let mut types = Vec::new();
        for argument in arguments {
            let (expr, ty) = self.expression(argument)?;
            operands.push(expr);
            types.push(ty);
        }
        let member = Self::called(class, "new", &types, arguments, name.offset)?;
        if let Some((at, what)) = pattern::refused(member.op, &operands) {
            return Err(Fault::at(arguments[at].offset, what));
        }
        Ok((Expr::Op(member.op, operands.into()), member.gives))
    }
}

/// A class that has a constructor.
fn constructed(name: &str) -> Option<Type> {
    let class = CLASSES.iter().find(|(n, _)| *n == name).map(|(_, class)| Type::Class(*class))?;
    members::find(class, "new").next().map(|_| class)
}

fn default_of(ty: Type) -> Expr {
    match ty {
        Type::Bool => Expr::Bool(false),
        Type::Int => Expr::Int(0),
        Type::Double => Expr::Double(0.0),
        _ => Expr::Null,
    }
}
