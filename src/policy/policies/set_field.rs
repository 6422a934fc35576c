//! `set-header` and `set-query-parameter`: a named field takes values.

use super::table::{ANYWHERE, EVERYWHERE, Emulation, PolicyKind};
use crate::diagnose::Diagnostic;
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, GivenText, Section};

/// `set-header` or `set-query-parameter`.
#[derive(Clone, Debug)]
pub struct SetField {
    /// The field's name.
    pub name: GivenText,
    /// What happens where the field is there.
    pub exists: Given<Exists>,
    /// Its values; a value that is null is left out.
    pub values: Vec<GivenText>,
}

/// What happens where the field is there already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exists {
    /// The values replace those that are there.
    Override,
    /// Nothing is changed.
    Skip,
    /// The values are added.
    Append,
    /// The field is removed.
    Delete,
}

impl Exists {
    const WORDS: [&'static str; 4] = ["override", "skip", "append", "delete"];

    /// The action of a name.
    pub fn parse(name: &str) -> Option<Self> {
        let at = Self::WORDS.iter().position(|w| w.eq_ignore_ascii_case(name.trim()))?;
        Some([Self::Override, Self::Skip, Self::Append, Self::Delete][at])
    }
}

pub(super) const HEADER: PolicyKind = PolicyKind {
    name: "set-header",
    sections: ANYWHERE,
    scopes: EVERYWHERE,
    emulation: Emulation::Emulated,
    compile: header,
};

pub(super) const QUERY_PARAMETER: PolicyKind = PolicyKind {
    name: "set-query-parameter",
    sections: &[Section::Inbound, Section::Backend, Section::OnError],
    scopes: EVERYWHERE,
    emulation: Emulation::Emulated,
    compile: query_parameter,
};

/// Fields that belong to the connection and can't be set.
const OF_THE_CONNECTION: [&str; 4] = ["connection", "content-length", "keep-alive", "transfer-encoding"];

fn header(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let field = field(reader)?;
    if let Some(name) = field.name.fixed().filter(|n| OF_THE_CONNECTION.contains(&&*n.to_ascii_lowercase())) {
        let fault = Diagnostic::error(reader.place(), format!("header field `{name}` can't be changed"));
        reader.fault(fault.hint("it belongs to the connection"));
    }
    Some(Action::SetHeader(field))
}

fn query_parameter(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    field(reader).map(Action::SetQueryParameter)
}

/// What is done where the field is there: a word, or an expression that gives
/// one.
fn exists(reader: &mut Reader<'_, '_, '_>) -> Given<Exists> {
    if reader.element.attribute("exists-action").is_some_and(|a| a.value.is_expression()) {
        return match reader.text("exists-action") {
            Some(Given::Expression(expression)) => Given::Expression(expression),
            _ => Given::Fixed(Exists::Override),
        };
    }
    let word = reader.word("exists-action", &Exists::WORDS).unwrap_or_default();
    Given::Fixed(Exists::parse(word).unwrap_or(Exists::Override))
}

fn field(reader: &mut Reader<'_, '_, '_>) -> Option<SetField> {
    let children = reader.children(&["value"]);
    let has_none = children.is_empty();
    let values = reader.values(children);
    let exists = exists(reader);
    let name = reader.text("name");
    let name = reader.required("name", name)?;
    let deletes = exists.fixed().is_none_or(|e| *e == Exists::Delete);
    if has_none && !deletes {
        let fault = Diagnostic::error(reader.place(), format!("`{}` has no value", reader.element.name));
        reader.fault(fault.expected("`<value>…</value>`, or `exists-action=\"delete\"`"));
    }
    Some(SetField { name, exists, values })
}
