//! Records that are many: the first stay in memory, all later ones go into a
//! file that has no name, in parts, so that each part can be looked at alone.
//!
//! Memory stays flat, however long a scenario runs; nothing is left out.

mod call;
mod entry;
mod pack;
mod spill;

use std::fmt::Debug;
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use hashbrown::HashMap;

use self::spill::{PARTS, Spill};

/// About how many records a part has that is looked at alone: some megabytes of
/// them.
const PART: u64 = 4_096;

/// Into how many pieces the parts of the file can be cut.
const PIECES: u64 = 256;

/// What a log can hold: it can be packed into bytes and unpacked again.
pub trait Packed: Clone + Debug + Send {
    /// What many records have in common, told once for all of them.
    type Common: Default + Debug + Send;

    /// How many of them stay in memory.
    const EARLY: usize;

    /// Adds it to bytes.
    fn pack(self, common: &mut Self::Common, to: &mut Vec<u8>);

    /// Takes it from bytes; `None` where they hold no whole record.
    fn unpack(from: &mut &[u8], common: &Self::Common) -> Option<Self>;
}

/// Records in the order in which they came; from the moment on at which they no
/// longer fit into memory, about in that order. Clones share what was written
/// out: only one of them may go on.
#[derive(Clone, Debug)]
pub struct Log<T: Packed> {
    early: Vec<(u64, T)>,
    late: Option<Arc<Mutex<Late<T>>>>,
    count: u64,
}

#[derive(Debug)]
struct Late<T: Packed> {
    spill: Spill,
    common: T::Common,
    failed: Option<io::Error>,
}

impl<T: Packed> Default for Log<T> {
    fn default() -> Self {
        Self { early: Vec::new(), late: None, count: 0 }
    }
}

impl<T: Packed> Log<T> {
    /// Adds a record. Records that must be looked at together have the same
    /// `mark`.
    pub fn push(&mut self, mark: u64, record: T) {
        self.count += 1;
        if self.late.is_none() {
            self.early.push((mark, record));
            if self.early.len() == T::EARLY {
                self.spill();
            }
        } else if let Some(late) = &self.late {
            lock(late).push(mark, record);
        }
    }

    /// From here on what comes is written out, and what is there already.
    fn spill(&mut self) {
        let mut late = Late { spill: Spill::default(), common: T::Common::default(), failed: None };
        for (mark, record) in std::mem::take(&mut self.early) {
            late.push(mark, record);
        }
        self.late = Some(Arc::new(Mutex::new(late)));
    }

    /// How many there are.
    pub fn len(&self) -> u64 {
        self.count
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.count == 0
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = T> + '_ {
        let late = self.late.as_deref();
        let mut at = 0;
        let written = std::iter::from_fn(move || {
            let (records, next) = lock(late?).written_at(at)?;
            at = next;
            Some(records)
        });
        let open = (0..PARTS).map(move |part| late.map(|late| lock(late).open(part)).unwrap_or_default());
        self.early.iter().map(|(_, record)| record.clone()).chain(written.chain(open).flatten())
    }

    /// How many parts should be looked at one after the other, so that none of
    /// them is large; one where all are in memory. Beyond 256 they are a multiple
    /// of it: each part of the file is read several times then.
    pub fn parts(&self) -> u64 {
        let parts = self.count / PART + 1;
        match self.late {
            None => 1,
            Some(_) if parts <= PARTS as u64 => parts,
            Some(_) => PARTS as u64 * parts.div_ceil(PARTS as u64).next_power_of_two().min(PIECES),
        }
    }

    /// The records of one of `parts` parts, which are as many as [`Log::parts`]
    /// says of this log or another: each record is in one of them, and those with
    /// the same mark are in the same.
    pub fn part(&self, number: u64, parts: u64) -> Vec<T> {
        let Some(late) = &self.late else {
            let of = |(mark, _): &&(u64, T)| place(spill::part(*mark), parts) == number;
            return self.early.iter().filter(of).map(|(_, record)| record.clone()).collect();
        };
        let mut late = lock(late);
        let within = parts.min(PARTS as u64);
        let mut records = Vec::new();
        for part in (0..PARTS).filter(|part| *part as u64 % within == number % within) {
            late.part(part, |piece| place((part, piece), parts) == number, &mut records);
        }
        records
    }

