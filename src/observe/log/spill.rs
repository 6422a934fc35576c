//! Bytes that go into a file without a name, in blocks of one part each.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom, Write};

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

/// Blocks in the order in which they were written.
#[derive(Debug, Default)]
pub(super) struct Spill {
    file: Option<File>,
    end: u64,
    blocks: Vec<Block>,
    /// What was not written out yet, by part.
    open: Vec<Vec<u8>>,
}

#[derive(Clone, Copy, Debug)]
struct Block {
    part: u16,
    at: u64,
    length: u32,
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
        if self.open.is_empty() {
            self.open.resize_with(PARTS, Vec::new);
        }
        let to = &mut self.open[part];
        to.extend_from_slice(&[piece, 0, 0, 0, 0]);
        let from = to.len();
        write(to);
        let length = (to.len() - from) as u32;
        to[from - 4..from].copy_from_slice(&length.to_le_bytes());
        if self.open[part].len() < BLOCK {
            return Ok(());
        }
        let written = self.written(part);
        self.open[part].clear();
        written
    }

    fn written(&mut self, part: usize) -> io::Result<()> {
        let file = match &mut self.file {
            Some(file) => file,
            none => none.insert(tempfile::tempfile()?),
        };
        file.seek(SeekFrom::Start(self.end))?;
        file.write_all(&self.open[part])?;
        let length = self.open[part].len() as u32;
        self.blocks.push(Block { part: part as u16, at: self.end, length });
        self.end += u64::from(length);
        Ok(())
    }

    /// How many blocks there are, those included that were not written out yet.
    pub(super) fn blocks(&self) -> usize {
        self.blocks.len() + self.open.len()
    }

    /// The numbers of the blocks of some parts, each with its part.
    pub(super) fn of_parts(&self, wanted: impl Fn(usize) -> bool) -> impl Iterator<Item = (usize, usize)> {
        let parts = self.blocks.iter().map(|block| block.part as usize).chain(0..self.open.len());
        parts.enumerate().filter(move |(_, part)| wanted(*part))
    }

    /// What a block holds.
    pub(super) fn block(&mut self, number: usize) -> io::Result<Vec<u8>> {
        let Some(block) = self.blocks.get(number) else {
            return Ok(self.open.get(number - self.blocks.len()).cloned().unwrap_or_default());
        };
        let Some(file) = &mut self.file else { return Ok(Vec::new()) };
        file.seek(SeekFrom::Start(block.at))?;
        let mut bytes = vec![0; block.length as usize];
        file.read_exact(&mut bytes)?;
        Ok(bytes)
    }
}
