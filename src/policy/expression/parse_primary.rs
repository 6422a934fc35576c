//! Tokens as a tree: literals, names, members, calls.

use std::sync::Arc;

use super::ast::{Ast, Kind, Piece};
use super::lex::{Fault, Part, Token};
use super::parse::Parser;

/// Words of C# that begin what is not emulated, and what to say of them.
const UNEMULATED: [(&str, &str); 8] = [
    ("typeof", "`typeof` is not emulated"),
    ("nameof", "`nameof` is not emulated"),
    ("sizeof", "`sizeof` is not emulated"),
    ("checked", "`checked` is not emulated"),
    ("delegate", "delegates are not emulated"),
    ("await", "`await` has no place in a policy expression"),
    ("async", "`async` has no place in a policy expression"),
    ("stackalloc", "`stackalloc` has no place in a policy expression"),
];

impl Parser {
    /// A primary expression and what hangs on it.
    pub(super) fn postfix(&mut self) -> Result<Ast, Fault> {
        let start = self.primary()?;
        let ast = self.suffixes(start)?;
        let offset = self.offset();
        for (sign, by) in [("++", 1), ("--", -1)] {
            if self.take(sign) {
                return Ast::new(offset, Kind::Step(Box::new(ast), by, false));
            }
        }
        Ok(ast)
    }

    fn suffixes(&mut self, mut ast: Ast) -> Result<Ast, Fault> {
        loop {
            let offset = self.offset();
            if self.take(".") {
                ast = self.member(ast)?;
            } else if self.is_sign("[") {
                ast = self.index(ast)?;
            } else if self.is_sign("?.") || self.is_sign("?[") {
                let it = Ast::new(offset, Kind::It)?;
                let first = if self.take("?.") { self.member(it)? } else { self.index(it)? };
                self.deeper()?;
                let rest = self.suffixes(first)?;
                self.shallower();
                return Ast::new(offset, Kind::NullChain(Box::new(ast), Box::new(rest)));
            } else {
                return Ok(ast);
            }
        }
    }

    /// `[index]`, or `?[index]`.
    fn index(&mut self, of: Ast) -> Result<Ast, Fault> {
        let offset = self.offset();
        self.advance();
        let index = self.expression()?;
        if self.is_sign(",") {
            return Err(Fault::at(self.offset(), "arrays of several dimensions are not emulated"));
        }
        self.expect("]")?;
        Ast::new(offset, Kind::Index(Box::new(of), Box::new(index)))
    }

    /// A member after its point, and its call where arguments follow.
    fn member(&mut self, of: Ast) -> Result<Ast, Fault> {
        let offset = self.offset();
        let name = self.name("a member's name")?;
        let member = Ast::new(offset, Kind::Member(Box::new(of), name))?;
        self.call(member)
    }

    fn call(&mut self, callee: Ast) -> Result<Ast, Fault> {
        let begin = self.mark();
        let mut generics = Vec::new();
        if self.is_sign("<") {
            match self.type_parts() {
                Ok(parts) if self.is_sign("(") => generics = parts,
                _ => self.rewind(begin),
            }
        }
        if !self.take("(") {
            return Ok(callee);
        }
        let arguments = self.arguments(")")?;
        Ast::new(callee.offset, Kind::Call { callee: Box::new(callee), generics, arguments })
    }

    pub(super) fn arguments(&mut self, close: &str) -> Result<Vec<Ast>, Fault> {
        let mut arguments = Vec::new();
        if self.take(close) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.argument()?);
            if !self.take(",") {
                self.expect(close)?;
                return Ok(arguments);
            }
        }
    }

    fn argument(&mut self) -> Result<Ast, Fault> {
        let offset = self.offset();
        if let (Token::Name(name), Token::Sign(":")) = (self.peek(), self.peek_at(1)) {
            let name = Arc::clone(name);
            self.advance();
            self.advance();
            let value = self.argument()?;
            return Ast::new(offset, Kind::Named(name, Box::new(value)));
        }
        if self.is_word("ref") {
            return Err(Fault::at(offset, "`ref` is not emulated"));
        }
        if self.take_word("out") { self.out(offset) } else { self.expression() }
    }

    /// After `out`: `var name`, `Type name`, `name` or `_`.
    fn out(&mut self, offset: usize) -> Result<Ast, Fault> {
        let begin = self.mark();
        let declared = self.type_name()?;
        if let Token::Name(_) = self.peek() {
            let name = Some(self.name("a variable")?).filter(|n| &**n != "_");
            return Ast::new(offset, Kind::Out(name, Some(declared)));
        }
        self.rewind(begin);
        let name = Some(self.name("a variable")?).filter(|n| &**n != "_");
        Ast::new(offset, Kind::Out(name, None))
    }

    fn primary(&mut self) -> Result<Ast, Fault> {
        let offset = self.offset();
        let kind = match self.peek().clone() {
            Token::Int(n) => Kind::Int(n),
            Token::Long(n) => Kind::Long(n),
            Token::Double(n) => Kind::Double(n),
            Token::Decimal(n) => Kind::Decimal(n),
            Token::Char(c) => Kind::Char(c),
            Token::Text(text) => Kind::Text(text),
            Token::Interpolated(parts) => Kind::Interpolated(self.pieces(&parts)?),
            Token::Sign("(") => return self.parenthesised(),
            Token::Name(name) => match &*name {
                "null" => Kind::Null,
                "true" => Kind::Bool(true),
                "false" => Kind::Bool(false),
                "new" => return self.new_expression(offset),
                "default" => return self.default_value(offset),
                // Arithmetic wraps anyway.
                "unchecked" if *self.peek_at(1) == Token::Sign("(") => {
                    self.advance();
                    return self.parenthesised();
                }
                "from" if matches!(self.peek_at(1), Token::Name(_)) => {
                    return Err(Fault::at(offset, "queries (`from … in …`) are not emulated")
                        .hint("write the query with methods: `.Where(x => …).Select(x => …)`"));
                }
                word => {
                    if let Some((_, why)) = UNEMULATED.iter().find(|(w, _)| *w == word) {
                        return Err(Fault::at(offset, *why));
                    }
                    self.advance();
                    let name = Ast::new(offset, Kind::Name(name))?;
                    return self.call(name);
                }
            },
            _ => return Err(self.unexpected("a value")),
        };
        self.advance();
        Ast::new(offset, kind)
    }

    fn parenthesised(&mut self) -> Result<Ast, Fault> {
        self.advance();
        let inner = self.expression()?;
        if self.is_sign(",") {
            return Err(Fault::at(self.offset(), "tuples are not emulated"));
        }
        self.expect(")")?;
        Ok(inner)
    }

    fn default_value(&mut self, offset: usize) -> Result<Ast, Fault> {
        self.advance();
        if !self.take("(") {
            return Ast::new(offset, Kind::Default(None));
        }
        let of = self.type_name()?;
        self.expect(")")?;
        Ast::new(offset, Kind::Default(Some(of)))
    }

    fn pieces(&mut self, parts: &[Part]) -> Result<Vec<Piece>, Fault> {
        self.deeper()?;
        let mut pieces = Vec::new();
        for part in parts {
            match part {
                Part::Text(text) if text.is_empty() => {}
                Part::Text(text) => pieces.push(Piece::Text(text.as_str().into())),
                Part::Hole { text, offset, width, format } => {
                    let mut parser = self.inner(text, *offset)?;
                    let ast = parser.expression()?;
                    parser.end()?;
                    pieces.push(Piece::Hole(ast, *width, format.clone()));
                }
            }
        }
        self.shallower();
        Ok(pieces)
    }
}
