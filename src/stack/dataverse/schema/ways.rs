//! Which ways into the environment are open.

use crate::diagnose::{Diagnostic, Fields, Value};
use crate::observe::Way;

/// The words of `ways_in`.
const WORDS: [(&str, Way); 3] = [("gateway", Way::Gateway), ("flow", Way::Flow), ("direct", Way::Direct)];

/// The ways in that are open: who comes another way is refused with 403, and
/// the attempt is in the ledger.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WaysIn {
    gateway: bool,
    flow: bool,
    direct: bool,
}

impl WaysIn {
    /// Whoever has a token for the environment.
    pub const ALL: Self = Self { gateway: true, flow: true, direct: true };

    /// With the gateway's identity only.
    pub const GOVERNED: Self = Self { gateway: true, flow: false, direct: false };

    /// Whether a way is open.
    pub fn admit(self, way: Way) -> bool {
        match way {
            Way::Gateway => self.gateway,
            Way::Flow => self.flow,
            Way::Direct => self.direct,
        }
    }

    fn open(self, way: Way) -> Self {
        match way {
            Way::Gateway => Self { gateway: true, ..self },
            Way::Flow => Self { flow: true, ..self },
            Way::Direct => Self { direct: true, ..self },
        }
    }
}

/// Reads `ways_in`, or the older `refuse_ungoverned`: `true` opens the
/// gateway's way only, `false` opens all. Without either it is the gateway's.
pub(super) fn ways_in(fields: &mut Fields<'_, '_>) -> WaysIn {
    let older = fields.optional("refuse_ungoverned");
    let Some(node) = fields.optional("ways_in") else {
        return match older.map(|node| (&node.value, node)) {
            None | Some((Value::Bool(true), _)) => WaysIn::GOVERNED,
            Some((Value::Bool(false), _)) => WaysIn::ALL,
            Some((_, node)) => {
                fields.diagnostics().push(
                    Diagnostic::error(node.place.clone(), "`refuse_ungoverned` is neither `true` nor `false`")
                        .expected("`ways_in: [gateway]`, or with `flow` and `direct` in it"),
                );
                WaysIn::GOVERNED
            }
        };
    };
    if let Some(older) = older {
        fields.diagnostics().push(
            Diagnostic::error(older.place.clone(), "`refuse_ungoverned` and `ways_in` say the same")
                .expected("`ways_in` alone: the other one is its older form"),
        );
    }
    let Value::Sequence(items) = &node.value else {
        fields.diagnostics().push(
            Diagnostic::error(node.place.clone(), "`ways_in` is no list")
                .expected("a list of `gateway`, `flow` and `direct`, e.g. `[gateway, flow]`"),
        );
        return WaysIn::GOVERNED;
    };
    let mut open = WaysIn { gateway: false, flow: false, direct: false };
    for item in items {
        match WORDS.iter().find(|(word, _)| item.as_str() == Some(word)) {
            Some((_, way)) => open = open.open(*way),
            None => fields.diagnostics().push(
                Diagnostic::error(item.place.clone(), "no such way in")
                    .expected("`gateway`, `flow` or `direct`")
                    .actual(format!("`{}`", item.as_str().unwrap_or("another value"))),
            ),
        }
    }
    open
}
