//! Whether a version can be switched off: rules over gateway rows and two
//! contracts, pure.
