//! Records as bytes: found again by their number or by a hash of what they
//! name, in memory while they are young, then in a file without a name.
//!
//! Records lie in segments. A sealed segment is one block of bytes — where each
//! record ends, the sorted hashes, the records — that is the same in memory and
//! in the file, so that nothing of an old record stays in memory but its
//! segment's place.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::sync::{Mutex, PoisonError};

use super::names::Hashes;

/// A segment is sealed at so many records or bytes.
const RECORDS: usize = 8192;
const BYTES: usize = 1 << 20;

/// How many bytes of sealed segments stay in memory.
pub(super) const IN_MEMORY: usize = 32 << 20;

/// Bytes of an index entry: the hash, and the record's position.
const INDEXED: usize = 12;

#[derive(Debug)]
pub(super) struct Log {
    /// The oldest first.
    sealed: VecDeque<Segment>,
    /// How many of them, from the front, lie in the file.
    spilled: usize,
    /// How many bytes the others have.
    held: usize,
    room: usize,
    open: Open,
    /// A read and the way to it are one step.
    file: Option<Mutex<File>>,
    file_end: u64,
    /// The number before the oldest record that can still be read.
    lost: u64,
}

/// The segment that is written.
#[derive(Debug, Default)]
struct Open {
    /// How many records there were before its first.
    before: u64,
    records: Vec<u8>,
    ends: Vec<u32>,
    hashes: Vec<(u64, u32)>,
}

#[derive(Debug)]
struct Segment {
    before: u64,
    records: u32,
    hashes: u32,
    length: usize,
    place: Place,
}

#[derive(Debug)]
enum Place {
    Memory(Box<[u8]>),
    File(u64),
}

impl Log {
    /// An empty log that keeps so many bytes of sealed segments in memory.
    pub(super) fn new(room: usize) -> Self {
        Self {
            sealed: VecDeque::new(),
            spilled: 0,
            held: 0,
            room,
            open: Open::default(),
            file: None,
            file_end: 0,
            lost: 0,
        }
    }

    /// The number of the last record; the first has 1.
    pub(super) fn end(&self) -> u64 {
        self.open.before + self.open.ends.len() as u64
    }

    /// Records up to this number could not be kept: the file took no more.
    pub(super) fn lost(&self) -> u64 {
        self.lost
    }

    /// Bytes in memory and in the file.
    pub(super) fn size(&self) -> (usize, u64) {
        let open = self.open.records.capacity() + self.open.ends.capacity() * 4 + self.open.hashes.capacity() * 16;
        (self.held + open, self.file_end)
    }

    /// Appends what `write` writes, findable by the hashes that it gives; gives
    /// the record's number.
    pub(super) fn append(&mut self, write: impl FnOnce(&mut Vec<u8>) -> Hashes) -> u64 {
        let position = self.open.ends.len() as u32;
        let mut hashes = write(&mut self.open.records);
        self.open.ends.push(self.open.records.len() as u32);
        // One carrier often says the same as another.
        hashes.sort_unstable();
        hashes.dedup();
        self.open.hashes.extend(hashes.iter().map(|hash| (*hash, position)));
        if self.open.ends.len() >= RECORDS || self.open.records.len() >= BYTES {
            self.seal();
        }
        self.end()
    }

    /// Calls `take` with each record after a number and its own, until it says
    /// that it has enough; says whether it took all.
    pub(super) fn each(&self, since: u64, mut take: impl FnMut(u64, &[u8]) -> bool) -> bool {
        let first = self.sealed.partition_point(|s| s.before + u64::from(s.records) <= since);
        for segment in self.sealed.iter().skip(first) {
            let Some(block) = self.read(segment, 0, segment.length) else { continue };
            let from = since.saturating_sub(segment.before) as usize;
            for position in from..segment.records as usize {
                if !take(segment.before + position as u64 + 1, segment.record(&block, position)) {
                    return false;
                }
            }
        }
        for position in since.saturating_sub(self.open.before) as usize..self.open.ends.len() {
            if !take(self.open.before + position as u64 + 1, self.open.record(position)) {
                return false;
            }
        }
        true
    }

