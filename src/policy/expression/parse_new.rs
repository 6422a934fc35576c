//! Tokens as objects, arrays and anonymous objects: what follows `new`.

use std::sync::Arc;

use super::ast::{Ast, Initialiser, Kind, New, TypeName};
use super::lex::{Fault, Token};
use super::parse::Parser;

impl Parser {
    /// `new` and what follows it.
    pub(super) fn new_expression(&mut self, offset: usize) -> Result<Ast, Fault> {
        self.advance();
        self.deeper()?;
        let new = if self.is_sign("[") {
            self.advance();
            self.expect("]")?;
            New::Array { of: None, length: None, elements: self.elements()? }
        } else if self.is_sign("{") {
            self.record()?
        } else {
            self.named_object()?
        };
        self.shallower();
        Ast::new(offset, Kind::New(Box::new(new)))
    }

    fn named_object(&mut self) -> Result<New, Fault> {
        let mut name = self.type_name()?;
        if self.take("[") {
            let length = self.expression()?;
            self.expect("]")?;
            let elements = if self.is_sign("{") { self.elements()? } else { Vec::new() };
            return Ok(New::Array { of: Some(name), length: Some(length), elements });
        }
        if name.ranks > 0 {
            name.ranks -= 1;
            return Ok(New::Array { of: Some(name), length: None, elements: self.elements()? });
        }
        let arguments = if self.take("(") { self.arguments(")")? } else { self.without_arguments(&name)? };
        let initialisers = if self.take("{") { self.initialisers()? } else { Vec::new() };
        Ok(New::Object { name, arguments, initialisers })
    }

    fn without_arguments(&self, name: &TypeName) -> Result<Vec<Ast>, Fault> {
        if self.is_sign("{") {
            return Ok(Vec::new());
        }
        Err(self.unexpected(&format!("`(…)`, `{{…}}` or `[…]` after `new {}`", name.name)))
    }

    /// `{ a, b }` of an array.
    pub(super) fn elements(&mut self) -> Result<Vec<Ast>, Fault> {
        self.expect("{")?;
        let mut elements = Vec::new();
        while !self.take("}") {
            elements.push(self.expression()?);
            if !self.take(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(elements)
    }

    /// What stands between the braces after `new T(…)`, which are closed.
    fn initialisers(&mut self) -> Result<Vec<Initialiser>, Fault> {
        let mut initialisers = Vec::new();
        while !self.take("}") {
            initialisers.push(self.initialiser()?);
            if !self.take(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(initialisers)
    }

    fn initialiser(&mut self) -> Result<Initialiser, Fault> {
        let offset = self.offset();
        if self.take("[") {
            let key = self.expression()?;
            self.expect("]")?;
            self.expect("=")?;
            return Ok(Initialiser::Index(key, self.expression()?));
        }
        if self.is_sign("{") {
            return Ok(Initialiser::Add(offset, self.elements()?));
        }
        if let (Token::Name(name), Token::Sign("=")) = (self.peek(), self.peek_at(1)) {
            let name = name.clone();
            self.advance();
            self.advance();
            return Ok(Initialiser::Member(offset, name, self.expression()?));
        }
        Ok(Initialiser::Add(offset, vec![self.expression()?]))
    }

    /// `{ name = value, other.Member }`.
    fn record(&mut self) -> Result<New, Fault> {
        self.expect("{")?;
        let mut members = Vec::new();
        while !self.take("}") {
            if let (Token::Name(name), Token::Sign("=")) = (self.peek(), self.peek_at(1)) {
                let name = Arc::clone(name);
                self.advance();
                self.advance();
                members.push((name, self.expression()?));
            } else {
                let value = self.expression()?;
                let name = match &value.kind {
                    Kind::Member(_, name) | Kind::Name(name) => Arc::clone(name),
                    _ => return Err(Fault::at(value.offset, "the member has no name").expected("`name = value`")),
                };
                members.push((name, value));
            }
            if !self.take(",") {
                self.expect("}")?;
                break;
            }
        }
        Ok(New::Record(members))
    }
}
