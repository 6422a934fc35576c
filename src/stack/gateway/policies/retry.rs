//! `retry`.

use std::sync::Arc;
use std::time::Duration;

use rand::Rng as _;

use crate::policy::{Retry, Statement};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::execute::{Around, Flow, last_error};
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::server::Shared;

/// Runs the policies inside, and after them decides whether to run them again.
pub(in crate::stack::gateway) fn retry<'p>(statement: &'p Arc<Statement>, policy: &'p Retry) -> Flow<'p> {
    Flow::Enter(&policy.statements, Around::Retry(Retrying { statement, policy, done: 0 }))
}

/// A `retry` whose policies are being run.
#[derive(Debug)]
pub(in crate::stack::gateway) struct Retrying<'p> {
    statement: &'p Arc<Statement>,
    policy: &'p Retry,
    /// How often they were run again.
    done: i64,
}

impl<'p> Retrying<'p> {
    /// The policies inside.
    pub(in crate::stack::gateway) fn statements(&self) -> &'p [Arc<Statement>] {
        &self.policy.statements
    }

    /// Whether they are run again, after they were through or one of them
    /// raised; where they are, the wait before it has passed.
    pub(in crate::stack::gateway) async fn again(
        &mut self,
        shared: &Shared,
        call: &mut Call,
        raised: Option<&Raised>,
    ) -> Result<bool, Raised> {
        if raised.is_some_and(|r| r.reason == Raised::CLIENT_GONE) {
            return Ok(false);
        }
        // While the condition is evaluated, `context.LastError` is what ended
        // the attempt.
        let error = raised.map(|raised| last_error(call, raised));
        let before = std::mem::replace(&mut call.last_error, error);
        call.at = Some(Arc::clone(self.statement));
        let wanted = self.wanted(call).await;
        call.last_error = before;
        if !wanted? || self.done >= call.number(&self.policy.count)? {
            return Ok(false);
        }
        self.done += 1;
        let wait = self.wait(shared, call)?;
        call.clock.sleep(wait).await;
        Ok(true)
    }

    async fn wanted(&self, call: &mut Call) -> Result<bool, Raised> {
        if self.statement.reads.body {
            call.hold_bodies().await.map_err(|e| Raised::internal("", "ExpressionValueEvaluationFailure", e))?;
        }
        call.flag(&self.policy.condition)
    }

    /// The wait before this attempt (reference §2.7).
    fn wait(&self, shared: &Shared, call: &mut Call) -> Result<Duration, Raised> {
        if self.done == 1 && call.flag(&self.policy.first_fast_retry)? {
            return Ok(Duration::ZERO);
        }
        let interval = call.number(&self.policy.interval)? as f64;
        let delta = self.policy.delta.as_ref().map(|d| call.number(d)).transpose()?.map(|d| d as f64);
        let max = self.policy.max_interval.as_ref().map(|m| call.number(m)).transpose()?.map(|m| m as f64);
        let factor = match (delta, max) {
            (Some(_), Some(_)) => shared.random.lock().expect("nobody panics while he draws").random_range(0.8..=1.2),
            _ => 1.0,
        };
        let seconds = seconds(self.done, interval, delta.map(|d| d * factor), max);
        Ok(Duration::try_from_secs_f64(seconds.max(0.0)).unwrap_or_default())
    }
}

/// Fixed; with a delta linear; with a delta and a maximum exponential.
fn seconds(attempt: i64, interval: f64, delta: Option<f64>, max: Option<f64>) -> f64 {
    let n = attempt as f64;
    match (delta, max) {
        (None, None) => interval,
        (None, Some(max)) => interval.min(max),
        (Some(delta), None) => interval + (n - 1.0) * delta,
        (Some(delta), Some(max)) => (interval + (n.exp2() - 1.0) * delta).min(max),
    }
}

#[cfg(test)]
mod tests {
    use super::seconds;

    #[test]
    fn waits_are_fixed_linear_or_exponential() {
        let waits = |delta, max| (1..=5).map(|n| seconds(n, 2.0, delta, max)).collect::<Vec<_>>();
        assert_eq!(waits(None, None), [2.0; 5]);
        assert_eq!(waits(Some(3.0), None), [2.0, 5.0, 8.0, 11.0, 14.0]);
        assert_eq!(waits(Some(1.0), Some(20.0)), [3.0, 5.0, 9.0, 17.0, 20.0]);
        assert_eq!(waits(None, Some(1.0)), [1.0; 5]);
    }
}