    /// Why records are missing: the file can't be written or read.
    pub fn failure(&self) -> Option<io::Error> {
        self.late.as_ref().and_then(|late| lock(late).failed.take())
    }
}

/// Which of `parts` parts a piece of a part of the file belongs to.
fn place((part, piece): (usize, u8), parts: u64) -> u64 {
    let part = part as u64;
    if parts <= PARTS as u64 { part % parts } else { part + PARTS as u64 * (u64::from(piece) % (parts / PARTS as u64)) }
}

impl<T: Packed> Late<T> {
    fn push(&mut self, mark: u64, record: T) {
        let common = &mut self.common;
        if let Err(error) = self.spill.push(mark, |to| record.pack(common, to)) {
            self.failed.get_or_insert(error);
        }
    }

    /// Adds the records of a part that lie in some pieces of it, in the order in
    /// which they came. Its blocks are found from the last to the first.
    fn part(&mut self, part: usize, wanted: impl Fn(u8) -> bool, to: &mut Vec<T>) {
        let from = to.len();
        let (mut bytes, mut before) = (self.spill.open(part).to_vec(), self.spill.last(part));
        loop {
            let block = to.len();
            self.unpack(&bytes, &wanted, to);
            to[block..].reverse();
            let Some(place) = before else { break };
            match self.spill.block(place) {
                Ok(read) => (bytes, before) = read,
                Err(error) => {
                    self.failed.get_or_insert(error);
                    break;
                }
            }
        }
        to[from..].reverse();
    }

    /// The records of the block that begins there, and where the next one does.
    fn written_at(&mut self, at: u64) -> Option<(Vec<T>, u64)> {
        match self.spill.block_at(at) {
            Ok(read) => read.map(|(bytes, next)| (self.unpacked(&bytes), next)),
            Err(error) => {
                self.failed.get_or_insert(error);
                None
            }
        }
    }

    /// The records of a part that were not written out yet.
    fn open(&mut self, part: usize) -> Vec<T> {
        let bytes = self.spill.open(part).to_vec();
        self.unpacked(&bytes)
    }

    fn unpacked(&mut self, bytes: &[u8]) -> Vec<T> {
        let mut records = Vec::new();
        self.unpack(bytes, |_| true, &mut records);
        records
    }

    /// Adds the records of a block that lie in some pieces of its part.
    fn unpack(&mut self, mut rest: &[u8], wanted: impl Fn(u8) -> bool, to: &mut Vec<T>) {
        while !rest.is_empty() {
            let read = spill::split_first(&mut rest);
            if read.is_some_and(|(piece, _)| !wanted(piece)) {
                continue;
            }
            let Some(record) = read.and_then(|(_, mut bytes)| T::unpack(&mut bytes, &self.common)) else {
                let error = io::Error::new(io::ErrorKind::InvalidData, "a record of the log can't be read back");
                self.failed.get_or_insert(error);
                break;
            };
            to.push(record);
        }
    }
}

impl<T: Packed> FromIterator<(u64, T)> for Log<T> {
    fn from_iter<I: IntoIterator<Item = (u64, T)>>(records: I) -> Self {
        let mut log = Self::default();
        records.into_iter().for_each(|(mark, record)| log.push(mark, record));
        log
    }
}

/// The mark of an ID, in whatever case it is written.
pub fn mark(id: &str) -> u64 {
    // FNV-1a.
    let byte = |hash: u64, byte: u8| (hash ^ u64::from(byte.to_ascii_lowercase())).wrapping_mul(0x0100_0000_01b3);
    id.bytes().fold(0xcbf2_9ce4_8422_2325, byte)
}

