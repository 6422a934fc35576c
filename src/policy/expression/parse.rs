//! Tokens, read from the left.

use std::sync::Arc;

use super::lex::{Fault, Lexed, Token, lex};

/// Reads tokens from the left.
pub(super) struct Parser {
    tokens: Vec<Lexed>,
    at: usize,
    depth: u32,
}

/// Deeper nesting is refused, so that no document exhausts the stack.
const MAX_DEPTH: u32 = 64;

impl Parser {
    pub(super) fn new(text: &str, base: usize) -> Result<Self, Fault> {
        Ok(Self { tokens: lex(text, base)?, at: 0, depth: 0 })
    }

    /// The same for a text inside of this one, as deep as this one stands.
    pub(super) fn inner(&self, text: &str, base: usize) -> Result<Self, Fault> {
        Ok(Self { tokens: lex(text, base)?, at: 0, depth: self.depth })
    }

    pub(super) fn peek(&self) -> &Token {
        self.peek_at(0)
    }

    /// The token `ahead` places on; the end where there is none.
    pub(super) fn peek_at(&self, ahead: usize) -> &Token {
        &self.tokens[(self.at + ahead).min(self.tokens.len() - 1)].token
    }

    /// Where the next but one token begins.
    pub(super) fn offset_after(&self) -> usize {
        self.tokens[(self.at + 1).min(self.tokens.len() - 1)].offset
    }

    pub(super) fn offset(&self) -> usize {
        self.tokens[self.at].offset
    }

    pub(super) fn advance(&mut self) {
        self.at = (self.at + 1).min(self.tokens.len() - 1);
    }

    pub(super) fn is_sign(&self, sign: &str) -> bool {
        self.is_sign_at(0, sign)
    }

    pub(super) fn is_sign_at(&self, ahead: usize, sign: &str) -> bool {
        matches!(self.peek_at(ahead), Token::Sign(s) if *s == sign)
    }

    pub(super) fn is_word(&self, word: &str) -> bool {
        matches!(self.peek(), Token::Name(name) if &**name == word)
    }

    pub(super) fn take(&mut self, sign: &str) -> bool {
        let found = self.is_sign(sign);
        if found {
            self.advance();
        }
        found
    }

    pub(super) fn take_word(&mut self, word: &str) -> bool {
        let found = self.is_word(word);
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
            Token::Sign(sign) => format!("`{sign}` is not expected here"),
            _ => "a literal is not expected here".to_owned(),
        };
        Fault::at(self.offset(), found).expected(expected)
    }

    pub(super) fn end(&self) -> Result<(), Fault> {
        if *self.peek() == Token::End { Ok(()) } else { Err(self.unexpected("an operator, or the end")) }
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

    /// Where the parser stands, to go back to.
    pub(super) fn mark(&self) -> (usize, u32) {
        (self.at, self.depth)
    }

    pub(super) fn rewind(&mut self, mark: (usize, u32)) {
        (self.at, self.depth) = mark;
    }
}
