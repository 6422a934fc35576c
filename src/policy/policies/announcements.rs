//! What rate limits tell of themselves: header fields and variables that are
//! set where a policy names them. Nothing is invented (reference §2.1).

use std::sync::Arc;

use http::HeaderName;

use crate::diagnose::Diagnostic;
use crate::policy::reader::Reader;

/// Where a rate limit tells what is left and when to come again.
#[derive(Clone, Debug, Default)]
pub struct Announcements {
    /// The header field in place of `Retry-After`.
    pub retry_after_header: Option<HeaderName>,
    /// The variable that takes the seconds to wait.
    pub retry_after_variable: Option<Arc<str>>,
    /// The header field for what is left.
    pub remaining_header: Option<HeaderName>,
    /// The variable for what is left.
    pub remaining_variable: Option<Arc<str>>,
    /// The header field for the calls of a period.
    pub total_header: Option<HeaderName>,
}

impl Announcements {
    pub(super) fn read(reader: &mut Reader<'_, '_, '_>) -> Self {
        Self {
            retry_after_header: header(reader, "retry-after-header-name"),
            retry_after_variable: reader.literal("retry-after-variable-name"),
            remaining_header: header(reader, "remaining-calls-header-name"),
            remaining_variable: reader.literal("remaining-calls-variable-name"),
            total_header: header(reader, "total-calls-header-name"),
        }
    }
}

/// The name of a header field, read once and not for each call.
fn header(reader: &mut Reader<'_, '_, '_>, name: &'static str) -> Option<HeaderName> {
    let text = reader.literal(name)?;
    let header = HeaderName::try_from(text.trim());
    if header.is_err() {
        let place = reader.element.attribute(name).map_or_else(|| reader.place(), |a| a.value.place.clone());
        let fault = Diagnostic::error(place, format!("`{name}` is no header field's name"));
        reader.fault(fault.expected("letters, digits and `-`").actual(text.to_string()));
    }
    header.ok()
}