/// Numbers for values, each told once.
#[derive(Debug)]
struct Numbered<T> {
    values: Vec<T>,
    numbers: HashMap<T, u32>,
    /// The last one asked for: it is mostly the next one, too.
    last: u32,
}

impl<T> Default for Numbered<T> {
    fn default() -> Self {
        Self { values: Vec::new(), numbers: HashMap::new(), last: 0 }
    }
}

impl<T: Clone + Eq + std::hash::Hash> Numbered<T> {
    fn number(&mut self, value: T) -> u32 {
        if self.values.get(self.last as usize) == Some(&value) {
            return self.last;
        }
        self.last = self.numbers.get(&value).copied().unwrap_or_else(|| {
            let number = self.values.len() as u32;
            self.values.push(value.clone());
            self.numbers.insert(value, number);
            number
        });
        self.last
    }
}

fn lock<T: Packed>(late: &Mutex<Late<T>>) -> MutexGuard<'_, Late<T>> {
    late.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A record of some length, so that blocks end at all places.
    #[derive(Clone, Debug, PartialEq)]
    struct Sample(u64);

    impl Packed for Sample {
        type Common = ();

        const EARLY: usize = 4_096;

        fn pack(self, (): &mut (), to: &mut Vec<u8>) {
            pack::number(to, self.0);
            pack::bytes(to, &vec![7; (self.0 % 97) as usize]);
        }

        fn unpack(from: &mut &[u8], (): &()) -> Option<Self> {
            let number = pack::take_number(from)?;
            (pack::take_bytes(from)?.len() as u64 == number % 97).then_some(Self(number))
        }
    }

    fn log(count: u64) -> Log<Sample> {
        (0..count).map(|n| (n / 3, Sample(n))).collect()
    }

    #[test]
    fn few_stay_in_memory_and_in_order() {
        let few = log(1_000);
        assert!(few.late.is_none());
        assert_eq!((few.len(), few.parts()), (1_000, 1));
        assert_eq!(few.iter().collect::<Vec<_>>(), (0..1_000).map(Sample).collect::<Vec<_>>());
        assert_eq!(few.part(0, 1).len(), 1_000);
    }

    #[test]
    fn many_are_written_out_and_none_is_lost() {
        let many = log(200_000);
        assert!(many.early.is_empty() && many.parts() == 49);
        let mut all: Vec<u64> = many.iter().map(|sample| sample.0).collect();
        all.sort_unstable();
        assert_eq!(all, (0..200_000).collect::<Vec<_>>());
        assert!(many.failure().is_none());
    }

    #[test]
    fn a_part_is_read_in_the_order_in_which_it_came() {
        let log = log(50_000);
        for (number, parts) in [(0, 13), (7, 13), (3, 256), (300, 1_024)] {
            let part: Vec<u64> = log.part(number, parts).iter().map(|sample| sample.0).collect();
            assert!(parts < 256 || part.is_sorted(), "{number} of {parts}");
            let is_in = |mark: &u64| place(spill::part(mark / 3), parts) == number;
            let mut whole: Vec<u64> = log.iter().map(|sample| sample.0).filter(is_in).collect();
            let mut sorted = part.clone();
            sorted.sort_unstable();
            whole.sort_unstable();
            assert_eq!(sorted, whole);
        }
    }

    #[test]
    fn what_has_the_same_mark_is_in_the_same_part() {
        for (log, parts) in [(log(1_000), 5), (log(50_000), 5), (log(1_000), 1_024), (log(50_000), 1_024)] {
            let mut seen = 0;
            for number in 0..parts {
                let part = log.part(number, parts);
                seen += part.len() as u64;
                let mut marks: HashMap<u64, u64> = HashMap::new();
                part.iter().for_each(|sample| *marks.entry(sample.0 / 3).or_default() += 1);
                assert!(marks.iter().all(|(mark, count)| *count == 3 || mark * 3 + 3 > log.len()));
            }
            assert_eq!(seen, log.len());
        }
    }
}
