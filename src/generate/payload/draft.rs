//! A request as values, before it is written.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::Value;

use super::{Aimed, OperationGenerator};
use crate::contract::behaviour::Selector;
use crate::generate::CouldNotMake;
use crate::generate::schema::{Ask, Medium, Target};

/// A request as values.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    /// One for each parameter of the operation.
    pub(crate) parameters: Vec<Option<Value>>,
    /// Which media type, and the value.
    pub(crate) body: Option<(usize, Value)>,
    /// Where the target was met in its value.
    pub(crate) hit: Option<String>,
    /// The parameter that is aimed at.
    pub(crate) aimed: Option<usize>,
}

/// What is wanted of a draft.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Wish<'t> {
    /// What it is aimed at.
    pub(crate) target: Option<&'t Aimed>,
    /// How many elements the outermost list of the body has.
    pub(crate) items: Option<usize>,
    /// Whether lists lead on to the target at their last element.
    pub(crate) last: bool,
    /// Whether optional parameters are left out.
    pub(crate) plain: bool,
    /// Which of the operation's samples it is: the examples of the document,
    /// then each media type.
    pub(crate) sample: Option<usize>,
    /// Which of the media types its body has; none: any.
    pub(crate) media: Option<usize>,
}

/// How often a parameter is drawn until its value can be written.
const DRAWS: u64 = 6;

impl OperationGenerator {
    /// Draws a request.
    pub(crate) fn draft(&self, seed: u64, wish: &Wish<'_>) -> Result<Draft, CouldNotMake> {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let mut hit = None;
        let mut parameters = Vec::with_capacity(self.parameters.len());
        for index in 0..self.parameters.len() {
            parameters.push(self.draw_parameter(index, &mut rng, wish, &mut hit)?);
        }
        let body = self.draw_body(&mut rng, wish, &mut hit)?;
        let aimed = match wish.target {
            Some(Aimed::Parameter(index, _) | Aimed::Blank(index)) => Some(*index),
            _ => None,
        };
        let mut draft = Draft { parameters, body, hit, aimed };
        if wish.target.is_none() {
            self.keep_item_limits(&mut draft);
        }
        Ok(draft)
    }

