//! Tokens as statements: what stands in `@{ … }`.

use std::sync::Arc;

use super::ast::{Ast, Catch, Function, Kind, New, Statement, TypeName};
use super::lex::{Fault, Token};
use super::parse::Parser;

/// Statements of C# that are known and not emulated.
const UNEMULATED: [&str; 7] = ["goto", "lock", "yield", "fixed", "unsafe", "dynamic", "await"];

impl Parser {
    /// Statements up to the end of the text.
    pub(super) fn statements(&mut self) -> Result<Vec<Statement>, Fault> {
        let mut statements = Vec::new();
        while *self.peek() != Token::End {
            self.statement(&mut statements)?;
        }
        Ok(statements)
    }

    fn statement(&mut self, out: &mut Vec<Statement>) -> Result<(), Fault> {
        self.deeper()?;
        let offset = self.offset();
        let word = match self.peek() {
            Token::Name(name) => name.clone(),
            _ => "".into(),
        };
        if UNEMULATED.contains(&&*word) && matches!(self.peek_at(1), Token::Name(_) | Token::Sign("(")) {
            return Err(Fault::at(offset, format!("`{word}` is not emulated")));
        }
        match &*word {
            "" if self.take(";") => {}
            "" if self.is_sign("{") => {
                let body = self.block()?;
                out.push(Statement::Block(body));
            }
            "if" => out.push(self.if_statement()?),
            "foreach" => out.push(self.foreach()?),
            "for" => out.push(self.for_loop()?),
            "while" => out.push(self.while_loop()?),
            "do" => out.push(self.do_loop()?),
            "switch" => out.push(self.switch()?),
            "try" => out.push(self.try_statement()?),
            "using" => out.push(self.using()?),
            "unchecked" if *self.peek_at(1) == Token::Sign("{") => {
                self.advance();
                out.push(Statement::Block(self.block()?));
            }
            "return" | "throw" => {
                self.advance();
                let value = if self.is_sign(";") { None } else { Some(self.expression()?) };
                self.expect(";")?;
                let is_return = &*word == "return";
                out.push(if is_return { Statement::Return(offset, value) } else { Statement::Throw(value) });
            }
            "break" | "continue" => {
                self.advance();
                self.expect(";")?;
                out.push(if &*word == "break" { Statement::Break(offset) } else { Statement::Continue(offset) });
            }
            _ => {
                if let Some(function) = self.local_function()? {
                    out.push(function);
                } else {
                    self.declaration_or_expression(out)?;
                    self.expect(";")?;
                }
            }
        }
        self.shallower();
        Ok(())
    }

    /// A block, or a single statement.
    pub(super) fn block(&mut self) -> Result<Vec<Statement>, Fault> {
        let mut body = Vec::new();
        if !self.take("{") {
            self.statement(&mut body)?;
            return Ok(body);
        }
        while !self.take("}") {
            if *self.peek() == Token::End {
                return Err(self.unexpected("`}`"));
            }
            self.statement(&mut body)?;
        }
        Ok(body)
    }

    fn condition(&mut self) -> Result<Ast, Fault> {
        self.advance();
        self.expect("(")?;
        let condition = self.expression()?;
        self.expect(")")?;
        Ok(condition)
    }

    /// `if`, and every `else if` after it.
    fn if_statement(&mut self) -> Result<Statement, Fault> {
        let mut branches = Vec::new();
        loop {
            let condition = self.condition()?;
            branches.push((condition, self.block()?));
            if !self.take_word("else") {
                return Ok(Statement::If(branches, Vec::new()));
            }
            if !self.is_word("if") {
                return Ok(Statement::If(branches, self.block()?));
            }
        }
    }

    fn foreach(&mut self) -> Result<Statement, Fault> {
        self.advance();
        self.expect("(")?;
        let declared = Some(self.type_name()?).filter(|t| &*t.name != "var");
        let offset = self.offset();
        let name = self.name("a variable")?;
        if !self.take_word("in") {
            return Err(self.unexpected("`in`"));
        }
        let of = self.expression()?;
        self.expect(")")?;
        Ok(Statement::Foreach { declared, name, offset, of, body: self.block()? })
    }

