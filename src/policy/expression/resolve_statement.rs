//! The whole expression: single or statements, compiled with its faults as
//! diagnostics.

use std::sync::Arc;

use super::ast::{Ast, Statement, TypeName};
use super::compiled::{Body, Catch, Expr, Expression, Loop, Step, Try};
use super::lex::Fault;
use super::operators::unify;
use super::parse::Parser;
use super::resolve::{Resolver, default_of};
use super::type_names;
use super::types::Type;
use crate::diagnose::{Diagnostic, Place};
use crate::policy::source::place_within;

/// Compiles the text of an expression, `@(…)` or `@{…}`, which stands at
/// `place`.
pub(in crate::policy) fn compile(text: &str, place: &Place) -> Result<Expression, Diagnostic> {
    let at = |fault: Fault, mut diagnostic: Diagnostic| {
        diagnostic.expected = fault.expected;
        diagnostic.hint = fault.hint;
        diagnostic
    };
    let told = |fault: Fault| {
        let diagnostic = Diagnostic::error(place_within(place, text, fault.offset), fault.what.clone());
        at(fault, diagnostic)
    };
    let lead = text.len() - text.trim_start().len();
    let trimmed = text.trim();
    let Some(inner) = trimmed.get(2..trimmed.len().saturating_sub(1)) else {
        return Err(told(Fault::at(lead, "the expression is empty")));
    };
    let mut resolver = Resolver::default();
    let compiled = if trimmed.starts_with("@(") {
        single(inner, lead + 2, &mut resolver)
    } else {
        block(inner, lead + 2, &mut resolver)
    };
    let (body, gives) = compiled.map_err(told)?;
    let notices = std::mem::take(&mut resolver.notices).into_iter().map(|fault| {
        let notice = Diagnostic::notice(place_within(place, text, fault.offset), fault.what.clone());
        at(fault, notice)
    });
    let (locals, reads, notices) = (resolver.slots, resolver.reads, notices.collect());
    Ok(Expression { body, locals, gives, reads, place: place.clone(), text: trimmed.into(), notices })
}

fn single(inner: &str, base: usize, resolver: &mut Resolver) -> Result<(Body, Type), Fault> {
    let mut parser = Parser::new(inner, base)?;
    let ast = parser.expression()?;
    parser.end()?;
    let (expr, gives) = resolver.expression(&ast)?;
    if matches!(gives, Type::Void | Type::Class(_)) {
        return Err(Fault::at(ast.offset, "the expression gives no value"));
    }
    Ok((Body::Single(expr), gives))
}

fn block(inner: &str, base: usize, resolver: &mut Resolver) -> Result<(Body, Type), Fault> {
    let statements = Parser::new(inner, base)?.statements()?;
    let steps = resolver.steps(&statements)?;
    if !returns(&steps) {
        return Err(Fault::at(base - 2, "not every path returns a value").expected("`return …;` at the end"));
    }
    Ok((Body::Block(steps), resolver.gives.unwrap_or(Type::Null)))
}

/// Whether nothing can follow these steps.
pub(super) fn returns(steps: &[Step]) -> bool {
    steps.iter().any(|step| match step {
        Step::Return(_) | Step::Throw(_) => true,
        Step::If(branches, no) => branches.iter().all(|(_, yes)| returns(yes)) && returns(no),
        Step::Loop(l) => {
            let forever = matches!(l.condition, None | Some(Expr::Bool(true))) && !breaks(&l.body);
            forever || (l.body_first && returns(&l.body))
        }
        Step::Switch(_, sections) => {
            sections.iter().any(|(labels, _)| labels.iter().any(Option::is_none))
                && sections.iter().all(|(_, body)| returns(body) && !breaks(body))
        }
        Step::Try(t) => returns(&t.last) || (returns(&t.body) && t.catches.iter().all(|c| returns(&c.body))),
        Step::Block(steps) => returns(steps),
        _ => false,
    })
}

/// Whether a `break` leaves what these steps stand in.
fn breaks(steps: &[Step]) -> bool {
    steps.iter().any(|step| match step {
        Step::Break => true,
        Step::If(branches, no) => branches.iter().any(|(_, yes)| breaks(yes)) || breaks(no),
        Step::Try(t) => breaks(&t.body) || breaks(&t.last) || t.catches.iter().any(|c| breaks(&c.body)),
        Step::Block(steps) => breaks(steps),
        _ => false,
    })
}

