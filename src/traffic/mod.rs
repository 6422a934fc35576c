//! Plans and cases as requests on the wire, and what came of them as events.
//! Knows nothing of check, report or stack.
