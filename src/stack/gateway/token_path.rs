//! `SelectToken` and `SelectTokens`: paths as Newtonsoft.Json has them.

use std::sync::Arc;

use super::token::{Leaf, Token};

/// How many steps a path may have.
const MAX_STEPS: usize = 64;

/// How long a path may be, as text: queries stand inside of each other.
const MAX_LENGTH: usize = 1000;

/// How many tokens a path may lead to on its way.
const MAX_FOUND: usize = 100_000;

enum Step {
    Members(Vec<Arc<str>>),
    Elements(Vec<i64>),
    Slice(Option<i64>, Option<i64>, i64),
    All,
    /// `..`: the tokens and everything below them.
    Below,
    Filter(Vec<Vec<Condition>>),
}

/// `@.a.b == 'x'`, or `@.a` alone.
struct Condition {
    path: Vec<Step>,
    compared: Option<(&'static str, Leaf)>,
}

/// The tokens that a path leads to.
///
/// # Errors
/// It is no path, or one that is not emulated: the text of the exception.
pub(super) fn select(from: &Token, path: &str) -> Result<Vec<Token>, String> {
    if path.len() > MAX_LENGTH {
        return Err("The path is too long.".to_owned());
    }
    let mut parser = PathParser { rest: path.trim() };
    let steps = parser.steps("$")?;
    if !parser.rest.is_empty() {
        return Err(format!("Unexpected character while parsing path: {}", parser.rest.chars().next().unwrap_or(' ')));
    }
    walk(vec![from.clone()], &steps)
}

fn walk(mut found: Vec<Token>, steps: &[Step]) -> Result<Vec<Token>, String> {
    for step in steps {
        let mut next = Vec::new();
        for token in &found {
            advance(token, step, &mut next)?;
            if next.len() > MAX_FOUND {
                return Err("The path leads to too many tokens.".to_owned());
            }
        }
        found = next;
    }
    Ok(found)
}

fn advance(token: &Token, step: &Step, next: &mut Vec<Token>) -> Result<(), String> {
    match step {
        Step::Members(names) => {
            if let Token::Object(object) = token {
                next.extend(names.iter().filter_map(|name| object.get(name)));
            }
        }
        Step::Elements(indices) => {
            if let Token::Array(array) = token {
                next.extend(indices.iter().filter_map(|at| array.get(usize::try_from(*at).ok()?)));
            }
        }
        Step::All => next.extend(below_one(token)),
        Step::Below => below(token, next),
        Step::Slice(begin, end, step) => {
            let elements = below_one(token);
            let length = elements.len() as i64;
            let place = |at: i64| (if at < 0 { at + length } else { at }).clamp(0, length) as usize;
            let range = place(begin.unwrap_or(0))..place(end.unwrap_or(length)).max(place(begin.unwrap_or(0)));
            next.extend(elements[range].iter().step_by(*step as usize).cloned());
        }
        Step::Filter(alternatives) => {
            for child in below_one(token) {
                if any_holds(&child, alternatives)? {
                    next.push(child);
                }
            }
        }
    }
    Ok(())
}

/// Elements, or the values of members.
fn below_one(token: &Token) -> Vec<Token> {
    match token {
        Token::Object(object) => object.members().into_iter().map(|(_, value)| value).collect(),
        Token::Array(array) => array.elements(),
        _ => Vec::new(),
    }
}

fn below(token: &Token, found: &mut Vec<Token>) {
    found.push(token.clone());
    below_one(token).iter().for_each(|child| below(child, found));
}

fn any_holds(token: &Token, alternatives: &[Vec<Condition>]) -> Result<bool, String> {
    for all in alternatives {
        let mut holds = true;
        for condition in all {
            holds = holds && condition.holds(token)?;
        }
        if holds {
            return Ok(true);
        }
    }
    Ok(false)
}

impl Condition {
    fn holds(&self, token: &Token) -> Result<bool, String> {
        let found = walk(vec![token.clone()], &self.path)?;
        let Some((operator, wanted)) = &self.compared else { return Ok(!found.is_empty()) };
        Ok(found.iter().any(|token| matches!(token, Token::Leaf(value) if compares(operator, value, wanted))))
    }
}

fn compares(operator: &str, value: &Leaf, wanted: &Leaf) -> bool {
    use std::cmp::Ordering as O;
    let number = |leaf: &Leaf| match leaf {
        Leaf::Int(n) => Some(*n as f64),
        Leaf::Float(n) => Some(*n),
        _ => None,
    };
    let order = match (value, wanted) {
        (Leaf::Text(a) | Leaf::Date(a), Leaf::Text(b)) => Some(a.cmp(b)),
        (a, b) if number(a).is_some() => number(b).and_then(|b| number(a)?.partial_cmp(&b)),
        (a, b) => (a == b).then_some(O::Equal),
    };
    match operator {
        "==" | "===" => order == Some(O::Equal),
        "!=" | "!==" => order != Some(O::Equal),
        "<" => order == Some(O::Less),
        ">" => order == Some(O::Greater),
        "<=" => matches!(order, Some(O::Less | O::Equal)),
        _ => matches!(order, Some(O::Greater | O::Equal)),
    }
}

struct PathParser<'p> {
    rest: &'p str,
}

