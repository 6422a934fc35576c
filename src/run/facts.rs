//! By what a recorded run can be told from another one that it is compared with:
//! the machine it was made on, and what the contracts said.

use aws_lc_rs::digest;

use crate::contract::Contract;
use crate::report::Machine;

/// This machine.
pub(super) fn machine() -> Machine {
    let facts = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = facts.lines().find(|line| line.starts_with("model name"));
    let processor = line.and_then(|line| line.split_once(':')).map(|(_, name)| name.trim().to_owned());
    Machine {
        os: std::env::consts::OS,
        architecture: std::env::consts::ARCH,
        cpus: std::thread::available_parallelism().map_or(1, usize::from),
        processor,
    }
}

/// A digest of each contract's OpenAPI document, with the files it refers to:
/// payloads are made from it.
pub(super) fn contract_digests(contracts: &[Contract]) -> Vec<String> {
    let digest = |contract: &Contract| {
        let digest = digest::digest(&digest::SHA256, contract.openapi.document.to_string().as_bytes());
        let first = digest.as_ref()[..8].iter().fold(0_u64, |value, byte| (value << 8) | u64::from(*byte));
        format!("{first:016x}")
    };
    contracts.iter().map(digest).collect()
}
