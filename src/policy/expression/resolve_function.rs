//! Names resolved: local functions. Each call has a body of its own, in which
//! variables of the callers are seen as they are: so that a call needs no frame,
//! and how deep calls go is known when a document is loaded.

use std::mem;
use std::sync::Arc;

use super::ast::{Ast, Function};
use super::compiled::{Expr, Step};
use super::lex::Fault;
use super::resolve::{Resolver, Typed};
use super::resolve_call::value_of;
use super::resolve_statement::returns;
use super::types::Type;

/// The local function that is resolved, and those that called it.
#[derive(Default)]
pub(super) struct Within {
    /// What it gives; `None` outside of functions.
    pub(super) gives: Option<Type>,
    /// The first of its own variables.
    pub(super) own: usize,
    /// Who calls whom, and how high their bodies are.
    chain: Vec<(Arc<str>, u16)>,
    /// How many calls the expression has so far.
    calls: usize,
}

/// How many calls of local functions an expression may have: each has a body of
/// its own.
const MAX_CALLS: usize = 64;

/// How high the bodies of functions that call each other may be together.
const MAX_HEIGHT: u16 = 48;

impl Resolver {
    pub(super) fn call_function(
        &mut self,
        function: &Arc<Function>,
        arguments: &[Ast],
        offset: usize,
    ) -> Result<Typed, Fault> {
        self.may_call(function, offset)?;
        if arguments.len() != function.parameters.len() {
            let what = format!("`{}` is called with {} arguments", function.name, arguments.len());
            return Err(Fault::at(offset, what).expected(format!("{} arguments", function.parameters.len())));
        }
        let mut given = Vec::new();
        for (argument, (ty, name)) in arguments.iter().zip(&function.parameters) {
            let ty = Self::type_named(ty)?;
            given.push((name, ty, self.of_type(value_of(argument), ty)?));
        }
        let gives = match &*function.gives.name {
            "void" => Type::Void,
            _ => Self::type_named(&function.gives)?,
        };
        let outer = self.locals.len();
        let given = given.into_iter().map(|(name, ty, value)| (self.hidden(name, ty), value)).collect();
        let body = self.function_body(function, gives, outer);
        self.locals.truncate(outer);
        let body = body?;
        if gives != Type::Void && !returns(&body) {
            return Err(Fault::at(function.offset, format!("not every path of `{}` returns a value", function.name))
                .expected("`return …;` at the end"));
        }
        Ok((Expr::Call(given, body), gives))
    }

    fn may_call(&mut self, function: &Function, offset: usize) -> Result<(), Fault> {
        let within = &mut self.within;
        if within.chain.iter().any(|(name, _)| *name == function.name) {
            return Err(Fault::at(offset, format!("`{}` calls itself, which is not emulated", function.name))
                .hint("write a loop"));
        }
        within.calls += 1;
        let height: u16 = within.chain.iter().map(|(_, height)| height).sum();
        if within.calls > MAX_CALLS || height + function.height() > MAX_HEIGHT {
            return Err(Fault::at(offset, "local functions are called too often, or within each other too deeply"));
        }
        Ok(())
    }

    fn function_body(&mut self, function: &Function, gives: Type, own: usize) -> Result<Box<[Step]>, Fault> {
        let outer = (self.gives.take(), self.loops, self.switches);
        (self.loops, self.switches) = (0, 0);
        let (returned, owned) = (self.within.gives.replace(gives), mem::replace(&mut self.within.own, own));
        self.within.chain.push((Arc::clone(&function.name), function.height()));
        let body = self.steps(&function.body);
        self.within.chain.pop();
        (self.within.gives, self.within.own) = (returned, owned);
        (self.gives, self.loops, self.switches) = outer;
        body
    }

    /// `return` in a local function.
    pub(super) fn returned_by_function(
        &mut self,
        offset: usize,
        value: Option<&Ast>,
        wanted: Type,
    ) -> Result<Step, Fault> {
        match (value, wanted) {
            (None, Type::Void) => Ok(Step::Return(Expr::Null)),
            (Some(value), wanted) if wanted != Type::Void => self.of_type(value, wanted).map(Step::Return),
            _ => Err(Fault::at(offset, "`return` gives something else than the function").expected(wanted.to_string())),
        }
    }
}
