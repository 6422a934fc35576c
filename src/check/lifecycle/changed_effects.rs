//! `lifecycle/changed-effects`.

use crate::check::{CaseSubject, Check, Family, Finding, Judge, Level};
use crate::generate::Need;
use crate::record::effects_differ;

use super::frozen::frozen;

pub(in crate::check) const CHECK: Check = Check {
    id: "lifecycle/changed-effects",
    family: Family::Lifecycle,
    title: "a frozen version writes as it was recorded",
    explanation: "The same as `lifecycle/changed-behaviour` for what is written: how many rows, in which table, \
        which columns, and with which values. An answer can stay the same to the byte while a name is cut or a \
        default is written that nobody asked for.",
    level: Level::Error,
    needs: &[Need::Effects],
    judge: Judge::Case(judge),
};

fn judge(subject: &CaseSubject<'_>, found: &mut Vec<Finding>) -> bool {
    let Some(frozen) = frozen(subject) else { return false };
    if frozen.case.told.effects.is_none() {
        return false;
    }
    if let Some(difference) = effects_differ(&frozen.case.told, &frozen.now) {
        found.push(frozen.finding(subject, &CHECK, difference, "writes"));
    }
    true
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::check::lifecycle::frozen::tests::{played, recorded};
    use crate::check::synthetic::answer;

    #[test]
    fn a_write_too_few_or_too_many_is_found() {
        let done = || answer(200).json(&json!({}));
        let none = recorded(200, json!({}), &[]);
        assert!(played(done()).findings(&super::CHECK, &none).is_empty());
        assert_eq!(played(done()).wrote("key-1", None).findings(&super::CHECK, &none).len(), 1);
        let one = recorded(200, json!({}), &["key-1"]);
        let found = played(done()).findings(&super::CHECK, &one);
        assert_eq!(found[0].actual, "nothing was written");
    }
}
