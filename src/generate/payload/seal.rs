//! From a draft to a request on the wire, proven by reading it again.

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde_json::Value;

use super::draft::{Draft, Wish, places};
use super::pooled::within;
use super::{Aimed, OperationGenerator, items};
use crate::contract::behaviour::OnInvalid;
use crate::contract::openapi::ParameterIn;
use crate::generate::schema::SchemaGenerator;
use crate::generate::shrink::{Book, Slot};
use crate::generate::{CouldNotMake, Item, Label, Nonce, Pools};
use crate::wire::{Body, Headers, Request};

/// What surrounds a draft when it becomes a request.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sealing<'s> {
    /// The run's nonce.
    pub(crate) nonce: &'s Nonce,
    /// The case's seed: correlation ID and pool values derive from it, however
    /// the rest is drawn.
    pub(crate) seed: u64,
    /// Values that exist; none: the schema's own values stay.
    pub(crate) pools: Option<&'s Pools>,
    /// The correlation ID; none: one of the case's own.
    pub(crate) correlation: Option<&'s str>,
    /// How many values of the pools are passed over.
    pub(crate) skip: usize,
    /// Whether the aim is a violation.
    pub(crate) breaks: bool,
    /// The drafts of a case that is made smaller.
    pub(crate) book: Option<&'s Book>,
}

/// A request that is what it should be.
#[derive(Clone, Debug)]
pub(crate) struct Made {
    /// The request.
    pub(crate) request: Request,
    /// The correlation ID in it.
    pub(crate) correlation: Option<String>,
    /// What it asks to execute.
    pub(crate) items: Vec<Item>,
    /// Every keyword that fails.
    pub(crate) labels: Vec<Label>,
    /// The draft it was made from, pools filled in.
    pub(crate) draft: Draft,
}

/// How often a request is drawn anew.
const TRIES: u64 = 10;

/// A path template's literal text goes out as it is, but for what no request
/// line carries.
const TEMPLATE: &AsciiSet = &CONTROLS.add(b' ').add(b'"').add(b'<').add(b'>').add(b'#').add(b'?').add(b'`');

impl OperationGenerator {
    /// Draws, fills, writes and proves a request; draws anew a bounded number
    /// of times.
    pub(crate) fn make(&self, seed: u64, wish: &Wish<'_>, sealing: &Sealing<'_>) -> Result<Made, CouldNotMake> {
        let slot = || {
            let (operation, target) = (self.operation.id.clone(), wish.target.cloned());
            Slot { operation, seed, items: wish.items, target }
        };
        if let Some(book) = sealing.book
            && let Some(draft) = book.instead(&slot())
        {
            book.note(slot(), draft.clone());
            return self.seal(draft, wish.target, sealing);
        }
        let mut last = None;
        for attempt in 0..TRIES {
            let varied = seed.wrapping_add(attempt.wrapping_mul(0xd134_2543_de82_ef95));
            let draft = self.draft(varied, wish);
            let noted = sealing.book.and_then(|_| draft.as_ref().ok().cloned());
            match draft.and_then(|draft| self.seal(draft, wish.target, sealing)) {
                Ok(made) => {
                    if let (Some(book), Some(draft)) = (sealing.book, noted) {
                        book.note(slot(), draft);
                    }
                    return Ok(made);
                }
                Err(reason) => last = Some(reason),
            }
        }
        Err(last.unwrap_or_else(|| CouldNotMake::new(&*self.operation.id, "nothing was tried")))
    }

    /// Fills in pools, writes the request and proves it.
    pub(crate) fn seal(
        &self,
        mut draft: Draft,
        target: Option<&Aimed>,
        sealing: &Sealing<'_>,
    ) -> Result<Made, CouldNotMake> {
        self.fill_pools(&mut draft, sealing)?;
        if sealing.breaks {
            self.refuse_all(&mut draft);
        }
        let made = self.write(draft, target, sealing)?;
        self.prove(&made, target, sealing.breaks)?;
        Ok(made)
    }

