//! Names resolved: operators, casts, assignments.

use super::ast::{Ast, IsPattern, Kind, TypeName};
use super::compiled::{BinaryOp, Expr, Piece};
use super::lex::Fault;
use super::operators::{Compares, arithmetic, binary, castable, comparison, implicit, may_be};
use super::resolve::{Resolver, Typed, converted, forced, same};
use super::types::Type;

impl Resolver {
    /// An operator and its operands.
    pub(super) fn operation(&mut self, ast: &Ast) -> Result<Typed, Fault> {
        match &ast.kind {
            Kind::Not(of) => Ok((Expr::Not(Box::new(self.of_type(of, Type::Bool)?)), Type::Bool)),
            Kind::Negate(of) | Kind::Plus(of) => {
                let (expr, ty) = self.number(of, "-")?;
                let plus = matches!(ast.kind, Kind::Plus(_));
                Ok((if plus { expr } else { negated(expr) }, ty))
            }
            Kind::Complement(of) => {
                let (expr, ty) = self.number(of, "~")?;
                Ok((Expr::Complement(Box::new(expr)), ty))
            }
            Kind::Binary(op, left, right) => self.binary(*op, left, right, ast.offset),
            Kind::Sum(terms) => self.sum(terms),
            Kind::Logic(op, terms) => {
                let terms = terms.iter().map(|t| self.of_type(t, Type::Bool)).collect::<Result<_, _>>()?;
                Ok((Expr::Logic(*op == BinaryOp::And, terms), Type::Bool))
            }
            Kind::Cast(name, of) => self.cast(name, of),
            Kind::As(of, name) => self.as_type(of, name),
            Kind::Is(of, pattern) => self.is_pattern(of, pattern, ast.offset),
            Kind::Assign(target, op, value) => self.assign(target, *op, value),
            Kind::Step(target, by, before) => self.step_by(target, *by, *before),
            other => unreachable!("the expression itself resolves {other:?}"),
        }
    }

    fn number(&mut self, of: &Ast, sign: &str) -> Result<Typed, Fault> {
        let (expr, ty) = self.expression(of)?;
        if ty == Type::Char {
            return Ok((Expr::Convert(Type::Int, Box::new(expr)), Type::Int));
        }
        if !ty.present().is_number() && ty.present() != Type::Span {
            return Err(Fault::at(of.offset, format!("`{sign}` does not apply to {ty}")));
        }
        Ok((expr, ty))
    }

    fn binary(&mut self, op: BinaryOp, left: &Ast, right: &Ast, offset: usize) -> Result<Typed, Fault> {
        let ((a, left), (b, right)) = (self.expression(left)?, self.expression(right)?);
        if op == BinaryOp::Coalesce && matches!(b, Expr::Throw(_)) {
            return Ok((Expr::Binary(op, Box::new((a, b))), left.present()));
        }
        self.operate(op, (a, left), (b, right), offset)
    }

    fn operate(&mut self, op: BinaryOp, left: Typed, right: Typed, offset: usize) -> Result<Typed, Fault> {
        let ((a, left), (b, right)) = (left, right);
        let Some(gives) = binary(op, left, right) else {
            let fault = Fault::at(offset, format!("this operator does not apply to {left} and {right}"));
            let objects = |ty: Type| ty == Type::Object || ty.is_json();
            let objects = objects(left) || objects(right);
            return Err(if objects { fault.hint("cast the object first, e.g. `(string)`") } else { fault });
        };
        let op = match op {
            BinaryOp::Add if gives == Type::Text => {
                return Ok((Expr::Concat(vec![piece(a), piece(b)].into()), gives));
            }
            BinaryOp::Equal | BinaryOp::NotEqual if comparison(left, right) == Some(Compares::References) => {
                self.notice_references(left, right, offset);
                let same = same(a, b);
                return Ok((if op == BinaryOp::Equal { same } else { Expr::Not(Box::new(same)) }, gives));
            }
            BinaryOp::Coalesce => {
                let (a, b) = (forced(a, left, gives), forced(b, right, gives));
                return Ok((Expr::Binary(op, Box::new((a, b))), gives));
            }
            op => op,
        };
        Ok((Expr::Binary(op, Box::new((a, b))), gives))
    }

