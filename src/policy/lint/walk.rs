//! Walking through statements with all that is inside of them.

use std::sync::{Arc, LazyLock};

use regex::Regex;

use crate::policy::statement::{Action, Given, GivenText, Statement, Statements};

/// A statement, and under which conditions it is reached.
#[derive(Clone, Debug)]
pub(super) struct Step<'s> {
    pub(super) statement: &'s Statement,
    /// The conditions of the branches that it stands in, as they are written.
    pub(super) conditions: Vec<&'s str>,
}

/// Statements inside of a statement, with the condition of each branch;
/// `None` where one is always entered.
fn inside(action: &Action) -> Vec<(Option<&str>, &Statements)> {
    match action {
        Action::Choose(choose) => {
            let branches = choose.branches.iter().map(|(condition, inner)| (Some(written(condition)), inner));
            branches.chain(choose.otherwise.iter().map(|inner| (Some("otherwise"), inner))).collect()
        }
        Action::LimitConcurrency(limit) => vec![(None, &limit.statements)],
        Action::Retry(retry) => vec![(None, &retry.statements)],
        Action::Wait(wait) => vec![(None, &wait.statements)],
        Action::ReturnResponse(answer) => vec![(None, &answer.children)],
        _ => Vec::new(),
    }
}

/// A condition as it is written; a fixed one is empty.
fn written(condition: &Given<bool>) -> &str {
    match condition {
        Given::Fixed(_) => "",
        Given::Expression(expression) => &expression.text,
    }
}

/// All statements, each before what is inside of it.
pub(super) fn steps(statements: &[Arc<Statement>]) -> Vec<Step<'_>> {
    let mut found = Vec::new();
    let mut open: Vec<Step<'_>> =
        statements.iter().rev().map(|statement| Step { statement, conditions: Vec::new() }).collect();
    while let Some(step) = open.pop() {
        for (condition, inner) in inside(&step.statement.action).into_iter().rev() {
            let conditions: Vec<&str> = step.conditions.iter().copied().chain(condition).collect();
            open.extend(inner.iter().rev().map(|s| Step { statement: s, conditions: conditions.clone() }));
        }
        found.push(step);
    }
    found
}

/// Whether every call that gets through the statements has met one of these,
/// whatever conditions hold; a branch that makes the answer lets no call
/// through.
pub(super) fn always(statements: &[Arc<Statement>], wanted: &dyn Fn(&Statement) -> bool) -> bool {
    statements.iter().any(|statement| {
        wanted(statement)
            || match &statement.action {
                Action::ReturnResponse(_) => true,
                Action::Choose(choose) => {
                    let otherwise = choose.otherwise.as_ref().is_some_and(|inner| always(inner, wanted));
                    otherwise && choose.branches.iter().all(|(_, inner)| always(inner, wanted))
                }
                Action::LimitConcurrency(limit) => always(&limit.statements, wanted),
                Action::Retry(retry) => always(&retry.statements, wanted),
                _ => false,
            }
    })
}

/// Whether a token is validated here.
pub(super) fn validates_token(statement: &Statement) -> bool {
    matches!(statement.action, Action::ValidateJwt(_) | Action::ValidateAzureAdToken(_))
}

/// Whether calls in a window are counted here.
pub(super) fn limits_rate(statement: &Statement) -> bool {
    statement.policy.starts_with("rate-limit")
}

/// Whether calls in a period are counted here.
pub(super) fn limits_quota(statement: &Statement) -> bool {
    statement.policy.starts_with("quota")
}

/// Given text as it is written.
pub(super) fn text(given: &GivenText) -> &str {
    match given {
        Given::Fixed(text) => text,
        Given::Expression(expression) => &expression.text,
    }
}

/// The header fields of the request that an expression reads, by name.
pub(super) fn headers_read(expression: &str) -> Vec<String> {
    static READ: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"Request\s*\.\s*Headers\s*(?:\.\s*\w+\s*\(|\[)\s*"([^"]+)""#).expect("a pattern")
    });
    READ.captures_iter(expression).map(|found| found[1].to_owned()).collect()
}

/// The variables that an expression reads, by name.
pub(super) fn variables_read(expression: &str) -> Vec<String> {
    static READ: LazyLock<Regex> = LazyLock::new(|| {
        Regex::new(r#"Variables\s*(?:\.\s*\w+\s*(?:<[^>]*>)?\s*\(|\[)\s*"([^"]+)""#).expect("a pattern")
    });
    READ.captures_iter(expression).map(|found| found[1].to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_an_expression_reads_is_found() {
        let text = r#"@(context.Request.Headers.GetValueOrDefault("X-A", "") + context.Request.Headers["X-B"][0]
            + (string)context.Variables["c"] + context.Variables.GetValueOrDefault<string>("d"))"#;
        assert_eq!(headers_read(text), ["X-A", "X-B"]);
        assert_eq!(variables_read(text), ["c", "d"]);
    }
}
