//! A recorded case that was played again.

use crate::check::claim::Claim;
use crate::check::{CaseSubject, Check, Finding};
use crate::contract::recorded::{RecordedCase, Told};
use crate::generate::CaseKind;
use crate::record::{Difference, told};

/// What was recorded, and what is told now.
pub(super) struct Frozen<'a> {
    pub(super) case: &'a RecordedCase,
    pub(super) now: Told,
}

/// A recorded case, where there is an answer that tells of the version.
pub(super) fn frozen<'a>(subject: &CaseSubject<'a>) -> Option<Frozen<'a>> {
    let key = &subject.run.case.key;
    if key.kind != CaseKind::Recorded {
        return None;
    }
    let contract = subject.contract;
    let case = contract.recorded.as_ref()?.cases.get(key.index as usize)?;
    Some(Frozen { case, now: told(contract, subject.run)? })
}

impl Frozen<'_> {
    /// The finding that a difference is.
    pub(super) fn finding(
        &self,
        subject: &CaseSubject<'_>,
        check: &Check,
        difference: Difference,
        does: &str,
    ) -> Finding {
        let Difference { what, at, then, now } = difference;
        let shown = subject.run.calls.first().and_then(|call| call.result());
        let title = if at == "status" { format!("{then} became {now}") } else { what.clone() };
        subject.finding(
            check,
            shown,
            Claim {
                what,
                title: format!("the frozen version {does} another way: {title}"),
                expected: format!("{then} (recorded in {}: {})", self.case.name(), self.case.tries),
                actual: if at.contains("/0") || at.contains('*') { format!("{now} (at {at})") } else { now },
                place: Some(self.case.place.clone()),
            },
        )
    }
}

#[cfg(test)]
pub(super) mod tests {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use serde_json::Value;

    use crate::check::synthetic::{Answer, Play, with_behaviour};
    use crate::contract::Contract;
    use crate::contract::recorded::{Recorded, RecordedAnswer, RecordedCase, RecordedEffect, RecordedRequest, Told};
    use crate::diagnose::Place;
    use crate::generate::{CaseKind, Expect};

    /// A contract with one recorded case.
    pub(in crate::check::lifecycle) fn recorded(status: u16, body: Value, keys: &[&str]) -> Contract {
        let effect = |key: &&str| RecordedEffect {
            operation: "update".into(),
            table: "accounts".into(),
            key: (*key).to_owned(),
            columns: serde_json::Map::new(),
        };
        let answer =
            RecordedAnswer { status, media_type: Some("application/json".into()), headers: BTreeMap::new(), body };
        let case = RecordedCase {
            operation: "submitBatch".into(),
            kind: "boundary".into(),
            index: 7,
            tries: "an edge".into(),
            request: RecordedRequest { line: "POST /".into(), digest: "00".into(), body: Value::Null },
            told: Told { answer, result: None, effects: Some(keys.iter().map(effect).collect()) },
            place: Place::file("recorded.json"),
        };
        let recorded = Recorded { file: "recorded.json".into(), seed: 1, cases: vec![case] };
        Contract { recorded: Some(Arc::new(recorded)), ..with_behaviour() }
    }

    /// The recorded case, played again.
    pub(in crate::check::lifecycle) fn played(answer: Answer) -> Play {
        Play::new(CaseKind::Recorded).call(Expect::Success).answered(answer)
    }
}
