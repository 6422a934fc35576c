//! The pipeline: sections of effective policies, step by step.
//!
//! Policies that hold others (`choose`, `limit-concurrency`, `retry`) are levels on a stack, not
//! calls: what is around a step is plain data, and is dropped with the call
//! when its client leaves. What few calls come to is boxed: a call's future is
//! moved more than once, and is as large as the largest thing that it may wait
//! for.

use std::sync::Arc;

use http::StatusCode;

use super::answer::Answer;
use super::call::Call;
use super::counters::Inside;
use super::policies::{self, Retrying};
use super::raised::Raised;
use super::server::Shared;
use super::traces::Taken;
use crate::observe::LastError;
use crate::policy::{Action, Effective, Section, Statement};

/// How a step ends.
#[derive(Debug)]
pub(super) enum Flow<'p> {
    /// The next step follows.
    Continue,
    /// The statements inside of the policy follow.
    Enter(&'p [Arc<Statement>], Around<'p>),
    /// The answer is known already; outbound follows.
    Skip,
    /// The answer stands; nothing follows.
    End,
}

/// What is around statements until they are through, an error leaves them, or
/// the call ends.
#[derive(Debug)]
pub(super) enum Around<'p> {
    /// Nothing: they are a section or a branch.
    Nothing,
    /// The call is one of those that may be inside at once.
    Inside(#[expect(dead_code, reason = "it leaves when it is dropped")] Inside),
    /// They may be run again.
    Retry(Retrying<'p>),
}

/// How statements end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// All were run.
    Through,
    /// One had the answer kept; outbound follows.
    Known,
    /// One made the answer; nothing follows.
    Answered,
}

/// Statements that are being run, and what is around them.
struct Level<'p> {
    rest: &'p [Arc<Statement>],
    around: Around<'p>,
}

/// Runs inbound, backend and outbound; where a step raises, on-error.
pub(super) async fn pipeline(shared: &Shared, call: &mut Call, effective: &Effective) {
    let mut known = false;
    for section in [Section::Inbound, Section::Backend, Section::Outbound] {
        if known && section == Section::Backend {
            continue;
        }
        call.section = section;
        match run(shared, call, effective.section(section), section).await {
            Ok(Ended::Through) => {}
            Ok(Ended::Known) => known = true,
            Ok(Ended::Answered) => return,
            Err(raised) => return Box::pin(on_error(shared, call, effective, &raised)).await,
        }
    }
}

/// Answers a preflight request by the first `cors` policy that stands directly
/// in inbound and takes it, with an empty 200 where none does; nothing where
/// there is no such policy.
pub(super) fn preflight(call: &mut Call, effective: &Effective) -> Result<bool, Raised> {
    let mut there = false;
    for statement in effective.section(Section::Inbound).iter() {
        let Action::Cors(policy) = &statement.action else { continue };
        there = true;
        call.at = Some(Arc::clone(statement));
        if let Some(answer) = policies::preflight(call, policy)? {
            call.response = Some(answer);
            return Ok(true);
        }
    }
    if there {
        call.response = Some(Answer::new(StatusCode::OK));
    }
    Ok(there)
}

/// Has on-error make the answer to what was raised. An error in on-error
/// leaves the answer as it stands.
pub(super) async fn on_error(shared: &Shared, call: &mut Call, effective: &Effective, raised: &Raised) {
    let error = last_error(call, raised);
    call.errors.push(error.clone());
    call.last_error = Some(error);
    call.response = Some(raised.answer(call.id));
    if raised.reason == Raised::CLIENT_GONE {
        // Nobody is left to read what the API has to say about it.
        return;
    }
    if let Err(raised) = run(shared, call, effective.section(Section::OnError), Section::OnError).await {
        let error = LastError { section: Section::OnError.name().to_owned(), ..last_error(call, &raised) };
        call.errors.push(error);
    }
}

/// What `context.LastError` says of an error at the call's current step.
pub(super) fn last_error(call: &Call, raised: &Raised) -> LastError {
    let at = call.at.as_deref();
    let source = match (raised.source, at) {
        ("", Some(statement)) => statement.policy,
        (source, _) => source,
    };
    LastError {
        elapsed: call.began.elapsed().as_millis() as u64,
        source: source.to_owned(),
        reason: raised.reason.to_owned(),
        message: raised.message.clone(),
        scope: at.map_or("", |s| s.scope.name()).to_owned(),
        section: call.section.name().to_owned(),
        path: at.map_or("", |s| &s.path).to_owned(),
        policy_id: at.and_then(|s| s.id.as_deref()).unwrap_or_default().to_owned(),
    }
}

