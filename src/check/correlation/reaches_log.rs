//! `correlation/reaches-log`.

use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;
use crate::wire::Tier;

pub(in crate::check) const CHECK: Check = Check {
    id: "correlation/reaches-log",
    family: Family::Correlation,
    title: "the service logs the correlation ID",
    explanation: "With `correlation.log: <member>`, each call that the service answered left a line in its log (JSON) \
        whose member of that name holds the call's correlation ID. Where it does not, the chain from a flow run over \
        the gateway's row to what was written breaks in the middle: whoever is called at night finds both ends and not \
        why. An ID that leaks from one call into the line of another shows here too, since the other has no line.",
    level: Level::Error,
    needs: &[Need::Behaviour, Need::ServiceLog],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(behaviour) = subject.behaviour() else { return false };
    let Some(correlation) = behaviour.correlation.as_ref() else { return false };
    let Some(member) = correlation.log.as_deref() else { return false };
    let mut concerned = false;
    for (call, run) in subject.calls() {
        for exchange in run.exchanges.iter().chain(&run.polls) {
            let answered = exchange.response().is_some() && exchange.tier == Some(Tier::Service);
            let sent = exchange.request.headers.get(&correlation.header).filter(|_| answered);
            // Lines are looked up by the IDs that the case knows of.
            let Some(id) = sent.filter(|id| call.correlation.as_deref() == Some(id)) else { continue };
            concerned = true;
            let told = |line: &crate::observe::LogLine| line.field(member).is_some_and(|v| v.eq_ignore_ascii_case(id));
            if subject.run.log.iter().any(told) {
                continue;
            }
            let elsewhere = subject.run.log.iter().find(|line| line.texts().any(|text| text.eq_ignore_ascii_case(id)));
            let actual = match elsewhere {
                Some(_) => format!("lines hold the ID, and none of them in `{member}`"),
                None => "no line holds the ID".to_owned(),
            };
            found.push(subject.finding(
                &CHECK,
                Some(exchange),
                Claim {
                    what: "missing".to_owned(),
                    title: format!(
                        "the service's log does not hold the correlation ID of a call to {}",
                        call.operation
                    ),
                    expected: format!("a line with \"{member}\": \"{id}\""),
                    actual,
                    place: Some(behaviour.place("/correlation/log")),
                },
            ));
            return true;
        }
    }
    concerned
}

#[cfg(test)]
mod tests {
    use crate::check::synthetic::{ID, OTHER_ID, Play, answer, with};
    use crate::generate::{CaseKind, Expect};
    use crate::observe::LogLine;
    use crate::wire::Tier;

    fn line(member: &str, id: &str) -> LogLine {
        LogLine::parse(&format!(r#"{{"message":"answered","{member}":"{id}"}}"#)).expect("a line")
    }

    fn findings(lines: &[LogLine]) -> Vec<crate::check::Finding> {
        let contract = with(|behaviour| {
            let correlation = behaviour.correlation.as_mut().expect("it has one");
            correlation.log = Some("correlation_id".to_owned());
        });
        let mut play = Play::new(CaseKind::Conforming).call(Expect::Success);
        play = play.answered(answer(200).tier(Tier::Service));
        for line in lines {
            play = play.told(line.clone());
        }
        play.findings(&super::CHECK, &contract)
    }

    #[test]
    fn a_line_under_the_promised_member_is_enough() {
        assert!(findings(&[line("correlation_id", OTHER_ID), line("correlation_id", ID)]).is_empty());
    }

    #[test]
    fn no_line_another_id_and_another_member_are_found() {
        assert!(findings(&[])[0].actual.contains("no line"));
        assert_eq!(findings(&[line("correlation_id", OTHER_ID)]).len(), 1);
        assert!(findings(&[line("request", ID)])[0].actual.contains("none of them in `correlation_id`"));
    }
}