impl<'p> PathParser<'p> {
    fn take(&mut self, sign: &str) -> bool {
        self.rest.strip_prefix(sign).is_some_and(|rest| {
            self.rest = rest;
            true
        })
    }

    fn blank(&mut self) {
        self.rest = self.rest.trim_start();
    }

    /// Everything up to one of the characters that end a name.
    fn name(&mut self) -> &'p str {
        let ends = |c: char| matches!(c, '.' | '[' | ']' | ' ' | '=' | '!' | '<' | '>' | '&' | '|' | ')' | '(' | ',');
        let end = self.rest.find(ends).unwrap_or(self.rest.len());
        let (name, rest) = self.rest.split_at(end);
        self.rest = rest;
        name
    }

    fn steps(&mut self, root: &str) -> Result<Vec<Step>, String> {
        let mut steps = Vec::new();
        if self.take(root) && self.rest.starts_with(|c: char| c.is_alphanumeric()) {
            return Err(format!("Unexpected character following '{root}'."));
        }
        loop {
            if steps.len() > MAX_STEPS {
                return Err("The path is too long.".to_owned());
            }
            if self.take("..") {
                steps.push(Step::Below);
                if !self.rest.starts_with('[') {
                    steps.push(self.member()?);
                }
            } else if self.take(".") || (steps.is_empty() && self.rest.starts_with(begins_name)) {
                steps.push(self.member()?);
            } else if self.take("[") {
                steps.push(self.brackets()?);
            } else {
                return Ok(steps);
            }
        }
    }

    fn member(&mut self) -> Result<Step, String> {
        if self.take("*") {
            return Ok(Step::All);
        }
        match self.name() {
            "" => Err("Unexpected end while parsing path.".to_owned()),
            name => Ok(Step::Members(vec![name.into()])),
        }
    }

    fn brackets(&mut self) -> Result<Step, String> {
        self.blank();
        let step = if self.take("*") {
            Step::All
        } else if self.take("?") {
            self.blank();
            if !self.take("(") {
                return Err("Unexpected character while parsing path query.".to_owned());
            }
            let filter = self.filter()?;
            if !self.take(")") {
                return Err("Path ended with open query.".to_owned());
            }
            filter
        } else if self.rest.starts_with(['\'', '"']) {
            let mut names = vec![self.quoted()?.into()];
            self.blank();
            while self.take(",") {
                self.blank();
                names.push(self.quoted()?.into());
                self.blank();
            }
            Step::Members(names)
        } else {
            self.indices()?
        };
        self.blank();
        if self.take("]") { Ok(step) } else { Err("Path ended with open indexer.".to_owned()) }
    }

    fn indices(&mut self) -> Result<Step, String> {
        let end = self.rest.find(']').ok_or("Path ended with open indexer.")?;
        let inner = &self.rest[..end];
        let fault = || format!("Unexpected character while parsing path indexer: {inner}");
        let number = |text: &str| match text.trim() {
            "" => Ok(None),
            text => text.parse::<i64>().map(Some).map_err(|_| fault()),
        };
        let step = if inner.contains(':') {
            let mut parts = inner.split(':');
            let mut next = || number(parts.next().unwrap_or_default());
            let (from, to, by) = (next()?, next()?, next()?.unwrap_or(1));
            if by <= 0 {
                return Err("Step cannot be zero.".to_owned());
            }
            Step::Slice(from, to, by)
        } else {
            let all: Result<Vec<_>, _> = inner.split(',').map(|n| number(n)?.ok_or_else(fault)).collect();
            Step::Elements(all?)
        };
        self.rest = &self.rest[end..];
        Ok(step)
    }

    fn quoted(&mut self) -> Result<String, String> {
        let open = "Path ended with an open string.";
        let quote = self.rest.chars().next().filter(|c| matches!(c, '\'' | '"')).ok_or(open)?;
        let mut text = String::new();
        let mut escaped = false;
        for (at, c) in self.rest.char_indices().skip(1) {
            if escaped || (c != '\\' && c != quote) {
                text.push(c);
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else {
                self.rest = &self.rest[at + 1..];
                return Ok(text);
            }
        }
        Err(open.to_owned())
    }

    fn filter(&mut self) -> Result<Step, String> {
        let mut alternatives: Vec<Vec<Condition>> = vec![vec![self.condition()?]];
        loop {
            self.blank();
            if self.take("&&") {
                let condition = self.condition()?;
                if let Some(all) = alternatives.last_mut() {
                    all.push(condition);
                }
            } else if self.take("||") {
                alternatives.push(vec![self.condition()?]);
            } else {
                return Ok(Step::Filter(alternatives));
            }
        }
    }

    fn condition(&mut self) -> Result<Condition, String> {
        self.blank();
        if !self.rest.starts_with('@') {
            return Err("Unexpected character while parsing path query.".to_owned());
        }
        let path = self.steps("@")?;
        self.blank();
        let operators = ["===", "!==", "==", "!=", "<=", ">=", "<", ">"];
        let Some(operator) = operators.into_iter().find(|o| self.take(o)) else {
            return Ok(Condition { path, compared: None });
        };
        self.blank();
        Ok(Condition { path, compared: Some((operator, self.literal()?)) })
    }

    fn literal(&mut self) -> Result<Leaf, String> {
        if self.rest.starts_with(['\'', '"']) {
            return Ok(Leaf::Text(self.quoted()?.into()));
        }
        let end = self.rest.find([')', '&', '|', ' ']).unwrap_or(self.rest.len());
        let (word, rest) = self.rest.split_at(end);
        self.rest = rest;
        Ok(match word {
            "true" => Leaf::Bool(true),
            "false" => Leaf::Bool(false),
            "null" => Leaf::Null,
            _ => match (word.parse::<i64>(), word.parse::<f64>()) {
                (Ok(n), _) => Leaf::Int(n),
                (_, Ok(n)) => Leaf::Float(n),
                _ => return Err("Could not read query operator.".to_owned()),
            },
        })
    }
}

