//! Tokens as types, casts and lambdas.

use std::sync::Arc;

use super::ast::{Ast, Kind, LambdaBody, TypeName};
use super::lex::{Fault, Token};
use super::parse::Parser;
use super::type_names::is_type;

impl Parser {
    /// `(Type)` before an operand. A parenthesised name that is no type is an
    /// expression.
    pub(super) fn cast_type(&mut self) -> Option<TypeName> {
        if !self.is_sign("(") || !matches!(self.peek_at(1), Token::Name(_)) {
            return None;
        }
        let begin = self.mark();
        self.advance();
        let name = self.type_name().ok().filter(|_| self.take(")"));
        let known = name.filter(|n| self.begins_operand(n) && (is_type(&n.name) || starts_upper(&n.name)));
        if known.is_none() {
            self.rewind(begin);
        }
        known
    }

    fn begins_operand(&self, of: &TypeName) -> bool {
        match self.peek() {
            Token::Name(name) => !matches!(&**name, "is" | "as" | "in"),
            // `(a) - 1` is a difference, `(int)-1` is a cast.
            Token::Sign("-") => of.name.starts_with(char::is_lowercase) && is_type(&of.name),
            Token::Sign(sign) => matches!(*sign, "(" | "!" | "~"),
            Token::End => false,
            _ => true,
        }
    }

    /// A type: namespaces are passed over; `<…>`, `?` and `[]` may follow.
    pub(super) fn type_name(&mut self) -> Result<TypeName, Fault> {
        let offset = self.offset();
        let mut name = self.name("a type")?;
        while self.is_sign(".") && matches!(self.peek_at(1), Token::Name(_)) {
            self.advance();
            name = self.name("a type")?;
        }
        let parts = if self.is_sign("<") { self.type_parts()? } else { Vec::new() };
        let nullable = self.is_sign("?") && self.ends_type(1);
        if nullable {
            self.advance();
        }
        let mut ranks = 0;
        while self.is_sign("[") && self.is_sign_at(1, "]") {
            self.advance();
            self.advance();
            ranks += 1;
        }
        Ok(TypeName { offset, name, parts, nullable, ranks })
    }

    /// Whether `?` before this token belongs to a type, and is not that of
    /// `? :`.
    fn ends_type(&self, at: usize) -> bool {
        match self.peek_at(at) {
            // `int? x = 1;`
            Token::Name(_) => self.is_sign_at(at + 1, "=") || self.is_sign_at(at + 1, ";"),
            Token::Sign(sign) => !matches!(*sign, "(" | "!" | "-" | "+" | "~" | "++" | "--"),
            Token::End => true,
            _ => false,
        }
    }

    /// `<T, U>`.
    pub(super) fn type_parts(&mut self) -> Result<Vec<TypeName>, Fault> {
        self.deeper()?;
        self.expect("<")?;
        let mut parts = vec![self.type_name()?];
        while self.take(",") {
            parts.push(self.type_name()?);
        }
        self.expect(">")?;
        self.shallower();
        Ok(parts)
    }

    /// The parameters of a lambda that begins here, passed over with its `=>`.
    pub(super) fn lambda_parameters(&mut self) -> Option<Vec<Arc<str>>> {
        if let (Token::Name(name), Token::Sign("=>")) = (self.peek(), self.peek_at(1)) {
            let name = Arc::clone(name);
            self.advance();
            self.advance();
            return Some(vec![name]);
        }
        if !self.is_sign("(") {
            return None;
        }
        let (mut at, mut names) = (1, Vec::new());
        while let Token::Name(name) = self.peek_at(at) {
            // `(JToken t) =>`: the type is known anyway.
            let (name, step) = match self.peek_at(at + 1) {
                Token::Name(second) => (second, 2),
                _ => (name, 1),
            };
            names.push(Arc::clone(name));
            at += step;
            if !self.is_sign_at(at, ",") {
                break;
            }
            at += 1;
        }
        if !(self.is_sign_at(at, ")") && self.is_sign_at(at + 1, "=>")) {
            return None;
        }
        for _ in 0..at + 2 {
            self.advance();
        }
        Some(names)
    }

    pub(super) fn lambda(&mut self, offset: usize, parameters: Vec<Arc<str>>) -> Result<Ast, Fault> {
        let body = if self.is_sign("{") {
            LambdaBody::Block(self.block()?)
        } else {
            LambdaBody::Expression(Box::new(self.expression()?))
        };
        Ast::new(offset, Kind::Lambda(parameters, body))
    }
}

fn starts_upper(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}
