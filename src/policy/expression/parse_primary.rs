//! Tokens as a tree: literals, names, members, calls, casts, objects.

use std::sync::Arc;

use super::ast::{Ast, Kind, Piece, TypeName};
use super::lex::{Fault, Part, Token};
use super::parse::Parser;
use super::type_names::is_type;

impl Parser {
    /// `(Type)` before an operand. A parenthesised name that is no type is an
    /// expression.
    pub(super) fn cast_type(&mut self) -> Option<TypeName> {
        let begin = self.position();
        if !self.take("(") {
            return None;
        }
        let name = self.type_name().ok().filter(|_| self.take(")"));
        let operand = match self.peek() {
            Token::Name(_) | Token::Int(_) | Token::Double(_) | Token::Text(_) | Token::Interpolated(_) => true,
            Token::Sign(sign) => matches!(*sign, "(" | "!"),
            Token::End => false,
        };
        let known = name.filter(|n| operand && (is_type(&n.name) || starts_upper(&n.name)));
        if known.is_none() {
            self.rewind(begin);
        }
        known
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
        let nullable = self.take("?");
        let mut ranks = 0;
        while self.is_sign("[") && matches!(self.peek_at(1), Token::Sign("]")) {
            self.advance();
            self.advance();
            ranks += 1;
        }
        Ok(TypeName { offset, name, parts, nullable, ranks })
    }

    /// `<T, U>`.
    fn type_parts(&mut self) -> Result<Vec<TypeName>, Fault> {
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

    /// A primary expression and what hangs on it.
    pub(super) fn postfix(&mut self) -> Result<Ast, Fault> {
        let start = self.primary()?;
        self.suffixes(start)
    }

    fn suffixes(&mut self, mut ast: Ast) -> Result<Ast, Fault> {
        loop {
            let offset = self.offset();
            if self.take(".") {
                let at = self.offset();
                let name = self.name("a member's name")?;
                ast = self.member(ast, name, at)?;
            } else if self.take("[") {
                let index = self.expression()?;
                self.expect("]")?;
                ast = Ast { offset, kind: Kind::Index(Box::new(ast), Box::new(index)) };
            } else if self.is_sign("?.") || self.is_sign("?[") {
                let indexed = self.is_sign("?[");
                self.advance();
                let it = Ast { offset, kind: Kind::It };
                let first = if indexed {
                    let index = self.expression()?;
                    self.expect("]")?;
                    Ast { offset, kind: Kind::Index(Box::new(it), Box::new(index)) }
                } else {
                    let at = self.offset();
                    let name = self.name("a member's name")?;
                    self.member(it, name, at)?
                };
                let rest = self.suffixes(first)?;
                return Ok(Ast { offset, kind: Kind::NullChain(Box::new(ast), Box::new(rest)) });
            } else {
                return Ok(ast);
            }
        }
    }

    /// A member, and its call where arguments follow.
    fn member(&mut self, of: Ast, name: Arc<str>, offset: usize) -> Result<Ast, Fault> {
        let member = Ast { offset, kind: Kind::Member(Box::new(of), name) };
        self.call(member)
    }

    fn call(&mut self, callee: Ast) -> Result<Ast, Fault> {
        let begin = self.position();
        let mut generic = None;
        if self.take("<") {
            generic = self.type_name().ok().filter(|_| self.take(">") && self.is_sign("("));
            if generic.is_none() {
                self.rewind(begin);
            }
        }
        if !self.take("(") {
            return Ok(callee);
        }
        let arguments = self.arguments(")")?;
        Ok(Ast { offset: callee.offset, kind: Kind::Call { callee: Box::new(callee), generic, arguments } })
    }

    fn arguments(&mut self, close: &str) -> Result<Vec<Ast>, Fault> {
        let mut arguments = Vec::new();
        if self.take(close) {
            return Ok(arguments);
        }
        loop {
            if matches!(self.peek(), Token::Name(_)) && matches!(self.peek_at(1), Token::Sign(":")) {
                self.advance();
                self.advance();
            }
            arguments.push(if self.take_word("out") { self.out()? } else { self.expression()? });
            if !self.take(",") {
                self.expect(close)?;
                return Ok(arguments);
            }
        }
    }

    /// After `out`: `var name`, `Type name`, `name` or `_`.
    fn out(&mut self) -> Result<Ast, Fault> {
        let offset = self.offset();
        let mut name = self.name("a variable")?;
        if matches!(self.peek(), Token::Name(_)) {
            name = self.name("a variable")?;
        }
        Ok(Ast { offset, kind: Kind::Out(Some(name).filter(|n| &**n != "_")) })
    }

    fn primary(&mut self) -> Result<Ast, Fault> {
        let offset = self.offset();
        let kind = match self.peek().clone() {
            Token::Int(n) => Kind::Int(n),
            Token::Double(n) => Kind::Double(n),
            Token::Text(text) => Kind::Text(text),
            Token::Interpolated(parts) => Kind::Interpolated(pieces(&parts)?),
            Token::Sign("(") => {
                self.advance();
                let inner = self.expression()?;
                self.expect(")")?;
                return Ok(inner);
            }
            Token::Name(name) => match &*name {
                "null" => Kind::Null,
                "true" => Kind::Bool(true),
                "false" => Kind::Bool(false),
                "new" => return self.new_object(offset),
                _ => {
                    self.advance();
                    return self.call(Ast { offset, kind: Kind::Name(name) });
                }
            },
            _ => return Err(self.unexpected("a value")),
        };
        self.advance();
        Ok(Ast { offset, kind })
    }

    /// `new Type(arguments) { ["member"] = value }`.
    fn new_object(&mut self, offset: usize) -> Result<Ast, Fault> {
        self.advance();
        let name = self.type_name()?;
        let arguments = if self.take("(") { self.arguments(")")? } else { Vec::new() };
        let mut members = Vec::new();
        if self.take("{") {
            while !self.take("}") {
                self.expect("[")?;
                let key = self.expression()?;
                self.expect("]")?;
                self.expect("=")?;
                members.push((key, self.expression()?));
                if !self.take(",") {
                    self.expect("}")?;
                    break;
                }
            }
        }
        Ok(Ast { offset, kind: Kind::New { name, arguments, members } })
    }
}

fn starts_upper(name: &str) -> bool {
    name.starts_with(char::is_uppercase)
}

fn pieces(parts: &[Part]) -> Result<Vec<Piece>, Fault> {
    parts
        .iter()
        .filter(|p| !matches!(p, Part::Text(text) if text.is_empty()))
        .map(|part| match part {
            Part::Text(text) => Ok(Piece::Text(text.as_str().into())),
            Part::Hole { text, offset, format } => {
                let mut parser = Parser::new(text, *offset)?;
                let ast = parser.expression()?;
                parser.end()?;
                Ok(Piece::Hole(ast, format.clone()))
            }
        })
        .collect()
}
