//! The pipeline: sections of effective policies, step by step.

use std::sync::Arc;

use super::call::Call;
use super::policies;
use super::raised::Raised;
use super::server::Shared;
use crate::observe::LastError;
use crate::policy::{Action, Effective, Section, Statement};

/// How a step or a section ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Flow {
    /// The next step follows.
    Continue,
    /// The answer stands; nothing follows.
    End,
}

/// Runs inbound, backend and outbound; where a step raises, on-error.
pub(super) async fn pipeline(shared: &Shared, call: &mut Call, effective: &Effective) {
    for section in [Section::Inbound, Section::Backend, Section::Outbound] {
        match run(shared, call, effective, section).await {
            Ok(Flow::Continue) => {}
            Ok(Flow::End) => return,
            Err(raised) => return on_error(shared, call, effective, &raised).await,
        }
    }
}

/// Has on-error make the answer to what was raised. An error in on-error
/// leaves the answer as it stands.
pub(super) async fn on_error(shared: &Shared, call: &mut Call, effective: &Effective, raised: &Raised) {
    let at = call.at.take();
    let source = match (raised.source, &at) {
        ("", Some(statement)) => statement.policy,
        (source, _) => source,
    };
    call.last_error = Some(LastError {
        source: source.to_owned(),
        reason: raised.reason.to_owned(),
        message: raised.message.clone(),
        scope: at.as_ref().map_or("", |s| s.scope.name()).to_owned(),
        section: call.section.name().to_owned(),
        path: at.as_ref().map_or("", |s| &s.path).to_owned(),
        policy_id: at.as_ref().and_then(|s| s.id.as_deref()).unwrap_or_default().to_owned(),
    });
    call.response = Some(raised.answer(call.id));
    if raised.reason == Raised::CLIENT_GONE {
        // Nobody is left to read what the API has to say about it.
        return;
    }
    let _ = run(shared, call, effective, Section::OnError).await;
}

/// Runs one section. Branches of `choose` are walked without recursion.
async fn run(shared: &Shared, call: &mut Call, effective: &Effective, section: Section) -> Result<Flow, Raised> {
    if section != Section::OnError {
        call.section = section;
    }
    let mut open: Vec<&[Arc<Statement>]> = vec![effective.section(section)];
    while let Some(statements) = open.last_mut() {
        let Some((statement, rest)) = statements.split_first() else {
            open.pop();
            continue;
        };
        *statements = rest;
        call.at = Some(Arc::clone(statement));
        if statement.reads.body {
            call.hold_bodies().await.map_err(|e| Raised::internal("", "ExpressionValueEvaluationFailure", e))?;
        }
        match &statement.action {
            Action::Choose(choose) => {
                if let Some(branch) = policies::choose(choose, call)? {
                    open.push(branch);
                }
            }
            action => {
                if step(shared, call, action, section).await? == Flow::End {
                    return Ok(Flow::End);
                }
            }
        }
    }
    Ok(Flow::Continue)
}

async fn step(shared: &Shared, call: &mut Call, action: &Action, section: Section) -> Result<Flow, Raised> {
    match action {
        Action::ForwardRequest(policy) => policies::forward_request(shared, call, policy).await?,
        Action::ValidateJwt(policy) => policies::validate_jwt(shared, call, policy).await?,
        Action::ManagedIdentity(policy) => policies::managed_identity(shared, call, policy).await?,
        Action::ReturnResponse(policy) => {
            policies::return_response(call, policy)?;
            return Ok(Flow::End);
        }
        Action::CheckHeader(policy) => policies::check_header(call, policy)?,
        Action::RateLimitByKey(policy) => policies::rate_limit_by_key(shared, call, policy)?,
        Action::QuotaByKey(policy) => policies::quota_by_key(shared, call, policy)?,
        Action::RewriteUri(policy) => policies::rewrite_uri(call, policy)?,
        Action::SetBackendService(policy) => policies::set_backend_service(shared, call, policy)?,
        Action::SetBody(policy) => policies::set_body(call, policy, section)?,
        Action::SetHeader(policy) => policies::set_header(call, policy, section)?,
        Action::SetMethod(policy) => policies::set_method(call, policy)?,
        Action::SetQueryParameter(policy) => policies::set_query_parameter(call, policy)?,
        Action::SetStatus(policy) => policies::set_status(call, policy)?,
        Action::SetVariable(policy) => {
            let value = call.value(&policy.value)?;
            call.set_variable(&policy.name, value);
        }
        Action::Trace(policy) => policies::trace(call, policy)?,
        Action::Unsupported(name) => policies::unsupported(call, name),
        Action::Choose(_) => unreachable!("the section walks branches itself"),
    }
    Ok(Flow::Continue)
}