impl Resolver {
    /// Statements of one scope: its variables are gone after it.
    pub(super) fn steps(&mut self, statements: &[Statement]) -> Result<Box<[Step]>, Fault> {
        let (outer, known) = (self.locals.len(), self.functions.len());
        // A function can be called before it stands there.
        self.functions.extend(statements.iter().filter_map(|statement| match statement {
            Statement::Function(function) => Some(Arc::clone(function)),
            _ => None,
        }));
        let mut steps = Vec::with_capacity(statements.len());
        for statement in statements {
            steps.push(self.step(statement)?);
        }
        self.functions.truncate(known);
        self.locals.truncate(outer);
        Ok(steps.into())
    }

    fn step(&mut self, statement: &Statement) -> Result<Step, Fault> {
        Ok(match statement {
            Statement::Declare { declared, name, offset, value } => {
                self.declaration(declared.as_ref(), name, *offset, value.as_ref())?
            }
            Statement::If(branches, no) => {
                let mut resolved = Vec::new();
                for (condition, yes) in branches {
                    let condition = self.of_type(condition, Type::Bool)?;
                    resolved.push((condition, self.steps(yes)?));
                }
                Step::If(resolved.into(), self.steps(no)?)
            }
            Statement::Foreach { declared, name, offset, of, body } => {
                self.foreach(declared.as_ref(), (name, *offset), of, body)?
            }
            Statement::Loop { begin, condition, body_first, next, body } => {
                let outer = self.locals.len();
                let mut steps = begin.iter().map(|s| self.step(s)).collect::<Result<Vec<_>, _>>()?;
                let condition = condition.as_ref().map(|c| self.of_type(c, Type::Bool)).transpose()?;
                let next = next.iter().map(|n| self.expression(n).map(|(e, _)| e)).collect::<Result<_, _>>()?;
                let body = self.looped(body)?;
                self.locals.truncate(outer);
                let repeated = Step::Loop(Box::new(Loop { condition, body_first: *body_first, next, body }));
                if steps.is_empty() {
                    return Ok(repeated);
                }
                steps.push(repeated);
                Step::Block(steps.into())
            }
            Statement::Switch(value, sections) => self.switch(value, sections)?,
            Statement::Try { body, catches, last } => {
                let body = self.steps(body)?;
                let catches = catches.iter().map(|c| self.catch(c)).collect::<Result<_, _>>()?;
                Step::Try(Box::new(Try { body, catches, last: self.steps(last)? }))
            }
            Statement::Throw(thrown) => {
                Step::Throw(thrown.as_ref().map(|t| self.thrown(t).map(|(e, _)| e)).transpose()?)
            }
            Statement::Return(offset, value) => self.returned(*offset, value.as_ref())?,
            Statement::Break(offset) if self.loops + self.switches == 0 => {
                return Err(Fault::at(*offset, "`break` stands outside of a loop"));
            }
            Statement::Continue(offset) if self.loops == 0 => {
                return Err(Fault::at(*offset, "`continue` stands outside of a loop"));
            }
            Statement::Break(_) => Step::Break,
            Statement::Continue(_) => Step::Continue,
            Statement::Do(expression) => Step::Do(self.expression(expression)?.0),
            Statement::Block(body) => Step::Block(self.steps(body)?),
            Statement::Function(_) => Step::Block(Box::default()),
        })
    }

    fn declaration(
        &mut self,
        declared: Option<&TypeName>,
        name: &Arc<str>,
        offset: usize,
        value: Option<&Ast>,
    ) -> Result<Step, Fault> {
        let (expr, ty) = match (declared, value) {
            (Some(declared), Some(value)) => {
                let ty = Self::type_named(declared)?;
                (self.of_type(value, ty)?, ty)
            }
            (Some(declared), None) => {
                let ty = Self::type_named(declared)?;
                (default_of(ty), ty)
            }
            (None, Some(value)) => {
                let (expr, ty) = self.expression(value)?;
                if matches!(ty, Type::Null | Type::Void | Type::Class(_)) {
                    return Err(Fault::at(value.offset, format!("a variable can't be {ty}"))
                        .expected("a value whose type is known")
                        .hint("write the type for `var`"));
                }
                (expr, ty)
            }
            (None, None) => return Err(Fault::at(offset, format!("`var {name}` has no value")).expected("`= …`")),
        };
        if self.locals[self.within.own..].iter().any(|(n, _)| n == name) {
            return Err(Fault::at(offset, format!("variable `{name}` is declared twice")));
        }
        Ok(Step::Set(self.hidden(name, ty), expr))
    }

