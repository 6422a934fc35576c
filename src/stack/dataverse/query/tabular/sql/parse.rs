//! From words to a SELECT.

use super::super::super::super::error::Refusal;
use super::super::super::syntax::Comparison;
use super::tree::{From, Item, Name, Select, Where};
use super::word::{Word, words};

/// Words that end what stands before them, so that they are no aliases.
const KEYWORDS: [&str; 22] = [
    "from", "where", "group", "order", "by", "inner", "left", "right", "full", "cross", "join", "on", "and", "or",
    "not", "offset", "fetch", "union", "having", "as", "outer", "top",
];

/// How deep parentheses may nest.
const DEEPEST: usize = 50;

/// Reads a SELECT.
pub(super) fn parse(text: &str) -> Result<Select, Refusal> {
    let mut parser = Parser { words: words(text)?, at: 0, depth: 0 };
    let select = parser.select()?;
    parser.sign(";");
    match parser.peek() {
        Word::End => Ok(select),
        _ => Err(parser.syntax()),
    }
}

struct Parser {
    words: Vec<Word>,
    at: usize,
    depth: usize,
}

impl Parser {
    fn peek(&self) -> &Word {
        &self.words[self.at]
    }

    fn take(&mut self) -> Word {
        let word = self.words[self.at].clone();
        self.at = (self.at + 1).min(self.words.len() - 1);
        word
    }

    fn is(&self, keyword: &str) -> bool {
        matches!(self.peek(), Word::Name(name) if name.eq_ignore_ascii_case(keyword))
    }

    fn keyword(&mut self, keyword: &str) -> bool {
        let found = self.is(keyword);
        if found {
            self.take();
        }
        found
    }

    fn expect(&mut self, keyword: &str) -> Result<(), Refusal> {
        if self.keyword(keyword) { Ok(()) } else { Err(self.syntax()) }
    }

    fn sign(&mut self, sign: &str) -> bool {
        let found = matches!(self.peek(), Word::Sign(found) if *found == sign);
        if found {
            self.take();
        }
        found
    }

    fn expect_sign(&mut self, sign: &str) -> Result<(), Refusal> {
        if self.sign(sign) { Ok(()) } else { Err(self.syntax()) }
    }

    fn syntax(&self) -> Refusal {
        let near = match self.peek() {
            Word::Name(text) | Word::Quoted(text) | Word::Text(text) | Word::Number(text) => text.clone(),
            Word::Sign(sign) => (*sign).to_owned(),
            Word::End => return Refusal::bad_sql("Incorrect syntax at the end of the query."),
        };
        Refusal::bad_sql(format!("Incorrect syntax near '{near}'."))
    }

    fn select(&mut self) -> Result<Select, Refusal> {
        self.expect("select")?;
        let mut select = Select { distinct: self.keyword("distinct"), ..Select::default() };
        if self.keyword("top") {
            let bracket = self.sign("(");
            select.top = Some(self.number()?);
            if bracket {
                self.expect_sign(")")?;
            }
        }
        loop {
            let item = self.item(true)?;
            select.items.push(item);
            if !self.sign(",") {
                break;
            }
        }
        self.expect("from")?;
        select.from = self.sources()?;
        if self.keyword("where") {
            select.condition = Some(self.any()?);
        }
        if self.keyword("group") {
            self.expect("by")?;
            loop {
                let name = self.name()?;
                select.groups.push(name);
                if !self.sign(",") {
                    break;
                }
            }
        }
        self.ending(&mut select)?;
        Ok(select)
    }

    fn ending(&mut self, select: &mut Select) -> Result<(), Refusal> {
        if self.keyword("order") {
            self.expect("by")?;
            loop {
                let item = self.item(false)?;
                let descending = self.keyword("desc") || {
                    self.keyword("asc");
                    false
                };
                select.order.push((item, descending));
                if !self.sign(",") {
                    break;
                }
            }
        }
        if self.keyword("offset") {
            select.offset = self.number()?;
            if !self.keyword("rows") {
                self.expect("row")?;
            }
            if self.keyword("fetch") {
                if !self.keyword("next") {
                    self.expect("first")?;
                }
                select.fetch = Some(self.number()?);
                if !self.keyword("rows") {
                    self.expect("row")?;
                }
                self.expect("only")?;
            }
        }
        Ok(())
    }

    fn number(&mut self) -> Result<usize, Refusal> {
        match self.peek() {
            Word::Number(text) if text.parse::<usize>().is_ok() => {
                let number = text.parse().expect("it has just been tried");
                self.take();
                Ok(number)
            }
            _ => Err(self.syntax()),
        }
    }

    fn word(&mut self) -> Result<String, Refusal> {
        match self.peek().clone() {
            Word::Quoted(text) => {
                self.take();
                Ok(text)
            }
            Word::Name(text) if !KEYWORDS.contains(&text.to_ascii_lowercase().as_str()) => {
                self.take();
                Ok(text)
            }
            _ => Err(self.syntax()),
        }
    }

    fn name(&mut self) -> Result<Name, Refusal> {
        let first = self.word()?;
        if self.sign(".") {
            let mut parts = vec![first, self.word()?];
            // A schema such as `dbo.` is passed over.
            while self.sign(".") {
                parts.push(self.word()?);
            }
            let column = parts.pop().expect("there are two");
            return Ok(Name { table: parts.pop(), column });
        }
        Ok(Name { table: None, column: first })
    }

