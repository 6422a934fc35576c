//! Tokens as a tree: operators by precedence.

use std::sync::Arc;

use super::ast::{Ast, IsPattern, Kind};
use super::compiled::BinaryOp;
use super::lex::{Fault, Token};
use super::parse::Parser;

/// Operators that bind from the left, by rising precedence. `||`, `&&` and sums
/// are flat and stand apart.
const LEVELS: [&[(&str, BinaryOp)]; 8] = [
    &[("|", BinaryOp::BitOr)],
    &[("^", BinaryOp::BitXor)],
    &[("&", BinaryOp::BitAnd)],
    &[("==", BinaryOp::Equal), ("!=", BinaryOp::NotEqual)],
    &[("<", BinaryOp::Less), ("<=", BinaryOp::LessOrEqual), (">", BinaryOp::Greater), (">=", BinaryOp::GreaterOrEqual)],
    &[("<<", BinaryOp::ShiftLeft)],
    &[],
    &[("*", BinaryOp::Multiply), ("/", BinaryOp::Divide), ("%", BinaryOp::Remainder)],
];

/// The levels at which `is` and `as`, shifts and sums stand.
const RELATIONAL: usize = 4;
const SHIFT: usize = 5;
const ADDITIVE: usize = 6;

/// Assignments, and the operators in them.
const ASSIGNMENTS: [(&str, Option<BinaryOp>); 10] = [
    ("=", None),
    ("+=", Some(BinaryOp::Add)),
    ("-=", Some(BinaryOp::Subtract)),
    ("*=", Some(BinaryOp::Multiply)),
    ("/=", Some(BinaryOp::Divide)),
    ("%=", Some(BinaryOp::Remainder)),
    ("&=", Some(BinaryOp::BitAnd)),
    ("|=", Some(BinaryOp::BitOr)),
    ("^=", Some(BinaryOp::BitXor)),
    ("<<=", Some(BinaryOp::ShiftLeft)),
];

impl Parser {
    /// An expression, lambdas and assignments included.
    pub(super) fn expression(&mut self) -> Result<Ast, Fault> {
        self.deeper()?;
        let offset = self.offset();
        let ast = if let Some(parameters) = self.lambda_parameters() {
            self.lambda(offset, parameters)?
        } else if self.is_word("throw") {
            self.advance();
            let thrown = self.expression()?;
            Ast::new(offset, Kind::Throw(Box::new(thrown)))?
        } else {
            let target = self.conditional()?;
            self.assignment(target)?
        };
        self.shallower();
        Ok(ast)
    }

    fn assignment(&mut self, target: Ast) -> Result<Ast, Fault> {
        let Token::Sign(sign) = *self.peek() else { return Ok(target) };
        let shift = self.is_shift_right() && self.is_sign_at(1, ">=");
        let op = match ASSIGNMENTS.iter().find(|(s, _)| *s == sign) {
            Some((_, op)) => *op,
            None if shift => Some(BinaryOp::ShiftRight),
            None => return Ok(target),
        };
        if shift {
            self.advance();
        }
        let offset = target.offset;
        self.advance();
        let value = self.expression()?;
        Ast::new(offset, Kind::Assign(Box::new(target), op, Box::new(value)))
    }

    fn conditional(&mut self) -> Result<Ast, Fault> {
        let condition = self.coalesce()?;
        if !self.take("?") {
            return Ok(condition);
        }
        let yes = self.expression()?;
        self.expect(":")?;
        let no = self.expression()?;
        let offset = condition.offset;
        Ast::new(offset, Kind::Conditional(Box::new(condition), Box::new(yes), Box::new(no)))
    }

    fn coalesce(&mut self) -> Result<Ast, Fault> {
        let left = self.logic(BinaryOp::Or)?;
        let offset = self.offset();
        if !self.take("??") {
            return Ok(left);
        }
        self.deeper()?;
        let right = if self.is_word("throw") { self.expression()? } else { self.coalesce()? };
        self.shallower();
        Ast::new(offset, Kind::Binary(BinaryOp::Coalesce, Box::new(left), Box::new(right)))
    }

