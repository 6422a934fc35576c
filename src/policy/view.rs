//! The effective policy of an operation as text, each statement with its
//! origin.

use std::fmt::Write as _;

use super::element::{Child, Element};
use super::fragment::Fragments;
use super::instance::Instance;
use super::load::{default_global, scan_all};
use super::statement::{Scope, Section};
use crate::diagnose::Diagnostics;

/// How wide a line may be before attributes stand on lines of their own.
const WIDTH: usize = 80;

/// The effective policy of an operation that is called by way of a product, or
/// of none: documents of all scopes in one, fragments in place, named values
/// as they were written. Before each statement stands where it comes from.
///
/// # Errors
/// A document can't be read, or includes a fragment that is not there.
pub fn effective_text(
    instance: &Instance,
    (api, operation): (&str, &str),
    product: Option<&str>,
) -> Result<String, Diagnostics> {
    let mut diagnostics = Diagnostics::new();
    let mut documents = scan_all(instance, &mut diagnostics);
    let mut fragments = Fragments::take(&mut documents, &mut diagnostics);
    for root in documents.values_mut() {
        fragments.include(root, &mut diagnostics);
    }
    if diagnostics.has_errors() {
        return Err(diagnostics);
    }
    let default = default_global(&instance.dir);
    let global = documents.get("global.xml").unwrap_or(&default);
    let product = product.and_then(|id| documents.get(&format!("products/{id}.xml")));
    let narrow_to_broad: Vec<(Scope, &Element)> = [
        documents.get(&format!("apis/{api}/{operation}.xml")).map(|root| (Scope::Operation, root)),
        documents.get(&format!("apis/{api}.xml")).map(|root| (Scope::Api, root)),
        product.map(|root| (Scope::Product, root)),
        Some((Scope::Global, global)),
    ]
    .into_iter()
    .flatten()
    .collect();
    let root = format!("{}/", instance.dir.display());
    let mut text = String::from("<policies>\n");
    for section in Section::ALL {
        let statements = collect(section, &narrow_to_broad);
        if statements.is_empty() {
            let _ = writeln!(text, "  <{section} />");
            continue;
        }
        let _ = writeln!(text, "  <{section}>");
        for (scope, statement) in statements {
            let place = statement.place.to_string();
            let place = place.strip_prefix(&root).unwrap_or(&place);
            let _ = writeln!(text, "    <!-- {}: {place} -->", scope.name());
            write(&mut text, statement, 4);
        }
        let _ = writeln!(text, "  </{section}>");
    }
    text.push_str("</policies>\n");
    Ok(text)
}

/// The statements of a section, each `<base />` replaced by the broader scope.
fn collect<'e>(section: Section, narrow_to_broad: &[(Scope, &'e Element)]) -> Vec<(Scope, &'e Element)> {
    let Some(((scope, document), broader)) = narrow_to_broad.split_first() else { return Vec::new() };
    let Some(element) = document.elements().find(|e| &*e.name == section.name()) else {
        return collect(section, broader);
    };
    let mut statements = Vec::new();
    for statement in element.elements() {
        if &*statement.name == "base" {
            statements.extend(collect(section, broader));
        } else {
            statements.push((*scope, statement));
        }
    }
    statements
}

fn write(text: &mut String, element: &Element, indent: usize) {
    let pad = " ".repeat(indent);
    let attributes: Vec<String> =
        element.attributes.iter().map(|a| format!("{}={}", a.name, quoted(&a.value.text))).collect();
    let plain = std::iter::once(element.name.to_string()).chain(attributes.iter().cloned()).collect::<Vec<_>>();
    let close = if element.children.is_empty() { " />" } else { ">" };
    let one_line = format!("{pad}<{}{close}", plain.join(" "));
    if one_line.chars().count() <= WIDTH || attributes.len() < 2 {
        text.push_str(&one_line);
    } else {
        let aligned = format!("\n{pad}{}", " ".repeat(element.name.chars().count() + 2));
        let _ = write!(text, "{pad}<{} {}{close}", element.name, attributes.join(&aligned));
    }
    if element.children.is_empty() {
        text.push('\n');
        return;
    }
    if let Some(content) = element.text() {
        let content = content.text.trim();
        let _ = writeln!(text, "{}</{}>", escaped(content), element.name);
        return;
    }
    text.push('\n');
    for child in &element.children {
        match child {
            Child::Element(inner) => write(text, inner, indent + 2),
            Child::Text(inner) => {
                let _ = writeln!(text, "{pad}  {}", escaped(inner.text.trim()));
            }
        }
    }
    let _ = writeln!(text, "{pad}</{}>", element.name);
}

fn is_expression(text: &str) -> bool {
    text.trim_start().starts_with("@(") || text.trim_start().starts_with("@{")
}

/// Expressions stand raw, as people write them.
fn quoted(text: &str) -> String {
    if is_expression(text) { format!("\"{text}\"") } else { format!("\"{}\"", escaped(text).replace('"', "&quot;")) }
}

fn escaped(text: &str) -> String {
    if is_expression(text) {
        return text.to_owned();
    }
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}