    fn notice_references(&mut self, left: Type, right: Type, offset: usize) {
        if left == Type::Text || right == Type::Text {
            let what = format!("`==` of {left} and {right} compares references, not texts, as C# does");
            self.notices.push(Fault::at(offset, what).hint("cast the object to compare texts: `(string)`"));
        }
    }

    /// Sums from the left: numbers until a text comes, texts from then on.
    fn sum(&mut self, terms: &[(bool, Ast)]) -> Result<Typed, Fault> {
        let (mut sum, mut ty) = self.expression(&terms[0].1)?;
        let mut numbers: Vec<(bool, Expr)> = Vec::new();
        let mut pieces: Vec<Piece> = Vec::new();
        for (subtracted, term) in &terms[1..] {
            let (next, next_type) = self.expression(term)?;
            let op = if *subtracted { BinaryOp::Subtract } else { BinaryOp::Add };
            let Some(gives) = binary(op, ty, next_type) else {
                return self.operate(op, (sum, ty), (next, next_type), term.offset);
            };
            if gives == Type::Text {
                if pieces.is_empty() {
                    pieces.push(piece(collected(sum, &mut numbers)));
                    sum = Expr::Null;
                }
                append(&mut pieces, next);
            } else {
                if numbers.is_empty() {
                    numbers.push((false, std::mem::replace(&mut sum, Expr::Null)));
                }
                numbers.push((*subtracted, next));
            }
            ty = gives;
        }
        let whole = if pieces.is_empty() { collected(sum, &mut numbers) } else { Expr::Concat(pieces.into()) };
        Ok((whole, ty))
    }

    fn cast(&mut self, name: &TypeName, of: &Ast) -> Result<Typed, Fault> {
        let to = Self::type_named(name)?;
        let (expr, from) = self.expression(of)?;
        let narrows = from.present().is_integer() || matches!(from, Type::Double | Type::Decimal | Type::Char);
        Self::cast_to(expr, from, to)
            .map(|expr| (if narrows { narrowed(&name.name, expr) } else { expr }, to))
            .ok_or_else(|| Fault::at(name.offset, format!("{from} can't be cast to {to}")))
    }

    /// `(to)expr`, where C# has it.
    pub(super) fn cast_to(expr: Expr, from: Type, to: Type) -> Option<Expr> {
        if from == to || (from == Type::Null && to.is_nullable()) {
            return Some(expr);
        }
        if !castable(from, to) {
            return None;
        }
        let numbers = arithmetic(from.present(), to.present()).is_some();
        let reference = from == Type::Object
            || (from.is_json() && to.is_json())
            || (implicit(to, from) && !numbers && from != Type::Json);
        if to == Type::Object || (implicit(from, to) && from.is_json()) {
            return Some(expr);
        }
        Some(if reference { Expr::Cast(to, Box::new(expr)) } else { Expr::Convert(to, Box::new(expr)) })
    }

    fn as_type(&mut self, of: &Ast, name: &TypeName) -> Result<Typed, Fault> {
        let to = Self::type_named(name)?;
        let (expr, from) = self.expression(of)?;
        if !to.is_nullable() && !matches!(to, Type::Nullable(_)) {
            return Err(Fault::at(name.offset, format!("`as` does not give {to}")).expected(format!("`{to}?`")));
        }
        if !may_be(from, to.present()) {
            return Err(Fault::at(name.offset, format!("{from} is never {to}")));
        }
        Ok((Expr::As(to.present(), Box::new(expr)), to))
    }

