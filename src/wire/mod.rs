//! HTTP as plain values: requests, responses, exchanges, secrets, the curl
//! line that repeats a request, and the archives that some contents are.
//!
//! In: what a generator or a flow wants to send, what a client saw. Out: values
//! that can be stored, compared, shown and sent. Knows neither clients nor
//! servers.

mod archive;
mod curl;
mod exchange;
mod fault;
mod fields;
mod handwritten;
mod headers;
mod keys;
mod message;
mod secret;
mod token;
mod waits;

pub use archive::{Archive, Packed, archive};
pub use curl::{curl_line, curl_line_with};
pub use exchange::{Exchange, Failure, FailureKind, Tier, causes};
pub use fault::{
    Cycle, Distribution, Downstream, Fault, FaultError, FaultKind, FaultOperation, FaultPlan, FieldFault, InsteadOf,
    PRESETS,
};
pub use fields::{FieldPlace, Fields};
pub use handwritten::Handwritten;
pub use headers::Headers;
pub use keys::{Keys, push_cookie, push_query};
pub use message::{Body, Request, Response};
pub use secret::{Redactor, Secret};
pub use token::{Dress, TokenKind};
pub use waits::Waits;
