//! The embedded system under test: issuer, gateway, service, Dataverse, and the
//! control surface by which a harness reads and steers them.

pub mod jwt;