/// Runs statements with all that is inside of them.
pub(super) async fn run(
    shared: &Shared,
    call: &mut Call,
    statements: &[Arc<Statement>],
    section: Section,
) -> Result<Ended, Raised> {
    let mut open = vec![Level { rest: statements, around: Around::Nothing }];
    let mut began = call.began.elapsed();
    while let Some(level) = open.last_mut() {
        let stepped = if let Some((statement, rest)) = level.rest.split_first() {
            level.rest = rest;
            let stepped = step(shared, call, statement, section).await;
            let ended = call.began.elapsed();
            call.steps.push(Taken::new(statement, section, (began, ended), &stepped));
            began = ended;
            stepped
        } else {
            let left = through(shared, call, &mut open).await;
            began = call.began.elapsed();
            left.map(|()| Flow::Continue)
        };
        match stepped {
            Ok(Flow::Continue) => {}
            Ok(Flow::Enter(rest, around)) => open.push(Level { rest, around }),
            Ok(Flow::Skip) => return Ok(Ended::Known),
            Ok(Flow::End) => return Ok(Ended::Answered),
            Err(raised) => {
                Box::pin(recover(shared, call, &mut open, raised)).await?;
                began = call.began.elapsed();
            }
        }
    }
    Ok(Ended::Through)
}

/// Leaves the innermost level, or begins it again.
async fn through(shared: &Shared, call: &mut Call, open: &mut Vec<Level<'_>>) -> Result<(), Raised> {
    let Some(mut level) = open.pop() else { return Ok(()) };
    if let Around::Retry(retrying) = &mut level.around
        && Box::pin(retrying.again(shared, call, None)).await?
    {
        level.rest = retrying.statements();
        open.push(level);
    }
    Ok(())
}

/// Leaves levels until one takes what was raised; the error itself where none
/// does.
async fn recover(shared: &Shared, call: &mut Call, open: &mut Vec<Level<'_>>, raised: Raised) -> Result<(), Raised> {
    let at = call.at.clone();
    let error = last_error(call, &raised);
    while let Some(mut level) = open.pop() {
        let Around::Retry(retrying) = &mut level.around else { continue };
        // A condition that can't be evaluated without a response takes nothing.
        if retrying.again(shared, call, Some(&raised)).await.unwrap_or(false) {
            level.rest = retrying.statements();
            open.push(level);
            call.errors.push(error);
            return Ok(());
        }
        call.at.clone_from(&at);
    }
    Err(raised)
}

async fn step<'p>(
    shared: &Shared,
    call: &mut Call,
    statement: &'p Arc<Statement>,
    section: Section,
) -> Result<Flow<'p>, Raised> {
    call.at = Some(Arc::clone(statement));
    if statement.reads.body {
        Box::pin(call.hold_bodies()).await.map_err(|e| Raised::internal("", "ExpressionValueEvaluationFailure", e))?;
    }
    match &statement.action {
        Action::Choose(policy) => {
            let branch = policies::choose(policy, call)?;
            return Ok(branch.map_or(Flow::Continue, |branch| Flow::Enter(branch, Around::Nothing)));
        }
        Action::Cors(policy) => return policies::cors(call, policy),
        Action::MockResponse(policy) => {
            policies::mock_response(call, policy);
            return Ok(Flow::End);
        }
        Action::LimitConcurrency(policy) => {
            let inside = policies::limit_concurrency(shared, call, policy)?;
            return Ok(Flow::Enter(&policy.statements, Around::Inside(inside)));
        }
        Action::CacheLookup(policy) => {
            if policies::cache_lookup(shared, call, policy)? {
                return Ok(Flow::Skip);
            }
        }
        Action::Retry(policy) => return Ok(policies::retry(statement, policy)),
        Action::ReturnResponse(policy) => {
            policies::return_response(call, policy)?;
            return Ok(Flow::End);
        }
        Action::Wait(policy) => {
            return Ok(match Box::pin(policies::wait(shared, call, policy, section)).await? {
                Ended::Through => Flow::Continue,
                Ended::Answered => Flow::End,
                Ended::Known => Flow::Skip,
            });
        }
        action => act(shared, call, action, section).await?,
    }
    Ok(Flow::Continue)
}