    fn is_pattern(&mut self, of: &Ast, pattern: &IsPattern, offset: usize) -> Result<Typed, Fault> {
        match pattern {
            IsPattern::Constant(constant) => {
                let ((a, left), (b, right)) = (self.expression(of)?, self.expression(constant)?);
                if left == Type::Object {
                    // A constant pattern compares values, whatever they are declared as.
                    return Ok((Expr::Binary(BinaryOp::Equal, Box::new((a, b))), Type::Bool));
                }
                self.operate(BinaryOp::Equal, (a, left), (b, right), offset)
            }
            IsPattern::Type(name, variable) => {
                let (expr, from) = self.expression(of)?;
                let slot = |resolver: &mut Self, ty| variable.as_ref().map(|v| resolver.declare(v, ty));
                if &*name.name == "var" {
                    let slot = slot(self, from);
                    return Ok((Expr::Is(Type::Object, Box::new(expr), slot), Type::Bool));
                }
                let to = Self::type_named(name)?;
                if !may_be(from, to) && !implicit(from, to) {
                    return Err(Fault::at(name.offset, format!("{from} is never {to}")));
                }
                let slot = slot(self, to);
                Ok((Expr::Is(to, Box::new(expr), slot), Type::Bool))
            }
        }
    }

    /// `target = value`, `target op= value`.
    fn assign(&mut self, target: &Ast, op: Option<BinaryOp>, value: &Ast) -> Result<Typed, Fault> {
        match &target.kind {
            Kind::Name(name) if op.is_none() => {
                if &**name == "_" && !self.locals.iter().any(|(n, _)| &**n == "_") {
                    return self.expression(value);
                }
                let (slot, ty) = self.local(name, target.offset)?;
                let value = self.of_type(value, ty)?;
                Ok((Expr::Assign(slot, Box::new(value)), ty))
            }
            Kind::Name(name) => {
                let (slot, ty) = self.local(name, target.offset)?;
                let right = self.expression(value)?;
                let op = op.unwrap_or(BinaryOp::Add);
                let value = self.compound(op, (Expr::Local(slot), ty), right, ty, value.offset)?;
                Ok((Expr::Assign(slot, Box::new(value)), ty))
            }
            Kind::Index(of, index) => self.assign_index(of, index, op, value),
            Kind::Member(of, name) if &**name == "Value" && op.is_none() => {
                let (property, ty) = self.expression(of)?;
                if ty != Type::JsonProperty {
                    return Err(Fault::at(target.offset, format!("`{name}` of {ty} can't be assigned to")));
                }
                let value = self.of_type(value, Type::Json)?;
                Ok((Expr::StoreProperty(Box::new((property, value))), Type::Json))
            }
            _ => Err(Fault::at(target.offset, "this can't be assigned to")
                .expected("a variable, or an element: `name = …`, `object[\"member\"] = …`")),
        }
    }

    /// `left op right`, converted back to the variable's type as `op=` does.
    fn compound(&mut self, op: BinaryOp, left: Typed, right: Typed, ty: Type, offset: usize) -> Result<Expr, Fault> {
        let (result, gives) = self.operate(op, left, right, offset)?;
        if let Some(same) = converted(result.clone(), gives, ty) {
            return Ok(same);
        }
        Self::cast_to(result, gives, ty)
            .filter(|_| ty.present().is_number() || ty.is_json())
            .ok_or_else(|| Fault::at(offset, format!("this is {gives}")).expected(ty.to_string()))
    }

    pub(super) fn local(&self, name: &str, offset: usize) -> Result<(usize, Type), Fault> {
        let slot = self.locals.iter().rposition(|(n, _)| &**n == name);
        slot.map(|slot| (slot, self.locals[slot].1)).ok_or_else(|| {
            Fault::at(offset, format!("variable `{name}` is not declared")).expected(format!("`var {name} = …;`"))
        })
    }

