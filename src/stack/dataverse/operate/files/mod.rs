//! Files in columns: sent whole or in chunks, given whole or in part
//! (reference A13). They lie in a folder of their own, not in memory.

mod download;
mod kept;
mod sweep;
mod upload;

pub(in crate::stack::dataverse) use kept::{Files, Named};
pub(super) use upload::Upload;
