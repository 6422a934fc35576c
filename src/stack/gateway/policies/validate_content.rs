//! `validate-content`.

use std::sync::Arc;

use http::header::{CONTENT_LENGTH, CONTENT_TYPE};
use jsonschema::Validator;
use serde_json::Value as Json;

use crate::contract::openapi::{MediaType, SchemaRef};
use crate::policy::{ContentRule, Section, TypeCondition, ValidateContent};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::validation::{Act, Definition, Finding, Verdicts, described};
use crate::stack::gateway::value::Side;

/// Judges the body of the request or of the response.
pub(in crate::stack::gateway) async fn validate_content(
    call: &mut Call,
    policy: &ValidateContent,
    section: Section,
) -> Result<(), Raised> {
    let side = if section == Section::Inbound { Side::Request } else { Side::Response };
    let mut verdicts = Verdicts::new(section, policy.errors.as_ref());
    judge(call, policy, side, &mut verdicts).await?;
    verdicts.conclude(call)
}

async fn judge(
    call: &mut Call,
    policy: &ValidateContent,
    side: Side,
    verdicts: &mut Verdicts<'_>,
) -> Result<(), Raised> {
    let sent = content_type(call, side);
    let exceeded = Act::of(call, &policy.size_exceeded)?;
    let limit = u64::try_from(call.number(&policy.max_size)?).unwrap_or(0);
    if let Some(declared) = declared_length(call, side).filter(|length| *length > limit && exceeded != Act::Ignore) {
        verdicts.add(exceeded, too_large(side, declared, limit));
        return Ok(());
    }
    if side == Side::Request && call.body.is_none() {
        return Ok(());
    }
    call.hold_bodies().await.map_err(|e| Raised::internal("", "ExpressionValueEvaluationFailure", e))?;
    let body = call.read_body(side, true).unwrap_or_default();
    if body.is_empty() {
        return Ok(());
    }
    if body.len() as u64 > limit && exceeded != Act::Ignore {
        verdicts.add(exceeded, too_large(side, body.len() as u64, limit));
        return Ok(());
    }
    let kind = mapped(call, policy, sent)?;
    by_type(call, policy, (side, &kind, &body), verdicts)
}

/// Finds who speaks of the media type, and what he says.
fn by_type(
    call: &mut Call,
    policy: &ValidateContent,
    (side, kind, body): (Side, &str, &str),
    verdicts: &mut Verdicts<'_>,
) -> Result<(), Raised> {
    let definition = call.operation.as_ref().and_then(|o| o.definition.clone());
    let declared = definition.as_deref().and_then(|d| declared(call, d, side, kind)).cloned();
    let named = |rule: &&ContentRule| rule.media_type.as_deref().is_some_and(|t| essence(t).eq_ignore_ascii_case(kind));
    let general = |rule: &&ContentRule| rule.media_type.is_none() && declared.is_some();
    let Some(rule) = policy.contents.iter().find(named).or_else(|| policy.contents.iter().find(general)) else {
        if declared.is_none() {
            let act = Act::of(call, &policy.unspecified)?;
            verdicts.add(act, unspecified(side, kind));
        }
        return Ok(());
    };
    let act = Act::of(call, &rule.action)?;
    if act == Act::Ignore {
        return Ok(());
    }
    let (name, validator) = match &rule.schema {
        Some((name, validator)) => (name.to_string(), Arc::clone(validator)),
        None => match of_definition(definition.as_deref(), declared.as_ref(), rule, side) {
            Ok(Some(found)) => found,
            Ok(None) => return Ok(()),
            Err(name) => {
                match definition {
                    None => verdicts.add_no_definition(act),
                    Some(_) => verdicts.add(act, missing_definition(side, kind, &name)),
                }
                return Ok(());
            }
        },
    };
    let judged = Judged { side, kind, body, name: &name };
    if let Some(finding) = judged.finding(&validator, rule) {
        verdicts.add(act, finding);
    }
    Ok(())
}

/// The schema of the API's definition; `None` where it has none for the type,
/// and the name of one that can't be used.
fn of_definition(
    definition: Option<&Definition>,
    declared: Option<&MediaType>,
    rule: &ContentRule,
    side: Side,
) -> Result<Option<(String, Arc<Validator>)>, String> {
    let (Some(definition), Some(declared)) = (definition, declared) else { return Err(String::new()) };
    let schema: &SchemaRef = match &declared.schema {
        Some(schema) => schema,
        None => return Ok(None),
    };
    let request = side == Side::Request;
    let name = definition.name(schema, request);
    match definition.validator(schema, request, rule.adjustment) {
        Ok(validator) => Ok(Some((name, validator))),
        Err(_) => Err(name),
    }
}

