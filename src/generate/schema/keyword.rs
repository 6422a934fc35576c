//! What each keyword demands of a value that keeps it.

use serde_json::Value;

use super::expand::{Alternative, Expansion, Step, Way};
use super::facts::{ContainsRule, Cover, Frames, Lit, types_in};
use super::source::LocId;

/// Keywords that bound a number, a length or a count.
pub(super) const LIMITS: [&str; 11] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "multipleOf",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
];

/// `minContains` and `maxContains` beside a `contains`.
pub(super) fn contains_counts(schema: &Value) -> (usize, Option<usize>) {
    let count = |keyword: &str| schema.get(keyword).and_then(size);
    (count("minContains").unwrap_or(1), count("maxContains"))
}

/// A count as it may stand in a schema: `2` or `2.0`.
pub(super) fn size(value: &Value) -> Option<usize> {
    value.as_u64().or_else(|| value.as_f64().filter(|f| *f >= 0.0).map(|f| f as u64)).map(|v| v as usize)
}

impl<'r> Expansion<'_, 'r> {
    /// Takes one keyword of a schema that must hold.
    pub(super) fn keyword(
        &mut self,
        way: &mut Way<'r>,
        loc: LocId,
        (keyword, value): (&'r str, &'r Value),
        frames: &Frames,
    ) {
        if let Some(limit) = LIMITS.iter().find(|l| **l == keyword) {
            way.facts.limit(limit, value.clone());
            way.facts.said.push(limit);
            return;
        }
        let facts = &mut way.facts;
        let text = value.as_str();
        match keyword {
            "type" => {
                facts.types &= types_in(value);
                facts.typed = true;
            }
            "const" => facts.only("const", vec![value]),
            "enum" => facts.only("enum", value.as_array().into_iter().flatten().collect()),
            "pattern" => {
                facts.patterns.extend(text.filter(|t| !facts.patterns.contains(t)));
                facts.said.push("pattern");
            }
            "format" => {
                facts.formats.extend(text.filter(|t| !facts.formats.contains(t)));
                facts.said.push("format");
            }
            "uniqueItems" => facts.unique |= *value == Value::Bool(true),
            "required" => {
                facts.required.extend(value.as_array().into_iter().flatten().filter_map(Value::as_str));
            }
            "prefixItems" | "items" | "contains" => self.array(way, loc, (keyword, value), frames),
            "properties"
            | "patternProperties"
            | "additionalProperties"
            | "propertyNames"
            | "dependentRequired"
            | "dependentSchemas"
            | "dependencies" => self.object(way, loc, (keyword, value), frames),
            _ => self.combination(way, loc, (keyword, value), frames),
        }
    }

    fn array(&mut self, way: &mut Way<'r>, loc: LocId, (keyword, value): (&'r str, &'r Value), frames: &Frames) {
        let schema = self.source.schema(loc);
        match keyword {
            "items" => {
                let rule = self.list_rule(loc);
                way.facts.lists.push(rule);
                way.facts.covers.push((frames.clone(), Cover::AllItems));
                if *value == Value::Bool(false) {
                    way.facts.said.push("items");
                }
            }
            "prefixItems" => {
                let rule = self.list_rule(loc);
                way.facts.covers.push((frames.clone(), Cover::Prefix(rule.prefix.len())));
                if schema.get("items").is_none() {
                    way.facts.lists.push(rule);
                }
            }
            _ => {
                let (min, max) = contains_counts(schema);
                let loc = self.source.child(loc, &["contains"], value);
                way.facts.covers.push((frames.clone(), Cover::Items(loc)));
                if min > 0 || max.is_some() {
                    way.facts.contains.push(ContainsRule { loc, min, max });
                }
            }
        }
    }

    fn object(&mut self, way: &mut Way<'r>, loc: LocId, (keyword, value): (&'r str, &'r Value), frames: &Frames) {
        match keyword {
            "properties" => {
                for (name, schema) in self.members(loc, keyword, value) {
                    way.facts.properties.push((name, Lit::Is(schema)));
                    way.facts.covers.push((frames.clone(), Cover::Name(name)));
                }
            }
            "patternProperties" => {
                for (pattern, schema) in self.members(loc, keyword, value) {
                    way.facts.patterned.push((pattern, Lit::Is(schema)));
                    way.facts.covers.push((frames.clone(), Cover::Pattern(pattern)));
                }
            }
            "additionalProperties" => {
                let lit = Lit::Is(self.source.child(loc, &[keyword], value));
                let rest = self.rest(loc, lit);
                way.facts.rests.push(rest);
                way.facts.covers.push((frames.clone(), Cover::AllNames));
                if *value == Value::Bool(false) {
                    way.facts.said.push("additionalProperties");
                }
            }
            "propertyNames" => {
                let lit = Lit::Is(self.source.child(loc, &[keyword], value));
                way.facts.names.push(lit);
            }
            _ => {
                for (name, member) in value.as_object().into_iter().flatten() {
                    let mut there: Alternative<'r> = vec![Step::Present(name)];
                    if let Value::Array(names) = member {
                        there.extend(names.iter().filter_map(Value::as_str).map(Step::Present));
                    } else {
                        let schema = self.source.child(loc, &[keyword, name], member);
                        there.push(Step::Lit(Lit::Is(schema), frames.clone()));
                    }
                    way.choices.push(vec![vec![Step::Absent(name)], there]);
                }
            }
        }
    }

    fn combination(&mut self, way: &mut Way<'r>, loc: LocId, (keyword, value): (&'r str, &'r Value), frames: &Frames) {
        let is = |loc: LocId| Step::Lit(Lit::Is(loc), frames.clone());
        let not = |loc: LocId| Step::Lit(Lit::Not(loc), frames.clone());
        match keyword {
            "$ref" | "$dynamicRef" => match self.target(loc, keyword, value) {
                Some(target) => way.todo.push(is(target)),
                None => way.dead = true,
            },
            "allOf" => way.todo.extend(self.children(loc, keyword, value).into_iter().map(is)),
            "anyOf" | "oneOf" => {
                let branches = self.children(loc, keyword, value);
                // Breaking one branch says nothing while another one holds.
                let alone = keyword == "oneOf" || self.twist.is_some();
                let alternatives = branches.iter().enumerate().map(|(index, branch)| {
                    let others = branches.iter().enumerate().filter(|(i, _)| alone && *i != index);
                    std::iter::once(is(*branch)).chain(others.map(|(_, other)| not(*other))).collect()
                });
                way.choices.push(alternatives.collect());
            }
            "not" => {
                let schema = self.source.child(loc, &[keyword], value);
                way.todo.push(not(schema));
            }
            "if" => {
                let schema = self.source.schema(loc);
                let condition = self.source.child(loc, &[keyword], value);
                let mut branch = |name: &str| schema.get(name).map(|s| is(self.source.child(loc, &[name], s)));
                let (then, other) = (branch("then"), branch("else"));
                // Alone it only evaluates.
                if then.is_some() || other.is_some() || !frames.is_empty() {
                    let kept = std::iter::once(is(condition)).chain(then).collect();
                    let failed = std::iter::once(not(condition)).chain(other).collect();
                    way.choices.push(vec![kept, failed]);
                }
            }
            _ => {}
        }
    }
}
