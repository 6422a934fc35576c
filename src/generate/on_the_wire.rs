//! What is promised for a request that is broken on the wire.

use crate::contract::behaviour::TypeName;

/// What is promised for a request that is broken on the wire, and by whom.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OnTheWire {
    /// What is broken, as a name, e.g. `truncated-json`.
    pub breakage: &'static str,
    /// What must become of it.
    pub wanted: Wanted,
    /// The failure types that fit where it is refused; empty: any.
    pub types: Vec<TypeName>,
    /// Whether an HTTP server may answer it before any application sees it:
    /// then in a shape of its own, without an echo, and with the connection's
    /// end.
    pub by_server: bool,
    /// The status from 500 up that HTTP has for it (501, 505), where it has
    /// one.
    pub server_status: Option<u16>,
}

/// What must become of a request that is broken on the wire.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wanted {
    /// It is refused, without effects.
    Refused,
    /// Its acceptance is doubtful, and no broken promise.
    Doubtful,
    /// It says the same as a plain request: it is accepted.
    Accepted,
    /// Acceptance and refusal are both right.
    Either,
    /// No operation has its method.
    NoOperation,
}