    /// Records after `since` — all, or with one of these hashes — that `shown`
    /// does not pass over, at most `limit`; and the number to go on from: that
    /// of the last one where the limit cut it short, else the end.
    pub(super) fn select<T>(
        &self,
        (since, limit): (u64, usize),
        hashes: &[u64],
        shown: impl Fn(u64, &[u8]) -> Option<T>,
    ) -> (Vec<T>, u64) {
        let (mut found, mut last) = (Vec::new(), None);
        let mut take = |number: u64, bytes: &[u8]| {
            let Some(record) = shown(number, bytes) else { return true };
            if found.len() >= limit.max(1) {
                return false;
            }
            found.push(record);
            last = Some(number);
            true
        };
        let whole = if hashes.is_empty() {
            self.each(since, take)
        } else {
            let mut numbers = self.find(hashes, since).into_iter();
            numbers.all(|number| self.get(number).is_none_or(|bytes| take(number, &bytes)))
        };
        let next = if whole { self.end() } else { last.unwrap_or(since) };
        (found, next)
    }

    /// The record of a number, as long as it can be read.
    pub(super) fn get(&self, number: u64) -> Option<Cow<'_, [u8]>> {
        if number > self.open.before {
            let position = (number - self.open.before - 1) as usize;
            return (position < self.open.ends.len()).then(|| Cow::Borrowed(self.open.record(position)));
        }
        let index = self.sealed.partition_point(|s| s.before + u64::from(s.records) < number);
        let segment = self.sealed.get(index).filter(|s| number > s.before)?;
        let position = (number - segment.before - 1) as usize;
        let (from, to) = self.bounds(segment, position)?;
        self.read(segment, segment.records_at() + from, to - from)
    }

    /// The numbers, in order, of records after `since` with one of these
    /// hashes. Different texts may share a hash.
    pub(super) fn find(&self, hashes: &[u64], since: u64) -> Vec<u64> {
        let mut numbers = Vec::new();
        let first = self.sealed.partition_point(|s| s.before + u64::from(s.records) <= since);
        for segment in self.sealed.iter().skip(first) {
            for hash in hashes {
                self.search(segment, *hash, &mut numbers);
            }
        }
        for (hash, position) in &self.open.hashes {
            if hashes.contains(hash) {
                numbers.push(self.open.before + u64::from(*position) + 1);
            }
        }
        numbers.retain(|number| *number > since);
        numbers.sort_unstable();
        numbers.dedup();
        numbers
    }

    /// Binary search in the segment's sorted hashes.
    fn search(&self, segment: &Segment, hash: u64, numbers: &mut Vec<u64>) {
        let (mut low, mut high) = (0, segment.hashes as usize);
        while low < high {
            let middle = usize::midpoint(low, high);
            match self.indexed(segment, middle) {
                Some((found, _)) if found < hash => low = middle + 1,
                Some(_) => high = middle,
                None => return,
            }
        }
        while low < segment.hashes as usize {
            match self.indexed(segment, low) {
                Some((found, position)) if found == hash => {
                    numbers.push(segment.before + u64::from(position) + 1);
                }
                _ => return,
            }
            low += 1;
        }
    }

    fn indexed(&self, segment: &Segment, at: usize) -> Option<(u64, u32)> {
        let bytes = self.read(segment, segment.records as usize * 4 + at * INDEXED, INDEXED)?;
        let (hash, position) = bytes.split_at(8);
        Some((u64::from_le_bytes(hash.try_into().ok()?), u32::from_le_bytes(position.try_into().ok()?)))
    }

    fn bounds(&self, segment: &Segment, position: usize) -> Option<(usize, usize)> {
        let number = |at: usize| -> Option<usize> {
            let bytes = self.read(segment, at * 4, 4)?;
            Some(u32::from_le_bytes(bytes.as_ref().try_into().ok()?) as usize)
        };
        let from = if position == 0 { 0 } else { number(position - 1)? };
        Some((from, number(position)?))
    }

    fn read<'a>(&'a self, segment: &'a Segment, at: usize, length: usize) -> Option<Cow<'a, [u8]>> {
        match &segment.place {
            Place::Memory(block) => Some(Cow::Borrowed(&block[at..at + length])),
            Place::File(start) => {
                let mut bytes = vec![0; length];
                let mut file = self.file.as_ref()?.lock().unwrap_or_else(PoisonError::into_inner);
                file.seek(SeekFrom::Start(start + at as u64)).ok()?;
                file.read_exact(&mut bytes).ok()?;
                Some(Cow::Owned(bytes))
            }
        }
    }

    fn seal(&mut self) {
        let segment = self.open.seal();
        self.held += segment.length;
        self.sealed.push_back(segment);
        while self.held > self.room && self.spilled < self.sealed.len() {
            self.spill();
        }
    }

    /// The oldest segment in memory goes into the file. Where that fails, it
    /// goes all the same: the log is bounded, and says what it lost.
    fn spill(&mut self) {
        let written = self.write_out(self.spilled);
        let segment = &mut self.sealed[self.spilled];
        self.held -= segment.length;
        if let Ok(start) = written {
            segment.place = Place::File(start);
            self.spilled += 1;
        } else {
            self.lost = segment.before + u64::from(segment.records);
            self.sealed.drain(..=self.spilled);
            self.spilled = 0;
        }
    }

    fn write_out(&mut self, index: usize) -> io::Result<u64> {
        let Place::Memory(block) = &self.sealed[index].place else { return Ok(0) };
        if self.file.is_none() {
            self.file = Some(Mutex::new(tempfile::tempfile()?));
        }
        let start = self.file_end;
        if let Some(file) = &self.file {
            let mut file = file.lock().unwrap_or_else(PoisonError::into_inner);
            file.seek(SeekFrom::Start(start))?;
            file.write_all(block)?;
        }
        self.file_end += block.len() as u64;
        Ok(start)
    }
}