fn begins_name(c: char) -> bool {
    !matches!(c, '[' | '.' | ']' | ' ' | '=' | '!' | '<' | '>' | '&' | '|' | ')' | '(' | ',')
}

#[cfg(test)]
mod tests {
    use super::super::token_read::{Wanted, parse};
    use super::*;

    #[test]
    fn paths_lead_where_newtonsoft_has_them_lead() {
        let token =
            parse(r#"{"a":{"b c":[{"n":1,"t":"x"},{"n":2,"t":"y"},{"n":3}]},"m":[{"k":"id","v":7}]}"#, Wanted::Object)
                .expect("JSON");
        for (path, found) in [
            ("a['b c'][1].t", r#"["y"]"#),
            ("$.a['b c'][*].n", "[1,2,3]"),
            ("$..n", "[1,2,3]"),
            ("m[?(@.k == 'id')].v", "[7]"),
            ("$.a['b c'][?(@.n >= 2 && @.t)].n", "[2]"),
            ("$.a['b c'][?(@.n == 1 || @.n == 3)].n", "[1,3]"),
            ("$.a['b c'][0,2].n", "[1,3]"),
            ("$.a['b c'][-2:].n", "[2,3]"),
            ("a.missing.deeper", "[]"),
            ("$", "all"),
        ] {
            let tokens = select(&token, path).expect(path);
            let told = tokens.iter().map(|t| t.write(false)).collect::<Vec<_>>().join(",");
            if found == "all" {
                assert!(tokens.len() == 1 && tokens[0].same(&token));
            } else {
                assert_eq!(format!("[{told}]"), found, "{path}");
            }
        }
        assert!(select(&token, "a[").is_err());
        assert!(select(&token, "a[?(x)]").is_err());
    }
}