    fn returned(&mut self, offset: usize, value: Option<&Ast>) -> Result<Step, Fault> {
        if let Some(wanted) = self.within.gives {
            return self.returned_by_function(offset, value, wanted);
        }
        let Some(value) = value else {
            return Err(Fault::at(offset, "`return` gives no value").expected("`return …;`"));
        };
        let (expr, ty) = self.expression(value)?;
        if matches!(ty, Type::Void | Type::Class(_)) {
            return Err(Fault::at(value.offset, "this gives no value"));
        }
        // What takes the value takes any of them.
        self.gives = Some(self.gives.map_or(ty, |before| unify(before, ty).unwrap_or(Type::Object)));
        Ok(Step::Return(expr))
    }

    /// The body of a loop.
    fn looped(&mut self, body: &[Statement]) -> Result<Box<[Step]>, Fault> {
        self.loops += 1;
        let steps = self.steps(body);
        self.loops -= 1;
        steps
    }

    fn foreach(
        &mut self,
        declared: Option<&TypeName>,
        (name, offset): (&Arc<str>, usize),
        of: &Ast,
        body: &[Statement],
    ) -> Result<Step, Fault> {
        let (list, ty) = self.expression(of)?;
        let mut element = Self::element_of(ty, of.offset)?;
        let mut cast = None;
        if let Some(declared) = declared {
            let to = Self::type_named(declared)?;
            if Self::cast_to(Expr::Null, element, to).is_none() {
                return Err(Fault::at(declared.offset, format!("the elements are {element}")).expected(to.to_string()));
            }
            if to != element {
                cast = Some(to);
            }
            element = to;
        }
        if self.locals[self.within.own..].iter().any(|(n, _)| n == name) {
            return Err(Fault::at(offset, format!("variable `{name}` is declared twice")));
        }
        let outer = self.locals.len();
        let slot = self.hidden(name, element);
        let body = self.looped(body)?;
        self.locals.truncate(outer);
        Ok(Step::Foreach(slot, cast, list, body))
    }

    fn switch(&mut self, value: &Ast, sections: &[(Vec<Option<Ast>>, Vec<Statement>)]) -> Result<Step, Fault> {
        let (expr, ty) = self.expression(value)?;
        let mut resolved = Vec::new();
        for (labels, body) in sections {
            let mut constants = Vec::new();
            for label in labels {
                constants.push(match label {
                    Some(label) if ty == Type::Object => Some(self.expression(label)?.0),
                    Some(label) => Some(self.of_type(label, ty)?),
                    None => None,
                });
            }
            self.switches += 1;
            let body = self.steps(body);
            self.switches -= 1;
            resolved.push((constants.into(), body?));
        }
        Ok(Step::Switch(expr, resolved.into()))
    }

