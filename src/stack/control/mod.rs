//! The control surface: how a harness reads and steers the stack, over HTTP
//! and without a credential, so on loopback only unless somebody decides
//! otherwise.
//!
//! In: queries and wishes. Out: entries of the ledger, gateway rows, armed
//! faults, minted tokens, the clock, values that exist. Knows nothing of what
//! they are judged by.
//!
//! | request | answer |
//! | --- | --- |
//! | `GET /health` | `{"status":"ok"}` |
//! | `GET /ledger?since=&correlation=a,b&key=k1,k2&limit=` | `{"entries":[…],"next":n}`: entries after `since` that carry one of the correlation IDs or are of one of the keys |
//! | `GET /` | a page that shows the gateway's last calls, policy by policy, its counters, and where Dataverse stands |
//! | `GET /status`, `GET /status.txt` | where Dataverse stands: armed faults with their hits, limits by principal, the ledger's size, the last reads; as JSON, or as text of 80 columns |
//! | `GET /traces?since=&correlation=a,b&limit=` | `{"calls":[…]}`: the gateway's last calls with what each policy did, the newest last |
//! | `GET /rows?since=&correlation=a,b&limit=` | `{"rows":[…],"next":n}` |
//! | `GET /log?since=` | `{"text":"…","next":n}`: whole lines of the service's log from a position on, at most 1 MiB |
//! | `GET /counters?limit=` | `{"counters":[…],"keys":n}`: limits of keys, those first that have used most of them |
//! | `POST /faults`, `GET /faults`, `DELETE /faults`, `DELETE /faults/{id}` | arms (JSON, or text as `--fault` has it: `deadlock,table=accounts,share=10%`), lists with how often each matched and hit, disarms |
//! | `GET /faults/hits?since=&limit=` | `{"hits":[…],"next":n}`: each request that faults hit, reads too; the last 10,000 |
//! | `GET /dataverse/limits` | service protection by web server and principal, entitlements |
//! | `POST /mint` | `{"token":"…","expires_in":s}` |
//! | `GET /clock`, `POST /clock/jump` `{"seconds":n}` | `{"now":…,"scale":x}` |
//! | `GET /callbacks?id=a,b` | `{"calls":[…]}`: what the flow's trigger received that names one of the IDs, in a header field or in its content |
//! | `POST /restart` `{"tier":"service"}` | the service dies and comes up again with what it had stored: `{"restarted":"service"}` |
//! | `POST /restart` `{"tier":"gateway"}` | the gateway loses its counters of rates, and those of quotas where its settings say so |
//! | `GET /pool/{table}/{column}?offset=&limit=` | `{"values":[…],"total":n}` |
//!
//! `next` is the number to go on from: that of the last entry given where
//! `limit` cut the answer short, else the end of the log.

mod log;
mod route;
mod server;
mod status;

#[cfg(test)]
mod tests;

pub use log::LogSource;
pub use server::{Control, ControlOptions, Restart, RowSource, TraceSource};
