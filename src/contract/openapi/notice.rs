//! What is worth telling of a document, in bounds.

use std::collections::HashMap;

use crate::diagnose::{Diagnostic, Diagnostics, Place, Severity};

/// Notices of one kind that are told one by one.
const MOST: usize = 12;

/// Tells the first notices of each kind, and of the others how many there
/// are: one habit of a large document must not hide everything else.
pub(super) fn brief(notices: Diagnostics) -> Diagnostics {
    if notices.len() <= MOST {
        return notices;
    }
    let mut counts: HashMap<String, (usize, Severity, Place)> = HashMap::new();
    let mut order = Vec::new();
    let mut kept = Diagnostics::new();
    for notice in &notices {
        let kind = kind(&notice.what);
        let new = (0, notice.severity, notice.place.clone());
        let (count, ..) = counts.entry(kind.clone()).or_insert_with(|| {
            order.push(kind);
            new
        });
        *count += 1;
        if *count <= MOST {
            kept.push(notice.clone());
        }
    }
    for kind in order {
        let (count, severity, place) = &counts[&kind];
        if *count > MOST {
            let what = format!("{} more of: {kind}", count - MOST);
            kept.push(Diagnostic { severity: *severity, ..Diagnostic::notice(place.clone(), what) });
        }
    }
    kept
}

/// A text without what it quotes.
fn kind(what: &str) -> String {
    let parts = what.split('`').enumerate();
    parts.map(|(index, part)| if index % 2 == 1 { "`\u{2026}`" } else { part }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_habit_is_told_once() {
        let mut notices = Diagnostics::new();
        for n in 0..100 {
            notices.push(Diagnostic::warning(Place::file("a.yaml"), format!("unknown key `k{n}` in a schema")));
        }
        notices.push(Diagnostic::notice(Place::file("a.yaml"), "webhooks are not tested"));
        let brief = brief(notices);
        assert_eq!(brief.len(), MOST + 2);
        assert!(brief.to_string().contains("88 more of: unknown key `\u{2026}` in a schema"), "{brief}");
    }
}
