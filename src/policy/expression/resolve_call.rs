//! Names resolved: calls.

use std::sync::Arc;

use super::ast::{Ast, Kind, TypeName};
use super::classes::Class;
use super::collection::{Argument, CollectionOp, methods};
use super::compiled::{BinaryOp, Expr};
use super::lex::Fault;
use super::linq::Called;
use super::members::{self, ContextOp, Member, Misfit, Op};
use super::resolve::{Resolver, Typed, default_of, forced, same};
use super::types::Type;

/// A call of a member, its object resolved.
pub(super) struct Callee<'a> {
    pub(super) target: Expr,
    pub(super) ty: Type,
    pub(super) name: &'a str,
    pub(super) offset: usize,
}

impl Resolver {
    pub(super) fn call(&mut self, callee: &Ast, generics: &[TypeName], arguments: &[Ast]) -> Result<Typed, Fault> {
        if let Kind::Name(name) = &callee.kind
            && let Some(function) = self.functions.iter().rfind(|f| f.name == *name)
        {
            return self.call_function(&Arc::clone(function), arguments, callee.offset);
        }
        let Kind::Member(of, name) = &callee.kind else {
            return Err(Fault::at(callee.offset, "only members and local functions can be called")
                .hint("delegates are not emulated"));
        };
        let arguments: Vec<&Ast> = arguments.iter().map(value_of).collect();
        if let Some(of) = self.static_class(of) {
            return self.static_call(of, name, generics, &arguments, callee.offset);
        }
        let (target, ty) = self.expression(of)?;
        let callee = Callee { target, ty, name, offset: callee.offset };
        let generic = generics.first().map(Self::type_named).transpose()?;
        self.method(callee, generic, &arguments)
    }

    /// A method of an object or a class.
    pub(super) fn method(
        &mut self,
        callee: Callee<'_>,
        generic: Option<Type>,
        arguments: &[&Ast],
    ) -> Result<Typed, Fault> {
        let (ty, name) = (callee.ty, callee.name);
        if let Some(special) = self.special(&callee, generic, arguments)? {
            return Ok(special);
        }
        if let Some(typed) = self.collection_method(&callee, arguments)? {
            return Ok(typed);
        }
        let lambda = arguments.iter().any(|a| matches!(a.kind, Kind::Lambda(..)));
        let tabled = members::find(ty, name).any(|m| !m.is_property());
        let typed = generic.is_some() && matches!(name, "Values" | "Children" | "Cast" | "OfType");
        let linq = ty != Type::Null && (lambda || !tabled || typed || ty == Type::Texts);
        if let Some(element) = ty.element().filter(|_| linq) {
            let source = callee.target.clone();
            let called = Called { source, of: ty, element, name, generic, arguments, offset: callee.offset };
            if let Some(typed) = self.linq(&called)? {
                return Ok(typed);
            }
        }
        if !tabled && let Some(typed) = self.universal(&callee, arguments)? {
            return Ok(typed);
        }
        self.tabled(callee, generic, arguments)
    }

    /// Members whose types the table can't tell.
    fn special(
        &mut self,
        callee: &Callee<'_>,
        generic: Option<Type>,
        arguments: &[&Ast],
    ) -> Result<Option<Typed>, Fault> {
        let Callee { target, ty, name, offset } = callee;
        Ok(Some(match (ty, *name, generic) {
            (Type::Class(class), "TryParse", _) => self.try_parse(*class, arguments, *offset)?,
            (_, "TryGetValue", _) if !matches!(ty, Type::Class(_)) => self.try_get(callee, arguments)?,
            (Type::Text, "TryParseJwt" | "TryParseBasic", _) => self.try_token(callee, arguments)?,
            (Type::Headers | Type::Query, "GetValueOrDefault", _)
                if arguments.get(1).is_some_and(|default| matches!(default.kind, Kind::New(_))) =>
            {
                self.texts_or_default(callee, arguments)?
            }
            (Type::Body, "As", Some(to)) => self.body_as(target.clone(), to, arguments, *offset)?,
            (Type::Json | Type::JsonObject | Type::JsonArray | Type::JsonProperty, "Value", Some(to)) => {
                self.token_value(callee, to, arguments)?
            }
            (Type::Json | Type::JsonObject | Type::JsonArray, "ToObject", Some(to)) => {
                (Expr::Convert(to, Box::new(target.clone())), to)
            }
            (Type::Class(Class::JsonConvert), "DeserializeObject", Some(to)) => {
                let parse = members::called(Type::Class(Class::JToken), "Parse", &[Type::Text]);
                let parse = parse.map_err(|_| Fault::at(*offset, "`DeserializeObject` is not emulated"))?;
                let [text] = arguments else {
                    return Err(Fault::at(*offset, "this overload of `DeserializeObject` is not emulated"));
                };
                let text = self.of_type(text, Type::Text)?;
                let parsed = Expr::Op(parse.op, vec![text].into());
                let parsed = if to == Type::Object { parsed } else { Expr::Convert(to, Box::new(parsed)) };
                (parsed, to)
            }
            _ => return Ok(None),
        }))
    }

