//! An entry of the ledger, packed.

use super::{Packed, pack};
use crate::observe::LedgerEntry;

impl Packed for LedgerEntry {
    type Common = ();

    const EARLY: usize = 4_096;

    fn pack(self, (): &mut (), to: &mut Vec<u8>) {
        // Its fields are text, numbers and JSON: that can always be written.
        pack::bytes(to, &serde_json::to_vec(&self).unwrap_or_default());
    }

    fn unpack(from: &mut &[u8], (): &()) -> Option<Self> {
        serde_json::from_slice(pack::take_bytes(from)?).ok()
    }
}
