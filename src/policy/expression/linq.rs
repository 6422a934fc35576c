//! LINQ methods.

use super::ast::{Ast, Kind};
use super::compiled::Expr;
use super::lex::Fault;
use super::resolve::{Resolver, Typed, default_of};
use super::types::Type;

/// A LINQ method. Its first operand is the sequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the methods' own names; what differs is said")]
pub enum Linq {
    Any,
    All,
    Where,
    Select,
    SelectMany,
    First,
    /// Second operand: what it gives where there is none.
    FirstOrDefault,
    Last,
    LastOrDefault,
    Single,
    SingleOrDefault,
    Count,
    Sum,
    Min,
    Max,
    Average,
    /// `OrderBy`, `ThenBy`: pairs of a key and whether it descends.
    Order,
    Distinct,
    Skip,
    Take,
    SkipWhile,
    TakeWhile,
    Contains,
    /// `JArray.Contains`: the very same token.
    ContainsSame,
    Concat,
    Union,
    Intersect,
    Except,
    /// The elements as a collection of the type.
    Collect,
    ToDictionary,
    Aggregate,
    /// Elements cast; what is of another type raises.
    Cast,
    OfType,
    /// Elements converted, as `Values<T>` does with tokens.
    Converted,
    Reverse,
    GroupBy,
    ElementAt,
    ElementAtOrDefault,
    SequenceEqual,
    Append,
    Prepend,
    Zip,
    ForEach,
    FindIndex,
    Repeat,
}

/// A call of a LINQ method.
pub(super) struct Called<'a> {
    pub(super) source: Expr,
    /// The type of the sequence and of its elements.
    pub(super) of: Type,
    pub(super) element: Type,
    pub(super) name: &'a str,
    /// `<T>`.
    pub(super) generic: Option<Type>,
    pub(super) arguments: &'a [&'a Ast],
    pub(super) offset: usize,
}

impl Called<'_> {
    fn argument(&self, at: usize) -> Result<&Ast, Fault> {
        self.arguments.get(at).copied().ok_or_else(|| {
            Fault::at(self.offset, format!("`{}` is called with {} arguments", self.name, self.arguments.len()))
        })
    }

    fn at_most(&self, count: usize) -> Result<(), Fault> {
        match self.arguments.get(count) {
            Some(extra) => Err(Fault::at(extra.offset, format!("this overload of `{}` is not emulated", self.name))),
            None => Ok(()),
        }
    }

    fn give(&self, linq: Linq, gives: Type, rest: Vec<Expr>) -> Typed {
        let mut operands = vec![self.source.clone()];
        operands.extend(rest);
        (Expr::Linq(linq, gives, operands.into()), gives)
    }
}

/// Methods that take a test or nothing, and give an element.
const PICKS: [(&str, Linq); 8] = [
    ("First", Linq::First),
    ("FirstOrDefault", Linq::FirstOrDefault),
    ("Find", Linq::FirstOrDefault),
    ("Last", Linq::Last),
    ("LastOrDefault", Linq::LastOrDefault),
    ("FindLast", Linq::LastOrDefault),
    ("Single", Linq::Single),
    ("SingleOrDefault", Linq::SingleOrDefault),
];

/// Methods that take another sequence.
const PAIRED: [(&str, Linq); 5] = [
    ("Concat", Linq::Concat),
    ("Union", Linq::Union),
    ("Intersect", Linq::Intersect),
    ("Except", Linq::Except),
    ("SequenceEqual", Linq::SequenceEqual),
];

impl Resolver {
    /// A LINQ method, if it is one.
    pub(super) fn linq(&mut self, called: &Called<'_>) -> Result<Option<Typed>, Fault> {
        let of = called.element;
        if let Some((_, linq)) = PICKS.iter().find(|(n, _)| *n == called.name) {
            called.at_most(1)?;
            let mut rest = vec![default_of(of)];
            if !called.arguments.is_empty() {
                rest.push(self.test(called, 0)?);
            }
            return Ok(Some(called.give(*linq, of, rest)));
        }
        if let Some((_, linq)) = PAIRED.iter().find(|(n, _)| *n == called.name) {
            called.at_most(1)?;
            let other = self.of_type(called.argument(0)?, Type::sequence(of))?;
            let gives = if *linq == Linq::SequenceEqual { Type::Bool } else { Type::sequence(of) };
            return Ok(Some(called.give(*linq, gives, vec![other])));
        }
        if let Some(typed) = self.tested(called)? {
            return Ok(Some(typed));
        }
        if let Some(typed) = self.measured(called)? {
            return Ok(Some(typed));
        }
        if let Some(typed) = self.collected_as(called)? {
            return Ok(Some(typed));
        }
        self.transformed(called)
    }