    /// Where the caller says what one invalid item means, nothing is said, so
    /// that the whole call is refused.
    pub(crate) fn refuse_all(&self, draft: &mut Draft) {
        let effects = self.behaviour.as_ref().and_then(|b| b.effects.as_ref());
        let Some(OnInvalid::Caller(selector)) = effects.map(|e| &e.on_invalid) else { return };
        let hit = draft.hit.clone();
        let Some((_, body)) = &mut draft.body else { return };
        for place in places(selector, body) {
            if hit.as_ref().is_some_and(|hit| within(hit, &place)) {
                continue;
            }
            let (parent, name) = place.rsplit_once('/').unwrap_or_default();
            if let Some(Value::Object(members)) = body.pointer_mut(parent) {
                members.shift_remove(name);
            }
        }
    }

    /// Writes the request without proof.
    pub(crate) fn write(
        &self,
        draft: Draft,
        target: Option<&Aimed>,
        sealing: &Sealing<'_>,
    ) -> Result<Made, CouldNotMake> {
        let unwritable = || {
            let what = target.map_or_else(|| "what was drawn".to_owned(), |t| t.title(self));
            CouldNotMake::new(&*self.operation.id, format!("a request can't carry this: {what}"))
        };
        let (target_line, mut headers) = self.write_parameters(&draft).ok_or_else(unwritable)?;
        let correlation = self.correlate(&mut headers, sealing);
        let mut body = Body::Empty;
        if let Some((index, value)) = &draft.body {
            let generator = &self.bodies[*index];
            let content = generator.write(value, self.spelling(&draft)).ok_or_else(unwritable)?;
            headers.set("Content-Type", &*generator.media_type);
            body = Body::Bytes(content);
        }
        let value = draft.body.as_ref().map(|(_, value)| value);
        let request = Request { method: self.operation.method.clone(), target: target_line, headers, body };
        let items = if self.operation.is_safe() {
            Vec::new()
        } else {
            items::items(self.behaviour.as_deref(), &request, value)
        };
        let labels = self.labels(&draft, &request);
        Ok(Made { request, correlation, items, labels, draft })
    }

    fn correlate(&self, headers: &mut Headers, sealing: &Sealing<'_>) -> Option<String> {
        let correlation = self.behaviour.as_ref()?.correlation.as_ref()?;
        let id = sealing
            .correlation
            .map_or_else(|| sealing.nonce.identity(sealing.seed, "correlation").to_string(), str::to_owned);
        headers.set(&*correlation.header, &*id);
        Some(id)
    }

    /// The request target and the header fields; none where a value can't go
    /// where it should.
    fn write_parameters(&self, draft: &Draft) -> Option<(String, Headers)> {
        let template = utf8_percent_encode(&self.operation.path, TEMPLATE).to_string();
        let mut path = format!("{}{template}", self.base_path);
        let (mut query, mut cookies) = (Vec::new(), Vec::new());
        let mut headers = Headers::new();
        let mut names: Vec<(ParameterIn, String)> = Vec::new();
        for (parameter, value) in self.parameters.iter().zip(&draft.parameters) {
            let Some(value) = value else { continue };
            let spec = &parameter.parameter;
            let written = parameter.write(value)?;
            let mut own: Vec<(ParameterIn, String)> = written.iter().map(|(n, _)| (spec.within, n.clone())).collect();
            if own.iter().any(|name| names.contains(name)) {
                // Spread over the query, two of them could not be told apart.
                return None;
            }
            names.append(&mut own);
            match spec.within {
                ParameterIn::Path => path = path.replace(&format!("{{{}}}", spec.name), &written.first()?.1),
                ParameterIn::Query => query.extend(written.into_iter().map(|(n, v)| format!("{n}={v}"))),
                ParameterIn::Header => headers.append(&*spec.name, &*written.first()?.1),
                ParameterIn::Cookie => cookies.extend(written.into_iter().map(|(n, v)| format!("{n}={v}"))),
            }
        }
        if !cookies.is_empty() {
            headers.append("Cookie", cookies.join("; "));
        }
        if !query.is_empty() {
            path = format!("{path}?{}", query.join("&"));
        }
        (!path.contains(['{', '}'])).then_some((path, headers))
    }