/// A policy that holds no others, and after which the next one follows.
#[expect(clippy::match_same_arms, reason = "one arm a policy")]
async fn act(shared: &Shared, call: &mut Call, action: &Action, section: Section) -> Result<(), Raised> {
    match action {
        Action::AuthenticationBasic(policy) => policies::authentication_basic(call, policy)?,
        // No certificate is presented to what is mapped.
        Action::AuthenticationCertificate => {}
        Action::CacheLookupValue(policy) => policies::cache_lookup_value(shared, call, policy)?,
        Action::CacheRemoveValue(policy) => policies::cache_remove_value(shared, call, policy)?,
        Action::CacheStore(policy) => Box::pin(policies::cache_store(shared, call, policy)).await?,
        Action::CacheStoreValue(policy) => policies::cache_store_value(shared, call, policy)?,
        Action::CheckHeader(policy) => policies::check_header(call, policy)?,
        Action::ConvertBody(policy) => policies::convert_body(call, policy, section)?,
        Action::EmitMetric(policy) => policies::emit_metric(shared, call, policy)?,
        Action::FindAndReplace(policy) => policies::find_and_replace(call, policy, section)?,
        Action::ForwardRequest(policy) => policies::forward_request(shared, call, policy).await?,
        Action::IpFilter(policy) => policies::ip_filter(call, policy)?,
        Action::Ignored => {}
        Action::Jsonp(policy) => policies::jsonp(call, policy)?,
        Action::AuthorizationContext(policy) => {
            Box::pin(policies::authorization_context(shared, call, policy)).await?;
        }
        Action::ManagedIdentity(policy) => Box::pin(policies::managed_identity(shared, call, policy)).await?,
        Action::Quota(policy) => policies::quota(shared, call, policy)?,
        Action::QuotaByKey(policy) => policies::quota_by_key(shared, call, policy)?,
        Action::RateLimit(policy) => policies::rate_limit(shared, call, policy)?,
        Action::RateLimitByKey(policy) => policies::rate_limit_by_key(shared, call, policy)?,
        Action::RedirectContentUrls => policies::redirect_content_urls(call, section)?,
        Action::RewriteUri(policy) => policies::rewrite_uri(call, policy)?,
        Action::SendOneWayRequest(policy) => Box::pin(policies::send_one_way_request(shared, call, policy)).await?,
        Action::SendRequest(policy) => Box::pin(policies::send_request(shared, call, policy)).await?,
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
        Action::Unsupported(policy) => policies::unsupported(call, policy)?,
        Action::ValidateAzureAdToken(policy) => policies::validate_azure_ad_token(shared, call, policy).await?,
        Action::ValidateContent(policy) => Box::pin(policies::validate_content(call, policy, section)).await?,
        Action::ValidateHeaders(policy) => policies::validate_headers(call, policy, section)?,
        Action::ValidateJwt(policy) => policies::validate_jwt(shared, call, policy).await?,
        Action::ValidateParameters(policy) => policies::validate_parameters(call, policy)?,
        Action::ValidateStatusCode(policy) => policies::validate_status_code(call, policy, section)?,
        Action::CacheLookup(_)
        | Action::Choose(_)
        | Action::Cors(_)
        | Action::LimitConcurrency(_)
        | Action::MockResponse(_)
        | Action::Retry(_)
        | Action::ReturnResponse(_)
        | Action::Wait(_) => {
            unreachable!("these lead elsewhere than to the next step")
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What a future returns, without running it.
    fn size<'f, F: Future>(_: impl FnOnce(&'f Shared, &'f mut Call, &'f Effective) -> F) -> usize {
        size_of::<F>()
    }

    /// A call's future is moved by the HTTP library: a policy that makes it
    /// large makes every call dear. Box what few calls come to.
    #[test]
    fn a_calls_future_is_small() {
        let size = size(pipeline);
        assert!(size <= 1600, "{size} bytes");
        assert!(size_of::<Result<Flow<'_>, Raised>>() <= 128, "{}", size_of::<Result<Flow<'_>, Raised>>());
    }
}