    /// Methods that ask something of each element.
    fn tested(&mut self, called: &Called<'_>) -> Result<Option<Typed>, Fault> {
        let same = Type::sequence(called.element);
        let (linq, gives) = match called.name {
            "Any" | "Exists" => (Linq::Any, Type::Bool),
            "All" | "TrueForAll" => (Linq::All, Type::Bool),
            "Count" => (Linq::Count, Type::Int),
            "LongCount" => (Linq::Count, Type::Long),
            "Where" => (Linq::Where, same),
            "FindAll" => (Linq::Where, Type::list(called.element)),
            "SkipWhile" => (Linq::SkipWhile, same),
            "TakeWhile" => (Linq::TakeWhile, same),
            "FindIndex" => (Linq::FindIndex, Type::Int),
            _ => return Ok(None),
        };
        called.at_most(1)?;
        let optional = matches!(called.name, "Any" | "Count" | "LongCount") && called.arguments.is_empty();
        let rest = if optional { Vec::new() } else { vec![self.test(called, 0)?] };
        Ok(Some(called.give(linq, gives, rest)))
    }

    /// Methods that make a number, or the least or greatest, of all elements.
    fn measured(&mut self, called: &Called<'_>) -> Result<Option<Typed>, Fault> {
        let linq = match called.name {
            "Sum" => Linq::Sum,
            "Min" => Linq::Min,
            "Max" => Linq::Max,
            "Average" => Linq::Average,
            _ => return Ok(None),
        };
        called.at_most(1)?;
        let (source, of) = match called.arguments.first() {
            Some(selector) => {
                let (lambda, of) = self.lambda(selector, &[called.element], None)?;
                let operands = vec![called.source.clone(), lambda];
                (Expr::Linq(Linq::Select, Type::sequence(of), operands.into()), of)
            }
            None => (called.source.clone(), called.element),
        };
        let summed = matches!(linq, Linq::Sum | Linq::Average);
        if summed && !of.present().is_number() {
            return Err(Fault::at(called.offset, format!("`{}` does not apply to {of}", called.name))
                .hint("select numbers: `.Sum(x => (int)x)`"));
        }
        let gives = if linq == Linq::Average && of.present().is_integer() { Type::Double } else { of };
        Ok(Some((Expr::Linq(linq, gives, vec![source, default_of(of.present())].into()), gives)))
    }

    /// Methods that make a collection of the elements.
    fn collected_as(&mut self, called: &Called<'_>) -> Result<Option<Typed>, Fault> {
        let of = called.element;
        let gives = match called.name {
            "ToArray" => Type::array(of),
            "ToList" => Type::list(of),
            "ToHashSet" => Type::set(of),
            "AsEnumerable" => Type::sequence(of),
            "ToDictionary" => return self.dictionary(called).map(Some),
            "GroupBy" => {
                called.at_most(2)?;
                let (key, by) = self.lambda(called.argument(0)?, &[of], None)?;
                let (mut rest, mut inner) = (vec![key], of);
                if called.arguments.len() == 2 {
                    let (value, ty) = self.lambda(called.argument(1)?, &[of], None)?;
                    rest.push(value);
                    inner = ty;
                }
                let gives = Type::sequence(Type::grouping(by, inner));
                return Ok(Some(called.give(Linq::GroupBy, gives, rest)));
            }
            _ => return Ok(None),
        };
        called.at_most(0)?;
        Ok(Some(called.give(Linq::Collect, gives, Vec::new())))
    }

    fn dictionary(&mut self, called: &Called<'_>) -> Result<Typed, Fault> {
        called.at_most(2)?;
        let of = called.element;
        let (key, by) = self.lambda(called.argument(0)?, &[of], None)?;
        let (mut rest, mut to) = (vec![key], of);
        if called.arguments.len() == 2 {
            let (value, ty) = self.lambda(called.argument(1)?, &[of], None)?;
            rest.push(value);
            to = ty;
        }
        Ok(called.give(Linq::ToDictionary, Type::dictionary(by, to), rest))
    }

