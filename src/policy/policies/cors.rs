//! `cors`: answers preflight requests and lets origins read answers.

use super::table::{EVERYWHERE, Emulation, INBOUND, PolicyKind};
use crate::diagnose::Diagnostic;
use crate::policy::element::Element;
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, GivenText};

/// `cors`.
#[derive(Clone, Debug)]
pub struct Cors {
    /// Whether credentials may be sent.
    pub allow_credentials: Given<bool>,
    /// Whether what does not match is answered at once, with an empty 200.
    pub terminate_unmatched: Given<bool>,
    /// Origins, or `*`.
    pub origins: Vec<GivenText>,
    /// Methods, or `*`; none: GET and POST.
    pub methods: Vec<GivenText>,
    /// How long a preflight's result may be kept, in seconds.
    pub max_age: Given<i64>,
    /// Request header fields, or `*`.
    pub headers: Vec<GivenText>,
    /// Response header fields that scripts may read.
    pub expose: Vec<GivenText>,
}

pub(super) const KIND: PolicyKind =
    PolicyKind { name: "cors", sections: INBOUND, scopes: EVERYWHERE, emulation: Emulation::Emulated, compile };

#[expect(clippy::unnecessary_wraps, reason = "every policy has the same shape")]
fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let allow_credentials = reader.flag("allow-credentials").unwrap_or(Given::Fixed(false));
    let terminate_unmatched = reader.flag("terminate-unmatched-request").unwrap_or(Given::Fixed(true));
    let mut cors = Cors {
        allow_credentials,
        terminate_unmatched,
        origins: Vec::new(),
        methods: Vec::new(),
        max_age: Given::Fixed(0),
        headers: Vec::new(),
        expose: Vec::new(),
    };
    for element in reader.children(&["allowed-origins", "allowed-methods", "allowed-headers", "expose-headers"]) {
        match &*element.name {
            "allowed-origins" => cors.origins = listed(reader, element, "origin"),
            "allowed-headers" => cors.headers = listed(reader, element, "header"),
            "expose-headers" => cors.expose = listed(reader, element, "header"),
            _ => {
                let (methods, max_age) = reader.within(element, |methods| {
                    let max_age = methods.number("preflight-result-max-age", 0..=i64::from(u32::MAX));
                    let children = methods.children(&["method"]);
                    (methods.values(children), max_age)
                });
                cors.methods = methods;
                cors.max_age = max_age.unwrap_or(Given::Fixed(0));
            }
        }
    }
    if cors.origins.is_empty() {
        let fault = Diagnostic::error(reader.place(), "`cors` allows no origin");
        reader.fault(fault.expected("`<allowed-origins><origin>…</origin></allowed-origins>`"));
    }
    Some(Action::Cors(Box::new(cors)))
}

fn listed<'e>(reader: &mut Reader<'e, '_, '_>, element: &'e Element, name: &'static str) -> Vec<GivenText> {
    reader.within(element, |list| {
        let children = list.children(&[name]);
        list.values(children)
    })
}
