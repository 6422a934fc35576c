//! `find-and-replace`.

use super::message::{self, side};
use crate::policy::{FindAndReplace, Section};
use crate::stack::gateway::call::Call;
use crate::stack::gateway::raised::Raised;

/// Replaces a text wherever it stands in the body.
pub(in crate::stack::gateway) fn find_and_replace(
    call: &mut Call,
    policy: &FindAndReplace,
    section: Section,
) -> Result<(), Raised> {
    let from = call.text_or_empty(&policy.from)?;
    let to = call.text_or_empty(&policy.to)?;
    if from.is_empty() {
        return Err(message::failed("String cannot be of zero length."));
    }
    let side = side(call, section);
    if let Some(text) = message::text(call, side)?
        && text.contains(&*from)
    {
        message::set_text(call, side, &text.replace(&*from, &to));
    }
    Ok(())
}
