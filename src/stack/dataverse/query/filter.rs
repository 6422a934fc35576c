//! `$filter`: comparisons of a column with a literal, `and`, `or`, `not` and
//! parentheses. Texts compare without regard to case (reference A6). Functions
//! and lambdas are not there and are told so.

use std::cmp::Ordering;

use super::super::error::Refusal;
use super::super::operate::read_literal;
use super::super::schema::{Cell, Table};
use super::super::store::Row;

/// A condition on rows.
#[derive(Clone, Debug, PartialEq)]
pub(in crate::stack::dataverse) enum Filter {
    /// A column, an operator, a value.
    Compare(Operand, Comparison, Cell),
    /// Both.
    And(Box<Filter>, Box<Filter>),
    /// Either.
    Or(Box<Filter>, Box<Filter>),
    /// Not.
    Not(Box<Filter>),
}

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse) enum Operand {
    /// The primary id.
    Id,
    /// A column by its position.
    Column(usize),
}

/// How it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::dataverse) enum Comparison {
    /// `eq`.
    Eq,
    /// `ne`.
    Ne,
    /// `gt`.
    Gt,
    /// `ge`.
    Ge,
    /// `lt`.
    Lt,
    /// `le`.
    Le,
}

impl Filter {
    /// Reads the text of a `$filter`.
    pub(in crate::stack::dataverse) fn parse(table: &Table, text: &str) -> Result<Self, Refusal> {
        let tokens = tokens(text)?;
        let mut parser = Parser { table, tokens: &tokens, at: 0, depth: 0 };
        let filter = parser.any()?;
        if parser.at < tokens.len() {
            return Err(syntax(&tokens[parser.at]));
        }
        Ok(filter)
    }

    /// Whether a row meets it.
    pub(in crate::stack::dataverse) fn admits(&self, row: &Row) -> bool {
        match self {
            Self::And(a, b) => a.admits(row) && b.admits(row),
            Self::Or(a, b) => a.admits(row) || b.admits(row),
            Self::Not(a) => !a.admits(row),
            Self::Compare(operand, comparison, value) => {
                let order = match operand {
                    Operand::Id => order(&Cell::Id(row.id), value),
                    Operand::Column(position) => order(&row.cells[*position], value),
                };
                match comparison {
                    Comparison::Eq => order == Some(Ordering::Equal),
                    Comparison::Ne => order != Some(Ordering::Equal),
                    Comparison::Gt => order == Some(Ordering::Greater),
                    Comparison::Ge => matches!(order, Some(Ordering::Greater | Ordering::Equal)),
                    Comparison::Lt => order == Some(Ordering::Less),
                    Comparison::Le => matches!(order, Some(Ordering::Less | Ordering::Equal)),
                }
            }
        }
    }
}

/// `None` where they can't be compared, as with nothing on one side.
fn order(a: &Cell, b: &Cell) -> Option<Ordering> {
    match (a, b) {
        (Cell::Null, Cell::Null) => Some(Ordering::Equal),
        (Cell::Bool(a), Cell::Bool(b)) => Some(a.cmp(b)),
        (Cell::Number(a), Cell::Number(b)) => a.as_f64()?.partial_cmp(&b.as_f64()?),
        (Cell::Id(a) | Cell::Row(_, a), Cell::Id(b) | Cell::Row(_, b)) => Some(a.cmp(b)),
        (Cell::Text(a), Cell::Text(b)) => Some(a.to_lowercase().cmp(&b.to_lowercase())),
        _ => None,
    }
}

fn syntax(near: &str) -> Refusal {
    Refusal::bad_query(format!("Syntax error in $filter near '{near}'."))
}

fn tokens(text: &str) -> Result<Vec<String>, Refusal> {
    let mut tokens = Vec::new();
    let mut rest = text.trim_start();
    while let Some(first) = rest.chars().next() {
        let end = match first {
            '(' | ')' => 1,
            '\'' => quoted_end(rest).ok_or_else(|| syntax(rest))?,
            _ => rest.find(|c: char| c.is_whitespace() || matches!(c, '(' | ')')).unwrap_or(rest.len()),
        };
        if first != '(' && first != ')' && rest[end..].starts_with('(') && !matches!(&rest[..end], "and" | "or" | "not")
        {
            return Err(Refusal::not_there(&format!("The function '{}' in $filter", &rest[..end])));
        }
        tokens.push(rest[..end].to_owned());
        rest = rest[end..].trim_start();
    }
    Ok(tokens)
}

/// Where a quoted text ends, `''` passed over.
fn quoted_end(text: &str) -> Option<usize> {
    let mut at = 1;
    loop {
        at += text[at..].find('\'')? + 1;
        if !text[at..].starts_with('\'') {
            return Some(at);
        }
        at += 1;
    }
}

/// How deep parentheses and `not` may nest.
const DEEPEST: usize = 50;

struct Parser<'a> {
    table: &'a Table,
    tokens: &'a [String],
    at: usize,
    depth: usize,
}

impl Parser<'_> {
    fn take(&mut self) -> Result<&str, Refusal> {
        self.at += 1;
        self.tokens.get(self.at - 1).map(String::as_str).ok_or_else(|| syntax("the end"))
    }

    fn skip(&mut self, word: &str) -> bool {
        let found = self.tokens.get(self.at).is_some_and(|t| t == word);
        self.at += usize::from(found);
        found
    }

    fn any(&mut self) -> Result<Filter, Refusal> {
        let mut filter = self.all()?;
        while self.skip("or") {
            filter = Filter::Or(Box::new(filter), Box::new(self.all()?));
        }
        Ok(filter)
    }

    fn all(&mut self) -> Result<Filter, Refusal> {
        let mut filter = self.one()?;
        while self.skip("and") {
            filter = Filter::And(Box::new(filter), Box::new(self.one()?));
        }
        Ok(filter)
    }

    fn one(&mut self) -> Result<Filter, Refusal> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Refusal::bad_query("The $filter nests too deep."));
        }
        let filter = if self.skip("not") {
            Filter::Not(Box::new(self.one()?))
        } else if self.skip("(") {
            let inner = self.any()?;
            if !self.skip(")") {
                return Err(syntax("the end"));
            }
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(filter)
    }

    fn comparison(&mut self) -> Result<Filter, Refusal> {
        let table = self.table;
        let name = self.take()?.to_owned();
        let comparison = match self.take()? {
            "eq" => Comparison::Eq,
            "ne" => Comparison::Ne,
            "gt" => Comparison::Gt,
            "ge" => Comparison::Ge,
            "lt" => Comparison::Lt,
            "le" => Comparison::Le,
            other => return Err(syntax(other)),
        };
        let literal = self.take()?;
        if name == *table.primary_id {
            let id = uuid::Uuid::parse_str(literal.trim_matches('\'')).map_err(|_| syntax(literal))?;
            return Ok(Filter::Compare(Operand::Id, comparison, Cell::Id(id)));
        }
        let position = table.column(&name).ok_or_else(|| Refusal::no_property(&name, &table.logical))?;
        let value = read_literal(table, &table.columns[position], literal)?;
        Ok(Filter::Compare(Operand::Column(position), comparison, value))
    }
}
