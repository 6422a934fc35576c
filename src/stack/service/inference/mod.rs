//! `inference/v1`: one decision about one record, made by a model of a named
//! version with a prompt of a named version, checked, written down once.

mod model;
mod question;
mod submit;

pub(super) use model::{ModelClient, Verdict};
pub(super) use submit::submit;
