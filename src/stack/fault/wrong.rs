//! What is wrong with a fault that somebody wrote.

use crate::diagnose::closest;
use crate::wire::FieldFault;

/// All that is wrong with a fault's text, for people: what was probably meant
/// first, then what there is.
pub fn wrong_fault(faults: &[FieldFault]) -> String {
    let lines = faults.iter().map(|fault| {
        let word = fault.what.split('`').nth(1).unwrap_or_default();
        match closest(word, fault.choices.iter().copied()) {
            Some(near) => format!("{}; did you mean `{near}`?\n  Expected {}", fault.what, fault.expected),
            None => format!("{}: expected {}", fault.what, fault.expected),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::wire::FaultPlan;

    #[test]
    fn the_nearest_word_comes_first_and_lines_fit_a_terminal() {
        let told = wrong_fault(&FaultPlan::parse("deadlok,tabel=accounts,share=2").expect_err("wrong"));
        assert!(told.starts_with("unknown kind `deadlok`; did you mean `deadlock`?\n  Expected one of\n"), "{told}");
        assert!(told.contains("unknown field `tabel`; did you mean `table`?\n"), "{told}");
        assert!(told.contains("`share: 2` can't be read: expected a number from 0 to 1"), "{told}");
        let lists = told.lines().filter(|line| line.starts_with("    "));
        assert!(lists.clone().count() > 10 && lists.into_iter().all(|line| line.chars().count() <= 80), "{told}");
        let far = wrong_fault(&FaultPlan::parse("earthquake").expect_err("wrong"));
        assert!(far.starts_with("unknown kind `earthquake`: expected one of\n    server"), "{far}");
    }
}
