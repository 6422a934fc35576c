//! Tests of the whole: the real binary on real sockets, and rules over the
//! tree.

mod support;

mod browser;
mod capacity;
mod checks_have_defects;
mod cli;
mod compare;

mod counters;
mod credentials;
mod environments;
mod exit_codes;
mod faults;
mod gate;
mod golden;
mod http2;
mod imports;
mod init;
mod links;
mod load;
mod load_defects;
mod plain_defects;
mod plain_service;
mod policies;
mod policy_corpus;
mod readiness;
mod real_clients;
mod record;
mod redact;
mod replay;
mod saturated;
mod schema_suite;
mod score;
mod secrets;
mod serve;
mod service_cmd;
mod verdicts;