/// What the definition says of a media type of the request, or of the response
/// that the call has.
fn declared<'d>(call: &Call, definition: &'d Definition, side: Side, kind: &str) -> Option<&'d MediaType> {
    let operation = &definition.operation;
    let kind = kind.to_ascii_lowercase();
    match side {
        Side::Request => operation.request.as_ref()?.content.iter().find(|m| m.name == kind || m.name == "*/*"),
        Side::Response => operation.response(call.response.as_ref()?.status.as_u16())?.media_type(&kind),
    }
}

fn content_type(call: &Call, side: Side) -> String {
    let value = call.headers(side).and_then(|h| h.get(CONTENT_TYPE)).and_then(|v| v.to_str().ok());
    essence(value.unwrap_or_default()).to_owned()
}

/// A media type without its parameters.
fn essence(media_type: &str) -> &str {
    media_type.split(';').next().unwrap_or_default().trim()
}

fn declared_length(call: &Call, side: Side) -> Option<u64> {
    call.headers(side)?.get(CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// The media type that a body is judged as.
fn mapped(call: &mut Call, policy: &ValidateContent, sent: String) -> Result<String, Raised> {
    for (condition, to) in &policy.mapped {
        let holds = match condition {
            TypeCondition::From(from) => essence(from).eq_ignore_ascii_case(&sent),
            TypeCondition::When(when) => call.flag(when)?,
        };
        if holds {
            return Ok(essence(to).to_owned());
        }
    }
    let other = if sent.is_empty() { policy.missing_type.as_ref() } else { None };
    Ok(other.or(policy.any_type.as_ref()).map_or(sent, |to| essence(to).to_owned()))
}

fn kind_of(side: Side) -> &'static str {
    match side {
        Side::Request => "RequestBody",
        Side::Response => "ResponseBody",
    }
}

fn word_of(side: Side) -> &'static str {
    match side {
        Side::Request => "request",
        Side::Response => "response",
    }
}

fn too_large(side: Side, size: u64, limit: u64) -> Finding {
    let whose = if side == Side::Request { "Request's" } else { "Response's" };
    let text = |limit_words: &str| {
        format!("{whose} body is {size} bytes long and it exceeds the {limit_words} of {limit} bytes.")
    };
    Finding {
        name: String::new(),
        kind: kind_of(side),
        rule: "SizeLimit",
        details: text("configured limit"),
        told: Some(text("limit")),
    }
}

fn unspecified(side: Side, kind: &str) -> Finding {
    let details = format!("Unspecified content type {kind} is not allowed.");
    let told = Some(details.clone());
    Finding { name: kind.to_owned(), kind: kind_of(side), rule: "Unspecified", details, told }
}

fn missing_definition(side: Side, kind: &str, name: &str) -> Finding {
    let details =
        format!("API's schema does not contain definition {name}, which is associated with the content type {kind}.");
    Finding { name: kind.to_owned(), kind: kind_of(side), rule: "MissingDefinition", details, told: None }
}

/// A body before its schema.
struct Judged<'b> {
    side: Side,
    kind: &'b str,
    body: &'b str,
    name: &'b str,
}

impl Judged<'_> {
    fn finding(&self, validator: &Validator, rule: &ContentRule) -> Option<Finding> {
        let (kind, word) = (self.kind, word_of(self.side));
        let value = match serde_json::from_str::<Json>(self.body) {
            Ok(value) => rule.adjustment.body(value),
            Err(why) => {
                let details = format!("Body of the {word} cannot be validated for the content type {kind}.\n\n{why}");
                let rule = "ValidationException";
                return Some(Finding { name: kind.to_owned(), kind: kind_of(self.side), rule, details, told: None });
            }
        };
        let error = validator.iter_errors(&value).next()?;
        let why = described(&error, self.body);
        let details = format!(
            "Body of the {word} does not conform to the definition {}, which is associated with the content type {kind}.\n\n{why}",
            self.name
        );
        let told = Some(details.clone());
        Some(Finding { name: kind.to_owned(), kind: kind_of(self.side), rule: "IncorrectMessage", details, told })
    }
}
