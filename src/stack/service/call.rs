//! What every call brings: who, under which ID, at which step, and content.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::body::Body;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::{Bytes, BytesMut};
use http::HeaderMap;
use http::uri::Authority;
use http_body::Body as _;
use http_body_util::BodyExt;
use serde_json::Value;
use uuid::Uuid;

use super::defect::{Defect, Defects};
use super::problem::{FailureType, Fault, Problem};
use crate::wire::Secret;

/// Larger contents are refused. A defence only: the gateway's own limits are
/// lower.
const LARGEST_BODY: usize = 8 << 20;
/// How much of a content that is too large is read on once it is refused, and
/// how long, in real time, so that the caller hears the answer instead of a
/// broken connection.
const LARGEST_DRAIN: usize = 64 << 20;
const LONGEST_DRAIN: Duration = Duration::from_secs(2);
/// Characters of a step's name.
const LONGEST_STEP: usize = 64;

/// Who calls, and under which ID.
#[derive(Clone, Debug)]
pub(super) struct Call {
    /// The application id in the caller's token.
    pub(super) principal: Arc<str>,
    /// The correlation ID.
    pub(super) correlation: Uuid,
    /// The correlation ID as it was sent.
    pub(super) correlation_text: Arc<str>,
    /// The step of the run.
    pub(super) step: Option<Arc<str>>,
    /// Where the request wants to be called back: read by a defect only.
    pub(super) callback: Option<String>,
    /// Whom the request wants to be answered: read by a defect only.
    pub(super) reply_to: Option<String>,
    /// Scheme and authority under which the gateway was called, where it told.
    pub(super) base: Option<String>,
    /// Whether the caller has left.
    pub(super) left: Arc<AtomicBool>,
}

/// Notes that the caller left, unless it was answered.
#[derive(Debug)]
pub(super) struct Leaving(Option<Arc<AtomicBool>>);

impl Leaving {
    /// The caller was answered.
    pub(super) fn stays(mut self) {
        self.0 = None;
    }
}

impl Drop for Leaving {
    fn drop(&mut self) {
        if let Some(left) = &self.0 {
            left.store(true, Ordering::Relaxed);
        }
    }
}

/// The text of a header field.
pub(super) fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

/// Whether the call came through the gateway, which alone knows the key.
pub(super) fn through_gateway(headers: &HeaderMap, key: &Secret) -> Result<(), Problem> {
    let sent = text(headers, "x-gateway-key").unwrap_or_default();
    aws_lc_rs::constant_time::verify_slices_are_equal(sent.as_bytes(), key.expose().as_bytes())
        .map_err(|_| Problem::new(FailureType::Forbidden, "This service is called through the gateway only"))
}

impl Call {
    /// Reads the header fields.
    pub(super) fn read(headers: &HeaderMap) -> Result<Self, Problem> {
        let missing = || {
            Problem::new(
                FailureType::CorrelationIdMissing,
                "X-Correlation-Id must be a UUID; send one for each flow run",
            )
        };
        let correlation_text = text(headers, "x-correlation-id").ok_or_else(missing)?;
        let correlation = parse_uuid(correlation_text).ok_or_else(missing)?;
        let step = match headers.get("x-step-id").map(|v| v.to_str()) {
            None | Some(Ok("")) => None,
            Some(Ok(step)) if step.chars().count() <= LONGEST_STEP => Some(step.into()),
            Some(_) => {
                let detail = format!("X-Step-Id must be a text of at most {LONGEST_STEP} characters");
                return Err(Problem::invalid(vec![Fault::new("/header/X-Step-Id", detail)]));
            }
        };
        Ok(Self {
            principal: principal(headers),
            correlation,
            correlation_text: correlation_text.into(),
            step,
            callback: text(headers, "callback-url").map(str::to_owned),
            reply_to: text(headers, "reply-to").map(str::to_owned),
            base: base(headers),
            left: Arc::default(),
        })
    }

    /// Watches whether the caller leaves: it is dropped with whoever answers.
    pub(super) fn watch(&self) -> Leaving {
        Leaving(Some(Arc::clone(&self.left)))
    }

    /// Whether the caller has left.
    pub(super) fn has_left(&self) -> bool {
        self.left.load(Ordering::Relaxed)
    }
}

/// A UUID in its usual form: 36 characters with hyphens, in either case.
pub(super) fn parse_uuid(text: &str) -> Option<Uuid> {
    if text.len() == 36 { Uuid::try_parse(text).ok() } else { None }
}

/// As the gateway forwards it; it overrides what a client sends.
fn base(headers: &HeaderMap) -> Option<String> {
    let host: Authority = text(headers, "x-forwarded-host")?.parse().ok()?;
    let scheme = text(headers, "x-forwarded-proto").filter(|s| matches!(*s, "http" | "https")).unwrap_or("http");
    Some(format!("{scheme}://{host}"))
}

