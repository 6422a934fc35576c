//! From tokens to the tree. Precedence: `not`, comparisons, `and`, `or`.

use super::super::super::error::Refusal;
use super::expression::{Argument, Comparison, Expression, Path};
use super::literal::Literal;
use super::token::{Token, tokens};

/// How deep parentheses, `not` and lambdas may nest.
const DEEPEST: usize = 50;

/// Reads the text of a `$filter`.
pub(in crate::stack::dataverse::query) fn parse(text: &str) -> Result<Expression, Refusal> {
    let mut parser = Parser { text, tokens: tokens(text)?, at: 0, depth: 0 };
    let expression = parser.any()?;
    if parser.peek() != &Token::End {
        return Err(parser.syntax());
    }
    Ok(expression)
}

struct Parser<'t> {
    text: &'t str,
    tokens: Vec<(Token<'t>, usize)>,
    at: usize,
    depth: usize,
}

impl<'t> Parser<'t> {
    fn peek(&self) -> &Token<'t> {
        &self.tokens[self.at].0
    }

    fn place(&self) -> usize {
        self.tokens[self.at].1
    }

    fn take(&mut self) -> Token<'t> {
        let token = self.tokens[self.at].0.clone();
        // `End` stays.
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        token
    }

    fn skip(&mut self, sign: char) -> bool {
        let found = *self.peek() == Token::Sign(sign);
        if found {
            self.take();
        }
        found
    }

    fn skip_word(&mut self, word: &str) -> bool {
        let found = *self.peek() == Token::Word(word);
        if found {
            self.take();
        }
        found
    }

    fn expect(&mut self, sign: char) -> Result<(), Refusal> {
        if self.skip(sign) {
            return Ok(());
        }
        Err(self.expected(match sign {
            ')' => "')' or operator",
            '(' => "'('",
            ':' => "':'",
            ']' => "']'",
            _ => "Expression",
        }))
    }

    fn expected(&self, what: &str) -> Refusal {
        Refusal::bad_query(format!("{what} expected at position {} in '{}'.", self.place(), self.text))
    }

    fn syntax(&self) -> Refusal {
        Refusal::bad_query(format!("Syntax error at position {} in '{}'.", self.place(), self.text))
    }

    fn any(&mut self) -> Result<Expression, Refusal> {
        self.chain("or", Self::all, Expression::Or)
    }

    fn all(&mut self) -> Result<Expression, Refusal> {
        self.chain("and", Self::comparison, Expression::And)
    }

    fn chain(
        &mut self,
        word: &str,
        part: fn(&mut Self) -> Result<Expression, Refusal>,
        whole: fn(Vec<Expression>) -> Expression,
    ) -> Result<Expression, Refusal> {
        let first = part(self)?;
        if *self.peek() != Token::Word(word) {
            return Ok(first);
        }
        let mut parts = vec![first];
        while self.skip_word(word) {
            parts.push(part(self)?);
        }
        Ok(whole(parts))
    }

    fn comparison(&mut self) -> Result<Expression, Refusal> {
        let left = self.unary()?;
        let Token::Word(word) = *self.peek() else { return Ok(left) };
        if word == "in" {
            self.take();
            return Ok(Expression::In(Box::new(left), Box::new(self.list()?)));
        }
        if let Some(comparison) = Comparison::ALL.into_iter().find(|c| c.word() == word) {
            self.take();
            let right = self.unary()?;
            return Ok(Expression::Compare(Box::new(left), comparison, Box::new(right)));
        }
        if let Some(kind) = unsupported(word) {
            return Err(Refusal::unsupported_query(format!("The binary operator '{kind}' is not supported.")));
        }
        Ok(left)
    }

    fn unary(&mut self) -> Result<Expression, Refusal> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Refusal::bad_query("Recursion depth exceeded allowed limit."));
        }
        let inner = if self.skip_word("not") {
            Expression::Not(Box::new(self.unary()?))
        } else if self.skip('(') {
            let inner = self.any()?;
            self.expect(')')?;
            inner
        } else {
            self.primary()?
        };
        self.depth -= 1;
        Ok(inner)
    }

    fn primary(&mut self) -> Result<Expression, Refusal> {
        match self.peek().clone() {
            Token::Literal(literal) => {
                self.take();
                Ok(Expression::Literal(literal))
            }
            Token::Alias(name) if !name.is_empty() => {
                self.take();
                Ok(Expression::Alias(name.to_owned()))
            }
            Token::Sign('[') => self.list(),
            Token::Word(word) => {
                self.take();
                if *self.peek() == Token::Sign('(') {
                    return self.call(word);
                }
                self.path(word)
            }
            _ => Err(self.expected("Expression")),
        }
    }

    fn path(&mut self, first: &str) -> Result<Expression, Refusal> {
        let mut names = vec![first.to_owned()];
        while self.skip('/') {
            let Token::Word(word) = *self.peek() else { return Err(self.syntax()) };
            self.take();
            if matches!(word, "any" | "all") && *self.peek() == Token::Sign('(') {
                return self.lambda(Path { names }, word == "all");
            }
            names.push(word.to_owned());
        }
        Ok(Expression::Path(Path { names }))
    }

    fn lambda(&mut self, path: Path, every: bool) -> Result<Expression, Refusal> {
        self.expect('(')?;
        if self.skip(')') {
            return Ok(Expression::Lambda { path, every, body: None });
        }
        let Token::Word(variable) = self.take() else { return Err(self.syntax()) };
        self.expect(':')?;
        let body = self.any()?;
        self.expect(')')?;
        Ok(Expression::Lambda { path, every, body: Some((variable.to_owned(), Box::new(body))) })
    }

    fn call(&mut self, name: &str) -> Result<Expression, Refusal> {
        self.expect('(')?;
        let mut arguments = Vec::new();
        while !self.skip(')') {
            if !arguments.is_empty() && !self.skip(',') {
                return Err(self.expected("')' or ','"));
            }
            let named = match (self.peek(), self.tokens.get(self.at + 1)) {
                (Token::Word(word), Some((Token::Sign('='), _))) => Some((*word).to_owned()),
                _ => None,
            };
            if named.is_some() {
                self.take();
                self.take();
            }
            arguments.push(Argument { name: named, value: self.any()? });
        }
        Ok(Expression::Call { name: name.to_owned(), arguments })
    }

    /// `('a','b')`, `["a","b"]`, or an alias that stands for one.
    fn list(&mut self) -> Result<Expression, Refusal> {
        if let Token::Alias(name) = *self.peek() {
            self.take();
            return Ok(Expression::Alias(name.to_owned()));
        }
        let close = if self.skip('[') {
            ']'
        } else {
            self.expect('(')?;
            ')'
        };
        let mut values: Vec<Literal> = Vec::new();
        while !self.skip(close) {
            if !values.is_empty() && !self.skip(',') {
                return Err(self.expected("')' or ','"));
            }
            match self.take() {
                Token::Literal(literal) => values.push(literal),
                _ => return Err(self.syntax()),
            }
        }
        Ok(Expression::List(values))
    }
}

/// Operators of OData that Dataverse has not (reference A6).
fn unsupported(word: &str) -> Option<&'static str> {
    Some(match word {
        "add" => "Add",
        "sub" => "Subtract",
        "mul" => "Multiply",
        "div" | "divby" => "Divide",
        "mod" => "Modulo",
        "has" => "Has",
        _ => return None,
    })
}