    /// `a || b || c`, and within it `a && b && c`.
    fn logic(&mut self, op: BinaryOp) -> Result<Ast, Fault> {
        let sign = if op == BinaryOp::Or { "||" } else { "&&" };
        let mut terms = Vec::new();
        loop {
            terms.push(if op == BinaryOp::Or { self.logic(BinaryOp::And)? } else { self.binary(0)? });
            if !self.take(sign) {
                break;
            }
        }
        if terms.len() == 1 {
            return Ok(terms.remove(0));
        }
        let offset = terms[0].offset;
        Ast::new(offset, Kind::Logic(op, terms))
    }

    fn binary(&mut self, level: usize) -> Result<Ast, Fault> {
        if level == ADDITIVE {
            return self.sum();
        }
        let Some(operators) = LEVELS.get(level) else {
            return self.unary();
        };
        let mut left = self.binary(level + 1)?;
        loop {
            let offset = self.offset();
            if level == RELATIONAL && (self.is_word("is") || self.is_word("as")) {
                left = self.is_or_as(left)?;
                continue;
            }
            let op = match *self.peek() {
                Token::Sign(_) if level == SHIFT && self.is_shift_right() && !self.is_sign_at(1, ">=") => {
                    self.advance();
                    Some(BinaryOp::ShiftRight)
                }
                Token::Sign(_) if level == RELATIONAL && self.is_shift_right() => None,
                Token::Sign(sign) => operators.iter().find(|(s, _)| *s == sign).map(|(_, op)| *op),
                _ => None,
            };
            let Some(op) = op else { return Ok(left) };
            self.advance();
            let right = self.binary(level + 1)?;
            left = Ast::new(offset, Kind::Binary(op, Box::new(left), Box::new(right)))?;
        }
    }

    /// `>` and `>`, or `>=`, with nothing between.
    fn is_shift_right(&self) -> bool {
        let follows = matches!(self.peek_at(1), Token::Sign(">" | ">=")) && self.offset_after() == self.offset() + 1;
        self.is_sign(">") && follows
    }

    fn sum(&mut self) -> Result<Ast, Fault> {
        let offset = self.offset();
        let mut terms = vec![(false, self.binary(ADDITIVE + 1)?)];
        loop {
            let subtracted = self.is_sign("-");
            if !subtracted && !self.is_sign("+") {
                break;
            }
            self.advance();
            terms.push((subtracted, self.binary(ADDITIVE + 1)?));
        }
        if terms.len() == 1 {
            return Ok(terms.remove(0).1);
        }
        Ast::new(offset, Kind::Sum(terms))
    }

    fn is_or_as(&mut self, left: Ast) -> Result<Ast, Fault> {
        let offset = self.offset();
        if self.take_word("as") {
            let name = self.type_name()?;
            return Ast::new(offset, Kind::As(Box::new(left), name));
        }
        self.advance();
        let constant = match self.peek() {
            Token::Name(name) => matches!(&**name, "null" | "true" | "false"),
            Token::Sign(sign) => *sign == "-",
            _ => true,
        };
        let pattern = if constant {
            IsPattern::Constant(Box::new(self.binary(SHIFT)?))
        } else {
            let of = self.type_name()?;
            IsPattern::Type(of, self.declared_name())
        };
        Ast::new(offset, Kind::Is(Box::new(left), pattern))
    }

    /// The variable that a pattern declares.
    fn declared_name(&mut self) -> Option<Arc<str>> {
        match self.peek() {
            Token::Name(name) if !matches!(&**name, "is" | "as" | "when" | "and" | "or" | "in") => {
                let name = Arc::clone(name);
                self.advance();
                Some(name)
            }
            _ => None,
        }
    }

