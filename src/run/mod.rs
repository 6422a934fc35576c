//! The conductor: gate, check, load, probe, readiness, replay. Prints nothing;
//! only `cli` imports it.