    /// Methods that every object has.
    fn universal(&mut self, callee: &Callee<'_>, arguments: &[&Ast]) -> Result<Option<Typed>, Fault> {
        if matches!(callee.ty, Type::Class(_) | Type::Null) {
            return Ok(None);
        }
        Ok(match (callee.name, arguments) {
            ("ToString", []) => {
                let shown = Expr::Collection(CollectionOp::Shown, Type::Text, vec![callee.target.clone()].into());
                Some((shown, Type::Text))
            }
            ("Equals", [other]) => {
                let (other, ty) = self.expression(other)?;
                let other = if callee.ty.present().is_number() { forced(other, ty, callee.ty) } else { other };
                let equal = Expr::Binary(BinaryOp::Equal, Box::new((callee.target.clone(), other)));
                Some((equal, Type::Bool))
            }
            _ => None,
        })
    }

    /// A member of the table.
    fn tabled(&mut self, callee: Callee<'_>, generic: Option<Type>, arguments: &[&Ast]) -> Result<Typed, Fault> {
        let Callee { target, ty, name, offset } = callee;
        let mut operands = if matches!(ty, Type::Class(_)) { Vec::new() } else { vec![target] };
        let types = self.operands(arguments, &mut operands)?;
        let member = Self::called(ty, name, &types, arguments, offset)?;
        // Of a static member the object is no operand.
        let refused = super::pattern::refused(member.op, &operands);
        if let Some((at, what)) = refused.or_else(|| super::cipher::refused(member.op, &operands)) {
            return Err(Fault::at(arguments[at].offset, what));
        }
        self.note(member.gives);
        let mut gives = member.gives;
        if member.op == Op::Context(ContextOp::VariablesGet) {
            // `GetValueOrDefault("x", false)`: the type is that of the default.
            let told = generic.or_else(|| types.get(1).copied().filter(|t| *t != Type::Null));
            if let Some(to) = told {
                gives = to;
                match operands.pop() {
                    Some(default) if types.len() == 2 => operands.push(forced(default, types[1], to)),
                    Some(key) => operands.extend([key, default_of(to)]),
                    None => {}
                }
                let get = Expr::Op(member.op, operands.into());
                let get = if to == Type::Object { get } else { Expr::Cast(to, Box::new(get)) };
                return Ok((get, gives));
            }
        }
        Ok((Expr::Op(member.op, operands.into()), gives))
    }

    /// Arguments resolved; characters are texts of one character to the
    /// members of the table.
    pub(super) fn operands(&mut self, arguments: &[&Ast], operands: &mut Vec<Expr>) -> Result<Vec<Type>, Fault> {
        let mut types = Vec::new();
        for argument in arguments {
            let (mut expr, mut ty) = self.expression(argument)?;
            if ty == Type::Char {
                (expr, ty) = (Expr::Convert(Type::Text, Box::new(expr)), Type::Text);
            }
            if ty == Type::Void {
                return Err(Fault::at(argument.offset, "this gives no value"));
            }
            operands.push(expr);
            types.push(ty);
        }
        Ok(types)
    }

