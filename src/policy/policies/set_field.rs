//! `set-header` and `set-query-parameter`: a named field takes values.

use super::table::{ANYWHERE, EVERYWHERE, Emulation, INBOUND, PolicyKind};
use crate::diagnose::Diagnostic;
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, GivenText};

/// `set-header` or `set-query-parameter`.
#[derive(Clone, Debug)]
pub struct SetField {
    /// The field's name.
    pub name: GivenText,
    /// What happens where the field is there.
    pub exists: Exists,
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

pub(super) const HEADER: PolicyKind = PolicyKind {
    name: "set-header",
    sections: ANYWHERE,
    scopes: EVERYWHERE,
    emulation: Emulation::Emulated,
    compile: header,
};

pub(super) const QUERY_PARAMETER: PolicyKind = PolicyKind {
    name: "set-query-parameter",
    sections: INBOUND,
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

fn field(reader: &mut Reader<'_, '_, '_>) -> Option<SetField> {
    let children = reader.children(&["value"]);
    let values = reader.values(children);
    let exists = match reader.word("exists-action", &["override", "skip", "append", "delete"]) {
        Some("skip") => Exists::Skip,
        Some("append") => Exists::Append,
        Some("delete") => Exists::Delete,
        _ => Exists::Override,
    };
    let name = reader.text("name");
    let name = reader.required("name", name)?;
    if values.is_empty() && exists != Exists::Delete {
        let fault = Diagnostic::error(reader.place(), format!("`{}` has no value", reader.element.name));
        reader.fault(fault.expected("`<value>…</value>`, or `exists-action=\"delete\"`"));
    }
    Some(SetField { name, exists, values })
}
