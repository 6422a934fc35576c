//! What is wrong with a fault that somebody wrote.

use crate::diagnose::closest;
use crate::wire::FieldFault;

/// All that is wrong with a fault's text, for people.
pub fn wrong_fault(faults: &[FieldFault]) -> String {
    let lines = faults.iter().map(|fault| {
        let word = fault.what.split('`').nth(1).unwrap_or_default();
        let near = closest(word, fault.choices.iter().copied());
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        format!("{}: expected {}{near}", fault.what, fault.expected)
    });
    lines.collect::<Vec<_>>().join("\n")
}
