//! `json-to-xml` and `xml-to-json`.

use http::header;

use super::message::{self, failed, side};
use crate::policy::{ConvertBody, Notation, Section};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::xml::{Form, from_json, to_json};

/// Turns the body into the other notation, where it is to be.
pub(in crate::stack::gateway) fn convert_body(
    call: &mut Call,
    policy: &ConvertBody,
    section: Section,
) -> Result<(), Raised> {
    let (from, to) = match policy.into {
        Notation::Json { .. } => ("xml", "json"),
        Notation::Xml => ("json", "xml"),
    };
    let side = side(call, section);
    let media_type = message::media_type(call.headers(side)).to_ascii_lowercase();
    if policy.by_content_type && !media_type.contains(from) {
        return Ok(());
    }
    // `Accept` is about the answer; a request is converted whatever it says.
    if section != Section::Inbound && call.flag(&policy.considers_accept)? && !accepts(call, to) {
        return Ok(());
    }
    let Some(text) = message::text(call, side)?.filter(|text| !text.trim().is_empty()) else { return Ok(()) };
    let (converted, media_type) = match policy.into {
        Notation::Json { direct, always_lists } => {
            let json = to_json(&text, Form { direct, always_lists }).map_err(failed)?;
            (json.to_string(), "application/json")
        }
        Notation::Xml => {
            let json = serde_json::from_str(&text).map_err(|e| failed(format!("the body is no JSON: {e}")))?;
            let block = policy.attribute_block.as_ref().map(|block| call.text(block)).transpose()?.flatten();
            (from_json(&json, block.as_deref()), "text/xml")
        }
    };
    message::set_text(call, side, &converted);
    message::set_media_type(call, side, media_type);
    Ok(())
}

/// Whether the client asked for a notation.
fn accepts(call: &Call, notation: &str) -> bool {
    let values = call.request_headers.get_all(header::ACCEPT);
    values.iter().any(|v| String::from_utf8_lossy(v.as_bytes()).to_ascii_lowercase().contains(notation))
}