/// The application that calls. The gateway has verified the token; here it is
/// only read.
fn principal(headers: &HeaderMap) -> Arc<str> {
    let claims = text(headers, "authorization")
        .and_then(|value| value.strip_prefix("Bearer ").or_else(|| value.strip_prefix("bearer ")))
        .and_then(|token| token.split('.').nth(1))
        .and_then(|payload| URL_SAFE_NO_PAD.decode(payload).ok())
        .and_then(|json| serde_json::from_slice::<Value>(&json).ok());
    let named = claims.as_ref().and_then(|c| c.get("azp").or_else(|| c.get("appid"))).and_then(Value::as_str);
    named.unwrap_or("anonymous").to_ascii_lowercase().into()
}

/// Which of the media types the content has; refuses it where it has another.
pub(super) fn demand_media_type(
    headers: &HeaderMap,
    expected: &'static [&'static str],
) -> Result<&'static str, Problem> {
    let sent = text(headers, "content-type").unwrap_or_default();
    let sent = sent.split(';').next().unwrap_or_default().trim();
    let known = expected.iter().find(|known| sent.eq_ignore_ascii_case(known));
    known.copied().ok_or_else(|| {
        let detail = format!("The content must be {}", expected.join(" or "));
        Problem::new(FailureType::UnsupportedMediaType, detail)
    })
}

/// Reads the whole content, within bounds: the service's own, or `most` bytes.
/// One that is too large is refused as soon as that is known; the rest is
/// passed over behind the answer.
pub(super) async fn read_body(mut body: Body, most: Option<usize>, defects: &Defects) -> Result<Bytes, Problem> {
    let most = most.unwrap_or(LARGEST_BODY);
    let declared = body.size_hint().exact();
    let waits = defects.has(Defect::BodyReadWholly) || (declared.is_none() && defects.has(Defect::ChunksReadWholly));
    let mut seen = if waits { 0 } else { declared.and_then(|size| usize::try_from(size).ok()).unwrap_or(0) };
    let mut content = BytesMut::new();
    while waits || seen <= most {
        let Some(frame) = body.frame().await else { break };
        let cut = |_| Problem::invalid(vec![Fault::new("", "The content ended before it was complete")]);
        let Ok(data) = frame.map_err(cut)?.into_data() else { continue };
        content.extend_from_slice(&data);
        seen = content.len();
    }
    if seen > most {
        tokio::spawn(tokio::time::timeout(LONGEST_DRAIN, pass_over(body)));
        let detail = format!("The content has more than {most} bytes");
        return Err(Problem::new(FailureType::PayloadTooLarge, detail));
    }
    Ok(content.freeze())
}

/// Reads on, holding nothing.
async fn pass_over(mut body: Body) {
    let mut seen = 0;
    while seen <= LARGEST_DRAIN
        && let Some(Ok(frame)) = body.frame().await
    {
        seen += frame.data_ref().map_or(0, Bytes::len);
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use futures_util::FutureExt as _;
    use futures_util::stream::{self, StreamExt as _};

    use super::*;

    /// A content in chunks of which the end never comes.
    fn owed(chunks: usize) -> Body {
        let chunks = stream::iter(vec![Ok::<_, Infallible>(Bytes::from_static(&[b'x'; 1024])); chunks]);
        Body::from_stream(chunks.chain(stream::pending()))
    }

    fn status(read: Option<Result<Bytes, Problem>>) -> Option<FailureType> {
        read.map(|read| read.expect_err("refused").failure)
    }

    #[tokio::test]
    async fn what_is_too_large_is_refused_while_the_rest_is_owed() {
        let right = Defects::default();
        let too_large = Some(FailureType::PayloadTooLarge);
        assert_eq!(status(read_body(owed(5), Some(4096), &right).now_or_never()), too_large);
        assert!(read_body(owed(4), Some(4096), &right).now_or_never().is_none(), "the end may come yet");
        for name in ["body-read-wholly", "chunks-read-wholly"] {
            let wrong = Defects::named(&[name.to_owned()]);
            assert!(read_body(owed(5), Some(4096), &wrong).now_or_never().is_none(), "{name}");
        }
    }

    #[tokio::test]
    async fn a_declared_size_is_enough_to_refuse() {
        let declared = || Body::new(http_body_util::Full::new(Bytes::from_static(&[b'x'; 100])));
        let read = read_body(declared(), Some(99), &Defects::default()).now_or_never();
        assert_eq!(status(read), Some(FailureType::PayloadTooLarge));
        assert_eq!(read_body(declared(), Some(100), &Defects::default()).await.expect("allowed").len(), 100);
    }
}
