//! Tokens as statements: what stands in `@{ … }`.

use super::ast::{Kind, Statement};
use super::lex::{Fault, Token};
use super::parse::Parser;

/// Statements of C# that are known and not emulated.
const UNEMULATED: [&str; 10] = ["while", "do", "switch", "try", "throw", "using", "goto", "lock", "break", "continue"];

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
        if self.take(";") {
            return Ok(());
        }
        if self.is_sign("{") {
            out.append(&mut self.block()?);
            return Ok(());
        }
        let offset = self.offset();
        let word = match self.peek() {
            Token::Name(name) => name.clone(),
            _ => "".into(),
        };
        if UNEMULATED.contains(&&*word) || (&*word == "for") {
            return Err(Fault::at(offset, format!("`{word}` is not emulated"))
                .expected("`var`, an assignment, `if`, `foreach` or `return`"));
        }
        let statement = match &*word {
            "if" => self.if_statement()?,
            "foreach" => self.foreach()?,
            "return" => {
                self.advance();
                let value = self.expression()?;
                self.expect(";")?;
                Statement::Return(value)
            }
            _ => self.declaration_or_expression()?,
        };
        out.push(statement);
        Ok(())
    }

    /// A block, or a single statement.
    fn block(&mut self) -> Result<Vec<Statement>, Fault> {
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

    fn if_statement(&mut self) -> Result<Statement, Fault> {
        self.advance();
        self.expect("(")?;
        let condition = self.expression()?;
        self.expect(")")?;
        let yes = self.block()?;
        let no = if self.take_word("else") { self.block()? } else { Vec::new() };
        Ok(Statement::If(condition, yes, no))
    }

    fn foreach(&mut self) -> Result<Statement, Fault> {
        self.advance();
        self.expect("(")?;
        self.type_name()?;
        let name = self.name("a variable")?;
        if !self.take_word("in") {
            return Err(self.unexpected("`in`"));
        }
        let of = self.expression()?;
        self.expect(")")?;
        Ok(Statement::Foreach { name, of, body: self.block()? })
    }

    fn declaration_or_expression(&mut self) -> Result<Statement, Fault> {
        let begin = self.position();
        if let Ok(declared) = self.type_name()
            && matches!(self.peek(), Token::Name(_))
        {
            let offset = self.offset();
            let name = self.name("a variable")?;
            self.expect("=")?;
            let value = self.expression()?;
            self.expect(";")?;
            let declared = Some(declared).filter(|t| &*t.name != "var");
            return Ok(Statement::Declare { declared, name, offset, value });
        }
        self.rewind(begin);
        let target = self.expression()?;
        let statement = if self.take("=") {
            let Kind::Name(name) = target.kind else {
                return Err(Fault::at(target.offset, "only variables can be assigned to")
                    .hint("build the object with `new JObject(new JProperty(…))`"));
            };
            Statement::Assign { name, offset: target.offset, value: self.expression()? }
        } else {
            Statement::Do(target)
        };
        self.expect(";")?;
        Ok(statement)
    }
}