    fn assign_index(&mut self, of: &Ast, index: &Ast, op: Option<BinaryOp>, value: &Ast) -> Result<Typed, Fault> {
        let (target, ty) = self.expression(of)?;
        let Some((by, element)) = Self::stored_index(ty) else {
            return Err(Fault::at(of.offset, format!("elements of {ty} can't be assigned to")));
        };
        let index = self.of_type(index, by)?;
        let Some(op) = op else {
            let value = self.of_type(value, element)?;
            return Ok((Expr::Store(Box::new((target, index, value))), element));
        };
        // What is assigned to is evaluated once.
        let (holder, key) = (self.hidden(&"".into(), ty), self.hidden(&"".into(), by));
        let read = Self::read_index(Expr::Local(holder), Expr::Local(key), ty, element);
        let right = self.expression(value)?;
        let value = self.compound(op, (read, element), right, element, value.offset)?;
        let store = Expr::Store(Box::new((Expr::Local(holder), Expr::Local(key), value)));
        let steps = vec![Expr::Assign(holder, Box::new(target)), Expr::Assign(key, Box::new(index)), store];
        Ok((Expr::Sequence(steps.into()), element))
    }

    /// `++`, `--`.
    fn step_by(&mut self, target: &Ast, by: i64, before: bool) -> Result<Typed, Fault> {
        let Kind::Name(name) = &target.kind else {
            return Err(
                Fault::at(target.offset, "`++` and `--` are emulated on variables only").hint("write `x = x + 1`")
            );
        };
        let (slot, ty) = self.local(name, target.offset)?;
        if !ty.present().is_number() && ty != Type::Char {
            return Err(Fault::at(target.offset, format!("`++` does not apply to {ty}")));
        }
        let one = (Expr::Int(by), Type::Int);
        let next = self.compound(BinaryOp::Add, (Expr::Local(slot), ty), one, ty, target.offset)?;
        let step = Expr::Assign(slot, Box::new(next));
        if before {
            return Ok((step, ty));
        }
        let old = self.hidden(&"".into(), ty);
        let keep = Expr::Assign(old, Box::new(Expr::Local(slot)));
        Ok((Expr::Sequence(vec![keep, step, Expr::Local(old)].into()), ty))
    }
}

fn negated(expr: Expr) -> Expr {
    match expr {
        Expr::Int(n) => Expr::Int(-n),
        Expr::Long(2_147_483_648) => Expr::Int(-2_147_483_648),
        Expr::Long(n) => Expr::Long(n.wrapping_neg()),
        Expr::Double(n) => Expr::Double(-n),
        other => Expr::Negate(Box::new(other)),
    }
}

fn piece(expr: Expr) -> Piece {
    Piece { expr, width: 0, format: None }
}

/// Adds a piece; one literal after another becomes one, and what is
/// concatenated itself is taken in.
fn append(pieces: &mut Vec<Piece>, next: Expr) {
    match (pieces.last_mut(), next) {
        (Some(Piece { expr: Expr::Text(before), width: 0, format: None }), Expr::Text(text)) => {
            *before = format!("{before}{text}").into();
        }
        (_, next) => pieces.push(piece(next)),
    }
}

/// The numbers so far as one expression; `sum` where there is one alone.
fn collected(sum: Expr, numbers: &mut Vec<(bool, Expr)>) -> Expr {
    if numbers.is_empty() { sum } else { Expr::Sum(std::mem::take(numbers).into()) }
}

/// An integer in the bits of a type that is held in a wider one, as an
/// unchecked cast leaves it.
fn narrowed(to: &str, expr: Expr) -> Expr {
    let both = |op, expr, with: Expr| Expr::Binary(op, Box::new((expr, with)));
    let signed = |bits: i64| {
        let shifted = both(BinaryOp::ShiftLeft, expr.clone(), Expr::Int(32 - bits));
        both(BinaryOp::ShiftRight, shifted, Expr::Int(32 - bits))
    };
    match to {
        "byte" | "Byte" => both(BinaryOp::BitAnd, expr, Expr::Int(0xff)),
        "ushort" | "UInt16" => both(BinaryOp::BitAnd, expr, Expr::Int(0xffff)),
        "short" | "Int16" => signed(16),
        "sbyte" | "SByte" => signed(8),
        "uint" | "UInt32" => both(BinaryOp::BitAnd, expr, Expr::Long(0xffff_ffff)),
        _ => expr,
    }
}
