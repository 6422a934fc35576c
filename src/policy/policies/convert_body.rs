//! `json-to-xml` and `xml-to-json`: a body in another notation.

use super::table::{EVERYWHERE, Emulation, PolicyKind};
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, GivenText, Section};

/// `json-to-xml` or `xml-to-json`.
#[derive(Clone, Debug)]
pub struct ConvertBody {
    /// Into what.
    pub into: Notation,
    /// Whether only a body whose media type says so is converted.
    pub by_content_type: bool,
    /// Whether the client's `Accept` must ask for it.
    pub considers_accept: Given<bool>,
    /// The member whose own members are attributes of its object's element.
    pub attribute_block: Option<GivenText>,
}

/// What a body is turned into.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notation {
    /// JSON; `direct` keeps the document's structure, `always_lists` makes a
    /// list of every child element.
    Json {
        /// `kind="direct"`.
        direct: bool,
        /// `always-array-child-elements`.
        always_lists: bool,
    },
    /// XML.
    Xml,
}

const SECTIONS: &[Section] = &[Section::Inbound, Section::Outbound, Section::OnError];

pub(super) const JSON_TO_XML: PolicyKind = PolicyKind {
    name: "json-to-xml",
    sections: SECTIONS,
    scopes: EVERYWHERE,
    emulation: Emulation::Approximated(
        "dates stay as they are written, and no namespaces are made, whatever `namespace-prefix` and `namespace-separator` say",
    ),
    compile: to_xml,
};

pub(super) const XML_TO_JSON: PolicyKind = PolicyKind {
    name: "xml-to-json",
    sections: SECTIONS,
    scopes: EVERYWHERE,
    emulation: Emulation::Approximated(
        "`javascript-friendly` takes prefixes and `@` away from names; text beside elements is lost",
    ),
    compile: to_json,
};

fn to_xml(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    let apply = reader.word("apply", &["always", "content-type-json"]);
    let apply = reader.required("apply", apply);
    let considers_accept = reader.flag("consider-accept-header").unwrap_or(Given::Fixed(true));
    // They change names and dates, which stay as they are.
    reader.flag("parse-date");
    reader.text("namespace-separator");
    reader.text("namespace-prefix");
    let attribute_block = reader.text("attribute-block-name");
    let by_content_type = apply? != "always";
    reader.reads.body = true;
    Some(Action::ConvertBody(ConvertBody { into: Notation::Xml, by_content_type, considers_accept, attribute_block }))
}

fn to_json(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    reader.children(&[]);
    let kind = reader.word("kind", &["javascript-friendly", "direct"]);
    let kind = reader.required("kind", kind);
    let apply = reader.word("apply", &["always", "content-type-xml"]);
    let apply = reader.required("apply", apply);
    let considers_accept = reader.flag("consider-accept-header").unwrap_or(Given::Fixed(true));
    let always_lists = reader.word("always-array-child-elements", &["true", "false"]) == Some("true");
    let into = Notation::Json { direct: kind? == "direct", always_lists };
    reader.reads.body = true;
    let by_content_type = apply? != "always";
    Some(Action::ConvertBody(ConvertBody { into, by_content_type, considers_accept, attribute_block: None }))
}
