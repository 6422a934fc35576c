//! What validation policies do about what they find.

use crate::diagnose::Diagnostic;
use crate::policy::reader::Reader;
use crate::policy::statement::{Given, GivenText};

/// The words of an action.
const ACTIONS: [&str; 3] = ["ignore", "prevent", "detect"];

/// An action of this name, or an expression that gives one.
pub(super) fn action(reader: &mut Reader<'_, '_, '_>, name: &'static str) -> Option<GivenText> {
    let given = reader.text(name)?;
    #[cfg(test)]
    reader.note_words("action", &ACTIONS, given.fixed().map_or("", |word| word));
    if let Given::Fixed(word) = &given
        && !ACTIONS.contains(&&**word)
    {
        let fault = Diagnostic::error(reader.place(), format!("`{name}` has an unknown value"));
        reader.fault(fault.expected(ACTIONS.join(", ")).actual(word.to_string()));
        return None;
    }
    Some(given)
}

/// The same, which must be there.
pub(super) fn required_action(reader: &mut Reader<'_, '_, '_>, name: &'static str) -> Option<GivenText> {
    let given = action(reader, name);
    reader.required(name, given)
}

/// Children that name something and say what is done about it.
pub(super) fn exceptions(
    reader: &mut Reader<'_, '_, '_>,
    child: &'static str,
    key: &'static str,
) -> Vec<(std::sync::Arc<str>, GivenText)> {
    let children = reader.children(&[child]);
    let read = |inner: &mut Reader<'_, '_, '_>| {
        let name = inner.literal(key);
        let name = inner.required(key, name);
        let action = required_action(inner, "action");
        Some((name?, action?))
    };
    children.into_iter().filter_map(|element| reader.within(element, read)).collect()
}
