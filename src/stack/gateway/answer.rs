//! The response that a call is going to have.

use std::sync::Arc;

use bytes::Bytes;
use http::{HeaderMap, StatusCode};

use super::backend::BackendBody;

/// The response that a call is going to have.
#[derive(Clone, Debug)]
pub(super) struct Answer {
    pub(super) status: StatusCode,
    /// A reason phrase of a policy's own.
    pub(super) reason: Option<Arc<str>>,
    pub(super) headers: HeaderMap,
    pub(super) body: AnswerBody,
}

/// Its body.
#[derive(Debug)]
pub(super) enum AnswerBody {
    Bytes(Bytes),
    Backend(BackendBody),
}

impl Clone for AnswerBody {
    /// A body that a backend still sends can't be had twice: its clone is
    /// empty.
    fn clone(&self) -> Self {
        match self {
            Self::Bytes(bytes) => Self::Bytes(bytes.clone()),
            Self::Backend(_) => Self::Bytes(Bytes::new()),
        }
    }
}

impl Answer {
    /// An answer of the gateway's own, without a body.
    pub(super) fn new(status: StatusCode) -> Self {
        Self { status, reason: None, headers: HeaderMap::new(), body: AnswerBody::Bytes(Bytes::new()) }
    }

    pub(super) fn reason(&self) -> &str {
        self.reason.as_deref().or_else(|| self.status.canonical_reason()).unwrap_or_default()
    }
}