    pub(super) fn unary(&mut self) -> Result<Ast, Fault> {
        let offset = self.offset();
        self.deeper()?;
        let kind = match *self.peek() {
            Token::Sign(sign @ ("!" | "-" | "+" | "~" | "++" | "--")) => {
                self.advance();
                let of = Box::new(self.unary()?);
                Some(match sign {
                    "!" => Kind::Not(of),
                    "-" => Kind::Negate(of),
                    "+" => Kind::Plus(of),
                    "~" => Kind::Complement(of),
                    "++" => Kind::Step(of, 1, true),
                    _ => Kind::Step(of, -1, true),
                })
            }
            _ => match self.cast_type() {
                Some(name) => Some(Kind::Cast(name, Box::new(self.unary()?))),
                None => None,
            },
        };
        let ast = match kind {
            Some(kind) => Ast::new(offset, kind)?,
            None => self.postfix()?,
        };
        self.shallower();
        Ok(ast)
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
                Kind::Sum(terms) => {
                    let shown = terms.iter().map(|(minus, t)| format!("{}{}", if *minus { "-" } else { "+" }, show(t)));
                    format!("({})", shown.collect::<Vec<_>>().join(" "))
                }
                Kind::Logic(op, terms) => {
                    format!("({op:?} {})", terms.iter().map(show).collect::<Vec<_>>().join(" "))
                }
                Kind::Named(name, of) => format!("{name}: {}", show(of)),
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
        assert_eq!(shape("a || b && c == 1 + 2 * 3"), "(Or a (And b (c Equal (+1 +(2 Multiply 3)))))");
        assert_eq!(shape("a ?? b ?? c"), "(a Coalesce (b Coalesce c))");
        assert_eq!(shape("a ? b : c ? 1 : 2"), "(a ? b : (c ? 1 : 2))");
        assert_eq!(shape("a?.b.c ?? 1"), "([a => it.b.c] Coalesce 1)");
        assert_eq!(shape("(string)a.b + c - d"), "(+<string>a.b +c -d)");
        assert_eq!(shape("((Jwt)a).b(1, name: 2)"), "<Jwt>a.b(1,name: 2)");
        assert_eq!(shape("(a) - 1"), "(+a -1)");
        assert_eq!(shape("!a == b"), "(!a Equal b)");
        assert_eq!(shape("a >> 2 << 1"), "((a ShiftRight 2) ShiftLeft 1)");
        assert_eq!(shape("a | b ^ c & d == e"), "(a BitOr (b BitXor (c BitAnd (d Equal e))))");
        assert_eq!(shape("a < b"), "(a Less b)");
        assert_eq!(shape("a.b<int>(c)"), "a.b(c)");
    }

    proptest::proptest! {
        #[test]
        fn no_text_makes_the_parser_panic(text in "[a-c1\"().,?:!&|=+<>{}\\[\\] $@'-]{0,40}") {
            if let Ok(mut parser) = Parser::new(&text, 0) {
                let _ = parser.expression();
            }
            if let Ok(mut parser) = Parser::new(&text, 0) {
                let _ = parser.statements();
            }
        }
    }

    #[test]
    fn deep_nesting_is_a_fault_and_no_overflow() {
        for (begin, again) in [
            ("", "("),
            ("", "!"),
            ("a", ".b"),
            ("a", "*a"),
            ("a", "?.b"),
            ("a", "[0]"),
            ("", "f("),
            ("a", "??a"),
            ("", "a?b:"),
            ("", "new[]{"),
            ("", "x=>"),
            ("", "(List<"),
            ("", "(a<"),
            ("a", " is a"),
        ] {
            let text = format!("{begin}{}", again.repeat(10_000));
            let mut parser = Parser::new(&text, 0).expect("lexes");
            assert!(parser.expression().is_err(), "{again}");
        }
        let mut parser = Parser::new(&"if (a) ".repeat(10_000), 0).expect("lexes");
        assert!(parser.statements().is_err());
        let sum = vec!["a"; 10_000].join(" + ");
        assert!(Parser::new(&sum, 0).expect("lexes").expression().is_ok());
    }
}
