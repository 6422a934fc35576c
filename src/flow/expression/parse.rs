//! From text to templates and expressions.

use serde_json::{Number, Value};

/// How deep an expression may nest, and how high its tree may be, so that
/// hostile input can't exhaust the stack.
const MAX_DEPTH: usize = 64;

/// A text of a definition.
#[derive(Clone, Debug, PartialEq)]
pub enum Template {
    /// Text that means itself.
    Literal(String),
    /// `@expression`: the value keeps its type.
    Expression(Expression),
    /// Text with `@{expression}` in it.
    Text(Vec<Part>),
}

/// A piece of a text with expressions in it.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// Text that means itself.
    Literal(String),
    /// `@{expression}`.
    Expression(Expression),
}

/// An expression and where it begins: bytes from the beginning of the text.
#[derive(Clone, Debug, PartialEq)]
pub struct Expression {
    /// Where it begins.
    pub at: usize,
    /// What it is.
    pub operand: Operand,
}

/// What an expression is.
#[derive(Clone, Debug, PartialEq)]
pub enum Operand {
    /// A text, a number, `true`, `false` or `null`.
    Literal(Value),
    /// A function's name, in lower case, and what it is given.
    Call(String, Vec<Expression>),
    /// A member of a value; with `?`, of nothing it is nothing.
    Member {
        /// The value.
        of: Box<Expression>,
        /// Its name or index.
        key: Box<Expression>,
        /// Whether `?` stands before it.
        safe: bool,
    },
}

/// A text that is no template.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}, at character {} of the text", .at + 1)]
pub struct SyntaxFault {
    /// Where: characters before it in the text.
    pub at: usize,
    /// What is wrong.
    pub what: String,
}

impl Template {
    /// Reads a text of a definition.
    ///
    /// # Errors
    /// What begins like an expression and is none.
    pub fn parse(text: &str) -> Result<Self, SyntaxFault> {
        if let Some(rest) = text.strip_prefix("@@") {
            return Ok(Self::Literal(format!("@{rest}")));
        }
        if text.starts_with('@') && !text.starts_with("@{") {
            let mut parser = Parser { text, at: 1, depth: 0, height: 0 };
            let expression = parser.expression()?;
            parser.space();
            if parser.at < text.len() {
                return Err(parser.fault("something stands behind the expression"));
            }
            return Ok(Self::Expression(expression));
        }
        interpolated(text)
    }

    /// All expressions in it.
    pub fn expressions(&self) -> Vec<&Expression> {
        match self {
            Self::Literal(_) => Vec::new(),
            Self::Expression(expression) => vec![expression],
            Self::Text(parts) => parts
                .iter()
                .filter_map(|part| match part {
                    Part::Expression(expression) => Some(expression),
                    Part::Literal(_) => None,
                })
                .collect(),
        }
    }
}

impl Expression {
    /// The functions that are called in it, by their names in lower case, with
    /// the text that is their first argument where it is one.
    pub fn calls(&self) -> Vec<(&str, Option<&str>)> {
        match &self.operand {
            Operand::Literal(_) => Vec::new(),
            Operand::Call(name, given) => {
                let first = given.first().and_then(|first| match &first.operand {
                    Operand::Literal(value) => value.as_str(),
                    _ => None,
                });
                std::iter::once((name.as_str(), first)).chain(given.iter().flat_map(Self::calls)).collect()
            }
            Operand::Member { of, key, .. } => of.calls().into_iter().chain(key.calls()).collect(),
        }
    }
}

fn interpolated(text: &str) -> Result<Template, SyntaxFault> {
    let (mut parts, mut literal, mut at) = (Vec::new(), String::new(), 0);
    while let Some(found) = text[at..].find("@{").map(|found| at + found) {
        if text[at..found].ends_with('@') {
            literal.push_str(&text[at..found - 1]);
            literal.push_str("@{");
            at = found + 2;
            continue;
        }
        literal.push_str(&text[at..found]);
        if !literal.is_empty() {
            parts.push(Part::Literal(std::mem::take(&mut literal)));
        }
        let mut parser = Parser { text, at: found + 2, depth: 0, height: 0 };
        parts.push(Part::Expression(parser.expression()?));
        parser.space();
        if !parser.takes('}') {
            return Err(parser.fault("`}` is missing behind the expression"));
        }
        at = parser.at;
    }
    literal.push_str(&text[at..]);
    if parts.is_empty() {
        return Ok(Template::Literal(literal));
    }
    if !literal.is_empty() {
        parts.push(Part::Literal(literal));
    }
    Ok(Template::Text(parts))
}

struct Parser<'t> {
    text: &'t str,
    at: usize,
    depth: usize,
    /// Of the expression that was read last.
    height: usize,
}

