//! What the service does wrong with broken content when it is told to, and
//! nothing where it isn't.

use std::sync::{Mutex, PoisonError};

use bytes::Bytes;
use http::HeaderMap;
use serde_json::Value;

use super::call::text;
use super::defect::{Defect, Defects};
use super::problem::{FailureType, Problem};

/// What is left over from calls that broke off.
#[derive(Debug, Default)]
pub(super) struct LeftOver(Mutex<Option<(Problem, String)>>);

impl LeftOver {
    /// Keeps a refusal, with the correlation ID of its call.
    pub(super) fn keep(&self, problem: &Problem, correlation: Option<&str>) {
        let kept = correlation.map(|id| (problem.clone(), id.to_owned()));
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = kept;
    }

    /// Gives it away.
    pub(super) fn take(&self) -> Option<(Problem, String)> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).take()
    }
}

/// The content as a careless reader takes it, or why it fails on it.
pub(super) fn content(defects: &Defects, headers: &HeaderMap, json: bool, body: Bytes) -> Result<Bytes, Problem> {
    let charset = other_charset(headers);
    if defects.has(Defect::CharsetAs500) && charset {
        return Err(Problem::new(FailureType::Internal, "LookupError: unknown encoding"));
    }
    if !json {
        return Ok(body);
    }
    let readable = serde_json::from_slice::<Value>(&body).is_ok();
    if defects.has(Defect::UnreadableAs500) && !readable {
        return Err(Problem::new(FailureType::Internal, "The content could not be handled"));
    }
    if readable {
        return Ok(body);
    }
    if defects.has(Defect::InvalidUtf8Replaced) {
        return Ok(String::from_utf8_lossy(&body).into_owned().into_bytes().into());
    }
    if defects.has(Defect::TrailingIgnored) || defects.has(Defect::TrailingRefusedLate) {
        return Ok(body.slice(..first_document(&body)));
    }
    Ok(body)
}

/// A limit of the service's own that lies below the gateway's.
pub(super) fn most(defects: &Defects) -> Option<usize> {
    defects.has(Defect::OwnLimitBelow).then_some(60 * 1024)
}

/// What is noticed only when the work is done.
pub(super) fn too_late(defects: &Defects, headers: &HeaderMap, json: bool, body: &Bytes) -> Result<(), Problem> {
    if defects.has(Defect::CharsetCheckedLate) && other_charset(headers) {
        return Err(Problem::new(FailureType::UnsupportedMediaType, "The charset is not supported"));
    }
    if defects.has(Defect::TrailingRefusedLate) && json && first_document(body) < body.len() {
        return Err(Problem::new(FailureType::ValidationError, "Something follows the content"));
    }
    Ok(())
}

/// Whether another charset than UTF-8 is named.
fn other_charset(headers: &HeaderMap) -> bool {
    let media = text(headers, "content-type").unwrap_or_default().to_ascii_lowercase();
    media.split_once("charset=").is_some_and(|(_, charset)| charset.trim_matches(['"', ' ']) != "utf-8")
}

/// Where the first JSON document of a content ends.
fn first_document(body: &Bytes) -> usize {
    let mut documents = serde_json::Deserializer::from_slice(body).into_iter::<Value>();
    let _ = documents.next();
    match documents.byte_offset() {
        0 => body.len(),
        end => end,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_mended_unless_a_defect_does() {
        let none = Defects::default();
        let mended = |defects: &Defects, body: &'static [u8]| {
            content(defects, &HeaderMap::new(), true, Bytes::from_static(body)).expect("no failure")
        };
        let named = |name: &str| Defects::named(&[name.to_owned()]);
        assert_eq!(mended(&none, b"{} x"), &b"{} x"[..]);
        assert_eq!(mended(&named("trailing-ignored"), b"{} x"), &b"{}"[..]);
        assert_eq!(mended(&named("trailing-ignored"), b"{\"a\""), &b"{\"a\""[..]);
        assert_eq!(mended(&named("invalid-utf8-replaced"), b"\"\xff\""), "\"\u{fffd}\"".as_bytes());
        assert!(content(&named("unreadable-as-500"), &HeaderMap::new(), true, Bytes::from_static(b"{")).is_err());
    }

    #[test]
    fn what_follows_a_document_is_noticed_late_by_that_defect_only() {
        let late = Defects::named(&["trailing-refused-late".to_owned()]);
        let body = Bytes::from_static(b"{} x");
        assert!(too_late(&late, &HeaderMap::new(), true, &body).is_err());
        assert!(too_late(&late, &HeaderMap::new(), true, &Bytes::from_static(b"{}")).is_ok());
        assert!(too_late(&Defects::default(), &HeaderMap::new(), true, &body).is_ok());
    }
}
