//! Refusals as the settings have them, where sources tell two ways (reference
//! A5, A9).

use super::super::error::Refusal;
use super::super::schema::Conduct;

/// The version, and the existence, that a condition asked for.
const CONDITIONAL: [&str; 2] = ["0x80060882", "0x80040237"];

impl Conduct {
    /// The refusal of a write as this environment tells it.
    pub(super) fn spelled(&self, refusal: Refusal) -> Refusal {
        let inserted = refusal == Refusal::duplicate_id();
        match refusal.code {
            "0x80060892" if self.plugin_duplicates => by_plugin(&refusal),
            "0x80040333" => Refusal { status: self.detection_status, ..refusal },
            "0x80040237" if inserted => Refusal { status: self.duplicate_status, ..refusal },
            code if self.empty_conditional_codes && CONDITIONAL.contains(&code) => Refusal { code: "", ..refusal },
            "0x80040217" if self.empty_conditional_codes => Refusal { code: "", ..refusal },
            _ => refusal,
        }
    }
}

/// A duplicate of an alternate key as a nested operation tells it.
fn by_plugin(refusal: &Refusal) -> Refusal {
    let message = refusal.message.as_str();
    let key = message.strip_prefix("Entity Key ").and_then(|rest| rest.split(" violated.").next()).unwrap_or_default();
    let columns = message.split("the same value for ").nth(1).and_then(|rest| rest.split(" already exists").next());
    let columns = columns.unwrap_or_default();
    let text = format!(
        "An error occurred in plugin. A record that has the attribute values {columns} already exists. The entity key \
         {key} requires that this set of attributes contains unique values. Select unique values and try again"
    );
    Refusal::new(400, "0x80040265", text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_spellings_are_told() {
        let hex = Conduct::default();
        for refusal in [Refusal::stale(), Refusal::duplicate_id(), Refusal::duplicate_key("k", "a, b")] {
            assert_eq!(hex.spelled(refusal.clone()), refusal);
        }
        let other = Conduct {
            empty_conditional_codes: true,
            plugin_duplicates: true,
            duplicate_status: 409,
            ..Conduct::default()
        };
        assert_eq!((other.spelled(Refusal::stale()).status, other.spelled(Refusal::stale()).code), (412, ""));
        assert_eq!(other.spelled(Refusal::exists()).code, "");
        let twice = other.spelled(Refusal::duplicate_id());
        assert_eq!((twice.status, twice.code), (409, "0x80040237"));
        let key = other.spelled(Refusal::duplicate_key("new_number", "number"));
        let text = "An error occurred in plugin. A record that has the attribute values number already exists. The entity \
                    key new_number requires";
        assert_eq!((key.status, key.code), (400, "0x80040265"));
        assert!(key.message.starts_with(text), "{}", key.message);
    }
}
