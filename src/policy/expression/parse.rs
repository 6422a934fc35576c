//! Tokens as a tree: operators by precedence.

use std::sync::Arc;

use super::ast::{Ast, Kind};
use super::compiled::BinaryOp;
use super::lex::{Fault, Lexed, Token, lex};

/// Reads tokens from the left.
pub(super) struct Parser {
    tokens: Vec<Lexed>,
    at: usize,
    depth: u32,
}

/// Deeper nesting is refused, so that no document exhausts the stack.
const MAX_DEPTH: u32 = 64;

/// Operators by rising precedence.
const LEVELS: [&[(&str, BinaryOp)]; 7] = [
    &[("??", BinaryOp::Coalesce)],
    &[("||", BinaryOp::Or)],
    &[("&&", BinaryOp::And)],
    &[("==", BinaryOp::Equal), ("!=", BinaryOp::NotEqual)],
    &[("<", BinaryOp::Less), ("<=", BinaryOp::LessOrEqual), (">", BinaryOp::Greater), (">=", BinaryOp::GreaterOrEqual)],
    &[("+", BinaryOp::Add), ("-", BinaryOp::Subtract)],
    &[("*", BinaryOp::Multiply), ("/", BinaryOp::Divide), ("%", BinaryOp::Remainder)],
];

impl Parser {
    pub(super) fn new(text: &str, base: usize) -> Result<Self, Fault> {
        Ok(Self { tokens: lex(text, base)?, at: 0, depth: 0 })
    }

    pub(super) fn peek(&self) -> &Token {
        self.peek_at(0)
    }

    /// The token `ahead` places on; the end where there is none.
    pub(super) fn peek_at(&self, ahead: usize) -> &Token {
        &self.tokens[(self.at + ahead).min(self.tokens.len() - 1)].token
    }

    pub(super) fn offset(&self) -> usize {
        self.tokens[self.at].offset
    }

