//! What entries and reads have in common as bytes: who it was, and the hashes
//! by which they are found.

use std::collections::BTreeMap;
use std::sync::Arc;

use hashbrown::HashMap;
use smallvec::SmallVec;
use uuid::Uuid;

use super::code::{Reader, guid, put_number, put_option, put_text};
use super::writer::{CORRELATING, Writer};
use crate::clock::Timestamp;
use crate::observe::Way;

/// What a record can be found by.
pub(super) type Hashes = SmallVec<[u64; 6]>;

/// Texts that come again and again, as numbers.
#[derive(Debug, Default)]
pub(super) struct Names {
    texts: Vec<Arc<str>>,
    numbers: HashMap<Arc<str>, u32>,
}

impl Names {
    fn number(&mut self, text: &str) -> u64 {
        if let Some(number) = self.numbers.get(text) {
            return u64::from(*number);
        }
        let shared: Arc<str> = text.into();
        self.texts.push(shared.clone());
        self.numbers.insert(shared, self.texts.len() as u32 - 1);
        self.texts.len() as u64 - 1
    }

    fn text(&self, number: u64) -> String {
        self.texts.get(number as usize).map(ToString::to_string).unwrap_or_default()
    }
}

/// Without regard to case; `space` keeps keys and correlation IDs apart.
pub(super) fn hash_text(space: u8, text: &str) -> u64 {
    if let Some((id, _)) = guid(text) {
        return hash_guid(space, &id);
    }
    // FNV-1a, and a last step that mixes the high bits into the low ones.
    let start = 0xcbf2_9ce4_8422_2325_u64 ^ u64::from(space);
    let hash = text
        .bytes()
        .fold(start, |hash, byte| (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3));
    hash ^ (hash >> 32)
}

/// The hash of a GUID, which is that of its text.
pub(super) fn hash_guid(space: u8, id: &Uuid) -> u64 {
    let (high, low) = id.as_u64_pair();
    let mixed = (high ^ u64::from(space).wrapping_mul(0x9e37_79b9_7f4a_7c15)).wrapping_mul(0xff51_afd7_ed55_8ccd);
    let mixed = (mixed ^ (mixed >> 32) ^ low).wrapping_mul(0xc4ce_b9fe_1a85_ec53);
    mixed ^ (mixed >> 29)
}

const WAYS: [Way; 3] = [Way::Gateway, Way::Flow, Way::Direct];

pub(super) fn put_writer(out: &mut Vec<u8>, writer: &Writer, names: &mut Names, hashes: &mut Hashes) {
    out.extend_from_slice(&writer.at.micros().to_le_bytes());
    out.push(WAYS.iter().position(|way| *way == writer.way).unwrap_or_default() as u8);
    put_number(out, writer.request);
    put_number(out, u64::from(writer.under_way));
    put_number(out, names.number(&writer.principal));
    put_number(out, writer.fault.map_or(0, |fault| names.number(fault) + 1));
    put_option(out, writer.tag.as_deref());
    put_number(out, writer.headers.len() as u64);
    for (name, value) in &writer.headers {
        out.push(*name);
        put_text(out, value);
        hashes.push(hash_text(b'c', value));
    }
    hashes.extend(writer.tag.as_deref().map(|tag| hash_text(b'c', tag)));
}

/// Who it was, as it is shown.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) at: Timestamp,
    pub(super) way: Way,
    pub(super) request: u64,
    pub(super) under_way: u16,
    pub(super) principal: String,
    pub(super) fault: Option<String>,
    pub(super) tag: Option<String>,
    pub(super) headers: BTreeMap<String, String>,
}

pub(super) fn read_writer(reader: &mut Reader<'_>, names: &Names) -> Shown {
    let at = Timestamp::from_micros(i64::from_le_bytes(reader.bytes(8).try_into().unwrap_or_default()));
    let way = WAYS[usize::from(reader.byte()).min(WAYS.len() - 1)];
    let request = reader.number();
    let under_way = reader.number() as u16;
    let principal = names.text(reader.number());
    let fault = reader.number().checked_sub(1).map(|number| names.text(number));
    let tag = reader.option();
    let count = reader.number();
    let header = |_| {
        let name = CORRELATING[usize::from(reader.byte()).min(CORRELATING.len() - 1)];
        (name.to_owned(), reader.text())
    };
    Shown { at, way, request, under_way, principal, fault, tag, headers: (0..count).map(header).collect() }
}
