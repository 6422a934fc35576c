//! The header field that carries an ID.

use super::refusals::Types;
use super::sheet::{Sheet, pointer, scalar};
use crate::contract::openapi::{OpenApi, Operation, ParameterIn, StatusKey};

/// Names of header fields that carry a correlation ID, without hyphens, the
/// likeliest first.
const CARRIERS: [&str; 6] =
    ["xcorrelationid", "correlationid", "xmscorrelationid", "xrequestid", "requestid", "xmsclientrequestid"];

/// A header parameter that looks like the correlation ID.
pub(super) struct Carrier {
    /// Its name.
    pub(super) name: String,
    /// Where it is declared first.
    place: String,
    /// How many operations declare it, of how many.
    declared: (usize, usize),
    /// Required everywhere; `None`: here and not there.
    required: Option<bool>,
    uuid: bool,
    /// Every success declares it as well.
    echoed: bool,
}

fn bare(name: &str) -> String {
    name.to_ascii_lowercase().replace(['-', '_'], "")
}

/// Header parameters with the operations that have them.
fn headers(document: &OpenApi) -> impl Iterator<Item = (&Operation, &crate::contract::openapi::Parameter)> {
    document.operations.iter().flat_map(|operation| {
        operation.parameters.iter().filter(|p| p.within == ParameterIn::Header).map(move |p| (operation.as_ref(), p))
    })
}

/// The document's correlation ID, if it looks like having one.
pub(super) fn carrier(document: &OpenApi) -> Option<Carrier> {
    let name =
        CARRIERS.iter().find_map(|known| headers(document).find(|(_, p)| bare(&p.name) == *known))?.1.name.clone();
    let mine: Vec<_> = headers(document).filter(|(_, p)| p.name.eq_ignore_ascii_case(&name)).collect();
    let required = mine.iter().filter(|(_, p)| p.required).count();
    let format = |p: &crate::contract::openapi::Parameter| {
        let schema = document.schema(p.schema.as_ref()?)?;
        document.resolve(schema).get("format")?.as_str().map(str::to_owned)
    };
    let successes = document
        .operations
        .iter()
        .flat_map(|o| &o.responses)
        .filter(|(status, _)| matches!(status, StatusKey::Exact(200..=299) | StatusKey::Class(2)));
    let mut echoes = successes.map(|(_, response)| response.headers.iter().any(|h| h.name.eq_ignore_ascii_case(&name)));
    Some(Carrier {
        place: pointer(mine.first()?.0),
        declared: (mine.len(), document.operations.len()),
        required: if required == mine.len() { Some(true) } else { (required == 0).then_some(false) },
        uuid: mine.iter().all(|(_, p)| format(p).as_deref() == Some("uuid")),
        echoed: echoes.all(|declared| declared),
        name,
    })
}

/// The part of the file. It counts only where every operation agrees, and the
/// answer to a call without a required ID is known.
pub(super) fn push(carrier: Option<&Carrier>, types: &Types, sheet: &mut Sheet) {
    sheet.gap();
    let Some(carrier) = carrier else {
        sheet.note("No header parameter looks like a correlation ID. Which one carries it?");
        sheet.off("correlation:");
        sheet.off("  header: X-Correlation-Id");
        sheet.off("  format: uuid");
        sheet.off("  echo: true");
        return;
    };
    let (declared, all) = carrier.declared;
    sheet.note(&format!(
        "`{}` is a header parameter of {declared} of {all} operations, e.g. {}.",
        carrier.name, carrier.place
    ));
    let missing = types.named_like(&["correlation", "request_id"]);
    let on =
        declared == all && (carrier.required == Some(false) || (carrier.required == Some(true) && missing.is_some()));
    sheet.switched(on, "correlation:");
    sheet.switched(on, &format!("  header: {}", scalar(&carrier.name)));
    if carrier.uuid {
        sheet.switched(on, "  format: uuid");
    }
    if !carrier.echoed {
        sheet.note("Not every success declares it. Is it echoed all the same?");
    }
    sheet.switched(on && carrier.echoed, "  echo: true");
    if carrier.required != Some(false) {
        if missing.is_none() {
            sheet.note("It is required: which of `errors.types` answers a call without it?");
        }
        sheet.switched(on, &format!("  missing: {}", missing.or(types.first()).unwrap_or("validation_error")));
    }
    sheet.note("Which member of the service's log lines (JSON) holds it?");
    sheet.off("  log: correlation_id");
}

/// A header parameter that looks like an idempotency key, and where it stands.
pub(super) fn idempotency_key(document: &OpenApi) -> Option<(String, String)> {
    let found = headers(document).find(|(_, p)| bare(&p.name).contains("idempotency"))?;
    Some((found.1.name.clone(), pointer(found.0)))
}