impl Open {
    fn record(&self, position: usize) -> &[u8] {
        let from = if position == 0 { 0 } else { self.ends[position - 1] as usize };
        &self.records[from..self.ends[position] as usize]
    }

    /// What was written as a segment; the next begins in the same memory.
    fn seal(&mut self) -> Segment {
        self.hashes.sort_unstable();
        let length = self.ends.len() * 4 + self.hashes.len() * INDEXED + self.records.len();
        let mut block = Vec::with_capacity(length);
        for end in &self.ends {
            block.extend_from_slice(&end.to_le_bytes());
        }
        for (hash, position) in &self.hashes {
            block.extend_from_slice(&hash.to_le_bytes());
            block.extend_from_slice(&position.to_le_bytes());
        }
        block.extend_from_slice(&self.records);
        let segment = Segment {
            before: self.before,
            records: self.ends.len() as u32,
            hashes: self.hashes.len() as u32,
            length,
            place: Place::Memory(block.into_boxed_slice()),
        };
        self.before += self.ends.len() as u64;
        self.records.clear();
        self.ends.clear();
        self.hashes.clear();
        segment
    }
}

impl Segment {
    fn records_at(&self) -> usize {
        self.records as usize * 4 + self.hashes as usize * INDEXED
    }

    fn record<'b>(&self, block: &'b [u8], position: usize) -> &'b [u8] {
        let end = |at: usize| u32::from_le_bytes(block[at * 4..at * 4 + 4].try_into().expect("four bytes")) as usize;
        let from = if position == 0 { 0 } else { end(position - 1) };
        &block[self.records_at() + from..self.records_at() + end(position)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Record n holds n as text; it is found by n modulo 7 and by n itself.
    fn filled(count: u64, room: usize) -> Log {
        let mut log = Log::new(room);
        for n in 1..=count {
            let number = log.append(|out| {
                out.extend_from_slice(n.to_string().as_bytes());
                Hashes::from_slice(&[n % 7, 1000 + n])
            });
            assert_eq!(number, n);
        }
        log
    }

    fn text(log: &Log, number: u64) -> Option<String> {
        log.get(number).map(|bytes| String::from_utf8(bytes.into_owned()).unwrap())
    }

    #[test]
    fn records_are_found_again_wherever_they_lie() {
        for room in [0, 200_000, usize::MAX] {
            let count = 3 * RECORDS as u64 + 100;
            let log = filled(count, room);
            for number in [1, 2, RECORDS as u64, RECORDS as u64 + 1, count - 1, count] {
                assert_eq!(text(&log, number), Some(number.to_string()), "room {room}");
                assert_eq!(log.find(&[1000 + number], 0), [number]);
                assert!(log.find(&[1000 + number], number).is_empty());
            }
            assert_eq!((text(&log, 0), text(&log, count + 1)), (None, None));
            let sevens = log.find(&[0], 10_000);
            assert_eq!(sevens, (10_001..=count).filter(|n| n % 7 == 0).collect::<Vec<_>>());
            let mut seen = Vec::new();
            log.each(RECORDS as u64 - 2, |number, bytes| {
                assert_eq!(bytes, number.to_string().as_bytes());
                seen.push(number);
                seen.len() < 5
            });
            assert_eq!(seen, (RECORDS as u64 - 1..RECORDS as u64 + 4).collect::<Vec<_>>());
        }
    }

    #[test]
    fn memory_is_bounded_and_nothing_is_lost() {
        let log = filled(40 * RECORDS as u64, 1 << 20);
        let (memory, file) = log.size();
        assert!(memory < (2 << 20) && file > 8 << 20, "{memory} in memory, {file} in the file");
        assert_eq!((log.lost(), text(&log, 1)), (0, Some("1".to_owned())));
    }
}