    /// Every keyword that fails when the request is read again.
    fn labels(&self, draft: &Draft, request: &Request) -> Vec<Label> {
        let mut labels = Vec::new();
        let mut add = |place: &str, schema: &SchemaGenerator, value: &Value| {
            if schema.is_valid(value) {
                return;
            }
            labels.extend(schema.failing(value).into_iter().map(|f| {
                let at = match (place, f.at.as_str()) {
                    ("body", "") => "body /".to_owned(),
                    ("body", at) => format!("body {at}"),
                    (place, at) => format!("{place}{at}"),
                };
                Label { at, keyword: f.keyword }
            }));
        };
        for (parameter, value) in self.parameters.iter().zip(&draft.parameters) {
            let (Some(schema), Some(value)) = (&parameter.schema, value) else { continue };
            let read = parameter.write(value).and_then(|pairs| parameter.read(&pairs));
            if self.is_correlation(&parameter.parameter) || parameter.is_free_blank(value) {
                continue;
            }
            add(&parameter.place(), schema, &read.unwrap_or(Value::Null));
        }
        if let (Some((index, _)), Some(bytes)) = (&draft.body, request.body.bytes())
            && let Some(schema) = &self.bodies[*index].schema
        {
            let read = self.bodies[*index].read(bytes, self.spelling(draft));
            add("body", schema, &read.unwrap_or(Value::Null));
        }
        for (parameter, value) in self.parameters.iter().zip(&draft.parameters) {
            if value.is_none() && parameter.parameter.required && !self.is_correlation(&parameter.parameter) {
                labels.push(Label { at: parameter.place(), keyword: "required".to_owned() });
            }
        }
        if draft.body.is_none() && self.operation.request.as_ref().is_some_and(|r| r.required) {
            labels.push(Label { at: "body".to_owned(), keyword: "required".to_owned() });
        }
        labels
    }

    /// Whether the request is what it was meant to be.
    fn prove(&self, made: &Made, target: Option<&Aimed>, breaks: bool) -> Result<(), CouldNotMake> {
        let fault = |reason: String| Err(CouldNotMake::new(&*self.operation.id, reason));
        if !breaks {
            let most = self.behaviour.as_ref().and_then(|b| b.limits.as_ref()).and_then(|l| l.body);
            if most.is_some_and(|most| made.request.body.len() > most) {
                return fault("a conforming body is larger than `limits.body`".to_owned());
            }
            return match made.labels.first() {
                None => Ok(()),
                Some(label) => fault(format!("what was meant to conform fails {label}")),
            };
        }
        let Some(target) = target else { return Ok(()) };
        let part = match target {
            Aimed::Body(..) | Aimed::NoBody => "body".to_owned(),
            Aimed::Parameter(index, _) | Aimed::Present(index) | Aimed::Absent(index) | Aimed::Blank(index) => {
                self.parameters[*index].place()
            }
        };
        let aimed = match target {
            Aimed::Absent(_) | Aimed::Blank(_) | Aimed::NoBody => !made.labels.is_empty(),
            _ => self.aimed_label(made, target),
        };
        let astray = made.labels.iter().find(|label| !label.at.starts_with(&part));
        match (aimed, astray) {
            (true, None) => Ok(()),
            (_, Some(label)) => fault(format!("{}: something else fails, {label}", target.title(self))),
            (false, None) => fault(format!("{}: it does not fail as it should", target.title(self))),
        }
    }

    /// Whether the aimed keyword is among those that fail.
    fn aimed_label(&self, made: &Made, aimed: &Aimed) -> bool {
        let (schema, value) = match aimed {
            Aimed::Body(index, _) => {
                let value =
                    made.request.body.bytes().and_then(|b| self.bodies[*index].read(b, self.spelling(&made.draft)));
                (self.bodies[*index].schema.as_ref(), value)
            }
            Aimed::Parameter(index, _) => {
                let parameter = &self.parameters[*index];
                let value = made.draft.parameters[*index].as_ref().and_then(|v| parameter.write(v));
                (parameter.schema.as_ref(), value.and_then(|pairs| parameter.read(&pairs)))
            }
            Aimed::Present(_) | Aimed::Absent(_) | Aimed::Blank(_) | Aimed::NoBody => return false,
        };
        let (Some(schema), Some(value), Some(target)) = (schema, value, aimed.target()) else { return false };
        schema.fails_as_aimed(&value, target, made.draft.hit.as_deref().unwrap_or_default())
    }
}
