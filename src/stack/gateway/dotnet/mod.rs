//! What .NET's types do, as functions on plain values: numbers and dates as
//! text, spans, random numbers, escapes, hashes.
//!
//! In: plain values. Out: what .NET gives in the invariant culture, or the text
//! of its exception. Knows nothing of expressions or calls.

#[cfg(test)]
mod arbitrary;
mod cipher;
mod composite;
mod date_format;
mod date_parse;
mod digest;
mod digits;
mod escape;
mod moment;
mod number;
mod number_custom;
mod random;
mod span;
mod zone;

pub(super) use cipher::{decrypt, encrypt};
pub(super) use composite::composite;
pub(super) use digest::{Algorithm, digest, hmac};
pub(super) use escape::{
    html_decode, html_encode, uri_escape, uri_escape_reserved, uri_unescape, url_decode, url_encode,
};
pub(super) use moment::{Kind, Moment, TICKS_PER_MILLISECOND, TICKS_PER_SECOND};
pub(super) use number::{Number, format_number, general};
pub(super) use random::Random;
pub(super) use span::{constant as span_text, format_span, parse_span};
pub(super) use zone::Zone;
