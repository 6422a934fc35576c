//! `redirect-content-urls`.

use http::{HeaderValue, header};

use super::message::{self, side};
use crate::door::Origin;
use crate::policy::Section;
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;
use crate::stack::gateway::value::{Address, Side};

/// Replaces the backend's base URL by the API's in an answer, and the other
/// way round in a request.
pub(in crate::stack::gateway) fn redirect_content_urls(call: &mut Call, section: Section) -> Result<(), Raised> {
    let Some((own, backend)) = urls(call) else { return Ok(()) };
    let side = side(call, section);
    let (from, to) = if side == Side::Request { (own, backend) } else { (backend, own) };
    if let Some(text) = message::text(call, side)?
        && text.contains(&from)
    {
        message::set_text(call, side, &text.replace(&from, &to));
    }
    if let (Side::Response, Some(answer)) = (side, &mut call.response)
        && let Some(location) = answer.headers.get(header::LOCATION).and_then(|v| v.to_str().ok())
        && let Ok(value) = HeaderValue::try_from(location.replace(&from, &to))
    {
        answer.headers.insert(header::LOCATION, value);
    }
    Ok(())
}

/// The API's base URL and the backend's.
fn urls(call: &Call) -> Option<(String, String)> {
    let backend = call.backend.as_ref()?;
    let (scheme, ..) = call.origin(Address::Original);
    let own = format!("{scheme}://{}{}", call.host(), call.api.as_ref()?.base_path);
    let Origin { host, port, tls } = &backend.shown;
    let scheme = if *tls { "https" } else { "http" };
    // As people write it: without the port of the scheme.
    let port = if *port == if *tls { 443 } else { 80 } { String::new() } else { format!(":{port}") };
    Some((own, format!("{scheme}://{host}{port}{}", backend.base_path)))
}
