//! `correlation/reaches-rows`.

use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::{Need, Via};
use crate::observe::GatewayRow;

pub(in crate::check) const CHECK: Check = Check {
    id: "correlation/reaches-rows",
    family: Family::Correlation,
    title: "the gateway logs the correlation ID",
    explanation: "Each call that the gateway answered has a row in `ApiManagementGatewayLogs` whose logged request \
        header fields hold its correlation ID. Azure's own `CorrelationId` of that table is the gateway's request id, \
        which no flow knows.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::GatewayRows],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(correlation) = behaviour.correlation.as_ref() else { return false };
    let mut concerned = false;
    for (call, run) in subject.calls().filter(|(call, _)| call.via == Via::Gateway) {
        for exchange in run.exchanges.iter().chain(&run.polls).filter(|e| e.response().is_some()) {
            let sent = exchange.request.headers.get(&correlation.header);
            // Rows are looked up by the IDs that the case knows of.
            let Some(id) = sent.filter(|id| call.correlation.as_deref() == Some(id)) else { continue };
            concerned = true;
            if subject.run.rows.iter().any(|row| logs(row, &correlation.header, id)) {
                continue;
            }
            found.push(subject.finding(
                &CHECK,
                Some(exchange),
                Claim {
                    what: "missing".to_owned(),
                    title: format!(
                        "the gateway's log does not hold the correlation ID of a call to {}",
                        call.operation
                    ),
                    expected: format!("a row with {}: {id} among its request header fields", correlation.header),
                    actual: format!("no such row among {} of this case", subject.run.rows.len()),
                    place: Some(behaviour.place("/correlation")),
                },
            ));
            return true;
        }
    }
    concerned
}

fn logs(row: &GatewayRow, header: &str, id: &str) -> bool {
    row.request_headers.iter().any(|(name, value)| name.eq_ignore_ascii_case(header) && value.eq_ignore_ascii_case(id))
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{ID, OTHER_ID, Play, answer, with_behaviour};
    use crate::generate::{CaseKind, Expect};

    #[test]
    fn a_missing_row_is_found() {
        let play = || Play::new(CaseKind::Conforming).call(Expect::Success).answered(answer(200));
        let contract = with_behaviour();
        assert_eq!(play().findings(&super::CHECK, &contract).len(), 1);
        assert_eq!(play().logged(OTHER_ID).findings(&super::CHECK, &contract).len(), 1);
        assert!(play().logged(ID).findings(&super::CHECK, &contract).is_empty());
    }
}
