//! What is wrong with a message, and what is done about it.

use std::sync::Arc;

use http::StatusCode;
use serde_json::{Value as Json, json};

use crate::policy::{GivenText, Section};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::token::Token;
use crate::stack::gateway::value::Value;

/// What clients read where the text is none of their business.
const GENERIC: &str = "The request could not be processed due to an internal error. Contact the API owner.";

/// What is done about a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::stack::gateway) enum Act {
    /// Nothing is looked at.
    Ignore,
    /// The message is stopped.
    Prevent,
    /// The finding is kept, and the message goes on.
    Detect,
}

impl Act {
    /// What a policy wants done.
    pub(in crate::stack::gateway) fn of(call: &mut Call, given: &GivenText) -> Result<Self, Raised> {
        let word = call.text_or_empty(given)?;
        match &*word.to_ascii_lowercase() {
            "ignore" => Ok(Self::Ignore),
            "prevent" => Ok(Self::Prevent),
            "detect" => Ok(Self::Detect),
            other => {
                let text = format!("Expression evaluation failed. `{other}` is no action of a validation policy.");
                Err(Raised::internal("", "ExpressionValueEvaluationFailure", text))
            }
        }
    }
}

/// One thing that is wrong.
#[derive(Clone, Debug)]
pub(in crate::stack::gateway) struct Finding {
    /// Of what: a parameter's or a media type's name.
    pub(in crate::stack::gateway) name: String,
    /// `RequestBody`, `QueryParameter`, …
    pub(in crate::stack::gateway) kind: &'static str,
    /// `SizeLimit`, `Unspecified`, …
    pub(in crate::stack::gateway) rule: &'static str,
    /// For whoever runs the gateway.
    pub(in crate::stack::gateway) details: String,
    /// For the client; `None`: the text that says nothing.
    pub(in crate::stack::gateway) told: Option<String>,
}

/// What one policy found in one call.
#[derive(Debug)]
pub(in crate::stack::gateway) struct Verdicts<'p> {
    section: Section,
    variable: Option<&'p Arc<str>>,
    found: Vec<Json>,
    first: Option<Raised>,
}

impl<'p> Verdicts<'p> {
    pub(in crate::stack::gateway) fn new(section: Section, variable: Option<&'p Arc<str>>) -> Self {
        Self { section, variable, found: Vec::new(), first: None }
    }

    /// Whether requests are judged, not responses.
    pub(in crate::stack::gateway) fn of_request(&self) -> bool {
        self.section == Section::Inbound
    }

    /// Takes note of a finding.
    pub(in crate::stack::gateway) fn add(&mut self, act: Act, finding: Finding) {
        let action = match act {
            Act::Ignore => return,
            Act::Prevent => "prevent",
            Act::Detect => "detect",
        };
        self.found.push(json!({
            "Name": finding.name, "Type": finding.kind, "ValidationRule": finding.rule,
            "Details": finding.details, "Action": action,
        }));
        if act == Act::Prevent && self.first.is_none() {
            let (status, reason) = if self.of_request() {
                (StatusCode::BAD_REQUEST, "Bad request")
            } else {
                (StatusCode::BAD_GATEWAY, "Response not allowed")
            };
            let told = finding.told.as_deref().filter(|_| self.of_request()).unwrap_or(GENERIC);
            self.first = Some(Raised::policy(status, reason, finding.details, told));
        }
    }

    /// The API has no definition to judge by.
    pub(in crate::stack::gateway) fn add_no_definition(&mut self, act: Act) {
        let details = "API's schema does not exist or it could not be resolved.".to_owned();
        self.add(act, Finding { name: String::new(), kind: "ApiSchema", rule: "", details, told: None });
    }

    /// Keeps what was found in the variable, and raises what stops the
    /// message.
    pub(in crate::stack::gateway) fn conclude(self, call: &mut Call) -> Result<(), Raised> {
        if let (Some(variable), false) = (self.variable, self.found.is_empty()) {
            let list = Token::parse(&Json::Array(self.found).to_string());
            call.set_variable(variable, list.map_or(Value::Null, Value::Json));
        }
        self.first.map_or(Ok(()), Err)
    }
}