    fn draw_parameter(
        &self,
        index: usize,
        rng: &mut ChaCha8Rng,
        wish: &Wish<'_>,
        hit: &mut Option<String>,
    ) -> Result<Option<Value>, CouldNotMake> {
        let parameter = &self.parameters[index];
        let (seed, odds) = (rng.random(), rng.random_bool(0.5));
        let (there, target): (bool, Option<&Target>) = match wish.target {
            Some(Aimed::Present(i) | Aimed::Blank(i)) if *i == index => (true, None),
            Some(Aimed::Absent(i)) if *i == index => (false, None),
            Some(Aimed::Parameter(i, target)) if *i == index => (true, Some(target)),
            _ if wish.sample.is_some() && !parameter.examples.is_empty() => (true, None),
            _ => (parameter.parameter.required || (odds && !wish.plain), None),
        };
        if !there {
            return Ok(None);
        }
        if matches!(wish.target, Some(Aimed::Blank(i)) if *i == index) {
            return Ok(Some(Value::String(String::new())));
        }
        if let Some(example) = wish.sample.and_then(|n| cycled(&parameter.examples, n)) {
            return Ok(Some(example));
        }
        let Some(schema) = &parameter.schema else { return Ok(Some(Value::String("any".to_owned()))) };
        let ask = Ask { seed, medium: parameter.medium(), items: None, target, last: wish.last };
        if target.is_some() {
            let drawn = schema.draw(ask).ok_or_else(|| schema.out_of_reach(target))?;
            *hit = drawn.hit;
            return Ok(Some(drawn.value));
        }
        // Not every value of a schema can go where the parameter goes.
        let seeds = (0..DRAWS).map(|n: u64| seed.wrapping_add(n.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        let mut drawn = seeds.filter_map(|seed| schema.draw(Ask { seed, ..ask })).map(|drawn| drawn.value);
        let needed = parameter.parameter.required || matches!(wish.target, Some(Aimed::Present(i)) if *i == index);
        match drawn.find(|value| parameter.write(value).is_some()) {
            None if needed => Err(schema.out_of_reach(None)),
            value => Ok(value),
        }
    }

    fn draw_body(
        &self,
        rng: &mut ChaCha8Rng,
        wish: &Wish<'_>,
        hit: &mut Option<String>,
    ) -> Result<Option<(usize, Value)>, CouldNotMake> {
        let Some(request) = &self.operation.request else { return Ok(None) };
        let (seed, odds, pick) = (rng.random(), rng.random_range(0..16), rng.random_range(0..usize::MAX));
        let (index, target) = match wish.target {
            Some(Aimed::Body(index, target)) => (*index, Some(target)),
            Some(Aimed::NoBody) => return Ok(None),
            _ if wish.sample.is_some() => return Ok(self.sampled(wish.sample.unwrap_or_default(), seed)),
            _ if self.bodies.is_empty() || (!request.required && odds == 0) => return Ok(None),
            _ => (wish.media.unwrap_or(if odds < 12 { 0 } else { pick % self.bodies.len() }), None),
        };
        let body = &self.bodies[index];
        if target.is_none() && wish.items.is_none() && odds == 1 && !body.examples.is_empty() {
            return Ok(Some((index, body.examples[pick % body.examples.len()].clone())));
        }
        let Some(schema) = &body.schema else { return Ok(Some((index, body.anything()))) };
        let ask = Ask { seed, medium: Medium::Any, items: wish.items, target, last: wish.last };
        let drawn = schema.draw(ask).ok_or_else(|| schema.out_of_reach(target))?;
        if target.is_some() {
            *hit = drawn.hit;
        }
        Ok(Some((index, drawn.value)))
    }

    /// The body of a sample.
    fn sampled(&self, sample: usize, seed: u64) -> Option<(usize, Value)> {
        let examples: Vec<(usize, &Value)> =
            self.bodies.iter().enumerate().flat_map(|(i, b)| b.examples.iter().map(move |e| (i, e))).collect();
        if sample < self.examples() && !examples.is_empty() {
            let (index, example) = examples[sample % examples.len()];
            return Some((index, example.clone()));
        }
        let index = sample.saturating_sub(self.examples()) % self.bodies.len().max(1);
        let body = self.bodies.get(index)?;
        let Some(schema) = &body.schema else { return Some((index, body.anything())) };
        let drawn = schema.draw(Ask { seed, medium: Medium::Any, items: None, target: None, last: false });
        drawn.map(|drawn| (index, drawn.value))
    }

    /// How many samples the document's examples make.
    pub(crate) fn examples(&self) -> usize {
        let bodies: usize = self.bodies.iter().map(|body| body.examples.len()).sum();
        self.parameters.iter().map(|p| p.examples.len()).max().unwrap_or(0).max(bodies)
    }

    /// Cuts lists that the schema allows to be longer than `limits.items`.
    fn keep_item_limits(&self, draft: &mut Draft) {
        let Some((_, body)) = &mut draft.body else { return };
        let limits = self.behaviour.as_ref().and_then(|b| b.limits.as_ref());
        for (selector, most) in limits.iter().flat_map(|l| &l.items) {
            for place in places(selector, body) {
                if let Some(Value::Array(items)) = body.pointer_mut(&place) {
                    items.truncate(*most as usize);
                }
            }
        }
    }
}

/// The places in a value that a `body` selector leads to, as JSON Pointers.
pub(crate) fn places(selector: &Selector, value: &Value) -> Vec<String> {
    let Selector::Body(path) = selector else { return Vec::new() };
    let mut found: Vec<(String, &Value)> = vec![(String::new(), value)];
    for token in path.iter().filter(|token| path.len() > 1 || !token.is_empty()) {
        found = found
            .into_iter()
            .flat_map(|(at, value)| -> Vec<(String, &Value)> {
                match (value, token.as_str()) {
                    (Value::Array(items), "*") => {
                        items.iter().enumerate().map(|(i, item)| (format!("{at}/{i}"), item)).collect()
                    }
                    (Value::Array(items), index) => index
                        .parse::<usize>()
                        .ok()
                        .and_then(|i| items.get(i).map(|item| (format!("{at}/{i}"), item)))
                        .into_iter()
                        .collect(),
                    (value, name) => {
                        value.get(name).map(|v| (format!("{at}/{}", escape(name)), v)).into_iter().collect()
                    }
                }
            })
            .collect();
    }
    found.into_iter().map(|(at, _)| at).collect()
}

fn cycled(examples: &[Value], index: usize) -> Option<Value> {
    (!examples.is_empty()).then(|| examples[index % examples.len()].clone())
}

fn escape(name: &str) -> String {
    name.replace('~', "~0").replace('/', "~1")
}
