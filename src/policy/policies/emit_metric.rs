//! `emit-metric`: a number for a custom metric.

use std::sync::Arc;

use super::table::{ANYWHERE, EVERYWHERE, Emulation, PolicyKind};
use crate::diagnose::Diagnostic;
use crate::policy::reader::Reader;
use crate::policy::statement::{Action, Given, GivenText};

/// `emit-metric`.
#[derive(Clone, Debug)]
pub struct EmitMetric {
    /// The metric.
    pub name: GivenText,
    /// Its namespace.
    pub namespace: GivenText,
    /// What is counted.
    pub value: GivenText,
    /// Dimensions; one without a value is one that the platform knows.
    pub dimensions: Vec<(Arc<str>, Option<GivenText>)>,
}

/// Dimensions whose values the platform knows.
const DEFAULT_DIMENSIONS: [&str; 8] =
    ["API ID", "Operation ID", "Product ID", "User ID", "Subscription ID", "Location", "Gateway ID", "Backend ID"];

/// How many dimensions a metric may have.
const MAX_DIMENSIONS: usize = 10;

pub(super) const KIND: PolicyKind = PolicyKind {
    name: "emit-metric",
    sections: ANYWHERE,
    scopes: EVERYWHERE,
    emulation: Emulation::Approximated("values are summed up in the gateway and sent nowhere"),
    compile,
};

fn compile(reader: &mut Reader<'_, '_, '_>) -> Option<Action> {
    let children = reader.children(&["dimension"]);
    if children.is_empty() || children.len() > MAX_DIMENSIONS {
        let what = format!("`emit-metric` has {} dimensions", children.len());
        let fault = Diagnostic::error(reader.place(), what).expected(format!("1 to {MAX_DIMENSIONS} `<dimension>`"));
        reader.fault(fault);
    }
    let mut dimensions = Vec::new();
    for element in children {
        dimensions.extend(reader.within(element, |dimension| {
            let value = dimension.text("value");
            let name = dimension.literal("name");
            let name = dimension.required("name", name)?;
            if value.is_none() && element.attribute("value").is_none() && !DEFAULT_DIMENSIONS.contains(&&*name) {
                let fault = Diagnostic::error(dimension.place(), format!("dimension `{name}` has no value"));
                dimension.fault(fault.expected(format!("`value=\"…\"`, or one of {}", DEFAULT_DIMENSIONS.join(", "))));
            }
            Some((name, value))
        }));
    }
    let text = |text: &str| Given::Fixed(Arc::from(text));
    let value = reader.text("value").unwrap_or_else(|| text("1"));
    let namespace = reader.text("namespace").unwrap_or_else(|| text("API Management"));
    let name = reader.text("name");
    let name = reader.required("name", name)?;
    Some(Action::EmitMetric(Box::new(EmitMetric { name, namespace, value, dimensions })))
}
