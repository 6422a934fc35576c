//! Spans as a scenario writes them.

use std::time::Duration;

/// A span in the largest unit of which it is a whole number.
pub(super) fn written(span: Duration) -> String {
    let millis = span.as_millis();
    let units = [(86_400_000, "d"), (3_600_000, "h"), (60_000, "min"), (1_000, "s")];
    match units.into_iter().find(|(length, _)| millis > 0 && millis.is_multiple_of(*length)) {
        Some((length, unit)) => format!("{} {unit}", millis / length),
        None => format!("{millis} ms"),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::clock::parse_duration;

    proptest! {
        #[test]
        fn what_is_written_reads_back(millis in 0_u64..10_000_000_000) {
            let span = Duration::from_millis(millis);
            let read = parse_duration(&written(span)).expect("a span");
            prop_assert!(read.abs_diff(span) < Duration::from_micros(1), "{read:?}");
        }
    }
}