    fn for_loop(&mut self) -> Result<Statement, Fault> {
        self.advance();
        self.expect("(")?;
        let mut begin = Vec::new();
        if !self.is_sign(";") {
            self.declaration_or_expression(&mut begin)?;
        }
        self.expect(";")?;
        let condition = if self.is_sign(";") { None } else { Some(self.expression()?) };
        self.expect(";")?;
        let next = self.arguments(")")?;
        Ok(Statement::Loop { begin, condition, body_first: false, next, body: self.block()? })
    }

    fn while_loop(&mut self) -> Result<Statement, Fault> {
        let condition = Some(self.condition()?);
        let body = self.block()?;
        Ok(Statement::Loop { begin: Vec::new(), condition, body_first: false, next: Vec::new(), body })
    }

    fn do_loop(&mut self) -> Result<Statement, Fault> {
        self.advance();
        let body = self.block()?;
        if !self.is_word("while") {
            return Err(self.unexpected("`while`"));
        }
        let condition = Some(self.condition()?);
        self.expect(";")?;
        Ok(Statement::Loop { begin: Vec::new(), condition, body_first: true, next: Vec::new(), body })
    }

    fn switch(&mut self) -> Result<Statement, Fault> {
        let value = self.condition()?;
        self.expect("{")?;
        let mut sections = Vec::new();
        while !self.take("}") {
            let mut labels = Vec::new();
            loop {
                if self.is_word("default") && self.is_sign_at(1, ":") {
                    self.advance();
                    labels.push(None);
                } else if self.take_word("case") {
                    labels.push(Some(self.label()?));
                } else {
                    break;
                }
                self.expect(":")?;
            }
            if labels.is_empty() {
                return Err(self.unexpected("`case …:`, `default:` or `}`"));
            }
            let mut body = Vec::new();
            while !(self.is_sign("}") || self.is_word("case") || (self.is_word("default") && self.is_sign_at(1, ":"))) {
                if *self.peek() == Token::End {
                    return Err(self.unexpected("`}`"));
                }
                self.statement(&mut body)?;
            }
            sections.push((labels, body));
        }
        Ok(Statement::Switch(value, sections))
    }

    /// A constant after `case`; patterns are not emulated there.
    fn label(&mut self) -> Result<Ast, Fault> {
        let label = self.unary()?;
        if let Token::Name(_) = self.peek() {
            return Err(Fault::at(label.offset, "patterns in `case` are not emulated").expected("a constant"));
        }
        Ok(label)
    }

    fn try_statement(&mut self) -> Result<Statement, Fault> {
        self.advance();
        let body = self.braced()?;
        let mut catches = Vec::new();
        while self.take_word("catch") {
            let (mut of, mut name) = (None, None);
            if self.take("(") {
                of = Some(self.type_name()?);
                if !self.is_sign(")") {
                    name = Some(self.name("a variable")?);
                }
                self.expect(")")?;
            }
            let when = if self.is_word("when") { Some(self.condition()?) } else { None };
            catches.push(Catch { of, name, when, body: self.braced()? });
        }
        let last = if self.take_word("finally") { self.braced()? } else { Vec::new() };
        if catches.is_empty() && last.is_empty() {
            return Err(self.unexpected("`catch` or `finally`"));
        }
        Ok(Statement::Try { body, catches, last })
    }

