//! Refusals of changes to tables. Codes are the platform's where they are
//! known from the field: `0x80044363`, `0x80047013`, `0x8004f01f`.

use super::super::error::Refusal;

pub(super) fn missing(name: &str) -> Refusal {
    Refusal::new(400, "0x80040203", format!("Required field '{name}' is missing"))
}

pub(super) fn wrong(why: impl Into<String>) -> Refusal {
    Refusal::new(400, "0x80040203", why)
}

pub(super) fn no_name(name: &str) -> Refusal {
    let text = format!(
        "The schema name '{name}' is invalid. It must begin with a customization prefix such as 'new_' and have at most \
         128 letters, digits and underscores."
    );
    Refusal::new(400, "0x8004701e", text)
}

/// Another table, relationship or choice has the name.
pub(super) fn taken(what: &str, name: &str) -> Refusal {
    let text = format!("The {what} schema name {name} is not unique: an object with the same name already exists.");
    Refusal::new(400, "0x80044363", text)
}

/// The table has a column of this name.
pub(super) fn column_taken(name: &str, logical: &str) -> Refusal {
    let text = format!("An attribute with the specified name {name} already exists for entity {logical}.");
    Refusal::new(400, "0x80047013", text)
}

/// Others need what is to be deleted.
pub(super) fn in_use(what: &str, name: &str, others: usize) -> Refusal {
    let text = format!(
        "The {what}({name}) component cannot be deleted because it is referenced by {others} other components. For a \
         list of referenced components, use the RetrieveDependenciesForDeleteRequest."
    );
    Refusal::new(400, "0x8004f01f", text)
}

/// What the files describe stays.
pub(super) fn of_the_files(what: &str, name: &str) -> Refusal {
    let text =
        format!("The {what} '{name}' is one of mocks/dataverse: this mock deletes only what was made while it runs.");
    Refusal::new(400, "0x8004f01e", text)
}

/// The kind of a column that is there stays.
pub(super) fn other_kind(name: &str, is: &str) -> Refusal {
    wrong(format!("The type of the attribute '{name}' can't be changed: it is {is}."))
}