    /// The overload that takes arguments of these types.
    pub(super) fn called(
        of: Type,
        name: &str,
        types: &[Type],
        arguments: &[&Ast],
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
                if types[at] == Type::Object || types[at].is_json() {
                    fault.hint("cast it first, e.g. `(string)`")
                } else {
                    fault
                }
            }
        })
    }

    /// A method of a collection or of `T?`.
    fn collection_method(&mut self, callee: &Callee<'_>, arguments: &[&Ast]) -> Result<Option<Typed>, Fault> {
        let found =
            methods(callee.ty).iter().find(|(n, _, takes, _)| *n == callee.name && takes.len() == arguments.len());
        let Some((_, op, takes, gives)) = found else { return Ok(None) };
        let (key, value) = match callee.ty {
            Type::Dictionary(key, value) => (*key, *value),
            Type::Nullable(of) => (*of, *of),
            other => (other.element().unwrap_or(Type::Object), other.element().unwrap_or(Type::Object)),
        };
        let mut operands = vec![callee.target.clone()];
        for (argument, wanted) in arguments.iter().zip(*takes) {
            operands.push(match wanted {
                Argument::Element | Argument::Key => self.of_type(argument, key)?,
                Argument::Value => self.of_type(argument, value)?,
                Argument::Elements => self.of_type(argument, Type::sequence(key))?,
                Argument::Int => self.of_type(argument, Type::Int)?,
                Argument::Test => self.lambda(argument, &[key], Some(Type::Bool))?.0,
            });
        }
        if matches!(op, CollectionOp::GetOrDefault | CollectionOp::PresentOr) && arguments.len() < 2 {
            operands.push(default_of(value));
        }
        let gives = gives(callee.ty);
        Ok(Some((Expr::Collection(*op, gives, operands.into()), gives)))
    }

    /// `Type.TryParse(text, out var name)`.
    fn try_parse(&mut self, class: Class, arguments: &[&Ast], offset: usize) -> Result<Typed, Fault> {
        let (text, out) = match arguments {
            [text, rest @ .., out] if rest.len() <= 2 => (text, out),
            _ => {
                return Err(
                    Fault::at(offset, "`TryParse` is called otherwise").expected("`TryParse(text, out var name)`")
                );
            }
        };
        let mut parsed = match class {
            Class::Int => Type::Int,
            Class::Bool => Type::Bool,
            Class::Double => Type::Double,
            Class::Guid => Type::Guid,
            Class::DateTime => Type::Instant,
            Class::DateTimeOffset => Type::Offset,
            _ => members::find(Type::Class(class), "Parse")
                .next()
                .map(|m| m.gives)
                .ok_or_else(|| Fault::at(offset, "this class has no `TryParse`"))?,
        };
        let text = self.of_type(text, Type::Text)?;
        // `int` and `long` are one class; the variable says which is meant.
        if let Kind::Out(Some(name), None) = &out.kind
            && let Ok((_, ty)) = self.local(name, out.offset)
            && ty.is_number()
        {
            parsed = ty;
        }
        let slot = self.out(out, parsed)?;
        Ok((Expr::TryParse(parsed, Box::new(text), slot), Type::Bool))
    }

    /// The variable of an `out` argument.
    fn out(&mut self, out: &Ast, ty: Type) -> Result<Option<usize>, Fault> {
        let Kind::Out(name, declared) = &out.kind else {
            return Err(Fault::at(out.offset, "this is no `out` argument").expected("`out var name`"));
        };
        let Some(name) = name else { return Ok(None) };
        match declared {
            Some(declared) if &*declared.name != "var" => {
                let declared = Self::type_named(declared)?;
                Ok(Some(self.declare(name, declared)))
            }
            Some(_) => Ok(Some(self.declare(name, ty))),
            None => self.local(name, out.offset).map(|(slot, _)| Some(slot)),
        }
    }

    /// `TryGetValue(key, out var value)`, of whatever has `ContainsKey` and an
    /// indexer.
    fn try_get(&mut self, callee: &Callee<'_>, arguments: &[&Ast]) -> Result<Typed, Fault> {
        let ty = callee.ty;
        let index = Self::collection_index(ty).or_else(|| members::indexer(ty));
        let ([key, out], Some((by, gives))) = (arguments, index) else {
            return Err(Self::unknown(ty, callee.name, callee.offset));
        };
        let by = if ty.is_json() { Type::Text } else { by };
        let key = self.of_type(key, by)?;
        let (holder, at) = (self.hidden(&"".into(), ty), self.hidden(&"".into(), by));
        let operands = || -> Box<[Expr]> { vec![Expr::Local(holder), Expr::Local(at)].into() };
        let has = match members::called(ty, "ContainsKey", &[by]) {
            Ok(member) => Expr::Op(member.op, operands()),
            Err(_) => Expr::Collection(CollectionOp::ContainsKey, Type::Bool, operands()),
        };
        let get = if Self::collection_index(ty).is_some() {
            Expr::Collection(CollectionOp::Get, gives, operands())
        } else {
            Expr::Op(Op::Index, operands())
        };
        let slot = self.out(out, gives)?;
        let kept = |value, found| match slot {
            Some(slot) => Expr::Sequence(vec![Expr::Assign(slot, Box::new(value)), Expr::Bool(found)].into()),
            None => Expr::Bool(found),
        };
        let found = Expr::Conditional(Box::new((has, kept(get, true), kept(default_of(gives), false))));
        let steps = vec![Expr::Assign(holder, Box::new(callee.target.clone())), Expr::Assign(at, Box::new(key)), found];
        Ok((Expr::Sequence(steps.into()), Type::Bool))
    }

    /// `text.TryParseJwt(out var jwt)`: `AsJwt` that says whether it could.
    fn try_token(&mut self, callee: &Callee<'_>, arguments: &[&Ast]) -> Result<Typed, Fault> {
        let as_name = if callee.name == "TryParseJwt" { "AsJwt" } else { "AsBasic" };
        let ([out], Some(member)) = (arguments, members::find(Type::Text, as_name).next()) else {
            return Err(Self::unknown(callee.ty, callee.name, callee.offset));
        };
        let parsed = Expr::Op(member.op, vec![callee.target.clone()].into());
        let parsed = match self.out(out, member.gives)? {
            Some(slot) => Expr::Assign(slot, Box::new(parsed)),
            None => parsed,
        };
        Ok((Expr::Not(Box::new(same(parsed, Expr::Null))), Type::Bool))
    }

    /// `Body.As<T>(preserveContent)`.
    fn body_as(&mut self, body: Expr, to: Type, arguments: &[&Ast], offset: usize) -> Result<Typed, Fault> {
        let preserve = match arguments {
            [] => Expr::Bool(false),
            [preserve] => self.of_type(preserve, Type::Bool)?,
            [_, extra, ..] => return Err(Fault::at(extra.offset, "`As` takes one argument")),
        };
        let name = match to {
            Type::Text => "asText",
            Type::Bytes => "asBytes",
            Type::JsonObject => "asObject",
            Type::JsonArray => "asArray",
            Type::Json => "asJson",
            _ => "",
        };
        let Some(member) = members::find(Type::Body, name).next() else {
            return Err(Fault::at(offset, format!("a body can't be read as {to}"))
                .expected("string, byte[], JObject, JToken or JArray"));
        };
        let read = Expr::Op(member.op, vec![body, preserve].into());
        Ok((read, to))
    }

    /// `token.Value<T>()`, `token.Value<T>(key)`: what is absent is the default.
    fn token_value(&mut self, callee: &Callee<'_>, to: Type, arguments: &[&Ast]) -> Result<Typed, Fault> {
        let token = match arguments {
            [] => callee.target.clone(),
            [key] => {
                let key = self.of_type(key, Type::Object)?;
                Expr::Op(Op::Index, vec![callee.target.clone(), key].into())
            }
            [_, extra, ..] => return Err(Fault::at(extra.offset, "`Value` takes one argument")),
        };
        let converted = Expr::Convert(Type::nullable(to), Box::new(Expr::It));
        let found = Expr::NullChain(Box::new((token, converted)));
        Ok((Expr::Binary(BinaryOp::Coalesce, Box::new((found, default_of(to)))), to))
    }

    /// A sequence's elements, of any type that C# enumerates.
    pub(super) fn element_of(ty: Type, offset: usize) -> Result<Type, Fault> {
        ty.element().ok_or_else(|| {
            let fault =
                Fault::at(offset, format!("{ty} can't be enumerated")).expected("an array, a list, a JArray, …");
            if ty == Type::Object { fault.hint("cast it first, e.g. `((JArray)…)`") } else { fault }
        })
    }
}

/// An argument without its name; those of policy expressions stand in order.
pub(super) fn value_of(argument: &Ast) -> &Ast {
    match &argument.kind {
        Kind::Named(_, value) => value,
        _ => argument,
    }
}
