//! Bytes that go into a file without a name, in blocks of one part each.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

use bytes::{Buf, BufMut};

/// How many parts there are.
pub(super) const PARTS: usize = 256;

/// How long a block gets before it is written out.
const BLOCK: usize = 4_096;

/// The first record of a block: the piece of its part, and its bytes.
pub(super) fn split_first<'b>(block: &mut &'b [u8]) -> Option<(u8, &'b [u8])> {
    let (piece, rest) = block.split_first()?;
    let (length, rest) = rest.split_first_chunk::<4>()?;
    let (record, rest) = rest.split_at_checked(u32::from_le_bytes(*length) as usize)?;
    *block = rest;
    Some((*piece, record))
}

/// Blocks in the order in which they were written. Each says where the one before
/// it of its part lies, so that memory holds one place for each part.
#[derive(Debug, Default)]
pub(super) struct Spill {
    file: Option<File>,
    end: u64,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, Default)]
struct Part {
    /// Its last block in the file.
    last: Option<Place>,
    /// What was not written out yet.
    open: Vec<u8>,
}

/// Where a block lies in the file, and how long it is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place {
    at: u64,
    length: u32,
}

impl Place {
    /// How many bytes its header takes.
    const HEADER: usize = 16;

    /// The header of a block: its own length, and where the one before it lies.
    fn header(self, before: Option<Self>) -> [u8; Self::HEADER] {
        let (mut header, before) = ([0; Self::HEADER], before.unwrap_or(Self { at: 0, length: 0 }));
        let mut to = &mut header[..];
        to.put_u32_le(self.length);
        to.put_u32_le(before.length);
        to.put_u64_le(before.at);
        header
    }

    /// What a header says: the length of its block, and where the one before it
    /// lies.
    fn told(header: [u8; Self::HEADER]) -> (u32, Option<Self>) {
        let mut from = &header[..];
        let own = from.get_u32_le();
        let before = Self { length: from.get_u32_le(), at: from.get_u64_le() };
        (own, Some(before).filter(|before| before.length > 0))
    }
}

/// The part of a mark, and which of 256 pieces of the part.
pub(super) fn part(mark: u64) -> (usize, u8) {
    // Marks are often numbers in a row.
    let mixed = mark.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    ((mixed >> 56) as usize % PARTS, (mixed >> 48) as u8)
}

impl Spill {
    /// Adds what `write` writes.
    pub(super) fn push(&mut self, mark: u64, write: impl FnOnce(&mut Vec<u8>)) -> io::Result<()> {
        let (part, piece) = part(mark);
        if self.parts.is_empty() {
            self.parts.resize(PARTS, Part::default());
        }
        let to = &mut self.parts[part].open;
        to.extend_from_slice(&[piece, 0, 0, 0, 0]);
        let from = to.len();
        write(to);
        let length = (to.len() - from) as u32;
        to[from - 4..from].copy_from_slice(&length.to_le_bytes());
        if to.len() < BLOCK {
            return Ok(());
        }
        let written = self.written(part);
        self.parts[part].open.clear();
        written
    }

    fn written(&mut self, part: usize) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        let Part { last, open } = &mut self.parts[part];
        let place = Place { at: self.end, length: open.len() as u32 };
        file.seek(SeekFrom::Start(self.end))?;
        file.write_all(&place.header(*last))?;
        file.write_all(open)?;
        *last = Some(place);
        self.end += Place::HEADER as u64 + u64::from(place.length);
        Ok(())
    }

    /// The last block of a part in the file.
    pub(super) fn last(&self, part: usize) -> Option<Place> {
        self.parts.get(part)?.last
    }

    /// What of a part was not written out yet.
    pub(super) fn open(&self, part: usize) -> &[u8] {
        self.parts.get(part).map_or(&[], |part| &part.open)
    }

    /// What a block holds, and the block before it of its part.
    pub(super) fn block(&mut self, place: Place) -> io::Result<(Vec<u8>, Option<Place>)> {
        let (header, bytes) = self.read(place.at, |_| place.length)?;
        Ok((bytes, Place::told(header).1))
    }

    /// What the block holds that begins there, and where the next one begins;
    /// `None` at the end.
    pub(super) fn block_at(&mut self, at: u64) -> io::Result<Option<(Vec<u8>, u64)>> {
        if at >= self.end {
            return Ok(None);
        }
        let (_, bytes) = self.read(at, |header| Place::told(header).0)?;
        let next = at + (Place::HEADER + bytes.len()) as u64;
        Ok(Some((bytes, next)))
    }

    fn read(
        &mut self,
        at: u64,
        length: impl FnOnce([u8; Place::HEADER]) -> u32,
    ) -> io::Result<([u8; Place::HEADER], Vec<u8>)> {
        let file = self.file.as_mut().ok_or(io::ErrorKind::NotFound)?;
        file.seek(SeekFrom::Start(at))?;
        let mut header = [0; Place::HEADER];
        file.read_exact(&mut header)?;
        let mut bytes = vec![0; length(header) as usize];
        file.read_exact(&mut bytes)?;
        Ok((header, bytes))
    }
}
