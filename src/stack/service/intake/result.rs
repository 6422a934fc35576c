//! What the caller is told: made from the file and how far each line has come,
//! so that the same call hears the same again.

use serde::Serialize;

use super::super::problem::Answer;
use super::super::route::Contract;
use super::line::Reason;
use super::submit::RowState;
use super::table::Line;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileV1<'a> {
    file_id: &'a str,
    accepted: usize,
    rejected: Vec<RejectedLine>,
}

#[derive(Serialize)]
struct RejectedLine {
    line: usize,
    column: &'static str,
    reason: Reason,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FileV2<'a> {
    file_id: &'a str,
    accepted: usize,
    rejected: usize,
    rows: Vec<RowOutcome>,
}

#[derive(Serialize)]
struct RowOutcome {
    line: usize,
    outcome: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    column: Option<&'static str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<Reason>,
}

/// The answer about a file that is done.
pub(super) fn done(contract: Contract, file_id: &str, lines: &[Line], rows: &[RowState]) -> Answer {
    let taken = lines.iter().filter(|line| line.content.is_ok()).count();
    if contract != Contract::TabularIntakeV2 {
        let rejected = |line: &Line| {
            let rejection = line.content.as_ref().err()?;
            Some(RejectedLine { line: line.number, column: rejection.column, reason: rejection.reason })
        };
        let rejected = lines.iter().filter_map(rejected).collect();
        return Answer::json(200, &FileV1 { file_id, accepted: taken, rejected });
    }
    let outcome = |(line, row): (&Line, &RowState)| {
        let rejection = line.content.as_ref().err();
        let outcome = match (rejection, row) {
            (Some(_), _) => "rejected",
            (None, RowState::Known) => "already_known",
            (None, _) => "accepted",
        };
        RowOutcome {
            line: line.number,
            outcome,
            column: rejection.map(|r| r.column),
            reason: rejection.map(|r| r.reason),
        }
    };
    let rows: Vec<RowOutcome> = lines.iter().zip(rows).map(outcome).collect();
    let accepted = rows.iter().filter(|row| row.outcome == "accepted").count();
    Answer::json(200, &FileV2 { file_id, accepted, rejected: lines.len() - taken, rows })
}