    /// `using (…) …`: what is disposed of at its end holds nothing here that
    /// could outlive it.
    fn using(&mut self) -> Result<Statement, Fault> {
        let offset = self.offset();
        self.advance();
        if !self.is_sign("(") {
            return Err(Fault::at(offset, "`using` stands without parentheses")
                .expected("`using (var name = …) { … }`")
                .hint("the form without a block came after C# 7"));
        }
        self.expect("(")?;
        let mut body = Vec::new();
        let begin = self.mark();
        if self.type_name().is_ok() && matches!(self.peek(), Token::Name(_)) {
            self.rewind(begin);
            self.declaration_or_expression(&mut body)?;
        } else {
            self.rewind(begin);
            let value = self.expression()?;
            body.push(Statement::Declare { declared: None, name: "".into(), offset, value: Some(value) });
        }
        self.expect(")")?;
        body.push(Statement::Block(self.block()?));
        Ok(Statement::Block(body))
    }

    fn braced(&mut self) -> Result<Vec<Statement>, Fault> {
        if self.is_sign("{") { self.block() } else { Err(self.unexpected("`{`")) }
    }

    /// `Type Name(Type name, …) { … }`, or with `=> …;`; `None` where
    /// something else stands here.
    fn local_function(&mut self) -> Result<Option<Statement>, Fault> {
        let begin = self.mark();
        let is_function = !self.is_word("new") && self.type_name().is_ok() && self.is_sign_at(1, "(");
        if !is_function || !matches!(self.peek(), Token::Name(_)) {
            self.rewind(begin);
            return Ok(None);
        }
        self.rewind(begin);
        let (offset, gives) = (self.offset(), self.type_name()?);
        let name = self.name("a function")?;
        self.expect("(")?;
        let mut parameters = Vec::new();
        while !self.take(")") {
            if ["out", "ref", "in", "params"].iter().any(|word| self.is_word(word)) {
                return Err(
                    Fault::at(self.offset(), "parameters of local functions are plain here").expected("`Type name`")
                );
            }
            parameters.push((self.type_name()?, self.name("a parameter")?));
            if !self.take(",") && !self.is_sign(")") {
                return Err(self.unexpected("`,` or `)`"));
            }
        }
        let body = if self.take("=>") {
            let value = self.expression()?;
            self.expect(";")?;
            let is_void = &*gives.name == "void";
            vec![if is_void { Statement::Do(value) } else { Statement::Return(offset, Some(value)) }]
        } else {
            self.braced()?
        };
        Ok(Some(Statement::Function(Arc::new(Function { offset, name, gives, parameters, body }))))
    }

    /// Declarations of one or several variables, or an expression; up to its
    /// `;`.
    fn declaration_or_expression(&mut self, out: &mut Vec<Statement>) -> Result<(), Fault> {
        self.take_word("const");
        let begin = self.mark();
        if let (Ok(declared), Token::Name(_)) = (self.type_name(), self.peek()) {
            let declared = Some(declared).filter(|t| &*t.name != "var" || t.ranks > 0);
            loop {
                let offset = self.offset();
                let name = self.name("a variable")?;
                let value = if self.take("=") { Some(self.initial(declared.as_ref())?) } else { None };
                out.push(Statement::Declare { declared: declared.clone(), name, offset, value });
                if !self.take(",") {
                    return Ok(());
                }
            }
        }
        self.rewind(begin);
        let expression = self.expression()?;
        let has_effect = matches!(
            expression.kind,
            Kind::Assign(..) | Kind::Step(..) | Kind::Call { .. } | Kind::NullChain(..) | Kind::New(_)
        );
        if !has_effect {
            return Err(Fault::at(expression.offset, "the expression does nothing")
                .expected("an assignment, a call, `++` or `--`"));
        }
        out.push(Statement::Do(expression));
        Ok(())
    }

    /// The value after `=`; an array may stand between braces alone.
    fn initial(&mut self, declared: Option<&TypeName>) -> Result<Ast, Fault> {
        let offset = self.offset();
        let Some(of) = declared.filter(|d| d.ranks > 0 && self.is_sign("{")) else { return self.expression() };
        let of = Some(TypeName { ranks: of.ranks - 1, ..of.clone() });
        let elements = self.elements()?;
        Ast::new(offset, Kind::New(Box::new(New::Array { of, length: None, elements })))
    }
}