    pub(super) fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        matches!(self.peek(), Token::Sign(s) if *s == sign)
    }

    pub(super) fn take(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = matches!(self.peek(), Token::Name(name) if &**name == word);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn expect(&mut self, sign: &str) -> Result<(), Fault> {
        if self.take(sign) { Ok(()) } else { Err(self.unexpected(&format!("`{sign}`"))) }
    }

    pub(super) fn name(&mut self, expected: &str) -> Result<Arc<str>, Fault> {
        match self.peek() {
            Token::Name(name) => {
                let name = Arc::clone(name);
                self.advance();
                Ok(name)
            }
            _ => Err(self.unexpected(expected)),
        }
    }

    pub(super) fn unexpected(&self, expected: &str) -> Fault {
        let found = match self.peek() {
            Token::End => "the expression ends too early".to_owned(),
            Token::Name(name) => format!("`{name}` is not expected here"),
            Token::Sign(sign @ ("=>" | "++" | "--" | "+=" | "-=")) => format!("`{sign}` is not emulated"),
            Token::Sign(sign) => format!("`{sign}` is not expected here"),
            _ => "a literal is not expected here".to_owned(),
        };
        Fault::at(self.offset(), found).expected(expected)
    }

    pub(super) fn end(&self) -> Result<(), Fault> {
        if *self.peek() == Token::End { Ok(()) } else { Err(self.unexpected("an operator, or the end")) }
    }

    pub(super) fn expression(&mut self) -> Result<Ast, Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::at(self.offset(), "the expression is nested too deeply"));
        }
        let condition = self.binary(0)?;
        let whole = if self.is_sign("?") {
            self.advance();
            let yes = self.expression()?;
            self.expect(":")?;
            let no = self.expression()?;
            let offset = condition.offset;
            Ast { offset, kind: Kind::Conditional(Box::new(condition), Box::new(yes), Box::new(no)) }
        } else {
            condition
        };
        self.depth -= 1;
        Ok(whole)
    }

    fn binary(&mut self, level: usize) -> Result<Ast, Fault> {
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1)?;
        loop {
            let offset = self.offset();
            let Token::Sign(sign) = *self.peek() else { return Ok(left) };
            let Some((_, op)) = operators.iter().find(|(s, _)| *s == sign) else { return Ok(left) };
            self.advance();
            // `??` groups to the right, everything else to the left.
            let right = self.binary(if *op == BinaryOp::Coalesce { level } else { level + 1 })?;
            left = Ast { offset, kind: Kind::Binary(*op, Box::new(left), Box::new(right)) };
        }
    }

    pub(super) fn unary(&mut self) -> Result<Ast, Fault> {
        let offset = self.offset();
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::at(offset, "the expression is nested too deeply"));
        }
        let kind = if self.take("!") {
            Some(Kind::Not(Box::new(self.unary()?)))
        } else if self.take("-") {
            Some(Kind::Negate(Box::new(self.unary()?)))
        } else {
            match self.cast_type() {
                Some(name) => Some(Kind::Cast(name, Box::new(self.unary()?))),
                None => None,
            }
        };
        let ast = match kind {
            Some(kind) => Ast { offset, kind },
            None => self.postfix()?,
        };
        self.depth -= 1;
        Ok(ast)
    }

    /// One level of nesting more.
    pub(super) fn deeper(&mut self) -> Result<(), Fault> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            return Err(Fault::at(self.offset(), "the expression is nested too deeply"));
        }
        Ok(())
    }

    pub(super) fn shallower(&mut self) {
        self.depth -= 1;
    }

    pub(super) fn rewind(&mut self, at: usize) {
        self.at = at;
    }

    pub(super) fn position(&self) -> usize {
        self.at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shape(text: &str) -> String {
        fn show(ast: &Ast) -> String {
            match &ast.kind {
                Kind::Int(n) => n.to_string(),
                Kind::Name(n) => n.to_string(),
                Kind::It => "it".into(),
                Kind::Member(of, name) => format!("{}.{name}", show(of)),
                Kind::Call { callee, arguments, .. } => {
                    format!("{}({})", show(callee), arguments.iter().map(show).collect::<Vec<_>>().join(","))
                }
                Kind::NullChain(a, b) => format!("[{} => {}]", show(a), show(b)),
                Kind::Binary(op, a, b) => format!("({} {op:?} {})", show(a), show(b)),
                Kind::Conditional(a, b, c) => format!("({} ? {} : {})", show(a), show(b), show(c)),
                Kind::Cast(name, of) => format!("<{}>{}", name.name, show(of)),
                Kind::Not(of) => format!("!{}", show(of)),
                other => format!("{other:?}"),
            }
        }
        let mut parser = Parser::new(text, 0).expect("lexes");
        let ast = parser.expression().expect("parses");
        parser.end().expect("whole");
        show(&ast)
    }

    #[test]
    fn operators_bind_as_in_c_sharp() {
        assert_eq!(shape("a || b && c == 1 + 2 * 3"), "(a Or (b And (c Equal (1 Add (2 Multiply 3)))))");
        assert_eq!(shape("a ?? b ?? c"), "(a Coalesce (b Coalesce c))");
        assert_eq!(shape("a ? b : c ? 1 : 2"), "(a ? b : (c ? 1 : 2))");
        assert_eq!(shape("a?.b.c ?? 1"), "([a => it.b.c] Coalesce 1)");
        assert_eq!(shape("(string)a.b + c"), "(<string>a.b Add c)");
        assert_eq!(shape("((Jwt)a).b(1, name: 2)"), "<Jwt>a.b(1,2)");
        assert_eq!(shape("(a) - 1"), "(a Subtract 1)");
        assert_eq!(shape("!a == b"), "(!a Equal b)");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "[a-c1\"().,?:!&|=+<>{}\\[\\] $@'-]{0,40}") {
            if let Ok(mut parser) = Parser::new(&text, 0) {
                let _ = parser.expression();
            }
        }
    }

    #[test]
    fn deep_nesting_is_a_fault_and_no_overflow() {
        let mut parser = Parser::new(&"(".repeat(10_000), 0).expect("lexes");
        assert!(parser.expression().is_err());
        let mut parser = Parser::new(&"!".repeat(10_000), 0).expect("lexes");
        assert!(parser.expression().is_err());
    }
}