    fn item(&mut self, aliased: bool) -> Result<Item, Refusal> {
        if self.sign("*") {
            return Ok(Item::Every(None));
        }
        let call = matches!(self.words.get(self.at + 1), Some(Word::Sign("(")));
        let mut item = if call {
            let function = self.word()?.to_ascii_lowercase();
            self.expect_sign("(")?;
            let distinct = self.keyword("distinct");
            let of = if self.sign("*") { None } else { Some(self.name()?) };
            self.expect_sign(")")?;
            Item::Aggregate { function, distinct, of, alias: None }
        } else {
            let first = self.word()?;
            if self.sign(".") {
                if self.sign("*") {
                    return Ok(Item::Every(Some(first)));
                }
                Item::Column(Name { table: Some(first), column: self.word()? }, None)
            } else {
                Item::Column(Name { table: None, column: first }, None)
            }
        };
        let named = self.keyword("as");
        if aliased && (named || matches!(self.peek(), Word::Name(_) | Word::Quoted(_)) && self.word_follows()) {
            let text = self.word()?;
            match &mut item {
                Item::Column(_, alias) | Item::Aggregate { alias, .. } => *alias = Some(text),
                Item::Every(_) => {}
            }
        }
        Ok(item)
    }

    fn word_follows(&self) -> bool {
        match self.peek() {
            Word::Name(text) => {
                let lower = text.to_ascii_lowercase();
                !KEYWORDS.contains(&lower.as_str()) && lower != "asc" && lower != "desc"
            }
            Word::Quoted(_) => true,
            _ => false,
        }
    }

    fn sources(&mut self) -> Result<Vec<From>, Refusal> {
        let mut sources = vec![self.source(false)?];
        loop {
            if self.sign(",") {
                sources.push(self.source(false)?);
                continue;
            }
            let outer = if self.keyword("left") {
                self.keyword("outer");
                true
            } else {
                self.keyword("inner");
                false
            };
            if !self.keyword("join") {
                return if outer { Err(self.syntax()) } else { Ok(sources) };
            }
            let mut source = self.source(outer)?;
            self.expect("on")?;
            source.on = match self.any()? {
                Where::And(parts) => parts,
                one => vec![one],
            };
            sources.push(source);
        }
    }

    fn source(&mut self, outer: bool) -> Result<From, Refusal> {
        let table = self.name()?.column;
        let named = self.keyword("as");
        let alias = if named || self.word_follows() { self.word()? } else { table.clone() };
        Ok(From { table, alias, outer, on: Vec::new() })
    }

    fn any(&mut self) -> Result<Where, Refusal> {
        let mut parts = vec![self.all()?];
        while self.keyword("or") {
            parts.push(self.all()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Where::Or(parts) })
    }

    fn all(&mut self) -> Result<Where, Refusal> {
        let mut parts = vec![self.one()?];
        while self.keyword("and") {
            parts.push(self.one()?);
        }
        Ok(if parts.len() == 1 { parts.remove(0) } else { Where::And(parts) })
    }

    fn one(&mut self) -> Result<Where, Refusal> {
        self.depth += 1;
        if self.depth > DEEPEST {
            return Err(Refusal::bad_sql("The query nests too deep."));
        }
        let found = if self.keyword("not") {
            Where::Not(Box::new(self.one()?))
        } else if self.sign("(") {
            let inner = self.any()?;
            self.expect_sign(")")?;
            inner
        } else {
            self.comparison()?
        };
        self.depth -= 1;
        Ok(found)
    }

    fn comparison(&mut self) -> Result<Where, Refusal> {
        let name = self.name()?;
        if self.keyword("is") {
            let not = self.keyword("not");
            self.expect("null")?;
            return Ok(turned(Where::Null(name), not));
        }
        let not = self.keyword("not");
        if self.keyword("in") {
            self.expect_sign("(")?;
            let mut values = Vec::new();
            loop {
                values.push(self.value()?);
                if !self.sign(",") {
                    break;
                }
            }
            self.expect_sign(")")?;
            return Ok(turned(Where::In(name, values), not));
        }
        if self.keyword("between") {
            let from = self.value()?;
            self.expect("and")?;
            return Ok(turned(Where::Between(name, from, self.value()?), not));
        }
        if self.keyword("like") {
            return Ok(turned(Where::Like(name, self.value()?), not));
        }
        let comparison = match self.peek() {
            Word::Sign("=") if !not => Comparison::Eq,
            Word::Sign("<>" | "!=") if !not => Comparison::Ne,
            Word::Sign("<") if !not => Comparison::Lt,
            Word::Sign("<=") if !not => Comparison::Le,
            Word::Sign(">") if !not => Comparison::Gt,
            Word::Sign(">=") if !not => Comparison::Ge,
            _ => return Err(self.syntax()),
        };
        self.take();
        if self.keyword("null") {
            // Nothing is equal to nothing in SQL.
            return Ok(Where::Or(Vec::new()));
        }
        let column = matches!(self.peek(), Word::Name(_) | Word::Quoted(_)) && !self.is("true") && !self.is("false");
        if column {
            return Ok(Where::Columns(name, comparison, self.name()?));
        }
        Ok(Where::Compare(name, comparison, self.value()?))
    }

    fn value(&mut self) -> Result<String, Refusal> {
        let minus = self.sign("-");
        let value = match self.peek() {
            Word::Text(text) if !minus => text.clone(),
            Word::Number(number) if minus => format!("-{number}"),
            Word::Number(number) => number.clone(),
            Word::Name(name) if !minus && matches!(name.to_ascii_lowercase().as_str(), "true" | "false") => {
                name.clone()
            }
            _ => return Err(self.syntax()),
        };
        self.take();
        Ok(value)
    }
}

fn turned(condition: Where, not: bool) -> Where {
    if not { Where::Not(Box::new(condition)) } else { condition }
}
