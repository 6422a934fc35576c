//! The whole expression: single or statements, compiled with its faults as
//! diagnostics.

use super::ast::Statement;
use super::compiled::{Body, Expression, Step};
use super::lex::Fault;
use super::operators::unify;
use super::parse::Parser;
use super::resolve::Resolver;
use super::types::Type;
use crate::diagnose::{Diagnostic, Place};
use crate::policy::source::place_within;

/// Compiles the text of an expression, `@(…)` or `@{…}`, which stands at
/// `place`.
pub(in crate::policy) fn compile(text: &str, place: &Place) -> Result<Expression, Diagnostic> {
    let told = |fault: Fault| {
        let mut diagnostic = Diagnostic::error(place_within(place, text, fault.offset), fault.what);
        diagnostic.expected = fault.expected;
        diagnostic.hint = fault.hint;
        diagnostic
    };
    let lead = text.len() - text.trim_start().len();
    let trimmed = text.trim();
    let inner = &trimmed[2..trimmed.len() - 1];
    let mut resolver = Resolver::default();
    let compiled = if trimmed.starts_with("@(") {
        single(inner, lead + 2, &mut resolver)
    } else {
        block(inner, lead + 2, &mut resolver)
    };
    let (body, gives) = compiled.map_err(told)?;
    let (locals, reads) = (resolver.slots, resolver.reads);
    Ok(Expression { body, locals, gives, reads, place: place.clone(), text: trimmed.into() })
}

fn single(inner: &str, base: usize, resolver: &mut Resolver) -> Result<(Body, Type), Fault> {
    let mut parser = Parser::new(inner, base)?;
    let ast = parser.expression()?;
    parser.end()?;
    let (expr, gives) = resolver.expression(&ast)?;
    Ok((Body::Single(expr), gives))
}

fn block(inner: &str, base: usize, resolver: &mut Resolver) -> Result<(Body, Type), Fault> {
    let statements = Parser::new(inner, base)?.statements()?;
    let mut gives = None;
    let steps = resolver.steps(&statements, &mut gives)?;
    if !returns(&steps) {
        return Err(Fault::at(base - 2, "not every path returns a value").expected("`return …;` at the end"));
    }
    Ok((Body::Block(steps), gives.unwrap_or(Type::Null)))
}

/// Whether the last step of every path is a `return`.
fn returns(steps: &[Step]) -> bool {
    steps.iter().any(|step| match step {
        Step::Return(_) => true,
        Step::If(_, yes, no) => returns(yes) && returns(no),
        _ => false,
    })
}

impl Resolver {
    /// Statements of one scope: its variables are gone after it.
    fn steps(&mut self, statements: &[Statement], gives: &mut Option<Type>) -> Result<Box<[Step]>, Fault> {
        let outer = self.locals.len();
        let steps = statements.iter().map(|s| self.step(s, gives)).collect::<Result<_, _>>()?;
        self.locals.truncate(outer);
        Ok(steps)
    }

    fn step(&mut self, statement: &Statement, gives: &mut Option<Type>) -> Result<Step, Fault> {
        Ok(match statement {
            Statement::Declare { declared, name, offset, value } => {
                let (expr, ty) = match declared {
                    Some(declared) => {
                        let ty = Self::type_named(declared)?;
                        (self.of_type(value, ty)?, ty)
                    }
                    None => self.expression(value)?,
                };
                if self.locals.iter().any(|(n, _)| n == name) {
                    return Err(Fault::at(*offset, format!("variable `{name}` is declared twice")));
                }
                Step::Set(self.declare(name, ty), expr)
            }
            Statement::Assign { name, offset, value } => {
                let Some(slot) = self.locals.iter().rposition(|(n, _)| n == name) else {
                    return Err(Fault::at(*offset, format!("variable `{name}` is not declared"))
                        .expected(format!("`var {name} = …;`")));
                };
                let ty = self.locals[slot].1;
                Step::Set(slot, self.of_type(value, ty)?)
            }
            Statement::If(condition, yes, no) => {
                let condition = self.of_type(condition, Type::Bool)?;
                Step::If(condition, self.steps(yes, gives)?, self.steps(no, gives)?)
            }
            Statement::Foreach { name, of, body } => {
                let (list, ty) = self.expression(of)?;
                let element = match ty {
                    Type::Texts => Type::Text,
                    Type::Json | Type::JsonArray => Type::Json,
                    _ => {
                        return Err(
                            Fault::at(of.offset, format!("{ty} can't be iterated")).expected("string[] or JArray")
                        );
                    }
                };
                let outer = self.locals.len();
                let slot = self.declare(name, element);
                let body = self.steps(body, gives)?;
                self.locals.truncate(outer);
                Step::Foreach(slot, list, body)
            }
            Statement::Return(value) => {
                let (expr, ty) = self.expression(value)?;
                let common = gives.map_or(Some(ty), |before| unify(before, ty));
                *gives = Some(common.ok_or_else(|| {
                    Fault::at(value.offset, format!("this returns {ty}, an earlier `return` another type"))
                })?);
                Step::Return(expr)
            }
            Statement::Do(expression) => Step::Do(self.expression(expression)?.0),
        })
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
            ("@(DateTimeOffset.UtcNow.AddSeconds(60).ToUnixTimeSeconds())", Type::Int),
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
          expected: one of Method, Headers, Url, OriginalUrl, IpAddress, MatchedParameters, Body
          hint: did you mean `Headers`?
        ");
        insta::assert_snapshot!(told("@(context.Variables[\"x\"] == \"a\")"), @r"
        error: this operator does not apply to object and string
          --> p.xml:7:35
          hint: cast the object first, e.g. `(string)`
        ");
        insta::assert_snapshot!(told("@{\n  var x = 1;\n  while (true) { }\n}"), @r"
        error: `while` is not emulated
          --> p.xml:9:3
          expected: `var`, an assignment, `if`, `foreach` or `return`
        ");
        insta::assert_snapshot!(told("@(\"a\".Select(x => x))"), @r"
        error: `=>` is not emulated
          --> p.xml:7:25
          expected: `)`
        ");
        insta::assert_snapshot!(told("@{ if (true) { return 1; } }"), @r"
        error: not every path returns a value
          --> p.xml:7:10
          expected: `return …;` at the end
        ");
        insta::assert_snapshot!(told("@(new Random().Next())"), @r"
        error: `new Random` is unknown or not emulated
          --> p.xml:7:16
          expected: `new JObject(…)`, `new JProperty(name, value)` or `new JArray(…)`
        ");
        insta::assert_snapshot!(told("@((X509Certificate2)context.Variables[\"c\"])"), @r"
        error: type `X509Certificate2`: certificates in expressions are not emulated
          --> p.xml:7:13
          hint: take the expression out for tests, or answer from a stub
        ");
    }
}
