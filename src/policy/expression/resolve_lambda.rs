//! Lambdas, and methods by their name alone, as what a method takes.

use std::sync::Arc;

use super::ast::{Ast, Kind, LambdaBody};
use super::compiled::{Body, Expr};
use super::lex::Fault;
use super::operators::unify;
use super::resolve::{Resolver, Typed};
use super::types::Type;

impl Resolver {
    /// A lambda with parameters of these types; what it gives is converted to
    /// the type that is wanted.
    pub(super) fn lambda(&mut self, ast: &Ast, parameters: &[Type], gives: Option<Type>) -> Result<Typed, Fault> {
        let outer = self.locals.len();
        let result = match &ast.kind {
            Kind::Lambda(names, body) => self.lambda_body(ast.offset, names, body, parameters, gives),
            Kind::Member(..) if parameters.len() == 1 => self.method_group(ast, parameters[0], gives),
            _ => Err(Fault::at(ast.offset, "this is no lambda").expected("`x => …`")),
        };
        self.locals.truncate(outer);
        result
    }

    fn lambda_body(
        &mut self,
        offset: usize,
        names: &[Arc<str>],
        body: &LambdaBody,
        parameters: &[Type],
        gives: Option<Type>,
    ) -> Result<Typed, Fault> {
        if names.len() != parameters.len() {
            return Err(Fault::at(offset, format!("the lambda has {} parameters", names.len()))
                .expected(parameters.len().to_string()));
        }
        let slots: Box<[usize]> = names.iter().zip(parameters).map(|(n, ty)| self.hidden(n, *ty)).collect();
        let (body, ty) = match body {
            LambdaBody::Expression(ast) => {
                if let Some(gives) = gives {
                    (Body::Single(self.of_type(ast, gives)?), gives)
                } else {
                    let (expr, ty) = self.expression(ast)?;
                    (Body::Single(expr), ty)
                }
            }
            LambdaBody::Block(statements) => {
                let outer = (self.gives.take(), self.loops, self.switches, self.within.gives.take());
                (self.loops, self.switches) = (0, 0);
                let steps = self.steps(statements);
                let ty = std::mem::replace(&mut self.gives, outer.0).unwrap_or(Type::Void);
                (self.loops, self.switches, self.within.gives) = (outer.1, outer.2, outer.3);
                let steps = steps?;
                if let Some(wanted) = gives
                    && unify(ty, wanted) != Some(wanted)
                {
                    return Err(Fault::at(offset, format!("the lambda gives {ty}")).expected(wanted.to_string()));
                }
                (Body::Block(steps), ty)
            }
        };
        Ok((Expr::Lambda(slots, Box::new(body)), ty))
    }

    /// A method by its name alone, as in `All(char.IsDigit)`.
    fn method_group(&mut self, ast: &Ast, parameter: Type, gives: Option<Type>) -> Result<Typed, Fault> {
        let name: Arc<str> = "(element)".into();
        let slot = self.hidden(&name, parameter);
        let argument = Ast::new(ast.offset, Kind::Name(name))?;
        let call = Kind::Call { callee: Box::new(ast.clone()), generics: Vec::new(), arguments: vec![argument] };
        let call = Ast::new(ast.offset, call)?;
        let (expr, ty) = match gives {
            Some(gives) => (self.of_type(&call, gives)?, gives),
            None => self.expression(&call)?,
        };
        Ok((Expr::Lambda([slot].into(), Box::new(Body::Single(expr))), ty))
    }
}
