//! `ip-filter`: callers by their address.

use std::net::IpAddr;

use super::table::{EVERYWHERE, Emulation, INBOUND, PolicyKind};
use crate::diagnose::Diagnostic;
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, GivenText};

/// `ip-filter`.
#[derive(Clone, Debug)]
pub struct IpFilter {
    /// `allow`: only these callers; `forbid`: all but these.
    pub action: GivenText,
    /// Which callers.
    pub callers: Vec<Callers>,
}

/// Callers that a filter names.
#[derive(Clone, Debug)]
pub enum Callers {
    /// From one address to another, both included; one address alone is a
    /// range of its own.
    Range(IpAddr, IpAddr),
    /// The address that an expression gives.
    Given(GivenText),
}

pub(super) const KIND: PolicyKind =
    PolicyKind { name: "ip-filter", sections: INBOUND, scopes: EVERYWHERE, emulation: Emulation::Emulated, compile };

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let written = reader.text("action");
    let action = reader.required("action", written);
    if let Some(other) = action.as_ref().and_then(Given::fixed).filter(|a| !matches!(&***a, "allow" | "forbid")) {
        let fault = Diagnostic::error(reader.place(), "`action` has an unknown value").expected("allow, forbid");
        reader.fault(fault.actual(other.to_string()));
    }
    let children = reader.children(&["address", "address-range"]);
    if children.is_empty() {
        let fault = Diagnostic::error(reader.place(), "`ip-filter` names no address");
        reader.fault(fault.expected("`<address>` or `<address-range from=\"…\" to=\"…\" />`"));
    }
    let mut callers = Vec::new();
    for child in children {
        callers.extend(reader.within(child, |inner| match &*child.name {
            "address" => address(inner),
            _ => range(inner),
        }));
    }
    Some(Action::IpFilter(IpFilter { action: action?, callers }))
}

fn address(reader: &mut Reader<'_, '_, '_>) -> Option<Callers> {
    match reader.content()? {
        Given::Fixed(text) => parsed(reader, &text).map(|ip| Callers::Range(ip, ip)),
        expression @ Given::Expression(_) => Some(Callers::Given(expression)),
    }
}

fn range(reader: &mut Reader<'_, '_, '_>) -> Option<Callers> {
    let from = reader.literal("from");
    let from = reader.required("from", from);
    let to = reader.literal("to");
    let to = reader.required("to", to);
    let (from, to) = (parsed(reader, &from?), parsed(reader, &to?));
    let (from, to) = (from?, to?);
    if from.is_ipv4() != to.is_ipv4() || from > to {
        let fault = Diagnostic::error(reader.place(), "the range holds no address");
        reader.fault(
            fault.expected("two addresses of one family, the lower one first").actual(format!("{from} to {to}")),
        );
        return None;
    }
    Some(Callers::Range(from, to))
}

fn parsed(reader: &mut Reader<'_, '_, '_>, text: &str) -> Option<IpAddr> {
    let ip = text.trim().parse::<IpAddr>().ok().map(|ip| ip.to_canonical());
    if ip.is_none() {
        let fault = Diagnostic::error(reader.place(), "this is no IP address").actual(text.trim().to_owned());
        let fault = if text.contains('/') {
            fault.hint("a network is written as `<address-range from=\"…\" to=\"…\" />`")
        } else {
            fault.expected("an address such as 192.0.2.7 or 2001:db8::7")
        };
        reader.fault(fault);
    }
    ip
}