impl Parser<'_> {
    fn rest(&self) -> &str {
        &self.text[self.at..]
    }

    fn fault(&self, what: impl Into<String>) -> SyntaxFault {
        SyntaxFault { at: self.text[..self.at].chars().count(), what: what.into() }
    }

    fn space(&mut self) {
        self.at += self.rest().len() - self.rest().trim_start().len();
    }

    fn takes(&mut self, c: char) -> bool {
        let takes = self.rest().starts_with(c);
        if takes {
            self.at += c.len_utf8();
        }
        takes
    }

    fn expression(&mut self) -> Result<Expression, SyntaxFault> {
        self.depth += 1;
        let too_deep = format!("nested deeper than {MAX_DEPTH} levels");
        if self.depth > MAX_DEPTH {
            return Err(self.fault(too_deep));
        }
        self.space();
        let mut expression = self.operand()?;
        loop {
            if self.height > MAX_DEPTH {
                return Err(self.fault(too_deep));
            }
            match self.member(expression)? {
                (longer, true) => expression = longer,
                (whole, false) => {
                    self.depth -= 1;
                    return Ok(whole);
                }
            }
        }
    }

    fn operand(&mut self) -> Result<Expression, SyntaxFault> {
        let at = self.at;
        self.height = 1;
        let operand = match self.rest().chars().next() {
            Some('\'') => Operand::Literal(Value::String(self.quoted()?)),
            Some(c) if c.is_ascii_digit() || c == '-' => Operand::Literal(Value::Number(self.number()?)),
            Some(c) if is_name(c) => self.call()?,
            Some(c) => return Err(self.fault(format!("`{c}` begins no expression"))),
            None => return Err(self.fault("the expression is missing")),
        };
        Ok(Expression { at, operand })
    }

    /// A text in single quotes, in which two stand for one.
    fn quoted(&mut self) -> Result<String, SyntaxFault> {
        let begin = self.at;
        let mut text = String::new();
        loop {
            self.at += 1;
            let Some(end) = self.rest().find('\'') else {
                self.at = begin;
                return Err(self.fault("the text has no end: `'` is missing"));
            };
            text.push_str(&self.rest()[..end]);
            self.at += end + 1;
            if !self.rest().starts_with('\'') {
                return Ok(text);
            }
            text.push('\'');
        }
    }

    fn number(&mut self) -> Result<Number, SyntaxFault> {
        let end = self.rest().find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c))).unwrap_or(self.rest().len());
        let digits = &self.rest()[..end];
        let whole = digits.parse::<i64>().ok().map(Number::from);
        let number = whole.or_else(|| digits.parse::<f64>().ok().and_then(Number::from_f64));
        let number = number.ok_or_else(|| self.fault(format!("`{digits}` is no number")))?;
        self.at += end;
        Ok(number)
    }

    fn call(&mut self) -> Result<Operand, SyntaxFault> {
        let end = self.rest().find(|c: char| !is_name(c)).unwrap_or(self.rest().len());
        let name = self.rest()[..end].to_ascii_lowercase();
        self.at += end;
        self.space();
        if !self.takes('(') {
            return match name.as_str() {
                "true" => Ok(Operand::Literal(Value::Bool(true))),
                "false" => Ok(Operand::Literal(Value::Bool(false))),
                "null" => Ok(Operand::Literal(Value::Null)),
                _ => Err(self.fault(format!("`(` is missing behind `{name}`"))),
            };
        }
        let (mut given, mut height) = (Vec::new(), 0);
        self.space();
        while !self.takes(')') {
            given.push(self.expression()?);
            height = height.max(self.height);
            self.space();
            if !self.takes(',') && !self.rest().starts_with(')') {
                return Err(self.fault(format!("`,` or `)` is missing in `{name}(…)`")));
            }
        }
        self.height = height + 1;
        Ok(Operand::Call(name, given))
    }

    /// The expression with the member behind it, and whether there is one.
    fn member(&mut self, of: Expression) -> Result<(Expression, bool), SyntaxFault> {
        let (before, height) = (self.at, self.height);
        self.space();
        let safe = self.takes('?');
        let at = self.at;
        let key = if self.takes('[') {
            let key = self.expression()?;
            self.space();
            if !self.takes(']') {
                return Err(self.fault("`]` is missing"));
            }
            key
        } else if self.takes('.') {
            let end = self.rest().find(|c: char| !is_name(c)).unwrap_or(self.rest().len());
            if end == 0 {
                return Err(self.fault("a name is missing behind `.`"));
            }
            let name = Value::String(self.rest()[..end].to_owned());
            self.at += end;
            self.height = 1;
            Expression { at, operand: Operand::Literal(name) }
        } else if safe {
            return Err(self.fault("`[` or `.` is missing behind `?`"));
        } else {
            self.at = before;
            return Ok((of, false));
        };
        self.height = height.max(self.height) + 1;
        let operand = Operand::Member { of: Box::new(of), key: Box::new(key), safe };
        Ok((Expression { at, operand }, true))
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || c == '_' || c == '$'
}
