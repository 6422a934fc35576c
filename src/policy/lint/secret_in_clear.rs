//! `secret-in-clear`: secrets stand in named values, not in documents.

use std::sync::LazyLock;

use regex::Regex;

use super::finding::Findings;
use super::table::{Check, Rule};
use crate::policy::element::{Child, Element, Text};

pub(super) const RULE: Rule = Rule {
    name: "secret-in-clear",
    means: "Keys, passwords and tokens stand in named values that are secret.",
    why: "Documents lie in repositories, and are read by whoever may see the instance.",
    check: Check::Written(check),
};

const REMEDY: &str = "make it a named value that is secret, and write `{{its-name}}`";

/// Texts that are secrets wherever they stand.
static ANYWHERE: LazyLock<Regex> = LazyLock::new(|| {
    let parts = [
        r"client_secret=[^{&\x22'\s@+]{8,}",
        r"(?:AccountKey|SharedAccessKey|SharedSecretValue)=[A-Za-z0-9+/=]{16,}",
        r"[?&]sig=[A-Za-z0-9%_-]{20,}",
        r"-----BEGIN [A-Z ]*PRIVATE KEY-----",
        r"eyJ[A-Za-z0-9_-]{8,}\.eyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}",
        r"(?i)(?:password|pwd)=[^{;\x22'\s]{6,};",
        r"://[^/@{\s\x22]+:[^/@{\s\x22]{4,}@",
    ];
    Regex::new(&parts.join("|")).expect("a pattern")
});

fn check(root: &Element, findings: &mut Findings) {
    let mut open = vec![root];
    while let Some(element) = open.pop() {
        open.extend(element.elements());
        for text in texts(element) {
            if ANYWHERE.is_match(&text.text) {
                findings.add(&text.place, format!("`{}` holds a secret in the clear", element.name), REMEDY);
            }
        }
        named(element, findings);
    }
}

fn texts(element: &Element) -> impl Iterator<Item = &Text> {
    let attributes = element.attributes.iter().map(|a| &a.value);
    attributes.chain(element.children.iter().filter_map(|child| match child {
        Child::Text(text) => Some(text),
        Child::Element(_) => None,
    }))
}

/// Values that are secrets for where they stand.
fn named(element: &Element, findings: &mut Findings) {
    let name = element.attribute("name").map(|a| a.value.text.to_ascii_lowercase()).unwrap_or_default();
    match &*element.name {
        "set-header" | "check-header" if is_secret_field(&name) => {
            for value in element.elements().filter_map(Element::text).filter(is_clear) {
                findings.add(&value.place, format!("the header `{name}` has a secret in the clear"), REMEDY);
            }
        }
        "set-query-parameter" if is_secret_field(&name) || matches!(&*name, "code" | "sig") => {
            for value in element.elements().filter_map(Element::text).filter(is_clear) {
                findings.add(&value.place, format!("the parameter `{name}` has a secret in the clear"), REMEDY);
            }
        }
        "authentication-basic" => {
            if let Some(password) = element.attribute("password").map(|a| &a.value).filter(|v| is_clear(v)) {
                findings.add(&password.place, "the password stands in the clear", REMEDY);
            }
        }
        "issuer-signing-keys" => {
            for key in element.elements().filter(|key| key.attribute("n").is_none()) {
                if let Some(text) = key.text().filter(is_clear) {
                    findings.add(&text.place, "the signing key stands in the clear", REMEDY);
                }
            }
        }
        _ => {}
    }
}

/// Whether a field holds a secret, by its name.
fn is_secret_field(name: &str) -> bool {
    name == "authorization"
        || [
            "secret",
            "password",
            "api-key",
            "apikey",
            "api_key",
            "access-key",
            "functions-key",
            "subscription-key",
            "x-key",
        ]
        .iter()
        .any(|word| name.contains(word))
}

/// Whether text is written out, and long enough to be a secret: neither an
/// expression nor a named value, and more than a scheme.
fn is_clear(text: &Text) -> bool {
    let value = text.text.trim();
    !text.is_expression() && !value.contains("{{") && value.len() >= 8
}
