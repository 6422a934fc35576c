//! The mocked Dataverse: a stateful part of the Web API, and the ledger of
//! effects.
//!
//! In: tables and rows from `mocks/dataverse/*.yaml`, requests with tokens of
//! the gateway's identity, faults of the control surface. Out: answers with the
//! statuses, codes, messages and header fields of the platform (reference,
//! Dataverse A and B), and an entry for every write and every refused attempt.
//! A write and its entry are one step under one lock, and nobody waits while he
//! holds it. Knows nothing of who judges.
//!
//! There: the service document, `$metadata`, `EntityDefinitions` and the functions
//! that official clients ask first; create, retrieve, update, upsert and delete
//! by primary id or alternate key, single properties, deep inserts, links, bulk
//! actions, `BulkDelete`, declared actions and functions, files in columns,
//! `$batch` with change sets, `ETag` conditions, impersonation, duplicate
//! detection; `$select`, `$filter`
//! with functions and lambdas, `$orderby`, `$expand`, `$top`, `$count`, `$apply`,
//! pages, delta links, SQL and `FetchXML`. What is not there is answered 501 with
//! an error body that names it.
//!
//! Service protection counts requests, simulated execution time and requests at
//! once, by principal and web server; entitlements count operations of a day. A
//! reset, and an answer that is lost, end the connection without a byte of an
//! answer.

mod admit;
mod alter;
mod answer;
mod body;
mod crowd;
mod entitled;
mod error;
mod guard;
mod head;
mod inject;
mod late;
mod ledger;
mod metadata;
mod operate;
mod organization;
mod query;
mod schema;
mod search;
mod seat;
mod seen;
mod server;
mod servers;
mod somebody_else;
mod standing;
mod store;

#[cfg(test)]
mod tests;

pub use super::fault::{ArmedFault, FaultHit};
pub use ledger::{LedgerQuery, LedgerSize};
pub use schema::{TableFile, WaysIn, lint, tables_of};
pub use server::{Dataverse, DataverseHandle, DataverseOptions, SNAPSHOTS};
pub use standing::{EntitlementStanding, Limits, PrincipalStanding, ServerStanding};
