//! What each keyword demands of a value that breaks it.

use std::rc::Rc;

use serde_json::{Value, json};

use super::expand::{Alternative, Expansion, Step};
use super::facts::{ARRAY, ContainsRule, Demand, EVERY, Frames, Lit, NUMBER, OBJECT, STRING, types_in};
use super::format;
use super::keyword::{contains_counts, size};
use super::source::LocId;

impl<'r> Expansion<'_, 'r> {
    /// The ways to break one keyword of a schema; none where it can't be
    /// broken. The frame is the one that the schema opened, where it is kept
    /// otherwise.
    pub(super) fn deny(&mut self, loc: LocId, keyword: &str, frame: Option<u32>) -> Vec<Alternative<'r>> {
        let Some((keyword, value)) = self.source.schema(loc).as_object().and_then(|map| map.get_key_value(keyword))
        else {
            return Vec::new();
        };
        let keyword = keyword.as_str();
        if let Some(ways) = scalar(keyword, value) {
            return ways;
        }
        match keyword {
            "properties"
            | "patternProperties"
            | "additionalProperties"
            | "propertyNames"
            | "dependentRequired"
            | "dependentSchemas"
            | "dependencies"
            | "required" => self.deny_object(loc, keyword, value),
            "prefixItems" | "items" | "contains" | "minContains" | "maxContains" => {
                self.deny_array(loc, keyword, value)
            }
            "unevaluatedProperties" | "unevaluatedItems" => self.deny_unevaluated(loc, keyword, value, frame),
            _ => self.deny_combination(loc, keyword, value),
        }
    }

    fn deny_object(&mut self, loc: LocId, keyword: &'r str, value: &'r Value) -> Vec<Alternative<'r>> {
        let demand = |demand: Demand<'r>| vec![Step::Types(OBJECT), Step::Demand(demand)];
        match keyword {
            "required" => {
                let names = value.as_array().into_iter().flatten().filter_map(Value::as_str);
                names.map(|name| vec![Step::Types(OBJECT), Step::Absent(name)]).collect()
            }
            "properties" => {
                let members = self.members(loc, keyword, value).into_iter();
                members.map(|(name, s)| vec![Step::Present(name), Step::Property(name, Lit::Not(s))]).collect()
            }
            "patternProperties" => {
                let members = self.members(loc, keyword, value).into_iter();
                members.map(|(pattern, s)| demand(Demand::Matching(pattern, Lit::Not(s)))).collect()
            }
            "additionalProperties" => {
                let lit = Lit::Not(self.source.child(loc, &[keyword], value));
                vec![demand(Demand::Beside(self.rest(loc, lit)))]
            }
            "propertyNames" => vec![demand(Demand::Name(Lit::Not(self.source.child(loc, &[keyword], value))))],
            _ => {
                let mut ways = Vec::new();
                for (name, member) in value.as_object().into_iter().flatten() {
                    if let Value::Array(names) = member {
                        let names = names.iter().filter_map(Value::as_str);
                        ways.extend(names.map(|other| vec![Step::Present(name), Step::Absent(other)]));
                    } else {
                        let schema = self.source.child(loc, &[keyword, name], member);
                        ways.push(vec![Step::Present(name), Step::Lit(Lit::Not(schema), no_frames())]);
                    }
                }
                ways
            }
        }
    }

    fn deny_array(&mut self, loc: LocId, keyword: &'r str, value: &'r Value) -> Vec<Alternative<'r>> {
        let element = |index: usize, schema: LocId| vec![Step::Types(ARRAY), Step::Element(index, Lit::Not(schema))];
        match keyword {
            "prefixItems" => {
                let children = self.children(loc, keyword, value).into_iter().enumerate();
                children.map(|(index, schema)| element(index, schema)).collect()
            }
            "items" => {
                let rule = self.list_rule(loc);
                rule.rest.into_iter().map(|rest| element(rule.prefix.len(), rest)).collect()
            }
            _ => {
                let schema = self.source.schema(loc);
                let Some(contains) = schema.get("contains") else { return Vec::new() };
                let (min, max) = contains_counts(schema);
                let loc = self.source.child(loc, &["contains"], contains);
                let rule = |min: usize, max: Option<usize>| {
                    vec![Step::Types(ARRAY), Step::Contains(ContainsRule { loc, min, max })]
                };
                let few = (min > 0 && keyword != "maxContains").then(|| rule(0, Some(min - 1)));
                let many = max.filter(|_| keyword != "minContains").map(|max| rule(max + 1, None));
                // `minContains` is spoken of once, with `contains`, where a
                // whole schema is broken.
                few.into_iter().chain(many).collect()
            }
        }
    }

    fn deny_unevaluated(
        &mut self,
        loc: LocId,
        keyword: &'r str,
        value: &'r Value,
        frame: Option<u32>,
    ) -> Vec<Alternative<'r>> {
        let lit = Lit::Not(self.source.child(loc, &[keyword], value));
        let own = frame.unwrap_or_else(|| self.open_frame());
        let mut way = match keyword {
            "unevaluatedItems" => vec![Step::Types(ARRAY), Step::Demand(Demand::UnevaluatedItem(own, lit))],
            _ => vec![Step::Types(OBJECT), Step::Demand(Demand::Unevaluated(own, lit))],
        };
        if frame.is_none() {
            way.push(Step::But(loc, keyword, Rc::from([own])));
        }
        vec![way]
    }

    fn deny_combination(&mut self, loc: LocId, keyword: &'r str, value: &'r Value) -> Vec<Alternative<'r>> {
        let is = |loc: LocId| Step::Lit(Lit::Is(loc), no_frames());
        let not = |loc: LocId| Step::Lit(Lit::Not(loc), no_frames());
        match keyword {
            "$ref" | "$dynamicRef" => self.target(loc, keyword, value).into_iter().map(|t| vec![not(t)]).collect(),
            "allOf" => self.children(loc, keyword, value).into_iter().map(|child| vec![not(child)]).collect(),
            "anyOf" => vec![self.children(loc, keyword, value).into_iter().map(not).collect()],
            "oneOf" => {
                let branches = self.children(loc, keyword, value);
                let pairs =
                    branches.iter().enumerate().flat_map(|(i, a)| branches[i + 1..].iter().map(move |b| (*a, *b)));
                let mut ways: Vec<Alternative<'r>> = pairs.map(|(a, b)| vec![is(a), is(b)]).collect();
                ways.push(branches.iter().map(|branch| not(*branch)).collect());
                ways
            }
            "not" => vec![vec![is(self.source.child(loc, &[keyword], value))]],
            "if" => {
                let schema = self.source.schema(loc);
                let condition = self.source.child(loc, &[keyword], value);
                let then = schema.get("then").map(|s| self.source.child(loc, &["then"], s));
                let other = schema.get("else").map(|s| self.source.child(loc, &["else"], s));
                let kept = then.map(|then| vec![is(condition), not(then)]);
                kept.into_iter().chain(other.map(|other| vec![not(condition), not(other)])).collect()
            }
            _ => Vec::new(),
        }
    }
}

