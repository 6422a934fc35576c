//! `wait`.

use std::pin::Pin;
use std::slice;
use std::sync::Arc;

use futures_util::stream::{FuturesUnordered, StreamExt as _};

use crate::policy::{Section, Statement, Wait};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::execute::{Ended, run};
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::server::Shared;

/// A policy that runs beside others, on a copy of the call.
type Branch<'b> = Pin<Box<dyn Future<Output = (Call, Result<Ended, Raised>)> + Send + 'b>>;

/// Runs the policies inside side by side, each on a copy of the call, and takes
/// over the variables that they set. The first error is the call's.
pub(in crate::stack::gateway) async fn wait(
    shared: &Shared,
    call: &mut Call,
    policy: &Wait,
    section: Section,
) -> Result<Ended, Raised> {
    let branches = policy.statements.iter().map(|statement| branch(shared, call.beside(), statement, section));
    let mut running: FuturesUnordered<Branch<'_>> = branches.collect();
    while let Some((beside, ended)) = running.next().await {
        call.join(beside);
        if ended? == Ended::Answered {
            return Ok(Ended::Answered);
        }
        if policy.any {
            break;
        }
    }
    Ok(Ended::Through)
}

fn branch<'b>(shared: &'b Shared, mut call: Call, statement: &'b Arc<Statement>, section: Section) -> Branch<'b> {
    Box::pin(async move {
        let ended = run(shared, &mut call, slice::from_ref(statement), section).await;
        (call, ended)
    })
}