    fn catch(&mut self, catch: &super::ast::Catch) -> Result<Catch, Fault> {
        let outer = self.locals.len();
        if let Some(of) = &catch.of
            && type_names::simple(&of.name) != Some(Type::Exception)
            && !of.name.ends_with("Exception")
        {
            return Err(Fault::at(of.offset, format!("`{}` is no exception", of.name)));
        }
        let class = catch.of.as_ref().map_or_else(|| "Exception".into(), |of| Arc::clone(&of.name));
        let slot = catch.name.as_ref().map(|name| self.hidden(name, Type::Exception));
        let when = catch.when.as_ref().map(|w| self.of_type(w, Type::Bool)).transpose()?;
        let body = self.steps(&catch.body)?;
        self.locals.truncate(outer);
        Ok(Catch { class, slot, when, body })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn compiled(text: &str) -> Result<Expression, Diagnostic> {
        compile(text, &Place { file: "p.xml".into(), line: 7, column: 10 })
    }

    #[test]
    fn the_idioms_of_real_documents_compile() {
        for (text, gives) in [
            (r#"@((string)context.Variables["x"])"#, Type::Text),
            (r#"@(context.Variables.GetValueOrDefault<bool>("x"))"#, Type::Bool),
            (r#"@($"{context.Api.Id}-{context.RequestId:N}")"#, Type::Text),
            (r#"@("Bearer " + (string)context.Variables["t"])"#, Type::Text),
            (r#"@(context.Request.Headers.GetValueOrDefault("X", ""))"#, Type::Text),
            ("@(context.Response.StatusCode == 429 || context.Response.StatusCode == 503)", Type::Bool),
            (r#"@(!string.IsNullOrEmpty(context.Request.Headers.GetValueOrDefault("A")))"#, Type::Bool),
            (r#"@(context.Request.Body.As<JObject>(preserveContent: true)["a"]["b"])"#, Type::Json),
            (r#"@(context.Subscription?.Id ?? "anonymous")"#, Type::Text),
            (r#"@(((Jwt)context.Variables["jwt"]).Claims["roles"].Contains("x"))"#, Type::Bool),
            (r#"@(context.Request.Headers.GetValueOrDefault("Authorization","").AsJwt()?.Subject)"#, Type::Text),
            (r#"@(context.Request.Headers.GetValueOrDefault("A","").Split(' ')[1])"#, Type::Text),
            ("@(DateTimeOffset.UtcNow.AddSeconds(60).ToUnixTimeSeconds())", Type::Long),
            (r#"@(DateTime.UtcNow.AddMinutes(10).ToString("yyyy-MM-ddTHH:mm:ssZ"))"#, Type::Text),
            (r#"@(new JObject(new JProperty("a", 1)).ToString(Newtonsoft.Json.Formatting.None))"#, Type::Text),
            (r#"@((int)context.Variables["a"] / 2)"#, Type::Int),
            (r#"@(Guid.TryParse(context.Request.Headers.GetValueOrDefault("X"), out _))"#, Type::Bool),
            (
                r#"@{ var p = "a,b".Split(','); foreach (var x in p) { if (x == "a") return true; } return false; }"#,
                Type::Bool,
            ),
            (r#"@{ string a = null; if (a == null) { a = "x"; } else { return "y"; } return a; }"#, Type::Text),
        ] {
            match compiled(text) {
                Ok(expression) => assert_eq!(expression.gives, gives, "{text}"),
                Err(fault) => panic!("{text}: {fault}"),
            }
        }
    }

    #[test]
    fn what_is_unknown_is_told_with_its_place() {
        let told = |text| compiled(text).expect_err("faulty").to_string();
        insta::assert_snapshot!(told("@(context.Request.Header.GetValueOrDefault(\"x\"))"), @r"
        error: `Header` of context.Request is unknown or not emulated
          --> p.xml:7:28
          expected: one of Method, Headers, Url, OriginalUrl, IpAddress, MatchedParameters, Body, Certificate, PrivateEndpointConnection
          hint: did you mean `Headers`?
        ");
        insta::assert_snapshot!(told("@(context.Variables[\"x\"] == true)"), @r"
        error: this operator does not apply to object and bool
          --> p.xml:7:35
          hint: cast the object first, e.g. `(string)`
        ");
        insta::assert_snapshot!(told("@{\n  var x = 1;\n  goto end;\n}"), @r"
        error: `goto` is not emulated
          --> p.xml:9:3
        ");
        insta::assert_snapshot!(told("@{ if (true) { return 1; } }"), @r"
        error: not every path returns a value
          --> p.xml:7:10
          expected: `return …;` at the end
        ");
        insta::assert_snapshot!(told("@(new Guidd())"), @r"
        error: type `Guidd` is unknown or not emulated
          --> p.xml:7:16
          expected: a type of the reference of policy expressions
          hint: did you mean `Guid`?
        ");
        insta::assert_snapshot!(told("@((X509Certificate2)context.Variables[\"c\"])"), @r"
        error: type `X509Certificate2`: certificates in expressions are not emulated
          --> p.xml:7:13
          hint: take the expression out for tests, or answer from a stub
        ");
    }
}