    /// Methods that make another sequence, or something of one's own making.
    fn transformed(&mut self, called: &Called<'_>) -> Result<Option<Typed>, Fault> {
        let of = called.element;
        let same = Type::sequence(of);
        Ok(Some(match called.name {
            "Select" | "ConvertAll" => {
                called.at_most(1)?;
                let (lambda, to) = self.indexed(called, None)?;
                let gives = if called.name == "Select" { Type::sequence(to) } else { Type::list(to) };
                called.give(Linq::Select, gives, vec![lambda])
            }
            "SelectMany" => {
                called.at_most(1)?;
                let argument = called.argument(0)?;
                let (lambda, to) = self.lambda(argument, &[of], None)?;
                let Some(inner) = to.element() else {
                    return Err(Fault::at(argument.offset, format!("{to} can't be enumerated")));
                };
                called.give(Linq::SelectMany, Type::sequence(inner), vec![lambda])
            }
            "OrderBy" | "OrderByDescending" | "ThenBy" | "ThenByDescending" => self.ordered(called)?,
            "Distinct" => {
                called.at_most(0)?;
                called.give(Linq::Distinct, same, Vec::new())
            }
            "Reverse" => called.give(Linq::Reverse, same, Vec::new()),
            "Skip" | "Take" => {
                let count = self.of_type(called.argument(0)?, Type::Int)?;
                called.give(if called.name == "Skip" { Linq::Skip } else { Linq::Take }, same, vec![count])
            }
            "ElementAt" | "ElementAtOrDefault" => {
                let rest = vec![self.of_type(called.argument(0)?, Type::Int)?, default_of(of)];
                let linq = if called.name == "ElementAt" { Linq::ElementAt } else { Linq::ElementAtOrDefault };
                called.give(linq, of, rest)
            }
            "Contains" => self.contains(called)?,
            "Append" | "Prepend" => {
                let value = self.of_type(called.argument(0)?, of)?;
                called.give(if called.name == "Append" { Linq::Append } else { Linq::Prepend }, same, vec![value])
            }
            "Cast" | "OfType" | "Values" | "Children" if called.generic.is_some() => {
                let to = called.generic.unwrap_or(of);
                let linq = match called.name {
                    "Cast" => Linq::Cast,
                    "Values" => Linq::Converted,
                    _ => Linq::OfType,
                };
                called.give(linq, Type::sequence(to), Vec::new())
            }
            "Aggregate" => self.aggregate(called)?,
            "Zip" => self.zipped(called)?,
            "ForEach" if matches!(called.of, Type::List(_)) => {
                let (lambda, _) = self.lambda(called.argument(0)?, &[of], None)?;
                called.give(Linq::ForEach, Type::Void, vec![lambda])
            }
            _ => return Ok(None),
        }))
    }

    fn zipped(&mut self, called: &Called<'_>) -> Result<Typed, Fault> {
        let (other, other_type) = self.expression(called.argument(0)?)?;
        let Some(inner) = other_type.element() else {
            return Err(Fault::at(called.offset, format!("{other_type} can't be enumerated")));
        };
        let (lambda, to) = self.lambda(called.argument(1)?, &[called.element, inner], None)?;
        Ok(called.give(Linq::Zip, Type::sequence(to), vec![other, lambda]))
    }

    fn contains(&mut self, called: &Called<'_>) -> Result<Typed, Fault> {
        let mut rest = vec![self.of_type(called.argument(0)?, called.element)?];
        if called.arguments.len() > 1 {
            rest.push(self.of_type(called.argument(1)?, Type::Comparer)?);
        }
        called.at_most(2)?;
        let linq = if called.of == Type::JsonArray { Linq::ContainsSame } else { Linq::Contains };
        Ok(called.give(linq, Type::Bool, rest))
    }

    fn ordered(&mut self, called: &Called<'_>) -> Result<Typed, Fault> {
        called.at_most(1)?;
        let (key, _) = self.lambda(called.argument(0)?, &[called.element], None)?;
        let descends = Expr::Bool(called.name.ends_with("Descending"));
        let gives = Type::sequence(called.element);
        if !called.name.starts_with("Then") {
            return Ok(called.give(Linq::Order, gives, vec![key, descends]));
        }
        let Expr::Linq(Linq::Order, _, before) = &called.source else {
            return Err(Fault::at(called.offset, format!("`{}` does not follow `OrderBy`", called.name)));
        };
        let operands: Vec<Expr> = before.iter().cloned().chain([key, descends]).collect();
        Ok((Expr::Linq(Linq::Order, gives, operands.into()), gives))
    }

    fn aggregate(&mut self, called: &Called<'_>) -> Result<Typed, Fault> {
        let of = called.element;
        called.at_most(2)?;
        if called.arguments.len() == 1 {
            let (lambda, _) = self.lambda(called.argument(0)?, &[of, of], Some(of))?;
            return Ok(called.give(Linq::Aggregate, of, vec![lambda]));
        }
        let (seed, to) = self.expression(called.argument(0)?)?;
        let (lambda, _) = self.lambda(called.argument(1)?, &[to, of], Some(to))?;
        Ok(called.give(Linq::Aggregate, to, vec![lambda, seed]))
    }

    /// A test of one element, or of an element and its place.
    fn test(&mut self, called: &Called<'_>, at: usize) -> Result<Expr, Fault> {
        called.argument(at)?;
        self.indexed(called, Some(Type::Bool)).map(|(lambda, _)| lambda)
    }

    fn indexed(&mut self, called: &Called<'_>, gives: Option<Type>) -> Result<Typed, Fault> {
        let argument = called.argument(0)?;
        match &argument.kind {
            Kind::Lambda(names, _) if names.len() == 2 => self.lambda(argument, &[called.element, Type::Int], gives),
            _ => self.lambda(argument, &[called.element], gives),
        }
    }
}