fn no_frames() -> Frames {
    Rc::from([])
}

/// How keywords are broken that need no other schema.
fn scalar<'r>(keyword: &'r str, value: &'r Value) -> Option<Vec<Alternative<'r>>> {
    let limit =
        |types, keyword: &'static str, value: Value| vec![vec![Step::Types(types), Step::Limit(keyword, value)]];
    let below = |types, keyword: &'static str| {
        size(value).filter(|n| *n > 0).map(|n| limit(types, keyword, json!(n - 1))).unwrap_or_default()
    };
    let above =
        |types, keyword: &'static str| size(value).map(|n| limit(types, keyword, json!(n + 1))).unwrap_or_default();
    let text = |step: fn(&'r str) -> Step<'r>| {
        value.as_str().map(|t| vec![vec![Step::Types(STRING), step(t)]]).unwrap_or_default()
    };
    Some(match keyword {
        "type" => vec![vec![Step::Types(EVERY & !types_in(value))]],
        "const" => vec![vec![Step::Exclude(value)]],
        "enum" => vec![value.as_array().into_iter().flatten().map(Step::Exclude).collect()],
        "minimum" => limit(NUMBER, "exclusiveMaximum", value.clone()),
        "maximum" => limit(NUMBER, "exclusiveMinimum", value.clone()),
        "exclusiveMinimum" => limit(NUMBER, "maximum", value.clone()),
        "exclusiveMaximum" => limit(NUMBER, "minimum", value.clone()),
        "multipleOf" => vec![vec![Step::Types(NUMBER), Step::OffMultiple(value)]],
        "minLength" => below(STRING, "maxLength"),
        "maxLength" => above(STRING, "minLength"),
        "minItems" => below(ARRAY, "maxItems"),
        "maxItems" => above(ARRAY, "minItems"),
        "minProperties" => below(OBJECT, "maxProperties"),
        "maxProperties" => above(OBJECT, "minProperties"),
        "pattern" => text(Step::OffPattern),
        "format" if value.as_str().is_some_and(format::is_known) => text(Step::OffFormat),
        "uniqueItems" if *value == Value::Bool(true) => vec![vec![Step::Types(ARRAY), Step::Repeated]],
        "format" | "uniqueItems" => Vec::new(),
        _ => return None,
    })
}
