//! The service over real sockets, in front of a small fake that plays issuer,
//! gateway and Dataverse.

mod bulk;
mod defects;
mod fake;
mod governed;
mod jobs;
mod refusals;
mod restart;
mod rig;
mod standstill;
mod tabular;
